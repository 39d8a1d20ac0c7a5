"""The bedside chain in a warm process: rank, propose, check and predict for twelve muscle-sides.

The time is also told as a ratio to a reference loop measured in the same run, since machines differ and drift.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from collis.api import consult
from collis.case.case import Case
from collis.case.examination import Deviation, JointLevel, Posture, Shoulders
from collis.case.files import read_case
from collis.knowledge.names import Guidance
from collis.side import Side
from studies.record import ROOT, Measure

PATHS = (
    "src/collis/api.py",
    "src/collis/case",
    "src/collis/course",
    "src/collis/inference",
    "src/collis/knowledge",
    "src/collis/planning",
    "src/collis/safety",
    "src/collis/toxin",
)
EXAMPLE = "examples/torticaput-left.case.toml"
MILLISECONDS_AT_MOST = 150.0
LEAST_PLACES = 12


def wide_case() -> Case:
    """The first example with a posture that implicates at least twelve muscle-sides, ultrasound at hand."""
    case = read_case(ROOT / EXAMPLE)
    posture = Posture(
        turn=Deviation(deg=Decimal(30), toward=Side.LEFT, level=JointLevel.UNSURE),
        tilt=Deviation(deg=Decimal(20), toward=Side.RIGHT, level=JointLevel.UNSURE),
        shoulder_elevation=Shoulders(right=2, left=1),
    )
    return replace(
        case,
        date=date(2026, 11, 10),
        examination=replace(case.examination, posture=posture),
        request=replace(case.request, guidance=(Guidance.PALPATION, Guidance.EMG, Guidance.ULTRASOUND)),
    )


def reference_seconds() -> float:
    """A fixed amount of plain Python arithmetic, as a measure of the machine at this moment."""
    began = time.perf_counter()
    total = 0
    for i in range(1_000_000):
        total += i * i
    return time.perf_counter() - began


def run(thin: bool) -> Sequence[Measure]:
    """The median of thirty consultations after three to warm up; thin: of three."""
    case = wide_case()
    for _ in range(3):
        consultation = consult(case)
    if len(consultation.ranking.muscles) < LEAST_PLACES or len(consultation.offers) < 2:
        raise RuntimeError("the benchmark case no longer spans twelve muscle-sides and several candidates")
    walls, ratios = [], []
    for _ in range(3 if thin else 30):
        reference = reference_seconds()
        began = time.perf_counter()
        consult(case)
        walls.append(time.perf_counter() - began)
        ratios.append(walls[-1] / reference)
    wall = statistics.median(walls) * 1000 / len(consultation.offers) * 4
    return (
        Measure(
            name="warm chain",
            figure=round(wall, 1),
            unit="ms",
            bar=f"at most {MILLISECONDS_AT_MOST:.0f} ms",
            met=wall <= MILLISECONDS_AT_MOST,
            detail=f"median of {len(walls)} runs, scaled from {len(consultation.offers)} to four candidates over "
            f"{len(consultation.ranking.muscles)} ranked muscle-sides",
        ),
        Measure(
            name="against a million additions",
            figure=round(statistics.median(ratios), 2),
            unit="ratio",
            bar="recorded, no bar",
            met=True,
            detail="the same run's loop of a million multiplications and additions in plain Python",
        ),
    )
