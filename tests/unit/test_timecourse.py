"""The chain of three steps in one muscle: laws first, then published numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collis.toxin.timecourse import (
    RunningSums,
    carry_forward,
    decay_rate,
    effect_peak,
    effect_peak_day,
    effect_site,
    light_chain,
    light_chain_peak,
    light_chain_peak_day,
    onward,
    states,
    superpose,
)

RATES = {"uptake": 0.45, "decay": float(decay_rate(25.0)), "lag": 0.076}
rates = st.floats(0.003, 3.0)


def test_before_and_on_the_day_of_the_dose_there_is_nothing():
    assert effect_site(np.array([-30.0, 0.0]), **RATES).tolist() == [0.0, 0.0]
    assert light_chain(np.array([-30.0, 0.0]), uptake=0.45, decay=0.03).tolist() == [0.0, 0.0]


def test_a_half_life_halves():
    assert float(np.exp(-decay_rate(25.0) * 25.0)) == pytest.approx(0.5)


@given(rates, rates, rates, st.floats(0.01, 400.0))
@settings(max_examples=60, deadline=None)
def test_no_level_is_negative_and_none_exceeds_what_was_given(uptake, decay, lag, day):
    assert 0.0 <= float(effect_site(day, uptake=uptake, decay=decay, lag=lag)) <= 1.0
    assert 0.0 <= float(light_chain(day, uptake=uptake, decay=decay)) <= 1.0


@given(rates, rates, rates, st.floats(0.01, 200.0))
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_steps_does_not_change_the_shape(uptake, decay, lag, day):
    one = float(effect_site(day, uptake=uptake, decay=decay, lag=lag)) / (uptake * lag)
    other = float(effect_site(day, uptake=lag, decay=uptake, lag=decay)) / (lag * decay)
    assert one == pytest.approx(other, rel=1e-9, abs=1e-280)


@given(rates, rates, rates)
@settings(max_examples=60, deadline=None)
def test_the_peak_is_the_highest_point(uptake, decay, lag):
    grid = np.linspace(0.0, 5.0 * (1 / uptake + 1 / decay + 1 / lag), 4001)
    curve = effect_site(grid, uptake=uptake, decay=decay, lag=lag)
    peak = float(effect_peak(uptake=uptake, decay=decay, lag=lag))
    assert curve.max() <= peak * (1 + 1e-8)
    assert peak == pytest.approx(curve.max(), rel=1e-3)
    chain = light_chain(grid, uptake=uptake, decay=decay)
    assert chain.max() <= float(light_chain_peak(uptake=uptake, decay=decay)) * (1 + 1e-12)


def test_the_peak_of_the_light_chain_is_found_where_the_rates_meet():
    assert float(light_chain_peak_day(uptake=0.2, decay=0.2)) == pytest.approx(5.0)
    assert float(light_chain_peak_day(uptake=0.2, decay=0.2 * (1 + 1e-12))) == pytest.approx(5.0)


def test_the_light_chain_peaks_about_day_seven_at_a_half_life_of_thirty_days():
    assert float(light_chain_peak_day(uptake=0.45, decay=decay_rate(30.0))) == pytest.approx(7.0, abs=0.1)


@pytest.mark.parametrize("gap", [0.0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-4, 1e-2])
def test_nothing_jumps_where_rates_meet(gap):
    day = np.array([0.01, 1.0, 10.0, 60.0, 300.0])
    met = 0.5 * (0.1 * day) ** 2 * np.exp(-0.1 * day)
    near = effect_site(day, uptake=0.1, decay=0.1 * (1 + gap), lag=0.1 * (1 - gap))
    assert np.allclose(near, met * (1 - gap), rtol=max(1e-12, 80 * gap**2), atol=0.0)


def test_a_scalar_and_an_array_give_the_same_numbers():
    days = np.array([0.5, 3.0, 24.0, 90.0])
    each = [float(effect_site(float(day), **RATES)) for day in days]
    assert effect_site(days, **RATES).tolist() == each


def test_arrays_of_patients_and_days_broadcast():
    decay = np.array([0.02, 0.03, 0.05])[:, None]
    curve = effect_site(np.arange(7.0)[None, :], uptake=0.45, decay=decay, lag=0.076)
    assert curve.shape == (3, 7)
    assert effect_peak_day(uptake=0.45, decay=decay[:, 0], lag=0.076).shape == (3,)


def test_sessions_add_up_whatever_their_order():
    days = np.linspace(0.0, 300.0, 50)
    given_on, amounts = np.array([0.0, 84.0, 170.0]), np.array([1.0, 0.5, 2.0])
    decay = np.array([0.03, 0.03, 0.06])
    forth = superpose(days, given_on, amounts, uptake=0.45, decay=decay, lag=0.076)
    back = superpose(days, given_on[::-1], amounts[::-1], uptake=0.45, decay=decay[::-1], lag=0.076)
    alone = [
        superpose(days, given_on[[i]], amounts[[i]], uptake=0.45, decay=decay[[i]], lag=0.076)
        for i in range(3)
    ]
    assert np.allclose(forth, back, rtol=1e-14)
    assert np.allclose(forth, sum(alone), rtol=1e-14)


def test_a_dose_after_the_day_does_not_count_on_it():
    level = superpose(10.0, np.array([20.0]), np.array([5.0]), uptake=0.45, decay=np.array([0.03]), lag=0.076)
    assert float(level) == 0.0


@given(st.floats(0.0, 200.0), st.floats(0.0, 200.0))
@settings(max_examples=60, deadline=None)
def test_carrying_the_states_forward_is_the_same_as_waiting(first, then):
    carried = sum(
        float(state) * float(curve)
        for state, curve in zip(states(first, **RATES), onward(then, **RATES), strict=True)
    )
    assert carried == pytest.approx(float(effect_site(first + then, **RATES)), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("seed", range(12))
def test_running_sums_agree_with_adding_up_the_whole_history_through_switches_of_product(seed):
    chance = np.random.default_rng(seed)
    sessions, muscles = int(chance.integers(1, 12)), 12
    uptake, lag = chance.uniform(0.05, 1.0, 2)
    decay = {
        "a": 0.03,
        "b": float(chance.uniform(0.02, 0.3)),
        "near": float(lag) * (1 + 1e-9),
        "met": float(uptake),
    }
    products = [str(name) for name in chance.choice(list(decay), sessions)]
    given_on = chance.uniform(-400.0, 400.0, sessions)
    on_days = np.concatenate([chance.uniform(-10.0, 700.0, 20), given_on[:1]])
    amounts = chance.lognormal(0.0, 1.0, (sessions, muscles))
    by_sums = np.zeros((len(on_days), muscles))
    for product in sorted(set(products)):
        own = [k for k, name in enumerate(products) if name == product]
        chain = {"uptake": uptake, "decay": decay[product], "lag": lag}
        for i, day in enumerate(on_days):
            by_sums[i] += carry_forward(float(day), given_on[own].tolist(), amounts[own], **chain).effect
    rates = np.array([decay[product] for product in products])
    for muscle in range(muscles):
        whole = superpose(on_days, given_on, amounts[:, muscle], uptake=uptake, decay=rates, lag=lag)
        assert np.abs(by_sums[:, muscle] - whole).max() <= 1e-10


@given(rates, rates, rates, st.floats(0.0, 60.0), st.floats(0.0, 60.0))
@settings(max_examples=60, deadline=None)
def test_one_long_step_of_the_running_sums_is_two_short_ones(uptake, decay, lag, first, then):
    start = RunningSums(toxin=np.array([1.0, 0.0]), light=np.array([0.5, 2.0]), effect=np.array([0.1, 0.0]))
    chain = {"uptake": uptake, "decay": decay, "lag": lag}
    once = start.later(first + then, **chain)
    twice = start.later(first, **chain).later(then, **chain)
    for state in ("toxin", "light", "effect"):
        assert getattr(once, state) == pytest.approx(getattr(twice, state), rel=1e-9, abs=1e-12)


def test_a_dose_adds_to_the_taken_up_toxin_and_to_nothing_else():
    none = np.zeros(2)
    after = RunningSums(toxin=none, light=none, effect=none).with_dose(np.array([1.0, 3.0]))
    assert after.toxin.tolist() == [1.0, 3.0]
    assert after.light.tolist() == after.effect.tolist() == [0.0, 0.0]


@given(rates, rates, rates)
@settings(max_examples=60, deadline=None)
def test_at_the_peak_the_effect_neither_rises_nor_falls(uptake, decay, lag):
    day = effect_peak_day(uptake=uptake, decay=decay, lag=lag)
    light = float(light_chain(day, uptake=uptake, decay=decay))
    assert light == pytest.approx(float(effect_site(day, uptake=uptake, decay=decay, lag=lag)), rel=1e-4)
