"""Turns the gate's caps into rows of the planning problem. Every cap is kept, verified or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from collis.case.case import Case
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Muscle
from collis.knowledge.products import LimitKind
from collis.planning.problem import Place, Row
from collis.safety.limits import Limit
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


def too_soon(case: Case, product: str, knowledge: Knowledge) -> str:
    """Why nothing is proposed yet: an interval limit not reached, in days. Empty when none stands in the way.

    Every interval in knowledge is kept, verified or not; toxin of any product in the neck counts.
    """
    days = [f for f in knowledge.limits_for(product, case.region) if f.kind is LimitKind.INTERVAL]
    if case.date is None or not days:
        return ""
    given = [s.on for s in case.history.sessions]
    given += [t.on for t in case.safety.other_toxin if t.on is not None and t.reaches_neck]
    earlier = [day for day in given if day <= case.date]
    if not earlier:
        return ""
    since = (case.date - max(earlier)).days
    longest = max(days, key=lambda fact: fact.amount)
    if since >= longest.amount:
        return ""
    return (
        f"{since} days since the last toxin in the neck; "
        f"at least {int(longest.amount)} are asked before the next."
    )
