"""The expected course of one plan in one patient: score by week, onset, peak, fading, harms, each with its band.

Bands come from drawn patients: doubt about the parameters, the spread between patients, and which muscles drive. They
hold no visit scatter and no natural drift, so a rating at a visit strays further. Where the patient's own answers to
past sessions are not yet used, a band is the width of the disease, not of this person. What the model is known to get
wrong: it cannot show a higher dose doing worse, as one trial saw; late means of type B fall below baseline in one
trial and not here; onset days rest on priors; and half-lives per product are barely known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from collis.case.case import Case
from collis.case.history import ScaleName
from collis.case.plan import Plan
from collis.course.draws import draw_muscles, draw_response
from collis.course.outcome import placebo_share, score, untreated
from collis.course.parameters import HarmDraws, MuscleDraws, MuscleRanking, RankedMuscle, ResponseDraws
from collis.course.relief import Carried, carried_over, session_level, time_curves
from collis.knowledge.muscles import MuscleFacts
from collis.knowledge.names import Muscle
from collis.knowledge.response import Harm, Reading, ResponseParameters
from collis.toxin.adverse import chance, relative_risk, swallowing_exposure
from collis.toxin.timecourse import Array
from collis.toxin.weakening import relief

WEEKS = tuple(0.5 * i for i in range(41))
HORIZON_WEEKS = 52.0
BAND = (0.05, 0.5, 0.95)
_DAYS = 7.0 * np.unique(
    np.concatenate([np.arange(21) / 14.0, WEEKS, np.arange(WEEKS[-1], HORIZON_WEEKS + 1.0)])
)
_WEEKLY = np.searchsorted(_DAYS, 7.0 * np.array(WEEKS))
_PARTS = (ScaleName.TWSTRS_SEVERITY, ScaleName.TWSTRS_DISABILITY, ScaleName.TWSTRS_PAIN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """A middle and the 5th and 95th percentile of the draws."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class When:
    """A time with its band; None stands for later than 52 weeks."""

    low: float | None
    median: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Risk:
    """A side effect: first relative to the comparator plan, then as an absolute chance whose band holds the studies."""

    relative: Band | None
    comparator: str
    absolute: Band


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """The untreated TWSTRS total the forecast starts from. `assumed` when no rating of this patient was found."""

    points: Band
    assumed: bool
    rated_on: date | None = None
    rated: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """What is expected of one plan.

    `gain` is in TWSTRS points below the untreated score at each of `weeks`, placebo response included, as a trial
    arm would show it; `placebo` is the part that comes without toxin and `score` what is left. `onset_day`,
    `peak_week` and `fading_week` (half of the peak gone) are of the toxin effect alone and None without one.
    `chance_meaningful` is the chance that the gain at `assessment_week` is at least `meaningful_points`.
    `coverage` is the mean share of the drive that the plan reaches. What earlier sessions left is counted in.
    """

    plan: str
    weeks: tuple[float, ...]
    gain: tuple[Band, ...]
    placebo: tuple[float, ...]
    score: tuple[Band, ...]
    onset_day: When | None
    peak_week: When | None
    fading_week: When | None
    chance_meaningful: float
    meaningful_points: float
    assessment_week: float
    dysphagia: Risk
    neck_weakness: Risk
    baseline: Baseline
    coverage: float
    draws: int
    seed: int
    notes: tuple[str, ...] = ()


def predict(
    plan: Plan,
    ranking: MuscleRanking,
    case: Case,
    parameters: ResponseParameters,
    muscles: Mapping[Muscle, MuscleFacts],
    *,
    comparator: Plan | None,
    draws: int,
    seed: int,
) -> Forecast:
    """The forecast of `plan` over `draws` drawn patients; the same arguments give the same forecast.

    Harms are set against `comparator` where there is one. Raises `BadInput` for a product without parameters.
    """
    for product in (plan.product, *(() if comparator is None else (comparator.product,))):
        parameters.require(product)
    sessions = case.history.sessions
    drawn = draw_response(parameters, draws=draws, seed=seed, past_sessions=len(sessions))
    ranked = _in_order(ranking, plan, case)
    shares = draw_muscles(ranked, draws=draws, seed=seed + 1)
    now = carried_over(sessions, drawn, muscles, on=case.date) if case.date is not None else None
    baseline, started_from = _baseline(case, drawn, shares, parameters, muscles)
    effect = _effect(plan, drawn, shares, now, muscles)
    without = placebo_share(
        _DAYS[None, :],
        amplitude=drawn.placebo[:, None],
        onset=drawn.placebo_onset[:, None],
        fading=drawn.placebo_fading[:, None],
    )
    left = score(baseline[:, None], effect, without)
    gained = baseline[:, None] - left
    onset, peak, fading = _landmarks(effect, parameters.reading)
    reading = parameters.reading
    meaningful = float(parameters.score.meaningful_change.value)
    week = float(reading.assessment_week.value)
    at_visit = gained[:, int(np.searchsorted(_DAYS, 7.0 * week))]
    reached = [i for i, where in enumerate(shares.places) if plan.dose_at(where).units > 0]
    return Forecast(
        plan=plan.name,
        weeks=WEEKS,
        gain=_bands(gained[:, _WEEKLY]),
        placebo=tuple(float(x) for x in np.median(baseline[:, None] * without[:, _WEEKLY], axis=0)),
        score=_bands(left[:, _WEEKLY]),
        onset_day=onset,
        peak_week=peak,
        fading_week=fading,
        chance_meaningful=float(np.mean(at_visit >= meaningful)),
        meaningful_points=meaningful,
        assessment_week=week,
        dysphagia=_risk(plan, comparator, drawn, drawn.dysphagia, parameters.dysphagia, _swallowing(muscles)),
        neck_weakness=_risk(plan, comparator, drawn, drawn.neck_weakness, parameters.neck_weakness, None),
        baseline=started_from,
        coverage=float(shares.share[:, reached].sum(axis=1).mean()),
        draws=draws,
        seed=seed,
        notes=_notes(plan, comparator, case, parameters, started_from, now),
    )


