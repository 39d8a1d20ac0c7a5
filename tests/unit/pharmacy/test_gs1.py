"""What a GS1 code says of a vial."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from collis.errors import BadInput
from collis.pharmacy.gs1 import VialLabel, read_gs1

ON = date(2026, 11, 10)
GTIN = "09501101530003"
WHOLE = VialLabel(lot="A12345", expiry=date(2028, 6, 30), gtin=GTIN, serial="7XK")


@pytest.mark.parametrize(
    "text",
    [
        f"(01){GTIN}(17)280630(10)A12345(21)7XK",
        f"01{GTIN}1728063010A12345\x1d217XK",
        f"]d201{GTIN}1728063010A12345\x1d217XK",
        f"  01{GTIN}10A12345\x1d217XK\x1d17280630\n",
    ],
    ids=["brackets", "scanned", "with its symbology", "another order"],
)
def test_lot_expiry_article_and_serial_are_read(text):
    assert read_gs1(text, ON) == WHOLE


def test_a_day_of_00_is_the_last_of_the_month():
    assert read_gs1("(17)280200", ON).expiry == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("digits", "on", "expiry"),
    [
        ("280630", ON, date(2028, 6, 30)),
        ("990630", ON, date(1999, 6, 30)),
        ("760630", ON, date(2076, 6, 30)),
        ("770630", ON, date(1977, 6, 30)),
        ("050630", date(2098, 1, 1), date(2105, 6, 30)),
    ],
)
def test_the_century_follows_from_the_day_of_reading(digits, on, expiry):
    assert read_gs1(f"(17){digits}", on).expiry == expiry


def test_a_lot_alone_is_enough():
    assert read_gs1("10A12345", ON) == VialLabel(lot="A12345")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the text of a GS1 code"),
        ("lot A12345", "the text of a GS1 code"),
        ("(99999)1", "the text of a GS1 code"),
        (f"(01){GTIN}", "a lot"),
        ("(01)09501101530004(10)A12345", "matching check digit"),
        ("(17)280000", "year, month and day"),
        ("(17)280231", "year, month and day"),
    ],
)
def test_a_code_that_cannot_be_read_is_refused_with_what_to_do(text, words):
    with pytest.raises(BadInput, match=words) as refused:
        read_gs1(text, ON)
    assert "Scan it again" in str(refused.value)


def test_the_parser_of_codes_is_not_imported_before_a_code_is_read():
    asked = "import sys, collis.pharmacy.drawup; sys.exit('biip' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
