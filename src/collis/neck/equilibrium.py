"""The posture in which all moments balance: damped Newton with line search, many postures at once.

Moments balanced on each regional angle: muscles, joints, the controller, and gravity with what muscles give against
it. The result is a value; that a posture was not found, or would not hold, is its status and no exception. Angles are
never clipped: beyond the skeleton's range they are reported as beyond.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from collis.neck.balance import Problem, batch_last, pose_problem, unbalanced
from collis.neck.controller import Controller
from collis.neck.formulas import Array
from collis.neck.muscle import ArmModel, unit_moments
from collis.neck.skeleton import Neck

CONVERGED_NM = 1e-8
STEPS = 80
FIRST_TRIALS = 8
HALVINGS = 6
LONGEST_STEP_RAD = 0.35
NEAR_END = 0.8
PUSHES, PUSH_RAD, NO_SIDE_RAD = 3, 0.1, 1e-9
SAME_RAD = np.radians(0.5)
CHUNK = 512
DAMPING_LEAST, DAMPING_UP, DAMPING_DOWN = 0.25, 8.0, 6.0


class Status(IntEnum):
    """What came of looking for a posture."""

    SETTLED = 0
    UNSTABLE = 1
    NOT_FOUND = 2

    @property
    def words(self) -> str:
        """The same in words."""
        match self:
            case Status.SETTLED:
                return "a posture that holds"
            case Status.UNSTABLE:
                return "moments balance, but the posture would not hold"
            case Status.NOT_FOUND:
                return "no balance found"
            case _:
                assert_never(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class Equilibrium:
    """Postures, leading axes as the patterns were given.

    `angles` [..., angle] rad; `residual` [...] Nm, the largest moment left over; `smallest_stiffness` [...] Nm/rad,
    the smallest eigenvalue of the symmetric part of the stiffness (below 0 the posture would not hold); `muscles`
    [..., unit, side, angle] Nm; `status` [...] of `Status`; `beyond` [..., angle], outside the skeleton's range;
    `several` [...], other starts led to another posture that holds (all False where one start was tried);
    `steps` [...].
    """

    angles: Array
    residual: Array
    smallest_stiffness: Array
    muscles: Array
    status: NDArray[np.int8]
    beyond: NDArray[np.bool_]
    several: NDArray[np.bool_]
    steps: NDArray[np.int16]
    arms: ArmModel

    @property
    def settled(self) -> NDArray[np.bool_]:
        """Where a posture that holds was found."""
        return np.asarray(self.status == Status.SETTLED)


Solver: TypeAlias = Callable[[Problem, Array], tuple[Array, NDArray[np.int16]]]
"""From a problem and starts [angle, n] to angles [angle, n] and steps [n]: `newton` or its compiled twin."""


def settle(
    neck: Neck,
    drive: Array,
    *,
    control: Controller,
    arms: ArmModel,
    strength_left: Array | None = None,
    start: Array | None = None,
    look_for_several: bool = False,
    solver: Solver | None = None,
) -> Equilibrium:
    """The posture that dystonic `drive` [..., group, side] leads to from `start` [..., angle] (neutral where None).

    `strength_left` [..., group, side] is what toxin leaves of strength. `look_for_several` tries further starts near
    the ends of range and marks patterns that have another posture. `solver` is `newton` where None.
    """
    problem, shape = pose_problem(neck, drive, control=control, arms=arms, strength_left=strength_left)
    begin = (
        np.zeros((6, problem.count)) if start is None else batch_last(np.broadcast_to(start, (*shape, 6)), 1)
    )
    balance = solver or newton
    angles, steps = settled_from(problem, begin, balance)
    residual, smallest, status = judge(problem, angles)
    several = np.zeros(problem.count, dtype=bool)
    if look_for_several:
        several = other_postures(problem, angles, further_starts(neck).T, balance)
    at = np.moveaxis(angles, 0, -1).reshape(*shape, 6)
    effort = np.moveaxis(problem.effort, -1, 0).reshape(*shape, len(neck.units), 2)
    loss = problem.control.arm_loss.reshape(shape)
    return Equilibrium(
        angles=at,
        residual=residual.reshape(shape),
        smallest_stiffness=smallest.reshape(shape),
        muscles=unit_moments(neck, at, effort, arms=arms, loss=loss),
        status=status.reshape(shape),
        beyond=beyond_range(neck, at),
        several=several.reshape(shape),
        steps=steps.reshape(shape),
        arms=arms,
    )


def settled_from(problem: Problem, start: Array, solver: Solver) -> tuple[Array, NDArray[np.int16]]:
    """Angles and steps from `start`; where the balance found would not hold, it is left the way it gives.

    The push goes to the side the posture already lies on, so that the mirrored problem takes the mirrored push. A
    posture that lies on no side stays where it is and is judged unstable.
    """
    angles, steps = solver(problem, start)
    for _ in range(PUSHES):
        status = judge(problem, angles)[2]
        weak = np.flatnonzero(status == Status.UNSTABLE)
        if not weak.size:
            break
        own, at = problem.taking(weak), angles[:, weak]
        _, slopes = unbalanced(own, at, change=True)
        _, vectors = np.linalg.eigh(_symmetric(slopes))
        way = vectors[:, :, 0].T
        side = (way * at).sum(axis=0)
        pushed = at + PUSH_RAD * way * np.where(np.abs(side) > NO_SIDE_RAD, np.sign(side), 0.0)
        angles[:, weak], more = solver(own, pushed)
        steps[weak] += more
    return angles, steps


def other_postures(problem: Problem, angles: Array, starts: Array, solver: Solver) -> NDArray[np.bool_]:
    """Which of n patterns settle elsewhere than at `angles` [angle, n] from any of `starts` [angle, start]."""
    several = np.zeros(problem.count, dtype=bool)
    at_once = max(1, 8 * CHUNK // problem.count)
    for low in range(0, starts.shape[1], at_once):
        own = starts[:, low : low + at_once]
        every = np.tile(np.arange(problem.count), own.shape[1])
        tiled = problem.taking(every)
        others, _ = settled_from(tiled, np.repeat(own, problem.count, axis=1), solver)
        elsewhere = (judge(tiled, others)[2] == Status.SETTLED) & differs(others, angles[:, every])
        several |= elsewhere.reshape(own.shape[1], problem.count).any(axis=0)
    return several


def differs(angles: Array, others: Array) -> NDArray[np.bool_]:
    """Where two sets of angles [angle, n] are two postures."""
    return np.asarray(np.abs(angles - others).max(axis=0) > SAME_RAD)


def newton(problem: Problem, start: Array) -> tuple[Array, NDArray[np.int16]]:
    """Angles [angle, n] from `start` [angle, n], and the steps taken [n].

    In chunks that stay in the cache; the few that need many steps are finished together.
    """
    search = _Search(
        angles=start.copy(),
        damping=np.zeros(problem.count),
        part=np.ones(problem.count),
        steps=np.zeros(problem.count, dtype=np.int16),
        found=np.zeros(problem.count, dtype=bool),
    )
    for trials in (FIRST_TRIALS, STEPS * (HALVINGS + 1)):
        waiting = np.flatnonzero(~search.found)
        for low in range(0, waiting.size, CHUNK):
            _newton(problem, search, waiting[low : low + CHUNK], trials)
    return search.angles, search.steps


@dataclass(frozen=True, kw_only=True, eq=False)
class _Search:
    """How far each of n searches is; filled in place. `part` is the part of its step that is tried next."""

    angles: Array
    damping: Array
    part: Array
    steps: NDArray[np.int16]
    found: NDArray[np.bool_]


def _newton(problem: Problem, search: _Search, active: NDArray[np.intp], trials: int) -> None:
    """Takes the searches named by `active` at most `trials` trials further.

    A step is damped where the last one failed. The first of 1, 1/2, 1/4 ... of it that gains is taken, and gains
    means: less is left over, or the moments do work on the way, which leads down to a posture that holds where what
    is left over first has to grow.
    """
    own, at = problem.taking(active), search.angles[:, active]
    moments, slopes = unbalanced(own, at, change=True)
    for _ in range(trials):
        found = np.abs(moments).max(axis=0) <= CONVERGED_NM
        search.found[active[found]] = True
        keep = np.flatnonzero(~found & (search.steps[active] < STEPS))
        if not keep.size:
            return
        if keep.size < active.size:
            own, active, at = own.taking(keep), active[keep], at[:, keep]
            moments, slopes = moments[:, keep], slopes[..., keep]
        part, damping = search.part[active], search.damping[active]
        step = _step(slopes, moments, damping)
        trial = at + part * step
        rest, rest_slopes = unbalanced(own, trial, change=True)
        works = (moments * step).sum(axis=0)
        less = (rest * rest).sum(axis=0) < (1.0 - 0.1 * part) * (moments * moments).sum(axis=0)
        gains = (works > 0.0) & (less | ((rest * step).sum(axis=0) > -0.5 * works))
        if gains.all():
            at, moments, slopes = trial, rest, rest_slopes
        else:
            at, moments = np.where(gains, trial, at), np.where(gains, rest, moments)
            slopes = np.where(gains, rest_slopes, slopes)
        fails = ~gains & ((works <= 0.0) | (part < 1.5 * 0.5**HALVINGS))
        search.angles[:, active] = at
        search.steps[active] += gains | fails
        search.part[active] = np.where(gains | fails, 1.0, 0.5 * part)
        eased = np.where(damping > DAMPING_LEAST, damping / DAMPING_DOWN, 0.0)
        stiffer = np.maximum(damping * DAMPING_UP, DAMPING_LEAST)
        search.damping[active] = np.where(gains, eased, np.where(fails, stiffer, damping))


def _step(slopes: Array, moments: Array, damping: Array) -> Array:
    stiffness = -np.moveaxis(slopes, -1, 0)
    stiffness[:, range(6), range(6)] += damping[:, None] + 1e-9
    step = np.linalg.solve(stiffness, moments.T[..., None])[..., 0].T
    longest = np.abs(step).max(axis=0)
    return np.asarray(step * np.minimum(1.0, LONGEST_STEP_RAD / np.maximum(longest, 1e-300)))


def judge(problem: Problem, angles: Array) -> tuple[Array, Array, NDArray[np.int8]]:
    """Residual [n] Nm, smallest stiffness [n] Nm/rad and status [n] at `angles` [angle, n]."""
    residual, smallest = np.empty(problem.count), np.empty(problem.count)
    for low in range(0, problem.count, CHUNK):
        part = slice(low, low + CHUNK)
        moments, slopes = unbalanced(problem.taking(part), angles[:, part], change=True)
        residual[part] = np.abs(moments).max(axis=0)
        smallest[part] = judge_stiffness(slopes)
    status = np.where(
        ~(residual <= 1e4 * CONVERGED_NM),
        Status.NOT_FOUND,
        np.where(smallest > 0.0, Status.SETTLED, Status.UNSTABLE),
    ).astype(np.int8)
    return residual, smallest, status


def judge_stiffness(slopes: Array) -> Array:
    """The smallest eigenvalue of the symmetric part of the stiffness, [n] Nm/rad, of `slopes` [angle, angle, n]."""
    return np.asarray(np.linalg.eigvalsh(_symmetric(slopes))[:, 0])


def _symmetric(slopes: Array) -> Array:
    stiffness = -np.moveaxis(slopes, -1, 0)
    return np.asarray(0.5 * (stiffness + np.swapaxes(stiffness, 1, 2)))


def further_starts(neck: Neck) -> Array:
    """Starts near the ends of range: [18, angle].

    Each plane to either end, all three together to every corner, and shifts, caput and collis to opposite ends.
    """
    single = [way * np.eye(3)[plane] for plane in range(3) for way in (-1, 1)]
    corners = [np.array(ways) for ways in itertools.product((-1, 1), repeat=3)]
    shifts = [np.array([*ways, 0]) for ways in itertools.product((-1, 1), repeat=2)]
    caput = np.array([*single, *corners, *shifts])
    collis = np.array([*single, *corners, *(-shift for shift in shifts)])
    ways = np.concatenate([caput, collis], axis=1)
    return np.asarray(NEAR_END * (np.maximum(ways, 0) * neck.high + np.maximum(-ways, 0) * neck.low))


def beyond_range(neck: Neck, angles: Array) -> NDArray[np.bool_]:
    """Which of `angles` [..., angle] lie outside the range of the skeleton."""
    return np.asarray((angles < neck.low) | (angles > neck.high))
