"""One session and a year of them: dollars where a price is known, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from collis.billing.estimate import Circumstances, Cost, cost
from collis.billing.share import Allowed, Benefit, NoPriceData, Rates, Unknown
from collis.case.case import Case
from collis.errors import BadInput
from collis.knowledge.names import Muscle, Region
from tests.unit.billing.sample import RIGHT, VISIT, case, knowledge, plan, supply, usd

OWN = Rates(per_billing_unit=usd("7.00"), fees={"neck_one_side": usd("200.00")})


def costed(of: Case | None = None, payer: str = "medicare", day: date = VISIT, **said) -> Cost | NoPriceData:
    known = knowledge(day)
    return cost(
        plan(), of or case(date=day), supply(plan(), 200), known.payer(payer), known, Circumstances(**said)
    )


def found(*args, **more) -> Cost:
    answer = costed(*args, **more)
    assert isinstance(answer, Cost)
    return answer


def test_medicare_comes_to_the_worked_example_from_the_case():
    answer = found()
    assert isinstance(answer.allowed, Allowed)
    assert answer.allowed.total == usd("1516.63")
    assert answer.year is not None
    assert answer.year.pays == usd("1439.70")
    assert len(answer.year.sessions) == 4
    assert answer.knowledge_version == knowledge().version


@pytest.mark.parametrize("region", [Region.EU, Region.UK, Region.JP])
def test_outside_the_region_no_dollars_are_said(region):
    assert str(costed(case(region=region))) == "No price data for this region"


def test_a_product_without_a_code_has_no_price():
    known = knowledge()
    of = plan((Muscle.SPLENIUS_CAPITIS, RIGHT, 100), product="neuronox")
    answer = cost(of, case(), supply(of, 100), known.payer("medicare"), known, Circumstances())
    assert answer == NoPriceData(of=Unknown.PRODUCT)


def test_a_case_without_a_date_has_no_cost():
    with pytest.raises(BadInput, match="date of the visit"):
        costed(case(date=None))


def test_before_the_first_list_the_claim_stands_without_dollars():
    answer = found(day=date(2026, 2, 2))
    assert answer.allowed == NoPriceData(of=Unknown.DATE)
    assert answer.year is None
    assert "What is the payment limit now?" in answer.asks


def test_a_list_without_the_product_says_so():
    known = knowledge()
    object.__setattr__(
        other := replace(known), "price_lists", (replace(known.price_lists[-1], payment_limits={}),)
    )
    answer = cost(plan(), case(), supply(plan(), 200), other.payer("medicare"), other, Circumstances())
    assert isinstance(answer, Cost)
    assert answer.allowed == NoPriceData(of=Unknown.PRODUCT)


def test_a_commercial_plan_asks_for_its_rates_and_figures():
    answer = found(payer="commercial_example")
    assert answer.allowed == NoPriceData(of=Unknown.PAYER)
    assert len(answer.asks) == 3
    assert len(answer.claim.lines) == 3


def test_a_commercial_plan_is_worked_out_from_its_own_figures():
    benefit = Benefit(deductible=usd("1500"), coinsurance=usd("0.2"), programme=usd("500"))
    answer = found(payer="commercial_example", rates=OWN, benefit=benefit, sessions=2)
    assert isinstance(answer.allowed, Allowed)
    assert answer.allowed.total == usd("1700.00")
    assert answer.year is not None
    assert answer.year.pays == 1500 + usd("0.2") * 1900 - 500
    assert any("copay money" in ask for ask in answer.asks)
    assert not any("deductible, coinsurance" in ask for ask in answer.asks)


def test_rates_alone_give_the_amount_and_ask_for_the_rest():
    answer = found(payer="commercial_example", rates=OWN)
    assert isinstance(answer.allowed, Allowed)
    assert answer.year is None
    assert any("deductible, coinsurance" in ask for ask in answer.asks)


def test_a_makers_programme_is_not_for_medicare():
    with pytest.raises(BadInput, match="not for patients of Medicare Part B"):
        costed(benefit=Benefit(programme=usd("500")))


def test_a_year_whose_deductible_is_not_known_is_asked_for():
    answer = found(day=date(2027, 2, 1))
    assert isinstance(answer.allowed, Allowed)
    assert answer.year is None
    assert "The prices are past their time: is a newer list out?" in answer.asks


def test_a_year_has_at_least_one_session():
    with pytest.raises(BadInput, match="1 session or more"):
        costed(sessions=0)
