"""The forecast of one plan as one printed page: the curve with both bands, dates, parts, side effects, spread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from collis.case.case import Case
from collis.case.plan import Plan
from collis.report import findings, words
from collis.report.course_chart import course_chart
from collis.report.curves import best_week
from collis.report.forecast_text import answers_told, antibodies_told, risk_told, strength_rows
from collis.report.spread_chart import spread_chart
from collis.report.terminal import state_words
from collis.report.typesetting import Data

if TYPE_CHECKING:
    from collis.course.forecast import Forecast, SideEffect
    from collis.course.reaching import Reached
    from collis.safety.verdict import CheckedPlan

STANDING = "Collis. Decision support; the clinician decides. A forecast with its doubt, not a promise."
_SIDE_BY_SIDE = 5  # injections whose columns leave room for the curve beside them
_WEEKS = (0.0, 2.0, 4.0, 8.0, 12.0, 16.0, 20.0)


def forecast_pdf(checked: CheckedPlan, forecast: Forecast, reached: Reached, case: Case) -> bytes:
    """The page as a tagged PDF; the same forecast gives the same bytes. The case must be dated."""
    assert case.date is not None
    return findings.pdf(forecast_data(checked, forecast, reached, case), on=case.date)


def forecast_pictures(checked: CheckedPlan, forecast: Forecast, reached: Reached, case: Case) -> list[bytes]:
    """The page as pictures, for looking at."""
    assert case.date is not None
    return findings.pictures(forecast_data(checked, forecast, reached, case), on=case.date)


def forecast_data(checked: CheckedPlan, forecast: Forecast, reached: Reached, case: Case) -> Data:
    """The page as `report.findings` describes it; of a dated case."""
    assert case.date is not None
    plan, on = checked.plan, case.date
    return {
        "title": f"What to expect: {plan.name}",
        "found": "In short",
        "date": [on.year, on.month, on.day],
        "facts": [
            ["Visit", words.short_day(on)],
            ["Product", plan.product],
            ["Total", words.units(plan.total)],
            ["Verdict", state_words(checked.verdict)],
        ],
        "reading": _reading(plan, forecast),
        "sections": [
            _course(forecast, reached),
            _strength(forecast),
            _side_effects(forecast),
        ],
        "standing": STANDING,
    }


def _reading(plan: Plan, f: Forecast) -> list[Data]:
    week = words.number(f.assessment_week)
    best = max(f.gain, key=lambda band: band.median)
    said = [
        findings.said(
            "Plan", "; ".join(f"{i.where} {words.units(i.dose)}" for i in plan.injections), good=None
        ),
        findings.said(
            f"Best gain {words.number(best.median, 0)} TWSTRS points ({words.span(best.low, best.high, 0)}), "
            f"week {words.number(best_week(f), 0)}",
            f"Chance of {words.number(f.meaningful_points)} points in week {week}: "
            f"{words.percent(f.chance_meaningful)}. The patient then says: {answers_told(f)}.",
            good=None,
        ),
    ]
    if f.dates:
        said.append(findings.said("Dates", words.sentence("; ".join(_dates(f))), good=None))
    return said


def _dates(f: Forecast) -> list[str]:
    found = []
    for dated in f.dates:
        first = words.short_day(dated.first) if dated.first else "later than a year"
        last = words.short_day(dated.last) if dated.last else "later than a year"
        if dated.middle is None:
            found.append(f"{dated.label.lower()} {first} to {last}")
        else:
            found.append(f"{dated.label.lower()} {words.short_day(dated.middle)} ({first} to {last})")
    return found


def _course(f: Forecast, reached: Reached) -> Data:
    narrow = len(reached.plan.injections) <= _SIDE_BY_SIDE
    spread = (partial(spread_chart, reached), {"column": 84, "row": 17}, 0.57 if narrow else 1.0)
    curve = (
        partial(course_chart, f),
        {"width": 280, "height": 235} if narrow else {"width": 560, "height": 90},
    )
    rows = []
    for week in _WEEKS:
        i = f.weeks.index(week)
        parts = (f.parts.severity[i], f.parts.disability[i], f.parts.pain[i])
        rows.append(
            [
                words.number(week),
                findings.fixed(f.gain[i].median),
                words.span(f.gain[i].low, f.gain[i].high, 0),
                words.number(f.score[i].median, 0),
                *(f"{words.number(p.median, 0)} ({words.span(p.low, p.high, 0)})" for p in parts),
                words.span(f.visits[i].low, f.visits[i].high, 0),
            ]
        )
    heads = ["Week", "Gain", "90 % band", "Score left", "Severity", "Disability", "Pain", "A visit reads"]
    usual = "Parts from their usual shares" if f.parts.assumed else "Parts from those rated"
    return findings.section(
        "course",
        "Course, and where the Units go",
        note=f"TWSTRS points; {usual.lower()}",
        charts=[(*curve, 0.43 if narrow else 1.0), *([spread] if reached.plan.injections else [])],
        tables=[findings.table(heads, rows)],
    )


def _side_effects(f: Forecast) -> Data:
    comparator = next(
        (s.risk.comparator for s in f.side_effects if s.risk.comparator not in ("", f.plan)), ""
    )
    rows = [
        [s.label, risk_told(s.risk, plan=f.plan).replace(f" “{comparator}”", ""), _from(s), s.care]
        for s in f.side_effects
    ]
    beside = f"first against “{comparator}”, then the chance" if comparator else "chance"
    return findings.section(
        "harm",
        "Side effects and antibodies",
        note=f"{beside}, with 90 % bands; who asks moves the chance more than the dose",
        tables=[
            findings.table(["", "Chance", "From, for", "What to do"], rows, words_first=3, last_words=True)
        ],
        paragraphs=[" ".join(f"{head}: {told}" for head, told in antibodies_told(f))] if f.antibodies else [],
    )


def _from(effect: SideEffect) -> str:
    if effect.onset_day is None or effect.length_weeks is None:
        return ""
    long = effect.length_weeks
    lasts = f"{words.number(long, 0)} weeks" if long >= 1.5 else f"{words.number(long * 7, 0)} days"
    return f"day {words.number(effect.onset_day, 0)}, {lasts}"


def _strength(f: Forecast) -> Data:
    heads = ["Muscle", "", "At worst", "Band, %", "Back in"]
    return findings.section(
        "strength",
        "Strength lost",
        note="by the light chain; neighbours by what spreads, which is mostly assumed",
        tables=[findings.table(heads, strength_rows(f), words_first=2)] if f.strength else [],
    )
