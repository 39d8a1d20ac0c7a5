"""The shipped model held against tables of published arms and of single patients.

Arms: the model foretells every row; a trial's placebo amplitude is never taken from the trial itself but from the
spread between studies, and that doubt is in z. Patients: from the visits up to a week the model foretells the rest of
each person, alone, beside rules that learn from the other patients of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from collis.course.population import Population, load_population
from collis.errors import BadInput
from collis.knowledge.evidence import TrialRow, Use
from collis.toxin.timecourse import Array
from collis.trials import baselines
from collis.trials.arms import expected
from collis.trials.baselines import Task, task_of
from collis.trials.durations import ScoredDuration, validate_durations
from collis.trials.forecast_scores import (
    BANDS,
    Drawn,
    Flags,
    Judged,
    Normal,
    Score,
    interval,
    judged,
    mean_over,
    resampled,
)
from collis.trials.persons import predict_person
from collis.trials.tables import LeftOut, PatientsTable, TrialsTable

if TYPE_CHECKING:
    from collis.knowledge.load import Knowledge

SEED = 19990401
DRAWS = 1000
RESAMPLES = 2000
FAN_BANDS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)

Tick = Callable[[], None]


def _no_tick() -> None:
    return


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredRow:
    """One row of a trial: observed and predicted change in points, the model's own spread `sd`, and z.

    z is (observed - predicted) over the spread of sampling and model together. `known` says that the row is one the
    calibration used.
    """

    row: TrialRow
    predicted: float
    sd: float
    z: float
    known: bool
    remarks: tuple[str, ...]

    @property
    def miss(self) -> float:
        """Observed minus predicted, in points: above 0 the patients gained less than foretold."""
        return self.row.change - self.predicted


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialsScore:
    """Every row that could be scored, in the order of the table, and those that could not with the reason.

    With fewer than `least_new_rows` unseen rows the score judges nothing.
    """

    rows: tuple[ScoredRow, ...]
    left_out: tuple[LeftOut, ...]
    sha256: str
    least_new_rows: int = 1

    @property
    def rms(self) -> float | None:
        """Root of the mean squared miss in points; None where no row could be scored."""
        return rms_of(self.rows)

    @property
    def unseen(self) -> tuple[ScoredRow, ...]:
        """The rows the calibration did not use."""
        return tuple(row for row in self.rows if not row.known)

    @property
    def enough(self) -> bool:
        """Whether there are rows enough, new to the model, to judge it by."""
        return len(self.unseen) >= self.least_new_rows


def rms_of(rows: Sequence[ScoredRow]) -> float | None:
    """Root of the mean squared miss in points, None without a row."""
    return float(np.sqrt(np.mean([row.miss**2 for row in rows]))) if rows else None


def validate_trials(
    population: Population, table: TrialsTable, known: Sequence[TrialRow], *, least_new_rows: int = 1
) -> TrialsScore:
    """The model against a table of arms; `known` are the published rows, of which some calibrated it."""
    rows = []
    if table.rows:
        mean_baseline = float(np.mean(population.baseline_mean))
        mean, covariance = expected(population, [_asked(row, mean_baseline) for row in table.rows])
        used = [row for row in known if row.use is Use.CALIBRATION]
        for i, row in enumerate(table.rows):
            assert row.se is not None
            sd = float(np.sqrt(covariance[i, i]))
            rows.append(
                ScoredRow(
                    row=row,
                    predicted=float(mean[i]),
                    sd=sd,
                    z=float((row.change - mean[i]) / np.hypot(sd, row.se)),
                    known=any(_same(row, other) for other in used),
                    remarks=table.remarks.get(row.row, ()),
                )
            )
    return TrialsScore(
        rows=tuple(rows), left_out=table.left_out, sha256=table.sha256, least_new_rows=least_new_rows
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """What the model is told of a row."""

    trial: str
    product: str
    units: float
    baseline: float
    week: float


def _asked(row: TrialRow, mean_baseline: float) -> _Asked:
    assert row.units is not None
    baseline = mean_baseline if row.baseline is None else row.baseline
    return _Asked(trial=row.trial, product=row.product, units=row.units, baseline=baseline, week=row.week)


def _same(row: TrialRow, other: TrialRow) -> bool:
    return (row.trial, row.product, row.units, row.week) == (
        other.trial,
        other.product,
        other.units,
        other.week,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A rule beside the model: its scores, and model minus rule in RMSE and CRPS with the 95 % interval.

    The differences run over the ratings the rule has a forecast for; below 0 the model is the better one.
    """

    overall: Score
    by_week: Mapping[float, Score]
    rmse_difference: tuple[float, float, float]
    crps_difference: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fan:
    """One person's forecast for a picture: known and later scores, and the bands by week. `number` is the row order."""

    number: int
    product: str
    units: float
    given: tuple[tuple[float, float], ...]
    later: tuple[tuple[float, float], ...]
    weeks: tuple[float, ...]
    bands: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PatientsScore:
    """The model and the rules over all people.

    `places` says where in its forecast each rating fell (0 to 1), `known` that this is the table that calibrated the
    model. With fewer than `least_people` the score judges nothing.
    """

    given_through: float
    people: int
    overall: Score
    by_week: Mapping[float, Score]
    coverage_80_interval: tuple[float, float]
    baselines: Mapping[str, Compared]
    without: Mapping[str, str]
    places: tuple[float, ...]
    fans: tuple[Fan, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    sha256: str
    known: bool
    least_people: int

    @property
    def enough(self) -> bool:
        """Whether there are people enough to judge the model by."""
        return self.people >= self.least_people


def validate_patients(
    population: Population,
    table: PatientsTable,
    *,
    given_through: float,
    seed: int,
    calibrated_on: str = "",
    least_people: int = 1,
    draws: int = DRAWS,
    fans: int = 6,
    tick: Tick = _no_tick,
) -> PatientsScore:
    """The model against a table of people: ratings after `given_through` (weeks) foretold from those up to it.

    `calibrated_on` is the SHA-256 of the table the model was calibrated on. `tick` is called once a person.
    Raises `BadInput` where nobody has a rating on both sides.
    """
    task = task_of(table.people, given_through)
    if not task.people:
        weeks = sorted({week for one in table.people for week in one.weeks})
        raise BadInput(
            where="--given-through",
            read=f"{given_through:g}",
            expected="a week with visits before and after it",
            mend=f"The table has the weeks {', '.join(f'{week:g}' for week in weeks)}.",
        )
    forecast, shown = _foretold(population, task, seed=seed, draws=draws, fans=fans, tick=tick)
    model = judged(forecast, task.observed)
    weights = resampled(task.person, times=RESAMPLES, seed=seed)
    rules: dict[str, Normal | None] = {
        "carry_forward": baselines.carry_forward(task),
        "arm_mean": baselines.arm_mean(task),
        "arm_mean_change": baselines.arm_mean_change(task),
        "mixed_model": baselines.mixed_model(task, seed=seed),
    }
    compared: dict[str, Compared] = {}
    without: dict[str, str] = {}
    for name, rule in rules.items():
        if rule is None or not rule.said().any():
            without[name] = "too few patients in the table to learn it from"
        else:
            compared[name] = _compared(task, model, rule, weights)
    idle = len(table.people) - len(task.people)
    reason = f"no rating on both sides of week {given_through:g}"
    left_out = (LeftOut(line=0, what=f"{idle} of the people", reason=reason),) if idle else ()
    return PatientsScore(
        given_through=given_through,
        people=len(task.people),
        overall=model.score(),
        by_week=_by_week(task, model),
        coverage_80_interval=interval(mean_over(weights, task.person, model.inside[80].astype(np.float64))),
        baselines=MappingProxyType(compared),
        without=MappingProxyType(without),
        places=tuple(float(p) for p in forecast.place(task.observed)),
        fans=shown,
        left_out=(*table.left_out, *left_out),
        notes=table.notes,
        sha256=table.sha256,
        known=table.sha256 == calibrated_on,
        least_people=least_people,
    )


def _foretold(
    population: Population, task: Task, *, seed: int, draws: int, fans: int, tick: Tick
) -> tuple[Drawn, tuple[Fan, ...]]:
    """The model's draws of every rating, and the fans of a few people spread evenly over the arms."""
    found = np.empty((len(task.week), draws))
    chosen = _picked(task, fans)
    shown: list[Fan] = []
    for i, one in enumerate(task.people):
        weeks, scores = task.given(i)
        at = np.flatnonzero(task.person == i)
        found[at] = predict_person(
            population,
            product=one.product,
            units=one.units,
            weeks_given=weeks,
            scores_given=scores,
            weeks_wanted=list(task.week[at]),
            draws=draws,
            seed=seed + i,
        ).T
        if i in chosen:
            shown.append(
                Fan(
                    number=one.patient,
                    product=one.product,
                    units=one.units,
                    given=tuple(zip(weeks, scores, strict=True)),
                    later=tuple((float(task.week[k]), float(task.observed[k])) for k in at),
                    weeks=tuple(float(w) for w in task.week[at]),
                    bands=tuple(tuple(float(q) for q in np.quantile(found[k], FAN_BANDS)) for k in at),
                )
            )
        tick()
    return Drawn(draws=found), tuple(sorted(shown, key=lambda fan: (fan.units, fan.number)))


def _picked(task: Task, fans: int) -> set[int]:
    """The first few people of each arm in row order, as many of each arm as of the others."""
    arms: dict[tuple[str, float], list[int]] = {}
    for i, one in enumerate(task.people):
        arms.setdefault(one.arm, []).append(i)
    each = max(1, fans // len(arms))
    return {i for members in list(arms.values())[:fans] for i in members[:each]}


def _by_week(task: Task, model: Judged, said: Flags | None = None) -> Mapping[float, Score]:
    all_said = np.ones(len(task.week), dtype=bool) if said is None else said
    return MappingProxyType(
        {
            float(week): model.score((task.week == week) & all_said)
            for week in np.unique(task.week)
            if ((task.week == week) & all_said).any()
        }
    )


def _compared(task: Task, model: Judged, rule: Normal, weights: Array) -> Compared:
    said = rule.said()
    other = judged(rule, task.observed, BANDS)
    person = task.person[said]

    def mean(values: Array) -> Array:
        return mean_over(weights, person, values[said])

    squared = np.sqrt(mean(model.error**2)) - np.sqrt(mean(other.error**2))
    ranked = mean(model.crps) - mean(other.crps)
    ours, theirs = model.score(said), other.score(said)
    return Compared(
        overall=theirs,
        by_week=_by_week(task, other, said),
        rmse_difference=(ours.rmse - theirs.rmse, *interval(squared)),
        crps_difference=(ours.crps - theirs.crps, *interval(ranked)),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Validation:
    """All that one validation found. A part is None (or empty) where its table was not given."""

    trials: TrialsScore | None
    patients: PatientsScore | None
    durations: tuple[ScoredDuration, ...]
    knowledge_version: str


def validate(
    knowledge: Knowledge,
    *,
    trials: TrialsTable | None,
    patients: PatientsTable | None,
    given_through: float,
    seed: int = SEED,
    tick: Tick = _no_tick,
) -> Validation:
    """The shipped model against the tables given. Published durations come along with a table of trials."""
    population = load_population(knowledge)
    known = knowledge.evidence.rows
    durations: tuple[ScoredDuration, ...] = ()
    least_rows = int(knowledge.figure("evidence/validation", "trials", "least_new_rows"))
    if trials is not None:
        tolerance = knowledge.figure("evidence/validation", "durations", "tolerance") / 100
        durations = validate_durations(population, knowledge.evidence, tolerance=tolerance, seed=seed)
    return Validation(
        trials=None
        if trials is None
        else validate_trials(population, trials, known, least_new_rows=least_rows),
        patients=None
        if patients is None
        else validate_patients(
            population,
            patients,
            given_through=given_through,
            seed=seed,
            calibrated_on=knowledge.plain("evidence/response", "data", "patients_sha256"),
            least_people=int(knowledge.figure("evidence/validation", "patients", "least_people")),
            tick=tick,
        ),
        durations=durations,
        knowledge_version=knowledge.version,
    )
