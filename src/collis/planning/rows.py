"""Turns the gate's caps into rows of the planning problem. Every cap is kept, verified or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from collis.case.case import Case
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Muscle
from collis.knowledge.products import LimitKind
from collis.planning.problem import Place, Row
from collis.safety.earlier import Earlier, earlier
from collis.safety.limits import Limit, units_text
from collis.units import decimal_of

INFINITY = float("inf")


def cap_rows(
    caps: Sequence[Limit], places: Sequence[Place], knowledge: Knowledge, product: str
) -> tuple[Row, ...]:
    """One row for each cap that sums places; caps on one place or one site already shaped the levels."""
    return (*_from_caps(caps, places), *_both_front_muscles(places, knowledge, product))


def _from_caps(caps: Sequence[Limit], places: Sequence[Place]) -> Iterator[Row]:
    for cap in caps:
        if cap.kind in (LimitKind.MUSCLE, LimitKind.SITE):
            continue
        weights = tuple(float(cap.covers(place.where)) for place in places)
        if not any(weights) and cap.kind is not LimitKind.TOTAL_MIN:
            continue
        if cap.kind is LimitKind.TOTAL_MIN:
            yield Row(id=cap.id, weights=weights, low=float(cap.bound), high=INFINITY)
        else:
            yield Row(
                id=cap.id,
                weights=weights,
                low=0.0,
                high=float(cap.room),
                per_side=cap.kind is LimitKind.SIDES,
            )


def _both_front_muscles(places: Sequence[Place], knowledge: Knowledge, product: str) -> Iterator[Row]:
    """Both sternocleidomastoids together get no more than one alone may usually get: each is halved (R24)."""
    dose = knowledge.muscles[Muscle.STERNOCLEIDOMASTOID].doses.get(product)
    weights = tuple(float(place.where.muscle is Muscle.STERNOCLEIDOMASTOID) for place in places)
    if dose is not None and dose.usual is not None and sum(weights) > 1:
        yield Row(
            id="both_sternocleidomastoids",
            weights=weights,
            low=0.0,
            high=float(decimal_of(dose.usual.value[1])),
        )


def day(on: date) -> str:
    """A date as printed in a sentence.

    >>> day(date(2026, 9, 29))
    '29 September 2026'
    """
    return f"{on.day} {on:%B} {on.year}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """An interval that has not passed: the last toxin that reached the neck, and the days asked after it."""

    last: Earlier
    since: int
    days: int

    @property
    def until(self) -> date:
        """The first day on which the interval has passed."""
        assert self.last.on is not None
        return self.last.on + timedelta(days=self.days)

    @property
    def why(self) -> str:
        """What was given, when, and how long is asked."""
        on = self.last.on
        assert on is not None
        if self.last.dose is not None:
            what = f"{units_text(self.last.dose.units)} of {self.last.product}"
        else:
            what = f"Toxin ({self.last.product})" if self.last.product else "Toxin"
        reason = self.last.words.removeprefix("toxin elsewhere").removeprefix("toxin")
        return (
            f"{what}{reason or ' that reached the neck'} on {day(on)}, {self.since} days ago; "
            f"at least {self.days} days are asked."
        )


def too_soon(case: Case, product: str, knowledge: Knowledge) -> Wait | None:
    """The interval limit that has not passed, None when none stands in the way.

    Every interval in knowledge is kept, verified or not; toxin of any product in the neck counts.
    """
    days = [f for f in knowledge.limits_for(product, case.region) if f.kind is LimitKind.INTERVAL]
    if case.date is None or not days:
        return None
    before = [
        (since, event)
        for event in earlier(case)
        if event.in_neck and (since := event.days_before(case.date)) is not None and since >= 0
    ]
    if not before:
        return None
    since, last = min(before, key=lambda pair: pair[0])
    longest = int(max(fact.amount for fact in days))
    return Wait(last=last, since=since, days=longest) if since < longest else None
