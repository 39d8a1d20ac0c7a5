"""The injection sheet: what the injector works from, one page a plan, with labels and draw-up checklist as its second.

Only a plan that the gate does not refuse is printed. One that cannot be judged yet is printed with a box that says it
is not ready to sign and names the missing answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from collis.case.case import Case
from collis.errors import BadInput
from collis.knowledge.load import Knowledge
from collis.knowledge.products import Label
from collis.reasons import Ground, Level, Reason
from collis.report import presenting, typesetting, words
from collis.report.charts import PAPER
from collis.report.citing import sources_words
from collis.report.curves import NextMark, best_week, forecast_chart, when_words
from collis.report.drawing import draw
from collis.report.grid import drawn_from, grid_data, letters_of
from collis.report.labels import labels_data
from collis.report.side_by_side import comparator_title, next_mark
from collis.report.typesetting import Data
from collis.safety.earlier import within

if TYPE_CHECKING:
    from collis.api import Consultation, Offer, Prepared
    from collis.course.predict import Risk, When

WARNINGS_AT_MOST = 5
CUMULATIVE_WEEKS = 12
"""The span over which the sheet adds up earlier toxin. A choice of display: the limits have their own windows."""

STANDING = "Decision support, not a cleared device; the injector decides."


@dataclass(frozen=True, kw_only=True, slots=True)
class NotPrepared:
    """Why a plan could not be drawn up by Collis; its sheet leaves the volumes to be written in."""

    why: str


def sheet_pdf(
    consultation: Consultation, offer: Offer, prepared: Prepared | NotPrepared, *, example: bool = False
) -> bytes:
    """The sheet and its second page as a tagged PDF; the same input gives the same bytes.

    Raises `BadInput` for a plan the gate refuses, alone or with its preparation, and for a preparation of another
    plan. `example` boxes it as made up.
    """
    data = sheet_data(consultation, offer, prepared, example=example)
    return typesetting.pdf("sheet.typ", data, on=_on(consultation.case))


def sheet_pngs(
    consultation: Consultation,
    offer: Offer,
    prepared: Prepared | NotPrepared,
    *,
    example: bool = False,
    width_px: int = 1400,
) -> list[bytes]:
    """The same pages as pictures, for looking at."""
    data = sheet_data(consultation, offer, prepared, example=example)
    return typesetting.pictures("sheet.typ", data, on=_on(consultation.case), width_px=width_px)


def sheet_data(
    consultation: Consultation, offer: Offer, prepared: Prepared | NotPrepared, *, example: bool
) -> Data:
    """Everything the pages say, as the plain data their template reads. Errors as `sheet_pdf`."""
    passed(offer, prepared)
    c, plan, on = consultation, offer.candidate.plan, _on(consultation.case)
    knowledge = _knowledge(c.case)
    label = knowledge.label(c.product, c.case.region)
    drawn = None if isinstance(prepared, NotPrepared) else prepared.drawup
    letters = letters_of(c, plan)
    data: Data = {
        "title": f"Injection sheet, {offer.key.heading}, {words.day(on)}",
        "heading": "Injection sheet",
        "plan": offer.key.heading,
        "date": [on.year, on.month, on.day],
        "example": example,
        "intro": _intro(c),
        "not-ready": _not_ready(offer),
        "facts": _facts(c, offer, prepared, label),
        **grid_data(c, plan, drawn),
        "cumulative": _cumulative(c, plan.total.units),
        "needle": _needle(label),
        "figures": [
            {"title": f.title, "below": f.below, "svg": f.svg, "alt": f.alt, "ratio": f.ratio}
            for f in draw(plan, letters)
        ],
        "verdict": _verdict(offer, prepared),
        "untreated": _untreated(offer),
        "draw-up": _draw_up(prepared, letters),
        "expect": _expect(c, offer),
        "chart": _chart(c, offer),
        "emergency": emergency(c.case, knowledge),
        "signatures": _signatures(prepared),
        "sources": _sources(c, offer, prepared, label, knowledge),
        "standing": STANDING,
        "version": f"Knowledge version {c.knowledge_version}.",
        "second": labels_data(c, offer, drawn, letters, label),
    }
    return {key: typesetting.printed(value) for key, value in data.items()}


def passed(offer: Offer, prepared: Prepared | NotPrepared) -> None:
    """Refuses a plan the gate refuses, alone or with its preparation, and a preparation of another plan."""
    plan = offer.candidate.plan
    checks = [offer.checked] if isinstance(prepared, NotPrepared) else [offer.checked, prepared.checked]
    for checked in checks:
        if checked.plan != plan:
            raise BadInput(
                where="plan", read="a verdict or draw-up of another plan", expected=f"those of {offer.key.heading!r}"
            )
        if not checked.passes:
            why = next((r.what for r in checked.verdict.reasons if r.level is Level.REFUSE), "")
            raise BadInput(
                where="plan",
                read=f"{offer.key.heading!r}, refused by the gate: {why}".rstrip(".: "),
                expected="a plan the gate does not refuse",
                mend="A refused plan is not printed as a sheet.",
            )
    if not isinstance(prepared, NotPrepared) and prepared.drawup.plan != plan:
        raise BadInput(
            where="draw-up", read="the draw-up of another plan", expected=f"that of {offer.key.heading!r}"
        )


def _on(case: Case) -> date:
    assert case.date is not None  # a consultation has a dated case
    return case.date


def _knowledge(case: Case) -> Knowledge:
    from collis.api import knowledge_for

    return knowledge_for(case)


def _intro(c: Consultation) -> list[Data]:
    last, after = c.case.last_session, c.earliest_next
    seen = presenting.visit(c.case)
    if last is not None and after is not None:
        seen += f"; at least {after.weeks} weeks between sessions ({words.grounds(after.ground)})"
    goals = "; ".join(c.case.history.goals)
    lines = [
        {"head": "", "text": words.sentence(seen)},
        {
            "head": "Posture:",
            "text": words.sentence(presenting.posture(c.case.examination.posture) or "not recorded"),
        },
        {"head": "Goals:", "text": words.clipped(words.sentence(goals or "not recorded"), 170)},
    ]
    if last is not None:
        effects = "; ".join(presenting.side_effect(e) for e in last.side_effects)
        lines += [
            {"head": "Last time:", "text": words.sentence(presenting.effect_of(last))},
            {
                "head": "Side effects last time:",
                "text": words.clipped(words.sentence(effects or "none recorded"), 150),
            },
        ]
        if last.product != c.product:
            said = f"The last session was of {last.product}: its Units are not set beside these."
            lines.append({"head": "Another product:", "text": said})
    return lines


def _not_ready(offer: Offer) -> list[str]:
    """What keeps the plan from being judged; empty where nothing does."""
    reasons = offer.checked.verdict.clinical
    return [_answer_missing(r) for r in reasons if r.level is Level.CANNOT_JUDGE]


def _answer_missing(reason: Reason) -> str:
    said = reason.what.removeprefix("Cannot judge yet: ")
    return words.sentence(said)


def _facts(c: Consultation, offer: Offer, prepared: Prepared | NotPrepared, label: Label | None) -> list[Data]:
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
            {"head": "Total", "value": words.units(plan.total), "beside": "", "small": "write in: ______ mL", "width": 0.8},
            {"head": "Strength", "value": "______ Units/mL", "beside": "", "small": "not worked out; write in", "width": 1.05},
            {"head": "Diluent", "value": "__________", "beside": "", "small": _in_use(label), "width": 1.05},
        ]
    drawn = prepared.drawup
    dilution = drawn.choice.dilution
    preparation = drawn.preparation
    first, _, rest = preparation.diluent.partition(", ")
    counts = [words.count(n, f"vial of {size} Units", f"vials of {size} Units") for size, n in drawn.choice.vials.counts]
    drug["small"] = f"{words.listed(counts)}; label {c.case.region.value}"
    tenth = words.number(preparation.units_per_0_1ml)
    return [
        drug,
        {
            "head": "Total",
            "value": words.units(plan.total),
            "beside": "",
            "small": f"{words.number(drawn.totals.given_ml)} mL given",
            "width": 0.8,
        },
        {
            "head": "Strength",
            "value": f"{words.number(dilution.units_per_ml)} Units/mL",
            "beside": "",
            "small": f"{dilution}; {tenth} Units in 0.1 mL",
            "width": 1.15,
        },
        {
            "head": "Diluent",
            "value": "ready solution" if dilution.ready else first,
            "beside": "",
            "small": "; ".join(p for p in ("" if dilution.ready else rest, _in_use(label)) if p),
            "width": 1.15,
        },
    ]


def _in_use(label: Label | None) -> str:
    if label is None or label.in_use_hours is None:
        return ""
    return f"use within {words.number(label.in_use_hours.value)} h"


def _needle(label: Label | None) -> str:
    needle = None if label is None else label.needle
    return "" if needle is None else f"Needle by the label: {needle.value}."


def _cumulative(c: Consultation, today: Decimal) -> str:
    """All toxin of the span up to and with today, by product; what is not known is said."""
    events = within(c.case, 7 * CUMULATIVE_WEEKS + 1)
    units: dict[str, Decimal] = {c.product: today}
    unknown = 0
    for event in events:
        if event.dose is None or event.product is None:
            unknown += 1
        else:
            units[event.product] = units.get(event.product, Decimal(0)) + event.dose.units
    own = units.pop(c.product)
    said = f"{CUMULATIVE_WEEKS} weeks, all toxin with today: {words.units(own)}"
    others = [f"{words.units(n)} of {product}" for product, n in units.items()]
    if unknown:
        others.append(words.count(unknown, "treatment of unknown dose", "treatments of unknown dose"))
    if c.case.safety.toxin_elsewhere.value == "unknown":
        others.append("toxin elsewhere not answered")
    return "; ".join([said, *others])


def _verdict(offer: Offer, prepared: Prepared | NotPrepared) -> Data:
    checked = offer.checked if isinstance(prepared, NotPrepared) else prepared.checked
    warnings = [r for r in checked.verdict.clinical if r.level is Level.WARN]
    shown = warnings[:WARNINGS_AT_MOST]
    state = {
        Level.CANNOT_JUDGE: "cannot judge yet",
        Level.WARN: f"warn {len(warnings)}",
        Level.ALLOW: "allow",
    }[offer.checked.verdict.level]
    lines = [
        {
            "level": r.level.value,
            "head": words.clipped(words.sentence(r.what), 170),
            "text": words.clipped(words.sentence(r.action), 140),
            "ground": words.grounds(r.ground),
        }
        for r in shown
    ]
    asked = [] if isinstance(prepared, NotPrepared) else _to_write_in(offer, prepared)
    return {"state": f"verdict: {state}", "lines": lines, "more": len(warnings) - len(shown), "write-in": asked}


def _to_write_in(offer: Offer, prepared: Prepared) -> list[str]:
    """What the gate asks of the preparation and the plan alone did not ask: written on the sheet at mixing."""
    known = {q for r in offer.checked.verdict.clinical for q in r.asks.split(", ")}
    asked = [q for r in prepared.checked.verdict.clinical for q in r.asks.split(", ") if q]
    return [q for q in asked if q not in known]


def _untreated(offer: Offer) -> list[Data]:
    """Muscle-sides without a dose, gathered by reason in the order of their rank."""
    gathered: dict[str, list[str]] = {}
    for entry in offer.candidate.untreated:
        gathered.setdefault(entry.why.rstrip("."), []).append(words.place(entry.where))
    return [
        {"head": words.sentence(words.listed(_at_most(places, 4))), "text": words.sentence(why)}
        for why, places in gathered.items()
    ]


def _at_most(items: list[str], most: int) -> list[str]:
    rest = len(items) - most
    return items if rest <= 1 else [*items[:most], f"{rest} more"]


def _draw_up(prepared: Prepared | NotPrepared, letters: dict) -> list[Data]:
    if isinstance(prepared, NotPrepared):
        return [{"head": "Not worked out:", "text": words.sentence(words.clipped(prepared.why, 220))}]
    drawn = prepared.drawup
    step = drawn.choice.syringe.mark.value
    given, discarded, dead = drawn.totals.printed(Decimal(1) if drawn.totals.given.units % 1 == 0 else step)
    opened = words.units(drawn.totals.opened)
    said = (
        f"= {words.number(given)} given + {words.number(dead)} dead space + {words.number(discarded)} discarded"
    )
    return [*drawn_from(drawn, letters), {"head": f"Opened {opened}", "text": said}]


def _expect(c: Consultation, offer: Offer) -> list[Data]:
    f, after = offer.forecast, c.earliest_next
    found = [
        {"head": "First change", "value": _days(f.onset_day), "small": ""},
        {"head": "Best", "value": _weeks(f.peak_week), "small": ""},
        {"head": "Half gone", "value": _weeks(f.fading_week), "small": ""},
        {
            "head": "Earliest next",
            "value": "not known" if after is None else words.short_day(after.on),
            "small": "" if after is None else f"{after.weeks} weeks; {words.grounds(after.ground)}",
        },
    ]
    return found + [
        _risk(c, offer, "Swallowing trouble", f.dysphagia),
        _risk(c, offer, "Neck weakness", f.neck_weakness),
    ]


def _days(when: When | None) -> str:
    if when is None:
        return "no effect expected"
    if when.low is None or when.high is None:
        return when_words(when, "day")
    low, high = words.number(when.low, 0), words.number(when.high, 0)
    return f"day {low}" if low == high else f"day {low} to {high}"


def _weeks(when: When | None) -> str:
    return "no effect expected" if when is None else when_words(when)


def _risk(c: Consultation, offer: Offer, head: str, risk: Risk) -> Data:
    low, high = words.percent(risk.absolute.low), words.percent(risk.absolute.high)
    chance = f"chance {words.percent(risk.absolute.median)} ({low} to {high})"
    if offer.candidate.plan.name == c.comparator or risk.relative is None:
        others = ", which other plans are told against" if len(c.offers) > 1 else ""
        return {"head": f"{head}{others}", "value": chance, "small": ""}
    ends = words.ratio(risk.relative.low), words.ratio(risk.relative.high)
    band = f" ({ends[0]} to {ends[1]})" if ends[0] != ends[1] else ""
    return {
        "head": f"{head}, against “{comparator_title(c)}”",
        "value": f"{words.ratio(risk.relative.median)} times{band}",
        "small": chance,
    }


def _chart(c: Consultation, offer: Offer) -> Data:
    mark = next_mark(c)
    week = None if mark is None else NextMark(week=mark.week, head=f"earliest next, {mark.head[0].lower()}{mark.head[1:]}", below="")
    chart = forecast_chart(
        offer.forecast, title=offer.key.heading, earliest=week, palette=PAPER, width=560, height=104
    )
    spec = {key: value for key, value in chart.spec.items() if key != "title"}
    spec["padding"] = {"left": 0, "right": 4, "top": 2, "bottom": 0}
    bare = replace(chart, spec=spec)
    return {"svg": bare.svg(), "alt": bare.alt, "best": words.number(best_week(offer.forecast), 0)}


def emergency(case: Case, knowledge: Knowledge) -> Data:
    """The emergency line of the region: what to call, the signs, how late they may come, and what is no emergency."""
    known = knowledge.emergency
    signs = [words.printable(str(s.value)) for s in known.signs]
    listed = "; ".join(s[0].lower() + s[1:] for s in signs)
    return {
        "head": f"Call {known.phones[case.region].value} at once:",
        "signs": words.sentence(listed)[:-1],
        "list": signs,
        "phone": str(known.phones[case.region].value),
        "late": words.sentence(str(known.window.value)),
        "mild": words.sentence(str(known.mild.value)),
    }


def _signatures(prepared: Prepared | NotPrepared) -> list[Data]:
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


def _sources(
    c: Consultation,
    offer: Offer,
    prepared: Prepared | NotPrepared,
    label: Label | None,
    knowledge: Knowledge,
) -> str:
    said = sources_words(_grounds(c, offer, prepared, label, knowledge), c.case.date)
    text = f"Sources. {said} Forecast: a model fitted to published trials; an average with its band, not a promise."
    return words.clipped(text, 640)


def _grounds(
    c: Consultation,
    offer: Offer,
    prepared: Prepared | NotPrepared,
    label: Label | None,
    knowledge: Knowledge,
) -> Iterator[Ground]:
    if c.earliest_next is not None:
        yield c.earliest_next.ground
    checked = offer.checked if isinstance(prepared, NotPrepared) else prepared.checked
    yield from (r.ground for r in checked.verdict.clinical if r.ground is not None)
    if offer.candidate.total_ground is not None:
        yield offer.candidate.total_ground
    yield from (b.ground for b in offer.candidate.limited_by if b.ground is not None)
    if not isinstance(prepared, NotPrepared):
        yield from (Ground.of(row.entry) for row in prepared.drawup.choice.dilution.rows)
        yield Ground.of(prepared.drawup.choice.syringe.dead_space)
    if label is not None:
        yield from (Ground.of(e) for e in (label.in_use_hours, label.needle, label.diluent) if e is not None)
    known = knowledge.emergency
    yield from (Ground.of(s) for s in (*known.signs, known.window, known.mild))
