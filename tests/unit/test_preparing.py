"""The draw-up of the commands: what was typed as mixed is drawn up as mixed, and nothing may contradict it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from collis import api
from collis.api import Prepared
from collis.case.preparation import Preparation
from collis.cli.preparing import prepare
from collis.errors import BadInput
from collis.pharmacy.drawup import NoteKind
from collis.pharmacy.gs1 import VialLabel
from collis.safety.check import check
from collis.units import Dose
from tests.unit.safety.bedside import ABO, KNOWLEDGE, ONA, USUAL, VISIT, answered, mixed, plan, vial

NINE, TEN = datetime(2026, 11, 10, 9), datetime(2026, 11, 10, 10)  # noqa: DTZ001
NOON = datetime(2026, 11, 10, 12)  # noqa: DTZ001


def made(typed: Preparation | None, *, planned: Any = USUAL, **wishes: Any) -> Prepared:
    """A plan of 100 Units drawn up for a case in which a preparation is typed, or none."""
    case = answered(request={"product": planned.product, "preparation": typed})
    unmixed = answered(
        request={"product": planned.product}
    )  # the plan passes; the preparation is judged with it
    return prepare(check(planned, unmixed, KNOWLEDGE), case, **wishes)


def whats(prepared: Prepared, kind: NoteKind) -> list[str]:
    return [note.what for note in prepared.drawup.notes if note.kind is kind]


def test_without_a_typed_preparation_the_dilution_is_chosen() -> None:
    case = answered(request={"product": ONA})
    checked = check(USUAL, case, KNOWLEDGE)
    assert prepare(checked, case, mixed_at=NINE) == api.prepare(checked, case, mixed_at=NINE)


def test_the_vials_lots_strength_and_times_are_those_typed() -> None:
    typed = mixed()
    prepared = made(typed)
    drawn = prepared.drawup
    assert drawn.preparation.vials == typed.vials
    assert (drawn.preparation.mixed_at, drawn.preparation.injected_at) == (NINE, TEN)
    assert drawn.choice.vials.counts == ((100, 2),)
    assert drawn.preparation.units_per_0_1ml == typed.units_per_0_1ml
    assert not drawn.others
    assert not whats(prepared, NoteKind.SAVING)
    (first, *_) = whats(prepared, NoteKind.ROW)
    assert first.startswith("Mixed as typed in the case: ")
    assert prepared.checked.passes


def test_what_was_opened_is_given_left_behind_or_discarded() -> None:
    totals = made(mixed()).drawup.totals
    assert totals.opened.units == 200
    assert totals.given.units == 100
    assert totals.given.units + totals.dead_space.units + totals.discarded.units == totals.opened.units
    assert totals.given_ml + totals.dead_space_ml + totals.discarded_ml == totals.opened_ml == 2


def test_less_drawn_than_the_plan_gives_is_a_problem_and_as_much_is_none() -> None:
    (problem,) = whats(made(mixed(drawn=Dose.of(99, ONA))), NoteKind.PROBLEM)
    assert problem == "The case says 99 Units were drawn; this plan gives 100 Units."
    assert not whats(made(mixed()), NoteKind.PROBLEM)


def test_without_vials_the_strength_and_the_diluent_typed_are_kept() -> None:
    prepared = made(mixed(vials=(), diluent="sodium chloride 0.9 %, preserved"))
    assert prepared.drawup.preparation.diluent == "sodium chloride 0.9 %, preserved"
    assert prepared.drawup.preparation.units_per_0_1ml == 10
    assert {v.units.units for v in prepared.drawup.vials} == {100}


@pytest.mark.parametrize(
    ("typed", "wishes", "said"),
    [
        (mixed(ABO), {}, "a preparation of abobotulinumtoxinA"),
        (mixed(units_per_0_1ml=Decimal(11)), {}, "100 Units in 1 mL as 11 Units in 0.1 mL"),
        (mixed(diluent_ml=Decimal(3)), {}, "a strength the label gives for the neck"),
        (mixed(vials=(vial(units=100, diluent_ml=Decimal("1.5")),)), {}, "a strength the label gives"),
        (mixed(), {"row": "100:2"}, "--row"),
        (mixed(), {"mixed_at": NOON}, "--mixed-at"),
        (mixed(), {"injected_at": NOON}, "--injected-at"),
        (mixed(vials=(vial(),)), {"labels": [VialLabel(lot="X1"), VialLabel(lot="X2")]}, "2 vial labels"),
        (mixed(), {"labels": [VialLabel(lot="X1")]}, "another lot or expiry than the case"),
        (mixed(), {"labels": [VialLabel(expiry=date(2030, 1, 1))]}, "another lot or expiry than the case"),
    ],
)  # fmt: skip
def test_what_contradicts_the_case_is_refused(typed: Preparation, wishes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        made(typed, **wishes)


def test_vials_that_hold_less_than_the_plan_are_refused_and_as_much_is_enough() -> None:
    more = plan(("splenius_capitis", "left", 61), ("sternocleidomastoid", "right", 40))
    one = mixed(vials=(vial(),))
    with pytest.raises(BadInput, match="vials that hold 100 Units"):
        made(one, planned=more)
    assert made(one).drawup.totals.opened.units == 100


def test_an_argument_that_says_the_same_as_the_case_is_taken() -> None:
    name = made(mixed()).drawup.choice.dilution.name
    again = made(mixed(), row=f" {name} ", mixed_at=NINE, injected_at=TEN)
    assert again.drawup.choice.dilution.name == name


def test_a_time_nobody_typed_comes_from_the_argument() -> None:
    prepared = made(mixed(mixed_at=None, injected_at=None), mixed_at=NINE, injected_at=NOON)
    assert prepared.drawup.preparation.mixed_at == NINE
    assert prepared.drawup.preparation.injected_at == NOON


def test_a_scan_fills_in_what_was_not_typed_and_may_repeat_what_was() -> None:
    blank = vial(lot="", expiry=None)
    label = VialLabel(lot="A12345", expiry=date(2028, 6, 30))
    prepared = made(mixed(vials=(blank, vial())), labels=[label])
    first, second = prepared.drawup.preparation.vials
    assert (first.lot, first.expiry) == (label.lot, label.expiry)
    assert (second.lot, second.expiry) == ("C1234", VISIT)
    same = made(mixed(), labels=[VialLabel(lot="C1234", expiry=VISIT)])
    assert same.drawup.preparation.vials == mixed().vials


def test_vials_of_two_sizes_are_each_counted() -> None:
    half = replace(vial(units=200), diluent_ml=Decimal(2))
    counts = made(mixed(vials=(vial(), half))).drawup.choice.vials.counts
    assert counts == ((200, 1), (100, 1))
