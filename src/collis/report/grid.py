"""The dose grid of one plan: a row a muscle, last time, this time and change on each side, sites, Units and mL each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from collis.case.plan import Injection, Origin, Plan
from collis.knowledge.names import Muscle, MuscleSide
from collis.report import words
from collis.report.drawing import letters_for
from collis.report.side_by_side import RowKey, change_at, last_doses, row_keys
from collis.report.typesetting import Data
from collis.side import Side
from collis.units import rounded_together

if TYPE_CHECKING:
    from collis.api import Consultation, Offer
    from collis.pharmacy.drawup import DrawUp

NONE = words.DASH
"""What stands in a cell without Units; read out as none."""


_TENTH = Decimal("0.1")
"""Without syringe marks to round to, Units of a site are told in tenths, which still add up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """One muscle-side as it is injected: equal sites together, as (how many, Units each, mL each or None)."""

    injection: Injection
    groups: tuple[tuple[int, Decimal, Decimal | None], ...]


def heading_of(offer: Offer) -> str:
    """What the plan is called: the heading of its candidate, or that it was typed."""
    return "As typed" if offer.candidate.plan.origin is Origin.TYPED else offer.key.heading


def rows_of(c: Consultation, plan: Plan) -> list[RowKey]:
    """The rows of one plan: its muscles and those of the last session of this product, best ranked first."""
    injected = {i.muscle for i in plan.injections if i.dose.units > 0}
    before = {key for key, _ in _before(c)}
    known = [key for key in row_keys(c) if key in injected or key in before]
    return known + [m for m in Muscle if m in injected and m not in known]


def letters_of(c: Consultation, plan: Plan) -> dict[Muscle, str]:
    """A letter for every injected muscle, in the order of the rows."""
    injected = {i.muscle for i in plan.injections if i.dose.units > 0}
    return letters_for([key for key in rows_of(c, plan) if isinstance(key, Muscle) and key in injected])


def given(plan: Plan, drawn: DrawUp | None) -> dict[MuscleSide, Given]:
    """How each injected muscle-side is given; without a draw-up its sites are as equal as tenths allow, without mL."""
    found = {}
    for injection in plan.injections:
        if injection.dose.units == 0:
            continue
        if drawn is None:
            parts = rounded_together((injection.per_site.units,) * injection.sites, _TENTH)
            groups: tuple[tuple[int, Decimal, Decimal | None], ...] = tuple(
                (parts.count(units), units, None) for units in sorted(set(parts), reverse=True)
            )
        else:
            sites = [
                ml
                for held in drawn.syringes
                for draw in held.draws
                if draw.injection.where == injection.where
                for ml in draw.sites_ml
            ]
            per_ml = drawn.choice.dilution.units_per_ml
            groups = tuple((sites.count(ml), ml * per_ml, ml) for ml in sorted(set(sites), reverse=True))
        found[injection.where] = Given(injection=injection, groups=groups)
    return found


def grid_data(c: Consultation, plan: Plan, drawn: DrawUp | None) -> Data:
    """The grid as the template reads it: rows, total, and how many decimals the volumes have."""
    letters = letters_of(c, plan)
    each = given(plan, drawn)
    volumes = [ml for g in each.values() for _, _, ml in g.groups if ml is not None]
    places = max((_decimals(ml) for ml in volumes), default=0)
    before = _before(c)
    rows = [_row(c, plan, key, letters, each, before, places) for key in rows_of(c, plan)]
    return {"rows": rows, "total": _total(c, plan, each, before)}


def _before(c: Consultation) -> Mapping[tuple[RowKey, Side], Decimal]:
    last = c.case.last_session
    return last_doses(last) if last is not None and last.product == c.product else {}


def _row(
    c: Consultation,
    plan: Plan,
    key: RowKey,
    letters: Mapping[Muscle, str],
    each: Mapping[MuscleSide, Given],
    before: Mapping[tuple[RowKey, Side], Decimal],
    places: int,
) -> Data:
    sides = {side: _units(plan, key, side) for side in Side}
    lines = []
    if isinstance(key, Muscle):
        lines = [_line(each[place], places) for side in Side if (place := MuscleSide(key, side)) in each]
    return {
        "muscle": words.muscle(key),
        "letter": letters.get(key, "") if isinstance(key, Muscle) else "",
        "keys": [side.value for side in Side if sides[side] > 0],
        **{side.value: _cells(c, key, side, sides[side], before.get((key, side))) for side in Side},
        "lines": lines,
    }


def _units(plan: Plan, key: RowKey, side: Side) -> Decimal:
    return plan.dose_at(MuscleSide(key, side)).units if isinstance(key, Muscle) else Decimal(0)


def _cells(c: Consultation, key: RowKey, side: Side, units: Decimal, before: Decimal | None) -> Data:
    change = change_at(c, units, (key, side)) if units > 0 or before else None
    return {
        "last": words.number(before) if before else NONE,
        "now": words.number(units) if units > 0 else NONE,
        "change": NONE if change is None else words.signed(change),
    }


def _line(g: Given, places: int) -> Data:
    single = len(g.groups) == 1
    volumes = [ml for _, _, ml in g.groups if ml is not None]
    return {
        "side": g.injection.side.word,
        "sites": [f"{n} × {words.number(units)}" for n, units, _ in g.groups],
        "ml": [f"{n} × {words.number(ml)}" for n, _, ml in g.groups if ml is not None],
        "pad": places - _decimals(volumes[0]) if single and volumes else 0,
        "guidance": words.guidance(g.injection.guidance),
        "boxes": sum(n for n, _, _ in g.groups),
    }


def _decimals(ml: Decimal) -> int:
    return len(words.number(ml).partition(".")[2])


def _total(
    c: Consultation,
    plan: Plan,
    each: Mapping[MuscleSide, Given],
    before: Mapping[tuple[RowKey, Side], Decimal],
) -> Data:
    volumes = [n * ml for g in each.values() for n, _, ml in g.groups if ml is not None]
    sites = sum(n for g in each.values() for n, _, _ in g.groups)
    told = c.case.last_session is not None and bool(before)
    cells = {}
    for side in Side:
        now = sum((i.dose.units for i in plan.injections if i.side is side), Decimal(0))
        was = sum((units for (_, of), units in before.items() if of is side), Decimal(0))
        cells[side.value] = {
            "last": words.number(was) if told else NONE,
            "now": words.number(now),
            "change": words.signed(now - was) if told else NONE,
        }
    return {
        "units": words.units(plan.total),
        **cells,
        "sites": words.count(sites, "site"),
        "ml": f"{words.number(sum(volumes, Decimal(0)))} mL" if volumes else "",
    }
