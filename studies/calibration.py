"""The response model against the trials it is fitted to: what it misses, what decides it, how it foretells patients.

Trials leave one study out and refit. Patients need the table of single ratings, whose path stands in the environment
variable COLLIS_PATIENTS (`make` sets it from PATIENTS): five folds by patient, refitted in each, the visits of weeks 8
to 16 foretold from weeks 0 to 4. Without the table that part is not run, and is recorded as not met.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from collis.course.population import Population, load_population
from collis.knowledge.evidence import TrialRow, Use
from collis.knowledge.load import Knowledge, load
from collis.toxin.timecourse import Array
from collis.trials import baselines
from collis.trials.arms import changes, draw_arm
from collis.trials.baselines import Task, task_of
from collis.trials.forecast_scores import Drawn, Judged, Normal, interval, judged, mean_over, resampled
from collis.trials.persons import predict_person
from collis.trials.tables import PatientsTable, PersonRows, read_patients
from studies.record import Measure
from tools.calibrate import STUDY, material_of, model_of
from tools.response_fit import Material, Model, Posterior, find_mode, fit, sampling_covariance

PATHS = (
    "src/collis/toxin/timecourse.py",
    "src/collis/toxin/weakening.py",
    "src/collis/course/outcome.py",
    "src/collis/course/population.py",
    "src/collis/trials/arms.py",
    "src/collis/trials/persons.py",
    "src/collis/trials/baselines.py",
    "src/collis/knowledge/data/evidence/response.toml",
    "src/collis/knowledge/data/evidence/response.npz",
    "src/collis/knowledge/data/evidence/trial_arms.toml",
    "tools/calibrate.py",
    "tools/response_fit.py",
)
SEED = 20261122
VARIABLE = "COLLIS_PATIENTS"
NEEDS = ("PATIENTS",)
FOLDS, FOLD_DRAWS, FOLD_EFFORT = 5, 200, 600
DRAWS, RESAMPLES = 1000, 2000
GIVEN_THROUGH = 4.0
ARM_PEOPLE = 20_000
RESPONSE = 0.2
EARLY = (4.0, 5.0)
BARS = {"active minus placebo": 1.9, "raw change": 2.0, "placebo change": 1.4}
ROWS_RMS, FAR = 1.5, 3.0
HILL = (1.0, 2.0)
MOVE_AT_MOST = 1.0


class Told(NamedTuple):
    """A published figure, what the model said of it, its study and standard error."""

    observed: float
    said: float
    trial: str
    se: float


def run(thin: bool) -> Sequence[Measure]:
    """Trials always, patients where the table is at hand.

    Thin keeps to arm rows, and leaves the comparison with a constant that has seen its own figures to the full run.
    """
    knowledge = load()
    path = os.environ.get(VARIABLE, "")
    table = None
    if path and not thin:
        table = read_patients(Path(path), highest=float(knowledge.response.score.highest.value))
    people = table.people if table is not None else ()
    told = studies_left_out(knowledge, people)
    measures = [*rows_in_the_fit(knowledge), *(_error(name, figures) for name, figures in told.items())]
    if not thin:
        measures += [_against_constant(name, figures) for name, figures in told.items()]
        measures += [*exponents(knowledge, people), verified_alone(knowledge, people)]
        measures += patients(knowledge, table) if table is not None else [_not_run()]
    return measures


def rows_in_the_fit(knowledge: Knowledge) -> list[Measure]:
    """The rows of the calibration under the shipped model, each study with the placebo amplitude its rows ask for."""
    population, model = load_population(knowledge), model_of(knowledge.response)
    rows = knowledge.evidence.used_for(Use.CALIBRATION)
    change, slope = changes(population, rows)
    said = change.mean(axis=0)
    own = np.array(said)
    for trial in sorted({row.trial for row in rows}):
        at = [i for i, row in enumerate(rows) if row.trial == trial]
        lever = slope[:, at].mean(axis=0)
        spread = float((population.placebo_study_sd**2).mean())
        total = sampling_covariance([rows[i] for i in at], model) + spread * np.outer(lever, lever)
        off = np.array([rows[i].change for i in at]) - said[at]
        own[at] += lever * spread * (lever @ np.linalg.solve(total, off))
    observed = np.array([row.change for row in rows])
    z = (observed - own) / np.array([row.se or np.nan for row in rows])
    far = [f"{row.row}: {v:+.1f} SE" for row, v in zip(rows, z, strict=True) if row.verified and abs(v) > FAR]
    worst = int(np.argmax(np.abs(z)))
    rms, plain = _rms(observed - own), _rms(observed - said)
    return [
        Measure(
            name="rows in the fit, RMS",
            figure=rms,
            unit="points",
            bar=f"at most {ROWS_RMS} points",
            met=rms <= ROWS_RMS,
            detail=(
                f"{len(rows)} changes of arms by visit, each study with its own placebo amplitude; with the mean "
                f"amplitude for all {plain:.2f} points. Sum of squared misfits over SE {float(z @ z):.1f}."
            ),
        ),
        Measure(
            name="checked rows in the fit beyond 3 SE",
            figure=len(far),
            unit="rows",
            bar="none that is not listed",
            met=not far,
            detail="; ".join(far) or f"The farthest of all is {rows[worst].row}: {z[worst]:+.1f} SE.",
        ),
    ]


def studies_left_out(knowledge: Knowledge, people: Sequence[PersonRows]) -> dict[str, list[Told]]:
    """Weeks 4 and 5 of every study, foretold by the mode of a fit that never saw the study."""
    rows = knowledge.evidence.used_for(Use.CALIBRATION)
    model, full = model_of(knowledge.response), material_of(knowledge, people)
    arms: list[tuple[TrialRow, float]] = []
    for trial in sorted({row.trial for row in rows}):
        kept = tuple(row for row in full.rows if row.trial != trial)
        material = Material(rows=kept) if trial == STUDY else replace(full, rows=kept)
        own = [row for row in rows if row.trial == trial and EARLY[0] <= row.week <= EARLY[1]]
        said, _ = changes(_at_mode(model, material), own)
        arms += zip(own, (float(x) for x in said[0]), strict=True)
    return {
        "active minus placebo": _differences(arms),
        "raw change": [_told(row, said) for row, said in arms],
        "placebo change": [_told(row, said) for row, said in arms if row.placebo],
    }


def _error(name: str, told: Sequence[Told]) -> Measure:
    error = _miss(told)
    return Measure(
        name=f"study left out, weeks 4-5, {name}: RMSE",
        figure=error,
        unit="points",
        bar=f"under {BARS[name]} points",
        met=error < BARS[name],
        detail=(
            f"{len(told)} figures, each foretold by the mode of a fit without its study. The sampling of patients "
            f"alone makes about {_noise(told):.2f} points."
        ),
    )


def _against_constant(name: str, told: Sequence[Told]) -> Measure:
    observed = np.array([t.observed for t in told])
    error, inside = _miss(told), _rms(observed - observed.mean())
    others = [np.mean([o.observed for o in told if o.trial != t.trial]) for t in told]
    fair = _rms(observed - np.array(others))
    return Measure(
        name=f"study left out, weeks 4-5, {name}: RMSE less that of one constant fitted to the same figures",
        figure=error - inside,
        unit="points",
        bar="below 0 points",
        met=error < inside,
        detail=(
            f"The constant has seen every figure it is judged by: {inside:.2f} points. One that leaves the study out, "
            f"as the model must, has {fair:.2f}, the model {error:.2f}; sampling alone makes about "
            f"{_noise(told):.2f}, so figures this close to each other cannot tell a constant from a curve."
            if error >= inside
            else f"{error:.2f} against {inside:.2f}, or {fair:.2f} for a constant that leaves the study out too."
        ),
    )


def exponents(knowledge: Knowledge, people: Sequence[PersonRows]) -> list[Measure]:
    """What another Hill exponent would change: every calibration row at the mode, and the fit."""
    material = material_of(knowledge, people)
    rows = knowledge.evidence.used_for(Use.CALIBRATION)
    held = model_of(knowledge.response)
    base, _, height = find_mode(Posterior(held, material), 1)
    said, _ = changes(held.population(base[None]), rows)
    measures = []
    for exponent in HILL:
        other = model_of(knowledge.response, hill=exponent)
        mode, _, own_height = find_mode(Posterior(other, material), 1)
        moved, _ = changes(other.population(mode[None]), rows)
        largest = float(np.abs(moved - said).max())
        measures.append(
            Measure(
                name=f"Hill exponent {exponent:g} for the held {held.hill:g}: largest move of a calibration row",
                figure=largest,
                unit="points",
                bar="at most 1 point",
                met=largest <= 1.0,
                detail=(
                    f"Refitted; the log posterior moves by {own_height - height:+.2f}, the half dose by a factor of "
                    f"{_factor(held, base, mode, 'half_dose_total'):.2f}, the half-life of type B by "
                    f"{_factor(held, base, mode, 'half_life_type_b'):.2f}."
                ),
            )
        )
    return measures


def verified_alone(knowledge: Knowledge, people: Sequence[PersonRows]) -> Measure:
    """How far the mode moves when only rows checked against their source count."""
    model, full = model_of(knowledge.response), material_of(knowledge, people)
    mode, covariance, _ = find_mode(Posterior(model, full), 1)
    checked = replace(full, rows=tuple(row for row in full.rows if row.verified))
    other, _, _ = find_mode(Posterior(model, checked), 1)
    names = [p.name for p in model.free] + ["placebo of the patients' study"]
    moves = (other - mode) / np.sqrt(np.diag(covariance))
    most = int(np.argmax(np.abs(moves)))
    return Measure(
        name="refit on checked rows alone: largest move of a parameter",
        figure=float(abs(moves[most])),
        unit="standard errors",
        bar=f"at most {MOVE_AT_MOST:g} standard error",
        met=bool(abs(moves[most]) <= MOVE_AT_MOST),
        detail=f"{names[most]}; {len(checked.rows)} of {len(full.rows)} rows are checked.",
    )


def patients(knowledge: Knowledge, table: PatientsTable) -> list[Measure]:
    """Five folds by patient, refitted in each; then the shares of responders."""
    task = task_of(table.people, GIVEN_THROUGH)
    forecast = Drawn(draws=_foretold(knowledge, task))
    model = judged(forecast, task.observed)
    weights = resampled(task.person, times=RESAMPLES, seed=SEED)
    score = model.score()
    low, high = interval(mean_over(weights, task.person, model.inside[80].astype(np.float64)))
    by_week = "; ".join(
        f"week {week:g}: {s.rmse:.2f}, {s.crps:.2f}, {s.coverage[80]:.0%}"
        for week in np.unique(task.week)
        for s in [model.score(task.week == week)]
    )
    where = f"{len(task.people)} patients, file SHA-256 {table.sha256}"
    covered = Measure(
        name="patients: coverage of the 80 % band, weeks 8-16 from 0-4",
        figure=score.coverage[80],
        unit="share",
        bar="a 95 % bootstrap interval that holds 0.8",
        met=low <= 0.8 <= high,
        detail=(
            f"Interval {low:.3f} to {high:.3f} by patient; 50 % band {score.coverage[50]:.2f}, 95 % band "
            f"{score.coverage[95]:.2f}. RMSE, CRPS and coverage by week: {by_week}. {where}."
        ),
    )
    rules = {
        "carry-forward": (baselines.carry_forward(task), True),
        "arm mean": (baselines.arm_mean(task), True),
        "own first score and arm mean change": (baselines.arm_mean_change(task), True),
        "linear mixed model": (baselines.mixed_model(task, seed=SEED), False),
    }
    compared = [
        measure
        for name, (rule, strictly) in rules.items()
        if rule is not None
        for measure in _beside(name, task, model, rule, weights, strictly=strictly)
    ]
    return [covered, *compared, _responders(knowledge, table)]


def _foretold(knowledge: Knowledge, task: Task) -> Array:
    """Draws of every wanted rating, shape [rating, draw], each from a fit without the patient's fold."""
    model, found = model_of(knowledge.response), np.empty((len(task.week), DRAWS))
    fold = _folds(task.people)
    for number in range(FOLDS):
        train = [one for one, f in zip(task.people, fold, strict=True) if f != number]
        test = [one for one, f in zip(task.people, fold, strict=True) if f == number]
        fitted = fit(
            model,
            material_of(knowledge, train, left_out=test),
            draws=FOLD_DRAWS,
            seed=SEED + number,
            starts=1,
            effort=FOLD_EFFORT,
        )
        population = fitted.population.in_study(fitted.study_amplitude())
        for i in np.flatnonzero(fold == number):
            weeks, scores = task.given(int(i))
            at = np.flatnonzero(task.person == i)
            one = task.people[i]
            found[at] = predict_person(
                population,
                product=one.product,
                units=one.units,
                weeks_given=weeks,
                scores_given=scores,
                weeks_wanted=list(task.week[at]),
                draws=DRAWS,
                seed=SEED + int(i),
            ).T
    return found


