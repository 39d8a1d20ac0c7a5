"""The whole consultation as one value: read a case, screen it, rank, propose, check, predict.

Everything below is pure: the same case and knowledge give the same consultation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from collis.billing.authorisation import Authorisation
from collis.billing.authorisation import authorisation as _authorisation
from collis.billing.claim import Supply
from collis.billing.estimate import Circumstances, Cost
from collis.billing.estimate import cost as _cost
from collis.billing.share import NoPriceData
from collis.case.case import Case
from collis.case.files import read_case
from collis.case.plan import Plan
from collis.case.preparation import Preparation
from collis.course.parameters import MuscleRanking
from collis.errors import BadInput
from collis.inference.muscles import rank_muscles as _rank
from collis.knowledge.load import Knowledge, load
from collis.knowledge.names import Region
from collis.knowledge.products import LimitKind
from collis.pharmacy.drawup import DrawUp, draw_up
from collis.pharmacy.gs1 import VialLabel, read_gs1
from collis.planning.candidate import Candidate, CandidateKey, NotOffered, Proposal
from collis.planning.rows import too_soon
from collis.reasons import Ground, Level
from collis.safety.check import check as _check
from collis.safety.screen import Screening, ScreenLevel
from collis.safety.screen import screen as _screen
from collis.safety.verdict import CheckedPlan
from collis.units import Dose

if TYPE_CHECKING:  # the models are imported where they run: a screening waits for no solver
    from collis.course.forecast import Forecast
    from collis.course.reaching import Reached

DRAWS = 400
SEED = 20260101


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """One candidate with the verdict of the gate and its forecast."""

    candidate: Candidate
    checked: CheckedPlan
    forecast: Forecast

    @property
    def key(self) -> CandidateKey:
        """Which kind of candidate it is."""
        return self.candidate.key


@dataclass(frozen=True, kw_only=True, slots=True)
class NextVisit:
    """When the next session may be: the longest interval that knowledge asks, and the label's own minimum.

    `on`, `days` and `ground` are of the longest interval, be it a rule or advice. `label_minimum_days` and
    `label_minimum_ground` are of the interval below which the label itself refuses, verified or not; None where
    it states none.
    """

    on: date
    days: int
    ground: Ground
    label_minimum_days: int | None = None
    label_minimum_ground: Ground | None = None

    @property
    def weeks(self) -> int:
        """Whole weeks, rounded up so that none is too early; print `interval` instead."""
        return -(-self.days // 7)

    @property
    def interval(self) -> str:
        """The interval as printed."""
        return interval_text(self.days)

    @property
    def label_minimum(self) -> str:
        """The label's minimum as printed, empty where it states none."""
        return "" if self.label_minimum_days is None else interval_text(self.label_minimum_days)


def interval_text(days: int) -> str:
    """Days as printed: in weeks where they are whole weeks.

    >>> interval_text(84), interval_text(61)
    ('12 weeks', '61 days')
    """
    return f"{days} days" if days % 7 else f"{days // 7} weeks"


@dataclass(frozen=True, kw_only=True, slots=True)
class Consultation:
    """The whole answer. `comparator` names the plan every relative risk is told against.

    `earliest_next` is the session after today's, None where today is too soon; `not_before` is then the first day
    on which today's session may be given.
    """

    case: Case
    product: str
    brand: str
    knowledge_version: str
    screening: Screening
    ranking: MuscleRanking
    offers: tuple[Offer, ...]
    not_offered: tuple[NotOffered, ...]
    comparator: str
    earliest_next: NextVisit | None
    not_before: date | None = None

    @property
    def any_passes(self) -> bool:
        """Whether at least one candidate is not refused."""
        return any(offer.checked.passes for offer in self.offers)

    def last_plan_units(self) -> Plan | None:
        """The last session as a plan, where its lines are exact."""
        return next((o.candidate.plan for o in self.offers if o.key is CandidateKey.AS_LAST_TIME), None)


def knowledge_for(case: Case) -> Knowledge:
    """Knowledge as it holds on the day of the visit (no date: the newest)."""
    return load(case.date)


def screen(case: Case) -> Screening:
    """What must be ruled out or cleared first."""
    return _screen(case, knowledge_for(case))


