"""Bars: past cycles over weeks, and the share of the pull by muscle. RIGHT is solid, LEFT striped."""

from __future__ import annotations

from collis.case.case import Case
from collis.course.parameters import MuscleRanking
from collis.report import words
from collis.report.charts import SCREEN, Chart, Palette, Row, Spec, framed, names_axis, titled, weeks_axis
from collis.side import Side

_MOST_MUSCLES = 12


def cycles_chart(case: Case, *, palette: Palette = SCREEN, width: int = 420) -> Chart | None:
    """Past sessions on the weeks of the forecast: from first change to fading, a tick at best; None without any."""
    rows: list[Row] = []
    for session in case.history.sessions:
        if session.onset_day is None or session.faded_week is None:
            continue
        rows.append(
            {
                "session": f"{words.short_day(session.on)}, {words.units(session.total)}",
                "first_change": round(session.onset_day / 7, 2),
                "best": None if session.best_week is None else float(session.best_week),
                "faded": float(session.faded_week),
                "benefit": (
                    "not recorded"
                    if session.benefit_percent is None
                    else f"{words.number(session.benefit_percent)} %"
                ),
            }
        )
    if not rows:
        return None
    order = [str(row["session"]) for row in rows]
    y = {"field": "session", "type": "nominal", "sort": order, "axis": names_axis(palette)}
    x = {"type": "quantitative", "scale": {"domain": [0, 20]}, "axis": weeks_axis(palette)}
    spec: Spec = {
        **framed(palette),
        "width": width,
        "height": {"step": 24},
        "title": titled(
            "Past cycles", "First change to fading, as the patient told it; tick at best", palette
        ),
        "data": {"values": rows},
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "bar", "height": 12, "color": palette.bar},
                "encoding": {"x": {**x, "field": "first_change"}, "x2": {"field": "faded"}},
            },
            {
                "transform": [{"filter": "datum.best !== null"}],
                "mark": {"type": "tick", "thickness": 2, "size": 18, "color": palette.ink},
                "encoding": {"x": {**x, "field": "best"}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 6, "fontWeight": 600, "color": palette.ink},
                "encoding": {
                    "x": {**x, "field": "faded"},
                    "text": {"field": "benefit", "type": "nominal"},
                },
            },
        ],
    }
    alt = " ".join(
        f"{r['session']}: first change in week {words.number(float(r['first_change'] or 0), 0)}, "
        f"faded in week {words.number(float(r['faded'] or 0), 1)}, benefit {r['benefit']}."
        for r in rows
    )
    return Chart(title="Past cycles", spec=spec, table=tuple(rows), alt=alt)


def shares_chart(ranking: MuscleRanking, *, palette: Palette = SCREEN, width: int = 260) -> Chart:
    """The share of the pull by muscle-side as bare lengths, with the word for how likely; RIGHT solid, LEFT striped."""
    rows: list[Row] = [
        {
            "muscle": f"{words.muscle(m.muscle)} {m.side.word}",
            "likely": words.likelihood(m.probability),
            "share": round(m.share, 4),
            "side": m.side.word,
        }
        for m in ranking.muscles[:_MOST_MUSCLES]
    ]
    longest = max((m.share for m in ranking.muscles), default=0.0) or 1.0
    stripes = [
        {"muscle": f"{words.muscle(m.muscle)} {m.side.word}", "at": round(longest * step / 60, 5)}
        for m in ranking.muscles[:_MOST_MUSCLES]
        if m.side is Side.LEFT
        for step in range(1, 60)
        if longest * step / 60 < m.share
    ]
    y = {
        "field": "muscle",
        "type": "nominal",
        "sort": [r["muscle"] for r in rows],
        "axis": names_axis(palette),
    }
    x = {"type": "quantitative", "scale": {"domain": [0, longest * 1.35]}, "axis": None}
    solid = {"condition": {"test": "datum.side === 'RIGHT'", "value": palette.ink}, "value": palette.ground}
    spec: Spec = {
        **framed(palette),
        "width": width,
        "height": {"step": 22},
        "title": titled("Which muscles pull", "Bar: share of the pull. RIGHT solid, LEFT striped", palette),
        "data": {"values": rows},
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "bar", "height": 9, "stroke": palette.ink, "strokeWidth": 1},
                "encoding": {"x": {**x, "field": "share"}, "color": solid},
            },
            {
                "data": {"values": stripes},
                "mark": {"type": "tick", "size": 9, "thickness": 1.2, "color": palette.ink},
                "encoding": {"x": {**x, "field": "at"}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 6, "color": palette.ink},
                "encoding": {
                    "x": {**x, "field": "share"},
                    "text": {"field": "likely", "type": "nominal"},
                },
            },
        ],
    }
    alt = " ".join(f"{r['muscle']}: {r['likely']}." for r in rows) or "No muscle is ranked."
    return Chart(title="Which muscles pull", spec=spec, table=tuple(rows), alt=alt)
