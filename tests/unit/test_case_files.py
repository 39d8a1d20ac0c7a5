"""Reading case files: what is accepted, and how each slip is refused."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from collis.case.case import Case
from collis.case.document import LARGEST_FILE_BYTES
from collis.case.files import BadCaseFile, parse_case, read_case, write_case
from collis.case.history import FlagAnswer, History
from collis.case.patient import Answer
from collis.case.session import Given, OtherToxin, Session
from collis.case.vocabulary import LUMPED
from collis.errors import BadInput, ProductMismatch
from collis.knowledge.load import load
from collis.knowledge.names import Muscle, MuscleSide, Region
from collis.side import Side
from collis.units import Dose

ROOT = Path(__file__).parents[2]
HEAD = 'schema = 1\nregion = "US"\ndate = 2026-11-10\n'
SESSION = f'{HEAD}[[history.session]]\ndate = 2026-08-11\nproduct = "onabotulinumtoxinA"\n'

FIXTURES = tomllib.loads((ROOT / "tests/fixtures/slips.toml").read_text("utf-8"))
SLIPS = {slip["name"]: slip for slip in FIXTURES["slip"]}
BROKEN = {slip["name"]: slip for slip in FIXTURES["broken"]}


def refused(text: str) -> BadCaseFile:
    with pytest.raises(BadCaseFile) as caught:
        parse_case(text, file="made-up.case.toml")
    return caught.value


@pytest.mark.parametrize("slip", SLIPS)
def test_each_slip_is_refused_at_the_line_that_holds_it(slip):
    text = SLIPS[slip]["file"]
    error = refused(text)
    problem = next(p for p in error.problems if SLIPS[slip]["says"] in p.sentence())
    assert problem.line is not None
    assert SLIPS[slip]["at"] in text.split("\n")[problem.line - 1]
    assert problem.sentence().startswith(f"made-up.case.toml, line {problem.line}: ")
    assert problem.read
    assert problem.expected


@pytest.mark.parametrize("slip", SLIPS)
def test_one_slip_brings_no_crowd_of_others(slip):
    assert len(refused(SLIPS[slip]["file"]).problems) <= 2


@pytest.mark.parametrize("slip", BROKEN)
def test_broken_toml_is_refused_in_plain_words_at_its_line(slip):
    error = refused(BROKEN[slip]["file"])
    assert error.line == BROKEN[slip]["line"]
    assert BROKEN[slip]["says"] in error.sentence()


def test_every_slip_of_a_file_is_told_at_once_first_line_first():
    error = refused('schema = 1\nregion = "UU"\n[patient]\nsex = "femal"\nage = 5\n[safety]\nvoise = "no"\n')
    assert [p.line for p in error.problems] == [2, 4, 5, 7]
    assert error.line == 2
    assert len(str(error).splitlines()) == 4


def test_of_very_many_slips_the_first_are_told_and_the_rest_counted():
    error = refused(HEAD + "".join(f"key{i} = 1\n" for i in range(100)))
    assert len(error.problems) == 100
    assert str(error).endswith("… and 80 more.")


def test_the_column_points_at_the_value():
    error = refused(f'{HEAD}[examination.posture]\nturn = {{ deg = 3, toward = "lift" }}\n')
    assert (error.line, error.column) == (5, 28)


def test_a_missing_schema_says_which_schema_is_read():
    error = refused('region = "US"\n')
    assert "this program reads schema 1" in str(error)


def test_a_missing_region_is_asked_for():
    assert "US, EU, UK or JP" in str(refused("schema = 1\n"))


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing but a remark\n", "\ufeff"])
def test_an_empty_file_is_refused(text):
    assert refused(text).problems


def test_a_nul_is_refused_with_its_line():
    assert refused(f"{HEAD}\0").line == 4


def test_lists_nested_beyond_measure_are_refused():
    assert refused(f"{HEAD}goals = {'[' * 90_000}").problems
    assert refused(f"{HEAD}goals = {'[' * 400}{']' * 400}\n").line == 4
    assert refused(f"{HEAD}{'.'.join('a' * 2000)} = 1\n").line == 4
    assert refused(f"{HEAD}x = {'{a=' * 200}1{'}' * 200}\n").line == 4


def test_a_number_of_five_thousand_digits_is_refused():
    assert "too many digits" in str(refused(f"{HEAD}[patient]\nage_years = {'9' * 5000}\n"))
    assert "more than 40 digits" in str(refused(f"{HEAD}[patient]\nage_years = 0x{'f' * 5000}\n"))


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    file = tmp_path / "x.case.toml"
    file.write_bytes(b"\xef\xbb\xbf" + HEAD.replace("\n", "\r\n").encode())
    assert read_case(file).region is Region.US
    file.write_bytes(HEAD.replace("\n", "\r\n").encode() + b'[patient]\r\nsex = "femal"\r\n')
    with pytest.raises(BadCaseFile, match="line 5"):
        read_case(file)


def test_bytes_that_are_not_utf8_are_refused_with_their_line(tmp_path):
    file = tmp_path / "x.case.toml"
    file.write_bytes(f'{HEAD}[safety]\nvoice = {{ detail = "na'.encode() + b'\xefve" }\n')
    with pytest.raises(BadCaseFile, match=r"line 5: read the byte 0xef; .*Save the file as UTF-8"):
        read_case(file)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(BadCaseFile, match="no file of this name"):
        read_case(tmp_path / "missing.case.toml")
    with pytest.raises(BadCaseFile, match="a folder"):
        read_case(tmp_path)
    with pytest.raises(BadCaseFile, match="expected a case file"):
        read_case(tmp_path / "with\0nul")
    (tmp_path / "there.case.toml").write_text(HEAD)
    with pytest.raises(BadCaseFile, match=r"Did you mean .*there\.case\.toml\?"):
        read_case(tmp_path / "there")


def test_a_huge_file_is_refused_unread(tmp_path):
    file = tmp_path / "x.case.toml"
    file.write_bytes(b"#" * (LARGEST_FILE_BYTES + 1))
    with pytest.raises(BadCaseFile, match="more than a megabyte"):
        read_case(file)
    with pytest.raises(BadCaseFile, match="more than a megabyte"):
        parse_case("#" * (LARGEST_FILE_BYTES + 1))


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*.case.toml")), ids=lambda f: f.name)
def test_every_example_reads_and_says_what_it_shows(file):
    case = read_case(file)
    assert parse_case(write_case(case)) == case
    assert file.read_text("utf-8").startswith("# ")


def test_a_file_written_in_schema_1_still_reads():
    case = read_case(ROOT / "tests/fixtures/schema1.case.toml")
    assert case.date == date(2026, 11, 10)
    assert case.last_session is not None
    assert case.last_session.total == Dose.of(160, "onabotulinumtoxinA")
    assert case.flags["spread"].answer is FlagAnswer.NO
    assert case.naive is Answer.NO


def test_what_is_left_out_is_unknown_and_not_no():
    case = parse_case('schema = 1\nregion = "EU"\n')
    assert case == Case(region=Region.EU)
    assert case.naive is Answer.UNKNOWN
    assert case.safety.swallowing.answer is Answer.UNKNOWN
    assert "spread" not in case.flags


def test_sessions_stand_oldest_first_whatever_the_file_says():
    later = '[[history.session]]\ndate = 2026-08-11\nproduct = "onabotulinumtoxinA"\ntotal_units = 5\n'
    case = parse_case(HEAD + later + later.replace("08-11", "02-11"))
    assert [s.on.month for s in case.history.sessions] == [2, 8]


def test_lines_alone_give_the_total_and_lumped_names_keep_their_members():
    case = parse_case(f'{SESSION}[[history.session.given]]\nmuscle = "splenius"\nside = "left"\nunits = 60\n')
    (session,) = case.history.sessions
    assert session.total == Dose.of(60, "onabotulinumtoxinA")
    assert session.given[0].members == (
        MuscleSide(Muscle.SPLENIUS_CAPITIS, Side.LEFT),
        MuscleSide(Muscle.SPLENIUS_CERVICIS, Side.LEFT),
    )


def test_lumped_names_are_those_of_the_groups_passed_in():
    text = f'{SESSION}[[history.session.given]]\nmuscle = "straps"\nside = "left"\nunits = 60\n'
    case = parse_case(text, groups={"straps": (Muscle.INFRAHYOID, Muscle.OMOHYOID)})
    assert len(case.history.sessions[0].given[0].members) == 2
    with pytest.raises(BadCaseFile):
        parse_case(text)


def test_the_lumped_names_are_those_the_knowledge_lists():
    assert load().groups == LUMPED


def test_decimals_are_exact():
    case = parse_case(f"{HEAD}[patient]\nweight_kg = 68.1\n")
    assert case.patient.weight_kg == Decimal("68.1")


def test_the_file_name_can_be_filled_in_later():
    with pytest.raises(BadCaseFile) as caught:
        parse_case("schema = 1\n")
    assert caught.value.at(file="later.case.toml").sentence().startswith("later.case.toml, line 1")


def test_a_session_of_two_products_cannot_be_made():
    on, product = date(2026, 8, 11), "onabotulinumtoxinA"
    line = Given(
        muscle="platysma",
        side=Side.LEFT,
        dose=Dose.of(5, "abobotulinumtoxinA"),
        members=(MuscleSide(Muscle.PLATYSMA, Side.LEFT),),
    )
    with pytest.raises(ProductMismatch):
        Session(on=on, product=product, total=Dose.of(5, product), given=(line,))
    with pytest.raises(ProductMismatch):
        OtherToxin(product=product, dose=Dose.of(5, "abobotulinumtoxinA"))


def test_a_case_cannot_hold_a_session_after_its_visit():
    session = Session(on=date(2026, 12, 1), product="x", total=Dose.of(5, "x"))
    with pytest.raises(BadInput, match="not after the visit"):
        Case(region=Region.US, date=date(2026, 11, 10), history=History(sessions=(session,)))


def test_a_tremor_of_no_axis_needs_no_grade() -> None:
    case = parse_case('schema = 1\nregion = "US"\n[examination.posture]\ntremor = { axis = "none" }\n')
    assert case.examination.posture.tremor is not None
    assert case.examination.posture.tremor.grade == 0
