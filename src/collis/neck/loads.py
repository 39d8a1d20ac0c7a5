"""How forces on bones become moments on the six angles, and how those moments change with posture.

A load is, for each bone, the sum of its forces and the sum of the outer products of place and force, both about the
world's origin. That is all the geometry ever needs: the moment of a joint and its change with any angle follow from
what lies above the joint. Batch axes are last throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collis.neck.formulas import Array, bent, dot, torque
from collis.neck.skeleton import Bones, Neck, parts


@dataclass(frozen=True, kw_only=True, eq=False)
class Load:
    """Forces on bones: `force` [bone, xyz, ...] N, `outer` [bone, place xyz, force xyz, ...] Nm."""

    force: Array
    outer: Array


def moments_of(neck: Neck, bones: Bones, load: Load) -> Array:
    """The moment of a load on each angle: [angle, ...] Nm."""
    return wrung(neck, *_above(load), bones.joint, bones.axis)


def bending_of(neck: Neck, bones: Bones, load: Load) -> Array:
    """How the moments of a load of constant forces change with each angle: [angle, angle, ...] Nm/rad, symmetric."""
    return bending(neck, *_above(load), bones.joint, bones.axis)


def wrung(neck: Neck, force: Array, outer: Array, joint: Array, axis: Array) -> Array:
    """The same from what lies above each joint, `force` [joint, xyz, ...] and `outer` [joint, xyz, xyz, ...]."""
    off = (outer[:, i, k] for i in range(3) for k in range(3) if i != k)
    mx, my, mz = torque(*off, *parts(joint), *parts(force))  # type: ignore[call-arg]
    each = dot(*parts(axis, 2), mx[:, None], my[:, None], mz[:, None])
    return _by_angle(neck, each * _shares(neck, each.ndim))


def bending(neck: Neck, force: Array, outer: Array, joint: Array, axis: Array) -> Array:
    """The same from what lies above each joint."""
    by_share = axis * _shares(neck, axis.ndim - 1)[:, :, None]
    t = [outer[:, None, i, k] for i in range(3) for k in range(3)]
    c = [joint[:, None, i] for i in range(3)]
    f = [force[:, None, i] for i in range(3)]
    tx, ty, tz = bent(*t, *c, *f, *parts(by_share, 2))  # type: ignore[call-arg]
    own = _by_angle(neck, dot(tx, ty, tz, *parts(by_share, 2)))
    before = _spun_before(neck, by_share)
    cross = np.empty((6, 6, *axis.shape[3:]))
    for i, spun in enumerate(before):
        cross[i] = _by_angle(neck, dot(tx, ty, tz, *parts(spun, 2)))
    whole = cross + np.swapaxes(cross, 0, 1)
    whole[range(6), range(6)] += own
    return np.asarray(whole)


def _above(load: Load) -> tuple[Array, Array]:
    """Sums over all bones above each joint: [joint, ...]."""
    force = np.cumsum(load.force[:0:-1], axis=0)[::-1]
    outer = np.cumsum(load.outer[:0:-1], axis=0)[::-1]
    return force, outer


def _spun_before(neck: Neck, axis: Array) -> Array:
    """For each axis of the chain, how the bone it is fixed to turns with each angle: [angle, joint, axis, xyz, ...]."""
    before = np.zeros((6, *axis.shape))
    running = np.zeros((6, *axis.shape[2:]))
    for j in range(len(neck.joints)):
        for k, i in enumerate(range(6)[neck.angles_of(j)]):
            before[:, j, k] = running
            running[i] += axis[j, k]
    return before


def _by_angle(neck: Neck, each: Array) -> Array:
    """Sums over the joints of a region: [joint, axis, ...] to [angle, ...]."""
    found = np.empty((6, *each.shape[2:]))
    np.sum(each[neck.collis_joints :], axis=0, out=found[:3])
    np.sum(each[: neck.collis_joints], axis=0, out=found[3:])
    return found


def _shares(neck: Neck, dimensions: int) -> Array:
    return neck.share.reshape(*neck.share.shape, *(1,) * (dimensions - 2))
