"""Side effects of the sessions of an arm: who has one, when it starts, how long it lasts.

The chance is that of `collis.toxin.adverse` in a typical study, background in it. Who has an effect of the toxin has
it while the light chain stands above his own threshold, so that onset and length follow from one uniform number; an
effect of the needle starts and lasts as published, its length scattering exponentially. What earlier sessions left is
not added. No source gives a chance of severe effects, so none is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from collis.knowledge.harms import Effect, Harms, Timing
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Muscle
from collis.toxin.adverse import chances, typical_curve
from collis.toxin.timecourse import Array, decay_rate, light_chain, light_chain_peak, light_chain_peak_day

_STEPS = 400
_DAYS_PER_WEEK = 7.0
_LEFT = 1e-4  # of the highest point: where the tables of rise and fall end


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Harmed:
    """One kind of effect after one session: who has it (rows), its onset after the session and its length, in weeks."""

    effect: Effect
    who: NDArray[np.intp]
    onset: Array
    weeks: Array


def split_exposure(harms: Harms, split: Mapping[Muscle, float], product: str) -> Mapping[Effect, float]:
    """Exposure by effect of one Unit of a product that is split over muscles as `split` says."""
    potency = harms.potency_of(product)
    return {effect: model.exposure_of(split, potency=potency) for effect, model in harms.effects.items()}


def harmed(
    exposure: Mapping[Effect, Array],
    share: Array,
    product: str,
    half_life_days: float,
    knowledge: Knowledge,
    uniform: Array,
) -> list[Harmed]:
    """The effects of one session; `share` [person] of the whole exposure, `uniform` [effect, person, 2] is chance."""
    harms = knowledge.harms
    serotype_b = harms.is_serotype_b(product)
    found = []
    for number, (effect, model) in enumerate(harms.effects.items()):
        amount = exposure[effect] * share
        if amount.size and amount.min() == amount.max():
            amount = amount[:1]  # everybody alike: worked out once
        chance = chances(typical_curve(model), amount[:, None], serotype_b=serotype_b)[:, 0]
        who = np.flatnonzero(uniform[number, :, 0] < chance)
        onset, weeks = when(model.timing, half_life_days, uniform[number, who, 1])
        found.append(Harmed(effect=effect, who=who, onset=onset, weeks=weeks))
    return found


def when(timing: Timing, half_life_days: float, uniform: Array) -> tuple[Array, Array]:
    """Onset after the session and length, in weeks, of people with these uniform numbers."""
    if timing.uptake is None or timing.sharpness is None:
        onset = np.full(len(uniform), float(timing.onset.value) / _DAYS_PER_WEEK)
        return onset, -float(timing.length.value) * np.log1p(-uniform)
    level, up, down = _chain(float(timing.uptake.value), half_life_days)
    threshold = uniform ** (1.0 / float(timing.sharpness.value))
    start = np.interp(threshold, level[: len(up)], up)
    end = np.interp(threshold, level[len(up) :][::-1], down[::-1])
    return start / _DAYS_PER_WEEK, (end - start) / _DAYS_PER_WEEK


@lru_cache(maxsize=64)
def _chain(uptake: float, half_life_days: float) -> tuple[Array, Array, Array]:
    """The light chain over its highest point on the way up and down, and the days of both."""
    decay = float(decay_rate(half_life_days))
    peak_day = float(light_chain_peak_day(uptake=uptake, decay=decay))
    highest = float(light_chain_peak(uptake=uptake, decay=decay))
    end = peak_day - np.log(_LEFT) / min(uptake, decay)
    up, down = np.linspace(0.0, peak_day, _STEPS), np.linspace(peak_day, end, _STEPS)
    days = np.concatenate([up, down])
    return np.asarray(light_chain(days, uptake=uptake, decay=decay) / highest), up, down
