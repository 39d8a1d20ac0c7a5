"""Follows the people of one arm through a trial: sessions by rule, ratings at visits, parts of the score, who leaves.

Relief, score, placebo and parts come from `collis.course`, the same functions that forecast a single patient. With
one session the whole course is one call; with further sessions each visit is rated, the rules are applied to the
rating, and the next visit is worked out from all sessions so far. The placebo answer counts from the last session.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from collis.course.cycle import PatientArrays, SessionArrays, placebo_of, ratings, relief_of
from collis.course.outcome import placebo_share, score
from collis.course.readouts import chance_left
from collis.knowledge.antibodies import Scenario
from collis.knowledge.harms import Effect
from collis.knowledge.load import Knowledge
from collis.knowledge.outcomes import PARTS
from collis.toxin.antibodies import neutralised_boosted, neutralised_later, session_chances
from collis.toxin.batch import Engine
from collis.toxin.timecourse import Array
from collis.trials.design import Design, Leave, Retreatment, Rule
from collis.trials.parts import later_parts
from collis.trials.population import Cohort

Mask = NDArray[np.bool_]
STAYS, LACK, OTHER = 0, 1, 2
_FEW = 2048  # people at a time where the work space is large


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Treatment:
    """How the people of an arm are treated, arrays with the person in front.

    `units` [muscle] or [person, muscle] are what reaches each muscle of `patients` in one whole session, `total`
    [person] the Units of the syringe, `exposure` [person] by side effect in reference Units, `muscles` [person] how
    many muscle-sides are injected.
    """

    product: str
    patients: PatientArrays
    units: Array
    total: Array
    exposure: Mapping[Effect, Array]
    muscles: NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Chances:
    """All chance of the people between baseline and the end, drawn before anything is decided.

    `drift` and `scatter` [person, 1 + visit] in points, baseline first; `luck` [session slot, person], the factor on
    the dose: slot 0 is the first session, slot k one given at visit k; `answers` [person, visit], `leaving`
    [person, 2] and `antibodies` [person] are uniform.
    """

    drift: Array
    scatter: Array
    luck: Array
    answers: Array
    leaving: Array
    antibodies: Array

    def pick(self, index: NDArray[np.intp]) -> Chances:
        """Those of some of the people."""
        return Chances(
            drift=self.drift[index],
            scatter=self.scatter[index],
            luck=self.luck[:, index],
            answers=self.answers[index],
            leaving=self.leaving[index],
            antibodies=self.antibodies[index],
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Given:
    """One session slot: at which visit (0 baseline), who got it, and what share of a whole session worked."""

    visit: int
    who: Mask
    given: Array
    works: Array
    rescue: Mask


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Followed:
    """What became of the people of an arm.

    `true` and `rated` [person, 1 + visit] are totals in points, `parts` the rated parts, `answer` the patient's
    impression from -3 to 3. `left` is the visit a person left at, one more than the last where he stayed; `why` one
    of `STAYS`, `LACK`, `OTHER`. `request` and `turned` are the visit of the first request and of turning
    neutralising, -1 without.
    """

    expected: Array
    true: Array
    rated: Array
    parts: Array
    answer: NDArray[np.int32]
    left: NDArray[np.intp]
    why: NDArray[np.intp]
    request: NDArray[np.intp]
    turned: NDArray[np.intp]
    sessions: tuple[Given, ...]


def follow(
    treatment: Treatment, cohort: Cohort, chances: Chances, design: Design, knowledge: Knowledge
) -> Followed:
    """The course of every person of one arm."""
    weeks = np.array(design.visits.weeks)
    course = _Course(treatment=treatment, cohort=cohort, chances=chances, design=design, knowledge=knowledge)
    if design.retreatment is None and design.rescue is None:
        course.one_session()
    else:
        course.by_visit()
    relief, placebo = course.relief, course.placebo
    expected = np.concatenate(
        [treatment.patients.baseline[:, None], score(treatment.patients.baseline[:, None], relief, placebo)],
        axis=1,
    )
    highest = treatment.patients.highest
    rated = ratings(expected, chances.drift, chances.scatter, highest=highest)
    true = ratings(expected, chances.drift, np.zeros(1), highest=highest)
    left, why = leaves(rated, weeks, chances, design, knowledge)
    return Followed(
        expected=expected,
        true=true,
        rated=rated,
        parts=rated_parts(cohort, relief, placebo, rated, knowledge),
        answer=impressions(true, chances.answers, knowledge),
        left=left,
        why=why,
        request=course.request,
        turned=course.turned,
        sessions=tuple(course.sessions),
    )


def rated_parts(cohort: Cohort, relief: Array, placebo: Array, rated: Array, knowledge: Knowledge) -> Array:
    """Severity, disability and pain as rated, adding up to the rated total; [person, 1 + visit, part]."""
    parts = knowledge.outcomes.parts
    highest = np.array([float(parts[p].highest.value) for p in PARTS])
    kappa = np.array([float(parts[p].kappa.value) for p in PARTS])
    found = np.empty((len(PARTS), *rated.shape))
    found[:, :, 0] = cohort.parts.T
    shown = np.moveaxis(found, 0, -1)
    for some in _pieces(len(rated)):
        shown[some, 1:] = later_parts(
            cohort.untreated[some], relief[some], placebo[some], rated[some, 1:], kappa=kappa, highest=highest
        )
    return shown


def _pieces(people: int) -> Iterator[slice]:
    """The rows a few at a time, so that the work stays in the cache."""
    return (slice(at, at + _FEW) for at in range(0, people, _FEW))


def impressions(true: Array, uniform: Array, knowledge: Knowledge) -> NDArray[np.int32]:
    """The patient's impression of change at each visit after baseline, -3 very much worse to 3 very much better."""
    # The ordered logit of `readouts.global_change`: an answer is above a threshold where the gain with a logistic
    # scatter of that scale is.
    link = knowledge.outcomes.global_change
    thresholds, scale = np.array(link.thresholds), float(link.scale.value)
    with np.errstate(divide="ignore"):
        felt = np.log(uniform / (1.0 - uniform))
    felt *= scale
    felt += true[:, :1]
    felt -= true[:, 1:]
    found = np.full(felt.shape, -(len(thresholds) // 2), dtype=np.int32)
    for threshold in thresholds:
        found += felt > threshold
    return found


def leaves(
    rated: Array, weeks: Array, chances: Chances, design: Design, knowledge: Knowledge
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The visit at which each person leaves (one more than the last: stays) and why."""
    link = knowledge.outcomes.leaving
    stays = len(weeks) + 1
    left = np.full(len(rated), stays, dtype=np.intp)
    gain, satisfied = rated[:, :1] - rated[:, 1:], float(link.satisfied_above.value)
    if (readiness := design.drop_out.lack_of_effect) is not Leave.NO:
        weekly_chance = link.weekly if readiness is Leave.READILY else link.without_rule
        gone = chance_left(
            gain,
            weeks,
            satisfied_above=satisfied,
            weekly=float(weekly_chance.value),
            from_week=float(link.from_week.value),
        )
        left = _first(gone > chances.leaving[:, :1], stays)
    if (release := design.drop_out.release_week) is not None:
        visit = int(np.flatnonzero(weeks == release)[0])
        left = np.where(gain[:, visit] < satisfied, np.minimum(left, visit + 1), left)
    why = np.where(left < stays, LACK, STAYS)
    weekly = design.drop_out.other_percent_a_week / 100
    if weekly > 0.0:
        at = np.log1p(-chances.leaving[:, 1]) / np.log1p(-weekly)
        other = _first(weeks[None, :] >= at[:, None], stays)
        why = np.where(other < left, OTHER, why)
        left = np.minimum(left, other)
    return left, why.astype(np.intp)


def _first(marks: Mask, otherwise: int) -> NDArray[np.intp]:
    """The place (from 1) of the first mark in each row."""
    return np.where(marks.any(axis=1), marks.argmax(axis=1) + 1, otherwise).astype(np.intp)


@dataclass(kw_only=True)
class _Course:
    """Relief and placebo share at the visits while sessions are being given; [person, visit]."""

    treatment: Treatment
    cohort: Cohort
    chances: Chances
    design: Design
    knowledge: Knowledge
    relief: Array = field(init=False)
    placebo: Array = field(init=False)
    request: NDArray[np.intp] = field(init=False)
    turned: NDArray[np.intp] = field(init=False)
    sessions: list[Given] = field(init=False)

    def __post_init__(self) -> None:
        people = self.cohort.count
        self.days = 7.0 * np.array(self.design.visits.weeks)
        self.relief = np.zeros((people, len(self.days)))
        self.placebo = np.zeros((people, len(self.days)))
        self.request = np.full(people, -1, dtype=np.intp)
        self.turned = np.full(people, -1, dtype=np.intp)
        everybody = np.ones(people, dtype=bool)
        whole = np.ones(people)
        self.sessions = [Given(visit=0, who=everybody, given=whole, works=whole, rescue=~everybody)]

    @property
    def engine(self) -> Engine:
        return "numba" if self.design.model.path.value == "numba" else "numpy"

    def one_session(self) -> None:
        """Every visit at once."""
        given = self._session(self.sessions[0])
        if np.any(given.units > 0.0):
            self.relief = relief_of(self.treatment.patients, [given], self.days, engine=self.engine)
        self.placebo = placebo_of(self.treatment.patients, [given], self.days)

    def by_visit(self) -> None:
        """Visit by visit: rate, then give what the rules ask for."""
        patients, people = self.treatment.patients, self.cohort.count
        last, number = np.zeros(people), np.ones(people, dtype=np.intp)
        best, rescued = np.zeros(people), np.zeros(people, dtype=bool)
        antibodies = self.knowledge.antibodies
        survived = 1.0 - self._chance_of_turning(self.sessions[0], np.full(people, np.inf))
        self._turn(0, survived)
        level = neutralised_boosted(antibodies, np.zeros(people), self.turned >= 0)
        for k, day in enumerate(self.days):
            toxin = [s for s in map(self._session, self.sessions) if np.any(s.units > 0.0)]
            self.relief[:, k : k + 1] = relief_of(patients, toxin, np.array([day]), engine=self.engine)
            self.placebo[:, k] = placebo_share(
                day - last,
                amplitude=patients.placebo,
                onset=patients.placebo_onset,
                fading=patients.placebo_fading,
            )
            gain = self._gain(k)
            best = np.maximum(best, gain)
            weeks = (day - last) / 7.0
            again = self._again(weeks, gain, best, k + 1) & (number < self._cycles)
            helped = self._rescued(weeks, gain) & ~rescued & ~again
            who = again | helped
            if k + 1 == len(self.days) or not who.any():
                continue
            share = np.where(helped, self._rescue_share, 1.0) * who
            since = np.where(who, day - last, np.inf)
            level = neutralised_later(antibodies, level, days=np.where(who, day - last, 0.0))
            given = Given(visit=k + 1, who=who, given=share, works=share * (1.0 - level), rescue=helped)
            self.sessions.append(given)
            survived = survived * (1.0 - self._chance_of_turning(given, since))
            self._turn(k + 1, survived)
            level = neutralised_boosted(antibodies, level, who & (self.turned >= 0))
            last, number = np.where(who, day, last), number + again
            best = np.where(again, 0.0, best)
            rescued = np.where(again, False, rescued | helped)

    def _session(self, given: Given) -> SessionArrays:
        factor = self.chances.luck[given.visit] * given.works
        day = 0.0 if given.visit == 0 else float(self.days[given.visit - 1])
        return SessionArrays(
            day=day, product=self.treatment.product, units=self.treatment.units, factor=factor
        )

    def _gain(self, k: int) -> Array:
        base = self.treatment.patients.baseline
        expected = score(base, self.relief[:, k], self.placebo[:, k])
        drift, scatter = self.chances.drift, self.chances.scatter
        highest = self.treatment.patients.highest
        first = ratings(base, drift[:, 0], scatter[:, 0], highest=highest)
        return np.asarray(first - ratings(expected, drift[:, k + 1], scatter[:, k + 1], highest=highest))

    @property
    def _cycles(self) -> int:
        return 1 if self.design.retreatment is None else self.design.retreatment.cycles

    @property
    def _rescue_share(self) -> float:
        return 0.0 if self.design.rescue is None else self.design.rescue.dose_percent / 100

    def _again(self, weeks: Array, gain: Array, best: Array, visit: int) -> Mask:
        rule = self.design.retreatment
        if rule is None:
            return np.zeros(len(weeks), dtype=bool)
        if rule.rule is Rule.INTERVAL:
            return np.asarray(weeks >= rule.apart_weeks - 1e-9)
        asks = _waned(rule, weeks, gain, best)
        self.request = np.where((self.request < 0) & asks, visit, self.request)
        return np.asarray(asks & (weeks >= rule.apart_weeks - 1e-9))

    def _rescued(self, weeks: Array, gain: Array) -> Mask:
        rule = self.design.rescue
        if rule is None:
            return np.zeros(len(weeks), dtype=bool)
        return np.asarray((weeks >= rule.from_week) & (gain <= rule.below_points))

    def _chance_of_turning(self, given: Given, since_days: Array) -> Array:
        doses = self.treatment.total * given.given
        return session_chances(
            self.knowledge.antibodies,
            Scenario.CLINIC_LOW,
            product=self.treatment.product,
            doses=doses,
            intervals=since_days,
        )

    def _turn(self, visit: int, survived: Array) -> None:
        turns = (self.turned < 0) & (1.0 - survived > self.chances.antibodies)
        self.turned = np.where(turns, visit, self.turned)


def _waned(rule: Retreatment, weeks: Array, gain: Array, best: Array) -> Mask:
    """Who asks for the next session: the best rated gain of the cycle is mostly lost, or the gain is small."""
    asks = np.zeros(len(gain), dtype=bool)
    if rule.lost_percent is not None:
        asks |= gain <= (1.0 - rule.lost_percent / 100) * best
    if rule.below_points is not None:
        asks |= gain <= rule.below_points
    return np.asarray(asks & (weeks >= rule.from_week))
