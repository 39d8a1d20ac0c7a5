"""The forecast of one plan as text for a terminal: what to expect and when, side effects, the course by week."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from collis.report import words
from collis.report.curves import when_words
from collis.report.terminal import Sheet

if TYPE_CHECKING:
    from collis.course.forecast import Forecast, Risk, SideEffect, When

_WITH_BARS = 92  # columns from which the course has room for bars


def forecast_text(forecast: Forecast, *, width: int, colour: bool = False) -> str:
    """The expected course of one plan, with its bands."""
    sheet = Sheet(width=width, colour=colour)
    sheet.title(f"What to expect, {forecast.plan}", "middle and 90 % band; a forecast, not a promise")
    _expected(sheet, forecast)
    _strength(sheet, forecast)
    _side_effects(sheet, forecast)
    _course(sheet, forecast)
    for note in forecast.notes:
        sheet.line(words.sentence(note), head="Note:")
    return sheet.text()


def _expected(sheet: Sheet, f: Forecast) -> None:
    week, points = words.number(f.assessment_week), words.number(f.meaningful_points)
    days = {dated.key: _days(dated.first, dated.middle, dated.last) for dated in f.dates}
    early = f"before week {words.number(f.early_week)}: {words.percent(f.chance_early)}"
    worn = _when(f.wearing_off_week, "nothing to wear off")
    rows = [
        ["First change noticed", _noticed(f), days.get("first_change", "")],
        ["Best, toxin alone", _when(f.peak_week, "none expected"), days.get("peak", "")],
        ["Half of it gone", _when(f.fading_week, "nothing to fade"), days.get("half_gone", "")],
        ["Worn off", worn if f.wearing_off_week is None else f"{worn}; {early}", days.get("worn_off", "")],
        ["Review visit", "near the best", days.get("review", "")],
    ]
    sheet.table(["", "", "Day"], rows, folded=[1, 2])
    facts = [
        [f"Chance of {points} points in week {week}", words.percent(f.chance_meaningful)],
        [f"Patient says in week {week}", answers_told(f)],
        [f"Stops for lack of effect by week {words.number(f.leaving_week)}",
         f"{words.percent(f.chance_leaving)}, as people in trials did"],
        ["Share of the pull it reaches", words.percent(f.coverage)],
    ]  # fmt: skip
    sheet.line()
    sheet.table(["", ""], facts, folded=[1])


def answers_told(f: Forecast) -> str:
    """The chance of each answer toward better and of worse, each as at least so much."""
    told = sorted(f.global_change, key=lambda answer: (answer.steps < 0, answer.steps))
    return ", ".join(f"at least {answer.words} {words.percent(answer.chance)}" for answer in told)


def _noticed(f: Forecast) -> str:
    """What diaries say, beside the model's own first days."""
    if f.noticed is None:
        return "none expected"
    return (
        f"day {words.number(f.noticed.day, 0)} on average in diaries, standard deviation "
        f"{words.number(f.noticed.spread, 0)}; model {_when(f.onset_day, 'none', 'day')}, a prior"
    )


def _side_effects(sheet: Sheet, f: Forecast) -> None:
    comparator = next((s.risk.comparator for s in f.side_effects if s.risk.comparator != f.plan), "")
    beside = f"first against “{comparator}”, then the chance" if comparator else "chance"
    sheet.section("Side effects", f"{beside}; who asks and how moves the chance more than the dose")
    for effect in f.side_effects:
        sheet.line(f"{risk_told(effect.risk, plan=f.plan)}. {_run(effect)}", head=f"{effect.label}:")
        done = " ".join(words.sentence(part) for part in (effect.care, effect.severe) if part)
        if done:
            sheet.line(done, indent=3)

    if f.antibodies:
        for head, told in antibodies_told(f):
            sheet.line(told, head=f"{head}:")


def antibodies_told(f: Forecast) -> list[tuple[str, str]]:
    """Antibodies and secondary non-response after some years, each with its head."""
    years = [words.count(int(a.years), "year") for a in f.antibodies]
    turned = "; ".join(
        f"{after} {words.percent(a.assay)} by test, lost effect {_span_of(a.clinic_low, a.clinic_high)}"
        for after, a in zip(years, f.antibodies, strict=True)
    )
    failing = "; ".join(
        f"{after} {_span_of(a.failing_low, a.failing_high)}"
        for after, a in zip(years, f.antibodies, strict=True)
    )
    return [
        ("Antibodies", f"{turned}, the plan repeated at the usual interval."),
        ("Secondary non-response", f"{failing}, from antibodies, failed sessions in a row."),
    ]


