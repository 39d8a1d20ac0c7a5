"""GAD-7: seven answers of 0 to 3, total 0 to 21. {cite}`spitzer_2006`"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from collis.knowledge.instruments import Band, Instrument
from collis.scales.items import Answers, Partial, partial_sum, plain_sum


@dataclass(frozen=True, kw_only=True, slots=True)
class Gad7:
    """A scored GAD-7."""

    total: Decimal
    band: Band | None


def score(answers: Answers, instrument: Instrument) -> Gad7:
    """Total and band; `answers` by item key. `BadInput` names missing items and answers out of range."""
    total = plain_sum(instrument, "total", instrument.items, answers).score
    return Gad7(total=total, band=instrument.band_of(total))


def partial(answers: Answers, instrument: Instrument) -> Gad7 | Partial:
    """As `score`; with items missing, where the total must lie."""
    scored = partial_sum(instrument, "total", instrument.items, answers)
    return scored if isinstance(scored, Partial) else score(answers, instrument)
