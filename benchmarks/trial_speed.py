"""Virtual trials: people a second, memory, the same trial with SciPy's LSODA, and plans for each person.

The trial is that of the bar: a million people, placebo and one dose of type B, five visits over 16 weeks, every table
as Parquet on disk, two processes. Ratios are of processor time on the same people in turn, since machines drift.
"""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from collis.course.outcome import placebo_share, score
from collis.toxin.batch import hill_three_halves
from collis.toxin.timecourse import Array, decay_rate, effect_peak
from collis.trials.design import (
    Arm,
    Design,
    Draws,
    Model,
    NumericalPath,
    PeopleDesign,
    Randomisation,
    RunDesign,
    Strategy,
    Visits,
)
from collis.trials.dosing import treatment_of
from collis.trials.follow import Treatment, follow
from collis.trials.population import draw_cohort
from collis.trials.simulate import Streams, draw_chances, job_of, run_shard
from studies.record import Measure

PATHS = tuple(
    f"src/collis/trials/{name}.py"
    for name in (
        "population",
        "matching",
        "dosing",
        "follow",
        "harming",
        "parts",
        "simulate",
        "tabulate",
        "strategies",
    )
)
SEED = 20261122
PRODUCT, UNITS = "rimabotulinumtoxinB", 10_000.0
WEEKS = (2.0, 4.0, 8.0, 12.0, 16.0)
WHOLE, SAMPLE, PLANNED = 1_000_000, 20_000, 2_000
SECONDS, MEGABYTES, FLAT_WITHIN, OVER_LSODA = 20.0, 1000.0, 0.15, 500.0
PLANS_A_SECOND = 50.0


def trial(people: int, *, shard: int = 20_000) -> Design:
    """Placebo and one dose, in people like those of the trial of type B."""
    arms = (
        Arm(name="placebo", strategy=Strategy.FIXED_DOSE, product=PRODUCT, units=0.0),
        Arm(name="10,000 Units", strategy=Strategy.FIXED_DOSE, product=PRODUCT, units=UNITS),
    )
    return Design(
        name="speed",
        seed=SEED,
        people=PeopleDesign(count=people, like="brashear_1999"),
        arms=arms,
        visits=Visits(weeks=WEEKS),
        run=RunDesign(shard=shard),
    )


