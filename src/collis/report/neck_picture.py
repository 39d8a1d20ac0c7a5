"""The picture of a neck at a posture: FRONT, one SIDE and BACK of the same scene, muscles tinted.

A picture for teaching and research. What the posture stands on is written on it, and there is no way to draw a
predicted posture without its mark. It is no part of a printed plan, a page for the patient or a letter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import assert_never

import numpy as np

from collis.knowledge.names import Muscle, MuscleSide
from collis.neck.formulas import Array
from collis.neck.scene import Scene, Standing
from collis.neck.words import deviations_of
from collis.report import words
from collis.report.charts import FONT
from collis.report.drawing import LETTERS
from collis.report.head import seen
from collis.report.neck_layers import EDGE, INK, QUIET, UNTREATED, UNTREATED_EDGE, colour_of, layers, px
from collis.report.necks import View
from collis.side import Side

WIDTH = 1180.0
_TOP, _BOTTOM = 78.0, 462.0
_CENTRES = {"front": 202.0, "side": 590.0, "back": 978.0}
_HALVES = {"front": 194.0, "side": 192.0, "back": 194.0}
_HIGHEST_MM = 646.0
"""What of the world stands at the upper edge of a view: height over the origin of the trunk, of a neck of size 1."""

_FONT_SIZE = 13
_LINE = 180
"""Characters in a line beneath the picture."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Legend:
    """What the tint means, what its two ends say, and the figure of each tinted muscle in words."""

    title: str
    least: str
    most: str
    values: Mapping[MuscleSide, str]
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """The picture and its text alternative; `letters` says which letter stands for which muscle."""

    svg: str
    alt: str
    views: tuple[View, ...]
    letters: Mapping[str, str]


def neck_picture(scene: Scene, legend: Legend | None = None, *, notes: Sequence[str] = ()) -> Picture:
    """FRONT, SIDE and BACK of a scene, with the legend of its tints where one is given, and `notes` beneath.

    The side shown is the one with more tint, RIGHT where both have the same.
    """
    views = (View.FRONT, side_shown(scene), View.BACK)
    tinted = sorted(
        (w for w, v in scene.tints.items() if v > 0),
        key=lambda w: (-scene.tints[w], list(Muscle).index(w.muscle), w.side is Side.LEFT),
    )
    drawn = dict.fromkeys(w.muscle for w in tinted if w not in scene.not_in_model)
    letters = {muscle.value: letter for muscle, letter in zip(drawn, LETTERS, strict=False)}
    said = [line for note in (*notes, *_notes(scene, legend)) for line in wrap(note, _LINE)]
    named = {letters[m.value]: m.words for m in drawn if m.value in letters}
    alt = _alt(scene, views, tinted, legend, said)
    foot = list(_foot(scene, tinted, letters, legend, said))
    height = _BOTTOM + 72.0 + (_rows(len(tinted)) * 24.0 + 44.0 if legend is not None else 0.0)
    height += 20.0 * len(said)
    body = [
        f'<rect width="{px(WIDTH)}" height="{px(height)}" fill="#FFFFFF"/>',
        *_head_line(scene, legend),
        *(_view(scene, view, letters) for view in views),
        *foot,
    ]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="neck-scene" '
        f'viewBox="0 0 {px(WIDTH)} {px(height)}" width="{px(WIDTH)}" height="{px(height)}" '
        f'role="img" aria-label="{escape(alt, quote=True)}" font-family="{FONT}, sans-serif" '
        f'stroke-linecap="round" stroke-linejoin="round"><title>{escape(alt)}</title>{"".join(body)}</svg>'
    )
    return Picture(svg=svg, alt=alt, views=views, letters=named)


def side_shown(scene: Scene) -> View:
    """The side with more tint."""
    total = {side: sum(v for w, v in scene.tints.items() if w.side is side) for side in Side}
    return View.LEFT_SIDE if total[Side.LEFT] > total[Side.RIGHT] + 1e-9 else View.RIGHT_SIDE


def place_of(scene: Scene, view: View, points: Array) -> Array:
    """World points [..., 3] in a view of the picture: [..., 2] in its own coordinates, x to the right, y down."""
    at = seen(view, scene, points)
    name, shift = _panel(view)
    return np.stack([_CENTRES[name] + shift + at[..., 0], _TOP + _HIGHEST_MM + at[..., 1]], axis=-1)


