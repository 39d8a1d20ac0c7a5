"""Charts of a validation over arms: observed beside foretold change, published beside virtual durations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from collis.report import words
from collis.report.charts import SCREEN, Chart, Palette, Row, Spec, framed, titled
from collis.trials.proportions import Z95

if TYPE_CHECKING:
    from collis.trials.durations import ScoredDuration
    from collis.trials.validate import ScoredRow


def arms_chart(
    rows: Sequence[ScoredRow], *, palette: Palette = SCREEN, width: int = 460, height: int = 380
) -> Chart:
    """Observed against foretold change of every row, each with its 95 % bar; on the line they agree."""
    values = [
        {
            "foretold": r.predicted,
            "observed": r.row.change,
            "low": r.row.change - Z95 * (r.row.se or 0.0),
            "high": r.row.change + Z95 * (r.row.se or 0.0),
            "left": r.predicted - Z95 * r.sd,
            "right": r.predicted + Z95 * r.sd,
            "kind": "placebo" if r.row.placebo else "toxin",
            "far": "above" if r.z > 2 else "below" if r.z < -2 else "",
            "name": f"{r.row.trial}\n{arm_words(r.row.arm)}, week {r.row.week:g}",
        }
        for r in rows
    ]
    ends = [v for row in values for v in (row["low"], row["high"], row["left"], row["right"])]
    low, high = min(ends, default=-10.0) - 0.5, max([*ends, 0.0]) + 0.5  # type: ignore[operator]
    for row in values:
        row["side"] = _free_side(str(row["far"]), (float(row["foretold"]) - low) / (high - low))
    scale: Spec = {"domain": [low, high], "nice": False, "zero": False}
    x = {
        "field": "foretold",
        "type": "quantitative",
        "scale": scale,
        "axis": points_axis(palette, "Foretold change, points"),
    }
    y = {
        "field": "observed",
        "type": "quantitative",
        "scale": scale,
        "axis": points_axis(palette, "Observed change, points"),
    }
    diagonal = [{"foretold": low, "observed": low}, {"foretold": high, "observed": high}]
    bar = {"type": "rule", "color": palette.bar, "strokeWidth": 1.2}
    spec: Spec = {
        **framed(palette),
        "width": width,
        "height": height,
        "data": {"values": values},
        "layer": [
            {
                "data": {"values": diagonal},
                "mark": {"type": "line", "color": palette.quiet, "strokeWidth": 1, "strokeDash": [2, 3]},
                "encoding": {"x": x, "y": y},
            },
            {"mark": bar, "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}},
            {"mark": bar, "encoding": {"x": {**x, "field": "left"}, "x2": {"field": "right"}, "y": y}},
            {
                "mark": {"type": "point", "size": 58, "strokeWidth": 1.8, "opacity": 1},
                "encoding": {
                    "x": x,
                    "y": y,
                    "stroke": {"value": palette.curve},
                    "fill": {
                        "condition": {"test": "datum.kind === 'placebo'", "value": palette.ground},
                        "value": palette.curve,
                    },
                },
            },
            *(
                _named(palette, x, y, above=above, left=left, halo=halo)
                for above in (True, False)
                for left in (True, False)
                for halo in (True, False)
            ),
        ],
        "title": titled(
            "Arms by week", "Filled: toxin. Open: placebo. Bars: 95 %. On the dotted line they agree", palette
        ),
    }
    table: tuple[Row, ...] = tuple(
        {
            "trial": r.row.trial,
            "arm": arm_words(r.row.arm),
            "week": r.row.week,
            "observed": round(r.row.change, 2),
            "foretold": round(r.predicted, 2),
            "z": round(r.z, 2),
        }
        for r in rows
    )
    far = [str(row["name"]).replace("\n", " ") for row in values if row["far"]]
    said = f"More than 2 spreads off: {'; '.join(far)}" if far else "None is more than 2 spreads off"
    alt = f"Observed against foretold change in TWSTRS total of {words.count(len(rows), 'row')}. {said}."
    return Chart(title="Arms by week", spec=spec, table=table, alt=alt)


def durations_chart(
    durations: Sequence[ScoredDuration], *, palette: Palette = SCREEN, width: int = 420
) -> Chart:
    """Each published median as a mark beside the range of the virtual trials' medians.

    A range or a median that follow-up does not hold ends in an arrow at that trial's own last visit.
    """
    last = max(max(d.last_visit, d.row.value) for d in durations)
    values = [
        {
            "name": duration_name(d),
            "published": d.row.value,
            "low": d.last_visit if d.low is None else d.low,
            "high": d.last_visit if d.high is None else d.high,
            "virtual": d.median,
            "beyond": d.last_visit if d.high is None else None,
            "later": d.median is None,
        }
        for d in durations
    ]
    axis = {**points_axis(palette, "Weeks"), "values": list(range(0, int(last) + 5, 4))}
    x = {"type": "quantitative", "scale": {"domain": [0, last + 1], "nice": False}, "axis": axis}
    y = {
        "field": "name",
        "type": "nominal",
        "sort": None,
        "axis": {
            "title": None,
            "domain": False,
            "ticks": False,
            "labelColor": palette.ink,
            "labelLimit": 300,
            "labelPadding": 8,
            "labelExpr": "split(datum.label, ', ')",
        },
    }
    spec: Spec = {
        **framed(palette),
        "width": width,
        "height": {"step": 33},
        "data": {"values": values},
        "layer": [
            {
                "mark": {"type": "rule", "color": palette.band, "strokeWidth": 11},
                "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y},
            },
            {
                "transform": [{"filter": "datum.beyond !== null"}],
                "mark": {
                    "type": "point",
                    "shape": "triangle-right",
                    "filled": True,
                    "size": 200,
                    "opacity": 1,
                    "xOffset": 6,
                },
                "encoding": {
                    "x": {**x, "field": "beyond"},
                    "y": y,
                    "color": {
                        "condition": {"test": "datum.later", "value": palette.curve},
                        "value": palette.quiet,
                    },
                },
            },
            {
                "transform": [{"filter": "datum.virtual !== null"}],
                "mark": {"type": "tick", "color": palette.curve, "thickness": 3, "size": 16},
                "encoding": {"x": {**x, "field": "virtual"}, "y": y},
            },
            {
                "mark": {"type": "point", "size": 70, "strokeWidth": 2, "opacity": 1},
                "encoding": {
                    "x": {**x, "field": "published"},
                    "y": y,
                    "stroke": {"value": palette.ink},
                    "fill": {"value": palette.ground},
                },
            },
        ],
        "title": titled(
            "How long it lasts",
            "Ring: published median. Tick: median of all virtual people. Band: 80 % of virtual trials. "
            "Arrow: on past the last visit",
            palette,
        ),
    }
    table: tuple[Row, ...] = tuple(
        {
            "arm": duration_name(d),
            "published": d.row.value,
            "virtual": d.median,
            "80 % from": d.low,
            "80 % to": d.high,
        }
        for d in durations
    )
    return Chart(
        title="How long it lasts",
        spec=spec,
        table=table,
        alt=f"Published median durations of {words.count(len(durations), 'arm')} beside those of virtual trials.",
    )


def _free_side(far: str, along: float) -> str:
    """The side of a row with room for its name: away from the line of agreement, unless an edge is near."""
    return "left" if (far == "above" and along > 0.25) or along > 0.75 else "right"


def _named(palette: Palette, x: Spec, y: Spec, *, above: bool, left: bool, halo: bool) -> Spec:
    """The names of rows far above or below the line, beside the end of their bar.

    `left` is the side they stand on, `halo` keeps what is behind readable.
    """
    mark: Spec = {
        "type": "text",
        "align": "right" if left else "left",
        "baseline": "top" if above else "bottom",
        "dx": -7 if left else 7,
        "lineBreak": "\n",
        "color": palette.ink,
        "fontWeight": 600,
    }
    if halo:
        mark |= {"stroke": palette.ground, "strokeWidth": 4, "color": palette.ground}
    return {
        "transform": [
            {"filter": f"datum.far === '{'above' if above else 'below'}'"},
            {"filter": f"datum.side === '{'left' if left else 'right'}'"},
        ],
        "mark": mark,
        "encoding": {"x": x, "y": {**y, "field": "high" if above else "low"}, "text": {"field": "name"}},
    }


def arm_words(arm: str) -> str:
    """The name of an arm with its unit written out.

    >>> arm_words("10000 U"), arm_words("5000U B"), arm_words("placebo")
    ('10000 Units', '5000 Units B', 'placebo')
    """
    return re.sub(r"(\d) ?U\b", r"\1 Units", arm)


def duration_name(d: ScoredDuration) -> str:
    """Trial and arm of a duration."""
    return f"{d.row.trial}, {d.row.arm}"


def points_axis(palette: Palette, title: str | None) -> Spec:
    """An axis of numbers with few ticks and a true minus."""
    return {
        "title": title,
        "titleColor": palette.quiet,
        "titleFontWeight": 400,
        "grid": False,
        "domainColor": palette.quiet,
        "tickColor": palette.quiet,
        "labelColor": palette.quiet,
        "tickCount": 5,
        "labelExpr": "replace(datum.label, '-', '−')",
    }
