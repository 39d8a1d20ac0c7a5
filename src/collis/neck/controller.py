"""What holds the head up: a postural controller referred to gravity. All of it is a guess, so it is sampled.

Without a controller the column buckles under the head and muscle drive has no posture to answer with. What is
assumed:

* Each region resists leaning, measured against the vertical and not against the trunk, with the same stiffness to every
  side. Nothing vertical tells the head where forward is, so turning is left nearly free.
* Gravity and the moment of resting tone are met in full at every posture by the drive of muscles that have their full
  strength. Where toxin takes strength away the same drive gives less, and the head sinks: the drive is not turned up.
* Joints resist linearly with the published springs and steeply towards the end of range.

Every stiffness, tone, end-range moment and arm loss is drawn from the ranges in knowledge; none was ever measured in a
patient, and one photograph cannot tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from collis.errors import BadInput
from collis.neck.formulas import Array, cross, delivered, joint_moment, lean
from collis.neck.loads import Load, bending, bending_of, moments_of, wrung
from collis.neck.skeleton import MIRROR, Bones, Neck, parts
from collis.sources import Sourced

TURNS_AT = np.array([2, 5])


@dataclass(frozen=True, kw_only=True, eq=False)
class Controller:
    """One controller, or a batch of them with leading axes alike in all fields.

    `tilt_stiffness`, `turn_stiffness` [..., region] Nm/rad (caput, collis); `tone` [...] share of full activity;
    `end_moment` [..., angle] Nm; `arm_loss` [...] share; `strength` [...] ratio to the neck's own figures;
    `blend_nm` numerical.
    """

    tilt_stiffness: Array
    turn_stiffness: Array
    tone: Array
    end_moment: Array
    arm_loss: Array
    strength: Array
    blend_nm: float

    def __post_init__(self) -> None:
        shape = np.shape(self.tone)
        expected = {
            "tilt_stiffness": (*shape, 2),
            "turn_stiffness": (*shape, 2),
            "end_moment": (*shape, 6),
            "arm_loss": shape,
            "strength": shape,
        }
        for name, wanted in expected.items():
            found = np.shape(getattr(self, name))
            if found != wanted:
                raise BadInput(where=name, read=f"shape {found}", expected=f"shape {wanted}")
        if not ((np.asarray(self.arm_loss) >= 0).all() and (np.asarray(self.arm_loss) < 1).all()):
            raise BadInput(where="arm_loss", read=f"{self.arm_loss}", expected="shares from 0 to below 1")

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the batch, () for one."""
        return np.shape(self.tone)

    def taking(self, index: Any) -> Controller:
        """Those of a batch that a NumPy index names."""
        return self._mapped(lambda values, _: values[index])

    def spread_to(self, shape: tuple[int, ...]) -> Controller:
        """The same over a batch of `shape`."""
        return self._mapped(lambda values, tail: np.broadcast_to(values, (*shape, *tail)))

    @property
    def flat(self) -> Controller:
        """The same with one batch axis."""
        return self._mapped(lambda values, tail: np.reshape(values, (-1, *tail)))

    def _mapped(self, change: Callable[[Array, tuple[int, ...]], Array]) -> Controller:
        values: dict[str, Any] = {field: change(getattr(self, field), tail) for field, _, tail in _SIZES}
        return Controller(**values, blend_nm=self.blend_nm)


_SIZES = (
    ("tilt_stiffness", "tilt_stiffness", (2,)),
    ("turn_stiffness", "turn_stiffness", (2,)),
    ("tone", "tone", ()),
    ("end_moment", "end_range_moment", (6,)),
    ("arm_loss", "arm_loss", ()),
    ("strength", "strength_spread", ()),
)


def middle_controller(control: Mapping[str, Sourced[Any]]) -> Controller:
    """The middle of every stated range. One guess among many: for a picture, never for a conclusion."""
    middles: dict[str, Any] = {
        field: np.full(size, 0.5 * sum(_range(control, key))) for field, key, size in _SIZES
    }
    return Controller(**middles, blend_nm=float(control["need_blend"].value))


def sampled_controllers(
    control: Mapping[str, Sourced[Any]], count: int, generator: np.random.Generator
) -> Controller:
    """A batch of `count` controllers, every figure drawn evenly and by itself from its stated range."""
    drawn: dict[str, Any] = {
        field: generator.uniform(*_range(control, key), (count, *size)) for field, key, size in _SIZES
    }
    return Controller(**drawn, blend_nm=float(control["need_blend"].value))


def capacities(neck: Neck, strength_left: Array) -> tuple[Array, Array]:
    """What is left of the pull the positive and the negative way of each angle, each [..., angle], 1 where all is.

    `strength_left` [..., unit, side] is the share of each muscle's strength that is left. A muscle counts with its
    strength times its neutral arm.
    """
    own = np.stack([neck.neutral_arms, neck.neutral_arms * MIRROR], axis=1) * neck.strength[:, None, None]
    lost = 1.0 - np.asarray(strength_left)
    up, down = (
        1.0 - (lost[..., None] * pull).sum(axis=-2).sum(axis=-2) / pull.sum(axis=1).sum(axis=0)
        for pull in (np.maximum(own, 0.0), np.maximum(-own, 0.0))
    )
    return up, down


