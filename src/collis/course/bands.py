"""Bands over draws: the 5th percentile, the middle, the 95th."""

from __future__ import annotations

import math

import numpy as np

from collis.course.forecast import Band, When
from collis.toxin.timecourse import Array

BAND = (0.05, 0.5, 0.95)


def band_of(values: Array) -> Band:
    """The band of one number per draw."""
    return bands_of(values[:, None])[0]


def bands_of(values: Array) -> tuple[Band, ...]:
    """A band for each column of [draw, week]."""
    ordered = np.sort(values, axis=0)
    at = np.array(BAND) * (len(ordered) - 1)
    below = np.floor(at).astype(np.intp)
    part = (at - below)[:, None]
    above = ordered[np.minimum(below + 1, len(ordered) - 1)]
    rows = (ordered[below] + part * (above - ordered[below])).T.tolist()
    return tuple(Band(low=low, median=median, high=high) for low, median, high in rows)


def when_of(values: Array) -> When:
    """The band of a time in which infinite stands for past the horizon."""
    found = (float(x) for x in np.quantile(values, BAND, method="higher"))
    low, median, high = (None if math.isinf(x) else x for x in found)
    return When(low=low, median=median, high=high)
