"""What planning hands over: candidate plans with their reasons, and what was not offered and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from collis.case.plan import Plan
from collis.knowledge.names import MuscleSide
from collis.reasons import Ground


class CandidateKey(StrEnum):
    """The kinds of candidate, in the order they are shown."""

    AS_LAST_TIME = "as_last_time"
    LABEL_START = "label_start"
    CAUTIOUS_START = "cautious_start"
    BALANCED = "balanced"
    LOW_RISK = "low_risk"

    @property
    def heading(self) -> str:
        """The heading as shown."""
        return self.value.replace("_", " ").capitalize()


@dataclass(frozen=True, kw_only=True, slots=True)
class LineReason:
    """Why one muscle-side is in the plan, and why with this dose."""

    where: MuscleSide
    why_muscle: str
    why_dose: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Untreated:
    """A ranked muscle-side that gets nothing, and why."""

    where: MuscleSide
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Binding:
    """A limit that bound the plan: its id and what it says."""

    limit: str
    text: str
    ground: Ground | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One plan on offer. `total_ground` says where its total comes from, `solver` what the solver said."""

    key: CandidateKey
    plan: Plan
    summary: str
    lines: tuple[LineReason, ...]
    limited_by: tuple[Binding, ...] = ()
    untreated: tuple[Untreated, ...] = ()
    total_ground: Ground | None = None
    solver: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NotOffered:
    """A kind of candidate that is not offered, and why."""

    key: CandidateKey
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """All candidates in the order they are shown, and those that are not offered."""

    candidates: tuple[Candidate, ...]
    not_offered: tuple[NotOffered, ...] = ()
