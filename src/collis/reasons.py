"""Why something is said: one value that carries the words, what to do, and the ground they stand on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from collis.sources import Grade, Sourced


class Level(StrEnum):
    """What a verdict says, mildest first."""

    ALLOW = "allow"
    WARN = "warn"
    CANNOT_JUDGE = "cannot_judge"
    REFUSE = "refuse"

    @property
    def strictness(self) -> int:
        """0 for allow to 3 for refuse."""
        return list(Level).index(self)


class Kind(StrEnum):
    """What a reason is about: the patient's safety, or how well a figure is known."""

    CLINICAL = "clinical"
    SOURCE = "source"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What one reason rests on: the grade, whether it was checked, the source and the place in it."""

    grade: Grade
    verified: bool
    source: str
    place: str

    @classmethod
    def of(cls, entry: Sourced[Any]) -> Ground:
        """The ground under a sourced entry."""
        return cls(grade=entry.grade, verified=entry.verified, source=entry.source, place=entry.place)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One line of a verdict.

    `rule` is the id of the rule that speaks, `limit` the id of the limit it read (may be empty), `what` one
    sentence saying what is so, `action` one saying what to do. `harm` ranks how bad the harm is if ignored,
    0 none to 10 worst, so that the worst is read first. `overridable` is False for entry errors and allergy.
    """

    rule: str
    level: Level
    what: str
    action: str = ""
    kind: Kind = Kind.CLINICAL
    harm: int = 5
    limit: str = ""
    ground: Ground | None = None
    overridable: bool = True
    asks: str = ""
