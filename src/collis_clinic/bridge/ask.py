"""Asking the science, and keeping what it answered.

Every function takes a visit's case (see `cases.case_of`) and returns a value of `collis.api`; the `stored_` ones also
write a `PlanRecord` and return both.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any, Generic, TypeVar

from collis import api
from collis.billing.authorisation import Authorisation
from collis.billing.estimate import Cost
from collis.billing.share import NoPriceData
from collis.case.case import Case
from collis.case.files import write_case
from collis.case.plan import Plan
from collis.case.preparation import Preparation
from collis.course.parameters import MuscleRanking
from collis.report.json import checked_document, consultation_document
from collis_clinic.audit.entries import canonical
from collis_clinic.bridge.cases import case_of
from collis_clinic.records.models import PlanRecord, Visit

Answer = TypeVar("Answer")

screen = api.screen
consult = api.consult
propose = api.propose
check = api.check
forecast = api.forecast
prepare = api.prepare


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept(Generic[Answer]):
    """An answer of the science and the record kept of it."""

    answer: Answer
    record: PlanRecord


def muscles(case: Case) -> MuscleRanking:
    """The muscle-sides that may drive the posture, with reasons."""
    return api.rank_muscles(case)


def cost(checked: Any, case: Case, drawup: Any, *, payer: str = "medicare") -> Cost | NoPriceData:
    """Claim and patient's share of a plan drawn up."""
    return api.cost(checked, case, api.supply_of(drawup), payer=payer)


def authorisation(checked: Any, case: Case, *, payer: str = "medicare") -> Authorisation:
    """What a letter to a payer says."""
    return api.authorisation(checked, case, payer=payer)


def knowledge_version(case: Case) -> str:
    """The version of the knowledge that holds on the day of the case."""
    return api.knowledge_for(case).version


def stored_consult(visit: Visit, *, case: Case | None = None) -> Kept[api.Consultation]:
    """The whole consultation of a visit, kept."""
    asked = case_of(visit) if case is None else case
    answer = api.consult(asked)
    level = "allow" if answer.any_passes else "refuse"
    return Kept(answer=answer, record=keep(visit, "consult", asked, {}, consultation_document(answer), level))


def stored_check(
    visit: Visit, plan: Plan, *, preparation: Preparation | None = None, case: Case | None = None
) -> Kept[Any]:
    """The verdict on one plan of a visit, with its preparation if there is one, kept: a `CheckedPlan`."""
    asked = case_of(visit, product=plan.product) if case is None else case
    asked = replace(asked, request=replace(asked.request, plan=plan, preparation=preparation))
    answer = api.check(plan, asked, preparation)
    document = checked_document(answer)
    return Kept(answer=answer, record=keep(visit, "check", asked, {}, document, answer.verdict.level.value))


def keep(
    visit: Visit, kind: str, case: Case, request: dict[str, Any], result: dict[str, Any], level: str
) -> PlanRecord:
    """Write one record: the case without identity, what was asked, with what, and the answer."""
    answer = stored_form(result)
    record = PlanRecord(
        visit=visit,
        kind=kind,
        case_document=write_case(case),
        request=request,
        program_version=version("collis"),
        knowledge_version=knowledge_version(case),
        seed=api.SEED,
        level=level,
        result=answer,
        digest=digest_of(answer),
    )
    record.save(action="plan")
    return record


def stored_form(result: dict[str, Any]) -> dict[str, Any]:
    """An answer as every database gives it back: no minus before a nought."""
    form: dict[str, Any] = json.loads(json.dumps(result), parse_float=lambda text: float(text) + 0.0)
    return form


def digest_of(result: dict[str, Any]) -> str:
    """The fingerprint of an answer."""
    return hashlib.sha256(canonical(result)).hexdigest()
