"""The closed form of one muscle against a differential-equation solver."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from collis.toxin.timecourse import (
    decay_rate,
    effect_peak,
    effect_site,
    light_chain,
    onward,
    states,
    superpose,
)

Array = NDArray[np.float64]
UPTAKE, LAG = 0.45, 0.076


def chain(_day: float, state: Array, uptake: float, decay: float, lag: float) -> list[float]:
    toxin, light, effect = state
    return [-uptake * toxin, uptake * toxin - decay * light, lag * (light - effect)]


def solved(start: list[float] | Array, days: Array, *, uptake: float, decay: float, lag: float) -> Array:
    """States [3, day] by LSODA from `start` at day 0."""
    solution = solve_ivp(
        chain, (0.0, days[-1]), start, method="LSODA", t_eval=days, args=(uptake, decay, lag),
        rtol=1e-11, atol=1e-16,
    )  # fmt: skip
    assert solution.success
    return np.asarray(solution.y)


@pytest.mark.parametrize(
    ("uptake", "decay", "lag"),
    [
        (0.45, np.log(2) / 25, 0.076),
        (0.45, np.log(2) / 13, 0.076),
        (0.45, np.log(2) / 42, 0.076),
        (0.45, 0.076, 0.076),
        (0.45, 0.076 * (1 + 1e-9), 0.076),
        (0.1, 0.1, 0.1),
        (0.1, 0.1 * (1 + 1e-7), 0.1 * (1 - 1e-7)),
        (0.03, 0.45, 0.03 * (1 + 1e-5)),
        (0.05, 0.050001, 0.4),
    ],
)
def test_one_dose_agrees_with_the_solver_also_where_rates_meet(uptake, decay, lag):
    days = np.linspace(1.0, 200.0, 60)
    _, light, effect = solved(
        [1.0, 0.0, 0.0], np.concatenate([[0.0], days]), uptake=uptake, decay=decay, lag=lag
    )
    assert np.allclose(effect_site(days, uptake=uptake, decay=decay, lag=lag), effect[1:], rtol=1e-6, atol=0)
    assert np.allclose(light_chain(days, uptake=uptake, decay=decay), light[1:], rtol=1e-6, atol=0)


def three_sessions() -> list[tuple[float, float, float]]:
    """Type A twice, then type B: (day, amount, decay)."""
    a, b = float(decay_rate(25.0)), float(decay_rate(13.0))
    return [(0.0, 1.0, a), (84.0, 0.7, a), (175.0, 1.3, b)]


def by_solver(days: Array) -> Array:
    """The summed effect site on `days`, one chain per product, doses as jumps."""
    total = np.zeros_like(days)
    for decay in {decay for _, _, decay in three_sessions()}:
        state, at = np.zeros(3), 0.0
        doses = [(on, amount) for on, amount, d in three_sessions() if d == decay] + [(days[-1] + 1.0, 0.0)]
        for on, amount in doses:
            here = (days >= at) & (days < on)
            grid = np.unique(np.concatenate([[0.0], days[here] - at, [on - at]]))
            path = solved(state, grid, uptake=UPTAKE, decay=decay, lag=LAG) if on > at else state[:, None]
            if here.any():
                total[here] += path[2][np.searchsorted(grid, days[here] - at)]
            state, at = path[:, -1] + np.array([amount, 0.0, 0.0]), on
    return total


def test_three_sessions_with_a_switch_of_product_agree_with_the_solver():
    days = np.linspace(2.0, 300.0, 120)
    on, amounts, decay = (np.array(column) for column in zip(*three_sessions(), strict=True))
    closed = superpose(days, on, amounts, uptake=UPTAKE, decay=decay, lag=LAG)
    assert np.allclose(closed, by_solver(days), rtol=1e-6, atol=0)


def test_what_old_sessions_left_agrees_with_the_solver():
    visit, later = 190.0, np.linspace(0.0, 110.0, 40)
    total = np.zeros_like(later)
    for on, amount, decay in three_sessions():
        rates = {"uptake": UPTAKE, "decay": decay, "lag": LAG}
        left = states(visit - on, **rates)
        total += amount * sum(s * c for s, c in zip(left, onward(later, **rates), strict=True))
    assert np.allclose(total, by_solver(visit + later), rtol=1e-6, atol=0)


def test_the_peak_agrees_with_the_solver():
    days = np.linspace(0.0, 60.0, 6001)
    decay = float(decay_rate(25.0))
    effect = solved([1.0, 0.0, 0.0], days, uptake=UPTAKE, decay=decay, lag=LAG)[2]
    assert float(effect_peak(uptake=UPTAKE, decay=decay, lag=LAG)) == pytest.approx(effect.max(), rel=1e-6)
