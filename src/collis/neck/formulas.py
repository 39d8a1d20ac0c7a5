"""The formulas of the neck, each once: functions of numbers without branches.

NumPy calls them with arrays that broadcast, the compiled path with single numbers; a vector is three of them. Angles
are in radians, lengths in metres, forces in newtons, moments in newton metres. A formula calls no other formula.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Triple: TypeAlias = tuple[Array, Array, Array]

_NO_LENGTH = 1e-18
"""Square metres that keep a muscle without any length from dividing by nothing; numerical."""


def cross(ax: Array, ay: Array, az: Array, bx: Array, by: Array, bz: Array) -> Triple:
    """The vector product a x b."""
    return ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx


def dot(ax: Array, ay: Array, az: Array, bx: Array, by: Array, bz: Array) -> Array:
    """The scalar product a . b."""
    return ax * bx + ay * by + az * bz


def turned(first: Array, second: Array, cosine: Array, sine: Array) -> tuple[Array, Array]:
    """Two axes of a frame (one component of each) after a turn about the third, from the first to the second."""
    return cosine * first + sine * second, cosine * second - sine * first


def placed(
    ox: Array, oy: Array, oz: Array,
    ux: Array, uy: Array, uz: Array,
    vx: Array, vy: Array, vz: Array,
    wx: Array, wy: Array, wz: Array,
    px: Array, py: Array, pz: Array,
) -> Triple:  # fmt: skip
    """A point p of a bone with origin o and axes u, v, w, in the world."""
    return (
        ox + ux * px + vx * py + wx * pz,
        oy + uy * px + vy * py + wy * pz,
        oz + uz * px + vz * py + wz * pz,
    )


def carried(
    wx: Array, wy: Array, wz: Array, vx: Array, vy: Array, vz: Array, px: Array, py: Array, pz: Array
) -> Triple:
    """How a point p moves with a bone whose twist is w about the world's origin and v there: w x p + v."""
    return wy * pz - wz * py + vx, wz * px - wx * pz + vy, wx * py - wy * px + vz


def torque(
    txy: Array, txz: Array, tyx: Array, tyz: Array, tzx: Array, tzy: Array,
    cx: Array, cy: Array, cz: Array, fx: Array, fy: Array, fz: Array,
) -> Triple:  # fmt: skip
    """The moment about c of forces with sum f and outer products t = sum of (place, force) about the origin."""
    return (
        tyz - tzy - (cy * fz - cz * fy),
        tzx - txz - (cz * fx - cx * fz),
        txy - tyx - (cx * fy - cy * fx),
    )


def bent(
    txx: Array, txy: Array, txz: Array,
    tyx: Array, tyy: Array, tyz: Array,
    tzx: Array, tzy: Array, tzz: Array,
    cx: Array, cy: Array, cz: Array,
    fx: Array, fy: Array, fz: Array,
    ax: Array, ay: Array, az: Array,
) -> Triple:  # fmt: skip
    """How the moment of the forces of `torque` changes as their places turn about an axis a through c."""
    along = ax * fx + ay * fy + az * fz
    trace = txx + tyy + tzz - cx * fx - cy * fy - cz * fz
    return (
        txx * ax + txy * ay + txz * az - cx * along - trace * ax,
        tyx * ax + tyy * ay + tyz * az - cy * along - trace * ay,
        tzx * ax + tzy * ay + tzz * az - cz * along - trace * az,
    )


def tension(
    length: Array, strength: Array, fibre: Array, tendon: Array, thickness: Array, spread: Array, fades: Array
) -> tuple[Array, Array]:
    """Pull along the tendon of a fully active muscle of this length, and its slope by the length.

    A rigid tendon, fibres of constant thickness, a Gaussian over the fibre length. Where the fibres span less than
    `fades` of their best length the pull fades smoothly, to nothing in a slack muscle.
    """
    along = np.maximum(length - tendon, 0.0)
    fibres = np.sqrt(along * along + thickness * thickness + _NO_LENGTH)
    cosine = along / fibres
    off = fibres / fibre - 1.0
    t = np.minimum(along / (fades * fibre), 1.0)
    fade = t * t * (3.0 - 2.0 * t)
    active = strength * np.exp(off * off * (-1.0 / spread))
    squared = cosine * cosine
    slope = ((1.0 - squared) / fibres - off * squared * (2.0 / (spread * fibre))) * fade
    return active * cosine * fade, active * (slope + cosine * t * (1.0 - t) * (6.0 / (fades * fibre)))


def travel(angle: Array, end: Array, loss: Array) -> tuple[Array, Array, Array]:
    """What an angle counts for under a bounded arm: shortening per neutral arm, the arm's share left, its slope.

    The share falls from 1 at neutral to 1 - loss where the angle reaches `end`, and never reaches 0.
    """
    k = loss / (1.0 - loss)
    root = np.sqrt(k) + 1e-9
    part = angle / end
    share = 1.0 / (1.0 + k * part * part)
    return end * np.arctan(root * part) / root, share, -2.0 * k * part / end * share * share


def joint_moment(
    angle: Array, spring: Array, low: Array, high: Array, end_moment: Array, power: Array
) -> tuple[Array, Array]:
    """Passive moment of a regional angle and its slope: linear springs, and a steep rise to either end of range."""
    above = np.maximum(angle, 0.0) / high
    below = np.maximum(-angle, 0.0) / -low
    rise, fall = above ** (power - 1.0), below ** (power - 1.0)
    moment = -spring * angle - end_moment * (rise * above - fall * below)
    return moment, -spring - end_moment * power * (rise / high - fall / low)


def delivered(need: Array, capacity_up: Array, capacity_down: Array, blend: Array) -> tuple[Array, Array]:
    """What muscles of partly lost strength give of a moment they should, and its slope by the need.

    `capacity_up` is what is left of those that pull the positive way, `capacity_down` of the others. With nothing
    lost the need is met exactly.
    """
    size = np.sqrt(need * need + blend * blend)
    even = 0.5 * (capacity_up + capacity_down)
    odd = 0.5 * (capacity_up - capacity_down)
    return even * need + odd * size, even + odd * need / size


def lean(
    neck_x: Array, neck_z: Array, head_x: Array, head_z: Array, neck_stiffness: Array, head_stiffness: Array
) -> tuple[Array, Array, Array, Array]:
    """The controller's pull on the tips of two upright unit vectors, of C2 and of the skull, against leaning.

    Seen from above the tips lie at (x, z), and at (0, 0) where upright. The collis resists the lean of C2 against
    the vertical, the caput what the head leans beyond C2. Returns x and z for C2, x and z for the skull.
    """
    out_x, out_z = head_stiffness * (head_x - neck_x), head_stiffness * (head_z - neck_z)
    return out_x - neck_stiffness * neck_x, out_z - neck_stiffness * neck_z, -out_x, -out_z
