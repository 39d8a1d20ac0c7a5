from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from collis.cli import BAD_INPUT, DONE, INTERNAL, REFUSED, run

ROOT = Path(__file__).resolve().parents[2]
DEMO = str(ROOT / "examples" / "torticaput-left.case.toml")
RED_FLAGS = str(ROOT / "examples" / "red-flags.case.toml")
PLAN = """plan_name = "Typed"

[[request.plan]]
muscle = "splenius_capitis"
side = "left"
units = {units}
sites = 2
"""

Said = pytest.CaptureFixture[str]


def with_plan(folder: Path, units: int, *, without: str = "") -> str:
    text = Path(DEMO).read_text("utf-8")
    if without:
        text = "\n".join(line for line in text.splitlines() if not line.startswith(without))
    path = folder / "typed.case.toml"
    path.write_text(text.rstrip() + "\n" + PLAN.format(units=units), "utf-8")
    return str(path)


def test_plan_writes_the_page_the_document_and_the_chart(tmp_path: Path, capsys: Said) -> None:
    assert run(["plan", DEMO, "--out", str(tmp_path / "new" / "folder")]) == DONE
    written = {p.name: p for p in (tmp_path / "new" / "folder").iterdir()}
    assert set(written) == {"torticaput-left.pdf", "torticaput-left.json", "torticaput-left.svg"}
    assert written["torticaput-left.pdf"].read_bytes().startswith(b"%PDF")
    assert json.loads(written["torticaput-left.json"].read_text("utf-8"))["document"] == "consultation"
    assert written["torticaput-left.svg"].read_text("utf-8").startswith("<svg")
    said = capsys.readouterr().out
    assert "EXAMPLE, made-up data" in said
    assert said.count("Written: ") == 3


def test_plan_as_json_is_the_document_and_nothing_else(capsys: Said) -> None:
    assert run(["plan", DEMO, "--json"]) == DONE
    assert json.loads(capsys.readouterr().out)["product"] == "onabotulinumtoxinA"


def test_a_stop_proposes_nothing_says_what_to_work_up_and_leaves_with_3(tmp_path: Path, capsys: Said) -> None:
    assert run(["plan", RED_FLAGS, "--out", str(tmp_path)]) == REFUSED
    said = capsys.readouterr().out
    assert "Stop and work up" in said
    assert "Balanced" not in said
    assert sorted(p.name for p in tmp_path.iterdir()) == ["red-flags.json", "red-flags.pdf"]
    assert "it says that there is no plan" in said
    assert run(["screen", RED_FLAGS]) == REFUSED
    assert run(["propose", RED_FLAGS]) == REFUSED


def test_a_screen_with_nothing_in_the_way_leaves_with_0(capsys: Said) -> None:
    assert run(["screen", DEMO]) == DONE
    assert run(["screen", DEMO, "--json"]) == DONE
    out = capsys.readouterr().out
    assert json.loads(out[out.index("{") :])["level"] == "clear"


def test_muscles_prints_the_ranking_its_readers_count_on(capsys: Said) -> None:
    assert run(["muscles", DEMO, "--json"]) == DONE
    ranked = json.loads(capsys.readouterr().out)["muscles"]
    assert {"muscle", "side", "probability", "share", "reasons", "against"} <= ranked[0].keys()
    assert run(["muscles", DEMO]) == DONE
    assert "LEFT" in capsys.readouterr().out


def test_check_passes_a_plain_plan_and_leaves_with_3_on_a_refused_one(tmp_path: Path, capsys: Said) -> None:
    assert run(["check", with_plan(tmp_path, 60)]) == DONE
    assert run(["check", with_plan(tmp_path, 1000)]) == REFUSED
    assert "■ Refused" in capsys.readouterr().out


def test_check_leaves_with_3_when_an_answer_is_missing(tmp_path: Path, capsys: Said) -> None:
    assert run(["check", with_plan(tmp_path, 60, without="swallowing"), "--json"]) == REFUSED
    assert json.loads(capsys.readouterr().out)["verdict"]["level"] == "cannot_judge"


