"""The fit behind `tools.calibrate`: priors, likelihood of arms and of single patients, mode, and joint draws.

Parameters are fitted on a free scale: the logarithm of what must be above 0, the log odds of the mean reachable share,
placebo amplitudes as they are. Everything is computed for a batch of parameter vectors at once, so a gradient by
differences is one call. Where patients of a trial are given, the arm means of that trial are those of the remaining
patients, by subtraction, and both share one placebo amplitude that is fitted; in every other trial the mean change is
linear in the amplitude, which is integrated out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import NamedTuple

import numpy as np

from collis.course.population import Population, population_of
from collis.knowledge.evidence import TrialRow
from collis.toxin.timecourse import Array
from collis.trials.arms import changes, normal_points
from collis.trials.persons import log_likelihood
from collis.trials.tables import PersonRows

PROPOSAL_DEGREES = 30
STEP = 1e-4
STRIDE = 1.7  # of a random-walk step, over the root of the number of parameters
PART = 25


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """One parameter: its stored name, the scale it is fitted on, its prior on that scale, or held at `centre`."""

    name: str
    scale: str  # "log" | "plain" | "share"
    centre: float
    sd: float

    @property
    def held(self) -> bool:
        """Held at its centre."""
        return self.sd == 0

    @property
    def start(self) -> float:
        """The centre on the scale of the fit."""
        return _free(self.scale, self.centre)


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """What is fitted: parameters in order, products by family, and what is held beside them.

    `week_correlation` is that of the sampling error of two weeks of one arm, `misfit_sd` a scatter (points) of single
    rows that the sampling of patients does not explain.
    """

    parameters: tuple[Parameter, ...]
    families: Mapping[str, str]
    hill: float
    highest: float
    week_correlation: float
    misfit_sd: float

    @property
    def free(self) -> tuple[Parameter, ...]:
        """The parameters that are fitted."""
        return tuple(p for p in self.parameters if not p.held)

    def population(self, vectors: Array) -> Population:
        """The population of a batch of vectors on the free scale, shape [draw, parameter (+ 1 for the study)]."""
        count = len(vectors)
        named = {p.name: np.full(count, p.centre) for p in self.parameters if p.held}
        for i, p in enumerate(self.free):
            named[p.name] = np.exp(vectors[:, i]) if p.scale == "log" else vectors[:, i]
        mean = 1.0 / (1.0 + np.exp(-named.pop("reach_mean")))
        named["reach_logit"] = reach_location(mean, named["reach_patient_sd"])
        return population_of(named, families=self.families, hill=self.hill, highest=self.highest)


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """Arm rows, each with a standard error, and the patients of one trial, `study`.

    Rows of that trial are of the patients who are not given, so that nobody counts twice.
    """

    rows: tuple[TrialRow, ...]
    people: tuple[PersonRows, ...] = ()
    study: str = ""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Fit:
    """The outcome: mode and its covariance on the free scale, joint draws there, and how good the draws are."""

    model: Model
    mode: Array
    covariance: Array
    vectors: Array
    effective: float
    log_posterior: float

    @property
    def population(self) -> Population:
        """The drawn population; the study's own amplitude is left out."""
        return self.model.population(self.vectors)

    def study_amplitude(self) -> Array:
        """Draws of the placebo amplitude of the patients' trial."""
        if self.vectors.shape[1] == len(self.model.free):
            raise ValueError("this fit had no patients, so no study amplitude of its own")
        return np.asarray(self.vectors[:, -1])

    def at_mode(self) -> Population:
        """The population at the mode."""
        return self.model.population(self.mode[None])


def reach_location(mean: Array, sd: Array) -> Array:
    """The location of log odds that gives a mean share, by Newton's rule with short steps."""
    location = np.log(mean / (1.0 - mean))
    nodes, weights = normal_points(21)
    for _ in range(12):
        share = 1.0 / (1.0 + np.exp(-(location[:, None] + sd[:, None] * nodes)))
        step = (mean - share @ weights) / np.maximum((share * (1.0 - share)) @ weights, 1e-12)
        location = location + np.clip(step, -1.0, 1.0)
    return np.asarray(location)


class _Visits(NamedTuple):
    product: str
    units: float
    weeks: Array
    scores: Array


