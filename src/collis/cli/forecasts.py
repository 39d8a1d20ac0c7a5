"""Which plans `collis predict` forecasts: the typed one, the chosen candidate, or every candidate."""

from __future__ import annotations

import re
from collections.abc import Sequence

from collis import api
from collis.case.case import Case
from collis.course.forecast import Forecast
from collis.errors import BadInput
from collis.planning.candidate import CandidateKey
from collis.safety.verdict import CheckedPlan


def pages_of(found: Sequence[tuple[CheckedPlan, Forecast]], case: Case, stem: str) -> dict[str, bytes]:
    """A printed page for each forecast plan, by file name."""
    from collis.report.forecast_page import forecast_pdf

    return {
        f"{stem}.{_as_name(checked.plan.name)}.forecast.pdf": forecast_pdf(
            checked, forecast, api.reached(checked.plan, case), case
        )
        for checked, forecast in found
    }


def _as_name(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "plan"


def forecasts_of(case: Case, choose: str | None) -> list[tuple[CheckedPlan, Forecast]]:
    """The plans with their verdict and forecast. A typed plan is set against the last session where there is one."""
    if case.request.plan is not None and choose is None:
        typed = case.request.plan
        before = next(
            (c.plan for c in api.propose(case).candidates if c.key is CandidateKey.AS_LAST_TIME), None
        )
        return [(api.check(typed, case), api.forecast(typed, case, comparator=before))]
    offers = api.consult(case).offers
    if choose is None:
        return [(offer.checked, offer.forecast) for offer in offers]
    wanted = choose.strip().lower().replace(" ", "_").replace("-", "_")
    found = [(offer.checked, offer.forecast) for offer in offers if offer.key.value == wanted]
    if not found:
        names = ", ".join(offer.key.value for offer in offers)
        raise BadInput(
            where="--choose", read=repr(choose), expected=f"one of {names or 'none: nothing is offered'}"
        )
    return found
