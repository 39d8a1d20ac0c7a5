"""A draw-up as text for a terminal and as a document for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collis.pharmacy.choice import Choice
from collis.pharmacy.drawup import DrawUp, NoteKind
from collis.pharmacy.syringes import Fill
from collis.reasons import Ground
from collis.report import words
from collis.report.json import FORMAT, Document, checked_document, ground_document, plain_value
from collis.report.terminal import Sheet, state_words

if TYPE_CHECKING:
    from collis.api import Prepared


def drawup_text(prepared: Prepared, *, width: int, colour: bool = False) -> str:
    """What to open, mix and draw, syringe by syringe, where the Units go, and the other ways there were."""
    drawn, verdict = prepared.drawup, prepared.checked.verdict
    dilution, made = drawn.choice.dilution, drawn.preparation
    sheet = Sheet(width=width, colour=colour)
    sheet.title(f"Draw-up   {drawn.plan.name}", f"{drawn.plan.product}, {words.units(drawn.plan.total)}")
    sheet.line(f"{drawn.choice.vials}, for this patient alone.", head="Open:")
    sheet.line(
        f"{dilution}, {'a ready solution' if dilution.ready else made.diluent}: "
        f"{words.number(dilution.units_per_ml)} Units/mL, {words.number(made.units_per_0_1ml)} Units in 0.1 mL.",
        head="Strength:",
    )
    kind = drawn.choice.syringe
    grade = words.grounds(Ground.of(kind.dead_space))
    left = f"{words.number(kind.dead_space.value)} mL stay behind in each [{grade}]"
    sheet.line(f"{kind.name}; {left}.", head="Syringes:")
    if made.mixed_at is not None:
        by = "" if drawn.discard_by is None else f"; discard by {drawn.discard_by:%Y-%m-%d %H:%M}"
        sheet.line(f"{made.mixed_at:%Y-%m-%d %H:%M}{by}.", head="Mixed at:")
    _syringes(sheet, drawn)
    _vials(sheet, drawn)
    _totals(sheet, drawn)
    notes = [note for note in drawn.notes if note.kind is not NoteKind.SINGLE_PATIENT]
    if notes:
        sheet.section("Notes")
        for note in notes:
            grade = words.grounds(note.ground)
            sheet.bullet(f"{note.what} [{grade}]" if grade else note.what)
    _others(sheet, drawn)
    sheet.section("Verdict on plan and preparation", state_words(verdict))
    for reason in verdict.shown:
        sheet.reason(reason)
    return sheet.text()


def _syringes(sheet: Sheet, drawn: DrawUp) -> None:
    sheet.section("Syringes")
    rows = []
    for held in drawn.syringes:
        for i, draw in enumerate(held.draws):
            sites = [words.number(ml) for ml in draw.sites_ml]
            same = len(set(sites)) == 1
            rows.append(
                (
                    f"{held.number}" if i == 0 else "",
                    words.place(draw.injection.where),
                    words.number(draw.dose.units),
                    words.number(draw.volume_ml),
                    f"{len(sites)} × {sites[0]}" if same else " + ".join(sites),
                )
            )
        if len(held.draws) > 1:
            both = (words.number(held.dose.units), words.number(held.volume_ml))
            rows.append(("", "syringe", *both, ""))
    totals = drawn.totals
    rows.append(("All", "", words.number(totals.given.units), words.number(totals.given_ml), ""))
    heads = ("Syringe", "Muscle", "Units", "mL", "mL per site")
    sheet.table(heads, rows, right=(2, 3), sums=1, folded=(1,))


def _vials(sheet: Sheet, drawn: DrawUp) -> None:
    sheet.section("Vials")
    rows = [
        (
            f"{number}",
            words.units(vial.units),
            words.number(drawn.preparation.diluent_of(vial)),
            vial.lot or "to be written in",
            "to be written in" if vial.expiry is None else vial.expiry.isoformat(),
        )
        for number, vial in enumerate(drawn.vials, start=1)
    ]
    sheet.table(("Vial", "Holds", "mL", "Lot", "Expiry"), rows, right=(1, 2))


def _totals(sheet: Sheet, drawn: DrawUp) -> None:
    totals = drawn.totals
    rows = [
        (head, words.number(dose.units), words.number(ml))
        for head, dose, ml in (
            ("Given", totals.given, totals.given_ml),
            ("Left in hub and needle", totals.dead_space, totals.dead_space_ml),
            ("Left in the vial", totals.discarded, totals.discarded_ml),
            ("Opened", totals.opened, totals.opened_ml),
        )
    ]
    sheet.section("Where the Units go")
    sheet.table(("", "Units", "mL"), rows, right=(1, 2), sums=1)
    sheet.line(discarded_words(drawn))


def discarded_words(drawn: DrawUp) -> str:
    """What is discarded in all, as the sum of vial and dead space: the figure a claim counts."""
    totals = drawn.totals
    left, dead, wasted = (words.number(d.units) for d in (totals.discarded, totals.dead_space, totals.wasted))
    return f"{left} left in the vial + {dead} dead space = {wasted} Units discarded."


def _others(sheet: Sheet, drawn: DrawUp) -> None:
    if not drawn.others:
        return
    sheet.section("Other ways", "name one with --row")
    rows = [
        (way.name, f"{way.vials}", _standing(way), way.problems[0].what if way.problems else "")
        for way in drawn.others
    ]
    sheet.table(("Row", "Opens", "", "First problem"), rows, folded=(3,))


def _standing(way: Choice) -> str:
    if way.works:
        return "works"
    return words.count(len(way.problems), "problem") if way.drawable else "cannot be drawn"


def drawup_document(prepared: Prepared) -> Document:
    """The draw-up and the verdict on it. Numbers of Units and mL as they are, nothing rounded."""
    drawn, made = prepared.drawup, prepared.drawup.preparation
    totals = drawn.totals
    return {
        "format": FORMAT,
        "document": "drawup",
        "plan": drawn.plan.name,
        "product": drawn.plan.product,
        "row": drawn.choice.name,
        "ready": drawn.choice.dilution.ready,
        "diluent": made.diluent,
        "units_per_ml": plain_value(drawn.choice.dilution.units_per_ml),
        "syringe": drawn.choice.syringe.key,
        "mixed_at": None if made.mixed_at is None else made.mixed_at.isoformat(),
        "injected_at": None if made.injected_at is None else made.injected_at.isoformat(),
        "discard_by": None if drawn.discard_by is None else drawn.discard_by.isoformat(),
        "vials": [
            {
                "units": plain_value(vial.units.units),
                "diluent_ml": plain_value(made.diluent_of(vial)),
                "lot": vial.lot,
                "expiry": None if vial.expiry is None else vial.expiry.isoformat(),
            }
            for vial in drawn.vials
        ],
        "syringes": [_held(held) for held in drawn.syringes],
        "totals": {
            name: {"units": plain_value(dose.units), "ml": plain_value(ml)}
            for name, dose, ml in (
                ("opened", totals.opened, totals.opened_ml),
                ("given", totals.given, totals.given_ml),
                ("dead_space", totals.dead_space, totals.dead_space_ml),
                ("discarded", totals.discarded, totals.discarded_ml),
            )
        },
        "notes": [
            {"kind": note.kind.value, "what": note.what, "ground": ground_document(note.ground)}
            for note in drawn.notes
        ],
        "ways": [_way(way) for way in (drawn.choice, *drawn.others)],
        "checked": checked_document(prepared.checked),
    }


def _held(held: Fill) -> Document:
    return {
        "number": held.number,
        "units": plain_value(held.dose.units),
        "ml": plain_value(held.volume_ml),
        "draws": [
            {
                "muscle": draw.injection.muscle.value,
                "side": draw.injection.side.value,
                "units": plain_value(draw.dose.units),
                "sites_ml": [plain_value(ml) for ml in draw.sites_ml],
            }
            for draw in held.draws
        ],
    }


def _way(way: Choice) -> Document:
    return {
        "row": way.name,
        "works": way.works,
        "drawable": way.drawable,
        "opened": [{"units": size, "count": count} for size, count in way.vials.counts],
        "problems": [
            {"kind": p.trouble.value, "what": p.what, "ground": ground_document(p.ground)}
            for p in way.problems
        ],
    }
