"""The rows and cells of the editing grid: what stands in the fields, what stood there last time, how it differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from collis.knowledge.load import load
from collis.knowledge.names import Guidance, Muscle
from collis.side import Side
from collis.units import plain
from collis_clinic.bridge import pages
from collis_clinic.records.models import Visit
from collis_clinic.visits.dosing import SIDES, Draft


@dataclass(frozen=True, kw_only=True, slots=True)
class EditCell:
    """A cell of the editing grid: what stands in its fields, what it was last time, and how it differs."""

    key: str
    muscle: str
    side: Side
    units: str
    ml: str
    sites: int
    guidance: str
    was: Decimal | None
    change: str
    state: str
    read: bool
    problem: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EditRow:
    """A muscle of the editing grid; `usual` is its usual range of this product with its source."""

    muscle: str
    words: str
    right: EditCell
    left: EditCell
    usual: str
    usual_source: str
    usual_verified: bool

    @property
    def cells(self) -> tuple[EditCell, EditCell]:
        """RIGHT, then LEFT."""
        return self.right, self.left

    @property
    def used(self) -> bool:
        """Whether anything stands in it, now or last time."""
        return any(c.units or c.was for c in self.cells)


def edit_rows(
    draft: Draft,
    visit: Visit,
    *,
    was: dict[tuple[str, str], Decimal] | None,
    unread: Sequence[str] = (),
    likely: Sequence[str] = (),
) -> tuple[EditRow, ...]:
    """The rows of the editing grid: muscles in use first, then the likely ones, then all others in their order.

    `was` are the Units of last time by muscle and side, None where they are of another product.
    """
    knowledge = load(visit.on)
    used = [c.muscle for c in draft.cells]
    before = [] if was is None else [m for m, _s in was]
    known = [m.value for m in Muscle if draft.product in knowledge.muscles[m].doses]
    order = list(dict.fromkeys([*before, *used, *likely, *known, *(m.value for m in Muscle)]))
    return tuple(_row(draft, muscle, was, unread, knowledge) for muscle in order)


def _row(
    draft: Draft,
    muscle: str,
    was: dict[tuple[str, str], Decimal] | None,
    unread: Sequence[str],
    knowledge: Any,
) -> EditRow:
    found = knowledge.muscles[Muscle(muscle)].doses.get(draft.product)
    usual = None if found is None else found.usual
    span = ""
    if usual is not None:
        value = usual.value
        span = " to ".join(f"{v:g}" for v in value) if isinstance(value, tuple) else f"{value:g}"
    right, left = (_edit_cell(draft, muscle, side, was, unread) for side in SIDES)
    return EditRow(
        muscle=muscle,
        words=Muscle(muscle).words.capitalize(),
        right=right,
        left=left,
        usual=span,
        usual_source="" if usual is None else pages.source_words(usual),
        usual_verified=usual is None or usual.verified,
    )


def _edit_cell(
    draft: Draft, muscle: str, side: Side, was: dict[tuple[str, str], Decimal] | None, unread: Sequence[str]
) -> EditCell:
    cell = draft.cell(muscle, side)
    units = None if cell is None else cell.units
    before = None if was is None else was.get((muscle, side.value))
    key = f"{muscle}-{side.value}"
    change, state = difference(units, before, known=was is not None)
    return EditCell(
        key=key,
        muscle=muscle,
        side=side,
        units=(cell.typed if cell and cell.problem else "" if not units else plain(units)),
        ml="" if cell is None or cell.ml is None else plain(cell.ml),
        sites=1 if cell is None else cell.sites,
        guidance=Guidance.PALPATION.value if cell is None else cell.guidance,
        was=before,
        change=change,
        state=state,
        read=key not in unread,
        problem="" if cell is None else cell.problem,
    )


def difference(units: Decimal | None, before: Decimal | None, *, known: bool) -> tuple[str, str]:
    """What a cell says of last time: "same", "+10", "new", "left out"; and its state."""
    now, then = units or Decimal(0), before or Decimal(0)
    if not known or (not now and not then):
        return "", "none"
    if now == then:
        return _("same"), "same"
    if not then:
        return _("new"), "changed"
    if not now:
        return _("left out"), "changed"
    return pages.signed(now - then), "changed"
