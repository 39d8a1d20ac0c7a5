"""The mixed model for repeated measures: a mean for each arm and visit, a slope on the baseline for each visit, and
visits of one person free to hang together as they do (unstructured covariance).

It is fitted by expectation and maximisation on sums, one set for each arm and each pattern of visits seen, so that a
million people cost as much as their patterns. Visits missing at random bias nothing. With nothing missing the answer at
a visit is the analysis of covariance there, to the last digits. `sampled` fits the model of statsmodels to people one
by one.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from collis.errors import BadInput
from collis.toxin.timecourse import Array
from collis.trials.ancova import LEAST_PEOPLE, Estimate, Fit, estimate
from collis.trials.forecast_scores import Index

if TYPE_CHECKING:
    from collis.trials.records import Records

STEPS = 500
CLOSE = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Cell:
    """Sums over the people of one arm with the same visits seen: `z` is (1, baseline, y of each visit seen)."""

    arm: int
    seen: Index
    people: float
    cross: Array


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeated:
    """A fitted model: for each visit the adjusted means of the arms; the covariance of visits within a person."""

    visits: tuple[float, ...]
    by_visit: tuple[Fit, ...]
    within: Array

    def at(self, week: float) -> Fit:
        """The fit at one visit."""
        return self.by_visit[self.visits.index(week)]


def repeated(records: Records, *, table: str, arms: Sequence[str], visits: Sequence[float]) -> Repeated:
    """Fit the model to a table with the columns arm, weight, b and y0, y1, … (one for each visit, NULL where missed).

    Unequal weights are scaled to the number of people they are worth (Kish), which stands in for a robust spread.
    """
    cells, centre_b, mean_b = _cells(records, table, arms, len(visits))
    if not cells:
        raise BadInput(where="mixed model", read="no visit with a rating", expected="ratings after baseline")
    people = sum(cell.people for cell in cells)
    k, v = len(arms), len(visits)
    if people <= k + 1 + v or any(
        sum(c.people for c in cells if c.arm == i and j in c.seen) < LEAST_PEOPLE
        for i in range(k)
        for j in range(v)
    ):
        raise BadInput(
            where="mixed model",
            read="a visit of an arm with too few people",
            expected=f"at least {LEAST_PEOPLE}",
        )
    within = np.eye(v) * max(_mean_square(cells), 1e-12)
    for _ in range(STEPS):
        theta, _inverse = _regressed(cells, within, k)
        new = _expected(cells, theta, within, k) / people
        moved = float(np.max(np.abs(new - within)) / np.max(np.abs(new)))
        within = new
        if moved < CLOSE:
            break
    theta, inverse = _regressed(cells, within, k)
    freedom = people - k - 1
    inverse = inverse * people / freedom
    at = mean_b - centre_b
    return Repeated(
        visits=tuple(visits),
        by_visit=tuple(_fit(j, theta, inverse, cells, arms, at, freedom) for j in range(v)),
        within=within * people / freedom,
    )


def _cells(
    records: Records, table: str, arms: Sequence[str], visits: int
) -> tuple[list[_Cell], float, float]:
    """The sums by arm and pattern, with the baseline moved by its plain mean; then that mean and the weighted one."""
    centre, mean, effective = records.query(
        f"SELECT avg(b), sum(weight*b)/sum(weight), pow(sum(weight), 2)/sum(weight*weight)/sum(weight) FROM {table}"
    )[0]
    if centre is None:
        return [], 0.0, 0.0
    mask = " + ".join(f"(CASE WHEN y{j} IS NULL THEN 0 ELSE {1 << j} END)" for j in range(visits))
    names = ["1", "b", *(f"coalesce(y{j}, 0)" for j in range(visits))]
    pairs = [(i, j) for i in range(len(names)) for j in range(i, len(names))]
    wanted = ", ".join(f"sum(w*{names[i]}*{names[j]})" for i, j in pairs)
    rows = records.query(
        f"SELECT arm, m, {wanted} FROM (SELECT arm, weight*$2 AS w, b-$1 AS b, {mask} AS m, "
        f"{', '.join(f'y{j}' for j in range(visits))} FROM {table}) WHERE m > 0 GROUP BY arm, m ORDER BY arm, m",
        [centre, effective],
    )
    place = {arm: i for i, arm in enumerate(arms)}
    cells = []
    for arm, pattern, *sums in rows:
        if str(arm) not in place:
            continue
        cross = np.zeros((visits + 2, visits + 2))
        for (i, j), value in zip(pairs, sums, strict=True):
            cross[i, j] = cross[j, i] = value
        seen = np.array([j for j in range(visits) if pattern >> j & 1], dtype=np.intp)
        kept = np.concatenate([[0, 1], seen + 2])
        cells.append(
            _Cell(arm=place[str(arm)], seen=seen, people=float(cross[0, 0]), cross=cross[np.ix_(kept, kept)])
        )
    return cells, float(centre), float(mean)


def _mean_square(cells: Sequence[_Cell]) -> float:
    total = sum(float(np.trace(c.cross[2:, 2:])) for c in cells)
    return total / sum(c.people * len(c.seen) for c in cells)


def _regressed(cells: Sequence[_Cell], within: Array, k: int) -> tuple[Array, Array]:
    """Generalised least squares given the covariance: theta [visit, arms + slope] and its covariance."""
    v = len(within)
    information = np.zeros((v, k + 1, v, k + 1))
    right = np.zeros((v, k + 1))
    for c in cells:
        precision = np.linalg.inv(within[np.ix_(c.seen, c.seen)])
        columns = np.array([c.arm, k], dtype=np.intp)
        information[np.ix_(c.seen, columns, c.seen, columns)] += (
            precision[:, None, :, None] * c.cross[:2, :2][None, :, None, :]
        )
        right[np.ix_(c.seen, columns)] += precision @ c.cross[2:, :2]
    size = v * (k + 1)
    inverse: Array = np.asarray(
        np.linalg.pinv(information.reshape(size, size), hermitian=True), dtype=np.float64
    )
    theta: Array = (inverse @ right.reshape(size)).reshape(v, k + 1)
    return theta, inverse


def _expected(cells: Sequence[_Cell], theta: Array, within: Array, k: int) -> Array:
    """Expected cross products of the residuals of all visits, the missing ones given those seen."""
    v = len(within)
    total = np.zeros((v, v))
    for c in cells:
        against = np.hstack([-theta[c.seen][:, [c.arm, k]], np.eye(len(c.seen))])
        residual = against @ c.cross @ against.T
        filled = np.zeros((v, len(c.seen)))
        filled[c.seen] = np.eye(len(c.seen))
        missed = np.setdiff1d(np.arange(v), c.seen)
        if len(missed):
            seen_block = within[np.ix_(c.seen, c.seen)]
            filled[missed] = np.linalg.solve(seen_block, within[np.ix_(c.seen, missed)]).T
            rest = within[np.ix_(missed, missed)] - filled[missed] @ within[np.ix_(c.seen, missed)]
            total[np.ix_(missed, missed)] += c.people * rest
        total += filled @ residual @ filled.T
    answer: Array = (total + total.T) / 2.0
    return answer


def _fit(
    j: int,
    theta: Array,
    inverse: Array,
    cells: Sequence[_Cell],
    arms: Sequence[str],
    at: float,
    freedom: float,
) -> Fit:
    k = len(arms)
    rows = np.arange(j * (k + 1), (j + 1) * (k + 1))
    to_means = np.hstack([np.eye(k), np.full((k, 1), at)])
    seen = [sum(c.people for c in cells if c.arm == i and j in c.seen) for i in range(k)]
    return Fit(
        arms=tuple(arms),
        people=tuple(round(n) for n in seen),
        means=theta[j, :k] + theta[j, k] * at,
        covariance=to_means @ inverse[np.ix_(rows, rows)] @ to_means.T,
        freedom=freedom,
        slope=float(theta[j, k]),
    )


def sampled(
    *, arm: Array, baseline: Array, changes: Array, arms: int, reference: int, visit: int
) -> tuple[Estimate, ...] | None:
    """The mixed model of statsmodels (a level for each person) on people one by one: differences at `visit`.

    `arm` [person] counts arms from 0, `changes` [person, visit] holds NaN where missed. One estimate for each arm but
    the reference, in order. None where the data do not carry the model.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM

    person, at = np.nonzero(np.isfinite(changes))
    visits = changes.shape[1]
    exog = np.zeros((len(person), visits * (arms + 1)))
    rows = np.arange(len(person))
    exog[rows, at * (arms + 1) + arm[person]] = 1.0
    exog[rows, at * (arms + 1) + arms] = (baseline - baseline.mean())[person]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a person's level of no spread is met by None, not by a warning
        try:
            found: Any = MixedLM(changes[person, at], exog, groups=person).fit(reml=True)
        except (np.linalg.LinAlgError, ValueError):
            return None
    if not found.converged:
        return None
    covariance = np.asarray(found.cov_params(), dtype=np.float64)[: exog.shape[1], : exog.shape[1]]
    if not np.isfinite(covariance).all():
        return None
    first = visit * (arms + 1)
    answers = []
    for other in (i for i in range(arms) if i != reference):
        contrast = np.zeros(exog.shape[1])
        contrast[first + other], contrast[first + reference] = 1.0, -1.0
        se = float(np.sqrt(contrast @ covariance @ contrast))
        value = float(contrast @ np.asarray(found.fe_params))
        answers.append(estimate(value, se, float(len(np.unique(person)) - arms - 1)))
    return tuple(answers)
