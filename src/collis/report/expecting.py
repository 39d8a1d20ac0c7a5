"""What to expect of one plan, as the pages for clinic and patient say it, and when an ambulance is called."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from collis.case.case import Case
from collis.knowledge.load import Knowledge
from collis.report import words
from collis.report.charts import PAPER
from collis.report.curves import NextMark, best_week, forecast_chart, when_words
from collis.report.grid import heading_of
from collis.report.side_by_side import comparator_title, next_mark
from collis.report.typesetting import Data

if TYPE_CHECKING:
    from collis.api import Consultation, Offer
    from collis.course.forecast import Forecast, Risk, When


def expect_data(c: Consultation, offer: Offer) -> list[Data]:
    """First change, best, half gone, earliest next, and the risks, each against a plan that is named."""
    f, after = offer.forecast, c.earliest_next
    found = [
        {"head": "First change noticed", "value": noticed_words(f), "small": _about(f, "first_change")},
        {"head": "Best", "value": _weeks(f.peak_week), "small": _about(f, "peak")},
        {"head": "Half gone", "value": _weeks(f.fading_week), "small": _about(f, "half_gone")},
        {
            "head": "Earliest next",
            "value": "not known" if after is None else words.short_day(after.on),
            "small": "" if after is None else f"{after.weeks} weeks",
        },
    ]
    risks = (("Swallowing trouble", f.dysphagia), ("Neck weakness", f.neck_weakness))
    return [*found, *(_risk(c, offer, head, risk) for head, risk in risks)]


def _about(f: Forecast, key: str) -> str:
    """The middle of what is expected as a day of the year."""
    on = next((dated.middle for dated in f.dates if dated.key == key), None)
    return "" if on is None else f"about {words.short_day(on).rpartition(' ')[0]}"


def noticed_words(f: Forecast) -> str:
    """When patients notice the first change: the mean day of their diaries, and how late it may well be."""
    if f.noticed is None:
        return "no effect expected"
    late = words.number(f.noticed.day + f.noticed.spread, 0)
    return f"day {words.number(f.noticed.day, 0)}, some day {late}"


def _weeks(when: When | None) -> str:
    return "no effect expected" if when is None else when_words(when)


def _risk(c: Consultation, offer: Offer, head: str, risk: Risk) -> Data:
    low, high = words.percent(risk.absolute.low), words.percent(risk.absolute.high)
    if low[0].isdigit() and high[0].isdigit():
        low = low.removesuffix(" %")
    chance = f"chance {words.percent(risk.absolute.median)} ({low} to {high})"
    if offer.candidate.plan.name == c.comparator or risk.relative is None:
        others = ", which other plans are told against" if len(c.offers) > 1 else ""
        return {"head": f"{head}{others}", "value": chance, "small": ""}
    ends = words.ratio(risk.relative.low), words.ratio(risk.relative.high)
    band = f" ({ends[0]} to {ends[1]})" if ends[0] != ends[1] else ""
    return {
        "head": f"{head}, against “{comparator_title(c)}”",
        "value": "the same" if ends == ("1", "1") else f"{words.times(risk.relative.median)}{band}",
        "small": chance,
    }


def chart_data(c: Consultation, offer: Offer) -> Data:
    """The curve of gain by week, without its title, which the page gives."""
    mark = next_mark(c)
    week = None
    if mark is not None:
        week = NextMark(
            week=mark.week, head=f"earliest next, {mark.head[0].lower()}{mark.head[1:]}", below=""
        )
    chart = forecast_chart(
        offer.forecast, title=heading_of(offer), earliest=week, palette=PAPER, width=560, height=84
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
        "signs": listed,
        "list": signs,
        "phone": str(known.phones[case.region].value),
        "late": words.sentence(str(known.window.value)),
        "mild": words.sentence(str(known.mild.value)),
    }