def _in_order(ranking: MuscleRanking, plan: Plan, case: Case) -> list[RankedMuscle]:
    """The ranked muscles in an order that a mirrored patient shares, so that equal draws meet equal muscles."""

    def key(entry: RankedMuscle) -> tuple[object, ...]:
        past = tuple(
            (session.on, session.product, line.dose.units)
            for session in case.history.sessions
            for line in session.given
            if entry.where in line.members
        )
        return (entry.muscle.value, entry.share, entry.probability, plan.dose_at(entry.where).units, past)

    return sorted(ranking.muscles, key=key)


def _effect(
    plan: Plan,
    draws: ResponseDraws,
    shares: MuscleDraws,
    carried: Carried | None,
    muscles: Mapping[Muscle, MuscleFacts],
) -> Array:
    """The relief of the patient, shape [draw, day]: reach times the shares of the drive times their relief."""
    past = carried.products if carried is not None else ()
    curves = time_curves(draws, plan.product, _DAYS, past=past)
    exponent = draws.hill[:, None]
    total = np.zeros_like(curves.fresh)
    for column, where in enumerate(shares.places):
        units = float(plan.dose_at(where).units)
        left: Mapping[str, Array] = carried.left.get(where, {}) if carried is not None else {}
        if units > 0 or left:
            given = session_level(draws, plan.product, units, muscles[where.muscle])
            total += shares.share[:, column, None] * relief(curves.level(given, left), exponent=exponent)
    return draws.reach[:, None] * total


def _relief_left(carried: Carried, draws: ResponseDraws, shares: MuscleDraws) -> Array:
    """The relief of the patient that past sessions still give on the day of `carried`, shape [draw]."""
    total = np.zeros(draws.count)
    for column, where in enumerate(shares.places):
        left = carried.left.get(where)
        if left:
            level = np.sum([chain[2] for chain in left.values()], axis=0)
            total += shares.share[:, column] * relief(level, exponent=draws.hill)
    return np.asarray(draws.reach * total)


def _baseline(
    case: Case,
    draws: ResponseDraws,
    shares: MuscleDraws,
    parameters: ResponseParameters,
    muscles: Mapping[Muscle, MuscleFacts],
) -> tuple[Array, Baseline]:
    """The untreated score of each draw, worked back from the rating that tells most, else from the published mean.

    A rating tells less the more toxin was still at work that day and the longer ago it was.
    """
    highest = float(parameters.score.highest.value)
    drift = float(parameters.score.drift_sd.value)
    best: tuple[float, Array, Baseline] | None = None
    for on, rated in _totals(case):
        carried = carried_over(case.history.sessions, draws, muscles, on=on)
        before = [s.on for s in case.history.sessions if s.on < on]
        since = float((on - max(before)).days) if before else 0.0
        placebo = placebo_share(
            since, amplitude=draws.placebo, onset=draws.placebo_onset, fading=draws.placebo_fading
        )
        points = untreated(rated, _relief_left(carried, draws, shares), placebo, highest=highest)
        weeks_ago = (case.date - on).days / 7 if case.date is not None else 0.0
        doubt = math.hypot(float(points.std()), drift * weeks_ago)
        if best is None or doubt < best[0]:
            best = (doubt, points, Baseline(points=_band(points), assumed=False, rated_on=on, rated=rated))
    if best is None:
        return draws.baseline, Baseline(points=_band(draws.baseline), assumed=True)
    return best[1], best[2]


def _totals(case: Case) -> list[tuple[date, float]]:
    """Every TWSTRS total up to the visit, newest first; three parts of one day add up to one."""
    totals: dict[date, float] = {}
    parts: dict[date, dict[ScaleName, float]] = {}
    for rating in case.history.ratings:
        if case.date is not None and rating.on > case.date:
            continue
        if rating.scale is ScaleName.TWSTRS_TOTAL:
            totals[rating.on] = float(rating.score)
        elif rating.scale in _PARTS:
            parts.setdefault(rating.on, {})[rating.scale] = float(rating.score)
    for on, found in parts.items():
        if len(found) == len(_PARTS):
            totals.setdefault(on, sum(found.values()))
    return sorted(totals.items(), reverse=True)


