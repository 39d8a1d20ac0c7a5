from __future__ import annotations

import re

import pytest

from collis import api
from collis.report.forecast_text import forecast_text
from collis.report.json import consultation_document, dumped
from collis.report.screening import screening_text
from collis.report.terminal import for_encoding
from collis.report.text import checked_text, consultation_text, proposal_text, ranking_text
from tests.unit.report.consultations import DEMO, EXAMPLES, consultation, crowded


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_consultation_fits_the_terminal(name: str, width: int) -> None:
    text = consultation_text(consultation(name), width=width, example=True)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "\x1b" not in text
    assert not re.search(r"\d\s?U\b", text)


def test_every_dose_of_every_candidate_is_there_at_80_columns() -> None:
    text = consultation_text(crowded(), width=80)
    for offer in crowded().offers:
        assert text.count(offer.key.heading) >= 2
    assert "Rectus capitis" in text
    assert "■ Refused" in text


def test_colour_adds_nothing_but_colour() -> None:
    plain = consultation_text(crowded(), width=100)
    coloured = consultation_text(crowded(), width=100, colour=True)
    assert "\x1b" in coloured
    assert re.sub(r" +\n", "\n", re.sub(r"\x1b\[[\d;]*m", "", coloured)).split() == plain.split()


def test_each_answer_has_a_text_of_its_own() -> None:
    c = consultation()
    assert "RIGHT" in ranking_text(c.ranking, width=80)
    assert "Gain in TWSTRS points by week" in forecast_text(c.offers[0].forecast, width=80)
    assert "Verdict" in checked_text(c.offers[0].checked, width=80)
    assert "Not yet judged" in proposal_text(api.propose(c.case), width=80)
    stopped = screening_text(consultation("red-flags").screening, width=80)
    assert "Stop and work up" in stopped


def test_a_terminal_without_our_signs_gets_plain_ones() -> None:
    text = for_encoding("▲ Warn 3  −10 Units  30°", "ascii")
    assert text == "! Warn 3  -10 Units  30 deg"


def test_text_of_a_case_is_no_markup_for_the_terminal() -> None:
    assert "[request.plan]" in for_encoding("[request.plan]", "utf-8")
    assert DEMO in EXAMPLES


def test_a_document_is_the_same_text_twice() -> None:
    c = consultation()
    assert dumped(consultation_document(c)) == dumped(consultation_document(c))


def test_the_forecast_names_dates_side_effects_parts_and_what_a_visit_may_read():
    c = consultation()
    for width in (80, 120):
        told = forecast_text(c.offers[-1].forecast, width=width)
        assert all(len(line) <= width for line in told.splitlines())
        for said in (
            "Worn off",
            "Review visit",
            "Severity",
            "Disability",
            "Visit reads",
            "Antibodies:",
            "Dry mouth",
        ):
            assert said in told
        assert f"“{c.comparator}”" in told


def test_the_comparator_is_not_compared_with_itself():
    c = consultation()
    own = next(o.forecast for o in c.offers if o.candidate.plan.name == c.comparator)
    assert "about the same" not in forecast_text(own, width=100)