def _strength(sheet: Sheet, f: Forecast) -> None:
    if not f.strength:
        return
    sheet.section("Strength lost by muscle", "percent at worst; spread to neighbours is mostly assumed")
    sheet.table(["Muscle", "", "At worst", "Band", "Back in"], strength_rows(f), right=[2])


def strength_rows(f: Forecast) -> list[list[str]]:
    """Each muscle-side: its name, whether it is injected, the percent of strength lost at worst, its band, the week."""
    return [
        [
            str(loss.where),
            "injected" if loss.aimed else "neighbour",
            words.percent(loss.percent.median / 100),
            words.span(loss.percent.low, loss.percent.high, 0),
            _back(loss.recovered_week),
        ]
        for loss in f.strength
    ]


def _back(when: When) -> str:
    return "hardly weak" if when.median == 0 else when_words(when)


def _span_of(low: float, high: float) -> str:
    ends = words.percent(low), words.percent(high)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def _run(effect: SideEffect) -> str:
    """When it starts and how long it lasts, in those who had it."""
    if effect.onset_day is None or effect.length_weeks is None:
        return ""
    long = effect.length_weeks
    lasts = f"{words.number(long, 0)} weeks" if long >= 1.5 else f"{words.number(long * 7, 0)} days"
    day = words.number(effect.onset_day, 0)
    return f"Starts {'at once' if day == '0' else f'about day {day}'}, lasts about {lasts}."


def _course(sheet: Sheet, f: Forecast) -> None:
    assumed = "; parts from their usual shares" if f.parts.assumed else ""
    sheet.section("Gain in TWSTRS points by week", f"score left in its parts; what a visit may read{assumed}")
    top = max((b.median for b in f.gain), default=0.0) or 1.0
    wide = sheet.width >= _WITH_BARS
    rows = []
    for i, at in enumerate(f.weeks):
        if at != int(at) or int(at) % 2:
            continue
        gain, visit = f.gain[i], f.visits[i]
        parts = [words.number(p[i].median, 0) for p in (f.parts.severity, f.parts.disability, f.parts.pain)]
        rows.append(
            [
                words.number(at),
                words.number(gain.median, 1),
                words.span(gain.low, gain.high, 0),
                words.number(f.score[i].median, 0),
                *parts,
                words.span(visit.low, visit.high, 0),
                *(["█" * max(0, round(14 * gain.median / top))] if wide else []),
            ]
        )
    heads = [
        "Week",
        "Gain",
        "Band",
        "Score",
        "Severity",
        "Disability",
        "Pain",
        "Visit reads",
        *([""] if wide else []),
    ]
    sheet.table(heads, rows, right=[0, 1, 3, 4, 5, 6])
    here = f.weeks.index(f.assessment_week) if f.assessment_week in f.weeks else 0
    for course in f.ranges:
        band = course.degrees[here]
        sheet.line(
            f"alone {words.number(course.active_deg, 0)}°, with help {words.number(course.passive_deg, 0)}°; "
            f"week {words.number(f.assessment_week)} alone {words.number(band.median, 0)}° "
            f"({words.span(band.low, band.high, 0)}), a guess from the score",
            head=f"{course.movement[:1].upper()}{course.movement[1:]}:",
        )


def _when(when: When | None, none: str, unit: str = "week") -> str:
    return none if when is None else when_words(when, unit)


def _days(first: date | None, middle: date | None, last: date | None) -> str:
    """A day with its ends; without a middle the two ends; an end past a year is said as such."""
    ends = [words.short_day(first) if first else "", words.short_day(last) if last else "later than a year"]
    if middle is None:
        return f"{ends[0]} to {ends[1]}" if first else "later than a year"
    return f"{words.short_day(middle)} ({ends[0]} to {ends[1]})"


def risk_told(risk: Risk, *, plan: str) -> str:
    """A risk of `plan` in words: first relative to another plan, then the absolute chance with its band."""
    band = risk.absolute
    absolute = f"{words.percent(band.median)} ({words.percent(band.low)} to {words.percent(band.high)})"
    if risk.relative is None or risk.comparator in ("", plan):
        return absolute
    low, high = words.ratio(risk.relative.low), words.ratio(risk.relative.high)
    against = "as " if words.ratio(risk.relative.median) == "1" else ""
    return f"{words.times(risk.relative.median)} {against}“{risk.comparator}” ({low} to {high}); {absolute}"
