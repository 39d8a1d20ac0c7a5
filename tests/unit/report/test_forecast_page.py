"""The printed page of a forecast."""

from pathlib import Path

import pytest

from collis import api
from collis.case.case import Case
from collis.cli import DONE
from collis.cli.forecasts import forecasts_of, pages_of
from collis.course.forecast import Forecast
from collis.report.course_chart import course_chart
from collis.report.forecast_page import forecast_data, forecast_pdf, forecast_pictures
from collis.safety.verdict import CheckedPlan

EXAMPLE = Path(__file__).resolve().parents[3] / "examples/torticaput-left.case.toml"


@pytest.fixture(scope="module")
def case() -> Case:
    return api.open_case(EXAMPLE)


@pytest.fixture(scope="module")
def told(case: Case) -> tuple[CheckedPlan, Forecast]:
    return forecasts_of(case, "balanced")[0]


def test_the_page_tells_dates_parts_strength_side_effects_and_spread(case, told):
    data = forecast_data(told[0], told[1], api.reached(told[0].plan, case), case)
    text = str(data)
    for said in ("First change noticed", "worn off", "Severity", "Strength lost", "Trouble swallowing"):
        assert said in text
    assert "Secondary non-response" in text
    assert len(data["sections"][0]["charts"]) == 2


def test_the_page_of_a_usual_plan_is_a_single_one_and_comes_out_the_same_each_time(case, told):
    reached = api.reached(told[0].plan, case)
    assert len(forecast_pictures(told[0], told[1], reached, case)) == 1
    assert forecast_pdf(told[0], told[1], reached, case) == forecast_pdf(told[0], told[1], reached, case)


def test_the_curve_of_the_page_shows_both_bands(told):
    for row in course_chart(told[1]).table[2:]:
        heights = [float(row[key] or 0.0) for key in ("reads_low", "low", "score", "high", "reads_high")]
        assert heights == sorted(heights)


def test_each_plan_gets_a_page_named_after_it(case, told):
    assert list(pages_of([told], case, "visit")) == ["visit.balanced.forecast.pdf"]


def test_predict_writes_its_pages_into_the_folder_asked_for(tmp_path):
    from typer.testing import CliRunner

    from collis.cli.app import app

    done = CliRunner().invoke(app, ["predict", str(EXAMPLE), "--choose", "balanced", "--out", str(tmp_path)])
    assert done.exit_code == DONE
    assert (tmp_path / "torticaput-left.balanced.forecast.pdf").read_bytes().startswith(b"%PDF")
    assert "Written: " in done.output
