"""`collis drawup`, its text and its document."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from collis.api import Prepared, prepare
from collis.cli import BAD_INPUT, DONE, REFUSED, run
from collis.pharmacy.drawup import NoteKind
from collis.pharmacy.gs1 import VialLabel
from collis.report.drawup import drawup_document, drawup_text
from collis.safety.check import check
from tests.docs.test_json_page import EXPLAINED, NAMES_OF_THINGS, keys_of
from tests.unit.pharmacy.bench import KNOWLEDGE, RIMA, Line, plan
from tests.unit.safety.bedside import answered

EXAMPLE = str(Path(__file__).parents[3] / "examples/torticaput-left.case.toml")
REFUSING = str(Path(__file__).parents[3] / "examples/red-flags.case.toml")
NINE = datetime(2026, 11, 10, 9)  # noqa: DTZ001
GS1 = "(17)280630(10)A12345"


def made(*lines: Line, product: str = "onabotulinumtoxinA", **wishes: Any) -> Prepared:
    """A plan that passed, drawn up."""
    planned = plan(*lines, product=product)
    case = answered(request={"product": product})
    return prepare(check(planned, case, KNOWLEDGE), case, **wishes)


def text(*lines: Line, **wishes: Any) -> str:
    """The same as text, its lines run together."""
    return " ".join(drawup_text(made(*lines, **wishes), width=110).split())


def test_the_text_says_what_to_open_mix_draw_and_discard():
    said = text(("splenius_capitis", "left", 50, 2), ("sternocleidomastoid", "right", 30, 2), mixed_at=NINE)
    for part in (
        "Open: 1 x 100 Units, for this patient alone.",
        "100 Units/mL, 10 Units in 0.1 mL.",
        "0.07 mL stay behind in each [assumed, not yet checked]",
        "Mixed at: 2026-11-10 09:00; discard by 2026-11-11 09:00.",
        "splenius capitis LEFT 50 0.5 2 × 0.25",
        "Given 80 0.8",
        "Opened 100 1",
        "to be written in",
        "Other ways (name one with --row)",
    ):
        assert part in said


def test_sites_that_are_not_equal_are_written_out_and_lots_are_shown():
    label = VialLabel(lot="A12345", expiry=date(2028, 6, 30))
    said = text(("splenius_capitis", "left", 50, 3), labels=[label])
    assert "0.17 + 0.17 + 0.16" in said
    assert "A12345 2028-06-30" in said
    assert "1 problem " in said


def test_a_way_that_cannot_be_drawn_is_named_with_its_reason():
    assert "cannot be drawn splenius capitis LEFT 300 Units: one site takes 1.2 mL" in text(
        ("splenius_capitis", "left", 300, 1), product="abobotulinumtoxinA"
    )


def test_a_ready_solution_is_called_one():
    said = text(("splenius_capitis", "left", 1250, 2), product=RIMA, mixed_at=NINE)
    assert "a ready solution: 5,000 Units/mL" in said
    assert "Mixed at: 2026-11-10 09:00." in said


def test_where_there_is_one_way_only_no_others_are_listed():
    one = made(("splenius_capitis", "left", 50, 2))
    alone = replace(one, drawup=replace(one.drawup, others=()))
    assert "Other ways" not in drawup_text(alone, width=100)
    quiet = replace(one, drawup=replace(one.drawup, notes=one.drawup.notes_on(NoteKind.SINGLE_PATIENT)))
    assert "Notes" not in drawup_text(quiet, width=100)


def test_every_key_of_the_document_is_explained_and_its_totals_add_up():
    document = drawup_document(made(("splenius_capitis", "left", 60, 2), mixed_at=NINE))
    assert set(keys_of(document)) - NAMES_OF_THINGS - EXPLAINED == set()
    totals = document["totals"]
    assert totals["opened"]["units"] == sum(totals[k]["units"] for k in ("given", "dead_space", "discarded"))


def test_the_command_prints_a_document(capsys):
    assert run(["drawup", EXAMPLE, "--choose", "balanced", "--row", "100/1", "--gs1", GS1, "--json"]) == DONE
    document = json.loads(capsys.readouterr().out)
    assert document["row"] == "100/1"
    assert [vial["lot"] for vial in document["vials"]] == ["A12345", None]
    assert document["vials"][0]["expiry"] == "2028-06-30"


def test_the_command_prints_text(capsys):
    assert run(["drawup", EXAMPLE, "--choose", "balanced", "--mixed-at", "2026-11-10T09:00"]) == DONE
    assert "Where the Units go" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--row", "200/3"), "one of"),
        (("--syringe", "5_ml"), "one of 1_ml"),
        (("--mixed-at", "nine"), "a day and time"),
        (("--gs1", "lot 5"), "GS1"),
        ((), "--choose"),
    ],
)
def test_what_cannot_be_used_is_said_and_leaves_with_2(more, words, capsys):
    choose = () if not more else ("--choose", "balanced")
    assert run(["drawup", EXAMPLE, *choose, *more]) == BAD_INPUT
    assert words in capsys.readouterr().err


def test_an_expired_vial_leaves_with_3_and_says_so(capsys):
    assert run(["drawup", EXAMPLE, "--choose", "balanced", "--gs1", "(17)250630(10)A12345"]) == REFUSED
    assert "expired on" in capsys.readouterr().out


def test_where_nothing_may_be_given_nothing_is_drawn_up(capsys):
    assert run(["drawup", REFUSING, "--choose", "balanced"]) == REFUSED
    assert "Syringes" not in capsys.readouterr().out
