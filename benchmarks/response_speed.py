"""Subject-years a second of the response model: NumPy, compiled, and SciPy's LSODA on the same people.

A subject-year is 12 muscles, 4 sessions of two products in 364 days and 53 weekly outputs. All on one core, engines in
turn, the median of the repeats; ratios are of processor time taken side by side, since machines differ and drift.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from collis.knowledge.load import load
from collis.toxin.batch import Engine, People, hill_three_halves, relief_by_week, relief_of
from collis.toxin.timecourse import Array, effect_peak
from studies.record import Measure

PATHS = tuple(f"src/collis/toxin/{name}.py" for name in ("batch", "fast", "timecourse"))
SEED = 20261122
MUSCLES = 12
ON_DAYS: Array = 7.0 * np.arange(53, dtype=np.float64)
GIVEN_DAYS: Array = 91.0 * np.arange(4, dtype=np.float64)
GROUP = 8000
PULLED, SIZES = 10_000, (1_000, 10_000, 100_000, 1_000_000)
NUMPY_OVER_LSODA = 1000.0
NUMBA_OVER_NUMPY = 2.5
FLAT_WITHIN = 0.15
MEGABYTES_AT_MOST = 500.0
REPEATS = 15
ONE, LSODA = "NumPy, one product", "SciPy LSODA, one product"
ENGINES: tuple[tuple[str, Engine], ...] = (
    ("NumPy", "numpy"),
    ("numba", "numba"),
    ("numba, single precision", "numba32"),
)


def drawn(count: int, seed: int, *, switch: bool = True) -> People:
    """Drawn people about the middle of the model: type A, A, B, A, or A throughout; every level of its own."""
    chance = np.random.default_rng(seed)
    spread = np.exp(0.4 * chance.normal(size=(4, count)))
    a, b = np.log(2.0) / (25.0 * spread[2]), np.log(2.0) / (13.0 * spread[3])
    share = chance.exponential(size=(count, MUSCLES))
    return People(
        levels=np.exp(0.2 + 0.8 * chance.normal(size=(count, MUSCLES, len(GIVEN_DAYS)))),
        uptake=0.45 * spread[0],
        decay=np.stack([a, a, b if switch else a, a], axis=1),
        lag=0.076 * spread[1],
        share=share / share.sum(axis=1, keepdims=True),
    )


def seconds_of(task: Callable[[], object]) -> float:
    """Processor seconds of one run."""
    began = time.process_time()
    task()
    return time.process_time() - began


def in_turn(tasks: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each task by repeat, every task once in each round."""
    rounds = [{name: seconds_of(task) for name, task in tasks.items()} for _ in range(repeats)]
    return {name: [r[name] for r in rounds] for name in tasks}


def by_numbers(people: People, engine: Engine) -> Array:
    """Relief of a whole group."""
    return relief_by_week(
        ON_DAYS, GIVEN_DAYS, people.levels, people.uptake, people.decay, people.lag, people.share, engine=engine
    )  # fmt: skip


def by_lsoda(people: People, person: int) -> Array:
    """Relief of one person: 36 states a product, LSODA from session to session, relative error 1e-6."""
    from scipy.integrate import solve_ivp

    uptake, lag, decay = float(people.uptake[person]), float(people.lag[person]), people.decay[person]
    over_peak = people.levels[person] / effect_peak(uptake=uptake, decay=decay, lag=lag)
    total = np.zeros((MUSCLES, len(ON_DAYS)))
    for rate in np.unique(decay):

        def slope(_day: float, state: Array, rate: float = rate) -> Array:
            moved = uptake * state[:MUSCLES]
            light = state[MUSCLES : 2 * MUSCLES]
            return np.concatenate([-moved, moved - rate * light, lag * (light - state[2 * MUSCLES :])])

        mine = np.flatnonzero(decay == rate)
        state, ends = np.zeros(3 * MUSCLES), [*GIVEN_DAYS[mine[1:]], ON_DAYS[-1]]
        for session, end in zip(mine, ends, strict=True):
            start = float(GIVEN_DAYS[session])
            state[:MUSCLES] += over_peak[:, session]
            first, last = np.searchsorted(ON_DAYS, [start, end])
            days = ON_DAYS[first : last + 1]
            path = solve_ivp(slope, (start, end), state, method="LSODA", t_eval=days, rtol=1e-6, atol=1e-9).y
            total[:, first:last] += path[2 * MUSCLES :, :-1]
            state = path[:, -1]
        total[:, -1] += state[2 * MUSCLES :]
    return np.asarray(people.share[person] @ hill_three_halves(np.maximum(total, 0.0)))


def stream(count: int, engine: Engine) -> Iterator[Array]:
    """Relief of `count` people drawn group by group."""
    groups = (drawn(min(GROUP, count - at), SEED + at) for at in range(0, count, GROUP))
    yield from relief_of(groups, ON_DAYS, GIVEN_DAYS, engine=engine)


