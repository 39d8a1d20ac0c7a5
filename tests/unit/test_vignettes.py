"""Every vignette in tests/cases comes out as the clinician who wrote it expects."""

from __future__ import annotations

from pathlib import Path

import pytest

from collis.errors import BadInput
from tests.vignettes import FOLDER, WORDS, disappointments, parse_vignette, read_vignette, vignette_files

CASE = """schema = 1
region = "US"
date = 2026-11-10
[examination.posture]
turn = { deg = 30, toward = "left", level = "caput" }
[request]
product = "onabotulinumtoxinA"
[expect]
source = "teaching"
place = "lesson 1"
checked = "no"
"""


@pytest.mark.parametrize("path", vignette_files(), ids=lambda path: path.stem)
def test_vignette(path: Path) -> None:
    wrong = disappointments(read_vignette(path))
    assert not wrong, f"{path.name}\n" + "\n".join(f"  * {sentence}" for sentence in wrong)


def test_there_are_at_least_thirty_vignettes() -> None:
    assert len(vignette_files()) >= 30


def test_a_vignette_that_cannot_come_true_says_what_was_expected_and_what_came_out() -> None:
    vignette = parse_vignette(
        CASE + 'plan_must_include = ["splenius capitis right"]\ntotal_between = [1, 2]\n'
    )
    first, second = disappointments(vignette)
    assert first.startswith('Expected splenius capitis RIGHT in the plan; the "Balanced" plan came out as: ')
    assert second.startswith("Expected a total of 1 to 2 Units; ")


@pytest.mark.parametrize(
    ("line", "read", "mend"),
    [
        ('plan_must_inclde = ["splenius_capitis left"]', "plan_must_inclde", "plan_must_include"),
        ('must_warn = ["R54"]', "R54", "R5"),
        ('plan_must_include = ["splenius_capits left"]', "splenius_capits", "splenius_capitis"),
        ('plan_must_include = ["splenius_capitis"]', "splenius_capitis", "left, right or both"),
        ("total_between = [240, 120]", "240", "[120, 240]"),
        ('candidate = "ballanced"', "ballanced", "balanced"),
        ('verdict = "refused"', "refused", "refuse"),
        ('must_refuse = "R22"', "R22", '["R22"]'),
        ('rest_answered_no = "yes"', "yes", "true or false"),
    ],
)
def test_a_slip_in_what_is_expected_is_refused_with_its_line_and_the_nearest_word(
    line: str, read: str, mend: str
) -> None:
    with pytest.raises(BadInput) as caught:
        parse_vignette(f"{CASE}{line}\n", file="sample.toml")
    sentence = str(caught.value)
    assert sentence.startswith("sample.toml, line 12: ")
    assert read in sentence
    assert mend in sentence


def test_an_expectation_without_a_source_is_refused() -> None:
    with pytest.raises(BadInput, match="no source"):
        parse_vignette(CASE.replace('source = "teaching"\n', "") + 'must_warn = ["R22"]\n')


def test_a_file_that_expects_nothing_is_refused() -> None:
    with pytest.raises(BadInput, match="nothing that is expected"):
        parse_vignette(CASE)


def test_a_slip_in_the_case_is_told_by_its_own_line() -> None:
    with pytest.raises(BadInput, match=r"sample\.toml, line 5: .*torso"):
        parse_vignette(CASE.replace('"caput"', '"torso"') + 'must_warn = ["R22"]\n', file="sample.toml")


def test_an_unknown_that_is_written_stays_unknown_when_the_rest_is_answered_no() -> None:
    text = CASE.replace("[request]", '[safety]\nswallowing = "unknown"\n[request]')
    case = parse_vignette(text + 'rest_answered_no = true\nmust_warn = ["R22"]\n').case
    assert case.safety.swallowing.answer == "unknown"
    assert case.safety.breathing.answer == "no"


def test_the_readme_lists_every_word_a_vignette_may_use() -> None:
    told = (FOLDER / "README.md").read_text("utf-8")
    assert [word for word in WORDS if f"`{word}`" not in told] == []
