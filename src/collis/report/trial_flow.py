"""The flow of people through a virtual trial as boxes: side by side where there is room, else one below another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collis.report import words
from collis.report.charts import SCREEN, Chart, Palette, Row, Spec, framed, titled

if TYPE_CHECKING:
    from collis.trials.analyse import Analysis
    from collis.trials.summaries import ArmFlow

_LINE = 17
_PAD = 9
_GAP = 26
_LEAST_COLUMN = 170
_MOST_REASONS = 4

Box = dict[str, Any]


def flow_chart(a: Analysis, *, palette: Palette = SCREEN, width: int = 520) -> Chart:
    """Randomised, left by reason, completed: a column for each arm, or one column where that is too narrow."""
    arms = a.flow.arms
    side_by_side = width / max(len(arms), 1) >= _LEAST_COLUMN
    boxes: list[Box] = []
    links: list[Box] = []
    y = 0.0
    for lines in _head(a):
        if boxes:
            links.append(_link(width / 2, y - _GAP, width / 2, y))
        boxes.append(_box(width / 2 - min(width, 300) / 2, y, min(width, 300), lines))
        y = boxes[-1]["y2"] + _GAP
    count = len(arms) if side_by_side else 1
    column = (width - (count - 1) * 16) / count
    below = y
    for i, arm in enumerate(arms):
        left = (i % count) * (column + 16)
        top = y if side_by_side else below
        middle = left + column / 2
        if side_by_side or i == 0:
            links += [
                _link(width / 2, y - _GAP, width / 2, y - _GAP / 2),
                _link(width / 2, y - _GAP / 2, middle, y - _GAP / 2),
            ]
            links.append(_link(middle, y - _GAP / 2, middle, top))
        for lines in _arm(a, arm):
            if lines is not _arm(a, arm)[0] and boxes[-1]["arm"] == arm.arm:
                links.append(_link(middle, top - _GAP, middle, top))
            boxes.append({**_box(left, top, column, lines), "arm": arm.arm})
            top = boxes[-1]["y2"] + _GAP
        below = top - _GAP + 14
    if side_by_side:
        _level(boxes, links, [arm.arm for arm in arms])
    height = max(box["y2"] for box in boxes)
    return Chart(
        title="Flow of people",
        spec=_spec(boxes, links, palette, width, height),
        table=_rows(a),
        alt=_said(a),
    )


def _head(a: Analysis) -> list[list[str]]:
    found = []
    if a.flow.drawn is not None and a.flow.eligible is not None:
        found.append([f"{_n(a.flow.drawn)} drawn", f"{_n(a.flow.eligible)} may enter"])
    found.append([f"{_n(a.flow.randomised)} randomised"])
    return found


def _arm(a: Analysis, arm: ArmFlow) -> list[list[str]]:
    reasons = list(arm.left.items())
    shown = [f"{_n(people)} {reason.replace('_', ' ')}" for reason, people in reasons[:_MOST_REASONS]]
    rest = sum(people for _, people in reasons[_MOST_REASONS:])
    if rest:
        shown.append(f"{_n(rest)} for other reasons")
    left = arm.randomised - arm.completed
    return [
        [a.question.said(arm.arm), f"{_n(arm.randomised)} people"],
        [
            f"{_n(left)} left early ({words.percent(left / arm.randomised if arm.randomised else 0.0)})",
            *shown,
        ],
        [f"{_n(arm.completed)} completed"],
    ]


def _n(people: int) -> str:
    return words.number(people)


def _box(x: float, y: float, width: float, lines: list[str]) -> Box:
    high = len(lines) * _LINE + 2 * _PAD
    return {"x": x, "x2": x + width, "y": y, "y2": y + high, "lines": lines, "arm": ""}


def _link(x: float, y: float, x2: float, y2: float) -> Box:
    return {"x": x, "x2": x2, "y": y, "y2": y2}


def _level(boxes: list[Box], links: list[Box], arms: list[str]) -> None:
    """Move the last box of every arm to one height, so that the completed stand in one row."""
    last = [[box for box in boxes if box["arm"] == arm][-1] for arm in arms]
    top = max(box["y"] for box in last)
    for box in last:
        moved = top - box["y"]
        for link in links:
            if link["y2"] == box["y"] and box["x"] <= link["x"] <= box["x2"] and link["x"] == link["x2"]:
                link["y2"] += moved
        box["y"] += moved
        box["y2"] += moved


def _spec(boxes: list[Box], links: list[Box], palette: Palette, width: float, height: float) -> Spec:
    x = {"type": "quantitative", "scale": {"domain": [0, width], "nice": False}, "axis": None}
    y = {"type": "quantitative", "scale": {"domain": [height, 0], "nice": False, "zero": False}, "axis": None}
    texts = [
        {"x": box["x"] + 12, "y": box["y"] + _PAD + _LINE * (i + 0.5), "text": line, "head": i == 0}
        for box in boxes
        for i, line in enumerate(box["lines"])
    ]
    ends = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
    places = {"x": {**x, "field": "x"}, "y": {**y, "field": "y"}}
    return {
        **framed(palette),
        "width": width,
        "height": height,
        "layer": [
            {
                "data": {"values": links},
                "mark": {"type": "rule", "color": palette.quiet, "strokeWidth": 1},
                "encoding": {**places, **ends},
            },
            {
                "data": {"values": boxes},
                "mark": {
                    "type": "rect",
                    "fill": palette.ground,
                    "stroke": palette.bar,
                    "strokeWidth": 1,
                    "cornerRadius": 4,
                    "opacity": 1,
                },
                "encoding": {**places, **ends},
            },
            *(
                {
                    "data": {"values": [t for t in texts if t["head"] is head]},
                    "mark": {
                        "type": "text",
                        "align": "left",
                        "baseline": "middle",
                        "color": palette.ink if head else palette.quiet,
                        "fontWeight": 650 if head else 400,
                        "fontSize": 13,
                    },
                    "encoding": {**places, "text": {"field": "text"}},
                }
                for head in (True, False)
            ),
        ],
        "title": titled("Flow of people", "Virtual people, as drawn", palette),
    }


def _rows(a: Analysis) -> tuple[Row, ...]:
    rows: list[Row] = []
    for arm in a.flow.arms:
        name = a.question.said(arm.arm)
        rows.append({"arm": name, "step": "randomised", "people": float(arm.randomised)})
        rows += [
            {"arm": name, "step": f"left: {reason.replace('_', ' ')}", "people": float(people)}
            for reason, people in arm.left.items()
        ]
        rows.append({"arm": name, "step": "completed", "people": float(arm.completed)})
    return tuple(rows)


def _said(a: Analysis) -> str:
    told = "; ".join(
        f"{a.question.said(arm.arm)}: {_n(arm.randomised)} randomised, {_n(arm.completed)} completed"
        for arm in a.flow.arms
    )
    return f"Flow of people. {told}."
