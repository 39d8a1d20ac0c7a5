"""Tsui score: A x B + C + D, 0 to 25, higher is worse. Source: {cite}`tsui_1986`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal

from collis.knowledge.instruments import Instrument
from collis.scales.items import Partial, Scored, checked, refuse_missing


@dataclass(frozen=True, kw_only=True, slots=True)
class TsuiItems:
    """The items as scored; None is not examined.

    `duration` (B) may stay None when turn, tilt and sagittal are all 0, `tremor_duration` when there is no tremor:
    their products are 0 whatever they are.
    """

    rotation: int | None = None
    tilt: int | None = None
    sagittal: int | None = None
    duration: int | None = None
    shoulder: int | None = None
    tremor_severity: int | None = None
    tremor_duration: int | None = None


_POSTURE = ("rotation", "tilt", "sagittal")


def score(answers: TsuiItems, instrument: Instrument) -> Scored:
    """The total. `BadInput` names every missing item and any score out of its range."""
    given = _given(answers, instrument)
    refuse_missing(instrument, _missing(given))
    lowest = {item.key: item.lowest for item in instrument.items}
    return Scored(instrument=instrument.id, part="total", score=_total({**lowest, **given}))


def partial(answers: TsuiItems, instrument: Instrument) -> Scored | Partial:
    """The total, or where it must lie when items are missing."""
    given = _given(answers, instrument)
    missing = _missing(given)
    if not missing:
        return score(answers, instrument)
    return Partial(
        instrument=instrument.id,
        part="total",
        at_least=_total({**{item.key: item.lowest for item in instrument.items}, **given}),
        at_most=_total({**{item.key: item.highest for item in instrument.items}, **given}),
        missing=tuple(missing),
    )


def _given(answers: TsuiItems, instrument: Instrument) -> dict[str, Decimal]:
    named = {f.name: getattr(answers, f.name) for f in fields(answers)}
    return checked(instrument, instrument.items, named)


def _missing(given: dict[str, Decimal]) -> list[str]:
    needless: set[str] = set()
    if all(given.get(key) == 0 for key in _POSTURE):
        needless.add("duration")
    if given.get("tremor_severity") == 0:
        needless.add("tremor_duration")
    return [f.name for f in fields(TsuiItems) if f.name not in given and f.name not in needless]


def _total(scores: dict[str, Decimal]) -> Decimal:
    posture = sum((scores[key] for key in _POSTURE), Decimal(0))
    tremor = scores["tremor_severity"] * scores["tremor_duration"]
    return posture * scores["duration"] + scores["shoulder"] + tremor
