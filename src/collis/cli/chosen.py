"""The one plan a command acts on: the candidate named, or the plan typed in the case file."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from collis import api
from collis.case.case import Case
from collis.cli import REFUSED
from collis.cli.printing import colour, show, width, working
from collis.errors import BadInput
from collis.safety.verdict import CheckedPlan


def chosen_plan(case: Case, choose: str | None) -> CheckedPlan:
    """The plan with its verdict. Leaves with 3, saying why, where nothing is offered or the gate refuses.

    Raises `BadInput` for a name that is none of the candidates', or where nothing is named and nothing typed.
    """
    if choose is None and case.request.plan is not None:
        return _passing(api.check(case.request.plan, case))
    with working("Planning"):
        proposal = api.propose(case)
    if not proposal.candidates:
        from collis.report.text import proposal_text

        show(proposal_text(proposal, width=width(), colour=colour()))
        raise typer.Exit(REFUSED)
    names = ", ".join(candidate.key.value for candidate in proposal.candidates)
    if choose is None:
        raise no_choice([candidate.key.value for candidate in proposal.candidates])
    wanted = choose.strip().lower().replace(" ", "_").replace("-", "_")
    found = next((c for c in proposal.candidates if c.key.value == wanted), None)
    if found is None:
        raise BadInput(where="--choose", read=repr(choose), expected=f"one of {names}")
    return _passing(api.check(found.plan, case))


def no_choice(names: Sequence[str]) -> BadInput:
    """What is said where nothing is named and nothing typed: what to add, and the choices."""
    first = "balanced" if "balanced" in names else names[0]
    return BadInput(
        where="--choose",
        read="nothing",
        expected=f"one of {', '.join(names)}, or a plan typed in the case",
        mend=f"Add --choose {first}.",
    )


def _passing(checked: CheckedPlan) -> CheckedPlan:
    if not checked.passes:
        from collis.report.text import checked_text

        show(checked_text(checked, width=width(), colour=colour()))
        raise typer.Exit(REFUSED)
    return checked
