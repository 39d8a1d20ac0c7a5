"""The untreated score a forecast starts from, worked back from the patient's own ratings where there are any."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from collis.case.case import Case
from collis.case.history import ScaleName
from collis.course.bands import band_of
from collis.course.draws import Deck
from collis.course.forecast import Baseline
from collis.course.outcome import placebo_share, untreated
from collis.course.parameters import MuscleDraws, ResponseDraws
from collis.course.readouts import untreated_parts
from collis.course.relief import Carried
from collis.knowledge.load import Knowledge
from collis.knowledge.outcomes import PARTS
from collis.toxin.timecourse import Array
from collis.toxin.weakening import relief

_SCALES = dict(
    zip(PARTS, (ScaleName.TWSTRS_SEVERITY, ScaleName.TWSTRS_DISABILITY, ScaleName.TWSTRS_PAIN), strict=True)
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Start:
    """Where the course starts: untreated `points` [draw], the same in `parts` [draw, part], and how each part answers.

    `parts_assumed` where no rating gave the three parts, so that the usual shares stand for them.
    """

    baseline: Baseline
    points: Array
    parts: Array
    parts_assumed: bool
    kappa: Array
    highest_parts: Array


CarriedOn = Callable[[date], Carried]


def start_of(
    case: Case,
    draws: ResponseDraws,
    shares: MuscleDraws,
    knowledge: Knowledge,
    *,
    carried_on: CarriedOn,
    deck: Deck,
) -> Start:
    """The start of each drawn patient: from the rating that tells most, else from the published mean.

    A rating tells less the more toxin was still at work that day and the longer ago it was. `carried_on` tells what
    past sessions had left on a day.
    """
    parts = knowledge.outcomes.parts
    kappa = np.stack(
        [
            float(parts[p].kappa.value) * np.exp(float(parts[p].kappa_log_se.value) * deck.normal())
            for p in PARTS
        ],
        axis=-1,
    )
    highest = np.array([float(parts[p].highest.value) for p in PARTS])
    baseline, points, relief_then = _points(case, draws, shares, knowledge, carried_on)
    rated = None if baseline.rated_on is None else _parts_on(case, baseline.rated_on)
    if rated is None:
        usual = np.array([float(parts[p].share.value) for p in PARTS])
        of_parts = untreated_parts(
            np.broadcast_to(usual, (draws.count, len(PARTS))), 0.0, kappa=kappa, total=points, highest=highest
        )
    else:
        of_parts = untreated_parts(rated, relief_then, kappa=kappa, total=points, highest=highest)
    return Start(
        baseline=baseline,
        points=points,
        parts=of_parts,
        parts_assumed=rated is None,
        kappa=kappa,
        highest_parts=highest,
    )


def relief_left(carried: Carried, draws: ResponseDraws, shares: MuscleDraws) -> Array:
    """The relief of the patient that past sessions still give on the day of `carried`, shape [draw]."""
    total = np.zeros(draws.count)
    for column, where in enumerate(shares.places):
        left = carried.left.get(where)
        if left:
            level = np.sum([chain[2] for chain in left.values()], axis=0)
            total += shares.share[:, column] * relief(level, exponent=draws.hill)
    return np.asarray(draws.reach * total)


def _points(
    case: Case, draws: ResponseDraws, shares: MuscleDraws, knowledge: Knowledge, carried_on: CarriedOn
) -> tuple[Baseline, Array, Array]:
    """The baseline, its points and the relief at its rating, both [draw]."""
    score = knowledge.response.score
    drift = float(score.drift_sd.value)
    best: tuple[float, Baseline, Array, Array] | None = None
    for on, rated in _totals(case):
        relief_then = relief_left(carried_on(on), draws, shares)
        before = [s.on for s in case.history.sessions if s.on < on]
        since = float((on - max(before)).days) if before else 0.0
        placebo = placebo_share(
            since, amplitude=draws.placebo, onset=draws.placebo_onset, fading=draws.placebo_fading
        )
        points = untreated(rated, relief_then, placebo, highest=float(score.highest.value))
        weeks_ago = (case.date - on).days / 7 if case.date is not None else 0.0
        wandered = drift * math.sqrt(-math.expm1(-2.0 * weeks_ago / float(score.drift_weeks.value)))
        doubt = math.hypot(float(points.std()), wandered)
        if best is None or doubt < best[0] - 1e-9:
            found = Baseline(points=band_of(points), assumed=False, rated_on=on, rated=rated)
            best = (doubt, found, points, relief_then)
    if best is None:
        assumed = Baseline(points=band_of(draws.baseline), assumed=True)
        return assumed, draws.baseline, np.zeros(draws.count)
    return best[1:]


def _totals(case: Case) -> list[tuple[date, float]]:
    """Every TWSTRS total up to the visit, newest first; three parts of one day add up to one."""
    totals: dict[date, float] = {}
    for rating in case.history.ratings:
        if _counts(case, rating.on) and rating.scale is ScaleName.TWSTRS_TOTAL:
            totals[rating.on] = float(rating.score)
    for on in {r.on for r in case.history.ratings if _counts(case, r.on)}:
        parts = _parts_on(case, on)
        if parts is not None:
            totals.setdefault(on, float(parts.sum()))
    return sorted(totals.items(), reverse=True)


def _counts(case: Case, on: date) -> bool:
    return case.date is None or on <= case.date


def _parts_on(case: Case, on: date) -> Array | None:
    """The three rated parts of one day in the order of `PARTS`, None where one is missing."""
    found = {r.scale: float(r.score) for r in case.history.ratings if r.on == on}
    if any(scale not in found for scale in _SCALES.values()):
        return None
    return np.array([found[_SCALES[part]] for part in PARTS])
