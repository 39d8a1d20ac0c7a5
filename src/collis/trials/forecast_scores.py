"""How good a probabilistic forecast of ratings was: error, CRPS, coverage of bands, where the truth fell.

A forecast of many ratings is either draws or a normal for each rating. Both answer the same questions, so that a model
and a simple rule can stand side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import pi
from statistics import NormalDist
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from collis.errors import BadInput
from collis.toxin.timecourse import Array

BANDS = (50, 80, 95)
Flags = NDArray[np.bool_]
Index = NDArray[np.intp]


class Forecast(Protocol):
    """A forecast of ratings, one distribution a rating."""

    def mean(self) -> Array:
        """The point forecast, shape [rating]."""

    def quantile(self, share: float) -> Array:
        """The score below which `share` of the forecast lies, shape [rating]."""

    def crps(self, observed: Array) -> Array:
        """The continuous ranked probability score in points, shape [rating]; 0 is perfect."""

    def place(self, observed: Array) -> Array:
        """Where in its forecast each rating fell, 0 to 1, shape [rating]."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Drawn:
    """A forecast by draws, shape [rating, draw]."""

    draws: Array

    def mean(self) -> Array:
        return np.asarray(self.draws.mean(axis=1))

    def quantile(self, share: float) -> Array:
        return np.asarray(np.quantile(self.draws, share, axis=1))

    def crps(self, observed: Array) -> Array:
        ordered = np.sort(self.draws, axis=1)
        count = ordered.shape[1]
        weight = (2.0 * np.arange(1, count + 1) - count - 1.0) / count**2
        return np.asarray(np.abs(ordered - observed[:, None]).mean(axis=1) - ordered @ weight)

    def place(self, observed: Array) -> Array:
        below = (self.draws < observed[:, None]).mean(axis=1)
        same = (self.draws == observed[:, None]).mean(axis=1)
        return np.asarray(below + 0.5 * same)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Normal:
    """A normal forecast, `centre` and `sd` of shape [rating]; NaN where the rule says nothing."""

    centre: Array
    sd: Array

    def mean(self) -> Array:
        return self.centre

    def quantile(self, share: float) -> Array:
        return np.asarray(self.centre + self.sd * NormalDist().inv_cdf(share))

    def crps(self, observed: Array) -> Array:
        z = (observed - self.centre) / self.sd
        density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * pi)
        return np.asarray(self.sd * (z * (2.0 * _below(z) - 1.0) + 2.0 * density - 1.0 / np.sqrt(pi)))

    def place(self, observed: Array) -> Array:
        return _below((observed - self.centre) / self.sd)

    def said(self) -> Flags:
        """Which ratings the rule has a forecast for, shape [rating]."""
        return np.asarray(np.isfinite(self.centre) & np.isfinite(self.sd))


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """A forecast over a set of ratings: errors in points, coverage as shares (0 to 1) by band in percent."""

    ratings: int
    rmse: float
    crps: float
    coverage: Mapping[int, float]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Judged:
    """What each single rating says of a forecast, all of shape [rating]; `inside` by band in percent."""

    error: Array
    crps: Array
    inside: Mapping[int, Flags]

    def score(self, at: Flags | None = None) -> Score:
        """The score over the ratings at `at` (all of them without)."""
        chosen = np.arange(len(self.error)) if at is None else np.flatnonzero(at)
        if not len(chosen):
            raise BadInput(read="no rating", expected="one rating or more to score a forecast by")
        return Score(
            ratings=len(chosen),
            rmse=float(np.sqrt(np.mean(self.error[chosen] ** 2))),
            crps=float(np.mean(self.crps[chosen])),
            coverage=MappingProxyType(
                {b: float(np.mean(inside[chosen])) for b, inside in self.inside.items()}
            ),
        )


def judged(forecast: Forecast, observed: Array, bands: Sequence[int] = BANDS) -> Judged:
    """A forecast held against what was observed, rating by rating."""
    inside: dict[int, Flags] = {}
    for band in bands:
        low, high = forecast.quantile(0.5 - band / 200.0), forecast.quantile(0.5 + band / 200.0)
        inside[band] = np.asarray((low <= observed) & (observed <= high))
    return Judged(
        error=forecast.mean() - observed, crps=forecast.crps(observed), inside=MappingProxyType(inside)
    )


def resampled(person: Index, *, times: int, seed: int) -> Array:
    """How often each person is drawn, shape [time, person], when as many are drawn with replacement.

    `person` numbers the people from 0. Ratings of one person hang together, so people are drawn and not ratings.
    """
    count = int(person.max()) + 1
    generator = np.random.default_rng(seed)
    return np.asarray(generator.multinomial(count, np.full(count, 1.0 / count), size=times), dtype=np.float64)


def interval(values: Array, share: float = 0.95) -> tuple[float, float]:
    """The middle `share` of resampled values."""
    low, high = np.nanquantile(values, [(1.0 - share) / 2.0, (1.0 + share) / 2.0])
    return float(low), float(high)


def mean_over(weights: Array, person: Index, values: Array) -> Array:
    """Mean of a value over resampled people, shape [time]; `values` has shape [rating]."""
    each = weights[:, person]
    total = each.sum(axis=1)
    return np.asarray((each @ values) / np.where(total > 0, total, np.nan))


def _below(z: Array) -> Array:
    """The share of a standard normal below z."""
    from scipy.special import ndtr

    return np.asarray(ndtr(z))