class Posterior:
    """The log posterior of a batch of vectors."""

    def __init__(self, model: Model, material: Material) -> None:
        self.model, self.material = model, material
        self._groups = _grouped(material.people)
        self._centre = np.array([p.start for p in model.free])
        self._sd = np.array([p.sd for p in model.free])
        self._trials = sorted({row.trial for row in material.rows})
        self._errors = {t: self._error(t) for t in self._trials}

    @property
    def start(self) -> Array:
        """The centre of the priors."""
        amplitude = next(p.centre for p in self.model.parameters if p.name == "placebo_amplitude")
        return np.append(self._centre, amplitude) if self._groups else self._centre

    @property
    def spread(self) -> Array:
        """The standard deviations of the priors."""
        return np.append(self._sd, 0.05) if self._groups else self._sd

    def __call__(self, vectors: Array) -> Array:
        """Log posterior up to a constant, shape [draw]; what no arithmetic reaches counts as impossible."""
        with np.errstate(all="ignore"):
            total = self._total(vectors)
        return np.where(np.isfinite(total), total, -1e300)

    def _total(self, vectors: Array) -> Array:
        free = vectors[:, : len(self._centre)]
        population = self.model.population(vectors)
        total = -0.5 * (((free - self._centre) / self._sd) ** 2).sum(axis=1)
        amplitude = None
        if self._groups:
            amplitude = vectors[:, -1]
            z = (amplitude - population.placebo_amplitude) / population.placebo_study_sd
            total = total - 0.5 * z * z - np.log(population.placebo_study_sd)
            own = population.in_study(amplitude)
            for group in self._groups:
                total = total + log_likelihood(own, **group._asdict()).sum(axis=1)
        return np.asarray(total + self._arms(population, amplitude))

    def _arms(self, population: Population, amplitude: Array | None) -> Array:
        total = np.zeros(population.count)
        if not self.material.rows:
            return total
        change, slope = changes(population, self.material.rows)
        observed = np.array([row.change for row in self.material.rows])
        for trial in self._trials:
            at = [i for i, row in enumerate(self.material.rows) if row.trial == trial]
            off, lever = observed[at] - change[:, at], slope[:, at]
            error = self._errors[trial][None]
            if amplitude is not None and trial == self.material.study:
                off = off - lever * (amplitude - population.placebo_amplitude)[:, None]
            else:
                scaled = lever * population.placebo_study_sd[:, None]
                error = error + scaled[:, :, None] * scaled[:, None, :]
            root = np.linalg.cholesky(np.broadcast_to(error, (population.count, len(at), len(at))))
            z = np.linalg.solve(root, off[..., None])[..., 0]
            total = (
                total - 0.5 * (z * z).sum(axis=1) - np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
            )
        return total

    def _error(self, trial: str) -> Array:
        rows = [row for row in self.material.rows if row.trial == trial]
        return sampling_covariance(rows, self.model)


def sampling_covariance(rows: Sequence[TrialRow], model: Model) -> Array:
    """Covariance of the sampling error of published rows of one trial: weeks of one arm share their patients."""
    se = np.array([float(row.se or np.nan) for row in rows])
    same = np.array([[a.arm == b.arm for b in rows] for a in rows])
    shared = np.where(same, model.week_correlation, 0.0)
    np.fill_diagonal(shared, 1.0)
    return np.asarray(shared * se[:, None] * se[None, :] + model.misfit_sd**2 * np.eye(len(rows)))


def _grouped(people: Sequence[PersonRows]) -> list[_Visits]:
    keys = sorted({(p.product, p.units, p.weeks) for p in people})
    return [
        _Visits(
            product=product,
            units=units,
            weeks=np.array(weeks),
            scores=np.array(
                [p.scores for p in people if (p.product, p.units, p.weeks) == (product, units, weeks)]
            ),
        )
        for product, units, weeks in keys
    ]


def without_people(row: TrialRow, people: Sequence[PersonRows], *, arm_size: int) -> TrialRow | None:
    """The row of an arm and week without the given people of that arm; None where fewer than two are left.

    Means and sums of squares are subtracted, of the change at this week and of the baseline, which `arm_size` people
    had. The spread of the rest is kept above half of what was published, since rounding eats at the difference.
    """
    known = [p for p in people if (p.product, p.units) == (row.product, row.units)]
    seen = np.array([p.scores[p.weeks.index(row.week)] - p.scores[0] for p in known if row.week in p.weeks])
    if row.n is None or row.se is None or row.baseline is None:
        raise ValueError(f"{row.row}: without n, standard error and baseline nobody can be taken out of it")
    left = row.n - len(seen)
    if left < 2:
        return None
    mean = (row.n * row.change - seen.sum()) / left
    sd = row.se * sqrt(row.n)
    squares = (row.n - 1) * sd**2 + row.n * row.change**2 - (seen**2).sum() - left * mean**2
    se = sqrt(max(squares / (left - 1), 0.25 * sd**2) / left)
    baseline = (arm_size * row.baseline - sum(p.scores[0] for p in known)) / (arm_size - len(known))
    return replace(row, n=left, change=float(mean), se=se, baseline=float(baseline))


def find_mode(posterior: Posterior, starts: int = 3, seed: int = 1) -> tuple[Array, Array, float]:
    """The highest mode over several fixed starts, the covariance there, and the log posterior."""
    from scipy.optimize import minimize

    generator = np.random.default_rng(seed)
    best: tuple[float, Array] | None = None
    for number in range(starts):
        shift = 0.0 if number == 0 else 0.5 * generator.standard_normal(len(posterior.start))
        found = minimize(
            lambda v: _value_and_slope(posterior, v),
            posterior.start + shift * posterior.spread,
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": 200, "ftol": 1e-9},
        )
        if best is None or found.fun < best[0]:
            best = (float(found.fun), np.asarray(found.x))
    assert best is not None
    return best[1], np.asarray(np.linalg.inv(_curvature(posterior, best[1])), dtype=np.float64), -best[0]


