"""Weights that bring drawn people to a published baseline, and the table that shows how well they do.

Entropy balancing: of all weights that give the wanted means and spreads, those closest to equal weights. They are
exp(coefficients * features), so that coefficients found once on a reference sample weigh people drawn later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from collis.errors import BadInput
from collis.toxin.timecourse import Array

# Numerical choices of the search.
_STEPS, _CLOSE, _HALVINGS = 200, 1e-10, 40
_LEAST_EFFECTIVE = 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """One thing to match: a mean, and a spread where one is known; `name` is a column of the people."""

    name: str
    mean: float
    sd: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MatchRow:
    """One line of the match table: what was wanted, what the people have without and with weights."""

    name: str
    wanted: float
    unweighted: float
    weighted: float


@dataclass(frozen=True, kw_only=True, slots=True)
class MatchTable:
    """How well the weighted people match, told on a reference sample of `sample` people who entered.

    `effective` is the number of equally weighted people that would tell a mean as surely; `screened` is how many were
    looked at for them, by what became of them. Whatever has no row was not matched.
    """

    rows: tuple[MatchRow, ...]
    sample: int
    effective: float
    screened: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Weighing:
    """Weights as a function of people: mean 1 over the reference sample, and never above the highest met there."""

    wanted: tuple[Wanted, ...]
    coefficients: Array
    log_scale: float
    highest: float

    def of(self, columns: Mapping[str, Array], count: int) -> Array:
        """The weight of each of `count` people, from their columns by name."""
        if not self.wanted:
            return np.ones(count)
        logs = _features(columns, self.wanted) @ self.coefficients - self.log_scale
        return np.asarray(np.minimum(np.exp(np.minimum(logs, np.log(self.highest))), self.highest))


def balance(columns: Mapping[str, Array], wanted: Sequence[Wanted]) -> Weighing:
    """The weighing that brings a reference sample to what is wanted.

    Raises `BadInput` where the sample cannot be brought there, or only by leaning on very few people.
    """
    if not wanted:
        return Weighing(wanted=(), coefficients=np.zeros(0), log_scale=0.0, highest=1.0)
    features = _features(columns, wanted)
    coefficients = _solve(features, wanted)
    logs = features @ coefficients
    log_scale = float(np.log(np.mean(np.exp(logs - logs.max()))) + logs.max())
    weights = np.exp(logs - log_scale)
    if effective_size(weights) < _LEAST_EFFECTIVE * len(weights):
        raise _out_of_reach(wanted)
    return Weighing(
        wanted=tuple(wanted), coefficients=coefficients, log_scale=log_scale, highest=float(weights.max())
    )


def effective_size(weights: Array) -> float:
    """The number of equal weights worth as much (Kish).

    >>> effective_size(np.array([1.0, 1.0, 1.0]))
    3.0
    """
    return float(weights.sum() ** 2 / (weights**2).sum())


def match_rows(
    columns: Mapping[str, Array], wanted: Sequence[Wanted], weights: Array
) -> tuple[MatchRow, ...]:
    """The lines of the match table."""
    rows = []
    for one in wanted:
        column = columns[one.name]
        plain, weighed = float(column.mean()), float(np.average(column, weights=weights))
        rows.append(MatchRow(name=f"{one.name}, mean", wanted=one.mean, unweighted=plain, weighted=weighed))
        if one.sd is not None:
            spread = float(np.sqrt(np.average((column - weighed) ** 2, weights=weights)))
            rows.append(
                MatchRow(
                    name=f"{one.name}, SD", wanted=one.sd, unweighted=float(column.std()), weighted=spread
                )
            )
    return tuple(rows)


def _features(columns: Mapping[str, Array], wanted: Sequence[Wanted]) -> Array:
    """What must average to 0 under the weights, one column for each mean and each spread wanted."""
    found = []
    for one in wanted:
        scale = one.sd or max(abs(one.mean), 1.0)
        off = (columns[one.name] - one.mean) / scale
        found.append(off)
        if one.sd is not None:
            found.append(off * off - 1.0)
    return np.stack(found, axis=1)


def _solve(features: Array, wanted: Sequence[Wanted]) -> Array:
    """Newton's method on the log of the mean of exp(features * coefficients), which is convex."""

    def height(at: Array) -> float:
        logs = features @ at
        top = float(logs.max())
        return top + float(np.log(np.mean(np.exp(logs - top))))

    at = np.zeros(features.shape[1])
    here = height(at)
    for _ in range(_STEPS):
        logs = features @ at
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        slope = weights @ features
        if np.abs(slope).max() < _CLOSE:
            return at
        off = features - slope
        bend = (off * weights[:, None]).T @ off + 1e-12 * np.eye(len(at))
        step = np.linalg.solve(bend, slope)
        size = 1.0
        for _ in range(_HALVINGS):
            there = height(at - size * step)
            if there <= here - 1e-4 * size * float(slope @ step):
                break
            size /= 2.0
        else:
            if np.abs(slope).max() < 1e-6:
                return at
            break
        at, here = at - size * step, there
        if not np.isfinite(here) or np.abs(at).max() > 1e3:
            break
    raise _out_of_reach(wanted)


def _out_of_reach(wanted: Sequence[Wanted]) -> BadInput:
    told = ", ".join(f"{w.name} {w.mean:g}" + (f" (SD {w.sd:g})" if w.sd is not None else "") for w in wanted)
    return BadInput(
        where="people.target",
        read=told,
        expected="a baseline that the people who enter can be weighted to",
        mend="Bring entry criteria and target closer together, or ask for fewer figures.",
    )
