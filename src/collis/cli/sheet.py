"""`collis sheet`: the pages a session works from, as PDF files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collis.cli import REFUSED
from collis.cli.printing import colour, drop_stale, is_example, show, stem, width, working, write_files
from collis.errors import BadInput
from collis.reasons import Level

if TYPE_CHECKING:
    from collis.api import Consultation, Offer, Prepared
    from collis.case.case import Case
    from collis.report.preparing import NotPrepared


def sheet(
    case: Annotated[
        Path, typer.Argument(metavar="CASE", help="A case file (*.case.toml).", show_default=False)
    ],
    choose: Annotated[
        str | None,
        typer.Option("--choose", help="One candidate by name, such as balanced.", show_default=False),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Write the PDF files into this folder.")] = Path(),
    row: Annotated[
        str | None,
        typer.Option("--row", help="The dilution: vial Units / mL, such as 200/2.", show_default=False),
    ] = None,
    gs1: Annotated[
        list[str] | None,
        typer.Option(
            "--gs1", help="The code of a vial, scanned or typed; once for each vial.", show_default=False
        ),
    ] = None,
) -> None:
    """Print one plan: the injection sheet with labels and draw-up checklist, and the page for the patient.

    Without --choose the plan typed in the case file is printed. Leaves with 3 where the gate refuses the plan; one
    that cannot be judged yet is printed, says so, and leaves with 0. A preparation typed in the case is used as it
    stands. Pages printed earlier of a plan that may no longer be given are removed.
    """
    from collis import api
    from collis.report.grid import heading_of
    from collis.report.patient_page import patient_pdf
    from collis.report.sheet import sheet_pdf

    opened = api.open_case(case)
    with working("Planning"):
        answer = api.consult(opened)
    plan = "as-typed" if choose is None else _key(choose).replace("_", "-")
    stale = [f"{stem(case)}-{plan}-{page}.pdf" for page in ("sheet", "patient")]
    try:
        offer = _chosen(answer, choose)
        prepared = _prepared(offer, opened, row, gs1 or [])
    except typer.Exit:
        for path in drop_stale(out, stale, {}):
            show(f"Removed, since it no longer holds: {path}\n")
        raise
    name = f"{stem(case)}-{heading_of(offer).lower().replace(' ', '-')}"
    example = is_example(case)
    with working("Drawing the pages"):
        files = {
            f"{name}-sheet.pdf": sheet_pdf(answer, offer, prepared, example=example),
            f"{name}-patient.pdf": patient_pdf(answer, offer, prepared, example=example),
        }
    for path in write_files(out, files):
        show(f"Written: {path}\n")
    if offer.checked.verdict.level is Level.CANNOT_JUDGE:
        show("Not ready to sign: the gate cannot judge this plan yet. The sheet names what is to be asked.\n")


def _chosen(answer: Consultation, choose: str | None) -> Offer:
    """The candidate named or the typed plan; leaves with 3 where the screen or the gate stands in the way."""
    from collis.cli.chosen import no_choice
    from collis.report.screening import screening_text, stands_in_the_way
    from collis.report.sheet import typed_offer

    typed = answer.case.request.plan
    if stands_in_the_way(answer.screening):
        show(screening_text(answer.screening, width=width(), colour=colour(), case=answer.case))
        raise typer.Exit(REFUSED)
    if choose is None and typed is not None:
        return _passing(typed_offer(answer, typed))
    names = ", ".join(offer.key.value for offer in answer.offers) or "none: nothing is offered"
    if choose is None and answer.offers:
        raise no_choice([offer.key.value for offer in answer.offers])
    wanted = _key(choose or "")
    found = next((offer for offer in answer.offers if offer.key.value == wanted), None)
    if found is None:
        read = "nothing" if choose is None else repr(choose)
        raise BadInput(where="--choose", read=read, expected=f"one of {names}")
    return _passing(found)


def _key(choose: str) -> str:
    return choose.strip().lower().replace(" ", "_").replace("-", "_")


def _passing(offer: Offer) -> Offer:
    if not offer.checked.passes:
        from collis.report.text import checked_text

        show(checked_text(offer.checked, width=width(), colour=colour()))
        raise typer.Exit(REFUSED)
    return offer


def _prepared(offer: Offer, case: Case, row: str | None, codes: list[str]) -> Prepared | NotPrepared:
    """The draw-up; without a way to draw the plan up, and none asked for, the volumes are left to be written in."""
    from collis import api
    from collis.cli.preparing import prepare
    from collis.report.preparing import NotPrepared
    from collis.report.text import checked_text

    labels = [api.read_vial(code, case) for code in codes]
    try:
        prepared = prepare(offer.checked, case, row=row, labels=labels)
    except BadInput as error:
        if row is not None or labels or case.request.preparation is not None:
            raise
        return NotPrepared(why=error.sentence())
    if not prepared.checked.passes:
        show(checked_text(prepared.checked, width=width(), colour=colour()))
        raise typer.Exit(REFUSED)
    return prepared
