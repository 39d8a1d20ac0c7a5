"""The neck as a scene to be drawn: bones and muscle paths at one posture, as values and as a JSON document.

Geometry alone: where the published skeleton puts bones and path points at six angles. Block sizes of the bones and
bellies of the muscles are proportions for a picture, no measurements. Every scene says what its posture stands on, and
a predicted one carries its mark wherever it goes.

>>> from collis.knowledge.load import load
>>> from collis.neck.skeleton import build_neck
>>> known = load()
>>> still = scene(build_neck(known.neck), np.zeros(6), standing=Standing.NEUTRAL, volumes=volumes_of(known.muscles))
>>> len(still.muscles), still.line
(72, 'Neutral posture')
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, assert_never

import numpy as np

from collis.errors import BadInput
from collis.knowledge.muscles import MuscleFacts
from collis.knowledge.names import Muscle, MuscleSide
from collis.neck.formulas import Array
from collis.neck.skeleton import SIDES, Angle, Neck, path_points, pose
from collis.neck.words import NOT_VALIDATED
from collis.side import Side

Point = tuple[float, float, float]

MARK = NOT_VALIDATED.removesuffix(".")
"""What stands on every picture of a posture the model came to."""

AXES = {"x": "forward", "y": "up", "z": "to the patient's RIGHT"}
POSITIVE = {
    Angle.CAPUT_EXTENSION: "extension",
    Angle.CAPUT_TILT_RIGHT: "tilt to the RIGHT",
    Angle.CAPUT_TURN_LEFT: "turn to the LEFT",
    Angle.COLLIS_EXTENSION: "extension",
    Angle.COLLIS_TILT_RIGHT: "tilt to the RIGHT",
    Angle.COLLIS_TURN_LEFT: "turn to the LEFT",
}


class Standing(StrEnum):
    """What a posture stands on."""

    NEUTRAL = "neutral"
    ENTERED = "entered"
    PREDICTED = "predicted"

    @property
    def line(self) -> str:
        """The line that stands on the picture."""
        match self:
            case Standing.NEUTRAL:
                return "Neutral posture"
            case Standing.ENTERED:
                return "Posture as entered"
            case Standing.PREDICTED:
                return MARK
            case _:
                assert_never(self)


class Kind(StrEnum):
    """What a body is drawn as: a head, a block with processes, or an outline on the trunk."""

    SKULL = "skull"
    VERTEBRA = "vertebra"
    GIRDLE = "girdle"


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """One bone in the world, in metres.

    `origin` of its frame, `centre` of its block, `axes` its own x, y, z directions, `half` the half sizes along them,
    `radius` of a ball of like size, `outline` named points: tips of processes, or corners of a bone of the girdle.
    `side` is None for the bones of the midline.
    """

    name: str
    kind: Kind
    side: Side | None
    origin: Point
    centre: Point
    axes: tuple[Point, Point, Point]
    half: Point
    radius: float
    outline: Mapping[str, Point]


@dataclass(frozen=True, kw_only=True, slots=True)
class MusclePath:
    """One muscle unit of one side: its path in the world, its widest half-width (all m), its tint from 0 to 1.

    `muscle` is the muscle of the clinic its group belongs to, None where no target muscle stands for it.
    """

    unit: str
    group: str
    muscle: Muscle | None
    side: Side
    points: tuple[Point, ...]
    radius: float
    tint: float

    @property
    def where(self) -> MuscleSide | None:
        """The muscle and side of the clinic."""
        return None if self.muscle is None else MuscleSide(self.muscle, self.side)

    @property
    def words(self) -> str:
        """The name with its side."""
        return f"{self.group.replace('_', ' ')} {self.side.word}" if self.where is None else str(self.where)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """A neck at one posture. `angles` in radians in the order of `Angle`, `beyond` those outside the skeleton's range.

    `tints` is what was asked for by muscle-side, `not_in_model` those of them that the model has no path for.
    """

    angles: tuple[float, ...]
    standing: Standing
    size: float
    build: str
    beyond: tuple[Angle, ...]
    bodies: tuple[Body, ...]
    muscles: tuple[MusclePath, ...]
    tints: Mapping[MuscleSide, float] = field(default_factory=dict)
    not_in_model: tuple[MuscleSide, ...] = ()

    @property
    def line(self) -> str:
        """What the posture stands on, as written on the picture."""
        return self.standing.line

    def body(self, name: str) -> Body:
        """The midline bone of a name, such as C5."""
        return next(body for body in self.bodies if body.name == name)


def volumes_of(muscles: Mapping[Muscle, MuscleFacts]) -> dict[Muscle, float]:
    """The volumes (cm3) a scene takes the bellies from."""
    return {muscle: facts.number("volume") for muscle, facts in muscles.items() if "volume" in facts.facts}


def scene(
    neck: Neck,
    angles: Array,
    *,
    standing: Standing,
    volumes: Mapping[Muscle, float],
    tint: Mapping[MuscleSide, float] | None = None,
) -> Scene:
    """The scene at `angles` [angle] rad. `tint` is 0 to 1 by muscle-side, 0 where it says nothing.

    `volumes` in cm3 by muscle; a group without one takes its share from the others'. Raises `BadInput` at other
    shapes, angles that are no numbers, and tints outside 0 to 1.
    """
    at = np.asarray(angles, dtype=np.float64)
    if at.shape != (6,) or not np.isfinite(at).all():
        raise BadInput(where="angles", read=f"shape {at.shape}", expected="six angles in radians")
    tints = dict(tint or {})
    for where, value in tints.items():
        if not 0.0 <= value <= 1.0:
            raise BadInput(where=f"tint of {where}", read=f"{value:g}", expected="0 to 1")
    muscle_of = {group: muscle for muscle, groups in neck.muscle_groups.items() for group in groups}
    ends = path_points(neck, at)
    bellies = belly_radii(neck, volumes)
    paths = []
    for unit, name in enumerate(neck.units):
        group = int(neck.unit_group[unit])
        muscle = muscle_of.get(group)
        for number, side in enumerate(SIDES):
            value = 0.0 if muscle is None else tints.get(MuscleSide(muscle, side), 0.0)
            paths.append(
                MusclePath(
                    unit=name,
                    group=neck.groups[group],
                    muscle=muscle,
                    side=side,
                    points=tuple(_point(p) for p in ends[number, neck.path(unit)]),
                    radius=float(bellies[unit]),
                    tint=float(value),
                )
            )
    return Scene(
        angles=tuple(float(a) for a in at),
        standing=standing,
        size=neck.build.size,
        build=neck.build.note,
        beyond=tuple(a for a in Angle if not neck.low[a] <= at[a] <= neck.high[a]),
        bodies=(*_column(neck, at), *_girdle(neck, ends)),
        muscles=tuple(paths),
        tints=tints,
        not_in_model=tuple(w for w in tints if tints[w] > 0 and not neck.muscle_groups[w.muscle]),
    )


def belly_radii(neck: Neck, volumes: Mapping[Muscle, float]) -> Array:
    """The widest half-width of each unit [unit] in metres: of a belly with its share of the muscle's volume.

    Within a muscle volume is shared by strength times fibre length. A tapered round belly is widest at the square
    root of two times its mean area over pi.
    """
    work = neck.strength * neck.fibre
    by_group = np.bincount(neck.unit_group, weights=work, minlength=len(neck.groups))
    volume = np.full(len(neck.groups), np.nan)
    for muscle, groups in neck.muscle_groups.items():
        if muscle in volumes and groups:
            own = list(groups)
            volume[own] = 1e-6 * neck.build.size**3 * volumes[muscle] * by_group[own] / by_group[own].sum()
    if np.isnan(volume).all():
        raise BadInput(where="volumes", read="none", expected="the volume of at least one muscle")
    volume = np.where(np.isnan(volume), by_group * float(np.nanmedian(volume / by_group)), volume)
    share = volume[neck.unit_group] * work / by_group[neck.unit_group]
    return np.asarray(np.sqrt(2.0 * share / (math.pi * neck.neutral_lengths)))


def scene_document(drawn: Scene) -> dict[str, Any]:
    """The scene for a viewer: plain JSON values, metres and degrees, with axes and units stated."""
    degrees = {a.name.lower(): round(math.degrees(drawn.angles[a]), 3) for a in Angle}
    return {
        "document": "neck_scene",
        "schema": 1,
        "units": {"length": "m", "angle": "deg", "tint": "0 none to 1 most"},
        "axes": {**AXES, "origin": "trunk of the model", "handedness": "right"},
        "posture": {
            "standing": drawn.standing.value,
            "line": drawn.line,
            "validated": False,
            "angles": degrees,
            "positive": {a.name.lower(): words for a, words in POSITIVE.items()},
            "beyond_range_of_model": [a.name.lower() for a in drawn.beyond],
        },
        "build": drawn.build,
        "bodies": [
            {
                "name": body.name,
                "kind": body.kind.value,
                "side": None if body.side is None else body.side.value,
                "origin": _rounded(body.origin),
                "centre": _rounded(body.centre),
                "axes": [_rounded(axis) for axis in body.axes],
                "half": _rounded(body.half),
                "radius": round(body.radius, 5),
                "points": {name: _rounded(at) for name, at in body.outline.items()},
            }
            for body in drawn.bodies
        ],
        "muscles": [
            {
                "unit": path.unit,
                "group": path.group,
                "muscle": None if path.muscle is None else path.muscle.value,
                "side": path.side.value,
                "words": path.words,
                "tint": round(path.tint, 4),
                "radius": round(path.radius, 5),
                "path": [_rounded(p) for p in path.points],
            }
            for path in drawn.muscles
        ],
        "not_in_model": [
            {"muscle": w.muscle.value, "side": w.side.value, "words": str(w)} for w in drawn.not_in_model
        ],
    }


_MM = 1e-3
_BLOCK = (8.5, 10.5)
"""Half depth and half width of a vertebral body, mm; its height is what the joints leave."""
_SPINOUS = {"C7": (-50.0, 4.0), "T1": (-56.0, -4.0), "C2": (-37.0, -4.0)}
_USUAL_SPINOUS = (-43.0, 1.0)
_TRANSVERSE = (-4.0, 25.0)
_ATLAS = {"half": (27.0, 5.0, 20.0), "transverse": (33.0, 4.0, 42.0), "spinous": (2.0, 1.0)}
_SKULL = {"centre": (-2.0, 62.0), "half": (96.0, 82.0, 76.0)}
_SKULL_POINTS = {"chin": (87.0, -74.0, 0.0), "nose": (117.0, -8.0, 0.0), "vertex": (-5.0, 145.0, 0.0)}
_BLADE_MM = 95.0


def _column(neck: Neck, at: Array) -> list[Body]:
    """T1, C7 ... C1 and the skull."""
    bones = pose(neck, at)
    mm = _MM * neck.build.size
    bodies = []
    for i, bone in enumerate(neck.bones[1:], start=1):
        axes, origin = bones.turn[i], bones.origin[i]
        if bone == "skull":
            centre, half = np.array([*_SKULL["centre"], 0.0]), np.array(_SKULL["half"])
            tips = dict(_SKULL_POINTS)
        else:
            low, high = neck.on_upper[i - 1] / mm, neck.on_lower[i] / mm
            centre = 0.5 * (low + high)
            half = np.array([_BLOCK[0], 0.4 * (high[1] - low[1]), _BLOCK[1]])
            tips = _processes(bone)
            if bone == "C1":
                half = np.array(_ATLAS["half"])
                centre = np.array([0.5 * (high[0] + 2.0) + 8.0, centre[1] - 2.0, 0.0])
        bodies.append(_body(bone, axes, origin, mm * centre, mm * half, tips, mm))
    first = mm * np.array([-4.0, -11.0, 0.0])
    half = mm * np.array([_BLOCK[0] + 1.0, 7.5, _BLOCK[1] + 2.0])
    joint, still = np.asarray(neck.on_lower[0]), np.eye(3)
    return [_body("T1", still, joint + first, np.zeros(3), half, _processes("T1"), mm), *bodies]


def _processes(bone: str) -> dict[str, Point]:
    """Tips of the processes in the frame of the vertebra, mm."""
    if bone == "C1":
        spinous, (x, y, z) = _ATLAS["spinous"], _ATLAS["transverse"]
    else:
        spinous, (x, z) = _SPINOUS.get(bone, _USUAL_SPINOUS), _TRANSVERSE
        y = 0.0 if bone == "T1" else 6.0
    return {
        "spinous": (spinous[0], spinous[1], 0.0),
        "transverse RIGHT": (x, y, z),
        "transverse LEFT": (x, y, -z),
    }


def _body(
    name: str, axes: Array, origin: Array, centre: Array, half: Array, tips: Mapping[str, Point], mm: float
) -> Body:
    return Body(
        name=name,
        kind=Kind.SKULL if name == "skull" else Kind.VERTEBRA,
        side=None,
        origin=_point(origin),
        centre=_point(origin + _along(axes, centre)),
        axes=(_point(axes[:, 0]), _point(axes[:, 1]), _point(axes[:, 2])),
        half=_point(half),
        radius=float(np.cbrt(half.prod())),
        outline={
            tip: _point(origin + _along(axes, mm * np.array(at, dtype=np.float64)))
            for tip, at in tips.items()
        },
    )


def _along(axes: Array, at: Array) -> Array:
    """A point of a bone's frame, summed so that the mirrored posture gives the mirror to the last bit."""
    return np.asarray(axes[:, 0] * at[0] + axes[:, 1] * at[1] + axes[:, 2] * at[2])


