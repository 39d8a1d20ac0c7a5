"""Quantities that must not be mixed up."""

from __future__ import annotations

from decimal import Decimal

import pytest

from collis.errors import BadInput, ProductMismatch
from collis.units import Angle, Dose, Volume, decimal_of, plain, rounded_together

ONA, ABO = "onabotulinumtoxinA", "abobotulinumtoxinA"


def test_a_second_product_cannot_be_added_subtracted_or_compared() -> None:
    one, other = Dose.of(10, ONA), Dose.of(10, ABO)
    with pytest.raises(ProductMismatch, match="no factor turns one into another"):
        one + other
    with pytest.raises(ProductMismatch):
        one - other
    with pytest.raises(ProductMismatch):
        _ = one < other
    with pytest.raises(ProductMismatch):
        Dose.total([one, other], ONA)
    assert one != other


def test_doses_of_one_product_add_subtract_and_compare() -> None:
    assert Dose.of(10, ONA) + Dose.of("2.5", ONA) == Dose.of(12.5, ONA)
    assert Dose.of(10, ONA) - Dose.of(10, ONA) == Dose.of(0, ONA)
    assert Dose.of(5, ONA) < Dose.of(10, ONA)
    assert not Dose.of(10, ONA) < Dose.of(10, ONA)
    assert Dose.of(10, ONA) >= Dose.of(10, ONA)
    assert Dose.total([], ONA) == Dose.of(0, ONA)
    assert Dose.of(10, ONA).times(1.5) == Dose.of(15, ONA)


@pytest.mark.parametrize("units", [-1, "NaN", "Infinity"])
def test_a_dose_is_a_number_of_units_that_is_0_or_more(units: int | str) -> None:
    with pytest.raises(BadInput, match="0 or more"):
        Dose.of(units, ONA)


def test_a_dose_belongs_to_a_product() -> None:
    with pytest.raises(BadInput, match="the product"):
        Dose.of(10, "")


def test_a_dose_is_split_over_at_least_one_site() -> None:
    assert Dose.of(30, ONA).split(3) == Dose.of(10, ONA)
    assert Dose.of(30, ONA).split(1) == Dose.of(30, ONA)
    with pytest.raises(BadInput, match="at least 1 site"):
        Dose.of(30, ONA).split(0)


def test_a_dose_is_printed_with_the_whole_word_and_no_trailing_zero() -> None:
    assert str(Dose.of("12.50", ONA)) == "12.5 Units"
    assert repr(Dose.of(0.5, ONA)) == "Dose(0.5 Units, onabotulinumtoxinA)"
    assert plain(Decimal("100")) == "100"
    assert plain(Decimal("1E+2")) == "100"
    assert plain(Decimal("0.0")) == "0"


def test_a_float_is_read_by_its_shortest_text() -> None:
    assert decimal_of(0.1) == Decimal("0.1")
    assert decimal_of("0.1") == decimal_of(Decimal("0.1"))
    assert decimal_of(3) == 3


def test_parts_are_rounded_so_that_they_add_up_to_the_rounded_sum() -> None:
    parts = tuple(Decimal(p) for p in ("33.3", "33.3", "33.4"))
    assert list(rounded_together(parts, Decimal(1))) == [33, 33, 34]
    assert list(rounded_together((Decimal("0.5"), Decimal("0.5")), Decimal(1))) == [1, 0]
    assert list(rounded_together((Decimal("0.25"), Decimal("0.25")), Decimal(1))) == [1, 0]
    assert list(rounded_together((Decimal(5), Decimal(10)), Decimal(5))) == [5, 10]
    assert list(rounded_together((Decimal(0),), Decimal("0.1"))) == [0]
    assert list(rounded_together((), Decimal(1))) == []
    for wrong, step in (
        ((Decimal(-1),), Decimal(1)),
        ((Decimal(1),), Decimal(0)),
        ((Decimal(1),), Decimal(-1)),
    ):
        with pytest.raises(BadInput, match="a step above 0"):
            rounded_together(wrong, step)


def test_volumes_add_compare_and_are_never_negative() -> None:
    assert Volume.of(0.5) + Volume.of("0.25") == Volume.of("0.75")
    assert Volume.of(0.1) < Volume.of(0.2)
    assert not Volume.of(0.1) < Volume.of(0.1)
    assert str(Volume.of("1.50")) == "1.5 mL"
    assert Volume.of(0).ml == 0
    for wrong in (-0.1, "NaN"):
        with pytest.raises(BadInput, match="0 mL or more"):
            Volume.of(wrong)


def test_an_angle_has_a_size_and_no_sign() -> None:
    assert str(Angle(30.0)) == "30°"
    assert (Angle(0).deg, Angle(180).deg) == (0, 180)
    for wrong in (-0.1, 180.1):
        with pytest.raises(BadInput, match="0 to 180 degrees"):
            Angle(wrong)
