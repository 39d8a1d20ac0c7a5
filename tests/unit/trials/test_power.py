"""The power of a trial: against the exact value, and from people that were simulated."""

from __future__ import annotations

import numpy as np
import pytest

from collis.errors import BadInput
from collis.trials.power import NormalEndPoint, Pool, analytic_power, pool_of, power_of, search
from collis.trials.questions import EndPoint, Kind
from tests.unit.trials import made_up


@pytest.mark.parametrize(("difference", "people"), [(0.0, 30), (4.0, 60), (5.0, 64), (3.0, 200)])
def test_two_thousand_trials_give_the_analytic_power_within_two_points(difference, people):
    found = power_of(NormalEndPoint(difference=difference, sd=10.0), people, seed=1)
    exact = analytic_power(difference=difference, sd=10.0, people=people)
    assert found.share == pytest.approx(exact, abs=0.02)


def test_the_search_finds_the_textbook_size():
    found = search(NormalEndPoint(difference=5.0, sd=10.0), wanted=0.8, seed=2)
    assert found.found is not None
    assert found.found == pytest.approx(64, abs=4)
    assert [p.people_per_arm for p in found.curve] == sorted({p.people_per_arm for p in found.curve})


def test_a_size_that_is_out_of_reach_is_said_and_not_guessed():
    found = search(NormalEndPoint(difference=0.0, sd=1.0), wanted=0.9, trials=200, most=64)
    assert found.found is None
    assert found.most == 64


def test_the_baseline_as_covariate_spares_people():
    generator = np.random.default_rng(5)
    one, other = (generator.normal(45, 9, 20_000) for _ in range(2))
    value = (
        -0.9 * (one - 45) + generator.normal(0, 6, 20_000),
        -4.0 - 0.9 * (other - 45) + generator.normal(0, 6, 20_000),
    )
    pool = Pool(baseline=(one, other), value=value, counts=False)
    with_baseline = search(pool, trials=500).found
    blind = Pool(
        baseline=(generator.normal(size=20_000), generator.normal(size=20_000)), value=value, counts=False
    )
    without = search(blind, trials=500).found
    assert with_baseline is not None
    assert without is not None
    assert with_baseline < 0.5 * without


def test_a_pool_comes_from_a_run_and_a_missing_value_stays_missing(tmp_path):
    with made_up.records(made_up.tables(people=2000), tmp_path) as records:
        pool = pool_of(records, made_up.question(), arm="toxin")
        assert np.nanmean(pool.value[1]) - np.nanmean(pool.value[0]) == pytest.approx(-8.0, abs=0.6)
        assert np.isnan(pool.value[1]).any()
        found = search(pool, trials=500)
        assert found.found is not None
        assert 5 < found.found < 20
        with pytest.raises(BadInput, match="read a request; expected a change or a share"):
            pool_of(
                records, made_up.question(end_points=(EndPoint(name="a", kind=Kind.REQUEST),)), arm="toxin"
            )


def test_too_few_people_are_refused():
    few = np.zeros(20)
    with pytest.raises(BadInput, match="20 simulated people"):
        Pool(baseline=(few, few), value=(few, few), counts=False)


def test_a_power_that_is_none_is_refused():
    with pytest.raises(BadInput, match="a share above 0 and below 1"):
        search(NormalEndPoint(difference=1.0, sd=1.0), wanted=1.0)
