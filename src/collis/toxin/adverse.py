"""The chance of each side effect, against exposure and over time.

    P = 1 - (1 - p0) (1 - p)      log odds of p0 = background + study
                                  log odds of p  = intercept + study + slope ln(exposure / reference) (+ type B term)

Without exposure the drug's part p is exactly 0 and nothing but the background is left; no ceiling is built in. Who
asks and how moved the published counts more than a doubling of dose did: that is `study`, one shift for background
and drug alike. So the number to read is the risk relative to another plan from the same curve, in which the study
nearly cancels; the absolute chance carries the spread of studies and so a wide band.

In time those affected have it while the light chain in that compartment, highest point as one, lies above their own
threshold; the share of them whose threshold lies below a level u is u^sharpness. So the chance of having it on a day
is p times u^sharpness, the half-life is that of the product, and what earlier sessions left counts in. Uptake and
sharpness are set to the published mean onset and length. Needle placement, which can matter more than dose, is not
known to the curve.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from collis.errors import BadInput, KnowledgeError
from collis.knowledge.harms import Effect, HarmModel, Harms, Timing
from collis.toxin.timecourse import (
    Array,
    Real,
    decay_rate,
    light_chain,
    light_chain_peak,
    light_chain_peak_day,
)

DRAWN = ("intercept", "log_slope", "background", "serotype_b", "log_study_sd")
_STEPS = 4001
_TAILS = 40.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HarmCurve:
    """Drawn curves of one side effect, each of shape [draw]; everything but `slope` and `reference` in log odds."""

    intercept: Array
    slope: Array
    background: Array
    serotype_b: Array
    study: Array
    reference: float

    @property
    def count(self) -> int:
        """How many curves were drawn."""
        return int(self.intercept.shape[0])


def draw_curves(harms: Harms, *, draws: int, seed: int) -> Mapping[Effect, HarmCurve]:
    """`draws` joint curves of every effect, each with a study drawn from the spread between studies.

    One shuffled pass through the stored draws after another, so that `draws` of them are as even as can be; the same
    seed gives the same curves whatever the plan. Refuses a draw file that is not the one knowledge names.
    """
    if draws < 1:
        raise BadInput(where="draws", read=f"{draws}", expected="1 draw or more")
    stored = stored_draws(harms)
    chance = np.random.default_rng(seed)
    passes = -(-draws // harms.draws.count)
    chosen = np.concatenate([chance.permutation(harms.draws.count) for _ in range(passes)])[:draws]
    curves = {}
    for effect, model in harms.effects.items():
        part = {name: stored[f"{effect.value}_{name}"][chosen] for name in DRAWN}
        study = np.exp(part["log_study_sd"]) * chance.standard_normal(draws)
        curves[effect] = _curve(part, study=study, reference=float(model.reference.value))
    return curves


def typical_curve(model: HarmModel, *, study: float = 0.0) -> HarmCurve:
    """The estimate as a single curve, in a typical study or in one shifted by `study` log odds; arrays of shape [1]."""
    part = {name: np.array([getattr(model, name).value]) for name in DRAWN}
    return _curve(part, study=np.array([study]), reference=float(model.reference.value))


def stored_draws(harms: Harms) -> Mapping[str, Array]:
    """The joint draws as the calibration wrote them, each of shape [stored]; refuses a file with another content."""
    try:
        content = harms.draws.path.read_bytes()
    except OSError as error:
        raise KnowledgeError(
            f"{harms.draws.path.name}: the draws of the side effects are missing."
        ) from error
    if hashlib.sha256(content).hexdigest() != harms.draws.sha256:
        raise KnowledgeError(
            f"{harms.draws.path.name}: not the draws that harms.toml names; run the calibration."
        )
    with np.load(harms.draws.path) as arrays:
        return {name: np.asarray(arrays[name]) for name in arrays.files}


def weighted(units: Array, weights: Array) -> Array:
    """Weighted Units summed over the last axis, such as Units by draw and muscle; times the potency, an exposure."""
    return np.asarray((np.asarray(units) * weights).sum(axis=-1))


def drug_chances(curve: HarmCurve, exposure: Real, *, serotype_b: bool = False) -> Array:
    """The drug's own part at an exposure in reference Units, shape [..., draw]; exactly 0 at exposure 0."""
    scaled = np.asarray(exposure, dtype=np.float64) / curve.reference
    shift = curve.intercept + curve.study + (curve.serotype_b if serotype_b else 0.0)
    with np.errstate(over="ignore"):
        odds = np.exp(shift) * scaled**curve.slope
        return np.asarray(1.0 - 1.0 / (1.0 + odds))


