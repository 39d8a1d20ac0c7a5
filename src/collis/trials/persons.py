"""One person under the response model: how likely his ratings are, and what they say about the visits to come.

Given a person's reach, half-life and half dose, his ratings are jointly Gaussian: linear in the untreated score B and
in q = B times his placebo share, plus natural drift and scatter. So those two are integrated in closed form and the
other three over a grid of quadrature points; q is given the mean and covariance that a normal share and a log-normal
B have. The first rating is a visit like any other: it holds drift and scatter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from collis.course.outcome import drift_correlation, placebo_share, rated
from collis.course.population import Population
from collis.errors import BadInput
from collis.toxin.timecourse import Array
from collis.trials.arms import half_dose_sd, lump_hill, normal_points

Index = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """How many quadrature points in each direction."""

    reach: int = 15
    half_life: int = 5
    half_dose: int = 4

    @property
    def points(self) -> int:
        """How many in all."""
        return self.reach * self.half_life * self.half_dose


COARSE, FINE = Grid(), Grid(reach=25, half_life=8, half_dose=8)


def log_likelihood(
    population: Population, *, product: str, units: float, weeks: Array, scores: Array, grid: Grid = COARSE
) -> Array:
    """Log density of the ratings of people with the same dose and visits, shape [draw, person].

    `scores` has shape [person, week]. The placebo amplitude of the study is taken as known where the population is
    that of one study, and integrated out for each person otherwise.
    """
    joint = _joint(population, product, units, np.asarray(weeks, dtype=np.float64), scores, grid)
    return _log_sum(joint.log_density + np.log(joint.design.weights))


def predict_person(
    population: Population,
    *,
    product: str,
    units: float,
    weeks_given: Sequence[float],
    scores_given: Sequence[float],
    weeks_wanted: Sequence[float],
    draws: int,
    seed: int,
    grid: Grid = COARSE,
) -> Array:
    """Ratings of one person at `weeks_wanted`, given those at `weeks_given`; shape [draw, week], scatter included.

    Every draw of the population and every grid point is weighted by how well it foretold the ratings at hand, then
    the rest of the person follows from its Gaussian. No rating at all gives the prediction for a stranger.
    """
    if len(weeks_given) != len(scores_given):
        raise BadInput(
            where="scores_given", read=f"{len(scores_given)}", expected=f"{len(weeks_given)} scores"
        )
    generator = np.random.default_rng(seed)
    given, wanted = (np.asarray(w, dtype=np.float64) for w in (weeks_given, weeks_wanted))
    y = np.asarray(scores_given, dtype=np.float64)
    joint = _joint(population, product, units, given, y[None, :], grid)
    log_weight = joint.log_density[:, 0, :] + np.log(joint.design.weights)
    mass = np.cumsum(np.exp(log_weight - log_weight.max()).ravel())
    at = np.searchsorted(mass, mass[-1] * (np.arange(draws) + generator.uniform()) / draws)
    k, node = np.unravel_index(np.minimum(at, mass.size - 1), log_weight.shape)
    own = population.pick(k)
    inverse = np.linalg.inv(joint.precision[k, node])
    centre = joint.mean[k] + np.einsum("sab,sb->sa", inverse, joint.pull[k, 0, node])
    x = centre + np.einsum("sab,sb->sa", np.linalg.cholesky(inverse), generator.standard_normal((draws, 2)))
    rest = y - _smooth(joint.design, k, node, x)
    points = _smooth(_design(population, product, units, wanted, grid), k, node, x)
    points = points + _drift_onward(own, given, wanted, rest, generator)
    points = points + own.noise_sd[:, None] * generator.standard_normal(points.shape)
    return rated(points, highest=population.highest)[generator.permutation(draws)]


def _smooth(design: _Design, draw: Index, node: Index, x: Array) -> Array:
    """Ratings without drift and scatter of people with (B, q) = `x`, shape [sample, visit]."""
    return design.level[draw, :, node] * x[:, :1] + design.placebo[draw, :, node] * x[:, 1:]


class _Design(NamedTuple):
    level: Array  # [draw, visit, node]: what B adds to a rating
    placebo: Array  # [draw, visit, node]: what q adds to it
    weights: Array  # [node]


class _Joint(NamedTuple):
    log_density: Array  # [draw, person, node]
    design: _Design
    precision: Array  # [draw, node, 2, 2] of (B, q) once the ratings are known
    pull: Array  # [draw, person, node, 2]
    mean: Array  # [draw, 2] of (B, q) beforehand


def _joint(
    population: Population, product: str, units: float, weeks: Array, scores: Array, grid: Grid
) -> _Joint:
    design = _design(population, product, units, weeks, grid)
    mean, before = _level_and_placebo(population)
    scatter = _scatter(population, weeks)
    inverse, prior = np.linalg.inv(scatter), np.linalg.inv(before)
    # Both columns are kept apart: products over visits and nodes are then plain matrix products.
    one, two = design.level, design.placebo
    held_one, held_two = inverse @ one, inverse @ two
    a, b, c = ((x * y).sum(axis=1) for x, y in ((one, held_one), (one, held_two), (two, held_two)))
    m, q = mean[:, :1], mean[:, 1:]
    towards_one, towards_two = scores @ held_one, scores @ held_two
    pull_one = towards_one - (a * m + b * q)[:, None]
    pull_two = towards_two - (b * m + c * q)[:, None]
    p11, p12, p22 = (
        prior[:, i, j, None] + x for (i, j), x in zip(((0, 0), (0, 1), (1, 1)), (a, b, c), strict=True)
    )
    determinant = p11 * p22 - p12**2
    gained = (
        p22[:, None] * pull_one**2 - 2.0 * p12[:, None] * pull_one * pull_two + p11[:, None] * pull_two**2
    )
    misfit = (
        ((scores @ inverse) * scores).sum(axis=-1)[..., None]
        - 2.0 * (m[:, None] * towards_one + q[:, None] * towards_two)
        + (a * m**2 + 2.0 * b * m * q + c * q**2)[:, None]
        - gained / determinant[:, None]
    )
    volume = np.linalg.slogdet(scatter)[1] + np.linalg.slogdet(before)[1] + len(weeks) * np.log(2.0 * np.pi)
    log_density = -0.5 * (misfit + (volume[:, None] + np.log(determinant))[:, None])
    precision = np.stack([np.stack([p11, p12], axis=-1), np.stack([p12, p22], axis=-1)], axis=-1)
    return _Joint(log_density, design, precision, np.stack([pull_one, pull_two], axis=-1), mean)


def _design(population: Population, product: str, units: float, weeks: Array, grid: Grid) -> _Design:
    """What B and q add to each visit, at every quadrature point; placebo needs a single point."""
    shape = placebo_share(
        7.0 * weeks,
        amplitude=1.0,
        onset=population.placebo_onset[:, None],
        fading=population.placebo_fading[:, None],
    )
    population.require(product)
    if units == 0:
        left, weights = np.ones((population.count, len(weeks), 1)), np.ones(1)
    else:
        reach, reach_weights = normal_points(grid.reach)
        life, life_weights = normal_points(grid.half_life)
        dose, dose_weights = normal_points(grid.half_dose)
        block = lump_hill(
            population,
            product,
            units,
            weeks,
            half_life_factor=np.exp(population.half_life_patient_sd[:, None] * life),
            half_dose_factor=np.exp(half_dose_sd(population)[:, None] * dose),
        )
        odds = np.exp(population.reach_logit[:, None] + population.reach_patient_sd[:, None] * reach)
        share = odds / (1.0 + odds)
        block = np.moveaxis(block, -1, 1).reshape(
            population.count, len(weeks), 1, grid.half_life * grid.half_dose
        )
        left = (1.0 - share[:, None, :, None] * block).reshape(population.count, len(weeks), grid.points)
        weights = np.einsum("r,h,d->rhd", reach_weights, life_weights, dose_weights).ravel()
    return _Design(left, -left * shape[:, :, None], weights)


def _level_and_placebo(population: Population) -> tuple[Array, Array]:
    """Mean [draw, 2] and covariance [draw, 2, 2] of B and q between people."""
    mean, amplitude = population.baseline_mean, population.placebo_amplitude
    spread = mean**2 * np.expm1(population.baseline_patient_sd**2)
    share = population.placebo_patient_sd**2 + population.placebo_study_sd**2
    both = spread * amplitude
    product = (mean**2 + spread) * (share + amplitude**2) - (mean * amplitude) ** 2
    covariance = np.stack([np.stack([spread, both], axis=-1), np.stack([both, product], axis=-1)], axis=-1)
    return np.stack([mean, mean * amplitude], axis=-1), covariance


def _scatter(population: Population, weeks: Array) -> Array:
    """Covariance of drift and visit scatter between visits, shape [draw, visit, visit]."""
    drift = _drift(population, weeks, weeks)
    return np.asarray(drift + (population.noise_sd**2)[:, None, None] * np.eye(len(weeks)))


def _drift(population: Population, weeks: Array, others: Array) -> Array:
    apart = weeks[:, None] - others[None, :]
    kept = drift_correlation(apart, scale_weeks=population.drift_weeks[:, None, None])
    return np.asarray((population.drift_sd**2)[:, None, None] * kept)


def _drift_onward(
    own: Population, given: Array, wanted: Array, rest: Array, generator: np.random.Generator
) -> Array:
    """Drift at the wanted weeks given what is left of the ratings at hand, one population draw a sample."""
    cross = _drift(own, wanted, given)
    gain = np.einsum("stv,svw->stw", cross, np.linalg.inv(_scatter(own, given)))
    spread = _drift(own, wanted, wanted) - np.einsum("stv,suv->stu", gain, cross)
    # A sliver on the diagonal keeps the factor real where a wanted week is all but known.
    root = np.linalg.cholesky(spread + 1e-9 * np.eye(len(wanted)))
    normals = generator.standard_normal((len(rest), len(wanted)))
    return np.asarray(np.einsum("stv,sv->st", gain, rest) + np.einsum("stu,su->st", root, normals))


def _log_sum(values: Array) -> Array:
    top = values.max(axis=-1)
    return np.asarray(top + np.log(np.exp(values - top[..., None]).sum(axis=-1)))
