"""The draw-up of a plan as the commands make it: by the preparation typed in the case where there is one.

What was mixed is not chosen again: another strength on paper than in the vial is a wrong dose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from collis import api
from collis.api import Prepared
from collis.case.case import Case
from collis.case.preparation import Preparation, VialUse
from collis.errors import BadInput
from collis.knowledge.products import ReconstitutionRow
from collis.pharmacy.choice import label_of
from collis.pharmacy.dilution import Dilution, dilutions, row_words
from collis.pharmacy.drawup import DrawUp, Note, NoteKind, Totals
from collis.pharmacy.gs1 import VialLabel
from collis.pharmacy.vials import VialCount
from collis.safety.verdict import CheckedPlan
from collis.units import Dose, plain

WHERE = "request.preparation"


def prepare(
    checked: CheckedPlan,
    case: Case,
    *,
    row: str | None = None,
    syringe: str | None = None,
    labels: Sequence[VialLabel] = (),
    mixed_at: datetime | None = None,
    injected_at: datetime | None = None,
) -> Prepared:
    """The draw-up of a checked plan, with the strength, vials, lots and times typed in the case where they are.

    Raises `BadInput` where the typed preparation is of another product, fits no row of the label, holds less than
    the plan, or is contradicted by an argument; else as `collis.api.prepare`.
    """
    made = case.request.preparation
    if made is None:
        return api.prepare(
            checked, case, row=row, syringe=syringe, labels=labels, mixed_at=mixed_at, injected_at=injected_at
        )
    rows = _rows_of(made, checked, case)
    typed = Dilution(rows=rows)
    _agrees("--row", row, typed)
    if made.vials:
        _holds_enough(made, checked)
    prepared = api.prepare(
        checked,
        case,
        row=Dilution(rows=rows[:1]).name,
        syringe=syringe,
        labels=() if made.vials else labels,
        mixed_at=_one("--mixed-at", mixed_at, made.mixed_at),
        injected_at=_one("--injected-at", injected_at, made.injected_at),
    )
    drawn = _as_typed(prepared.drawup, made, typed, labels)
    return Prepared(drawup=drawn, checked=api.check(checked.plan, case, drawn.preparation))


def _rows_of(made: Preparation, checked: CheckedPlan, case: Case) -> tuple[ReconstitutionRow, ...]:
    """The rows of the label the typed vials were mixed by, the largest vial first."""
    plan = checked.plan
    if made.product != plan.product:
        raise BadInput(
            where=WHERE, read=f"a preparation of {made.product}", expected=f"one of the plan's {plan.product}"
        )
    label = label_of(plan, api.knowledge_for(case), case.region)
    offered = list({r.units_per_0_1ml: r for d in dilutions(label) for r in d.rows}.values())
    every = {(r.vial_units, r.diluent_ml): r for d in dilutions(label) for r in d.rows}
    strength = made.units_per_0_1ml
    pairs = {(v.units.units, made.diluent_of(v)) for v in made.vials} or {
        (strength * 10 * made.diluent_ml, made.diluent_ml)
    }
    found = [every.get(pair) for pair in sorted(pairs, reverse=True)]
    rows = tuple(r for r in found if r is not None and r.units_per_0_1ml == strength)
    if len(rows) < len(found):
        mixed = ", ".join(
            f"{plain(units)} Units in {plain(ml)} mL" for units, ml in sorted(pairs, reverse=True)
        )
        raise BadInput(
            where=WHERE,
            read=f"{mixed} as {plain(strength)} Units in 0.1 mL",
            expected="a strength the label gives for the neck: "
            + ", ".join(
                f"{row_words(r)} ({plain(r.units_per_0_1ml)} Units in 0.1 mL)"
                for r in (every.values() if len(every) <= 6 else offered)
            ),
            mend="Nothing is drawn up at another strength than the one that was mixed.",
        )
    return rows


def _agrees(option: str, row: str | None, typed: Dilution) -> None:
    if row is None:
        return
    if sorted(row.replace(" ", "").split("+")) != sorted(typed.name.split("+")):
        raise BadInput(
            where=option,
            read=repr(row),
            expected=f"{typed.name}, the dilution typed in the case under [{WHERE}], or no {option}",
            mend="Change the case where the vial was mixed otherwise.",
        )


def _one(option: str, given: datetime | None, typed: datetime | None) -> datetime | None:
    if given is not None and typed is not None and given != typed:
        raise BadInput(
            where=option, read=f"{given:%Y-%m-%dT%H:%M}", expected=f"{typed:%Y-%m-%dT%H:%M} as in the case"
        )
    return given or typed


def _holds_enough(made: Preparation, checked: CheckedPlan) -> None:
    held = sum((vial.units.units for vial in made.vials), Decimal(0))
    if held < checked.plan.total.units:
        raise BadInput(
            where=WHERE,
            read=f"vials that hold {plain(held)} Units",
            expected=f"at least the {checked.plan.total} of the plan {checked.plan.name!r}",
        )


def _as_typed(drawn: DrawUp, made: Preparation, typed: Dilution, labels: Sequence[VialLabel]) -> DrawUp:
    """The draw-up out of the vials that were opened, with what was written of them."""
    notes = (
        Note(kind=NoteKind.ROW, what=f"Mixed as typed in the case: {typed}."),
        *_less_drawn(drawn, made),
        *(note for note in drawn.notes if note.kind is not NoteKind.SAVING),
    )
    if not made.vials:
        preparation = replace(drawn.preparation, diluent=made.diluent)
        return replace(drawn, preparation=preparation, notes=notes, others=())
    sizes = Counter(int(vial.units.units) for vial in made.vials)
    choice = replace(
        drawn.choice,
        dilution=typed,
        vials=VialCount(counts=tuple(sorted(sizes.items(), reverse=True))),
    )
    per_ml, product = typed.units_per_ml, drawn.plan.product
    left = choice.opened_ml - choice.given_ml - choice.dead_space_ml
    totals = Totals(
        opened=Dose(Decimal(choice.vials.units), product),
        given=drawn.plan.total,
        dead_space=Dose(choice.dead_space_ml * per_ml, product),
        discarded=Dose(left * per_ml, product),
        opened_ml=choice.opened_ml,
        given_ml=choice.given_ml,
        dead_space_ml=choice.dead_space_ml,
        discarded_ml=left,
    )
    preparation = replace(
        made,
        vials=_labelled(made.vials, labels),
        drawn=totals.drawn,
        mixed_at=drawn.preparation.mixed_at,
        injected_at=drawn.preparation.injected_at,
    )
    return replace(drawn, choice=choice, totals=totals, preparation=preparation, notes=notes, others=())


def _less_drawn(drawn: DrawUp, made: Preparation) -> tuple[Note, ...]:
    if made.drawn.units >= drawn.plan.total.units:
        return ()
    what = f"The case says {made.drawn} were drawn; this plan gives {drawn.plan.total}."
    return (Note(kind=NoteKind.PROBLEM, what=what),)


def _labelled(vials: Sequence[VialUse], labels: Sequence[VialLabel]) -> tuple[VialUse, ...]:
    """The typed vials with what was scanned where nothing was typed; a scan that says otherwise is refused."""
    if len(labels) > len(vials):
        raise BadInput(
            where="--gs1", read=f"{len(labels)} vial labels", expected=f"at most {len(vials)}, as in the case"
        )
    found = []
    for vial, label in zip(vials, [*labels, *([None] * (len(vials) - len(labels)))], strict=True):
        if label is None:
            found.append(vial)
            continue
        told = ((vial.lot, label.lot), (vial.expiry, label.expiry))
        if any(typed and scanned and typed != scanned for typed, scanned in told):
            raise BadInput(
                where="--gs1",
                read="another lot or expiry than the case",
                expected="the vial typed in the case",
            )
        found.append(replace(vial, lot=vial.lot or label.lot, expiry=vial.expiry or label.expiry))
    return tuple(found)
