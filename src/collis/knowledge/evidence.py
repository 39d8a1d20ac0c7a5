"""Published arms of trials and cohorts: change by visit, and how long the effect lasted by each trial's own rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Any

from collis.errors import KnowledgeError
from collis.knowledge.fields import Fields
from collis.sources import Grade

TOTAL = "twstrs_total"


class Use(StrEnum):
    """What a published figure may serve for; every arm calibrates at most once."""

    CALIBRATION = "calibration"
    VALIDATION = "validation"
    CONTEXT = "context"


class Rule(StrEnum):
    """How a trial decided that the effect was over. `OTHER` is a rule no virtual trial can play."""

    LOSS = "loss"
    REQUEST = "request"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialRow:
    """The mean change of one arm at one visit, in points of `outcome` (negative: better).

    `units` is None where the arm had no single dose, `baseline` where it is not published, `se` where neither a
    standard error nor a standard deviation with its number of patients is. `se_assumed` says that the standard
    error rests on an assumption. `row` is the address in knowledge, or the line of the table it was read from.
    """

    trial: str
    arm: str
    product: str
    units: float | None
    n: int | None
    baseline: float | None
    baseline_sd: float | None
    week: float
    outcome: str
    change: float
    se: float | None
    placebo: bool
    verified: bool
    row: str
    use: Use = Use.CONTEXT
    se_assumed: bool = False
    source: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.placebo and self.units:
            raise KnowledgeError(f"{self.row}: a placebo arm with {self.units} Units.")
        if self.week < 0 or (self.se is not None and not self.se > 0) or (self.n is not None and self.n < 1):
            raise KnowledgeError(f"{self.row}: week {self.week}, se {self.se}, n {self.n} cannot be.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Remark:
    """What a trial says of an arm without a figure that could be placed at a visit."""

    trial: str
    arm: str
    product: str
    outcome: str
    said: str
    row: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DurationRow:
    """One published duration of an arm, in weeks (`percent` where the metric is a share of patients).

    `visits`, `judged_at` and `kept` are filled for a rule that can be played: over at the first visit with no
    more than `kept` of the gain at `judged_at` left; `responders` is the share of the baseline a patient must
    have gained there to be counted (0: everybody). `dose_assumed` says that `units` stands in for an arm of several.
    """

    trial: str
    arm: str
    product: str
    units: float | None
    dose_assumed: bool
    n: int | None
    metric: str
    value: float
    percent: bool
    interval: tuple[float, float] | None
    sd: float | None
    rule: Rule
    use: Use
    visits: tuple[float, ...]
    judged_at: tuple[float, ...]
    kept: float | None
    responders: float
    verified: bool
    row: str
    source: str
    note: str

    def __post_init__(self) -> None:
        if self.rule is not Rule.OTHER and (not self.visits or not self.judged_at or self.kept is None):
            raise KnowledgeError(f"{self.row}: the rule {self.rule} needs visits, judged_at and kept.")
        if not set(self.judged_at) <= set(self.visits):
            raise KnowledgeError(f"{self.row}: judged_at {self.judged_at} are not among the visits.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Every published figure of arms, in the order of the file."""

    rows: tuple[TrialRow, ...]
    remarks: tuple[Remark, ...]
    durations: tuple[DurationRow, ...]

    def used_for(self, use: Use) -> tuple[TrialRow, ...]:
        """The rows of one use. Those of calibration are changes of the TWSTRS total, each with a standard error."""
        return tuple(row for row in self.rows if row.use is use)

    @property
    def trials(self) -> tuple[str, ...]:
        """The trials with a row, in the order of the file."""
        return tuple(dict.fromkeys(row.trial for row in self.rows))


def build_evidence(arms: Mapping[str, Any], durations: Mapping[str, Any]) -> Evidence:
    """Everything from the resolved tables of the two files; refuses a key it does not know."""
    rows: list[TrialRow] = []
    remarks: list[Remark] = []
    outer = Fields(arms, "evidence.trial_arms")
    for trial in outer.rows("trial"):
        name = trial.word("id")
        trial.text("design")
        if "treated_before" in trial:
            trial.number("treated_before")
        for arm in trial.rows("arm"):
            _read_arm(name, arm, rows, remarks)
        trial.finish()
    outer.finish()
    listed = Fields(durations, "evidence.trial_durations")
    lasting = tuple(_duration(row) for row in listed.rows("duration"))
    listed.finish()
    _hold_calibration(rows)
    return Evidence(rows=tuple(rows), remarks=tuple(remarks), durations=lasting)


