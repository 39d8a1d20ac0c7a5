"""Charts of a virtual trial between arms: differences to the reference, and side effects."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from collis.report import words
from collis.report.charts import SCREEN, Chart, Palette, Row, Spec, framed, names_axis, titled
from collis.report.trial_charts import looks_of
from collis.report.validation_charts import points_axis

if TYPE_CHECKING:
    from collis.trials.analyse import Analysis, Answer
    from collis.trials.summaries import Harm

_MOST_EVENTS = 12
Values = list[dict[str, Any]]


def differences_chart(
    a: Analysis, answer: Answer, *, palette: Palette = SCREEN, width: int = 400, height: int = 0
) -> Chart:
    """Each arm against the reference: the whole run, trials of its size, one trial, and what was published."""
    scale, unit = (100.0, "percentage points") if answer.end_point.kind.counts else (1.0, "points")
    values: Values = []
    for arm in answer.differences:
        rows = _difference_rows(a, answer, arm)
        head = f"{a.question.said(arm)} less {a.question.said(a.question.reference)}"
        values.append({"place": head, "name": head, "head": True, "value": None, "low": None, "high": None})
        for name, (value, low, high), kind in rows:
            values.append(
                {
                    "place": f"{arm}: {name}",
                    "name": name,
                    "head": False,
                    "kind": kind,
                    "value": scale * value,
                    "low": scale * low,
                    "high": scale * high,
                }
            )
    y = {
        "field": "place",
        "type": "nominal",
        "sort": [row["place"] for row in values],
        "axis": {
            **names_axis(palette),
            "labelExpr": "split(datum.label, ': ')[1] ? split(datum.label, ': ')[1] : datum.label",
            "labelFontWeight": {
                "condition": {"test": "!split(datum.value, ': ')[1]", "value": 700},
                "value": 400,
            },
            "labelLimit": 260,
        },
    }
    x = {"type": "quantitative", "axis": points_axis(palette, None), "scale": {"zero": True, "nice": True}}
    drawn = {"filter": "isValid(datum.value)"}
    title = f"Differences: {answer.end_point.name}"
    better = "right" if answer.end_point.kind.counts else "left"
    ring = ". Ring: published" if any(row.get("kind") == "published" for row in values) else ""
    below = f"{unit[:1].upper()}{unit[1:]}, with 95 % bars. Further {better} is better{ring}"
    spec: Spec = {
        **framed(palette),
        "width": width,
        "height": {"step": 24},
        "data": {"values": values},
        "layer": [
            {
                "data": {"values": [{"zero": 0}]},
                "mark": {"type": "rule", "color": palette.quiet},
                "encoding": {"x": {**x, "field": "zero"}},
            },
            {
                "transform": [drawn, {"filter": "datum.kind === 'range'"}],
                "mark": {"type": "rule", "color": palette.band, "strokeWidth": 11},
                "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y},
            },
            {
                "transform": [drawn, {"filter": "datum.kind !== 'range'"}],
                "mark": {"type": "rule", "color": palette.ink, "strokeWidth": 1.4},
                "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y},
            },
            {
                "transform": [drawn],
                "mark": {"type": "point", "size": 62, "strokeWidth": 2, "opacity": 1},
                "encoding": {
                    "x": {**x, "field": "value"},
                    "y": y,
                    "stroke": {
                        "condition": {"test": "datum.kind === 'published'", "value": palette.ink},
                        "value": palette.curve,
                    },
                    "fill": {
                        "condition": {"test": "datum.kind === 'published'", "value": palette.ground},
                        "value": palette.curve,
                    },
                },
            },
            {"mark": {"type": "point", "opacity": 0}, "encoding": {"y": y}},
        ],
        "title": titled(title, below, palette),
    }
    table: tuple[Row, ...] = tuple(
        {
            "comparison": str(row["place"]),
            "difference": round(row["value"], 2),
            "from": round(row["low"], 2),
            "to": round(row["high"], 2),
        }
        for row in values
        if row["value"] is not None
    )
    told = "; ".join(f"{row['comparison']} {words.number(float(row['difference'] or 0), 1)}" for row in table)
    return Chart(title=title, spec=spec, table=table, alt=f"{title}, {unit}. {told}.")


def _difference_rows(
    a: Analysis, answer: Answer, arm: str
) -> list[tuple[str, tuple[float, float, float], str]]:
    rows = []
    e = answer.differences[arm]
    rows.append(("Whole run", (e.value, e.low, e.high), "run"))
    if arm in answer.repeated:
        e = answer.repeated[arm]
        rows.append(("Whole run, mixed model", (e.value, e.low, e.high), "run"))
    seen = answer.replicates.of(arm, a.question.reference) if answer.replicates is not None else None
    if seen is not None and isfinite(seen.middle):
        rows.append(("Trials of this size", (seen.middle, seen.low, seen.high), "range"))
    if arm in answer.one_trial:
        e = answer.one_trial[arm]
        rows.append(("The first such trial", (e.value, e.low, e.high), "run"))
    for match in a.matches:
        p = match.published
        if (p.end_point, p.arm, p.against) == (answer.end_point.name, arm, a.question.reference):
            low, high = p.interval or (p.value, p.value)
            rows.append(("Published", (p.value, low, high), "published"))
    return rows


def harms_chart(a: Analysis, *, palette: Palette = SCREEN, width: int = 380, height: int = 0) -> Chart:
    """How many of each arm had a side effect, a dot each with its exact 95 % bar, the most frequent first."""
    names = list(dict.fromkeys(h.event for h in a.harms))[:_MOST_EVENTS]
    shown = [h for h in a.harms if h.event in names]
    values = [
        {
            "event": event_words(h.event),
            "arm": a.question.said(h.arm),
            "percent": 100 * h.share.share,
            "low": 100 * h.share.low,
            "high": 100 * h.share.high,
        }
        for h in shown
    ]
    arms = [a.question.said(arm) for arm in a.question.arms]
    most = max((100 * h.share.high for h in shown), default=1.0)
    x = {
        "type": "quantitative",
        "scale": {"domain": [0, most * 1.04], "nice": True},
        "axis": points_axis(palette, None),
    }
    y = {
        "field": "event",
        "type": "nominal",
        "sort": [event_words(name) for name in names],
        "axis": names_axis(palette),
        "scale": {"paddingInner": 0.25},
    }
    offset = {"field": "arm", "type": "nominal", "sort": arms, "scale": {"domain": arms}}
    looks = looks_of(a.question, palette)
    title = "Side effects"
    open_ = f". Open: {a.question.said(a.question.reference)}" if a.question.reference else ""
    first = [row for row in values if row["event"] == event_words(names[0])] if names else []
    spec: Spec = {
        **framed(palette),
        "width": width,
        "height": {"step": 14 if len(arms) > 2 else 17, "for": "offset"},
        "data": {"values": values},
        "layer": [
            {
                "mark": {"type": "rule", "color": palette.bar, "strokeWidth": 1.6},
                "encoding": {
                    "x": {**x, "field": "low"},
                    "x2": {"field": "high"},
                    "y": y,
                    "yOffset": offset,
                },
            },
            *(
                {
                    "transform": [{"filter": {"field": "arm", "equal": a.question.said(arm)}}],
                    "mark": {
                        "type": "point",
                        "size": 60,
                        "strokeWidth": 1.8,
                        "opacity": 1,
                        "shape": look["shape"],
                        "stroke": look["stroke"],
                        "fill": look["fill"],
                    },
                    "encoding": {"x": {**x, "field": "percent"}, "y": y, "yOffset": offset},
                }
                for arm, look in looks.items()
            ),
            {
                "data": {"values": first},
                "mark": {"type": "text", "align": "left", "dx": 8, "color": palette.ink},
                "encoding": {
                    "x": {**x, "field": "high"},
                    "y": y,
                    "yOffset": offset,
                    "text": {"field": "arm"},
                },
            },
        ],
        "title": titled(title, f"Percent of people who had it at least once, with 95 % bars{open_}", palette),
    }
    return Chart(title=title, spec=spec, table=_harm_rows(a, shown), alt=_harm_words(a, shown))


def _harm_rows(a: Analysis, shown: Sequence[Harm]) -> tuple[Row, ...]:
    return tuple(
        {
            "side effect": event_words(h.event),
            "arm": a.question.said(h.arm),
            "percent": round(100 * h.share.share, 2),
            "from": round(100 * h.share.low, 2),
            "to": round(100 * h.share.high, 2),
        }
        for h in shown
    )


def _harm_words(a: Analysis, shown: Sequence[Harm]) -> str:
    told = [
        f"{event_words(h.event)} in {a.question.said(h.arm)} {words.percent(h.share.share)}"
        for h in shown[:8]
    ]
    return f"Side effects: {'; '.join(told)}."


def event_words(event: str) -> str:
    """A side effect as printed.

    >>> event_words("neck_weakness")
    'Neck weakness'
    """
    text = event.replace("_", " ")
    return text[:1].upper() + text[1:]
