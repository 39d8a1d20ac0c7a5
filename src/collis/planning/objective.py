"""What a plan is worth: small terms, each a function of one place and its Units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from collis.knowledge.load import Knowledge
from collis.knowledge.names import Muscle, MuscleSide
from collis.planning.problem import DoseLevel, Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Relief:
    """The share of the drive a dose takes away, averaged over a cycle. `table` is by muscle and Units."""

    table: Mapping[tuple[Muscle, Decimal], float]

    def worth(self, place: Place, level: DoseLevel) -> float:
        """Share of the drive times mean relief, 0 to 1."""
        return place.share * self.table[place.where.muscle, level.units]


@dataclass(frozen=True, kw_only=True, slots=True)
class Spend:
    """A cost for each Unit, by muscle: plain Units, Units that reach the swallow, Units in neck extensors.

    `weight` is the drive given up rather than spend `scale` Units of a muscle whose factor is 1.
    """

    weight: float
    scale: float
    factor: Mapping[Muscle, float]

    def worth(self, place: Place, level: DoseLevel) -> float:
        """Minus the cost."""
        return -self.weight * self.factor[place.where.muscle] * float(level.units) / self.scale


@dataclass(frozen=True, kw_only=True, slots=True)
class PerSide:
    """A cost for each muscle-side opened: a needle, a bruise, a place to be wrong."""

    weight: float

    def worth(self, place: Place, level: DoseLevel) -> float:
        """Minus the cost."""
        return -self.weight


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A cost for moving away from a last session that worked, told against leaving the place out."""

    weight: float
    scale: float
    last: Mapping[MuscleSide, Decimal]

    def worth(self, place: Place, level: DoseLevel) -> float:
        """Minus the cost of the change, plus what leaving the place out would have cost."""
        before = float(self.last.get(place.where, Decimal(0)))
        return -self.weight * (abs(float(level.units) - before) - before) / self.scale


@dataclass(frozen=True, kw_only=True, slots=True)
class Typical:
    """A cost for lying away from the dose that trials of this product gave the muscle at such a session total.

    It is told against the level that comes closest, so that it shapes doses and keeps no muscle out. Where the
    trials counted a muscle's two sides together (`of_both_sides`), each side of a tied pair gets half.
    """

    weight: float
    scale: float
    dose: Mapping[Muscle, float]
    of_both_sides: bool = False

    def worth(self, place: Place, level: DoseLevel) -> float:
        """Minus the cost; nothing where no trial tells."""
        usual = self.dose.get(place.where.muscle)
        if usual is None:
            return 0.0
        if self.of_both_sides and place.partner is not None:
            usual /= 2
        closest = min(abs(float(other.units) - usual) for other in place.levels)
        return -self.weight * (abs(float(level.units) - usual) - closest) / self.scale


Term = Relief | Spend | PerSide | Change | Typical


def worth_of(places: Sequence[Place], terms: Sequence[Term]) -> tuple[tuple[float, ...], ...]:
    """The worth of every level at every place: the sum of the terms, rounded so that ties are ties."""
    return tuple(
        tuple(round(sum(term.worth(place, level) for term in terms), 9) for level in place.levels)
        for place in places
    )


def spends(
    knowledge: Knowledge, *, style: str, scale: float, swallow_factor: float
) -> tuple[Spend, Spend, Spend, PerSide]:
    """The cost terms of one style of plan, from its weights in knowledge."""
    weigh = lambda name: knowledge.figure("planning", "weight", style, name)  # noqa: E731
    muscles = knowledge.muscles
    return (
        Spend(weight=weigh("units"), scale=scale, factor=dict.fromkeys(muscles, 1.0)),
        Spend(
            weight=weigh("swallow") * swallow_factor,
            scale=scale,
            factor={m: facts.number("swallow_weight") for m, facts in muscles.items()},
        ),
        Spend(
            weight=weigh("extensors"),
            scale=scale,
            factor={m: float(facts.holds("extensor")) for m, facts in muscles.items()},
        ),
        PerSide(weight=weigh("side")),
    )