def strategies(people: int) -> Design:
    """A plan for each person by Collis, in the product with the fullest label."""
    arm = Arm(name="collis", strategy=Strategy.COLLIS, product="onabotulinumtoxinA", candidate="balanced")
    return replace(
        trial(people, shard=max(people // 20, 1)),
        arms=(arm,),
        randomisation=Randomisation(draws=Draws.COMMON),
    )


def timed_run(design: Design) -> tuple[float, float]:
    """Seconds of a whole run on two processes and the most memory any of them held (MB)."""
    from collis.runs.execute import execute
    from collis.runs.store import Store

    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        execute(job_of(design), Store(Path(folder) / "run"), engine="processes", workers=2)
        taken = time.perf_counter() - began
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return taken, most / 1024.0


def by_lsoda(treatment: Treatment, person: int, luck: float) -> Array:
    """The expected score of one person at the visits, his chain solved by LSODA to a relative error of 1e-6."""
    from scipy.integrate import solve_ivp

    mine = treatment.patients
    uptake, lag = float(mine.uptake[person]), float(mine.lag[person])
    decay = float(decay_rate(mine.half_life[treatment.product][person]))
    level = float(
        treatment.units[0]
        * mine.potency[treatment.product][person]
        * luck
        / (mine.half_dose[person] * mine.volume_cm3[person, 0])
    )
    days = 7.0 * np.array(WEEKS)

    def slope(_day: float, state: Array) -> list[float]:
        toxin, light, effect = state
        return [-uptake * toxin, uptake * toxin - decay * light, lag * (light - effect)]

    start = [level / float(effect_peak(uptake=uptake, decay=decay, lag=lag)), 0.0, 0.0]
    found = solve_ivp(slope, (0.0, days[-1]), start, method="LSODA", t_eval=days, rtol=1e-6, atol=1e-9)
    relief = mine.reach[person] * hill_three_halves(np.maximum(found.y[2], 0.0))
    placebo = placebo_share(
        days,
        amplitude=mine.placebo[person],
        onset=mine.placebo_onset[person],
        fading=mine.placebo_fading[person],
    )
    return score(mine.baseline[person], relief, placebo)


class Compared(NamedTuple):
    """Processor seconds a person, turn by turn: LSODA on placebo, on toxin, the whole trial; LSODA's largest gap."""

    placebo: list[float]
    toxin: list[float]
    whole: list[float]
    gap: float

    @property
    def same_trial(self) -> float:
        """The trial with LSODA over the trial: half of the people on placebo, all else charged to both sides."""
        return statistics.median(
            (0.5 * (p + t) + w) / w for p, t, w in zip(self.placebo, self.toxin, self.whole, strict=True)
        )

    @property
    def treated(self) -> float:
        """LSODA of people on toxin, chain and score alone, over the whole trial."""
        return statistics.median(t / w for t, w in zip(self.toxin, self.whole, strict=True))


def over_lsoda(rounds: int, few: int, path: NumericalPath) -> Compared:
    """LSODA for each person and the trial (people drawn, followed, rated, harmed, tables built), in turn.

    Compiling, where the path needs it, is done before the clock starts.
    """
    design = replace(trial(SAMPLE), model=Model(path=path))
    streams = Streams.of(SEED, 0)
    from collis.knowledge.load import load

    cohort = draw_cohort(design, load(), count=few * rounds, generator=streams[0])
    chances = draw_chances(design, cohort, streams)
    arms = [treatment_of(arm, cohort, load()) for arm in design.arms]
    told = [follow(treatment, cohort, chances, design, load()).expected[:, 1:] for treatment in arms]
    by_lsoda(arms[1], 0, 1.0)
    run_shard(design.text, 0)
    slow: list[list[float]] = [[], []]
    fast: list[float] = []
    gap = 0.0
    for turn in range(rounds):
        rows = range(turn * few, (turn + 1) * few)
        for arm, treatment in enumerate(arms):
            began = time.process_time()
            scores = [by_lsoda(treatment, row, float(chances.luck[0, row])) for row in rows]
            slow[arm].append((time.process_time() - began) / few)
            gap = max(gap, float(np.abs(np.array(scores) - told[arm][list(rows)]).max()))
        began = time.process_time()
        run_shard(design.text, 0)
        fast.append((time.process_time() - began) / SAMPLE)
    return Compared(placebo=slow[0], toxin=slow[1], whole=fast, gap=gap)


def relief_over_lsoda(slow: Sequence[float]) -> float:
    """As above, the trial charged for what LSODA is charged for: the chain and the score."""
    from collis.course.cycle import SessionArrays, course
    from collis.knowledge.load import load

    design = trial(SAMPLE)
    cohort = draw_cohort(design, load(), count=SAMPLE, generator=np.random.default_rng(1))
    treatment = treatment_of(design.arms[1], cohort, load())
    given = SessionArrays(day=0.0, product=PRODUCT, units=treatment.units)
    days = 7.0 * np.array(WEEKS)
    course(treatment.patients, [given], days)
    fast = []
    for _ in slow:
        began = time.process_time()
        course(treatment.patients, [given], days)
        fast.append((time.process_time() - began) / SAMPLE)
    return statistics.median(s / f for s, f in zip(slow, fast, strict=True))


def flatness(sizes: Sequence[int], rounds: int) -> float:
    """The largest departure of the processor time a person from that of the largest size.

    Each size takes its turn in shards of the default size; loading and the weights, done once a process, stay
    outside the clock.
    """
    taken: dict[int, list[float]] = {size: [] for size in sizes}
    shards = {size: trial(size) for size in sizes}
    for design in shards.values():
        run_shard(design.text, 0)
    for turn in range(rounds):
        for size, design in shards.items():
            began = time.process_time()
            run_shard(design.text, turn % design.shards)
            taken[size].append((time.process_time() - began) / design.shard_people(turn % design.shards))
    cost = {size: statistics.median(pieces) for size, pieces in taken.items()}
    return max(abs(cost[size] / cost[sizes[-1]] - 1.0) for size in sizes)


def run(thin: bool) -> Sequence[Measure]:
    """The whole measure; thin: a hundredth of the people."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    people, planned, rounds, few = (20_000, 8, 1, 5) if thin else (WHOLE, PLANNED, 9, 60)
    taken, most = timed_run(trial(people))
    plain = over_lsoda(rounds, few, NumericalPath.NUMPY)
    compiled = over_lsoda(rounds, few, NumericalPath.NUMBA)
    alone = relief_over_lsoda(plain.toxin)
    departure = flatness((10_000, 100_000, 1_000_000), 1 if thin else 25)
    plans, _ = timed_run(strategies(planned))
    whole = people == WHOLE
    return [
        Measure(name="a million people, two arms, five visits, on two cores", figure=round(taken, 1), unit="s",
                bar=f"at most {SECONDS:g} s", met=taken <= SECONDS or not whole,
                detail=f"{people} people, Parquet on disk"),
        Measure(name="most memory of any process", figure=round(most), unit="MB",
                bar=f"under {MEGABYTES:g} MB", met=most < MEGABYTES),
        Measure(name="processor time a person", figure=round(1e6 * statistics.median(plain.whole), 1), unit="us",
                bar="recorded, no bar", met=True, detail="drawing, course, ratings, harms and tables"),
        Measure(name="processor time a person, compiled path",
                figure=round(1e6 * statistics.median(compiled.whole), 1), unit="us",
                bar="recorded, no bar", met=True, detail="the same, the chain by numba, compiling left out"),
        Measure(name="whole trial over LSODA", figure=float(f"{compiled.same_trial:.3g}"), unit="ratio",
                bar=f"at least {OVER_LSODA:g}", met=compiled.same_trial >= OVER_LSODA,
                detail="compiled path; both sides draw, rate and tabulate, half of the people are on placebo"),
        Measure(name="whole trial over LSODA, without numba", figure=float(f"{plain.same_trial:.3g}"), unit="ratio",
                bar="recorded, no bar", met=True, detail="the same"),
        Measure(name="whole trial over LSODA of people on toxin, without numba",
                figure=float(f"{plain.treated:.3g}"), unit="ratio", bar="recorded, no bar", met=True,
                detail="LSODA for chain and score of people on toxin alone, the trial charged for everything"),
        Measure(name="chain and score over LSODA", figure=float(f"{alone:.3g}"), unit="ratio",
                bar="recorded, no bar", met=True, detail="both charged for the same work"),
        Measure(name="trial and LSODA differ by", figure=float(f"{max(plain.gap, compiled.gap):.2g}"), unit="points",
                bar="at most 0.01", met=max(plain.gap, compiled.gap) <= 0.01),
        Measure(name="cost a person from 1e4 to 1e6", figure=round(100 * departure, 1), unit="percent",
                bar="flat within 15 percent", met=departure <= FLAT_WITHIN or thin,
                detail="largest departure from a million, sizes in turn, start-up left out"),
        Measure(name="plans by Collis on two cores", figure=round(planned / plans, 1), unit="people/s",
                bar=f"aim of {PLANS_A_SECOND:g} people/s", met=planned / plans >= PLANS_A_SECOND or thin,
                detail=f"{planned} people, examined, planned, gated and followed"),
    ]  # fmt: skip
