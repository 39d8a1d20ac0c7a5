"""The score by week with both of its bands: the expected course, and what a rating at a visit may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collis.report.charts import SCREEN, Chart, Palette, Row, Spec, framed, titled, weeks_axis
from collis.report.curves import forecast_alt

if TYPE_CHECKING:
    from collis.course.forecast import Forecast


def course_chart(
    forecast: Forecast, *, palette: Palette = SCREEN, width: int = 560, height: int = 120
) -> Chart:
    """The score left by week: its middle, the 90 % band of the expected course, and what a visit may read."""
    rows: tuple[Row, ...] = tuple(
        {
            "week": week,
            "score": round(score.median, 1),
            "low": round(score.low, 1),
            "high": round(score.high, 1),
            "reads_low": round(visit.low, 1),
            "reads_high": round(visit.high, 1),
        }
        for week, score, visit in zip(forecast.weeks, forecast.score, forecast.visits, strict=True)
    )
    lowest = min(float(row["reads_low"] or 0.0) for row in rows)
    highest = max(float(row["reads_high"] or 0.0) for row in rows)
    x = {
        "field": "week",
        "type": "quantitative",
        "scale": {"domain": [0, 20]},
        "axis": weeks_axis(palette),
    }
    y = {
        "type": "quantitative",
        "scale": {"domain": [10 * (lowest // 10), 10 * -(-highest // 10)]},
        "axis": {
            "title": None, "tickCount": 5, "grid": True, "gridColor": palette.line, "domain": False,
            "ticks": False, "labelColor": palette.quiet,
        },
    }  # fmt: skip
    edge = {"type": "line", "strokeDash": [3, 3], "color": palette.quiet, "strokeWidth": 1}
    spec: Spec = {
        **framed(palette),
        "width": width,
        "height": height,
        "title": titled(
            "TWSTRS total by week",
            "Line and 90 % band: expected; dashed: what a visit reads",
            palette,
            size=13,
        ),
        "data": {"values": list(rows)},
        "layer": [
            {
                "mark": {"type": "area", "color": palette.band, "interpolate": "monotone"},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            *(
                {"mark": {**edge, "interpolate": "monotone"}, "encoding": {"x": x, "y": {**y, "field": end}}}
                for end in ("reads_low", "reads_high")
            ),
            {
                "mark": {
                    "type": "line",
                    "color": palette.curve,
                    "strokeWidth": 2.2,
                    "interpolate": "monotone",
                },
                "encoding": {"x": x, "y": {**y, "field": "score"}},
            },
        ],
    }
    return Chart(
        title="TWSTRS total by week", spec=spec, table=rows, alt=forecast_alt(forecast, forecast.plan)
    )
