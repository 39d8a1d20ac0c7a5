"""Cost and letter as shown: the same figures as the values behind them, no dollars without a price, sides as words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest

from collis.billing.authorisation import Authorisation, authorisation
from collis.billing.estimate import Circumstances, cost
from collis.billing.share import NoPriceData, Rates
from collis.case.case import Case
from collis.case.history import History, Rating, ScaleName
from collis.case.session import Session, SideEffect, SideEffectKind
from collis.knowledge.names import Guidance, Region
from collis.report.cost import cost_document, cost_text
from collis.report.letter import letter_document, letter_pdf, letter_text
from collis.units import Dose
from tests.unit.billing.sample import ONA, VISIT, case, knowledge, plan, supply

TREATED = case(
    history=History(
        sessions=(
            Session(
                on=VISIT.replace(month=6), product=ONA, total=Dose.of(180, ONA), benefit_percent=Decimal(60),
                onset_day=6, faded_week=Decimal(9),
                side_effects=(SideEffect(kind=SideEffectKind.DYSPHAGIA, grade=1, from_day=8, to_day=20),),
            ),
        ),
        ratings=(
            Rating(on=VISIT.replace(month=6), scale=ScaleName.TWSTRS_TOTAL, score=Decimal(40)),
            Rating(on=VISIT.replace(month=7), scale=ScaleName.TWSTRS_TOTAL, score=Decimal(17)),
        ),
    )
)  # fmt: skip


def costed(of: Case | None = None, payer: str = "medicare", guidance=Guidance.PALPATION, **said):
    known, done = knowledge(), plan(guidance=(guidance,))
    return cost(done, of or case(), supply(done, 200), known.payer(payer), known, Circumstances(**said))


def letter(of: Case = TREATED, payer: str = "commercial_example") -> Authorisation:
    known = knowledge()
    return authorisation(plan(guidance=(Guidance.EMG,)), of, known.payer(payer), known)


def strings(node: Any) -> Iterator[str]:
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from strings(part)
    if isinstance(node, str):
        yield node


def test_the_cost_is_printed_to_the_cent_with_the_date_of_its_prices():
    text = cost_text(costed(), width=100)
    for said in ("$1,516.63", "$1,439.70", "In force from 1 July 2026", "J0585", "G24.3", "RIGHT and LEFT"):
        assert said in text


def test_prices_past_their_time_are_said_to_be():
    late = knowledge(VISIT.replace(month=11))
    done = plan()
    answer = cost(
        done,
        case(date=VISIT.replace(month=11)),
        supply(done, 200),
        late.payer("medicare"),
        late,
        Circumstances(),
    )
    assert "their time is over" in cost_text(answer, width=100)


@pytest.mark.parametrize(
    "answer", [costed(case(region=Region.UK)), costed(payer="commercial_example"), NoPriceData()]
)
def test_without_a_price_no_dollar_sign_stands_anywhere(answer):
    text = cost_text(answer, width=100)
    assert "No price data for this" in text
    assert "$" not in text
    assert not any("$" in said for said in strings(cost_document(answer)))


def test_what_is_left_out_and_what_is_not_known_is_said():
    text = cost_text(costed(guidance=Guidance.ULTRASOUND), width=100)
    assert "Left out: Ultrasound to place the needle" in text
    assert "not known" in cost_text(costed(guidance=Guidance.EMG), width=100)
    assert "without what is not known" in cost_text(costed(guidance=Guidance.EMG), width=100)


def test_rates_of_a_contract_are_said_to_be_entered():
    rates = Rates(per_billing_unit=Decimal(7), fees={"neck_one_side": Decimal(200)})
    answer = costed(payer="commercial_example", rates=rates)
    assert "As entered." in cost_text(answer, width=100)
    document = cost_document(answer)
    assert (document["prices_since"], document["year"]) == (None, None)


def test_the_document_holds_the_figures_as_text_with_two_decimals():
    document = cost_document(costed())
    assert document["allowed"] == "1516.63"
    assert document["year"]["pays"] == "1439.70"
    assert [line["allowed"] for line in document["claim"]["lines"]] == ["1301.20", "215.43"]
    assert document["prices_since"] == "2026-07-01"


def test_printed_shares_add_up_to_the_printed_year():
    year = cost_document(costed())["year"]
    assert sum(Decimal(s["pays"]) for s in year["sessions"]) == Decimal(year["pays"])


def test_an_unfilled_ndc_is_null_and_asked_for():
    claim = cost_document(costed())["claim"]
    assert claim["lines"][0]["ndc"] == [None]
    assert claim["missing"] == ["NDC of the vial with 200 Units"]


def test_the_letter_says_what_was_and_what_is_planned():
    text = letter_text(letter(), width=110)
    for said in (
        "Cervical dystonia, G24.3",
        "TWSTRS total 40 on 1 June 2026, at best 17 on 1 July 2026",
        "60 %, from day 6",
        "Until week 9",
        "Mild swallowing trouble, days 8 to 20",
        "Not before 12 weeks",
        "At least 84 days since the last session",
    ):
        assert said in text


def test_a_first_letter_says_what_is_not_recorded():
    text = letter_text(letter(case(), "medicare"), width=110)
    assert "Last session: None recorded." in text
    assert "Scales: Not recorded." in text
    score = Rating(on=VISIT, scale=ScaleName.TSUI, score=Decimal(9))
    assert "no score after treatment recorded" in letter_text(
        letter(case(history=History(ratings=(score,)))), width=110
    )
    bare = Session(on=VISIT.replace(month=6), product=ONA, total=Dose.of(180, ONA))
    text = letter_text(letter(case(history=History(sessions=(bare,)))), width=110)
    assert "How long it lasted: Not recorded." in text


def test_the_letter_as_pdf_is_the_same_bytes_again_and_reads_back_with_each_dose_on_its_side():
    from pypdf import PdfReader

    made = letter_pdf(letter(), example=True)
    assert made == letter_pdf(letter(), example=True)
    reader = PdfReader(BytesIO(made))
    text = " ".join("\n".join(page.extract_text() for page in reader.pages).replace("\u00a0", " ").split())
    assert "Splenius capitis RIGHT 100 Units" in text
    assert "Sternocleidomastoid LEFT 100 Units" in text
    assert b"/MarkInfo" in made


def test_the_letter_names_no_person():
    text = letter_text(letter(), width=110)
    for blank in ("Patient:", "Date of birth:", "Member number:", "Prescriber:", "Signature and date:"):
        assert f"{blank} ____" in text


def test_the_document_of_the_letter_holds_each_criterion_with_its_ground():
    document = letter_document(letter())
    assert {c["met"] for c in document["checklist"]} == {"met", "not recorded"}
    assert all(set(c["ground"]) >= {"grade", "verified", "source", "place"} for c in document["checklist"])
    assert [i["side"] for i in document["injections"]] == ["right", "left"]


def test_a_claim_with_its_ndc_asks_the_clinic_for_nothing():
    text = cost_text(costed(ndc={Decimal(200): "12345-6789-01"}), width=100)
    assert "The clinic fills in" not in text


def test_without_an_interval_in_knowledge_the_letter_says_not_recorded():
    assert "Interval: Not recorded." in letter_text(replace(letter(), interval_days=None), width=110)
