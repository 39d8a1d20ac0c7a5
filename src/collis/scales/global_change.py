"""Global impression of change by patient (PGI-C) or clinician (CGI-C).

The two run in opposite directions: `steps_better` is the only number in which they may be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from collis.errors import KnowledgeError
from collis.knowledge.instruments import Direction, Instrument
from collis.scales.items import Score, whole
from collis.units import decimal_of


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalChange:
    """One answer: as given, in words, and in steps toward better (below 0 is worse)."""

    instrument: str
    score: Decimal
    words: str
    steps_better: Decimal


def score(answer: Score, instrument: Instrument) -> GlobalChange:
    """One PGI-C or CGI-C answer; `BadInput` where it lies out of range or between two steps."""
    item = instrument.item("change")
    value = whole(answer, item, where=instrument.id)
    no_change = instrument.total.fact("no_change")
    if no_change is None or not isinstance(no_change.value, int) or item.anchors is None:
        raise KnowledgeError(f"scale {instrument.id}: no_change and anchors are needed to read an answer.")
    steps = value - decimal_of(no_change.value)
    match instrument.direction:
        case Direction.HIGHER_IS_BETTER:
            better = steps
        case Direction.HIGHER_IS_WORSE:
            better = -steps
        case _:
            assert_never(instrument.direction)
    words = item.anchors.value[int(value - item.lowest)]
    return GlobalChange(instrument=instrument.id, score=value, words=words, steps_better=better)
