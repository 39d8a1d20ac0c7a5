"""The exact arms compiled: one posture after another instead of many at once. Optional, needs numba.

The formulas are those of `formulas.py` and the steps those of `equilibrium.py`; only the loops are written again, over
single numbers. `newton` here stands in for `equilibrium.newton` in `settle(..., solver=newton)`; the first call
compiles for some seconds. Nothing in Collis imports this module by itself.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from collis.errors import BadInput
from collis.neck import formulas
from collis.neck.balance import Problem
from collis.neck.equilibrium import (
    CONVERGED_NM,
    DAMPING_DOWN,
    DAMPING_LEAST,
    DAMPING_UP,
    HALVINGS,
    LONGEST_STEP_RAD,
    STEPS,
)
from collis.neck.formulas import Array
from collis.neck.muscle import ArmModel
from collis.neck.skeleton import MIRROR, TURNS, Neck, first_segments

_jit: Callable[[Any], Any] = numba.njit(error_model="numpy", fastmath={"contract"})


def _compiled(formula: Callable[..., Any]) -> Any:
    """A formula compiled for single numbers, from the very same code."""
    return _jit(types.FunctionType(formula.__code__, formula.__globals__, formula.__name__))


_cross = _compiled(formulas.cross)
_dot = _compiled(formulas.dot)
_turned = _compiled(formulas.turned)
_placed = _compiled(formulas.placed)
_carried = _compiled(formulas.carried)
_torque = _compiled(formulas.torque)
_bent = _compiled(formulas.bent)
_tension = _compiled(formulas.tension)
_joint_moment = _compiled(formulas.joint_moment)
_delivered = _compiled(formulas.delivered)
_lean = _compiled(formulas.lean)

_TURNS = np.array(TURNS)
_C2, _SKULL = 6, 8


def newton(problem: Problem, start: Array) -> tuple[Array, NDArray[np.int16]]:
    """As `equilibrium.newton`: angles [angle, n] from `start` [angle, n], and the steps taken [n].

    Raises `BadInput` for bounded arms, which NumPy alone does faster.
    """
    if problem.arms is not ArmModel.EXACT:
        raise BadInput(where="arms", read=problem.arms.value, expected="exact arms on the compiled path")
    control = problem.control
    found, steps = _newton_all(
        np.ascontiguousarray(start.T),
        np.ascontiguousarray(np.moveaxis(problem.effort, -1, 0)),
        np.ascontiguousarray(control.tilt_stiffness),
        np.ascontiguousarray(control.turn_stiffness),
        np.ascontiguousarray(control.end_moment),
        np.ascontiguousarray(problem.up.T),
        np.ascontiguousarray(problem.down.T),
        np.ascontiguousarray(problem.resting.T),
        problem.whole,
        control.blend_nm,
        _bones_of(problem.neck),
        _muscles_of(problem.neck),
    )
    return np.ascontiguousarray(found.T), steps


def unbalanced_one(problem: Problem, index: int) -> Callable[[Array], Array]:
    """The compiled moments left over for one pattern, as a function of six angles: for other root finders."""
    control = problem.control
    fixed = (
        np.ascontiguousarray(problem.effort[..., index]),
        np.ascontiguousarray(control.tilt_stiffness[index]),
        np.ascontiguousarray(control.turn_stiffness[index]),
        np.ascontiguousarray(control.end_moment[index]),
        np.ascontiguousarray(problem.up[:, index]),
        np.ascontiguousarray(problem.down[:, index]),
        np.ascontiguousarray(problem.resting[:, index]),
        problem.whole,
        control.blend_nm,
        _bones_of(problem.neck),
        _muscles_of(problem.neck),
    )
    work = _room(len(problem.neck.point_bone))

    def moments(angles: Array) -> Array:
        left, slopes = np.empty(6), np.empty((6, 6))
        _unbalanced(np.asarray(angles, dtype=np.float64), *fixed, False, work, left, slopes)
        return left

    return moments


def _bones_of(neck: Neck) -> tuple[Any, ...]:
    base = np.where(np.arange(len(neck.joints)) < neck.collis_joints, 3, 0)
    return (
        neck.on_lower, neck.on_upper, neck.share, base, neck.mass, neck.centre,
        neck.gravity, neck.low, neck.high, neck.spring, neck.end_range_power, MIRROR,
    )  # fmt: skip


def _muscles_of(neck: Neck) -> tuple[Any, ...]:
    first = np.append(first_segments(neck), len(neck.segment_unit))
    return (
        neck.point_bone, neck.point_at, neck.segment_from, neck.segment_to, first, neck.strength, neck.fibre,
        neck.tendon, neck.thickness, neck.length_spread, neck.fades_below,
    )  # fmt: skip


@_jit
def _room(points: int) -> Any:
    """Arrays to work in: axes, origin, joint, axis, spin, drift, force, outer, points, segments, moments, slopes."""
    return (
        np.zeros((9, 3, 3)), np.zeros((9, 3)), np.zeros((8, 3)), np.zeros((8, 3, 3)), np.zeros((9, 6, 3)),
        np.zeros((9, 6, 3)), np.zeros((9, 3)), np.zeros((9, 3, 3)), np.zeros((points, 3)), np.zeros((points, 4)),
        np.zeros(6), np.zeros((6, 6)), np.zeros((6, 3)), np.zeros(6), np.zeros((6, 4)),
    )  # fmt: skip


@_jit
def _place(angles: Any, bones: Any, work: Any) -> None:
    """Fills axes, origin, joint, axis."""
    on_lower, on_upper, share, base = bones[0], bones[1], bones[2], bones[3]
    axes, origin, joint, axis = work[0], work[1], work[2], work[3]
    for i in range(3):
        for k in range(3):
            axes[0, i, k] = 1.0 if i == k else 0.0
    for j in range(8):
        for i in range(3):
            for k in range(3):
                axes[j + 1, i, k] = axes[j, i, k]
        for t in range(3):
            first, second, about = _TURNS[t, 0], _TURNS[t, 1], _TURNS[t, 2]
            by = share[j, t] * angles[base[j] + t]
            cosine, sine = np.cos(by), np.sin(by)
            for k in range(3):
                axis[j, t, k] = axes[j + 1, about, k]
                axes[j + 1, first, k], axes[j + 1, second, k] = _turned(
                    axes[j + 1, first, k], axes[j + 1, second, k], cosine, sine
                )
        for k in range(3):
            below, above = 0.0, 0.0
            for i in range(3):
                below += axes[j, i, k] * on_lower[j, i]
                above += axes[j + 1, i, k] * on_upper[j, i]
            joint[j, k] = origin[j, k] + below
            origin[j + 1, k] = joint[j, k] - above


@_jit
def _twist(bones: Any, work: Any) -> None:
    """Fills spin and drift from axis and joint."""
    share, base = bones[2], bones[3]
    joint, axis, spin, drift = work[2], work[3], work[4], work[5]
    for j in range(8):
        for i in range(6):
            for k in range(3):
                spin[j + 1, i, k] = spin[j, i, k]
                drift[j + 1, i, k] = drift[j, i, k]
        for t in range(3):
            i, s = base[j] + t, share[j, t]
            ax, ay, az = axis[j, t, 0] * s, axis[j, t, 1] * s, axis[j, t, 2] * s
            dx, dy, dz = _cross(ax, ay, az, joint[j, 0], joint[j, 1], joint[j, 2])
            spin[j + 1, i, 0] += ax
            spin[j + 1, i, 1] += ay
            spin[j + 1, i, 2] += az
            drift[j + 1, i, 0] -= dx
            drift[j + 1, i, 1] -= dy
            drift[j + 1, i, 2] -= dz


@_jit
def _settle_load(bones: Any, work: Any, change: bool) -> None:
    """Moments (work[10]) and their bending (work[11]) of the load in force and outer, which become sums."""
    share, base = bones[2], bones[3]
    joint, axis, force, outer = work[2], work[3], work[6], work[7]
    moments, slopes, running = work[10], work[11], work[12]
    moments[:] = 0.0
    slopes[:] = 0.0
    running[:] = 0.0
    for b in range(7, 0, -1):
        for i in range(3):
            force[b, i] += force[b + 1, i]
            for k in range(3):
                outer[b, i, k] += outer[b + 1, i, k]
    for j in range(8):
        t, f, c = outer[j + 1], force[j + 1], joint[j]
        mx, my, mz = _torque(
            t[0, 1], t[0, 2], t[1, 0], t[1, 2], t[2, 0], t[2, 1], c[0], c[1], c[2], f[0], f[1], f[2]
        )
        for a in range(3):
            i, s = base[j] + a, share[j, a]
            ax, ay, az = axis[j, a, 0] * s, axis[j, a, 1] * s, axis[j, a, 2] * s
            moments[i] += _dot(ax, ay, az, mx, my, mz)
            if change:
                hx, hy, hz = _bent(
                    t[0, 0], t[0, 1], t[0, 2], t[1, 0], t[1, 1], t[1, 2], t[2, 0], t[2, 1], t[2, 2],
                    c[0], c[1], c[2], f[0], f[1], f[2], ax, ay, az,
                )  # fmt: skip
                for m in range(6):
                    with_before = _dot(hx, hy, hz, running[m, 0], running[m, 1], running[m, 2])
                    slopes[i, m] += with_before
                    slopes[m, i] += with_before
                slopes[i, i] += _dot(hx, hy, hz, ax, ay, az)
                running[i, 0] += ax
                running[i, 1] += ay
                running[i, 2] += az


@_jit
def _place_points(muscles: Any, work: Any) -> None:
    """Fills the points of the paths; bones must be placed."""
    point_bone, point_at = muscles[0], muscles[1]
    axes, origin, at = work[0], work[1], work[8]
    for p in range(len(point_bone)):
        b = point_bone[p]
        at[p, 0], at[p, 1], at[p, 2] = _placed(
            origin[b, 0], origin[b, 1], origin[b, 2],
            axes[b, 0, 0], axes[b, 0, 1], axes[b, 0, 2],
            axes[b, 1, 0], axes[b, 1, 1], axes[b, 1, 2],
            axes[b, 2, 0], axes[b, 2, 1], axes[b, 2, 2],
            point_at[p, 0], point_at[p, 1], point_at[p, 2],
        )  # fmt: skip


@_jit
def _pull(effort: Any, bones: Any, muscles: Any, work: Any, change: bool) -> None:
    """Moments of the right-side muscles into work[10], their change into work[11]; bones must be placed."""
    point_bone, _, start, end, first, strength, fibre, tendon, thickness, spread, fades = muscles
    spin, drift, force, outer = work[4], work[5], work[6], work[7]
    at, segment, by_unit, rate = work[8], work[9], work[13], work[14]
    _place_points(muscles, work)
    force[:] = 0.0
    outer[:] = 0.0
    moving = np.zeros((6, 6))
    for u in range(len(strength)):
        length = 0.0
        for s in range(first[u], first[u + 1]):
            a, b = start[s], end[s]
            ex, ey, ez = at[b, 0] - at[a, 0], at[b, 1] - at[a, 1], at[b, 2] - at[a, 2]
            long = np.sqrt(_dot(ex, ey, ez, ex, ey, ez))
            segment[s, 0], segment[s, 1], segment[s, 2], segment[s, 3] = ex / long, ey / long, ez / long, long
            length += long
        pull, slope = _tension(length, strength[u], fibre[u], tendon[u], thickness[u], spread, fades)
        pull, slope = pull * effort[u], slope * effort[u]
        by_unit[:] = 0.0
        low = 3
        for s in range(first[u], first[u + 1]):
            a, b = start[s], end[s]
            below, above = point_bone[a], point_bone[b]
            for k in range(3):
                f = pull * segment[s, k]
                force[below, k] += f
                force[above, k] -= f
                for i in range(3):
                    outer[below, i, k] += at[a, i] * f
                    outer[above, i, k] -= at[b, i] * f
            if change:
                own = 0 if max(below, above) > _C2 else 3
                low = min(low, own)
                tight = pull / segment[s, 3]
                for i in range(own, 6):
                    sx, sy, sz = _carried(
                        spin[below, i, 0], spin[below, i, 1], spin[below, i, 2],
                        drift[below, i, 0], drift[below, i, 1], drift[below, i, 2],
                        at[a, 0], at[a, 1], at[a, 2],
                    )  # fmt: skip
                    tx, ty, tz = _carried(
                        spin[above, i, 0], spin[above, i, 1], spin[above, i, 2],
                        drift[above, i, 0], drift[above, i, 1], drift[above, i, 2],
                        at[b, 0], at[b, 1], at[b, 2],
                    )  # fmt: skip
                    rate[i, 0], rate[i, 1], rate[i, 2] = tx - sx, ty - sy, tz - sz
                    rate[i, 3] = _dot(
                        rate[i, 0], rate[i, 1], rate[i, 2], segment[s, 0], segment[s, 1], segment[s, 2]
                    )
                    by_unit[i] += rate[i, 3]
                    for m in range(own, i + 1):
                        moving[i, m] -= tight * (
                            rate[i, 0] * rate[m, 0]
                            + rate[i, 1] * rate[m, 1]
                            + rate[i, 2] * rate[m, 2]
                            - rate[i, 3] * rate[m, 3]
                        )
        if change:
            for i in range(low, 6):
                for m in range(low, i + 1):
                    moving[i, m] -= slope * by_unit[i] * by_unit[m]
    _settle_load(bones, work, change)
    if change:
        slopes = work[11]
        for i in range(6):
            for m in range(i):
                slopes[i, m] += moving[i, m]
                slopes[m, i] += moving[i, m]
            slopes[i, i] += moving[i, i]


@_jit
def _steer(
    angles: Any, tilt: Any, turn: Any, share: Any, bones: Any, work: Any, change: bool, left: Any, slopes: Any
) -> None:
    """Adds the controller's moments, times what is left of strength; bones must be placed at these angles."""
    base, joint_share, axes, axis = bones[3], bones[2], work[0], work[3]
    c2, skull = axes[_C2, 1], axes[_SKULL, 1]
    c2_x, c2_z, skull_x, skull_z = _lean(c2[0], c2[2], skull[0], skull[2], tilt[1], tilt[0])
    work[6][:] = 0.0
    work[7][:] = 0.0
    for i in range(3):
        work[7][_C2, i, 0] = c2[i] * c2_x
        work[7][_C2, i, 2] = c2[i] * c2_z
        work[7][_SKULL, i, 0] = skull[i] * skull_x
        work[7][_SKULL, i, 2] = skull[i] * skull_z
    _settle_load(bones, work, change)
    own, own_slopes = work[10], work[11]
    own[2] -= turn[0] * angles[2]
    own[5] -= turn[1] * angles[5]
    for i in range(6):
        left[i] += share[i] * own[i]
    if not change:
        return
    spin = work[12]
    spin[:] = 0.0
    for j in range(8):
        for t in range(3):
            for k in range(3):
                spin[base[j] + t, k] += axis[j, t, k] * joint_share[j, t]
    rate = work[14]
    for i in range(6):
        rate[i, 0], _, rate[i, 1] = _cross(spin[i, 0], spin[i, 1], spin[i, 2], c2[0], c2[1], c2[2])
        if i < 3:
            rate[i, 0], rate[i, 1] = 0.0, 0.0
        rate[i, 2], _, rate[i, 3] = _cross(spin[i, 0], spin[i, 1], spin[i, 2], skull[0], skull[1], skull[2])
        rate[i, 2] -= rate[i, 0]
        rate[i, 3] -= rate[i, 1]
    own_slopes[2, 2] -= turn[0]
    own_slopes[5, 5] -= turn[1]
    for i in range(6):
        for m in range(6):
            lean = tilt[1] * (rate[i, 0] * rate[m, 0] + rate[i, 1] * rate[m, 1]) + tilt[0] * (
                rate[i, 2] * rate[m, 2] + rate[i, 3] * rate[m, 3]
            )
            slopes[i, m] += share[i] * (own_slopes[i, m] - lean)


