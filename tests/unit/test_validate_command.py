"""`collis validate`: what it writes and prints, what it refuses, and that no patient leaks."""

from __future__ import annotations

import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from collis.cli import BAD_INPUT, DONE, run
from collis.knowledge.load import load
from collis.report.typesetting import TEMPLATES
from collis.report.validation import validation_document, validation_pdf
from collis.report.validation_charts import arms_chart, durations_chart
from collis.report.validation_page import validation_html
from collis.report.validation_reading import patients_reading, trials_reading
from collis.report.validation_text import validation_text
from collis.trials.durations import ScoredDuration, playable
from collis.trials.validate import Validation, validate_patients, validate_trials
from tests.unit.made_up_people import made_up, small_population, write_csv
from tests.unit.test_tables import GOOD, trials

Said = pytest.CaptureFixture[str]
DAY = date(2026, 11, 22)
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Validation:
    population = small_population()
    table = trials(
        tmp_path_factory.mktemp("t"),
        {"trial_id": SCRIPT, "arm": "5000 U"},
        {"change_mean": "30", "week": "8"},
        {"outcome": "tsui", "arm": SCRIPT},
    )
    return Validation(
        trials=validate_trials(population, table, ()),
        patients=validate_patients(
            population, made_up(population, people=5, seed=3), given_through=4, seed=1, draws=80
        ),
        durations=(),
        knowledge_version="abc",
    )


def test_the_document_has_the_promised_shape(found: Validation) -> None:
    document = json.loads(json.dumps(validation_document(found)))
    assert set(document["trials"]["rows"][0]) >= {
        "trial_id", "arm", "week", "observed", "se", "predicted", "z",
    }  # fmt: skip
    assert document["trials"]["rms"] > 0
    assert document["trials"]["not_scored"][0]["line"] == 4
    people = document["patients"]
    assert people["given_through_week"] == 4
    assert list(people["by_week"]) == ["8", "12", "16"]
    assert set(people["by_week"]["8"]["coverage"]) == {"50", "80", "95"}
    assert {"carry_forward", "arm_mean", "mixed_model"} <= set(people["baselines"])
    for score in (people["overall"], *people["baselines"].values()):
        assert {"rmse", "crps", "coverage"} <= set(score)


def test_the_page_stands_alone(found: Validation) -> None:
    page = validation_html(found, on=DAY)
    addresses = re.findall(r'(?:src|href)="([^"]*)"|url\(([^)]*)\)', page)
    for address in (a or b for a, b in addresses):
        assert address.startswith(("#", "data:", "&quot;#")), address[:60]
    assert "<script" not in page
    assert "@import" not in page
    assert "prefers-color-scheme:dark" in page


def test_text_of_a_table_is_never_markup(found: Validation) -> None:
    page = validation_html(found, on=DAY)
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page


def test_drawings_take_the_colours_of_the_page_and_share_no_name(found: Validation) -> None:
    page = validation_html(found, on=DAY)
    assert "#0B5A62" not in page.partition("</style>")[2]
    names = re.findall(r'\bid="([^"]+)"', page)
    assert len(names) == len(set(names))
    used = set(re.findall(r"url\(#([^)]+)\)", page))
    assert used <= set(names)


