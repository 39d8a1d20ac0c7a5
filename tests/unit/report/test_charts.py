from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from collis.report.bars import cycles_chart, shares_chart
from collis.report.charts import PAPER, SCREEN, Chart
from collis.report.curves import NextMark, comparison_chart, forecast_chart
from tests.unit.report.consultations import consultation

NEXT = NextMark(week=12, head="Week 12, 2 Feb 2027")


def charts() -> dict[str, Chart]:
    c = consultation()
    cycles = cycles_chart(c.case)
    assert cycles is not None
    return {
        "forecast": forecast_chart(c.offers[0].forecast, title="As last time", earliest=NEXT),
        "comparison": comparison_chart([(o.key.heading, o.forecast) for o in c.offers], earliest=NEXT),
        "cycles": cycles,
        "shares": shares_chart(c.ranking),
    }


@pytest.mark.parametrize("name", ["forecast", "comparison", "cycles", "shares"])
def test_every_chart_carries_a_table_and_words_and_draws_the_same_twice(name: str) -> None:
    chart = charts()[name]
    assert chart.table
    assert len({tuple(row) for row in chart.table}) == 1
    assert chart.alt.endswith(".")
    drawn = chart.svg()
    assert drawn == chart.svg()
    root = ET.fromstring(drawn)
    assert root.get("role") == "img"
    assert root.get("aria-label") == chart.alt


def test_a_forecast_labels_best_half_gone_next_session_and_where_patients_notice() -> None:
    drawn = charts()["forecast"].svg()
    for label in (
        "best, week",
        "half gone, week",
        "Week 12, 2 Feb 2027",
        "earliest next session",
        "8 points: patients notice",
    ):
        assert label in drawn


def test_candidates_share_one_scale_and_have_equal_size() -> None:
    spec = charts()["comparison"].spec
    views = spec["hconcat"]
    assert len({(view["width"], view["height"]) for view in views}) == 1
    domains = {str(view["layer"][0]["encoding"]["y"]["scale"]["domain"]) for view in views}
    assert len(domains) == 1


def test_left_is_striped_and_right_is_solid() -> None:
    chart = shares_chart(consultation().ranking)
    stripes = chart.spec["layer"][1]["data"]["values"]
    assert stripes
    assert all(stripe["muscle"].endswith("LEFT") for stripe in stripes)


def test_paper_is_grey() -> None:
    for colour in (PAPER.ground, PAPER.ink, PAPER.line, PAPER.band, PAPER.curve, PAPER.bar):
        assert colour[1:3] == colour[3:5] == colour[5:7]
    assert SCREEN.curve != PAPER.curve


def test_without_past_cycles_there_is_no_chart_of_them() -> None:
    case = consultation().case
    assert cycles_chart(replace(case, history=replace(case.history, sessions=()))) is None
