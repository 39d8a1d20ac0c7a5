"""A measured record says on which code it was measured, and goes stale when that code changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from studies.harness import Study, command
from studies.record import Measure, Record, code_hash, read_records, write_record
from tools.check_records import standing

PATHS = ("tools/locks.py", "studies")


def written(folder: Path, *, met: bool = True) -> Record:
    write_record(
        study="sample",
        title="A sample",
        measures=[Measure(name="broken limits", figure=0 if met else 3, unit="count", bar="none", met=met)],
        paths=PATHS,
        seed=7,
        day=date(2026, 11, 10),
        command="make studies NAME=sample",
        folder=folder,
    )
    (record,) = read_records(folder)
    return record


def test_a_record_reads_back_as_it_was_written(tmp_path: Path) -> None:
    record = written(tmp_path)
    assert (record.study, record.name, record.figure, record.seed) == ("sample", "broken limits", 0, 7)
    assert record.date == "2026-11-10"
    assert record.paths == PATHS
    assert record.hash == code_hash(PATHS)


def test_a_fresh_record_is_current(tmp_path: Path) -> None:
    assert standing(written(tmp_path)) == "current"


def test_a_record_of_changed_code_is_stale_and_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = written(tmp_path)
    monkeypatch.setattr("tools.check_records.code_hash", lambda paths: "another")
    assert standing(record) == "stale, run `make studies NAME=sample`"


def test_a_figure_short_of_its_bar_is_said_so(tmp_path: Path) -> None:
    assert standing(written(tmp_path, met=False)) == "short of its bar: 3 against none"


def test_the_hash_follows_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / "part/a.toml").write_text("x = 1\n", "utf-8")
    first = code_hash(["part"], root=tmp_path)
    (tmp_path / "part/a.toml").write_text("x = 2\n", "utf-8")
    second = code_hash(["part"], root=tmp_path)
    (tmp_path / "part/a.toml").rename(tmp_path / "part/b.toml")
    assert len({first, second, code_hash(["part"], root=tmp_path)}) == 3


def test_a_study_cannot_name_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is nothing there"):
        write_record(
            study="lost",
            title="Lost",
            measures=[],
            paths=["src/nowhere"],
            seed=None,
            day=date(2026, 11, 10),
            command="",
            folder=tmp_path,
        )


def test_a_path_that_has_gone_makes_a_record_stale_instead_of_failing() -> None:
    assert code_hash(["src/nowhere"]) == ""


def test_the_command_of_a_record_names_what_it_needs_from_outside_and_no_path() -> None:
    study = Study(
        name="sample", title="A sample", paths=PATHS, seed=None, needs=("PATIENTS",), run=lambda _: ()
    )
    assert command("studies", study) == "make studies NAME=sample PATIENTS=…"
    assert command("bench", replace(study, needs=())) == "make bench NAME=sample"
