"""A made-up trial for tests: people drawn from the shipped model, as rows and as a CSV table. Nobody in it is real."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from collis.course.population import Population, load_population
from collis.knowledge.load import load
from collis.trials.arms import draw_arm
from collis.trials.tables import PatientsTable, PersonRows

WEEKS = (0.0, 2.0, 4.0, 8.0, 12.0, 16.0)
ARMS = {"Placebo": 0.0, "5000U": 5000.0, "10000U": 10000.0}
PRODUCT = "rimabotulinumtoxinB"


def small_population(count: int = 40) -> Population:
    """A few of the shipped draws, spread over all of them."""
    shipped = load_population(load())
    return shipped.pick([int(i) for i in np.linspace(0, shipped.count - 1, count)])


def made_up(population: Population, *, people: int, seed: int) -> PatientsTable:
    """A table of `people` in each of three arms."""
    rows: list[PersonRows] = []
    for units in ARMS.values():
        scores = draw_arm(
            population, PRODUCT, units, None, None, np.array(WEEKS), people, seed + int(units), 0.1
        )
        rows += [
            PersonRows(
                patient=len(rows) + i + 1,
                product=PRODUCT,
                units=units,
                weeks=WEEKS,
                scores=tuple(float(round(s)) for s in one),
            )
            for i, one in enumerate(scores)
        ]
    return PatientsTable(people=tuple(rows), left_out=(), notes=(), sha256="made-up")


def write_csv(table: PatientsTable, path: Path) -> Path:
    """The table as the CSV that `collis validate` reads."""
    names = {units: name for name, units in ARMS.items()}
    lines = ["patient,week,treat,twstrs"]
    lines += [
        f"{one.patient},{week:g},{names[one.units]},{score:g}"
        for one in table.people
        for week, score in zip(one.weeks, one.scores, strict=True)
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
