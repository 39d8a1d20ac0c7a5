from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collis.report import words
from collis.units import decimal_of


@given(st.decimals(min_value=-5000, max_value=5000, places=4))
def test_a_number_reads_back_as_itself(value: Decimal) -> None:
    assert Decimal(words.number(value).replace(words.MINUS, "-").replace(",", "")) == value


@given(st.decimals(min_value=-5000, max_value=5000, places=3))
def test_no_number_has_a_trailing_zero_a_bare_point_or_a_hyphen(value: Decimal) -> None:
    said = words.number(value)
    assert "-" not in said
    assert not said.startswith((".", f"{words.MINUS}."))
    if "." in said:
        assert said[-1] not in "0."


def test_a_small_loss_rounds_to_zero_without_a_sign() -> None:
    assert words.number(-0.04, 1) == "0"


@pytest.mark.parametrize(
    ("share", "said"), [(0.0, "0 %"), (1.0, "100 %"), (0.999, "over 99 %"), (0.004, "under 1 %")]
)
def test_a_chance_is_never_rounded_to_certainty(share: float, said: str) -> None:
    assert words.percent(share) == said


@given(st.floats(0, 1))
def test_how_likely_is_one_of_three_words(probability: float) -> None:
    assert words.likelihood(probability) in ("likely", "possible", "unlikely")


def test_a_number_never_parts_from_its_unit() -> None:
    assert words.unbroken("60 Units in 2 mL by week 10") == "60\u00a0Units in 2\u00a0mL by week\u00a010"


def test_a_product_name_keeps_its_small_letter_at_the_start_of_a_sentence() -> None:
    assert words.sentence("abobotulinumtoxinA was used") == "abobotulinumtoxinA was used."


@given(st.text())
def test_printable_text_holds_only_what_our_fonts_have(text: str) -> None:
    said = words.printable(text)
    assert "\U0001f697" not in said
    assert all(ord(c) < 0x2270 for c in said)


def test_the_largest_dose_is_written_out() -> None:
    assert words.units(decimal_of("10000.0")) == "10,000 Units"
