"""From muscles of the clinic to groups of the model, and what a posture becomes when chosen muscles are weaker.

A model of mechanics, not of toxin: it takes the share of strength that is left and asks nothing about doses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from collis.errors import BadInput
from collis.knowledge.names import Muscle, MuscleSide
from collis.neck.controller import Controller
from collis.neck.equilibrium import Equilibrium, Solver, settle
from collis.neck.formulas import Array
from collis.neck.muscle import ArmModel
from collis.neck.skeleton import SIDES, Angle, Neck


def by_group(neck: Neck, shares: Mapping[MuscleSide, float], *, rest: float = 0.0) -> Array:
    """Shares of muscle-sides as [group, side], `rest` for all others: drive (rest 0) or strength left (rest 1).

    A muscle that is several groups gives its share to each. Raises `BadInput` for a muscle the model lacks and for a
    share outside 0 to 1.
    """
    found = np.full((len(neck.groups), 2), rest)
    for where, share in shares.items():
        groups = neck.muscle_groups[where.muscle]
        if not groups:
            raise BadInput(
                where=str(where),
                read="a muscle the model of the neck does not have",
                expected=f"one of {', '.join(m.value for m, g in neck.muscle_groups.items() if g)}",
            )
        if not 0.0 <= share <= 1.0:
            raise BadInput(where=str(where), read=f"{share:g}", expected="a share of 0 to 1")
        found[list(groups), SIDES.index(where.side)] = share
    return found


def in_model(neck: Neck, muscle: Muscle) -> bool:
    """Whether the model has a muscle."""
    return bool(neck.muscle_groups[muscle])


@dataclass(frozen=True, kw_only=True, eq=False)
class Weakening:
    """A posture with full and with reduced strength."""

    before: Equilibrium
    after: Equilibrium

    @property
    def change_deg(self) -> Array:
        """After minus before: [..., angle] degrees."""
        return np.degrees(self.after.angles - self.before.angles)


def weaken(
    neck: Neck,
    drive: Array,
    strength_left: Array,
    *,
    control: Controller,
    arms: ArmModel,
    solver: Solver | None = None,
) -> Weakening:
    """The posture of `drive` [..., group, side] before and after strength falls to `strength_left`, drive unchanged.

    The second search starts from the first posture. With all strength left both are the same.
    """
    before = settle(neck, drive, control=control, arms=arms, solver=solver)
    after = settle(
        neck,
        drive,
        control=control,
        arms=arms,
        strength_left=strength_left,
        start=before.angles,
        solver=solver,
    )
    return Weakening(before=before, after=after)


def extensor_groups(neck: Neck) -> tuple[int, ...]:
    """Groups that, at neutral, pull both regions together into extension."""
    pull = neck.strength[:, None] * neck.neutral_arms[:, [Angle.CAPUT_EXTENSION, Angle.COLLIS_EXTENSION]]
    summed = np.zeros(len(neck.groups))
    np.add.at(summed, neck.unit_group, pull.sum(axis=1))
    return tuple(int(i) for i in np.flatnonzero(summed > 0.0))


def head_drop_deg(neck: Neck, left: float, *, control: Controller, arms: ArmModel) -> Array:
    """How far the head sinks forward when all extensors of both sides keep `left` of their strength: [...] degrees.

    Nobody turns the drive up in this model, so that it shows the direction and an order of size, no more.
    """
    if not 0.0 <= left <= 1.0:
        raise BadInput(where="left", read=f"{left:g}", expected="a share of 0 to 1")
    strength = np.ones((len(neck.groups), 2))
    strength[list(extensor_groups(neck))] = left
    rest = settle(neck, np.zeros_like(strength), control=control, arms=arms, strength_left=strength)
    return -np.degrees(rest.angles[..., Angle.CAPUT_EXTENSION] + rest.angles[..., Angle.COLLIS_EXTENSION])
