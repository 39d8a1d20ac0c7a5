"""What is known of each neck muscle: anatomy, neighbours, guidance, dose range per product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from collis.errors import KnowledgeError
from collis.knowledge.names import Muscle
from collis.sources import Sourced


@dataclass(frozen=True, kw_only=True, slots=True)
class DoseRange:
    """The Units one product needs in one muscle on one side. A field is None where no source gives it."""

    usual: Sourced[Any] | None
    soft_max: Sourced[Any] | None
    highest_any_source: Sourced[Any] | None
    least_useful: Sourced[Any] | None
    sites: Sourced[Any] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MuscleFacts:
    """One muscle. `doses` has a product only where a range may be shipped; without one nothing is proposed."""

    muscle: Muscle
    label: str
    facts: Mapping[str, Sourced[Any]]
    doses: Mapping[str, DoseRange]

    def text(self, key: str) -> str:
        """A fact as text, empty when not known."""
        entry = self.facts.get(key)
        return "" if entry is None else str(entry.value)

    def number(self, key: str) -> float:
        """A fact as a number; refuses when it is not known."""
        entry = self.facts.get(key)
        if entry is None:
            raise KnowledgeError(f"muscles.{self.muscle}: no {key} in knowledge.")
        return float(entry.value)

    def holds(self, key: str) -> bool:
        """Whether a yes-no fact is known to hold."""
        entry = self.facts.get(key)
        return entry is not None and entry.value is True

    def words(self, key: str) -> tuple[str, ...]:
        """A list fact as words."""
        entry = self.facts.get(key)
        if entry is None:
            return ()
        return entry.value if isinstance(entry.value, tuple) else (str(entry.value),)

    @property
    def image_required(self) -> bool:
        """Whether this muscle is only injected under an image."""
        return self.text("guidance") == "image_required"


def build_muscles(table: Mapping[str, Any]) -> dict[Muscle, MuscleFacts]:
    """All muscles from the resolved tables; refuses an unknown name and a missing muscle."""
    built: dict[Muscle, MuscleFacts] = {}
    for name, facts in table.items():
        try:
            muscle = Muscle(name)
        except ValueError as error:
            raise KnowledgeError(f"muscles.{name}: no such muscle.") from error
        doses = {
            product: DoseRange(
                usual=dose.get("usual"),
                soft_max=dose.get("soft_max"),
                highest_any_source=dose.get("highest_any_source"),
                least_useful=dose.get("least_useful"),
                sites=dose.get("sites"),
            )
            for product, dose in facts.get("dose", {}).items()
        }
        built[muscle] = MuscleFacts(
            muscle=muscle,
            label=facts.get("label", muscle.words),
            facts={k: v for k, v in facts.items() if isinstance(v, Sourced)},
            doses=doses,
        )
    missing = [m for m in Muscle if m not in built]
    if missing:
        raise KnowledgeError(f"muscles: nothing is said of {', '.join(missing)}.")
    return built
