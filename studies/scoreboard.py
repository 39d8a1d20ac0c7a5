"""The shipped planners on the public virtual cohort.

Every plan passes the gate and is then played on the truth of its person. Virtual patients, not clinical evidence.
"""

from __future__ import annotations

from collections.abc import Sequence

from collis.knowledge.load import load
from collis.trials.cohort import SHA256, read_cohort
from collis.trials.scoreboard import Score, play, score, shipped
from studies.record import Measure

PATHS = (
    "src/collis/trials/cohort.py",
    "src/collis/trials/data",
    "src/collis/trials/scoreboard.py",
    "src/collis/trials/strategies.py",
    "src/collis/trials/dosing.py",
    "src/collis/planning",
    "src/collis/safety",
    "src/collis/inference/muscles.py",
    "src/collis/course/cycle.py",
    "src/collis/toxin/adverse.py",
    "src/collis/knowledge/data/evidence/harms.toml",
    "src/collis/knowledge/data/prices",
)
SEED = 20261122
COMPUTED = ("label_start", "balanced", "low_risk")
THIN = 6
NO_BAR = "recorded, no bar"


def run(thin: bool) -> Sequence[Measure]:
    """Score every shipped planner; thin: on the first few people."""
    knowledge, members = load(), read_cohort()
    scores = [
        score(name, list(play(planner, members, knowledge, people=THIN if thin else None)))
        for name, planner in shipped(knowledge).items()
    ]
    refused = sum(one.refused + one.missing for one in scores if one.planner in COMPUTED)
    return [
        *(measure for one in scores for measure in line(one)),
        Measure(
            name="computed plans refused or missing",
            figure=refused,
            unit="plans",
            bar="none",
            met=refused == 0,
            detail=f"Cohort {SHA256[:16]}, {len(members.people)} people, planners {', '.join(COMPUTED)}.",
        ),
    ]


def line(one: Score) -> list[Measure]:
    """The figures of one planner."""
    figures: dict[str, tuple[float | int | str, str]] = {
        "relief over 12 weeks": (round(one.relief, 2), "points"),
        "relief at week 4": (round(one.at_peak, 2), "points"),
        "swallowing trouble": (round(one.dysphagia, 1), "%"),
        "Units": (round(one.units), ""),
        "allowed cost": ("no price" if one.dollars is None else round(one.dollars), "dollars"),
        "given": (one.given, f"of {one.people}"),
        "refused": (one.refused, ""),
        "limits broken": (", ".join(f"{r} in {n}" for r, n in one.broken.items()) or "none", ""),
    }
    return [
        Measure(name=f"{one.planner}: {what}", figure=figure, unit=unit, bar=NO_BAR, met=True)
        for what, (figure, unit) in figures.items()
    ]
