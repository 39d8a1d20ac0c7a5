"""The last session and the cycles before it, as the visit opens on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from collis.case.session import SideEffect as SideEffectValue
from collis.case.session import SideEffectKind
from collis.side import Side
from collis_clinic.bridge import pages
from collis_clinic.records.models import (
    Assessment,
    InjectionLine,
    PlanRecord,
    Rating,
    Session,
    SideEffect,
    Visit,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """Units in one muscle on one side; None is nothing there. `sites` counts the sites."""

    units: Decimal | None = None
    sites: int = 0
    guidance: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class GridRow:
    """One muscle: RIGHT, then LEFT."""

    muscle: str
    right: Cell
    left: Cell

    @property
    def cells(self) -> tuple[Cell, Cell]:
        """RIGHT, then LEFT."""
        return self.right, self.left

    def of(self, side: Side) -> Cell:
        """The cell of one side."""
        return self.right if side is Side.RIGHT else self.left


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """Muscles by rows, sides by columns, with the sums."""

    rows: tuple[GridRow, ...]
    right: Decimal
    left: Decimal

    @property
    def total(self) -> Decimal:
        """Both sides together."""
        return self.right + self.left

    def cell(self, muscle: str, side: Side) -> Cell:
        """One cell, empty where the muscle has no row."""
        row = next((r for r in self.rows if r.muscle == muscle), None)
        return Cell() if row is None else row.of(side)


def grid_of(lines: Iterable[InjectionLine], *, given: bool) -> Grid:
    """The lines of a session as a grid: what was given, or what is planned; sites of a muscle-side added up."""
    order: list[str] = []
    cells: dict[tuple[str, str], tuple[Decimal, int, str]] = {}
    for line in lines:
        units = line.given_units if given else line.planned_units
        if line.dropped or units is None or (given and not units):
            continue
        if line.muscle not in order:
            order.append(line.muscle)
        before, sites, _ = cells.get((line.muscle, line.side), (Decimal(0), 0, ""))
        how = (line.guidance if given else line.planned_guidance) or line.planned_guidance or ""
        cells[line.muscle, line.side] = (before + units, sites + 1, how)
    return grid_from(order, cells)


def grid_from(order: Sequence[str], cells: dict[tuple[str, str], tuple[Decimal, int, str]]) -> Grid:
    """A grid from cells by muscle and side."""

    def cell(muscle: str, side: Side) -> Cell:
        found = cells.get((muscle, side.value))
        return Cell() if found is None else Cell(units=found[0], sites=found[1], guidance=found[2])

    def total(side: Side) -> Decimal:
        return sum((u for (_, s), (u, _n, _g) in cells.items() if s == side.value), Decimal(0))

    return Grid(
        rows=tuple(GridRow(muscle=m, right=cell(m, Side.RIGHT), left=cell(m, Side.LEFT)) for m in order),
        right=total(Side.RIGHT),
        left=total(Side.LEFT),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """One past session: its grid, what came of it, how it scored, and what had been expected."""

    session: Session
    grid: Grid
    result: Assessment | None
    effects: tuple[SideEffect, ...]
    score_then: Decimal | None
    best_since: Decimal | None
    expected_gain: Decimal | None

    @property
    def on(self) -> date:
        """Its day."""
        return self.session.visit.on

    @property
    def gain_seen(self) -> Decimal | None:
        """How many points lower the best score since was; None where one of the two is not recorded."""
        if self.score_then is None or self.best_since is None:
            return None
        return self.score_then - self.best_since

    @property
    def weeks_of_benefit(self) -> Decimal | None:
        """From first change to fading, as told."""
        if self.result is None or self.result.faded_week is None:
            return None
        weeks: Decimal = self.result.faded_week
        return weeks

    @property
    def effect_words(self) -> tuple[str, ...]:
        """Side effects in words."""
        return tuple(effect_words(e) for e in self.effects)

    @property
    def asked_none(self) -> bool:
        """Whether side effects were asked for and there were none."""
        return not self.effects and self.result is not None and self.result.side_effects_asked == "no"


def effect_words(row: SideEffect) -> str:
    """A side effect with grade and days."""
    return pages.side_effect_words(
        SideEffectValue(
            kind=SideEffectKind(row.kind), grade=row.grade, from_day=row.from_day, to_day=row.to_day
        )
    )


def past_sessions(visit: Visit) -> tuple[Past, ...]:
    """The signed sessions of this episode up to this visit, newest first; a handful of queries for all of them."""
    sessions = list(
        Session.objects.filter(visit__episode=visit.episode_id, visit__on__lte=visit.on, state="signed")
        .exclude(visit=visit.pk)
        .select_related("visit")
        .prefetch_related("lines", "results", "side_effects")
        .order_by("-visit__on")
    )
    ratings = list(
        Rating.objects.filter(
            visit__episode=visit.episode_id, scale="twstrs_total", on__lte=visit.on
        ).order_by("on")
    )
    plans = _expected(sessions)
    found, until = [], visit.on
    for session in sessions:
        found.append(_past(session, ratings, until, plans.get(session.visit_id)))
        until = session.visit.on
    return tuple(p for p in found if p.grid.rows)


def _expected(sessions: Sequence[Session]) -> dict[UUID, PlanRecord]:
    """The newest consultation kept at the visit of each session that took one of its candidates."""
    chosen = [s.visit_id for s in sessions if s.plan_name not in (None, "typed")]
    if not chosen:
        return {}
    rows = PlanRecord.objects.filter(visit__in=chosen, kind="consult").order_by("recorded_at")
    return {row.visit_id: row for row in rows}


def _past(session: Session, ratings: Sequence[Rating], until: date, record: PlanRecord | None) -> Past:
    on = session.visit.on
    before = [r.score for r in ratings if r.on <= on]
    since = [r.score for r in ratings if on < r.on < until]
    grid = grid_of(session.lines.all(), given=True)
    expected = None
    if record is not None and session.plan_name:
        expected = pages.expected_gain(record.result, session.plan_name, total=grid.total)
    return Past(
        session=session,
        grid=grid,
        result=max(session.results.all(), key=lambda a: a.recorded_at, default=None),
        effects=tuple(e for e in session.side_effects.all() if not e.withdrawn),
        score_then=before[-1] if before else None,
        best_since=min(since) if since else None,
        expected_gain=expected,
    )


def last_session(visit: Visit) -> Session | None:
    """The session before this visit, as far as it was signed here."""
    found: Session | None = (
        Session.objects.filter(
            visit__episode=visit.episode_id, visit__on__lte=visit.on, state="signed", product__isnull=False
        )
        .exclude(visit=visit.pk)
        .select_related("visit")
        .order_by("-visit__on", "-signed_at")
        .first()
    )
    return found
