"""The solver against trying every choice: small random problems, same worth, every row kept."""

from __future__ import annotations

import itertools
from decimal import Decimal

import numpy as np
import pytest

from collis.knowledge.names import Muscle, MuscleSide
from collis.planning.problem import DoseLevel, Place, Problem, Row
from collis.planning.solve import NoPlan, solve
from collis.side import Side


def random_problem(seed: int) -> Problem:
    chance = np.random.default_rng(seed)
    count = int(chance.integers(2, 5))
    muscles = [list(Muscle)[i] for i in chance.choice(len(Muscle), size=count, replace=False)]
    places = tuple(
        Place(
            where=MuscleSide(muscle, Side.LEFT),
            share=float(chance.random()),
            levels=tuple(
                DoseLevel(units=Decimal(5 * (k + 1) * int(chance.integers(1, 3))), sites=1)
                for k in range(int(chance.integers(1, 5)))
            ),
        )
        for muscle in muscles
    )
    worth = tuple(tuple(round(float(chance.uniform(-0.2, 1.0)), 3) for _ in place.levels) for place in places)
    rows = (
        Row(
            id="total",
            weights=(1.0,) * count,
            low=float(chance.choice([0.0, 20.0])),
            high=float(chance.choice([30.0, 60.0])),
        ),
        Row(
            id="some",
            weights=tuple(float(chance.random() < 0.6) for _ in places),
            low=0.0,
            high=20.0,
        ),
    )
    return Problem(places=places, worth=worth, rows=rows, fewest=1, most=int(chance.integers(1, count + 1)))


def best_by_trying(problem: Problem) -> float | None:
    best: float | None = None
    options = [[None, *range(len(place.levels))] for place in problem.places]
    for choice in itertools.product(*options):
        taken = [k for k in choice if k is not None]
        if not problem.fewest <= len(taken) <= problem.most:
            continue
        units = [
            0.0 if k is None else float(place.levels[k].units)
            for k, place in zip(choice, problem.places, strict=True)
        ]
        kept = all(
            row.low <= sum(w * u for w, u in zip(row.weights, units, strict=True)) <= row.high
            for row in problem.rows
            if any(row.weights)
        )
        if kept:
            worth = sum(problem.worth[p][k] for p, k in enumerate(choice) if k is not None)
            best = worth if best is None else max(best, worth)
    return best


@pytest.mark.parametrize("seed", range(60))
def test_the_solver_finds_what_trying_everything_finds(seed: int) -> None:
    problem = random_problem(seed)
    best = best_by_trying(problem)
    if best is None:
        with pytest.raises(NoPlan):
            solve(problem)
    else:
        assert solve(problem).worth == pytest.approx(best, abs=1e-7)


def test_two_tied_sides_get_the_same() -> None:
    level = (DoseLevel(units=Decimal(10), sites=1), DoseLevel(units=Decimal(20), sites=1))
    tied = tuple(
        Place(where=MuscleSide(Muscle.SPLENIUS_CAPITIS, side), share=0.5, levels=level, partner=partner)
        for side, partner in ((Side.RIGHT, 1), (Side.LEFT, 0))
    )
    problem = Problem(
        places=tied,
        worth=((0.5, 0.9), (0.5, 0.9)),
        rows=(Row(id="total", weights=(1.0, 1.0), low=0.0, high=30.0),),
        fewest=1,
        most=2,
    )
    assert solve(problem).units() == [Decimal(10), Decimal(10)]