def _landmarks(effect: Array, reading: Reading) -> tuple[When | None, When | None, When | None]:
    """Onset (days), peak and fading (weeks) of the toxin effect; draws without any effect do not count."""
    rows = np.arange(len(effect))
    top = effect.argmax(axis=1)
    start, peak = effect[:, 0], effect[rows, top]
    alive = (peak - start > 1e-9) & (top > 0)
    if not alive.any():
        return None, None, None
    effect, top, start, peak, rows = (a[alive] for a in (effect, top, start, peak, rows))
    onset = _crossing(effect, start + float(reading.onset_share.value) * (peak - start), after=None)
    fading = _crossing(-effect, -float(reading.fading_share.value) * peak, after=top)
    return _when(onset), _when(_DAYS[top] / 7.0), _when(fading / 7.0)


def _crossing(curve: Array, level: Array, *, after: Array | None) -> Array:
    """The first day (shape [draw]) a curve reaches its level, from index `after` on; infinite where it never does."""
    reached = curve >= level[:, None]
    if after is not None:
        reached &= np.arange(curve.shape[1])[None, :] > after[:, None]
    here = np.maximum(reached.argmax(axis=1), 1)
    rows = np.arange(len(curve))
    low, high = curve[rows, here - 1], curve[rows, here]
    part = np.clip((level - low) / np.where(high > low, high - low, 1.0), 0.0, 1.0)
    day = _DAYS[here - 1] + part * (_DAYS[here] - _DAYS[here - 1])
    return np.where(reached.any(axis=1), day, np.inf)


def _risk(
    plan: Plan,
    comparator: Plan | None,
    draws: ResponseDraws,
    curve: HarmDraws,
    harm: Harm,
    weights: Mapping[Muscle, float] | None,
) -> Risk:
    """The chance of a side effect, and relative to the comparator from the same draws. No weights: the plain total."""

    def probability(of: Plan) -> Array:
        units = np.array([float(i.dose.units) for i in of.injections])
        weight = np.array([1.0 if weights is None else weights[i.muscle] for i in of.injections])
        exposure = draws.potency[of.product] * swallowing_exposure(units, weight)
        return chance(
            exposure,
            intercept=curve.intercept,
            slope=curve.slope,
            background=curve.background,
            reference_exposure=float(harm.reference_exposure.value),
            study=curve.study,
        )

    mine = probability(plan)
    relative = None if comparator is None else _band(relative_risk(mine, probability(comparator)))
    return Risk(
        relative=relative, comparator="" if comparator is None else comparator.name, absolute=_band(mine)
    )


def _swallowing(muscles: Mapping[Muscle, MuscleFacts]) -> dict[Muscle, float]:
    """How much a Unit in each muscle counts for swallowing, one in sternocleidomastoid being 1; none known is 0."""
    return {
        muscle: facts.number("swallow_weight") if "swallow_weight" in facts.facts else 0.0
        for muscle, facts in muscles.items()
    }


def _notes(
    plan: Plan,
    comparator: Plan | None,
    case: Case,
    parameters: ResponseParameters,
    baseline: Baseline,
    carried: Carried | None,
) -> tuple[str, ...]:
    """What a reader must know to read the numbers, most important first."""
    notes = ["The gain includes the placebo response; bands leave out visit scatter and natural drift."]
    if baseline.assumed:
        mean = float(parameters.score.baseline.value)
        notes.append(f"No TWSTRS total of this patient: the published mean of {mean:g} points is assumed.")
    elif baseline.rated is not None and baseline.points.high - baseline.points.low > 0.5:
        notes.append(
            f"The TWSTRS total of {baseline.rated:g} on {baseline.rated_on} was rated with earlier toxin still at "
            f"work; untreated about {baseline.points.median:.0f} points."
        )
    if plan.product in parameters.dysphagia.not_fitted_for.value:
        notes.append(f"The dysphagia curve has no term of its own for {plan.product} and reads too low.")
    if comparator is not None and comparator.product != plan.product:
        notes.append(
            f"{plan.name} and {comparator.name} are of two products; their comparison leans on model parameters "
            "and is no guide to a dose."
        )
    if case.date is None and case.history.sessions:
        notes.append("Without a visit date nothing is carried over from earlier sessions.")
    return (*notes, *(carried.notes if carried is not None else ()))


def _band(values: Array) -> Band:
    low, median, high = (float(x) for x in np.quantile(values, BAND))
    return Band(low=low, median=median, high=high)


def _bands(values: Array) -> tuple[Band, ...]:
    """A band for each column of [draw, week]."""
    found: Sequence[Sequence[float]] = np.quantile(values, BAND, axis=0).T.tolist()
    return tuple(Band(low=low, median=median, high=high) for low, median, high in found)


def _when(values: Array) -> When:
    """The band of a time in which infinite stands for past the horizon."""
    found = (float(x) for x in np.quantile(values, BAND, method="higher"))
    low, median, high = (None if math.isinf(x) else x for x in found)
    return When(low=low, median=median, high=high)
