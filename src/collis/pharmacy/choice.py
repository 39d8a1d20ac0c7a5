"""The ways a plan can be drawn up, each with what stands against it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from collis.case.plan import Plan
from collis.errors import BadInput
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Region
from collis.knowledge.products import Label, LimitKind
from collis.knowledge.supplies import Syringe
from collis.pharmacy.dilution import Dilution, Problem, dilutions, draws
from collis.pharmacy.syringes import Fill, fill
from collis.pharmacy.vials import VialCount, fewest


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One way to draw a plan up, with what stands against it. `fills` is empty where it cannot be done."""

    dilution: Dilution
    syringe: Syringe
    vials: VialCount
    fills: tuple[Fill, ...]
    problems: tuple[Problem, ...]

    @property
    def name(self) -> str:
        """The name of its dilution."""
        return self.dilution.name

    @property
    def drawable(self) -> bool:
        """Whether it can be drawn up on marks at all."""
        return not any(problem.trouble.stops for problem in self.problems)

    @property
    def works(self) -> bool:
        """Whether every site lies on a mark and within the volume limits."""
        return not self.problems

    @property
    def opened_ml(self) -> Decimal:
        """All mL in the opened vials."""
        return sum((self.dilution.diluent_ml(size) * count for size, count in self.vials.counts), Decimal(0))

    @property
    def given_ml(self) -> Decimal:
        """All mL that are given."""
        return sum((held.volume_ml for held in self.fills), Decimal(0))

    @property
    def dead_space_ml(self) -> Decimal:
        """What stays in the dead space of the syringes, as far as the vials hold it beyond what is given."""
        return min(self._wanted_ml, self.opened_ml - self.given_ml)

    @property
    def short_ml(self) -> Decimal:
        """What the dead space takes beyond what the vials hold; the last sites may miss it."""
        return self._wanted_ml - self.dead_space_ml

    @property
    def _wanted_ml(self) -> Decimal:
        return self.syringe.dead_space.value * len(self.fills)


def choices(
    plan: Plan, knowledge: Knowledge, region: Region, syringe: str | None = None
) -> tuple[Choice, ...]:
    """Every way the label mixes for the neck, held against the plan: fewest problems first, then least waste.

    `syringe` is a key of knowledge; None takes its first. A plan without Units, an unknown syringe and a product
    without a dilution for the neck raise `BadInput`.
    """
    if plan.total.units == 0:
        raise BadInput(where=plan.name, read="a plan without Units", expected="something to draw up")
    label = label_of(plan, knowledge, region)
    kind = knowledge.supplies.syringe(syringe)
    limits = [
        fact for fact in knowledge.limits_for(plan.product, region) if fact.kind is LimitKind.VOLUME_PER_SITE
    ]
    found = []
    for offered in dilutions(label):
        vials = fewest(plan.total.units, offered.vial_units)
        if len(vials.counts) == 1 < len(offered.rows):
            continue
        dilution = offered.of_vials(size for size, _ in vials.counts)
        drawn, problems = draws(plan, dilution, kind, limits)
        stopped = any(problem.trouble.stops for problem in problems)
        fills = () if stopped else fill(drawn, kind, knowledge.supplies.front.value)
        found.append(Choice(dilution=dilution, syringe=kind, vials=vials, fills=fills, problems=problems))
    return tuple(sorted(found, key=_fewest_problems_first))


def _fewest_problems_first(choice: Choice) -> tuple[bool, int, int, int, int, Decimal]:
    unchecked = sum(not row.entry.verified for row in choice.dilution.rows)
    return (
        not choice.drawable,
        len(choice.problems),
        choice.vials.units,
        choice.vials.vials,
        unchecked,
        choice.opened_ml,
    )


def label_of(plan: Plan, knowledge: Knowledge, region: Region) -> Label:
    """The label the plan is drawn up by; a product without one in the region raises `BadInput`."""
    label = knowledge.label(plan.product, region)
    if label is None:
        raise BadInput(
            where="draw-up",
            read=f"{plan.product} in the region {region}, where it has no label",
            expected="a product with a label for the region",
        )
    return label
