"""Lines into the record and out of the last session: copied, chosen, typed; what was read; what holds a copy.

Every function here writes inside one transaction of its caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from collis.case.plan import Origin
from collis.case.session import SideEffectKind
from collis_clinic.records.models import InjectionLine, PlanRecord, Preparation, Session, SideEffect, Visit
from collis_clinic.records.words import SessionState
from collis_clinic.visits.dosing import Cell, Draft, Strength, draft_of, ml_of
from collis_clinic.visits.last import grid_of, last_session
from collis_clinic.visits.models import HoldAnswer

HOLDING: Mapping[SideEffectKind, int] = {
    SideEffectKind.DYSPHAGIA: 2,
    SideEffectKind.HEAD_DROP: 1,
    SideEffectKind.BREATHING: 1,
}
"""The side effects that hold a copy of the session they followed, from which grade on: moderate swallowing trouble,
any head drop, any breathing trouble."""


def session_for(visit: Visit, product: str) -> Session:
    """The session of a visit, made where there is none. A session of another product loses its doses and dilution."""
    session: Session | None = getattr(visit, "session", None)
    if session is None:
        session = Session(visit=visit, product=product)
        session.save()
    elif session.product != product:
        switch_product(session, product)
    return session


def switch_product(session: Session, product: str) -> None:
    """Another product: every dose and the dilution are cleared, for no number of one fits the other."""
    for line in session.lines.filter(dropped=False):
        line.dropped = True
        line.save(reason="product switched")
    made = getattr(session, "preparation", None)
    if made is not None:
        made.product, made.diluent_ml, made.units_per_0_1ml, made.drawn_units = product, None, None, None
        made.diluent = None
        made.save(reason="product switched")
    session.product, session.plan_name, session.plan_origin = product, None, None
    session.plan_record = session.copied_from = None
    unchecked(session)
    session.save(reason="product switched")


def unchecked(session: Session) -> None:
    """A check falls back to draft; the caller saves."""
    session.state, session.checked_by, session.checked_at = SessionState.DRAFT, None, None


def set_strength(session: Session, strength: Strength) -> None:
    """The dilution planned. Who mixed it and what was drawn is entered at the draw-up."""
    made = getattr(session, "preparation", None) or Preparation(
        session=session, product=session.product or ""
    )
    made.diluent_ml, made.units_per_0_1ml = strength.diluent_ml, strength.units_per_ml / 10
    made.save()


def copy_last(visit: Visit) -> Session:
    """The last session's doses as given, carried over, none of them read yet."""
    last = last_session(visit)
    if last is None or last.product is None:
        raise ValidationError(_("There is no session to copy."))
    session = session_for(visit, last.product)
    grid = grid_of(last.lines.all(), given=True)
    cells = [
        Cell(
            muscle=row.muscle,
            side=side,
            units=cell.units,
            sites=max(1, cell.sites),
            guidance=cell.guidance or "palpation",
        )
        for row in grid.rows
        for side, cell in _sides(row)
        if cell.units is not None
    ]
    before = getattr(last, "preparation", None)
    if (
        before is not None
        and before.units_per_0_1ml is not None
        and getattr(session, "preparation", None) is None
    ):
        Preparation(
            session=session,
            product=last.product,
            diluent_ml=before.diluent_ml,
            units_per_0_1ml=before.units_per_0_1ml,
        ).save()
    _start(session, name="as_last_time", origin=Origin.COPIED, copied_from=last)
    keep_lines(session, cells, read=(), strength=draft_of(session, visit).strength)
    return session


def _sides(row: Any) -> list[tuple[Any, Any]]:
    from collis_clinic.visits.dosing import SIDES

    return [(side, row.of(side)) for side in SIDES]


def choose(visit: Visit, record: PlanRecord, key: str) -> Session:
    """A candidate of a kept consultation as the session's lines, none of them read yet."""
    from collis.side import Side

    found = next((c for c in record.result["candidates"] if c["key"] == key), None)
    if found is None:
        raise ValidationError(_("This candidate is not on offer."))
    plan = found["plan"]
    session = session_for(visit, plan["product"])
    cells = [
        Cell(
            muscle=i["muscle"],
            side=Side(i["side"]),
            units=Decimal(str(i["units"])),
            sites=i["sites"],
            guidance=i["guidance"],
        )
        for i in plan["injections"]
        if i["units"]
    ]
    last = last_session(visit)
    same = last is not None and last.product == plan["product"]
    _start(
        session,
        name=key,
        origin=Origin.COPIED if key == "as_last_time" else Origin.COMPUTED,
        copied_from=last if same else None,
    )
    session.plan_record = record
    keep_lines(session, cells, read=(), strength=draft_of(session, visit).strength)
    session.save()
    return session


