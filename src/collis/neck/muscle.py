"""What muscles pull: activity into tension, tension into moments on the six angles, under two models of their arms.

Only active force is modelled: the usual passive curve on a rigid tendon would stop the neck far inside its range, so
what resists there is the joint curve. Activity is a group's dystonic drive on top of tone. Both arm models derive from
lengths, so every moment is a true derivative.

* exact: straight paths between fixed points. They lose most of their arm in a full turn, which wrapped muscles do not.
* bounded: the neutral arm, losing a stated share towards the end of range.

Neither is right; a conclusion that flips between them is to be flagged.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from collis.errors import BadInput
from collis.neck.formulas import Array, carried, dot, tension, travel
from collis.neck.loads import Load, bending_of, moments_of
from collis.neck.skeleton import (
    MIRROR,
    Neck,
    first_segments,
    lengths,
    moment_arms,
    parts,
    place_bones,
    twists,
    world_points,
)


class ArmModel(StrEnum):
    """How arms change with posture."""

    EXACT = "exact"
    BOUNDED = "bounded"


def activity(neck: Neck, drive: Array, tone: Array) -> Array:
    """Activity of every muscle, 0 to 1: [..., unit, side] of `drive` [..., group, side] and `tone` [...].

    Raises `BadInput` where the drive is not a share of full activity.
    """
    pulls = np.asarray(drive, dtype=np.float64)
    if pulls.shape[-2:] != (len(neck.groups), 2):
        raise BadInput(
            where="drive",
            read=f"shape {pulls.shape}",
            expected=f"{len(neck.groups)} groups by 2 sides at the end",
        )
    if not ((pulls >= 0).all() and (pulls <= 1).all()):
        raise BadInput(where="drive", read=f"{pulls.min():g} to {pulls.max():g}", expected="shares of 0 to 1")
    by_unit = pulls[..., neck.unit_group, :]
    return np.asarray(np.minimum(by_unit + np.asarray(tone)[..., None, None], 1.0))


def exact_moments(neck: Neck, angles: Array, effort: Array, *, change: bool) -> tuple[Array, Array]:
    """Moments of all muscles on straight paths, [angle, n], and their change by the angles, [angle, angle, n].

    `angles` [angle, n]; `effort` [unit, side, n] is activity times what is left of a muscle's strength. Without
    `change` the second is empty.
    """
    n = angles.shape[1]
    both = np.concatenate([angles, angles * MIRROR[:, None]], axis=1)
    moments, slopes = _right_moments(neck, both, np.concatenate([effort[:, 0], effort[:, 1]], axis=1), change)
    total = moments[:, :n] + moments[:, n:] * MIRROR[:, None]
    if not change:
        return total, slopes
    flips = (MIRROR[:, None] * MIRROR)[..., None]
    return total, slopes[..., :n] + slopes[..., n:] * flips


def bounded_moments(
    neck: Neck, angles: Array, effort: Array, loss: Array, *, change: bool
) -> tuple[Array, Array]:
    """The same as `exact_moments` with bounded arms; `loss` [n] is the share lost at the end of range."""
    end = (0.5 * (neck.high - neck.low))[:, None]
    gone, share, bend = travel(angles, end, loss)
    flip = MIRROR[:, None]
    arms = neck.neutral_arms
    shortened = np.stack([arms @ gone, arms @ (gone * flip)], axis=1)
    pull, slope = unit_tension(neck, neck.neutral_lengths[:, None, None] - shortened)
    right, left = arms.T @ (effort[:, 0] * pull[:, 0]), arms.T @ (effort[:, 1] * pull[:, 1])
    whole = right + left * flip
    if not change:
        return share * whole, np.empty(0)
    first, second = np.triu_indices(6)
    pairs = (arms[:, first] * arms[:, second]).T
    flips = (MIRROR[first] * MIRROR[second])[:, None]
    stiff = pairs @ (effort[:, 0] * slope[:, 0]) + flips * (pairs @ (effort[:, 1] * slope[:, 1]))
    stiff *= -share[first] * share[second]
    slopes = np.empty((6, 6, angles.shape[1]))
    slopes[first, second] = slopes[second, first] = stiff
    slopes[range(6), range(6)] += bend * whole
    return share * whole, slopes


def unit_tension(neck: Neck, length: Array) -> tuple[Array, Array]:
    """Pull (N) of fully active units at `length` [unit, ...], and its slope (N/m)."""
    extra = (slice(None), *(None,) * (length.ndim - 1))
    return tension(
        length,
        neck.strength[extra],
        neck.fibre[extra],
        neck.tendon[extra],
        neck.thickness[extra],
        np.asarray(neck.length_spread),
        np.asarray(neck.fades_below),
    )


def unit_moments(neck: Neck, angles: Array, effort: Array, *, arms: ArmModel, loss: Array) -> Array:
    """Moment of every muscle on every angle: [..., unit, side, angle] Nm.

    `angles` [..., angle], `effort` [..., unit, side], `loss` [...].
    """
    if arms is ArmModel.EXACT:
        length, arm = lengths(neck, angles), moment_arms(neck, angles)
    else:
        end = 0.5 * (neck.high - neck.low)
        gone, share, _ = travel(angles, end, np.asarray(loss)[..., None])
        own = np.stack([neck.neutral_arms, neck.neutral_arms * MIRROR], axis=1)
        length = neck.neutral_lengths[:, None] - (own * gone[..., None, None, :]).sum(axis=-1)
        arm = own * share[..., None, None, :]
    pull, _ = unit_tension(neck, np.moveaxis(length, -2, 0))
    return np.asarray((effort * np.moveaxis(pull, 0, -2))[..., None] * arm)


def _right_moments(neck: Neck, angles: Array, effort: Array, change: bool) -> tuple[Array, Array]:
    """Moments of right-side muscles and their change; `angles` [angle, n], `effort` [unit, n]."""
    bones = place_bones(neck, angles)
    x, y, z = world_points(neck, bones)
    start, end, owner = neck.segment_from, neck.segment_to, neck.segment_unit
    ex, ey, ez = x[end] - x[start], y[end] - y[start], z[end] - z[start]
    long = np.sqrt(dot(ex, ey, ez, ex, ey, ez))
    ux, uy, uz = ex / long, ey / long, ez / long
    pull, slope = unit_tension(neck, np.add.reduceat(long, first_segments(neck), axis=0))
    force = (effort * pull)[owner]
    load = _segment_load(neck, (x, y, z), (force * ux, force * uy, force * uz))
    moments = moments_of(neck, bones, load)
    if not change:
        return moments, np.empty(0)
    spin, drift = twists(neck, bones)
    at_start, at_end = neck.point_bone[start], neck.point_bone[end]
    sx, sy, sz = carried(
        *parts(spin[:, at_start], 2), *parts(drift[:, at_start], 2), x[start], y[start], z[start]
    )
    tx, ty, tz = carried(*parts(spin[:, at_end], 2), *parts(drift[:, at_end], 2), x[end], y[end], z[end])
    dx, dy, dz = tx - sx, ty - sy, tz - sz  # [angle, segment, n]
    along = dot(dx, dy, dz, ux, uy, uz)
    by_unit = np.add.reduceat(along, first_segments(neck), axis=1)
    tight = force / long
    slopes = bending_of(neck, bones, load) - _products(by_unit, by_unit * (effort * slope))
    slopes -= _products(dx, dx * tight) + _products(dy, dy * tight) + _products(dz, dz * tight)
    slopes += _products(along, along * tight)
    return moments, slopes


def _segment_load(neck: Neck, at: tuple[Array, Array, Array], pull: tuple[Array, Array, Array]) -> Load:
    """Each segment pulls its ends together with `pull` [segment, n] along its direction."""
    count, n = len(neck.bones), at[0].shape[1]
    force, outer = np.zeros((count, 3, n)), np.zeros((count, 3, 3, n))
    for points, sign in ((neck.segment_from, 1.0), (neck.segment_to, -1.0)):
        bone = neck.point_bone[points]
        for b in range(1, count):
            own = np.flatnonzero(bone == b)
            if not own.size:
                continue
            for k in range(3):
                force[b, k] += sign * pull[k][own].sum(axis=0)
                for i in range(3):
                    outer[b, i, k] += sign * (at[i][points[own]] * pull[k][own]).sum(axis=0)
    return Load(force=force, outer=outer)


def _products(left: Array, right: Array) -> Array:
    """Sums over the middle axis of products of every pair: [a, m, n] by [b, m, n] to [a, b, n]."""
    return np.moveaxis(np.moveaxis(left, 2, 0) @ np.moveaxis(right, (1, 2), (1, 0)), 0, 2)
