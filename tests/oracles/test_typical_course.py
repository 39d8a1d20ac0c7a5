"""The stated typical course per product: rise, peak, fall, repeated dosing, means over patients.

The tables were computed on a coarse grid of days; tolerances are half a step of it.
"""

import numpy as np
import pytest

from collis.course.draws import draw_response
from collis.course.outcome import placebo_share, score
from collis.knowledge.load import load
from collis.toxin.timecourse import decay_rate, effect_peak, effect_site, superpose
from collis.toxin.weakening import hill

KNOWLEDGE = load()
RESPONSE = KNOWLEDGE.response
HALF_TOTAL = float(KNOWLEDGE.entries["evidence.response.half_dose.typical_total"].value)
ONA, INCO, ABO = "onabotulinumtoxinA", "incobotulinumtoxinA", "abobotulinumtoxinA"
RIMA, DAXI = "rimabotulinumtoxinB", "daxibotulinumtoxinA"


def rates_of(product: str) -> dict[str, float]:
    return {
        "uptake": RESPONSE.uptake.value,
        "decay": float(decay_rate(RESPONSE.half_life[product].days.value)),
        "lag": RESPONSE.effect_lag.value,
    }


@pytest.mark.parametrize(
    ("product", "units", "height", "quarter", "half", "peak", "wide_to", "half_left", "fifth_left"),
    [
        (ONA, 150, 0.85, 2.8, 4.2, 24, 7.1, 12.7, 17.1),
        (INCO, 120, 0.81, 3.0, 4.8, 24, 6.6, 11.9, 16.2),
        (INCO, 240, 0.92, 2.2, 3.2, 24, 8.4, 14.7, 19.2),
        (ABO, 500, 0.89, 2.5, 3.8, 24, 7.6, 13.5, 18.1),
        (RIMA, 5000, 0.77, 2.8, 4.2, 18, 4.7, 7.9, 10.4),
        (RIMA, 10000, 0.90, 2.0, 3.0, 18, 5.8, 9.5, 12.1),
        (DAXI, 125, 0.84, 3.0, 4.8, 28, 9.0, 17.7, 25.1),
        (DAXI, 250, 0.94, 2.0, 3.2, 28, 12.1, 22.6, 30.4),
    ],
)
def test_the_median_patient_rises_peaks_and_falls_as_stated(
    product, units, height, quarter, half, peak, wide_to, half_left, fifth_left
):
    days = np.arange(0.0, 400.0, 0.02)
    rates = rates_of(product)
    level = units * RESPONSE.potency[product].value / HALF_TOTAL
    effect = hill(level * effect_site(days, **rates) / effect_peak(**rates), exponent=RESPONSE.hill.value)
    share, top = effect / effect.max(), int(effect.argmax())

    def first_above(part: float) -> float:
        return float(days[np.argmax(share >= part)])

    def week_below(part: float) -> float:
        return float(days[top + np.argmax(share[top:] < part)]) / 7

    assert effect.max() == pytest.approx(height, abs=0.006)
    assert first_above(0.25) == pytest.approx(quarter, abs=0.25)
    assert first_above(0.50) == pytest.approx(half, abs=0.3)
    assert days[top] == pytest.approx(peak, abs=1.0)
    assert week_below(0.9) == pytest.approx(wide_to, abs=0.25)
    assert week_below(0.5) == pytest.approx(half_left, abs=0.25)
    assert week_below(0.2) == pytest.approx(fifth_left, rel=0.012)


@pytest.mark.parametrize(
    ("product", "interval", "level", "mean", "weeks_low"),
    [
        (ONA, 8, 1.44, 1.04, 0.0),
        (ONA, 12, 1.17, 0.84, 0.7),
        (ONA, 16, 1.07, 0.67, 5.3),
        (ONA, 20, 1.03, 0.54, 9.6),
        (RIMA, 8, 1.15, 0.85, 0.1),
        (RIMA, 12, 1.03, 0.60, 4.9),
        (RIMA, 20, 1.00, 0.36, 13.0),
        (DAXI, 8, 1.90, 1.16, 0.0),
        (DAXI, 12, 1.44, 1.02, 0.0),
        (DAXI, 20, 1.14, 0.75, 4.3),
    ],
)
def test_repeated_sessions_settle_into_the_stated_cycle(product, interval, level, mean, weeks_low):
    rates = rates_of(product)
    given_on = 7.0 * interval * np.arange(31)
    decay = np.full(31, rates["decay"])
    cycle = given_on[-1] + np.linspace(0.0, 7.0 * interval, 801)
    site = superpose(cycle, given_on, np.ones(31), uptake=rates["uptake"], decay=decay, lag=rates["lag"])
    settled = 2.0 * site / effect_peak(**rates)
    effect, first = (hill(x, exponent=RESPONSE.hill.value) for x in (settled, 2.0))
    assert settled.max() / 2.0 == pytest.approx(level, abs=0.01)
    assert effect.mean() / first == pytest.approx(mean, abs=0.01)
    assert (effect < first / 2).mean() * interval == pytest.approx(weeks_low, abs=0.25)


@pytest.mark.parametrize(
    ("product", "units", "means"),
    [
        (ONA, 0, [2.0, 2.8, 3.1, 2.5, 1.9, 1.5, 1.1]),
        (ONA, 150, [8.1, 10.1, 10.5, 8.7, 6.1, 3.9, 2.5]),
        (ABO, 500, [8.6, 10.5, 10.8, 9.3, 6.7, 4.4, 2.8]),
        (RIMA, 10000, [9.3, 10.8, 10.8, 7.8, 4.2, 2.2, 1.4]),
        (DAXI, 125, [7.6, 9.8, 10.5, 9.4, 7.6, 5.9, 4.3]),
    ],
)
def test_mean_gains_over_patients_stay_within_a_point_of_the_stated_ones(product, units, means):
    """Placebo included, baseline 43; ours also carry the doubt about the parameters, so they are a little lower."""
    draws = draw_response(RESPONSE, draws=2000, seed=5)
    days = 7.0 * np.array([1, 2, 4, 8, 12, 16, 20])[None, :]
    rates = {
        "uptake": draws.uptake[:, None],
        "decay": decay_rate(draws.half_life[product])[:, None],
        "lag": draws.effect_lag[:, None],
    }
    volume = float(KNOWLEDGE.entries["evidence.response.half_dose.typical_volume"].value)
    peak = units * draws.potency[product] * draws.session[0] / (draws.half_dose * volume)
    level = (peak / draws.peak[product])[:, None] * effect_site(days, **rates)
    reach = draws.reach * RESPONSE.reach.reference_coverage.value
    effect = reach[:, None] * hill(level, exponent=draws.hill[:, None])
    without = placebo_share(
        days,
        amplitude=draws.placebo[:, None],
        onset=draws.placebo_onset[:, None],
        fading=draws.placebo_fading[:, None],
    )
    gain = 43.0 - score(43.0, effect, without).mean(axis=0)
    assert gain == pytest.approx(means, abs=1.0)


def test_the_mean_reach_of_a_typical_plan_is_the_fitted_one():
    draws = draw_response(RESPONSE, draws=4000, seed=7)
    typical = draws.reach * RESPONSE.reach.reference_coverage.value
    assert float(typical.mean()) == pytest.approx(float(RESPONSE.reach.mean.value), abs=0.01)
