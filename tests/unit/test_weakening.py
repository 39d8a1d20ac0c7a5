"""From level to relief and loss of strength."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collis.knowledge.load import load
from collis.toxin.timecourse import Array, Real, decay_rate, effect_peak, effect_site, light_chain
from collis.toxin.weakening import bulk, hill, peak_level, relief, strength_loss

RESPONSE = load().response
EXPONENT = RESPONSE.hill.value
HALF_DOSE = RESPONSE.half_dose.value
GREATEST = float(RESPONSE.greatest_strength_loss.value)


def test_no_toxin_gives_no_relief_at_all():
    assert float(relief(0.0, exponent=EXPONENT)) == 0.0
    assert float(strength_loss(0.0, exponent=EXPONENT, greatest=GREATEST)) == 0.0


def test_level_one_is_half_effect_whatever_the_exponent():
    assert hill(1.0, exponent=np.array([0.5, 1.5, 4.0])).tolist() == [0.5, 0.5, 0.5]


@given(st.floats(0.0, 1e3), st.floats(1.0001, 4.0), st.floats(0.3, 6.0))
@settings(max_examples=80, deadline=None)
def test_more_toxin_never_relieves_less(level, factor, exponent):
    less, more = float(hill(level, exponent=exponent)), float(hill(level * factor, exponent=exponent))
    assert 0.0 <= less <= more <= 1.0


def test_small_levels_keep_their_digits():
    assert float(hill(1e-12, exponent=1.5)) == pytest.approx(1e-18, rel=1e-12)


def test_volunteers_foot_muscle_reaches_its_plateau_at_the_doses_that_were_seen():
    level = peak_level(np.array([1.25, 2.5, 5.0, 10.0, 15.0, 20.0]), half_dose=HALF_DOSE, volume_cm3=5.0)
    percent = 100 * strength_loss(level, exponent=EXPONENT, greatest=GREATEST)
    assert 30 < percent[0] < 60
    assert (percent[-2:] >= 85).all()
    assert (percent[-2:] <= 90).all()


def test_strength_loss_stays_below_its_plateau():
    assert float(strength_loss(1e6, exponent=EXPONENT, greatest=GREATEST)) <= GREATEST


@pytest.mark.parametrize("product", ["onabotulinumtoxinA", "rimabotulinumtoxinB", "daxibotulinumtoxinA"])
def test_each_doubling_of_the_dose_adds_one_half_life_to_the_late_decay(product):
    half_life = RESPONSE.half_life[product].days.value
    rates = {
        "uptake": RESPONSE.uptake.value,
        "decay": float(decay_rate(half_life)),
        "lag": RESPONSE.effect_lag.value,
    }
    days = np.arange(0.0, 1500.0, 0.05)
    unit = effect_site(days, **rates) / effect_peak(**rates)

    def last_day_above(level: float) -> float:
        return float(days[np.flatnonzero(level * unit >= 0.25)[-1]])

    gains = np.diff([last_day_above(level) for level in (1e5, 2e5, 4e5, 8e5, 1.6e6)])
    assert gains == pytest.approx(np.full(4, half_life), rel=0.02)


def test_the_half_relief_dose_is_the_typical_total_over_the_typical_volume():
    entries = load().entries
    total = float(entries["evidence.response.fitted.half_dose_total.estimate"].value)
    volume = float(entries["evidence.response.half_dose.typical_volume"].value)
    assert abs(HALF_DOSE - total / volume) < 0.005


@pytest.mark.parametrize("exponent", [1.0, 1.5, 2.0])
def test_the_quick_exponents_give_what_the_power_gives(exponent):
    level = np.array([0.0, 1e-9, 0.3, 1.0, 7.0, 1e6])
    assert hill(level, exponent=exponent) == pytest.approx(
        hill(level, exponent=np.full(6, exponent)), rel=1e-12
    )


ATROPHY = load().spread.atrophy


def left_over(blocked: Array, step_days: float = 1.0, start: float = 1.0) -> Array:
    return bulk(
        blocked,
        step_days=step_days,
        depth=ATROPHY.depth.value,
        falling_days=ATROPHY.falling.value,
        recovering_days=ATROPHY.recovering.value,
        start=start,
    )


def test_bulk_follows_a_finely_integrated_equation():
    from scipy.integrate import solve_ivp

    rates = {"uptake": 0.45, "decay": float(decay_rate(25.0))}

    def blocked(day: Real) -> Array:
        first, second = light_chain(day, **rates), light_chain(day - 84.0, **rates)
        return hill(6.0 * (first + second), exponent=1.5)

    def change(day: float, bulk_now: Array) -> list[float]:
        aim = 1.0 - ATROPHY.depth.value * float(blocked(day))
        tau = ATROPHY.falling.value if aim < bulk_now[0] else ATROPHY.recovering.value
        return [(aim - bulk_now[0]) / tau]

    days = np.arange(0.0, 401.0)
    fine = np.arange(0.0, 400.0 + 1e-9, 0.125)
    exact = solve_ivp(change, (0.0, 400.0), [1.0], t_eval=days, rtol=1e-9, atol=1e-12, max_step=0.25)
    assert np.abs(left_over(blocked(days)) - exact.y[0]).max() < 1e-3
    assert np.abs(left_over(blocked(fine), step_days=0.125)[::8] - exact.y[0]).max() < 3e-5


def test_under_a_steady_block_the_steps_are_exact_whatever_their_length():
    fine, coarse = left_over(np.ones(101)), left_over(np.ones(11), step_days=10.0)
    assert fine[::10] == pytest.approx(coarse, abs=1e-12)
    aim = 1.0 - ATROPHY.depth.value
    assert fine[-1] == pytest.approx(aim + (1.0 - aim) * np.exp(-100.0 / ATROPHY.falling.value))


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=40))
@settings(max_examples=60, deadline=None)
def test_bulk_stays_between_its_deepest_and_all_of_it(blocks):
    left = left_over(np.array(blocks), step_days=7.0)
    assert left.min() >= 1.0 - ATROPHY.depth.value - 1e-12
    assert left.max() <= 1.0


def test_bulk_comes_back_slower_than_it_goes():
    gone = left_over(np.ones(31))
    back = left_over(np.zeros(31), start=gone[-1])
    assert back[-1] - gone[-1] < 1.0 - gone[-1]


def test_an_untreated_muscle_keeps_its_bulk_and_muscles_are_worked_out_side_by_side():
    blocked = np.stack([np.zeros(20), np.ones(20)])
    both = left_over(blocked)
    assert both[0].tolist() == [1.0] * 20
    np.testing.assert_array_equal(both[1], left_over(np.ones(20)))
