"""People of a virtual trial as arrays: who they are, how they would answer, how they are rated when they enter.

Age, sex, years of disease, earlier treatment, form of the posture and tremor are drawn independently of each other
and of the response, since no source ties them; years are bounded by age. Response and untreated score come from the
calibrated population. Entry criteria look at the rating of the baseline visit, which holds drift and scatter, so the
regression to the mean of a real trial is there. Earlier treatment is a word in the table: a person enters with no
toxin left and no antibodies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collis.course.outcome import rated
from collis.course.population import (
    People,
    Population,
    draw_people,
    drift_paths,
    load_population,
    population_of,
    visit_noise,
)
from collis.errors import BadInput
from collis.knowledge.load import Knowledge, load
from collis.knowledge.outcomes import PARTS
from collis.toxin.timecourse import Array
from collis.trials.design import Design, Entry, Model, Parameters, Past, Span, Study, Visits
from collis.trials.matching import MatchTable, Wanted, Weighing, balance, effective_size, match_rows
from collis.trials.parts import first_parts
from collis.trials.reading import design_of

REFERENCE_SAMPLE = 20_000
_REFERENCE_BATCHES, _REFERENCE_SEED = (
    6,
    1,
)  # one sample for every seed, so that a search over seeds weighs alike
# The spawn key of chance that belongs to the whole design; shards take theirs from 0 up.
_STUDY = 2**31
_FEWEST_OF_SCREENED = 0.002
_BATCH = 1024


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Cohort:
    """People who entered, every array with the person in front.

    `own` holds each person's parameters of the population, `people` what is his alone. `subtype` counts into the
    mixture of `knowledge.populations`. `drift` and `scatter` are those of the baseline rating `total`; `parts` its
    severity, disability and pain, `untreated` the same of the untreated level. `screened` counts who was looked at,
    by what became of them.
    """

    population: Population
    own: Population
    people: People
    age: Array
    female: NDArray[np.bool_]
    years: Array
    treated: NDArray[np.bool_]
    subtype: NDArray[np.intp]
    tremor: NDArray[np.intp]
    drift: Array
    scatter: Array
    total: Array
    parts: Array
    untreated: Array
    screened: Mapping[str, int]

    @property
    def count(self) -> int:
        """How many people."""
        return self.people.count

    @property
    def columns(self) -> Mapping[str, Array]:
        """What weights may be asked to match, by name."""
        return {
            "age": self.age,
            "years": self.years,
            "total": self.total,
            "female_percent": np.where(self.female, 100.0, 0.0),
        }

    def pick(self, index: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Cohort:
        """Some of the people."""
        chosen: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            chosen[field.name] = value[index] if isinstance(value, np.ndarray) else value
        chosen["people"] = _pick_people(self.people, index)
        chosen["own"] = own_of(self.population, chosen["people"].draw)
        return Cohort(**chosen)


def draw_cohort(
    design: Design, knowledge: Knowledge, *, count: int, generator: np.random.Generator
) -> Cohort:
    """`count` people who pass the entry criteria of a design; the same generator gives the same people.

    Raises `BadInput` where hardly anybody passes.
    """
    population = trial_population(design, knowledge)
    kept: list[Cohort] = []
    screened: dict[str, int] = {"entered": 0}
    seen = missing = 0
    open_to_all = design.people.entry == Entry()
    while (missing := count - sum(part.count for part in kept)) > 0:
        found = sum(part.count for part in kept)
        share = max(found / seen, 0.02) if seen else 0.8
        wanted = missing if open_to_all else max(_BATCH, int(1.05 * missing / share))
        batch = _draw_batch(design, knowledge, population, wanted, generator)
        reason = _reasons(design, knowledge, batch)
        last = np.flatnonzero(reason == 0)[:missing]
        upto = int(last[-1]) + 1 if len(last) == missing else batch.count
        for code, name in enumerate(("entered", *CRITERIA)):
            met = int(np.count_nonzero(reason[:upto] == code))
            if met:
                screened[name] = screened.get(name, 0) + met
        kept.append(batch if len(last) == batch.count else batch.pick(last))
        seen += upto
        if seen > 20 * _BATCH and sum(part.count for part in kept) < _FEWEST_OF_SCREENED * seen:
            raise BadInput(
                where="people.entry",
                read=f"{sum(part.count for part in kept)} of {seen} people screened enter",
                expected="criteria that at least one in five hundred meets",
                mend="Widen the criteria, or begin from people who are more alike.",
            )
    return _joined(kept, MappingProxyType(screened))


def own_of(population: Population, draw: NDArray[np.intp]) -> Population:
    """Each person's parameters; one set for everybody is not copied."""
    if population.count > 1:
        return population.pick(draw)
    return population_of(
        {name: np.broadcast_to(array, draw.shape) for name, array in population.by_name().items()},
        families=population.families,
        hill=population.hill,
        highest=population.highest,
    )


