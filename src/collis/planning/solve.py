"""Solves a planning problem exactly as a mixed-integer programme on HiGHS."""

from __future__ import annotations

from collis.errors import CollisError
from collis.planning.problem import Problem, Solution


class NoPlan(CollisError):
    """No choice of doses keeps every row; says so instead of bending one."""


def solve(problem: Problem) -> Solution:
    """The choice of greatest worth that keeps every row; raises `NoPlan` when none exists.

    Columns stand in the order of the places and rows in the order given: the same problem always gives the same
    answer, and a mirrored problem the mirrored one.
    """
    import highspy
    import numpy as np

    columns = [(p, k) for p, place in enumerate(problem.places) for k in range(len(place.levels))]
    if not columns:
        raise NoPlan("no muscle-side has a dose that may be proposed")
    first = np.cumsum([0, *(len(place.levels) for place in problem.places)])
    matrix: list[dict[int, float]] = []
    low: list[float] = []
    high: list[float] = []

    def row(entries: dict[int, float], at_least: float, at_most: float) -> None:
        matrix.append(entries)
        low.append(at_least)
        high.append(at_most)

    for p, place in enumerate(problem.places):
        span = range(first[p], first[p + 1])
        row(dict.fromkeys(span, 1.0), 0.0, 1.0)
        if place.partner is not None and place.partner > p:
            other = first[place.partner]
            for k in range(len(place.levels)):
                row({int(first[p]) + k: 1.0, int(other) + k: -1.0}, 0.0, 0.0)
    row(dict.fromkeys(range(len(columns)), 1.0), float(problem.fewest), float(problem.most))
    for cap in problem.rows:
        entries = {
            c: cap.weights[p] * (1.0 if cap.per_side else float(problem.places[p].levels[k].units))
            for c, (p, k) in enumerate(columns)
            if cap.weights[p]
        }
        if entries:
            row(entries, cap.low, cap.high)
        elif cap.low > 0:
            raise NoPlan(f"nothing can reach {cap.id}")

    lp = highspy.HighsLp()
    lp.num_col_ = len(columns)
    lp.num_row_ = len(matrix)
    lp.col_cost_ = np.array([-problem.worth[p][k] for p, k in columns])
    lp.col_lower_ = np.zeros(len(columns))
    lp.col_upper_ = np.ones(len(columns))
    lp.row_lower_ = np.array(low)
    lp.row_upper_ = np.array(high)
    lp.integrality_ = [highspy.HighsVarType.kInteger] * len(columns)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.cumsum([0, *(len(entries) for entries in matrix)])
    lp.a_matrix_.index_ = np.array([c for entries in matrix for c in entries])
    lp.a_matrix_.value_ = np.array([value for entries in matrix for value in entries.values()])

    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_rel_gap", 1e-6)
    solver.passModel(lp)
    solver.run()
    status = solver.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        raise NoPlan(f"no doses keep every limit ({solver.modelStatusToString(status).lower()})")
    taken = np.array(solver.getSolution().col_value) > 0.5
    chosen = tuple(
        next((place.levels[k] for k in range(len(place.levels)) if taken[first[p] + k]), None)
        for p, place in enumerate(problem.places)
    )
    return Solution(chosen=chosen, worth=-solver.getInfo().objective_function_value, status="optimal")
