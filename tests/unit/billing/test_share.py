"""The allowed amount and the patient's share, to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from collis.billing.claim import claim
from collis.billing.share import (
    Allowed,
    Benefit,
    Billed,
    NoPriceData,
    Rates,
    Unknown,
    YearState,
    allowed,
    by_year,
    cents,
    dollars,
    patient_share,
    published_rates,
    session_share,
)
from collis.errors import BadInput
from collis.knowledge.names import Guidance, Region
from collis.knowledge.prices import Setting, in_force
from tests.unit.billing.sample import VISIT, knowledge, plan, supply, usd

MEDICARE = Benefit(deductible=usd("283"), coinsurance=usd("0.2"))


def rates(setting: Setting = Setting.OFFICE, day: date = VISIT) -> Rates:
    prices = in_force(knowledge(day).price_lists, region=Region.US, day=day)
    assert prices is not None
    codes = knowledge(day).codes
    found = published_rates(prices, codes, codes.drugs["onabotulinumtoxinA"], setting=setting, day=day)
    assert found is not None
    return found


def amounts(
    payer: str = "medicare", guidance=(Guidance.PALPATION,), of: Rates | None = None, **said
) -> Allowed:
    done = plan(guidance=guidance)
    who = knowledge().payer(payer)
    return allowed(claim(done, supply(done, 200), who, knowledge().codes, **said), of or rates(), who)


def sessions(*days: date, drug: str = "1301.20", services: str = "215.43") -> list[Billed]:
    return [Billed(on=day, drug=usd(drug), services=usd(services)) for day in days]


QUARTERLY = (date(2026, 1, 5), date(2026, 3, 30), date(2026, 6, 22), date(2026, 9, 14))


def test_the_medicare_session_is_allowed_to_the_cent():
    found = amounts()
    assert (found.drug, found.services, found.total) == (usd("1301.20"), usd("215.43"), usd("1516.63"))


def test_the_medicare_example_comes_to_the_cent():
    (year,) = by_year(sessions(*QUARTERLY), {2026: MEDICARE}, band_percent=Decimal(25))
    assert year.allowed == usd("6066.52")
    assert year.pays == usd("1439.70")
    assert dollars(year.pays) == "$1,439.70"


def test_the_band_is_the_share_at_prices_a_quarter_lower_and_higher():
    (year,) = by_year(sessions(*QUARTERLY), {2026: MEDICARE}, band_percent=Decimal(25))
    low = 283 + usd("0.2") * (4 * (usd("975.90") + usd("161.57")) - 283)
    high = 283 + usd("0.2") * (4 * (usd("1626.50") + usd("269.29")) - 283)
    assert (year.low, year.high) == (cents(low), cents(high))


def test_printed_shares_of_the_sessions_add_up_to_the_year():
    (year,) = by_year(sessions(*QUARTERLY), {2026: MEDICARE}, band_percent=Decimal(25))
    assert [s.pays for s in year.sessions] == [usd("529.73"), usd("303.32"), usd("303.33"), usd("303.32")]
    assert sum(s.pays for s in year.sessions) == year.pays == year.sessions[-1].so_far


def test_right_and_left_lines_come_to_the_same_as_one_line_for_both():
    assert amounts("commercial_example").services == amounts().services
    assert [p.amount for p in amounts("commercial_example").lines[1:]] == [usd("143.62"), usd("71.81")]


def test_a_facility_is_paid_its_own_fee():
    assert rates(Setting.FACILITY).fees["neck_one_side"] == usd("99.53")
    assert rates().fees == {"neck_one_side": usd("143.62"), "ultrasound": usd("69.47")}


def test_a_line_without_a_rate_is_named_and_not_counted():
    found = amounts(guidance=(Guidance.EMG,))
    assert found.unpriced == ("Needle EMG to find the muscle",)
    assert found.total == usd("1516.63")
    known = amounts(guidance=(Guidance.EMG,), of=replace(rates(), fees={**rates().fees, "emg": usd("75")}))
    assert known.total == usd("1591.63")


def test_the_date_of_the_prices_goes_with_the_amounts():
    assert (amounts().since, amounts().out_of_date) == (date(2026, 7, 1), False)
    assert rates(day=date(2026, 11, 10)).out_of_date


def test_a_list_without_the_drug_gives_no_rate():
    prices = replace(knowledge().price_lists[-1], payment_limits={})
    codes = knowledge().codes
    drug = codes.drugs["onabotulinumtoxinA"]
    assert published_rates(prices, codes, drug, setting=Setting.OFFICE, day=VISIT) is None


def test_where_no_price_is_known_no_dollars_are_printed():
    assert str(NoPriceData()) == "No price data for this region"
    assert all("$" not in str(NoPriceData(of=what)) for what in Unknown)


def test_a_new_year_begins_with_the_whole_deductible():
    days = (date(2026, 10, 1), date(2026, 12, 24), date(2027, 3, 18))
    later = replace(MEDICARE, deductible=usd("300"))
    shares = patient_share(sessions(*days), {2026: MEDICARE, 2027: later})
    assert [s.deductible for s in shares] == [283, 0, 300]
    assert shares[2].so_far == shares[2].pays
    years = by_year(sessions(*days), {2026: MEDICARE, 2027: later}, band_percent=Decimal(25))
    assert [(y.year, len(y.sessions)) for y in years] == [(2026, 2), (2027, 1)]


def test_a_year_whose_figures_are_missing_is_asked_for():
    with pytest.raises(BadInput, match="figures of 2027"):
        patient_share(sessions(date(2027, 1, 4)), {2026: MEDICARE})


def test_sessions_out_of_order_are_refused():
    with pytest.raises(BadInput, match="order of days"):
        patient_share(sessions(date(2026, 5, 1), date(2026, 4, 1)), {2026: MEDICARE})


def test_the_maximum_ends_what_the_patient_pays():
    plan_of_work = Benefit(deductible=usd("500"), coinsurance=usd("0.3"), out_of_pocket_maximum=usd("1200"))
    shares = patient_share(sessions(*QUARTERLY), {2026: plan_of_work})
    assert [s.pays for s in shares] == [usd("804.99"), usd("395.01"), 0, 0]
    assert [s.above_maximum for s in shares] == [0, usd("59.98"), usd("454.99"), usd("454.99")]
    assert shares[-1].so_far == 1200


def test_each_share_is_its_parts():
    plan_of_work = Benefit(
        deductible=usd("500"),
        coinsurance=usd("0.3"),
        out_of_pocket_maximum=usd("1200"),
        programme=usd("333.33"),
    )
    for s in patient_share(sessions(*QUARTERLY), {2026: plan_of_work}):
        assert s.pays == s.deductible + s.coinsurance + s.copay - s.above_maximum - s.programme


def test_a_copay_stands_in_place_of_deductible_and_coinsurance():
    flat = Benefit(deductible=usd("500"), coinsurance=usd("0.3"), drug_copay=usd("150"))
    (share,) = patient_share(sessions(QUARTERLY[0]), {2026: flat})
    assert [share.copay, share.deductible, share.coinsurance] == [150, usd("215.43"), 0]
    assert share.pays == usd("365.43")
    both = replace(flat, service_copay=usd("40"))
    (share,) = patient_share(sessions(QUARTERLY[0], services="30.00"), {2026: both})
    assert share.pays == 180


def test_what_other_care_has_counted_is_not_counted_again():
    met = replace(MEDICARE, deductible_met_elsewhere=usd("300"))
    (share,) = patient_share(sessions(QUARTERLY[0]), {2026: met})
    assert share.deductible == 0
    spent = replace(MEDICARE, out_of_pocket_maximum=usd("1000"), spent_elsewhere=usd("900"))
    (share,) = patient_share(sessions(QUARTERLY[0]), {2026: spent})
    assert share.pays == 100


def test_a_copay_programme_pays_until_it_is_used_up():
    helped = Benefit(coinsurance=usd("0.2"), programme=usd("500"))
    shares = patient_share(sessions(*QUARTERLY[:3]), {2026: helped})
    assert [s.pays for s in shares] == [0, usd("106.65"), usd("303.33")]
    assert sum(s.programme for s in shares) == 500


def test_a_state_of_another_year_is_not_carried_over():
    (billed,) = sessions(QUARTERLY[0])
    _, state = session_share(billed, YearState(year=2025, deductible=usd("283")), MEDICARE)
    assert state.year == 2026
    assert [state.deductible, state.paid] == [283, usd("529.726")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"coinsurance": usd("20")},
        {"deductible": usd("-1")},
        {"deductible": usd("1.005")},
        {"drug_copay": Decimal("NaN")},
    ],
)
def test_a_plan_that_cannot_be_is_refused(wrong):
    with pytest.raises(BadInput):
        Benefit(**wrong)


def test_amounts_that_are_no_money_are_refused():
    with pytest.raises(BadInput, match="0 dollars or more"):
        Rates(per_billing_unit=usd("-1"))
    with pytest.raises(BadInput, match="whole cents"):
        Billed(on=VISIT, drug=usd("1.001"), services=usd("0"))
    assert sessions(VISIT)[0].total == usd("1516.63")