def test_a_missing_answer_is_no_refusal_for_plan(tmp_path: Path, capsys: Said) -> None:
    assert run(["plan", with_plan(tmp_path, 60, without="swallowing")]) == DONE
    assert "? Ask" in capsys.readouterr().out


def test_check_without_a_typed_plan_says_where_to_write_one(capsys: Said) -> None:
    assert run(["check", DEMO]) == BAD_INPUT
    assert "[[request.plan]]" in capsys.readouterr().err


def test_predict_tells_the_course_of_the_typed_plan_or_of_the_chosen_candidate(
    tmp_path: Path, capsys: Said
) -> None:
    assert run(["predict", with_plan(tmp_path, 60), "--json"]) == DONE
    assert [f["plan"] for f in json.loads(capsys.readouterr().out)["forecasts"]] == ["Typed"]
    assert run(["predict", DEMO, "--choose", "low risk"]) == DONE
    assert "What to expect, Low risk" in capsys.readouterr().out
    assert run(["predict", DEMO, "--choose", "bold"]) == BAD_INPUT
    assert "low_risk" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["list", "sources", "unverified"])
def test_knowledge_prints_text_and_json(verb: str, capsys: Said) -> None:
    assert run(["knowledge", verb]) == DONE
    assert capsys.readouterr().out.strip()
    assert run(["knowledge", verb, "--json"]) == DONE
    assert "version" in json.loads(capsys.readouterr().out)


def test_knowledge_shows_one_part_and_offers_the_nearest_name(capsys: Said) -> None:
    assert run(["knowledge", "show", "levator_scapulae"]) == DONE
    assert "muscles.levator_scapulae" in capsys.readouterr().out
    assert run(["knowledge", "show", "levator_scapula"]) == BAD_INPUT
    assert "levator_scapulae" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv",
    [
        ["plan", "no-such.case.toml"],
        ["plan", str(ROOT)],
        ["plan", DEMO, "--product", "botulin"],
        ["plan", DEMO, "--region", "FR"],
        ["plan"],
        ["plan", DEMO, "--strange"],
        ["strange"],
    ],
)
def test_bad_input_is_a_sentence_on_standard_error_and_exit_2(argv: list[str], capsys: Said) -> None:
    assert run(argv) == BAD_INPUT
    said = capsys.readouterr()
    assert said.err.strip()
    assert "Traceback" not in said.err


def test_a_folder_that_cannot_be_written_is_bad_input(tmp_path: Path, capsys: Said) -> None:
    taken = tmp_path / "a file"
    taken.write_text("in the way", "utf-8")
    assert run(["plan", DEMO, "--out", str(taken)]) == BAD_INPUT
    assert "cannot be written" in capsys.readouterr().err


def test_an_error_of_our_own_says_nothing_of_the_patient(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    def broken(case: object) -> None:
        raise RuntimeError("Jane Example, born 1972")

    monkeypatch.setattr("collis.api.screen", broken)
    assert run(["screen", DEMO]) == INTERNAL
    said = capsys.readouterr().err
    assert "Jane" not in said
    assert "RuntimeError" in said
    assert "Traceback" not in said


def test_version_and_help_name_what_matters(capsys: Said) -> None:
    assert run(["--version"]) == DONE
    assert re.search(r"collis \d+\.\d+\.\d+, knowledge [0-9a-f]{16}", capsys.readouterr().out)
    assert run(["--help"]) == DONE
    said = " ".join(capsys.readouterr().out.split())
    assert "Exit codes: 0 done, 2 bad input" in said
    assert "3 refused by the screen or the gate" in said


def test_screening_waits_for_no_number_library_and_no_solver() -> None:
    code = (
        "import sys; from collis.cli import run; run(['screen', sys.argv[1]]);"
        "sys.exit(', '.join(m for m in ('numpy', 'highspy', 'typst', 'vl_convert') if m in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, DEMO], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_piped_into_a_terminal_without_our_signs_it_still_prints() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "80", "PYTHONUTF8": "0"}
    command = [sys.executable, "-c", "from collis.cli import main; main()", "plan", DEMO]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == DONE, done.stderr
    assert done.stdout.isascii()
    assert max(len(line) for line in done.stdout.splitlines()) <= 100
