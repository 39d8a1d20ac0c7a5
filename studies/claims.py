"""Claims of drawn plans: nothing is billed twice, nothing above the vials, left like right.

Plans of every product with a billing code, one to eight muscle-sides, with vials that hold them, for every payer.
Each claim is held against the laws of `broken_laws`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import numpy as np

from collis.billing.claim import DRUG, WASTE, Claim, Supply, claim, whole_billing_units
from collis.billing.share import Benefit, Billed, Rates, allowed, patient_share
from collis.case.plan import Injection, Plan
from collis.knowledge.codes import Codes
from collis.knowledge.load import Knowledge, load
from collis.knowledge.names import Guidance, Muscle, MuscleSide, Region
from collis.knowledge.payers import Payer, Waste
from collis.side import Side
from collis.units import Dose
from studies.record import Measure

PATHS = ("src/collis/billing", "src/collis/knowledge/data/codes_us.toml", "src/collis/knowledge/data/payers")
SEED = 20261110
PLANS, THIN = 10_000, 300
DAY = date(2026, 9, 1)
PLACES = tuple(MuscleSide(muscle, side) for muscle in Muscle for side in Side)
MOST_LINES = 8


def drawn_plan(product: str, largest: int, chance: np.random.Generator) -> Plan:
    """A plan of one to eight muscle-sides, in tenths of Units up to `largest` each, by any guidance."""
    places = chance.choice(len(PLACES), size=int(chance.integers(1, MOST_LINES + 1)), replace=False)
    ways = tuple(Guidance)
    return Plan(
        name="drawn",
        product=product,
        injections=tuple(
            Injection(
                muscle=PLACES[place].muscle,
                side=PLACES[place].side,
                dose=Dose.of(Decimal(int(chance.integers(1, largest * 10 + 1))) / 10, product),
                guidance=ways[int(chance.integers(len(ways)))],
            )
            for place in places
        ),
    )


def drawn_supply(plan: Plan, sizes: Sequence[Decimal], chance: np.random.Generator) -> Supply:
    """Vials that hold the plan, and what is thrown away: all the rest, or less of it."""
    vials: list[Dose] = []
    while Dose.total(vials, plan.product) < plan.total:
        vials.append(Dose.of(sizes[int(chance.integers(len(sizes)))], plan.product))
    rest = Dose.total(vials, plan.product) - plan.total
    kept = Decimal(int(chance.integers(0, 11))) / 10 if chance.random() < 1 / 2 else Decimal(1)
    return Supply(vials=tuple(vials), given=plan.total, discarded=rest.times(kept))


def broken_laws(plan: Plan, supply: Supply, payer: Payer, codes: Codes, *, image_stored: bool) -> list[str]:
    """The laws a claim breaks, in words; empty where it keeps them all."""
    drug = codes.drugs[plan.product]
    written = claim(plan, supply, payer, codes, image_stored=image_stored)
    mirror = claim(plan.mirrored(), supply, payer, codes, image_stored=image_stored)
    in_vials = int(supply.opened.units / drug.billing_unit.value)
    behind = Dose.total((line.dose for line in written.lines if line.dose is not None), plan.product)
    wasted = supply.discarded.units >= drug.billing_unit.value
    electric = [line for line in written.lines if line.key in ("emg", "stimulation")]
    laws = {
        "billed above the vials": written.billing_units() > in_vials,
        "given above the line": whole_billing_units(supply.given, drug) > written.billing_units(DRUG),
        "muscles, vials and lines differ": behind
        != (supply.given + supply.discarded if wasted else plan.total),
        "waste of less than a billing unit": bool(written.billing_units(WASTE)) and not wasted,
        "no sign of waste or none": payer.waste.value is Waste.OWN_LINE and not _signed(written, codes),
        "a sign the payer does not want": payer.waste.value is Waste.WITH_THE_DOSE
        and _signs(written) != [()],
        "sides billed and injected differ": {s for line in written.lines for s in line.sides}
        != {i.side for i in plan.injections},
        "more than one of EMG and stimulation": len(electric) > 1,
        "ultrasound without an image": not image_stored and any(x.key == "ultrasound" for x in written.lines),
        "the mirror differs": sorted(_mirrored(written, codes)) != sorted(_plain(mirror)),
    }
    return [law for law, broken in laws.items() if broken]


def _signs(written: Claim) -> list[tuple[str, ...]]:
    return [line.modifiers for line in written.lines if line.is_drug]


def _signed(written: Claim, codes: Codes) -> bool:
    signs = codes.modifiers
    none, some = [(signs.none_discarded.value,)], [(), (signs.discarded.value,)]
    return _signs(written) in (none, some)


Plain = tuple[str, str, tuple[str, ...], int]


def _plain(written: Claim) -> list[Plain]:
    return [(line.key, line.code, line.modifiers, line.units) for line in written.lines]


def _mirrored(written: Claim, codes: Codes) -> list[Plain]:
    right, left = codes.modifiers.right.value, codes.modifiers.left.value
    other = {right: left, left: right}
    return [
        (key, code, tuple(other.get(m, m) for m in signs), units)
        for key, code, signs, units in _plain(written)
    ]


def broken_sums(claims: Sequence[Claim], payer: Payer, chance: np.random.Generator) -> list[str]:
    """What does not add up in the shares of some sessions under a drawn benefit."""
    rates = Rates(
        per_billing_unit=Decimal(int(chance.integers(1, 20_000))) / 1000,
        fees={"neck_one_side": Decimal("143.62")},
    )
    benefit = Benefit(
        deductible=Decimal(int(chance.integers(0, 300_000))) / 100,
        coinsurance=Decimal(int(chance.integers(0, 101))) / 100,
        out_of_pocket_maximum=Decimal(int(chance.integers(0, 1_000_000))) / 100
        if chance.random() < 1 / 2
        else None,
        programme=Decimal(int(chance.integers(0, 100_000))) / 100,
    )
    sessions = [Billed.of(DAY, allowed(one, rates, payer)) for one in claims]
    shares = patient_share(sessions, {DAY.year: benefit})
    laws = {
        "parts and share differ": any(
            s.pays != s.deductible + s.coinsurance + s.copay - s.above_maximum - s.programme for s in shares
        ),
        "sessions and year differ": sum(s.pays for s in shares) != shares[-1].so_far,
        "a share below nothing": any(
            min(s.pays, s.above_maximum, s.programme, s.coinsurance) < 0 for s in shares
        ),
        "a share above the amount": any(s.pays > s.allowed for s in shares),
        "above the maximum": benefit.out_of_pocket_maximum is not None
        and shares[-1].so_far > benefit.out_of_pocket_maximum,
    }
    return [law for law, broken in laws.items() if broken]


def sizes_of(knowledge: Knowledge, product: str) -> tuple[Decimal, ...]:
    """The vials on the product's label in the United States, in Units."""
    label = knowledge.label(product, Region.US)
    return () if label is None or label.vials is None else tuple(Decimal(v) for v in label.vials.value)


