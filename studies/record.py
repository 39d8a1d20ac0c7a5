"""What a study measured, and on which code: the records under docs/measured.

A record is stale when the files it was measured on no longer hash to what they did.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ROOT / "docs" / "measured"

Figure = float | int | str


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """One figure of a study: what it is (`name`), what came out, the bar it had to meet, and whether it did.

    `figure` is a number, with its `unit`, or a short text; `bar` is the bar in words, such as "at most 2.0 s";
    `detail` says in a sentence how the figure came about, where the name does not.
    """

    name: str
    figure: Figure
    bar: str
    met: bool
    unit: str = ""
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A measure together with how it was taken; `hash` is `code_hash(paths)` at the time, `date` an ISO date."""

    study: str
    title: str
    name: str
    figure: Figure
    unit: str
    bar: str
    met: bool
    detail: str
    seed: int | None
    hash: str
    paths: tuple[str, ...]
    date: str
    command: str

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Record:
        """A record as read from its file. Raises `TypeError` at a missing or unknown field."""
        return cls(**{**fields, "paths": tuple(fields["paths"])})


def files_under(paths: Iterable[str], *, root: Path = ROOT) -> list[Path]:
    """Every file at or under `paths` (relative to the root), sorted, caches left out.

    Raises `FileNotFoundError` where a path leads nowhere, so that a moved folder cannot pass as unchanged.
    """
    found: set[Path] = set()
    for name in paths:
        place = root / name
        if place.is_dir():
            found.update(p for p in place.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        elif place.is_file():
            found.add(place)
        else:
            raise FileNotFoundError(f"{name}: a study names this path, and there is nothing there")
    return sorted(found)


def code_hash(paths: Iterable[str], *, root: Path = ROOT) -> str:
    """SHA-256 over names and contents of every file at or under `paths`; "" where a path has gone."""
    total = hashlib.sha256()
    try:
        files = files_under(paths, root=root)
    except FileNotFoundError:
        return ""
    for file in files:
        total.update(file.relative_to(root).as_posix().encode())
        total.update(b"\0")
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def write_record(
    *,
    study: str,
    title: str,
    measures: Sequence[Measure],
    paths: Sequence[str],
    seed: int | None,
    day: date,
    command: str,
    folder: Path = MEASURED,
) -> Path:
    """Write the records of one study to `folder`/<study>.json, in place of what it measured before."""
    files_under(paths)
    shared = {
        "study": study,
        "title": title,
        "seed": seed,
        "hash": code_hash(paths),
        "paths": tuple(paths),
        "date": day.isoformat(),
        "command": command,
    }
    records = [asdict(Record.from_json({**asdict(measure), **shared})) for measure in measures]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{study}.json"
    target.write_text(json.dumps(records, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return target


def read_records(folder: Path = MEASURED) -> list[Record]:
    """Every record of every study, by file name. Raises `ValueError`, `KeyError` or `TypeError` at a broken one."""
    return [
        Record.from_json(fields)
        for file in sorted(folder.glob("*.json"))
        for fields in json.loads(file.read_text("utf-8"))
    ]
