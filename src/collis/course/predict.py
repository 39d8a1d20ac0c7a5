"""The expected course of one plan in one patient: score and its parts by week, what a visit may read, harms, dates.

Bands come from drawn patients: doubt about the parameters, the spread between patients, and which muscles drive. The
band of the expected course holds no scatter of visits and no natural drift; the wider band of what a visit may read
holds both. Where the patient's own answers to past sessions are not yet used, a band is the width of the disease, not
of this person. What the model is known to get wrong: it cannot show a higher dose doing worse, as one trial saw; late
means of type B fall below baseline in one trial and not here; onset days rest on priors; and half-lives per product
are barely known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import numpy as np

from collis.case.case import Case
from collis.case.plan import Plan
from collis.case.session import Session
from collis.course.bands import bands_of
from collis.course.draws import Deck, draw_muscles, draw_response, draw_visits
from collis.course.forecast import Band, Baseline, Forecast, GlobalAnswer, Noticed, Parts, RangeCourse
from collis.course.landmarks import dated, landmarks
from collis.course.outcome import placebo_share, score
from collis.course.parameters import MuscleDraws, MuscleRanking, RankedMuscle, ResponseDraws
from collis.course.reaching import Reached, draw_placement, reaching, stated_strength
from collis.course.readouts import active_range, chance_left, gap_left, global_change, part_scores
from collis.course.relief import Carried, Curves, carried_over, session_level, time_curves
from collis.course.side_effects import antibody_chances, exposures_left, side_effects
from collis.course.starting import Start, start_of
from collis.course.strength import strength_losses
from collis.knowledge.harms import Effect
from collis.knowledge.load import Knowledge
from collis.knowledge.outcomes import PARTS
from collis.toxin.adverse import HarmCurve, draw_curves
from collis.toxin.timecourse import Array
from collis.toxin.weakening import relief

WEEKS = tuple(0.5 * i for i in range(41))
HORIZON_WEEKS = 52.0
_DAYS = 7.0 * np.unique(
    np.concatenate([np.arange(21) / 14.0, WEEKS, np.arange(WEEKS[-1], HORIZON_WEEKS + 1.0)])
)
_WEEKLY = np.searchsorted(_DAYS, 7.0 * np.array(WEEKS))
_AT_ONCE = 11  # weeks of the parts at a time, so that the work stays in the cache
_MUSCLES, _PLACEMENT, _HARMS, _READOUTS, _VISITS = range(1, 6)  # each kind of chance has a stream of its own


def predict(
    plan: Plan,
    ranking: MuscleRanking,
    case: Case,
    knowledge: Knowledge,
    *,
    comparator: Plan | None,
    draws: int,
    seed: int,
) -> Forecast:
    """The forecast of `plan` over `draws` drawn patients; the same arguments give the same forecast.

    Harms are set against `comparator` where there is one. Raises `BadInput` for a product without parameters.
    """
    response, outcomes = knowledge.response, knowledge.outcomes
    for product in (plan.product, *(() if comparator is None else (comparator.product,))):
        response.require(product)
    sessions = case.history.sessions
    drawn = draw_response(knowledge, draws=draws, seed=seed, past_sessions=len(sessions))
    ranked = _in_order(ranking, plan, case)
    shares = draw_muscles(ranked, draws=draws, seed=seed + _MUSCLES)
    deck = Deck(draws=draws, seed=seed + _READOUTS)
    start = start_of(
        case,
        drawn,
        shares,
        knowledge,
        carried_on=lambda on: _carried(sessions, drawn, knowledge, on),
        deck=deck,
    )
    now = _carried(sessions, drawn, knowledge, case.date) if case.date is not None else None
    mixed = case.request.preparation
    reached = _reached(plan, stated_strength(mixed, plan.product), knowledge, draws, seed + _PLACEMENT)
    effect = _effect(reached, drawn, shares, now, knowledge)
    without = placebo_share(
        _DAYS[None, :],
        amplitude=drawn.placebo[:, None],
        onset=drawn.placebo_onset[:, None],
        fading=drawn.placebo_fading[:, None],
    )
    found = landmarks(effect, _DAYS, response.reading, outcomes.wearing_off)
    effect, without = effect[:, _WEEKLY], without[:, _WEEKLY]
    left = score(start.points[:, None], effect, without)
    gained = start.points[:, None] - left
    visits = draw_visits(
        drawn,
        left,
        np.array(WEEKS),
        rated_ago=_weeks_since(start.baseline, case.date),
        highest=float(response.score.highest.value),
        seed=seed + _VISITS,
    )
    meaningful = float(response.score.meaningful_change.value)
    week = float(response.reading.assessment_week.value)
    at_visit = gained[:, WEEKS.index(week)]
    aimed = [i for i, where in enumerate(shares.places) if plan.dose_at(where).units > 0]
    against = None
    if comparator is not None:
        strength = stated_strength(mixed, comparator.product)
        against = _reached(comparator, strength, knowledge, draws, seed + _PLACEMENT)
    noticed = None
    if found.onset_day is not None:
        noticing = outcomes.noticing
        noticed = Noticed(day=float(noticing.day.value), spread=float(noticing.spread.value))
    return Forecast(
        plan=plan.name,
        weeks=WEEKS,
        gain=bands_of(gained),
        placebo=tuple(float(x) for x in np.median(start.points[:, None] * without, axis=0)),
        score=bands_of(left),
        parts=_parts(start, effect, without),
        visits=bands_of(visits),
        ranges=_ranges(case, effect, without, knowledge, deck),
        onset_day=found.onset_day,
        noticed=noticed,
        peak_week=found.peak_week,
        fading_week=found.fading_week,
        wearing_off_week=found.wearing_off_week,
        chance_early=found.chance_early,
        early_week=float(outcomes.wearing_off.early_before.value),
        dates=dated(case.date, found, noticed, outcomes.review_weeks.value),
        chance_meaningful=float(np.mean(at_visit >= meaningful)),
        meaningful_points=meaningful,
        assessment_week=week,
        global_change=_answers(at_visit, knowledge),
        chance_leaving=_leaving(start.points[:, None] - visits, knowledge),
        leaving_week=float(outcomes.leaving.by_week.value),
        strength=strength_losses(reached, drawn, now, knowledge),
        side_effects=side_effects(
            reached,
            against,
            knowledge,
            _curves_of_harm(knowledge, draws, seed + _HARMS),
            exposures_left(case, plan.product, knowledge),
        ),
        antibodies=antibody_chances(plan, case, knowledge),
        baseline=start.baseline,
        coverage=float(shares.share[:, aimed].sum(axis=1).mean()),
        draws=draws,
        seed=seed,
        notes=_notes(plan, comparator, case, knowledge, start, now, reached),
    )


@lru_cache(maxsize=4)
def _carried(sessions: tuple[Session, ...], drawn: ResponseDraws, knowledge: Knowledge, on: date) -> Carried:
    return carried_over(sessions, drawn, knowledge.muscles, on=on)


@lru_cache(maxsize=2)
def _reached(plan: Plan, strength: float | None, knowledge: Knowledge, draws: int, seed: int) -> Reached:
    """Where the plan's Units end up at a strength in the syringe (Units/mL; None: the usual one).

    Session luck is in the response draws, so only the doubt about spread is drawn.
    """
    placement = draw_placement(knowledge.spread, draws=draws, seed=seed).without_luck
    return reaching(plan, knowledge.muscles, knowledge.spread, units_per_ml=strength, placement=placement)


@lru_cache(maxsize=4)
def _curves_of_harm(knowledge: Knowledge, draws: int, seed: int) -> Mapping[Effect, HarmCurve]:
    return draw_curves(knowledge.harms, draws=draws, seed=seed)


@lru_cache(maxsize=2)
def _curves(drawn: ResponseDraws, product: str, past: tuple[str, ...]) -> Curves:
    return time_curves(drawn, product, _DAYS, past=past)


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
    reached: Reached, draws: ResponseDraws, shares: MuscleDraws, carried: Carried | None, knowledge: Knowledge
) -> Array:
    """The relief of the patient, shape [draw, day]: reach times the shares of the drive times their relief.

    Only Units aimed at a muscle relieve it: what trials spilled into neighbours lies in the fitted reach already.
    """
    product = reached.plan.product
    curves = _curves(draws, product, carried.products if carried is not None else ())
    total, aimed = np.zeros_like(curves.fresh), reached.aimed
    for column, where in enumerate(shares.places):
        units = aimed.get(where)
        left: Mapping[str, Array] = carried.left.get(where, {}) if carried is not None else {}
        if left or units is not None:
            given = (
                None
                if units is None
                else session_level(draws, product, units, knowledge.muscles[where.muscle])
            )
            total += shares.share[:, column, None] * relief(curves.level(given, left), exponent=draws.hill)
    return np.asarray(draws.reach[:, None] * total)


def _weeks_since(baseline: Baseline, on: date | None) -> float | None:
    if baseline.rated_on is None:
        return None
    return 0.0 if on is None else (on - baseline.rated_on).days / 7


def _parts(start: Start, effect: Array, without: Array) -> Parts:
    found: dict[str, tuple[Band, ...]] = dict.fromkeys(PARTS, ())
    for at in range(0, effect.shape[1], _AT_ONCE):
        some = slice(at, at + _AT_ONCE)
        scores = part_scores(
            start.parts[:, None, :],
            effect[:, some],
            without[:, some],
            kappa=start.kappa[:, None, :],
            highest=start.highest_parts,
        )
        for i, part in enumerate(PARTS):
            found[part] += bands_of(scores[..., i])
    return Parts(**found, assumed=start.parts_assumed)


def _ranges(
    case: Case, effect: Array, without: Array, knowledge: Knowledge, deck: Deck
) -> tuple[RangeCourse, ...]:
    """The movements measured both ways; what the patient lacks of the passive range may come back."""
    link = knowledge.outcomes.range_of_motion
    kappa = (float(link.kappa.value) * np.exp(float(link.kappa_log_se.value) * deck.normal()))[:, None]
    at_start = gap_left(effect[:, :1], 0.0, kappa=kappa)
    courses = []
    for measured in case.examination.ranges:
        if measured.active_deg is None or measured.passive_deg is None:
            continue
        active, passive = float(measured.active_deg), float(measured.passive_deg)
        degrees = active_range(active, passive, effect, without, at_start=at_start, kappa=kappa)
        courses.append(
            RangeCourse(
                movement=measured.movement, active_deg=active, passive_deg=passive, degrees=bands_of(degrees)
            )
        )
    return tuple(courses)


def _answers(gain: Array, knowledge: Knowledge) -> tuple[GlobalAnswer, ...]:
    """Chances of at least so much; no evidence tells the outermost answers apart from those beside them."""
    link = knowledge.outcomes.global_change
    chances = global_change(gain, thresholds=link.thresholds, scale=float(link.scale.value)).mean(axis=0)
    middle = len(chances) // 2
    told = {-1: chances[:middle].sum(), 1: chances[middle + 1 :].sum(), 2: chances[middle + 2 :].sum()}
    return tuple(
        GlobalAnswer(steps=steps, words=str(link.anchors.value[middle + steps]), chance=float(chance))
        for steps, chance in told.items()
    )


def _leaving(rated_gain: Array, knowledge: Knowledge) -> float:
    link = knowledge.outcomes.leaving
    weeks = np.array([w for w in WEEKS if w <= float(link.by_week.value)])
    left = chance_left(
        rated_gain[:, : len(weeks)],
        weeks,
        satisfied_above=float(link.satisfied_above.value),
        weekly=float(link.weekly.value),
        from_week=float(link.from_week.value),
    )
    return float(left[:, -1].mean())


def _notes(
    plan: Plan,
    comparator: Plan | None,
    case: Case,
    knowledge: Knowledge,
    start: Start,
    carried: Carried | None,
    reached: Reached,
) -> tuple[str, ...]:
    """What a reader must know to read the numbers, most important first."""
    notes = [
        "The gain includes the placebo response. Its band is that of the expected course; a rating at a visit also "
        "scatters and drifts, which the wider band of visits holds."
    ]
    notes += _about_baseline(start.baseline, knowledge)
    if start.parts_assumed:
        notes.append("Severity, disability and pain start from their usual shares of the total.")
    if comparator is not None and comparator.product != plan.product:
        notes.append(
            f"{plan.name} and {comparator.name} are of two products; their comparison leans on model parameters "
            "and is no guide to a dose."
        )
    if case.date is None and case.history.sessions:
        notes.append("Without a visit date nothing is carried over from earlier sessions.")
    notes += carried.notes if carried is not None else ()
    noticing = knowledge.outcomes.noticing
    notes.append(
        f"Patients who kept a diary noticed a first change on day {float(noticing.day.value):.0f} on average, with a "
        f"standard deviation of {float(noticing.spread.value):.0f} days; the model's own first days rest on a prior, "
        "since hardly a trial looks before the second week."
    )
    return (*notes, *reached.notes, str(knowledge.outcomes.quality_of_life.value))


def _about_baseline(baseline: Baseline, knowledge: Knowledge) -> list[str]:
    if baseline.assumed:
        mean = float(knowledge.response.score.baseline.value)
        return [f"No TWSTRS total of this patient: the published mean of {mean:g} points is assumed."]
    if baseline.rated is None or baseline.points.high - baseline.points.low <= 0.5:
        return []
    return [
        f"The TWSTRS total of {baseline.rated:g} on {baseline.rated_on} was rated with earlier toxin still at "
        f"work; untreated about {baseline.points.median:.0f} points."
    ]
