"""Charts of a virtual trial over time: the mean course, and who keeps the effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import exp, log, sqrt
from typing import TYPE_CHECKING, Any

from collis.report import words
from collis.report.charts import SCREEN, Chart, Palette, Row, Spec, framed, titled
from collis.report.validation_charts import points_axis
from collis.trials.proportions import Z95
from collis.trials.questions import Kind

if TYPE_CHECKING:
    from collis.trials.analyse import Analysis, Answer
    from collis.trials.questions import Question
    from collis.trials.survival import Survival

_LINE_HEIGHT = 15
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
Values = list[dict[str, Any]]


def course_chart(a: Analysis, *, palette: Palette = SCREEN, width: int = 460, height: int = 260) -> Chart:
    """Mean gain of each arm by week; the band is where the mean of an arm of the trial's own size falls."""
    values: Values = []
    for arm in a.question.arms:
        values.append({"arm": arm, "week": 0.0, "gain": 0.0, "low": 0.0, "high": 0.0})
        size = a.question.per_arm.get(arm, 0)
        for visit in (v for v in a.courses if v.arm == arm):
            wide = Z95 * visit.sd / sqrt(size) if size else 0.0
            gain = -visit.mean
            values.append(
                {"arm": arm, "week": visit.week, "gain": gain, "low": gain - wide, "high": gain + wide}
            )
    ends = [v for row in values for v in (row["low"], row["high"])]
    low, high = min([*ends, 0.0]), max([*ends, 1.0])
    weeks = sorted({float(row["week"]) for row in values})
    x = _weeks(palette, weeks)
    y = {
        "field": "gain",
        "type": "quantitative",
        "scale": {"domain": [low, high], "nice": True},
        "axis": points_axis(palette, None),
    }
    title = "Mean gain by week"
    below = "Points better than at baseline. Band: 95 % of trials of this size"
    spec: Spec = {
        **framed(palette),
        "width": width,
        "height": height,
        "data": {"values": values},
        "layer": [
            {
                "mark": {"type": "area", "color": palette.band, "opacity": 0.55},
                "encoding": {
                    "x": x,
                    "y": {**y, "field": "low"},
                    "y2": {"field": "high"},
                    "detail": {"field": "arm"},
                },
            },
            *_lines(a.question, values, palette, x, y, interpolate="linear", dots=True),
            _names(a.question, values, palette, x, y, "gain", height=height, low=low, high=high),
        ],
        "title": titled(title, below, palette),
    }
    table: tuple[Row, ...] = tuple(
        {
            "arm": a.question.said(v.arm),
            "week": v.week,
            "people": float(v.people),
            "mean change": round(v.mean, 2),
            "SD": round(v.sd, 2),
        }
        for v in a.courses
    )
    best = {
        arm: max((row for row in values if row["arm"] == arm), key=lambda row: float(row["gain"]))
        for arm in a.question.arms
    }
    told = "; ".join(
        f"{a.question.said(arm)} {words.number(row['gain'], 1)} points in week {row['week']:g}"
        for arm, row in best.items()
    )
    return Chart(title=title, spec=spec, table=table, alt=f"Mean gain by week. Highest: {told}.")


def kept_chart(
    a: Analysis, answer: Answer, *, palette: Palette = SCREEN, width: int = 460, height: int = 240
) -> Chart:
    """Kaplan and Meier: the share of each arm that keeps the effect, with the band of a trial of its own size."""
    values: Values = []
    for curve in answer.survival:
        size = a.question.per_arm.get(curve.arm, 0) * curve.people / max(_randomised(a, curve.arm), 1)
        values += _steps(curve, size)
    weeks = sorted({float(row["week"]) for row in values})
    x = _weeks(palette, weeks)
    y = {
        "field": "kept",
        "type": "quantitative",
        "scale": {"domain": [0, 100], "nice": False},
        "axis": {**points_axis(palette, None), "values": [0, 25, 50, 75, 100]},
    }
    who = "do without another injection" if answer.end_point.kind is Kind.REQUEST else "keep the gain"
    title = f"How many {who}"
    below = "Percent, seen at visits. Dotted: half. Band: 95 % of trials of this size"
    step = {"interpolate": "step-after"}
    spec: Spec = {
        **framed(palette),
        "width": width,
        "height": height,
        "data": {"values": values},
        "layer": [
            {
                "mark": {"type": "area", "color": palette.band, "opacity": 0.55, **step},
                "encoding": {
                    "x": x,
                    "y": {**y, "field": "low"},
                    "y2": {"field": "high"},
                    "detail": {"field": "arm"},
                },
            },
            {
                "data": {"values": [{"kept": 50}]},
                "mark": {"type": "rule", "color": palette.quiet, "strokeDash": [2, 3]},
                "encoding": {"y": y},
            },
            *_lines(a.question, values, palette, x, y, interpolate="step-after", dots=False),
            _names(a.question, values, palette, x, y, "kept", height=height, low=0.0, high=100.0),
        ],
        "title": titled(title, below, palette),
    }
    table: tuple[Row, ...] = tuple(
        {
            "arm": a.question.said(curve.arm),
            "week": week,
            "at risk": round(at_risk, 1),
            "ended": round(ended, 1),
            "kept %": round(100 * kept, 1),
        }
        for curve in answer.survival
        for week, at_risk, ended, kept in zip(
            curve.weeks, curve.at_risk, curve.events, curve.kept, strict=True
        )
    )
    told = "; ".join(f"{a.question.said(c.arm)} {median_words(c.median)}" for c in answer.survival)
    return Chart(title=title, spec=spec, table=table, alt=f"{title}. Median weeks: {told}.")


