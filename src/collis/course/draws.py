"""Draws patients from the calibrated population: doubt about its parameters and the spread between patients together.

Each drawn patient stands on one joint draw of the parameters, so that errors which belong together stay together; the
patient's own spread is dealt in equal-probability strata on top, so that a few hundred draws already give steady
bands. A single draw is the median patient of the typical population.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from collis.course.outcome import drift_path, rated
from collis.course.parameters import MuscleDraws, RankedMuscle, ResponseDraws
from collis.course.population import Population, load_population
from collis.errors import BadInput
from collis.knowledge.load import Knowledge
from collis.knowledge.response import Estimate
from collis.toxin.timecourse import Array, decay_rate, effect_peak


class Deck:
    """Shuffled strata: each call deals one normal or one uniform number per draw."""

    def __init__(self, *, draws: int, seed: int) -> None:
        if draws < 1:
            raise BadInput(where="draws", read=f"{draws}", expected="1 draw or more")
        self._draws = draws
        self._normals = _normal_strata(draws)
        self._chance = np.random.default_rng(seed)

    def normal(self) -> Array:
        """A standard normal for each draw."""
        return self._chance.permutation(self._normals)

    def uniform(self) -> Array:
        """A number between 0 and 1 for each draw."""
        return (self._chance.permutation(self._draws) + 0.5) / self._draws

    def estimate(self, estimate: Estimate) -> Array:
        """Log-normal about the value of an estimate, by its error."""
        return np.asarray(estimate.value * np.exp(estimate.error * self.normal()))

    def rows(self, stored: int) -> NDArray[np.intp]:
        """A stored draw for each patient: one shuffled pass after another, as even as can be."""
        passes = -(-self._draws // stored)
        return np.concatenate([self._chance.permutation(stored) for _ in range(passes)])[: self._draws]

    def normals(self, count: int) -> Array:
        """Plain independent normals, shape [draw, count]; all 0 for a single draw."""
        if self._draws == 1:
            return np.zeros((1, count))
        return self._chance.standard_normal((self._draws, count))


@lru_cache(maxsize=8)
def _normal_strata(draws: int) -> Array:
    """The middles of `draws` equally likely slices of the standard normal; not to be written to."""
    strata = np.array([NormalDist().inv_cdf((i + 0.5) / draws) for i in range(draws)])
    strata.setflags(write=False)
    return strata


@lru_cache(maxsize=4)
def draw_response(knowledge: Knowledge, *, draws: int, seed: int, past_sessions: int = 0) -> ResponseDraws:
    """`draws` patients; the same seed gives the same patients whatever the plan, so that plans compare fairly."""
    deck = Deck(draws=draws, seed=seed)
    population = load_population(knowledge)
    own = population.typical() if draws == 1 else population.pick(deck.rows(population.count))
    half_life_factor = np.exp(own.half_life_patient_sd * deck.normal())
    half_life = {family: days * half_life_factor for family, days in own.half_life.items()}
    peaks = effect_peak(
        uptake=own.uptake, decay=decay_rate(np.stack(list(half_life.values()))), lag=own.effect_lag
    )
    peak = dict(zip(half_life, peaks, strict=True))
    half_dose_total = own.half_dose_total * np.exp(own.half_dose_patient_sd * deck.normal())
    reach = _reach(own, deck) / deck.estimate(knowledge.response.reach.reference_coverage)
    study = own.placebo_amplitude + own.placebo_study_sd * deck.normal()
    baseline = own.baseline_mean * np.exp(own.baseline_patient_sd * deck.normal())
    return ResponseDraws(
        uptake=own.uptake,
        effect_lag=own.effect_lag,
        half_life=_by_product(own, half_life),
        peak=_by_product(own, peak),
        half_dose=half_dose_total / float(knowledge.response.typical_volume.value),
        hill=own.hill,
        reach=np.minimum(reach, 1.0),
        potency=own.potency,
        placebo=np.asarray(study + own.placebo_patient_sd * deck.normal()),
        placebo_onset=own.placebo_onset,
        placebo_fading=own.placebo_fading,
        baseline=np.minimum(baseline, own.highest),
        session=np.exp(
            own.half_dose_session_sd * np.stack([deck.normal() for _ in range(1 + past_sessions)])
        ),
        noise_sd=own.noise_sd,
        drift_sd=own.drift_sd,
        drift_weeks=own.drift_weeks,
    )


def draw_visits(
    draws: ResponseDraws, expected: Array, weeks: Array, *, rated_ago: float | None, highest: float, seed: int
) -> Array:
    """What a rating on each of `weeks` may read around the `expected` score, [draw, week]; the first week is today.

    Where the course starts from a rating, `rated_ago` weeks before, the drift starts at nothing on that day and the
    rating's own scatter is carried along: the untreated level lies that much off what was read. A rating of today is
    what today reads. Without a rating the drift is there from the start.
    """
    deck = Deck(draws=draws.count, seed=seed)
    normals = deck.normals(len(weeks) + 1)
    scatter = draws.noise_sd[:, None] * deck.normals(len(weeks))
    if rated_ago is None:
        drift = drift_path(weeks, sd=draws.drift_sd, scale_weeks=draws.drift_weeks, normals=normals[:, 1:])
        return rated(expected + drift + scatter, highest=highest)
    days = np.concatenate([[0.0], rated_ago + weeks])
    drift = drift_path(days, sd=draws.drift_sd, scale_weeks=draws.drift_weeks, normals=normals, start=0.0)[
        :, 1:
    ]
    first = draws.noise_sd[:, None] * deck.normals(1)
    if rated_ago == 0.0:
        scatter[:, 0] = first[:, 0]
    left = expected / np.maximum(expected[:, :1], 1e-6)
    return rated(expected + drift - first * left + scatter, highest=highest)


def draw_muscles(ranked: Sequence[RankedMuscle], *, draws: int, seed: int) -> MuscleDraws:
    """Shares of the drive: a muscle is overactive with its probability, and who is carries the drive.

    Where no muscle of a draw comes out overactive, the mean shares stand.
    """
    deck = Deck(draws=draws, seed=seed)
    share = np.array([m.share for m in ranked])
    if not ranked or share.sum() <= 0.0:
        return MuscleDraws(places=tuple(m.where for m in ranked), share=np.zeros((draws, len(ranked))))
    share = share / share.sum()
    given_active = np.array([m.share / max(m.probability, m.share, 1e-9) for m in ranked])
    active = np.stack([deck.uniform() < m.probability for m in ranked], axis=1)
    drawn = active * given_active
    total = drawn.sum(axis=1, keepdims=True)
    drawn = np.where(total > 0.0, drawn / np.where(total > 0.0, total, 1.0), share)
    return MuscleDraws(places=tuple(m.where for m in ranked), share=drawn)


def _reach(own: Population, deck: Deck) -> Array:
    """What a full block of a typical plan's muscles takes off the score, in each drawn patient."""
    return np.asarray(1.0 / (1.0 + np.exp(-(own.reach_logit + own.reach_patient_sd * deck.normal()))))


def _by_product(own: Population, by_family: dict[str, Array]) -> MappingProxyType[str, Array]:
    return MappingProxyType({product: by_family[family] for product, family in own.families.items()})
