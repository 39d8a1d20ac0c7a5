"""From level to relief and loss of strength."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collis.knowledge.load import load
from collis.toxin.timecourse import decay_rate, effect_peak, effect_site
from collis.toxin.weakening import hill, peak_level, relief, strength_loss

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


def test_volunteers_foot_muscle_loses_strength_as_the_stated_figures_say():
    level = peak_level(np.array([1.25, 2.5, 5.0, 10.0, 15.0, 20.0]), half_dose=HALF_DOSE, volume_cm3=5.0)
    percent = 100 * strength_loss(level, exponent=EXPONENT, greatest=GREATEST)
    assert np.round(percent).tolist() == [42, 64, 79, 86, 88, 88]


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

    gains = np.diff([last_day_above(level) for level in (64.0, 128.0, 256.0, 512.0, 1024.0)])
    assert gains == pytest.approx(np.full(4, half_life), rel=0.02)


def test_the_half_relief_dose_is_the_typical_total_over_the_typical_volume():
    entries = load().entries
    total = float(entries["evidence.response.half_dose.typical_total"].value)
    volume = float(entries["evidence.response.half_dose.typical_volume"].value)
    assert abs(HALF_DOSE - total / volume) < 0.005
