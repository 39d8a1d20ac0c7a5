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

from collis.knowledge.names import Muscle
from collis.neck.formulas import Array
from collis.neck.scene import Body, Scene
from collis.report.necks import View

FIGURE = Path(__file__).parent / "figures" / "head.toml"
_ROUND = np.radians(np.arange(0.0, 360.0, 10.0))
_RAYS = np.radians(np.arange(0.0, 360.0, 2.5))
_STEPS = 61
_PUSH = 45.0
"""How far (mm) the face is painted over the edge of the head it is clipped to."""
_SEEN = 0.14
"""How much the face must look at the viewer, or aside, for the marks of the nose."""
_TURNED_AWAY = 0.25
"""How far the face may look away with a nostril still in sight."""
_EDGE_MM, _SLOPE = 9.0, 0.62
"""Skin over the trapezius, and how much of its path it follows."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeadShapes:
    """The head in a picture: closed polygons and open lines [point, 2].

    `under` is the bare underside of the hair where it is seen; `faces` what of the head is bare, to be clipped by
    `outline`; `hairline` their bounds. `ears` come with whether they lie before the head.
    """

    outline: Array
    hair: Array
    under: Array | None
    faces: tuple[Array, ...]
    hairline: tuple[Array, ...]
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
    faces, hairline = head.faces()
    return HeadShapes(
        outline=_outline([*_edges(head.rings(None)), *(_closed(n) for n in nose)]),
        hair=_outline(_edges(hair)),
        under=hull(hair[0]) if head.facing((0.0, -1.0, 0.0)) > 0.02 else None,
        faces=tuple(faces),
        hairline=tuple(hairline),
        lines=tuple(head.marks()),
        eyes=tuple(head.eyes()),
        pupils=tuple(head.pupils()),
        ears=tuple(head.ear(s) for s in (1.0, -1.0)),
    )


def chest_pieces(scene: Scene, view: View) -> tuple[Array, ...]:
    """The lower part of the trunk alone, in the same form as the skin."""
    rows = [
        r for h, r in zip(figure()["trunk"], _trunk(scene, view), strict=True) if h[0] <= figure()["chest"]
    ]
    return tuple(hull(np.concatenate(pair)) for pair in pairwise(rows))


def _trunk(scene: Scene, view: View) -> list[Array]:
    rows = []
    for height, front, back, half in figure()["trunk"]:
        middle, depth = 0.5 * (front + back), 0.5 * (front - back)
        at = np.stack(
            [middle + depth * np.cos(_ROUND), np.full_like(_ROUND, height), half * np.sin(_ROUND)], axis=-1
        )
        rows.append(seen(view, scene, 1e-3 * scene.size * at)[:, :2])
    return rows


def skin_pieces(scene: Scene, view: View) -> tuple[Array, ...]:
    """Convex pieces that together are the skin of neck, shoulders and chest, each a closed polygon [point, 2].

    The upper edge of the shoulder follows the trapezius of the scene.
    """
    sections = []
    for part in figure()["neck"]:
        bone = scene.body(part["bone"])
        at = np.stack(
            [
                part["at"][0] + part["half"][0] * np.cos(_ROUND),
                np.full_like(_ROUND, part["at"][1]),
                part["half"][1] * np.sin(_ROUND),
            ],
            axis=-1,
        )
        sections.append(_placed(bone, scene, at))
    rows = [*_trunk(scene, view), *(seen(view, scene, section)[:, :2] for section in sections)]
    edge = _EDGE_MM * np.stack([np.cos(_ROUND), np.sin(_ROUND)], axis=-1)
    base = seen(view, scene, np.concatenate(sections[:2]))[:, :2]
    slopes = []
    for path in scene.muscles:
        if path.muscle is Muscle.TRAPEZIUS_UPPER:
            low, high = np.array(path.points[0]), np.array(path.points[-1])
            ends = seen(view, scene, np.array([low, low + _SLOPE * (high - low)]))[:, :2]
            slopes.append(hull(np.concatenate([(ends[:, None] + edge).reshape(-1, 2), base])))
    return (*(hull(np.concatenate(pair)) for pair in pairwise(rows)), *slopes)


def smooth(at: Array, known: Array, values: Array) -> Array:
    """Values between known ones on a smooth curve through them; `known` rises."""
    slope = np.gradient(values, known)
    i = np.clip(np.searchsorted(known, at, side="right") - 1, 0, len(known) - 2)
    wide = known[i + 1] - known[i]
    t = np.clip((np.asarray(at) - known[i]) / wide, 0.0, 1.0)
    left, right = (1 + 2 * t) * (1 - t) ** 2, t**2 * (3 - 2 * t)
    bend = wide * (t * (1 - t) ** 2 * slope[i] - t**2 * (1 - t) * slope[i + 1])
    return np.asarray(left * values[i] + right * values[i + 1] + bend)


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
        front, back, middle, half = (smooth(height, level[:, 0], level[:, k]) for k in (1, 2, 3, 4))
        return front, back, middle, half

    def surface(self, round_deg: Array, height: Array) -> tuple[Array, Array]:
        """Places on the surface, and the level directions outward: [..., 3] each. RIGHT is positive."""
        angle, height = np.broadcast_arrays(np.radians(round_deg), height)
        front, back, middle, half = self.section(height)
        reach = np.where(np.cos(angle) >= 0, front - middle, middle - back)
        at = np.stack([middle + reach * np.cos(angle), height, half * np.sin(angle)], axis=-1)
        out = np.stack([half * np.cos(angle), np.zeros(angle.shape), reach * np.sin(angle)], axis=-1)
        return at, out / np.linalg.norm(out, axis=-1, keepdims=True)

    def rings(self, from_height: float | None) -> Array:
        """Level sections in the picture, from below upwards: [level, round, 2]."""
        level = np.array(figure()["head"], dtype=np.float64)[:, 0]
        heights = np.unique(np.concatenate([level, np.linspace(level[0], level[-1], 46)]))
        if from_height is not None:
            heights = np.concatenate([[from_height], heights[heights > from_height]])
        at, _ = self.surface(np.degrees(_ROUND)[None, :], heights[:, None])
        return self.flat(at)

    def faces(self) -> tuple[list[Array], list[Array]]:
        """The bare parts of the head that are seen, painted beyond its edge, and the lines where hair bounds them.

        Of a head that looks away a cheek may be seen, to either side of the hair.
        """
        if self.facing((1.0, 0.0, 0.0)) > 0:
            found = [self._bare(-1.0, 1.0)]
        else:
            found = [self._bare(0.0, 1.0), self._bare(0.0, -1.0)]
        return [face for face, _ in found if len(face)], [line for _, lines in found for line in lines]

    def _bare(self, first: float, last: float) -> tuple[Array, list[Array]]:
        """One bare part, between two shares of the way round to the hair."""
        line = np.array(figure()["hairline"], dtype=np.float64)
        lowest = float(line[0, 0] if self.view is View.BACK else figure()["head"][0][0])
        ends: tuple[list[Array], list[Array]] = ([], [])
        bounds: tuple[list[Array], list[Array]] = ([], [])
        for height in np.linspace(lowest, float(line[-1, 0]), 46):
            hairy = height >= line[0, 0]
            bare = float(smooth(np.array(height), line[:, 0], line[:, 1])) if hairy else 150.0
            at, out = self.surface(bare * np.linspace(first, last, _STEPS), np.full(_STEPS, height))
            lit = np.flatnonzero(self.facing(out) > 0)
            if lit.size < 2 or (first == 0.0 and lit[-1] != _STEPS - 1):
                continue
            middle = self.flat(np.array([[float(self.section(np.array(height))[2]), height, 0.0]]))[0]
            flat = self.flat(at)
            for k, (end, edge) in enumerate(((lit[0], 0), (lit[-1], _STEPS - 1))):
                place = flat[end]
                if end != edge:
                    away = place - middle
                    place = place + _PUSH * away / max(float(np.linalg.norm(away)), 1e-9)
                elif hairy:
                    bounds[k].append(place)
                ends[k].append(place)
        if len(ends[0]) < 3:
            return np.empty((0, 2)), []
        lines = [np.array(bound) for bound in bounds if len(bound) > 1]
        if self.view is View.BACK:
            return np.array([*ends[0], *ends[1][::-1]]), lines
        below = self.flat(np.array([[0.0, -_PUSH, 0.0]]))[0] - self.flat(np.array([[0.0, 0.0, 0.0]]))[0]
        return np.array([ends[0][0] + below, *ends[0], *ends[1][::-1], ends[1][0] + below]), lines

    def line(self, marks: Sequence[Sequence[float]], sign: float, least: float = 0.12) -> Array:
        """A mark on the face; only what looks at the viewer: [point, 2]."""
        given = np.array(marks, dtype=np.float64)
        fine, known = np.linspace(0, len(given) - 1, 5 * len(given)), np.arange(float(len(given)))
        angle, height = (smooth(fine, known, given[:, k]) for k in (0, 1))
        at, out = self.surface(sign * angle, height)
        return self.flat(at[self.facing(out) > least])

    def marks(self) -> list[Array]:
        """Brows, mouth and nose."""
        file = figure()
        found = [self.line(file[name], s) for name in ("brow", "mouth", "lower_lip") for s in (1.0, -1.0)]
        bridge, tip, foot, _ = (np.array(p, dtype=np.float64) for p in file["nose"])
        wing = np.array(file["wing"], dtype=np.float64)
        other = wing * [1.0, 1.0, -1.0]
        ahead, aside = float(self.facing((1.0, 0.0, 0.0))), float(self.facing((0.0, 0.0, 1.0)))
        if ahead > _SEEN:
            drop = np.array(file["nostril_drop"], dtype=np.float64)
            found.append(
                self.flat(
                    np.array([wing, 0.5 * (wing + foot) + drop, foot, 0.5 * (other + foot) + drop, other])
                )
            )
            if abs(aside) > _SEEN:
                found.append(self.flat(np.array([bridge, 0.5 * (bridge + tip), tip, foot])))
        elif abs(aside) > _SEEN and ahead > -_TURNED_AWAY:
            found.append(
                self.flat((wing if aside > 0 else other) + np.array(file["nostril"], dtype=np.float64))
            )
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
            flat = self.flat(np.stack([middle[0] + rows[:, 0], middle[1] + rows[:, 1], sign * out], axis=-1))
            if of == "ear":
                flat = np.concatenate([flat, flat[:1]])
            known = np.arange(float(len(flat)))
            fine = np.linspace(0.0, known[-1], 4 * len(flat))
            return np.stack([smooth(fine, known, flat[:, k]) for k in (0, 1)], axis=-1)

        return bool(self.facing((0.0, 0.0, sign)) > 0.3), places("ear"), places("ear_fold")


def _placed(bone: Body, scene: Scene, at: Array) -> Array:
    """Places of a bone's frame, mm of a neck of size 1, in the world in metres."""
    return np.asarray(np.array(bone.origin) + (1e-3 * scene.size * at) @ np.array(bone.axes))


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