def run(thin: bool) -> list[Measure]:
    """Draw the plans, write their claims, count what breaks a law."""
    chance = np.random.default_rng(SEED)
    knowledge = load(DAY)
    payers = tuple(knowledge.payers.values())
    products = tuple(knowledge.codes.drugs)
    sizes = {product: sizes_of(knowledge, product) for product in products}
    count = THIN if thin else PLANS
    broken, unsound = 0, 0
    written: dict[str, list[Claim]] = {payer.key: [] for payer in payers}
    for number in range(count):
        product = products[number % len(products)]
        plan = drawn_plan(product, int(max(sizes[product])) // 2, chance)
        supply = drawn_supply(plan, sizes[product], chance)
        image = bool(chance.random() < 1 / 2)
        for payer in payers:
            broken += bool(broken_laws(plan, supply, payer, knowledge.codes, image_stored=image))
            written[payer.key].append(claim(plan, supply, payer, knowledge.codes, image_stored=image))
    for payer in payers:
        claims = written[payer.key]
        for first in range(0, len(claims), 5):
            unsound += bool(broken_sums(claims[first : first + 5], payer, chance))
    return [
        Measure(
            name="claims that break a law",
            figure=broken,
            unit="claims",
            bar=f"none of {count * len(payers)}",
            met=broken == 0,
            detail=f"{count} drawn plans of {len(products)} products, each for {len(payers)} payers.",
        ),
        Measure(
            name="years of sessions whose shares do not add up",
            figure=unsound,
            unit="years",
            bar="none",
            met=unsound == 0,
            detail="Five sessions a year under a drawn deductible, coinsurance, maximum and copay programme.",
        ),
    ]
