"""Plans, labels and syringes in a line, for tests of the pharmacy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from collis.case.plan import Injection, Plan
from collis.knowledge.load import Knowledge, load
from collis.knowledge.names import Muscle, Region
from collis.knowledge.products import Label, LimitKind, ReconstitutionRow
from collis.knowledge.supplies import Syringe
from collis.side import Side
from collis.sources import Grade, Sourced
from collis.units import Dose

DAY = date(2026, 11, 10)
KNOWLEDGE: Knowledge = load(DAY)
ONA, ABO, INCO = "onabotulinumtoxinA", "abobotulinumtoxinA", "incobotulinumtoxinA"
RIMA, DAXI = "rimabotulinumtoxinB", "daxibotulinumtoxinA"

Line = tuple[str, str, str | int, int]


def plan(*lines: Line, product: str = ONA) -> Plan:
    """A plan; a line is muscle, side, Units, sites."""
    return Plan(
        name="as typed",
        product=product,
        injections=tuple(
            Injection(muscle=Muscle(m), side=Side(s), dose=Dose.of(units, product), sites=sites)
            for m, s, units, sites in lines
        ),
    )


def label(product: str, region: str = "US") -> Label:
    """A label that is there."""
    found = KNOWLEDGE.label(product, Region(region))
    assert found is not None
    return found


def syringe(key: str = "1_ml") -> Syringe:
    """A syringe of knowledge."""
    return KNOWLEDGE.supplies.syringe(key)


def site_volumes(product: str = ONA) -> list[Any]:
    """The limits on the mL of one site."""
    return [f for f in KNOWLEDGE.limits_for(product, Region.US) if f.kind is LimitKind.VOLUME_PER_SITE]


def row(vial: int, ml: str, per_0_1ml: str, *, ready: bool = False) -> ReconstitutionRow:
    """A row made up for a test."""
    entry: Sourced[Any] = Sourced(
        value={}, unit="Units, mL, Units per 0.1 mL", source="test", place="test", grade=Grade.ASSUMED,
        verified=False, since=date(2026, 1, 1),
    )  # fmt: skip
    return ReconstitutionRow(
        vial_units=Decimal(vial), diluent_ml=Decimal(ml), units_per_0_1ml=Decimal(per_0_1ml), for_cd=True,
        ready=ready, entry=entry,
    )  # fmt: skip


def with_label(changed: Label, product: str) -> Knowledge:
    """Knowledge in which one product has another label."""
    known = load(DAY)
    other = Knowledge(root=known.root, day=known.day, version=known.version)
    labels = {**known.product(product).labels, **dict.fromkeys(changed.regions, changed)}
    other.__dict__["products"] = {**known.products, product: replace(known.product(product), labels=labels)}
    return other


def total(numbers: Iterable[Decimal]) -> Decimal:
    """Their sum."""
    return sum(numbers, Decimal(0))


def exact(*numbers: str | int) -> tuple[Decimal, ...]:
    """Numbers as the pharmacy holds them."""
    return tuple(map(Decimal, numbers))
