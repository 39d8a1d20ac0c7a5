"""The neck figures as their file holds them: three line drawings, and in which of them each muscle is shown best."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import assert_never

from collis.knowledge.names import Muscle

FIGURES = Path(__file__).parent / "figures" / "neck.toml"

Point = tuple[float, float]


class View(StrEnum):
    """A figure, named by where the patient is seen from."""

    FRONT = "front"
    BACK = "back"
    RIGHT_SIDE = "right side"
    LEFT_SIDE = "left side"

    @property
    def mirrored(self) -> View:
        """The view that shows the mirrored patient."""
        match self:
            case View.RIGHT_SIDE:
                return View.LEFT_SIDE
            case View.LEFT_SIDE:
                return View.RIGHT_SIDE
            case View.FRONT | View.BACK:
                return self
            case _:
                assert_never(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stroke:
    """One stroke of a figure; a `half` one is drawn twice, the second time mirrored."""

    half: bool
    ink: str
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """A muscle in one figure: its shape, and its sites for one, two, three and more sites."""

    path: str
    deep: bool
    above: bool
    sites: tuple[tuple[Point, ...], ...]

    def points(self, count: int) -> tuple[Point, ...]:
        """The centres of `count` sites; more than the figure has are spread evenly along its last line."""
        if count <= len(self.sites):
            return self.sites[count - 1]
        return _along(self.sites[-1], count)


@dataclass(frozen=True, kw_only=True, slots=True)
class Base:
    """One figure: what lies beneath and above the muscles, and the muscles it shows."""

    title: str
    below: str
    said: str
    under: tuple[Stroke, ...]
    over: tuple[Stroke, ...]
    muscles: Mapping[Muscle, Outline]


@cache
def figures() -> tuple[Mapping[str, Base], Mapping[Muscle, tuple[str, ...]]]:
    """The three drawings and the views of every muscle, best first."""
    raw = tomllib.loads(FIGURES.read_text(encoding="utf-8"))
    views = {Muscle(name): tuple(kinds) for name, kinds in raw.pop("views").items()}
    bases = {
        kind: Base(
            title=table["title"],
            below=table["below"],
            said=table["said"],
            under=tuple(Stroke(**stroke) for stroke in table["under"]),
            over=tuple(Stroke(**stroke) for stroke in table["over"]),
            muscles={
                Muscle(name): Outline(
                    path=m["outline"],
                    deep=m.get("deep", False),
                    above=m.get("above", False),
                    sites=tuple(tuple((float(x), float(y)) for x, y in row) for row in m["sites"]),
                )
                for name, m in table["muscles"].items()
            },
        )
        for kind, table in raw.items()
    }
    return bases, views


def views_of(muscle: Muscle) -> tuple[str, ...]:
    """The drawings that show a muscle, best first: `front`, `back`, `side`."""
    return figures()[1][muscle]


def _along(line: Sequence[Point], count: int) -> tuple[Point, ...]:
    """`count` points evenly spread over a line through at least two points, both ends included."""
    lengths = [math.dist(a, b) for a, b in pairwise(line)]
    found: list[Point] = []
    for step in range(count):
        left = sum(lengths) * step / (count - 1)
        index = 0
        while index < len(lengths) - 1 and left > lengths[index]:
            left -= lengths[index]
            index += 1
        part = left / lengths[index]
        (ax, ay), (bx, by) = line[index], line[index + 1]
        found.append((ax + part * (bx - ax), ay + part * (by - ay)))
    return tuple(found)
