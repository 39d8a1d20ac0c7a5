"""Postures: derivatives, signs of single muscles, the mirror, status as a value."""

from typing import Any

import numpy as np
import pytest

from collis.errors import BadInput
from collis.neck.balance import pose_problem, unbalanced
from collis.neck.equilibrium import (
    Equilibrium,
    Status,
    beyond_range,
    further_starts,
    newton,
    settle,
)
from collis.neck.formulas import Array
from collis.neck.muscle import ArmModel
from collis.neck.skeleton import Angle
from tests.unit.neck.necks import MIDDLE, NECK, controllers, driven, drives, postures, swapped, turned_over

BOTH = pytest.mark.parametrize("arms", ArmModel)
NOTHING = np.zeros((26, 2))


def settled(drive: Array, arms: ArmModel, **more: Any) -> Equilibrium:
    return settle(NECK, drive, control=MIDDLE, arms=arms, **more)


def totals(equilibrium: Equilibrium) -> Array:
    """Extension, tilt to the RIGHT, turn to the LEFT, caput and collis together, in degrees."""
    deg = np.degrees(equilibrium.angles)
    return np.asarray(deg[..., :3] + deg[..., 3:])


@BOTH
@pytest.mark.parametrize("weak", [False, True], ids=["whole", "weakened"])
def test_the_change_of_the_moments_is_their_derivative(arms, weak):
    left = np.random.default_rng(1).uniform(0, 1, (6, 26, 2)) if weak else None
    problem, _ = pose_problem(NECK, drives(6), control=controllers(6), arms=arms, strength_left=left)
    at, h = postures(6).T, 1e-6
    moments, slopes = unbalanced(problem, at, change=True)
    assert np.array_equal(moments, unbalanced(problem, at, change=False)[0])
    found = np.stack(
        [
            (unbalanced(problem, at + s, change=False)[0] - unbalanced(problem, at - s, change=False)[0])
            / (2 * h)
            for s in h * np.eye(6)[:, :, None]
        ],
        axis=1,
    )
    assert np.abs(found - slopes).max() < 1e-6 * np.abs(slopes).max()


@BOTH
def test_without_drive_the_head_is_upright_and_stays(arms):
    rest = settle(NECK, NOTHING, control=controllers(50), arms=arms)
    assert np.abs(rest.angles).max() < 1e-9
    assert (rest.status == Status.SETTLED).all()
    assert (rest.smallest_stiffness > 0).all()


@BOTH
def test_random_patterns_all_settle_within_the_tolerance(arms):
    found = settle(NECK, drives(150), control=controllers(150), arms=arms)
    assert found.settled.all()
    assert found.residual.max() < 1e-4


SIGNS: dict[str, tuple[Any, ...]] = {
    "SCM turns away, tilts to its side, flexes below and extends above": (
        driven(0.3, ("sternocleidomastoid", "right")), "turn > 5", "tilt > 5", "collis extension < -1", "extension < 0",
    ),
    "splenius capitis turns and tilts to its side and extends": (
        driven(0.3, ("splenius_capitis", "right")), "turn < -5", "tilt > 2", "extension > 5",
    ),
    "levator tilts to its side, extends, turns slightly to its side": (
        driven(0.3, ("levator_scapulae", "right")), "tilt > 2", "extension > 2", "turn < 0", "turn > -4",
    ),
    "scalenus medius tilts to its side": (driven(0.3, ("scalenus_medius", "right")), "tilt > 1"),
    "scalenus anterior tilts to its side": (driven(0.3, ("scalenus_anterior", "right")), "tilt > 1"),
    "scalenus posterior tilts to its side": (driven(0.3, ("scalenus_posterior", "right")), "tilt > 0.5"),
    "obliquus inferior turns to its side, above only": (
        driven(0.3, ("obliquus_capitis_inferior", "right")), "caput turn < -3", "abs(collis turn) < 1",
    ),
    "semispinalis of both sides extends and nothing else": (
        driven(0.3, ("semispinalis_capitis", "right"), ("semispinalis_capitis", "left")),
        "extension > 10", "abs(turn) < 1e-6", "abs(tilt) < 1e-6",
    ),
    "trapezius turns away": (driven(0.3, ("trapezius_upper", "right")), "turn > 5"),
}  # fmt: skip


@BOTH
@pytest.mark.parametrize("name", SIGNS)
def test_a_muscle_moves_the_head_its_way(name, arms):
    drive, *sayings = SIGNS[name]
    found = settled(drive, arms)
    deg = np.degrees(found.angles)
    extension, tilt, turn = totals(found)
    seen = {
        "caput turn": deg[Angle.CAPUT_TURN_LEFT],
        "collis turn": deg[Angle.COLLIS_TURN_LEFT],
        "collis extension": deg[Angle.COLLIS_EXTENSION],
        "extension": extension,
        "tilt": tilt,
        "turn": turn,
    }
    for saying in sayings:
        what, sign, bound = saying.rsplit(" ", 2)
        value = abs(seen[what[4:-1]]) if what.startswith("abs(") else seen[what]
        assert (value > float(bound)) if sign == ">" else (value < float(bound)), f"{saying}: {value:.2f}"


