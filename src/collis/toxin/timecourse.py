"""Toxin in one muscle over time: a chain of three linear steps, solved in closed form.

    A' = -a A  + dose jumps        taken-up toxin not yet acting
    L' =  a A - b L                active light chain
    C' =  c (L - C)                where the clinical effect follows

Each step forgets only by decay, so any dosing history is a sum of shifted unit responses. The closed forms are
divided differences of exponentials and are computed as such: they stay exact when two rates, or all three, meet.
Every function is branch-free, takes scalars or arrays that broadcast, and returns an array of the broadcast shape.
Times are in days (negative counts as 0), rates in 1/d and above 0.

What it leaves out: no receptor runs full during uptake, recovery by sprouting is folded into the decay of the light
chain, and nothing before the second week was ever fitted to data.

>>> round(float(effect_site(24.0, uptake=0.45, decay=0.0277, lag=0.076)), 3)
0.557
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Real: TypeAlias = float | Array

# Numerical constants of the solution, not of the drug.
_TINY = 1e-300
_SERIES_BELOW = 0.01
_POLISHINGS = 2


def decay_rate(half_life_days: Real) -> Array:
    """The first-order rate (1/d) of a half-life (days)."""
    return np.asarray(np.log(2.0) / half_life_days)


def light_chain(after_days: Real, *, uptake: Real, decay: Real) -> Array:
    """Active light chain `after_days` after a unit of taken-up toxin: 0 at first, one hump, then the decay."""
    return np.asarray(uptake * _difference(np.maximum(after_days, 0.0), uptake, decay))


def effect_site(after_days: Real, *, uptake: Real, decay: Real, lag: Real) -> Array:
    """Effect site `after_days` after a unit of taken-up toxin; `lag` is its rate."""
    return np.asarray(uptake * lag * _second_difference(np.maximum(after_days, 0.0), uptake, decay, lag))


def states(after_days: Real, *, uptake: Real, decay: Real, lag: Real) -> tuple[Array, Array, Array]:
    """(A, L, C) after a unit of taken-up toxin; what an old session left behind on a later day."""
    remaining = np.asarray(np.exp(-np.maximum(after_days, 0.0) * uptake))
    return (
        remaining,
        light_chain(after_days, uptake=uptake, decay=decay),
        effect_site(after_days, uptake=uptake, decay=decay, lag=lag),
    )


def onward(after_days: Real, *, uptake: Real, decay: Real, lag: Real) -> tuple[Array, Array, Array]:
    """What a unit of A, of L and of C each contributes to the effect site `after_days` later.

    With `states` this carries any number of old sessions forward at the cost of one.
    """
    later = np.maximum(after_days, 0.0)
    return (
        effect_site(later, uptake=uptake, decay=decay, lag=lag),
        np.asarray(lag * _difference(later, decay, lag)),
        np.asarray(np.exp(-later * lag)),
    )


def light_chain_onward(after_days: Real, *, uptake: Real, decay: Real) -> tuple[Array, Array]:
    """What a unit of taken-up toxin and of light chain each contributes to the light chain `after_days` later."""
    later = np.maximum(after_days, 0.0)
    return light_chain(later, uptake=uptake, decay=decay), np.asarray(np.exp(-later * decay))


def light_chain_peak_day(*, uptake: Real, decay: Real) -> Array:
    """The day the light chain is highest."""
    excess = np.asarray(uptake / decay - 1.0)
    safe = np.where(excess == 0.0, _TINY, excess)
    return np.asarray(np.log1p(safe) / safe / decay)


def light_chain_peak(*, uptake: Real, decay: Real) -> Array:
    """The highest light chain after a unit of taken-up toxin."""
    return light_chain(light_chain_peak_day(uptake=uptake, decay=decay), uptake=uptake, decay=decay)


def effect_peak_day(*, uptake: Real, decay: Real, lag: Real) -> Array:
    """The day the effect site is highest: where the falling light chain meets the rising effect site.

    The peak of the two slower steps plus the mean delay of the fastest lies within a seventh of it; two steps of
    Halley's rule then bring the day to 1e-5 and with it the peak to 1e-11 of itself.
    """
    low, middle, high = _in_order(uptake, decay, lag)
    day = light_chain_peak_day(uptake=middle, decay=low) + 1.0 / high
    for _ in range(_POLISHINGS):
        toxin, light, effect = states(day, uptake=uptake, decay=decay, lag=lag)
        gap = light - effect
        light_slope = uptake * toxin - decay * light
        slope = light_slope - lag * gap
        bend = -uptake * uptake * toxin - decay * light_slope - lag * slope
        day = day - 2.0 * gap * slope / (2.0 * slope * slope - gap * bend)
    return np.asarray(day)


def effect_peak(*, uptake: Real, decay: Real, lag: Real) -> Array:
    """The highest effect site after a unit of taken-up toxin."""
    day = effect_peak_day(uptake=uptake, decay=decay, lag=lag)
    return effect_site(day, uptake=uptake, decay=decay, lag=lag)


def superpose(
    on_days: Real, given_days: Array, amounts: Array, *, uptake: Real, decay: Array, lag: Real
) -> Array:
    """The effect site on `on_days` from a whole dosing history; shape [day].

    `given_days`, `amounts` and `decay` have one entry per session, so a switch of product is one more rate;
    doses after a day do not count on it. The plain sum of the whole history: the reference that the running sums of
    the bedside and the batch of many people are held against.
    """
    since = np.asarray(on_days, dtype=np.float64)[..., None] - given_days
    response = effect_site(since, uptake=uptake, decay=decay, lag=lag)
    return np.asarray((response * amounts).sum(axis=-1))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RunningSums:
    """What all doses of one product so far amount to today: three numbers per muscle, arrays of any one shape.

    Taken-up toxin not yet acting, active light chain, effect site; in units of the amounts given.
    """

    toxin: Array
    light: Array
    effect: Array

    def with_dose(self, amount: Real) -> RunningSums:
        """The sums right after another dose."""
        return RunningSums(toxin=np.asarray(self.toxin + amount), light=self.light, effect=self.effect)

    def later(self, days: Real, *, uptake: Real, decay: Real, lag: Real) -> RunningSums:
        """The sums `days` (0 or more) on, whatever doses they came from."""
        from_toxin, from_light, from_effect = onward(days, uptake=uptake, decay=decay, lag=lag)
        made, kept = light_chain_onward(days, uptake=uptake, decay=decay)
        return RunningSums(
            toxin=np.asarray(np.exp(-np.asarray(uptake) * days) * self.toxin),
            light=np.asarray(made * self.toxin + kept * self.light),
            effect=np.asarray(from_toxin * self.toxin + from_light * self.light + from_effect * self.effect),
        )


def carry_forward(
    on_day: float, given_days: Sequence[float], amounts: Array, *, uptake: Real, decay: Real, lag: Real
) -> RunningSums:
    """The sums on `on_day` from all doses of one product up to then, each session carried on to the next.

    `amounts` has shape [session, ...], in the order of `given_days`, which may be any; the rates broadcast against
    the trailing shape, and so do the sums. A dose counts from the moment it is given.
    """
    none = np.zeros(np.broadcast_shapes(amounts.shape[1:], np.shape(uptake), np.shape(decay), np.shape(lag)))
    sums = RunningSums(toxin=none, light=none, effect=none)
    today = on_day
    for k in sorted(range(len(given_days)), key=lambda k: given_days[k]):
        day = given_days[k]
        if day > on_day:
            break
        sums = sums.later(max(day - today, 0.0), uptake=uptake, decay=decay, lag=lag).with_dose(amounts[k])
        today = day
    return sums.later(max(on_day - today, 0.0), uptake=uptake, decay=decay, lag=lag)


def _in_order(x: Real, y: Real, z: Real) -> tuple[Array, Array, Array]:
    low, high = np.minimum(np.minimum(x, y), z), np.maximum(np.maximum(x, y), z)
    middle = np.maximum(np.minimum(x, y), np.minimum(np.maximum(x, y), z))
    return np.asarray(low), np.asarray(middle), np.asarray(high)


def _difference(t: Real, x: Real, y: Real) -> Array:
    """(e^-xt - e^-yt) / (y - x), also where x meets y."""
    gap = np.abs(y - x) * t + _TINY
    return np.asarray(t * np.exp(-np.minimum(x, y) * t) * (-np.expm1(-gap) / gap))


def _second_difference(t: Real, x: Real, y: Real, z: Real) -> Array:
    """The divided difference of e^-rt over three rates, also where any of them meet.

    Over a wide span it is the difference of two differences; over a narrow one (span times t below a hundredth)
    that would cancel, and the series about the mean rate holds to the last digits.
    """
    low, middle, high = _in_order(x, y, z)
    span = high - low
    narrow = span * t < _SERIES_BELOW
    wide = (_difference(t, low, middle) - _difference(t, middle, high)) / np.where(narrow, 1.0, span)
    mean = (low + middle + high) / 3.0
    d, e, f = (low - mean) * t, (middle - mean) * t, (high - mean) * t
    dd, ee, ff = d * d, e * e, f * f
    second, third, fourth = dd + ee + ff, d * dd + e * ee + f * ff, dd * dd + ee * ee + ff * ff
    series = t * t * np.exp(-mean * t)
    series = series * (0.5 + second / 48.0 - third / 360.0 + (2.0 * fourth + second * second) / 5760.0)
    return np.asarray(np.where(narrow, series, wide))
