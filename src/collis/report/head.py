"""The head, the skin of neck and shoulders, and the ears, of a scene seen from one side: outlines to be painted.

The head is a stack of level sections from `figures/head.toml`, turned as the skull of the scene is turned. What comes
back are polygons in the picture: x to the right, y down, in millimetres of a neck of size 1.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, assert_never

import numpy as np

from collis.neck.formulas import Array
from collis.neck.scene import Body, Scene
from collis.report.necks import View

FIGURE = Path(__file__).parent / "figures" / "head.toml"
_ROUND = np.radians(np.arange(0.0, 360.0, 10.0))
_RAYS = np.radians(np.arange(0.0, 360.0, 2.5))
_STEPS = 61
_PUSH = 45.0
"""How far (mm) the face is painted over the edge of the head it is clipped to."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeadShapes:
    """The head in a picture: closed polygons and open lines [point, 2].

    `face` is what of it is bare, to be clipped by `outline`; None where none of it is seen. `ears` come with
    whether they lie before the head.
    """

    outline: Array
    hair: Array
    face: Array | None
    lines: tuple[Array, ...]
    eyes: tuple[Array, ...]
    pupils: tuple[Array, ...]
    ears: tuple[tuple[bool, Array, Array], ...]


@cache
def figure() -> dict[str, Any]:
    """The shapes as their file holds them."""
    return tomllib.loads(FIGURE.read_text(encoding="utf-8"))


def camera(view: View) -> Array:
    """Rows that turn a point of the world into the picture's right and down, and the way to the viewer: [3, 3].

    FRONT has the patient's RIGHT on the left of the picture, BACK on the right.
    """
    match view:
        case View.FRONT:
            right, near = (0.0, 0.0, -1.0), (1.0, 0.0, 0.0)
        case View.BACK:
            right, near = (0.0, 0.0, 1.0), (-1.0, 0.0, 0.0)
        case View.RIGHT_SIDE:
            right, near = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
        case View.LEFT_SIDE:
            right, near = (-1.0, 0.0, 0.0), (0.0, 0.0, -1.0)
        case _:
            assert_never(view)
    return np.array([right, (0.0, -1.0, 0.0), near])


def seen(view: View, scene: Scene, points: Array) -> Array:
    """World points [..., 3] in metres in the picture: right, down, nearness, in mm of a neck of size 1."""
    return np.asarray(np.asarray(points) @ camera(view).T) * (1e3 / scene.size)


def head_shapes(scene: Scene, view: View) -> HeadShapes:
    """The head of a scene."""
    head = _Head(scene.body("skull"), scene, view)
    file = figure()
    nose = [head.flat([(x, y, s * z) for x, y, z in (*file["nose"], file["wing"])]) for s in (1.0, -1.0)]
    hair = head.rings(from_height=float(file["nape"]))
    return HeadShapes(
        outline=_outline([*_edges(head.rings(None)), *(_closed(n) for n in nose)]),
        hair=_outline(_edges(hair)),
        face=head.face(),
        lines=tuple(head.marks()),
        eyes=tuple(head.eyes()),
        pupils=tuple(head.pupils()),
        ears=tuple(head.ear(s) for s in (1.0, -1.0)),
    )


def skin_pieces(scene: Scene, view: View) -> tuple[Array, ...]:
    """Convex pieces that together are the skin of neck, shoulders and chest, each a closed polygon [point, 2]."""
    sections = []
    for part in figure()["neck"]:
        bone = scene.body(part["bone"])
        at = np.stack([
            part["at"][0] + part["half"][0] * np.cos(_ROUND),
            np.full_like(_ROUND, part["at"][1]),
            part["half"][1] * np.sin(_ROUND),
        ], axis=-1)
        sections.append(_placed(bone, scene, at))
    trunk = []
    for height, front, back, half in figure()["trunk"]:
        middle, depth = 0.5 * (front + back), 0.5 * (front - back)
        at = np.stack([
            middle + depth * np.cos(_ROUND), np.full_like(_ROUND, height), half * np.sin(_ROUND)
        ], axis=-1)
        trunk.append(1e-3 * scene.size * at)
    rows = [seen(view, scene, section)[:, :2] for section in (*trunk, *sections)]
    return tuple(hull(np.concatenate(pair)) for pair in pairwise(rows))


def hull(points: Array) -> Array:
    """The convex hull of points [point, 2], anticlockwise as x right and y up have it."""
    ordered = sorted({(float(x), float(y)) for x, y in points})
    if len(ordered) < 3:
        return np.array(ordered)
    return np.array([*_chain(ordered)[:-1], *_chain(ordered[::-1])[:-1]])


