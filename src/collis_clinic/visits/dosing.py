"""A plan as it is being typed: Units and mL of each cell tied together, sites, vials, waste, cost and the gate.

Nothing here chooses a dose. Units = volume x concentration, exactly; a change of one shows the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _

from collis.case.plan import Injection, Origin, Plan
from collis.knowledge.load import load
from collis.knowledge.names import Guidance, Muscle, Region
from collis.side import Side
from collis.units import Dose, plain, rounded_together
from collis_clinic import bridge
from collis_clinic.bridge import pages
from collis_clinic.records.models import Session, Visit
from collis_clinic.records.saying import Problem
from collis_clinic.visits.before import newest_authorisation
from collis_clinic.visits.reading import Form, refusal

_UNITS = re.compile(r"\d{1,5}(?:[.,]\d{1,2})?")
_ML = re.compile(r"\d{1,5}(?:[.,]\d{1,4})?")
_SITES = re.compile(r"[1-9]\d?")
STEP, ML_STEP, NEAR = Decimal("0.01"), Decimal("0.0001"), Decimal("0.01")
SIDES = (Side.RIGHT, Side.LEFT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Strength:
    """One way the label mixes for the neck: `name` as a form sends it, Units in a mL, vial and diluent."""

    name: str
    units_per_ml: Decimal
    vial_units: Decimal
    diluent_ml: Decimal
    ready: bool
    source: str
    verified: bool


def strengths(product: str, region: str, visit: Visit) -> tuple[Strength, ...]:
    """The strengths of a label for the neck, strongest first; none where the label gives none."""
    label = load(visit.on).label(product, Region(region))
    if label is None:
        return ()
    sold = None if label.vials is None else label.vials.value
    rows = [r for r in label.reconstitution if r.for_cd and (sold is None or r.vial_units in sold)]
    rows.sort(key=lambda r: (-r.units_per_0_1ml, -r.vial_units))
    return tuple(
        Strength(
            name=f"{plain(r.vial_units)}/{plain(r.diluent_ml)}",
            units_per_ml=r.units_per_0_1ml * 10,
            vial_units=r.vial_units,
            diluent_ml=r.diluent_ml,
            ready=r.ready,
            source=pages.source_words(r.entry),
            verified=r.entry.verified,
        )
        for r in rows
    )


def strength_of(session: Session | None, visit: Visit) -> Strength | None:
    """The strength chosen for a session; None before one was."""
    made = None if session is None else getattr(session, "preparation", None)
    if session is None or made is None or session.product is None or made.units_per_0_1ml is None:
        return None
    ways = strengths(session.product, visit.patient.region, visit)
    same = [w for w in ways if w.units_per_ml == made.units_per_0_1ml * 10]
    exact = [w for w in same if w.diluent_ml == made.diluent_ml]
    return next(iter(exact or same), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One muscle on one side as typed: Units and mL agree within 0.01 Unit, or `problem` says what does not."""

    muscle: str
    side: Side
    units: Decimal | None = None
    ml: Decimal | None = None
    sites: int = 1
    guidance: str = Guidance.PALPATION.value
    problem: str = ""
    typed: str = ""

    @property
    def key(self) -> str:
        """The end of its field names."""
        return f"{self.muscle}-{self.side.value}"

    @property
    def per_site(self) -> tuple[Decimal, ...]:
        """The Units of each site; they add up exactly."""
        if not self.units:
            return ()
        return rounded_together((self.units / self.sites,) * self.sites, STEP)


def ml_of(units: Decimal, units_per_ml: Decimal) -> Decimal:
    """The volume of Units, to a ten-thousandth of a mL."""
    return (units / units_per_ml).quantize(ML_STEP, rounding=ROUND_HALF_UP).normalize()


def units_of(ml: Decimal, units_per_ml: Decimal) -> Decimal:
    """The Units in a volume, to a hundredth of a Unit."""
    return (ml * units_per_ml).quantize(STEP, rounding=ROUND_HALF_UP)