@_jit
def _hold(
    up: Any,
    down: Any,
    resting: Any,
    blend: float,
    bones: Any,
    work: Any,
    change: bool,
    left: Any,
    slopes: Any,
) -> None:
    """Adds gravity and what is given against it; bones must be placed at these angles."""
    mass, centre, gravity = bones[4], bones[5], bones[6]
    axes, origin, force, outer = work[0], work[1], work[6], work[7]
    force[:] = 0.0
    outer[:] = 0.0
    for b in range(1, 9):
        weight = -gravity * mass[b]
        force[b, 1] = weight
        for k in range(3):
            at = origin[b, k]
            for i in range(3):
                at += axes[b, i, k] * centre[b, i]
            outer[b, k, 1] = at * weight
    _settle_load(bones, work, change)
    weight_moments, weight_slopes = work[10], work[11]
    for i in range(6):
        given, share = _delivered(-weight_moments[i] - resting[i], up[i], down[i], blend)
        left[i] += weight_moments[i] + given
        if change:
            for m in range(6):
                slopes[i, m] += (1.0 - share) * weight_slopes[i, m]


@_jit
def _unbalanced(
    angles: Any, effort: Any, tilt: Any, turn: Any, end_moment: Any, up: Any, down: Any, resting: Any, whole: bool,
    blend: float, bones: Any, muscles: Any, change: bool, work: Any, left: Any, slopes: Any,
) -> None:  # fmt: skip
    """Moments left over into `left`, their change into `slopes`."""
    low, high, spring, power, mirror = bones[7], bones[8], bones[9], bones[10], bones[11]
    left[:] = 0.0
    slopes[:] = 0.0
    _place(angles * mirror, bones, work)
    if change:
        _twist(bones, work)
    _pull(effort[:, 1], bones, muscles, work, change)
    for i in range(6):
        left[i] = work[10][i] * mirror[i]
        for m in range(6):
            slopes[i, m] = work[11][i, m] * mirror[i] * mirror[m]
    _place(angles, bones, work)
    if change:
        _twist(bones, work)
    _pull(effort[:, 0], bones, muscles, work, change)
    for i in range(6):
        left[i] += work[10][i]
        for m in range(6):
            slopes[i, m] += work[11][i, m]
        moment, slope = _joint_moment(angles[i], spring[i], low[i], high[i], end_moment[i], power)
        left[i] += moment
        slopes[i, i] += slope
    share = 0.5 * (up + down)
    _steer(angles, tilt, turn, share, bones, work, change, left, slopes)
    if whole:
        for i in range(6):
            left[i] -= resting[i]
    else:
        _hold(up, down, resting, blend, bones, work, change, left, slopes)