def _value_and_slope(posterior: Posterior, vector: Array) -> tuple[float, Array]:
    step = STEP * np.eye(len(vector))
    value = _in_parts(posterior, np.vstack([vector[None], vector + step, vector - step]))
    k = len(vector)
    return -float(value[0]), -(value[1 : k + 1] - value[k + 1 :]) / (2.0 * STEP)


def _curvature(posterior: Posterior, vector: Array) -> Array:
    """Minus the second derivatives by differences of slopes, mended to be positive."""
    h = 1e-3 * posterior.spread
    rows = [
        (
            _value_and_slope(posterior, vector + h[i] * unit)[1]
            - _value_and_slope(posterior, vector - h[i] * unit)[1]
        )
        / (2.0 * h[i])
        for i, unit in enumerate(np.eye(len(vector)))
    ]
    matrix = 0.5 * (np.array(rows) + np.array(rows).T)
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, 1e-2)) @ vectors.T)


def sample(
    posterior: Posterior, mode: Array, covariance: Array, *, draws: int, seed: int, effort: int
) -> tuple[Array, float]:
    """`draws` joint draws, and the effective number of weighted draws they started from.

    Importance sampling from a Student t that is refitted once to its own weighted draws, resampling, then random-walk
    Metropolis steps for each draw, so that no two stay alike and a poor proposal is mended. `effort` is the number of
    proposals of the first round; the second has three times as many, and there are `effort`/40 steps.
    """
    generator = np.random.default_rng(seed)
    centre, spread = mode, covariance
    for last in (False, True):
        vectors, weight, height = _weighted(posterior, centre, spread, effort * (3 if last else 1), generator)
        soft = _flattened(weight)
        centre = soft @ vectors
        off = vectors - centre
        spread = (off * soft[:, None]).T @ off + 1e-10 * np.eye(len(mode))
    weight = weight / weight.sum()
    at = np.searchsorted(np.cumsum(weight), (np.arange(draws) + generator.uniform()) / draws)
    chosen = generator.permutation(np.minimum(at, len(weight) - 1))
    vectors, height = vectors[chosen], height[chosen]
    root = np.linalg.cholesky(spread) * (STRIDE / sqrt(len(mode)))
    for _ in range(effort // 40):
        moved = vectors + generator.standard_normal(vectors.shape) @ root.T
        new = _in_parts(posterior, moved)
        taken = np.log(generator.uniform(size=draws)) < new - height
        vectors, height = np.where(taken[:, None], moved, vectors), np.where(taken, new, height)
    return np.asarray(vectors), float(1.0 / (weight**2).sum())


def _weighted(
    posterior: Posterior, centre: Array, spread: Array, count: int, generator: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Vectors from a Student t, their importance weights (the highest is 1) and log posteriors."""
    z = generator.standard_normal((count, len(centre)))
    z = z * np.sqrt(PROPOSAL_DEGREES / generator.chisquare(PROPOSAL_DEGREES, count))[:, None]
    vectors = centre + z @ np.linalg.cholesky(spread).T
    density = -0.5 * (PROPOSAL_DEGREES + len(centre)) * np.log1p((z * z).sum(axis=1) / PROPOSAL_DEGREES)
    height = _in_parts(posterior, vectors)
    log_weight = height - density
    return vectors, np.exp(log_weight - log_weight.max()), height


def _in_parts(posterior: Posterior, vectors: Array) -> Array:
    """The log posterior, some vectors at a time so that the work stays in the cache."""
    return np.concatenate([posterior(part) for part in np.array_split(vectors, max(len(vectors) // PART, 1))])


def _flattened(weight: Array) -> Array:
    """Weights raised to the power that leaves an effective number of at least 300, or a tenth of all."""
    wanted = min(300.0, 0.1 * len(weight))
    power = 1.0
    for _ in range(40):
        soft = weight**power
        soft = soft / soft.sum()
        if 1.0 / (soft**2).sum() >= wanted:
            break
        power *= 0.9
    return np.asarray(soft)


def fit(
    model: Model,
    material: Material,
    *,
    draws: int,
    seed: int,
    starts: int = 3,
    effort: int = 2000,
) -> Fit:
    """Mode, its covariance, and joint draws."""
    posterior = Posterior(model, material)
    mode, covariance, height = find_mode(posterior, starts)
    vectors, effective = sample(posterior, mode, covariance, draws=draws, seed=seed, effort=effort)
    return Fit(
        model=model,
        mode=mode,
        covariance=covariance,
        vectors=vectors,
        effective=effective,
        log_posterior=height,
    )


def _free(scale: str, value: float) -> float:
    if scale == "log":
        return float(np.log(value))
    return float(np.log(value / (1.0 - value))) if scale == "share" else value
