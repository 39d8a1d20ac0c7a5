"""`collis letter`: the request for authorisation of one plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from collis.cli.cost import Payer
from collis.cli.printing import colour, is_example, show, show_json, stem, width, working, write_files


def letter(
    case: Annotated[
        Path, typer.Argument(metavar="CASE", help="A case file (*.case.toml).", show_default=False)
    ],
    choose: Annotated[
        str | None,
        typer.Option("--choose", help="One candidate by name, such as balanced.", show_default=False),
    ] = None,
    payer: Payer = "medicare",
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the PDF and the text into this folder.", show_default=False),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the answer as JSON instead of text.")
    ] = False,
) -> None:
    """The letter to a payer from the case, and what the payer's checklist still lacks.

    Names, numbers and signature are left blank for the clinic. Leaves with 3 where the gate refuses the plan.
    """
    from collis import api
    from collis.cli.chosen import chosen_plan
    from collis.cli.preparing import prepare
    from collis.report.json import dumped
    from collis.report.letter import letter_document, letter_pdf, letter_text

    opened = api.open_case(case)
    api.knowledge_for(opened).payer(payer)
    checked = chosen_plan(opened, choose)
    supply = api.supply_of(prepare(checked, opened).drawup)
    answer = api.authorisation(checked, opened, payer=payer, billed=supply.opened)
    written: list[Path] = []
    if out is not None:
        with working("Drawing the letter"):
            files = {
                f"{stem(case)}-letter.pdf": letter_pdf(answer, example=is_example(case)),
                f"{stem(case)}-letter.txt": letter_text(answer, width=100).encode(),
            }
        written = write_files(out, files)
    if as_json:
        show_json(dumped(letter_document(answer)))
        return
    show(letter_text(answer, width=width(), colour=colour()))
    for path in written:
        show(f"Written: {path}\n")
