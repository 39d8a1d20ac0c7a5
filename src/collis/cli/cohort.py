"""`collis trial cohort` and `collis trial score`: the public virtual cohort, and any planner scored on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collis.cli.printing import show, show_json, working, write_files

if TYPE_CHECKING:
    from collis.trials.scoreboard import Score

BANNER = "Virtual patients, not clinical evidence."


def cohort(
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write every person's case file into this folder.", show_default=False),
    ] = None,
) -> None:
    """Say what the public virtual cohort is; with --out write its cases, for planners of any kind."""
    from collis.case.files import write_case
    from collis.trials.cohort import read_cohort

    with working("Reading the cohort"):
        members = read_cohort()
    show(
        f"{members.name}: {len(members.people)} fixed people, drawn with seed {members.seed}, "
        f"SHA-256 {members.sha256[:16]}. {BANNER}\n"
    )
    if out is not None:
        files = {f"{one.key}.case.toml": write_case(one.case).encode() for one in members.people}
        written = write_files(out, files)
        show(f"Written: {len(written)} case files in {out}\n")


def score(
    planner: Annotated[
        str,
        typer.Argument(
            metavar="PLANNER",
            help="label_start, balanced, low_risk, textbook; a .json or .csv of plans; or package.module:function.",
            show_default=False,
        ),
    ],
    patients: Annotated[
        int | None,
        typer.Option("--patients", min=1, help="Only the first of the cohort.", show_default=False),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the answer as JSON instead of text.")
    ] = False,
) -> None:
    """Score a planner on the public virtual cohort: relief, swallowing trouble, Units, cost, broken limits.

    Every plan passes the gate. A refused plan is not given and is counted with the rules it broke.
    """
    import sys

    from collis.knowledge.load import load
    from collis.trials.cohort import read_cohort
    from collis.trials.planners import planner_of
    from collis.trials.scoreboard import play
    from collis.trials.scoreboard import score as scored

    knowledge = load()
    with working("Reading the cohort"):
        members = read_cohort()
    sys.path.insert(0, str(Path.cwd()))  # a planner may lie where the command is given
    chosen = planner_of(planner, members, knowledge)
    with working("Planning and playing"):
        found = scored(planner, list(play(chosen, members, knowledge, people=patients)))
    if as_json:
        from collis.report.json import dumped

        show_json(dumped(_document(found, members.sha256)))
    else:
        show(_text(found))


def _text(found: Score) -> str:
    dollars = "no price known" if found.dollars is None else f"{found.dollars:,.0f} dollars"
    lines = [
        f"Planner {found.planner} on {found.people} people of the public cohort. {BANNER}",
        f"  Relief, weeks 1 to 12      {found.relief:.2f} points (at week 4: {found.at_peak:.2f})",
        f"  Swallowing trouble         {found.dysphagia:.1f} %",
        f"  Units a session            {found.units:.0f}",
        f"  Cost a session             {dollars}",
        f"  Plans given                {found.given}, refused {found.refused}, none made {found.missing}",
        f"  Limits broken              {_rules(found.broken) or 'none'}",
        f"  Warnings on plans given    {_rules(found.warned) or 'none'}",
    ]
    return "\n".join(lines) + "\n"


def _rules(counts: object) -> str:
    from collections.abc import Mapping

    assert isinstance(counts, Mapping)
    return ", ".join(f"{rule} in {people}" for rule, people in counts.items())


def _document(found: Score, sha256: str) -> dict[str, object]:
    return {
        "standing": BANNER,
        "planner": found.planner,
        "cohort_sha256": sha256,
        "people": found.people,
        "plans_given": found.given,
        "plans_refused": found.refused,
        "plans_missing": found.missing,
        "relief_points": round(found.relief, 3),
        "relief_week_4_points": round(found.at_peak, 3),
        "dysphagia_percent": round(found.dysphagia, 2),
        "units": round(found.units, 1),
        "allowed_dollars": None if found.dollars is None else round(found.dollars, 2),
        "plans_without_price": found.unpriced,
        "limits_broken": dict(found.broken),
        "warnings": dict(found.warned),
    }
