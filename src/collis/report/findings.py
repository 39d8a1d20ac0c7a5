"""A report of findings as plain data: what was found, then sections of words, charts and tables.

The page (`findings_page`) and the PDF are set from the same data: `title`, `date`, `facts`, `reading`, `sections`,
`standing`, and `banner` where a sentence has to stay in sight on every page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from collis.report import typesetting, words
from collis.report.charts import PAPER, Chart
from collis.report.typesetting import Data

Drawer = Callable[..., Chart]

_TEMPLATE = "findings.typ"


def pdf(data: Data, *, on: date) -> bytes:
    """The report as a tagged PDF."""
    return typesetting.pdf(_TEMPLATE, _printable(data), on=on)


def pictures(data: Data, *, on: date, width_px: int = 1400) -> list[bytes]:
    """The pages of the report as pictures, for looking at."""
    return typesetting.pictures(_TEMPLATE, _printable(data), on=on, width_px=width_px)


def _printable(data: Data) -> Data:
    drawn = [
        {
            **part,
            "charts": [
                {"svg": chart.svg(), "alt": chart.alt, "share": share}
                for draw, how, share in part["charts"]
                for chart in (draw(palette=PAPER, **{k: v for k, v in how.items() if k != "narrow"}),)
            ],
        }
        for part in data["sections"]
    ]
    printed: Data = typesetting.printed({**data, "sections": drawn})
    return printed


def said(head: str, text: str, *, good: bool | None) -> Data:
    """A line of what was found: met, to be looked at, or neither."""
    return {"state": {True: "allow", False: "warn", None: "note"}[good], "head": head, "text": text.strip()}


def section(
    key: str,
    title: str,
    *,
    note: str = "",
    paragraphs: Sequence[str] = (),
    charts: Sequence[tuple[Drawer, dict[str, int], float]] = (),
    tables: Sequence[Data] = (),
) -> Data:
    """A section: paragraphs, then charts (how to draw it, sizes on paper, share of the width it takes), then tables."""
    return {
        "key": key,
        "title": title,
        "note": note,
        "paragraphs": list(paragraphs),
        "charts": list(charts),
        "tables": list(tables),
    }


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    words_first: int = 1,
    caption: str = "",
    flags: Sequence[bool] = (),
    last_words: bool = False,
    under: str = "",
) -> Data:
    """A table: the first `words_first` columns are words (the last too where said), the rest figures.

    A flagged row stands out; `under` is a sentence below the table.
    """
    return {
        "caption": caption,
        "heads": list(heads),
        "rows": [list(row) for row in rows],
        "words": words_first,
        "flags": list(flags) or [False] * len(rows),
        "last_words": last_words,
        "under": under,
    }


def fixed(value: float, places: int = 1) -> str:
    """A number with that many decimals always, so that a column of figures lines up."""
    text = f"{abs(value):.{places}f}"
    return f"{words.MINUS}{text}" if value < 0 and float(text) != 0 else text