def _girdle(neck: Neck, ends: Array) -> list[Body]:
    """Clavicle and scapula of both sides, by the places where muscles hold to them."""
    bodies = []
    for number, side in enumerate(SIDES):
        held = {unit: ends[number, neck.path(u)][0] for u, unit in enumerate(neck.units)}
        notch, middle, bend, roof, angle = (
            held[u]
            for u in (
                "sternomastoid",
                "cleidomastoid",
                "trapezius_clavicular",
                "trapezius_acromial",
                "levator_scapulae",
            )
        )
        tip = angle - np.array([0.02 * _BLADE_MM, _BLADE_MM, 0.0]) * _MM * neck.build.size
        bodies.append(
            _bone("clavicle", side, {"sternal": notch, "inner": middle, "bend": bend, "outer": roof})
        )
        bodies.append(_bone("scapula", side, {"acromion": roof, "upper angle": angle, "lower angle": tip}))
    return bodies


def _bone(name: str, side: Side, corners: Mapping[str, Array]) -> Body:
    at = np.array(list(corners.values()))
    half = 0.5 * (at.max(axis=0) - at.min(axis=0))
    return Body(
        name=name,
        kind=Kind.GIRDLE,
        side=side,
        origin=(0.0, 0.0, 0.0),
        centre=_point(0.5 * (at.max(axis=0) + at.min(axis=0))),
        axes=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        half=_point(half),
        radius=float(np.sqrt((half**2).sum())),
        outline={corner: _point(where) for corner, where in corners.items()},
    )


def _point(at: Array) -> Point:
    return float(at[0]), float(at[1]), float(at[2])


def _rounded(at: Point) -> list[float]:
    """A point or a direction to a hundredth of a millimetre, without a negative nought."""
    return [round(x, 5) + 0.0 for x in at]
