"""Simulates one shard of a virtual trial: people in, tables out. Virtual patients, not clinical evidence.

`run_shard` is a pure function of the design's canonical text and the number of the shard. Each kind of chance has a
stream of its own under the seed of the shard, so that a design that needs one kind more keeps the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from collis.course.population import Population, drift_paths, session_factors, visit_noise
from collis.knowledge.load import Knowledge, load
from collis.runs.job import Job, fingerprint, shard_seed
from collis.toxin.timecourse import Array
from collis.trials.design import Design, Draws, NumericalPath, Strategy, Stratum
from collis.trials.dosing import treatment_of
from collis.trials.follow import Chances, follow
from collis.trials.muscles import draw_shares
from collis.trials.population import Cohort, draw_cohort, weighing_of
from collis.trials.reading import design_of
from collis.trials.tabulate import Arrived, Tables, tables_of

if TYPE_CHECKING:
    import pyarrow as pa

TASK = "collis.trials.simulate:run_shard"
_PACKAGES = (
    "collis.toxin",
    "collis.course",
    "collis.knowledge",
    "collis.case",
    "collis.trials.design",
    "collis.trials.reading",
    "collis.trials.population",
    "collis.trials.matching",
    "collis.trials.muscles",
    "collis.trials.parts",
    "collis.trials.dosing",
    "collis.trials.strategies",
    "collis.trials.follow",
    "collis.trials.harming",
    "collis.trials.simulate",
    "collis.trials.tabulate",
)
_PLANNING = ("collis.inference", "collis.planning", "collis.safety", "collis.pharmacy")
_PEOPLE, _ALLOCATION, _COURSE, _ANSWERS, _LEAVING, _HARMS, _ANTIBODIES, _SHARES, _EXAMINATION = range(9)


@dataclass(frozen=True, kw_only=True, slots=True)
class Streams:
    """The generators of one shard, each for one kind of chance."""

    generators: tuple[np.random.Generator, ...]

    @classmethod
    def of(cls, seed: int, shard: int) -> Streams:
        """Those of a shard of a design with that seed."""
        children = shard_seed(seed, shard).spawn(_EXAMINATION + 1)
        return cls(generators=tuple(np.random.default_rng(child) for child in children))

    def __getitem__(self, kind: int) -> np.random.Generator:
        return self.generators[kind]


def run_shard(design: str, shard: int) -> Mapping[str, pa.Table]:
    """The tables of one shard: people, visits, sessions, events, screened.

    `design` is the canonical text of a design (`Design.text`). The same arguments give the same tables.
    """
    return simulate(design_of(design), shard).arrow()


def simulate(design: Design, shard: int) -> Tables:
    """As `run_shard`, the columns still as arrays."""
    knowledge = load()
    streams = Streams.of(design.seed, shard)
    people = design.shard_people(shard)
    cohort = draw_cohort(design, knowledge, count=people, generator=streams[_PEOPLE])
    weight = weighing_of(design).of(cohort.columns, people)
    chances = draw_chances(design, cohort, streams)
    needs_muscles = any(arm.strategy is not Strategy.FIXED_DOSE for arm in design.arms)
    share = draw_shares(cohort, knowledge, streams[_SHARES]) if needs_muscles else None
    rows = allocation(design, cohort, streams[_ALLOCATION])
    plan_seed = int(streams[_EXAMINATION].integers(2**62))
    effects = len(knowledge.harms.effects)
    harm_seed = int(streams[_HARMS].integers(2**62))
    # Uniform numbers for the side effects of the session in one slot, [effect, person, 2]; the same in every arm.
    harm_chance = lru_cache(maxsize=None)(
        lambda slot: np.random.default_rng((harm_seed, slot)).random((effects, people, 2))
    )
    first = shard * design.run.shard
    arrived = []
    for number, arm in enumerate(design.arms):
        index = rows[number]
        if not len(index):
            continue
        mine = cohort.pick(index)
        treatment = treatment_of(
            arm, mine, knowledge, share=None if share is None else share[index], persons=index, seed=plan_seed
        )
        common = design.randomisation.draws is Draws.COMMON
        arrived.append(
            Arrived(
                arm=number,
                person=((first + index) * len(design.arms) + number if common else first + index).astype(
                    np.int32
                ),
                twin=(first + index).astype(np.int32),
                cohort=mine,
                weight=weight[index],
                treatment=treatment,
                followed=follow(treatment, mine, chances.pick(index), design.for_arm(arm), knowledge),
                half_life=float(mine.population.half_life_of(arm.product).mean()),
                harm_chance=partial(_of_rows, harm_chance, index),
            )
        )
    return tables_of(design, knowledge, arrived, cohort.screened)


def draw_chances(design: Design, cohort: Cohort, streams: Streams) -> Chances:
    """All chance of the people of a shard between baseline and the end; the baseline rating is already drawn."""
    people, population = cohort.people, cohort.population
    weeks = np.array([0.0, *design.visits.weeks])
    slots = 1 if design.retreatment is None and design.rescue is None else len(weeks)
    generator = streams[_COURSE]
    drift = drift_paths(population, people, weeks, generator=generator, start=cohort.drift)
    scatter = visit_noise(population, people, weeks, generator=generator)
    scatter[:, 0] = cohort.scatter
    return Chances(
        drift=drift,
        scatter=scatter,
        luck=session_factors(population, people, sessions=slots, generator=generator),
        answers=streams[_ANSWERS].random((people.count, len(weeks) - 1)),
        leaving=streams[_LEAVING].random((people.count, 2)),
        antibodies=streams[_ANTIBODIES].random(people.count),
    )


def allocation(
    design: Design, cohort: Cohort, generator: np.random.Generator
) -> tuple[NDArray[np.intp], ...]:
    """Who is in which arm, as rows of the shard: permuted blocks within strata, or everybody in every arm."""
    everybody = np.arange(cohort.count)
    if design.randomisation.draws is Draws.COMMON:
        return tuple(everybody for _ in design.arms)
    ratio = np.array([arm.ratio for arm in design.arms])
    block = np.repeat(np.arange(len(ratio)), ratio)
    stratum = _strata(design, cohort)
    arm = np.empty(cohort.count, dtype=np.intp)
    order = np.argsort(stratum, kind="stable")
    bounds = np.flatnonzero(np.diff(stratum[order], prepend=-1, append=-1))
    for low, high in pairwise(bounds):
        blocks = -(-(high - low) // len(block))
        shuffled = np.argsort(generator.random((blocks, len(block))), axis=1)
        arm[order[low:high]] = block[shuffled].ravel()[: high - low]
    return tuple(np.flatnonzero(arm == number) for number in range(len(ratio)))


def _strata(design: Design, cohort: Cohort) -> NDArray[np.intp]:
    """A number for each person's stratum."""
    values = {
        Stratum.SEX: cohort.female,
        Stratum.PAST_TREATMENT: cohort.treated,
        Stratum.SUBTYPE: cohort.subtype,
        Stratum.TREMOR: cohort.tremor > 0,
    }
    stratum = np.zeros(cohort.count, dtype=np.intp)
    for name in design.randomisation.strata:
        column = values[name].astype(np.intp)
        stratum = stratum * (int(column.max(initial=0)) + 1) + column
    return stratum