def linked(cell: Cell, units_per_ml: Decimal | None, *, from_ml: bool) -> Cell:
    """The cell with the other of Units and mL worked out from the one that was typed."""
    if units_per_ml is None:
        return replace(cell, ml=None)
    if from_ml and cell.ml is not None:
        return replace(cell, units=units_of(cell.ml, units_per_ml))
    if cell.units is None:
        return replace(cell, ml=None)
    ml = ml_of(cell.units, units_per_ml)
    if abs(ml * units_per_ml - cell.units) > NEAR:
        return replace(
            cell,
            ml=ml,
            problem=_(
                "%(units)s Units are on no volume of 0.0001 mL at %(strength)s Units/mL; %(near)s would be."
            )
            % {
                "units": plain(cell.units),
                "strength": plain(units_per_ml),
                "near": plain(units_of(ml, units_per_ml)),
            },
        )
    return replace(cell, ml=ml)


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A plan as typed. `cells` hold what has Units; `problems` are what cannot be read."""

    product: str
    strength: Strength | None
    cells: tuple[Cell, ...]
    problems: tuple[Problem, ...]

    def cell(self, muscle: str, side: Side) -> Cell | None:
        """One cell, None where nothing stands there."""
        return next((c for c in self.cells if c.muscle == muscle and c.side is side), None)

    @property
    def total(self) -> Decimal:
        """All Units."""
        return sum((c.units or Decimal(0) for c in self.cells), Decimal(0))

    def side_total(self, side: Side) -> Decimal:
        """The Units of one side."""
        return sum((c.units or Decimal(0) for c in self.cells if c.side is side), Decimal(0))

    @property
    def right(self) -> Decimal:
        """The Units on the patient's RIGHT."""
        return self.side_total(Side.RIGHT)

    @property
    def left(self) -> Decimal:
        """The Units on the patient's LEFT."""
        return self.side_total(Side.LEFT)

    @property
    def ml(self) -> Decimal | None:
        """All mL, None without a strength."""
        if self.strength is None:
            return None
        return sum((c.ml or Decimal(0) for c in self.cells), Decimal(0))

    def plan(self, name: str = "typed") -> Plan:
        """The value the gate judges."""
        return Plan(
            name=name,
            product=self.product,
            origin=Origin.TYPED,
            injections=tuple(
                Injection(
                    muscle=Muscle(c.muscle),
                    side=c.side,
                    dose=Dose(c.units, self.product),
                    sites=c.sites,
                    guidance=Guidance(c.guidance),
                )
                for c in self.cells
                if c.units
            ),
        )


def draft_from(form: Form, *, product: str, strength: Strength | None) -> Draft:
    """The plan in a form. A cell has the fields `u-`, `m-`, `s-`, `g-`; `v-`, `w-` are Units and mL as shown.

    Where the mL differs from what was shown, the mL speaks, unless the Units were changed too and disagree.
    """
    cells, problems = [], []
    for muscle in Muscle:
        for side in SIDES:
            cell = _cell(form, muscle.value, side, strength)
            if cell is None:
                continue
            if cell.problem:
                problems.append(Problem(field=f"u-{cell.key}", text=f"{_where(cell)}: {cell.problem}"))
            if cell.units or cell.problem:
                cells.append(cell)
    return Draft(product=product, strength=strength, cells=tuple(cells), problems=tuple(problems))


def _where(cell: Cell) -> str:
    return f"{Muscle(cell.muscle).words} {cell.side.word}"


def _cell(form: Form, muscle: str, side: Side, strength: Strength | None) -> Cell | None:
    key = f"{muscle}-{side.value}"
    units_read, ml_read = form.get(f"u-{key}", "").strip(), form.get(f"m-{key}", "").strip()
    ml_shown, units_shown = form.get(f"w-{key}", "").strip(), form.get(f"v-{key}", "").strip()
    if not units_read and not ml_read:
        return None
    cell = Cell(muscle=muscle, side=side, typed=units_read)
    sites_read = form.get(f"s-{key}", "").strip() or "1"
    if not _SITES.fullmatch(sites_read):
        return replace(cell, problem=refusal(sites_read, _("sites from 1 to 99")))
    guidance = (
        form.get(f"g-{key}", "").strip() or form.get("guidance", "").strip() or Guidance.PALPATION.value
    )
    if guidance not in list(Guidance):
        return replace(cell, problem=refusal(guidance, _("one of %(w)s") % {"w": ", ".join(Guidance)}))
    if units_read and not _UNITS.fullmatch(units_read):
        return replace(cell, problem=refusal(units_read, _("Units such as 40 or 12.5")))
    if ml_read and not _ML.fullmatch(ml_read):
        return replace(cell, problem=refusal(ml_read, _("mL such as 0.4")))
    cell = replace(
        cell,
        sites=int(sites_read),
        guidance=guidance,
        units=_decimal(units_read),
        ml=_decimal(ml_read),
    )
    per_ml = None if strength is None else strength.units_per_ml
    ml_changed, units_changed = _changed(ml_read, ml_shown), _changed(units_read, units_shown)
    from_ml = per_ml is not None and bool(ml_read) and ml_changed and not units_changed
    if per_ml is not None and ml_read and ml_changed and units_changed and units_read:
        assert cell.ml is not None
        assert cell.units is not None
        if abs(cell.ml * per_ml - cell.units) > NEAR:
            return replace(
                cell,
                problem=_("Read %(u)s Units and %(m)s mL; at %(s)s Units/mL that volume holds %(h)s Units.")
                % {"u": units_read, "m": ml_read, "s": plain(per_ml), "h": plain(units_of(cell.ml, per_ml))},
            )
    if per_ml is None and ml_read and not units_read:
        return replace(cell, problem=_("Read mL without a dilution: choose the dilution, or write Units."))
    cell = linked(cell, per_ml, from_ml=from_ml)
    if cell.units and cell.sites > cell.units / STEP:
        return replace(cell, problem=_("More sites than hundredths of a Unit."))
    return cell


