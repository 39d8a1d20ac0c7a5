"""How long the effect lasts: published medians beside virtual trials that play each trial's own visits and rule.

A virtual trial has the size, the visits and the rule of the published one, drift and scatter of ratings, and a placebo
response drawn from the spread between studies. Two hundred of them are played: the median over all their people is
compared with the published one, and their own medians say how far a trial that size may stray.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collis.course.population import load_population
from collis.knowledge.load import load
from collis.trials.durations import ScoredDuration, validate_durations
from studies.record import Measure

PATHS = (
    "src/collis/trials/durations.py",
    "src/collis/trials/arms.py",
    "src/collis/course/population.py",
    "src/collis/course/outcome.py",
    "src/collis/knowledge/data/evidence/response.toml",
    "src/collis/knowledge/data/evidence/response.npz",
    "src/collis/knowledge/data/evidence/trial_arms.toml",
    "src/collis/knowledge/data/evidence/trial_durations.toml",
    "src/collis/knowledge/data/evidence/validation.toml",
)
SEED = 20261122
TRIALS, THIN = 200, 20


def run(thin: bool) -> Sequence[Measure]:
    """Plays every published duration whose rule can be played; thin: few trials, and only the middle figure."""
    knowledge = load()
    tolerance = knowledge.figure("evidence/validation", "durations", "tolerance") / 100
    found = validate_durations(
        load_population(knowledge),
        knowledge.evidence,
        tolerance=tolerance,
        seed=SEED,
        trials=THIN if thin else TRIALS,
    )
    off = float(np.median([float("inf") if d.ratio is None else abs(d.ratio - 1.0) for d in found]))
    middle = Measure(
        name="middle distance of a virtual median from the published one",
        figure=round(100 * off, 1),
        unit="%",
        bar=f"at most {100 * tolerance:g} %",
        met=off <= tolerance,
        detail=f"{len(found)} published durations",
    )
    if thin:
        return (middle,)
    held = sum(d.contains for d in found)
    return (
        middle,
        Measure(
            name="published medians that the virtual trials' middle 80 % holds",
            figure=held,
            unit="durations",
            bar="recorded, no bar",
            met=True,
            detail=f"of {len(found)}; the range holds the doubt of the model and the chance of a trial that size",
        ),
        *(_one(d) for d in found),
    )


def _one(d: ScoredDuration) -> Measure:
    low = f"after {d.last_visit:g}" if d.low is None else f"{d.low:g}"
    high = f"after {d.last_visit:g}" if d.high is None else f"{d.high:g}"
    return Measure(
        name=f"virtual median, {d.row.trial} {d.row.arm}",
        figure=f"after {d.last_visit:g}" if d.median is None else d.median,
        unit="weeks",
        bar=f"within {100 * d.tolerance:g} % of {d.row.value:g}",
        met=d.within,
        detail=f"middle 80 % of virtual trials {low} to {high}; {d.row.use.value} row",
    )
