"""The one door to a draw-up: only a plan the gate has let through, and the gate again at the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from collis.api import prepare, supply_of
from collis.case.case import Case
from collis.case.files import parse_case, write_case
from collis.case.plan import Plan
from collis.case.preparation import VialUse
from collis.errors import BadInput
from collis.pharmacy.gs1 import VialLabel
from collis.reasons import Level
from collis.safety.check import check
from collis.units import Dose
from tests.unit.pharmacy.bench import KNOWLEDGE, ONA, plan
from tests.unit.safety.bedside import answered

NINE = datetime(2026, 11, 10, 9)  # noqa: DTZ001
TEN = NINE.replace(hour=10)
GOOD = VialLabel(lot="A12345", expiry=date(2028, 6, 30))
FOUR_MUSCLES = plan(
    ("sternocleidomastoid", "right", 40, 2),
    ("splenius_capitis", "left", 60, 2),
    ("levator_scapulae", "right", 30, 2),
    ("trapezius_upper", "right", 30, 3),
)


def asked(of: Plan = FOUR_MUSCLES) -> Case:
    """A case that asks for the plan's product."""
    return answered(request={"product": of.product})


def checked(of: Plan = FOUR_MUSCLES, **wishes: Any) -> Any:
    """The plan through the gate, then drawn up."""
    return prepare(check(of, asked(of), KNOWLEDGE), asked(of), **wishes)


def test_a_plan_the_gate_has_not_seen_is_not_drawn_up():
    with pytest.raises(TypeError, match="only a plan the gate has checked"):
        prepare(FOUR_MUSCLES, asked())  # type: ignore[arg-type]


def test_a_plan_the_gate_refuses_is_not_drawn_up():
    too_much = plan(("splenius_capitis", "left", 4000, 80))
    verdict = check(too_much, asked(too_much), KNOWLEDGE)
    assert not verdict.passes
    with pytest.raises(BadInput, match="refused by the gate"):
        prepare(verdict, asked(too_much))


def test_a_preparation_that_is_complete_adds_nothing_to_the_verdict():
    before = check(FOUR_MUSCLES, asked(), KNOWLEDGE)
    made = checked(labels=[GOOD], mixed_at=NINE, injected_at=TEN)
    assert made.checked.verdict == before.verdict
    assert made.checked.plan is FOUR_MUSCLES


def test_a_vial_that_is_only_planned_leaves_questions_and_refuses_nothing():
    made = checked()
    assert made.checked.passes
    open_ones = {
        i for r in made.checked.verdict.reasons if r.level is Level.CANNOT_JUDGE for i in r.rule.split()
    }
    assert {"R35", "R36"} <= open_ones


@pytest.mark.parametrize(
    ("wishes", "rule"),
    [
        ({"labels": [replace(GOOD, expiry=date(2026, 11, 9))]}, "R36"),
        ({"labels": [replace(GOOD, lot="")]}, "R36"),
        ({"labels": [GOOD], "mixed_at": TEN, "injected_at": NINE}, "R35"),
    ],
)
def test_what_is_wrong_with_the_preparation_is_refused_by_the_gate(wishes, rule):
    made = checked(**wishes)
    assert not made.checked.passes
    assert {r.rule for r in made.checked.verdict.reasons if r.level is Level.REFUSE} == {rule}


def test_vials_of_two_sizes_at_one_strength_close_at_the_gate():
    muscles = ("splenius_capitis", "semispinalis_capitis", "levator_scapulae", "trapezius_upper")
    made = checked(plan(*((m, "left", 60, 2) for m in muscles)), labels=[GOOD, GOOD])
    assert made.drawup.choice.name == "200/2+100/1"
    assert made.checked.verdict.of_rule("R33") == ()


def test_a_preparation_reads_back_from_a_case_file():
    muscles = ("splenius_capitis", "semispinalis_capitis", "levator_scapulae", "trapezius_upper")
    made = checked(plan(*((m, "left", 60, 2) for m in muscles)), labels=[GOOD, GOOD], mixed_at=NINE)
    case = asked()
    case = replace(case, request=replace(case.request, preparation=made.drawup.preparation))
    assert parse_case(write_case(case)).request.preparation == made.drawup.preparation


def test_what_goes_on_the_claim_is_the_whole_of_the_vials():
    supply = supply_of(checked().drawup)
    assert (supply.given.units, supply.discarded.units, supply.opened.units) == tuple(
        map(Decimal, (160, 40, 200))
    )


def test_a_vial_mixed_with_no_diluent_is_refused():
    with pytest.raises(BadInput, match="a diluent volume above 0"):
        VialUse(units=Dose.of(100, ONA), diluent_ml=Decimal(0))
