"""The patient's own sides. Left is the mirror of right, always."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, assert_never

Relation = Literal["ipsi", "contra", "both"]


class Side(StrEnum):
    """A side of the patient, never of the picture or the examiner."""

    RIGHT = "right"
    LEFT = "left"

    @property
    def mirrored(self) -> Side:
        """The other side."""
        return Side.LEFT if self is Side.RIGHT else Side.RIGHT

    @property
    def word(self) -> str:
        """The word as printed: whole and in capitals."""
        return self.value.upper()


def sides_for(relation: Relation, toward: Side) -> tuple[Side, ...]:
    """The sides a relation names for a posture `toward` a side: ipsi the same, contra the other, both both."""
    match relation:
        case "ipsi":
            return (toward,)
        case "contra":
            return (toward.mirrored,)
        case "both":
            return (Side.RIGHT, Side.LEFT)
        case _:
            assert_never(relation)
