"""Payers as knowledge holds them: how each wants toxin billed, and what it asks before it pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from collis.errors import KnowledgeError
from collis.knowledge.fields import Fields
from collis.knowledge.names import Region
from collis.sources import Sourced

Word = TypeVar("Word", bound=StrEnum)


class Prices(StrEnum):
    """Where a payer's prices come from: the published list, or the contract, which the clinic enters."""

    PUBLISHED = "published"
    OWN = "own"


class CostSharing(StrEnum):
    """Whose rules fix the patient's share: those published for Medicare, or the patient's own plan."""

    MEDICARE = "medicare"
    OWN = "own"


class BothSides(StrEnum):
    """How an injection on both sides is billed: one line with a modifier, or a right and a left line."""

    ONE_LINE = "one_line"
    RIGHT_AND_LEFT_LINES = "right_and_left_lines"


class Waste(StrEnum):
    """How discarded toxin is billed: on a line of its own with its modifiers, or with the dose, without any."""

    OWN_LINE = "own_line"
    WITH_THE_DOSE = "with_the_dose"


class Check(StrEnum):
    """What of the case answers a criterion."""

    DIAGNOSIS = "diagnosis"
    AGE = "age"
    HISTORY = "history"
    POSTURE = "posture"
    SPECIALIST = "specialist"
    APPROVAL = "approval"
    TRIED = "tried"
    INTERVAL = "interval"
    MOST_UNITS = "most_units"
    RESPONSE = "response"
    BENEFIT = "benefit"
    FAILURES = "failures"
    RECORDS = "records"
    SINGLE_TOXIN = "single_toxin"
    NOT_COSMETIC = "not_cosmetic"


@dataclass(frozen=True, kw_only=True, slots=True)
class Criterion:
    """One thing a payer asks. `asks` holds its number or words; `products` empty means every product.

    `text` is our own sentence; `{asks}` in it stands for what is asked.
    """

    id: str
    check: Check
    text: str
    asks: Sourced[object]
    products: tuple[str, ...] = ()

    def concerns(self, product: str) -> bool:
        """Whether it is asked of a product."""
        return not self.products or product in self.products

    @property
    def number(self) -> Decimal:
        """What is asked, as a number."""
        value = self.asks.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise KnowledgeError(f"{self.asks.path}: {self.check} asks for a number, not {value!r}.")
        return Decimal(str(value))

    @property
    def sentence(self) -> str:
        """The criterion in words, with what is asked in its place."""
        return self.text.replace("{asks}", ", ".join(self.words))

    @property
    def words(self) -> tuple[str, ...]:
        """What is asked, as a list of words."""
        value = self.asks.value
        return tuple(str(word) for word in value) if isinstance(value, tuple) else (str(value),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Payer:
    """One payer. `bilateral_factor` is what both sides are paid, in fees of one side."""

    key: str
    name: str
    region: Region
    prices: Prices
    cost_sharing: CostSharing
    both_sides: Sourced[BothSides]
    bilateral_factor: Sourced[Decimal]
    waste: Sourced[Waste]
    same_day_visit: Sourced[bool]
    ultrasound: Sourced[bool]
    copay_programme: Sourced[bool]
    approval_months: Sourced[str] | None
    criteria: tuple[Criterion, ...]


def build_payer(table: Mapping[str, object]) -> Payer:
    """A payer from its resolved table; refuses unknown words, unknown keys and a criterion that stands twice."""
    fields = Fields(table, f"payer {table.get('key', 'without key')}")
    billing = fields.table("billing")
    both = billing.text("both_sides")
    waste = billing.text("waste")
    payer = Payer(
        key=fields.word("key"),
        name=fields.word("name"),
        region=fields.choice("region", Region),
        prices=fields.choice("prices", Prices),
        cost_sharing=fields.choice("cost_sharing", CostSharing),
        both_sides=both.carrying(_choice(both, BothSides)),
        bilateral_factor=billing.number("bilateral_factor"),
        waste=waste.carrying(_choice(waste, Waste)),
        same_day_visit=billing.truth("same_day_visit"),
        ultrasound=billing.truth("ultrasound"),
        copay_programme=billing.truth("copay_programme"),
        approval_months=billing.text("approval_months") if "approval_months" in billing else None,
        criteria=tuple(_criterion(row) for row in fields.rows("criterion")),
    )
    billing.finish()
    fields.finish()
    names = [criterion.id for criterion in payer.criteria]
    if len(names) != len(set(names)):
        raise KnowledgeError(f"payer {payer.key}: a criterion stands twice.")
    return payer


def _criterion(row: Fields) -> Criterion:
    criterion = Criterion(
        id=row.word("id"),
        check=row.choice("check", Check),
        text=row.word("text"),
        asks=row.entry("asks"),
        products=row.words("products") if "products" in row else (),
    )
    row.finish()
    return criterion


def _choice(entry: Sourced[str], choices: type[Word]) -> Word:
    try:
        return choices(entry.value)
    except ValueError:
        raise KnowledgeError(
            f"{entry.path}: {entry.value!r} stands there; one of {', '.join(choices)} is wanted."
        ) from None
