"""The planning problem as data: places, dose levels, worth of each level, caps as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from collis.knowledge.names import MuscleSide


@dataclass(frozen=True, kw_only=True, slots=True)
class DoseLevel:
    """One round dose a place may get: its Units and the equal sites it is drawn into."""

    units: Decimal
    sites: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One muscle-side that may be injected, its share of the drive, and its levels, lowest first."""

    where: MuscleSide
    share: float
    levels: tuple[DoseLevel, ...]
    partner: int | None = None
    """Position of the other side of the muscle when both must get the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A linear cap: the weighted Units over some places lie between `low` and `high`.

    `weights` has one factor a place; `per_side` counts sides instead of Units.
    """

    id: str
    weights: tuple[float, ...]
    low: float
    high: float
    per_side: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Choose at most one level a place so that the summed worth is greatest and every row holds.

    `worth[p][l]` is the worth of level l at place p, with its place counted as opened.
    """

    places: tuple[Place, ...]
    worth: tuple[tuple[float, ...], ...]
    rows: tuple[Row, ...]
    fewest: int
    most: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Solution:
    """The chosen level of each place (None: not injected) and what the solver said."""

    chosen: tuple[DoseLevel | None, ...]
    worth: float
    status: str

    def units(self) -> Sequence[Decimal]:
        """Units a place, 0 where not injected."""
        return [level.units if level else Decimal(0) for level in self.chosen]
