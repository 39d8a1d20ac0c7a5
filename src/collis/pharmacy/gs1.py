"""Lot and expiry as the GS1 code on a vial or carton says them."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from collis.errors import BadInput

if TYPE_CHECKING:
    from biip.gs1_messages import GS1Message

YEARS_BACK = 49
"""A year of two digits lies from 49 years before to 50 years after the day of reading (GS1, dates)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VialLabel:
    """What is printed on one vial. A field the print does not have is empty, `expiry` None."""

    lot: str = ""
    expiry: date | None = None
    gtin: str = ""
    serial: str = ""


def read_gs1(text: str, on: date) -> VialLabel:
    """The label out of GS1 text: scanned, with or without its symbology sign, or typed with brackets.

    `on` is the day of reading and settles the century. Text that is no GS1 code, that has neither lot nor
    expiry, whose article number has a wrong check digit or whose expiry is no day raises `BadInput`.

    >>> read_gs1("(01)09501101530003(17)280630(10)A12345", date(2026, 11, 10))
    VialLabel(lot='A12345', expiry=datetime.date(2028, 6, 30), gtin='09501101530003', serial='')
    """
    found = {str(element.ai.ai): element for element in _message(text).element_strings}
    article = found.get("01")
    if article is not None and article.gtin is None:
        raise _unread(article.value, "an article number with a matching check digit")
    lot, expiry, serial = (found[ai].value if ai in found else "" for ai in ("10", "17", "21"))
    if not lot and not expiry:
        raise _unread(text, "a lot (10) or an expiry (17) in the code")
    return VialLabel(
        lot=lot,
        expiry=_day(expiry, on) if expiry else None,
        gtin="" if article is None else article.value,
        serial=serial,
    )


def _message(text: str) -> GS1Message:
    import biip
    from biip.gs1_messages import GS1Message

    code = text.strip()
    config = biip.ParseConfig(gs1_element_strings_verify_date=False)
    try:
        message = (
            GS1Message.parse_hri(code, config=config)
            if code.startswith("(")
            else biip.parse(code, config=config).gs1_message
        )
    except biip.ParseError:
        message = None
    if message is None or not message.element_strings:
        raise _unread(text, "the text of a GS1 code, such as (17)280630(10)A12345")
    return message


def _day(digits: str, on: date) -> date:
    earliest = on.year - YEARS_BACK
    year = earliest + (int(digits[:2]) - earliest) % 100
    month, day = int(digits[2:4]), int(digits[4:])
    try:
        return date(year, month, day or calendar.monthrange(year, month)[1])
    except ValueError as error:
        raise _unread(digits, "an expiry of year, month and day") from error


def _unread(read: str, expected: str) -> BadInput:
    return BadInput(
        where="GS1 code", read=repr(read), expected=expected, mend="Scan it again or type lot and expiry."
    )