def rank_muscles(case: Case) -> MuscleRanking:
    """The muscle-sides that may drive the posture, in rank order, with reasons."""
    return _rank(case, knowledge_for(case))


def propose(case: Case) -> Proposal:
    """The candidate plans for a dated case with a product."""
    _dated(case)
    knowledge = knowledge_for(case)
    return _withheld(_screen(case, knowledge)) or _proposed(case, _rank(case, knowledge), knowledge)


def check(plan: Plan, case: Case, preparation: Preparation | None = None) -> CheckedPlan:
    """The verdict on one plan."""
    _dated(case)
    return _check(plan, case, knowledge_for(case), preparation)


def consult(case: Case) -> Consultation:
    """The whole consultation: screen, ranking, candidates with verdict and forecast."""
    _dated(case)
    knowledge = knowledge_for(case)
    product = _product(case)
    ranking = _rank(case, knowledge)
    screening = _screen(case, knowledge)
    proposal = _withheld(screening) or _proposed(case, ranking, knowledge)
    comparator = _comparator(proposal)
    offers = tuple(
        Offer(
            candidate=candidate,
            checked=_check(candidate.plan, case, knowledge),
            forecast=_forecast(candidate.plan, case, ranking, knowledge, comparator),
        )
        for candidate in proposal.candidates
    )
    label = knowledge.label(product, case.region)
    wait = too_soon(case, product, knowledge)
    return Consultation(
        case=case,
        product=product,
        brand=label.brand if label else "",
        knowledge_version=knowledge.version,
        screening=screening,
        ranking=ranking,
        offers=offers,
        not_offered=proposal.not_offered,
        comparator=comparator.name if comparator else "",
        earliest_next=next_visit(case, product, knowledge),
        not_before=None if wait is None else wait.until,
    )


def forecast(plan: Plan, case: Case, *, comparator: Plan | None = None) -> Forecast:
    """The expected course of one plan."""
    _dated(case)
    knowledge = knowledge_for(case)
    return _forecast(plan, case, _rank(case, knowledge), knowledge, comparator)


def reached(plan: Plan, case: Case) -> Reached:
    """Where the Units of a plan go, at the strength the case states, else the product's usual one."""
    from collis.course.reaching import reaching, stated_strength

    _dated(case)
    knowledge = knowledge_for(case)
    strength = stated_strength(case.request.preparation, plan.product)
    return reaching(plan, knowledge.muscles, knowledge.spread, units_per_ml=strength)


def next_visit(case: Case, product: str, knowledge: Knowledge) -> NextVisit | None:
    """The earliest next session; None without a date or an interval, and where even today is too soon."""
    intervals = [f for f in knowledge.limits_for(product, case.region) if f.kind is LimitKind.INTERVAL]
    if not intervals or case.date is None or too_soon(case, product, knowledge) is not None:
        return None
    longest = max(intervals, key=lambda fact: fact.amount)
    label = knowledge.label(product, case.region)
    own = [f for f in label.limits if f in intervals and f.level is Level.REFUSE] if label else []
    least = max(own, key=lambda fact: fact.amount, default=None)
    days = int(longest.amount)
    return NextVisit(
        on=case.date + timedelta(days=days),
        days=days,
        ground=Ground.of(longest.bound),
        label_minimum_days=None if least is None else int(least.amount),
        label_minimum_ground=None if least is None else Ground.of(least.bound),
    )


def open_case(path: Path, *, product: str | None = None, region: str | None = None) -> Case:
    """A case from its file, with product or region replaced where asked."""
    case = read_case(path)
    if region is not None:
        try:
            case = replace(case, region=Region(region))
        except ValueError as error:
            raise BadInput(where="region", read=region, expected=f"one of {', '.join(Region)}") from error
    if product is not None:
        load(case.date).product(product)
        case = replace(case, request=replace(case.request, product=product))
    return case


def _proposed(case: Case, ranking: MuscleRanking, knowledge: Knowledge) -> Proposal:
    from collis.planning.propose import propose as solved

    return solved(case, ranking, knowledge)


def _forecast(
    plan: Plan, case: Case, ranking: MuscleRanking, knowledge: Knowledge, comparator: Plan | None
) -> Forecast:
    from collis.course.predict import predict

    return predict(
        plan,
        ranking,
        case,
        knowledge,
        comparator=comparator,
        draws=DRAWS,
        seed=SEED,
    )


