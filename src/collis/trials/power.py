"""How many people a two-arm trial needs: thousands of trials are played for each size, and the told ones counted.

People come from a normal end point, or from a pool of virtual patients that the design itself made. The trials of one
search share their chance: a larger trial holds the people of the smaller one, so the curve of power is smooth and the
search needs few steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, sqrt
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from collis.errors import BadInput
from collis.toxin.timecourse import Array
from collis.trials.replicates import covariance_test, shares_test
from collis.trials.scored import score_people

if TYPE_CHECKING:
    from collis.trials.questions import Question
    from collis.trials.records import Records

TRIALS = 2000
MOST_PEOPLE = 4000
LEAST_PEOPLE = 4
LEAST_POOL = 100
_CHUNK = 1 << 21
_CURVE = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)

People = tuple[Array, Array]
"""Baselines and values, both [trial, person]; a value is NaN where it is missing."""


class Source(Protocol):
    """Where the people of the two arms come from."""

    @property
    def counts(self) -> bool:
        """Whether values are 1 and 0."""

    def draw(self, arm: int, trials: int, people: int, generator: np.random.Generator) -> People:
        """The people of one arm (0 the reference, 1 the other) of several trials."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NormalEndPoint:
    """A normal end point: the arms differ by `difference`, people of an arm by `sd`; the baseline tells nothing."""

    difference: float
    sd: float
    counts: bool = False

    def draw(self, arm: int, trials: int, people: int, generator: np.random.Generator) -> People:
        """Independent people."""
        baseline = generator.normal(size=(trials, people))
        return baseline, generator.normal(arm * self.difference, self.sd, (trials, people))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pool:
    """People of two arms that were simulated once; trials draw from them with replacement.

    `baseline` and `value` hold [person] of the reference, then of the other arm; values are 1 and 0 where `counts`.
    """

    baseline: tuple[Array, Array]
    value: tuple[Array, Array]
    counts: bool

    def __post_init__(self) -> None:
        for values in self.value:
            if np.isfinite(values).sum() < LEAST_POOL:
                raise BadInput(
                    where="power",
                    read=f"{int(np.isfinite(values).sum())} simulated people with a value",
                    expected=f"at least {LEAST_POOL} in each arm",
                )

    def draw(self, arm: int, trials: int, people: int, generator: np.random.Generator) -> People:
        """People drawn from the pool of the arm."""
        chosen = generator.integers(0, len(self.value[arm]), (trials, people))
        return self.baseline[arm][chosen], self.value[arm][chosen]


@dataclass(frozen=True, kw_only=True, slots=True)
class Power:
    """The share of trials of a size that told the arms apart; `se` is the chance error of that share."""

    people_per_arm: int
    share: float
    se: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """The smallest number of people in each arm that reaches the wanted power, None where none up to `most` does.

    `curve` holds the power around it, in the order of the sizes.
    """

    wanted: float
    alpha: float
    trials: int
    found: int | None
    most: int
    curve: tuple[Power, ...]


def power_of(
    source: Source, people: int, *, trials: int = TRIALS, alpha: float = 0.05, seed: int = 0
) -> Power:
    """The power of a trial with that many people in each arm."""
    return _Trials(source=source, trials=trials, alpha=alpha, seed=seed).power(people)


