"""What a plan is drawn up with: syringes with their marks and dead space, and how a draw-up is arranged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from collis.errors import BadInput, KnowledgeError
from collis.knowledge.fields import Fields
from collis.knowledge.names import Muscle
from collis.sources import Sourced


@dataclass(frozen=True, kw_only=True, slots=True)
class Syringe:
    """One kind of syringe with its needle: what it holds, its marks, what stays behind in it, all in mL."""

    key: str
    name: str
    size: Sourced[Decimal]
    mark: Sourced[Decimal]
    dead_space: Sourced[Decimal]

    def __post_init__(self) -> None:
        if self.mark.value <= 0 or self.dead_space.value < 0 or self.size.value % self.mark.value:
            raise KnowledgeError(f"syringe {self.key}: its size is no whole number of marks above 0.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Supplies:
    """Syringes in the order they are taken when nobody names one, and the figures a draw-up is arranged by.

    `front` are the muscles reached from the front, `saving` the percent of Units up to which a vial that could
    be saved is told.
    """

    syringes: tuple[Syringe, ...]
    front: Sourced[tuple[Muscle, ...]]
    saving: Sourced[Decimal]

    def syringe(self, key: str | None) -> Syringe:
        """The syringe called `key`, the first one for None; an unknown key is refused with those that exist."""
        if key is None:
            return self.syringes[0]
        found = next((s for s in self.syringes if s.key == key), None)
        if found is None:
            raise BadInput(
                where="syringe", read=repr(key), expected=f"one of {', '.join(s.key for s in self.syringes)}"
            )
        return found


def build_supplies(table: Mapping[str, object]) -> Supplies:
    """The supplies from their resolved file; refuses a file without a syringe and a muscle it does not know."""
    fields = Fields(table, "pharmacy")
    syringes = tuple(_syringe(row) for row in fields.rows("syringe"))
    if not syringes:
        raise KnowledgeError("pharmacy: there is no syringe.")
    own = table.get("draw_up")
    arranged = Fields(own if isinstance(own, Mapping) else {}, "pharmacy.draw_up")
    names = arranged.texts("front")
    try:
        front = names.carrying(tuple(Muscle(name) for name in names.value))
    except ValueError as error:
        raise KnowledgeError(f"pharmacy.draw_up.front: {error}.") from error
    saving = arranged.number("saving")
    arranged.finish()
    return Supplies(syringes=syringes, front=front, saving=saving)


def _syringe(row: Fields) -> Syringe:
    syringe = Syringe(
        key=row.word("key"),
        name=row.word("name"),
        size=row.number("size"),
        mark=row.number("mark"),
        dead_space=row.number("dead_space"),
    )
    row.finish()
    return syringe
