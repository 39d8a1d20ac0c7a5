"""One person under the model: the likelihood of his ratings, and what they foretell."""

from collections.abc import Sequence

import numpy as np
import pytest

from collis.course.population import load_population
from collis.errors import BadInput
from collis.knowledge.load import load
from collis.toxin.timecourse import Array
from collis.trials.arms import draw_arm
from collis.trials.persons import COARSE, FINE, log_likelihood, predict_person

POPULATION = load_population(load()).in_study(0.12)
FEW = POPULATION.pick(list(range(40)))
RIMA = "rimabotulinumtoxinB"
WEEKS = np.array([0.0, 2.0, 4.0, 8.0, 12.0, 16.0])


def foretold(
    scores: Sequence[float],
    weeks: Sequence[float] = (0.0, 2.0, 4.0),
    wanted: Sequence[float] = (8.0, 12.0, 16.0),
    units: float = 10_000.0,
    draws: int = 4000,
) -> Array:
    return predict_person(
        FEW,
        product=RIMA,
        units=units,
        weeks_given=list(weeks),
        scores_given=list(scores),
        weeks_wanted=list(wanted),
        draws=draws,
        seed=4,
    )


def test_the_grid_is_fine_enough():
    scores = np.array([[50.0, 40.0, 38.0, 44.0, 47.0, 51.0], [44.0, 16.0, 10.0, 12.0, 20.0, 33.0]])
    coarse, fine = (
        log_likelihood(FEW, product=RIMA, units=10_000.0, weeks=WEEKS, scores=scores, grid=grid)
        for grid in (COARSE, FINE)
    )
    assert coarse == pytest.approx(fine, abs=1.0)
    assert np.abs(coarse - fine).mean() < 0.1


def test_the_likelihood_of_one_rating_is_that_of_drawn_people():
    one = POPULATION.typical().in_study(0.12)
    drawn = draw_arm(one, RIMA, 0.0, None, None, np.array([0.0]), 400_000, 8)[:, 0]
    for score in (35.0, 45.0, 55.0):
        density = np.mean(np.abs(drawn - score) < 0.5)
        found = log_likelihood(one, product=RIMA, units=0.0, weeks=np.zeros(1), scores=np.array([[score]]))
        # The level is log-normal when drawn and normal in the likelihood: a few percent of density.
        assert float(np.exp(found[0, 0])) == pytest.approx(density, rel=0.2)


def test_a_stranger_is_foretold_like_a_drawn_arm():
    own = foretold([], weeks=[], wanted=(4.0, 12.0), draws=20_000)
    arm = draw_arm(FEW, RIMA, 10_000.0, None, None, np.array([4.0, 12.0]), 40_000, 9, 0.12)
    assert own.mean(axis=0) == pytest.approx(arm.mean(axis=0), abs=0.5)
    assert own.std(axis=0) == pytest.approx(arm.std(axis=0), abs=0.5)


def test_a_high_rating_foretells_higher_ones():
    calm, hard = foretold([30.0, 22.0, 20.0]), foretold([60.0, 52.0, 50.0])
    assert (hard.mean(axis=0) - calm.mean(axis=0)).min() > 15


def test_who_answers_to_toxin_is_expected_to_lose_it_again():
    answered = foretold([50.0, 20.0, 20.0], wanted=(8.0, 16.0)).mean(axis=0)
    assert answered[1] > answered[0] + 5


def test_ratings_narrow_the_band():
    stranger = foretold([], weeks=[], wanted=(12.0,)).std()
    known = foretold([50.0, 40.0, 38.0], wanted=(12.0,)).std()
    assert known < 0.75 * stranger


def test_a_rating_already_seen_is_not_foretold_exactly_since_visits_scatter():
    again = foretold([50.0, 40.0, 38.0], wanted=(4.0,))
    assert again.std() > float(POPULATION.noise_sd.min())


def test_the_same_seed_foretells_the_same():
    assert np.array_equal(foretold([50.0, 40.0, 38.0]), foretold([50.0, 40.0, 38.0]))


def test_a_score_without_its_week_is_refused():
    with pytest.raises(BadInput, match="3 scores"):
        foretold([50.0, 40.0])


def test_bands_hold_what_they_promise_on_people_of_the_model():
    arm = draw_arm(FEW, RIMA, 5000.0, None, None, WEEKS, 200, 11, 0.12)
    inside = []
    for person in arm:
        drawn = foretold(person[:3], units=5000.0, draws=400)
        low, high = np.quantile(drawn, [0.1, 0.9], axis=0)
        inside.append((low <= person[3:]) & (person[3:] <= high))
    assert np.mean(inside) == pytest.approx(0.8, abs=0.06)
