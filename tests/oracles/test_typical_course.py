"""The typical course per product at stated constants: rise, peak, fall, repeated dosing.

The constants are those of the first fit, held here so that a new calibration does not move the formulas' oracle. The
tables were computed on a coarse grid of days; tolerances are half a step of it.
"""

import numpy as np
import pytest

from collis.toxin.timecourse import decay_rate, effect_peak, effect_site, superpose
from collis.toxin.weakening import hill

UPTAKE, LAG, HALF_TOTAL, EXPONENT = 0.45, 0.076, 46.0, 1.5
ONA, INCO, ABO = "onabotulinumtoxinA", "incobotulinumtoxinA", "abobotulinumtoxinA"
RIMA, DAXI = "rimabotulinumtoxinB", "daxibotulinumtoxinA"
HALF_LIFE = {ONA: 25.0, INCO: 25.0, ABO: 25.0, RIMA: 13.0, DAXI: 42.0}
POTENCY = {ONA: 1.0, INCO: 1.0, ABO: 1 / 2.7, RIMA: 1 / 49, DAXI: 1.1}


def rates_of(product: str) -> dict[str, float]:
    return {"uptake": UPTAKE, "decay": float(decay_rate(HALF_LIFE[product])), "lag": LAG}


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
    level = units * POTENCY[product] / HALF_TOTAL
    effect = hill(level * effect_site(days, **rates) / effect_peak(**rates), exponent=EXPONENT)
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
    effect, first = (hill(x, exponent=EXPONENT) for x in (settled, 2.0))
    assert settled.max() / 2.0 == pytest.approx(level, abs=0.01)
    assert effect.mean() / first == pytest.approx(mean, abs=0.01)
    assert (effect < first / 2).mean() * interval == pytest.approx(weeks_low, abs=0.25)
