"""What stands behind a number: its source, the place in it, how strong it is and since when it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar

from collis.errors import KnowledgeError

T = TypeVar("T")
U = TypeVar("U")


class Grade(StrEnum):
    """How strong the ground under a figure is, strongest first."""

    LABEL = "label"
    GUIDELINE = "guideline"
    TRIAL = "trial"
    COHORT = "cohort"
    EXPERT = "expert"
    ASSUMED = "assumed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Citation:
    """One published source, as the bibliography lists it."""

    key: str
    title: str
    author: str = ""
    year: str = ""
    journal: str = ""
    url: str = ""
    note: str = ""

    def short(self) -> str:
        """Author and year where both are known, else the title."""
        if self.author and self.year:
            first = self.author.split(" and ")[0].split(",")[0].strip("{} ")
            return f"{first} {self.year}"
        return self.title


@dataclass(frozen=True, kw_only=True, slots=True)
class Sourced(Generic[T]):
    """A value with its unit, source, place, grade, whether it was checked against that source, and its dates.

    `since` is the first day the value holds, `until` the first day it no longer does. `path` is the address of
    the entry in knowledge, such as `products.onabotulinumtoxinA.US.doses.usual_total`.
    """

    value: T
    unit: str
    source: str
    place: str
    grade: Grade
    verified: bool
    since: date
    until: date | None = None
    checked: date | None = None
    corrects: str = ""
    note: str = ""
    disagree: bool = False
    path: str = ""

    def __post_init__(self) -> None:
        for name in ("unit", "source", "place"):
            if not getattr(self, name):
                raise KnowledgeError(f"{self.path or 'entry'}: {name} is empty; every figure needs one.")
        if self.until is not None and self.until <= self.since:
            raise KnowledgeError(f"{self.path}: until {self.until} does not come after since {self.since}.")

    def holds_on(self, day: date) -> bool:
        """Whether the value is the one in force on `day`."""
        return self.since <= day and (self.until is None or day < self.until)

    def carrying(self, value: U) -> Sourced[U]:
        """The same standing for a value read out of this one (a part, a typed form)."""
        return Sourced(
            value=value,
            unit=self.unit,
            source=self.source,
            place=self.place,
            grade=self.grade,
            verified=self.verified,
            since=self.since,
            until=self.until,
            checked=self.checked,
            corrects=self.corrects,
            note=self.note,
            disagree=self.disagree,
            path=self.path,
        )
