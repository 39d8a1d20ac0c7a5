"""Simple rules a forecast must beat: the last score carried forward, the arm's mean, a linear mixed model.

Every rule is learned from the other patients of the table and never from the ratings it is judged by. It answers with
a normal, so that its bands can be judged too; where it has nothing to say it answers NaN.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from collis.toxin.timecourse import Array
from collis.trials.forecast_scores import Index, Normal
from collis.trials.tables import PersonRows

LEAST_OTHERS = 3
FOLDS = 5
LEAST_FOR_MIXED = 12


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Task:
    """People whose ratings up to `given_through` (weeks) are known and whose later ones are to be foretold.

    `person` and `week` say which rating is which, `observed` what it was: all of shape [rating].
    """

    people: tuple[PersonRows, ...]
    given_through: float
    person: Index
    week: Array
    observed: Array

    def given(self, i: int) -> tuple[list[float], list[float]]:
        """Weeks and scores of person `i` that are known."""
        one = self.people[i]
        known = [(w, s) for w, s in zip(one.weeks, one.scores, strict=True) if w <= self.given_through]
        return [w for w, _ in known], [s for _, s in known]

    def score(self, i: int, week: float) -> float:
        """The score of person `i` in a week, NaN where there is none."""
        one = self.people[i]
        return one.scores[one.weeks.index(week)] if week in one.weeks else float("nan")


def task_of(people: Sequence[PersonRows], given_through: float) -> Task:
    """The task, over people who have a rating on both sides of `given_through`."""
    able = tuple(p for p in people if p.weeks[0] <= given_through < p.weeks[-1])
    wanted = [
        (i, week, points)
        for i, one in enumerate(able)
        for week, points in zip(one.weeks, one.scores, strict=True)
        if week > given_through
    ]
    return Task(
        people=able,
        given_through=given_through,
        person=np.array([i for i, _, _ in wanted], dtype=np.intp),
        week=np.array([week for _, week, _ in wanted], dtype=np.float64),
        observed=np.array([points for _, _, points in wanted], dtype=np.float64),
    )


def carry_forward(task: Task) -> Normal:
    """The last known score stays; the spread is what the other patients moved by until that week."""
    last = np.array([task.given(i)[1][-1] for i in range(len(task.people))])
    moved = {
        week: np.array([task.score(i, week) for i in range(len(task.people))]) - last
        for week in np.unique(task.week)
    }
    sd = []
    for i, week in zip(task.person, task.week, strict=True):
        others = np.delete(moved[week], i)
        others = others[np.isfinite(others)]
        sd.append(np.sqrt(np.mean(others**2)) if len(others) >= LEAST_OTHERS else np.nan)
    return Normal(centre=last[task.person], sd=_wide_enough(np.array(sd)))


def arm_mean(task: Task) -> Normal:
    """The mean score of the arm in that week, learned without the patient."""
    return _of_the_arm(task, from_own=False)


def arm_mean_change(task: Task) -> Normal:
    """The patient's own first score plus the arm's mean change by that week, learned without the patient."""
    return _of_the_arm(task, from_own=True)


def _of_the_arm(task: Task, *, from_own: bool) -> Normal:
    count = len(task.people)
    first = np.array([one.scores[0] for one in task.people]) if from_own else np.zeros(count)
    arms = [one.arm for one in task.people]
    value = {
        week: np.array([task.score(i, week) for i in range(count)]) - first for week in np.unique(task.week)
    }
    centre, sd = np.full(len(task.week), np.nan), np.full(len(task.week), np.nan)
    for k, (i, week) in enumerate(zip(task.person, task.week, strict=True)):
        others = np.array([value[week][j] for j in range(count) if j != i and arms[j] == arms[i]])
        others = others[np.isfinite(others)]
        if len(others) < LEAST_OTHERS:
            continue
        centre[k] = first[i] + others.mean()
        sd[k] = others.std(ddof=1) * np.sqrt(1.0 + 1.0 / len(others))
    return Normal(centre=centre, sd=_wide_enough(sd))


def mixed_model(task: Task, *, seed: int, folds: int = FOLDS) -> Normal | None:
    """A linear mixed model: a mean for each arm and week, each patient with a level and a slope of his own.

    It is fitted on the other folds of patients (all their visits), then conditioned on what is known of each patient
    left out. None where there are too few patients to fit it.
    """
    count = len(task.people)
    if count < LEAST_FOR_MIXED:
        return None
    centre, sd = np.full(len(task.week), np.nan), np.full(len(task.week), np.nan)
    fold = _folds(task, folds, seed)
    for left_out in range(folds):
        fitted = _fit([one for i, one in enumerate(task.people) if fold[i] != left_out])
        if fitted is None:
            continue
        for i in np.flatnonzero(fold == left_out):
            at = np.flatnonzero(task.person == i)
            weeks, scores = task.given(int(i))
            centre[at], sd[at] = fitted.foretell(task.people[i].arm, weeks, scores, task.week[at])
    return Normal(centre=centre, sd=_wide_enough(sd)) if np.isfinite(centre).any() else None


def _folds(task: Task, folds: int, seed: int) -> Index:
    """A fold for each person, dealt arm by arm so that every fold holds every arm."""
    generator = np.random.default_rng(seed)
    fold = np.empty(len(task.people), dtype=np.intp)
    dealt = 0
    for arm in sorted({one.arm for one in task.people}):
        members = generator.permutation([i for i, one in enumerate(task.people) if one.arm == arm])
        for i in members:
            fold[i] = dealt % folds
            dealt += 1
    return fold


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Fitted:
    """A fitted mixed model: the mean of each arm and week, covariance of level and slope, variance of a rating."""

    means: dict[tuple[tuple[str, float], float], float]
    between: Array
    within: float

    def foretell(
        self, arm: tuple[str, float], weeks: Sequence[float], scores: Sequence[float], wanted: Array
    ) -> tuple[Array, Array]:
        """Mean and spread of the ratings in the wanted weeks, NaN for an arm and week no other patient had."""
        known = [(w, s) for w, s in zip(weeks, scores, strict=True) if (arm, w) in self.means]
        ahead = np.array([self.means.get((arm, float(w)), np.nan) for w in wanted])
        z_new = _levels(wanted, self.between.shape[0])
        spread = np.einsum("ta,ab,tb->t", z_new, self.between, z_new) + self.within
        if not known:
            return ahead, np.sqrt(spread)
        at = np.array([w for w, _ in known])
        rest = np.array([s - self.means[arm, w] for w, s in known])
        z = _levels(at, self.between.shape[0])
        seen = z @ self.between @ z.T + self.within * np.eye(len(at))
        gain = z_new @ self.between @ z.T @ np.linalg.inv(seen)
        left = spread - np.einsum("tk,kl,tl->t", gain, seen, gain)
        return ahead + gain @ rest, np.sqrt(left)


def _levels(weeks: Array, effects: int) -> Array:
    """What a patient's own level and slope (per ten weeks) add to each visit, shape [visit, effect]."""
    weeks = np.asarray(weeks, dtype=np.float64)
    return np.stack([np.ones_like(weeks), weeks / 10.0], axis=1)[:, :effects]


