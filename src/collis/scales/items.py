"""Answers to scored items: held to their ranges, missing ones named, never filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from collis.errors import BadInput
from collis.knowledge.instruments import Instrument, Item, Part
from collis.units import plain

Score = Decimal | int
Answers = Mapping[str, Score | None]


class Completeness(StrEnum):
    """Whether every item was answered."""

    COMPLETE = "complete"
    PARTIAL = "partial"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """A score whose items were all answered. `notes` say what was recorded by rule, such as a zero for driving."""

    instrument: str
    part: str
    score: Decimal
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Partial:
    """A score with items missing: no number, but where it must lie whatever the missing answers are."""

    instrument: str
    part: str
    at_least: Decimal
    at_most: Decimal
    missing: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.missing:
            raise BadInput(read="a partial score with nothing missing", expected="at least one missing item")


def in_range(score: Score, item: Item, *, where: str) -> Decimal:
    """`score` as a decimal; `BadInput` naming what was read and what is allowed when it lies outside the range."""
    value = Decimal(score)
    if not value.is_finite() or not item.lowest <= value <= item.highest:
        raise BadInput(where=where, read=_read(value), expected=_span(item.lowest, item.highest))
    return value


def whole(score: Score, item: Item, *, where: str) -> Decimal:
    """As `in_range`, and refuses a score between two steps."""
    value = in_range(score, item, where=where)
    if value != value.to_integral_value():
        raise BadInput(
            where=where, read=_read(value), expected=f"a whole number, {_span(item.lowest, item.highest)}"
        )
    return value


def checked(instrument: Instrument, items: Sequence[Item], answers: Answers) -> dict[str, Decimal]:
    """The whole-number answers given, by item key; a key that is no item of these is refused.

    Items without an answer are left out of the result.
    """
    keys = [item.key for item in items]
    for key in answers:
        if key not in keys:
            raise BadInput(where=instrument.id, read=key, expected=f"one of {', '.join(keys)}")
    found: dict[str, Decimal] = {}
    for item in items:
        answer = answers.get(item.key)
        if answer is not None:
            found[item.key] = whole(answer, item, where=f"{instrument.id}.{item.key}")
    return found


def refuse_missing(instrument: Instrument, missing: Sequence[str]) -> None:
    """`BadInput` naming every missing item; silent when there is none."""
    if missing:
        labels = [f"{key} ({instrument.item(key).label.lower()})" for key in missing]
        raise BadInput(
            where=instrument.id,
            read=f"no answer to {', '.join(labels)}",
            expected="an answer to every item",
            mend="Answer the items named, or ask for a partial score; nothing is filled in.",
        )


def plain_sum(instrument: Instrument, part: str, items: Sequence[Item], answers: Answers) -> Scored:
    """The weighted sum of all items; `BadInput` where one is missing or out of range."""
    given = checked(instrument, items, answers)
    refuse_missing(instrument, [item.key for item in items if item.key not in given])
    return Scored(
        instrument=instrument.id,
        part=part,
        score=sum((given[item.key] * item.factor for item in items), Decimal(0)),
    )


def partial_sum(
    instrument: Instrument, part: str, items: Sequence[Item], answers: Answers
) -> Scored | Partial:
    """As `plain_sum`; with items missing a `Partial` from the lowest to the highest possible sum."""
    given = checked(instrument, items, answers)
    missing = tuple(item.key for item in items if item.key not in given)
    if not missing:
        return plain_sum(instrument, part, items, answers)
    low = sum((given.get(item.key, item.lowest) * item.factor for item in items), Decimal(0))
    high = sum((given.get(item.key, item.highest) * item.factor for item in items), Decimal(0))
    return Partial(instrument=instrument.id, part=part, at_least=low, at_most=high, missing=missing)


def entered(instrument: Instrument, part: str, score: Score) -> Scored:
    """A score typed from a form that was scored elsewhere, held to the range of its part.

    Where knowledge holds no range for the instrument any score from 0 is kept, with a note. A score above the
    range but within a known variant of the form is refused with a word on that variant.
    """
    value = Decimal(score)
    where = f"{instrument.id}.{part}"
    if not instrument.parts:
        if not value.is_finite() or value < 0:
            raise BadInput(where=where, read=_read(value), expected="a score of 0 or more")
        note = f"The highest score of {instrument.name} is not confirmed; kept as entered."
        return Scored(instrument=instrument.id, part=part, score=value, notes=(note,))
    if part not in {p.key for p in instrument.parts}:
        raise BadInput(
            where=instrument.id, read=part, expected=f"one of {', '.join(p.key for p in instrument.parts)}"
        )
    held = instrument.part(part)
    low, high = held.limits.value
    if not value.is_finite() or not low <= value <= high:
        raise BadInput(where=where, read=_read(value), expected=_span(low, high), mend=_variant(held, value))
    return Scored(instrument=instrument.id, part=part, score=value)


def score_at(item: Item, measured: Score) -> Decimal:
    """The score a measurement gives by the item's cut-offs, after rounding to a whole number, halves up.

    Rising cut-offs give the last one reached, falling ones the first one reached; scores count from the lowest.
    `BadInput` where the item has no cut-offs or the measurement lies below all of them.
    """
    if item.cutoffs is None:
        raise BadInput(
            where=item.key, read=f"{measured}", expected="an item that is scored from a measurement"
        )
    rounded = Decimal(measured).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    cuts = item.cutoffs.value
    reached = [step for step, cut in enumerate(cuts) if cut <= rounded]
    if not reached:
        raise BadInput(
            where=item.key,
            read=f"{measured} {item.cutoffs.unit}",
            expected=f"{min(cuts)} {item.cutoffs.unit} or more",
        )
    rising = cuts[0] < cuts[-1]
    return item.lowest + (reached[-1] if rising else reached[0])


def _variant(part: Part, value: Decimal) -> str:
    other = part.fact("variant_highest")
    if other is None or not isinstance(other.value, int) or not part.limits.value[1] < value <= other.value:
        return ""
    return (
        f"Some forms count {part.label.lower()} up to {other.value}; "
        f"enter the items, so that the range of 0 to {plain(part.limits.value[1])} is used."
    )


def _span(low: Decimal, high: Decimal) -> str:
    return f"{plain(low)} to {plain(high)}"


def _read(value: Decimal) -> str:
    return plain(value) if value.is_finite() else str(value)