def _changed(read: str, shown: str) -> bool:
    """Whether a field says another number than it was shown with; 0.50 is 0.5."""
    if _ML.fullmatch(read) and _ML.fullmatch(shown):
        return _decimal(read) != _decimal(shown)
    return read != shown


def _decimal(read: str) -> Decimal | None:
    return Decimal(read.replace(",", ".")) if read else None


def draft_of(session: Session, visit: Visit) -> Draft:
    """The plan of a session's lines as a draft: what a form starts from."""
    from collis_clinic.visits.last import grid_of

    strength = strength_of(session, visit)
    per_ml = None if strength is None else strength.units_per_ml
    cells = []
    for row in grid_of(session.lines.all(), given=False).rows:
        for side in SIDES:
            found = row.of(side)
            if found.units is None:
                continue
            cell = Cell(
                muscle=row.muscle,
                side=side,
                units=found.units,
                sites=found.sites,
                guidance=found.guidance or Guidance.PALPATION.value,
            )
            cells.append(linked(cell, per_ml, from_ml=False))
    return Draft(product=session.product or "", strength=strength, cells=tuple(cells), problems=())


@dataclass(frozen=True, kw_only=True, slots=True)
class Worked:
    """All that follows from a draft: the gate, vials and waste, cost."""

    draft: Draft
    judged: pages.Judged | None
    drawn: pages.Drawn
    authorised: str

    @property
    def storable(self) -> bool:
        """Whether it may be kept as a draft: readable, and beyond no limit that nobody can go past."""
        return not self.draft.problems and (self.judged is None or not self.judged.impossible)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What stands in the way of keeping it, with the limit and its source."""
        impossible = () if self.judged is None else self.judged.impossible
        return (
            *self.draft.problems,
            *(
                Problem(field="", text=f"{r.what} {_('Source')}: {r.source}." if r.source else r.what)
                for r in impossible
            ),
        )


def worked(draft: Draft, visit: Visit, *, case: Any = None) -> Worked:
    """A draft judged and drawn up in thought. Computes only what is cheap: no forecast."""
    if draft.problems or not draft.product or not draft.cells:
        return Worked(draft=draft, judged=None, drawn=pages.Drawn(), authorised="")
    asked = case if case is not None else bridge.case_of(visit, product=draft.product)
    plan = draft.plan()
    checked = bridge.check(plan, asked)
    held = newest_authorisation(visit)
    payer = None if held is None else held.payer if held.payer in load(visit.on).payers else None
    return Worked(
        draft=draft,
        judged=pages.judged(checked),
        drawn=pages.drawn(
            checked, asked, None if draft.strength is None else draft.strength.units_per_ml, payer
        ),
        authorised=_authorised(held, draft),
    )


def _authorised(held: Any, draft: Draft) -> str:
    if held is None or held.units is None:
        return ""
    if held.product != draft.product:
        return _("Authorised is %(p)s.") % {"p": held.product}
    if draft.total > held.units:
        return _("%(plan)s Units planned, %(held)s authorised.") % {
            "plan": plain(draft.total),
            "held": plain(held.units),
        }
    return ""
