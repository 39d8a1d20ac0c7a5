"""Read-outs of a score: parts, range, the patient's own answer, leaving for lack of effect."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collis.course.readouts import (
    active_range,
    chance_left,
    gap_left,
    global_change,
    leaving_hazard,
    part_scores,
    untreated_parts,
)
from collis.errors import KnowledgeError
from collis.knowledge.load import load
from collis.knowledge.outcomes import PARTS, GlobalChangeLink, build_outcomes

OUTCOMES = load().outcomes
KAPPA = np.array([float(OUTCOMES.parts[p].kappa.value) for p in PARTS])
HIGHEST = np.array([float(OUTCOMES.parts[p].highest.value) for p in PARTS])
LINK = OUTCOMES.global_change
SCALE = float(LINK.scale.value)
shares = st.floats(0.0, 1.0)
untreated = st.tuples(st.floats(0.0, 35.0), st.floats(0.0, 30.0), st.floats(0.0, 20.0)).map(np.array)


@given(parts=untreated, relief=shares, placebo=st.floats(0.0, 0.6), kappa=st.floats(0.3, 3.0))
def test_the_parts_add_up_to_the_total_and_stay_in_their_ranges(parts, relief, placebo, kappa):
    left = part_scores(parts, relief, placebo, kappa=np.array([1.0, 1.0, kappa]), highest=HIGHEST)
    assert float(left.sum()) == pytest.approx(float(parts.sum()) * (1 - relief) * (1 - placebo), abs=1e-9)
    assert (left >= 0.0).all()
    assert (left <= HIGHEST + 1e-9).all()


def test_without_relief_the_parts_fall_alike_with_placebo():
    assert part_scores(np.array([20.0, 14.0, 10.0]), 0.0, 0.1, kappa=KAPPA, highest=HIGHEST) == pytest.approx(
        [18.0, 12.6, 9.0]
    )


def test_pain_makes_up_more_of_the_fall_than_of_the_score():
    parts = 44.0 * np.array([float(OUTCOMES.parts[p].share.value) for p in PARTS])
    fall = parts - part_scores(parts, 0.3, 0.0, kappa=KAPPA, highest=HIGHEST)
    assert parts[2] / parts.sum() < fall[2] / fall.sum() < 0.36


@given(parts=untreated, relief=st.floats(0.0, 0.7))
def test_parts_rated_under_relief_lead_back_to_the_untreated_ones(parts, relief):
    total = np.asarray(float(parts.sum()))
    rated = part_scores(parts, relief, 0.0, kappa=KAPPA, highest=np.full(3, 1000.0))
    back = untreated_parts(rated, relief, kappa=KAPPA, total=total, highest=HIGHEST)
    assert back == pytest.approx(parts, abs=1e-6)


def test_what_would_leave_its_range_is_shared_by_the_others():
    whole = untreated_parts(
        np.array([0.455, 0.305, 0.24]), 0.0, kappa=KAPPA, total=np.asarray(85.0), highest=HIGHEST
    )
    assert whole == pytest.approx(HIGHEST)


def test_the_range_comes_back_with_relief_up_to_what_the_examiner_reaches():
    start = gap_left(0.0, 0.0, kappa=1.0)
    reached = [
        float(active_range(40.0, 70.0, g, 0.0, at_start=start, kappa=1.0)) for g in (0.0, 0.25, 0.5, 1.0)
    ]
    assert reached == pytest.approx([40.0, 47.5, 55.0, 70.0])
    assert float(active_range(40.0, 70.0, 0.8, 0.0, at_start=start, kappa=3.0)) == 70.0


def test_a_range_measured_under_relief_falls_back_when_the_relief_is_gone():
    start = gap_left(0.5, 0.0, kappa=1.0)
    assert float(active_range(55.0, 70.0, 0.0, 0.0, at_start=start, kappa=1.0)) == pytest.approx(40.0)


def test_someone_who_reaches_as_far_alone_gains_no_range():
    assert float(active_range(70.0, 70.0, 0.9, 0.1, at_start=1.0, kappa=1.0)) == 70.0


@given(gain=st.floats(-60.0, 60.0))
def test_the_chances_of_the_answers_sum_to_one(gain):
    chances = global_change(gain, thresholds=LINK.thresholds, scale=SCALE)
    assert chances.shape == (7,)
    assert float(chances.sum()) == pytest.approx(1.0)
    assert (chances >= 0.0).all()


@given(gain=st.floats(-40.0, 40.0), more=st.floats(0.1, 20.0))
def test_more_gain_never_lowers_the_chance_of_a_better_answer(gain, more):
    less, much = (
        np.cumsum(global_change(g, thresholds=LINK.thresholds, scale=SCALE)[::-1])
        for g in (gain, gain + more)
    )
    assert (much >= less - 1e-12).all()


def test_the_steps_of_the_answer_lie_three_points_apart_near_the_published_cut_points():
    better = LINK.thresholds[3:]
    assert np.diff(better) == pytest.approx([3.0, 3.0])
    assert np.abs(np.array(better) - [8.0, 9.0, 11.0]).max() < 2.0


def test_on_a_placebo_gain_a_third_and_on_a_usual_gain_two_thirds_say_better():
    for gain, published in ((3.5, 0.31), (9.5, 0.51)):
        said = float(global_change(gain, thresholds=LINK.thresholds, scale=SCALE)[4:].sum())
        assert said == pytest.approx(published, abs=0.2)


def test_a_link_whose_steps_do_not_rise_is_refused():
    with pytest.raises(KnowledgeError, match="a little better"):
        GlobalChangeLink(
            step=LINK.step, much_better=LINK.worse, worse=LINK.worse, scale=LINK.scale, anchors=LINK.anchors
        )


def test_a_missing_table_is_refused_by_name():
    with pytest.raises(KnowledgeError, match="part"):
        build_outcomes({})


def test_both_arms_of_the_trial_that_stopped_people_without_benefit_give_the_same_gain():
    """Left at week 4: 27 of 43 on placebo (mean gain 3.8), 15 of 37 on toxin (9.9); spreads of 8 and 10 points."""
    cuts = [
        mean + sd * NormalDist().inv_cdf(left / n)
        for mean, sd, left, n in ((3.8, 8.0, 27, 43), (9.9, 10.0, 15, 37))
    ]
    assert float(OUTCOMES.leaving.satisfied_above.value) == pytest.approx(sum(cuts) / 2, abs=0.3)


def test_the_weekly_chance_of_leaving_gives_the_counts_of_the_trial_it_rests_on():
    without_benefit = 82 * 27 / 43 + 88 * 15 / 37
    rate = -math.log(1 - 27 / without_benefit) / 8
    assert float(OUTCOMES.leaving.weekly.value) == pytest.approx(1 - math.exp(-rate), abs=0.003)


def test_who_gains_enough_never_leaves_and_nobody_leaves_before_the_first_visit():
    weeks = np.arange(0.0, 13.0)
    for gain, last in ((10.0, 0.0), (0.0, 1 - (1 - 0.046) ** 10)):
        left = chance_left(np.full(len(weeks), gain), weeks, satisfied_above=7.0, weekly=0.046, from_week=2.0)
        assert left[2] == 0.0
        assert float(left[-1]) == pytest.approx(last)


def test_the_grid_of_weeks_does_not_change_who_leaves():
    left = [
        float(chance_left(np.zeros(len(w)), w, satisfied_above=7.0, weekly=0.05, from_week=2.0)[-1])
        for w in (np.arange(0.0, 12.1, 0.5), np.arange(0.0, 12.1, 4.0))
    ]
    assert left[0] == pytest.approx(left[1])


def test_the_hazard_asks_only_whether_the_gain_is_enough():
    assert leaving_hazard(np.array([6.9, 7.0]), satisfied_above=7.0, weekly=0.5) == pytest.approx(
        [math.log(2), 0.0]
    )


def test_quality_of_life_has_no_link_and_a_reason():
    assert "no study" in str(OUTCOMES.quality_of_life.value)
