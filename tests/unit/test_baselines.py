"""The simple rules learn from other people only, and answer with a spread that holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from collis.trials.baselines import (
    LEAST_FOR_MIXED,
    arm_mean,
    arm_mean_change,
    carry_forward,
    mixed_model,
    task_of,
)
from collis.trials.forecast_scores import judged
from collis.trials.tables import PersonRows
from tests.unit.made_up_people import made_up, small_population

PEOPLE = made_up(small_population(), people=8, seed=7).people


def person(number: int, units: float, *scores: float) -> PersonRows:
    weeks = tuple(4.0 * i for i in range(len(scores)))
    return PersonRows(patient=number, product="x", units=units, weeks=weeks, scores=scores)


FOUR = [person(i, 100.0, 40.0 + i, 30.0 + i, 34.0 + i) for i in range(4)]


def test_only_people_with_ratings_on_both_sides_are_asked_about() -> None:
    task = task_of([*FOUR, person(9, 100.0, 40.0, 30.0)], 4.0)
    assert len(task.people) == 4
    assert list(task.week) == [8.0] * 4
    assert list(task.observed) == [34.0, 35.0, 36.0, 37.0]


def test_the_last_score_is_carried_forward() -> None:
    forecast = carry_forward(task_of(FOUR, 4.0))
    assert list(forecast.centre) == [30.0, 31.0, 32.0, 33.0]
    assert forecast.sd == pytest.approx([4.0] * 4)


def test_the_mean_of_the_arm_leaves_the_person_out() -> None:
    forecast = arm_mean(task_of(FOUR, 4.0))
    assert forecast.centre[0] == pytest.approx((35 + 36 + 37) / 3)


def test_the_mean_change_is_added_to_the_persons_own_first_score() -> None:
    forecast = arm_mean_change(task_of(FOUR, 4.0))
    assert list(forecast.centre) == [34.0, 35.0, 36.0, 37.0]


def test_a_rule_without_enough_other_people_says_nothing() -> None:
    forecast = arm_mean(task_of(FOUR[:3], 4.0))
    assert not forecast.said().any()
    assert mixed_model(task_of(FOUR, 4.0), seed=1) is None
    assert LEAST_FOR_MIXED > 4


@pytest.mark.parametrize("rule", [carry_forward, arm_mean, arm_mean_change, mixed_model])
def test_what_a_person_does_later_does_not_reach_the_rule_that_foretells_him(rule) -> None:
    how = {"seed": 3} if rule is mixed_model else {}
    before = rule(task_of(PEOPLE, 4.0), **how)
    later = tuple(s if w <= 4.0 else 80.0 for w, s in zip(PEOPLE[0].weeks, PEOPLE[0].scores, strict=True))
    after = rule(task_of((replace(PEOPLE[0], scores=later), *PEOPLE[1:]), 4.0), **how)
    own = task_of(PEOPLE, 4.0).person == 0
    assert after.centre[own] == pytest.approx(before.centre[own])
    assert after.sd[own] == pytest.approx(before.sd[own])
    if rule is not carry_forward:
        assert not np.allclose(after.centre[~own], before.centre[~own])


def test_the_mixed_model_uses_what_is_known_of_a_person_and_its_bands_hold() -> None:
    task = task_of(PEOPLE, 4.0)
    forecast, again = mixed_model(task, seed=3), mixed_model(task, seed=3)
    assert forecast is not None
    assert again is not None
    assert np.array_equal(forecast.centre, again.centre)
    assert forecast.said().all()
    mixed = judged(forecast, task.observed).score()
    assert mixed.rmse < judged(arm_mean(task), task.observed).score().rmse
    assert 0.6 < mixed.coverage[80] <= 1.0
