"""The neck drawing: where the sites of a plan lie, in line drawings seen from the front, from a side, from behind.

Every site is one circle with the letter of its muscle, filled for RIGHT and open for LEFT, and stands in exactly one
view. FRONT has the patient's RIGHT on the left of the picture, BACK on the right; the LEFT drawing is the mirror of the
RIGHT one. The pictures show sites, not technique: no depth, no needle path.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import combinations, product
from typing import assert_never

from collis.case.plan import Injection, Plan
from collis.knowledge.names import Muscle, MuscleSide
from collis.report import words
from collis.report.charts import FONT
from collis.report.necks import Base, Point, Stroke, View, figures, views_of
from collis.side import Side

LETTERS = "ABCDEFGHJKMNPQSTVWXYZ"
"""One letter a muscle; none that could be read as a digit, a side or a unit."""

RADIUS = 8.6
_HALO = 1.4
_FARTHEST_NUDGE = 7.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """One circle: its letter, muscle and side, and its centre in the picture (x to the right, y down)."""

    letter: str
    where: MuscleSide
    x: float
    y: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One view: the drawing, the title and the line that stand beneath it, its text alternative, its sites.

    `ratio` is its width over its height.
    """

    view: View
    title: str
    below: str
    svg: str
    alt: str
    sites: tuple[Site, ...]
    ratio: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Ink:
    """The colours of one medium. Nothing rests on them: shape and word carry every meaning."""

    ground: str
    skin: str
    edge: str
    soft: str
    hair: str
    strand: str
    treated: str
    outline: str
    plate: str
    quiet: str


ON_PAPER = Ink(
    ground="#FFFFFF",
    skin="#FFFFFF",
    edge="#444444",
    soft="#AAAAAA",
    hair="#6E6E6E",
    strand="#BDBDBD",
    treated="#CFCFCF",
    outline="#000000",
    plate="#000000",
    quiet="#2B2B2B",
)
ON_SCREEN = Ink(
    ground="#FFFFFF",
    skin="#F1F1EC",
    edge="#6D7975",
    soft="#B3BCB8",
    hair="#55625E",
    strand="#8A9692",
    treated="#BFDADA",
    outline="#0B5A62",
    plate="#14201D",
    quiet="#42504C",
)


def letters_for(muscles: Sequence[Muscle]) -> dict[Muscle, str]:
    """A letter for each muscle, in the order given."""
    return dict(zip(dict.fromkeys(muscles), LETTERS, strict=False))


def draw(plan: Plan, letters: Mapping[Muscle, str], *, ink: Ink = ON_PAPER) -> tuple[Figure, ...]:
    """The figures of a plan: FRONT and BACK, and a SIDE where a muscle is shown there.

    Where both sides are shown, FRONT or BACK without a site is left out. `letters` has a letter for every injected
    muscle. Each site is drawn once, in one view.
    """
    injected = [i for i in plan.injections if i.dose.units > 0]
    sites = _placed(injected, letters)
    treated: dict[View, list[MuscleSide]] = {}
    for injection in injected:
        view = next(v for v, s in sites.items() if any(site.where == injection.where for site in s))
        treated.setdefault(view, []).append(injection.where)
    crowded = View.RIGHT_SIDE in sites and View.LEFT_SIDE in sites
    shown = [view for view in View if view in sites or (view in (View.FRONT, View.BACK) and not crowded)]
    return tuple(_figure(view, treated.get(view, []), sites.get(view, ()), ink) for view in shown)


def _placed(injected: Sequence[Injection], letters: Mapping[Muscle, str]) -> dict[View, tuple[Site, ...]]:
    """The sites by view, in the choice of views that keeps circles apart and takes the best view of each muscle."""
    muscles = list(dict.fromkeys(i.muscle for i in injected))
    best: tuple[tuple[float, int], dict[View, list[Site]]] | None = None
    for kinds in product(*(views_of(m) for m in muscles)):
        chosen = dict(zip(muscles, kinds, strict=True))
        sites: dict[View, list[Site]] = {}
        for injection in injected:
            kind = chosen[injection.muscle]
            view = _view(kind, injection.side)
            sites.setdefault(view, []).extend(_sites(injection, kind, letters[injection.muscle]))
        rank = sum(views_of(m).index(kind) for m, kind in chosen.items())
        crowded = sum(_overlap(a, b) for here in sites.values() for a, b in combinations(here, 2))
        cost = (round(max(0.0, crowded - 1.0), 3), rank)
        if best is None or cost < best[0]:
            best = (cost, sites)
    found = {} if best is None else best[1]
    return {view: _apart(here, view) for view, here in found.items()}


def _view(kind: str, side: Side) -> View:
    if kind == "side":
        return View.RIGHT_SIDE if side is Side.RIGHT else View.LEFT_SIDE
    return View(kind)