def _read_arm(trial: str, arm: Fields, rows: list[TrialRow], remarks: list[Remark]) -> None:
    ident, label = arm.word("id"), arm.word("label")
    product = " and ".join(arm.words("products"))
    placebo = arm.flag("placebo")
    units = _figure(arm, "units")
    if "dose" in arm:
        arm.text("dose")
    baseline, baseline_sd = _figure(arm, "baseline"), _figure(arm, "baseline_sd")
    for visit in arm.rows("row"):
        key, outcome, use = visit.word("id"), visit.word("outcome"), visit.choice("use", Use)
        address = f"{trial}, {ident}, {key}"
        week, n = _figure(visit, "week"), _figure(visit, "n")
        if "said" in visit:
            said = visit.text("said")
            remarks.append(_remark(trial, label, product, outcome, said.value, address))
            visit.finish()
            continue
        change = visit.number("change")
        se, assumed = _standard_error(visit, n)
        visit.finish()
        if week is None:
            said_instead = f"{float(change.value):g} at a visit that is not stated. {change.note}"
            remarks.append(_remark(trial, label, product, outcome, said_instead, address))
            continue
        rows.append(
            TrialRow(
                trial=trial,
                arm=label,
                product=product,
                units=units,
                n=None if n is None else int(n),
                baseline=baseline,
                baseline_sd=baseline_sd,
                week=week,
                outcome=outcome,
                change=float(change.value),
                se=se,
                placebo=placebo,
                verified=change.verified,
                row=address,
                use=use,
                se_assumed=assumed,
                source=change.source,
                note=change.note,
            )
        )
    arm.finish()


def _remark(trial: str, arm: str, product: str, outcome: str, said: str, row: str) -> Remark:
    return Remark(trial=trial, arm=arm, product=product, outcome=outcome, said=said.strip(), row=row)


def _standard_error(visit: Fields, n: float | None) -> tuple[float | None, bool]:
    """The standard error of a mean, from the standard deviation where that is what was published."""
    if "se" in visit:
        entry = visit.number("se")
        return float(entry.value), entry.grade is Grade.ASSUMED
    if "sd" not in visit:
        return None, False
    spread = visit.number("sd")
    if n is None:
        return None, False
    return float(spread.value) / sqrt(n), spread.grade is Grade.ASSUMED


def _duration(row: Fields) -> DurationRow:
    key = row.word("id")
    trial, arm = row.word("trial"), row.word("arm")
    product = " and ".join(row.words("products"))
    metric, rule, use = row.word("metric"), row.choice("rule", Rule), row.choice("use", Use)
    units, n, played = _figure(row, "units"), _figure(row, "n"), _figure(row, "played")
    if "dose" in row:
        row.text("dose")
    found = row.number("found")
    interval = None
    for name in ("interval_95", "visit_range", "range", "between_visits"):
        if name in row:
            low, high = row.limits(name).value
            interval = (float(low), float(high))
    sd, kept, responders = _figure(row, "sd"), _figure(row, "kept"), _figure(row, "responders")
    visits, judged_at = _figures(row, "visits"), _figures(row, "judged_at")
    row.finish()
    return DurationRow(
        trial=trial,
        arm=arm,
        product=product,
        units=played if units is None else units,
        dose_assumed=played is not None,
        n=None if n is None else int(n),
        metric=metric,
        value=float(found.value),
        percent=found.unit == "percent",
        interval=interval,
        sd=sd,
        rule=rule,
        use=use,
        visits=visits,
        judged_at=judged_at,
        kept=kept,
        responders=responders or 0.0,
        verified=found.verified,
        row=key,
        source=found.source,
        note=found.note,
    )


def _figure(table: Fields, key: str) -> float | None:
    return float(table.number(key).value) if key in table else None


def _figures(table: Fields, key: str) -> tuple[float, ...]:
    return tuple(float(value) for value in table.numbers(key).value) if key in table else ()


def _hold_calibration(rows: list[TrialRow]) -> None:
    seen: set[tuple[str, str, float]] = set()
    for row in rows:
        if row.use is not Use.CALIBRATION:
            continue
        place = (row.trial, row.arm, row.week)
        if row.se is None or not row.outcome.startswith(TOTAL):
            raise KnowledgeError(
                f"{row.row}: a row of calibration needs a TWSTRS total and a standard error."
            )
        if place in seen:
            raise KnowledgeError(f"{row.row}: this arm and week calibrate twice.")
        seen.add(place)
