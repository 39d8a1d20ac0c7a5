"""Case files: `*.case.toml` into a `Case` and back. The only door by which a file becomes a case.

Only `BadInput` leaves this module. The keys are described in docs/case-file.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from collis.case.case import Case
from collis.case.document import BadFile, Kind, located, parsed, read_text, tidy
from collis.case.patient import Answer
from collis.case.read_examination import examination, patient
from collis.case.read_history import flags, history, safety
from collis.case.read_request import request
from collis.case.table import Problem, Table, quoted
from collis.case.vocabulary import LUMPED, SCHEMA, Groups
from collis.case.writing import written
from collis.knowledge.names import Region

UPGRADES: Mapping[int, Callable[[dict[str, object]], dict[str, object]]] = {}
"""From each earlier schema to the next. Empty while there is one schema."""


class BadCaseFile(BadFile):
    """A case file with slips. `problems` holds every one found, first line first; the error reads as the first."""


KIND = Kind(
    called="a case file", ending=".case.toml", begins='schema = 1 and region = "US"', error=BadCaseFile
)


def read_case(path: Path, *, groups: Groups | None = None) -> Case:
    """The case in a file. Raises `BadCaseFile` for whatever cannot be read as one."""
    return parse_case(read_text(path, KIND), file=str(path), groups=groups)


def parse_case(text: str, *, file: str = "", groups: Groups | None = None) -> Case:
    r"""The case a text describes. `groups` are the lumped muscle names old sessions may use.

    Raises `BadCaseFile` with every slip found, each with its line.

    >>> parse_case('schema = 1\nregion = "EU"\n').region
    <Region.EU: 'EU'>
    """
    text = tidy(text)
    raw = parsed(text, file, KIND)
    problems: list[Problem] = []
    root = Table(raw=raw, path=(), problems=problems)
    schema = _schema(root)
    if schema > SCHEMA:
        raise located(problems, text, file, KIND)
    for earlier in range(schema, SCHEMA):
        root.raw = UPGRADES[earlier](dict(root.raw))
    case = _case(root, LUMPED if groups is None else groups)
    root.refuse_the_rest()
    if problems or case is None:
        raise located(problems, text, file, KIND)
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
