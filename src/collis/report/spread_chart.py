"""Where the Units of each injection go, as a heat table: a column for each injection, a row for each place."""

from __future__ import annotations

import numpy as np

from collis.course.reaching import PLACES, Reached
from collis.report.charts import SCREEN, Chart, Palette, Row, Spec, framed, names_axis, titled
from collis.toxin.timecourse import Array

_TITLE = "Where the Units go"
_LEAST_PERCENT = 0.5
_WORD_BY_WORD = "split(datum.label, ' ')"
_MARGIN_NAMES = ("pharynx", "elsewhere")


def spread_chart(reached: Reached, *, palette: Palette = SCREEN, column: int = 120, row: int = 22) -> Chart:
    """Percent of each injection's Units by place, in columns and rows of so many pixels.

    Places that no injection gives half a percent are left out. Over draws the mean is shown. Two rows stand last: the
    pharynx, and tissue that is no muscle of the list.
    """
    shares = np.asarray(reached.shares)
    percent = 100.0 * (shares if shares.ndim == 2 else shares.mean(axis=0))
    columns = [str(injection.where) for injection in reached.plan.injections]
    names = (*(str(where) for where in PLACES), *_MARGIN_NAMES)
    kept = [
        i for i, name in enumerate(names) if name in _MARGIN_NAMES or (percent[i] >= _LEAST_PERCENT).any()
    ]
    rows: list[Row] = [
        {"injected": head, "reached": names[i], "percent": round(float(percent[i, c]), 1)}
        for i in kept
        for c, head in enumerate(columns)
    ]
    x = {
        "field": "injected",
        "type": "nominal",
        "sort": columns,
        "axis": {**names_axis(palette), "labelAngle": 0, "labelExpr": _WORD_BY_WORD},
    }
    y = {
        "field": "reached",
        "type": "nominal",
        "sort": [names[i] for i in kept],
        "axis": names_axis(palette),
    }
    shade = {
        "field": "percent",
        "type": "quantitative",
        "scale": {"domain": [0, 100], "range": [palette.ground, palette.band], "interpolate": "rgb"},
        "legend": None,
    }
    shown = {"test": f"datum.percent < {_LEAST_PERCENT}", "value": ""}
    spec: Spec = {
        **framed(palette),
        "width": {"step": column},
        "height": {"step": row},
        "title": titled(
            _TITLE, "Percent of the Units injected into the muscle below; mostly assumed", palette, size=13
        ),
        "data": {"values": rows},
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "mark": {"type": "rect", "stroke": palette.line, "strokeWidth": 1},
                "encoding": {"color": shade},
            },
            {
                "mark": {"type": "text", "color": palette.ink},
                "encoding": {
                    "text": {
                        "condition": shown,
                        "field": "percent",
                        "type": "quantitative",
                        "format": ".1f",
                    }
                },
            },
        ],
    }
    return Chart(title=_TITLE, spec=spec, table=tuple(rows), alt=_alt(reached, percent, names))


def _alt(reached: Reached, percent: Array, names: tuple[str, ...]) -> str:
    """A sentence for each injection: what stays, and who catches most of the rest."""
    said = []
    for column, injection in enumerate(reached.plan.injections):
        own = PLACES.index(injection.where)
        others = [i for i in range(len(PLACES)) if i != own]
        most = max(others, key=lambda i: (percent[i, column], -i))
        said.append(
            f"Of {injection.where} {percent[own, column]:.0f} percent stays there; {names[most]} catches "
            f"{percent[most, column]:.1f} percent."
        )
    return " ".join(said) or "Nothing is injected."
