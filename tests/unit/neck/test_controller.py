"""The controller: drawn from its stated ranges, upright against gravity, and without it the neck buckles."""

from dataclasses import replace

import numpy as np
import pytest

from collis.errors import BadInput
from collis.neck.balance import pose_problem, unbalanced
from collis.neck.controller import (
    capacities,
    controller_moments,
    gravity_load,
    middle_controller,
    sampled_controllers,
)
from collis.neck.equilibrium import judge_stiffness
from collis.neck.formulas import Array
from collis.neck.loads import moments_of
from collis.neck.muscle import ArmModel
from collis.neck.skeleton import place_bones
from tests.unit.neck.necks import FIGURES, MIDDLE, NECK, controllers, postures, turned_over

NOTHING = np.zeros((26, 2))
FIELDS = {
    "tilt_stiffness": "tilt_stiffness",
    "turn_stiffness": "turn_stiffness",
    "tone": "tone",
    "end_moment": "end_range_moment",
    "arm_loss": "arm_loss",
    "strength": "strength_spread",
}


@pytest.mark.parametrize("field", FIELDS)
def test_every_figure_is_drawn_from_its_range_and_fills_it(field):
    low, high = (float(x) for x in FIGURES.control[FIELDS[field]].value)
    drawn = getattr(controllers(2000), field)
    assert low <= drawn.min() < low + 0.02 * (high - low)
    assert high - 0.02 * (high - low) < drawn.max() <= high
    assert getattr(MIDDLE, field) == pytest.approx((low + high) / 2)


def test_the_same_seed_draws_the_same_controllers():
    one, other = (sampled_controllers(FIGURES.control, 5, np.random.default_rng(4)) for _ in range(2))
    assert (one.tilt_stiffness == other.tilt_stiffness).all()


def test_every_guess_is_graded_as_assumed():
    assert {entry.grade for entry in FIGURES.control.values()} == {"assumed"}
    assert not any(entry.verified for entry in FIGURES.control.values())


@pytest.mark.parametrize("arms", ArmModel)
def test_without_muscles_that_hold_the_neck_buckles(arms):
    problem, _ = pose_problem(NECK, NOTHING, control=MIDDLE, arms=arms, strength_left=NOTHING)
    _, slopes = unbalanced(problem, np.zeros((6, 1)), change=True)
    assert judge_stiffness(slopes)[0] < -1.0
    held, _ = pose_problem(NECK, NOTHING, control=MIDDLE, arms=arms)
    assert judge_stiffness(unbalanced(held, np.zeros((6, 1)), change=True)[1])[0] > 1.0


def test_stiffness_is_referred_to_the_vertical_and_not_to_a_turned_neck():
    rigid = replace(MIDDLE, turn_stiffness=np.zeros(2), tilt_stiffness=np.array([10.0, 10.0]))
    turned = np.array([0, 0, 0.6, 0, 0, 0.4])[:, None]
    bones = place_bones(NECK, turned)
    moments, _ = controller_moments(NECK, bones.axes, bones.axis, turned, rigid.spread_to((1,)), change=False)
    assert np.abs(moments).max() < 1e-12  # a turned head is upright: nothing to resist


def test_gravity_pulls_an_upright_head_forward_and_never_sideways():
    bones = place_bones(NECK, np.zeros((6, 1)))
    weight = moments_of(NECK, bones, gravity_load(NECK, bones))[:, 0]
    assert weight[0] < 0
    assert weight[3] < 0
    assert np.abs(weight[[1, 2, 4, 5]]).max() < 1e-12


def test_gravity_is_the_slope_of_the_potential_of_the_weights():
    def height(angles: Array) -> float:
        bones = place_bones(NECK, angles[:, None])
        at = np.einsum("bi,bix...->bx...", NECK.centre, bones.axes) + bones.origin
        return float(NECK.gravity * (NECK.mass * at[:, 1, 0]).sum())

    at, h = postures(1)[0], 1e-6
    bones = place_bones(NECK, at[:, None])
    weight = moments_of(NECK, bones, gravity_load(NECK, bones))[:, 0]
    slope = [(height(at + h * e) - height(at - h * e)) / (2 * h) for e in np.eye(6)]
    assert np.abs(weight + slope).max() < 1e-7


def test_capacity_falls_with_strength_and_mirrors():
    up, down = capacities(NECK, np.ones((36, 2)))
    assert (up == 1).all()
    assert (down == 1).all()
    left = np.random.default_rng(0).uniform(0, 1, (36, 2))
    up, down = capacities(NECK, left)
    other_up, other_down = capacities(NECK, left[:, ::-1])
    tilt_and_turn = turned_over(np.ones(6)) < 0
    assert (np.where(tilt_and_turn, down, up) == other_up).all()
    assert (np.where(tilt_and_turn, up, down) == other_down).all()


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(BadInput, match="tilt_stiffness"):
        replace(MIDDLE, tilt_stiffness=np.zeros(3))
    with pytest.raises(BadInput, match="arm_loss"):
        replace(middle_controller(FIGURES.control), arm_loss=np.asarray(1.0))
