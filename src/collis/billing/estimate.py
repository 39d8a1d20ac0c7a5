"""The cost of one session and of a year of them, for one payer: claim, allowed amounts, the patient's share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import assert_never

from collis.billing.claim import Claim, Supply, claim
from collis.billing.share import (
    Allowed,
    Benefit,
    Billed,
    NoPriceData,
    Rates,
    Unknown,
    YearShare,
    allowed,
    by_year,
    published_rates,
)
from collis.case.case import Case
from collis.case.plan import Plan
from collis.errors import BadInput
from collis.knowledge.load import Knowledge
from collis.knowledge.payers import CostSharing, Payer, Prices
from collis.knowledge.prices import Setting, YearlyShare, in_force


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """What neither case nor payer say: where, with what image and visit, at whose rates, in whose plan.

    `rates` are a contract's own, wanted where the payer's prices are not published; `benefit` is the patient's plan
    for the year of the visit, wanted where the payer's rules do not fix it. `sessions` None means as many a year
    as knowledge holds.
    """

    setting: Setting = Setting.OFFICE
    image_stored: bool = False
    visit_code: str = ""
    ndc: Mapping[Decimal, str] | None = None
    rates: Rates | None = None
    benefit: Benefit | None = None
    sessions: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """The answer. `year` holds this session and the like in its calendar year, None where the share is not known.

    `asks` are the questions for the payer or plan that stand in the way of more.
    """

    on: date
    payer: str
    claim: Claim
    allowed: Allowed | NoPriceData
    year: YearShare | None
    asks: tuple[str, ...]
    band_percent: Decimal
    knowledge_version: str


def cost(
    plan: Plan, case: Case, supply: Supply, payer: Payer, knowledge: Knowledge, circumstances: Circumstances
) -> Cost | NoPriceData:
    """The cost of a plan carried out with a supply; `NoPriceData` outside the payer's region or without a drug code.

    Raises `BadInput` for a case without a date, or a maker's copay programme where the payer does not allow one.
    """
    if case.date is None:
        raise BadInput(where="date", read="nothing", expected="the date of the visit")
    if case.region is not payer.region or case.region is not knowledge.codes.region:
        return NoPriceData(of=Unknown.REGION)
    if knowledge.codes.drug(plan.product) is None:
        return NoPriceData(of=Unknown.PRODUCT)
    written = claim(
        plan, supply, payer, knowledge.codes, image_stored=circumstances.image_stored,
        visit_code=circumstances.visit_code, ndc=circumstances.ndc,
    )  # fmt: skip
    figures = knowledge.yearly_share
    rates = _rates(plan.product, case.date, payer, knowledge, circumstances)
    benefit = _benefit(case.date.year, payer, figures, circumstances)
    amounts = rates if isinstance(rates, NoPriceData) else allowed(written, rates, payer)
    year = None
    if isinstance(amounts, Allowed) and benefit is not None:
        year = _year(case.date, amounts, benefit, figures, circumstances.sessions)
    return Cost(
        on=case.date,
        payer=payer.name,
        claim=written,
        allowed=amounts,
        year=year,
        asks=_asks(amounts, benefit, case.date),
        band_percent=figures.band_percent.value,
        knowledge_version=knowledge.version,
    )


def _rates(
    product: str, day: date, payer: Payer, knowledge: Knowledge, circumstances: Circumstances
) -> Rates | NoPriceData:
    if circumstances.rates is not None:
        return circumstances.rates
    if payer.prices is Prices.OWN:
        return NoPriceData(of=Unknown.PAYER)
    prices = in_force(knowledge.price_lists, region=payer.region, day=day)
    drug = knowledge.codes.drugs[product]
    if prices is None:
        return NoPriceData(of=Unknown.DATE)
    found = published_rates(prices, knowledge.codes, drug, setting=circumstances.setting, day=day)
    return NoPriceData(of=Unknown.PRODUCT) if found is None else found


def _benefit(year: int, payer: Payer, figures: YearlyShare, circumstances: Circumstances) -> Benefit | None:
    own = circumstances.benefit
    if own is not None:
        if own.programme and not payer.copay_programme.value:
            raise BadInput(
                where="benefit.programme",
                read=f"{own.programme}",
                expected=f"nothing: makers' copay programmes are not for patients of {payer.name}",
            )
        return own
    deductible, coinsurance = figures.medicare_deductible.get(year), figures.medicare_coinsurance_percent
    if payer.cost_sharing is CostSharing.OWN or deductible is None or coinsurance is None:
        return None
    return Benefit(deductible=deductible.value, coinsurance=coinsurance.value / 100)


def _year(
    day: date, amounts: Allowed, benefit: Benefit, figures: YearlyShare, sessions: int | None
) -> YearShare:
    count = int(figures.sessions_a_year.value) if sessions is None else sessions
    if count < 1:
        raise BadInput(where="sessions", read=f"{count}", expected="1 session or more")
    billed = [Billed.of(day, amounts)] * count
    (year,) = by_year(billed, {day.year: benefit}, band_percent=figures.band_percent.value)
    return year


def _asks(amounts: Allowed | NoPriceData, benefit: Benefit | None, day: date) -> tuple[str, ...]:
    asks = ["Is the toxin paid as a medical or as a pharmacy benefit?"]
    match amounts:
        case NoPriceData(of=Unknown.PAYER):
            asks.append("What does the plan allow for a billing unit of the toxin, and for each service?")
        case NoPriceData():
            asks.append("What is the payment limit now?")
        case Allowed():
            asks += [f"What is allowed for this: {label}?" for label in amounts.unpriced]
            if amounts.out_of_date:
                asks.append("The prices are past their time: is a newer list out?")
        case _:
            assert_never(amounts)
    if benefit is None:
        asks.append(f"What are deductible, coinsurance, copay and yearly maximum in {day.year}?")
    elif benefit.programme:
        asks.append("Does the plan count a maker's copay money toward deductible and maximum?")
    return tuple(asks)
