"""The claim bills what was given and thrown away, each once, and nothing that was not done."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from collis.billing.claim import DRUG, VISIT, WASTE, Claim, NdcSlot, Supply, claim
from collis.errors import BadInput, ProductMismatch
from collis.knowledge.names import Guidance, Muscle
from collis.units import Dose
from tests.unit.billing.sample import ABO, DAXI, LEFT, ONA, RIGHT, knowledge, plan, supply

SPLENIUS = Muscle.SPLENIUS_CAPITIS
MEDICARE = knowledge().payer("medicare")
COMMERCIAL = knowledge().payer("commercial_example")


def billed(of=None, *vials: int, payer=MEDICARE, discarded=None, **said) -> Claim:
    of = plan() if of is None else of
    return claim(of, supply(of, *(vials or (200,)), discarded=discarded), payer, knowledge().codes, **said)


def lines(of: Claim) -> list[tuple[str, str, tuple[str, ...], int]]:
    return [(line.key, line.code, line.modifiers, line.units) for line in of.lines]


def test_both_sides_without_waste_is_a_drug_line_and_one_procedure_line():
    assert lines(billed()) == [
        (DRUG, "J0585", ("JZ",), 200),
        ("neck_one_side", "64616", ("50",), 1),
    ]


def test_every_line_carries_the_diagnosis():
    of = plan(guidance=(Guidance.EMG,))
    assert {line.diagnosis for line in billed(of, visit_code="99213").lines} == {"G24.3"}


def test_waste_goes_on_a_line_of_its_own():
    of = plan((SPLENIUS, RIGHT, 125), product=DAXI)
    assert lines(billed(of, 100, 100))[:2] == [(DRUG, "J0589", (), 125), (WASTE, "J0589", ("JW",), 75)]


def test_a_begun_billing_unit_counts_whole_and_what_it_holds_is_no_waste():
    of = plan((SPLENIUS, RIGHT, 497), product=ABO)
    (drug, _) = billed(of, 500).lines
    assert (drug.units, drug.modifiers) == (100, ("JZ",))


def test_waste_is_counted_in_billing_units_that_are_whole():
    of = plan((SPLENIUS, RIGHT, 492), product=ABO)
    found = billed(of, 500)
    assert (found.billing_units(DRUG), found.billing_units(WASTE), found.billing_units()) == (99, 1, 100)


def test_a_payer_without_waste_modifiers_gets_one_line_without_any():
    of = plan((SPLENIUS, RIGHT, 150))
    assert lines(billed(of, 200, payer=COMMERCIAL))[0] == (DRUG, "J0585", (), 200)
    assert billed(of, 200, payer=COMMERCIAL).lines[0].label.endswith("given and discarded")
    assert lines(billed(payer=COMMERCIAL))[0] == (DRUG, "J0585", (), 200)
    assert billed(payer=COMMERCIAL).lines[0].label.endswith("given")


def test_a_payer_of_right_and_left_lines_gets_one_for_each_side():
    found = billed(payer=COMMERCIAL)
    assert lines(found)[1:] == [
        ("neck_one_side", "64616", ("RT",), 1),
        ("neck_one_side", "64616", ("LT",), 1),
    ]
    assert [line.sides for line in found.lines[1:]] == [(RIGHT,), (LEFT,)]


@pytest.mark.parametrize(("side", "sign"), [(RIGHT, "RT"), (LEFT, "LT")])
@pytest.mark.parametrize("payer", [MEDICARE, COMMERCIAL])
def test_one_side_is_one_line_that_names_the_side(side, sign, payer):
    of = plan((SPLENIUS, side, 60), (Muscle.LEVATOR_SCAPULAE, side, 40))
    assert lines(billed(of, 100, payer=payer))[1:] == [("neck_one_side", "64616", (sign,), 1)]


def test_a_side_that_gets_nothing_is_not_billed():
    of = plan((SPLENIUS, RIGHT, 100), (SPLENIUS, LEFT, 0), guidance=(Guidance.PALPATION, Guidance.EMG))
    assert lines(billed(of, 100))[1:] == [("neck_one_side", "64616", ("RT",), 1)]


def test_emg_in_many_muscles_is_one_addon():
    of = plan(guidance=(Guidance.EMG,))
    assert lines(billed(of))[2:] == [("emg", "95874", (), 1)]


def test_emg_and_stimulation_are_one_addon_together_and_the_other_is_named():
    found = billed(plan(guidance=(Guidance.STIMULATION, Guidance.EMG)))
    assert [line.code for line in found.lines[2:]] == ["95874"]
    assert found.notes == ("Stimulation to find the muscle: not billed beside emg.",)
    assert [line.code for line in billed(plan(guidance=(Guidance.STIMULATION,))).lines[2:]] == ["95873"]


def test_ultrasound_is_billed_only_with_a_stored_image():
    of = plan(guidance=(Guidance.ULTRASOUND,))
    without, with_image = billed(of), billed(of, image_stored=True)
    assert len(without.lines) == 2
    assert without.notes == (
        "Ultrasound to place the needle, image stored: not billed, because no stored image is recorded.",
    )
    assert with_image.lines[2].code == "76942"
    assert with_image.notes == ()


def test_ultrasound_is_not_billed_to_a_payer_who_does_not_pay_for_it():
    of = plan(guidance=(Guidance.ULTRASOUND,))
    found = billed(of, payer=COMMERCIAL, image_stored=True)
    assert all(line.key != "ultrasound" for line in found.lines)
    assert "does not pay" in found.notes[0]


def test_an_image_without_ultrasound_bills_nothing():
    assert len(billed(image_stored=True).lines) == 2


def test_a_visit_on_the_same_day_carries_its_modifier_where_the_payer_wants_it():
    assert lines(billed(visit_code="99213"))[-1] == (VISIT, "99213", ("25",), 1)
    plain = replace(MEDICARE, same_day_visit=MEDICARE.same_day_visit.carrying(False))
    assert lines(billed(payer=plain, visit_code="99213"))[-1] == (VISIT, "99213", (), 1)


def test_an_ndc_is_never_made_up():
    found = billed(plan((SPLENIUS, RIGHT, 250)), 200, 100)
    assert [(str(slot.vial), slot.count, slot.ndc) for slot in found.lines[0].ndc] == [
        ("100 Units", 1, ""),
        ("200 Units", 1, ""),
    ]
    assert found.missing == ("NDC of the vial with 100 Units", "NDC of the vial with 200 Units")


def test_an_ndc_the_clinic_gives_stands_on_each_drug_line():
    found = billed(plan((SPLENIUS, RIGHT, 150)), 200, ndc={Decimal(200): "12345-6789-01"})
    assert [line.ndc[0].ndc for line in found.lines if line.is_drug] == ["12345-6789-01"] * 2
    assert found.missing == ()


@pytest.mark.parametrize("written", ["1234-5678-90", "12345678901", "12345-6789-0", "12345-678-901", "x"])
def test_an_ndc_not_written_5_4_2_is_refused(written):
    with pytest.raises(BadInput, match="5-4-2"):
        NdcSlot(vial=Dose.of(100, ONA), count=1, ndc=written)


def test_given_and_discarded_cannot_exceed_the_vials():
    with pytest.raises(BadInput, match="no more than the 200 Units"):
        Supply(vials=(Dose.of(200, ONA),), given=Dose.of(150, ONA), discarded=Dose.of(51, ONA))


def test_a_vial_of_a_second_product_cannot_be_in_the_supply():
    with pytest.raises(ProductMismatch):
        Supply(vials=(Dose.of(500, ABO),), given=Dose.of(150, ONA), discarded=Dose.of(0, ONA))


def test_a_supply_that_gives_other_than_the_plan_is_refused():
    with pytest.raises(BadInput, match="the 200 Units of the plan"):
        claim(plan(), supply(plan((SPLENIUS, RIGHT, 150)), 200), MEDICARE, knowledge().codes)


def test_a_plan_that_gives_nothing_is_not_billed():
    with pytest.raises(BadInput, match="gives something"):
        billed(plan((SPLENIUS, RIGHT, 0)), 100)


def test_a_product_without_a_code_is_not_billed():
    with pytest.raises(BadInput, match="a product with a code"):
        billed(plan((SPLENIUS, RIGHT, 100), product="neuronox"), 100)


def test_a_vial_that_is_no_whole_billing_unit_is_refused():
    with pytest.raises(BadInput, match="whole billing units of 5 Units"):
        billed(plan((SPLENIUS, RIGHT, 100), product=ABO), 303)
