"""What is to be balanced: a neck, drives, controllers and strength as one value, and the moments left over.

Moments on each regional angle: muscles, joints, the controller, and gravity with what muscles give against it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from collis.errors import BadInput
from collis.neck.controller import Controller, capacities, controller_moments, held_moments, joint_moments
from collis.neck.formulas import Array
from collis.neck.muscle import ArmModel, activity, bounded_moments, exact_moments
from collis.neck.skeleton import Neck, place_bones, turn_bones


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """What is to be balanced: n patterns on one neck, batch axis last.

    `effort` [unit, side, n]: activity times what is left of strength; `control` with shape (n,); `up`, `down`
    [angle, n] capacities; `resting` [angle, n] Nm, the moment of tone at neutral; `whole`: no strength is lost.
    """

    neck: Neck
    arms: ArmModel
    effort: Array
    control: Controller
    up: Array
    down: Array
    resting: Array
    whole: bool

    @property
    def count(self) -> int:
        """How many patterns."""
        return int(self.effort.shape[-1])

    def taking(self, index: NDArray[np.intp] | slice) -> Problem:
        """Those patterns that an index names."""
        return replace(
            self,
            effort=self.effort[..., index],
            control=self.control.taking(index),
            up=self.up[:, index],
            down=self.down[:, index],
            resting=self.resting[:, index],
        )


def pose_problem(
    neck: Neck,
    drive: Array,
    *,
    control: Controller,
    arms: ArmModel,
    strength_left: Array | None = None,
) -> tuple[Problem, tuple[int, ...]]:
    """The problem of balancing `drive` [..., group, side], and the shape of its batch.

    `strength_left` [..., group, side] is the share of each group's strength that is left, 1 where None. Leading
    axes of drive, strength and controllers broadcast. Raises `BadInput` at shares outside 0 to 1.
    """
    left = (
        np.ones((len(neck.groups), 2))
        if strength_left is None
        else np.asarray(strength_left, dtype=np.float64)
    )
    if left.shape[-2:] != (len(neck.groups), 2) or not ((left >= 0).all() and (left <= 1).all()):
        raise BadInput(
            where="strength_left",
            read=f"shape {left.shape}, {left.min():g} to {left.max():g}",
            expected=f"{len(neck.groups)} groups by 2 sides at the end, shares of 0 to 1",
        )
    shape = np.broadcast_shapes(np.shape(drive)[:-2], left.shape[:-2], control.shape)
    every = control.spread_to(shape)
    flat = every.flat
    active = np.broadcast_to(activity(neck, drive, every.tone), (*shape, len(neck.units), 2))
    by_unit = np.broadcast_to(left[..., neck.unit_group, :], active.shape)
    up, down = capacities(neck, by_unit)
    effort = batch_last(active * by_unit * every.strength[..., None, None], 2)
    tone = np.broadcast_to((every.tone * every.strength)[..., None, None], active.shape)
    n = effort.shape[-1]
    neutral = _muscle_moments(neck, arms, np.zeros((6, n)), batch_last(tone, 2), flat.arm_loss, change=False)[
        0
    ]
    problem = Problem(
        neck=neck,
        arms=arms,
        effort=effort,
        control=flat,
        up=batch_last(up, 1),
        down=batch_last(down, 1),
        resting=neutral,
        whole=bool((left == 1.0).all()),
    )
    return problem, shape


def unbalanced(problem: Problem, angles: Array, *, change: bool) -> tuple[Array, Array]:
    """Moments left over at `angles` [angle, n], [angle, n] Nm, and their change by the angles [angle, angle, n]."""
    neck, control = problem.neck, problem.control
    pulled, pulled_change = _muscle_moments(
        neck, problem.arms, angles, problem.effort, control.arm_loss, change=change
    )
    joints, joint_slopes = joint_moments(neck, angles, control.end_moment.T)
    axes, axis = turn_bones(neck, angles)
    steered, steered_change = controller_moments(neck, axes, axis, angles, control, change=change)
    if problem.whole:  # all of gravity and tone is met: nothing of either is left
        moments = pulled + joints + steered - problem.resting
        if not change:
            return moments, np.empty(0)
        slopes = pulled_change + steered_change
    else:
        share = 0.5 * (problem.up + problem.down)
        held, held_change = held_moments(
            neck,
            place_bones(neck, angles),
            problem.resting,
            problem.up,
            problem.down,
            control.blend_nm,
            change=change,
        )
        moments = pulled + joints + share * steered + held
        if not change:
            return moments, np.empty(0)
        slopes = pulled_change + share[:, None] * steered_change + held_change
    slopes[range(6), range(6)] += joint_slopes
    return moments, slopes


def _muscle_moments(
    neck: Neck, arms: ArmModel, angles: Array, effort: Array, loss: Array, *, change: bool
) -> tuple[Array, Array]:
    match arms:
        case ArmModel.EXACT:
            return exact_moments(neck, angles, effort, change=change)
        case ArmModel.BOUNDED:
            return bounded_moments(neck, angles, effort, loss, change=change)
        case _:
            assert_never(arms)


def batch_last(values: Array, tail: int) -> Array:
    """Leading batch axes to one axis at the end, contiguous; the `tail` axes after them stay."""
    flat = np.asarray(values).reshape(-1, *np.shape(values)[np.ndim(values) - tail :])
    return np.ascontiguousarray(np.moveaxis(flat, 0, -1))
