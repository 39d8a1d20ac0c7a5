"""Bones and paths: the published model at neutral, derivatives, the mirror, scaling."""

import json
from pathlib import Path

import numpy as np
import pytest

from collis.errors import BadInput
from collis.neck.skeleton import Build, Sex, build_neck, lengths, moment_arms, path_points, points_on, pose
from tests.unit.neck.necks import FIGURES, NECK, postures, turned_over

REFERENCE = json.loads((Path(__file__).parents[2] / "fixtures" / "neck_reference.json").read_text("utf-8"))[
    "muscles"
]
UPRIGHT = np.zeros(6)


def test_the_reference_names_all_36_units():
    assert set(REFERENCE) == set(NECK.units)
    assert len(NECK.units) == 36
    assert len(NECK.groups) == 26


def test_neutral_lengths_are_those_of_the_published_model_within_a_micrometre():
    published = np.array([REFERENCE[unit]["length"] for unit in NECK.units])
    assert np.abs(lengths(NECK, UPRIGHT)[:, 0] - published).max() < 1e-6


def test_neutral_arms_are_those_of_the_published_model_within_ten_micrometres():
    published = np.array([REFERENCE[unit]["arms"] for unit in NECK.units])
    assert np.abs(moment_arms(NECK, UPRIGHT)[:, 0] - published).max() < 1e-5


def test_neutral_fibres_are_as_long_as_in_the_published_model():
    published = np.array([REFERENCE[unit]["fibre_ratio"] for unit in NECK.units])
    along = lengths(NECK, UPRIGHT)[:, 0] - NECK.tendon
    assert (
        np.abs(np.hypot(along, NECK.thickness) / NECK.fibre - published).max() < 6e-4
    )  # printed to four digits


def test_arms_are_minus_the_derivative_of_lengths():
    at, h = postures(20), 1e-6
    slopes = [(lengths(NECK, at + h * e) - lengths(NECK, at - h * e)) / (2 * h) for e in np.eye(6)]
    assert np.abs(-np.stack(slopes, axis=-1) - moment_arms(NECK, at)).max() < 1e-8


def test_the_left_is_the_mirrored_right_to_the_last_bit():
    at = postures(50)
    assert (lengths(NECK, at) == lengths(NECK, turned_over(at))[..., ::-1]).all()
    assert (moment_arms(NECK, at) == turned_over(moment_arms(NECK, turned_over(at))[..., ::-1, :])).all()
    flip = np.array([1.0, 1.0, -1.0])
    assert (path_points(NECK, at) == path_points(NECK, turned_over(at))[:, ::-1] * flip).all()


def test_lengths_follow_from_the_points_of_each_path():
    at = postures(5)
    points, long = path_points(NECK, at), lengths(NECK, at)
    for unit in range(36):
        steps = np.diff(points[:, :, NECK.path(unit)], axis=-2)
        assert np.allclose(np.linalg.norm(steps, axis=-1).sum(axis=-1), long[:, unit])


def test_a_turn_to_the_left_brings_the_nose_to_the_patients_left_and_a_right_tilt_the_right_ear_down():
    left = pose(NECK, np.array([0, 0, 0.5, 0, 0, 0.4]))
    assert points_on(NECK, left, "skull", np.array([[0.1, 0.0, 0.0]]))[0, 2] < -0.03  # z is to the RIGHT
    tilted = pose(NECK, np.array([0, 0.1, 0, 0, 0.4, 0]))
    right, other = points_on(NECK, tilted, "skull", np.array([[0, 0, 0.07], [0, 0, -0.07]]))
    assert right[1] < other[1]
    back = pose(NECK, np.array([0.3, 0, 0, 0.5, 0, 0]))
    nose, occiput = points_on(NECK, back, "skull", np.array([[0.1, 0, 0], [-0.1, 0, 0]]))
    assert nose[1] > occiput[1]


def test_bones_stay_rigid():
    turn = pose(NECK, postures(20)).turn
    assert np.allclose(turn @ np.swapaxes(turn, -1, -2), np.eye(3))


@pytest.mark.parametrize("size", [0.9, 1.1])
def test_another_size_scales_lengths_forces_and_masses_by_similarity(size):
    other = build_neck(FIGURES, Build(size=size))
    at = postures(3)
    assert np.allclose(lengths(other, at), size * lengths(NECK, at))
    assert np.allclose(other.strength, size**2 * NECK.strength)
    assert np.allclose(other.mass, size**3 * NECK.mass)


def test_a_womans_muscles_pull_less_and_the_note_says_whose_strength_it_is():
    woman = build_neck(FIGURES, Build(sex=Sex.FEMALE))
    assert np.allclose(woman.strength, 0.74 * NECK.strength)
    assert "a man's in the published model" in NECK.build.note
    assert "a woman's, scaled from a man's" in woman.build.note


def test_an_older_neck_moves_less_and_extension_suffers_most():
    old = build_neck(FIGURES, Build(age_years=80))
    assert old.high / NECK.high == pytest.approx([0.68, 0.78, 0.75] * 2)
    assert old.low / NECK.low == pytest.approx([0.88, 0.78, 0.75] * 2)


@pytest.mark.parametrize("build", [Build(size=0.5), Build(age_years=12), Build(age_years=110)])
def test_a_build_that_nothing_supports_is_refused(build):
    with pytest.raises(BadInput):
        build_neck(FIGURES, build)


def test_five_angles_and_an_unknown_bone_are_refused():
    with pytest.raises(BadInput, match="six angles"):
        lengths(NECK, np.zeros(5))
    with pytest.raises(BadInput, match="C7"):
        points_on(NECK, pose(NECK, UPRIGHT), "jaw", np.zeros((1, 3)))