def trial_population(design: Design, knowledge: Knowledge) -> Population:
    """The population a design draws from, its study's placebo amplitude known: no study spread is left in it."""
    population = load_population(knowledge)
    if design.model.parameters is Parameters.TYPICAL:
        population = population.typical()
    if design.model.placebo_percent is not None:
        return population.in_study(design.model.placebo_percent / 100)
    amplitude = population.placebo_amplitude
    if design.model.study is Study.DRAWN:
        chance = np.random.default_rng(np.random.SeedSequence(design.seed, spawn_key=(_STUDY,)))
        amplitude = amplitude + population.placebo_study_sd * chance.standard_normal(population.count)
    return population.in_study(amplitude)


def wanted_of(design: Design, knowledge: Knowledge) -> tuple[Wanted, ...]:
    """What the weights are to match: the design's own target, else what the named baseline prints."""
    target = design.people.target
    like = knowledge.populations.baseline_of(design.people.like) if design.people.like else None
    found = []
    for name, own in (("age", target.age), ("years", target.years), ("total", target.total)):
        printed = None if like is None else getattr(like, f"{name}_mean")
        spread = None if like is None else getattr(like, f"{name}_sd")
        mean = own.mean if own.mean is not None else None if printed is None else float(printed.value)
        sd = own.sd if own.mean is not None else None if spread is None else float(spread.value)
        if mean is not None:
            found.append(Wanted(name=name, mean=mean, sd=sd))
    female = target.female_percent
    if female is None and like is not None and like.female is not None:
        female = float(like.female.value)
    if female is not None:
        found.append(Wanted(name="female_percent", mean=female))
    return tuple(found)


def weighing_of(design: Design) -> Weighing:
    """The weights of a design as a function of people, found once on its reference sample."""
    return _matched(_reference_key(design))[0]


def match_table(design: Design) -> MatchTable:
    """How well the weighted people of a design match what it asks for."""
    return _matched(_reference_key(design))[1]


@lru_cache(maxsize=8)
def _reference_key(design: Design) -> str:
    """What of a design decides its weights, as a design: people and parameters, neither chance nor treatment."""
    plain = Design(
        name="reference",
        seed=_REFERENCE_SEED,
        people=replace(design.people, count=1),
        arms=(replace(design.arms[0], apart_weeks=None),),
        visits=Visits(weeks=(1.0,)),
        model=Model(parameters=design.model.parameters),
    )
    return plain.text


@lru_cache(maxsize=8)
def _matched(text: str) -> tuple[Weighing, MatchTable]:
    design, knowledge = design_of(text), load()
    wanted = wanted_of(design, knowledge)
    chance = np.random.default_rng(design.seed)
    parts: list[Mapping[str, Array]] = []
    screened: dict[str, int] = {}
    for _ in range(_REFERENCE_BATCHES if wanted else 1):
        cohort = draw_cohort(design, knowledge, count=REFERENCE_SAMPLE, generator=chance)
        parts.append(cohort.columns)
        for reason, people in cohort.screened.items():
            screened[reason] = screened.get(reason, 0) + people
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    sample = len(columns["age"])
    weighing = balance(columns, wanted)
    weights = weighing.of(columns, sample)
    return weighing, MatchTable(
        rows=match_rows(columns, wanted, weights),
        sample=sample,
        effective=effective_size(weights),
        screened=MappingProxyType(screened),
    )


def _draw_batch(
    design: Design, knowledge: Knowledge, population: Population, count: int, generator: np.random.Generator
) -> Cohort:
    wanted = {one.name: one for one in wanted_of(design, knowledge)}
    total = wanted.get("total")
    people = draw_people(
        population,
        count=count,
        generator=generator,
        baseline=None if total is None else total.mean,
        baseline_sd=None if total is None else total.sd,
        study_placebo=population.placebo_amplitude,
    )
    now = np.zeros(1)
    drift = drift_paths(population, people, now, generator=generator)[:, 0]
    scatter = visit_noise(population, people, now, generator=generator)[:, 0]
    score = rated(people.baseline + drift + scatter, highest=population.highest)
    untreated, parts = _parts(people.baseline, score, knowledge, generator)
    age, years = _age_and_years(wanted, knowledge, count, generator)
    base, mixture = knowledge.populations.base, knowledge.populations.subtypes
    female = wanted.get("female_percent")
    percent = float(base.female.value) if female is None else female.mean
    treated = design.people.treated_percent
    shakes = generator.random(count) < _share(knowledge, "tremor")
    grades = np.cumsum([float(share) for share in base.tremor_grades.value])
    grade = 1 + np.searchsorted(grades[:-1] / grades[-1], generator.random(count), side="right")
    return Cohort(
        population=population,
        own=own_of(population, people.draw),
        people=people,
        age=age,
        female=100.0 * generator.random(count) < percent,
        years=years,
        treated=100.0 * generator.random(count) < (float(base.treated.value) if treated is None else treated),
        subtype=np.searchsorted(
            np.cumsum([s.share for s in mixture])[:-1], generator.random(count), side="right"
        ),
        tremor=np.where(shakes, grade, 0),
        drift=drift,
        scatter=scatter,
        total=score,
        parts=parts,
        untreated=untreated,
        screened=MappingProxyType({}),
    )