def median_words(median: float | None) -> str:
    """A median in weeks, or that it is not reached.

    >>> median_words(16.0), median_words(None)
    ('16 weeks', 'not reached')
    """
    return "not reached" if median is None else f"{words.number(median, 1)} weeks"


def _randomised(a: Analysis, arm: str) -> int:
    return next((f.randomised for f in a.flow.arms if f.arm == arm), 0)


def _steps(curve: Survival, size: float) -> Values:
    """The curve in percent from week 0 on, its band that of a trial in which `size` people of the arm count."""
    narrower = sqrt(curve.at_risk[0] / size) if size else 0.0
    values: Values = [{"arm": curve.arm, "week": 0.0, "kept": 100.0, "low": 100.0, "high": 100.0}]
    for week, kept, low in zip(curve.weeks, curve.kept, curve.low, strict=True):
        ends = (kept, kept)
        if 0 < low < kept < 1:
            wide = (log(-log(low)) - log(-log(kept))) * narrower
            ends = (kept ** exp(wide), kept ** exp(-wide))
        values.append(
            {"arm": curve.arm, "week": week, "kept": 100 * kept, "low": 100 * ends[0], "high": 100 * ends[1]}
        )
    return values


def looks_of(question: Question, palette: Palette) -> Mapping[str, dict[str, Any]]:
    """How each arm is drawn, told apart without hue: the reference open and broken, the others filled."""
    looks: dict[str, dict[str, Any]] = {}
    others = 0
    for arm in question.arms:
        if arm == question.reference and len(question.arms) > 1:
            looks[arm] = {"stroke": palette.quiet, "fill": palette.ground, "dash": [6, 4], "width": 2.0}
        else:
            dashes: tuple[list[float], ...] = ([], [2, 2.5], [10, 3, 2, 3], [12, 4], [1, 3])
            stroke = palette.curve if others % 2 == 0 else palette.ink
            looks[arm] = {"stroke": stroke, "fill": stroke, "dash": dashes[others % 5], "width": 2.4}
            others += 1
        looks[arm]["shape"] = _SHAPES[len(looks) % len(_SHAPES) - 1]
    return looks


def _lines(
    question: Question, values: Values, palette: Palette, x: Spec, y: Spec, *, interpolate: str, dots: bool
) -> list[Spec]:
    layers: list[Spec] = []
    for arm, look in looks_of(question, palette).items():
        mark: Spec = {
            "type": "line",
            "interpolate": interpolate,
            "color": look["stroke"],
            "strokeWidth": look["width"],
            "strokeDash": look["dash"] or [1, 0],
        }
        layers.append(
            {
                "transform": [{"filter": {"field": "arm", "equal": arm}}],
                "mark": mark,
                "encoding": {"x": x, "y": y},
            }
        )
        if dots:
            point: Spec = {
                "type": "point",
                "size": 46,
                "strokeWidth": 1.8,
                "opacity": 1,
                "shape": look["shape"],
                "stroke": look["stroke"],
                "fill": look["fill"],
            }
            layers.append(
                {
                    "transform": [
                        {"filter": {"field": "arm", "equal": arm}},
                        {"filter": "datum.week > 0"},
                    ],
                    "mark": point,
                    "encoding": {"x": x, "y": y},
                }
            )
    return layers


def _names(
    question: Question,
    values: Values,
    palette: Palette,
    x: Spec,
    y: Spec,
    field: str,
    *,
    height: int,
    low: float,
    high: float,
) -> Spec:
    """The name of each arm at the end of its line, moved apart where lines end close together."""
    ends = []
    for arm in question.arms:
        mine = [row for row in values if row["arm"] == arm]
        if mine:
            last = max(mine, key=lambda row: float(row["week"]))
            ends.append({"week": last["week"], field: float(last[field]), "name": question.said(arm)})
    ends.sort(key=lambda row: float(row[field]))
    apart = (high - low) * _LINE_HEIGHT / height
    for before, row in pairwise(ends):
        row[field] = max(float(row[field]), float(before[field]) + apart)
    over = float(ends[-1][field]) - high if ends else 0.0
    for row in ends:
        row[field] = float(row[field]) - max(over, 0.0)
    return {
        "data": {"values": ends},
        "mark": {"type": "text", "align": "left", "dx": 8, "color": palette.ink, "fontWeight": 600},
        "encoding": {"x": x, "y": y, "text": {"field": "name"}},
    }


def _weeks(palette: Palette, weeks: Sequence[float]) -> Spec:
    last = max([*weeks, 1.0])
    step = next((s for s in (2, 4, 8, 12, 26, 52) if last / s <= 6), 104)
    shown = list(range(0, int(last) + 1, step))
    return {
        "field": "week",
        "type": "quantitative",
        "scale": {"domain": [0, last], "nice": False},
        "axis": {
            "title": None,
            "values": shown,
            "labelExpr": f"datum.value === {shown[-1]} ? '{shown[-1]} weeks' : datum.label",
            "labelOverlap": False,
            "grid": False,
            "domainColor": palette.quiet,
            "tickColor": palette.quiet,
            "labelColor": palette.quiet,
        },
    }
