"""Trial arms under the response model: the mean change of each published row with its doubt, and drawn arms.

A trial tells total Units, not muscles, so an arm is one lump: level = potency * Units / half dose, relief = reach *
hill. The mean over patients runs over quadrature points of half-life and half dose; reach enters by its mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from collis.course.outcome import placebo_share, rated, score
from collis.course.population import Population, draw_people, drift_paths, session_factors, visit_noise
from collis.errors import BadInput
from collis.toxin.timecourse import Array, decay_rate, effect_peak, effect_site
from collis.toxin.weakening import hill

_REACH_POINTS, _HALF_LIFE_POINTS, _HALF_DOSE_POINTS = 21, 7, 7
_EVEN_FROM, _EVEN_TO = 9, 3.4  # numerical choices of the quadrature


class ArmRow(Protocol):
    """What is needed of one published row: the trial it is from, what was given, the rated baseline, the week."""

    @property
    def trial(self) -> str: ...
    @property
    def product(self) -> str: ...
    @property
    def units(self) -> float | None: ...
    @property
    def baseline(self) -> float | None: ...
    @property
    def week(self) -> float: ...


def expected(population: Population, rows: Sequence[ArmRow]) -> tuple[Array, Array]:
    """Mean change from baseline of each row in points, shape [row], and its covariance, shape [row, row].

    The covariance holds the doubt about the parameters and, for rows of one trial, its unknown placebo amplitude.
    The scatter of sampling patients is not in it. A row without a baseline takes the population's.
    """
    change, slope = changes(population, rows)
    off = change - change.mean(axis=0)
    doubt = off.T @ off / max(population.count - 1, 1)
    weighted = slope * population.placebo_study_sd[:, None]
    same = np.array([[a.trial == b.trial for b in rows] for a in rows])
    between = weighted.T @ weighted / population.count
    return np.asarray(change.mean(axis=0)), np.asarray(doubt + np.where(same, between, 0.0))


def changes(population: Population, rows: Sequence[ArmRow]) -> tuple[Array, Array]:
    """Mean change of each row at the mean placebo amplitude, and by how much it moves per unit of amplitude.

    Both of shape [draw, row]; the change is exactly linear in the amplitude.
    """
    mean_reach = reach_mean(population.reach_logit, population.reach_patient_sd)
    change = np.empty((population.count, len(rows)))
    slope = np.empty_like(change)
    for dose in sorted({_dose(row) for row in rows}):
        at = [i for i, row in enumerate(rows) if _dose(row) == dose]
        weeks = np.array([rows[i].week for i in at])
        relief = mean_reach[:, None] * _mean_relief(population, *dose, weeks)
        shape = placebo_share(
            7.0 * weeks,
            amplitude=1.0,
            onset=population.placebo_onset[:, None],
            fading=population.placebo_fading[:, None],
        )
        baseline = np.stack(
            [
                np.full(population.count, rows[i].baseline) if rows[i].baseline else population.baseline_mean
                for i in at
            ],
            axis=1,
        )
        amplitude = population.placebo_amplitude[:, None]
        change[:, at] = score(baseline, relief, amplitude * shape) - baseline
        slope[:, at] = -baseline * (1.0 - relief) * shape
    return change, slope


def draw_arm(
    population: Population,
    product: str,
    units: float,
    baseline: float | None,
    sd: float | None,
    weeks: Array,
    people: int,
    seed: int,
    placebo_amplitude: float | None = None,
) -> Array:
    """Ratings of drawn people in one arm, shape [person, week], clipped to the scale; week 0 is before treatment.

    `baseline` and `sd` are of the rated baseline; None takes the population's. Parameters and, unless given, the
    placebo amplitude of the study differ between the draws the people belong to. The same seed gives the same people
    in every arm.
    """
    population.require(product)
    generator = np.random.default_rng(seed)
    drawn = draw_people(
        population,
        count=people,
        generator=generator,
        baseline=baseline,
        baseline_sd=sd,
        study_placebo=placebo_amplitude,
    )
    reached = session_factors(population, drawn, sessions=1, generator=generator)[0]
    drift = drift_paths(population, drawn, weeks, generator=generator)
    noise = visit_noise(population, drawn, weeks, generator=generator)
    own = population.pick(drawn.draw)
    curve = unit_course(own, product, weeks, drawn.half_life_factor[:, None])[:, 0]
    level = (own.potency[product] * units * reached / drawn.half_dose_total)[:, None] * curve
    relief = drawn.reach[:, None] * hill(level, exponent=population.hill)
    placebo = placebo_share(
        7.0 * np.asarray(weeks, dtype=np.float64),
        amplitude=drawn.placebo[:, None],
        onset=own.placebo_onset[:, None],
        fading=own.placebo_fading[:, None],
    )
    return rated(score(drawn.baseline[:, None], relief, placebo) + drift + noise, highest=population.highest)


def unit_course(population: Population, product: str, weeks: Array, half_life_factor: Array) -> Array:
    """The effect site over its own peak, shape [draw, factor, week], for factors on the half-life [draw, factor]."""
    decay = decay_rate(population.half_life_of(product)[:, None] * half_life_factor)
    uptake, lag = population.uptake[:, None], population.effect_lag[:, None]
    peak = effect_peak(uptake=uptake, decay=decay, lag=lag)
    days = 7.0 * np.asarray(weeks, dtype=np.float64)
    curve = effect_site(days, uptake=uptake[..., None], decay=decay[..., None], lag=lag[..., None])
    return np.asarray(curve / peak[..., None])


def lump_hill(
    population: Population,
    product: str,
    units: float,
    weeks: Array,
    *,
    half_life_factor: Array,
    half_dose_factor: Array,
) -> Array:
    """Relief of a lump of muscle before the reach, shape [draw, life, dose, week].

    The factors, shapes [draw, life] and [draw, dose], multiply the half-life and the half dose.
    """
    if units < 0:
        raise BadInput(where="units", read=f"{units}", expected="0 Units or more")
    curve = unit_course(population, product, weeks, half_life_factor)
    scale = (population.potency[product] * units / population.half_dose_total)[:, None] / half_dose_factor
    return hill(scale[:, None, :, None] * curve[:, :, None, :], exponent=population.hill)


def reach_mean(location: Array, sd: Array) -> Array:
    """Mean over patients of the reachable share from the location and spread of its log odds."""
    nodes, weights = normal_points(_REACH_POINTS)
    return np.asarray((1.0 / (1.0 + np.exp(-(location[..., None] + sd[..., None] * nodes)))) @ weights)


def normal_points(count: int) -> tuple[Array, Array]:
    """Points and weights of a quadrature over a standard normal.

    Gauss-Hermite for few points; from 9 on even steps, which follow a narrow peak between the points far better.
    """
    if count < _EVEN_FROM:
        nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    else:
        nodes = np.linspace(-_EVEN_TO, _EVEN_TO, count)
        weights = np.exp(-0.5 * nodes * nodes)
    return np.asarray(nodes), np.asarray(weights / weights.sum())


def half_dose_sd(population: Population) -> Array:
    """Spread (log) of the level one session makes: between patients and between sessions together."""
    return np.asarray(np.hypot(population.half_dose_patient_sd, population.half_dose_session_sd))


def _dose(row: ArmRow) -> tuple[str, float]:
    if row.units is None:
        raise BadInput(where=f"{row.trial}, units", read="nothing", expected="one dose for the whole arm")
    return row.product, row.units


def _mean_relief(population: Population, product: str, units: float, weeks: Array) -> Array:
    life, life_weights = normal_points(_HALF_LIFE_POINTS)
    dose, dose_weights = normal_points(_HALF_DOSE_POINTS)
    if units == 0:
        population.require(product)
        return np.zeros((population.count, len(weeks)))
    relief = lump_hill(
        population,
        product,
        units,
        weeks,
        half_life_factor=np.exp(population.half_life_patient_sd[:, None] * life),
        half_dose_factor=np.exp(half_dose_sd(population)[:, None] * dose),
    )
    return np.asarray(np.einsum("khdw,h,d->kw", relief, life_weights, dose_weights))
