"""Antibodies: chance by session, neutralised share, lost response, and the cohorts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collis.errors import BadInput, KnowledgeError
from collis.knowledge.antibodies import Scenario, build_antibodies
from collis.knowledge.load import load
from collis.toxin.antibodies import (
    chance_of_neutralising,
    neutralised_share,
    secondary_nonresponse,
    session_chances,
)

MODEL = load().antibodies
ONA, RIMA = "onabotulinumtoxinA", "rimabotulinumtoxinB"


def after(product: str, scenario: Scenario, sessions: int, dose: float | None = None, **more) -> float:
    """Percent that have turned after sessions at one dose, the usual one unless given."""
    units = float(MODEL.usual_dose[product].value) if dose is None else dose
    each = session_chances(MODEL, scenario, product=product, doses=np.full(sessions, units), **more)
    return 100.0 * float(chance_of_neutralising(each)[-1])


def test_two_percent_are_positive_after_ten_sessions_of_type_a():
    assert after(ONA, Scenario.ASSAY, 10) == pytest.approx(2.0, abs=0.1)


def test_three_of_ninety_after_27_sessions_lie_between_the_clinical_scenarios():
    assert after(ONA, Scenario.CLINIC_LOW, 27) == pytest.approx(3.3, abs=0.3)
    assert after(ONA, Scenario.CLINIC_HIGH, 27) > 3.3


def test_ten_to_fifteen_percent_in_ten_years_lie_between_the_scenarios_and_above_the_assay():
    low, middle, high = (
        after(ONA, s, 43) for s in (Scenario.CLINIC_LOW, Scenario.ASSAY, Scenario.CLINIC_HIGH)
    )
    assert low < middle < 10.0
    assert high > 15.0


def test_the_assay_of_type_b_rises_to_a_tenth_in_a_year_and_near_a_fifth_in_18_months():
    assert after(RIMA, Scenario.ASSAY, 4) == pytest.approx(10.0, abs=0.2)
    assert after(RIMA, Scenario.ASSAY, 7) == pytest.approx(18.0, abs=2.0)


def test_for_type_b_clinic_and_assay_disagree_tenfold():
    low, high = (after(RIMA, s, 6) for s in (Scenario.CLINIC_LOW, Scenario.CLINIC_HIGH))
    assert high / low > 8.0
    assert MODEL.family_of(RIMA).chance[Scenario.CLINIC_LOW].disagree


def test_toxin_without_complexing_proteins_is_assumed_and_says_so():
    family = MODEL.family_of("incobotulinumtoxinA")
    assert all(entry.grade == "assumed" for entry in family.chance.values())
    assert after("incobotulinumtoxinA", Scenario.ASSAY, 10) < 0.25


@given(dose=st.floats(0.0, 2000.0), more=st.floats(1.0, 3.0), scenario=st.sampled_from(list(Scenario)))
@settings(max_examples=50, deadline=None)
def test_a_larger_dose_never_lowers_the_chance(dose, more, scenario):
    assert after(ONA, scenario, 5, dose) <= after(ONA, scenario, 5, dose * more) <= 100.0


def test_no_dose_no_antibodies():
    assert after(RIMA, Scenario.ASSAY, 8, 0.0) == 0.0


def test_a_booster_or_a_short_interval_multiplies_the_chance_once():
    doses = np.full(3, 190.0)
    plain = session_chances(MODEL, Scenario.ASSAY, product=ONA, doses=doses)
    short = session_chances(
        MODEL,
        Scenario.ASSAY,
        product=ONA,
        doses=doses,
        intervals=np.array([np.inf, 28.0, 84.0]),
        booster=np.array([False, True, False]),
    )
    assert short / plain == pytest.approx([1.0, 3.2, 1.0])


def test_a_dose_below_zero_is_refused():
    with pytest.raises(BadInput, match="0 Units or more"):
        session_chances(MODEL, Scenario.ASSAY, product=ONA, doses=np.array([-1.0]))


def test_a_product_without_a_figure_is_refused():
    with pytest.raises(BadInput, match="prabotulinumtoxinA"):
        session_chances(MODEL, Scenario.ASSAY, product="prabotulinumtoxinA", doses=np.ones(1))


@pytest.mark.parametrize("rise", [1.0, 2.0, 3.0])
def test_the_neutralised_share_rises_within_one_to_three_sessions(rise):
    days = np.arange(0.0, 672.0, 84.0)
    lost = neutralised_share(MODEL, np.array([2, 8]), given_days=days, rise_sessions=rise)
    assert (lost[0, :3] == 0.0).all()
    assert lost[0, 3] == pytest.approx(1.0 / rise, rel=0.06)
    assert lost[0, 2 + int(rise) :].min() > 0.85
    assert (lost[1] == 0.0).all()
    assert lost.max() <= 1.0


def test_a_holiday_of_years_gives_the_toxin_back():
    days = np.array([0.0, 84.0, 168.0, 252.0, 252.0 + 6.0 * 365.25])
    lost = neutralised_share(MODEL, np.array([0]), given_days=days)
    assert lost[0, 3] > 0.9
    assert lost[0, 4] == pytest.approx(0.25, abs=0.02)


def test_sessions_of_the_other_serotype_neither_lose_nor_stimulate():
    days = np.arange(0.0, 504.0, 84.0)
    counts = np.array([True, True, False, False, True, True])
    lost = neutralised_share(MODEL, np.array([0]), given_days=days, counts=counts)
    assert (lost[0, 2:4] == 0.0).all()
    assert 0.0 < lost[0, 1] < lost[0, 4]


def test_two_failed_sessions_in_a_row_are_a_secondary_nonresponse():
    lost = np.array([[0.0, 0.6, 0.0, 0.9, 0.9, 0.9], [0.0, 0.4, 0.4, 0.4, 0.4, 0.4]])
    found = secondary_nonresponse(MODEL, lost)
    assert found.tolist() == [[False, False, False, False, True, True], [False] * 6]


def test_a_product_needs_a_usual_dose():
    tree = dict(load()._tree("evidence/antibodies.toml"))
    tree["usual_dose"] = {k: v for k, v in tree["usual_dose"].items() if k != RIMA}
    with pytest.raises(KnowledgeError, match=RIMA):
        build_antibodies(tree)