def chances(curve: HarmCurve, exposure: Real, *, serotype_b: bool = False) -> Array:
    """The chance of the side effect after one session, background and study in it; shape [..., draw].

    `exposure` is in reference Units, one figure or one for each draw on the last axis.
    """
    without = 1.0 / (1.0 + np.exp(curve.background + curve.study))
    return np.asarray(1.0 - without * (1.0 - drug_chances(curve, exposure, serotype_b=serotype_b)))


def relative_risk(probability: Real, comparator: Real) -> Array:
    """How many times the comparator's chance; feed both from the same curve, so that shared doubt cancels."""
    return np.asarray(probability / comparator)


def exposure_by_day(
    exposures: Array, *, given_days: Array, on_days: Array, timing: Timing, half_life_days: Real
) -> Array:
    """What the sessions' exposures come to on each day: highest point of each alone as one; [day(, draw)].

    `exposures` is [session] or [session, draw], days count from any one day, `half_life_days` is one figure or
    [session]. Refuses an effect of the needle, which follows no light chain.
    """
    uptake, _ = _chain(timing)
    decay = decay_rate(np.asarray(half_life_days, dtype=np.float64))
    given = np.asarray(given_days, dtype=np.float64)
    since = np.asarray(on_days, dtype=np.float64)[:, None] - given
    share = light_chain(since, uptake=uptake, decay=decay) / light_chain_peak(uptake=uptake, decay=decay)
    return np.asarray(share @ np.asarray(exposures, dtype=np.float64))


def mean_onset_and_length(*, uptake: float, half_life_days: float, sharpness: float) -> tuple[float, float]:
    """Mean day of onset and mean length (days) of those whom a first session gives the effect.

    >>> onset, length = mean_onset_and_length(uptake=0.1, half_life_days=25.0, sharpness=2.0)
    >>> round(onset, 1), round(length, 1)
    (6.9, 37.8)
    """
    decay = float(decay_rate(half_life_days))
    peak_day = float(light_chain_peak_day(uptake=uptake, decay=decay))
    highest = float(light_chain(peak_day, uptake=uptake, decay=decay))
    end = peak_day + _TAILS / (sharpness * min(uptake, decay))
    rise, fall = np.linspace(0.0, peak_day, _STEPS), np.linspace(peak_day, end, _STEPS)
    before, after = (
        (light_chain(days, uptake=uptake, decay=decay) / highest) ** sharpness for days in (rise, fall)
    )
    up = float(np.trapezoid(before, rise))
    return peak_day - up, up + float(np.trapezoid(after, fall))


def _chain(timing: Timing) -> tuple[float, float]:
    if timing.uptake is None or timing.sharpness is None:
        raise BadInput(
            where="timing", read="an effect of the needle", expected="an effect that follows the light chain"
        )
    return float(timing.uptake.value), float(timing.sharpness.value)


def _curve(part: Mapping[str, Array], *, study: Array, reference: float) -> HarmCurve:
    return HarmCurve(
        intercept=part["intercept"],
        slope=np.exp(part["log_slope"]),
        background=part["background"],
        serotype_b=part["serotype_b"],
        study=study,
        reference=reference,
    )
