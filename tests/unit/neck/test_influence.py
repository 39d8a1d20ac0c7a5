"""Influence: the linear answer agrees with the posture itself, spreads, and marks what flips."""

import numpy as np
import pytest

from collis.errors import BadInput
from collis.knowledge.names import Muscle
from collis.neck.equilibrium import settle
from collis.neck.influence import influence, total
from collis.neck.muscle import ArmModel
from collis.neck.skeleton import Angle
from collis.side import Side
from tests.unit.neck.necks import NECK, controllers, turned_over

CONTROLS = controllers(60)
UPRIGHT = influence(NECK, np.zeros(6), controls=CONTROLS)
TURNED = np.radians([2, 3, 18, 2, 5, 12.0])


def test_a_small_drive_moves_the_head_as_the_influence_says():
    small = np.zeros((26, 2))
    group = NECK.groups.index("splenius_capitis")
    small[group, 0] = 1e-4
    for i, arms in enumerate(ArmModel):
        moved = np.degrees(settle(NECK, small, control=CONTROLS, arms=arms).angles) / 1e-3
        assert np.allclose(moved, UPRIGHT.draws[i, :, :, group, 0], rtol=2e-2, atol=1e-3)


def test_the_posture_of_rest_holds_for_every_controller():
    assert (UPRIGHT.held == 1.0).all()
    assert UPRIGHT.draws.shape == (2, 60, 6, 26, 2)


def test_the_spread_contains_its_median_and_is_no_single_guess():
    assert (UPRIGHT.low <= UPRIGHT.median).all()
    assert (UPRIGHT.median <= UPRIGHT.high).all()
    low, median, high, _ = UPRIGHT.of(Muscle.STERNOCLEIDOMASTOID, Side.RIGHT)
    turn = Angle.CAPUT_TURN_LEFT
    assert total(high, turn) > 1.2 * total(median, turn) > 0
    assert total(low, turn) < 0.8 * total(median, turn)


@pytest.mark.parametrize(
    "muscle", [Muscle.STERNOCLEIDOMASTOID, Muscle.SPLENIUS_CAPITIS, Muscle.LEVATOR_SCAPULAE]
)
def test_right_and_left_mirror_each_other_at_the_mirrored_posture(muscle):
    here = influence(NECK, TURNED, controls=CONTROLS).of(muscle, Side.RIGHT)
    there = influence(NECK, turned_over(TURNED), controls=CONTROLS).of(muscle, Side.LEFT)
    assert np.allclose(here[1], turned_over(there[1]))


def test_what_flips_between_the_arm_models_is_marked():
    turned = influence(NECK, np.radians([0, 0, 38, 0, 0, 27.0]), controls=CONTROLS)
    splenius = NECK.groups.index("splenius_capitis")
    yaw = Angle.COLLIS_TURN_LEFT
    exact, bounded = (np.nanmedian(turned.draws[i, :, yaw, splenius, 1]) for i in (0, 1))
    assert turned.flips[yaw, splenius, 1] == (np.sign(exact) != np.sign(bounded))
    assert turned.flips.any()
    assert not UPRIGHT.flips[:, splenius].any()


def test_a_muscle_outside_the_model_has_no_influence():
    assert not any(np.any(part) for part in UPRIGHT.of(Muscle.PLATYSMA, Side.LEFT))


def test_a_posture_that_cannot_hold_is_left_out_and_counted():
    hard = influence(NECK, np.zeros(6), controls=CONTROLS, drive=np.ones((26, 2)))
    assert (hard.held < 1.0).any()
    assert np.isnan(hard.draws).any() == (hard.held < 1.0).any()


def test_one_controller_is_no_ground_for_a_spread():
    with pytest.raises(BadInput, match="batch of controllers"):
        influence(NECK, np.zeros(6), controls=CONTROLS.taking(0))
