"""`collis cost`: the claim of one plan, what is allowed for it, and what the patient pays in a year."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from collis.cli.printing import colour, show, show_json, width

Payer = Annotated[str, typer.Option("--payer", help="The payer, such as medicare.")]


def cost(
    case: Annotated[
        Path, typer.Argument(metavar="CASE", help="A case file (*.case.toml).", show_default=False)
    ],
    choose: Annotated[
        str | None,
        typer.Option("--choose", help="One candidate by name, such as balanced.", show_default=False),
    ] = None,
    payer: Payer = "medicare",
    facility: Annotated[
        bool, typer.Option("--facility", help="Given in a hospital clinic, not an office.")
    ] = False,
    image_stored: Annotated[
        bool, typer.Option("--image-stored", help="An ultrasound image was kept in the record.")
    ] = False,
    visit_code: Annotated[
        str, typer.Option("--visit-code", help="Your code of a visit on the same day, beyond the injection.")
    ] = "",
    rate: Annotated[
        str | None,
        typer.Option("--rate", help="Your contract's dollars for one billing unit.", show_default=False),
    ] = None,
    fee: Annotated[
        str | None, typer.Option("--fee", help="Your contract's dollars for one side.", show_default=False)
    ] = None,
    deductible: Annotated[
        str | None, typer.Option("--deductible", help="Dollars of the plan's year.", show_default=False)
    ] = None,
    coinsurance: Annotated[
        str | None, typer.Option("--coinsurance", help="Percent after the deductible.", show_default=False)
    ] = None,
    maximum: Annotated[
        str | None,
        typer.Option("--maximum", help="The most the patient pays in the year.", show_default=False),
    ] = None,
    sessions: Annotated[
        int | None, typer.Option("--sessions", help="Sessions in the year.", show_default=False)
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the answer as JSON instead of text.")
    ] = False,
) -> None:
    """What a plan costs: claim lines, allowed amounts, the patient's share of a year. An estimate, dated.

    Outside the region of the prices it says that there is no price data. Leaves with 3 where the gate refuses.
    """
    from collis import api
    from collis.billing.estimate import Circumstances
    from collis.billing.share import Benefit, Rates
    from collis.cli.chosen import chosen_plan
    from collis.cli.preparing import prepare
    from collis.knowledge.prices import Setting
    from collis.report.cost import cost_document, cost_text
    from collis.report.drawup import discarded_words
    from collis.report.json import dumped

    opened = api.open_case(case)
    knowledge = api.knowledge_for(opened)
    knowledge.payer(payer)
    checked = chosen_plan(opened, choose)
    benefit = None
    if deductible is not None or coinsurance is not None or maximum is not None:
        benefit = Benefit(
            deductible=_amount("--deductible", deductible) or Decimal(0),
            coinsurance=(_amount("--coinsurance", coinsurance) or Decimal(0)) / 100,
            out_of_pocket_maximum=_amount("--maximum", maximum),
        )
    per_unit, per_side = _amount("--rate", rate), _amount("--fee", fee)
    fees = {} if per_side is None else {knowledge.codes.procedure.key: per_side}
    drawn = prepare(checked, opened).drawup
    answer = api.cost(
        checked,
        opened,
        api.supply_of(drawn),
        payer=payer,
        circumstances=Circumstances(
            setting=Setting.FACILITY if facility else Setting.OFFICE,
            image_stored=image_stored,
            visit_code=visit_code,
            rates=None if per_unit is None else Rates(per_billing_unit=per_unit, fees=fees),
            benefit=benefit,
            sessions=sessions,
        ),
    )
    if as_json:
        show_json(dumped(cost_document(answer)))
    else:
        show(cost_text(answer, width=width(), colour=colour(), discarded=discarded_words(drawn)))


def _amount(option: str, text: str | None) -> Decimal | None:
    from collis.errors import BadInput

    if text is None:
        return None
    try:
        return Decimal(text)
    except ArithmeticError:
        raise BadInput(where=option, read=repr(text), expected="a number, such as 283 or 6.506") from None
