"""Kaplan and Meier on the visits of a trial: a loss is seen at a visit, never between two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from collis.toxin.timecourse import Array
from collis.trials.proportions import Z95

if TYPE_CHECKING:
    from collis.trials.records import Records


@dataclass(frozen=True, kw_only=True, slots=True)
class Survival:
    """The share of one arm that still keeps the effect, after each week with an event or a loss from sight.

    `low` and `high` are 95 % limits (Greenwood, on the log of minus the log). `median` is None where more than half
    keep it to the end; `median_interval` has None for an end that is not reached.
    """

    arm: str
    people: int
    weeks: tuple[float, ...]
    at_risk: tuple[float, ...]
    events: tuple[float, ...]
    kept: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    median: float | None
    median_interval: tuple[float | None, float | None]

    def at(self, week: float) -> float:
        """The share that keeps the effect after that week."""
        before = [kept for w, kept in zip(self.weeks, self.kept, strict=True) if w <= week]
        return before[-1] if before else 1.0


def survival(records: Records, *, table: str, arms: Sequence[str]) -> tuple[Survival, ...]:
    """The curve of each arm from a table with arm, weight, week and ended (true: lost then, false: unseen after)."""
    rows = records.query(
        f"""SELECT arm, week, sum(CASE WHEN ended THEN weight ELSE 0 END), sum(weight), count(*), sum(weight*weight)
            FROM {table} GROUP BY arm, week ORDER BY arm, week"""
    )
    found = []
    for arm in arms:
        mine = [row[1:] for row in rows if row[0] == arm]
        if mine:
            found.append(curve(arm, np.array(mine, dtype=np.float64)))
    return tuple(found)


def curve(arm: str, rows: Array) -> Survival:
    """One arm from rows [week, (week, events, all who leave then, people, squared weights)], weeks rising."""
    weeks, events, gone, people, squares = rows.T
    worth = gone.sum() / squares.sum()  # people one unit of weight is worth (Kish)
    events, gone = events * worth, gone * worth
    at_risk = gone[::-1].cumsum()[::-1]
    kept = np.cumprod(1.0 - events / at_risk)
    left = at_risk - events
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(np.where(left > 0, events / (at_risk * left), 0.0))
        wide = Z95 * np.sqrt(greenwood) / np.abs(np.log(kept))
        inside = (kept > 0) & (kept < 1)
        low = np.where(inside, kept ** np.exp(wide), kept)
        high = np.where(inside, kept ** np.exp(-wide), kept)
    return Survival(
        arm=arm,
        people=int(people.sum()),
        weeks=tuple(weeks.tolist()),
        at_risk=tuple(at_risk.tolist()),
        events=tuple(events.tolist()),
        kept=tuple(kept.tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
        median=_first(weeks, kept),
        median_interval=(_first(weeks, low), _first(weeks, high)),
    )


def _first(weeks: Array, kept: Array) -> float | None:
    below = np.flatnonzero(kept <= 0.5 + 1e-12)
    return float(weeks[below[0]]) if len(below) else None