def _of_rows(chance: Callable[[int], Array], rows: NDArray[np.intp], slot: int) -> Array:
    return chance(slot)[:, rows]


def parameters_of(population: Population, knowledge: Knowledge) -> str:
    """A hash of every parameter the people are drawn with."""
    whole = hashlib.sha256(knowledge.harms.draws.sha256.encode())
    for name, values in sorted(population.by_name().items()):
        whole.update(name.encode())
        whole.update(np.ascontiguousarray(values).tobytes())
    return whole.hexdigest()


def job_of(design: Design) -> Job:
    """The run of a design, with every version that may move a figure."""
    from collis.course.population import load_population

    knowledge = load()
    plans = any(arm.per_patient for arm in design.arms)
    numba = design.model.path is NumericalPath.NUMBA
    libraries = ["numpy", "pyarrow", *(["numba"] if numba else []), *(["highspy"] if plans else [])]
    return Job(
        name=design.name,
        task=TASK,
        design=design.text,
        shards=design.shards,
        shard_size=design.run.shard,
        fingerprint=fingerprint(
            packages=(*_PACKAGES, *(_PLANNING if plans else ())),
            knowledge=knowledge.version,
            parameters=parameters_of(load_population(knowledge), knowledge),
            path=design.model.path.value,
            seed=design.seed,
            design=design.text,
            libraries=libraries,
        ),
    )
