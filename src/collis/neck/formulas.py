"""The formulas of the neck, each once: functions of numbers without branches.

NumPy calls them with arrays that broadcast, the compiled path with single numbers; a vector is three of them. Angles
are in radians, lengths in metres, forces in newtons, moments in newton metres.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Triple: TypeAlias = tuple[Array, Array, Array]


def cross(ax: Array, ay: Array, az: Array, bx: Array, by: Array, bz: Array) -> Triple:
    """The vector product a x b."""
    return ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx


def dot(ax: Array, ay: Array, az: Array, bx: Array, by: Array, bz: Array) -> Array:
    """The scalar product a . b."""
    return ax * bx + ay * by + az * bz


def turned(first: Array, second: Array, cosine: Array, sine: Array) -> tuple[Array, Array]:
    """Two axes of a frame (one component of each) after a turn about the third, from the first to the second."""
    return cosine * first + sine * second, cosine * second - sine * first


def carried(
    wx: Array, wy: Array, wz: Array, vx: Array, vy: Array, vz: Array, px: Array, py: Array, pz: Array
) -> Triple:
    """How a point p moves with a bone whose twist is w about the origin and v at the origin: w x p + v."""
    return wy * pz - wz * py + vx, wz * px - wx * pz + vy, wx * py - wy * px + vz