@BOTH
def test_what_does_not_reach_the_skull_hardly_moves_the_caput(arms):
    for muscle in ("levator_scapulae", "semispinalis_cervicis", "scalenus_medius"):
        deg = np.degrees(settled(driven(0.3, (muscle, "right")), arms).angles)
        assert np.abs(deg[:3]).max() < 0.25 * np.abs(deg[3:]).max()


@BOTH
def test_the_mirrored_pattern_takes_the_mirrored_posture(arms):
    control, pattern = controllers(40), drives(40)
    here = settle(NECK, pattern, control=control, arms=arms)
    there = settle(NECK, swapped(pattern), control=control, arms=arms)
    assert np.abs(here.angles - turned_over(there.angles)).max() < 1e-12
    assert (here.status == there.status).all()


@BOTH
def test_the_mirrored_pattern_leaves_the_mirrored_moments_to_the_last_bit(arms):
    control, pattern, at = controllers(16), drives(16), postures(16)
    problem, _ = pose_problem(NECK, pattern, control=control, arms=arms)
    other, _ = pose_problem(NECK, swapped(pattern), control=control, arms=arms)
    here = unbalanced(problem, at.T, change=False)[0].T
    there = unbalanced(other, turned_over(at).T, change=False)[0].T
    assert (here == turned_over(there)).all()


@BOTH
def test_a_batch_and_each_pattern_alone_give_the_same(arms):
    control, pattern = controllers(5), drives(5)
    together = settle(NECK, pattern, control=control, arms=arms)
    for i in range(5):
        alone = settle(NECK, pattern[i], control=control.taking(i), arms=arms)
        assert np.abs(alone.angles - together.angles[i]).max() < 1e-10
        assert alone.angles.shape == (6,)
        assert alone.muscles.shape == (36, 2, 6)


@BOTH
def test_the_moments_of_muscles_joints_and_controller_cancel(arms):
    drive = driven(0.3, ("sternocleidomastoid", "right"))
    found = settled(drive, arms)
    problem, _ = pose_problem(NECK, NOTHING, control=MIDDLE, arms=arms)
    problem = type(problem)(
        **{
            **{f: getattr(problem, f) for f in problem.__dataclass_fields__},
            "effort": np.zeros_like(problem.effort),
        }
    )
    rest = unbalanced(problem, found.angles[:, None], change=False)[0][:, 0]
    assert np.allclose(found.muscles.sum(axis=(0, 1)), -rest, atol=1e-7)


def test_angles_beyond_the_skeleton_are_reported_and_not_clipped():
    found = settled(driven(0.6, ("sternocleidomastoid", "right")), ArmModel.EXACT)
    tilt = np.degrees(found.angles[Angle.CAPUT_TILT_RIGHT])
    assert tilt > 6.0
    assert found.beyond[Angle.CAPUT_TILT_RIGHT]
    assert beyond_range(NECK, NECK.high * 1.01).all()
    assert not beyond_range(NECK, NECK.high).any()


def test_a_search_cut_short_is_a_status_and_no_exception(monkeypatch):
    monkeypatch.setattr("collis.neck.equilibrium.STEPS", 1)
    found = settled(driven(0.6, ("sternocleidomastoid", "right")), ArmModel.EXACT)
    assert found.status == Status.NOT_FOUND
    assert not found.settled
    assert found.residual > 1e-4
    assert "no balance" in Status(int(found.status)).words


def test_every_status_has_words():
    assert len({status.words for status in Status}) == 3


def test_a_pattern_with_two_postures_is_marked():
    found = settle(
        NECK,
        np.ones((40, 26, 2)),
        control=controllers(40, seed=2),
        arms=ArmModel.EXACT,
        look_for_several=True,
    )
    assert found.several.any()
    assert found.several.dtype == bool


def test_one_posture_is_not_marked():
    found = settled(driven(0.2, ("sternocleidomastoid", "right")), ArmModel.BOUNDED, look_for_several=True)
    assert not found.several


def test_further_starts_lie_within_range_and_are_their_own_mirror():
    starts = further_starts(NECK)
    assert starts.shape == (18, 6)
    assert not beyond_range(NECK, starts).any()
    assert {tuple(s) for s in starts.round(12) + 0.0} == {
        tuple(s) for s in turned_over(starts).round(12) + 0.0
    }


def test_drive_and_strength_outside_their_shares_are_refused():
    for pattern in (np.full((26, 2), 1.5), np.zeros((25, 2))):
        with pytest.raises(BadInput, match="drive"):
            settled(pattern, ArmModel.BOUNDED)
    with pytest.raises(BadInput, match="strength_left"):
        settled(NOTHING, ArmModel.BOUNDED, strength_left=np.full((26, 2), -0.1))


def test_newton_needs_few_steps_from_neutral():
    problem, _ = pose_problem(NECK, drives(64), control=controllers(64), arms=ArmModel.BOUNDED)
    assert newton(problem, np.zeros((6, 64)))[1].mean() < 10
