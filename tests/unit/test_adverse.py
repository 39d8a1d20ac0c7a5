"""Dysphagia and neck weakness against exposure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collis.knowledge.load import load
from collis.knowledge.response import Harm
from collis.toxin.adverse import chance, relative_risk, swallowing_exposure

RESPONSE = load().response


def typical(harm: Harm, exposure, study: float = 0.0):
    return chance(
        exposure,
        intercept=float(harm.intercept.value),
        slope=float(harm.slope.value),
        background=harm.background.value,
        reference_exposure=float(harm.reference_exposure.value),
        study=study,
    )


def test_dysphagia_in_a_typical_study_reads_as_published():
    percent = 100 * typical(RESPONSE.dysphagia, np.array([10.0, 25.0, 50.0, 75.0, 100.0, 150.0]))
    assert percent == pytest.approx([6, 10, 15, 19, 22, 29], abs=0.55)


def test_neck_weakness_in_a_typical_study_reads_as_published():
    percent = 100 * typical(RESPONSE.neck_weakness, np.array([120.0, 225.0, 450.0]))
    assert percent == pytest.approx([7.5, 12, 22], abs=0.55)


@pytest.mark.parametrize("harm", [RESPONSE.dysphagia, RESPONSE.neck_weakness])
def test_without_toxin_the_background_remains(harm):
    assert float(typical(harm, 0.0)) == pytest.approx(harm.background.value)


@given(st.floats(0.0, 500.0), st.floats(0.0, 500.0))
@settings(max_examples=60, deadline=None)
def test_more_exposure_never_lowers_the_chance(one, other):
    low, high = sorted((one, other))
    assert float(typical(RESPONSE.dysphagia, low)) <= float(typical(RESPONSE.dysphagia, high)) <= 1.0


def test_the_study_moves_the_absolute_chance_more_than_the_comparison():
    strict, lax = (typical(RESPONSE.dysphagia, np.array([80.0, 40.0]), study) for study in (-1.3, 0.7))
    assert lax[0] / strict[0] > 2
    ratios = [float(relative_risk(two[0], two[1])) for two in (strict, lax)]
    assert max(ratios) / min(ratios) < 1.25


def test_the_same_exposure_is_a_relative_risk_of_one():
    assert float(relative_risk(0.17, 0.17)) == 1.0


def test_exposure_weighs_each_muscle():
    assert float(swallowing_exposure(np.array([40.0, 60.0]), np.array([1.0, 0.2]))) == pytest.approx(52.0)
