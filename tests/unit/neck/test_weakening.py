"""Weaker muscles: nothing lost is nothing changed, agonists lose their angle, extensors let the head sink."""

from itertools import pairwise

import numpy as np
import pytest

from collis.errors import BadInput
from collis.knowledge.names import Muscle, MuscleSide
from collis.neck.equilibrium import settle
from collis.neck.muscle import ArmModel
from collis.neck.weakening import by_group, extensor_groups, head_drop_deg, in_model, weaken
from collis.side import Side
from tests.unit.neck.necks import FIGURES, MIDDLE, NECK, controllers, driven, drives, swapped, turned_over

BOTH = pytest.mark.parametrize("arms", ArmModel)
TRIPLE = (
    ("sternocleidomastoid", "right"),
    ("splenius_capitis", "left"),
    ("obliquus_capitis_inferior", "left"),
)


@BOTH
def test_no_weakening_is_the_same_posture_bit_for_bit(arms):
    control, pattern = controllers(20), drives(20)
    plain = settle(NECK, pattern, control=control, arms=arms)
    same = settle(NECK, pattern, control=control, arms=arms, strength_left=np.ones((26, 2)))
    assert (plain.angles == same.angles).all()
    both = weaken(NECK, pattern, np.ones((26, 2)), control=control, arms=arms)
    assert np.abs(both.change_deg).max() < 1e-6


@pytest.mark.parametrize("muscle", [m for m in Muscle if m is not Muscle.PLATYSMA])
def test_a_weaker_muscle_never_deflects_more_with_bounded_arms(muscle):
    groups = list(NECK.muscle_groups[muscle])
    levels = np.linspace(1, 0, 6)
    left = np.ones((6, 26, 2))
    left[:, groups, 0] = levels[:, None]
    for share in (0.2, 0.6):
        drive = by_group(NECK, {MuscleSide(muscle, Side.RIGHT): share})
        angles = np.degrees(
            settle(NECK, drive, control=MIDDLE, arms=ArmModel.BOUNDED, strength_left=left).angles
        )
        seen = np.concatenate([angles, angles[:, :3] + angles[:, 3:]], axis=1)
        for way in seen.T[np.abs(seen[0]) >= 1.0]:
            assert np.diff(np.sign(way[0]) * way).max() <= 1e-6


@BOTH
def test_weakening_all_three_turners_turns_the_head_back_a_part(arms):
    left = by_group(NECK, {MuscleSide(Muscle(m), Side(s)): 0.4 for m, s in TRIPLE}, rest=1.0)
    both = weaken(NECK, driven(0.4, *TRIPLE), left, control=MIDDLE, arms=arms)
    before, after = (np.degrees(e.angles[2] + e.angles[5]) for e in (both.before, both.after))
    assert 25 < before < 65
    assert 0.6 * before < after < 0.95 * before  # it saturates; see docs/neck.md


@BOTH
def test_the_head_sinks_forward_the_weaker_its_extensors(arms):
    drops = [
        float(head_drop_deg(NECK, left, control=MIDDLE, arms=arms)) for left in (1.0, 0.7, 0.5, 0.3, 0.1)
    ]
    assert drops[0] == pytest.approx(0, abs=1e-9)
    assert all(b > a for a, b in pairwise(drops))
    assert 5 < drops[2] < 20


def test_extensors_are_the_muscles_of_the_back_of_the_neck():
    names = {NECK.groups[i] for i in extensor_groups(NECK)}
    assert {"splenius_capitis", "semispinalis_capitis", "semispinalis_cervicis", "levator_scapulae"} <= names
    assert not names & {"sternocleidomastoid", "longus_colli", "longus_capitis", "sternohyoid"}


@BOTH
def test_mirrored_weakening_gives_the_mirrored_posture(arms):
    left = np.random.default_rng(5).uniform(0.2, 1, (20, 26, 2))
    here = settle(NECK, drives(20), control=controllers(20), arms=arms, strength_left=left)
    there = settle(NECK, swapped(drives(20)), control=controllers(20), arms=arms, strength_left=swapped(left))
    assert np.abs(here.angles - turned_over(there.angles)).max() < 1e-12


def test_a_muscle_the_model_lacks_is_refused_by_name():
    assert not in_model(NECK, Muscle.PLATYSMA)
    with pytest.raises(BadInput, match="platysma LEFT"):
        by_group(NECK, {MuscleSide(Muscle.PLATYSMA, Side.LEFT): 0.5})
    with pytest.raises(BadInput, match="0 to 1"):
        by_group(NECK, {MuscleSide(Muscle.LONGUS_COLLI, Side.LEFT): 1.5})


def test_muscles_and_groups_without_partner_are_named():
    assert FIGURES.without_group == (Muscle.PLATYSMA,)
    assert set(FIGURES.without_muscle) == {"iliocostalis_cervicis", "rectus_capitis_posterior_minor"}
    mapped = {g for groups in FIGURES.groups_of.values() for g in groups}
    assert mapped | set(FIGURES.without_muscle) == set(FIGURES.groups)
