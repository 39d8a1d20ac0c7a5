"""Analysis of covariance from sums: the baseline as covariate, one slope for all arms, an adjusted mean for each.

The sums are taken by the data base in two passes, so that a million people cost no more memory than a hundred. Equal
weights give ordinary least squares to the last digits; unequal ones give weighted estimates with robust spreads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from collis.errors import BadInput
from collis.toxin.timecourse import Array

if TYPE_CHECKING:
    from collis.trials.records import Records

LEAST_PEOPLE = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """An estimate with its standard error, 95 % interval and two-sided p value against zero."""

    value: float
    se: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """Adjusted mean of each arm at the mean baseline, their covariance, and the degrees of freedom left."""

    arms: tuple[str, ...]
    people: tuple[int, ...]
    means: Array
    covariance: Array
    freedom: float
    slope: float

    def mean(self, arm: str) -> Estimate:
        """The adjusted mean of one arm."""
        i = self.arms.index(arm)
        return estimate(float(self.means[i]), float(np.sqrt(self.covariance[i, i])), self.freedom)

    def difference(self, arm: str, reference: str) -> Estimate:
        """Adjusted mean of an arm less that of the reference."""
        i, j = self.arms.index(arm), self.arms.index(reference)
        c = self.covariance
        se = float(np.sqrt(max(c[i, i] + c[j, j] - 2.0 * c[i, j], 0.0)))
        return estimate(float(self.means[i] - self.means[j]), se, self.freedom)


def estimate(value: float, se: float, freedom: float, *, level: float = 0.95) -> Estimate:
    """An estimate with Student's interval; a spread of zero gives an interval of no width."""
    from scipy import stats

    wide = float(stats.t.ppf(0.5 + level / 2.0, freedom)) * se
    p = float(2.0 * stats.t.sf(abs(value) / se, freedom)) if se > 0 else float(value == 0.0)
    return Estimate(value=value, se=se, low=value - wide, high=value + wide, p=p)


def ancova(records: Records, *, table: str, arms: Sequence[str]) -> Fit:
    """Fit y ~ arm + baseline over a table with the columns arm, weight, b (baseline) and y, both known.

    Raises `BadInput` where an arm has too few people.
    """
    centre_b, centre_y = records.query(f"SELECT avg(b), avg(y) FROM {table}")[0]
    rows = {
        str(row[0]): row[1:]
        for row in records.query(
            f"""SELECT arm, count(*), sum(w), sum(w*b), sum(w*y), sum(w*b*b), sum(w*b*y), sum(w*y*y),
                       min(w), max(w)
                FROM (SELECT arm, weight AS w, b - $1 AS b, y - $2 AS y FROM {table}) GROUP BY arm""",
            [centre_b or 0.0, centre_y or 0.0],
        )
    }
    for arm in arms:
        if arm not in rows or rows[arm][0] < LEAST_PEOPLE:
            raise BadInput(
                where=f"arm {arm}",
                read=f"{rows[arm][0] if arm in rows else 0} people with a value",
                expected=f"at least {LEAST_PEOPLE}",
                mend="Run the trial with more patients.",
            )
    sums = np.array([rows[arm] for arm in arms], dtype=np.float64)
    means, slope, inverse, at = _solved(sums)
    people = sums[:, 0]
    freedom = float(people.sum() - len(arms) - 1)
    if np.ptp(sums[:, 7:9]) == 0:
        wy, wby, wyy = sums[:, 3], sums[:, 5], sums[:, 6]
        left = wyy.sum() - float(means @ wy) - slope * float(wby.sum())
        covariance = inverse * max(left, 0.0) / freedom  # a weight that all share cancels
    else:
        covariance = _robust(records, table, arms, means, slope, inverse, (centre_b, centre_y))
    to_means = np.hstack([np.eye(len(arms)), np.full((len(arms), 1), at)])
    return Fit(
        arms=tuple(arms),
        people=tuple(int(n) for n in people),
        means=means + slope * at + (centre_y or 0.0),
        covariance=to_means @ covariance @ to_means.T,
        freedom=freedom,
        slope=slope,
    )


def _solved(sums: Array) -> tuple[Array, float, Array, float]:
    """Intercepts [arm], slope, the inverse of X'WX, and the mean baseline, of centred sums [arm, 9]."""
    count = len(sums)
    w, wb, wy, wbb, wby = (sums[:, i] for i in range(1, 6))
    normal = np.zeros((count + 1, count + 1))
    normal[:count, :count] = np.diag(w)
    normal[:count, count] = normal[count, :count] = wb
    normal[count, count] = wbb.sum()
    inverse: Array = np.asarray(np.linalg.pinv(normal, hermitian=True), dtype=np.float64)
    found = inverse @ np.concatenate([wy, [wby.sum()]])
    return found[:count], float(found[count]), inverse, float(wb.sum() / w.sum())


def _robust(
    records: Records,
    table: str,
    arms: Sequence[str],
    means: Array,
    slope: float,
    inverse: Array,
    centre: tuple[float, float],
) -> Array:
    """The sandwich of weighted least squares, from a second pass over the residuals."""
    chosen = " ".join(f"WHEN arm = ${i + 3} THEN {float(m)!r}::DOUBLE" for i, m in enumerate(means))
    rows = {
        str(row[0]): row[1:]
        for row in records.query(
            f"""SELECT arm, sum(q), sum(q*b), sum(q*b*b) FROM (
                  SELECT arm, b - $1 AS b,
                         pow(weight * (y - $2 - {slope!r}::DOUBLE * (b - $1) - CASE {chosen} END), 2) AS q
                  FROM {table}) GROUP BY arm""",
            [*centre, *arms],
        )
    }
    count = len(arms)
    meat = np.zeros((count + 1, count + 1))
    for i, arm in enumerate(arms):
        q, qb, qbb = rows[arm]
        meat[i, i] = q
        meat[i, count] = meat[count, i] = qb
        meat[count, count] += qbb
    answer: Array = inverse @ meat @ inverse
    return answer
