"""Rating scales as data: ranges, weights, cut-offs, totals, meaningful change, codes and what their licence allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from collis.errors import KnowledgeError
from collis.knowledge.fields import Fields, Limits
from collis.sources import Sourced


class Licence(StrEnum):
    """What may be shown of an instrument."""

    FREE = "free"
    SCORE_ENTRY_ONLY = "score-entry-only"
    PERMISSION_NEEDED = "permission-needed"


class Direction(StrEnum):
    """Which end of a scale is the bad one."""

    HIGHER_IS_WORSE = "higher is worse"
    HIGHER_IS_BETTER = "higher is better"


class Rater(StrEnum):
    """Who scores it."""

    CLINICIAN = "clinician"
    PATIENT = "patient"


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One scored row.

    `limits` are the lowest and highest score. `weight` multiplies it in its part. Items that share a non-empty
    `one_of` exclude each other. `cutoffs` turn a measured whole number into a score, see `score_at`.
    `facts` are further sourced statements by name.
    """

    key: str
    label: str
    part: str = ""
    limits: Sourced[Limits]
    weight: Sourced[Decimal] | None = None
    one_of: str = ""
    anchors: Sourced[tuple[str, ...]] | None = None
    cutoffs: Sourced[tuple[Decimal, ...]] | None = None
    loinc: Sourced[str] | None = None
    facts: tuple[tuple[str, Sourced[object]], ...] = ()

    @property
    def lowest(self) -> Decimal:
        """The lowest score allowed."""
        return self.limits.value[0]

    @property
    def highest(self) -> Decimal:
        """The highest score allowed."""
        return self.limits.value[1]

    @property
    def factor(self) -> Decimal:
        """The weight, 1 where none is stated."""
        return Decimal(1) if self.weight is None else self.weight.value

    def fact(self, name: str) -> Sourced[object] | None:
        """A further statement about this item, or None."""
        return next((entry for key, entry in self.facts if key == name), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A sum that is reported by itself: a subscale, or the total (whose key is `total`)."""

    key: str
    label: str
    limits: Sourced[Limits]
    loinc: Sourced[str] | None = None
    facts: tuple[tuple[str, Sourced[object]], ...] = ()

    def fact(self, name: str) -> Sourced[object] | None:
        """A further statement about this sum, or None."""
        return next((entry for key, entry in self.facts if key == name), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """A named stretch of the total that starts at `at_least` and ends where the next one starts."""

    key: str
    label: str
    at_least: Sourced[Decimal]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A published or own figure for a change that means something; `points` are counted toward better."""

    key: str
    label: str
    points: Sourced[Decimal]
    low_high: Sourced[Limits] | None = None
    baseline_from: Sourced[Decimal] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Instrument:
    """One rating scale. `version` names the variant whose ranges stand here."""

    id: str
    name: str
    version: str
    licence_status: Licence
    direction: Direction
    rater: Rater
    licence: Sourced[str]
    recall: Sourced[str] | None = None
    items: tuple[Item, ...] = ()
    parts: tuple[Part, ...] = ()
    formula: tuple[tuple[str, Sourced[str]], ...] = ()
    bands: tuple[Band, ...] = ()
    changes: tuple[Change, ...] = ()
    codes: tuple[tuple[str, Sourced[str]], ...] = ()
    facts: tuple[tuple[str, Sourced[object]], ...] = ()

    def __post_init__(self) -> None:
        _no_twins(self.id, [item.key for item in self.items])
        _no_twins(self.id, [part.key for part in self.parts])
        starts = [band.at_least.value for band in self.bands]
        if starts != sorted(set(starts)):
            raise KnowledgeError(f"scale {self.id}: the bands do not rise.")
        known = {part.key for part in self.parts}
        strays = [item.key for item in self.items if item.part and item.part not in known]
        if strays:
            raise KnowledgeError(
                f"scale {self.id}: items {', '.join(strays)} name a part that is not listed."
            )

    def item(self, key: str) -> Item:
        """The item of that key; `KnowledgeError` where the scale has none."""
        for item in self.items:
            if item.key == key:
                return item
        raise KnowledgeError(
            f"scale {self.id} has no item {key}; it has {', '.join(i.key for i in self.items)}."
        )

    def items_of(self, part: str) -> tuple[Item, ...]:
        """The items of one part, in their order."""
        return tuple(item for item in self.items if item.part == part)

    def part(self, key: str) -> Part:
        """The part of that key; `KnowledgeError` where the scale has none."""
        for part in self.parts:
            if part.key == key:
                return part
        raise KnowledgeError(
            f"scale {self.id} has no part {key}; it has {', '.join(p.key for p in self.parts)}."
        )

    @property
    def total(self) -> Part:
        """The whole score."""
        return self.part("total")

    def change(self, key: str) -> Change:
        """The figure for meaningful change of that key; `KnowledgeError` where the scale has none."""
        for change in self.changes:
            if change.key == key:
                return change
        raise KnowledgeError(f"scale {self.id} has no change figure {key}.")

    def band_of(self, score: Decimal) -> Band | None:
        """The band a total falls into; None below the first or where the scale has none."""
        reached = [band for band in self.bands if band.at_least.value <= score]
        return reached[-1] if reached else None

    def fact(self, name: str) -> Sourced[object] | None:
        """A further statement about the scale, or None."""
        return next((entry for key, entry in self.facts if key == name), None)


def build_instrument(table: Mapping[str, object]) -> Instrument:
    """The typed view of one `scales/*.toml` whose figures are `Sourced` already.

    Raises `KnowledgeError` naming the scale and key for anything missing, unknown or of the wrong kind.
    """
    fields = Fields(table, f"scale {table.get('id', 'without id')}")
    return Instrument(
        id=fields.word("id"),
        name=fields.word("name"),
        version=fields.word("version"),
        licence_status=fields.choice("licence_status", Licence),
        direction=fields.choice("direction", Direction),
        rater=fields.choice("rater", Rater),
        licence=fields.text("licence"),
        recall=fields.text("recall") if "recall" in fields else None,
        items=tuple(_item(row) for row in fields.rows("item")),
        parts=tuple(_part(row) for row in fields.rows("part")),
        formula=fields.named_texts("formula"),
        bands=tuple(_band(row) for row in fields.rows("band")),
        changes=tuple(_change(row) for row in fields.rows("change")),
        codes=fields.named_texts("codes"),
        facts=fields.facts(),
    )


def _item(row: Fields) -> Item:
    return Item(
        key=row.word("key"),
        label=row.word("label"),
        part=row.word("part") if "part" in row else "",
        limits=row.limits("range"),
        weight=row.number("weight") if "weight" in row else None,
        one_of=row.word("one_of") if "one_of" in row else "",
        anchors=row.texts("anchors") if "anchors" in row else None,
        cutoffs=row.numbers("cutoffs") if "cutoffs" in row else None,
        loinc=row.text("loinc") if "loinc" in row else None,
        facts=row.facts(),
    )


def _part(row: Fields) -> Part:
    return Part(
        key=row.word("key"),
        label=row.word("label"),
        limits=row.limits("range"),
        loinc=row.text("loinc") if "loinc" in row else None,
        facts=row.facts(),
    )


def _band(row: Fields) -> Band:
    band = Band(key=row.word("key"), label=row.word("label"), at_least=row.number("at_least"))
    row.finish()
    return band


def _change(row: Fields) -> Change:
    change = Change(
        key=row.word("key"),
        label=row.word("label"),
        points=row.number("points"),
        low_high=row.limits("low_high") if "low_high" in row else None,
        baseline_from=row.number("baseline_from") if "baseline_from" in row else None,
    )
    row.finish()
    return change


def _no_twins(scale: str, keys: Sequence[str]) -> None:
    twins = sorted({key for key in keys if keys.count(key) > 1})
    if twins:
        raise KnowledgeError(f"scale {scale}: {', '.join(twins)} stands twice.")
