"""Shares of people and their intervals: exact for one arm, Newcombe's for a difference."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from collis.trials.ancova import Estimate

Z95 = 1.959963984540054


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """A share of 1 with its exact 95 % interval; `worth` is the number of people it rests on."""

    cases: int
    people: int
    share: float
    low: float
    high: float
    worth: float


def exact(*, cases: int, people: int, share: float | None = None, worth: float | None = None) -> Share:
    """The interval of Clopper and Pearson. With weights, `share` is weighted and `worth` the people it is worth.

    >>> found = exact(cases=0, people=20)
    >>> found.share, found.low, round(found.high, 3)
    (0.0, 0.0, 0.168)
    """
    from scipy import stats

    n = float(people) if worth is None else worth
    p = (cases / people if people else 0.0) if share is None else share
    k = p * n
    low = float(stats.beta.ppf(0.025, k, n - k + 1.0)) if k > 0 else 0.0
    high = float(stats.beta.ppf(0.975, k + 1.0, n - k)) if k < n else 1.0
    return Share(cases=cases, people=people, share=p, low=low, high=high, worth=n)


def difference(mine: Share, other: Share) -> Estimate:
    """The difference of two shares with Newcombe's interval; p from the pooled z test."""
    from scipy import stats

    (a, al, ah), (b, bl, bh) = _wilson(mine), _wilson(other)
    value = mine.share - other.share
    low = value - sqrt((a - al) ** 2 + (bh - b) ** 2)
    high = value + sqrt((ah - a) ** 2 + (b - bl) ** 2)
    pooled = (mine.share * mine.worth + other.share * other.worth) / (mine.worth + other.worth)
    se = sqrt(pooled * (1.0 - pooled) * (1.0 / mine.worth + 1.0 / other.worth))
    p = float(2.0 * stats.norm.sf(abs(value) / se)) if se > 0 else 1.0
    return Estimate(value=value, se=se, low=low, high=high, p=p)


def _wilson(share: Share) -> tuple[float, float, float]:
    n, p = share.worth, share.share
    middle = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    wide = Z95 * sqrt(p * (1 - p) / n + Z95**2 / (4 * n**2)) / (1 + Z95**2 / n)
    return p, middle - wide, middle + wide