def _sign(view: View, side: Side) -> int:
    """1 where a side is drawn as written in the figure file, -1 where it is drawn mirrored."""
    match view:
        case View.FRONT:
            return -1 if side is Side.RIGHT else 1
        case View.BACK:
            return 1 if side is Side.RIGHT else -1
        case View.RIGHT_SIDE:
            return 1
        case View.LEFT_SIDE:
            return -1
        case _:
            assert_never(view)


def _sites(injection: Injection, kind: str, letter: str) -> list[Site]:
    outline = figures()[0][kind].muscles[injection.muscle]
    sign = _sign(_view(kind, injection.side), injection.side)
    return [
        Site(letter=letter, where=injection.where, x=sign * x, y=y)
        for x, y in outline.points(injection.sites)
    ]


def _overlap(one: Site, other: Site) -> float:
    return max(0.0, 2 * RADIUS - math.dist((one.x, one.y), (other.x, other.y)))


def _apart(sites: Sequence[Site], view: View) -> tuple[Site, ...]:
    """The sites with overlapping circles pushed apart a little, never over the midline of FRONT and BACK."""
    start = [(s.x, s.y) for s in sites]
    at = list(start)
    for _ in range(24):
        push = [(0.0, 0.0)] * len(at)
        for i, j in combinations(range(len(at)), 2):
            (ax, ay), (bx, by) = at[i], at[j]
            gap = math.dist(at[i], at[j])
            if 0 < gap < 2 * RADIUS:
                move = (2 * RADIUS - gap) / 4
                dx, dy = (ax - bx) / gap * move, (ay - by) / gap * move
                push[i] = (push[i][0] + dx, push[i][1] + dy)
                push[j] = (push[j][0] - dx, push[j][1] - dy)
        at = [_held((x + dx, y + dy), home) for (x, y), (dx, dy), home in zip(at, push, start, strict=True)]
        if view in (View.FRONT, View.BACK):
            at = [
                (math.copysign(max(abs(x), RADIUS), home[0]), y)
                for (x, y), home in zip(at, start, strict=True)
            ]
    return tuple(
        Site(letter=s.letter, where=s.where, x=round(x, 1), y=round(y, 1))
        for s, (x, y) in zip(sites, at, strict=True)
    )


def _held(at: Point, home: Point) -> Point:
    """A point no farther from its home than a nudge."""
    far = math.dist(at, home)
    if far <= _FARTHEST_NUDGE:
        return at
    share = _FARTHEST_NUDGE / far
    return home[0] + (at[0] - home[0]) * share, home[1] + (at[1] - home[1]) * share


def _figure(view: View, treated: Sequence[MuscleSide], sites: Sequence[Site], ink: Ink) -> Figure:
    base = figures()[0]["side" if view in (View.RIGHT_SIDE, View.LEFT_SIDE) else view.value]
    left, width = _frame(view)
    turned = view is View.LEFT_SIDE
    parts = [
        *(_stroke(s, ink, turned) for s in base.under),
        *(_tint(base, where, view, ink) for where in treated if not base.muscles[where.muscle].above),
        *(_stroke(s, ink, turned) for s in base.over),
        *(_tint(base, where, view, ink) for where in treated if base.muscles[where.muscle].above),
        *_plates(view, ink),
        *(_circle(site, ink) for site in sites),
    ]
    alt = _alt(base, view, sites)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="neck" viewBox="{_n(left)} 0 {_n(width)} {_HEIGHT}" '
        f'role="img" aria-label="{escape(alt, quote=True)}" font-family="{FONT}" text-anchor="middle" '
        f'stroke-linecap="round" stroke-linejoin="round">{"".join(parts)}</svg>'
    )
    return Figure(
        view=view,
        title=_title(base, view),
        below=base.below,
        svg=svg,
        alt=alt,
        sites=tuple(sites),
        ratio=width / _HEIGHT,
    )


_HEIGHT = 272


def _title(base: Base, view: View) -> str:
    """The view by its name; a side view says whose side it is."""
    match view:
        case View.RIGHT_SIDE:
            return f"{Side.RIGHT.word} {base.title}"
        case View.LEFT_SIDE:
            return f"{Side.LEFT.word} {base.title}"
        case View.FRONT | View.BACK:
            return base.title
        case _:
            assert_never(view)


def _frame(view: View) -> tuple[float, float]:
    """The left edge and the width of a view."""
    match view:
        case View.FRONT | View.BACK:
            return -141.0, 282.0
        case View.RIGHT_SIDE:
            return -101.0, 194.0
        case View.LEFT_SIDE:
            return -93.0, 194.0
        case _:
            assert_never(view)


_WIDTHS = {"edge": 1.7, "line": 1.5, "soft": 1.2, "strand": 1.0}