def flatness(engine: Engine) -> float:
    """The largest departure of the cost per subject-year, at a thousand to a hundred thousand, from that at a million.

    Between any two groups of the million ten thousand people of each smaller size take their turn, at one thousand in
    ten separate runs, so that all sizes meet the same machine; drawing stays outside the clock.
    """
    groups = {size: drawn(min(size, PULLED), SEED + 2) for size in SIZES}
    taken: dict[int, list[float]] = {size: [] for size in SIZES}

    def begun(size: int) -> Iterator[Array]:
        return relief_of([groups[size]] * (size // len(groups[size])), ON_DAYS, GIVEN_DAYS, engine=engine)

    going = {size: begun(size) for size in SIZES}
    for pull in range(SIZES[-1] // PULLED):
        for size in SIZES:
            began = time.process_time()
            for _ in range(max(PULLED // size, 1)):
                if pull * PULLED % size == 0 or size < PULLED:
                    going[size] = begun(size)
                next(going[size])
            taken[size].append((time.process_time() - began) / PULLED)
    cost = {size: statistics.median(pieces) for size, pieces in taken.items()}
    return max(abs(cost[size] / cost[SIZES[-1]] - 1.0) for size in SIZES)


def peak_megabytes(count: int, engine: Engine) -> float:
    """Most memory a fresh process held while it streamed `count` subject-years."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "benchmarks.response_speed", str(count), engine]
    return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def run(thin: bool) -> Sequence[Measure]:
    """The median of fifteen rounds; thin: of one round on few people. Without numba its lines are left out."""
    if load().response.hill.value != 1.5:
        raise RuntimeError("the benchmark is for the shipped Hill exponent")
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        return _measured(thin)
    finally:
        os.sched_setaffinity(0, allowed)


def _measured(thin: bool) -> list[Measure]:
    engines = ENGINES[:1] if thin or not _has_numba() else ENGINES
    many, few, rounds = (500, 1, 1) if thin else (GROUP, 4, REPEATS)
    group = drawn(many, SEED)
    one_product = drawn(many, SEED, switch=False)
    tasks: dict[str, Callable[[], object]] = {
        name: partial(by_numbers, group, engine) for name, engine in engines
    }
    compiled = {name: seconds_of(task) for name, task in tasks.items()}
    turn = iter(range(10**9))
    tasks[ONE] = partial(by_numbers, one_product, "numpy")
    tasks[LSODA] = lambda: [by_lsoda(one_product, next(turn) % many) for _ in range(few)]
    by_lsoda(one_product, 0)
    taken = in_turn(tasks, rounds)
    each = {name: [s / (few if name == LSODA else many) for s in taken[name]] for name in tasks}
    gap = max(
        float(np.abs(by_lsoda(people, i) - by_numbers(people, "numpy")[i]).max())
        for people in (group, one_product)
        for i in range(3)
    )
    measures = [_rate(name, each[name]) for name in tasks]
    measures.append(
        _ratio("NumPy over LSODA, one product", each[LSODA], each[ONE], NUMPY_OVER_LSODA, rounds * few)
    )
    measures.append(
        Measure(
            name="NumPy and LSODA differ by",
            figure=gap,
            unit="of relief",
            bar="at most 1e-4",
            met=gap <= 1e-4,
        )
    )
    if thin:
        return measures
    for name, engine in engines[1:]:
        measures.append(
            _ratio(f"{name} over NumPy", each["NumPy"], each[name], NUMBA_OVER_NUMPY, rounds * many)
        )
        off = float(np.abs(by_numbers(group, engine) - by_numbers(group, "numpy")).max())
        bar = 1e-10 if engine == "numba" else 2e-6
        measures.append(
            Measure(name=f"{name} and NumPy differ by", figure=off, unit="of relief", bar=f"at most {bar:g}",
                    met=off <= bar)
        )  # fmt: skip
        measures.append(
            Measure(name=f"{name}, first call", figure=round(compiled[name], 1), unit="s", bar="recorded, no bar",
                    met=True, detail="nearly all of it compiling")
        )  # fmt: skip
    for name, engine in engines:
        departure = flatness(engine)
        measures.append(
            Measure(name=f"{name}, cost per subject-year from 1e3 to 1e6", figure=round(100 * departure, 1),
                    unit="percent", bar="flat within 15 percent", met=departure <= FLAT_WITHIN,
                    detail="largest departure from the cost at a million; medians over a hundred groups taken in turn")
        )  # fmt: skip
        most = peak_megabytes(1_000_000, engine)
        measures.append(
            Measure(name=f"{name}, a million subject-years streamed", figure=round(most), unit="MB",
                    bar=f"under {MEGABYTES_AT_MOST:g} MB", met=most < MEGABYTES_AT_MOST,
                    detail=f"peak of a fresh process, drawing included, {GROUP} people at a time")
        )  # fmt: skip
    return measures


def _has_numba() -> bool:
    try:
        import collis.toxin.fast  # noqa: F401
    except ImportError:
        return False
    return True


def _rate(name: str, seconds: Sequence[float]) -> Measure:
    return Measure(
        name=name,
        figure=float(f"{1.0 / statistics.median(seconds):.3g}"),
        unit="subject-years/s",
        bar="recorded, no bar",
        met=True,
        detail=f"one core, median of {len(seconds)} rounds",
    )


def _ratio(name: str, slow: Sequence[float], fast: Sequence[float], least: float, people: int) -> Measure:
    ratio = statistics.median(s / f for s, f in zip(slow, fast, strict=True))
    return Measure(
        name=name,
        figure=float(f"{ratio:.3g}"),
        unit="ratio",
        bar=f"at least {least:g}",
        met=ratio >= least,
        detail=f"median of {len(slow)} side-by-side rounds, {people} people of the slower",
    )


def _stream_and_tell(arguments: Sequence[str]) -> None:
    count, engine = int(arguments[0]), arguments[1]
    chosen: Any = engine
    total = 0.0
    for relief in stream(count, chosen):
        total += float(relief.sum())
    if not total > 0.0:
        raise SystemExit("no relief was computed")
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("utf-8").splitlines())
    print(float(status["VmHWM"].split()[0]) / 1024.0)


if __name__ == "__main__":
    _stream_and_tell(sys.argv[1:])
