"""The neck: does every posture balance, is it the only one, is it as strong as people are.

Random patterns drive about ten of the 52 muscle groups, each by an even share of full activity, under controllers drawn
from their stated ranges. Ten starts other than neutral and the library's own look for a second posture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linprog

from collis.knowledge.load import load
from collis.neck.balance import pose_problem
from collis.neck.controller import gravity_load, sampled_controllers
from collis.neck.equilibrium import (
    Solver,
    Status,
    differs,
    judge,
    newton,
    settle,
    settled_from,
)
from collis.neck.formulas import Array
from collis.neck.loads import moments_of
from collis.neck.muscle import ArmModel, unit_tension
from collis.neck.skeleton import Neck, build_neck, lengths, moment_arms, place_bones, twists
from studies.record import Measure

MECHANICS = ("formulas", "skeleton", "loads", "muscle", "controller", "balance", "equilibrium", "fast")
PATHS = (
    *(f"src/collis/neck/{name}.py" for name in MECHANICS),
    "src/collis/knowledge/data/neck",
    "src/collis/knowledge/neck.py",
)
SEED = 20261122
PATTERNS = 10_000
STARTS = 10
ACTIVE_SHARE = 0.2
RESIDUAL_AT_MOST_NM = 1e-4
HELMET_ABOVE_M = 0.20

PUBLISHED_NM = {"flexion": (30.0, 5.0), "extension": (52.0, 11.0), "tilt": (36.0, 8.0), "turn": (15.0, 4.0)}
"""Men, mean and standard deviation: Vasavada, Li, Delp 2001, Spine 26:1904."""


def random_drives(neck: Neck, count: int, generator: np.random.Generator) -> Array:
    """[pattern, group, side] shares of full activity."""
    shape = (count, len(neck.groups), 2)
    return np.asarray(generator.uniform(0, 1, shape) * (generator.uniform(size=shape) < ACTIVE_SHARE))


def exact_solver() -> Solver:
    """The compiled solver where numba is installed, NumPy's elsewhere: both give the same postures."""
    try:
        from collis.neck import fast
    except ImportError:
        return newton
    return fast.newton


def strength_nm(neck: Neck) -> dict[str, float]:
    """The largest moment at C7-T1 by direction, upright, all six angles balanced: a linear programme over activity.

    The load is a level force on a helmet above C0-C1, or a pure turning moment on the head.
    """
    upright = np.zeros(6)
    bones = place_bones(neck, upright)
    pull, _ = unit_tension(neck, lengths(neck, upright))
    muscles = (pull[..., None] * moment_arms(neck, upright)).reshape(-1, 6)
    weight = moments_of(neck, bones, gravity_load(neck, bones))
    spin, drift = twists(neck, bones)
    at = bones.joint[7] + np.array([0.0, HELMET_ABOVE_M, 0.0])
    moved = np.cross(spin[:, 8], at) + drift[:, 8]
    height = at[1] - bones.joint[0, 1]
    loads = {
        "flexion": (moved @ [-1.0, 0.0, 0.0], height),
        "extension": (moved @ [1.0, 0.0, 0.0], height),
        "tilt": (moved @ [0.0, 0.0, -1.0], height),
        "turn": (spin[:, 8] @ [0.0, -1.0, 0.0], 1.0),
    }
    found = {}
    for direction, (load_, lever) in loads.items():
        answer = linprog(
            [*np.zeros(len(muscles)), -1.0],
            A_eq=np.column_stack([muscles.T, load_]),
            b_eq=-weight,
            bounds=[(0, 1)] * len(muscles) + [(0, None)],
        )
        found[direction] = float(answer.x[-1] * lever)
    return found


def run(thin: bool) -> Sequence[Measure]:
    """All patterns under both arm models, then strength; thin: sixty patterns, on NumPy alone."""
    knowledge = load()
    neck = build_neck(knowledge.neck)
    generator = np.random.default_rng(SEED)
    count = 60 if thin else PATTERNS
    controls = sampled_controllers(knowledge.neck.control, count, generator)
    drives = random_drives(neck, count, generator)
    starts = [generator.uniform(neck.low, neck.high, (count, 6)).T for _ in range(STARTS)]
    measures: list[Measure] = []
    for arms in ArmModel:
        solver = exact_solver() if arms is ArmModel.EXACT and not thin else newton
        found = settle(neck, drives, control=controls, arms=arms, look_for_several=True, solver=solver)
        problem, _ = pose_problem(neck, drives, control=controls, arms=arms)
        unmarked = np.zeros(count, dtype=bool)
        astray = 0
        for start in starts:
            other, _ = settled_from(problem, start, solver)
            status = judge(problem, other)[2]
            astray += int((status == Status.NOT_FOUND).sum())
            unmarked |= (status == Status.SETTLED) & differs(other, found.angles.T) & ~found.several
        converged = float((found.status != Status.NOT_FOUND).mean() * 100)
        residual = float(found.residual.max())
        measures += [
            Measure(name=f"{arms}: balanced", figure=converged, unit="%", bar="100 %", met=converged == 100.0,
                    detail=f"{count} random patterns from neutral"),
            Measure(name=f"{arms}: largest residual", figure=residual, unit="Nm", bar="below 1e-4 Nm",
                    met=residual < RESIDUAL_AT_MOST_NM),
            Measure(name=f"{arms}: another posture, not marked", figure=int(unmarked.sum()), bar="0",
                    met=not unmarked.any(), detail=f"from {STARTS} further random starts each"),
            Measure(name=f"{arms}: marked as having several postures", figure=int(found.several.sum()),
                    bar="recorded, no bar", met=True),
            Measure(name=f"{arms}: would not hold", figure=int((found.status == Status.UNSTABLE).sum()),
                    bar="recorded, no bar", met=True),
            Measure(name=f"{arms}: not balanced from further starts", figure=astray, bar="recorded, no bar", met=True),
            Measure(name=f"{arms}: an angle beyond the skeleton's range", unit="%", bar="recorded, no bar", met=True,
                    figure=round(float(found.beyond.any(axis=-1).mean() * 100), 1)),
        ]  # fmt: skip
    for direction, strength in strength_nm(neck).items():
        mean, deviation = PUBLISHED_NM[direction]
        measures.append(
            Measure(
                name=f"strength in {direction}",
                figure=round(strength, 1),
                unit="Nm",
                bar=f"{mean:g} ± {deviation:g} Nm",
                met=abs(strength - mean) <= deviation,
                detail="linear programme over activity, upright; Vasavada 2001, men",
            )
        )
    return measures
