"""`collis drawup`: how one plan is mixed, drawn into syringes and labelled."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from collis.cli import REFUSED
from collis.cli.printing import colour, show, show_json, width
from collis.errors import BadInput
from collis.reasons import Level


def drawup(
    case: Annotated[
        Path, typer.Argument(metavar="CASE", help="A case file (*.case.toml).", show_default=False)
    ],
    choose: Annotated[
        str | None,
        typer.Option("--choose", help="One candidate by name, such as balanced.", show_default=False),
    ] = None,
    row: Annotated[
        str | None,
        typer.Option("--row", help="The dilution: vial Units / mL, such as 200/2.", show_default=False),
    ] = None,
    syringe: Annotated[
        str | None, typer.Option("--syringe", help="The kind of syringe, such as 1_ml.", show_default=False)
    ] = None,
    gs1: Annotated[
        list[str] | None,
        typer.Option(
            "--gs1", help="The code of a vial, scanned or typed; once for each vial.", show_default=False
        ),
    ] = None,
    mixed_at: Annotated[
        str | None, typer.Option("--mixed-at", help="Day and time of mixing, as 2026-11-10T09:30.")
    ] = None,
    injected_at: Annotated[
        str | None, typer.Option("--injected-at", help="Day and time of injection, as 2026-11-10T10:00.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the answer as JSON instead of text.")
    ] = False,
) -> None:
    """How a plan is drawn up: vials, diluent, syringes, marks, what is discarded.

    A preparation typed in the case is used as it stands. Leaves with 3 where the gate refuses the plan, or the plan
    as it was prepared; one that cannot be judged yet is drawn up, marked so, and leaves with 0.
    """
    from collis import api
    from collis.cli.chosen import chosen_plan
    from collis.cli.preparing import prepare
    from collis.report.drawup import drawup_document, drawup_text
    from collis.report.json import dumped

    times = _moment("--mixed-at", mixed_at), _moment("--injected-at", injected_at)
    opened = api.open_case(case)
    checked = chosen_plan(opened, choose)
    labels = [api.read_vial(code, opened) for code in gs1 or ()]
    answer = prepare(
        checked, opened, row=row, syringe=syringe, labels=labels, mixed_at=times[0], injected_at=times[1]
    )
    if as_json:
        show_json(dumped(drawup_document(answer)))
    else:
        show(drawup_text(answer, width=width(), colour=colour()))
        if checked.verdict.level is Level.CANNOT_JUDGE:
            show("\nNot ready to sign: the gate cannot judge this plan yet; ask what it names.\n")
    if not answer.checked.passes:
        raise typer.Exit(REFUSED)


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            where=option, read=repr(text), expected="a day and time, such as 2026-11-10T09:30"
        ) from None
