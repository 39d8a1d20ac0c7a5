"""Trial arms under the model: placebo, dose, weeks, and the doubt shared by the rows of one trial."""

from dataclasses import dataclass

import numpy as np
import pytest

from collis.course.population import load_population
from collis.errors import BadInput
from collis.knowledge.load import load
from collis.trials.arms import changes, draw_arm, expected, normal_points, reach_mean

POPULATION = load_population(load())
ONA, RIMA, DAXI = "onabotulinumtoxinA", "rimabotulinumtoxinB", "daxibotulinumtoxinA"
WEEKS = np.array([0.0, 4.0, 8.0, 16.0])


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    trial: str = "A"
    product: str = ONA
    units: float | None = 150.0
    baseline: float | None = 44.0
    week: float = 4.0


def test_no_toxin_is_the_placebo_alone_whatever_the_product():
    rows = [Asked(product=product, units=0.0) for product in (ONA, RIMA, DAXI)]
    change, slope = changes(POPULATION, rows)
    assert np.ptp(change, axis=1).max() == 0
    assert change == pytest.approx(slope * POPULATION.placebo_amplitude[:, None])


def test_nothing_has_changed_on_the_day_of_the_injection():
    mean, _ = expected(POPULATION, [Asked(week=0.0), Asked(week=0.0, units=0.0)])
    assert mean == pytest.approx([0.0, 0.0], abs=1e-9)


def test_more_toxin_never_gains_less():
    doses, weeks = (0.0, 50.0, 150.0, 300.0, 600.0), (2.0, 4.0, 12.0, 20.0)
    change, _ = changes(POPULATION, [Asked(units=units, week=week) for week in weeks for units in doses])
    steps = np.diff(change.reshape(POPULATION.count, len(weeks), len(doses)), axis=2)
    assert steps.max() <= 1e-12


def test_rows_of_one_trial_share_its_placebo_and_rows_of_two_do_not():
    _, together = expected(POPULATION, [Asked(units=0.0), Asked(units=0.0, week=8.0)])
    _, apart = expected(POPULATION, [Asked(units=0.0), Asked(units=0.0, week=8.0, trial="B")])
    assert together[0, 1] > apart[0, 1] + 0.1
    assert together[0, 0] == pytest.approx(apart[0, 0])
    assert np.linalg.eigvalsh(together)[0] > 0


def test_a_row_without_baseline_takes_that_of_the_population():
    mean, _ = expected(
        POPULATION, [Asked(baseline=None), Asked(baseline=float(POPULATION.baseline_mean.mean()))]
    )
    assert mean[0] == pytest.approx(mean[1], abs=0.05)


def test_an_arm_without_a_single_dose_is_refused():
    with pytest.raises(BadInput, match="one dose"):
        expected(POPULATION, [Asked(units=None)])


def test_drawn_people_have_the_mean_change_that_is_expected():
    for units in (0.0, 10_000.0):
        drawn = draw_arm(POPULATION, RIMA, units, 44.0, 9.0, WEEKS, 40_000, 5, 0.1)
        change = (drawn - drawn[:, :1]).mean(axis=0)[1:]
        rows = [Asked(product=RIMA, units=units, week=float(week)) for week in WEEKS[1:]]
        mean, _ = expected(POPULATION.in_study(0.1), rows)
        assert change == pytest.approx(mean, abs=0.25)


def test_the_same_seed_draws_the_same_people():
    first, again = (draw_arm(POPULATION, ONA, 150.0, 44.0, 9.0, WEEKS, 200, 5) for _ in range(2))
    assert np.array_equal(first, again)
    assert first.min() >= 0
    assert first.max() <= POPULATION.highest


@pytest.mark.parametrize("count", [3, 5, 9, 21])
def test_the_quadrature_has_the_moments_of_a_standard_normal(count):
    nodes, weights = normal_points(count)
    assert (weights.sum(), weights @ nodes, weights @ nodes**2) == pytest.approx((1.0, 0.0, 1.0), abs=0.02)


def test_the_mean_reach_is_that_of_many_drawn_people():
    location, sd = np.array([-1.3]), np.array([1.5])
    drawn = 1.0 / (1.0 + np.exp(-(location + sd * np.random.default_rng(2).standard_normal(400_000))))
    assert reach_mean(location, sd)[0] == pytest.approx(drawn.mean(), abs=0.002)