def _folds(people: Sequence[PersonRows]) -> Array:
    """A fold for each patient, dealt arm by arm."""
    generator = np.random.default_rng(SEED)
    fold = np.empty(len(people))
    dealt = 0
    for arm in sorted({one.arm for one in people}):
        for i in generator.permutation([i for i, one in enumerate(people) if one.arm == arm]):
            fold[i] = dealt % FOLDS
            dealt += 1
    return fold


def _beside(
    name: str, task: Task, model: Judged, rule: Normal, weights: Array, *, strictly: bool
) -> list[Measure]:
    said = rule.said()
    other = judged(rule, task.observed)
    person = task.person[said]

    def mean(values: Array) -> Array:
        return mean_over(weights, person, values[said])

    ours, theirs = model.score(said), other.score(said)
    pairs = {
        "RMSE": (ours.rmse, theirs.rmse, np.sqrt(mean(model.error**2)) - np.sqrt(mean(other.error**2))),
        "CRPS": (ours.crps, theirs.crps, mean(model.crps) - mean(other.crps)),
    }
    measures = []
    for kind, (own, rival, resamples) in pairs.items():
        low, high = interval(resamples)
        measures.append(
            Measure(
                name=f"patients: {kind} less that of {name}",
                figure=own - rival,
                unit="points",
                bar="a 95 % interval below 0" if strictly else "not above 0",
                met=high < 0 if strictly else own <= rival,
                detail=f"{own:.2f} against {rival:.2f}; paired interval {low:+.2f} to {high:+.2f} by patient.",
            )
        )
    return measures


