"""Toxin given before the visit, from any clinic for any reason, as one list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from collis.case.case import Case
from collis.case.session import Indication, Session
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Muscle, MuscleSide
from collis.knowledge.products import LimitKind
from collis.units import Dose, decimal_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """One earlier treatment. What is not known is None. `muscles` are neck muscles it may have reached.

    `own` marks a recorded neck session of this patient, against toxin from elsewhere or for another reason.
    """

    on: date | None
    product: str | None
    dose: Dose | None
    in_neck: bool
    muscles: tuple[MuscleSide, ...]
    words: str
    own: bool

    def days_before(self, visit: date) -> int | None:
        """Whole days from this treatment to the visit, None when its date is not known."""
        return None if self.on is None else (visit - self.on).days


def earlier(case: Case) -> tuple[Earlier, ...]:
    """Every earlier treatment on record: own neck sessions, then toxin from elsewhere."""
    return (*_sessions(case), *_elsewhere(case))


def _sessions(case: Case) -> Iterator[Earlier]:
    for session in case.history.sessions:
        yield Earlier(
            on=session.on, product=session.product, dose=session.total, in_neck=True,
            muscles=tuple(m for line in session.given for m in line.members), words="toxin in the neck", own=True,
        )  # fmt: skip


def _elsewhere(case: Case) -> Iterator[Earlier]:
    for toxin in case.safety.other_toxin:
        reason = (
            "" if toxin.indication is Indication.OTHER else f" for {toxin.indication.value.replace('_', ' ')}"
        )
        yield Earlier(
            on=toxin.on, product=toxin.product, dose=toxin.dose, in_neck=toxin.reaches_neck,
            muscles=toxin.muscles, words=f"toxin elsewhere{reason}", own=False,
        )  # fmt: skip


def within(case: Case, days: int) -> tuple[Earlier, ...]:
    """Treatments fewer than `days` days before the visit; those without a date are taken as within."""
    if case.date is None:
        return ()
    visit = case.date
    return tuple(e for e in earlier(case) if (since := e.days_before(visit)) is None or since < days)


def recent_units(case: Case, product: str, days: int) -> Decimal:
    """Units of `product`, for any reason, given fewer than `days` days before the visit."""
    return _units(within(case, days), product)


def same_day_units(case: Case, product: str) -> Decimal:
    """Units of `product` given elsewhere on the day of the visit: they belong to the same session."""
    return _units((e for e in earlier(case) if not e.own and _today(e, case)), product)


def shared_units(case: Case, product: str, places: Iterable[MuscleSide], days: int) -> Decimal:
    """Units of `product` given elsewhere within `days` that reached any of `places`, or did so today.

    How such a dose was split is not known, so all of it counts in each muscle it reached.
    """
    wanted = set(places)
    reached = [e for e in earlier(case) if not e.own and wanted & set(e.muscles)]
    recent = set(within(case, days))
    return _units((e for e in reached if e in recent or _today(e, case)), product)


def same_day_sides(case: Case, product: str, muscle: Muscle) -> frozenset[MuscleSide]:
    """The sides of a muscle that `product` reached elsewhere on the day of the visit."""
    return frozenset(
        m
        for e in earlier(case)
        if not e.own and e.product == product and _today(e, case)
        for m in e.muscles
        if m.muscle is muscle
    )


def longest_interval_days(case: Case, knowledge: Knowledge, product: str) -> int:
    """The longest interval knowledge asks between sessions of `product`, 0 where it holds none."""
    facts = knowledge.limits_for(product, case.region)
    return max((int(f.amount) for f in facts if f.kind is LimitKind.INTERVAL), default=0)


def doses_of(session: Session) -> dict[Muscle, Decimal]:
    """Units of a session by muscle, both sides summed; a lumped line counts in full for each member."""
    found: dict[Muscle, Decimal] = {}
    for line in session.given:
        for muscle in {m.muscle for m in line.members}:
            found[muscle] = found.get(muscle, Decimal(0)) + line.dose.units
    return found


def is_large(event: Earlier, case: Case, knowledge: Knowledge) -> bool:
    """Whether a dose is known to be larger than the least a neck session of its product usually takes."""
    product = None if event.product is None else knowledge.products.get(event.product)
    label = None if product is None else product.label(case.region)
    usual = label.doses.get("usual_total") or label.doses.get("trial_total") if label else None
    return event.dose is not None and usual is not None and event.dose.units > decimal_of(usual.value[0])


def _today(event: Earlier, case: Case) -> bool:
    return event.on is not None and event.on == case.date


def _units(events: Iterable[Earlier], product: str) -> Decimal:
    doses = (e.dose for e in events if e.dose is not None and e.product == product)
    return Dose.total(doses, product).units
