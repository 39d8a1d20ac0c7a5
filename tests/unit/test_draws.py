"""Drawn patients: joint draws stay joint, strata stay even, one draw is the median patient, visits scatter about."""

import numpy as np
import pytest

from collis.course.draws import Deck, draw_muscles, draw_response, draw_visits
from collis.course.parameters import RankedMuscle
from collis.course.population import load_population
from collis.errors import BadInput
from collis.knowledge.load import load
from collis.knowledge.names import Muscle
from collis.side import Side

KNOWLEDGE = load()
POPULATION = load_population(KNOWLEDGE)
ONA, DAXI = "onabotulinumtoxinA", "daxibotulinumtoxinA"
WEEKS = np.arange(0.0, 20.5, 0.5)
RANKED = tuple(
    RankedMuscle(muscle=muscle, side=Side.LEFT, probability=probability, share=share)
    for muscle, probability, share in (
        (Muscle.SPLENIUS_CAPITIS, 0.9, 0.5),
        (Muscle.LEVATOR_SCAPULAE, 0.5, 0.3),
        (Muscle.TRAPEZIUS_UPPER, 0.2, 0.2),
    )
)


def test_a_single_draw_is_the_median_patient_of_the_typical_population():
    one, typical = draw_response(KNOWLEDGE, draws=1, seed=1), POPULATION.typical()
    assert float(one.uptake[0]) == pytest.approx(float(typical.uptake[0]))
    assert float(one.half_life[DAXI][0]) == pytest.approx(float(typical.half_life_of(DAXI)[0]))
    assert float(one.session[0, 0]) == 1.0
    assert one.hill == POPULATION.hill == 1.5


def test_the_same_seed_gives_the_same_patients_and_another_seed_others():
    here, again = (draw_response(KNOWLEDGE, draws=50, seed=4, past_sessions=n) for n in (0, 2))
    assert np.array_equal(here.reach, again.reach)
    assert again.session.shape == (3, 50)
    assert not np.array_equal(here.reach, draw_response(KNOWLEDGE, draws=50, seed=5).reach)


def test_parameters_of_one_patient_come_from_one_joint_draw():
    drawn = draw_response(KNOWLEDGE, draws=POPULATION.count, seed=9)
    joint = {(float(u), float(lag)) for u, lag in zip(POPULATION.uptake, POPULATION.effect_lag, strict=True)}
    assert {(float(u), float(lag)) for u, lag in zip(drawn.uptake, drawn.effect_lag, strict=True)} == joint


def test_every_stored_draw_is_used_before_any_comes_again():
    rows = Deck(draws=2 * POPULATION.count, seed=3).rows(POPULATION.count)
    assert np.array_equal(np.bincount(rows), np.full(POPULATION.count, 2))


def test_products_of_one_family_share_their_half_life_and_a_patient_is_slow_with_all():
    drawn = draw_response(KNOWLEDGE, draws=400, seed=2)
    assert drawn.half_life[ONA] is drawn.half_life["incobotulinumtoxinA"]
    own = np.log(drawn.half_life[ONA]) + np.log(drawn.half_life[DAXI])
    assert float(own.std()) > float(np.log(drawn.half_life[ONA]).std())


def test_the_mean_reach_of_a_typical_plan_is_that_of_the_population():
    drawn = draw_response(KNOWLEDGE, draws=4000, seed=7)
    typical = drawn.reach * KNOWLEDGE.response.reach.reference_coverage.value
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    logit = POPULATION.reach_logit[:, None] + POPULATION.reach_patient_sd[:, None] * nodes
    expected = float(((1 / (1 + np.exp(-logit))) @ (weights / weights.sum())).mean())
    assert float(typical.mean()) == pytest.approx(expected, abs=0.015)


def test_no_draws_are_refused():
    with pytest.raises(BadInput, match="1 draw"):
        draw_response(KNOWLEDGE, draws=0, seed=1)


def test_drawn_shares_sum_to_one_and_keep_the_order_of_the_ranking():
    shares = draw_muscles(RANKED, draws=2000, seed=3)
    assert shares.share.sum(axis=1) == pytest.approx(np.ones(2000))
    assert shares.share.mean(axis=0) == pytest.approx([m.share for m in RANKED], abs=0.12)
    assert list(shares.share.mean(axis=0)) == sorted(shares.share.mean(axis=0), reverse=True)


def visits(expected: float, rated_ago: float | None, draws: int = 4000) -> np.ndarray:
    drawn = draw_response(KNOWLEDGE, draws=draws, seed=1)
    flat = np.full((draws, len(WEEKS)), expected)
    return draw_visits(drawn, flat, WEEKS, rated_ago=rated_ago, highest=85.0, seed=6)


def test_a_rating_of_today_is_what_today_reads():
    assert visits(40.0, 0.0)[:, 0] == pytest.approx(np.full(4000, 40.0))


def test_without_a_rating_a_visit_scatters_by_noise_and_standing_drift():
    sd = float(np.sqrt((POPULATION.noise_sd**2 + POPULATION.drift_sd**2).mean()))
    found = visits(40.0, None).std(axis=0)
    assert found == pytest.approx(np.full(len(WEEKS), sd), rel=0.08)


def test_after_a_rating_the_scatter_of_that_rating_is_carried_along():
    expected = float(np.sqrt((2 * POPULATION.noise_sd**2).mean()))
    assert float(visits(40.0, 0.0)[:, 1].std()) == pytest.approx(expected, rel=0.25)
    assert float(visits(40.0, 0.0)[:, -1].std()) > float(visits(40.0, 0.0)[:, 1].std())


def test_visits_stay_on_the_scale():
    assert visits(84.0, None).max() <= 85.0
    assert visits(1.0, None).min() >= 0.0


def test_a_single_draw_of_a_visit_is_the_expected_score():
    assert visits(40.0, None, draws=1) == pytest.approx(np.full((1, len(WEEKS)), 40.0))
