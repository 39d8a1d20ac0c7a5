"""Draw-ups of drawn plans: every Unit is accounted for, printed figures add up, left like right.

Plans of every product and region with a dilution for the neck, one to eight muscle-sides, most of them in Units that
lie on syringe marks. Each plan is drawn up in every way that can be drawn, with each kind of syringe in turn, and
held against the laws of `broken_laws`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from math import ceil

import numpy as np

from collis.case.plan import Injection, Plan
from collis.errors import BadInput
from collis.knowledge.load import Knowledge, load
from collis.knowledge.names import Muscle, MuscleSide, Region
from collis.pharmacy.choice import Choice, choices
from collis.pharmacy.drawup import DrawUp, NoteKind, draw_up
from collis.pharmacy.syringes import Fill
from collis.side import Side
from collis.units import Dose, rounded_together
from studies.record import Measure

PATHS = (
    "src/collis/pharmacy",
    "src/collis/units.py",
    "src/collis/knowledge/data/pharmacy.toml",
    "src/collis/knowledge/data/products",
)
SEED = 20261110
PLANS, THIN = 10_000, 150
DAY = date(2026, 11, 10)
PLACES = tuple(MuscleSide(muscle, side) for muscle in Muscle for side in Side)
MOST_LINES, MOST_SITES, STEPS = 8, 4, 20

Label = tuple[str, Region]


def labels(knowledge: Knowledge) -> tuple[Label, ...]:
    """Every product and region with at least one dilution for the neck."""
    return tuple(
        (name, region)
        for name, product in knowledge.products.items()
        for region, label in product.labels.items()
        if any(row.for_cd for row in label.reconstitution)
    )


def drawn_plan(product: str, step: Decimal, chance: np.random.Generator) -> Plan:
    """A plan of one to eight muscle-sides, each site a number of steps; one line in ten is off by a tenth."""
    places = chance.choice(len(PLACES), size=int(chance.integers(1, MOST_LINES + 1)), replace=False)
    injections = []
    for place in places:
        sites = int(chance.integers(1, MOST_SITES + 1))
        steps = int(chance.integers(1, STEPS + 1)) * (sites if chance.random() < 3 / 4 else 1)
        odd = step / 10 if chance.random() < 1 / 80 else Decimal(0)
        where = PLACES[place]
        dose = Dose(step * steps + odd, product)
        injections.append(Injection(muscle=where.muscle, side=where.side, dose=dose, sites=sites))
    return Plan(name="drawn", product=product, injections=tuple(injections))


def step_of(knowledge: Knowledge, product: str) -> Decimal:
    """A fiftieth of the smallest vial with a dilution for the neck, in Units."""
    rows = [row for label in knowledge.product(product).labels.values() for row in label.reconstitution]
    return min(row.vial_units for row in rows if row.for_cd) / 50


def broken_laws(plan: Plan, way: Choice, knowledge: Knowledge, region: Region) -> list[str]:
    """The laws one way to draw a plan up breaks, in words; empty where it keeps them all."""
    kind = way.syringe
    drawn = draw_up(plan, knowledge, region, row=way.name, syringe=kind.key)
    mirror = draw_up(plan.mirrored(), knowledge, region, row=way.name, syringe=kind.key)
    totals, made = drawn.totals, drawn.preparation
    whole = len(drawn.syringes) * kind.dead_space.value
    draws = [draw for one in drawn.syringes for draw in one.draws]
    laws = {
        "opened is not given, dead space and discarded": totals.opened
        != totals.given + totals.dead_space + totals.discarded
        or totals.opened_ml != totals.given_ml + totals.dead_space_ml + totals.discarded_ml,
        "drawn is not given and dead space": made.drawn != totals.given + totals.dead_space,
        "mL and Units differ": any(
            made.volume_ml(dose) != ml
            for dose, ml in (
                (totals.opened, totals.opened_ml),
                (totals.given, totals.given_ml),
                (totals.dead_space, totals.dead_space_ml),
                (totals.discarded, totals.discarded_ml),
            )
        ),
        "syringes and plan differ": _total(one.dose for one in drawn.syringes) != plan.total.units,
        "muscles and plan differ": any(drawn.dose_at(i.where) != i.dose for i in plan.injections),
        "vials and opened differ": _total(vial.units for vial in made.vials) != totals.opened.units,
        "a vial of another strength": any(
            vial.units.units != made.units_per_0_1ml * 10 * made.diluent_of(vial) for vial in made.vials
        ),
        "drawn above the vials": made.drawn.units > totals.opened.units,
        "a vial too many": totals.opened.units - plan.total.units >= min(v.units.units for v in made.vials),
        "Units added": totals.given != plan.total,
        "an overfull syringe": any(one.volume_ml > kind.size.value for one in drawn.syringes),
        "a site off the marks": any(
            ml <= 0 or ml % kind.mark.value for draw in draws for ml in draw.sites_ml
        ),
        "a site lost": len([ml for draw in draws for ml in draw.sites_ml])
        != sum(i.sites for i in plan.injections),
        "a muscle divided without need": _divided(drawn.syringes, kind.size.value),
        "more than twice the fewest syringes": len(drawn.syringes)
        > 2 * max(1, ceil(totals.given_ml / kind.size.value)) + _halves(drawn.syringes, kind.size.value),
        "a shortfall untold": bool(drawn.notes_on(NoteKind.DEAD_SPACE))
        != (whole > totals.opened_ml - totals.given_ml),
        "printed figures do not add up": not _printed_adds_up(drawn),
        "the mirror differs": _plain(mirror) != _mirrored(drawn) or mirror.totals != totals,
    }
    return [law for law, broken in laws.items() if broken]


def _total(doses: Iterable[Dose]) -> Decimal:
    return sum((dose.units for dose in doses), Decimal(0))


def _divided(fills: Sequence[Fill], size: Decimal) -> bool:
    """Whether a muscle-side that one syringe holds stands in two."""
    volume: dict[MuscleSide, Decimal] = {}
    count: dict[MuscleSide, int] = {}
    for one in fills:
        for where in {draw.injection.where for draw in one.draws}:
            count[where] = count.get(where, 0) + 1
        for draw in one.draws:
            where = draw.injection.where
            volume[where] = volume.get(where, Decimal(0)) + draw.volume_ml
    return any(count[where] > 1 and volume[where] <= size for where in count)


def _halves(fills: Sequence[Fill], size: Decimal) -> int:
    """Pieces larger than half a syringe; each may need one of its own."""
    return sum(1 for one in fills for draw in one.draws if draw.volume_ml * 2 > size)


def _printed_adds_up(drawn: DrawUp) -> bool:
    """Whether whole Units and tenths printed for syringes, and for where the vials went, add up as printed."""
    for step in (Decimal(1), Decimal("0.1")):
        parts = rounded_together([one.dose.units for one in drawn.syringes], step)
        (whole,) = rounded_together([drawn.totals.given.units], step)
        (opened,) = rounded_together([drawn.totals.opened.units], step)
        if sum(parts) != whole or sum(drawn.totals.printed(step)) != opened:
            return False
    return True


Plain = list[list[tuple[Muscle, Side, tuple[Decimal, ...]]]]


def _plain(drawn: DrawUp) -> Plain:
    return [[(d.injection.muscle, d.injection.side, d.sites_ml) for d in one.draws] for one in drawn.syringes]


def _mirrored(drawn: DrawUp) -> Plain:
    return [[(muscle, side.mirrored, sites) for muscle, side, sites in one] for one in _plain(drawn)]


def held_to_the_laws(
    plan: Plan, region: Region, syringe: str, knowledge: Knowledge
) -> tuple[list[str], int, int]:
    """What all ways to draw a plan up break, how many were drawn up, and how many were refused as they must be."""
    broken: list[str] = []
    drawn, refused = 0, 0
    for way in choices(plan, knowledge, region, syringe):
        if way.drawable:
            broken += broken_laws(plan, way, knowledge, region)
            drawn += 1
            continue
        try:
            draw_up(plan, knowledge, region, row=way.name, syringe=syringe)
            broken.append("drawn up off the marks")
        except BadInput:
            refused += 1
    return broken, drawn, refused


def run(thin: bool) -> list[Measure]:
    """Draw the plans, draw them up, count what breaks a law."""
    chance = np.random.default_rng(SEED)
    knowledge = load(DAY)
    known = labels(knowledge)
    kinds = [syringe.key for syringe in knowledge.supplies.syringes]
    count = THIN if thin else PLANS
    broken, ways, refusals = 0, 0, 0
    for number in range(count):
        product, region = known[number % len(known)]
        plan = drawn_plan(product, step_of(knowledge, product), chance)
        found, drawn, refused = held_to_the_laws(plan, region, kinds[number % len(kinds)], knowledge)
        broken += bool(found)
        ways += drawn
        refusals += refused
    return [
        Measure(
            name="plans whose draw-up breaks a law",
            figure=broken,
            unit="plans",
            bar=f"none of {count}",
            met=broken == 0,
            detail=f"{ways} ways drawn up and {refusals} refused, of {len(known)} labels and {len(kinds)} syringes.",
        ),
        Measure(
            name="ways drawn up for each plan",
            figure=ways / count,
            bar="at least 1",
            met=ways >= count,
        ),
    ]
