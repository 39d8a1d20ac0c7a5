"""One view of a neck scene, painted from the back to the front: skin, bones, muscles, head, letters.

Paths in the picture's own millimetres, x to the right and y down; the frame around them is `neck_picture`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import assert_never

import numpy as np

from collis.neck.formulas import Array
from collis.neck.scene import Body, Kind, MusclePath, Scene
from collis.report.head import HeadShapes, chest_pieces, figure, head_shapes, hull, seen, skin_pieces
from collis.report.necks import View, figures
from collis.side import Side

INK, QUIET, _LINE, _PALE = "#14201D", "#42504C", "#8E9995", "#C6CECB"
_SKIN, _HAIR, _STRAND, _BONE = "#F4F4EF", "#7C8985", "#5F6C68", "#FFFDF6"
UNTREATED, UNTREATED_EDGE = "#DCE1DF", "#B4BDB9"
_LIGHTEST, _DARKEST = (0xC4, 0xDE, 0xDF), (0x0B, 0x5A, 0x62)
EDGE = "#0B4A51"


def layers(scene: Scene, view: View, letters: Mapping[str, str]) -> Iterator[str]:
    """All of one view from the back to the front; `letters` by the name of the muscle."""
    head, key = head_shapes(scene, view), view.value.replace(" ", "-")
    yield from _bodies(scene, view, head, key)
    yield from _letters(scene, view, head, letters)


def _bodies(scene: Scene, view: View, head: HeadShapes, key: str) -> Iterator[str]:
    paths = [path for path in scene.muscles if _shown(path, view)]
    under = [p for p in paths if not _over_head(p, view, scene)]
    over = [p for p in paths if _over_head(p, view, scene)]
    bones = [b for b in scene.bodies if b.kind is not Kind.SKULL]
    if view is View.BACK:
        yield _skull(head, key)
        yield _skin(skin_pieces(scene, view))
        yield from (_ear(*ear[1:]) for ear in head.ears if not ear[0])
        yield _hair(head)
        yield from _face(head, key)
        yield from (_ear(*ear[1:]) for ear in head.ears if ear[0])
    else:
        yield _skin(skin_pieces(scene, view))
    deep = [p for p in under if not _over_chest(p, view, scene)]
    yield from _sorted(
        [
            *((_nearness(scene, view, p.points), _muscle(p, scene, view)) for p in deep),
            *(
                (_nearness(scene, view, [b.centre]), _bone(b, scene, view))
                for b in bones
                if b.kind is Kind.VERTEBRA
            ),
        ]
    )
    yield _chest(chest_pieces(scene, view), key)
    yield from (_bone(b, scene, view) for b in bones if b.kind is Kind.GIRDLE and _girdle_shown(b, view))
    yield from _sorted(
        [
            (_nearness(scene, view, p.points), _muscle(p, scene, view))
            for p in under
            if _over_chest(p, view, scene)
        ]
    )
    if view is not View.BACK:
        yield from (_ear(*ear[1:]) for ear in head.ears if not ear[0])
        yield _skull(head, key)
        yield _hair(head)
        yield from _face(head, key)
    yield from _sorted([(_nearness(scene, view, p.points), _muscle(p, scene, view)) for p in over])
    if view is not View.BACK:
        yield from (_ear(*ear[1:]) for ear in head.ears if ear[0])


def _sorted(drawn: Sequence[tuple[float, str]]) -> Iterator[str]:
    """What is drawn by its nearness, the farthest first."""
    yield from (text for _, text in sorted(drawn, key=lambda item: item[0]))


def _over_chest(path: MusclePath, view: View, scene: Scene) -> bool:
    """Whether the lower end of a muscle lies before the chest, and not within it."""
    if path.muscle is not None and path.muscle.value in figure()["over_chest"]:
        return True
    lower = min((path.points[0], path.points[-1]), key=lambda p: p[1])
    return _nearness(scene, view, [lower]) > {"front": -16.0, "back": 60.0, "side": 40.0}[panel(view)]


def _shown(path: MusclePath, view: View) -> bool:
    """From a side only the muscles of that side are drawn; the others lie behind the neck."""
    match view:
        case View.FRONT | View.BACK:
            return True
        case View.RIGHT_SIDE:
            return path.side is Side.RIGHT
        case View.LEFT_SIDE:
            return path.side is Side.LEFT
        case _:
            assert_never(view)


def _girdle_shown(body: Body, view: View) -> bool:
    match view:
        case View.FRONT:
            return body.name != "scapula"
        case View.BACK:
            return True
        case View.RIGHT_SIDE:
            return body.side is Side.RIGHT and body.name == "clavicle"
        case View.LEFT_SIDE:
            return body.side is Side.LEFT and body.name == "clavicle"
        case _:
            assert_never(view)


def _over_head(path: MusclePath, view: View, scene: Scene) -> bool:
    """Whether a muscle is painted after the head: from the side what lies well outside the middle."""
    match view:
        case View.FRONT | View.BACK:
            return False
        case View.RIGHT_SIDE | View.LEFT_SIDE:
            return _nearness(scene, view, path.points) > 24.0
        case _:
            assert_never(view)


def _nearness(scene: Scene, view: View, points: Sequence[Sequence[float] | Array]) -> float:
    return float(seen(view, scene, np.array(points))[:, 2].mean())


def _muscle(path: MusclePath, scene: Scene, view: View) -> str:
    edge, fill, opacity, width = UNTREATED_EDGE, UNTREATED, ' fill-opacity="0.55"', 0.9
    if path.tint > 0:
        edge, fill, opacity, width = EDGE, colour_of(path.tint), ' fill-opacity="0.94"', 1.3
    broken = ' stroke-dasharray="3.2 2.6"' if path.tint > 0 and _deep(path, view) else ""
    label = escape(path.words, quote=True)
    return (
        f'<path class="muscle{" on" if path.tint > 0 else ""}" data-muscle="{label}" data-unit="{path.unit}" '
        f'd="{path_data(_band(path, scene, view))}" fill="{fill}"{opacity} '
        f'stroke="{edge}" stroke-width="{width}"{broken}/>'
    )


def _deep(path: MusclePath, view: View) -> bool:
    """Whether the muscle lies under others in this view: then its edge is broken."""
    shown = figures()[0][panel(view)].muscles.get(path.muscle) if path.muscle is not None else None
    return shown is not None and shown.deep


def _band(path: MusclePath, scene: Scene, view: View) -> Array:
    """A tapered band along the path, as wide in its middle as the belly: a closed polygon [point, 2]."""
    line = _middle_line(path, scene, view)
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    part = np.linspace(0.0, 1.0, len(line))
    length = float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())
    belly = min((1.15e3 / scene.size) * path.radius, 0.22 * length)
    half = belly * (0.42 + 0.58 * np.sin(np.pi * part)) * np.sqrt(1.0 - 0.97 * np.abs(2.0 * part - 1.0) ** 12)
    aside = np.stack([-along[:, 1], along[:, 0]], axis=1) * half[:, None]
    return np.concatenate([line + aside, (line - aside)[::-1]])


def _middle_line(path: MusclePath, scene: Scene, view: View, count: int = 22) -> Array:
    points = np.array(path.points)
    reach = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    at = np.linspace(0.0, reach[-1], count)
    fine = np.stack([np.interp(at, reach, points[:, k]) for k in range(3)], axis=1)
    if len(points) > 2:  # a path bent at bones is drawn as the curve it stands for
        padded = np.concatenate([fine[:1], fine[:1], fine, fine[-1:], fine[-1:]])
        fine = np.stack([np.convolve(padded[:, k], np.full(5, 0.2), mode="valid") for k in range(3)], axis=1)
    return seen(view, scene, fine)[:, :2]


def _bone(body: Body, scene: Scene, view: View) -> str:
    if body.kind is Kind.GIRDLE:
        return _girdle(body, scene, view)
    centre, axes, half = np.array(body.centre), np.array(body.axes), np.array(body.half)
    signs = np.array([(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)])
    block = hull(seen(view, scene, centre + (signs * half * 0.82) @ axes)[:, :2])
    tips = {name: np.array(at) for name, at in body.outline.items()}
    pieces = [
        (_nearness(scene, view, [body.centre]), _path(block, "bone", _BONE, _LINE, 1.0, soft=5.0)),
        *(
            (
                _nearness(scene, view, [tuple(tip), tuple(tip)]),
                _bar(seen(view, scene, np.array([centre + 0.5 * (tip - centre) * 0.6, tip]))[:, :2], 5.6),
            )
            for tip in tips.values()
        ),
    ]
    return f'<g class="vertebra {body.name}">{"".join(text for _, text in sorted(pieces, key=lambda p: p[0]))}</g>'


def _girdle(body: Body, scene: Scene, view: View) -> str:
    line = seen(view, scene, np.array(list(body.outline.values())))[:, :2]
    if body.name == "clavicle":
        return _bar(line, 8.0)
    d = path_data(line)
    return f'<path class="scapula" d="{d}" fill="{_BONE}" fill-opacity="0.55" stroke="{_PALE}" stroke-width="3"/>'


def _bar(line: Array, width: float) -> str:
    """A rounded bar with an edge."""
    d = path_data(line, close=False)
    return (
        f'<path class="bone" d="{d}" fill="none" stroke="{_LINE}" stroke-width="{px(width + 2.0)}"/>'
        f'<path d="{d}" fill="none" stroke="{_BONE}" stroke-width="{px(width)}"/>'
    )


def _path(points: Array, kind: str, fill: str, edge: str, width: float, *, soft: float) -> str:
    """A polygon with rounded corners and an edge."""
    d = path_data(points)
    return (
        f'<path class="{kind}" d="{d}" fill="{edge}" stroke="{edge}" stroke-width="{px(soft + 2 * width)}"/>'
        f'<path d="{d}" fill="{fill}" stroke="{fill}" stroke-width="{px(soft)}"/>'
    )


def _skin(pieces: Sequence[Array]) -> str:
    """Neck, shoulders and chest: all edges first, then all fills, so that only the outer edge is left."""
    d = "".join(path_data(piece) for piece in pieces)
    return (
        f'<path class="skin" d="{d}" fill="{_LINE}" stroke="{_LINE}" stroke-width="3"/>'
        f'<path d="{d}" fill="{_SKIN}" stroke="{_SKIN}" stroke-width="0.8"/>'
    )


def _chest(pieces: Sequence[Array], key: str) -> str:
    """A veil of skin over what goes into the chest, denser downwards."""
    d = "".join(path_data(piece) for piece in pieces)
    thin, dense = figure()["veil"]
    return (
        f'<linearGradient id="veil-{key}" gradientUnits="userSpaceOnUse" x1="0" x2="0" y1="{-thin}" y2="{-dense}">'
        f'<stop offset="0" stop-color="{_SKIN}" stop-opacity="0"/>'
        f'<stop offset="1" stop-color="{_SKIN}" stop-opacity="0.92"/></linearGradient>'
        f'<path class="chest" d="{d}" fill="url(#veil-{key})"/>'
    )


def _skull(head: HeadShapes, key: str) -> str:
    return (
        f'<clipPath id="head-{key}"><path d="{path_data(head.outline)}"/></clipPath>'
        f'<path class="head" d="{path_data(head.outline)}" fill="{_SKIN}" stroke="{_LINE}" stroke-width="1.5"/>'
    )


def _hair(head: HeadShapes) -> str:
    hair = f'<path class="hair" d="{path_data(head.hair)}" fill="{_HAIR}" stroke="{_STRAND}" stroke-width="1.2"/>'
    return hair if head.under is None else hair + f'<path d="{path_data(head.under)}" fill="{_SKIN}"/>'


def _face(head: HeadShapes, key: str) -> Iterator[str]:
    if not head.faces:
        return
    for face in head.faces:
        yield f'<path class="face" d="{path_data(face)}" fill="{_SKIN}" clip-path="url(#head-{key})"/>'
    if key != View.BACK.value:
        yield f'<path d="{path_data(head.outline)}" fill="none" stroke="{_LINE}" stroke-width="1.5"/>'
    for bound in head.hairline:
        yield f'<path d="{path_data(bound, close=False)}" fill="none" stroke="{_STRAND}" stroke-width="1"/>'
    for eye in head.eyes:
        yield f'<path class="eye" d="{path_data(eye)}" fill="#FFFFFF" stroke="{_STRAND}" stroke-width="1.3"/>'
    for x, y in head.pupils:
        yield f'<circle cx="{px(x)}" cy="{px(y)}" r="2.9" fill="{QUIET}"/>'
    for line in head.lines:
        yield f'<path d="{path_data(line, close=False)}" fill="none" stroke="{_STRAND}" stroke-width="1.7"/>'


def _ear(outline: Array, fold: Array) -> str:
    return (
        f'<path class="ear" d="{path_data(outline)}" fill="{_SKIN}" stroke="{_LINE}" stroke-width="1.5"/>'
        f'<path d="{path_data(fold, close=False)}" fill="none" stroke="{_LINE}" stroke-width="1.1"/>'
    )


def _letters(scene: Scene, view: View, head: HeadShapes, letters: Mapping[str, str]) -> Iterator[str]:
    """A letter on each tinted muscle that lies on the near half, clear of the head and of the other letters."""
    taken: list[Array] = []
    for where in sorted((w for w in scene.tints if scene.tints[w] > 0), key=lambda w: -scene.tints[w]):
        own = [p for p in scene.muscles if p.where == where and _shown(p, view)]
        near = [p for p in own if _before_spine(p, view, scene)]
        if not near or where.muscle.value not in letters:
            continue
        widest = max(near, key=lambda p: p.radius)
        line = _middle_line(widest, scene, view)
        for step in (11, 9, 13, 7, 15, 5, 17, 4, 18):
            at = line[step]
            hidden = view is View.FRONT and _inside(head.outline, at)
            if not hidden and all(float(np.linalg.norm(at - other)) > 15.0 for other in taken):
                taken.append(at)
                x, y = at
                yield (
                    f'<text class="letter" x="{px(x)}" y="{px(y + 4.6)}" font-size="13" font-weight="700" '
                    f'text-anchor="middle" fill="{INK}" stroke="#FFFFFF" stroke-width="3.4" '
                    f'paint-order="stroke">{letters[where.muscle.value]}</text>'
                )
                break


def _before_spine(path: MusclePath, view: View, scene: Scene) -> bool:
    """Whether the middle of a muscle is nearer to the viewer than the vertebra at its height."""
    middle = np.array(path.points).mean(axis=0)
    blocks = [body for body in scene.bodies if body.kind is Kind.VERTEBRA]
    beside = min(blocks, key=lambda body: float(np.linalg.norm(np.array(body.centre) - middle)))
    return _nearness(scene, view, [middle]) > _nearness(scene, view, [beside.centre])


def _inside(polygon: Array, at: Array) -> bool:
    x, y = polygon[:, 0], polygon[:, 1]
    nx, ny = np.roll(x, -1), np.roll(y, -1)
    crosses = (y > at[1]) != (ny > at[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        cut = x + (at[1] - y) * (nx - x) / (ny - y)
    return bool((crosses & (at[0] < cut)).sum() % 2)


def colour_of(tint: float) -> str:
    """Light grey for none, then petrol from light to dark; darker is always more, so it reads in grey."""
    if tint <= 0:
        return UNTREATED
    return "#" + "".join(f"{round(a + (b - a) * tint):02X}" for a, b in zip(_LIGHTEST, _DARKEST, strict=True))


def path_data(points: Array, *, close: bool = True) -> str:
    """Points as path data."""
    return "M" + "L".join(f"{px(float(x))},{px(float(y))}" for x, y in points) + ("Z" if close else "")


def px(value: float) -> str:
    """A coordinate as written: at most one decimal, no sign before a nought."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def panel(view: View) -> str:
    """The panel a view stands in: front, side or back."""
    match view:
        case View.FRONT | View.BACK:
            return view.value
        case View.RIGHT_SIDE | View.LEFT_SIDE:
            return "side"
        case _:
            assert_never(view)
