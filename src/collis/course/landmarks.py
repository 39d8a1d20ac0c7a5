"""The landmarks of a course: first change, peak, half gone, worn off; and the dates they fall on.

Times are of the toxin effect alone, read off the smooth expected course. A trial that sees people every few weeks
reads longer or shorter times off the same course, by its own rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from collis.course.bands import when_of
from collis.course.forecast import Dated, Noticed, When
from collis.knowledge.outcomes import WearingOff
from collis.knowledge.response import Reading
from collis.toxin.timecourse import Array


@dataclass(frozen=True, kw_only=True, slots=True)
class Landmarks:
    """Onset in days, the others in weeks, None without any effect; the chance of having worn off before its time."""

    onset_day: When | None = None
    peak_week: When | None = None
    fading_week: When | None = None
    wearing_off_week: When | None = None
    chance_early: float = 0.0


def landmarks(effect: Array, days: Array, reading: Reading, wearing_off: WearingOff) -> Landmarks:
    """The landmarks of `effect` [draw, day]; draws without any effect do not count."""
    rows = np.arange(len(effect))
    top = effect.argmax(axis=1)
    start, peak = effect[:, 0], effect[rows, top]
    alive = (peak - start > 1e-9) & (top > 0)
    if not alive.any():
        return Landmarks()
    effect, top, start, peak = (a[alive] for a in (effect, top, start, peak))
    onset = crossing(effect, days, start + float(reading.onset_share.value) * (peak - start), after=None)
    fading = crossing(-effect, days, -float(reading.fading_share.value) * peak, after=top)
    kept = 1.0 - float(wearing_off.share_lost.value)
    worn = crossing(-effect, days, -kept * peak, after=top) / 7.0
    return Landmarks(
        onset_day=when_of(onset),
        peak_week=when_of(days[top] / 7.0),
        fading_week=when_of(fading / 7.0),
        wearing_off_week=when_of(worn),
        chance_early=float(np.mean(worn < float(wearing_off.early_before.value))),
    )


def crossing(curve: Array, days: Array, level: Array, *, after: Array | None) -> Array:
    """The first day (shape [draw]) a curve reaches its level, from index `after` on; infinite where it never does."""
    reached = curve >= level[:, None]
    if after is not None:
        reached &= np.arange(curve.shape[1])[None, :] > after[:, None]
    here = np.maximum(reached.argmax(axis=1), 1)
    rows = np.arange(len(curve))
    low, high = curve[rows, here - 1], curve[rows, here]
    part = np.clip((level - low) / np.where(high > low, high - low, 1.0), 0.0, 1.0)
    day = days[here - 1] + part * (days[here] - days[here - 1])
    return np.where(reached.any(axis=1), day, np.inf)


def dated(
    on: date | None, found: Landmarks, noticed: Noticed | None, review_weeks: tuple[float, float]
) -> tuple[Dated, ...]:
    """What to expect when, in order of the calendar as told; nothing without a visit date.

    The first change is dated by what patients noticed, one standard deviation either side.
    """
    if on is None:
        return ()
    told = [
        ("peak", "Best", found.peak_week, 7.0),
        ("half_gone", "Half of it gone", found.fading_week, 7.0),
        ("worn_off", "Worn off", found.wearing_off_week, 7.0),
    ]
    first_change = []
    if noticed is not None:
        first_change.append(
            Dated(
                key="first_change",
                label="First change noticed",
                first=_day(on, max(noticed.day - noticed.spread, 0.0), 1.0),
                middle=_day(on, noticed.day, 1.0),
                last=_day(on, noticed.day + noticed.spread, 1.0),
            )
        )
    dates = [
        Dated(
            key=key,
            label=label,
            first=_day(on, when.low, unit),
            middle=_day(on, when.median, unit),
            last=_day(on, when.high, unit),
        )
        for key, label, when, unit in told
        if when is not None
    ]
    soonest, latest = review_weeks
    review = Dated(
        key="review",
        label="Review visit",
        first=on + timedelta(weeks=soonest),
        middle=None,
        last=on + timedelta(weeks=latest),
    )
    return (*first_change, *dates, review)


def _day(on: date, after: float | None, unit: float) -> date | None:
    return None if after is None else on + timedelta(days=round(after * unit))
