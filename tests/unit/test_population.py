"""The calibrated population: draws that belong together, and people drawn from them."""

from dataclasses import replace

import numpy as np
import pytest

from collis.course.outcome import drift_correlation, drift_path, rated
from collis.course.population import draw_people, drift_paths, load_population, session_factors, visit_noise
from collis.errors import BadInput, KnowledgeError
from collis.knowledge.load import DATA, load
from collis.knowledge.response import DecidedBy, Scale, read_draws

KNOWLEDGE = load()
RESPONSE = KNOWLEDGE.response
POPULATION = load_population(KNOWLEDGE)


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_every_fitted_parameter_has_its_draws_and_they_give_its_estimate():
    draws = POPULATION.by_name()
    for name, entry in RESPONSE.fitted.items():
        if name == "reach_mean":
            continue
        as_is = entry.scale in (Scale.PLAIN, Scale.DERIVED)
        centre = draws[name].mean() if as_is else np.exp(np.log(draws[name]).mean())
        assert centre == pytest.approx(float(entry.estimate.value), rel=1e-4), name


def test_the_draws_are_bound_to_the_parameters_by_their_hash():
    with pytest.raises(KnowledgeError, match="hash"):
        read_draws(DATA / "evidence", replace(RESPONSE.draws, sha256="0" * 64))


def test_nobody_can_write_to_the_draws():
    with pytest.raises(ValueError, match="read-only"):
        POPULATION.uptake[0] = 1.0


def test_a_parameter_says_whether_data_or_prior_decided_it():
    for entry in RESPONSE.fitted.values():
        if entry.sd is not None and entry.prior_sd is not None:
            narrowed = float(entry.sd.value) / float(entry.prior_sd.value)
            assert (entry.decided_by is DecidedBy.DATA) == (narrowed < 0.7), entry.name
    assert RESPONSE.fitted["half_life_daxi"].decided_by is DecidedBy.PRIOR
    assert RESPONSE.fitted["reach_mean"].decided_by is DecidedBy.DATA


def test_the_draws_keep_what_the_fit_joins():
    drawn = POPULATION
    together = np.corrcoef(np.log(drawn.half_dose_total), drawn.reach_logit)[0, 1]
    assert abs(together) > 0.15


def test_the_typical_draw_is_one_draw_in_the_middle():
    one = POPULATION.typical()
    assert one.count == 1
    assert POPULATION.noise_sd.min() < one.noise_sd[0] < POPULATION.noise_sd.max()


def test_a_product_without_parameters_is_refused():
    with pytest.raises(BadInput, match="response model"):
        POPULATION.half_life_of("letibotulinumtoxinA")


def test_people_repeat_with_the_seed_and_keep_within_the_scale():
    first, again = (draw_people(POPULATION, count=1000, generator=rng()) for _ in range(2))
    assert np.array_equal(first.reach, again.reach)
    assert (first.reach > 0).all()
    assert (first.reach < 1).all()
    assert first.baseline.max() <= POPULATION.highest


def test_an_arm_has_the_mean_and_spread_of_its_rated_baseline():
    people = draw_people(POPULATION, count=40_000, generator=rng(), baseline=44.0, baseline_sd=9.0)
    generator = rng()
    seen = people.baseline + drift_paths(POPULATION, people, np.array([0.0]), generator=generator)[:, 0]
    seen = seen + visit_noise(POPULATION, people, np.array([0.0]), generator=generator)[:, 0]
    assert seen.mean() == pytest.approx(44.0, abs=0.2)
    assert seen.std() == pytest.approx(9.0, abs=0.2)


def test_people_of_a_known_study_share_its_placebo_amplitude():
    calm = replace(POPULATION, placebo_patient_sd=np.zeros(POPULATION.count))
    people = draw_people(calm, count=1000, generator=rng(), study_placebo=0.2)
    assert np.allclose(people.placebo, 0.2)
    assert np.allclose(draw_people(calm.in_study(0.3), count=10, generator=rng()).placebo, 0.3)


def test_sessions_scatter_about_the_planned_dose():
    people = draw_people(POPULATION, count=20_000, generator=rng())
    factors = session_factors(POPULATION, people, sessions=2, generator=rng())
    assert factors.shape == (2, 20_000)
    assert np.median(factors) == pytest.approx(1.0, abs=0.02)


def test_drift_keeps_its_spread_and_forgets_at_its_rate():
    weeks = np.array([0.0, 1.0, 3.0, 12.0, 40.0])
    normals = np.random.default_rng(1).standard_normal((60_000, 5))
    path = drift_path(weeks, sd=4.0, scale_weeks=8.0, normals=normals)
    assert path.std(axis=0) == pytest.approx(np.full(5, 4.0), rel=0.02)
    found = np.corrcoef(path.T)
    assert found == pytest.approx(drift_correlation(weeks[:, None] - weeks, scale_weeks=8.0), abs=0.02)


def test_a_known_start_of_the_drift_fades_out_of_the_path():
    weeks = np.array([0.0, 8.0, 200.0])
    normals = np.random.default_rng(1).standard_normal((60_000, 3))
    path = drift_path(weeks, sd=4.0, scale_weeks=8.0, normals=normals, start=6.0)
    assert path.mean(axis=0) == pytest.approx([6.0, 6.0 / np.e, 0.0], abs=0.06)
    assert path[:, 2].std() == pytest.approx(4.0, rel=0.02)


def test_a_rating_stays_on_the_scale():
    assert rated(np.array([-3.0, 40.0, 99.0]), highest=85.0).tolist() == [0.0, 40.0, 85.0]