def _share(knowledge: Knowledge, name: str) -> float:
    return float(knowledge.pattern_fact("frequencies", "combination", name).value) / 100


def _parts(
    untreated_total: Array, score: Array, knowledge: Knowledge, generator: np.random.Generator
) -> tuple[Array, Array]:
    """Untreated and rated parts of the score, both [person, part]; a person keeps his own shares."""
    parts = knowledge.outcomes.parts
    usual = np.array([float(parts[p].share.value) for p in PARTS])
    highest = np.array([float(parts[p].highest.value) for p in PARTS])
    sd = float(knowledge.populations.base.parts_log_sd.value)
    shares = np.exp(sd * generator.standard_normal((len(PARTS), len(score))))
    shares *= usual[:, None]
    return first_parts(list(shares), untreated_total, score, highest=highest)


def _age_and_years(
    wanted: Mapping[str, Wanted], knowledge: Knowledge, count: int, generator: np.random.Generator
) -> tuple[Array, Array]:
    base = knowledge.populations.base
    mean, sd = _moments(wanted.get("age"), float(base.age_mean.value), float(base.age_sd.value))
    low, high = (float(end) for end in base.age_range.value)
    age = mean + sd * generator.standard_normal(count)
    age = np.where(age < low, 2.0 * low - age, np.where(age > high, 2.0 * high - age, age))
    age = np.clip(age, low, high)
    mean, sd = _moments(wanted.get("years"), float(base.years_mean.value), float(base.years_sd.value))
    log_sd = np.sqrt(np.log1p((sd / mean) ** 2))
    years = mean * np.exp(log_sd * generator.standard_normal(count) - 0.5 * log_sd**2)
    return age, np.minimum(years, age - float(base.youngest_onset.value))


def _moments(wanted: Wanted | None, mean: float, sd: float) -> tuple[float, float]:
    if wanted is None:
        return mean, sd
    return wanted.mean, wanted.sd if wanted.sd is not None else sd * wanted.mean / mean


CRITERIA = ("age", "years", "past_treatment", "form", "total", "severity", "pain")


def _reasons(design: Design, knowledge: Knowledge, people: Cohort) -> NDArray[np.intp]:
    """For each person 0 where he enters, else 1 + the place in `CRITERIA` of the first he fails."""
    entry = design.people.entry
    alone = np.array(
        [s.pure and s.patterns[0].value in entry.leave_out_pure for s in knowledge.populations.subtypes]
    )
    past = {Past.ANY: np.zeros(people.count, bool), Past.TREATED: ~people.treated, Past.NAIVE: people.treated}
    failed = (
        _outside(people.age, entry.age),
        _outside(people.years, entry.years),
        past[entry.past_treatment],
        alone[people.subtype],
        _outside(people.total, entry.total),
        _outside(people.parts[:, PARTS.index("severity")], entry.severity),
        _outside(people.parts[:, PARTS.index("pain")], entry.pain),
    )
    reason = np.zeros(people.count, dtype=np.intp)
    for place, out in reversed(list(enumerate(failed, start=1))):
        reason[out] = place
    return reason


def _outside(values: Array, span: Span) -> NDArray[np.bool_]:
    low = -np.inf if span.low is None else span.low
    high = np.inf if span.high is None else span.high
    return np.asarray((values < low) | (values > high))


def _pick_people(people: People, index: NDArray[np.intp] | NDArray[np.bool_] | slice) -> People:
    return People(**{field.name: getattr(people, field.name)[index] for field in fields(People)})


def _joined(parts: list[Cohort], screened: Mapping[str, int]) -> Cohort:
    first = parts[0]
    if len(parts) == 1:
        return replace(first, screened=screened)
    people = People(
        **{f.name: np.concatenate([getattr(part.people, f.name) for part in parts]) for f in fields(People)}
    )
    arrays = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(Cohort)
        if isinstance(getattr(first, field.name), np.ndarray)
    }
    return Cohort(
        population=first.population,
        own=own_of(first.population, people.draw),
        people=people,
        screened=screened,
        **arrays,
    )
