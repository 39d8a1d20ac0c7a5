"""Which syringe feeds which muscles."""

from __future__ import annotations

from decimal import Decimal

import pytest

from collis.pharmacy.dilution import Dilution, draws
from collis.pharmacy.syringes import Fill, fill
from tests.unit.pharmacy.bench import KNOWLEDGE, Line, exact, plan, row, syringe, total

FRONT = KNOWLEDGE.supplies.front.value
HUNDRED = Dilution(rows=(row(100, "1", "10"),))
FIFTY = Dilution(rows=(row(100, "2", "5"),))


def filled(*lines: Line, dilution: Dilution = HUNDRED) -> tuple[Fill, ...]:
    drawn, _ = draws(plan(*lines), dilution, syringe(), [])
    return fill(drawn, syringe(), FRONT)


def held(fills: tuple[Fill, ...]) -> list[list[str]]:
    return [[str(draw.injection.where) for draw in one.draws] for one in fills]


def test_front_and_back_muscles_have_syringes_of_their_own_where_that_costs_none():
    fills = filled(
        ("splenius_capitis", "left", 60, 2),
        ("sternocleidomastoid", "right", 40, 2),
        ("semispinalis_capitis", "left", 40, 2),
        ("scalenus_medius", "right", 20, 1),
    )
    assert held(fills) == [
        ["sternocleidomastoid RIGHT", "scalenus medius RIGHT"],
        ["splenius capitis LEFT", "semispinalis capitis LEFT"],
    ]


def test_no_further_syringe_is_taken_to_keep_front_and_back_apart_and_sides_stay_apart_then():
    fills = filled(
        ("sternocleidomastoid", "right", 40, 2),
        ("splenius_capitis", "left", 60, 2),
        ("levator_scapulae", "right", 30, 2),
        ("trapezius_upper", "right", 30, 3),
    )
    assert held(fills) == [
        ["sternocleidomastoid RIGHT", "levator scapulae RIGHT", "upper trapezius RIGHT"],
        ["splenius capitis LEFT"],
    ]


def test_a_syringe_says_its_volume_and_units():
    (one,) = filled(("sternocleidomastoid", "right", 40, 2), ("splenius_capitis", "left", 60, 2))
    assert (one.volume_ml, one.dose.units) == exact(1, 100)
    assert one.number == 1


def test_a_muscle_is_divided_between_its_sites_only_where_one_syringe_does_not_hold_it():
    fills = filled(
        ("splenius_capitis", "left", 60, 4), ("semispinalis_capitis", "left", 40, 2), dilution=FIFTY
    )
    split = [draw for one in fills for draw in one.draws if draw.injection.dose.units == 60]
    assert [draw.sites_ml for draw in split] == [(Decimal("0.3"),) * 3, (Decimal("0.3"),)]
    assert total(draw.dose.units for draw in split) == 60
    assert len(fills) == 3


@pytest.mark.parametrize("dilution", [HUNDRED, FIFTY])
def test_no_syringe_holds_more_than_it_can(dilution):
    fills = filled(*((m, s, 50, 2) for m in FRONT[:4] for s in ("right", "left")), dilution=dilution)
    assert all(one.volume_ml <= one.syringe.size.value for one in fills)
    assert [one.number for one in fills] == list(range(1, len(fills) + 1))