@_jit
def _solved(slopes: Any, moments: Any, damping: float, step: Any) -> None:
    """The damped step, by elimination with row exchange, no longer than allowed."""
    a = -slopes
    for i in range(6):
        a[i, i] += damping + 1e-9
        step[i] = moments[i]
    for k in range(6):
        best = k
        for i in range(k + 1, 6):
            if abs(a[i, k]) > abs(a[best, k]):
                best = i
        if best != k:
            for m in range(6):
                a[k, m], a[best, m] = a[best, m], a[k, m]
            step[k], step[best] = step[best], step[k]
        for i in range(k + 1, 6):
            f = a[i, k] / a[k, k]
            for m in range(k, 6):
                a[i, m] -= f * a[k, m]
            step[i] -= f * step[k]
    for k in range(5, -1, -1):
        for m in range(k + 1, 6):
            step[k] -= a[k, m] * step[m]
        step[k] /= a[k, k]
    longest = np.abs(step).max()
    if longest > LONGEST_STEP_RAD:
        step *= LONGEST_STEP_RAD / longest


@_jit
def _newton_all(
    start: Any, effort: Any, tilt: Any, turn: Any, end_moment: Any, up: Any, down: Any, resting: Any, whole: bool,
    blend: float, bones: Any, muscles: Any,
) -> Any:  # fmt: skip
    """The steps of `equilibrium._newton`, one pattern after another."""
    count = len(start)
    found, steps = start.copy(), np.zeros(count, dtype=np.int16)
    work = _room(len(muscles[0]))
    moments, slopes, rest, rest_slopes = np.empty(6), np.empty((6, 6)), np.empty(6), np.empty((6, 6))
    step = np.empty(6)
    for n in range(count):
        angles = found[n].copy()
        damping = 0.0
        _unbalanced(
            angles, effort[n], tilt[n], turn[n], end_moment[n], up[n], down[n], resting[n], whole, blend, bones,
            muscles, True, work, moments, slopes,
        )  # fmt: skip
        for _ in range(STEPS):
            if np.abs(moments).max() <= CONVERGED_NM:
                break
            steps[n] += 1
            _solved(slopes, moments, damping, step)
            first = (moments * step).sum()
            part, taken = 1.0, False
            if first > 0.0:
                for _try in range(HALVINGS + 1):
                    trial = angles + part * step
                    _unbalanced(
                        trial, effort[n], tilt[n], turn[n], end_moment[n], up[n], down[n], resting[n], whole, blend,
                        bones, muscles, True, work, rest, rest_slopes,
                    )  # fmt: skip
                    less = (rest * rest).sum() < (1.0 - 0.1 * part) * (moments * moments).sum()
                    if less or (rest * step).sum() > -0.5 * first:
                        taken = True
                        break
                    part *= 0.5
            if taken:
                angles[:] = trial
                moments[:] = rest
                slopes[:] = rest_slopes
                damping = damping / DAMPING_DOWN if damping > DAMPING_LEAST else 0.0
            else:
                damping = max(damping * DAMPING_UP, DAMPING_LEAST)
        found[n] = angles
    return found, steps