def _fit(people: Sequence[PersonRows]) -> _Fitted | None:
    """Level and slope for each patient; a level alone where the data do not carry the slope."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    rows = [
        (i, one.arm, week, points)
        for i, one in enumerate(people)
        for week, points in zip(one.weeks, one.scores, strict=True)
    ]
    cells = sorted({(arm, week) for _, arm, week, _ in rows})
    column = {cell: k for k, cell in enumerate(cells)}
    exog = np.zeros((len(rows), len(cells)))
    for r, (_, arm, week, _) in enumerate(rows):
        exog[r, column[arm, week]] = 1.0
    points = np.array([p for _, _, _, p in rows])
    group = np.array([i for i, _, _, _ in rows])
    weeks = np.array([w for _, _, w, _ in rows])
    for effects in (2, 1):
        with warnings.catch_warnings():
            # A spread of zero is met with a model without it, not with a warning.
            warnings.simplefilter("ignore")
            try:
                model = MixedLM(points, exog, groups=group, exog_re=_levels(weeks, effects))
                found: Any = model.fit(reml=True, method="lbfgs")
            except (np.linalg.LinAlgError, ValueError):
                continue
        between = np.asarray(found.cov_re, dtype=np.float64)
        if found.converged and np.linalg.eigvalsh(between)[0] > 0 and np.isfinite(found.scale):
            return _Fitted(
                means={cell: float(found.fe_params[k]) for cell, k in column.items()},
                between=between,
                within=float(found.scale),
            )
    return None


def _wide_enough(sd: Array) -> Array:
    """No spread of exactly zero: a rule that never failed on a few others is not certain."""
    return np.where(sd > 0, sd, np.where(np.isnan(sd), np.nan, 1e-3))