def _panel(view: View) -> tuple[str, float]:
    """The panel of a view, and how far its middle is moved: a side view leaves room before the face."""
    match view:
        case View.FRONT | View.BACK:
            return view.value, 0.0
        case View.RIGHT_SIDE:
            return "side", 12.0
        case View.LEFT_SIDE:
            return "side", -12.0
        case _:
            assert_never(view)


def _view(scene: Scene, view: View, letters: Mapping[str, str]) -> str:
    name, shift = _panel(view)
    centre, half = _CENTRES[name], _HALVES[name]
    key = view.value.replace(" ", "-")
    move = f'transform="translate({px(centre + shift)} {px(_TOP + _HIGHEST_MM)})"'
    size = f'width="{px(2 * half)}" height="{px(_BOTTOM - _TOP)}"'
    frame = f'<rect x="{px(centre - half)}" y="{px(_TOP)}" {size}/>'
    painted = "".join(layers(scene, view, letters))
    return (
        f'<g class="view {key}"><clipPath id="frame-{key}">{frame}</clipPath>'
        f'<g clip-path="url(#frame-{key})"><g {move}>{painted}</g></g>'
        f"{''.join(_plates(scene, view))}{''.join(_titles(view, scene.standing))}</g>"
    )


def _plates(scene: Scene, view: View) -> Iterator[str]:
    """RIGHT solid, LEFT outlined, each on the patient's own side, over the shoulders."""
    match view:
        case View.FRONT | View.BACK:
            for side, z in ((Side.RIGHT, 0.15), (Side.LEFT, -0.15)):
                x = float(place_of(scene, view, np.array([0.0, 0.4, z * scene.size]))[0])
                yield _plate(side, x, _TOP + 232.0)
        case View.RIGHT_SIDE:
            yield _plate(Side.RIGHT, _CENTRES["side"] + 138.0, _TOP + 338.0)
        case View.LEFT_SIDE:
            yield _plate(Side.LEFT, _CENTRES["side"] - 138.0, _TOP + 338.0)
        case _:
            assert_never(view)


def _plate(side: Side, x: float, y: float, *, wide: float = 58.0, high: float = 23.0) -> str:
    solid = side is Side.RIGHT
    fill, text = (INK, "#FFFFFF") if solid else ("#FFFFFF", INK)
    corner = f'x="{px(x - wide / 2)}" y="{px(y - high / 2)}" width="{px(wide)}" height="{px(high)}"'
    return (
        f'<rect class="plate {side.value}" {corner} rx="3" fill="{fill}" stroke="{INK}" stroke-width="1.6"/>'
        f'<text class="side {side.value}" x="{px(x)}" y="{px(y + high * 0.21)}" font-size="{px(high * 0.57)}" '
        f'font-weight="700" letter-spacing="0.6" text-anchor="middle" fill="{text}">{side.word}</text>'
    )


_BELOW = {
    View.FRONT: ("FRONT", "face towards you"),
    View.BACK: ("BACK", "seen from behind"),
    View.RIGHT_SIDE: ("SIDE", "the patient’s RIGHT side, face to the right"),
    View.LEFT_SIDE: ("SIDE", "the patient’s LEFT side, face to the left"),
}


def _titles(view: View, standing: Standing) -> Iterator[str]:
    title, below = _BELOW[view]
    x = _CENTRES[_panel(view)[0]]
    yield _text(x, _BOTTOM + 24.0, title, size=15, weight=700, anchor="middle", spacing=1.0)
    yield _text(x, _BOTTOM + 41.0, below, colour=QUIET, anchor="middle")
    if standing is Standing.PREDICTED:
        yield _text(x, _BOTTOM + 57.0, standing.line, colour=QUIET, weight=600, anchor="middle")


def _head_line(scene: Scene, legend: Legend | None) -> Iterator[str]:
    title = "Head and neck" if legend is None else legend.title
    predicted = scene.standing is Standing.PREDICTED
    if predicted:
        title = f"Research view. {title}"
    yield _text(20.0, 34.0, title, size=20, weight=700)
    if predicted:
        wide = 9.2 * len(scene.line)
        yield (
            f'<rect class="mark" x="{px(WIDTH - 20 - wide)}" y="12" width="{px(wide)}" height="32" rx="3" '
            f'fill="#FFFFFF" stroke="{INK}" stroke-width="2"/>'
        )
        yield _text(WIDTH - 20 - wide / 2, 34.0, scene.line, size=16, weight=700, anchor="middle")
    else:
        yield _text(WIDTH - 20.0, 34.0, scene.line, size=16, weight=600, anchor="end")
    yield _text(20.0, 56.0, _posture(scene), colour=QUIET)


