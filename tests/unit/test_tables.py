"""Tables are read whole or refused with a line; a row that cannot be scored is kept with its reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from collis.errors import BadInput
from collis.trials.tables import (
    BASELINE_ASSUMED,
    SE_ASSUMED,
    UNCONTROLLED,
    PatientsTable,
    PersonRows,
    TrialsTable,
    read_patients,
    read_trials,
)

GOOD = {
    "trial_id": "T1",
    "arm": "5000 U",
    "product": "rimabotulinumtoxinB",
    "dose_units_total": "5000",
    "n": "25",
    "baseline_twstrs_total_mean": "45",
    "week": "4",
    "outcome": "twstrs_total",
    "change_mean": "-9.5",
    "change_sd_or_se": "10",
    "sd_or_se": "sd",
    "placebo_flag": "0",
    "design": "RCT, parallel",
    "source_tag": "published page",
}


def trials(folder: Path, *rows: dict[str, str], columns: tuple[str, ...] = tuple(GOOD)) -> TrialsTable:
    path = folder / "t.csv"
    lines = [",".join(columns)]
    lines += [",".join(f'"{({**GOOD, **row})[c]}"' for c in columns) for row in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return read_trials(path, assumed_sd=10.0, highest=85.0)


def patients(folder: Path, text: str) -> PatientsTable:
    path = folder / "secret-name.csv"
    path.write_text(text, "utf-8")
    return read_patients(path, highest=85.0)


def test_a_standard_deviation_is_divided_by_the_root_of_the_number_of_patients(tmp_path: Path) -> None:
    table = trials(tmp_path, {})
    assert table.rows[0].se == 2.0
    assert table.remarks[table.rows[0].row] == ()
    assert table.rows[0].verified


def test_a_standard_error_is_taken_as_it_is(tmp_path: Path) -> None:
    assert trials(tmp_path, {"change_sd_or_se": "1.5", "sd_or_se": "se"}).rows[0].se == 1.5


def test_what_is_assumed_of_a_row_is_said(tmp_path: Path) -> None:
    row = {"change_sd_or_se": "", "sd_or_se": "", "baseline_twstrs_total_mean": "", "design": "Open-label"}
    table = trials(tmp_path, row)
    assert table.rows[0].se == 2.0
    assert table.rows[0].se_assumed
    assert table.rows[0].baseline is None
    assert table.remarks[table.rows[0].row] == (SE_ASSUMED, BASELINE_ASSUMED, UNCONTROLLED)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"outcome": "tsui"}, "another outcome than the TWSTRS total (tsui)"),
        ({"outcome": "responder_pct_ge20pct"}, "a share of patients"),
        ({"outcome": "twstrs_total_diff_vs_placebo"}, "a difference between arms"),
        ({"outcome": "twstrs_total_locf"}, "another analysis"),
        ({"outcome": "twstrs_total_ls_mean_label"}, "its label's adjusted mean"),
        ({"product": "botulinumtoxinX"}, "no response model for botulinumtoxinX"),
        ({"product": "abobotulinumtoxinA v onabotulinumtoxinA"}, "more than one product"),
        ({"dose_units_total": "<=450"}, "no single dose (<=450)"),
        ({"dose_units_total": ""}, "the dose is not given"),
        ({"week": ""}, "the week is not given"),
        ({"week": "0"}, "a baseline row"),
        ({"change_mean": ""}, "no change in score given"),
        ({"change_sd_or_se": "", "sd_or_se": "", "n": ""}, "no standard error"),
        ({"trial_id": " "}, "the trial is not named"),
        ({"arm": ""}, "the arm is not named"),
    ],
)
def test_a_row_that_cannot_be_scored_is_listed_with_its_reason(
    tmp_path: Path, row: dict[str, str], reason: str
) -> None:
    table = trials(tmp_path, row, {})
    assert len(table.rows) == 1
    assert len(table.left_out) == 1
    assert table.left_out[0].line == 2
    assert reason in table.left_out[0].reason


def test_the_labels_version_of_an_arm_counts_once(tmp_path: Path) -> None:
    table = trials(tmp_path, {}, {"trial_id": "T1_LABEL"}, {"trial_id": "T2 LABEL"})
    assert [row.trial for row in table.rows] == ["T1", "T2 LABEL"]
    assert "label's version" in table.left_out[0].reason


def test_a_row_that_stands_twice_counts_once(tmp_path: Path) -> None:
    table = trials(tmp_path, {}, {}, {"week": "8"})
    assert [row.week for row in table.rows] == [4.0, 8.0]
    assert [(left.line, left.reason) for left in table.left_out] == [(3, "the same arm and week as line 2")]


def test_rows_of_one_arm_and_week_that_contradict_each_other_are_not_scored(tmp_path: Path) -> None:
    table = trials(tmp_path, {}, {"change_mean": "-4"}, {"arm": "placebo", "placebo_flag": "1"})
    assert [row.arm for row in table.rows] == ["placebo"]
    assert [left.line for left in table.left_out] == [2, 3]
    assert {left.reason for left in table.left_out} == {"this arm and week stand twice with other figures"}


def test_a_placebo_arm_needs_no_dose(tmp_path: Path) -> None:
    row = trials(tmp_path, {"placebo_flag": "1", "dose_units_total": ""}).rows[0]
    assert row.placebo
    assert row.units == 0.0


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"change_mean": "many"}, "line 2: change_mean: read 'many'; expected a number"),
        ({"n": "0"}, "n: read 0; expected 1 patient or more"),
        ({"change_sd_or_se": "-2"}, "change_sd_or_se: read -2"),
        ({"sd_or_se": "ci"}, "sd_or_se: read 'ci'; expected sd or se"),
        ({"week": "-4"}, "week: read -4"),
        ({"baseline_twstrs_total_mean": "0"}, "baseline_twstrs_total_mean: read 0"),
        ({"change_mean": "inf"}, "read 'inf'"),
        ({"change_mean": "-900"}, "change_mean: read -900; expected a change from -45 to 40 points"),
        ({"change_mean": "41"}, "change_mean: read 41; expected a change from -45 to 40 points"),
        (
            {"change_mean": "-86", "baseline_twstrs_total_mean": ""},
            "change_mean: read -86; expected a change from -85 to 85 points",
        ),
        (
            {"baseline_twstrs_total_mean": "4500"},
            "baseline_twstrs_total_mean: read 4500; expected a mean TWSTRS total above 0 and up to 85, or nothing",
        ),
    ],
)
def test_a_cell_that_cannot_be_is_refused_with_its_line(
    tmp_path: Path, row: dict[str, str], said: str
) -> None:
    with pytest.raises(BadInput, match=re.escape(said)):
        trials(tmp_path, row)


def test_a_missing_column_is_named_with_what_was_read(tmp_path: Path) -> None:
    columns = tuple(c for c in GOOD if c != "week")
    with pytest.raises(BadInput, match=r"read the columns trial_id, arm.*Missing: week\."):
        trials(tmp_path, {}, columns=columns)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "an empty file"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"patient,week,treat,twstrs\n", "no row below the first line"),
        (b"patient,week,treat,twstrs\n1,0\n", "line 2: .*more or fewer cells"),
        (b'patient,week,treat,twstrs\n"1,0,Placebo,40\n', "no CSV"),
        (b"patient,week,week,treat,twstrs\n1,0,0,Placebo,40\n", "a column name twice"),
        (b"patient,week,treat\n1,0,Placebo\n", "without twstrs"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=said):
        read_patients(path, highest=85.0)


def test_a_missing_file_is_refused_without_its_name(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be opened") as error:
        read_patients(tmp_path / "jane-doe.csv", highest=85.0)
    assert "jane" not in str(error.value)


PEOPLE = "patient,week,treat,twstrs\n7,0,5000U,40\n7,4,5000U,30\n3,4,Placebo,41\n3,0,Placebo,42\n"


def test_people_are_numbered_by_row_order_and_their_weeks_sorted(tmp_path: Path) -> None:
    table = patients(tmp_path, PEOPLE)
    assert [(p.patient, p.units, p.weeks, p.scores) for p in table.people] == [
        (1, 5000.0, (0.0, 4.0), (40.0, 30.0)),
        (2, 0.0, (0.0, 4.0), (42.0, 41.0)),
    ]
    assert "taken to be rimabotulinumtoxinB" in table.notes[0]


def test_a_table_that_names_no_product_may_be_of_any(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(PEOPLE, "utf-8")
    table = read_patients(path, highest=85.0, unnamed="onabotulinumtoxinA")
    assert {person.product for person in table.people} == {"onabotulinumtoxinA"}
    assert "taken to be onabotulinumtoxinA" in table.notes[0]


@pytest.mark.parametrize(("treat", "units"), [("150 Units", 150.0), ("10,000 U", 10000.0), ("placebo", 0.0)])
def test_a_treatment_may_be_written_in_several_ways(tmp_path: Path, treat: str, units: float) -> None:
    table = patients(tmp_path, f'patient,week,treat,twstrs,product\n1,0,"{treat}",40,onabotulinumtoxinA\n')
    assert table.people[0].arm == ("onabotulinumtoxinA", units)
    assert table.notes == ()


def test_a_visit_without_a_score_is_left_out_with_its_reason(tmp_path: Path) -> None:
    table = patients(tmp_path, PEOPLE + "3,8,Placebo,\n")
    assert [(left.line, left.reason) for left in table.left_out] == [(6, "no score")]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("9,0,Placebo,99.25", "line 6: twstrs: read a score off the scale"),
        ("9,0,Placebo,bad99.25", "line 6: twstrs: read text that is no number"),
        ("9,0,a lot 99.25,40", "line 6: treat: read a treatment that is neither"),
        ("9,-1,Placebo,40", "line 6: week: read a week before 0"),
        (",0,Placebo,40", "line 6: patient: read nothing"),
        ("7,4,5000U,35", "line 6: week: read a week that this patient already has"),
        ("7,8,Placebo,35", "line 6: treat: read another treatment"),
    ],
)
def test_a_bad_row_of_a_patient_is_refused_with_its_line_and_without_its_content(
    tmp_path: Path, row: str, said: str
) -> None:
    with pytest.raises(BadInput, match=re.escape(said)) as error:
        patients(tmp_path, PEOPLE + row + "\n")
    assert "99.25" not in str(error.value)
    assert "secret" not in str(error.value)


def test_weeks_of_a_person_rise() -> None:
    with pytest.raises(BadInput, match="rising"):
        PersonRows(patient=1, product="x", units=0, weeks=(4.0, 0.0), scores=(1.0, 2.0))
