"""Reading case files: what is accepted, and how each slip is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from collis.case.case import Case
from collis.case.files import LARGEST_FILE_BYTES, BadCaseFile, parse_case, read_case, write_case
from collis.case.history import FlagAnswer, History
from collis.case.patient import Answer
from collis.case.session import Given, OtherToxin, Session
from collis.errors import BadInput, ProductMismatch
from collis.knowledge.names import Muscle, MuscleSide, Region
from collis.side import Side
from collis.units import Dose

ROOT = Path(__file__).parents[2]
HEAD = 'schema = 1\nregion = "US"\ndate = 2026-11-10\n'
POSTURE = f"{HEAD}[examination.posture]\n"
SESSION = f'{HEAD}[[history.session]]\ndate = 2026-08-11\nproduct = "onabotulinumtoxinA"\n'
GIVEN = f"{SESSION}total_units = 60\n[[history.session.given]]\n"
PLAN = f'{HEAD}[request]\nproduct = "onabotulinumtoxinA"\n[[request.plan]]\n'
LINE = 'muscle = "splenius_capitis"\nside = "left"\n'

# Each: the file, the offending text (its line must be the line named), and what the refusal must say.
SLIPS = {
    "an unknown key": (f"{HEAD}[patient]\nage = 54\n", "age", "age_years"),
    "an unknown key at the top": (f"{HEAD}pateint = 1\n", "pateint", "patient"),
    "an unknown section": (f"{HEAD}[red_flag]\nspread = 'no'\n", "red_flag", "red_flags"),
    "an unknown red flag": (f"{HEAD}[red_flags]\nspred = 'no'\n", "spred", "spread"),
    "an unknown safety question": (f"{HEAD}[safety]\nswalowing = 'no'\n", "swalowing", "swallowing"),
    "an unknown region": ('schema = 1\nregion = "USA"\n', "USA", 'Did you mean "US"?'),
    "a missing side": (f'{PLAN}muscle = "platysma"\nunits = 5\n', "[[request.plan]]", "right or left"),
    "a number in words": (f'{HEAD}[patient]\nage_years = "fifty"\n', "fifty", "whole number of years"),
    "a unit beside a number": (f'{PLAN}{LINE}units = "60 Units"\n', "60 Units", "without quotes or a unit"),
    "an age with decimals": (f"{HEAD}[patient]\nage_years = 54.5\n", "54.5", "without decimals"),
    "an age no one reaches": (f"{HEAD}[patient]\nage_years = 154\n", "154", "0 to 120"),
    "a truth value for an age": (f"{HEAD}[patient]\nage_years = true\n", "true", "whole number"),
    "a truth value for an answer": (f"{HEAD}[safety]\nvoice = false\n", "false", '"yes" or "no"'),
    "a weight that is infinite": (f"{HEAD}[patient]\nweight_kg = inf\n", "inf", "number of kg"),
    "a weight that is no number": (f"{HEAD}[patient]\nweight_kg = nan\n", "nan", "number of kg"),
    "a number of absurd size": (f"{PLAN}{LINE}units = 1e999999999\n", "1e999999999", "number of Units"),
    "a number of absurd fineness": (f"{PLAN}{LINE}units = 1e-99999999\n", "1e-99999999", "at most 6 decimals"),
    "an exponent past all bounds": (f"{PLAN}{LINE}units = 1e99999999999999999999\n", "1e9999", "number of Units"),
    "a hexadecimal monster": (f"{PLAN}{LINE}units = 0x{'f' * 5000}\n", "0xfff", "more than 40 digits"),
    "a negative dose": (f"{PLAN}{LINE}units = -5\n", "-5", "0 or more"),
    "no site at all": (f"{PLAN}{LINE}units = 5\nsites = 0\n", "sites = 0", "1 or more"),
    "an unknown muscle": (f'{PLAN}muscle = "splenius capitus"\nside = "left"\nunits = 5\n', "capitus", "splenius_capitis"),
    "a muscle by its short name": (f'{PLAN}muscle = "SCM"\nside = "left"\nunits = 5\n', "SCM", "sternocleidomastoid"),
    "a lumped muscle in a plan": (f'{PLAN}muscle = "scalenes"\nside = "left"\nunits = 5\n', "scalenes", "scalenus_medius"),
    "both sides in one line": (f'{PLAN}muscle = "platysma"\nside = "both"\nunits = 5\n', "both", "one line for each side"),
    "an unknown side": (f'{PLAN}muscle = "platysma"\nside = "Left"\nunits = 5\n', "Left", 'Did you mean "left"?'),
    "a muscle twice in a plan": (f"{PLAN}{LINE}units = 5\n[[request.plan]]\n{LINE}units = 6\n# again", "splenius_capitis", "one line for each"),
    "a plan of no product": (f"{HEAD}[[request.plan]]\n{LINE}units = 5\n", "request", "product of the plan"),
    "a plan name without a plan": (f'{HEAD}[request]\nplan_name = "x"\n', "plan_name", "no [[request.plan]]"),
    "a brand for a product": (f'{HEAD}[request]\nproduct = "Botox"\n', "Botox", "onabotulinumtoxinA"),
    "an unknown guidance": (f'{HEAD}[request]\nguidance = ["palpation", "ultrasond"]\n', "ultrasond", "ultrasound"),
    "a guidance twice": (f'{HEAD}[request]\nguidance = ["emg", "emg"]\n', "emg", "each word once"),
    "guidance without brackets": (f'{HEAD}[request]\nguidance = "emg"\n', "emg", "square brackets"),
    "guidance by nothing": (f"{HEAD}[request]\nguidance = []\n", "guidance", "at least one method"),
    "an angle above a right angle": (f'{POSTURE}turn = {{ deg = 300, toward = "left" }}\n', "300", "0 to 90"),
    "a signed angle": (f'{POSTURE}turn = {{ deg = -30, toward = "left" }}\n', "-30", "direction goes into `toward`"),
    "an angle with no direction": (f"{POSTURE}tilt = {{ deg = 30 }}\n", "tilt", "direction of an angle above 0"),
    "a turn to the front": (f'{POSTURE}turn = {{ deg = 30, toward = "front" }}\n', "front", "right or left"),
    "a flexion to the left": (f'{POSTURE}flexion = {{ deg = 30, toward = "left" }}\n', "left", "front or back"),
    "an angle as a bare number": (f"{POSTURE}turn = 30\n", "30", "deg = 25"),
    "an unknown level": (f'{POSTURE}turn = {{ deg = 3, toward = "left", level = "capt" }}\n', "capt", "caput"),
    "a level beside a separate angle": (f'{POSTURE}torticaput = {{ deg = 3, toward = "left", level = "caput" }}\n', "level", "deg or toward"),
    "a total beside its parts": (f'{POSTURE}turn = {{ deg = 3, toward = "left" }}\ntorticaput = {{ deg = 3, toward = "left" }}\n', "torticaput", "either the total or"),
    "an unknown shift": (f'{POSTURE}lateral_shift = {{ grade = "severe", toward = "left" }}\n', "severe", "marked"),
    "a shift with no direction": (f'{POSTURE}lateral_shift = {{ grade = "mild" }}\n', "lateral_shift", "side the head is displaced to"),
    "a shoulder of grade 4": (f"{POSTURE}shoulder_elevation = {{ right = 4 }}\n", "4", "from 0 to 3"),
    "an unknown tremor": (f'{POSTURE}tremor = {{ axis = "nono", grade = 1 }}\n', "nono", "no-no"),
    "an unknown movement": (f'{HEAD}[[examination.range]]\nmovement = "rotation"\n', '"rotation"', "rotation right"),
    "an unknown finding": (f'{HEAD}[[examination.finding]]\n{LINE}found = ["overative"]\n', "overative", "overactive"),
    "a finding of nothing": (f"{HEAD}[[examination.finding]]\n{LINE}found = []\n", "found", "what was found"),
    "two findings in one muscle": (f'{HEAD}[[examination.finding]]\n{LINE}found = ["tender"]\n[[examination.finding]]\n{LINE}found = ["tender"]\n', "splenius_capitis", "one list"),
    "a date in quotes": ('schema = 1\nregion = "US"\ndate = "2026-11-10"\n', '"2026-11-10"', "without quotes"),
    "a date with a time": ('schema = 1\nregion = "US"\ndate = 2026-11-10T10:00:00\n', "2026-11-10", "without a time"),
    "a date of another age": ('schema = 1\nregion = "US"\ndate = 0206-11-10\n', "0206", "a year from"),
    "a session after the visit": (f'{HEAD}[[history.session]]\ndate = 2027-08-11\nproduct = "onabotulinumtoxinA"\ntotal_units = 5\n', "2027-08-11", "not after the visit"),
    "a score after the visit": (f'{HEAD}[[rating]]\ndate = 2027-08-11\nscale = "tsui"\nscore = 5\n', "2027-08-11", "not after the visit"),
    "a product nobody knows": (f'{HEAD}[[history.session]]\ndate = 2026-08-11\nproduct = "onabotulinumA"\ntotal_units = 5\n', "onabotulinumA", "onabotulinumtoxinA"),
    "lines above the total": (f"{GIVEN}{LINE}units = 70\n", "total_units = 60", "add up to 70 Units"),
    "lines below the total": (f"{GIVEN}{LINE}units = 50\n", "total_units = 60", "add up to 50 Units"),
    "a session of no dose": (f"{SESSION}", "history.session", "the total, or every line"),
    "an unknown lumped name": (f'{GIVEN}muscle = "scalene"\nside = "left"\nunits = 60\n', "scalene", "scalenes"),
    "a side effect of grade 4": (f'{SESSION}total_units = 5\n[[history.session.side_effect]]\nkind = "dysphagia"\ngrade = 4\n', "grade = 4", "from 1 to 3"),
    "a side effect that ends first": (f'{SESSION}total_units = 5\n[[history.session.side_effect]]\nkind = "dysphagia"\ngrade = 1\nfrom_day = 9\nto_day = 4\n', "to_day = 4", "not before day 9"),
    "an unknown side effect": (f'{SESSION}total_units = 5\n[[history.session.side_effect]]\nkind = "disphagia"\ngrade = 1\n', "disphagia", "dysphagia"),
    "a benefit beyond all": (f"{SESSION}total_units = 5\nbenefit_percent = 160\n", "160", "from -100 to 100"),
    "an unknown scale": (f'{HEAD}[[rating]]\ndate = 2026-08-11\nscale = "twstrs"\nscore = 5\n', '"twstrs"', "twstrs_total"),
    "a score no one can have": (f'{HEAD}[[rating]]\ndate = 2026-08-11\nscale = "tsui"\nscore = 26\n', "26", "from 0 to 25"),
    "four goals": (f'{HEAD}[history]\ngoals = ["a", "b", "c",\n"d"]\n', '"d"', "at most 3"),
    "an empty goal": (f'{HEAD}[history]\ngoals = [""]\n', '""', "words"),
    "an onset in the future": (f"{HEAD}[patient]\nage_years = 50\n[history]\nonset_age_years = 60\n", "onset_age_years", "at most the age of 50"),
    "naive with a session": (f'{SESSION}total_units = 5\n[safety]\ntoxin_naive = "yes"\n', "toxin_naive", "where a session"),
    "naive with other toxin": (f'{HEAD}[safety]\ntoxin_naive = "yes"\n[[safety.other_toxin]]\nsite = "face"\n', "toxin_naive", "other toxin is recorded"),
    "units of no product": (f"{HEAD}[[safety.other_toxin]]\nunits = 155\n", "155", "product the Units belong to"),
    "neck toxin perhaps": (f'{HEAD}[[safety.other_toxin]]\nin_neck = "unknown"\n', "unknown", '"yes" or "no"'),
    "medicines with no answer": (f'{HEAD}[safety.medicines]\nnames = ["apixaban"]\n', "medicines", "yes, no or unknown"),
    "no medicines but one": (f'{HEAD}[safety.medicines]\nanswer = "no"\nnames = ["apixaban"]\n', "answer", "where any is taken"),
    "a detail with no answer": (f'{HEAD}[safety]\nvoice = {{ detail = "hoarse" }}\n', "voice", "yes, no or unknown"),
    "cleared and no more": (f'{HEAD}[red_flags]\nspread = "cleared"\n', "cleared", "what was done and when"),
    "cleared without a date": (f'{HEAD}[red_flags]\nspread = {{ answer = "cleared", done = "MRI" }}\n', "spread", "what was done and when"),
    "cleared after the visit": (f'{HEAD}[red_flags]\nspread = {{ answer = "cleared", done = "MRI", on = 2027-01-01 }}\n', "2027-01-01", "not after the visit"),
    "text that cannot be printed": (f'{HEAD}[safety]\nvoice = {{ answer = "yes", detail = "\\u0007" }}\n', "voice", "can be printed"),
    "a number for a text": (f'{HEAD}[safety]\nvoice = {{ answer = "yes", detail = 3 }}\n', "3", "text in quotes"),
    "a list for a table": (f"{HEAD}patient = []\n", "[]", "a table"),
    "a table for a list of tables": (f'{HEAD}[rating]\ndate = 2026-01-01\n', "[rating]", "[[rating]]"),
    "a word for a list of tables": (f'{HEAD}rating = ["x"]\n', "x", "[[rating]]"),
    "no strength in a preparation": (f'{HEAD}[request.preparation]\nproduct = "onabotulinumtoxinA"\ndiluent_ml = 1\ndrawn_units = 5\n', "preparation", "Units per 0.1 mL"),
    "a preparation of no product": (f"{HEAD}[request.preparation]\ndiluent_ml = 1\nunits_per_0_1ml = 5\ndrawn_units = 5\n", "preparation", "product that was prepared"),
    "a preparation without diluent": (f'{HEAD}[request.preparation]\nproduct = "onabotulinumtoxinA"\ndiluent_ml = 0\nunits_per_0_1ml = 5\ndrawn_units = 5\n', "preparation", "above 0"),
    "a moment in another zone": (f"{HEAD}[request.preparation]\nproduct = 'onabotulinumtoxinA'\ndiluent_ml = 1\nunits_per_0_1ml = 5\ndrawn_units = 5\nmixed_at = 2026-11-10T09:30:00Z\n", "mixed_at", "without a time zone"),
    "a schema of the future": ('schema = 2\nregion = "US"\nnovelty = 1\n', "schema = 2", "1, the latest schema this program reads"),
    "a schema of zero": ('schema = 0\nregion = "US"\n', "schema = 0", "1, the schema this program reads"),
    "a schema in words": ('schema = "1"\nregion = "US"\n', 'schema = "1"', "1, the schema this program reads"),
}  # fmt: skip

SYNTAX = {
    "a decimal comma": (f"{HEAD}[patient]\nweight_kg = 68,5\n", 5, "point, not a comma"),
    "a word without quotes": (f"{HEAD}[patient]\nsex = female\n", 5, "Words stand in quotes"),
    "curly quotes": (f"{HEAD}[patient]\nsex = “female”\n", 5, "straight quotes"),
    "a key twice": (f"{HEAD}[patient]\nsex = 'male'\nsex = 'male'\n[safety]\n", 6, "each key once"),
    "a heading twice": (f"{HEAD}[patient]\n[patient]\n[safety]\n", 5, "each heading once"),
    "a brace left open": (f"{POSTURE}turn = {{ deg = 3\n[safety]\n", 5, "a comma or }"),
    "a bracket left open": (f"{HEAD}[request]\nguidance = ['emg'\n[safety]\n", 6, "a comma or ]"),
    "a quote left open": (f'{HEAD}[patient]\nsex = "male\n[safety]\n', 5, "straight quotes"),
    "no equals sign": (f"{HEAD}[patient]\nsex 'male'\n", 5, "key = value"),
    "a day no month has": (f"{HEAD}[[rating]]\ndate = 2026-02-30\n", 5, "a day of the calendar"),
    "a day first": ('schema = 1\nregion = "US"\ndate = 10.11.2026\n', 3, "year-month-day"),
    "a comma before the brace": (f"{POSTURE}turn = {{ deg = 3, }}\n", 5, "No comma stands before }"),
    "a unit": (f"{PLAN}units = 60 U\n", 7, "end of the line"),
    "only punctuation": ("=\n", 1, "key = value"),
}  # fmt: skip


def refused(text: str) -> BadCaseFile:
    with pytest.raises(BadCaseFile) as caught:
        parse_case(text, file="made-up.case.toml")
    return caught.value


@pytest.mark.parametrize("slip", SLIPS)
def test_each_slip_is_refused_at_the_line_that_holds_it(slip):
    text, word, said = SLIPS[slip]
    error = refused(text)
    about = [p for p in error.problems if said in p.sentence()]
    assert about, error
    problem = about[0]
    assert problem.line is not None
    assert word in text.split("\n")[problem.line - 1]
    assert problem.sentence().startswith(f"made-up.case.toml, line {problem.line}: ")
    assert problem.read
    assert problem.expected


@pytest.mark.parametrize("slip", SLIPS)
def test_one_slip_brings_no_crowd_of_others(slip):
    assert len(refused(SLIPS[slip][0]).problems) <= 2


@pytest.mark.parametrize("slip", SYNTAX)
def test_broken_toml_is_refused_in_plain_words_at_its_line(slip):
    text, line, said = SYNTAX[slip]
    error = refused(text)
    assert error.line == line
    assert said in error.sentence()


def test_every_slip_of_a_file_is_told_at_once_first_line_first():
    error = refused('schema = 1\nregion = "UU"\n[patient]\nsex = "femal"\nage = 5\n[safety]\nvoise = "no"\n')
    assert [p.line for p in error.problems] == [2, 4, 5, 7]
    assert error.line == 2
    assert len(str(error).splitlines()) == 4


def test_the_column_points_at_the_value():
    error = refused(f'{POSTURE}turn = {{ deg = 3, toward = "lift" }}\n')
    assert (error.line, error.column) == (5, 28)


def test_a_missing_schema_says_which_schema_is_read():
    error = refused('region = "US"\n')
    assert "this program reads schema 1" in str(error)


def test_a_missing_region_is_asked_for():
    assert "US, EU, UK or JP" in str(refused("schema = 1\n"))


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing but a remark\n", "\ufeff"])
def test_an_empty_file_is_refused(text):
    assert refused(text)


def test_a_nul_is_refused_with_its_line():
    assert refused(f"{HEAD}\0").line == 4


def test_lists_nested_beyond_measure_are_refused():
    assert refused(f"{HEAD}goals = {'[' * 90_000}")
    assert refused(f"{HEAD}goals = {'[' * 400}{']' * 400}\n").line == 4


def test_a_number_of_five_thousand_digits_is_refused():
    assert "too many digits" in str(refused(f"{HEAD}[patient]\nage_years = {'9' * 5000}\n"))


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
        muscle="platysma", side=Side.LEFT, dose=Dose.of(5, "abobotulinumtoxinA"),
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
