"""Sets printed pages by Typst from plain data, with the fonts that are shipped and no others.

No text of a case is ever read as markup. The same data and date give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from collis.report import words
from collis.report.charts import FONTS

TEMPLATES = Path(__file__).parent / "templates"

Data = dict[str, Any]

_ONE_AT_A_TIME = Lock()


def pdf(template: str, data: Data, *, on: date) -> bytes:
    """The pages of a template as a tagged PDF (PDF/UA-1), dated `on`."""
    return _compiled(template, data, on=on, format="pdf", pdf_standards=["ua-1"])[0]


def pictures(template: str, data: Data, *, on: date, width_px: int = 1400) -> list[bytes]:
    """The pages of a template as PNG pictures of an A4 page that wide."""
    return _compiled(template, data, on=on, format="png", ppi=width_px / 210 * 25.4)


def _compiled(template: str, data: Data, *, on: date, **how: Any) -> list[bytes]:
    with _ONE_AT_A_TIME:
        made = _compiler().compile(
            input=str(TEMPLATES / template),
            sys_inputs={"data": json.dumps(data)},
            timestamp=datetime(on.year, on.month, on.day, tzinfo=UTC),
            **how,
        )
    return [made] if isinstance(made, bytes) else list(made)


@cache
def _compiler() -> Any:
    """One compiler for the process: the fonts are read once."""
    import typst

    return typst.Compiler(root=str(TEMPLATES), font_paths=[str(FONTS)], ignore_system_fonts=True)


def printed(node: Any) -> Any:
    """The data with every text made fit to print: characters our fonts have, numbers tied to their units.

    Drawings stand apart: what lies under the key `svg` is left as it is.
    """
    return _each_text(node, lambda text: words.unbroken(words.printable(text)))


def _each_text(node: Any, change: Callable[[str], str]) -> Any:
    match node:
        case str():
            return change(node)
        case dict():
            return {k: v if k == "svg" else _each_text(v, change) for k, v in node.items()}
        case list() | tuple():
            return [_each_text(value, change) for value in node]
        case _:
            return node
