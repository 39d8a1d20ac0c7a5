"""The printed comparison: one page that sets the candidates side by side, with verdict, forecast, reasons, sources.

The page is set by Typst from plain data: no text of a case is ever read as markup. What does not fit is left out from
the end of each list and counted on the page.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from collis.case.session import Session, SideEffectKind
from collis.knowledge.names import Muscle, MuscleSide
from collis.planning.candidate import CandidateKey
from collis.reasons import Level
from collis.report import presenting, words
from collis.report.charts import PAPER
from collis.report.citing import sources_words
from collis.report.curves import BAND_WORDS, comparison_chart
from collis.report.honesty import (
    dose_ranges,
    gain_note,
    limited_words,
    notes_of,
    nothing_proposed,
    own_record,
    site_changes_words,
    unchecked_limits,
    why_doses,
)
from collis.report.screening import NAMED_ON_A_PAGE, screening_details, screening_word
from collis.report.side_by_side import (
    WARNINGS_AT_MOST,
    RowKey,
    best_gain,
    change_at,
    comparator_title,
    concerned,
    grounds_of,
    half_gone,
    last_doses,
    next_mark,
    risk_words,
    row_keys,
    seen_before,
    shared_reasons,
)
from collis.report.typesetting import Data, pdf, pictures, printed
from collis.side import Side

if TYPE_CHECKING:
    from collis.api import Consultation, Offer

TEMPLATE = "comparison.typ"
FORECAST_GROUND = "Forecast: a model fitted to published trials; an average with its band."
STANDING = "Decision support, not a cleared device; the clinician decides. Nothing is chosen for you."


def comparison_pdf(consultation: Consultation, *, example: bool = False) -> bytes:
    """The page as a tagged PDF; the same consultation gives the same bytes. `example` boxes it as made up."""
    return pdf(TEMPLATE, comparison_data(consultation, example=example), on=_visit(consultation))


def comparison_png(consultation: Consultation, *, example: bool = False, width_px: int = 1400) -> bytes:
    """The page as a picture, for looking at."""
    data = comparison_data(consultation, example=example)
    return pictures(TEMPLATE, data, on=_visit(consultation), width_px=width_px)[0]


def _visit(consultation: Consultation) -> date:
    on = consultation.case.date
    if on is None:
        raise ValueError("a consultation has a dated case")
    return on


def comparison_data(consultation: Consultation, *, example: bool) -> Data:
    """Everything the page says, as the plain data its template reads."""
    c = consultation
    last = c.case.last_session
    on = _visit(c)
    columns = [_last_column(last, c.product)] if last is not None else []
    columns += [
        {
            "title": o.key.heading,
            "summary": words.clipped(o.candidate.summary, 110 if len(c.offers) < 4 else 80),
            "last": False,
        }
        for o in c.offers
    ]
    biggest = max((o.candidate.plan.total.units for o in c.offers), default=Decimal(0))
    data: Data = {
        "title": f"Plan comparison, {words.day(on)}",
        "heading": "Plan comparison",
        "date": [on.year, on.month, on.day],
        "example": example,
        "wide": biggest >= 1000 or len(c.offers) > 3,
        "label-width": 33 if len(c.offers) > 3 else 34,
        "last-width": 13.5,
        "intro": _intro(c),
        "facts": _facts(c),
        "columns": columns,
        **_grid(c, last),
        "lines": _lines(c, last),
        "not-offered": [{"head": n.key.heading, "text": words.sentence(n.why)} for n in c.not_offered],
        "product-note": _product_note(c, last),
        "figures-note": " ".join(p for p in (dose_ranges(c, c.offers), unchecked_limits(c)) if p),
        "forecast-note": " ".join(p for p in (gain_note(c, c.offers), own_record(c)) if p),
        "doses": _doses(c),
        "chart": _chart(c),
        "verdict": _verdict(c),
        **_muscles(c),
        "untreated": _untreated(c),
        "limited": _limited(c),
        "sources": f"{FORECAST_GROUND} {sources_words(grounds_of(c), on)}",
        "standing": STANDING,
        "version": f"Knowledge version {c.knowledge_version}. Page 1 of 1.",
    }
    laid_out: Data = printed(data)
    return laid_out


def _intro(c: Consultation) -> list[Data]:
    lines = [{"head": "", "text": presenting.visit(c.case, last=False)}]
    if not c.offers:
        lines.insert(0, {"head": nothing_proposed(c), "text": ""})
    seen = presenting.posture(c.case.examination.posture)
    lines.append({"head": "Posture:", "text": words.clipped(words.sentence(seen or "not recorded"), 230)})
    lines += [{"head": "Note:", "text": words.clipped(words.sentence(n), 200)} for n in c.ranking.notes[:1]]
    goals = "; ".join(c.case.history.goals)
    lines.append({"head": "Goals:", "text": words.clipped(words.sentence(goals or "not recorded"), 170)})
    return lines


def _facts(c: Consultation) -> list[Data]:
    last, on, after = c.case.last_session, c.case.date, c.earliest_next
    since = "not recorded"
    if last is not None and on is not None:
        since = f"{words.weeks_and_days((on - last.on).days)} ago"
    elif c.case.naive.value == "yes":
        since = "never"
    return [
        {
            "head": "Product, for this product only",
            "value": c.product,
            "small": f"{c.brand or 'no brand'}, label {c.case.region.value}",
            "large": True,
            "width": 1.45,
        },
        {
            "head": "Last toxin in the neck",
            "value": since,
            "small": "" if last is None else words.day(last.on),
            "large": False,
            "width": 1.05,
        },
        {
            "head": "Earliest next session",
            "value": "not known" if after is None else words.day(after.on),
            "small": "" if after is None else f"{after.weeks} weeks; {words.grounds(after.ground)}",
            "large": False,
            "width": 1.05,
        },
        {
            "head": "Screening",
            "value": screening_word(c.screening),
            "small": words.clipped(
                "; ".join(screening_details(c.screening, c.case, most=NAMED_ON_A_PAGE)), 150
            ),
            "large": False,
            "width": 1.05,
        },
    ]


def _last_column(last: Session, product: str) -> Data:
    said = f"{words.short_day(last.on)}. {words.sentence(presenting.effect_of(last))}"
    if last.product != product:
        said = f"{words.short_day(last.on)}, {last.product}: another product, so no change is shown."
    return {"title": "Last session", "summary": said, "last": True}


def _cell(units: Decimal, change: Decimal | None) -> Data:
    moved = change is not None and change != 0
    shown = units > 0 or moved
    return {
        "units": words.number(units) if shown else "",
        "change": words.signed(change) if shown and change is not None else "",
        "changed": moved,
    }


def _grid(c: Consultation, last: Session | None) -> Data:
    before = last_doses(last)
    rows = []
    for key in row_keys(c):
        cells = []
        if last is not None:
            cells.append({s.value: _cell(before.get((key, s), Decimal(0)), None) for s in Side})
        cells += [{s.value: _dose_cell(c, offer, key, s) for s in Side} for offer in c.offers]
        rows.append({"muscle": words.muscle(key), "cells": cells})
    totals = []
    if last is not None:
        sides = {s: sum((u for (_, side), u in before.items() if side is s), Decimal(0)) for s in Side}
        totals.append(_total(last.total.units, sides if last.given else None, None))
    for offer in c.offers:
        plan = offer.candidate.plan
        split = {s: sum((i.dose.units for i in plan.injections if i.side is s), Decimal(0)) for s in Side}
        known = last is not None and last.product == c.product
        change = plan.total.units - last.total.units if last is not None and known else None
        totals.append(_total(plan.total.units, split, change))
    return {"rows": rows, "totals": totals}


def _dose_cell(c: Consultation, offer: Offer, key: RowKey, side: Side) -> Data:
    if not isinstance(key, Muscle):
        return _cell(Decimal(0), None)
    units = offer.candidate.plan.dose_at(MuscleSide(key, side)).units
    return _cell(units, change_at(c, units, (key, side)))


def _total(units: Decimal, split: dict[Side, Decimal] | None, change: Decimal | None) -> Data:
    return {
        "units": words.units(units),
        "change": "" if change is None else words.signed(change),
        "changed": bool(change),
        "split": (
            "sides not recorded"
            if split is None
            else " + ".join(f"{words.number(split[side])} {side.word}" for side in Side)
        ),
    }


def _lines(c: Consultation, last: Session | None) -> list[Data]:
    points = c.offers[0].forecast.meaningful_points if c.offers else 0
    week = c.offers[0].forecast.assessment_week if c.offers else 0
    benefit = "not recorded"
    if last is not None and last.benefit_percent is not None:
        benefit = f"{words.number(last.benefit_percent)} % better"
    faded = "not recorded"
    if last is not None and last.faded_week is not None:
        faded = f"by week {words.number(last.faded_week)}"
    return [
        _line("Verdict", last, "given", [_states(o) for o in c.offers]),
        _line("Best gain, TWSTRS points", last, benefit, [_text(*best_gain(o)) for o in c.offers]),
        _line(
            f"Chance of {words.number(points)} points, week {words.number(week)}",
            last,
            "",
            [
                _text(
                    words.percent(o.forecast.chance_meaningful),
                    f"(says better {words.percent(o.forecast.chance_better)})",
                )
                for o in c.offers
            ],
        ),
        _line("Half of it gone", last, faded, [_text(*half_gone(o)) for o in c.offers]),
        _line(
            "Swallowing risk, relative",
            last,
            seen_before(last, SideEffectKind.DYSPHAGIA),
            [_text(*risk_words(c, o, o.forecast.dysphagia)) for o in c.offers],
        ),
        _line(
            "Neck weakness, relative",
            last,
            seen_before(last, SideEffectKind.NECK_WEAKNESS),
            [_text(*risk_words(c, o, o.forecast.neck_weakness)) for o in c.offers],
        ),
    ]


def _line(head: str, last: Session | None, was: str, cells: list[Data]) -> Data:
    return {"head": head, "cells": [*([_text("", was)] if last is not None else []), *cells]}


def _text(text: str, small: str = "") -> Data:
    return {"text": text, "small": small, "states": []}


def _states(offer: Offer) -> Data:
    said = words.standing(offer.checked.verdict)
    return {"text": "", "small": "", "states": [{"level": level.value, "text": text} for level, text in said]}


def _product_note(c: Consultation, last: Session | None) -> str:
    said = [f"Doses are {c.product} Units. They fit no other product."]
    if c.comparator and len(c.offers) > 1:
        said.append(f"Relative risks are told against “{comparator_title(c)}”.")
    if last is not None and last.product == c.product and any(len(g.members) > 1 for g in last.given):
        said.append(
            "Lumped names of the last record have rows of their own; changes in their members cannot be told."
        )
    changed = site_changes_words(c, c.offers)
    if changed:
        said.append(changed)
    return " ".join(said)


def _chart(c: Consultation) -> Data:
    note = f"gain in TWSTRS points by week; {BAND_WORDS}; dotted: patients notice; a forecast, not a promise"
    if not c.offers:
        return {"svg": "", "alt": "", "title": "", "note": ""}
    chart = comparison_chart(
        [(o.key.heading, o.forecast) for o in c.offers],
        earliest=next_mark(c),
        palette=PAPER,
        width=820,
        height=84,
        heading=False,
    )
    return {"svg": chart.svg(), "alt": chart.alt, "title": "What to expect", "note": note}


def _verdict(c: Consultation) -> Data:
    stern = shared_reasons(c, (Level.CANNOT_JUDGE, Level.REFUSE))
    warnings = shared_reasons(c, (Level.WARN,))
    stern.sort(key=lambda e: e[0].level is not Level.CANNOT_JUDGE)
    shown = stern + warnings[:WARNINGS_AT_MOST]
    lines = [
        {
            "level": reason.level.value,
            "what": words.clipped(words.sentence(reason.what), 170),
            "action": words.clipped(words.sentence(reason.action), 150),
            "concerns": "; ".join(p for p in (concerned(c, offers), words.grounds(reason.ground)) if p),
        }
        for reason, offers in shown
    ]
    lines += [
        {
            "level": "note",
            "what": words.clipped(words.sentence(note.what), 170),
            "action": "",
            "concerns": concerned(c, offers),
        }
        for note, offers in notes_of(c)
    ]
    return {"note": "worst harm first", "lines": lines, "more": max(0, len(warnings) - WARNINGS_AT_MOST)}


def _muscles(c: Consultation) -> Data:
    top = c.ranking.muscles[:8]
    largest = max((m.share for m in top), default=0.0) or 1.0
    entries = []
    for m in top:
        against = [*m.against, *([m.needs] if m.needs else [])]
        entries.append(
            {
                "name": words.muscle(m.muscle),
                "side": m.side.word,
                "word": words.likelihood(m.probability),
                "share": m.share / largest,
                "why": words.fitting(m.reasons, 130),
                "against": words.fitting(against, 90),
            }
        )
    return {"muscles": entries, "more-muscles": len(c.ranking.muscles) - len(top)}


def _untreated(c: Consultation) -> list[Data]:
    """Muscle-sides without a dose, gathered by reason: one line for each reason and set of candidates."""
    reasons: dict[MuscleSide, dict[str, list[Offer]]] = {}
    for offer in c.offers:
        for entry in offer.candidate.untreated:
            reasons.setdefault(entry.where, {}).setdefault(entry.why, []).append(offer)
    gathered: dict[tuple[str, str], list[str]] = {}
    rank = {m.where: i for i, m in enumerate(c.ranking.muscles)}
    for where in sorted(reasons, key=lambda w: rank.get(w, len(rank))):
        for why, offers in reasons[where].items():
            which = "" if len(offers) == len(c.offers) else concerned(c, offers)
            gathered.setdefault((why, which), []).append(words.place(where))
    return [
        {
            "head": words.sentence(f"{why.rstrip('.')} ({which})" if which else why),
            "text": words.sentence(words.listed(_at_most(places, 5))),
        }
        for (why, which), places in gathered.items()
    ]


def _at_most(items: list[str], most: int) -> list[str]:
    rest = len(items) - most
    return items if rest <= 1 else [*items[:most], f"{rest} more in the JSON file"]


def _limited(c: Consultation) -> list[Data]:
    by_text: dict[str, list[Offer]] = {}
    for offer in c.offers:
        by_text.setdefault(limited_words(offer.candidate), []).append(offer)
    return [
        {"head": f"{concerned(c, offers) or 'This plan'}:", "text": words.clipped(text, 200)}
        for text, offers in by_text.items()
    ]


def _doses(c: Consultation) -> list[Data]:
    """Why each line has its dose, each reason once with the candidates that give it; a copy of last time comes last."""
    found: dict[tuple[str, str], list[Offer]] = {}
    for offer in sorted(c.offers, key=lambda o: o.key is CandidateKey.AS_LAST_TIME):
        for head, why in why_doses(offer.candidate, most=120):
            found.setdefault((head, why), []).append(offer)
    return [
        {"head": head, "text": "; ".join(p for p in (why.rstrip("."), concerned(c, offers)) if p) + "."}
        for (head, why), offers in found.items()
    ]
