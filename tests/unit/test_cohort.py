"""The public cohort never changes, and the board scores whatever plans come to it, refused ones included."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from collis.errors import BadInput
from collis.knowledge.load import load
from collis.trials import cohort as module
from collis.trials.cohort import FILE, made, read_cohort
from collis.trials.planners import planner_of, read_plans
from collis.trials.scoreboard import Score, play, score, shipped

KNOWN = load()
MEMBERS = read_cohort()


def scored(named: str, people: int = 4) -> Score:
    return score(named, list(play(planner_of(named, MEMBERS, KNOWN), MEMBERS, KNOWN, people=people)))


def write(
    folder: Path, muscle: str = "splenius_capitis", units: object = 60, guidance: str = "ultrasound"
) -> Path:
    injection = {"muscle": muscle, "side": "right", "units": units, "sites": 2, "guidance": guidance}
    path = folder / "plans.json"
    path.write_text(json.dumps({"P001": {"injections": [injection]}}), "utf-8")
    return path


def test_the_file_is_what_its_seed_makes() -> None:
    assert FILE.read_text("utf-8") == made(KNOWN)


def test_another_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "cohort_v1.json"
    other.write_bytes(FILE.read_bytes().replace(b'"reach": 0.', b'"reach": 0.0', 1))
    monkeypatch.setattr(module, "FILE", other)
    with pytest.raises(BadInput, match="public cohort"):
        read_cohort()


def test_there_are_three_hundred_people_and_their_drive_is_whole() -> None:
    assert len({one.key for one in MEMBERS.people}) == 300
    for one in MEMBERS.people:
        assert sum(one.truth.share.values()) == pytest.approx(1.0, abs=1e-4)


def test_shipped_planners_relieve_within_their_limits() -> None:
    for named in shipped(KNOWN):
        found = scored(named, 3)
        assert found.given + found.refused + found.missing == 3
        assert found.relief > 0.0
        assert found.dollars is not None
        assert found.dollars > 0.0


def test_low_risk_spares_the_swallow() -> None:
    assert scored("low_risk", 8).dysphagia < scored("balanced", 8).dysphagia


def test_a_refused_plan_is_counted_and_relieves_nobody(tmp_path: Path) -> None:
    path = write(tmp_path, units=2000)
    found = scored(str(path), 1)
    assert (found.given, found.refused, found.missing, found.relief) == (0, 1, 0, 0.0)
    assert found.broken


def test_whoever_is_not_in_the_file_has_no_plan(tmp_path: Path) -> None:
    found = scored(str(write(tmp_path)), 3)
    assert (found.given, found.missing) == (1, 2)


def test_a_table_of_rows_gives_the_same_plans(tmp_path: Path) -> None:
    rows = "patient,muscle,side,units,sites,guidance\nP001,splenius_capitis,right,60,2,ultrasound\n"
    (tmp_path / "plans.csv").write_text(rows, "utf-8")
    assert read_plans(tmp_path / "plans.csv", MEMBERS) == read_plans(write(tmp_path), MEMBERS)


def test_a_function_may_have_no_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_planner_without_plans.py").write_text("def plan(case):\n    return None\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert scored("a_planner_without_plans:plan", 2).missing == 2


@pytest.mark.parametrize(
    ("body", "word"), [("return '60 Units'", "str"), ("raise RuntimeError('no idea')", "no idea")]
)
def test_a_function_that_gives_no_plan_is_told_with_its_person(
    body: str, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_made_up_planner.py").write_text(f"def plan(case):\n    {body}\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "a_made_up_planner", raising=False)
    with pytest.raises(BadInput, match=f"P001.*{word}"):
        planner_of("a_made_up_planner:plan", MEMBERS, KNOWN)(MEMBERS.people[0])


@pytest.mark.parametrize(
    ("change", "word"),
    [({"muscle": "biceps"}, "biceps"), ({"units": "many"}, "numbers"), ({"guidance": "luck"}, "luck")],
)
def test_a_slip_in_a_file_names_the_person(change: dict[str, str], word: str, tmp_path: Path) -> None:
    path = write(tmp_path, **change)
    with pytest.raises(BadInput, match=f"P001.*{word}"):
        read_plans(path, MEMBERS)


@pytest.mark.parametrize("named", ["nothing", "no.such.module:plan", "lost.json"])
def test_a_planner_that_is_none_is_refused(named: str) -> None:
    with pytest.raises(BadInput):
        planner_of(named, MEMBERS, KNOWN)


def test_a_stranger_in_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plans.json").write_text(json.dumps({"P999": {"injections": []}}), "utf-8")
    with pytest.raises(BadInput, match="P999"):
        read_plans(tmp_path / "plans.json", MEMBERS)
