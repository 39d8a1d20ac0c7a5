"""Rows that planning sets itself, beyond the gate's caps: what the gate would warn of is not proposed.

One side where both would warn; the front muscles below what led to swallowing trouble; what makes a plan cautious
or low in risk against the plans it stands beside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from collis.case.case import Case
from collis.case.patient import Answer
from collis.case.plan import Plan
from collis.case.session import Session, SideEffectKind
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Muscle
from collis.knowledge.products import Label, LimitKind, Product
from collis.planning.problem import Place, Row
from collis.safety.limits import FRONT, SCALENES
from collis.side import Side
from collis.units import decimal_of

SEVERE = 3
"""The worst grade a recorded side effect can have."""

TOTAL, SWALLOW, EXTENSORS = "lowest_total", "lowest_swallow", "lowest_extensors"
EXPOSURE = "swallow_exposure"
BALANCED_TOTAL, BALANCED_SWALLOW, MIDDLE = "balanced_total", "balanced_swallow", "usual_middle"
FRONT_SHARE = "front_share"
OWN = frozenset({TOTAL, SWALLOW, EXTENSORS, EXPOSURE, BALANCED_TOTAL, BALANCED_SWALLOW, MIDDLE, FRONT_SHARE})
"""Rows that belong to one kind of plan alone; the others hold for every computed plan."""

_SLACK = 1e-6


def first_session(case: Case) -> bool:
    """Whether the patient is planned as never treated."""
    return case.doses_as_naive or not case.history.sessions


def one_sided(case: Case, knowledge: Knowledge) -> Mapping[tuple[Muscle, ...], tuple[str, str]]:
    """Groups of muscles that are proposed on one side at most: the id of the row, and why."""
    found: dict[tuple[Muscle, ...], tuple[str, str]] = {
        SCALENES: ("one_scalene_side", "scalenes go to one side at most, away from one phrenic nerve")
    }
    if first_session(case):
        found[(Muscle.LONGUS_COLLI,)] = (
            "one_longus_colli_side",
            "a first session reaches one longus colli at most, for the swallow",
        )
    light = decimal_of(knowledge.fact("screening", "build", "light_weight").value)
    patient = case.patient
    small = patient.weight_kg is not None and patient.weight_kg < light
    if small or patient.thin_neck is Answer.YES:
        found[(Muscle.STERNOCLEIDOMASTOID,)] = (
            "one_sternocleidomastoid_side",
            "a small neck gets one sternocleidomastoid at most, for the swallow",
        )
    return found


def one_side_rows(places: Sequence[Place], case: Case, knowledge: Knowledge) -> Iterator[Row]:
    """At most one side of each group: no place on the right together with a place on the left."""
    for muscles, (name, _) in one_sided(case, knowledge).items():
        right = [p for p, place in enumerate(places) if _at(place, muscles, Side.RIGHT)]
        left = [p for p, place in enumerate(places) if _at(place, muscles, Side.LEFT)]
        for pair in ({r, s} for r in right for s in left):
            weights = tuple(float(p in pair) for p in range(len(places)))
            yield Row(id=name, weights=weights, low=0.0, high=1.0, per_side=True)


def _at(place: Place, muscles: tuple[Muscle, ...], side: Side) -> bool:
    return place.where.muscle in muscles and place.where.side is side


def both_sides_of(plan: Plan, case: Case, knowledge: Knowledge) -> tuple[str, ...]:
    """Why a plan goes beyond one side of a group that is proposed on one side at most, empty when it does not."""
    given = [i for i in plan.injections if i.dose.units > 0]
    return tuple(
        why
        for muscles, (_, why) in one_sided(case, knowledge).items()
        if len({i.side for i in given if i.muscle in muscles}) > 1
    )


def front_doses(session: Session) -> dict[Muscle, Decimal]:
    """Units of a session in the muscles beside the throat, both sides summed; lumped lines are left out."""
    found: dict[Muscle, Decimal] = {}
    for line in session.given:
        if len(line.members) == 1 and line.members[0].muscle in FRONT:
            muscle = line.members[0].muscle
            found[muscle] = found.get(muscle, Decimal(0)) + line.dose.units
    return found


def dysphagia_rows(places: Sequence[Place], case: Case, product: Product) -> Iterator[Row]:
    """Below every session of the product that led to swallowing trouble, by at least one step.

    So for each muscle beside the throat, and for all of them together.
    """
    if product.dose_step is None:
        return
    step = decimal_of(product.dose_step.value)
    lowest: dict[tuple[Muscle, ...], Decimal] = {}
    for session in case.history.sessions:
        if session.product != product.name or not session.worst(SideEffectKind.DYSPHAGIA):
            continue
        doses = front_doses(session)
        given: dict[tuple[Muscle, ...], Decimal] = {(muscle,): units for muscle, units in doses.items()}
        if doses and _all_exact(session):
            given[FRONT] = sum(doses.values(), Decimal(0))
        for muscles, units in given.items():
            lowest[muscles] = min(units, lowest.get(muscles, units))
    for muscles, units in lowest.items():
        weights = tuple(float(place.where.muscle in muscles) for place in places)
        if any(weights):
            most = float(max(units - step, Decimal(0)))
            yield Row(id="below_swallowing_trouble", weights=weights, low=0.0, high=most)


def _all_exact(session: Session) -> bool:
    return all(len(line.members) == 1 for line in session.given)


def swallow_weights(knowledge: Knowledge) -> dict[Muscle, float]:
    """How much a Unit in each muscle counts towards swallowing."""
    return {m: facts.number("swallow_weight") for m, facts in knowledge.muscles.items()}


def extensor_weights(knowledge: Knowledge) -> dict[Muscle, float]:
    """1 for each muscle that holds the head up, else 0."""
    return {m: float(facts.holds("extensor")) for m, facts in knowledge.muscles.items()}


def burden(plan: Plan, weights: Mapping[Muscle, float] | None = None) -> float:
    """The weighted Units of a plan; without weights its total."""
    return sum((1.0 if weights is None else weights[i.muscle]) * float(i.dose.units) for i in plan.injections)


def low_risk_rows(
    places: Sequence[Place], others: Sequence[Plan], balanced: Plan | None, knowledge: Knowledge
) -> Iterator[Row]:
    """Low risk has no more Units, in all, near the swallow or in extensors, than any plan it stands beside."""
    kinds = ((TOTAL, None), (SWALLOW, swallow_weights(knowledge)), (EXTENSORS, extensor_weights(knowledge)))
    for name, weights in kinds:
        if others:
            yield _at_most(name, places, weights, min(burden(plan, weights) for plan in others))
    if balanced is not None:
        hazard = {
            m: f.number("swallow_weight") if "swallowing" in f.words("hazard") else 0.0
            for m, f in knowledge.muscles.items()
        }
        kept = knowledge.figure("planning", "risk", "exposure_kept")
        yield _at_most(EXPOSURE, places, hazard, burden(balanced, hazard) * kept)


def cautious_rows(
    places: Sequence[Place], balanced: Plan | None, knowledge: Knowledge, product: str
) -> Iterator[Row]:
    """A cautious plan stays within the middle of each usual range, and within the balanced plan."""
    for p, place in enumerate(places):
        dose = knowledge.muscles[place.where.muscle].doses[product]
        if dose.usual is not None:
            low, high = (float(v) for v in dose.usual.value)
            own = tuple(float(q == p) for q in range(len(places)))
            yield Row(id=MIDDLE, weights=own, low=0.0, high=(low + high) / 2)
    if balanced is not None:
        yield _at_most(BALANCED_TOTAL, places, None, burden(balanced))
        weights = swallow_weights(knowledge)
        yield _at_most(BALANCED_SWALLOW, places, weights, burden(balanced, weights))


def front_share_rows(
    places: Sequence[Place], total: Decimal, product: Product, label: Label, knowledge: Knowledge
) -> Iterator[Row]:
    """In a starting total the sternocleidomastoid gets no more than its share in trials, whatever is left over.

    Where the label's own cap on it lies within the usual range that cap is enough; where no trial tells, the
    middle of the usual range is the most.
    """
    muscle = Muscle.STERNOCLEIDOMASTOID
    dose = knowledge.muscles[muscle].doses.get(product.name)
    inside = [(p, place) for p, place in enumerate(places) if place.where.muscle is muscle]
    if dose is None or dose.usual is None or not inside:
        return
    low, high = (decimal_of(v) for v in dose.usual.value)
    own = [f.amount for f in label.limits if f.kind is LimitKind.MUSCLE and muscle in f.muscles]
    if own and min(own) <= high:
        return
    share = product.muscle_shares.get(muscle)
    most = (low + high) / 2 if share is None else total * decimal_of(share.value) / 100
    together = product.shares_span_sides and len(inside) > 1
    most = max(most, sum((place.levels[0].units for _, place in inside), Decimal(0)) if together else low)
    if together:
        weights = tuple(float(place.where.muscle is muscle) for place in places)
        yield Row(id=FRONT_SHARE, weights=weights, low=0.0, high=float(most))
        return
    for p, place in inside:
        own_weights = tuple(float(q == p) for q in range(len(places)))
        least = place.levels[0].units
        yield Row(id=FRONT_SHARE, weights=own_weights, low=0.0, high=float(max(most, least)))


def _at_most(name: str, places: Sequence[Place], weights: Mapping[Muscle, float] | None, bound: float) -> Row:
    factors = tuple(1.0 if weights is None else weights[place.where.muscle] for place in places)
    return Row(id=name, weights=factors, low=0.0, high=bound + _SLACK)
