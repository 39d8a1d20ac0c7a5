"""Reads one knowledge file: every number must stand in a sourced entry, every entry must be complete."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from collis.errors import KnowledgeError
from collis.sources import Grade, Sourced

Tree = dict[str, Any]

_REQUIRED = ("value", "unit", "source", "place", "grade", "verified")
_OPTIONAL = ("since", "until", "checked", "corrects", "note", "disagree")
UNITS = frozenset(
    {
        "Units", "mL", "Units/mL", "h", "days", "weeks", "years", "deg", "cm3", "mm", "percent", "ratio", "1/d",
        "points", "count", "text", "kg", "g", "G", "Units/cm3", "degC", "fact", "1/cm3", "log", "N", "min",
        "s", "Nm", "Nm/rad", "N/kg", "Units, mL, Units per 0.1 mL", "USD", "RVU", "mm2", "N/cm2",
    }
)  # fmt: skip


def read_file(path: Path) -> Tree:
    """The file as plain tables; refuses text that is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{path.name}: {error}") from error


def resolve(table: Mapping[str, Any], *, path: str, day: date | None) -> Tree:
    """The tables of one file as they hold on `day` (None: the newest), each entry a `Sourced`.

    An entry that does not hold on that day is left out, so that a missing figure shows as missing.
    """
    defaults = table.get("defaults", {})
    body = {key: value for key, value in table.items() if key != "defaults"}
    resolved = _node(body, path=path, day=day, defaults=defaults)
    assert isinstance(resolved, dict)
    return resolved


def _node(node: Any, *, path: str, day: date | None, defaults: Mapping[str, Any]) -> Any:
    match node:
        case {"value": _}:
            return _in_force([_entry(node, path=path, defaults=defaults)], path, day)
        case dict():
            children = {
                key: _node(child, path=f"{path}.{key}", day=day, defaults=defaults)
                for key, child in node.items()
            }
            return {key: child for key, child in children.items() if child is not None}
        case list() if node and all(isinstance(item, dict) and "value" in item for item in node):
            return _in_force([_entry(item, path=path, defaults=defaults) for item in node], path, day)
        case list():
            items = [
                _node(item, path=f"{path}.{_name_of(item, i)}", day=day, defaults=defaults)
                for i, item in enumerate(node)
            ]
            return [item for item in items if item is not None]
        case bool() | str() | date():
            return node
        case _:
            raise KnowledgeError(
                f"{path}: the number {node!r} stands alone; every number needs unit, source, place, grade, verified."
            )


def _name_of(item: Any, position: int) -> str:
    if isinstance(item, dict):
        for key in ("id", "key", "name", "muscle", "pattern", "reaction"):
            if isinstance(item.get(key), str):
                return f"{item[key]}" if key in ("id", "key") else f"{item[key]}.{position}"
    return str(position)


def _entry(table: Mapping[str, Any], *, path: str, defaults: Mapping[str, Any]) -> Sourced[Any]:
    known = {**{key: defaults[key] for key in ("since", "checked") if key in defaults}, **table}
    missing = [key for key in (*_REQUIRED, "since") if key not in known]
    if missing:
        raise KnowledgeError(f"{path}: the entry has no {', '.join(missing)}.")
    strange = [key for key in table if key not in _REQUIRED and key not in _OPTIONAL]
    if strange:
        raise KnowledgeError(f"{path}: {', '.join(strange)} is no key of a sourced entry.")
    if known["unit"] not in UNITS:
        raise KnowledgeError(f"{path}: {known['unit']!r} is no unit knowledge uses.")
    if not isinstance(known["verified"], bool):
        raise KnowledgeError(f"{path}: verified is {known['verified']!r}; it is true or false.")
    try:
        grade = Grade(known["grade"])
    except ValueError as error:
        raise KnowledgeError(f"{path}: {known['grade']!r} is no grade; one of {', '.join(Grade)}.") from error
    return Sourced(
        value=_frozen(known["value"]),
        unit=known["unit"],
        source=known["source"],
        place=known["place"],
        grade=grade,
        verified=known["verified"],
        since=known["since"],
        until=known.get("until"),
        checked=known.get("checked"),
        corrects=known.get("corrects", ""),
        note=known.get("note", ""),
        disagree=known.get("disagree", False),
        path=path,
    )


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _in_force(entries: list[Sourced[Any]], path: str, day: date | None) -> Sourced[Any] | None:
    ordered = sorted(entries, key=lambda e: e.since)
    for earlier, later in pairwise(ordered):
        if earlier.until is None or earlier.until > later.since:
            raise KnowledgeError(
                f"{path}: two entries hold on {later.since}; close the earlier one with `until`."
            )
    if day is None:
        return ordered[-1] if ordered[-1].until is None else None
    return next((e for e in ordered if e.holds_on(day)), None)


def entries_in(node: Any) -> Iterator[Sourced[Any]]:
    """Every sourced entry below a resolved node, in file order."""
    match node:
        case Sourced():
            yield node
        case dict():
            for child in node.values():
                yield from entries_in(child)
        case list():
            for child in node:
                yield from entries_in(child)
        case _:
            return
