"""`collis validate`: the shipped model held against tables of published arms and of single patients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collis.cli.printing import show, show_json, width, working, write_files
from collis.errors import BadInput

if TYPE_CHECKING:
    from collis.trials.validate import Validation

NAME = "validation"


def validate(
    trials: Annotated[
        Path | None,
        typer.Option("--trials", help="A CSV table of arms by week.", show_default=False),
    ] = None,
    patients: Annotated[
        Path | None,
        typer.Option("--patients", help="A CSV table of single patients' visits.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the report as HTML and PDF into this folder.", show_default=False),
    ] = None,
    given_through: Annotated[
        float, typer.Option("--given-through", help="Visits up to this week are known, later ones foretold.")
    ] = 4.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the answer as JSON instead of text.")
    ] = False,
) -> None:
    """Score the shipped response model on tables of trials, of single patients, or both.

    docs/validation.md lists the columns. Rows that cannot be scored are listed with the reason. No row of a patient is
    printed or logged.
    """
    from collis.course.population import load_population
    from collis.knowledge.load import load
    from collis.trials.tables import read_patients, read_trials
    from collis.trials.validate import validate as validated

    if trials is None and patients is None:
        raise BadInput(
            where="validate", read="no table", expected="--trials T.csv, --patients P.csv, or both"
        )
    knowledge = load()
    assumed_sd = knowledge.figure("evidence/validation", "trials", "assumed_change_sd")
    highest = load_population(knowledge).highest
    arms = None if trials is None else read_trials(trials, assumed_sd=assumed_sd, highest=highest)
    people = None
    if patients is not None:
        people = read_patients(patients, highest=highest)
    with _counting(0 if people is None else len(people.people)) as tick:
        found = validated(knowledge, trials=arms, patients=people, given_through=given_through, tick=tick)
    files = {} if out is None else _files(found, datetime.now(tz=UTC).date())
    written = [] if out is None else write_files(out, files)
    if as_json:
        from collis.report.json import dumped
        from collis.report.validation import validation_document

        show_json(dumped(validation_document(found)))
        return
    from collis.report.validation_text import validation_text

    show(validation_text(found, width=width()))
    for path in written:
        show(f"Written: {path}\n")


def _files(found: Validation, on: date) -> dict[str, bytes]:
    from collis.report.validation import validation_pdf
    from collis.report.validation_page import validation_html

    with working("Drawing the report"):
        return {
            f"{NAME}.html": validation_html(found, on=on).encode(),
            f"{NAME}.pdf": validation_pdf(found, on=on),
        }


@contextmanager
def _counting(people: int) -> Iterator[Callable[[], None]]:
    """A bar on standard error that moves by one person at a time; silent where nobody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Foretelling patients" if people else "Scoring arms", total=people or None)
        yield lambda: progress.advance(task)