def gravity_load(neck: Neck, bones: Bones) -> Load:
    """Weights of the moving bones."""
    at = np.einsum("bi,bix...->bx...", neck.centre, bones.axes) + bones.origin
    force, outer = np.zeros_like(at), np.zeros((*at.shape[:1], 3, *at.shape[1:]))
    weight = -neck.gravity * neck.mass.reshape(-1, *(1,) * (at.ndim - 2))
    force[:, 1] = weight
    outer[:, :, 1] = at * weight[:, None]
    return Load(force=force, outer=outer)


def controller_moments(
    neck: Neck, axes: Array, axis: Array, angles: Array, control: Controller, *, change: bool
) -> tuple[Array, Array]:
    """Moments of the controller, [angle, n], and their change, [angle, angle, n]; `angles` [angle, n].

    `axes` and `axis` are those of the bones. The controller turns bones and pushes none, so places do not matter.
    """
    tilt, turn = control.tilt_stiffness.T, control.turn_stiffness.T
    c2, skull = axes[neck.bones.index("C2"), 1], axes[neck.bones.index("skull"), 1]
    pulls = lean(c2[0], c2[2], skull[0], skull[2], tilt[1], tilt[0])
    on_skull, on_c2 = _couple(skull, *pulls[2:]), _couple(c2, *pulls[:2])
    outer = np.empty((len(neck.joints), *on_skull.shape))
    outer[: neck.collis_joints], outer[neck.collis_joints :] = on_skull + on_c2, on_skull
    nothing = np.zeros((1, 3, 1))
    moments = wrung(neck, nothing, outer, nothing, axis)
    moments[TURNS_AT] -= turn * angles[TURNS_AT]
    if not change:
        return moments, np.empty(0)
    slopes = bending(neck, nothing, outer, nothing, axis)
    spin = _region_spins(neck, axis)
    slopes += _leaning(spin, c2, skull, tilt)
    slopes[TURNS_AT, TURNS_AT] -= turn
    return moments, slopes


def _couple(up: Array, pull_x: Array, pull_z: Array) -> Array:
    """The outer product of an upright axis and a level pull on its tip: [xyz, xyz, n]."""
    return np.stack([up * pull_x, np.zeros_like(up), up * pull_z], axis=1)


def _region_spins(neck: Neck, axis: Array) -> Array:
    """How the topmost bone of each angle's region turns with it: [angle, xyz, n]."""
    by_share = axis * neck.share[..., None, None]
    caput, collis = by_share[neck.collis_joints :], by_share[: neck.collis_joints]
    return np.concatenate([caput.sum(axis=0), collis.sum(axis=0)])


def _leaning(spin: Array, c2_up: Array, skull_up: Array, tilt: Array) -> Array:
    """What the controller's pulls add by changing themselves: minus stiffness times how the tips move, squared."""
    c2 = _tip_rates(spin, c2_up)
    c2[:3] = 0.0  # the caput does not move C2
    beyond = _tip_rates(spin, skull_up) - c2
    added = np.zeros((6, 6, c2.shape[-1]))
    for k in range(2):
        added -= tilt[1] * c2[:, None, k] * c2[None, :, k] + tilt[0] * beyond[:, None, k] * beyond[None, :, k]
    return added


def _tip_rates(spin: Array, up: Array) -> Array:
    """How x and z of an upright axis change with each angle: [angle, 2, n]."""
    rx, _, rz = cross(*parts(spin), up[0], up[1], up[2])
    return np.stack([rx, rz], axis=1)


def held_moments(
    neck: Neck, bones: Bones, resting: Array, up: Array, down: Array, blend: float, *, change: bool
) -> tuple[Array, Array]:
    """Gravity and what muscles of capacity `up` and `down` give against it and against `resting` tone.

    All [angle, n]; the change is [angle, angle, n].
    """
    load = gravity_load(neck, bones)
    weight = moments_of(neck, bones, load)
    given, share = delivered(-weight - resting, up, down, np.asarray(blend))
    if not change:
        return weight + given, np.empty(0)
    return weight + given, (1.0 - share)[:, None] * bending_of(neck, bones, load)


def joint_moments(neck: Neck, angles: Array, end_moment: Array) -> tuple[Array, Array]:
    """Passive moments of the joints, [angle, n], and their slopes, [angle, n]; `end_moment` [angle, n]."""
    return joint_moment(
        angles,
        neck.spring[:, None],
        neck.low[:, None],
        neck.high[:, None],
        end_moment,
        np.asarray(neck.end_range_power),
    )


def _range(control: Mapping[str, Sourced[Any]], key: str) -> tuple[float, float]:
    low, high = control[key].value
    return float(low), float(high)
