"""PHQ-9: nine answers of 0 to 3, total 0 to 27, and the answer that must never wait. {cite}`kroenke_2001`"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from collis.knowledge.instruments import Band, Instrument
from collis.scales.items import Answers, Partial, checked, partial_sum, plain_sum

SELF_HARM = "self_harm"


@dataclass(frozen=True, kw_only=True, slots=True)
class Phq9:
    """A scored PHQ-9. `same_day` says that a clinician must see the answers today and crisis advice be shown."""

    total: Decimal
    band: Band | None
    same_day: bool


def score(answers: Answers, instrument: Instrument) -> Phq9:
    """Total, band and flag; `answers` by item key. `BadInput` names missing items and answers out of range."""
    total = plain_sum(instrument, "total", instrument.items, answers).score
    return Phq9(total=total, band=instrument.band_of(total), same_day=needs_same_day(answers, instrument))


def partial(answers: Answers, instrument: Instrument) -> Phq9 | Partial:
    """As `score`; with items missing, where the total must lie. Ask `needs_same_day` all the same."""
    scored = partial_sum(instrument, "total", instrument.items, answers)
    return scored if isinstance(scored, Partial) else score(answers, instrument)


def needs_same_day(answers: Answers, instrument: Instrument) -> bool:
    """Whether the answer on self-harm lies above the flag; works on an unfinished form too."""
    given = checked(instrument, instrument.items, answers).get(SELF_HARM)
    flag = instrument.item(SELF_HARM).fact("flag_above")
    if given is None or flag is None or not isinstance(flag.value, int):
        return False
    return given > flag.value
