"""The page written where there is no plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collis.case.examination import Examination
from collis.planning.candidate import CandidateKey, NotOffered
from collis.report.no_plan import STANDING, no_plan_data, no_plan_pdf, no_plan_png
from tests.unit.report.consultations import consultation


def test_a_stopped_case_names_what_stands_and_what_clears_it() -> None:
    c = consultation("red-flags")
    data = no_plan_data(c, example=True)
    assert data["heading"] == "No plan: work up first"
    assert len(data["items"]) == len(c.screening.stop) + len(c.screening.hold)
    assert all(item["text"].startswith("Clears it: ") for item in data["items"])
    assert data["reasons"] == []
    assert (data["example"], data["more"]) == (True, 0)


@pytest.mark.parametrize("name", ["migraine-elsewhere", "antecollis-parkinson"])
def test_a_case_without_a_plan_says_why_for_each_kind(name: str) -> None:
    c = consultation(name)
    data = no_plan_data(c, example=False)
    assert data["heading"] == "No plan: nothing can be proposed"
    assert data["outcome"].startswith("Nothing can be proposed.")
    assert data["items"] == []
    told = " ".join(row["head"] for row in data["reasons"])
    assert all(missing.key.heading in told for missing in c.not_offered)
    assert len(data["reasons"]) == len({n.why for n in c.not_offered})


def test_kinds_that_fail_for_one_reason_stand_on_one_line() -> None:
    why = NotOffered(key=CandidateKey.BALANCED, why="it is too soon")
    c = replace(
        consultation("migraine-elsewhere"),
        not_offered=(why, replace(why, key=CandidateKey.LOW_RISK, why="It is too soon.")),
    )
    (row,) = no_plan_data(c, example=False)["reasons"]
    assert row == {"head": "Balanced and Low risk:", "text": "It is too soon."}


def test_more_than_a_page_holds_is_counted() -> None:
    c = consultation("red-flags")
    item = replace(c.screening.stop[0], clears=())
    many = replace(c, screening=replace(c.screening, stop=(item,) * 14, hold=()))
    data = no_plan_data(many, example=False)
    assert (len(data["items"]), data["more"]) == (12, 2)
    assert data["items"][0]["text"] == ""


def test_the_page_voids_earlier_sheets_and_names_its_knowledge() -> None:
    c = consultation("red-flags")
    data = no_plan_data(c, example=False)
    assert "no longer hold" in data["after"]
    assert c.knowledge_version in data["version"]
    assert data["standing"] == STANDING
    assert c.case.date is not None
    assert data["date"] == [c.case.date.year, c.case.date.month, c.case.date.day]
    bare = replace(c, case=replace(c.case, examination=Examination()))
    assert no_plan_data(bare, example=False)["posture"] == "Not recorded."


def test_the_page_is_one_pdf_or_one_picture() -> None:
    c = consultation("red-flags")
    assert no_plan_pdf(c, example=True).startswith(b"%PDF")
    assert no_plan_png(c, example=True, width_px=400).startswith(b"\x89PNG")
