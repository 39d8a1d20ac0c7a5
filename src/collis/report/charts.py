"""Charts as Vega-Lite values, each with the table behind it and a text alternative, drawn to SVG offline.

The same chart comes in the colours of the screen and in greys for paper. Labels stand on the marks: no legend, never
a second axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

FONTS = Path(__file__).parent / "fonts"
FONT = "'Source Sans 3'"  # quoted: a name with a digit is no bare CSS word

Spec = dict[str, Any]
Row = dict[str, str | float | None]
_VEGA_LITE = "6.4"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Palette:
    """The colours of one medium."""

    ground: str
    ink: str
    quiet: str
    line: str
    band: str
    curve: str
    bar: str


SCREEN = Palette(
    ground="#FFFFFF",
    ink="#14201D",
    quiet="#42504C",
    line="#D8DFDC",
    band="#CFE3E4",
    curve="#0B5A62",
    bar="#B2BBB8",
)
PAPER = Palette(
    ground="#FFFFFF",
    ink="#000000",
    quiet="#2B2B2B",
    line="#B5B5B5",
    band="#DDDDDD",
    curve="#000000",
    bar="#BDBDBD",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """A chart: its Vega-Lite value, the table behind it (rows with equal keys) and its text alternative."""

    title: str
    spec: Spec
    table: tuple[Row, ...]
    alt: str

    def svg(self) -> str:
        """The drawing, with its text alternative inside. The same chart gives the same text."""
        drawn: str = _renderer().vegalite_to_svg(self.spec, vl_version=_VEGA_LITE)
        name = f'role="img" aria-label="{escape(self.alt, quote=True)}"'
        return drawn.replace("<svg ", f"<svg {name} ", 1)


@cache
def _renderer() -> Any:
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
    return vl_convert


def weeks_axis(palette: Palette, *, brief: bool = False) -> Spec:
    """The axis of weeks that every chart over time shares; `brief` where the caption names the weeks."""
    return {
        "title": None,
        "values": [0, 4, 8, 12, 16, 20],
        "labelOverlap": False,
        "labelExpr": "datum.label" if brief else "datum.value === 20 ? '20 weeks' : datum.label",
        "grid": False,
        "domainColor": palette.quiet,
        "tickColor": palette.quiet,
        "labelColor": palette.quiet,
    }


def names_axis(palette: Palette) -> Spec:
    """An axis of names, without line or ticks."""
    return {
        "title": None,
        "domain": False,
        "ticks": False,
        "labelColor": palette.ink,
        "labelLimit": 300,
        "labelPadding": 8,
    }


def titled(text: str, below: str, palette: Palette, size: int = 15) -> Spec:
    """A title with a line below it, flush with the drawing."""
    title: Spec = {
        "text": text,
        "anchor": "start",
        "frame": "group",
        "fontSize": size,
        "fontWeight": 700,
        "color": palette.ink,
        "offset": 8,
    }
    if below:
        title |= {"subtitle": below, "subtitleColor": palette.quiet, "subtitleFontSize": 12}
    return title


def framed(palette: Palette) -> Spec:
    """What every chart starts from: schema, ground, font."""
    return {
        "$schema": _SCHEMA,
        "background": palette.ground,
        "padding": 8,
        "config": {
            "font": FONT,
            "view": {"stroke": None},
            "axis": {"labelFontSize": 12, "titleFontSize": 12},
            "text": {"fontSize": 12},
        },
    }
