"""Finds the studies (or benchmarks) of a folder, runs them behind a progress bar, and records what came out.

A study is a module with

* a docstring whose first line is its title,
* `PATHS`, the code and knowledge its figures depend on,
* `run(thin: bool) -> Sequence[Measure]`; thin is a few seconds' worth, for `make test`, and is never recorded,
* `SEED` where chance is involved,
* `NEEDS` where it asks for places outside the project: names of make variables, such as ("PATIENTS",).
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from studies.record import ROOT, Measure, write_record

HARNESS = frozenset({"__main__", "harness", "record"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """One study found in a folder."""

    name: str
    title: str
    paths: tuple[str, ...]
    seed: int | None
    needs: tuple[str, ...] = ()
    run: Callable[[bool], Sequence[Measure]]


def discover(package: str) -> list[Study]:
    """Every study of a package, by name. Raises `AttributeError` where a module lacks its `run` or `PATHS`."""
    found = []
    for info in sorted(pkgutil.iter_modules([str(ROOT / package)]), key=lambda info: info.name):
        if info.ispkg or info.name in HARNESS:
            continue
        module = importlib.import_module(f"{package}.{info.name}")
        found.append(
            Study(
                name=info.name,
                title=(module.__doc__ or info.name).strip().splitlines()[0].rstrip("."),
                paths=tuple(module.PATHS),
                seed=getattr(module, "SEED", None),
                needs=tuple(getattr(module, "NEEDS", ())),
                run=module.run,
            )
        )
    return found


def chosen(studies: Sequence[Study], names: Sequence[str]) -> list[Study]:
    """The studies named, or all of them when none is. Raises `SystemExit` at a name that is none."""
    known = {study.name: study for study in studies}
    if wrong := [name for name in names if name not in known]:
        raise SystemExit(f"read {', '.join(wrong)}; expected one of: {', '.join(known) or 'there are none'}")
    return [known[name] for name in names] if names else list(studies)


def command(verb: str, study: Study) -> str:
    """The line that measures a study again; what it needs from outside stands as an ellipsis, never as a path."""
    return " ".join([f"make {verb} NAME={study.name}", *(f"{name}=…" for name in study.needs)])


def show(console: Console, study: Study, measures: Sequence[Measure]) -> None:
    """Print a study's figures, one line each."""
    for measure in measures:
        word = "[green]met[/]  " if measure.met else "[red]SHORT[/]"
        figure = f"{measure.figure:.6g}" if isinstance(measure.figure, float) else str(measure.figure)
        head = escape(f"{study.name}: {measure.name}: {figure} {measure.unit}".rstrip())
        console.print(f"  {word} {head} [dim](bar: {escape(measure.bar)})[/]")


def main(package: str, verb: str, argv: Sequence[str] | None = None) -> int:
    """Run the studies of `package` for the make verb `verb`; 1 if a figure falls short of its bar."""
    parser = argparse.ArgumentParser(prog=f"python -m {package}")
    parser.add_argument("names", nargs="*", help="which to run; all when none is named")
    parser.add_argument("--thin", action="store_true", help="a few seconds' worth, nothing recorded")
    parser.add_argument("--list", action="store_true", help="list them and stop")
    options = parser.parse_args(argv)
    studies = chosen(discover(package), options.names)
    console = Console()
    if options.list:
        for study in studies:
            console.print(f"{study.name}: {study.title}")
        return 0
    short = False
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(package, total=len(studies))
        for study in studies:
            progress.update(task, description=study.title)
            measures = study.run(options.thin)
            show(console, study, measures)
            short = short or not all(measure.met for measure in measures)
            if not options.thin:
                write_record(
                    study=study.name,
                    title=study.title,
                    measures=measures,
                    paths=study.paths,
                    seed=study.seed,
                    day=datetime.now(tz=UTC).date(),
                    command=command(verb, study),
                )
            progress.advance(task)
    return 1 if short else 0
