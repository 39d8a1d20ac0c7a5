"""A report of findings as one page that stands alone: its font, style and drawings inside it, nothing fetched.

It runs without scripts, in light and in dark, on a phone and on paper. Every text of a table is escaped.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from html import escape

from collis.report import words
from collis.report.charts import FONTS, SCREEN, Chart, Row
from collis.report.typesetting import TEMPLATES, Data

_TOKENS = {
    SCREEN.ground: "surface",
    SCREEN.ink: "ink",
    SCREEN.quiet: "ink-2",
    SCREEN.line: "line",
    SCREEN.band: "band",
    SCREEN.curve: "curve",
    SCREEN.bar: "bar",
}
_STATE = {
    "allow": '<circle cx="10" cy="10" r="8" fill="none" stroke="currentColor" stroke-width="1.8"/>'
    '<path d="M6 10.4l2.8 2.8L14.2 7.4" fill="none" stroke="currentColor" stroke-width="2"/>',
    "warn": '<path d="M10 2.2 18.6 17.4H1.4Z" fill="currentColor"/>'
    '<path d="M10 7.2v5" stroke="var(--surface)" stroke-width="2"/>'
    '<circle cx="10" cy="14.8" r="1.15" fill="var(--surface)"/>',
    "note": '<rect x="6" y="6" width="8" height="8" fill="currentColor"/>',
}
_SAME = ' class="same"'
_FAR = ' class="far"'
_STATE_WORDS = {"allow": "Met", "warn": "Look here", "note": "Note"}
_NARROW = {"width": 280, "height": 220}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:"


def page(data: Data) -> str:
    """The whole page, from what `report.findings` describes. A `banner` stays in sight while the page moves."""
    counter = iter(range(1, 1000))
    body = "\n".join(
        [
            _head(data),
            _reading(data),
            *(_section(section, lambda: f"c{next(counter)}") for section in data["sections"]),
        ]
    )
    font = b64encode((FONTS / "source-sans-3-latin-wght-normal.woff2").read_bytes()).decode()
    style = (TEMPLATES / "findings.css").read_text(encoding="utf-8")
    return f"""<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{escape(data["title"])}</title>
<style>
@font-face{{font-family:"Source Sans 3";src:url(data:font/woff2;base64,{font}) format("woff2");font-weight:200 900}}
{style}</style>
</head>
<body>
<a class="skip" href="#reading">To the finding</a>
<div class="top">Collis<span>{escape(data["standing"])}</span></div>
{_banner(data)}
<main>
{body}
</main>
</body>
</html>
"""


def _banner(data: Data) -> str:
    return f'<p class="banner">{_text(data["banner"])}</p>' if data.get("banner") else ""


def _head(data: Data) -> str:
    facts = "".join(f"<div><dt>{_text(k)}</dt><dd>{_text(v)}</dd></div>" for k, v in data["facts"])
    return f'<div class="head"><h1>{_text(data["title"])}</h1><dl class="facts">{facts}</dl></div>'


def _reading(data: Data) -> str:
    items = "".join(
        f'<li><span class="{r["state"]}"><svg viewBox="0 0 20 20" role="img" aria-label="{_STATE_WORDS[r["state"]]}">'
        f"{_STATE[r['state']]}</svg></span><div><b>{_text(r['head'])}</b>"
        f'<span class="text">{_text(r["text"])}</span></div></li>'
        for r in data["reading"]
    )
    return (
        '<section class="card" id="reading"><header><h2>What was found</h2></header>'
        f'<ul class="reading">{items}</ul></section>'
    )


def _section(section: Data, name: Callable[[], str]) -> str:
    parts = [f"<p>{_text(p)}</p>" for p in section["paragraphs"]]
    figures = [
        _figure(draw(**_wide(how)), draw(**_narrow(how)), name) for draw, how, _share in section["charts"]
    ]
    if figures:
        parts.append(f'<div class="charts">{"".join(figures)}</div>')
    parts += [_table(table) for table in section["tables"]]
    note = f"<p>{_text(section['note'])}</p>" if section["note"] else ""
    return (
        f'<section class="card" id="{section["key"]}"><header><h2>{_text(section["title"])}</h2>{note}</header>'
        f'<div class="in">{"".join(parts)}</div></section>'
    )


def _wide(how: dict[str, int]) -> dict[str, int]:
    """A chart is drawn a little larger on the screen than on paper."""
    sizes = {key: value for key, value in how.items() if key != "narrow"}
    return {key: value if key == "columns" else round(value * 1.35) for key, value in sizes.items()}


def _narrow(how: dict[str, int]) -> dict[str, int]:
    found = {key: min(value, _NARROW[key]) for key, value in how.items() if key in _NARROW}
    if "narrow" in how:
        found["width"] = how["narrow"]
    return found | ({"columns": 1} if "columns" in how else {})


def _figure(wide: Chart, narrow: Chart, name: Callable[[], str]) -> str:
    said = wide.spec["title"]
    caption = f"<figcaption><b>{_text(said['text'])}</b><span>{_text(said.get('subtitle', ''))}.</span></figcaption>"
    return (
        f'<figure>{caption}<div class="wide">{_drawing(wide, name())}</div>'
        f'<div class="narrow">{_drawing(narrow, name())}</div>'
        f"<details><summary>Show as a table</summary>{_rows(wide.table)}</details></figure>"
    )


def _drawing(chart: Chart, name: str) -> str:
    """The drawing with the colours of the page in place of fixed ones, and names of its own."""
    bare = replace(chart, spec={key: value for key, value in chart.spec.items() if key != "title"})
    svg = bare.svg()
    for colour, token in _TOKENS.items():
        svg = re.sub(f'"{re.escape(colour)}"', f'"var(--{token})"', svg, flags=re.IGNORECASE)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    return re.sub(r'url\("?#([^)"]+)"?\)', rf"url(#{name}-\1)", svg)


def _rows(rows: tuple[Row, ...]) -> str:
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{_text(key)}</th>' for key in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{_cell(v)}</td>" for v in row.values()) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(value: str | float | None) -> str:
    match value:
        case None:
            return "not reached"
        case str():
            return _text(value)
        case _:
            return words.number(value)


def _table(table: Data) -> str:
    last = table.get("last_words", False)
    kinds = [
        ("w end" if i == table["words"] - 1 else "w")
        if i < table["words"]
        else "w last"
        if last and i == len(table["heads"]) - 1
        else ""
        for i in range(len(table["heads"]))
    ]
    head = "".join(
        f'<th scope="col" class="{kind}">{_text(h)}</th>'
        for h, kind in zip(table["heads"], kinds, strict=True)
    )
    body = []
    before = ""
    for row, far in zip(table["rows"], table["flags"], strict=True):
        same, before = row[0] == before, row[0]
        cells = [
            f'<th scope="row" class="{kind}">{_text(text)}</th>'
            if i == 0
            else f'<td class="{kind}" data-head="{escape(table["heads"][i])}">{_text(text)}</td>'
            for i, (text, kind) in enumerate(zip(row, kinds, strict=True))
        ]
        body.append(f"<tr{_FAR if far else _SAME if same else ''}>{''.join(cells)}</tr>")
    caption = f"<caption>{_text(table['caption'])}</caption>" if table["caption"] else ""
    under = f'<p class="under">{_text(table["under"])}</p>' if table.get("under") else ""
    return (
        f'<div class="scroll stack"><table>{caption}<thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>{under}"
    )


def _text(text: str) -> str:
    return escape(words.unbroken(text))
