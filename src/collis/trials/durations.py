"""How long the effect lasts by each trial's own rule, in a virtual trial with its visits, its size and its noise.

A duration is never read off a smooth curve: the gain of every drawn person is rated at the visits of the trial, with
drift and scatter, and the rule is applied to those ratings. A virtual trial is played once for each of many draws of
the parameters, so the spread of its median holds the doubt of the model and the chance of a trial that size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collis.course.population import Population
from collis.errors import BadInput
from collis.knowledge.evidence import DurationRow, Evidence, Rule
from collis.toxin.timecourse import Array
from collis.trials.arms import draw_arm

TRIALS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredDuration:
    """One published median in weeks beside the virtual trials': that of all their people, and 80 % of their medians.

    `median` is None where follow-up ends before half of the people have lost the effect, and so is an end of the
    range; `last_visit` is then all that is known.
    """

    row: DurationRow
    median: float | None
    low: float | None
    high: float | None
    last_visit: float
    tolerance: float

    @property
    def ratio(self) -> float | None:
        """Virtual over published."""
        return None if self.median is None else self.median / self.row.value

    @property
    def within(self) -> bool:
        """Whether the virtual median lies within the tolerance of the published one."""
        return self.ratio is not None and abs(self.ratio - 1.0) <= self.tolerance

    @property
    def contains(self) -> bool:
        """Whether the published median lies in the range of the virtual ones, an open end reaching on."""
        low = self.last_visit if self.low is None else self.low
        return low <= self.row.value and (self.high is None or self.row.value <= self.high)


def playable(evidence: Evidence) -> tuple[DurationRow, ...]:
    """The published durations that a virtual trial can play: with a rule, a dose and a number of patients."""
    return tuple(d for d in evidence.durations if d.rule is not Rule.OTHER and d.units is not None and d.n)


def validate_durations(
    population: Population,
    evidence: Evidence,
    *,
    tolerance: float,
    seed: int,
    trials: int = TRIALS,
) -> tuple[ScoredDuration, ...]:
    """Every playable duration beside its virtual trials; `tolerance` is a share of the published median."""
    found = []
    for row in playable(evidence):
        played = virtual_trials(population, row, evidence, seed=seed, trials=trials)
        medians = np.sort([_median(scores, row) for scores in played])
        low, high = (medians[round(share * (trials - 1))] for share in (0.1, 0.9))
        found.append(
            ScoredDuration(
                row=row,
                median=_finite(_median(np.concatenate(played), row)),
                low=_finite(low),
                high=_finite(high),
                last_visit=row.visits[-1],
                tolerance=tolerance,
            )
        )
    return tuple(found)


def virtual_trials(
    population: Population, row: DurationRow, evidence: Evidence, *, seed: int, trials: int = TRIALS
) -> list[Array]:
    """Ratings of each virtual trial, shape [person, 1 + visit], the first column before treatment.

    Each trial is played with one draw of the parameters, so that its people share them.
    """
    if row.units is None or not row.n:
        read = "no single dose" if row.units is None else "no number of patients"
        raise BadInput(where=row.row, read=read, expected="a duration that can be played")
    arm = next((r for r in evidence.rows if (r.trial, r.arm) == (row.trial, row.arm) and r.baseline), None)
    chosen = np.linspace(0, population.count - 1, trials).astype(np.intp)
    return [
        draw_arm(
            population.pick([int(draw)]),
            row.product.split(" and ")[0],
            row.units,
            None if arm is None else arm.baseline,
            None if arm is None else arm.baseline_sd,
            np.array([0.0, *row.visits]),
            row.n,
            seed + t,
        )
        for t, draw in enumerate(chosen)
    ]


def _median(scores: Array, row: DurationRow) -> float:
    assert row.kept is not None
    return median_duration(
        scores, row.visits, judged_at=row.judged_at, kept=row.kept, responders=row.responders
    )


def median_duration(
    scores: Array, visits: Sequence[float], *, judged_at: Sequence[float], kept: float, responders: float
) -> float:
    """The first visit (weeks) by which half of the people counted have lost the effect; infinite if none.

    `scores` has shape [person, 1 + visit], the first column before treatment. Counted are those with any gain at
    `judged_at` (its mean over those visits) and with `responders` of their own baseline or more. The effect is lost at
    the first later visit with no more than `kept` of that gain.
    """
    weeks = np.asarray(visits)
    gain = scores[:, :1] - scores[:, 1:]
    judged = gain[:, np.isin(weeks, judged_at)].mean(axis=1)
    counted = (judged > 0) & (judged >= responders * scores[:, 0])
    later = weeks > max(judged_at)
    if not counted.any() or not later.any():
        return float("inf")
    lost = gain[counted][:, later] <= kept * judged[counted, None]
    gone = np.maximum.accumulate(lost, axis=1).mean(axis=0)
    reached = np.flatnonzero(gone >= 0.5)
    return float(weeks[later][reached[0]]) if len(reached) else float("inf")


def _finite(weeks: float) -> float | None:
    return float(weeks) if np.isfinite(weeks) else None
