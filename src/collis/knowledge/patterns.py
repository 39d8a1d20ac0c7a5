"""Col-cap patterns, shifts, shoulder elevation and tremor: which muscles each implicates, on which side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from collis.errors import KnowledgeError
from collis.knowledge.names import Muscle, Pattern
from collis.side import Relation
from collis.sources import Sourced


@dataclass(frozen=True, kw_only=True, slots=True)
class Implication:
    """One muscle that a pattern implicates. `role` is 1 primary or 2 secondary.

    `held_back` rows are ones on which sources disagree: shown, never proposed on that ground alone.
    """

    muscle: Muscle
    side: Relation
    role: Sourced[Any]
    held_back: bool

    @property
    def primary(self) -> bool:
        """Whether the pattern names it as a main muscle."""
        return bool(self.role.value == 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class PatternFacts:
    """One pattern. Shifts have `components` (pattern and relation) instead of muscles of their own."""

    pattern: Pattern
    plane: str
    level: str
    facts: Mapping[str, Sourced[Any]]
    muscles: tuple[Implication, ...]
    components: tuple[tuple[Pattern, Relation], ...]


def build_patterns(table: Mapping[str, Any]) -> dict[Pattern, PatternFacts]:
    """All patterns from the resolved tables; refuses a pattern that is missing."""
    built: dict[Pattern, PatternFacts] = {}
    for pattern in Pattern:
        facts = table.get(pattern.value)
        if facts is None:
            raise KnowledgeError(f"patterns: nothing is said of {pattern}.")
        built[pattern] = PatternFacts(
            pattern=pattern,
            plane=facts.get("plane", ""),
            level=facts.get("level", ""),
            facts={k: v for k, v in facts.items() if isinstance(v, Sourced)},
            muscles=tuple(
                Implication(
                    muscle=Muscle(row["muscle"]),
                    side=cast(Relation, row["side"]),
                    role=row["role"],
                    held_back=bool(row.get("held_back", False)),
                )
                for row in facts.get("muscle", ())
                if "role" in row
            ),
            components=tuple(
                (Pattern(row["pattern"]), cast(Relation, row["side"])) for row in facts.get("component", ())
            ),
        )
    return built