def _posture(scene: Scene) -> str:
    found = [word.words for word in deviations_of(np.array(scene.angles), least_deg=1.0)]
    lead = "Predicted: " if scene.standing is Standing.PREDICTED else ""
    text = f"{lead}{words.listed(tuple(found)) if found else 'no deviation'}.".replace(" degrees", "°")
    return text[:1].upper() + text[1:]


def _rows(count: int) -> int:
    return -(-max(count, 1) // 3)


def _foot(
    scene: Scene,
    tinted: Sequence[MuscleSide],
    letters: Mapping[str, str],
    legend: Legend | None,
    said: Sequence[str],
) -> Iterator[str]:
    """The legend: the scale, then every tinted muscle with letter, side and figure, then what is to be said."""
    y = _BOTTOM + 84.0
    if legend is not None:
        yield from _scale(legend, y)
        y += 30.0
        rows = _rows(len(tinted))
        for i, where in enumerate(tinted):
            x, line = 20.0 + 386.0 * (i // rows), y + 24.0 * (i % rows)
            value = legend.values.get(where, "")
            name = words.muscle(where.muscle) + (
                "" if where.muscle.value in letters else " (not in the model)"
            )
            yield _text(
                x + 8.0, line + 4.6, letters.get(where.muscle.value, "–"), weight=700, anchor="middle"
            )
            yield (
                f'<rect x="{px(x + 22)}" y="{px(line - 7)}" width="24" height="14" rx="2" '
                f'fill="{colour_of(scene.tints[where])}" stroke="{EDGE}" stroke-width="1"/>'
            )
            yield _text(x + 54.0, line + 4.6, name)
            yield _plate(where.side, x + 268.0, line, wide=44.0, high=17.0)
            yield _text(x + 298.0, line + 4.6, value, weight=600)
        y += 24.0 * rows + 14.0
    for note in said:
        yield _text(20.0, y, note, colour=QUIET)
        y += 20.0


def _notes(scene: Scene, legend: Legend | None) -> Iterator[str]:
    if legend is not None and legend.note:
        yield legend.note
    if scene.beyond:
        names = words.listed(tuple(a.name.lower().replace("_", " ") for a in scene.beyond))
        yield f"Beyond the range of the model’s skeleton, drawn as given: {names}."
    if scene.not_in_model:
        yield f"Not in the model and not drawn: {words.listed(tuple(str(w) for w in scene.not_in_model))}."


def _scale(legend: Legend, y: float) -> Iterator[str]:
    yield (
        f'<rect x="20" y="{px(y - 8)}" width="24" height="14" rx="2" fill="{UNTREATED}" '
        f'stroke="{UNTREATED_EDGE}" stroke-width="1"/>'
    )
    yield _text(52.0, y + 4.0, legend.least)
    x = 74.0 + 7.0 * len(legend.least)
    for i in range(12):
        place = f'x="{px(x + 13 * i)}" y="{px(y - 8)}" width="13.4" height="14"'
        yield f'<rect {place} fill="{colour_of((i + 0.5) / 12)}"/>'
    yield _text(x + 166.0, y + 4.0, legend.most)


def _alt(
    scene: Scene,
    views: Sequence[View],
    tinted: Sequence[MuscleSide],
    legend: Legend | None,
    notes: Sequence[str],
) -> str:
    side = Side.RIGHT if View.RIGHT_SIDE in views else Side.LEFT
    toward = "right" if side is Side.RIGHT else "left"
    told = [
        "Head and neck seen from the front, from one side and from the back.",
        "FRONT: face towards you, the patient’s RIGHT is on the left of the picture.",
        f"SIDE: the patient’s {side.word} side, face towards the {toward} of the picture.",
        "BACK: no face, the patient’s RIGHT is on the right of the picture.",
        f"{scene.line}. {_posture(scene)}",
    ]
    if legend is not None:
        named = [f"{w} {legend.values[w]}" if w in legend.values else str(w) for w in tinted]
        told.append(f"{legend.title}: {words.listed(tuple(named)) if named else 'none'}.")
    return " ".join((*told, *notes))


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: int = _FONT_SIZE,
    weight: int = 400,
    colour: str = INK,
    anchor: str = "start",
    spacing: float = 0.0,
) -> str:
    wide = f' letter-spacing="{spacing}"' if spacing else ""
    return (
        f'<text x="{px(x)}" y="{px(y)}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="{anchor}"{wide}>{escape(text)}</text>'
    )
