"""A TOML file read with care: its text, its tables, and every slip with the line it stands on.

Whatever reads a file of its own builds on this: case files, designs of trials. Only `BadInput` leaves this module.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from collis.case.locate import places
from collis.case.table import Problem, quoted
from collis.errors import BadInput

LARGEST_FILE_BYTES = 1_000_000
SHOWN_AT_MOST = 20


class BadFile(BadInput):
    """A file with slips. `problems` holds every one found, first line first; the error reads as the first."""

    def __init__(self, problems: tuple[BadInput, ...]) -> None:
        self.problems = problems
        head = problems[0]
        super().__init__(
            read=head.read,
            expected=head.expected,
            mend=head.mend,
            where=head.where,
            file=head.file,
            line=head.line,
            column=head.column,
        )

    def sentence(self) -> str:
        """The problems, one to a line; of very many the first."""
        lines = [problem.sentence() for problem in self.problems[:SHOWN_AT_MOST]]
        if len(self.problems) > SHOWN_AT_MOST:
            lines.append(f"… and {len(self.problems) - SHOWN_AT_MOST} more.")
        return "\n".join(lines)

    def at(
        self, *, where: str = "", file: str = "", line: int | None = None, column: int | None = None
    ) -> BadInput:
        """The same problems with the file filled in where it was not known."""
        return type(self)(
            tuple(p.at(where=where, file=file, line=line, column=column) for p in self.problems)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One kind of file: what it is called ("a case file"), how its name ends, how it begins, what its error is."""

    called: str
    ending: str
    begins: str
    error: type[BadFile]

    @property
    def expected(self) -> str:
        """What a file of this kind is."""
        return f"{self.called} of UTF-8 text (*{self.ending})"


def read_text(path: Path, kind: Kind) -> str:
    """The text of a file; raises the error of its kind for whatever is none."""
    file = str(path)
    expected = kind.expected
    try:
        with path.open("rb") as opened:
            content = opened.read(LARGEST_FILE_BYTES + 1)
    except FileNotFoundError:
        raise alone(kind, file, "no file of this name", expected, mend=_neighbour(path, kind)) from None
    except IsADirectoryError:
        raise alone(kind, file, "a folder", expected, mend="Name a file in it.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise alone(kind, file, reason or "a name no file can have", expected) from None
    if len(content) > LARGEST_FILE_BYTES:
        mend = f"{kind.called[0].upper()}{kind.called[1:]} is a few kilobytes of text."
        raise alone(kind, file, "more than a megabyte", expected, mend=mend)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise alone(
            kind,
            file,
            f"the byte 0x{content[error.start]:02x}",
            expected,
            line=line,
            mend="Save the file as UTF-8.",
        ) from None


def tidy(text: str) -> str:
    """The text without a byte-order mark and with plain line ends."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def parsed(text: str, file: str, kind: Kind) -> dict[str, object]:
    """The tables of a TOML text, decimals exact; raises the error of its kind for what is none."""
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise alone(kind, file, "a NUL character", f"{kind.called} of UTF-8 text", line=line)
    if not text.strip():
        raise alone(kind, file, "an empty file", f"{kind.called} that begins with {kind.begins}")
    if len(text.encode(errors="replace")) > LARGEST_FILE_BYTES:
        raise alone(kind, file, "more than a megabyte", f"{kind.called} of a few kilobytes")
    try:
        return tomllib.loads(text, parse_float=_decimal)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(text, file, str(error), kind) from None
    except RecursionError:
        raise alone(kind, file, "lists or tables nested too deep", kind.called) from None
    except ValueError:
        raise alone(kind, file, "a number of too many digits", "numbers of ordinary size") from None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("NaN")


_MEANING = {
    "Cannot overwrite a value": ("each key once in a table", "Remove one of the two."),
    "Cannot declare": ("each heading once", "Lists of tables have double brackets: [[history.session]]."),
    "Expected '=' after a key": ("key = value", ""),
    "Invalid value": ("a value", 'Words stand in quotes: side = "left". Numbers have a point and no unit.'),
    "Invalid statement": ("key = value or a [heading]", ""),
    "Unclosed inline table": ("a comma or } in { ... }", ""),
    "Unclosed array": ("a comma or ] in [ ... ]", ""),
    "Unterminated string": ('a closing "', ""),
    "Invalid date or datetime": ("a day of the calendar such as 2026-11-10", ""),
    "Expected newline or end of document": (
        "the end of the line",
        "A number has a point, not a comma; a day is year-month-day; words stand in quotes.",
    ),
    "Illegal character": ("text on one line in straight quotes", ""),
    "Cannot mutate": (
        "each table written in one place",
        "Put all its keys into one { ... } or under one heading.",
    ),
    "Invalid initial character for a key part": ("a key", "No comma stands before }."),
    "Expected ']": ("a closing ] of the heading", ""),
    "Unescaped '\\'": ("\\\\ for a backslash", ""),
}


def _syntax(text: str, file: str, message: str, kind: Kind) -> BadInput:
    """A sentence for what `tomllib` says, with the line it speaks of."""
    found = re.search(r"\(at line (\d+), column (\d+)\)", message)
    lines = text.split("\n")
    line = int(found[1]) if found else max(1, len(text.rstrip().split("\n")))
    column = int(found[2]) if found else None
    said = message.partition(" (at ")[0]
    expected, mend = next((m for start, m in _MEANING.items() if said.startswith(start)), (said, ""))
    shown = lines[line - 1] if line <= len(lines) else ""
    if not shown.strip() and line > 1:
        line, column, shown = line - 1, None, lines[line - 2]
    if any(mark in shown for mark in "“”‘’„"):
        mend = 'Use straight quotes: ".'
    read = shown.strip()
    return alone(
        kind, file, quoted(read).strip('"') or "an empty line", expected, mend=mend, line=line, column=column
    )


def _neighbour(path: Path, kind: Kind) -> str:
    other = path.with_name(f"{path.name}{kind.ending}")
    try:
        return f"Did you mean {other}?" if other.is_file() else ""
    except (OSError, ValueError):
        return ""


def alone(
    kind: Kind,
    file: str,
    read: str,
    expected: str,
    *,
    mend: str = "",
    line: int | None = None,
    column: int | None = None,
) -> BadFile:
    """The error of a kind with a single problem."""
    return kind.error(
        (BadInput(read=read, expected=expected, mend=mend, file=file, line=line, column=column),)
    )


def located(problems: list[Problem], text: str, file: str, kind: Kind) -> BadFile:
    """The error of a kind with every problem at its line, first line first."""
    index = places(text)
    found = []
    for problem in problems:
        place = index.of_key(problem.path) if problem.at_key else index.of_value(problem.path)
        line, column = place or index.nearest(problem.path) or (1, 1)
        found.append(problem.error.at(file=file, line=line, column=column))
    return kind.error(tuple(sorted(found, key=lambda e: (e.line or 0, e.column or 0))))
