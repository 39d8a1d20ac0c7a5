"""The bones and muscle paths of the neck at any posture: where every point lies, how long each muscle is, its arms.

The state is six regional angles in the order of `Angle`: caput (C0-C2) and collis (C2-T1), each extension, tilt, turn;
positive is extension, tilt to the RIGHT, turn to the LEFT. Every joint takes a fixed share of its region's angles.
World axes: x forward, y up, z to the patient's RIGHT; the trunk stands still. Only the right side is stored: a left
muscle is the right one of the mirrored posture, so left is the mirror of right to the last bit.

Axes of arrays: `angle` 6, `bone` 9 (trunk, C7 ... C1, skull), `point` of the right-side paths, `unit` 36,
`side` 2 (RIGHT, LEFT), `group` 26; leading axes are postures.

>>> from collis.knowledge.load import load
>>> neck = build_neck(load().neck)
>>> lengths(neck, np.zeros(6)).shape, moment_arms(neck, np.zeros(6)).shape
((36, 2), (36, 2, 6))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collis.errors import BadInput
from collis.knowledge.names import Muscle
from collis.knowledge.neck import PLANES, REGIONS, NeckFigures
from collis.neck.formulas import Array, carried, cross, dot, placed, turned
from collis.side import Side

Index = NDArray[np.intp]
SIDES = (Side.RIGHT, Side.LEFT)
MIRROR = np.array([1.0, -1.0, -1.0, 1.0, -1.0, -1.0])
"""What mirroring does to the six angles: tilt and turn change sign."""


class Angle(IntEnum):
    """The six regional angles, positive as named."""

    CAPUT_EXTENSION = 0
    CAPUT_TILT_RIGHT = 1
    CAPUT_TURN_LEFT = 2
    COLLIS_EXTENSION = 3
    COLLIS_TILT_RIGHT = 4
    COLLIS_TURN_LEFT = 5


class Sex(StrEnum):
    """Whose published strength is taken."""

    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """A person's build. The default is the model's own: a man, of its size, young. `age_years` None: not scaled.

    `size` is lengths over those of the model.
    """

    sex: Sex = Sex.MALE
    size: float = 1.0
    age_years: float | None = None

    @property
    def note(self) -> str:
        """What is to be said beside every result: whose neck this is."""
        sex = "a man's" if self.sex is Sex.MALE else "a woman's, scaled from a man's,"
        age = "not scaled for age" if self.age_years is None else f"range scaled to {self.age_years:g} years"
        return f"Strength is {sex} in the published model; {age}; size {self.size:g} of the model's."


@dataclass(frozen=True, kw_only=True, eq=False)
class Neck:
    """One person's neck, right side and midline. Frozen; shapes: bone 9 (the trunk first), joint 8, angle 6.

    `on_lower`, `on_upper` [joint, 3] m; `share` [joint, 3] pitch, roll, yaw; the first `collis_joints` of the joints
    belong to the collis, the others to the caput;
    `mass` [bone] kg, `centre` [bone, 3] m; `low`, `high` [angle] rad, the end of range; `spring` [angle] Nm/rad.
    Paths: `point_bone` [point], `point_at` [point, 3] m in the frame of that bone (clavicle and scapula are part
    of the trunk), `segment_from` and `segment_to` [segment] are points, `segment_unit` [segment].
    Muscles [unit]: `strength` N, `fibre` m, `tendon` m, `thickness` m (fibre times the sine of its pennation),
    `unit_group`. `muscle_groups` gives the groups of each target muscle, as indices.
    `path_frames` names for every point the bone it was given on, with clavicle and scapula by name.
    """

    build: Build
    bones: tuple[str, ...]
    joints: tuple[str, ...]
    units: tuple[str, ...]
    groups: tuple[str, ...]
    on_lower: Array
    on_upper: Array
    share: Array
    collis_joints: int
    mass: Array
    centre: Array
    low: Array
    high: Array
    spring: Array
    gravity: float
    length_spread: float
    fades_below: float
    end_range_power: float
    point_bone: Index
    point_at: Array
    path_frames: tuple[str, ...]
    segment_from: Index
    segment_to: Index
    segment_unit: Index
    strength: Array
    fibre: Array
    tendon: Array
    thickness: Array
    unit_group: Index
    muscle_groups: Mapping[Muscle, tuple[int, ...]]

    @cached_property
    def neutral_lengths(self) -> Array:
        """Lengths of the right-side muscles at neutral: [unit]."""
        return right_lengths(self, np.zeros(6))

    @cached_property
    def neutral_arms(self) -> Array:
        """Arms of the right-side muscles at neutral: [unit, angle]."""
        return right_arms(self, np.zeros(6))

    def angles_of(self, joint: int) -> slice:
        """Which angles turn a joint."""
        return slice(3, 6) if joint < self.collis_joints else slice(0, 3)

    def path(self, unit: int) -> slice:
        """The points of one unit's path, in order, among `point`."""
        own = np.flatnonzero(self.segment_unit == unit)
        return slice(int(self.segment_from[own[0]]), int(self.segment_to[own[-1]]) + 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Pose:
    """Bones in the world.

    `turn` [..., bone, 3, 3] (columns are the bone's axes), `origin` [..., bone, 3] m, `joint` [..., joint, 3] m, the
    centres of the joints from C7-T1 upwards.
    """

    turn: Array
    origin: Array
    joint: Array


def build_neck(figures: NeckFigures, build: Build | None = None) -> Neck:
    """The neck of a person. Raises `BadInput` where size or age lie outside what can be scaled to."""
    who = build or Build()
    lowest, highest = figures.build["size_range"].value
    if not float(lowest) <= who.size <= float(highest):
        raise BadInput(where="size", read=f"{who.size:g}", expected=f"a ratio of {lowest} to {highest}")
    length, force, mass = 1e-3 * who.size, who.size**2, who.size**3
    bones = ("trunk", *(joint.above for joint in figures.joints))
    share = np.array([joint.share.value for joint in figures.joints])
    springs = np.array([joint.stiffness.value for joint in figures.joints])
    collis = sum(joint.region == "collis" for joint in figures.joints)
    low, high = _ranges(figures, who)
    if who.sex is Sex.FEMALE:
        force *= float(np.mean([float(x) for x in figures.build["women_strength"].value]))
    units = figures.units
    pennation = np.radians([unit.pennation.value for unit in units])
    fibre = length * np.array([unit.fibre.value for unit in units])
    counts = [len(unit.on) for unit in units]
    starts = np.concatenate([[0], np.cumsum(counts)])
    first = np.concatenate([np.arange(starts[u], starts[u + 1] - 1) for u in range(len(units))])
    frames = {name: (f.place.value, f.turn.value) for name, f in figures.frames.items()}
    points = [
        _on_bone(name, at, bones, frames)
        for unit in units
        for name, at in zip(unit.on, unit.points.value, strict=True)
    ]
    position = {group: i for i, group in enumerate(figures.groups)}
    return Neck(
        build=who,
        bones=bones,
        joints=tuple(joint.name for joint in figures.joints),
        units=tuple(unit.name for unit in units),
        groups=figures.groups,
        on_lower=length * np.array([joint.on_lower.value for joint in figures.joints]),
        on_upper=length * np.array([joint.on_upper.value for joint in figures.joints]),
        share=share,
        collis_joints=collis,
        mass=mass * np.array([0.0, *(figures.bodies[bone].mass.value for bone in bones[1:])]),
        centre=length
        * np.array([(0.0, 0.0, 0.0), *(figures.bodies[bone].centre.value for bone in bones[1:])]),
        low=low,
        high=high,
        spring=mass
        * np.concatenate(
            [(share**2 * springs)[own].sum(axis=0) for own in (slice(collis, None), slice(collis))]
        ),
        gravity=float(figures.muscle["gravity"].value),
        length_spread=float(figures.muscle["length_spread"].value),
        fades_below=float(figures.muscle["fades_below"].value),
        end_range_power=float(figures.muscle["end_range_power"].value),
        point_bone=np.array([bone for bone, _ in points], dtype=np.intp),
        point_at=length * np.array([at for _, at in points]),
        path_frames=tuple(name for unit in units for name in unit.on),
        segment_from=first.astype(np.intp),
        segment_to=(first + 1).astype(np.intp),
        segment_unit=np.repeat(np.arange(len(units)), np.array(counts) - 1).astype(np.intp),
        strength=force * np.array([unit.strength.value for unit in units]),
        fibre=fibre,
        tendon=length * np.array([unit.tendon.value for unit in units]),
        thickness=fibre * np.sin(pennation),
        unit_group=np.array([position[unit.group] for unit in units], dtype=np.intp),
        muscle_groups={m: tuple(position[g] for g in gs) for m, gs in figures.groups_of.items()},
    )


def mirrored(angles: Array) -> Array:
    """The mirrored posture; shape as given, [..., angle]."""
    return np.asarray(np.asarray(angles) * MIRROR)


def pose(neck: Neck, angles: Array) -> Pose:
    """Where the bones are at `angles` [..., angle] in radians."""
    at = _checked(angles)
    bones = place_bones(neck, np.moveaxis(at, -1, 0))
    return Pose(
        turn=np.moveaxis(bones.axes, (0, 1, 2), (-3, -1, -2)),
        origin=np.moveaxis(bones.origin, (0, 1), (-2, -1)),
        joint=np.moveaxis(bones.joint, (0, 1), (-2, -1)),
    )


def points_on(neck: Neck, bones: Pose, bone: str, at: Array) -> Array:
    """Points `at` [point, 3] (m) given in the frame of a named bone, in the world: [..., point, 3].

    Raises `BadInput` at a bone that is none.
    """
    if bone not in neck.bones:
        raise BadInput(where="bone", read=repr(bone), expected=f"one of {', '.join(neck.bones)}")
    i = neck.bones.index(bone)
    turned_points = np.einsum("...ij,pj->...pi", bones.turn[..., i, :, :], np.asarray(at, dtype=np.float64))
    return np.asarray(turned_points + bones.origin[..., i, None, :])


def path_points(neck: Neck, angles: Array) -> Array:
    """Every path point in the world at `angles` [..., angle]: [..., side, point, 3] in metres."""
    at = _checked(angles)
    right = _right_points(neck, at)
    left = _right_points(neck, mirrored(at)) * np.array([1.0, 1.0, -1.0])
    return np.stack([right, left], axis=-3)


def lengths(neck: Neck, angles: Array) -> Array:
    """Lengths of all muscles at `angles` [..., angle]: [..., unit, side] in metres."""
    at = _checked(angles)
    return np.stack([right_lengths(neck, at), right_lengths(neck, mirrored(at))], axis=-1)


def moment_arms(neck: Neck, angles: Array) -> Array:
    """Minus the derivative of every length by every angle: [..., unit, side, angle] in metres.

    A positive arm pulls towards extension, tilt to the RIGHT, turn to the LEFT.
    """
    at = _checked(angles)
    right = right_arms(neck, at)
    left = right_arms(neck, mirrored(at)) * MIRROR
    return np.stack([right, left], axis=-2)


def right_lengths(neck: Neck, angles: Array) -> Array:
    """Lengths of the right-side muscles at `angles` [..., angle]: [..., unit]."""
    at = _right_points(neck, angles)
    step = at[..., neck.segment_to, :] - at[..., neck.segment_from, :]
    return np.asarray(np.add.reduceat(np.sqrt((step * step).sum(axis=-1)), first_segments(neck), axis=-1))


def right_arms(neck: Neck, angles: Array) -> Array:
    """Arms of the right-side muscles at `angles` [..., angle]: [..., unit, angle]."""
    bones = place_bones(neck, np.moveaxis(np.asarray(angles, dtype=np.float64), -1, 0))
    x, y, z = world_points(neck, bones)
    spin, drift = twists(neck, bones)
    w, v = parts(spin[:, neck.point_bone], 2), parts(drift[:, neck.point_bone], 2)
    moved = carried(*w, *v, x, y, z)  # each [angle, point, ...]
    start, end = neck.segment_from, neck.segment_to
    ex, ey, ez = x[end] - x[start], y[end] - y[start], z[end] - z[start]
    mx, my, mz = (m[:, end] - m[:, start] for m in moved)
    along = dot(ex, ey, ez, mx, my, mz) / np.sqrt(dot(ex, ey, ez, ex, ey, ez))
    arms = -np.add.reduceat(along, first_segments(neck), axis=1)
    return np.moveaxis(arms, (0, 1), (-1, -2))


@dataclass(frozen=True, kw_only=True, eq=False)
class Bones:
    """Bones at a posture, batch axes last: what the mechanics is computed on.

    `axes` [bone, axis, xyz, ...], `origin` [bone, xyz, ...], `joint` [joint, xyz, ...] its centre, `axis`
    [joint, pitch-roll-yaw, xyz, ...] the three directions each joint turns about.
    """

    axes: Array
    origin: Array
    joint: Array
    axis: Array


def place_bones(neck: Neck, angles: Array) -> Bones:
    """Bones at `angles` [angle, ...]."""
    axes, axis = turn_bones(neck, angles)
    origin, joint = np.zeros(axes.shape[:1] + axes.shape[2:]), np.empty(axis.shape[:1] + axis.shape[2:])
    for j in range(len(joint)):
        joint[j] = origin[j] + _along(axes[j], neck.on_lower[j])
        origin[j + 1] = joint[j] - _along(axes[j + 1], neck.on_upper[j])
    return Bones(axes=axes, origin=origin, joint=joint, axis=axis)


def turn_bones(neck: Neck, angles: Array) -> tuple[Array, Array]:
    """The `axes` and `axis` of `Bones` alone: directions without places."""
    angles = np.asarray(angles, dtype=np.float64)
    batch = angles.shape[1:]
    count = len(neck.bones)
    axes, axis = np.zeros((count, 3, 3, *batch)), np.empty((count - 1, 3, 3, *batch))
    for i in range(3):
        axes[0, i, i] = 1.0
    for j in range(count - 1):
        frame = [axes[j, i] for i in range(3)]  # x, y, z axes of the bone being turned
        by = neck.share[j].reshape(3, *(1,) * len(batch)) * angles[neck.angles_of(j)]
        cosine, sine = np.cos(by), np.sin(by)
        for k, (first, second, about) in enumerate(TURNS):
            axis[j, k] = frame[about]
            frame[first], frame[second] = turned(frame[first], frame[second], cosine[k], sine[k])
        axes[j + 1] = frame
    return axes, axis


def twists(neck: Neck, bones: Bones) -> tuple[Array, Array]:
    """How each bone moves for a unit rate of each angle: its spin, and its drift at the world's origin.

    Both [angle, bone, xyz, ...].
    """
    shape = (6, *bones.origin.shape)
    spin, drift = np.zeros(shape), np.zeros(shape)
    for j in range(len(neck.joints)):
        spin[:, j + 1], drift[:, j + 1] = spin[:, j], drift[:, j]
        for k, i in enumerate(range(6)[neck.angles_of(j)]):
            about = neck.share[j, k] * bones.axis[j, k]
            spin[i, j + 1] += about
            drift[i, j + 1] -= np.stack(cross(*about, *bones.joint[j]))
    return spin, drift


TURNS = ((0, 1, 2), (1, 2, 0), (2, 0, 1))
"""Pitch, roll, yaw: the axis that moves, the one it moves towards, the one it turns about."""


def parts(vectors: Array, axis: int = 1) -> tuple[Array, Array, Array]:
    """The three components along one axis of an array, as views."""
    before: tuple[Any, ...] = (slice(None),) * axis
    return vectors[(*before, 0)], vectors[(*before, 1)], vectors[(*before, 2)]


def world_points(neck: Neck, bones: Bones) -> tuple[Array, Array, Array]:
    """x, y and z of the right-side path points, each [point, ...]."""
    axes, origin = bones.axes[neck.point_bone], bones.origin[neck.point_bone]
    extra = (1,) * (origin.ndim - 2)
    at = neck.point_at.reshape(*neck.point_at.shape, *extra)
    o, u, v, w = (parts(x) for x in (origin, axes[:, 0], axes[:, 1], axes[:, 2]))
    return placed(*o, *u, *v, *w, *parts(at))


def _along(frame: Array, at: Array) -> Array:
    return np.asarray(frame[0] * at[0] + frame[1] * at[1] + frame[2] * at[2])


def first_segments(neck: Neck) -> Index:
    """The first segment of each unit's path: [unit]."""
    return np.flatnonzero(np.diff(neck.segment_unit, prepend=-1))


def _right_points(neck: Neck, angles: Array) -> Array:
    bones = place_bones(neck, np.moveaxis(np.asarray(angles, dtype=np.float64), -1, 0))
    return np.moveaxis(np.stack(world_points(neck, bones)), (0, 1), (-1, -2))


def _checked(angles: Array) -> Array:
    at = np.asarray(angles, dtype=np.float64)
    if at.ndim < 1 or at.shape[-1] != 6:
        raise BadInput(where="angles", read=f"shape {at.shape}", expected="six angles on the last axis")
    return at


def _ranges(figures: NeckFigures, who: Build) -> tuple[Array, Array]:
    ends = np.radians([figures.ranges[region][plane].value for region in REGIONS for plane in PLANES])
    if who.age_years is None:
        return ends[:, 0].copy(), ends[:, 1].copy()
    facts = figures.build
    young, old = (float(np.mean([float(x) for x in facts[k].value])) for k in ("young_years", "old_years"))
    latest = float(facts["old_years"].value[1])
    earliest = float(facts["young_years"].value[0])
    if not earliest <= who.age_years <= latest:
        raise BadInput(where="age", read=f"{who.age_years:g}", expected=f"{earliest:g} to {latest:g} years")
    part = (who.age_years - young) / (old - young)
    left = {
        way: 1.0 - part * (1.0 - float(facts[f"old_range_{way}"].value))
        for way in ("flexion", "extension", "tilt", "turn")
    }
    low = np.array([left["flexion"], left["tilt"], left["turn"]] * 2)
    high = np.array([left["extension"], left["tilt"], left["turn"]] * 2)
    return ends[:, 0] * low, ends[:, 1] * high


def _on_bone(
    name: str,
    at: tuple[float, ...],
    bones: tuple[str, ...],
    frames: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]],
) -> tuple[int, Array]:
    """The bone and the place in its frame (mm); what lies on clavicle or scapula lies on the trunk."""
    if name in bones:
        return bones.index(name), np.asarray(at)
    if name not in frames:
        raise BadInput(
            where="muscle path", read=repr(name), expected=f"one of {', '.join((*bones, *frames))}"
        )
    place, turn = frames[name]
    return 0, np.asarray(place) + body_fixed_turn(turn) @ np.asarray(at)


def body_fixed_turn(turn_deg: tuple[float, ...]) -> Array:
    """The matrix of body-fixed turns about x, then y, then z, in degrees."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cx, -sx], [0.0, sx, cx]])
    about_y = np.array([[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]])
    about_z = np.array([[cz, -sz, 0.0], [sz, cz, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(about_x @ about_y @ about_z)