def search(
    source: Source,
    *,
    wanted: float = 0.8,
    alpha: float = 0.05,
    trials: int = TRIALS,
    seed: int = 0,
    most: int = MOST_PEOPLE,
    tick: Callable[[str], None] = lambda _: None,
) -> Search:
    """Find the size by halving; `tick` hears of each size that is tried.

    Raises `BadInput` for a wanted power that is none.
    """
    if not 0.0 < wanted < 1.0:
        raise BadInput(where="power", read=f"{wanted:g}", expected="a share above 0 and below 1")
    played = _Trials(source=source, trials=trials, alpha=alpha, seed=seed)
    tried: dict[int, Power] = {}

    def power(people: int) -> Power:
        if people not in tried:
            tried[people] = played.power(people)
            tick(f"{people} in each arm: power {100 * tried[people].share:.0f} %")
        return tried[people]

    low, high = LEAST_PEOPLE - 1, 2 * LEAST_PEOPLE
    while power(high).share < wanted:
        low, high = high, min(2 * high, most)
        if low == most:
            return _done(wanted, played, None, most, tried)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle).share >= wanted else (middle, high)
    for share in _CURVE:
        power(min(max(ceil(share * high), LEAST_PEOPLE), most))
    return _done(wanted, played, high, most, tried)


def _done(wanted: float, played: _Trials, found: int | None, most: int, tried: dict[int, Power]) -> Search:
    return Search(
        wanted=wanted,
        alpha=played.alpha,
        trials=played.trials,
        found=found,
        most=most,
        curve=tuple(tried[people] for people in sorted(tried)),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Trials:
    """The trials of a search; each size replays them from the same seeds."""

    source: Source
    trials: int
    alpha: float
    seed: int

    def power(self, people: int) -> Power:
        told = 0
        at_once = max(1, _CHUNK // people)
        for start in range(0, self.trials, at_once):
            count = min(at_once, self.trials - start)
            sums = np.stack([self._sums(arm, start, count, people) for arm in (0, 1)], axis=1)
            test = shares_test if self.source.counts else covariance_test
            _, found = test(sums, 0, self.alpha)
            told += int(found[:, 1].sum())
        share = told / self.trials
        return Power(people_per_arm=people, share=share, se=sqrt(share * (1.0 - share) / self.trials))

    def _sums(self, arm: int, start: int, count: int, people: int) -> Array:
        """Sums [trial, (people, b, y, bb, by, yy)] over those with a value."""
        generator = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(arm, start)))
        baseline, value = self.source.draw(arm, count, people, generator)
        known: NDArray[np.bool_] = np.isfinite(value)
        b, y = np.where(known, baseline, 0.0), np.where(known, value, 0.0)
        parts = (known.astype(np.float64), b, y, b * b, b * y, y * y)
        return np.stack([part.sum(axis=1) for part in parts], axis=1)


def analytic_power(*, difference: float, sd: float, people: int, alpha: float = 0.05) -> float:
    """The exact power of the two-sided t test of a normal end point with that many people in each arm."""
    from scipy import stats

    freedom = 2 * people - 2
    shift = difference / (sd * sqrt(2.0 / people))
    edge = stats.t.ppf(1.0 - alpha / 2.0, freedom)
    return float(stats.nct.sf(edge, freedom, shift) + stats.nct.cdf(-edge, freedom, shift))


def pool_of(records: Records, question: Question, *, arm: str) -> Pool:
    """The people of a run for the primary end point, `arm` against the reference. Raises `BadInput` for a time.

    Unequal weights thin the people out by chance, so that what is left counts alike.
    """
    end_point = question.primary
    if end_point.kind.lasts or not question.reference:
        raise BadInput(
            where=f"power, end point {end_point.name!r}",
            read=f"a {end_point.kind.value}" if end_point.kind.lasts else "one arm",
            expected="a change or a share of responders, and two arms",
            mend="Make another end point the primary one.",
        )
    score_people(records, end_point, table="scored")
    found = [
        records.arrays(
            """SELECT b, y::DOUBLE AS y FROM scored WHERE arm = $1
               AND (hash(person) >> 11)::DOUBLE / 9007199254740992.0 * (SELECT max(weight) FROM scored) <= weight
               ORDER BY person""",
            [name],
        )
        for name in (question.reference, arm)
    ]
    return Pool(
        baseline=(found[0]["b"], found[1]["b"]),
        value=(found[0]["y"], found[1]["y"]),
        counts=end_point.kind.counts,
    )