def _withheld(screening: Screening) -> Proposal | None:
    """No candidates while the screen stops or holds; None when nothing stands in the way."""
    match screening.level:
        case ScreenLevel.CLEAR:
            return None
        case ScreenLevel.STOP:
            items, opening = screening.stop, "Work up first"
        case ScreenLevel.HOLD:
            items, opening = screening.hold, "Held until cleared"
    why = f"{opening}: {', '.join(item.flag.label.lower() for item in items)}."
    return Proposal(candidates=(), not_offered=tuple(NotOffered(key=key, why=why) for key in CandidateKey))


def _comparator(proposal: Proposal) -> Plan | None:
    order = (
        CandidateKey.AS_LAST_TIME,
        CandidateKey.LABEL_START,
        CandidateKey.CAUTIOUS_START,
        CandidateKey.BALANCED,
    )
    by_key = {c.key: c.plan for c in proposal.candidates}
    return next((by_key[key] for key in order if key in by_key), None)


def _dated(case: Case) -> None:
    if case.date is None:
        raise BadInput(
            where="date", read="nothing", expected="the date of the visit", mend="Add `date = 2026-11-10`."
        )
    _product(case)


def _product(case: Case) -> str:
    if case.request.product is None:
        raise BadInput(
            where="request.product",
            read="nothing",
            expected="the product to be used",
            mend='Add `[request]` with `product = "onabotulinumtoxinA"`.',
        )
    return case.request.product


def cost(
    checked: CheckedPlan,
    case: Case,
    supply: Supply,
    *,
    payer: str = "medicare",
    circumstances: Circumstances | None = None,
) -> Cost | NoPriceData:
    """The claim, the allowed amount and the patient's share; no dollars where no price is known."""
    _passed(checked)
    knowledge = knowledge_for(case)
    return _cost(
        checked.plan, case, supply, knowledge.payer(payer), knowledge, circumstances or Circumstances()
    )


def authorisation(
    checked: CheckedPlan, case: Case, *, payer: str = "medicare", billed: Dose | None = None
) -> Authorisation:
    """The content of the letter to a payer; `billed` are all Units of the vials, where they are known."""
    _passed(checked)
    knowledge = knowledge_for(case)
    return _authorisation(checked.plan, case, knowledge.payer(payer), knowledge, billed=billed)


def _passed(checked: CheckedPlan) -> None:
    if not checked.passes:
        raise BadInput(
            where="plan",
            read=f"{checked.plan.name!r}, refused by the gate",
            expected="a plan the gate does not refuse",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A plan drawn up, and the verdict of the gate on plan and preparation together."""

    drawup: DrawUp
    checked: CheckedPlan


def prepare(
    checked: CheckedPlan,
    case: Case,
    *,
    row: str | None = None,
    syringe: str | None = None,
    labels: Sequence[VialLabel] = (),
    mixed_at: datetime | None = None,
    injected_at: datetime | None = None,
) -> Prepared:
    """The draw-up of a checked plan, passed through the gate again with its preparation.

    A plan that did not come through the gate raises `TypeError`, one the gate refuses `BadInput`; the other
    arguments and errors are those of `collis.pharmacy.drawup.draw_up`.
    """
    if not isinstance(checked, CheckedPlan):
        raise TypeError(f"read {type(checked).__name__}; only a plan the gate has checked is drawn up")
    _passed(checked)
    _dated(case)
    knowledge = knowledge_for(case)
    drawn = draw_up(
        checked.plan,
        knowledge,
        case.region,
        row=row,
        syringe=syringe,
        labels=labels,
        mixed_at=mixed_at,
        injected_at=injected_at,
    )
    return Prepared(drawup=drawn, checked=_check(checked.plan, case, knowledge, drawn.preparation))


def read_vial(code: str, case: Case) -> VialLabel:
    """Lot and expiry out of the GS1 code of a vial, read on the day of the visit."""
    _dated(case)
    assert case.date is not None
    return read_gs1(code, case.date)


def supply_of(drawup: DrawUp) -> Supply:
    """The vials of a draw-up as a claim counts them; what stays in the dead space counts as discarded."""
    return Supply(
        vials=tuple(vial.units for vial in drawup.vials),
        given=drawup.totals.given,
        discarded=drawup.totals.wasted,
    )
