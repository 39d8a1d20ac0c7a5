"""Reads tables of published arms and of single patients: CSV with the columns that `docs/validation.md` lists.

A table that cannot be read is refused with its line. A row that can be read but not scored is kept apart with the
reason. Scores of patients never appear in a message.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from math import isfinite, sqrt
from pathlib import Path
from types import MappingProxyType

from collis.errors import BadInput
from collis.knowledge.evidence import TOTAL, TrialRow
from collis.knowledge.load import load
from collis.knowledge.names import PRODUCTS

TRIAL_COLUMNS = (
    "trial_id", "arm", "product", "dose_units_total", "n", "baseline_twstrs_total_mean", "week", "outcome",
    "change_mean", "change_sd_or_se", "sd_or_se",
)  # fmt: skip
PATIENT_COLUMNS = ("patient", "week", "treat", "twstrs")
SE_ASSUMED, BASELINE_ASSUMED, UNCONTROLLED = "standard error assumed", "baseline assumed", "no control group"
_NOTHING = frozenset({"", "na", "n/a", "none", "null", "-"})


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """A row that was read and not scored. For patients `what` names no person and holds no score."""

    line: int
    what: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialsTable:
    """The rows that can be scored, what is assumed of each (by its `row`), and the rows that cannot."""

    rows: tuple[TrialRow, ...]
    remarks: Mapping[str, tuple[str, ...]]
    left_out: tuple[LeftOut, ...]
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonRows:
    """The ratings of one person: `weeks` rising from 0, `scores` in points. `patient` counts from 1 in row order."""

    patient: int
    product: str
    units: float
    weeks: tuple[float, ...]
    scores: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.weeks) != len(self.scores) or list(self.weeks) != sorted(set(self.weeks)):
            raise BadInput(
                read="weeks that do not rise one by one", expected="one score for each week, weeks rising"
            )

    @property
    def arm(self) -> tuple[str, float]:
        """What was given: product and Units."""
        return self.product, self.units


@dataclass(frozen=True, kw_only=True, slots=True)
class PatientsTable:
    """The people of a table in the order of their first row, and what was not used."""

    people: tuple[PersonRows, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """One line of a table: its number and its cells."""

    file: str
    line: int
    cells: Mapping[str, str]
    secret: bool = False

    def text(self, column: str) -> str:
        value = self.cells.get(column, "").strip()
        return "" if value.lower() in _NOTHING else value

    def number(self, column: str) -> float | None:
        """A number, None for an empty cell; refuses anything else with the line."""
        text = self.text(column)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not isfinite(value):
            raise self.wrong(
                column, "text that is no number" if self.secret else repr(text), "a number or nothing"
            )
        return value

    def wrong(self, column: str, read: str, expected: str, mend: str = "") -> BadInput:
        return BadInput(file=self.file, line=self.line, where=column, read=read, expected=expected, mend=mend)


def read_trials(
    path: Path, *, assumed_sd: float, highest: float, products: Sequence[str] = PRODUCTS
) -> TrialsTable:
    """Every row of a table of arms by week; `highest` is the top of the scale in points.

    `assumed_sd` (points) stands in for the spread of the change where a row gives neither a standard error nor a
    standard deviation but says how many patients it has. Raises `BadInput` for a table that cannot be read.
    """
    content = _bytes(path, "--trials")
    rows: list[TrialRow] = []
    remarks: dict[str, tuple[str, ...]] = {}
    left_out: list[LeftOut] = []
    lines = list(_lines(content, path.name, TRIAL_COLUMNS, "--trials", secret=False))
    for line in lines:
        reason = _not_scorable(line, products)
        if not reason:
            row, said = _trial_row(line, assumed_sd, highest)
            if row is None:
                reason = "no standard error, and no number of patients to assume one from"
            else:
                rows.append(row)
                remarks[row.row] = said
        if reason:
            left_out.append(LeftOut(line=line.line, what=_trial_words(line), reason=reason))
    doubled = {**_label_twins(rows), **_repeated(rows)}
    for row in rows:
        if row.row in doubled:
            what = f"{row.trial}, {row.arm}, week {row.week:g}"
            left_out.append(
                LeftOut(line=int(row.row.removeprefix("line ")), what=what, reason=doubled[row.row])
            )
    return TrialsTable(
        rows=tuple(row for row in rows if row.row not in doubled),
        remarks=MappingProxyType(remarks),
        left_out=tuple(sorted(left_out, key=lambda left: left.line)),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def read_patients(
    path: Path, *, highest: float, products: Sequence[str] = PRODUCTS, unnamed: str | None = None
) -> PatientsTable:
    """Every person of a table of visits, one row a visit; `highest` is the top of the scale in points.

    `unnamed` is the product of a row that names none, the shipped choice unless given.
    Raises `BadInput` with the line for a table that cannot be read; no message holds a score or an identifier.
    """
    if unnamed is None:
        unnamed = str(load().fact("evidence/validation", "patients", "product_if_unnamed").value)
    content = _bytes(path, "--patients")
    found: dict[str, list[tuple[_Row, float, float]]] = {}
    given: dict[str, tuple[str, float]] = {}
    left_out: list[LeftOut] = []
    told_product = False
    for line in _lines(content, "the table of patients", PATIENT_COLUMNS, "--patients", secret=True):
        patient = line.text("patient")
        if not patient:
            raise line.wrong(
                "patient", "nothing", "a number or a name that is the same on every row of a patient"
            )
        week = line.number("week")
        if week is None or week < 0:
            raise line.wrong(
                "week", "nothing" if week is None else "a week before 0", "the week of the visit"
            )
        treat = _given(line, products, unnamed)
        told_product = told_product or bool(line.text("product"))
        if given.setdefault(patient, treat) != treat:
            raise line.wrong(
                "treat", "another treatment than on an earlier row of this patient", "one a patient"
            )
        points = line.number("twstrs")
        if points is None:
            left_out.append(LeftOut(line=line.line, what=f"a visit at week {week:g}", reason="no score"))
            continue
        if not 0 <= points <= highest:
            raise line.wrong("twstrs", "a score off the scale", f"a TWSTRS total from 0 to {highest:g}")
        found.setdefault(patient, []).append((line, week, points))
    people: list[PersonRows] = []
    for patient, visits in found.items():
        weeks = [week for _, week, _ in visits]
        if len(set(weeks)) < len(weeks):
            twice = next(line for i, (line, week, _) in enumerate(visits) if week in weeks[:i])
            raise twice.wrong("week", "a week that this patient already has", "each week once a patient")
        ordered = sorted((week, points) for _, week, points in visits)
        product, units = given[patient]
        people.append(
            PersonRows(
                patient=len(people) + 1,
                product=product,
                units=units,
                weeks=tuple(week for week, _ in ordered),
                scores=tuple(points for _, points in ordered),
            )
        )
    if not people:
        raise BadInput(
            where="--patients", read="a table without a score", expected="one row a visit, with scores"
        )
    note = "" if told_product else f"The table names no product; its Units are taken to be {unnamed}."
    return PatientsTable(
        people=tuple(people),
        left_out=tuple(left_out),
        notes=(note,) if note else (),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _bytes(path: Path, where: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(
            where=where,
            read=f"a path that cannot be opened ({error.strerror or type(error).__name__})",
            expected="a CSV table",
            mend="Check the path." if isinstance(error, FileNotFoundError) else "",
        ) from error


def _lines(content: bytes, file: str, columns: Sequence[str], where: str, *, secret: bool) -> Iterable[_Row]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            where=where, file=file, read="bytes that are not UTF-8", expected="a CSV table in UTF-8"
        ) from error
    reader = csv.DictReader(StringIO(text, newline=""), strict=True)
    try:
        head = [name.strip() for name in reader.fieldnames or ()]
        reader.fieldnames = head
        missing = [name for name in columns if name not in head]
        if missing:
            read = f"the columns {', '.join(head[:24])}" if any(head) else "an empty file"
            if secret and head:
                read = "a first line without " + ", ".join(missing)
            raise BadInput(
                where=where,
                file=file,
                line=1,
                read=read,
                expected=f"a first line that names {', '.join(columns)}",
                mend=f"Missing: {', '.join(missing)}.",
            )
        if len(set(head)) < len(head):
            raise BadInput(
                where=where, file=file, line=1, read="a column name twice", expected="each column once"
            )
        any_row = False
        for cells in reader:
            line = reader.line_num
            if None in cells or None in cells.values():
                raise BadInput(
                    where=where, file=file, line=line, read="more or fewer cells than the first line",
                    expected=f"{len(head)} cells",
                )  # fmt: skip
            any_row = True
            yield _Row(file=file, line=line, cells=cells, secret=secret)
        if not any_row:
            raise BadInput(
                where=where, file=file, read="no row below the first line", expected="one row or more"
            )
    except csv.Error as error:
        raise BadInput(
            where=where, file=file, line=reader.line_num, read="text that is no CSV", expected="a CSV table"
        ) from error


def _not_scorable(line: _Row, products: Sequence[str]) -> str:
    """Why a row of arms cannot be scored; empty where it can."""
    outcome = line.text("outcome")
    product = line.text("product")
    if line.number("change_mean") is None:
        return "no change in score given"
    if outcome != TOTAL:
        return _other_outcome(outcome)
    for column, thing in (("trial_id", "trial"), ("arm", "arm")):
        if not line.text(column):
            return f"the {thing} is not named"
    if product not in products:
        if " v " in product or "mixed" in product:
            return f"more than one product in the arm ({product})"
        return f"no response model for {product or 'an unnamed product'}"
    week = line.number("week")
    if week is None:
        return "the week is not given"
    if week == 0:
        return "a baseline row: nothing has changed yet"
    if not _placebo(line):
        dose = line.text("dose_units_total")
        if not dose:
            return "the dose is not given"
        if not re.fullmatch(r"\d+(\.\d+)?", dose):
            return f"no single dose ({dose})"
    return ""


def _other_outcome(outcome: str) -> str:
    if outcome.startswith(TOTAL):
        if "diff" in outcome:
            return "a difference between arms, not the change of one"
        if outcome.endswith("label"):
            return "another analysis of an arm (its label's adjusted mean)"
        return f"another analysis of the TWSTRS total ({outcome.removeprefix(TOTAL).strip('_')})"
    if "pct" in outcome or "percent" in outcome:
        return f"a share of patients ({outcome})"
    return f"another outcome than the TWSTRS total ({outcome or 'not named'})"


def _placebo(line: _Row) -> bool:
    flag = line.text("placebo_flag").lower()
    return flag in ("1", "true", "yes") or line.text("dose_units_total") in ("0", "0.0")


def _trial_row(line: _Row, assumed_sd: float, highest: float) -> tuple[TrialRow | None, tuple[str, ...]]:
    n, spread, kind = line.number("n"), line.number("change_sd_or_se"), line.text("sd_or_se").lower()
    if n is not None and n < 1:
        raise line.wrong("n", f"{n:g}", "1 patient or more")
    if spread is not None and not spread > 0:
        raise line.wrong("change_sd_or_se", f"{spread:g}", "a number above 0")
    if spread is not None and kind not in ("sd", "se"):
        raise line.wrong("sd_or_se", repr(kind), "sd or se, beside the figure in change_sd_or_se")
    remarks: list[str] = []
    if spread is not None and kind == "se":
        se = spread
    elif n is None:
        return None, ()
    else:
        se = (assumed_sd if spread is None else spread) / sqrt(n)
        if spread is None:
            remarks.append(SE_ASSUMED)
    baseline, week, change = (line.number(c) for c in ("baseline_twstrs_total_mean", "week", "change_mean"))
    assert week is not None
    assert change is not None
    if week < 0:
        raise line.wrong("week", f"{week:g}", "a week after the injection")
    if baseline is None:
        remarks.append(BASELINE_ASSUMED)
    elif not 0 < baseline <= highest:
        expected = f"a mean TWSTRS total above 0 and up to {highest:g}, or nothing"
        raise line.wrong("baseline_twstrs_total_mean", f"{baseline:g}", expected)
    lowest, most = (-highest, highest) if baseline is None else (-baseline, highest - baseline)
    if not lowest <= change <= most:
        raise line.wrong("change_mean", f"{change:g}", f"a change from {lowest:g} to {most:g} points")
    design = line.text("design").lower()
    if design and not re.search(r"\brct\b|random", design):
        remarks.append(UNCONTROLLED)
    placebo = _placebo(line)
    row = TrialRow(
        trial=line.text("trial_id"),
        arm=line.text("arm"),
        product=line.text("product"),
        units=0.0 if placebo else float(line.text("dose_units_total")),
        n=None if n is None else int(n),
        baseline=baseline,
        baseline_sd=line.number("baseline_sd"),
        week=week,
        outcome=TOTAL,
        change=change,
        se=se,
        placebo=placebo,
        verified=line.text("source_tag") in ("published page", "patient-level data"),
        row=f"line {line.line}",
        se_assumed=SE_ASSUMED in remarks,
    )
    return row, tuple(remarks)


def _trial_words(line: _Row) -> str:
    week = line.text("week")
    parts = (line.text("trial_id"), line.text("arm"), f"week {week}" if week else "")
    return ", ".join(part for part in parts if part) or "a row without a name"


def _repeated(rows: Sequence[TrialRow]) -> dict[str, str]:
    """Rows whose arm and week stand on another row, with the reason: a copy once, rows that differ not at all."""
    found: dict[str, str] = {}
    groups: dict[tuple[object, ...], list[TrialRow]] = {}
    for row in rows:
        groups.setdefault((row.trial, row.arm, row.product, row.units, row.week), []).append(row)
    for first, *others in groups.values():
        same = [row for row in others if replace(row, row=first.row) == first]
        for row in others:
            found[row.row] = f"the same arm and week as {first.row}"
        if len(same) < len(others):
            reason = "this arm and week stand twice with other figures"
            found |= {row.row: reason for row in (first, *others)}
    return found


def _label_twins(rows: Sequence[TrialRow]) -> dict[str, str]:
    """Rows of a trial named with the suffix LABEL whose arm and week stand under the journal's name too."""
    known = {(row.trial, row.units, row.week) for row in rows}
    return {
        row.row: "the label's version of an arm that is scored by its journal row"
        for row in rows
        if (base := re.sub(r"[\s_-]*LABEL$", "", row.trial)) != row.trial
        and (base, row.units, row.week) in known
    }


def _given(line: _Row, products: Sequence[str], unnamed: str) -> tuple[str, float]:
    """Product and Units of a row of patients; placebo is 0 Units."""
    product = line.text("product") or unnamed
    if product not in products:
        raise line.wrong("product", "a name that is no product with a response model", ", ".join(products))
    treat = line.text("treat")
    if treat.lower() in ("placebo", "0", "0u"):
        return product, 0.0
    dose = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:u|units?)?", treat.replace(",", ""), re.IGNORECASE)
    if dose is None:
        raise line.wrong(
            "treat", "a treatment that is neither Placebo nor a dose", "such as Placebo, 5000U or 150 Units"
        )
    return product, float(dose[1])
