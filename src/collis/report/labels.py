"""The second page of the sheet: labels for vials and syringes to cut out, and the checklist of the draw-up."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from collis.knowledge.names import Muscle, MuscleSide
from collis.knowledge.products import Label
from collis.report import words
from collis.report.grid import heading_of
from collis.report.preparing import keyed, vials_words
from collis.report.typesetting import Data

if TYPE_CHECKING:
    from collis.api import Consultation, Offer
    from collis.pharmacy.drawup import DrawUp
    from collis.pharmacy.syringes import Fill


def labels_data(
    c: Consultation,
    offer: Offer,
    drawn: DrawUp | None,
    letters: Mapping[Muscle, str],
    label: Label | None,
) -> Data:
    """The labels and the checklist as the template reads them; none, and `drawn` false, without a draw-up."""
    data: Data = {
        "heading": "Labels and draw-up",
        "plan": heading_of(offer),
        "visit": "" if c.case.date is None else words.day(c.case.date),
        "product": c.product,
        "brand": c.brand,
        "drawn": drawn is not None,
        "vials": [],
        "syringes": [],
        "steps": [],
        "sums": [],
        "notes": [],
    }
    if drawn is None:
        return data
    return data | {
        "vials": _vials(drawn, label),
        "syringes": [_syringe(held, drawn, letters) for held in drawn.syringes],
        "steps": _steps(c, drawn, label),
        "sums": _sums(drawn),
        "notes": [words.sentence(note.what) for note in drawn.notes],
    }


def _vials(drawn: DrawUp, label: Label | None) -> list[Data]:
    found = []
    for number, vial in enumerate(drawn.vials, start=1):
        diluent = drawn.preparation.diluent_of(vial)
        hours = None if label is None or drawn.choice.dilution.ready else label.in_use_hours
        found.append(
            {
                "head": f"Vial {number} of {len(drawn.vials)}",
                "units": words.units(vial.units),
                "mixed": "ready solution"
                if drawn.choice.dilution.ready
                else f"in {words.number(diluent)} mL",
                "strength": f"{words.number(drawn.choice.dilution.units_per_ml)} Units/mL",
                "lot": vial.lot or "",
                "expiry": words.short_day(vial.expiry) if vial.expiry else "",
                "hours": "" if hours is None else f"Discard {words.number(hours.value)} h after mixing",
                "by": ""
                if drawn.discard_by is None
                else f"{words.short_day(drawn.discard_by.date())} {drawn.discard_by:%H:%M}",
            }
        )
    return found


def _syringe(held: Fill, drawn: DrawUp, letters: Mapping[Muscle, str]) -> Data:
    lines: dict[MuscleSide, list[Decimal]] = {}
    for draw in held.draws:
        lines.setdefault(draw.injection.where, []).extend(draw.sites_ml)
    per_ml = drawn.choice.dilution.units_per_ml
    rows = []
    for where, sites in lines.items():
        groups = [(sites.count(ml), ml) for ml in sorted(set(sites), reverse=True)]
        rows.append(
            {
                "key": keyed(letters, where),
                "letter": letters[where.muscle],
                "side": where.side.word,
                "muscle": words.muscle(where.muscle),
                "units": words.units(sum(sites, Decimal(0)) * per_ml),
                "ml": f"{words.number(sum(sites, Decimal(0)))} mL",
                "sites": " + ".join(f"{n} × {words.number(ml)} mL" for n, ml in groups),
            }
        )
    dead = held.syringe.dead_space.value
    return {
        "head": f"Syringe {held.number} of {len(drawn.syringes)}",
        "units": words.units(held.dose),
        "ml": f"{words.number(held.volume_ml)} mL",
        "strength": f"{words.number(per_ml)} Units/mL",
        "kind": held.syringe.name,
        "draw": (
            f"{words.number(dead)} mL more fills hub and needle, in front of the zero mark"
            if drawn.choice.short_ml == 0
            else f"hub and needle keep {words.number(dead)} mL, which the vials do not hold: the last site may miss it"
        ),
        "rows": rows,
    }


def _steps(c: Consultation, drawn: DrawUp, label: Label | None) -> list[str]:
    dilution = drawn.choice.dilution
    steps = [
        f"Product read aloud: {c.product}{f', {c.brand}' if c.brand else ''}. Units of no other product.",
        f"Taken out: {vials_words(drawn)}. Lot and expiry written down, not expired, seal whole.",
    ]
    if dilution.ready:
        steps.append("Solution is ready: nothing is added.")
    else:
        each = words.listed(
            [
                f"{words.number(dilution.diluent_ml(size))} mL into "
                f"{'the' if n == 1 else 'each'} vial of {words.units(size)}"
                for size, n in drawn.choice.vials.counts
            ]
        )
        steps.append(
            f"Diluent: {drawn.preparation.diluent}. {each[0].upper()}{each[1:]}, swirled, not shaken."
        )
    strength = words.number(dilution.units_per_ml)
    steps.append(
        f"Strength read aloud: {strength} Units/mL, {words.number(drawn.preparation.units_per_0_1ml)} Units in 0.1 mL."
    )
    steps.append("Vial labels stuck on, with time of mixing and time to discard.")
    steps += [
        f"Syringe {held.number}: {words.number(held.volume_ml)} mL to give, {words.units(held.dose)}; label stuck on."
        for held in drawn.syringes
    ]
    steps.append(
        f"All syringes together: {words.number(drawn.totals.given_ml)} mL, {words.units(drawn.totals.given)}."
    )
    steps.append("Second person has checked product, strength, syringes and total against the sheet.")
    return steps


def _sums(drawn: DrawUp) -> list[Data]:
    """Where the opened Units go; the printed figures add up."""
    totals = drawn.totals
    given, discarded, dead = totals.printed(Decimal("0.01"))
    return [
        {"head": "Opened", "units": words.units(totals.opened), "ml": f"{words.number(totals.opened_ml)} mL"},
        {"head": "Given", "units": words.units(given), "ml": f"{words.number(totals.given_ml)} mL"},
        {
            "head": "Left in hub and needle",
            "units": words.units(dead),
            "ml": f"{words.number(totals.dead_space_ml)} mL",
        },
        {
            "head": "Left in the vial",
            "units": words.units(discarded),
            "ml": f"{words.number(totals.discarded_ml)} mL",
        },
        {
            "head": "Discarded in all",
            "units": words.units(discarded + dead),
            "ml": f"{words.number(totals.discarded_ml + totals.dead_space_ml)} mL",
        },
    ]
