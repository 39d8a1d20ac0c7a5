"""Forecast curves: one line, one band, time in weeks, gain upward, labels on the marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from collis.report import words
from collis.report.charts import SCREEN, Chart, Palette, Row, Spec, framed, titled, weeks_axis

if TYPE_CHECKING:
    from collis.course.forecast import Forecast, When

BAND_WORDS = "middle line and 90 % band"
_LAST_WEEK = 20.0
_LETTER = 5.6  # pixels of a letter in a bold label
_GAP = 6  # pixels between a label and an upright rule


@dataclass(frozen=True, kw_only=True, slots=True)
class NextMark:
    """The rule at the earliest next session: its week and the two lines beside it."""

    week: float
    head: str
    below: str = "earliest next session"


def forecast_chart(
    forecast: Forecast,
    *,
    title: str,
    earliest: NextMark | None = None,
    palette: Palette = SCREEN,
    width: int = 420,
    height: int = 170,
) -> Chart:
    """The expected gain of one plan by week, with its band, best week, half-gone week and where patients notice."""
    top, bottom = _gain_domain((forecast,))
    view = _forecast_view(
        forecast,
        palette=palette,
        domain=(bottom, top),
        earliest=earliest,
        width=width,
        height=height,
    )
    spec = {
        **framed(palette),
        **view,
        "title": titled(f"What to expect, {title}", f"Gain in TWSTRS points by week; {BAND_WORDS}", palette),
    }
    return Chart(title=title, spec=spec, table=forecast_rows(forecast), alt=forecast_alt(forecast, title))


def comparison_chart(
    forecasts: Sequence[tuple[str, Forecast]],
    *,
    earliest: NextMark | None = None,
    palette: Palette = SCREEN,
    width: int = 980,
    height: int = 130,
    heading: bool = True,
) -> Chart:
    """The forecasts of all candidates side by side on one scale; equal sizes, since nothing is chosen for the user.

    The upright rule is the earliest next session, the dotted line where patients notice; the caption says so.
    """
    top, bottom = _gain_domain([f for _, f in forecasts])
    each = max(120, round((width - 16) / max(1, len(forecasts))) - 32)
    mark = None if earliest is None else NextMark(week=earliest.week, head="next session", below="")
    views = [
        {
            **_forecast_view(
                forecast,
                palette=palette,
                domain=(bottom, top),
                earliest=mark,
                width=each,
                height=height,
                brief=True,
            ),
            "title": titled(title, "", palette, size=13),
        }
        for title, forecast in forecasts
    ]
    spec: Spec = {**framed(palette), "hconcat": views, "spacing": 14}
    if heading:
        caption = f"Gain in TWSTRS points by week; {BAND_WORDS}. Upright rule: earliest next session"
        spec["title"] = titled("What to expect", caption, palette)
    else:
        spec["padding"] = {"left": 0, "right": 4, "top": 2, "bottom": 0}
    return Chart(
        title="What to expect",
        spec=spec,
        table=tuple({"candidate": title, **row} for title, f in forecasts for row in forecast_rows(f)),
        alt=" ".join(forecast_alt(f, title) for title, f in forecasts),
    )


def forecast_rows(forecast: Forecast) -> tuple[Row, ...]:
    """The table behind a forecast: week, and the gain in points with its band, to a hundredth of a point."""
    return tuple(
        {
            "week": week,
            "gain": round(band.median, 2) + 0.0,
            "low": round(band.low, 2) + 0.0,
            "high": round(band.high, 2) + 0.0,
        }
        for week, band in zip(forecast.weeks, forecast.gain, strict=True)
    )


def forecast_alt(forecast: Forecast, title: str) -> str:
    """The forecast in sentences."""
    best = max(forecast.gain, key=lambda band: band.median)
    said = [
        f"{title}: best gain {words.number(best.median, 0)} TWSTRS points "
        f"({words.span(best.low, best.high, 0)})"
    ]
    if forecast.peak_week is not None:
        said.append(f"best in week {words.number(best_week(forecast), 0)}")
    if forecast.fading_week is not None:
        said.append(f"half gone in {when_words(forecast.fading_week)}")
    return f"{', '.join(said)}."


def best_week(forecast: Forecast) -> float:
    """The week in which the middle line is highest."""
    return max(zip(forecast.weeks, forecast.gain, strict=True), key=lambda pair: pair[1].median)[0]


def when_words(when: When, unit: str = "week") -> str:
    """A time with its band: "week 10 (8 to 13)"; past a year is said as such."""
    if when.median is None:
        return "later than 52 weeks"
    middle = words.number(when.median, 0)
    if when.low is None or when.high is None:
        low = "" if when.low is None else f" ({words.number(when.low, 0)} to later than 52 weeks)"
        return f"{unit} {middle}{low}"
    return f"{unit} {middle} ({words.span(when.low, when.high, 0)})"


def _gain_domain(forecasts: Sequence[Forecast]) -> tuple[float, float]:
    highest = max((band.high for f in forecasts for band in f.gain), default=10.0)
    lowest = min((band.low for f in forecasts for band in f.gain), default=0.0)
    noticed = max((f.meaningful_points for f in forecasts), default=0.0)
    top = 5.0 * -(-max(highest, noticed * 1.25, 5.0) // 5.0)
    return top, min(0.0, 5.0 * (lowest // 5.0) if lowest < -2.0 else 0.0)


def _forecast_view(
    forecast: Forecast,
    *,
    palette: Palette,
    domain: tuple[float, float],
    earliest: NextMark | None,
    width: int,
    height: int,
    brief: bool = False,
) -> Spec:
    bottom, top = domain
    weeks = {
        "field": "week",
        "type": "quantitative",
        "scale": {"domain": [0, 20]},
        "axis": weeks_axis(palette, brief=brief),
    }
    gain = {
        "type": "quantitative",
        "scale": {"domain": [bottom, top]},
        "axis": {
            "title": None,
            "values": [v for v in range(-100, 101, 10 if top > 20 else 5) if bottom <= v <= top],
            "grid": True,
            "gridColor": palette.line,
            "domain": False,
            "ticks": False,
            "labelColor": palette.quiet,
        },
    }
    layers: list[Spec] = [
        {
            "mark": {"type": "area", "color": palette.band, "interpolate": "monotone"},
            "encoding": {"x": weeks, "y": {**gain, "field": "low"}, "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "line", "color": palette.curve, "strokeWidth": 2.2, "interpolate": "monotone"},
            "encoding": {"x": weeks, "y": {**gain, "field": "gain"}},
        },
        *_noticed(forecast, palette, gain, weeks, brief=brief),
        *_next_mark(earliest, palette, weeks, top),
        *_landmarks(
            forecast,
            palette,
            gain,
            weeks,
            low=bottom + 0.3 * (top - bottom),
            pixels=height / (top - bottom),
            rule=None if earliest is None else earliest.week,
            across=width / _LAST_WEEK,
        ),
    ]
    return {
        "width": width,
        "height": height,
        "data": {"values": list(forecast_rows(forecast))},
        "layer": layers,
    }


def _noticed(forecast: Forecast, palette: Palette, gain: Spec, weeks: Spec, *, brief: bool) -> list[Spec]:
    points = forecast.meaningful_points
    said = f"{words.number(points)} points" if brief else f"{words.number(points)} points: patients notice"
    here = {"values": [{"week": 20, "gain": points, "text": said}]}
    below = {"type": "text", "align": "right", "baseline": "top", "dy": 3, "fontSize": 11}
    return [
        {
            "data": here,
            "mark": {"type": "rule", "strokeDash": [2, 3], "color": palette.quiet, "strokeWidth": 1},
            "encoding": {"y": {**gain, "field": "gain"}},
        },
        {
            "data": here,
            "mark": {**below, "stroke": palette.ground, "strokeWidth": 3, "strokeJoin": "round"},
            "encoding": {
                "x": weeks,
                "y": {**gain, "field": "gain"},
                "text": {"field": "text", "type": "nominal"},
            },
        },
        {
            "data": here,
            "mark": {**below, "color": palette.quiet},
            "encoding": {
                "x": weeks,
                "y": {**gain, "field": "gain"},
                "text": {"field": "text", "type": "nominal"},
            },
        },
    ]


def _next_mark(earliest: NextMark | None, palette: Palette, weeks: Spec, top: float) -> list[Spec]:
    if earliest is None or earliest.week > 20:
        return []
    here = {"values": [{"week": earliest.week, "head": earliest.head, "below": earliest.below}]}

    def text(field: str, dy: int, weight: int) -> Spec:
        return {
            "data": here,
            "mark": {
                "type": "text",
                "align": "left",
                "baseline": "top",
                "dx": 5,
                "dy": dy,
                "y": 0,
                "fontWeight": weight,
                "fontSize": 11,
                "color": palette.ink,
            },
            "encoding": {"x": weeks, "text": {"field": field, "type": "nominal"}},
        }

    return [
        {
            "data": here,
            "mark": {"type": "rule", "color": palette.ink, "strokeWidth": 1},
            "encoding": {"x": weeks},
        },
        text("head", 0, 600),
        text("below", 12, 400),
    ]


def _landmarks(
    forecast: Forecast,
    palette: Palette,
    gain: Spec,
    weeks: Spec,
    *,
    low: float,
    pixels: float,
    rule: float | None,
    across: float,
) -> list[Spec]:
    """Best and half gone, marked and named; `pixels` are those of one point, `across` those of one week. A label that
    would lie on the curve, on the dotted line or on the upright `rule` (a week) is moved clear of them.
    """
    marks: list[Spec] = []
    fading = None if forecast.fading_week is None else forecast.fading_week.median
    best = None if forecast.peak_week is None else best_week(forecast)
    for name, week, above in (("best", best, True), ("half gone", fading, False)):
        if week is None or week > forecast.weeks[-1]:
            continue
        at = {"week": round(week, 2), "gain": round(_gain_at(forecast, week), 2)}
        said = f"{name}, week {words.number(week, 0)}"
        here = {"values": [{**at, "text": said}]}
        stands = _beside(forecast, at, above=above, low=low, pixels=pixels)
        if rule is not None and rule <= _LAST_WEEK:
            stands = _clear_of(rule, stands, at["week"], long=_LETTER * len(said), across=across)
        place = {"x": weeks, "y": {**gain, "field": "gain"}}
        marks += [
            {
                "data": here,
                "mark": {
                    "type": "point",
                    "filled": True,
                    "fill": palette.ground,
                    "stroke": palette.curve,
                    "strokeWidth": 1.8,
                    "size": 44,
                    "opacity": 1,
                },
                "encoding": place,
            },
            *_haloed(here, place, palette, **stands),
        ]
    return marks


def _beside(
    forecast: Forecast, at: dict[str, float], *, above: bool, low: float, pixels: float
) -> dict[str, Any]:
    """Where a label stands beside its point."""
    if above:
        return {"align": "center", "dx": 12, "dy": -11}
    if at["gain"] >= low:
        return {"align": "right", "dx": 8, "dy": 13}
    lift = round((forecast.meaningful_points - at["gain"]) * pixels) + 22
    return {"align": "center" if at["week"] <= 15 else "right", "dx": 24, "dy": -max(13, lift)}


def _clear_of(
    rule: float, stands: dict[str, Any], week: float, *, long: float, across: float
) -> dict[str, Any]:
    """The label moved to the right of an upright rule that would cut it; to its left where that is too narrow."""
    start = week * across + stands["dx"] - {"left": 0.0, "center": 0.5, "right": 1.0}[stands["align"]] * long
    if not start - _GAP < rule * across < start + long + _GAP:
        return stands
    room = (_LAST_WEEK - rule) * across >= long + _GAP
    return {
        **stands,
        "align": "left" if room else "right",
        "dx": round((rule - week) * across) + (_GAP if room else -_GAP),
        "dy": stands["dy"] - (0 if room else _GAP),
    }


def _haloed(here: Spec, place: Spec, palette: Palette, *, align: str, dx: int, dy: int) -> list[Spec]:
    """A label with a rim in the colour of the ground, so that a line behind it does not cut through the words."""
    text = {"type": "text", "align": align, "dx": dx, "dy": dy, "fontWeight": 600, "fontSize": 11}
    encoding = {**place, "text": {"field": "text", "type": "nominal"}}
    rim = {**text, "stroke": palette.ground, "strokeWidth": 4, "strokeJoin": "round", "color": palette.ground}
    return [
        {"data": here, "mark": rim, "encoding": encoding},
        {"data": here, "mark": {**text, "color": palette.ink}, "encoding": encoding},
    ]


def _gain_at(forecast: Forecast, week: float) -> float:
    pairs = list(zip(forecast.weeks, forecast.gain, strict=True))
    for (before, low), (after, high) in pairwise(pairs):
        if before <= week <= after:
            part = (week - before) / (after - before)
            return low.median + part * (high.median - low.median)
    return pairs[-1][1].median
