"""The preparation as the printed pages say it: product, vials, strength, syringes, what is signed for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from collis.knowledge.names import Muscle, MuscleSide
from collis.knowledge.products import Label
from collis.report import words
from collis.report.typesetting import Data

if TYPE_CHECKING:
    from collis.api import Consultation, Offer, Prepared
    from collis.pharmacy.drawup import DrawUp


@dataclass(frozen=True, kw_only=True, slots=True)
class NotPrepared:
    """Why a plan could not be drawn up by Collis; its sheet leaves the volumes to be written in."""

    why: str


def keyed(letters: Mapping[Muscle, str], where: MuscleSide) -> str:
    """A muscle-side by letter and side, as the draw-up lists it: A RIGHT."""
    return f"{letters[where.muscle]} {where.side.word}"


def drawn_from(drawn: DrawUp, letters: Mapping[Muscle, str]) -> Sequence[Data]:
    """Each syringe: what goes into it by letter and side, and its sum."""
    found = []
    for held in drawn.syringes:
        parts: dict[MuscleSide, Decimal] = {}
        for draw in held.draws:
            where = draw.injection.where
            parts[where] = parts.get(where, Decimal(0)) + draw.volume_ml
        said = " + ".join(
            f"{keyed(letters, where)} {words.number(ml)} mL".replace(" ", words.NO_BREAK)
            for where, ml in sorted(parts.items(), key=lambda item: keyed(letters, item[0]))
        )
        found.append(
            {
                "head": f"Syringe {held.number}, {words.number(held.syringe.size.value)} mL:",
                "text": f"{said} = {words.number(held.volume_ml)} mL, {words.units(held.dose)}",
            }
        )
    return found


def vials_words(drawn: DrawUp) -> str:
    """The vials to open: 1 vial of 200 Units."""
    return words.listed(
        [
            words.count(n, f"vial of {words.units(size)}", f"vials of {words.units(size)}")
            for size, n in drawn.choice.vials.counts
        ]
    )


def mixed_words(drawn: DrawUp) -> str:
    """How each size of vial is mixed: 200 Units in 2 mL."""
    dilution = drawn.choice.dilution
    return words.listed(
        [
            f"{words.units(size)} in {words.number(dilution.diluent_ml(size))} mL"
            for size, _ in drawn.choice.vials.counts
        ]
    )


def facts_data(
    c: Consultation, offer: Offer, prepared: Prepared | NotPrepared, label: Label | None
) -> list[Data]:
    """Product, total, strength and diluent; blanks to write in where the plan was not drawn up."""
    plan = offer.candidate.plan
    drug = {
        "head": "Product, for this product only",
        "value": c.product,
        "beside": c.brand,
        "small": f"label {c.case.region.value}; Units fit no other product",
        "width": 1.62,
    }
    if isinstance(prepared, NotPrepared):
        return [
            drug,
            _fact("Total", words.units(plan.total), "write in: ______ mL", 0.8),
            _fact("Strength", "______ Units/mL", "not worked out; write in", 1.05),
            _fact("Diluent", "__________", _in_use(label), 1.05),
        ]
    drawn = prepared.drawup
    dilution = drawn.choice.dilution
    preparation = drawn.preparation
    first, _, rest = preparation.diluent.partition(", ")
    drug["small"] = f"{vials_words(drawn)}; label {c.case.region.value}"
    tenth = words.number(preparation.units_per_0_1ml)
    return [
        drug,
        _fact("Total", words.units(plan.total), f"{words.number(drawn.totals.given_ml)} mL given", 0.8),
        _fact(
            "Strength",
            f"{words.number(dilution.units_per_ml)} Units/mL",
            f"{mixed_words(drawn)}; {tenth} Units in 0.1 mL",
            1.15,
        ),
        _fact(
            "Diluent",
            "ready solution" if dilution.ready else first,
            "; ".join(p for p in ("" if dilution.ready else rest, _in_use(label)) if p),
            1.15,
        ),
    ]


def _fact(head: str, value: str, small: str, width: float) -> Data:
    return {"head": head, "value": value, "beside": "", "small": small, "width": width}


def _in_use(label: Label | None) -> str:
    if label is None or label.in_use_hours is None:
        return ""
    return f"use within {words.number(label.in_use_hours.value)} h"


def needle_words(label: Label | None) -> list[str]:
    """What the label says of the needle, as no or one sentence."""
    needle = None if label is None else label.needle
    return [] if needle is None else [f"Needle by the label: {needle.value}."]


def draw_up_data(prepared: Prepared | NotPrepared, letters: Mapping[Muscle, str]) -> list[Data]:
    """Syringe by syringe what goes in, and where the opened Units go; printed figures add up."""
    if isinstance(prepared, NotPrepared):
        return [{"head": "Not worked out:", "text": words.sentence(words.clipped(prepared.why, 220))}]
    drawn = prepared.drawup
    step = drawn.choice.syringe.mark.value
    given, discarded, dead = drawn.totals.printed(Decimal(1) if drawn.totals.given.units % 1 == 0 else step)
    opened = words.units(drawn.totals.opened)
    said = (
        f"= {words.number(given)} given + {words.number(dead + discarded)} discarded "
        f"({words.number(discarded)} left in the vial + {words.number(dead)} dead space)"
    )
    return [*drawn_from(drawn, letters), {"head": f"Opened {opened}", "text": said}]


def signatures(prepared: Prepared | NotPrepared) -> list[Data]:
    """The fields to sign, with lot, expiry and discard time where they are known."""
    lots, expiries = "", ""
    discard = ""
    if not isinstance(prepared, NotPrepared):
        drawn = prepared.drawup
        lots = ", ".join(v.lot for v in drawn.vials if v.lot)
        expiries = ", ".join(words.short_day(v.expiry) for v in drawn.vials if v.expiry)
        if drawn.discard_by is not None:
            discard = f"{words.short_day(drawn.discard_by.date())} {drawn.discard_by:%H:%M}"
    return [
        {"head": "Mixed by, time", "value": ""},
        {"head": "Checked by", "value": ""},
        {"head": "Lot", "value": lots},
        {"head": "Expiry; discard mixed vial by", "value": "; ".join(p for p in (expiries, discard) if p)},
        {"head": "Time-out read back by, time", "value": ""},
        {"head": "Injected by", "value": ""},
        {"head": "Given, Units: RIGHT / LEFT / total", "value": ""},
        {"head": "Signature, date", "value": ""},
    ]
