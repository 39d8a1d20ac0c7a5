"""The search for a posture against SciPy's root finder, formulas against differences, compiled loops against NumPy."""

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import root

from collis.neck.balance import pose_problem, unbalanced
from collis.neck.equilibrium import newton
from collis.neck.formulas import delivered, joint_moment, tension, travel
from collis.neck.muscle import ArmModel
from tests.unit.neck.necks import NECK, controllers, drives

COUNT = 4
MUSCLE = {
    key: np.asarray(value)
    for key, value in (
        ("strength", 90.0), ("fibre", 0.07), ("tendon", 0.03), ("thickness", 0.008), ("spread", 0.45), ("fades", 0.4)
    )
}  # fmt: skip
ONE, HALF, BLEND = np.asarray(1.0), np.asarray(0.5), np.asarray(0.05)


@pytest.mark.parametrize("arms", ArmModel)
def test_newton_finds_the_root_scipy_finds(arms):
    problem, _ = pose_problem(NECK, 0.5 * drives(COUNT), control=controllers(COUNT), arms=arms)
    found, _ = newton(problem, np.zeros((6, COUNT)))
    for i in range(COUNT):
        own = problem.taking(slice(i, i + 1))
        answer = root(
            lambda q, own=own: unbalanced(own, q[:, None], change=False)[0][:, 0], found[:, i] + 0.02
        )
        assert answer.success
        assert np.abs(answer.x - found[:, i]).max() < 1e-7


@pytest.mark.parametrize("length", [0.02, 0.031, 0.05, 0.09, 0.1, 0.12])
def test_the_slope_of_tension_is_its_derivative(length):
    h = 1e-7
    there, back = (tension(np.asarray(length + s), **MUSCLE)[0] for s in (h, -h))
    assert tension(np.asarray(length), **MUSCLE)[1] == pytest.approx(
        (there - back) / (2 * h), rel=1e-5, abs=1e-3
    )


def test_a_slack_muscle_does_not_pull_and_a_muscle_of_best_length_pulls_with_its_strength():
    assert not any(tension(np.asarray(0.02), **MUSCLE))
    best = 0.03 + np.sqrt(0.07**2 - 0.008**2)
    assert tension(best, **MUSCLE)[0] == pytest.approx(90.0 * np.sqrt(1 - (0.008 / 0.07) ** 2))


@pytest.mark.parametrize("loss", [0.0, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("angle", [-0.6, 0.0, 0.3])
def test_what_an_angle_counts_for_is_the_integral_of_the_arm(angle, loss):
    def left(q: float) -> float:
        return float(travel(np.asarray(q), HALF, np.asarray(loss))[1])

    counted, share, slope = travel(np.asarray(angle), HALF, np.asarray(loss))
    assert counted == pytest.approx(quad(left, 0, angle)[0], rel=1e-6, abs=1e-12)
    h = 1e-6
    assert slope == pytest.approx((left(angle + h) - left(angle - h)) / (2 * h), abs=1e-6)
    assert left(0.5) == pytest.approx(1 - loss)
    assert 0 < share <= 1


@pytest.mark.parametrize("angle", [-0.5, -0.2, 0.0, 0.3, 0.9])
def test_the_joint_resists_with_its_springs_and_its_moment_at_the_end_of_range(angle):
    given = [np.asarray(x) for x in (4.0, -0.3, 0.6, 3.0, 5.0)]  # springs, range, moment at its end, power

    def moment(q: float) -> float:
        return float(joint_moment(np.asarray(q), *given)[0])

    h = 1e-6
    slope = joint_moment(np.asarray(angle), *given)[1]
    assert slope == pytest.approx((moment(angle + h) - moment(angle - h)) / (2 * h), abs=1e-6)
    assert moment(0.6) == pytest.approx(-(4.0 * 0.6 + 3.0))
    assert moment(-0.3) == pytest.approx(4.0 * 0.3 + 3.0)


def test_muscles_that_lost_nothing_meet_every_need():
    needs = np.linspace(-5, 5, 11)
    assert (delivered(needs, ONE, ONE, BLEND)[0] == needs).all()
    given = delivered(needs, HALF, ONE, BLEND)[0]
    assert given[-1] == pytest.approx(2.5, abs=1e-3)
    assert given[0] == pytest.approx(-5.0, abs=1e-3)


COMPARE = """
import numpy as np
from collis.neck import fast
from collis.neck.balance import pose_problem
from collis.neck.equilibrium import newton
from collis.neck.muscle import ArmModel
from tests.unit.neck.necks import NECK, controllers, drives
for left in (None, np.random.default_rng(1).uniform(0, 1, (2, 26, 2))):
    problem, _ = pose_problem(NECK, drives(2), control=controllers(2), arms=ArmModel.EXACT, strength_left=left)
    (a, m), (b, n) = newton(problem, np.zeros((6, 2))), fast.newton(problem, np.zeros((6, 2)))
    assert np.abs(a - b).max() < 1e-10, np.abs(a - b).max()
    assert (m == n).all()
try:
    fast.newton(pose_problem(NECK, drives(2), control=controllers(2), arms=ArmModel.BOUNDED)[0], np.zeros((6, 2)))
except Exception as error:
    assert "exact arms" in str(error)
else:
    raise AssertionError("bounded arms were taken")
"""


def test_the_loops_to_be_compiled_take_the_steps_numpy_takes():
    pytest.importorskip("numba")
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": "."}
    done = subprocess.run(
        [sys.executable, "-c", COMPARE], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_nothing_needs_numba():
    hidden = (
        "import sys; sys.modules['numba'] = None\n"
        "import numpy as np\n"
        "from tests.unit.neck.necks import MIDDLE, NECK, drives\n"
        "from collis.neck import equilibrium, influence, muscle, weakening, words\n"
        "found = equilibrium.settle(NECK, drives(1)[0], control=MIDDLE, arms=muscle.ArmModel.EXACT)\n"
        "assert found.settled\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", hidden],
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
