"""Whole vials: least waste, then fewest; a saving is told and a dose never raised."""

from __future__ import annotations

from decimal import Decimal

import pytest

from collis.errors import BadInput
from collis.pharmacy.vials import fewest, saving


@pytest.mark.parametrize(
    ("units", "sizes", "counts"),
    [
        ("160", (100, 200), ((200, 1),)),
        ("200", (100, 200), ((200, 1),)),
        ("201", (100, 200), ((200, 1), (100, 1))),
        ("150", (50, 100, 200), ((100, 1), (50, 1))),
        ("160", (50, 100, 200), ((200, 1),)),
        ("800", (300, 500), ((500, 1), (300, 1))),
        ("550", (300, 500), ((300, 2),)),
        ("600", (300, 500), ((300, 2),)),
        ("100.5", (100,), ((100, 2),)),
        ("7500", (2500, 5000, 10000), ((5000, 1), (2500, 1))),
        ("12500", (2500, 5000, 10000), ((10000, 1), (2500, 1))),
    ],
)
def test_least_is_wasted_and_then_fewest_vials_are_opened(units, sizes, counts):
    assert fewest(Decimal(units), sizes).counts == counts


def test_no_other_set_of_vials_wastes_less():
    sizes = (300, 500)
    for units in range(50, 2500, 50):
        best = min(
            (a * 300 + b * 500, a + b) for a in range(10) for b in range(10) if a * 300 + b * 500 >= units
        )
        found = fewest(Decimal(units), sizes)
        assert (found.units, found.vials) == best


@pytest.mark.parametrize(("units", "sizes"), [("0", (100,)), ("10", ()), ("10", (0, 100))])
def test_nothing_to_give_or_nothing_to_open_is_refused(units, sizes):
    with pytest.raises(BadInput, match="vials that hold some"):
        fewest(Decimal(units), sizes)


def test_vials_are_said_in_words():
    assert str(fewest(Decimal(250), (100, 200))) == "1 x 200 Units and 1 x 100 Units"


def test_a_vial_saved_by_a_little_less_is_told_with_the_figure():
    told = saving(Decimal(210), (100, 200), Decimal(10))
    assert told is not None
    assert told.fewer == 10
    assert told.vials.counts == ((200, 1),)
    assert told.percent.quantize(Decimal("0.01")) == Decimal("4.76")


def test_a_smaller_vial_in_place_of_a_large_one_is_told_too():
    told = saving(Decimal(105), (100, 200), Decimal(10))
    assert told is not None
    assert told.vials.counts == ((100, 1),)


@pytest.mark.parametrize(
    ("units", "sizes"),
    [
        ("230", (100,)),  # more than a tenth would have to go
        ("200", (100, 200)),  # nothing is left over
        ("160", (50, 100, 200)),  # 150 Units need more vials
        ("20", (100,)),  # one vial is the least
    ],
)
def test_nothing_is_told_where_nothing_would_be_saved(units, sizes):
    assert saving(Decimal(units), sizes, Decimal(10)) is None


def test_exactly_a_tenth_less_still_counts():
    told = saving(Decimal(2000) / 9, (100,), Decimal(10))
    assert told is not None
    assert saving(Decimal(2001) / 9, (100,), Decimal(10)) is None


def test_a_saving_of_everything_is_none():
    assert saving(Decimal(20), (100,), Decimal(100)) is None