def _stroke(stroke: Stroke, ink: Ink, turned: bool) -> str:
    match stroke.ink:
        case "skin":
            paint = f'fill="{ink.skin}"'
        case "hair":
            paint = f'fill="{ink.hair}"'
        case "dot":
            paint = f'fill="{ink.edge}"'
        case "soft" | "strand":
            colour = ink.soft if stroke.ink == "soft" else ink.strand
            paint = f'fill="none" stroke="{colour}" stroke-width="{_WIDTHS[stroke.ink]}"'
        case _:
            paint = f'fill="none" stroke="{ink.edge}" stroke-width="{_WIDTHS[stroke.ink]}"'
    plain = f'<path class="{stroke.ink}" d="{stroke.path}" {paint}/>'
    mirrored = f'<g transform="scale(-1 1)">{plain}</g>'
    if stroke.half:
        return plain + mirrored
    return mirrored if turned else plain


def _tint(base: Base, where: MuscleSide, view: View, ink: Ink) -> str:
    """The shape of a treated muscle; a deep one has a broken edge."""
    outline = base.muscles[where.muscle]
    broken = ' stroke-dasharray="3.2 2.6"' if outline.deep else ""
    turned = ' transform="scale(-1 1)"' if _sign(view, where.side) < 0 else ""
    kind = "on deep" if outline.deep else "on"
    return (
        f'<path class="{kind}" d="{outline.path}"{turned} fill="{ink.treated}" stroke="{ink.outline}" '
        f'stroke-width="1.4"{broken}/>'
    )


def _plates(view: View, ink: Ink) -> Iterator[str]:
    """The plates at the height of the neck: RIGHT solid, LEFT outlined, each on the patient's own side."""
    match view:
        case View.FRONT | View.BACK:
            for side in Side:
                yield _plate(side, _sign(view, side) * 101.0, 170.0, ink)
        case View.RIGHT_SIDE:
            yield _plate(Side.RIGHT, 64.0, 190.0, ink)
        case View.LEFT_SIDE:
            yield _plate(Side.LEFT, -64.0, 190.0, ink)
        case _:
            assert_never(view)


def _plate(side: Side, x: float, y: float, ink: Ink) -> str:
    solid = side is Side.RIGHT
    fill, text = (ink.plate, ink.ground) if solid else (ink.ground, ink.plate)
    return (
        f'<rect class="pl{side.value[0]}" x="{_n(x - 27)}" y="{_n(y - 11)}" width="54" height="22" rx="3" '
        f'fill="{fill}" stroke="{ink.plate}" stroke-width="1.6"/>'
        f'<text class="pt" x="{_n(x)}" y="{_n(y + 4.6)}" font-size="13" font-weight="700" letter-spacing="0.7" '
        f'fill="{text}">{side.word}</text>'
    )


def _circle(site: Site, ink: Ink) -> str:
    right = site.where.side is Side.RIGHT
    fill, text = (ink.plate, ink.ground) if right else (ink.ground, ink.plate)
    centre = f'cx="{_n(site.x)}" cy="{_n(site.y)}"'
    return (
        f'<circle class="halo" {centre} r="{_n(RADIUS + _HALO)}" fill="{ink.ground}"/>'
        f'<circle class="site {site.where.side.value[0]}" {centre} r="{_n(RADIUS - 0.9)}" fill="{fill}" '
        f'stroke="{ink.plate}" stroke-width="1.8"/>'
        f'<text class="sk" x="{_n(site.x)}" y="{_n(site.y + 4.3)}" font-size="12.6" font-weight="700" '
        f'fill="{text}">{site.letter}</text>'
    )


def _alt(base: Base, view: View, sites: Sequence[Site]) -> str:
    said = [base.said]
    match view:
        case View.FRONT:
            said.append("The patient’s RIGHT is on the left of the picture.")
        case View.BACK:
            said.append("The patient’s RIGHT is on the right of the picture.")
        case View.RIGHT_SIDE:
            said.append("The patient’s RIGHT side, face towards the right of the picture.")
        case View.LEFT_SIDE:
            said.append("The patient’s LEFT side, face towards the left of the picture.")
        case _:
            assert_never(view)
    counted: dict[tuple[str, MuscleSide], int] = {}
    for site in sites:
        counted[site.letter, site.where] = counted.get((site.letter, site.where), 0) + 1
    said += [f"{letter}: {where}, {words.count(n, 'site')}." for (letter, where), n in counted.items()]
    if not sites:
        said.append("No site in this view.")
    return " ".join(said)


def _n(value: float) -> str:
    """A coordinate as written: at most one decimal, no sign before a nought.

    >>> _n(-0.0), _n(12.0), _n(-3.25)
    ('0', '12', '-3.2')
    """
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
