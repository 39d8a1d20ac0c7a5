"""Draws patients from the response model: doubt about its parameters and the spread between patients together.

Every parameter is drawn on its own in equal-probability strata, so that a few hundred draws already give steady
bands; the errors of the fit are correlated in truth, which independent draws overstate rather than understate.
A single draw is the median patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist
from types import MappingProxyType

import numpy as np

from collis.course.parameters import HarmDraws, MuscleDraws, RankedMuscle, ResponseDraws
from collis.errors import BadInput
from collis.knowledge.response import Estimate, Harm, Reach, ResponseParameters
from collis.toxin.timecourse import Array, decay_rate, effect_peak

_LEAST_SLOPE = 1e-6  # more exposure never means less harm, and none means none


class _Deck:
    """Shuffled strata: each call deals one normal or one uniform number per draw."""

    def __init__(self, *, draws: int, seed: int) -> None:
        if draws < 1:
            raise BadInput(where="draws", read=f"{draws}", expected="1 draw or more")
        self._draws = draws
        self._normals = _normal_strata(draws)
        self._chance = np.random.default_rng(seed)

    def normal(self) -> Array:
        return self._chance.permutation(self._normals)

    def uniform(self) -> Array:
        return (self._chance.permutation(self._draws) + 0.5) / self._draws

    def estimate(self, estimate: Estimate, sd: float = 0.0) -> Array:
        """Log-normal about the centre: doubt about the centre, then the spread of patients by `sd`."""
        return np.asarray(estimate.value * np.exp(estimate.error * self.normal() + sd * self.normal()))


@lru_cache(maxsize=8)
def _normal_strata(draws: int) -> Array:
    """The middles of `draws` equally likely slices of the standard normal; not to be written to."""
    strata = np.array([NormalDist().inv_cdf((i + 0.5) / draws) for i in range(draws)])
    strata.setflags(write=False)
    return strata


def draw_response(
    parameters: ResponseParameters, *, draws: int, seed: int, past_sessions: int = 0
) -> ResponseDraws:
    """`draws` patients; the same seed gives the same patients whatever the plan, so that plans compare fairly."""
    deck = _Deck(draws=draws, seed=seed)
    half_life_sd = float(parameters.half_life_patient_sd.value)
    placebo, score = parameters.placebo, parameters.score
    uptake = deck.estimate(parameters.uptake)
    lag = deck.estimate(parameters.effect_lag)
    own_half_life = np.exp(half_life_sd * deck.normal())
    doubt = {f: deck.normal() for f in sorted({h.family for h in parameters.half_life.values()})}
    by_family = {
        h.family: np.asarray(own_half_life * h.days.value * np.exp(h.days.error * doubt[h.family]))
        for h in parameters.half_life.values()
    }
    half_life = {product: by_family[h.family] for product, h in parameters.half_life.items()}
    peaks = effect_peak(uptake=uptake, decay=decay_rate(np.stack(list(by_family.values()))), lag=lag)
    peak_by_family = dict(zip(by_family, peaks, strict=True))
    peak = {product: peak_by_family[h.family] for product, h in parameters.half_life.items()}
    potency = {product: deck.estimate(parameters.potency[product]) for product in sorted(parameters.potency)}
    half_dose = deck.estimate(parameters.half_dose, float(parameters.half_dose_patient_sd.value))
    hill = deck.estimate(parameters.hill)
    amplitude = float(placebo.amplitude.value) + float(placebo.se.value) * deck.normal()
    amplitude = amplitude + float(placebo.patient_sd.value) * deck.normal()
    baseline = float(score.baseline.value) + float(score.baseline_se.value) * deck.normal()
    baseline = baseline * np.exp(float(score.baseline_patient_sd.value) * deck.normal())
    return ResponseDraws(
        uptake=uptake,
        effect_lag=lag,
        half_life=MappingProxyType(half_life),
        peak=MappingProxyType(peak),
        potency=MappingProxyType(potency),
        half_dose=half_dose,
        hill=hill,
        reach=_draw_reach(parameters.reach, deck),
        placebo=np.asarray(amplitude),
        placebo_onset=deck.estimate(placebo.onset),
        placebo_fading=deck.estimate(placebo.fading),
        baseline=np.minimum(baseline, float(score.highest.value)),
        dysphagia=_draw_harm(parameters.dysphagia, deck),
        neck_weakness=_draw_harm(parameters.neck_weakness, deck),
        session=np.exp(
            float(parameters.half_dose_session_sd.value)
            * np.stack([deck.normal() for _ in range(1 + past_sessions)])
        ),
    )


def draw_muscles(ranked: Sequence[RankedMuscle], *, draws: int, seed: int) -> MuscleDraws:
    """Shares of the drive: a muscle is overactive with its probability, and who is carries the drive.

    Where no muscle of a draw comes out overactive, the mean shares stand.
    """
    deck = _Deck(draws=draws, seed=seed)
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


def _draw_harm(harm: Harm, deck: _Deck) -> HarmDraws:
    return HarmDraws(
        intercept=np.asarray(float(harm.intercept.value) + float(harm.intercept_se.value) * deck.normal()),
        slope=np.maximum(float(harm.slope.value) + float(harm.slope_se.value) * deck.normal(), _LEAST_SLOPE),
        background=np.minimum(deck.estimate(harm.background), 1.0),
        study=np.asarray(float(harm.study_sd.value) * deck.normal()),
    )


def _draw_reach(reach: Reach, deck: _Deck) -> Array:
    """What a full block of all the drive removes: the share of a typical plan over the drive that plan reaches."""
    mean, patient_sd = float(reach.mean.value), float(reach.patient_logit_sd.value)
    doubt = float(reach.se.value) / (mean * (1.0 - mean))
    typical = _location(mean, float(np.hypot(patient_sd, doubt)))
    odds = np.exp(typical + doubt * deck.normal() + patient_sd * deck.normal())
    return np.minimum(odds / (1.0 + odds) / deck.estimate(reach.reference_coverage), 1.0)


@lru_cache(maxsize=8)
def _location(mean: float, sd: float) -> float:
    """The median log odds of a logit-normal share with this mean and spread, by halving."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        below = float((weights / (1.0 + np.exp(-(middle + sd * nodes)))).sum()) < mean
        low, high = (middle, high) if below else (low, middle)
    return 0.5 * (low + high)