def _responders(knowledge: Knowledge, table: PatientsTable) -> Measure:
    """Shares with a gain of a fifth at weeks 12 and 16, by arm, against the binomial interval of the patients."""
    population = load_population(knowledge)
    population = population.in_study(float(knowledge.response.data.study_placebo.value))
    lines, inside, total = [], 0, 0
    for arm in sorted({one.arm for one in table.people}):
        own = [one for one in table.people if one.arm == arm]
        first = np.array([one.scores[0] for one in own])
        for week in (12.0, 16.0):
            seen = [one for one in own if week in one.weeks]
            gained = sum(_responds(one.scores[0], one.scores[one.weeks.index(week)]) for one in seen)
            drawn = draw_arm(
                population,
                *arm,
                float(first.mean()),
                float(first.std(ddof=1)),
                np.array([0.0, week]),
                ARM_PEOPLE,
                SEED,
            )
            share = float(np.mean([_responds(a, b) for a, b in drawn]))
            low, high = _binomial(gained, len(seen))
            inside += low <= share <= high
            total += 1
            lines.append(f"{arm[1]:g} Units week {week:g}: {gained}/{len(seen)} against {share:.0%}")
    return Measure(
        name="patients: shares with a gain of 20 % at weeks 12 and 16 inside the binomial 95 % interval",
        figure=inside,
        unit=f"of {total}",
        bar=f"all {total}",
        met=inside == total,
        detail="Shipped model, which has seen these patients. " + "; ".join(lines) + ".",
    )


