"""Neck pain from 0 to 10: worst, least, usual, and the share of the day in pain. Higher is worse."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from collis.errors import BadInput
from collis.knowledge.instruments import Band, Instrument
from collis.scales.items import Score, Scored, in_range


@dataclass(frozen=True, kw_only=True, slots=True)
class PainDiary:
    """Pain over the week as answered; None is not answered. `usual` is the score, the rest is kept beside it."""

    usual: Score | None = None
    worst: Score | None = None
    best: Score | None = None
    day_percent: Score | None = None


def score(answers: PainDiary, instrument: Instrument) -> Scored:
    """Usual pain. `BadInput` where it is missing, any answer lies out of its range, or worst is below best."""
    for name in ("worst", "best", "day_percent"):
        answer = getattr(answers, name)
        if answer is not None:
            in_range(answer, instrument.item(name), where=f"{instrument.id}.{name}")
    if answers.usual is None:
        raise BadInput(
            where=f"{instrument.id}.usual", read="no answer", expected="the usual pain of the week"
        )
    usual = in_range(answers.usual, instrument.item("usual"), where=f"{instrument.id}.usual")
    ordered = [pain for pain in (answers.best, usual, answers.worst) if pain is not None]
    if ordered != sorted(ordered):
        raise BadInput(
            where=instrument.id,
            read=f"least {answers.best}, usual {answers.usual}, worst {answers.worst}",
            expected="least, usual and worst pain in rising order",
        )
    return Scored(instrument=instrument.id, part="total", score=usual)


def band(scored: Scored, instrument: Instrument) -> Band | None:
    """Mild, moderate or severe; None at no pain."""
    return instrument.band_of(scored.score) if scored.score > instrument.total.limits.value[0] else None


def clearly_less(*, before: Decimal, after: Decimal, instrument: Instrument) -> bool:
    """Whether pain fell by the published number of points or by the published share of the start."""
    gain = before - after
    share = instrument.change("share_percent").points.value
    return gain > 0 and (gain >= instrument.change("minimal").points.value or gain * 100 >= share * before)
