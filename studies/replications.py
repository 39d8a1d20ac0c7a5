"""The shipped virtual trials against their published counterparts.

Every figure a design quotes is held to its published 95 % interval; a miss stays in the record and on the page. Designs
without a figure are played too, and what they show is recorded without a bar. Virtual patients, not clinical evidence.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from collis.runs.execute import execute
from collis.runs.store import Store
from collis.trials.analyse import Analysis, Match, analyse
from collis.trials.asking import question_of
from collis.trials.design import Design
from collis.trials.proportions import exact
from collis.trials.questions import Figure, Kind
from collis.trials.reading import read_design
from collis.trials.records import Records, open_records
from collis.trials.simulate import job_of
from studies.record import ROOT, Measure

PATHS = (
    "examples/trials",
    "src/collis/course/cycle.py",
    "src/collis/course/outcome.py",
    "src/collis/course/population.py",
    "src/collis/course/readouts.py",
    "src/collis/toxin/batch.py",
    "src/collis/toxin/timecourse.py",
    "src/collis/trials/dosing.py",
    "src/collis/trials/follow.py",
    "src/collis/trials/parts.py",
    "src/collis/trials/population.py",
    "src/collis/trials/simulate.py",
    "src/collis/trials/tabulate.py",
    "src/collis/knowledge/data/evidence/populations.toml",
    "src/collis/knowledge/data/evidence/response.toml",
    "src/collis/knowledge/data/evidence/response.npz",
)
SEED = 20261122
FOLDER = ROOT / "examples" / "trials"
WALKED_THROUGH = "first"  # one arm of the trial of type B again, for the page that walks through a run
FIXED, FIXED_THIN = 40_000, 2_000
PLANNED_THIN, REPEATED, REPEATED_THIN = 4, 2_000, 100
RELEASED = {"placebo": (27, 43), "500 Units": (15, 37)}  # of abo-500, as its note quotes
NO_BAR = "recorded, no bar"
_UNITS = {Figure.WEEKS: "weeks", Figure.RESPONDERS: "ratio", Figure.EVENT: "ratio"}


def designs() -> dict[str, Design]:
    """The shipped designs by the name of their file."""
    found = {p.name.removesuffix(".trial.toml"): read_design(p) for p in sorted(FOLDER.glob("*.trial.toml"))}
    return {name: design for name, design in found.items() if name != WALKED_THROUGH}


def run(thin: bool) -> Sequence[Measure]:
    """Play every design; thin: a few thousand people and hardly a plan, too few to miss a bar by."""
    measures: list[Measure] = []
    for name, design in designs().items():
        with played(design, people_of(design, thin=thin)) as records:
            found = analyse(records, question_of(design))
            measures += [held(name, found, match) for match in found.matches]
            if not found.matches:
                measures += shown(name, found)
            if design.drop_out.release_week is not None:
                measures += released(name, records, design.drop_out.release_week)
    return [replace(one, met=True) for one in measures] if thin else measures


def people_of(design: Design, *, thin: bool) -> int:
    """How many people a design is played on: many where people are cheap."""
    if any(arm.per_patient for arm in design.arms):
        return PLANNED_THIN if thin else design.people.count
    if design.retreatment is not None:
        return REPEATED_THIN if thin else REPEATED
    return FIXED_THIN if thin else FIXED


@contextmanager
def played(design: Design, people: int) -> Iterator[Records]:
    """The tables of a design played on so many people."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "run"
        execute(job_of(design.with_people(people)), Store(place), engine="serial")
        with open_records(place) as records:
            yield records


def held(name: str, found: Analysis, match: Match) -> Measure:
    """One published figure beside the virtual one."""
    told = match.published
    against = f" less {told.against}" if told.against else ""
    low, high = told.interval if told.interval is not None else (None, None)
    between = "" if low is None or high is None else f" ({low:.1f} to {high:.1f})"
    detail = f"{found.people} people. Source: {told.source}."
    if match.seen is not None:
        detail += (
            f" Trials of the published size would see {match.seen.low:.1f} to {match.seen.high:.1f} in 95 %."
        )
    return Measure(
        name=f"{name}: {told.arm}{against}, {told.end_point}",
        figure="none" if match.virtual is None else round(match.virtual, 1),
        unit=_UNITS.get(told.what, "points"),
        bar=f"published {told.value:.1f}{between}",
        met=match.inside is not False and match.virtual is not None,
        detail=detail,
    )


def shown(name: str, found: Analysis) -> list[Measure]:
    """What a design without published figures shows: each end point by arm, swallowing trouble and Units."""
    measures = []
    for answer in found.answers:
        values = (
            {arm: 100 * share.share for arm, share in answer.shares.items()}
            if answer.end_point.kind is not Kind.CHANGE
            else {arm: mean.value for arm, mean in answer.means.items()}
        )
        unit = "points" if answer.end_point.kind is Kind.CHANGE else "percent"
        measures += [_plain(f"{name}: {arm}, {answer.end_point.name}", value, unit, found)
                     for arm, value in values.items()]  # fmt: skip
    for harm in found.harms:
        if harm.event in ("dysphagia", "antibodies"):
            percent = 100 * harm.share.share
            measures.append(_plain(f"{name}: {harm.arm}, {harm.event}", percent, "percent", found))
    for given in found.given:
        measures.append(_plain(f"{name}: {given.arm}, Units a session", given.units, "Units", found))
    return measures


def released(name: str, records: Records, week: float) -> list[Measure]:
    """The share released by the trial's own rule against the published count, with its exact interval."""
    measures = []
    for arm, (cases, people) in RELEASED.items():
        share = 100 * float(
            records.query(
                f"""SELECT sum(CASE WHEN left_week <= {week!r} THEN weight ELSE 0 END) / sum(weight)
                    FROM people WHERE arm::VARCHAR = '{arm}'"""
            )[0][0]
        )
        published = exact(cases=cases, people=people, share=cases / people, worth=people)
        low, high = 100 * published.low, 100 * published.high
        measures.append(
            Measure(
                name=f"{name}: {arm}, left by week {week:g}",
                figure=round(share, 1),
                unit="percent",
                bar=f"published {cases} of {people} ({low:.0f} to {high:.0f} percent)",
                met=low <= share <= high,
                detail="The gain that counts as benefit was set between these two shares, so this shows fit.",
            )
        )
    return measures


def _plain(name: str, value: float, unit: str, found: Analysis) -> Measure:
    return Measure(
        name=name, figure=round(value, 1), unit=unit, bar=NO_BAR, met=True, detail=f"{found.people} people"
    )
