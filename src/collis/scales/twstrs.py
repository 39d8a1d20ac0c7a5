"""TWSTRS, first version: severity, disability, pain and total. Ranges and weights come from knowledge.

Scores are exact decimals; pain moves in quarter points. Higher is worse. Source: {cite}`consky_lang_1994`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from collis.errors import BadInput
from collis.knowledge.instruments import Instrument
from collis.scales.items import (
    Partial,
    Score,
    Scored,
    checked,
    in_range,
    partial_sum,
    plain_sum,
    refuse_missing,
    score_at,
    whole,
)
from collis.units import plain

NotApplicable = Literal["not applicable"]
NOT_APPLICABLE: NotApplicable = "not applicable"
PAIN_KEYS = ("pain_worst", "pain_best", "pain_usual", "pain_duration", "pain_disability")


@dataclass(frozen=True, kw_only=True, slots=True)
class SeverityItems:
    """The severity items as scored; None is not examined.

    Of `anterocollis` and `retrocollis` one is scored; the other may stay None.
    """

    rotation: int | None = None
    laterocollis: int | None = None
    anterocollis: int | None = None
    retrocollis: int | None = None
    lateral_shift: int | None = None
    sagittal_shift: int | None = None
    duration: int | None = None
    sensory_trick: int | None = None
    shoulder: int | None = None
    range_of_motion: int | None = None
    time_midline: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DisabilityItems:
    """The disability items as answered; None is not answered. Driving may be "not applicable"."""

    work: int | None = None
    self_care: int | None = None
    driving: int | NotApplicable | None = None
    reading: int | None = None
    television: int | None = None
    outside_home: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PainItems:
    """Pain as answered; None is not answered. `worst`, `best` and `usual` may carry decimals."""

    worst: Score | None = None
    best: Score | None = None
    usual: Score | None = None
    duration: int | None = None
    disability: int | None = None

    def __post_init__(self) -> None:
        if self.worst is not None:
            for name, pain in (("best", self.best), ("usual", self.usual)):
                if pain is not None and pain > self.worst:
                    raise BadInput(
                        where=f"twstrs.pain_{name}",
                        read=f"{pain} with a worst pain of {self.worst}",
                        expected="no more than the worst pain",
                    )
        if self.best is not None and self.usual is not None and self.best > self.usual:
            raise BadInput(
                where="twstrs.pain_best",
                read=f"{self.best} with a usual pain of {self.usual}",
                expected="no more than the usual pain",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Twstrs:
    """A whole TWSTRS: three parts and their sum."""

    severity: Scored
    disability: Scored
    pain: Scored

    @property
    def total(self) -> Decimal:
        """Severity, disability and pain together."""
        return self.severity.score + self.disability.score + self.pain.score

    @property
    def notes(self) -> tuple[str, ...]:
        """What was recorded by rule."""
        return self.severity.notes + self.disability.notes + self.pain.notes


class ChangeWord(StrEnum):
    """What a change of the total means."""

    WORSE = "worse"
    NO_CLEAR_CHANGE = "no clear change"
    GREY = "grey"
    MEANINGFUL = "meaningful"


@dataclass(frozen=True, kw_only=True, slots=True)
class TotalChange:
    """A change of the total. `gain` is counted toward better.

    `wanted_from_high_start` is the gain asked of a start as high as this one, None for a lower start;
    `reached` says whether it was met.
    """

    gain: Decimal
    word: ChangeWord
    wanted_from_high_start: Decimal | None = None
    reached: bool | None = None


def score_severity(answers: SeverityItems, instrument: Instrument) -> Scored:
    """Severity. `BadInput` names every missing item and any score out of its range."""
    items, given = _severity(answers, instrument)
    return plain_sum(instrument, "severity", [instrument.item(key) for key in items], given)


def partial_severity(answers: SeverityItems, instrument: Instrument) -> Scored | Partial:
    """Severity, or where it must lie when items are missing."""
    items, given = _severity(answers, instrument)
    return partial_sum(instrument, "severity", [instrument.item(key) for key in items], given)


def score_disability(answers: DisabilityItems, instrument: Instrument) -> Scored:
    """Disability. Driving that does not apply scores 0 and is noted; missing items are refused by name."""
    given, notes = _disability(answers, instrument)
    scored = plain_sum(instrument, "disability", instrument.items_of("disability"), given)
    return Scored(instrument=scored.instrument, part=scored.part, score=scored.score, notes=notes)


def partial_disability(answers: DisabilityItems, instrument: Instrument) -> Scored | Partial:
    """Disability, or where it must lie when items are missing."""
    given, notes = _disability(answers, instrument)
    scored = partial_sum(instrument, "disability", instrument.items_of("disability"), given)
    if isinstance(scored, Partial):
        return scored
    return Scored(instrument=scored.instrument, part=scored.part, score=scored.score, notes=notes)


def pain_severity(*, worst: Score, best: Score, usual: Score, instrument: Instrument) -> Decimal:
    """Pain over the week: worst, best and usual pain averaged by their weights, usual counting most."""
    by_key = {"pain_worst": worst, "pain_best": best, "pain_usual": usual}
    items = [instrument.item(key) for key in by_key]
    weighted = [
        in_range(by_key[item.key], item, where=f"{instrument.id}.{item.key}") * item.factor for item in items
    ]
    return sum(weighted, Decimal(0)) / sum((item.factor for item in items), Decimal(0))


def score_pain(answers: PainItems, instrument: Instrument) -> Scored:
    """Pain in quarter points. `BadInput` names every missing item and any answer out of its range."""
    given = _pain(answers, instrument)
    refuse_missing(instrument, [key for key in PAIN_KEYS if key not in given])
    return Scored(instrument=instrument.id, part="pain", score=_pain_sum(given, instrument))


def partial_pain(answers: PainItems, instrument: Instrument) -> Scored | Partial:
    """Pain, or where it must lie when items are missing."""
    given = _pain(answers, instrument)
    missing = tuple(key for key in PAIN_KEYS if key not in given)
    if not missing:
        return score_pain(answers, instrument)
    items = {key: instrument.item(key) for key in PAIN_KEYS}
    return Partial(
        instrument=instrument.id,
        part="pain",
        at_least=_pain_sum({**{key: item.lowest for key, item in items.items()}, **given}, instrument),
        at_most=_pain_sum({**{key: item.highest for key, item in items.items()}, **given}, instrument),
        missing=missing,
    )


def score(
    *, severity: SeverityItems, disability: DisabilityItems, pain: PainItems, instrument: Instrument
) -> Twstrs:
    """All three parts; `BadInput` where any cannot be scored."""
    return Twstrs(
        severity=score_severity(severity, instrument),
        disability=score_disability(disability, instrument),
        pain=score_pain(pain, instrument),
    )


def midline_score(seconds: tuple[Score, Score], instrument: Instrument) -> Decimal:
    """The score of the time held near the midline from two trials in seconds, by their mean.

    A hold beyond the longest time is entered as one second more than it.
    """
    return score_at(instrument.item("time_midline"), sum(map(Decimal, seconds), Decimal(0)) / len(seconds))


def judge_change(*, before: Decimal, after: Decimal, instrument: Instrument) -> TotalChange:
    """What a change of the total from `before` to `after` means by the published figures."""
    gain = before - after
    if gain >= instrument.change("minimal").points.value:
        word = ChangeWord.MEANINGFUL
    elif gain >= instrument.change("grey").points.value:
        word = ChangeWord.GREY
    elif -gain >= instrument.change("grey").points.value:
        word = ChangeWord.WORSE
    else:
        word = ChangeWord.NO_CLEAR_CHANGE
    high = instrument.change("severe_start")
    if high.baseline_from is None or before < high.baseline_from.value:
        return TotalChange(gain=gain, word=word)
    wanted = high.points.value
    return TotalChange(gain=gain, word=word, wanted_from_high_start=wanted, reached=gain >= wanted)


def _severity(answers: SeverityItems, instrument: Instrument) -> tuple[list[str], Mapping[str, int | None]]:
    """The item keys that count and the answers; of a pair that excludes each other the scored one counts."""
    given: dict[str, int | None] = {f.name: getattr(answers, f.name) for f in fields(answers)}
    checked(instrument, instrument.items_of("severity"), given)
    keys = [item.key for item in instrument.items_of("severity")]
    for name in {item.one_of for item in instrument.items_of("severity") if item.one_of}:
        pair = [item.key for item in instrument.items_of("severity") if item.one_of == name]
        scored = [key for key in pair if given[key]]
        if len(scored) > 1:
            raise BadInput(
                where=instrument.id,
                read=" and ".join(f"{key} {given[key]}" for key in scored),
                expected=f"one of {' or '.join(pair)}, not both",
                mend="Score the one that prevails and leave the other at 0.",
            )
        answered = [key for key in pair if given[key] is not None]
        counts = (scored or answered or pair)[0]
        keys = [key for key in keys if key not in pair or key == counts]
    return keys, {key: given[key] for key in keys}


def _pain(answers: PainItems, instrument: Instrument) -> dict[str, Decimal]:
    """The pain answers given, by item key, each held to its range; the three ratings may carry decimals."""
    given: dict[str, Decimal] = {}
    for key in PAIN_KEYS:
        answer: Score | None = getattr(answers, key.removeprefix("pain_"))
        if answer is not None:
            item = instrument.item(key)
            hold = in_range if item.part == "pain_severity" else whole
            given[key] = hold(answer, item, where=f"{instrument.id}.{key}")
    return given


def _pain_sum(given: Mapping[str, Decimal], instrument: Instrument) -> Decimal:
    severity = pain_severity(
        worst=given["pain_worst"], best=given["pain_best"], usual=given["pain_usual"], instrument=instrument
    )
    return sum((given[item.key] for item in instrument.items_of("pain")), severity)


def _disability(
    answers: DisabilityItems, instrument: Instrument
) -> tuple[dict[str, int | None], tuple[str, ...]]:
    given: dict[str, int | None] = {}
    notes: list[str] = []
    for field in fields(answers):
        answer = getattr(answers, field.name)
        if answer == NOT_APPLICABLE:
            rule = instrument.fact("na_scored_zero")
            item = instrument.item(field.name)
            if rule is None or rule.value is not True or item.fact("may_not_apply") is None:
                raise BadInput(
                    where=f"{instrument.id}.{item.key}",
                    read=NOT_APPLICABLE,
                    expected=f"{plain(item.lowest)} to {plain(item.highest)}",
                )
            notes.append(f"{item.label}: not applicable, scored 0.")
            given[field.name] = 0
        else:
            given[field.name] = answer
    return given, tuple(notes)
