"""Charts of a validation over people: coverage of the bands, where ratings fell, forecasts of single people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from collis.report import words
from collis.report.charts import SCREEN, Chart, Palette, Row, Spec, framed, titled
from collis.report.validation_charts import points_axis

if TYPE_CHECKING:
    from collis.trials.validate import Fan, PatientsScore


def coverage_chart(
    score: PatientsScore, *, palette: Palette = SCREEN, width: int = 280, height: int = 240
) -> Chart:
    """How many ratings each central band held, against how many it should hold."""
    off = [abs(place - 0.5) * 200 for place in score.places]
    steps = list(range(0, 101, 5))
    curve = [{"said": s, "held": 100 * sum(o <= s for o in off) / len(off)} for s in steps]
    points = [{"said": band, "held": 100 * share} for band, share in score.overall.coverage.items()]
    low, high = score.coverage_80_interval
    scale: Spec = {"domain": [0, 100], "nice": False}
    x = {
        "field": "said",
        "type": "quantitative",
        "scale": scale,
        "axis": points_axis(palette, "Width of the band, %"),
    }
    y = {
        "field": "held",
        "type": "quantitative",
        "scale": scale,
        "axis": points_axis(palette, "Ratings inside, %"),
    }
    spec: Spec = {
        **framed(palette),
        "width": width,
        "height": height,
        "layer": [
            {
                "data": {"values": [{"said": 0, "held": 0}, {"said": 100, "held": 100}]},
                "mark": {"type": "line", "color": palette.quiet, "strokeWidth": 1, "strokeDash": [2, 3]},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": curve},
                "mark": {"type": "line", "color": palette.curve, "strokeWidth": 2.2},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": [{"said": 80, "held": 100 * low, "to": 100 * high}]},
                "mark": {"type": "rule", "color": palette.ink, "strokeWidth": 1.4},
                "encoding": {"x": x, "y": y, "y2": {"field": "to"}},
            },
            {
                "data": {"values": points},
                "mark": {"type": "point", "filled": True, "size": 60, "color": palette.curve, "opacity": 1},
                "encoding": {"x": x, "y": y},
            },
        ],
        "title": titled(
            "Do the bands hold what they say?",
            "On the dotted line they do. Bar: 95 % at the 80 % band",
            palette,
        ),
    }
    said = ", ".join(
        f"{band} % band {words.percent(share)}" for band, share in score.overall.coverage.items()
    )
    return Chart(
        title="Do the bands hold what they say?",
        spec=spec,
        table=tuple({"band %": float(c["said"]), "inside %": round(c["held"], 1)} for c in curve),
        alt=f"Share of ratings inside each band: {said}.",
    )


def places_chart(
    score: PatientsScore, *, palette: Palette = SCREEN, width: int = 280, height: int = 240, bins: int = 10
) -> Chart:
    """Where in its forecast each rating fell, tenth by tenth; an honest forecast gives equal bars."""
    counts = [0] * bins
    for place in score.places:
        counts[min(int(place * bins), bins - 1)] += 1
    even = len(score.places) / bins
    values = [
        {"from": i / bins * 100, "to": (i + 1) / bins * 100, "ratings": c, "none": 0}
        for i, c in enumerate(counts)
    ]
    x = {
        "field": "from",
        "type": "quantitative",
        "scale": {"domain": [0, 100], "nice": False},
        "axis": points_axis(palette, "Place in its forecast, %"),
    }
    top = max([*counts, even]) * 1.08
    y = {
        "field": "ratings",
        "type": "quantitative",
        "scale": {"domain": [0, top], "nice": False},
        "axis": points_axis(palette, "Ratings"),
    }
    spec: Spec = {
        **framed(palette),
        "width": width,
        "height": height,
        "data": {"values": values},
        "layer": [
            {
                "mark": {"type": "bar", "color": palette.band, "stroke": palette.curve, "strokeWidth": 1},
                "encoding": {"x": x, "x2": {"field": "to"}, "y": y, "y2": {"field": "none"}},
            },
            {
                "mark": {"type": "rule", "color": palette.quiet, "strokeDash": [2, 3]},
                "encoding": {"y": {"datum": even}},
            },
        ],
        "title": titled(
            "Where the ratings fell", "Low: better than foretold. Dotted: even, as it should be", palette
        ),
    }
    return Chart(
        title="Where the ratings fell",
        spec=spec,
        table=tuple({"from %": v["from"], "to %": v["to"], "ratings": float(v["ratings"])} for v in values),
        alt=f"Ratings by tenth of the forecast they fell in: "
        f"{', '.join(str(c) for c in counts)}; even would be {even:.0f}.",
    )


def fans_chart(
    fans: Sequence[Fan], *, palette: Palette = SCREEN, width: int = 250, height: int = 150, columns: int = 3
) -> Chart:
    """What was known of a few people, the bands foretold from it, and what came. People are numbered by row order."""
    weeks = [w for fan in fans for w in fan.weeks] + [w for fan in fans for w, _ in fan.given]
    points = [s for fan in fans for _, s in (*fan.given, *fan.later)] + [
        b for fan in fans for band in fan.bands for b in band
    ]
    low, high = max(0.0, min(points) - 3), max(points) + 3
    spec: Spec = {
        **framed(palette),
        "concat": [_fan(fan, palette, (0.0, max(weeks)), (low, high), width, height) for fan in fans],
        "columns": columns,
        "spacing": 18,
        "title": titled(
            "Single people",
            "TWSTRS total by week. Filled: known. Open: came later. Bands: 50, 80, 95 %",
            palette,
        ),
    }
    table: tuple[Row, ...] = tuple(
        {
            "person": f"{fan.number} ({_given(fan)})",
            "week": week,
            "came": came,
            "foretold": round(band[3], 1),
            "80 % from": round(band[1], 1),
            "80 % to": round(band[5], 1),
        }
        for fan in fans
        for (week, came), band in zip(fan.later, fan.bands, strict=True)
    )
    alt = f"Forecasts of {words.count(len(fans), 'person', 'people')} beside what came; the table has the figures."
    return Chart(title="Single people", spec=spec, table=table, alt=alt)


def _apart(weeks: Sequence[float], least: float) -> list[float]:
    """The weeks that can be labelled without touching, the first always among them."""
    kept = [weeks[0]]
    for week in weeks[1:]:
        if week - kept[-1] >= least:
            kept.append(week)
    return kept


def _given(fan: Fan) -> str:
    return f"{words.number(fan.units)} Units" if fan.units else "placebo"


def _fan(
    fan: Fan,
    palette: Palette,
    weeks: tuple[float, float],
    points: tuple[float, float],
    width: int,
    height: int,
) -> Spec:
    last = fan.given[-1]
    names = ("l95", "l80", "l50", "mid", "h50", "h80", "h95")
    bands = [{"week": last[0], **dict.fromkeys(names, last[1])}] + [
        {"week": week, **dict(zip(names, band, strict=True))}
        for week, band in zip(fan.weeks, fan.bands, strict=True)
    ]
    x = {
        "field": "week",
        "type": "quantitative",
        "scale": {"domain": list(weeks), "nice": False},
        "axis": {
            **points_axis(palette, None),
            "values": _apart([w for w, _ in (*fan.given, *fan.later)], weeks[1] / 6),
        },
    }
    y = {
        "type": "quantitative",
        "scale": {"domain": list(points), "nice": False, "zero": False},
        "axis": points_axis(palette, None),
    }
    seen = [{"week": w, "score": s, "known": True} for w, s in fan.given] + [
        {"week": w, "score": s, "known": False} for w, s in fan.later
    ]
    areas: list[Spec] = [
        {
            "data": {"values": bands},
            "mark": {"type": "area", "color": palette.curve, "opacity": strength},
            "encoding": {"x": x, "y": {**y, "field": f"l{band}"}, "y2": {"field": f"h{band}"}},
        }
        for band, strength in ((95, 0.13), (80, 0.16), (50, 0.2))
    ]
    return {
        "width": width,
        "height": height,
        "title": titled(f"Person {fan.number}, {_given(fan)}", "", palette, size=12),
        "layer": [
            *areas,
            {
                "data": {"values": bands},
                "mark": {"type": "line", "color": palette.curve, "strokeWidth": 2},
                "encoding": {"x": x, "y": {**y, "field": "mid"}},
            },
            {
                "data": {"values": seen},
                "mark": {"type": "point", "size": 46, "strokeWidth": 1.8, "opacity": 1},
                "encoding": {
                    "x": x,
                    "y": {**y, "field": "score"},
                    "stroke": {"value": palette.ink},
                    "fill": {
                        "condition": {"test": "datum.known", "value": palette.ink},
                        "value": palette.ground,
                    },
                },
            },
        ],
    }
