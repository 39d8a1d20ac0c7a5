"""How toxin spreads from the needle, typed: spill, field, aim by guidance, pharynx, the trials' way, loss of bulk.

Every figure keeps its sourced entry. Nearly all are assumed; they are meant to be used as differences from the way
the trials injected, in which most of them cancel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from collis.errors import KnowledgeError
from collis.knowledge.fields import Fields
from collis.knowledge.names import Guidance, Muscle
from collis.sources import Sourced

Row = Mapping[Muscle, float]


class Depth(StrEnum):
    """How deep a muscle lies."""

    SUPERFICIAL = "superficial"
    INTERMEDIATE = "intermediate"
    DEEP = "deep"


@dataclass(frozen=True, kw_only=True, slots=True)
class Spill:
    """The share that leaves a muscle that was hit: `share` from one bolus of `reference_volume` mL per cm3 of it.

    `share_log_se` is the error of its odds; the odds rise with the volume to one power and fall with the number of
    boluses to another.
    """

    share: Sourced[float]
    share_log_se: Sourced[float]
    reference_volume: Sourced[float]
    volume_exponent: Sourced[float]
    bolus_exponent: Sourced[float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """How what left falls with distance (mm); beyond the higher `radius` nothing counts."""

    decay_length: Sourced[float]
    decay_length_log_se: Sourced[float]
    radius: Sourced[tuple[float, float]]
    surface_exponent: Sourced[float]
    elsewhere_volume: Sourced[float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Aim:
    """The share of a dose that one way of guiding sets into the muscle aimed at, by its depth, with its error."""

    by_depth: Mapping[Depth, Sourced[float]]
    logit_se: Sourced[float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Atrophy:
    """Loss of bulk: the share lost at full block, and its time constants in days."""

    depth: Sourced[float]
    falling: Sourced[float]
    recovering: Sourced[float]


@dataclass(frozen=True, kw_only=True, slots=True)
class SpreadParameters:
    """All of it. `reference_mix` sums to 1; distances are in mm, and a pair that is missing is out of reach.

    `findings` are what was seen in people and animals, by subject: to hold the model against, not to compute from.
    """

    spill: Spill
    field: Field
    aim: Mapping[Guidance, Aim]
    stray_return: Sourced[float]
    session_logit_sd: Sourced[float]
    pharynx_share: Sourced[float]
    reference_mix: Mapping[Guidance, Sourced[float]]
    reference_sites: Sourced[float]
    usual_strength: Mapping[str, Sourced[float]]
    same_side: Mapping[Muscle, Row]
    opposite_side: Mapping[Muscle, Row]
    atrophy: Atrophy
    findings: Mapping[str, Mapping[str, Sourced[object]]]

    def __post_init__(self) -> None:
        shares = [
            self.spill.share,
            self.stray_return,
            self.pharynx_share,
            *(share for aim in self.aim.values() for share in aim.by_depth.values()),
        ]
        for entry in shares:
            if not 0.0 < entry.value < 1.0:
                raise KnowledgeError(f"{entry.path}: {entry.value:g} is no share between 0 and 1.")
        mix = sum(entry.value for entry in self.reference_mix.values())
        if abs(mix - 1.0) > 1e-9:
            raise KnowledgeError(f"evidence.spread.reference: the ways of guiding sum to {mix:g}, not 1.")

    def distance(self, injected: Muscle, receiving: Muscle, *, across: bool) -> float | None:
        """Millimetres to the receiving muscle, of the same side or `across` the midline; None: out of reach."""
        rows = self.opposite_side if across else self.same_side
        return rows.get(injected, {}).get(receiving)


def build_spread(table: Mapping[str, object], distances: Mapping[str, object]) -> SpreadParameters:
    """The typed parameters from the resolved tables of both files; refuses what is missing or left over."""
    fields = Fields(table, "evidence.spread")
    spill, field, placement, pharynx, reference, atrophy = (
        fields.table(name) for name in ("spill", "field", "placement", "pharynx", "reference", "atrophy")
    )
    aim = {Guidance(name): _aim(one) for name, one in fields.tables("aim")}
    strengths = fields.table("usual_strength")
    beside = {Muscle(name): one for name, one in fields.tables("beside")}
    same, opposite = _distances(distances)
    for muscle, one in beside.items():
        row = _row(one.entry("same_side"))
        one.finish()
        same[muscle] = row
        for other, mm in row.items():
            same[other] = {**same.get(other, {}), muscle: mm}
    built = SpreadParameters(
        spill=Spill(**{name: _number(spill, name) for name in Spill.__slots__}),
        field=Field(
            radius=_pair(field),
            **{name: _number(field, name) for name in Field.__slots__ if name != "radius"},
        ),
        aim=MappingProxyType(aim),
        stray_return=_number(placement, "stray_return"),
        session_logit_sd=_number(placement, "session_logit_sd"),
        pharynx_share=_number(pharynx, "share"),
        reference_mix=MappingProxyType({g: _number(reference, g.value) for g in Guidance}),
        reference_sites=_number(reference, "sites"),
        usual_strength=MappingProxyType({p: _number(strengths, p) for p in strengths.left()}),
        same_side=MappingProxyType(same),
        opposite_side=MappingProxyType(opposite),
        atrophy=Atrophy(**{name: _number(atrophy, name) for name in Atrophy.__slots__}),
        findings=MappingProxyType({name: dict(one.facts()) for name, one in fields.tables("finding")}),
    )
    for part in (spill, field, placement, pharynx, reference, atrophy, fields):
        part.finish()
    missing = [g for g in Guidance if g not in aim]
    if missing:
        raise KnowledgeError(f"evidence.spread.aim: nothing is said of {', '.join(missing)}.")
    return built


def _distances(table: Mapping[str, object]) -> tuple[dict[Muscle, Row], dict[Muscle, Row]]:
    fields = Fields(table, "evidence.muscle_distances")
    found: list[dict[Muscle, Row]] = []
    for name in ("same", "opposite"):
        part = fields.table(name)
        found.append({Muscle(key): _row(entry) for key, entry in part.facts()})
    fields.finish()
    return found[0], found[1]


def _row(entry: Sourced[object]) -> dict[Muscle, float]:
    cells = entry.value
    if not isinstance(cells, Mapping):
        raise KnowledgeError(f"{entry.path}: {cells!r}; millimetres by muscle are wanted.")
    return {Muscle(name): float(mm) for name, mm in cells.items()}


def _aim(fields: Fields) -> Aim:
    built = Aim(
        by_depth=MappingProxyType({depth: _number(fields, depth.value) for depth in Depth}),
        logit_se=_number(fields, "logit_se"),
    )
    fields.finish()
    return built


def _number(fields: Fields, key: str) -> Sourced[float]:
    entry = fields.number(key)
    return entry.carrying(float(entry.value))


def _pair(fields: Fields) -> Sourced[tuple[float, float]]:
    entry = fields.limits("radius")
    return entry.carrying((float(entry.value[0]), float(entry.value[1])))
