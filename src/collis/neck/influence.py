"""How much each muscle group moves each angle at a posture: the linear answer, over controllers and arm models.

The controller is not known, so one answer would be a guess dressed as a result; what comes out is a spread. An entry
whose sign differs between straight and bounded arms is marked: nothing may be concluded from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collis.errors import BadInput
from collis.knowledge.names import Muscle
from collis.neck.balance import pose_problem, unbalanced
from collis.neck.controller import Controller
from collis.neck.equilibrium import judge_stiffness
from collis.neck.formulas import Array
from collis.neck.muscle import ArmModel, unit_moments
from collis.neck.skeleton import SIDES, Angle, Neck
from collis.side import Side

STEP = 0.1
"""The change of drive an influence is told for, of full activity."""

LEVELS = (0.05, 0.5, 0.95)
LEAST_DEG = 0.05
"""Smaller than this an influence has no sign worth comparing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Influence:
    """Degrees each angle moves when the drive of a group rises by a tenth of full activity.

    `draws` [arm model, sample, angle, group, side], not-a-number where the posture does not hold; `low`, `median`,
    `high` [angle, group, side] over both arm models; `flips` [angle, group, side], the medians of the two arm models
    disagree in sign; `held` [arm model], the share of samples in which the posture holds.
    """

    neck: Neck
    angles: Array
    draws: Array
    low: Array
    median: Array
    high: Array
    flips: NDArray[np.bool_]
    held: Array

    def of(self, muscle: Muscle, side: Side) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
        """Low, median, high and flips [angle] of one muscle, its groups driven alike; 0 for one not in the model."""
        own = list(self.neck.muscle_groups[muscle])
        if not own:
            return np.zeros(6), np.zeros(6), np.zeros(6), np.zeros(6, dtype=bool)
        low, median, high, flips = _summary(self.draws[..., own, SIDES.index(side)].sum(axis=-1))
        return low, median, high, flips


def influence(neck: Neck, angles: Array, *, controls: Controller, drive: Array | None = None) -> Influence:
    """The influence of every group at a posture `angles` [angle] in radians.

    `controls` is a batch of sampled controllers. `drive` [group, side] is what is active beside tone, if known: it
    changes stiffness. Raises `BadInput` where `controls` is no batch.
    """
    at = np.asarray(angles, dtype=np.float64)
    if at.shape != (6,) or len(controls.shape) != 1:
        raise BadInput(
            where="influence",
            read=f"angles of shape {at.shape}, controllers of shape {controls.shape}",
            expected="six angles and one batch of controllers",
        )
    active = np.zeros((len(neck.groups), 2)) if drive is None else drive
    draws = np.stack([_responses(neck, at, active, controls, arms) for arms in ArmModel])
    low, median, high, flips = _summary(draws)
    return Influence(
        neck=neck,
        angles=at,
        draws=draws,
        low=low,
        median=median,
        high=high,
        flips=flips,
        held=np.isfinite(draws[:, :, 0, 0, 0]).mean(axis=1),
    )


def _responses(neck: Neck, at: Array, drive: Array, controls: Controller, arms: ArmModel) -> Array:
    """[sample, angle, group, side] degrees for a tenth of full drive."""
    count = controls.shape[0]
    problem, _ = pose_problem(neck, drive, control=controls, arms=arms)
    _, slopes = unbalanced(problem, np.repeat(at[:, None], count, axis=1), change=True)
    full = np.broadcast_to(controls.strength[:, None, None], (count, len(neck.units), 2))
    by_unit = unit_moments(neck, np.broadcast_to(at, (count, 6)), full, arms=arms, loss=controls.arm_loss)
    by_group = np.zeros((len(neck.groups), count, 2, 6))
    np.add.at(by_group, neck.unit_group, np.moveaxis(by_unit, 1, 0))
    pushes = np.moveaxis(by_group, 0, 2).reshape(count, -1, 6)  # [sample, side x group, angle]
    moved = np.linalg.solve(-np.moveaxis(slopes, -1, 0), np.swapaxes(pushes, 1, 2))
    moved[judge_stiffness(slopes) <= 0.0] = np.nan
    sided = moved.reshape(count, 6, 2, len(neck.groups))
    return np.asarray(np.degrees(STEP * np.moveaxis(sided, 2, 3)))


def _summary(draws: Array) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
    """Quantiles over arm models and samples, and where the two arm models' medians differ in sign."""
    pooled = draws.reshape(-1, *draws.shape[2:])
    pooled = pooled[np.isfinite(pooled).reshape(len(pooled), -1).all(axis=1)]
    if not len(pooled):
        nothing = np.full(draws.shape[2:], np.nan)
        return nothing, nothing, nothing, np.ones(draws.shape[2:], dtype=bool)
    low, median, high = np.quantile(pooled, LEVELS, axis=0)
    medians = []
    for own in draws:
        held = own[np.isfinite(own).reshape(len(own), -1).all(axis=1)]
        medians.append(np.median(held, axis=0) if len(held) else np.full(own.shape[1:], np.nan))
    first, second = medians
    sizeable = (np.abs(first) >= LEAST_DEG) & (np.abs(second) >= LEAST_DEG)
    flips = (sizeable & (np.sign(first) != np.sign(second))) | ~np.isfinite(first + second)
    return low, median, high, flips


def total(values: Array, plane: Angle) -> Array:
    """Caput and collis together: `values` [angle, ...] summed over the two angles of a plane (its caput angle)."""
    return np.asarray(values[plane] + values[plane + 3])
