"""`collis trial`: designs are checked and played on virtual patients, runs are reported, sizes are searched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from collis.cli import cohort as public_cohort
from collis.cli.printing import colour, show, show_json, width, working, write_files
from collis.errors import BadInput

if TYPE_CHECKING:
    from collis.runs.execute import Engine, Progress
    from collis.runs.job import Job
    from collis.trials.analyse import Analysis
    from collis.trials.design import Design
    from collis.trials.power import Search
    from collis.trials.questions import Question

ENGINES = ("serial", "processes", "dask")
BANNER = "Virtual patients, not clinical evidence."
POOL, PLANNED_POOL = 20_000, 1_000

commands = typer.Typer(
    help=f"Virtual trials: check a design, run it, report it, search its size. {BANNER}",
    no_args_is_help=True,
    rich_markup_mode=None,
)

DesignFile = Annotated[
    Path, typer.Argument(metavar="DESIGN", help="A design (*.trial.toml).", show_default=False)
]
Patients = Annotated[
    int | None,
    typer.Option("--patients", min=1, help="How many people; the design's own number unless given."),
]
EngineName = Annotated[str, typer.Option("--engine", help="serial, processes or dask.")]
Address = Annotated[
    str | None,
    typer.Option("--address", help="The scheduler of a Dask cluster, tcp://host:8786.", show_default=False),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", min=1, help="How many processes; all processors unless given.", show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON instead of text.")]


@commands.command("check")
def check(design: DesignFile) -> None:
    """Read a design and say it in words; every slip is named with its line."""
    from collis.trials.asking import design_words

    opened = _design(design)
    for sentence in design_words(opened):
        show(f"{sentence}\n")
    show(f"\nThe design can be played. {BANNER}\n")


@commands.command("run")
def run(
    design: DesignFile,
    out: Annotated[
        Path,
        typer.Option(
            "--out", help="The directory of the run: new, or one to go on with.", show_default=False
        ),
    ],
    patients: Patients = None,
    engine: EngineName = "serial",
    address: Address = None,
    workers: Workers = None,
) -> None:
    """Play a design on virtual patients and keep every table in a directory.

    Stopped at any moment, the same command goes on from the finished shards. A run is never mixed with another design
    or other versions.
    """
    from collis.runs.job import RunStopped
    from collis.runs.store import Store
    from collis.trials.asking import job_for

    opened = _design(design)
    with working("Reading what is known"):
        job = job_for(opened, people=patients or opened.people.count)
    store = Store(out)
    try:
        told = _execute(job, store, engine, address, workers)
    except KeyboardInterrupt:
        raise RunStopped(
            f"Stopped. What is finished stays in {out}; the same command goes on from there."
        ) from None
    show(f"{told} Written: {out}\n{BANNER} Next: collis trial report {out}\n")


@commands.command("report")
def report(
    folder: Annotated[
        Path, typer.Argument(metavar="RUN", help="The directory of a finished run.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Write the page and the PDF into this folder; the run's own unless given."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Analyse a finished run: what was found, as text, a page and a PDF."""
    found = _analysed(folder)
    on = datetime.now(tz=UTC).date()
    written = []
    if not as_json or out is not None:
        from collis.report.trial import trial_html, trial_pdf

        with working("Drawing the report"):
            files = {"report.html": trial_html(found, on=on).encode(), "report.pdf": trial_pdf(found, on=on)}
        written = write_files(folder if out is None else out, files)
    if as_json:
        from collis.report.json import dumped
        from collis.report.trial_document import trial_document

        show_json(dumped(trial_document(found)))
        return
    from collis.report.trial_text import trial_text

    show(trial_text(found, on=on, width=width(), colour=colour()))
    for path in written:
        show(f"Written: {path}\n")


