"""The commands: each reads a case, asks `collis.api`, and shows the value that comes back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click
import typer
from typer.core import TyperGroup

from collis.cli import BAD_INPUT, DONE, REFUSED
from collis.cli.cost import cost
from collis.cli.drawup import drawup
from collis.cli.knowledge import commands as knowledge_commands
from collis.cli.letter import letter
from collis.cli.neck import commands as neck_commands
from collis.cli.printing import (
    colour,
    drop_stale,
    is_example,
    show,
    show_json,
    stem,
    width,
    working,
    write_files,
)
from collis.cli.sheet import sheet
from collis.cli.trial import commands as trial_commands
from collis.cli.validate import validate
from collis.errors import BadInput
from collis.knowledge.names import PRODUCTS, Region

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

    from collis.api import Consultation
    from collis.case.case import Case

EXIT_CODES = (
    f"Exit codes: {DONE} done, {BAD_INPUT} bad input (said in a sentence on standard error), "
    f"{REFUSED} refused by the screen or the gate, 1 an error of Collis itself."
)


class Commands(TyperGroup):
    """Our own commands, and those other packages join by the entry point group `collis.commands`.

    Theirs are looked for only when a name is not ours or the list is shown, so that a plan waits for none of them.
    """

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or _joined(cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        ours = super().list_commands(ctx)
        return [*ours, *sorted({entry.name for entry in _entries()} - set(ours))]


def _entries() -> EntryPoints:
    from importlib.metadata import entry_points

    return entry_points(group="collis.commands")


def _joined(name: str) -> click.Command | None:
    for entry in _entries():
        if entry.name == name:
            try:
                return typer.main.get_command(entry.load())
            except ImportError:  # the package is there, what it needs is not
                return None
    return None


app = typer.Typer(
    name="collis",
    cls=Commands,
    help=f"Decision support for botulinum-toxin treatment of cervical dystonia. The clinician decides.\n\n{EXIT_CODES}",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

CaseFile = Annotated[
    Path, typer.Argument(metavar="CASE", help="A case file (*.case.toml).", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON instead of text.")]
Product = Annotated[
    str | None, typer.Option("--product", help="Use this product instead of the one requested.")
]
RegionName = Annotated[
    str | None, typer.Option("--region", help="Use the label of this region: US, EU, UK or JP.")
]
Out = Annotated[
    Path | None,
    typer.Option("--out", help="Write the PDF, JSON and chart into this folder.", show_default=False),
]
Pages = Annotated[
    Path | None,
    typer.Option("--out", help="Write a page for each forecast into this folder.", show_default=False),
]
Choose = Annotated[
    str | None,
    typer.Option("--choose", help="One candidate by name, such as balanced.", show_default=False),
]


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        from collis.knowledge.load import load

        show(f"collis {version('collis')}, knowledge {load().version}\n")
        raise typer.Exit


@app.callback()
def _root(
    asked: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the versions and leave."),
    ] = False,
) -> None:
    pass


def _open(path: Path, product: str | None = None, region: str | None = None) -> Case:
    from collis import api

    if product is not None:
        product = _known("--product", product, PRODUCTS)
    if region is not None:
        region = _known("--region", region, [known.value for known in Region])
    return api.open_case(path, product=product, region=region)


def _known(option: str, read: str, names: Sequence[str]) -> str:
    """The name as Collis writes it; an unknown one is refused with the nearest that exists."""
    from difflib import get_close_matches

    by_small = {name.lower(): name for name in names}
    small = read.strip().lower()
    if small in by_small:
        return by_small[small]
    near = get_close_matches(small, by_small, n=1, cutoff=0.4)
    raise BadInput(
        where=option,
        read=repr(read),
        expected=f"one of {', '.join(names)}",
        mend=f"Did you mean {by_small[near[0]]}?" if near else "",
    )


def _leave(code: int) -> None:
    if code != DONE:
        raise typer.Exit(code)


@app.command()
def plan(
    case: CaseFile,
    out: Out = None,
    product: Product = None,
    region: RegionName = None,
    as_json: AsJson = False,
) -> None:
    """Screen, rank, propose, judge and forecast: the candidates side by side.

    Leaves with 3 only when no candidate passes, or when the screen says stop or hold; "cannot judge yet" is shown
    as such and is no refusal here.
    """
    from collis import api

    opened = _open(case, product, region)
    with working("Planning"):
        answer = api.consult(opened)
    files = _files(case, answer) if out is not None else {}
    removed = drop_stale(out, [f"{stem(case)}.svg", f"{stem(case)}.pdf"], files) if out is not None else []
    written = write_files(out, files) if out is not None else []
    if as_json:
        from collis.report.json import consultation_document, dumped

        show_json(dumped(consultation_document(answer)))
    else:
        show(_plan_text(case, answer))
        for path in removed:
            show(f"Removed, since it no longer holds: {path}\n")
        for path in written:
            note = " (it says that there is no plan)" if not answer.offers and path.suffix == ".pdf" else ""
            show(f"Written: {path}{note}\n")
    _leave(DONE if answer.any_passes else REFUSED)


def _plan_text(case: Path, answer: Consultation) -> str:
    from collis.report.screening import screening_text, stands_in_the_way
    from collis.report.text import consultation_text

    if stands_in_the_way(answer.screening):
        return screening_text(answer.screening, width=width(), colour=colour(), case=answer.case)
    return consultation_text(answer, width=width(), colour=colour(), example=is_example(case))


def _files(case: Path, answer: Consultation) -> dict[str, bytes]:
    """The page, the document and the chart; without candidates the document and a page that says there is no plan."""
    from collis.report.json import consultation_document, dumped

    name = stem(case)
    files = {f"{name}.json": dumped(consultation_document(answer)).encode()}
    if answer.offers:
        from collis.report.comparison import comparison_pdf
        from collis.report.side_by_side import candidates_chart

        with working("Drawing the page"):
            files[f"{name}.pdf"] = comparison_pdf(answer, example=is_example(case))
            files[f"{name}.svg"] = candidates_chart(answer).svg().encode()
    else:
        from collis.report.no_plan import no_plan_pdf

        with working("Drawing the page"):
            files[f"{name}.pdf"] = no_plan_pdf(answer, example=is_example(case))
    return dict(sorted(files.items(), key=lambda item: not item[0].endswith(".pdf")))


@app.command()
def screen(case: CaseFile, as_json: AsJson = False) -> None:
    """What must be ruled out or cleared before a plan is made. Leaves with 3 on stop and on hold."""
    from collis import api
    from collis.report.screening import screening_text, stands_in_the_way

    opened = _open(case)
    screening = api.screen(opened)
    if as_json:
        from collis.report.json import dumped, screening_document

        show_json(dumped(screening_document(screening)))
    else:
        show(screening_text(screening, width=width(), colour=colour(), case=opened))
    _leave(REFUSED if stands_in_the_way(screening) else DONE)


@app.command()
def muscles(case: CaseFile, as_json: AsJson = False) -> None:
    """The muscles that may drive the posture, in rank order, with reasons for and against."""
    from collis import api

    ranking = api.rank_muscles(_open(case))
    if as_json:
        from collis.report.json import dumped, ranking_document

        show_json(dumped(ranking_document(ranking)))
    else:
        from collis.report.text import ranking_text

        show(ranking_text(ranking, width=width(), colour=colour()))


@app.command()
def propose(
    case: CaseFile, product: Product = None, region: RegionName = None, as_json: AsJson = False
) -> None:
    """The candidate plans with the reason of every line, not yet judged by the gate."""
    from collis import api

    opened = _open(case, product, region)
    with working("Planning"):
        proposal = api.propose(opened)
    if as_json:
        from collis.report.json import dumped, proposal_document

        show_json(dumped(proposal_document(proposal)))
    else:
        from collis.report.text import proposal_text

        show(proposal_text(proposal, width=width(), colour=colour()))
    _leave(DONE if proposal.candidates else REFUSED)


@app.command()
def check(
    case: CaseFile, product: Product = None, region: RegionName = None, as_json: AsJson = False
) -> None:
    """The verdict of the gate on the plan typed in the case file under [[request.plan]].

    Leaves with 3 when the plan is refused and when it cannot be judged yet.
    """
    from collis import api
    from collis.reasons import Level

    opened = _open(case, product, region)
    typed = opened.request.plan
    if typed is None:
        raise BadInput(
            file=str(case),
            where="request.plan",
            read="nothing",
            expected="the plan to be checked",
            mend="Write each line under [[request.plan]]; docs/case-file.md shows how.",
        )
    if product is not None and typed.product != opened.request.product:
        raise BadInput(
            where="--product",
            read=repr(product),
            expected=f"{typed.product}: typed Units belong to {typed.product}",
            mend="No factor turns them into Units of another product; type a plan in Units of that product.",
        )
    checked = api.check(typed, opened)
    if as_json:
        from collis.report.json import checked_document, dumped

        show_json(dumped(checked_document(checked)))
    else:
        from collis.report.text import checked_text

        show(checked_text(checked, width=width(), colour=colour()))
    _leave(REFUSED if checked.verdict.level in (Level.REFUSE, Level.CANNOT_JUDGE) else DONE)


@app.command()
def predict(
    case: CaseFile,
    choose: Choose = None,
    product: Product = None,
    region: RegionName = None,
    out: Pages = None,
    as_json: AsJson = False,
) -> None:
    """The expected course by week: of the plan typed in the case file, or of each candidate.

    A refused plan is forecast too and said to be refused; leaves with 3 when nothing was forecast that passes. With
    --out each plan gets a printed page: curve, dates, parts, side effects, where the Units go.
    """
    from collis.cli.forecasts import forecasts_of, pages_of

    opened = _open(case, product, region)
    with working("Forecasting"):
        found = forecasts_of(opened, choose)
        written = [] if out is None else write_files(out, pages_of(found, opened, stem(case)))
    if as_json:
        from collis.report.json import dumped, forecast_document

        documents = [
            {"level": checked.verdict.level.value, **forecast_document(forecast)}
            for checked, forecast in found
        ]
        show_json(dumped({"forecasts": documents}))
    else:
        from collis.report.forecast_text import forecast_text
        from collis.report.terminal import state_words

        for checked, forecast in found:
            show(forecast_text(forecast, width=width(), colour=colour()))
            show(f"Verdict: {state_words(checked.verdict)}\n\n")
        for path in written:
            show(f"Written: {path}\n")
    _leave(DONE if any(checked.passes for checked, _ in found) else REFUSED)


app.command()(drawup)
app.command()(cost)
app.command()(letter)
app.command()(sheet)
app.command()(validate)
app.add_typer(knowledge_commands, name="knowledge")
app.add_typer(neck_commands, name="neck")
app.add_typer(trial_commands, name="trial")
