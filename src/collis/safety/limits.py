"""Every cap as data: what it sums, its bound, its level, its source.

The gate evaluates these values, planning turns the same values into rows, reports name them by the same id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from collis.case.case import Case
from collis.case.plan import Plan
from collis.case.session import Session, SideEffectKind
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Muscle, MuscleSide
from collis.knowledge.products import LimitFact, LimitKind, When
from collis.reasons import Ground, Level
from collis.safety.earlier import (
    doses_of,
    longest_interval_days,
    recent_units,
    same_day_sides,
    same_day_units,
    shared_units,
)
from collis.side import Side
from collis.sources import Sourced
from collis.units import decimal_of, plain

ENTRY_ERROR = "R53"

SCALENES = (Muscle.SCALENUS_ANTERIOR, Muscle.SCALENUS_MEDIUS, Muscle.SCALENUS_POSTERIOR)
FRONT = (Muscle.STERNOCLEIDOMASTOID, *SCALENES)
"""The muscles beside the throat, which come down after trouble swallowing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """One cap for one case.

    `asked` is the level the rule asks; `level` what the gate applies: an unverified refusal only warns, except
    `entry_error` limits, which refuse at any grade. `places` are the muscle-sides summed (empty: all of them).
    `used` is what earlier toxin already took of the bound. `bound` is in Units, or sides, as `kind` says.
    """

    id: str
    rule: str
    kind: LimitKind
    asked: Level
    bound: Decimal
    text: str
    ground: Ground
    places: tuple[MuscleSide, ...] = ()
    used: Decimal = Decimal(0)
    entry_error: bool = False

    @property
    def level(self) -> Level:
        """The level the gate applies to a plan a person typed."""
        if self.asked is Level.REFUSE and not self.ground.verified and not self.entry_error:
            return Level.WARN
        return self.asked

    @property
    def room(self) -> Decimal:
        """What is left of the bound for today, never below 0."""
        return max(Decimal(0), self.bound - self.used)

    def covers(self, where: MuscleSide) -> bool:
        """Whether Units at `where` count against this cap."""
        return not self.places or where in self.places

    def planned(self, plan: Plan) -> Decimal:
        """How much of this cap the plan itself takes."""
        inside = [i for i in plan.injections if self.covers(i.where)]
        match self.kind:
            case LimitKind.SITE:
                return max((i.per_site.units for i in inside), default=Decimal(0))
            case LimitKind.SIDES:
                return Decimal(sum(1 for i in inside if i.dose.units > 0))
            case _:
                return sum((i.dose.units for i in inside), Decimal(0))

    def measure(self, plan: Plan) -> Decimal:
        """How much of this cap is taken, earlier toxin included."""
        return self.planned(plan) + self.used

    def broken_by(self, plan: Plan) -> bool:
        """Whether the plan breaks this cap. Where it adds nothing, it breaks nothing."""
        if self.kind is LimitKind.TOTAL_MIN:
            return self.measure(plan) < self.bound
        return self.planned(plan) > 0 and self.measure(plan) > self.bound


CAPS = frozenset(
    {
        LimitKind.TOTAL,
        LimitKind.TOTAL_MIN,
        LimitKind.SITE,
        LimitKind.MUSCLE,
        LimitKind.MUSCLE_BOTH_SIDES,
        LimitKind.SIDES,
        LimitKind.CUMULATIVE,
        LimitKind.GROUP_TOTAL,
        LimitKind.INCREASE,
    }
)


def limits(case: Case, knowledge: Knowledge, product: str) -> tuple[Limit, ...]:
    """Every cap on Units of `product` in this case, label caps first.

    Intervals, volumes and questions are no caps on Units; their rules read knowledge themselves.
    """
    return (
        *_label_caps(case, knowledge, product),
        *_muscle_caps(case, knowledge, product),
        *_entry_caps(knowledge, product),
        *_site_cap(knowledge, product),
        *_after_dysphagia(case, knowledge, product),
    )


def _holds(fact: LimitFact, case: Case) -> bool:
    """Whether a limit is a cap in this case. A least total is not asked of a first titration."""
    if fact.kind is LimitKind.TOTAL_MIN and case.doses_as_naive:
        return False
    return fact.kind in CAPS and (fact.when is When.ALWAYS or case.doses_as_naive)