@commands.command("power")
def power(
    design: DesignFile,
    wanted: Annotated[
        float, typer.Option("--wanted", min=1, max=99, help="The power to be reached, in percent.")
    ] = 80.0,
    trials: Annotated[
        int, typer.Option("--trials", min=100, help="How many trials are played for a size.")
    ] = 2000,
    patients: Annotated[
        int | None,
        typer.Option(
            "--patients", min=400, help="How many people the trials are drawn from.", show_default=False
        ),
    ] = None,
    engine: EngineName = "processes",
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Search the number of people that tells the arms apart at the primary end point.

    People are simulated once by the design; thousands of trials of each size are then drawn from them.
    """
    from collis.report.trial_power import power_document, power_text
    from collis.trials.asking import job_for, question_of

    opened = _design(design)
    question = question_of(opened)
    count = patients or (PLANNED_POOL if any(arm.per_patient for arm in opened.arms) else POOL)
    found: dict[str, Search] = {}
    with TemporaryDirectory(prefix="collis-power-") as place:
        from collis.runs.store import Store
        from collis.trials.power import pool_of, search
        from collis.trials.records import open_records

        _execute(job_for(_in_shards(opened, count), people=count), Store(place), engine, None, workers)
        with open_records(Path(place)) as records, _saying("Playing trials") as tick:
            for arm in question.compared or question.arms[:1]:
                pool = pool_of(records, question, arm=arm)
                found[arm] = search(
                    pool,
                    wanted=wanted / 100.0,
                    trials=trials,
                    alpha=question.alpha,
                    seed=opened.seed,
                    tick=tick,
                )
    if as_json:
        from collis.report.json import dumped

        show_json(dumped(power_document(question, found, people=count)))
    else:
        show(power_text(question, found, people=count, width=width(), colour=colour()))


def _design(path: Path) -> Design:
    from collis.trials.reading import read_design

    return read_design(path)


def _in_shards(design: Design, count: int) -> Design:
    """The design with shards small enough to be shared among a few workers: its people are for this search alone."""
    from dataclasses import replace

    return replace(design, run=replace(design.run, shard=min(design.run.shard, max(count // 8, 1))))


def _engine(name: str) -> Engine:
    match name:
        case "serial" | "processes" | "dask":
            return name
        case _:
            raise BadInput(where="--engine", read=repr(name), expected=f"one of {', '.join(ENGINES)}")


def _execute(job: Job, store: object, engine: str, address: str | None, workers: int | None) -> str:
    """Carry a job out under a bar; what was done as a sentence."""
    from collis.runs.execute import execute
    from collis.runs.store import Store

    assert isinstance(store, Store)
    chosen = _engine(engine)
    with _bar(job) as (progress, say):
        done = execute(
            job, store, engine=chosen, address=address, workers=workers, progress=progress, say=say
        )
    people = min(done.computed * job.shard_size, _people(job))
    kept = f" {done.kept} shards were there already." if done.kept else ""
    rate = people / done.seconds if done.seconds > 0 else 0.0
    return f"{people:,} people in {done.seconds:.1f} s ({rate:,.0f} a second).{kept}"


def _people(job: Job) -> int:
    from collis.trials.reading import design_of

    return design_of(job.design).people.count


@contextmanager
def _bar(job: Job) -> Iterator[tuple[Progress, Callable[[str], None]]]:
    """A bar on standard error with people, rate and time left; silent where nobody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[rate]}"),
    )
    console = Console(stderr=True)
    people = _people(job)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(f"{people:,} virtual patients", total=job.shards, rate="")

        def move(done: int, _shards: int, rate: float, left: float | None) -> None:
            until = "" if left is None else f", {left:.0f} s left"
            shown.update(task, completed=done, rate=f"{rate:,.0f} a second{until}" if rate else "")

        yield move, lambda sentence: console.print(sentence, markup=False, highlight=False)


@contextmanager
def _saying(what: str) -> Iterator[Callable[[str], None]]:
    """A line on standard error that says what is being done; silent where nobody watches."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(what) as status:
        yield lambda said: status.update(f"{what}: {said}")


def _analysed(folder: Path) -> Analysis:
    from collis.trials.analyse import analyse
    from collis.trials.records import open_records

    with open_records(folder) as records, _saying("Analysing") as tick:
        return analyse(records, _question(records.manifest), tick=tick)


def _question(manifest: object) -> Question:
    from collections.abc import Mapping

    from collis.trials.asking import question_of_run

    assert isinstance(manifest, Mapping)
    return question_of_run(manifest)


commands.command("cohort")(public_cohort.cohort)
commands.command("score")(public_cohort.score)