def _chain(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    chain: list[tuple[float, float]] = []
    for p in points:
        while len(chain) > 1:
            (ax, ay), (bx, by) = chain[-2], chain[-1]
            if (bx - ax) * (p[1] - ay) - (by - ay) * (p[0] - ax) > 0:
                break
            chain.pop()
        chain.append(p)
    return chain


@dataclass(frozen=True, slots=True, eq=False)
class _Head:
    """The head of one scene in one view; heights and places in mm of its own frame."""

    skull: Body
    scene: Scene
    view: View

    def flat(self, at: Sequence[Sequence[float]] | Array) -> Array:
        """Places of the skull's frame in the picture: [point, 2]."""
        return self.deep(at)[..., :2]

    def deep(self, at: Sequence[Sequence[float]] | Array) -> Array:
        return seen(self.view, self.scene, _placed(self.skull, self.scene, np.asarray(at, dtype=np.float64)))

    def facing(self, direction: Sequence[float] | Array) -> Array:
        """How much a direction of the skull's frame looks at the viewer, -1 to 1."""
        axes = np.array(self.skull.axes)
        return np.asarray(np.asarray(direction, dtype=np.float64) @ axes @ camera(self.view)[2])

    def section(self, height: Array) -> tuple[Array, Array, Array, Array]:
        """Front, back, widest place and half-width at heights."""
        level = np.array(figure()["head"], dtype=np.float64)
        return tuple(np.interp(height, level[:, 0], level[:, k]) for k in (1, 2, 3, 4))  # type: ignore[return-value]

    def surface(self, round_deg: Array, height: Array) -> tuple[Array, Array]:
        """Places on the surface, and the level directions outward: [..., 3] each. RIGHT is positive."""
        angle = np.radians(round_deg)
        front, back, middle, half = self.section(height)
        reach = np.where(np.cos(angle) >= 0, front - middle, middle - back)
        at = np.stack([middle + reach * np.cos(angle), height + 0.0 * angle, half * np.sin(angle)], axis=-1)
        out = np.stack([half * np.cos(angle), 0.0 * angle, reach * np.sin(angle)], axis=-1)
        return at, out / np.linalg.norm(out, axis=-1, keepdims=True)

    def rings(self, from_height: float | None) -> Array:
        """Level sections in the picture, from below upwards: [level, round, 2]."""
        level = np.array(figure()["head"], dtype=np.float64)[:, 0]
        heights = np.unique(np.concatenate([level, np.linspace(level[0], level[-1], 40)]))
        if from_height is not None:
            heights = np.concatenate([[from_height], heights[heights > from_height]])
        at, _ = self.surface(np.degrees(_ROUND)[None, :], np.broadcast_to(heights[:, None], (len(heights), len(_ROUND))))
        return self.flat(at)

    def face(self) -> Array | None:
        """The bare part of the head that is seen, painted beyond the edge of the head."""
        if self.facing((1.0, 0.0, 0.0)) < -0.35:
            return None
        line = np.array(figure()["hairline"], dtype=np.float64)
        heights = np.linspace(float(figure()["head"][0][0]), float(line[-1, 0]), 46)
        ends: tuple[list[Array], list[Array]] = ([], [])
        for height in heights:
            bare = float(np.interp(height, line[:, 0], line[:, 1], left=150.0))
            angle = np.linspace(-bare, bare, _STEPS)
            at, out = self.surface(angle, np.full(_STEPS, height))
            lit = np.flatnonzero(self.facing(out) > 0)
            if lit.size < 2:
                continue
            middle = self.flat(np.array([[float(self.section(np.array(height))[2]), height, 0.0]]))[0]
            flat = self.flat(at)
            for k, (end, last) in enumerate(((lit[0], 0), (lit[-1], _STEPS - 1))):
                place = flat[end]
                if end != last:
                    away = place - middle
                    place = place + _PUSH * away / max(float(np.linalg.norm(away)), 1e-9)
                ends[k].append(place)
        if len(ends[0]) < 3:
            return None
        below = self.flat(np.array([[0.0, -_PUSH, 0.0]]))[0] - self.flat(np.array([[0.0, 0.0, 0.0]]))[0]
        return np.array([ends[0][0] + below, *ends[0], *ends[1][::-1], ends[1][0] + below])

    def line(self, marks: Sequence[Sequence[float]], sign: float, least: float = 0.12) -> Array:
        """A mark on the face; only what looks at the viewer: [point, 2]."""
        given = np.array(marks, dtype=np.float64)
        fine = np.linspace(0, len(given) - 1, 4 * len(given))
        angle, height = (np.interp(fine, np.arange(len(given)), given[:, k]) for k in (0, 1))
        at, out = self.surface(sign * angle, height)
        return self.flat(at[self.facing(out) > least])

    def marks(self) -> list[Array]:
        """Brows, mouth and nose."""
        file = figure()
        found = [self.line(file[name], s) for name in ("brow", "mouth", "lower_lip") for s in (1.0, -1.0)]
        bridge, tip, foot, base = (np.array(p, dtype=np.float64) for p in file["nose"])
        wing = np.array(file["wing"], dtype=np.float64)
        sides = np.array([1.0, 1.0, -1.0])
        if self.facing((1.0, 0.0, 0.0)) > 0.15:
            low = np.array([0.0, -2.0, 0.0])
            found.append(self.flat(np.array([wing, 0.5 * (wing + foot) + low, foot, 0.5 * (wing * sides + foot) + low, wing * sides])))
        elif abs(float(self.facing((0.0, 0.0, 1.0)))) > 0.4:
            near = wing * (sides if self.facing((0.0, 0.0, 1.0)) < 0 else 1.0)
            found.append(self.flat(np.array([near + [-3.0, 5.0, 0.0], near + [-5.0, 0.0, 0.0], near + [-2.0, -3.0, 0.0], near + [4.0, -1.0, 0.0]])))
        turned = float(self.facing((0.0, 0.0, 1.0)))
        if self.facing((1.0, 0.0, 0.0)) > 0.15 and abs(turned) > 0.12:
            found.append(self.flat(np.array([bridge + [2.0, 4.0, 0.0], bridge, 0.5 * (bridge + tip), tip, foot])))
        del base
        return [line for line in found if len(line) > 1]

    def eyes(self) -> list[Array]:
        """The almonds of the eyes, closed."""
        found = []
        for s in (1.0, -1.0):
            upper, lower = (self.line(figure()[name], s, 0.05) for name in ("eye_upper", "eye_lower"))
            if len(upper) > 2 and len(lower) > 2:
                found.append(np.concatenate([upper, lower[::-1]]))
        return found

    def pupils(self) -> list[Array]:
        found = []
        for s in (1.0, -1.0):
            angle, height = figure()["eye_middle"]
            at, out = self.surface(np.array([s * angle]), np.array([float(height)]))
            if self.facing(out)[0] > 0.2:
                found.append(self.flat(at)[0])
        return found

    def ear(self, sign: float) -> tuple[bool, Array, Array]:
        """Whether it lies before the head, its outline and its fold."""
        file = figure()
        middle = np.array(file["ear_at"], dtype=np.float64)
        lean = float(file["ear_stands_off"])

        def places(of: str) -> Array:
            rows = np.array(file[of], dtype=np.float64)
            out = middle[2] + np.maximum(0.0, 9.0 - rows[:, 0]) * lean
            return self.flat(np.stack([middle[0] + rows[:, 0], middle[1] + rows[:, 1], sign * out], axis=-1))

        return bool(self.facing((0.0, 0.0, sign)) > 0.3), places("ear"), places("ear_fold")


def _placed(bone: Body, scene: Scene, at: Array) -> Array:
    """Places of a bone's frame, mm of a neck of size 1, in the world in metres."""
    return np.asarray(bone.origin) + (1e-3 * scene.size * at) @ np.array(bone.axes)


def _closed(points: Array) -> Array:
    """The edges of a closed polygon: [edge, end, 2]."""
    return np.stack([points, np.roll(points, -1, axis=0)], axis=1)


def _edges(rings: Array) -> list[Array]:
    """All edges between neighbouring points of a stack of rings."""
    along = np.stack([rings, np.roll(rings, -1, axis=1)], axis=2).reshape(-1, 2, 2)
    up = np.stack([rings[:-1], rings[1:]], axis=2).reshape(-1, 2, 2)
    return [along, up]


def _outline(parts: Sequence[Array]) -> Array:
    """The outer edge of a net of edges, as far as rays from its middle see it: [ray, 2]."""
    edges = np.concatenate(parts)
    middle = 0.5 * (edges.reshape(-1, 2).min(axis=0) + edges.reshape(-1, 2).max(axis=0))
    start, step = edges[:, 0] - middle, edges[:, 1] - edges[:, 0]
    ray = np.stack([np.cos(_RAYS), np.sin(_RAYS)], axis=-1)[:, None, :]
    across = ray[..., 0] * step[:, 1] - ray[..., 1] * step[:, 0]
    safe = np.where(np.abs(across) < 1e-12, np.inf, across)
    far = (start[:, 0] * step[:, 1] - start[:, 1] * step[:, 0]) / safe
    where = (start[:, 0] * ray[..., 1] - start[:, 1] * ray[..., 0]) / safe
    reach = np.where((where >= -1e-9) & (where <= 1 + 1e-9) & (far > 0), far, 0.0).max(axis=1)
    return np.asarray(middle + reach[:, None] * ray[:, 0, :])
