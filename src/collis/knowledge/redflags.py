"""Red flags: what must be ruled out, cleared or borne in mind before neck toxin is planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from collis.errors import KnowledgeError
from collis.knowledge.fields import Fields
from collis.sources import Sourced


class Tier(StrEnum):
    """What a yes does: stop and work up, hold until cleared, or pass to the gate."""

    STOP = "stop"
    HOLD = "hold"
    CAUTION = "caution"


class Ask(StrEnum):
    """When a flag is asked: at every visit (later only what is new), or at the first one alone."""

    ALWAYS = "always"
    FIRST_VISIT = "first_visit"


@dataclass(frozen=True, kw_only=True, slots=True)
class RedFlag:
    """One flag. `follow_up` is the question at later visits, None where it is asked once only.

    `clears` lists what lets a yes become cleared; it is empty for a caution, which nothing clears.
    `age_below` is the age under which the question means yes or matters, where it names one.
    `answered_by` names the safety answer that already holds a caution, so that it is asked once.
    """

    id: str
    key: str
    label: str
    tier: Tier
    ask: Ask
    question: Sourced[str]
    follow_up: Sourced[str] | None
    points_to: Sourced[str]
    clears: Sourced[tuple[str, ...]] | None
    age_below: Sourced[Decimal] | None = None
    answered_by: str = ""

    def __post_init__(self) -> None:
        if (self.ask is Ask.ALWAYS) != (self.follow_up is not None):
            raise KnowledgeError(f"red flag {self.key}: follow_up belongs to flags that are asked always.")
        if (self.tier is not Tier.CAUTION) != (self.clears is not None):
            raise KnowledgeError(f"red flag {self.key}: clears belongs to the tiers stop and hold.")

    def asked_at(self, *, first_visit: bool) -> Sourced[str] | None:
        """The question for this visit, None when it is not asked again."""
        return self.question if first_visit else self.follow_up


def build_redflags(table: Mapping[str, object]) -> tuple[RedFlag, ...]:
    """Every flag in the order it is asked; refuses a key or id that stands twice."""
    fields = Fields(table, "redflags")
    flags = tuple(_flag(row) for row in fields.rows("flag"))
    for names in ([flag.key for flag in flags], [flag.id for flag in flags]):
        twins = sorted({name for name in names if names.count(name) > 1})
        if twins:
            raise KnowledgeError(f"redflags: {', '.join(twins)} stands twice.")
    fields.finish()
    return flags


def _flag(row: Fields) -> RedFlag:
    flag = RedFlag(
        id=row.word("id"),
        key=row.word("key"),
        label=row.word("label"),
        tier=row.choice("tier", Tier),
        ask=row.choice("ask", Ask),
        question=row.text("question"),
        follow_up=row.text("follow_up") if "follow_up" in row else None,
        points_to=row.text("points_to"),
        clears=row.texts("clears") if "clears" in row else None,
        age_below=row.number("age_below") if "age_below" in row else None,
        answered_by=row.word("answered_by") if "answered_by" in row else "",
    )
    row.finish()
    return flag
