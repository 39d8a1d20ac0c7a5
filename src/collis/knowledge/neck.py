"""Figures of the neck, typed: bones, muscles, which muscle of the clinic is which of the model, control, build.

Midline and right side only; the left is the mirror. Every figure keeps its sourced entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from collis.errors import KnowledgeError
from collis.knowledge.fields import Fields
from collis.knowledge.names import Muscle
from collis.sources import Sourced

Row = tuple[float, ...]
PLANES = ("pitch", "roll", "yaw")
REGIONS = ("caput", "collis")


@dataclass(frozen=True, kw_only=True, slots=True)
class JointFigures:
    """One joint: its centre in the frame of the body below and of the body above (mm), its share, its springs.

    `share` is the part of the regional pitch, roll and yaw that happens here, `stiffness` in Nm/rad.
    """

    name: str
    below: str
    above: str
    region: str
    on_lower: Sourced[Row]
    on_upper: Sourced[Row]
    share: Sourced[Row]
    stiffness: Sourced[Row]


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameFigures:
    """A bone that is fixed to the trunk: its place (mm) and its body-fixed turns about x, y, z (deg)."""

    place: Sourced[Row]
    turn: Sourced[Row]


@dataclass(frozen=True, kw_only=True, slots=True)
class BodyFigures:
    """Mass (kg) and centre of mass (mm) of one moving bone with what it carries."""

    mass: Sourced[float]
    centre: Sourced[Row]


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitFigures:
    """One muscle-tendon unit of the right side: strength (N), fibre and tendon (mm), pennation (deg), path (mm)."""

    name: str
    group: str
    strength: Sourced[float]
    fibre: Sourced[float]
    tendon: Sourced[float]
    pennation: Sourced[float]
    on: tuple[str, ...]
    points: Sourced[tuple[Row, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class NeckFigures:
    """All of it. `joints` from below upwards, `ranges` by region and plane in degrees, low before high.

    `groups_of` says which groups of the model a target muscle stands for (none where the model lacks it) and
    `without_muscle` which groups no target muscle stands for.
    """

    joints: tuple[JointFigures, ...]
    frames: Mapping[str, FrameFigures]
    bodies: Mapping[str, BodyFigures]
    ranges: Mapping[str, Mapping[str, Sourced[Row]]]
    units: tuple[UnitFigures, ...]
    groups: tuple[str, ...]
    groups_of: Mapping[Muscle, tuple[str, ...]]
    without_muscle: tuple[str, ...]
    muscle: Mapping[str, Sourced[Any]]
    control: Mapping[str, Sourced[Any]]
    build: Mapping[str, Sourced[Any]]

    def __post_init__(self) -> None:
        mapped = [group for groups in self.groups_of.values() for group in groups]
        doubled = sorted({g for g in mapped if mapped.count(g) > 1})
        strange = sorted({*mapped, *self.without_muscle} - set(self.groups))
        lost = sorted(set(self.groups) - set(mapped) - set(self.without_muscle))
        unnamed = [m for m in Muscle if m not in self.groups_of]
        for what, names in (
            ("stand for two muscles", doubled),
            ("are no groups of the model", strange),
            ("have neither a muscle nor a word that they have none", lost),
            ("are muscles of which nothing is said", unnamed),
        ):
            if names:
                raise KnowledgeError(f"neck.groups: {', '.join(names)} {what}.")

    @property
    def without_group(self) -> tuple[Muscle, ...]:
        """Target muscles the model does not have."""
        return tuple(muscle for muscle, groups in self.groups_of.items() if not groups)


def build_neck_figures(
    *,
    skeleton: Mapping[str, object],
    muscles: Mapping[str, object],
    groups: Mapping[str, object],
    control: Mapping[str, object],
    build: Mapping[str, object],
) -> NeckFigures:
    """The figures from the resolved tables of the five files; refuses what is missing or left over."""
    bones = Fields(skeleton, "neck.skeleton")
    joints = tuple(_joint(name, fields) for name, fields in bones.tables("joint"))
    frames = {
        name: FrameFigures(place=_row(f, "place", 3), turn=_row(f, "turn", 3))
        for name, f in bones.tables("frame")
    }
    bodies = {
        name: BodyFigures(mass=_number(f, "mass"), centre=_row(f, "centre", 3))
        for name, f in bones.tables("body")
    }
    ranges = {region: {plane: _row(f, plane, 2) for plane in PLANES} for region, f in bones.tables("range")}
    bones.finish()
    units = tuple(_unit(name, f) for name, f in Fields(muscles, "neck.muscles").tables("unit"))
    linked = Fields(groups, "neck.groups")
    stands_for = linked.table("stands_for")
    groups_of = {Muscle(name): stands_for.words(name) for name in stands_for.left()}
    without = linked.words("without_muscle")
    linked.finish()
    steering = Fields(control, "neck.control")
    fibre = dict(steering.table("muscle").facts())
    controller = dict(steering.table("controller").facts())
    steering.finish()
    scaling = Fields(build, "neck.build")
    person = dict(scaling.table("person").facts())
    scaling.finish()
    return NeckFigures(
        joints=joints,
        frames=frames,
        bodies=bodies,
        ranges=ranges,
        units=units,
        groups=tuple(dict.fromkeys(unit.group for unit in units)),
        groups_of=groups_of,
        without_muscle=without,
        muscle=fibre,
        control=controller,
        build=person,
    )


def _joint(name: str, fields: Fields) -> JointFigures:
    built = JointFigures(
        name=name,
        below=fields.word("below"),
        above=fields.word("above"),
        region=fields.word("region"),
        on_lower=_row(fields, "on_lower", 3),
        on_upper=_row(fields, "on_upper", 3),
        share=_row(fields, "share", 3),
        stiffness=_row(fields, "stiffness", 3),
    )
    fields.finish()
    if built.region not in REGIONS:
        raise KnowledgeError(f"{fields.place}: region is {built.region!r}; one of {', '.join(REGIONS)}.")
    return built


def _unit(name: str, fields: Fields) -> UnitFigures:
    points = fields.entry("points")
    rows = points.value
    if not isinstance(rows, tuple) or not all(isinstance(row, tuple) and len(row) == 3 for row in rows):
        raise KnowledgeError(f"{fields.place}: points are rows of x, y, z.")
    built = UnitFigures(
        name=name,
        group=fields.word("group"),
        strength=_number(fields, "strength"),
        fibre=_number(fields, "fibre"),
        tendon=_number(fields, "tendon"),
        pennation=_number(fields, "pennation"),
        on=fields.words("on"),
        points=points.carrying(tuple(tuple(float(x) for x in row) for row in rows)),
    )
    fields.finish()
    if len(built.on) != len(built.points.value) or len(built.on) < 2:
        raise KnowledgeError(f"{fields.place}: every point needs its bone, and a path two points.")
    return built


def _number(fields: Fields, key: str) -> Sourced[float]:
    entry = fields.number(key)
    return entry.carrying(float(entry.value))


def _row(fields: Fields, key: str, length: int) -> Sourced[Row]:
    entry = fields.numbers(key)
    if len(entry.value) != length:
        raise KnowledgeError(f"{fields.place}: {key} has {len(entry.value)} numbers; {length} are wanted.")
    return entry.carrying(tuple(float(x) for x in entry.value))