def _start(session: Session, *, name: str, origin: Origin, copied_from: Session | None) -> None:
    session.plan_name, session.plan_origin, session.copied_from = name, origin.value, copied_from
    unchecked(session)
    session.save()


def keep_draft(session: Session, draft: Draft, record: PlanRecord, *, typed: bool) -> None:
    """A typed draft as the session's lines. A line that was changed counts as read: it was typed; others stay as they
    were. `record` is the verdict on it.
    """
    before = {(c.muscle, c.side): c for c in draft_of(session, session.visit).cells}
    changed = [c.key for c in draft.cells if typed and _differs(before.get((c.muscle, c.side)), c)]
    if session.plan_origin is None:
        session.plan_name, session.plan_origin = "typed", Origin.TYPED.value
    session.plan_record = record
    unchecked(session)
    if draft.strength is not None:
        set_strength(session, draft.strength)
    keep_lines(session, draft.cells, read=changed, strength=draft.strength)
    session.save()


def _differs(before: Cell | None, now: Cell) -> bool:
    return before is None or (before.units, before.sites, before.guidance) != (
        now.units,
        now.sites,
        now.guidance,
    )


def keep_lines(
    session: Session, cells: Sequence[Cell], *, read: Iterable[str], strength: Strength | None
) -> None:
    """One row a site. Rows no longer wanted are marked dropped; a row that changes is unread unless in `read`."""
    standing = {(r.muscle, r.side, r.site): r for r in session.lines.filter(dropped=False)}
    typed, now = set(read), timezone.now()
    order = {m: i for i, m in enumerate(dict.fromkeys(c.muscle for c in cells))}
    for cell in cells:
        for site, units in enumerate(cell.per_site, start=1):
            row = standing.pop((cell.muscle, cell.side.value, site), None) or InjectionLine(
                session=session, muscle=cell.muscle, side=cell.side.value, site=site
            )
            ml = None if strength is None else ml_of(units, strength.units_per_ml)
            same = (row.planned_units, row.planned_guidance) == (units, cell.guidance)
            row.position, row.planned_units, row.planned_ml = order[cell.muscle], units, ml
            row.planned_guidance = cell.guidance
            if cell.key in typed:
                row.read_at = now
            elif not same:
                row.read_at = None
            row.save()
    for row in standing.values():
        row.dropped = True
        row.save()


def unread(session: Session) -> list[str]:
    """The muscle-sides with a line nobody has read yet, by field name."""
    rows = session.lines.filter(dropped=False, read_at__isnull=True)
    return list(dict.fromkeys(f"{r.muscle}-{r.side}" for r in rows))


def mark_read(session: Session, shown: Mapping[str, str]) -> None:
    """Mark as read the lines that stand as they were shown: field name to Units as printed. Others stay unread."""
    from collis.units import plain

    sums: dict[str, Decimal] = {}
    rows = list(session.lines.filter(dropped=False))
    for row in rows:
        key = f"{row.muscle}-{row.side}"
        sums[key] = sums.get(key, Decimal(0)) + (row.planned_units or Decimal(0))
    now = timezone.now()
    for row in rows:
        key = f"{row.muscle}-{row.side}"
        if row.read_at is None and shown.get(key) == plain(sums[key]):
            row.read_at = now
            row.save(action="read")


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A side effect of the last session that holds its copy, and the answer once there is one."""

    effect: SideEffect
    answer: HoldAnswer | None


def holds(visit: Visit, session: Session | None) -> tuple[Held, ...]:
    """What holds a plan that carries doses of the last session over; nothing where no dose is carried."""
    if session is None or session.copied_from_id is None:
        return ()
    effects = SideEffect.objects.filter(session=session.copied_from_id, withdrawn=False)
    answers: dict[Any, HoldAnswer] = {
        a.side_effect_id: a for a in HoldAnswer.objects.filter(session=session.pk).order_by("recorded_at")
    }
    return tuple(
        Held(effect=e, answer=answers.get(e.pk))
        for e in effects
        if (least := HOLDING.get(SideEffectKind(e.kind))) is not None and e.grade >= least
    )


def was_last_time(
    session: Session | None, visit: Visit, product: str | None
) -> dict[tuple[str, str], Decimal] | None:
    """The Units of last time by muscle and side; None without a last session of the same product."""
    last = (session.copied_from if session is not None else None) or last_session(visit)
    if last is None or last.product != product:
        return None
    grid = grid_of(last.lines.all(), given=True)
    found: dict[tuple[str, str], Decimal] = {}
    for row in grid.rows:
        for side, cell in _sides(row):
            if cell.units is not None:
                found[row.muscle, side.value] = cell.units
    return found
