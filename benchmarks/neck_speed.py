"""Postures a second: compiled exact arms, NumPy bounded arms, each beside a plain SciPy root finder.

Ratios are of processor time in this run, since machines differ and drift.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import root

from collis.knowledge.load import load
from collis.neck.balance import Problem, pose_problem, unbalanced
from collis.neck.controller import sampled_controllers
from collis.neck.equilibrium import Status, judge, newton
from collis.neck.formulas import Array
from collis.neck.muscle import ArmModel
from collis.neck.skeleton import build_neck
from studies.neck import MECHANICS, random_drives
from studies.record import Measure

PATHS = (
    *(f"src/collis/neck/{name}.py" for name in MECHANICS),
    "src/collis/knowledge/data/neck",
    "src/collis/knowledge/neck.py",
)
SEED = 20261122
PATTERNS = 4096
ROOTS = 60
FAST_OVER_SCIPY = 20.0
BOUNDED_OVER_FAST = 2.0


def seconds_for(task: Callable[[], object], *, times: int) -> float:
    """The least processor time of a few runs."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        task()
        taken.append(time.process_time() - began)
    return min(taken)


def scipy_seconds(moments: Callable[[int], Callable[[Array], Array]], count: int) -> float:
    """Processor seconds of SciPy's default root finder over the first `count` patterns, from neutral."""
    functions = [moments(i) for i in range(count)]
    return seconds_for(lambda: [root(f, np.zeros(6), method="hybr", tol=1e-8) for f in functions], times=1)


def plain(problem: Problem) -> Callable[[int], Callable[[Array], Array]]:
    """The moments left over of one pattern, by NumPy, as SciPy wants them."""

    def one(index: int) -> Callable[[Array], Array]:
        own = problem.taking(slice(index, index + 1))
        return lambda angles: unbalanced(own, np.asarray(angles)[:, None], change=False)[0][:, 0]

    return one


def run(thin: bool) -> Sequence[Measure]:
    """Best of five; thin: best of one on few patterns. Without numba the compiled path is left out."""
    knowledge = load()
    neck = build_neck(knowledge.neck)
    generator = np.random.default_rng(SEED)
    count, roots, times = (64, 2, 1) if thin else (PATTERNS, ROOTS, 5)
    controls = sampled_controllers(knowledge.neck.control, count, generator)
    drives = random_drives(neck, count, generator)
    start = np.zeros((6, count))
    exact, _ = pose_problem(neck, drives, control=controls, arms=ArmModel.EXACT)
    bounded, _ = pose_problem(neck, drives, control=controls, arms=ArmModel.BOUNDED)
    bounded_rate = count / seconds_for(lambda: newton(bounded, start), times=times)
    exact_rate = count / seconds_for(lambda: newton(exact, start), times=1)
    scipy_rate = roots / scipy_seconds(plain(exact), roots)
    scipy_bounded = roots / scipy_seconds(plain(bounded), roots)
    free = "recorded, no bar"
    measures = [
        _rate("NumPy, bounded arms", bounded_rate),
        _rate("NumPy, exact arms", exact_rate),
        _rate("SciPy root finder, exact arms, NumPy formulas", scipy_rate),
        _rate("SciPy root finder, bounded arms, NumPy formulas", scipy_bounded),
        _ratio("NumPy bounded over SciPy", bounded_rate / scipy_bounded, free, True),
        _ratio("NumPy exact over SciPy", exact_rate / scipy_rate, free, True),
    ]
    if thin:
        return measures
    try:
        from collis.neck import fast
    except ImportError:
        return [*measures, Measure(name="numba", figure="not installed", bar="recorded, no bar", met=True)]
    began = time.perf_counter()
    fast.newton(exact.taking(slice(0, 1)), np.zeros((6, 1)))
    compile_seconds = time.perf_counter() - began
    fast_rate = count / seconds_for(lambda: fast.newton(exact, start), times=times)
    fast.unbalanced_one(exact, 0)(np.zeros(6))  # compiled for this call, too
    compiled_scipy = roots / scipy_seconds(lambda i: fast.unbalanced_one(exact, i), roots)
    gap = np.abs(fast.newton(exact, start)[0] - newton(exact, start)[0])
    settled = judge(exact, newton(exact, start)[0])[2] != Status.NOT_FOUND
    over_scipy, over_fast = fast_rate / scipy_rate, bounded_rate / fast_rate
    return [
        *measures,
        _rate("numba, exact arms", fast_rate),
        _ratio("numba exact over SciPy", over_scipy, f"at least {FAST_OVER_SCIPY:g}", over_scipy >= FAST_OVER_SCIPY),
        _ratio("NumPy bounded over numba exact", over_fast, f"at least {BOUNDED_OVER_FAST:g}",
               over_fast >= BOUNDED_OVER_FAST),
        _ratio("numba exact over NumPy exact", fast_rate / exact_rate, "at least 2", fast_rate >= 2 * exact_rate),
        _ratio("numba exact over SciPy on the compiled moments", fast_rate / compiled_scipy, free, True),
        Measure(name="compile time", figure=round(compile_seconds, 1), unit="s", bar=free, met=True),
        Measure(name="numba and NumPy differ by", figure=float(gap[:, settled].max()), unit="rad",
                bar="at most 1e-9 rad", met=float(gap[:, settled].max()) <= 1e-9),
    ]  # fmt: skip


def _rate(name: str, rate: float) -> Measure:
    return Measure(
        name=name,
        figure=round(rate, 1),
        unit="postures/s",
        bar="recorded, no bar",
        met=True,
        detail="one core",
    )


def _ratio(name: str, ratio: float, bar: str, met: bool) -> Measure:
    return Measure(name=name, figure=round(ratio, 2), unit="ratio", bar=bar, met=met)
