"""What a validation says in plain words: how far the model misses, what it beats, and how far that goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from collis.report import findings, words
from collis.report.typesetting import Data

if TYPE_CHECKING:
    from collis.trials.durations import ScoredDuration
    from collis.trials.validate import PatientsScore, ScoredRow, TrialsScore, Validation

TITLE = "Validation of the response model"
RULES = {
    "carry_forward": "Last score carried forward",
    "arm_mean": "Mean of the arm",
    "arm_mean_change": "First score plus the arm’s mean change",
    "mixed_model": "Linear mixed model",
}


def trials_reading(t: TrialsScore, durations: Sequence[ScoredDuration]) -> list[Data]:
    """The finding over arms: miss, share of rows within two spreads, new rows apart from calibrated ones."""
    if not t.rows:
        return [
            findings.said(
                "No arm could be scored", f"{words.count(len(t.left_out), 'row')} left out.", good=None
            )
        ]
    trials = len({r.row.trial for r in t.rows})
    assert t.rms is not None
    beyond = [r for r in t.rows if abs(r.z) > 3]
    near = sum(abs(r.z) <= 2 for r in t.rows)
    text = (
        f"{words.count(len(t.rows), 'row')} of {words.count(trials, 'trial')}; {near} within 2 spreads "
        f"of the forecast (about 95 % should be). {_beyond(beyond)} {_new_rows(t)}"
    )
    found = [
        findings.said(
            f"Arms are missed by {words.number(t.rms, 1)} points (root mean square)",
            text,
            good=False if beyond else True if t.enough else None,
        )
    ]
    if durations:
        met = sum(d.within for d in durations)
        missed = [f"{d.row.trial} {d.row.arm}" for d in durations if not d.within]
        tolerance = words.percent(durations[0].tolerance)
        found.append(
            findings.said(
                f"{met} of {len(durations)} published durations are met within {tolerance}",
                f"Missed: {words.listed(missed)}." if missed else "By each trial’s own visits and rule.",
                good=not missed,
            )
        )
    return found


def _beyond(rows: Sequence[ScoredRow]) -> str:
    if not rows:
        return "None lies beyond 3."
    named = [f"{r.row.trial} {r.row.arm} week {r.row.week:g} (z {words.number(r.z, 1)})" for r in rows]
    return f"Beyond 3: {words.listed(named)}."


def _new_rows(t: TrialsScore) -> str:
    if not t.unseen:
        return "Every row helped to calibrate the model, so this shows fit, not foresight: not judged."
    from collis.trials.validate import rms_of

    rms = rms_of(t.unseen)
    assert rms is not None
    few = "" if t.enough else f" Not judged: {t.least_new_rows} new rows are asked for."
    if len(t.unseen) == len(t.rows):
        return f"No row helped to calibrate the model.{few}"
    return (
        f"{words.count(len(t.unseen), 'row is', 'rows are')} new to it and missed by {words.number(rms, 1)} points; "
        f"the others helped to calibrate it and show fit, not foresight.{few}"
    )


def patients_reading(p: PatientsScore) -> list[Data]:
    """The finding over people: bands, error, and each rule in turn. Met needs people enough, new to the model."""
    few = f" Not judged: {p.least_people} people are asked for." if not p.enough else ""
    low, high = p.coverage_80_interval
    share = p.overall.coverage[80]
    holds = low <= 0.8 <= high
    side = (
        ""
        if holds or not p.enough
        else (" The bands are too narrow." if share < 0.8 else " The bands are too wide.")
    )
    known = " This very table calibrated the model, so it shows fit, not foresight." if p.known else ""
    found = [
        findings.said(
            f"The 80 % band held {words.percent(share)} of {p.overall.ratings} later ratings",
            f"95 % interval {words.percent(low)} to {words.percent(high)}, over "
            f"{words.count(p.people, 'person', 'people')}; "
            f"visits up to week {p.given_through:g} were known.{side}{known}{few}",
            good=None if not p.enough else False if not holds else None if p.known else True,
        )
    ]
    better: list[str] = []
    open_: list[str] = []
    worse: list[str] = []
    for name, c in p.baselines.items():
        middle, low, high = c.rmse_difference
        (better if high < 0 else worse if low > 0 else open_).append(
            f"{RULES[name][:1].lower()}{RULES[name][1:]} ({words.number(abs(middle), 1)} points "
            f"{'less' if middle < 0 else 'more'})"
        )
    said = [
        f"{verb}: {words.listed(names)}."
        for verb, names in (
            ("Better than", better),
            ("Not told apart from", open_),
            ("Worse than", worse),
        )
        if names
    ]
    found.append(
        findings.said(
            f"A single rating is missed by {words.number(p.overall.rmse, 1)} points, "
            f"CRPS {words.number(p.overall.crps, 1)}",
            f"Root mean square error against that of simple rules. {' '.join(said)}{few}"
            if said
            else f"There is no rule to compare it with: {_why_none(p)}. Not judged.",
            good=None if not said or not p.enough else False if worse else None if p.known else True,
        )
    )
    return found


def _why_none(p: PatientsScore) -> str:
    return words.listed(list(dict.fromkeys(p.without.values())))


def limits_words(v: Validation) -> list[str]:
    """What the report can and cannot show."""
    said = []
    if v.trials is not None:
        said.append(
            "Every trial is scored as if its placebo response were unknown: it is drawn from the spread between "
            "studies and that doubt stands in z. Rows of one arm share patients, so their misses hang together."
        )
        if any(r.remarks for r in v.trials.rows):
            said.append(
                "Where a row gives no standard error, one is taken from its number of patients and a usual spread; "
                "where it gives no baseline, the model’s own is taken. Such rows are marked; their z is weak evidence."
            )
        if any("no control group" in r.remarks for r in v.trials.rows):
            said.append(
                "Rows without a control group are scored as a first session; open treatment tends to look better."
            )
    if v.patients is not None:
        said.append(
            "Each person is foretold alone, from that person’s own visits. The rules are learned from the other people "
            "of the table. Patients of the trial that calibrated the model are no fresh test of it, whatever table "
            "they stand in."
        )
        said.append(
            "One trial of one product cannot vouch for another product, for repeated sessions or for routine care. "
            "People who leave early are missing, and those are more often the ones who did badly."
        )
    said.append(
        "A good score over groups does not make a forecast for one patient certain: the bands say how wide it is."
    )
    return said
