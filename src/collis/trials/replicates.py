"""Trials of the design's own size, cut from a large run: what one of them sees, and how often it tells the arms apart.

People are drawn one by one and independently, so the next hundred of an arm are as good as any. Where people carry
weights, each is kept with a chance in proportion to the weight: a trial is then a fair draw from the weighted people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from collis.toxin.timecourse import Array
from collis.trials.questions import EndPoint

if TYPE_CHECKING:
    from collis.trials.records import Records

LEAST_TRIALS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What trials of the design's size saw of one arm, or between an arm and the reference: middle and 95 % range.

    An end is infinite where trials ended before it. `told` is the share of the trials that told the arms apart.
    """

    arm: str
    against: str
    middle: float
    low: float
    high: float
    told: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Replicates:
    """How many trials were cut, of which size, and what they saw."""

    trials: int
    per_arm: Mapping[str, int]
    seen: tuple[Seen, ...]

    def of(self, arm: str, against: str = "") -> Seen | None:
        """What was seen of an arm, or between two."""
        return next((s for s in self.seen if (s.arm, s.against) == (arm, against)), None)


def replicate(
    records: Records,
    end_point: EndPoint,
    *,
    table: str,
    arms: Sequence[str],
    reference: str,
    per_arm: Mapping[str, int],
    alpha: float,
) -> Replicates | None:
    """Cut the trials out of a scored table; None where the run holds fewer than twenty of them."""
    sizes = {arm: per_arm.get(arm, 0) for arm in arms}
    if min(sizes.values()) < 2:
        return None
    trials = _cut(records, table, sizes)
    if trials < LEAST_TRIALS:
        return None
    if end_point.kind.lasts:
        seen = _durations(records, arms, trials)
    else:
        seen = _values(records, end_point, arms, reference, trials, alpha)
    return Replicates(trials=trials, per_arm=sizes, seen=tuple(seen))


