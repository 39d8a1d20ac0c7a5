"""The authorisation packet: what a payer wants to read about one patient and one plan, taken from the case.

Nothing is made up: what the case does not hold is said to be not recorded, and what speaks against a criterion is
said to be lacking. Names and numbers of persons are filled in by the clinic.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import assert_never

from collis.billing.checklist import Facts, Item, Met, checklist, interval_days
from collis.case.case import Case
from collis.case.history import Rating, ScaleName
from collis.case.plan import Injection, Plan
from collis.case.session import Session, SideEffect
from collis.errors import BadInput
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Guidance, MuscleSide
from collis.knowledge.payers import Payer
from collis.knowledge.products import LimitKind
from collis.sources import Sourced
from collis.units import Dose

SCALES = (
    ScaleName.TWSTRS_TOTAL,
    ScaleName.TWSTRS_SEVERITY,
    ScaleName.TWSTRS_DISABILITY,
    ScaleName.TWSTRS_PAIN,
    ScaleName.TSUI,
    ScaleName.CDIP58,
    ScaleName.CDQ24,
    ScaleName.PAIN_NRS,
)
"""Scores a payer is shown: of the dystonia alone, mood is nobody's business here. Higher is worse on each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScaleChange:
    """One scale around the last session: the score at it, and the best one since; `after` None where none is recorded.

    Before a first session `before` is the newest score.
    """

    scale: ScaleName
    before: Rating
    after: Rating | None

    @property
    def drop(self) -> Decimal | None:
        """How many points lower the best score since was; negative where it was higher."""
        return None if self.after is None else self.before.score - self.after.score


@dataclass(frozen=True, kw_only=True, slots=True)
class LastSession:
    """What the last session did, as recorded. None is not recorded."""

    on: date
    product: str
    total: Dose
    benefit_percent: Decimal | None
    from_day: int | None
    weeks_of_benefit: Decimal | None
    side_effects: tuple[SideEffect, ...]
    days_ago: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GuidanceReason:
    """How the needle is guided in one place, and why."""

    where: MuscleSide
    guidance: Guidance
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Authorisation:
    """The content of the letter. `interval_days` is the shortest interval to the session after this one."""

    payer: str
    on: date
    diagnosis: str
    diagnosis_code: str
    age_years: int | None
    onset_age_years: int | None
    product: str
    brand: str
    plan: tuple[Injection, ...]
    total: Dose
    scales: tuple[ScaleChange, ...]
    last: LastSession | None
    guidance: tuple[GuidanceReason, ...]
    interval_days: Sourced[int] | None
    earlier_products: tuple[str, ...]
    goals: tuple[str, ...]
    checklist: tuple[Item, ...]
    approval_months: str
    knowledge_version: str

    @property
    def lacks(self) -> tuple[Item, ...]:
        """What the payer still lacks: first what speaks against, then what is not recorded."""
        return tuple(i for m in (Met.LACKING, Met.NOT_RECORDED) for i in self.checklist if i.met is m)


def authorisation(
    plan: Plan, case: Case, payer: Payer, knowledge: Knowledge, *, billed: Dose | None = None
) -> Authorisation:
    """The packet for a plan. `billed` are all Units of the vials, where they are known.

    Raises `BadInput` where the case has no date.
    """
    if case.date is None:
        raise BadInput(where="date", read="nothing", expected="the date of the visit")
    label = knowledge.label(plan.product, case.region)
    last = case.last_session
    interval = planned_interval(plan.product, case, knowledge)
    given = tuple(i for i in plan.injections if i.dose.units > 0)
    facts = Facts(
        case=case, plan=plan, on=case.date, billed=billed, diagnosis=knowledge.codes.diagnosis.code.value
    )
    return Authorisation(
        payer=payer.name,
        on=case.date,
        diagnosis=knowledge.codes.diagnosis.label,
        diagnosis_code=knowledge.codes.diagnosis.code.value,
        age_years=case.patient.age_years,
        onset_age_years=case.history.onset_age_years,
        product=plan.product,
        brand="" if label is None else label.brand,
        plan=given,
        total=plan.total,
        scales=scale_changes(case, on=case.date),
        last=None if last is None else _last(last, case.date),
        guidance=tuple(guidance_reason(i, knowledge) for i in given),
        interval_days=None if interval is None else interval.carrying(int(interval.value)),
        earlier_products=tuple(sorted({s.product for s in case.history.sessions})),
        goals=case.history.goals,
        checklist=checklist(payer, facts),
        approval_months="" if payer.approval_months is None else payer.approval_months.value,
        knowledge_version=knowledge.version,
    )


def scale_changes(case: Case, *, on: date) -> tuple[ScaleChange, ...]:
    """Each scale recorded by `on`: the newest score up to the last session, and the best one after it."""
    found: list[ScaleChange] = []
    last = case.last_session
    for scale in SCALES:
        ratings = [r for r in case.history.ratings if r.scale is scale and r.on <= on]
        before = [r for r in ratings if last is None or r.on <= last.on]
        after = [r for r in ratings if last is not None and r.on > last.on]
        if before:
            best = min(after, key=lambda r: (r.score, r.on), default=None)
            found.append(ScaleChange(scale=scale, before=before[-1], after=best))
    return tuple(found)


def guidance_reason(injection: Injection, knowledge: Knowledge) -> GuidanceReason:
    """Why the needle is guided so in one place, from the depth and the neighbours of the muscle."""
    facts = knowledge.muscles[injection.muscle]
    depth = facts.text("depth")
    layer = f"{depth} muscle" if depth else "muscle"
    hazards = facts.words("hazard")
    beside = f"; at stake beside it: {', '.join(hazards)}" if hazards else ""
    match injection.guidance:
        case Guidance.PALPATION:
            why = f"{layer} that is found by hand"
        case Guidance.EMG:
            why = f"{layer}; EMG shows that the needle lies in active muscle{beside}"
        case Guidance.STIMULATION:
            why = f"{layer}; the twitch shows which muscle the needle lies in{beside}"
        case Guidance.ULTRASOUND:
            why = f"{layer}; the image shows muscle and neighbours{beside}"
        case _:
            assert_never(injection.guidance)
    return GuidanceReason(where=injection.where, guidance=injection.guidance, why=why)


def planned_interval(product: str, case: Case, knowledge: Knowledge) -> Sourced[Decimal] | None:
    """The longest of the shortest intervals knowledge holds for product and region, in days; None without one."""
    limits = [x for x in knowledge.limits_for(product, case.region) if x.kind is LimitKind.INTERVAL]
    longest = max(limits, key=lambda limit: limit.amount, default=None)
    return None if longest is None else longest.bound.carrying(longest.amount)


def _last(session: Session, on: date) -> LastSession:
    return LastSession(
        on=session.on,
        product=session.product,
        total=session.total,
        benefit_percent=session.benefit_percent,
        from_day=session.onset_day,
        weeks_of_benefit=session.faded_week,
        side_effects=session.side_effects,
        days_ago=interval_days(session.on, on),
    )
