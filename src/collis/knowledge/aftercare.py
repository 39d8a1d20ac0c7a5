"""After the injection: when an ambulance is called, and what a patient is told to expect and to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from collis.errors import KnowledgeError
from collis.knowledge.fields import Fields
from collis.knowledge.names import Region
from collis.sources import Sourced


@dataclass(frozen=True, kw_only=True, slots=True)
class Emergency:
    """The number to call by region, the signs, how late they may come, and what is no emergency."""

    phones: Mapping[Region, Sourced[str]]
    signs: tuple[Sourced[str], ...]
    window: Sourced[str]
    mild: Sourced[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """One day after the injection: what may be noticed, and what to do."""

    day: Sourced[Decimal]
    expect: Sourced[str]
    act: Sourced[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class TroubleAdvice:
    """What to do when something is noticed."""

    key: str
    when: Sourced[str]
    act: Sourced[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Aftercare:
    """What the patient's page says, days in order."""

    days: tuple[Day, ...]
    troubles: tuple[TroubleAdvice, ...]


def build_emergency(table: Mapping[str, object]) -> Emergency:
    """The emergency page from its resolved file; refuses a region without a number."""
    fields = Fields(table, "care.emergency")
    phones = dict(fields.named_texts("phone"))
    missing = [region for region in Region if region.value not in phones]
    if missing:
        raise KnowledgeError(f"care.emergency: no phone for {', '.join(missing)}.")
    return Emergency(
        phones={region: phones[region.value] for region in Region},
        signs=tuple(row.text("text") for row in fields.rows("sign")),
        window=dict(fields.named_texts("window"))["text"],
        mild=dict(fields.named_texts("not_an_emergency"))["text"],
    )


def build_aftercare(table: Mapping[str, object]) -> Aftercare:
    """The patient's page from its resolved file."""
    fields = Fields(table, "care.patient_page")
    days = [
        Day(day=row.number("day"), expect=row.text("expect"), act=row.text("act"))
        for row in fields.rows("day")
    ]
    troubles = [
        TroubleAdvice(key=row.word("key"), when=row.text("when"), act=row.text("act"))
        for row in fields.rows("trouble")
    ]
    return Aftercare(days=tuple(sorted(days, key=lambda d: d.day.value)), troubles=tuple(troubles))