def _cut(records: Records, table: str, sizes: Mapping[str, int]) -> int:
    """Make the table `dealt` (all columns and the number of the trial); how many whole trials there are."""
    size = " ".join(f"WHEN arm = ${i + 1} THEN {n}" for i, n in enumerate(sizes.values()))
    records.run(
        f"""CREATE OR REPLACE TEMP TABLE dealt AS
            SELECT *, ((row_number() OVER (PARTITION BY arm ORDER BY person) - 1)
                       // (CASE {size} ELSE 1000000000 END))::INTEGER AS trial
            FROM {table}
            WHERE (hash(person) >> 11)::DOUBLE / 9007199254740992.0 * (SELECT max(weight) FROM {table}) <= weight""",
        list(sizes),
    )
    counts = {
        str(row[0]): int(row[1]) for row in records.query("SELECT arm, count(*) FROM dealt GROUP BY arm")
    }
    return min(counts.get(arm, 0) // n for arm, n in sizes.items())


def _values(
    records: Records, end_point: EndPoint, arms: Sequence[str], reference: str, trials: int, alpha: float
) -> list[Seen]:
    """Changes or responders: the mean of each arm, and the difference as the trial would have tested it."""
    sums = _sums(records, arms, trials)
    people, y = sums[..., 0], sums[..., 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        means = y / people
    found = [_range(arm, "", means[:, i]) for i, arm in enumerate(arms)]
    if reference:
        j = arms.index(reference)
        test = shares_test if end_point.kind.counts else covariance_test
        differences, told = test(sums, j, alpha)
        for i, arm in enumerate(arms):
            if i != j:
                found.append(_range(arm, reference, differences[:, i], told[:, i]))
    return found


def _sums(records: Records, arms: Sequence[str], trials: int) -> Array:
    """Sums [trial, arm, (people, b, y, bb, by, yy)] over those with a value, b and y moved by their means."""
    found = np.zeros((trials, len(arms), 6))
    mean_b = records.query("SELECT avg(b) FROM dealt")[0][0] or 0.0
    for i, arm in enumerate(arms):
        rows = records.arrays(
            """SELECT trial, count(*)::DOUBLE AS n, sum(b) AS b, sum(y) AS y,
                      sum(b*b) AS bb, sum(b*y) AS b_y, sum(y*y) AS yy
               FROM (SELECT trial, arm, b - $1 AS b, y FROM dealt WHERE y IS NOT NULL AND arm = $2 AND trial < $3)
               GROUP BY trial""",
            [mean_b, arm, trials],
        )
        found[rows["trial"], i] = np.stack([rows[k] for k in ("n", "b", "y", "bb", "b_y", "yy")], axis=1)
    return found


def covariance_test(sums: Array, reference: int, alpha: float) -> tuple[Array, Array]:
    """The analysis of covariance of many trials at once.

    `sums` [trial, arm, (people, b, y, bb, by, yy)]. Returns adjusted differences to the reference and whether each is
    told from zero, both [trial, arm].
    """
    from scipy import stats

    n, b, y, bb, by, yy = (sums[..., i] for i in range(6))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_b, mean_y = b / n, y / n
        spread = (bb - b * mean_b).sum(axis=1)
        slope = (by - b * mean_y).sum(axis=1) / spread
        left = (yy - y * mean_y).sum(axis=1) - slope * (by - b * mean_y).sum(axis=1)
        freedom = n.sum(axis=1) - n.shape[1] - 1.0
        apart_b = mean_b - mean_b[:, [reference]]
        value = mean_y - mean_y[:, [reference]] - slope[:, None] * apart_b
        variance = (left / freedom)[:, None] * (
            1.0 / n + 1.0 / n[:, [reference]] + apart_b**2 / spread[:, None]
        )
        told = np.abs(value) > stats.t.ppf(1.0 - alpha / 2.0, freedom)[:, None] * np.sqrt(variance)
    return value, told


def shares_test(sums: Array, reference: int, alpha: float) -> tuple[Array, Array]:
    """The pooled z test of shares of many trials at once; as `covariance_test`, y being 1 or 0."""
    from scipy import stats

    n, y = sums[..., 0], sums[..., 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = y / n
        value = share - share[:, [reference]]
        pooled = (y + y[:, [reference]]) / (n + n[:, [reference]])
        se = np.sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / n[:, [reference]]))
        told = np.abs(value) > stats.norm.ppf(1.0 - alpha / 2.0) * se
    return value, told


def _durations(records: Records, arms: Sequence[str], trials: int) -> list[Seen]:
    """The median of each arm of each trial, by Kaplan and Meier; infinite where a trial ends before it."""
    weeks = [
        float(row[0])
        for row in records.query("SELECT DISTINCT week FROM dealt WHERE week IS NOT NULL ORDER BY week")
    ]
    found = []
    for arm in arms:
        counts = np.zeros((trials, len(weeks), 2))
        rows = records.arrays(
            """SELECT trial, week, count(*)::DOUBLE AS gone, sum(CASE WHEN ended THEN 1.0 ELSE 0.0 END) AS events
               FROM dealt WHERE week IS NOT NULL AND arm = $1 AND trial < $2 GROUP BY trial, week""",
            [arm, trials],
        )
        at = np.searchsorted(weeks, rows["week"])
        counts[rows["trial"], at] = np.stack([rows["events"], rows["gone"]], axis=1)
        found.append(_range(arm, "", medians(np.array(weeks), counts)))
    return found


def medians(weeks: Array, counts: Array) -> Array:
    """Kaplan–Meier medians [trial] of `counts` [trial, week, (events, all who leave then)], infinite if not reached."""
    at_risk = counts[:, ::-1, 1].cumsum(axis=1)[:, ::-1]
    kept = np.cumprod(1.0 - counts[..., 0] / np.maximum(at_risk, 1.0), axis=1)
    below = kept <= 0.5 + 1e-12
    return np.where(below.any(axis=1), weeks[below.argmax(axis=1)], np.inf)


def _range(arm: str, against: str, values: Array, told: Array | None = None) -> Seen:
    known = np.sort(values[~np.isnan(values)])
    if not len(known):
        known = np.array([np.nan])
    low, middle, high = (float(known[round(share * (len(known) - 1))]) for share in (0.025, 0.5, 0.975))
    return Seen(
        arm=arm,
        against=against,
        middle=middle,
        low=low,
        high=high,
        told=None if told is None else float(told.mean()),
    )
