"""The chance of each side effect against exposure, and when it is there."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collis.errors import BadInput, KnowledgeError
from collis.knowledge.harms import Effect
from collis.knowledge.load import load
from collis.knowledge.names import Muscle
from collis.sources import Sourced
from collis.toxin.adverse import (
    chances,
    draw_curves,
    drug_chances,
    exposure_by_day,
    mean_onset_and_length,
    relative_risk,
    stored_draws,
    typical_curve,
    weighted,
)
from collis.toxin.timecourse import Array

HARMS = load().harms
CURVES = draw_curves(HARMS, draws=400, seed=11)
DYSPHAGIA = HARMS.effects[Effect.DYSPHAGIA]
CHAIN = [m for m in HARMS.effects.values() if m.timing.uptake is not None]
every_effect = pytest.mark.parametrize("effect", list(Effect))
exposures = st.floats(0.0, 1000.0)


def figure(entry: Sourced[Any] | None) -> float:
    assert entry is not None
    return float(entry.value)


@every_effect
@pytest.mark.parametrize("serotype_b", [False, True])
def test_without_toxin_the_drugs_part_is_exactly_zero(effect, serotype_b):
    assert (drug_chances(CURVES[effect], 0.0, serotype_b=serotype_b) == 0.0).all()


@every_effect
def test_without_toxin_the_background_of_the_study_remains(effect):
    curve = CURVES[effect]
    background = 1.0 / (1.0 + np.exp(-curve.background - curve.study))
    assert chances(curve, 0.0) == pytest.approx(background)


@given(one=exposures, other=exposures, effect=st.sampled_from(list(Effect)))
@settings(max_examples=60, deadline=None)
def test_more_exposure_never_lowers_a_chance(one, other, effect):
    low, high = (chances(CURVES[effect], x) for x in sorted((one, other)))
    assert (low <= high).all()
    assert (high <= 1.0).all()


@every_effect
def test_no_ceiling_is_built_in(effect):
    assert float(chances(typical_curve(HARMS.effects[effect]), 1e12)[0]) == pytest.approx(1.0, abs=1e-4)


def test_dysphagia_of_a_usual_dose_is_near_a_tenth_in_a_typical_study():
    percent = 100 * chances(typical_curve(DYSPHAGIA), np.array([[25.0], [50.0], [100.0]]))[:, 0]
    assert percent == pytest.approx([6.2, 9.4, 15.0], abs=0.5)


def test_an_endless_doubling_multiplies_the_odds_by_the_same_figure():
    curve = typical_curve(DYSPHAGIA)
    p = drug_chances(curve, np.array([[20.0], [40.0], [80.0], [160.0]]))[:, 0]
    odds = p / (1.0 - p)
    assert odds[1:] / odds[:-1] == pytest.approx(np.full(3, 2.0 ** float(curve.slope[0])))


@pytest.mark.parametrize("effect", [Effect.DYSPHAGIA, Effect.DRY_MOUTH])
def test_type_b_has_more_swallowing_trouble_and_dry_mouth_at_the_same_exposure(effect):
    curve = CURVES[effect]
    higher = chances(curve, 80.0, serotype_b=True) > chances(curve, 80.0)
    assert higher.mean() > 0.99


def test_the_study_moves_the_absolute_chance_more_than_the_comparison():
    strict, lax = (typical_curve(DYSPHAGIA, study=shift) for shift in (-1.3, 0.7))
    two = np.array([[80.0], [40.0]])
    absolute = [chances(curve, two) for curve in (strict, lax)]
    assert absolute[1][0, 0] / absolute[0][0, 0] > 2
    ratios = [float(relative_risk(p[0], p[1])[0]) for p in absolute]
    assert max(ratios) / min(ratios) < 1.25


def test_the_same_exposure_is_a_relative_risk_of_one():
    p = chances(CURVES[Effect.DYSPHAGIA], 60.0)
    assert (relative_risk(p, p) == 1.0).all()


def test_the_band_of_the_comparison_is_narrower_than_the_absolute_band():
    curve = CURVES[Effect.DYSPHAGIA]
    mine, other = chances(curve, 40.0), chances(curve, 80.0)
    absolute = np.quantile(mine, [0.05, 0.95])
    relative = np.quantile(relative_risk(mine, other), [0.05, 0.95])
    assert absolute[1] / absolute[0] > 2.0 * relative[1] / relative[0]


def test_an_exposure_for_each_draw_meets_the_curve_of_that_draw():
    curve = CURVES[Effect.DYSPHAGIA]
    own = np.linspace(0.0, 120.0, curve.count)
    both = chances(curve, np.stack([own, np.full(curve.count, 50.0)]))
    assert both.shape == (2, curve.count)
    assert both[1] == pytest.approx(chances(curve, 50.0))


def test_exposure_weighs_each_muscle():
    assert float(weighted(np.array([40.0, 60.0]), np.array([1.0, 0.2]))) == pytest.approx(52.0)
    units = {Muscle.STERNOCLEIDOMASTOID: 120.0, Muscle.SPLENIUS_CAPITIS: 280.0}
    weights = DYSPHAGIA.weights
    expected = 0.5 * (120.0 * weights[Muscle.STERNOCLEIDOMASTOID] + 280.0 * weights[Muscle.SPLENIUS_CAPITIS])
    assert DYSPHAGIA.exposure_of(units, potency=0.5) == pytest.approx(expected)


def test_the_same_seed_draws_the_same_curves():
    again = draw_curves(HARMS, draws=400, seed=11)[Effect.DYSPHAGIA]
    assert (again.intercept == CURVES[Effect.DYSPHAGIA].intercept).all()
    assert (again.study == CURVES[Effect.DYSPHAGIA].study).all()


@pytest.mark.parametrize("draws", [1, 37, 1000])
def test_any_number_of_curves_can_be_drawn(draws):
    assert draw_curves(HARMS, draws=draws, seed=2)[Effect.FLU_LIKE].count == draws


def test_no_curve_at_all_is_refused():
    with pytest.raises(BadInput, match="1 draw or more"):
        draw_curves(HARMS, draws=0, seed=2)


def test_the_draws_lie_about_the_estimate():
    stored = stored_draws(HARMS)
    for effect, model in HARMS.effects.items():
        for name in ("intercept", "log_slope", "background", "serotype_b", "log_study_sd"):
            drawn, parameter = stored[f"{effect.value}_{name}"], getattr(model, name)
            assert drawn.shape == (HARMS.draws.count,)
            assert drawn.mean() == pytest.approx(parameter.value, abs=1e-3)
            assert drawn.std() == pytest.approx(parameter.error, rel=0.15)


def test_draws_that_are_not_the_named_ones_are_refused(tmp_path):
    path = tmp_path / "harms.npz"
    path.write_bytes(HARMS.draws.path.read_bytes() + b"x")
    with pytest.raises(KnowledgeError, match="run the calibration"):
        draw_curves(replace(HARMS, draws=replace(HARMS.draws, path=path)), draws=5, seed=1)


def test_missing_draws_are_refused_by_name(tmp_path):
    draws = replace(HARMS.draws, path=tmp_path / "harms.npz")
    with pytest.raises(KnowledgeError, match=r"harms\.npz"):
        draw_curves(replace(HARMS, draws=draws), draws=5, seed=1)


def by_day(model, sessions, given, days, half_life: float = 25.0) -> Array:
    return exposure_by_day(
        np.array(sessions),
        given_days=np.array(given),
        on_days=np.array(days),
        timing=model.timing,
        half_life_days=half_life,
    )


@pytest.mark.parametrize("model", CHAIN, ids=lambda m: m.effect)
def test_the_highest_day_after_a_first_session_has_its_whole_exposure(model):
    course = by_day(model, [60.0], [0.0], np.linspace(0.0, 120.0, 2001))
    assert course.max() == pytest.approx(60.0, rel=1e-3)
    assert course[0] == 0.0
    assert course[-1] < 0.2 * course.max()


@pytest.mark.parametrize("model", CHAIN, ids=lambda m: m.effect)
def test_mean_onset_and_length_come_out_as_given(model):
    onset, length = mean_onset_and_length(
        uptake=figure(model.timing.uptake),
        half_life_days=load().harm_inputs["chain"]["half_life"].value,
        sharpness=figure(model.timing.sharpness),
    )
    assert onset == pytest.approx(float(model.timing.onset.value), rel=0.01)
    assert length == pytest.approx(7.0 * float(model.timing.length.value), rel=0.01)


def test_the_published_course_of_dysphagia_stands_in_knowledge():
    assert (DYSPHAGIA.timing.onset.value, DYSPHAGIA.timing.length.value) == (9.7, 3.5)


def test_a_shorter_half_life_ends_the_effect_sooner():
    long, short = (by_day(DYSPHAGIA, [60.0], [0.0], [45.0], half_life=h)[0] for h in (25.0, 13.0))
    assert short < 0.75 * long


def test_what_an_earlier_session_left_counts_in():
    days = np.linspace(56.0, 160.0, 300)
    alone = by_day(DYSPHAGIA, [60.0], [56.0], days)
    second = by_day(DYSPHAGIA, [60.0, 60.0], [0.0, 56.0], days)
    assert second.max() > 1.1 * alone.max()
    assert by_day(DYSPHAGIA, [0.0, 60.0], [0.0, 56.0], days) == pytest.approx(alone)


def test_no_dose_leaves_nothing_on_any_day():
    assert (by_day(DYSPHAGIA, [0.0], [0.0], [0.0, 10.0, 40.0]) == 0.0).all()


def test_each_draw_may_bring_its_own_exposure():
    assert by_day(DYSPHAGIA, np.linspace(1.0, 120.0, 7)[None, :], [0.0], [10.0, 20.0]).shape == (2, 7)


def test_pain_of_the_needle_follows_no_light_chain():
    timing = HARMS.effects[Effect.INJECTION_PAIN].timing
    with pytest.raises(BadInput, match="light chain"):
        exposure_by_day(
            np.array([1.0]),
            given_days=np.zeros(1),
            on_days=np.ones(1),
            timing=timing,
            half_life_days=25.0,
        )
