"""The report of a virtual trial: one set of plain data that the page, the PDF, the text and the JSON come from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import isnan
from typing import TYPE_CHECKING, Any

from collis.report import findings, findings_page, words
from collis.report.charts import Chart
from collis.report.trial_charts import course_chart, kept_chart, median_words
from collis.report.trial_contrasts import differences_chart, event_words, harms_chart
from collis.report.trial_flow import flow_chart
from collis.report.trial_reading import (
    BANNER,
    STANDING,
    figure_words,
    limits_words,
    reading,
    seen_words,
    span_words,
    value_words,
)
from collis.report.typesetting import Data

if TYPE_CHECKING:
    from collis.trials.analyse import Analysis, Answer
    from collis.trials.ancova import Estimate
    from collis.trials.summaries import Harm, Trait

_FACTS = ("knowledge version", "parameter hash", "numerical path", "seed")
_TRAITS = {
    "baseline_total": "TWSTRS total",
    "baseline_severity": "TWSTRS severity",
    "baseline_disability": "TWSTRS disability",
    "baseline_pain": "TWSTRS pain",
    "years": "Years of disease",
    "past_treatment": "Treated before",
}


def trial_html(a: Analysis, *, on: date) -> str:
    """The page, standing alone."""
    return findings_page.page(trial_data(a, on=on))


def trial_pdf(a: Analysis, *, on: date) -> bytes:
    """The tagged PDF."""
    return findings.pdf(trial_data(a, on=on), on=on)


def trial_png(a: Analysis, *, on: date, width_px: int = 1400) -> list[bytes]:
    """The pages of the PDF as pictures, for looking at."""
    return findings.pictures(trial_data(a, on=on), on=on, width_px=width_px)


def trial_data(a: Analysis, *, on: date) -> Data:
    """Everything the report says."""
    facts = [("Day", words.day(on)), ("People", words.number(a.people))]
    facts += [
        (words.sentence(name).rstrip("."), a.versions[name][:16]) for name in _FACTS if name in a.versions
    ]
    sections = [_design(a), _flow(a), _baseline(a)]
    sections += [part for part in (_given(a), _course(a)) if part is not None]
    sections += [_answer(a, answer, primary=i == 0) for i, answer in enumerate(a.answers)]
    sections += [part for part in (_matches(a), _harms(a)) if part is not None]
    sections.append(findings.section("limits", "How far this goes", paragraphs=limits_words(a)))
    return {
        "title": f"Virtual trial: {a.question.title}",
        "date": [on.year, on.month, on.day],
        "facts": [list(fact) for fact in facts],
        "reading": reading(a),
        "sections": sections,
        "standing": STANDING,
        "banner": BANNER,
    }


def _design(a: Analysis) -> Data:
    note = f"held against {a.question.counterpart}" if a.question.counterpart else ""
    return findings.section("design", "The design", note=note, paragraphs=a.question.words)


def _flow(a: Analysis) -> Data:
    def draw(**how: Any) -> Chart:
        return flow_chart(a, **how)

    return findings.section("flow", "Who went where", charts=[(draw, {"width": 520, "narrow": 290}, 0.62)])


def _baseline(a: Analysis) -> Data:
    heads = ["", *(a.question.said(arm) for arm in a.question.arms)]
    targets = any(t.target for t in a.baseline)
    if targets:
        heads += ["All", "Published"]
    rows = []
    for trait in a.baseline:
        cells = [_trait(trait), *(_figure(trait.by_arm[arm]) for arm in a.question.arms)]
        if targets:
            target = trait.target
            cells += [
                _figure(trait.whole),
                "" if target is None else _figure((target.value, target.sd), share=bool(trait.level)),
            ]
        rows.append(cells)
    weighted = "weighted; " if a.worth < 0.995 * a.people else ""
    return findings.section(
        "baseline",
        "Who took part",
        note=f"{weighted}mean (SD) or percent",
        tables=[findings.table(heads, rows)],
    )


def _trait(trait: Trait) -> str:
    name = _TRAITS.get(trait.column, event_words(trait.column))
    return f"{name}: {trait.level.replace('_', ' ')}" if trait.level else name


def _figure(value: tuple[float, float | None], *, share: bool = False) -> str:
    middle, sd = value
    if isnan(middle):
        return "none"
    if sd is None and (share or 0 <= middle <= 1):
        return f"{findings.fixed(100 * middle)} %"
    return findings.fixed(middle) if sd is None else f"{findings.fixed(middle)} ({findings.fixed(sd)})"


def _given(a: Analysis) -> Data | None:
    if not a.given:
        return None
    rows = [
        (
            a.question.said(g.arm),
            g.product if g.units else "placebo",
            words.number(g.per_person, 2),
            f"{words.number(g.units, 0)} ({words.number(g.units_sd, 0)})",
            "" if g.weeks_between is None else words.number(g.weeks_between, 1),
        )
        for g in a.given
    ]
    heads = ("Arm", "Product", "Sessions a person", "Units a session (SD)", "Weeks between")
    return findings.section(
        "given", "What they were given", tables=[_without_blanks(heads, rows, words_first=2)]
    )


def _course(a: Analysis) -> Data | None:
    if not a.courses:
        return None

    def draw(**how: Any) -> Chart:
        return course_chart(a, **how)

    return findings.section(
        "course", "Mean course", charts=[(draw, {"width": 460, "height": 220, "narrow": 200}, 0.64)]
    )


def _answer(a: Analysis, answer: Answer, *, primary: bool) -> Data:
    title = f"{'Primary' if primary else 'Further'} end point: {answer.end_point.name}"
    paragraphs = [words.sentence(answer.end_point.words())]
    charts: list[tuple[findings.Drawer, dict[str, int], float]] = []
    tables = []
    if answer.problem:
        paragraphs.append(f"No answer: {answer.problem}")
    elif answer.survival and not any(sum(curve.events) for curve in answer.survival):
        paragraphs.append("It happened to nobody in this run.")
    elif answer.survival:

        def kept(**how: Any) -> Chart:
            return kept_chart(a, answer, **how)

        charts.append((kept, {"width": 460, "height": 190, "narrow": 200}, 0.62))
        tables.append(_durations(a, answer))
    else:
        if answer.differences:

            def apart(**how: Any) -> Chart:
                return differences_chart(a, answer, **{k: v for k, v in how.items() if k != "height"})

            charts.append((apart, {"width": 380, "narrow": 170}, 0.7))
        tables.append(_arms(a, answer))
    return findings.section(
        f"end-{answer.end_point.name}".replace(" ", "-"),
        title,
        paragraphs=paragraphs,
        charts=charts,
        tables=tables,
    )


def _arms(a: Analysis, answer: Answer) -> Data:
    rows = []
    counts = answer.end_point.kind.counts
    for arm in a.question.arms:
        if arm not in answer.people:
            continue
        if counts:
            share = answer.shares[arm]
            ends = f"{findings.fixed(100 * share.low)} to {findings.fixed(100 * share.high)}"
            mine = f"{findings.fixed(100 * share.share)} % ({ends})"
        else:
            mine = _interval(answer.means[arm], 1.0)
        rows.append(
            (
                a.question.said(arm),
                words.number(answer.people[arm]),
                mine,
                _interval(answer.differences.get(arm), 100.0 if counts else 1.0),
                _interval(answer.repeated.get(arm), 1.0),
                _seen(answer, arm, a.question.reference if arm in answer.differences else ""),
                _told(answer, arm, a.question.reference),
            )
        )
    what = "Responders" if counts else "Adjusted mean change"
    against = (
        f"Difference to {a.question.said(a.question.reference)}" if a.question.reference else "Difference"
    )
    heads = ["Arm", "People", what, against, "By mixed model", "Trials of this size see", "Tell apart"]
    return _without_blanks(heads, rows)


def _without_blanks(heads: Sequence[str], rows: Sequence[Sequence[str]], *, words_first: int = 1) -> Data:
    """A table without the columns that hold nothing."""
    keep = [i for i in range(len(heads)) if i < words_first or any(row[i] for row in rows)]
    return findings.table(
        [heads[i] for i in keep], [[row[i] for i in keep] for row in rows], words_first=words_first
    )


def _interval(e: Estimate | None, scale: float) -> str:
    if e is None:
        return ""
    places = 2 if scale == 1.0 else 1
    value, low, high = (findings.fixed(scale * v, places) for v in (e.value, e.low, e.high))
    return f"{value} ({low} to {high})"


def _seen(answer: Answer, arm: str, against: str) -> str:
    seen = answer.replicates.of(arm, against) if answer.replicates is not None else None
    return "" if seen is None else seen_words(answer.end_point, seen)


def _told(answer: Answer, arm: str, against: str) -> str:
    seen = answer.replicates.of(arm, against) if answer.replicates is not None and against else None
    return "" if seen is None or seen.told is None else words.percent(seen.told)


def _durations(a: Analysis, answer: Answer) -> Data:
    rows = []
    for curve in answer.survival:
        low, high = curve.median_interval
        ends = f"{median_words(low)} to {median_words(high)}" if low != high else median_words(low)
        rows.append(
            (
                a.question.said(curve.arm),
                words.number(curve.people),
                words.number(round(sum(curve.events))),
                median_words(curve.median),
                ends,
                _seen(answer, curve.arm, ""),
            )
        )
    heads = ("Arm", "People counted", "Ended", "Median", "95 % interval", "Trials of this size see")
    return findings.table(heads, rows)


def _matches(a: Analysis) -> Data | None:
    if not a.matches:
        return None
    rows = []
    for m in a.matches:
        p = m.published
        seen = m.seen
        answer = next((x for x in a.answers if x.end_point.name == p.end_point), None)
        rows.append(
            (
                figure_words(a, m),
                value_words(p.what, p.value, m),
                "" if p.interval is None else span_words(p.what, p.interval, m),
                value_words(p.what, m.virtual, m),
                "" if seen is None or answer is None else seen_words(answer.end_point, seen),
                {True: "yes", False: "no", None: "no interval"}[m.inside],
                p.source,
            )
        )
    heads = ("Figure", "Published", "95 % interval", "Virtual", "Trials of this size see", "Inside", "Source")
    return findings.section(
        "match",
        "Beside the published trial",
        note=a.question.counterpart,
        tables=[findings.table(heads, rows, flags=[m.inside is False for m in a.matches], last_words=True)],
    )


def _harms(a: Analysis) -> Data | None:
    if not a.harms:
        return None

    def draw(**how: Any) -> Chart:
        return harms_chart(a, **{k: v for k, v in how.items() if k != "height"})

    rows = [_harm(a, h) for h in a.harms]
    heads = (
        "Side effect",
        "Arm",
        "People",
        "Percent (95 %)",
        "Severe",
        "Onset, weeks",
        "Length, weeks",
        "Difference (95 %)",
    )
    return findings.section(
        "harms",
        "Side effects",
        note="people who had it at least once; exact intervals",
        charts=[(draw, {"width": 360, "narrow": 170}, 0.7)],
        tables=[_without_blanks(heads, rows, words_first=2)],
    )


def _harm(a: Analysis, h: Harm) -> tuple[str, ...]:
    share = h.share
    return (
        event_words(h.event),
        a.question.said(h.arm),
        f"{words.number(share.cases)} of {words.number(share.people)}",
        _percent(share.share, share.low, share.high),
        "" if h.severe is None else words.number(h.severe),
        "" if h.onset is None else words.number(h.onset, 1),
        "" if h.weeks is None else words.number(h.weeks, 1),
        _interval_brief(h.against),
    )


def _interval_brief(e: Estimate | None) -> str:
    if e is None:
        return ""
    return _percent(e.value, e.low, e.high)


def _percent(middle: float, low: float, high: float) -> str:
    return f"{findings.fixed(100 * middle)} ({findings.fixed(100 * low)} to {findings.fixed(100 * high)})"


def tables_of(data: Data) -> Sequence[tuple[str, Data]]:
    """Every table of a report with the title of its section."""
    return [(part["title"], table) for part in data["sections"] for table in part["tables"]]
