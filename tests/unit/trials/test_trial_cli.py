"""`collis trial`: a design is checked, run, reported and sized; what goes wrong is a sentence and code 2."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from collis.cli import run

DESIGN = """
schema = 1
name = "Two doses"
seed = 4

[people]
count = 60

[[arm]]
name = "placebo"
strategy = "fixed_dose"
product = "incobotulinumtoxinA"
units = 0

[[arm]]
name = "120 Units"
strategy = "fixed_dose"
product = "incobotulinumtoxinA"
units = 120

[visits]
weeks = [4, 8, 12]

[[end_point]]
name = "Week 4"
kind = "change"
weeks = [4]
primary = "yes"

[[end_point]]
name = "Loss of effect"
kind = "time_to_loss"
weeks = [4]
percent = 80

[run]
shard = 1000
"""
BANNER = "Virtual patients, not clinical evidence"


@pytest.fixture(scope="module")
def design(tmp_path_factory):
    path = tmp_path_factory.mktemp("design") / "two.trial.toml"
    path.write_text(DESIGN)
    return path


@pytest.fixture(scope="module")
def played(design, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "two"
    assert run(["trial", "run", str(design), "--patients", "3000", "--out", str(folder)]) == 0
    return folder


def test_a_design_is_said_in_words(design, capsys):
    assert run(["trial", "check", str(design)]) == 0
    said = capsys.readouterr().out
    assert "60 people, randomised 1:1 to placebo and 120 Units; seed 4." in said
    assert "Primary end point, Week 4: change in TWSTRS total from baseline to week 4." in said
    assert BANNER in said


def test_a_slip_in_a_design_names_its_line(design, tmp_path, capsys):
    bad = tmp_path / "bad.trial.toml"
    bad.write_text(DESIGN.replace("units = 120", 'units = "many"'))
    assert run(["trial", "check", str(bad)]) == 2
    line = 1 + DESIGN.replace("units = 120", 'units = "many"').splitlines().index('units = "many"')
    assert f"line {line}" in capsys.readouterr().err


def test_a_run_goes_on_from_what_is_there(design, played, capsys):
    assert run(["trial", "run", str(design), "--patients", "3000", "--out", str(played)]) == 0
    assert "3 shards were there already" in capsys.readouterr().out


def test_a_run_of_another_design_is_not_mixed_in(design, played, capsys):
    assert run(["trial", "run", str(design), "--patients", "2000", "--out", str(played)]) == 2
    assert "differs from this one" in capsys.readouterr().err


def test_a_report_says_what_was_found_and_writes_page_and_pdf(played, capsys):
    assert run(["trial", "report", str(played)]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[1] == f"{BANNER}."
    assert "120 Units is" in said
    assert "Of trials with 60 people" in said
    page = (played / "report.html").read_text()
    assert page.count(BANNER) >= 2
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org/", "").replace("http-equiv", "")
    assert (played / "report.pdf").read_bytes().startswith(b"%PDF")


def test_every_printed_page_says_that_patients_are_virtual(played, capsys):
    from io import BytesIO

    from pypdf import PdfReader

    run(["trial", "report", str(played)])
    pages = PdfReader(BytesIO((played / "report.pdf").read_bytes())).pages
    assert len(pages) > 1
    for page in pages:
        assert BANNER in " ".join(page.extract_text().split())


def test_the_document_holds_the_primary_answer(played, capsys):
    assert run(["trial", "report", str(played), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    primary = found["end_points"][0]
    low, high = primary["differences"]["120 Units"]["interval_95"]
    assert low < primary["differences"]["120 Units"]["value"] < high < 0
    assert primary["trials_of_this_size"]["people_per_arm"] == {"placebo": 30, "120 Units": 30}
    assert found["standing"].startswith(BANNER)


def test_the_size_of_a_trial_is_searched(design, capsys):
    asked = [
        "trial",
        "power",
        str(design),
        "--patients",
        "4000",
        "--trials",
        "400",
        "--engine",
        "serial",
        "--json",
    ]
    assert run(asked) == 0
    found = json.loads(capsys.readouterr().out)["arms"]["120 Units"]
    assert 5 < found["people_per_arm"] < 80
    powers = [p["power"] for p in found["curve"]]
    assert powers[0] < 0.8 < powers[-1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "nowhere"], "no such directory"),
        (["run", "nowhere.trial.toml", "--out", "x"], "nowhere.trial.toml"),
        (["check", "nowhere.trial.toml"], "nowhere.trial.toml"),
    ],
)
def test_what_is_not_there_is_said(arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["trial", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_an_unknown_engine_is_a_sentence(design, tmp_path, capsys):
    assert run(["trial", "run", str(design), "--out", str(tmp_path / "x"), "--engine", "abacus"]) == 2
    assert "one of serial, processes, dask" in capsys.readouterr().err


def test_an_empty_directory_and_an_unfinished_run_are_sentences(played, tmp_path, capsys):
    import shutil

    assert run(["trial", "report", str(tmp_path)]) == 2
    assert "no manifest.json" in capsys.readouterr().err
    half = tmp_path / "half"
    shutil.copytree(played, half)
    ledger = half / "ledger.jsonl"
    ledger.write_text("".join(ledger.read_text().splitlines(keepends=True)[:1]))
    assert run(["trial", "report", str(half)]) == 2
    assert "2 of 3 shards missing" in capsys.readouterr().err


def test_the_command_line_starts_without_tables_and_statistics():
    heavy = ("pyarrow", "duckdb", "numba", "statsmodels", "scipy", "distributed")
    asked = f"import sys, collis.cli.app; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