def _label_caps(case: Case, knowledge: Knowledge, product: str) -> Iterator[Limit]:
    days = longest_interval_days(case, knowledge, product)
    today = same_day_units(case, product)
    for fact in knowledge.limits_for(product, case.region):
        if not _holds(fact, case):
            continue
        match fact.kind:
            case LimitKind.MUSCLE:
                for place in (MuscleSide(m, side) for m in fact.muscles for side in Side):
                    yield _cap(
                        fact,
                        places=(place,),
                        used=shared_units(case, product, (place,), days),
                        suffix=f".{place.muscle}.{place.side}",
                    )
            case LimitKind.MUSCLE_BOTH_SIDES:
                for muscle in fact.muscles:
                    used = shared_units(case, product, _both(muscle), days)
                    yield _cap(fact, places=_both(muscle), used=used, suffix=_suffix(fact, muscle))
            case LimitKind.SIDES:
                for muscle in fact.muscles:
                    treated = same_day_sides(case, product, muscle)
                    left = tuple(p for p in _both(muscle) if p not in treated)
                    if left:
                        yield _cap(
                            fact, places=left, used=Decimal(len(treated)), suffix=_suffix(fact, muscle)
                        )
            case LimitKind.GROUP_TOTAL:
                places = tuple(p for m in fact.muscles for p in _both(m))
                yield _cap(fact, places=places, used=shared_units(case, product, places, days))
            case LimitKind.CUMULATIVE:
                yield _cap(fact, used=recent_units(case, product, window_days(fact)))
            case LimitKind.INCREASE:
                yield from _increase(case, fact, product, today)
            case LimitKind.TOTAL | LimitKind.TOTAL_MIN:
                yield _cap(fact, used=today)
            case _:
                yield _cap(fact)


def _cap(
    fact: LimitFact,
    *,
    places: tuple[MuscleSide, ...] = (),
    used: Decimal = Decimal(0),
    bound: Decimal | None = None,
    suffix: str = "",
) -> Limit:
    return Limit(
        id=fact.id + suffix,
        rule=fact.rule,
        kind=fact.kind,
        asked=fact.level,
        bound=fact.amount if bound is None else bound,
        text=fact.text,
        ground=Ground.of(fact.bound),
        places=places,
        used=used,
    )


def _suffix(fact: LimitFact, muscle: Muscle) -> str:
    """What tells apart the caps of one limit on several muscles."""
    return f".{muscle}" if len(fact.muscles) > 1 else ""


def _increase(case: Case, fact: LimitFact, product: str, today: Decimal) -> Iterator[Limit]:
    last = case.last_session
    if last is not None and last.product == product and last.total.units > 0:
        yield _cap(fact, bound=last.total.units * fact.amount, used=today)


def _both(muscle: Muscle) -> tuple[MuscleSide, MuscleSide]:
    return MuscleSide(muscle, Side.RIGHT), MuscleSide(muscle, Side.LEFT)


def _muscle_caps(case: Case, knowledge: Knowledge, product: str) -> Iterator[Limit]:
    days = longest_interval_days(case, knowledge, product)
    anywhere = highest_in_any_muscle(knowledge, product)
    for muscle, facts in knowledge.muscles.items():
        dose = facts.doses.get(product)
        own = None if dose is None else dose.highest_any_source
        for place in _both(muscle):
            if dose is not None:
                used = shared_units(case, product, (place,), days)
                yield from _muscle_cap(product, place, dose.soft_max, used=used)
            if own is not None:
                yield from _muscle_cap(product, place, own, entry_error=True)
            else:
                yield from _muscle_cap(product, place, anywhere, entry_error=True, where="in any muscle")


def highest_in_any_muscle(knowledge: Knowledge, product: str) -> Sourced[Any] | None:
    """The largest dose of `product` that any source gives in one muscle, None where none is known."""
    known = (facts.doses[product] for facts in knowledge.muscles.values() if product in facts.doses)
    figures = [dose.highest_any_source for dose in known if dose.highest_any_source is not None]
    return max(figures, key=lambda figure: decimal_of(figure.value), default=None)


