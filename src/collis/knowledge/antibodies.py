"""Neutralising antibodies: the chance with each session by product and scenario, typed, and the cohorts behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from collis.errors import BadInput, KnowledgeError
from collis.knowledge.fields import Fields
from collis.sources import Sourced


class Scenario(StrEnum):
    """What counts as neutralised: a positive assay, or a lost effect at the low or at the high end of what was seen."""

    ASSAY = "assay"
    CLINIC_LOW = "clinic_low"
    CLINIC_HIGH = "clinic_high"


@dataclass(frozen=True, kw_only=True, slots=True)
class AntibodyFamily:
    """Products that share their chance with each session (percent) at a usual dose and interval, by scenario."""

    name: str
    products: tuple[str, ...]
    chance: Mapping[Scenario, Sourced[Decimal]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Anchor:
    """A published cohort: what share (percent, `low` to `high`) after how many sessions, by assay or by clinic."""

    key: str
    family: str
    kind: str
    sessions: Sourced[Decimal]
    low: float
    high: float
    people: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AntibodyModel:
    """The whole of it. `rise_sessions` sessions bring the neutralised share from 0 to 1; it halves in `half_life`."""

    families: Mapping[str, AntibodyFamily]
    usual_dose: Mapping[str, Sourced[Decimal]]
    short_factor: Sourced[Decimal]
    short_below: Sourced[Decimal]
    rise_sessions: Sourced[Decimal]
    rise_range: Sourced[tuple[Decimal, Decimal]]
    half_life: Sourced[Decimal]
    lost_above: Sourced[Decimal]
    failed_in_a_row: Sourced[Decimal]
    anchors: tuple[Anchor, ...]

    def family_of(self, product: str) -> AntibodyFamily:
        """The family of a product; refuses one without a figure."""
        for family in self.families.values():
            if product in family.products:
                return family
        known = sorted(p for f in self.families.values() for p in f.products)
        raise BadInput(where="product", read=product, expected=f"one of {', '.join(known)}")


def build_antibodies(table: Mapping[str, object]) -> AntibodyModel:
    """The typed model from its resolved file; refuses a product without a usual dose or an unknown family."""
    fields = Fields(table, "evidence.antibodies")
    families = {
        name: AntibodyFamily(
            name=name,
            products=family.words("products"),
            chance=MappingProxyType({scenario: family.number(scenario.value) for scenario in Scenario}),
        )
        for name, family in fields.tables("family")
    }
    doses = fields.table("usual_dose")
    usual = {name: doses.number(name) for name in doses.left()}
    if missing := {p for f in families.values() for p in f.products} ^ set(usual):
        raise KnowledgeError(
            f"evidence.antibodies: {', '.join(sorted(missing))} lacks a chance or a usual dose."
        )
    interval, course = fields.table("interval"), fields.table("course")
    anchors = tuple(_anchor(row, families) for row in fields.rows("anchor"))
    fields.finish()
    return AntibodyModel(
        families=MappingProxyType(families),
        usual_dose=MappingProxyType(usual),
        short_factor=interval.number("short_factor"),
        short_below=interval.number("short_below"),
        rise_sessions=course.number("rise_sessions"),
        rise_range=course.limits("rise_range"),
        half_life=course.number("half_life"),
        lost_above=course.number("lost_above"),
        failed_in_a_row=course.number("failed_in_a_row"),
        anchors=anchors,
    )


def _anchor(row: Fields, families: Mapping[str, AntibodyFamily]) -> Anchor:
    family = row.word("family")
    if family not in families:
        raise KnowledgeError(f"{row.place}: {family!r} is no family of products.")
    kind = row.word("kind")
    if kind not in ("assay", "clinic"):
        raise KnowledgeError(f"{row.place}: kind is {kind!r}; assay or clinic is wanted.")
    entry = row.entry("percent")
    parts = entry.value if isinstance(entry.value, tuple) else (entry.value, entry.value)
    return Anchor(
        key=row.word("id"),
        family=family,
        kind=kind,
        sessions=row.number("sessions"),
        low=float(parts[0]),
        high=float(parts[1]),
        people=int(row.number("people").value) if "people" in row else None,
    )
