"""Knowledge as text: what there is, one part of it with every figure's standing, the sources, what awaits a check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from collis.knowledge.load import Knowledge
from collis.report import words
from collis.report.terminal import Sheet
from collis.sources import Citation, Sourced

UNCHECKED = "◇"

Entries = Mapping[str, Sourced[Any]]


def parts_of(entries: Entries) -> dict[str, list[str]]:
    """The words that `show` understands, by group: products, muscles, patterns and whatever else knowledge holds."""
    found: dict[str, dict[str, None]] = {}
    for path in entries:
        group, _, rest = path.partition(".")
        name = rest.partition(".")[0]
        if name:
            found.setdefault(group, {})[name] = None
    return {group: list(names) for group, names in sorted(found.items())}


def matching(entries: Entries, name: str) -> list[Sourced[Any]]:
    """The entries at a path, below it, or with this word as a part of their path."""
    wanted = name.replace(" ", "_")
    return [
        entry
        for path, entry in entries.items()
        if path == wanted or path.startswith(f"{wanted}.") or wanted in path.split(".")
    ]


def list_text(knowledge: Knowledge, *, width: int, colour: bool = False) -> str:
    """What knowledge holds, with counts."""
    sheet = Sheet(width=width, colour=colour)
    entries = knowledge.entries
    unchecked = sum(1 for e in entries.values() if not e.verified)
    sheet.title(
        f"Knowledge {knowledge.version}",
        f"{words.count(len(entries), 'figure')}; {unchecked} not yet checked at the source",
    )
    for group, names in parts_of(entries).items():
        sheet.section(group, str(len(names)))
        sheet.line(", ".join(names), indent=2)
    sheet.line()
    sheet.line(
        "`collis knowledge show NAME` prints one of these with every figure, its grade and its source."
    )
    return sheet.text()


def entries_text(
    entries: Sequence[Sourced[Any]], *, title: str, version: str, width: int, colour: bool = False
) -> str:
    """Entries one by one: value and unit, then grade, source, place and dates; a diamond marks what is unchecked."""
    sheet = Sheet(width=width, colour=colour)
    unchecked = sum(1 for e in entries if not e.verified)
    sheet.title(title, f"{words.count(len(entries), 'figure')}, {UNCHECKED} {unchecked} not yet checked")
    for entry in entries:
        mark = "" if entry.verified else f" {UNCHECKED}"
        doubt = " Sources disagree." if entry.disagree else ""
        note = f" {words.sentence(entry.note)}" if entry.note else ""
        until = f" until {words.short_day(entry.until)}" if entry.until else ""
        sheet.line(f"{value_words(entry)}{mark}", head=f"{entry.path}:")
        sheet.line(
            f"{entry.grade.value}; {entry.source}, {entry.place}; since {words.short_day(entry.since)}{until}."
            f"{doubt}{note}",
            indent=3,
        )
    sheet.line()
    sheet.line(f"Knowledge version {version}.")
    return sheet.text()


def sources_text(knowledge: Knowledge, *, width: int, colour: bool = False) -> str:
    """Every source with how many figures stand on it."""
    sheet = Sheet(width=width, colour=colour)
    used = Counter(entry.source for entry in knowledge.entries.values())
    sheet.title(f"Sources of knowledge {knowledge.version}", f"{len(knowledge.citations)}")
    for key, citation in sorted(knowledge.citations.items()):
        sheet.line(f"{citation_words(citation)} ({words.count(used[key], 'figure')})", head=f"{key}:")
    return sheet.text()


def citation_words(citation: Citation) -> str:
    """A source as a reader would look it up."""
    parts = [citation.author, citation.title, citation.journal, citation.year, citation.url]
    return ". ".join(p.strip(" .") for p in parts if p) + "."


def value_words(entry: Sourced[Any]) -> str:
    """A value with its unit in words."""
    value, unit = entry.value, entry.unit
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float() | Decimal():
            said = words.number(value)
        case (int() | float() as low, int() | float() as high):
            said = words.span(low, high)
        case tuple():
            said = words.listed([str(v) for v in value])
        case dict():
            return "; ".join(
                f"{key.replace('_', ' ')} {value_words(entry.carrying(v))}" for key, v in value.items()
            )
        case _:
            said = str(value)
    return said if unit in ("text", "fact", "count", "ratio") else f"{said} {unit}"