def _responds(first: float, later: float) -> bool:
    return bool(first > 0 and first - later >= RESPONSE * first)


def _binomial(hits: int, of: int) -> tuple[float, float]:
    """Clopper and Pearson's 95 % interval."""
    from scipy.stats import beta

    low = float(beta.ppf(0.025, hits, of - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, of - hits)) if hits < of else 1.0
    return low, high


def _not_run() -> Measure:
    return Measure(
        name="patients: weeks 8-16 from 0-4, and responders",
        figure="not run",
        bar="run on the table of single patients",
        met=False,
        detail=f"{VARIABLE} names no table of single patients; it is not part of the project.",
    )


def _at_mode(model: Model, material: Material) -> Population:
    mode, _, _ = find_mode(Posterior(model, material), 1)
    return model.population(mode[None])


def _told(row: TrialRow, said: float) -> Told:
    return Told(observed=row.change, said=said, trial=row.trial, se=float(row.se or np.nan))


def _differences(arms: Sequence[tuple[TrialRow, float]]) -> list[Told]:
    placebo = {row.trial: _told(row, said) for row, said in arms if row.placebo}
    return [
        Told(
            observed=row.change - placebo[row.trial].observed,
            said=said - placebo[row.trial].said,
            trial=row.trial,
            se=float(np.hypot(row.se or np.nan, placebo[row.trial].se)),
        )
        for row, said in arms
        if not row.placebo and row.trial in placebo
    ]


def _factor(model: Model, base: Array, other: Array, name: str) -> float:
    at = [p.name for p in model.free].index(name)
    return float(np.exp(other[at] - base[at]))


def _miss(told: Sequence[Told]) -> float:
    return _rms(np.array([t.observed - t.said for t in told]))


def _noise(told: Sequence[Told]) -> float:
    """What the sampling of patients puts into figures like these."""
    return float(np.sqrt(np.mean([t.se**2 for t in told])))


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2)))
