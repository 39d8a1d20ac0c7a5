"""A whole patient, muscle by muscle, against a differential-equation solver; then published onset kinetics."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from collis.course.outcome import placebo_share, score
from collis.toxin.batch import relief_by_week
from collis.toxin.timecourse import Array, decay_rate, effect_peak, effect_site
from collis.toxin.weakening import hill

MUSCLES = 12
WEEKLY: Array = 7.0 * np.arange(53, dtype=np.float64)
HALF_LIVES = {"A": 25.0, "B": 13.0, "long": 42.0}
PLACEBO = {"amplitude": 0.12, "onset": 10.0, "fading": 104.0}
ONSET: dict[str, Any] = tomllib.loads((Path(__file__).parent / "lebeda_2008.toml").read_text("utf-8"))


def drawn_patient(seed: int) -> dict[str, Any]:
    """Rates, sessions and levels of one patient with sessions of up to three products, on and off the week."""
    chance = np.random.default_rng(seed)
    sessions = int(chance.integers(1, 7))
    given_days = np.sort(chance.uniform(-300.0, 330.0, sessions))
    if seed % 2:
        given_days = 7.0 * np.round(given_days / 7.0)
    own = float(np.exp(0.39 * chance.normal()))
    products = chance.choice(list(HALF_LIVES), sessions)
    lag = 0.076 * float(np.exp(0.4 * chance.normal()))
    decay = np.array([float(decay_rate(own * HALF_LIVES[str(product)])) for product in products])
    if seed % 4 == 0:
        decay = np.where(products == "B", lag * (1 + 1e-8), decay)
    return {
        "given_days": given_days,
        "uptake": 0.45 * float(np.exp(0.4 * chance.normal())),
        "lag": lag,
        "decay": decay,
        "levels": chance.lognormal(0.2, 0.9, (MUSCLES, sessions))
        * (chance.random((MUSCLES, sessions)) < 0.7),
        "share": chance.dirichlet(np.ones(MUSCLES)),
        "baseline": float(chance.uniform(25.0, 80.0)),
        "reach": float(chance.uniform(0.05, 0.9)),
    }


def closed(patient: dict[str, Any], *, engine: Any = "numpy") -> Array:
    """Relief on each week by the closed form."""
    found = relief_by_week(
        WEEKLY,
        patient["given_days"],
        patient["levels"][None],
        np.array([patient["uptake"]]),
        patient["decay"][None],
        np.array([patient["lag"]]),
        patient["share"][None],
        engine=engine,
    )
    return np.asarray(found[0])


def by_solver(patient: dict[str, Any]) -> Array:
    """Relief on each week by LSODA: a chain per muscle and product, all in one system, doses as jumps."""
    uptake, lag, decay = patient["uptake"], patient["lag"], patient["decay"]
    kinds = np.unique(decay)
    rate = np.repeat(kinds, MUSCLES)
    peaks = effect_peak(uptake=uptake, decay=decay, lag=lag)

    def slope(_day: float, state: Array) -> Array:
        toxin, light, effect = state.reshape(3, -1)
        return np.concatenate([-uptake * toxin, uptake * toxin - rate * light, lag * (light - effect)])

    state = np.zeros(3 * len(rate))
    level = np.zeros((MUSCLES, len(WEEKLY)))
    at = min(0.0, float(patient["given_days"].min()))
    for session, until in enumerate([*patient["given_days"], WEEKLY[-1] + 1.0]):
        inside = np.logical_and(at <= WEEKLY, until >= WEEKLY)
        if until > at:
            grid = np.unique(np.concatenate([[at], WEEKLY[inside], [until]]))
            path = solve_ivp(slope, (at, until), state, method="LSODA", t_eval=grid, rtol=1e-10, atol=1e-13).y
            effect = path.reshape(3, len(kinds), MUSCLES, -1)[2].sum(axis=0)
            level[:, inside] = effect[:, np.searchsorted(grid, WEEKLY[inside])]
            state, at = path[:, -1].copy(), until
        if session < len(decay):
            kind = int(np.searchsorted(kinds, decay[session]))
            dose = patient["levels"][:, session] / peaks[session]
            state[kind * MUSCLES : (kind + 1) * MUSCLES] += dose
    return np.asarray(patient["share"] @ hill(np.maximum(level, 0.0), exponent=1.5))


def points(patient: dict[str, Any], relief: Array) -> Array:
    """TWSTRS on each week."""
    placebo = placebo_share(WEEKLY, **PLACEBO)
    return score(patient["baseline"], patient["reach"] * relief, placebo)


@pytest.mark.parametrize("seed", range(16))
def test_a_whole_patient_scores_within_a_ten_thousandth_of_a_point_of_the_solver(seed):
    patient = drawn_patient(seed)
    gap = points(patient, closed(patient)) - points(patient, by_solver(patient))
    assert np.abs(gap).max() <= 1e-4


def test_without_a_dose_the_score_is_the_placebo_response_and_nothing_else():
    patient = drawn_patient(3)
    patient["levels"] = np.zeros_like(patient["levels"])
    only_placebo = patient["baseline"] * (1.0 - placebo_share(WEEKLY, **PLACEBO))
    assert points(patient, closed(patient)).tolist() == only_placebo.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_more_toxin_never_leaves_a_higher_score(seed):
    patient = drawn_patient(seed)
    last = points({**patient, "levels": 0.0}, np.zeros(len(WEEKLY)))
    for factor in (0.01, 0.3, 1.0, 1.7, 20.0, 1e4):
        now = points(patient, closed({**patient, "levels": factor * patient["levels"]}))
        assert np.all(now <= last + 1e-12)
        last = now


@pytest.mark.parametrize("half_life", HALF_LIVES.values())
def test_each_doubling_of_a_patients_dose_adds_one_half_life_to_the_late_decay(half_life):
    days = np.arange(0.0, 1200.0, 0.25)
    share = np.zeros(MUSCLES)
    share[0] = 1.0
    decay = np.array([[float(decay_rate(half_life))]])
    chain = (np.array([0.45]), decay, np.array([0.076]), share[None])

    def last_day_of_a_tenth(level: float) -> float:
        relief = relief_by_week(days, np.zeros(1), np.full((1, MUSCLES, 1), level), *chain)[0]
        return float(days[np.flatnonzero(relief >= 0.1)[-1]])

    gains = np.diff([last_day_of_a_tenth(level) for level in (32.0, 64.0, 128.0, 256.0)])
    assert gains == pytest.approx(np.full(3, half_life), rel=0.03)


def lebeda_rates() -> dict[str, float]:
    """The four rates per hour."""
    return {name: 60.0 * float(entry["value"]) for name, entry in ONSET["rates"].items()}


def hours_to(share: float, blocked: Array, hours: Array) -> float:
    return float(hours[np.argmax(blocked >= share)])


def test_the_published_four_steps_reach_a_quarter_a_half_and_nine_tenths_block_when_stated():
    """All four steps, by the exponential of their matrix."""
    steps = list(lebeda_rates().values())
    flow = np.diag([-rate for rate in steps] + [0.0]) + np.diag(steps, k=-1)
    hours: Array = np.arange(0.0, 400.0, 0.05)
    onward, state, blocked = expm(0.05 * flow), np.eye(5)[0], np.zeros(len(hours))
    for i in range(len(hours)):
        blocked[i] = state[-1]
        state = onward @ state
    for share, stated in ONSET["block_hours"].items():
        assert hours_to(float(share), blocked, hours) == pytest.approx(stated["value"], rel=0.01)


def test_our_chain_with_those_rates_reaches_the_same_block_at_the_same_hours():
    """Availability, then the three fast steps as one of the same mean delay; nothing decays."""
    available, *fast = lebeda_rates().values()
    together = 1.0 / sum(1.0 / rate for rate in fast)
    hours: Array = np.arange(0.0, 400.0, 0.05)
    blocked = effect_site(hours, uptake=available, decay=1e-14, lag=together)
    for share, stated in ONSET["block_hours"].items():
        assert hours_to(float(share), blocked, hours) == pytest.approx(stated["value"], rel=0.01)
