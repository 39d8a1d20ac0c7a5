"""Case files: `*.case.toml` into a `Case` and back. The only door by which a file becomes a case.

Only `BadInput` leaves this module. The keys are described in docs/case-file.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

from collis.case.case import Case
from collis.case.locate import places
from collis.case.patient import Answer
from collis.case.read_examination import examination, patient
from collis.case.read_history import flags, history, safety
from collis.case.read_request import request
from collis.case.table import Problem, Table, quoted
from collis.case.vocabulary import LUMPED, SCHEMA, Groups
from collis.case.writing import written
from collis.errors import BadInput
from collis.knowledge.names import Region

LARGEST_FILE_BYTES = 1_000_000
SHOWN_AT_MOST = 20

UPGRADES: Mapping[int, Callable[[dict[str, object]], dict[str, object]]] = {}
"""From each earlier schema to the next. Empty while there is one schema."""


class BadCaseFile(BadInput):
    """A case file with slips. `problems` holds every one found, first line first; the error reads as the first."""

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
        return BadCaseFile(
            tuple(p.at(where=where, file=file, line=line, column=column) for p in self.problems)
        )


def read_case(path: Path, *, groups: Groups | None = None) -> Case:
    """The case in a file. Raises `BadCaseFile` for whatever cannot be read as one."""
    file = str(path)
    expected = "a case file of UTF-8 text (*.case.toml)"
    try:
        with path.open("rb") as opened:
            content = opened.read(LARGEST_FILE_BYTES + 1)
    except FileNotFoundError:
        raise _alone(file, "no file of this name", expected, mend=_neighbour(path)) from None
    except IsADirectoryError:
        raise _alone(file, "a folder", expected, mend="Name a file in it.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise _alone(file, reason or "a name no file can have", expected) from None
    if len(content) > LARGEST_FILE_BYTES:
        raise _alone(file, "more than a megabyte", expected, mend="A case is a few kilobytes of text.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _alone(
            file,
            f"the byte 0x{content[error.start]:02x}",
            expected,
            line=line,
            mend="Save the file as UTF-8.",
        ) from None
    return parse_case(text, file=file, groups=groups)


def parse_case(text: str, *, file: str = "", groups: Groups | None = None) -> Case:
    r"""The case a text describes. `groups` are the lumped muscle names old sessions may use.

    Raises `BadCaseFile` with every slip found, each with its line.

    >>> parse_case('schema = 1\nregion = "EU"\n').region
    <Region.EU: 'EU'>
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    raw = _parsed(text, file)
    problems: list[Problem] = []
    root = Table(raw=raw, path=(), problems=problems)
    schema = _schema(root)
    if schema > SCHEMA:
        raise _located(problems, text, file)
    for earlier in range(schema, SCHEMA):
        root.raw = UPGRADES[earlier](dict(root.raw))
    case = _case(root, LUMPED if groups is None else groups)
    root.refuse_the_rest()
    if problems or case is None:
        raise _located(problems, text, file)
    return case


def write_case(case: Case) -> str:
    """The case as canonical TOML: reading it gives the same case, and writing that the same text.

    That holds for every case a file can say; a cleared flag without its date, or a red flag of another name, is
    written as it stands and refused on reading.
    """
    return written(case)


def _schema(root: Table) -> int:
    """The schema the file says it is written in; the present one, after noting it, when it says none."""
    root.asked["schema"] = None
    if "schema" not in root.raw:
        root.note(
            "schema",
            read="nothing",
            expected=f"schema = {SCHEMA}",
            at_key=True,
            mend=f"Begin the file with schema = {SCHEMA}; this program reads schema {SCHEMA}.",
        )
        return SCHEMA
    schema = root.raw["schema"]
    if isinstance(schema, bool) or not isinstance(schema, int) or schema < 1:
        root.note("schema", read=quoted(schema), expected=f"{SCHEMA}, the schema this program reads")
        return SCHEMA
    if schema > SCHEMA:
        root.note(
            "schema",
            read=quoted(schema),
            expected=f"{SCHEMA}, the latest schema this program reads",
            mend="A newer Collis wrote this file; read it with that.",
        )
    return schema


def _case(root: Table, groups: Groups) -> Case | None:
    region = root.word("region", Region, needed=True)
    visit = root.day("date")
    who = patient(root)
    seen = examination(root)
    replies = flags(root, visit)
    answers = safety(root, visit)
    past = history(root, visit, groups)
    wanted = request(root, groups)
    if answers.toxin_naive is Answer.YES and (past.sessions or answers.other_toxin):
        root.table("safety").note(
            "toxin_naive",
            read='"yes" beside recorded toxin treatment',
            expected='"no" where a session or other toxin is recorded',
        )
    age, onset_age = None if who is None else who.age_years, past.onset_age_years
    if age is not None and onset_age is not None and onset_age > age:
        root.table("history").note(
            "onset_age_years", read=f"{onset_age}", expected=f"at most the age of {age} years"
        )
    if root.problems or region is None or who is None or seen is None:
        return None
    return root.build(
        lambda: Case(
            schema=SCHEMA,
            region=region,
            date=visit,
            patient=who,
            examination=seen,
            flags=replies,
            safety=answers,
            history=past,
            request=wanted,
        )
    )


def _parsed(text: str, file: str) -> dict[str, object]:
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise _alone(file, "a NUL character", "a case file of UTF-8 text", line=line)
    if not text.strip():
        raise _alone(file, "an empty file", 'a case file that begins with schema = 1 and region = "US"')
    if len(text.encode(errors="replace")) > LARGEST_FILE_BYTES:
        raise _alone(file, "more than a megabyte", "a case file of a few kilobytes")
    try:
        return tomllib.loads(text, parse_float=_decimal)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(text, file, str(error)) from None
    except RecursionError:
        raise _alone(file, "lists or tables nested too deep", "a case file") from None
    except ValueError:
        raise _alone(file, "a number of too many digits", "numbers of ordinary size") from None


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


def _syntax(text: str, file: str, message: str) -> BadInput:
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
    return _alone(
        file, quoted(read).strip('"') or "an empty line", expected, mend=mend, line=line, column=column
    )


def _neighbour(path: Path) -> str:
    other = path.with_name(f"{path.name}.case.toml")
    try:
        return f"Did you mean {other}?" if other.is_file() else ""
    except (OSError, ValueError):
        return ""


def _alone(
    file: str, read: str, expected: str, *, mend: str = "", line: int | None = None, column: int | None = None
) -> BadCaseFile:
    return BadCaseFile(
        (BadInput(read=read, expected=expected, mend=mend, file=file, line=line, column=column),)
    )


def _located(problems: list[Problem], text: str, file: str) -> BadCaseFile:
    index = places(text)
    found = []
    for problem in problems:
        place = index.of_key(problem.path) if problem.at_key else index.of_value(problem.path)
        line, column = place or index.nearest(problem.path) or (1, 1)
        found.append(problem.error.at(file=file, line=line, column=column))
    return BadCaseFile(tuple(sorted(found, key=lambda e: (e.line or 0, e.column or 0))))
