"""The patient's page: what was planned, what may come when, and what to do; in plain words, the emergency first."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from collis.knowledge.names import Muscle, MuscleSide
from collis.report import typesetting, words
from collis.report.curves import best_week
from collis.report.expecting import emergency
from collis.report.grid import rows_of
from collis.report.necks import views_of
from collis.report.preparing import NotPrepared
from collis.report.sheet import passed
from collis.report.typesetting import Data
from collis.side import Side

if TYPE_CHECKING:
    from collis.api import Consultation, Offer, Prepared

WHERE = {"front": "front of the neck", "back": "back of the neck", "side": "side of the neck"}
WHERE_OF = {
    Muscle.TRAPEZIUS_UPPER: "top of the shoulder",
    Muscle.LEVATOR_SCAPULAE: "side and back of the neck",
}
"""Muscles whose place a picture's view does not name well."""


def patient_pdf(
    consultation: Consultation, offer: Offer, prepared: Prepared | NotPrepared, *, example: bool = False
) -> bytes:
    """The page as a tagged PDF; the same input gives the same bytes. Errors as `collis.report.sheet.sheet_pdf`."""
    on = _on(consultation)
    data = patient_data(consultation, offer, prepared, example=example)
    return typesetting.pdf("patient.typ", data, on=on)


def patient_png(
    consultation: Consultation,
    offer: Offer,
    prepared: Prepared | NotPrepared,
    *,
    example: bool = False,
    width_px: int = 1400,
) -> bytes:
    """The same page as a picture, for looking at."""
    data = patient_data(consultation, offer, prepared, example=example)
    return typesetting.pictures("patient.typ", data, on=_on(consultation), width_px=width_px)[0]


def patient_data(
    consultation: Consultation, offer: Offer, prepared: Prepared | NotPrepared, *, example: bool
) -> Data:
    """Everything the page says, as the plain data its template reads."""
    from collis.api import knowledge_for

    passed(offer, prepared)
    c, on = consultation, _on(consultation)
    knowledge = knowledge_for(c.case)
    plan, after = offer.candidate.plan, c.earliest_next
    aftercare = knowledge.aftercare
    data: Data = {
        "title": f"After your injection, {words.day(on)}",
        "heading": "After your injection",
        "date": [on.year, on.month, on.day],
        "example": example,
        "visit": words.day(on),
        "product": c.product,
        "total": words.units(plan.total),
        "planned": _planned(c, offer),
        "emergency": emergency(c.case, knowledge),
        "expect": _expect(offer),
        "days": [
            {
                "day": words.number(d.day.value),
                "date": words.short_day(on + timedelta(days=int(d.day.value))),
                "expect": words.sentence(d.expect.value),
                "act": words.sentence(d.act.value),
            }
            for d in aftercare.days
        ],
        "troubles": [{"when": t.when.value, "act": words.sentence(t.act.value)} for t in aftercare.troubles],
        "next": (
            "Your clinic tells you when the next injection can be."
            if after is None
            else f"The earliest day for your next injection is {words.day(after.on)}."
        ),
        "small": "Days count from your injection. Every person is different. This page does not replace your clinic.",
        "version": f"Knowledge version {c.knowledge_version}.",
    }
    return {key: typesetting.printed(value) for key, value in data.items()}


def _on(c: Consultation) -> date:
    assert c.case.date is not None  # a consultation has a dated case
    return c.case.date


def _planned(c: Consultation, offer: Offer) -> list[Data]:
    """The injected muscles in the order of the sheet: name and side, Units, and where in the neck it is."""
    plan = offer.candidate.plan
    found = []
    for key in rows_of(c, plan):
        if not isinstance(key, Muscle):
            continue
        for side in Side:
            dose = plan.dose_at(MuscleSide(key, side))
            if dose.units > 0:
                found.append(
                    {
                        "muscle": words.muscle(key),
                        "side": side.word,
                        "where": WHERE_OF.get(key, WHERE[views_of(key)[0]]),
                        "units": words.units(dose),
                    }
                )
    return found


def _expect(offer: Offer) -> list[str]:
    """What the forecast says of this plan, in sentences."""
    f = offer.forecast
    said = []
    if f.noticed is not None:
        day, late = words.number(f.noticed.day, 0), words.number(f.noticed.day + f.noticed.spread, 0)
        said.append(
            f"People notice the first change on day {day} on average. For some it takes until day {late}."
        )
    if f.peak_week is not None:
        said.append(f"The effect is often best near week {words.number(best_week(f), 0)}.")
    if f.fading_week is not None and f.fading_week.median is not None:
        said.append(f"About half of it is often gone by week {words.number(f.fading_week.median, 0)}.")
    return said or ["Your clinic will tell you what to expect."]
