"""Reads our own BibTeX files: one field a line, no macros, no cross references."""

from __future__ import annotations

import re
from pathlib import Path

from collis.errors import KnowledgeError
from collis.sources import Citation

_HEAD = re.compile(r"^@(\w+)\{([a-z0-9_]+),\s*$")
_FIELD = re.compile(r"^\s*(\w+)\s*=\s*[{\"](.*)[}\"],?\s*$")


def read_bibliography(folder: Path) -> dict[str, Citation]:
    """Every citation of the folder's .bib files by key; refuses a key that stands twice."""
    found: dict[str, Citation] = {}
    for path in sorted(folder.glob("*.bib")):
        for key, fields in _entries(path):
            if key in found:
                raise KnowledgeError(f"{path.name}: the key {key} stands in the bibliography twice.")
            found[key] = Citation(
                key=key,
                title=fields.get("title", ""),
                author=fields.get("author", ""),
                year=fields.get("year", ""),
                journal=fields.get("journal", ""),
                url=fields.get("url", ""),
                note=fields.get("note", ""),
            )
    return found


def _entries(path: Path) -> list[tuple[str, dict[str, str]]]:
    entries: list[tuple[str, dict[str, str]]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if head := _HEAD.match(line):
            entries.append((head[2], {}))
        elif field := _FIELD.match(line):
            if not entries:
                raise KnowledgeError(f"{path.name}, line {number}: a field before any entry.")
            entries[-1][1][field[1].lower()] = field[2].replace("{", "").replace("}", "")
        elif line.strip() not in ("", "}") and not line.startswith("%"):
            raise KnowledgeError(
                f"{path.name}, line {number}: read {line.strip()!r}; expected `field = {{text}},`."
            )
    return entries