def _muscle_cap(
    product: str,
    place: MuscleSide,
    figure: Sourced[Any] | None,
    *,
    used: Decimal = Decimal(0),
    entry_error: bool = False,
    where: str = "there",
) -> Iterator[Limit]:
    """The cap of one muscle on one side: its usual upper dose, or the figure above which it is an entry error."""
    if figure is None:
        return
    bound = decimal_of(figure.value)
    if entry_error:
        name, text = "highest", f"The largest dose any source gives {where} is {units_text(bound)}."
    else:
        name, text = "soft_max", f"At most {units_text(bound)} are usual there."
    yield Limit(
        id=f"{product}.{place.muscle}.{place.side}.{name}",
        rule=ENTRY_ERROR if entry_error else "R27",
        kind=LimitKind.MUSCLE,
        asked=Level.REFUSE if entry_error else Level.WARN,
        bound=bound,
        text=text,
        ground=Ground.of(figure),
        places=(place,),
        used=used,
        entry_error=entry_error,
    )


def _entry_caps(knowledge: Knowledge, product: str) -> Iterator[Limit]:
    highest = knowledge.product(product).highest_total
    if highest is not None:
        bound = decimal_of(highest.value)
        yield Limit(
            id=f"{product}.highest",
            rule=ENTRY_ERROR,
            kind=LimitKind.TOTAL,
            asked=Level.REFUSE,
            bound=bound,
            text=f"The largest session any source gives is {units_text(bound)}.",
            ground=Ground.of(highest),
            entry_error=True,
        )


def _site_cap(knowledge: Knowledge, product: str) -> Iterator[Limit]:
    """The figure above which one site is an entry error: of a site, else of a whole muscle."""
    highest = knowledge.product(product).highest_site
    where = "in one site" if highest is not None else "in any muscle"
    figure = highest or highest_in_any_muscle(knowledge, product)
    if figure is not None:
        bound = decimal_of(figure.value)
        yield Limit(
            id=f"{product}.highest_site",
            rule=ENTRY_ERROR,
            kind=LimitKind.SITE,
            asked=Level.REFUSE,
            bound=bound,
            text=f"The largest dose any source gives {where} is {units_text(bound)}.",
            ground=Ground.of(figure),
            entry_error=True,
        )


def worst_dysphagia(case: Case, knowledge: Knowledge) -> Session | None:
    """The session, of any on record, with the worst trouble swallowing; the latest of these.

    None where no session had it badly enough to lower the front muscles (R44).
    """
    grade = knowledge.fact("screening", "dysphagia", "grade_that_lowers").value
    bad = [s for s in case.history.sessions if s.worst(SideEffectKind.DYSPHAGIA) >= grade]
    return max(bad, key=lambda s: (s.worst(SideEffectKind.DYSPHAGIA), s.on), default=None)


def when_words(session: Session, case: Case) -> str:
    """Which session it was, in words: the last time, or its day."""
    return "last time" if session == case.last_session else f"{session.on}"


def _after_dysphagia(case: Case, knowledge: Knowledge, product: str) -> Iterator[Limit]:
    """After dysphagia the front muscles come down by at least the stated share of the dose before it (R44)."""
    worst = worst_dysphagia(case, knowledge)
    if worst is None or worst.product != product:
        return
    share = knowledge.side_effect_fact("dysphagia", "dose_kept_at_most")
    doses = doses_of(worst)
    for muscle in FRONT:
        if muscle in doses:
            bound = doses[muscle] * decimal_of(share.value)
            yield Limit(
                id=f"after_dysphagia.{muscle}",
                rule="R44",
                kind=LimitKind.MUSCLE_BOTH_SIDES,
                asked=Level.WARN,
                bound=bound,
                text=f"After the swallowing trouble of {when_words(worst, case)} at most {units_text(bound)} there.",
                ground=Ground.of(share),
                places=_both(muscle),
            )


def window_days(fact: LimitFact) -> int:
    """The days a cumulative limit looks back over."""
    if fact.window is None:
        raise ValueError(f"{fact.id}: a cumulative limit needs a window")
    return int(fact.window.value)


def units_text(units: Decimal) -> str:
    """Units as printed: thousands apart, no trailing zero.

    >>> units_text(Decimal("12500.0"))
    '12,500 Units'
    """
    whole, point, rest = plain(units).partition(".")
    return f"{int(whole):,}{point}{rest} Units"