class Tags(HTMLParser):
    """Counts tags that are opened and not closed."""

    EMPTY = frozenset({"meta", "link", "br", "img", "path", "circle", "rect", "line", "use"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY:
            assert self.open.pop() == tag


def test_every_tag_of_the_page_is_closed(found: Validation) -> None:
    tags = Tags()
    tags.feed(validation_html(found, on=DAY))
    assert tags.open == []


def test_a_row_far_off_stands_out_in_words_and_mark(found: Validation) -> None:
    page = validation_html(found, on=DAY)
    assert 'class="far"' in page
    assert "Beyond 3: T1" in page


def test_a_handful_of_people_proves_nothing() -> None:
    population = small_population()
    one_each = made_up(population, people=1, seed=3)
    score = validate_patients(population, one_each, given_through=4, seed=1, draws=40, least_people=20)
    bands, rules = patients_reading(score)
    assert bands["state"] == rules["state"] == "note"
    assert "Not judged: 20 people are asked for." in bands["text"]
    assert "no rule to compare it with" in rules["text"] or "Not judged" in rules["text"]
    said = validation_text(
        Validation(trials=None, patients=score, durations=(), knowledge_version="abc"), width=80
    )
    assert "[met]" not in said


def test_one_new_row_proves_nothing(tmp_path: Path) -> None:
    population = small_population()
    table = trials(tmp_path, {})
    few = validate_trials(population, table, (), least_new_rows=10)
    assert not few.enough
    (reading,) = trials_reading(few, ())
    assert reading["state"] == "note"
    assert "Not judged: 10 new rows are asked for." in reading["text"]
    (judged,) = trials_reading(validate_trials(population, table, (), least_new_rows=1), ())
    assert judged["state"] == "allow"


def test_a_duration_past_follow_up_ends_in_an_arrow_at_that_trials_own_last_visit() -> None:
    rows = playable(load().evidence)[:2]
    open_end, closed = (
        ScoredDuration(
            row=row, median=None if i == 0 else 24.0, low=12.0, high=None if i == 0 else 36.0,
            last_visit=16.0 if i == 0 else 52.0, tolerance=0.25,
        )
        for i, row in enumerate(rows)
    )  # fmt: skip
    chart = durations_chart((open_end, closed))
    first, second = chart.spec["data"]["values"]
    assert (first["high"], first["beyond"], first["virtual"]) == (16.0, 16.0, None)
    assert (second["high"], second["beyond"], second["virtual"]) == (36.0, None, 24.0)
    assert chart.svg()


def test_the_name_of_a_far_row_stands_on_its_free_side(found: Validation) -> None:
    assert found.trials is not None
    values = arms_chart(found.trials.rows).spec["data"]["values"]
    assert {value["side"] for value in values if value["far"]} <= {"left", "right"}
    assert any(value["far"] == "above" for value in values)


def test_rows_not_scored_are_grouped_by_their_reason(found: Validation) -> None:
    page = validation_html(found, on=DAY)
    assert "Another outcome than the TWSTRS total (tsui)" in page.replace("\u00a0", " ")
    assert "Whose rows" in page


def test_the_same_finding_gives_the_same_bytes(found: Validation) -> None:
    assert validation_html(found, on=DAY) == validation_html(found, on=DAY)
    first = validation_pdf(found, on=DAY)
    assert first[:5] == b"%PDF-"
    assert first == validation_pdf(found, on=DAY)


def test_the_style_sheet_lies_beside_the_templates() -> None:
    assert list(TEMPLATES.glob("*.css"))


def csv_of_trials(folder: Path) -> Path:
    path = folder / "trials.csv"
    path.write_text(",".join(GOOD) + "\n" + ",".join(f'"{v}"' for v in GOOD.values()) + "\n", "utf-8")
    return path


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return write_csv(made_up(small_population(), people=2, seed=4), tmp_path / "jane-doe.csv")


def test_the_command_writes_page_and_pdf_and_says_what_was_found(
    tmp_path: Path, people: Path, capsys: Said
) -> None:
    out = tmp_path / "new" / "report"
    arguments = ["validate", "--patients", str(people), "--out", str(out), "--given-through", "8"]
    assert run(arguments) == DONE
    assert {path.name for path in out.iterdir()} == {"validation.html", "validation.pdf"}
    said = capsys.readouterr().out
    assert "visits up to week 8 were known" in said
    assert "jane" not in said + (out / "validation.html").read_text("utf-8")


def test_the_command_prints_json_with_null_for_what_was_not_given(tmp_path: Path, capsys: Said) -> None:
    assert run(["validate", "--trials", str(csv_of_trials(tmp_path)), "--json"]) == DONE
    document = json.loads(capsys.readouterr().out)
    assert document["patients"] is None
    assert document["trials"]["rows"][0]["trial_id"] == "T1"
    assert np.isfinite(document["trials"]["rows"][0]["z"])
    assert document["trials"]["durations"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--trials T.csv, --patients P.csv, or both"),
        (["--trials", "nowhere.csv"], "cannot be opened"),
        (["--patients", "nowhere.csv"], "cannot be opened"),
        (["--given-through", "soon"], "given-through"),
    ],
)
def test_a_bad_call_leaves_with_2_and_a_sentence(arguments: list[str], said: str, capsys: Said) -> None:
    assert run(["validate", *arguments]) == BAD_INPUT
    assert said in capsys.readouterr().err


def test_a_table_of_the_other_kind_is_refused_by_its_columns(
    tmp_path: Path, people: Path, capsys: Said
) -> None:
    assert run(["validate", "--trials", str(people)]) == BAD_INPUT
    assert "trial_id" in capsys.readouterr().err
    assert run(["validate", "--patients", str(csv_of_trials(tmp_path))]) == BAD_INPUT
    assert "Missing: patient, treat, twstrs" in capsys.readouterr().err


def test_a_week_with_nothing_after_it_is_refused(people: Path, capsys: Said) -> None:
    assert run(["validate", "--patients", str(people), "--given-through", "40"]) == BAD_INPUT
    assert "visits before and after it" in capsys.readouterr().err


def test_a_score_never_reaches_an_error_message(tmp_path: Path, people: Path, capsys: Said) -> None:
    people.write_text(people.read_text("utf-8") + "99,0,Placebo,7x7x7\n", "utf-8")
    assert run(["validate", "--patients", str(people), "--out", str(tmp_path / "out")]) == BAD_INPUT
    said = capsys.readouterr()
    assert "7x7x7" not in said.err + said.out
    assert not (tmp_path / "out").exists()
