"""The neck beside published figures: citation, tolerance, and where the model misses, the miss.

A miss is asserted as it is, so that a change of the model that mends it is noticed and docs/neck.md is changed with it.
"""

import numpy as np
import pytest

from collis.neck.equilibrium import settle
from collis.neck.muscle import ArmModel
from collis.neck.skeleton import Angle, moment_arms
from studies.neck import PUBLISHED_NM, strength_nm
from tests.unit.neck.necks import MIDDLE, NECK, driven

LOW, HIGH = np.degrees(NECK.low), np.degrees(NECK.high)
HYOID = {"digastric", "geniohyoid", "mylohyoid", "stylohyoid", "sternohyoid", "sternothyroid", "omohyoid"}
STRENGTH = strength_nm(NECK)


@pytest.mark.parametrize("direction", PUBLISHED_NM)
def test_strength_lies_within_one_standard_deviation(direction):
    """Vasavada, Li, Delp 2001, Spine 26:1904, men. Not independent: the model was scaled to these data."""
    mean, deviation = PUBLISHED_NM[direction]
    assert abs(STRENGTH[direction] - mean) <= deviation


@pytest.mark.parametrize(
    ("direction", "mean", "deviation", "hits"),
    [("flexion", 30, 6, True), ("extension", 51, 11, True), ("tilt", 32, 9, False), ("turn", 13, 5, True)],
)
def test_strength_against_a_second_group_of_men(direction, mean, deviation, hits):
    """17 directions, 9 men, 2014. Tilt is missed: 42 Nm, a little more than one standard deviation above."""
    assert (abs(STRENGTH[direction] - mean) <= deviation) == hits


def test_the_range_of_one_sided_turn_and_its_share():
    """Dual fluoroscopy of 8 women, 2021: 55.5 ± 10.8 degrees, C0-C2 39.7 ± 9.6 (71 %), C2-T1 10.0 ± 3.7.

    Total and C0-C2 hit. Misses: C2-T1 turns 27 degrees here, so C0-C2 has 58 % of the turn; the share is a fixed
    coupling of the source, near the half of the textbooks.
    """
    caput, collis = HIGH[Angle.CAPUT_TURN_LEFT], HIGH[Angle.COLLIS_TURN_LEFT]
    assert abs(caput + collis - 55.5) <= 10.8
    assert abs(caput - 39.7) <= 9.6
    assert collis == pytest.approx(27)
    assert not abs(collis - 10.0) <= 3.7
    assert caput / (caput + collis) == pytest.approx(0.585, abs=0.005)


@pytest.mark.parametrize(
    ("what", "model", "usual", "within"),
    [("flexion", 49, 45, 10), ("extension", 72, 45, 10), ("tilt", 39, 45, 10), ("turn", 65, 60, 10)],
)
def test_the_whole_range_of_motion(what, model, usual, within):
    """The usual teaching figures (AAOS, recalled). Extension is missed: 72 degrees in the model."""
    whole = {
        "flexion": -(LOW[Angle.CAPUT_EXTENSION] + LOW[Angle.COLLIS_EXTENSION]),
        "extension": HIGH[Angle.CAPUT_EXTENSION] + HIGH[Angle.COLLIS_EXTENSION],
        "tilt": HIGH[Angle.CAPUT_TILT_RIGHT] + HIGH[Angle.COLLIS_TILT_RIGHT],
        "turn": HIGH[Angle.CAPUT_TURN_LEFT] + HIGH[Angle.COLLIS_TURN_LEFT],
    }[what]
    assert whole == pytest.approx(model)
    assert (abs(whole - usual) > within) == (what == "extension")


@pytest.mark.parametrize(
    ("joint", "published", "hits"), [("C0-C1 extension", 20.2, False), ("C1-C2 flexion", 12.3, False)]
)
def test_the_upper_joints_against_cadavers(joint, published, hits):
    """Panjabi 2001, Spine, 16 specimens under pure moments. Both are missed: 13.3 and 7.1 degrees here."""
    found = {
        "C0-C1 extension": HIGH[Angle.CAPUT_EXTENSION] * NECK.share[7, 0],
        "C1-C2 flexion": -LOW[Angle.CAPUT_EXTENSION] * NECK.share[6, 0],
    }[joint]
    assert (abs(found - published) <= 0.25 * published) == hits


def largest(sign: int, *angles: Angle) -> list[str]:
    """Units by their neutral arms, largest first; hyoid muscles aside."""
    arms = sign * NECK.neutral_arms[:, list(angles)].sum(axis=1)
    ranked = sorted(range(36), key=lambda u: -arms[u])
    return [NECK.groups[NECK.unit_group[u]] for u in ranked if NECK.groups[NECK.unit_group[u]] not in HYOID]


def test_the_largest_arms_are_those_of_the_published_rank_order():
    """Vasavada, Li, Delp 1998, Spine 23:412, rank order at neutral; C2-T1 for flexion and tilt."""
    assert largest(-1, Angle.COLLIS_EXTENSION)[:2] == ["sternocleidomastoid"] * 2
    assert largest(1, Angle.CAPUT_TILT_RIGHT)[:3] == ["sternocleidomastoid"] * 3
    assert set(largest(1, Angle.COLLIS_TILT_RIGHT)[:3]) == {"sternocleidomastoid", "trapezius_upper"}
    extension = largest(1, Angle.CAPUT_EXTENSION, Angle.COLLIS_EXTENSION)
    assert set(extension[:4]) == {"semispinalis_capitis", "splenius_capitis"}
    turn = largest(1, Angle.CAPUT_TURN_LEFT, Angle.COLLIS_TURN_LEFT)
    assert turn[0] == "trapezius_upper"


@pytest.mark.parametrize("arms", ArmModel)
def test_the_share_of_the_caput_in_a_dystonic_turn(arms):
    """Between the half of the textbooks and 71 % (fluoroscopy 2021): about half here, at the low end."""
    found = settle(
        NECK,
        driven(0.2, ("sternocleidomastoid", "right"), ("splenius_capitis", "left")),
        control=MIDDLE,
        arms=arms,
    )
    caput, collis = np.degrees(found.angles[[Angle.CAPUT_TURN_LEFT, Angle.COLLIS_TURN_LEFT]])
    assert 0.42 < caput / (caput + collis) < 0.60


def test_straight_paths_lose_the_turn_and_that_is_why_there_are_two_arm_models():
    """Splenius LEFT on a straight path pulls back at the end of a full left turn; wrapped muscles do not."""
    end = np.zeros(6)
    end[[Angle.CAPUT_TURN_LEFT, Angle.COLLIS_TURN_LEFT]] = NECK.high[
        [Angle.CAPUT_TURN_LEFT, Angle.COLLIS_TURN_LEFT]
    ]
    unit = NECK.units.index("splenius_capitis_thoracic")
    yaw = [Angle.CAPUT_TURN_LEFT, Angle.COLLIS_TURN_LEFT]
    assert (moment_arms(NECK, np.zeros(6))[unit, 1, yaw] > 0.015).all()
    assert (moment_arms(NECK, end)[unit, 1, yaw] < 0.0).any()
