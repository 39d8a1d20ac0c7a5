"""What can be read. Each answer about a patient is opened and entered in the trail like a page."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, TypeVar, cast
from uuid import UUID

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import Field

from collis.units import plain
from collis_clinic.access.gate import requires, user_of
from collis_clinic.access.roles import Action
from collis_clinic.audit.entries import read
from collis_clinic.records import ledger, recall
from collis_clinic.records.models import Assessment, PlanRecord, Session, Task, Visit
from collis_clinic.records.opening import open_patient, open_visit
from collis_clinic.stock.models import Lot, Vial, VialState
from collis_clinic.web.api import shapes

router = Router(tags=["read"])
REFUSED = {401: Any, 403: shapes.Refusal, 404: Any, 422: shapes.Refusal}
PAGE = 50
Start = Annotated[int, Field(ge=0, le=1_000_000)]
Operation = TypeVar("Operation", bound=Callable[..., object])


def acts(action: Action) -> Callable[[Operation], Operation]:
    """The one action of an operation, asked for before it runs, as for pages."""

    def declare(operation: Operation) -> Operation:
        return cast("Operation", requires(action)(cast("Any", operation)))

    return declare


def text(value: Decimal | None) -> str | None:
    """An exact number as text, None where nothing was recorded."""
    return None if value is None else plain(value)


@router.get("/me", response={200: shapes.Me, 401: Any}, url_name="me")
@acts(Action.ACCOUNT_OWN)
def me(request: HttpRequest) -> dict[str, Any]:
    """Who asks, and the token for changes."""
    user = user_of(request)
    return {
        "pseudonym": user.pseudonym,
        "role": user.role,
        "actions": [action.value for action in Action if user.may(action)],
        "csrf_token": get_token(request),
    }


@router.get("/patients/{uuid:patient}", response={200: shapes.PatientOut, **REFUSED}, url_name="patient")
@acts(Action.PATIENT_READ)
def patient_summary(request: HttpRequest, patient: UUID) -> dict[str, Any]:
    """A patient in a few figures."""
    found = open_patient(request, patient, page="api-patient")
    visits = Visit.objects.filter(patient=found)
    given = visits.filter(session__state="signed", session__outcome__in=["given", "partly"])
    return {
        "id": found.pk,
        "code": found.code,
        "region": found.region,
        "sex": found.sex,
        "onset_age_years": found.onset_age_years,
        "restricted": found.restricted,
        "episodes": list(found.episodes.all()),
        "visits": visits.count(),
        "last_session_on": given.order_by("-on").values_list("on", flat=True).first(),
        "open_tasks": Task.objects.filter(patient=found, state="open").count(),
    }


@router.get(
    "/patients/{uuid:patient}/visits", response={200: list[shapes.VisitOut], **REFUSED}, url_name="visits"
)
@acts(Action.VISIT_READ)
def visits_of(request: HttpRequest, patient: UUID, start: Start = 0) -> list[dict[str, Any]]:
    """The visits of a patient, newest first, fifty at a time."""
    found = open_patient(request, patient, page="api-visits")
    rows = Visit.objects.filter(patient=found).select_related("session")[start : start + PAGE]
    return [_visit(row) for row in rows]


@router.get(
    "/patients/{uuid:patient}/toxin", response={200: list[shapes.LedgerOut], **REFUSED}, url_name="toxin"
)
@acts(Action.LEDGER_READ)
def toxin_of(request: HttpRequest, patient: UUID) -> list[dict[str, Any]]:
    """All toxin of a patient that holds, over all indications and clinics known."""
    found = open_patient(request, patient, page="api-toxin")
    return [
        {
            "id": row.pk,
            "on": row.on,
            "source": row.source,
            "product": row.product,
            "units": text(row.units),
            "indication": row.indication,
            "in_neck": row.in_neck,
        }
        for row in ledger.standing(found.pk)[:500]
    ]


@router.get("/visits/{uuid:visit}/session", response={200: shapes.SessionOut, **REFUSED}, url_name="session")
@acts(Action.VISIT_READ)
def session_of(request: HttpRequest, visit: UUID) -> dict[str, Any]:
    """The session of a visit, 404 before there is one."""
    found = open_visit(request, visit, page="api-session")
    return session_document(get_object_or_404(Session, visit=found))


@router.get(
    "/visits/{uuid:visit}/assessment/standing",
    response={200: shapes.AssessmentOut, **REFUSED},
    url_name="assessment",
)
@acts(Action.VISIT_READ)
def assessment_of(request: HttpRequest, visit: UUID) -> dict[str, Any]:
    """The assessment of a visit, 404 before there is one."""
    found = open_visit(request, visit, page="api-assessment")
    return assessment_document(get_object_or_404(Assessment, visit=found))


@router.get("/visits/{uuid:visit}/plans", response={200: list[shapes.PlanOut], **REFUSED}, url_name="plans")
@acts(Action.VISIT_READ)
def plans_of(request: HttpRequest, visit: UUID) -> list[PlanRecord]:
    """The plans kept at a visit, newest first."""
    found = open_visit(request, visit, page="api-plans")
    rows = PlanRecord.objects.filter(visit=found).defer("result", "case_document").order_by("-recorded_at")
    return list(rows[:PAGE])


@router.get(
    "/visits/{uuid:visit}/plans/{uuid:record}", response={200: shapes.PlanWhole, **REFUSED}, url_name="plan"
)
@acts(Action.VISIT_READ)
def plan(request: HttpRequest, visit: UUID, record: UUID) -> PlanRecord:
    """One kept plan with its answer."""
    found = open_visit(request, visit, page="api-plan")
    kept: PlanRecord = get_object_or_404(PlanRecord, pk=record, visit=found)
    return kept


@router.get("/stock/vials", response={200: list[shapes.VialOut], **REFUSED}, url_name="vials")
@acts(Action.STOCK_READ)
def vials(
    request: HttpRequest,
    state: VialState | None = None,
    start: Start = 0,
) -> list[dict[str, Any]]:
    """The vials in the cupboard, those that expire first at the head, fifty at a time."""
    rows = Vial.objects.select_related("lot").order_by("lot__expiry", "pk")
    if state is not None:
        rows = rows.filter(state=state.value)
    read("page.api-stock", "")
    return [_vial(row) for row in rows[start : start + PAGE]]


@router.get(
    "/stock/lots/{uuid:lot}/patients", response={200: shapes.LotPatients, **REFUSED}, url_name="lot-patients"
)
@acts(Action.STOCK_RECALL)
def patients_of_lot(request: HttpRequest, lot: UUID) -> dict[str, Any]:
    """The codes of the patients given toxin of a lot, for a recall."""
    found = get_object_or_404(Lot, pk=lot)
    read("page.api-recall", found.pk)
    return {
        "lot": found.pk,
        "number": found.number,
        "patients": sorted(patient.code for patient in recall.patients_of_lot(found.pk)),
    }


def _visit(row: Visit) -> dict[str, Any]:
    session: Session | None = getattr(row, "session", None)
    return {
        "id": row.pk,
        "on": row.on,
        "kind": row.kind,
        "state": row.state,
        "session_state": None if session is None else session.state,
        "product": None if session is None else session.product,
        "outcome": None if session is None else session.outcome,
    }


def _vial(row: Vial) -> dict[str, Any]:
    return {
        "id": row.pk,
        "lot": row.lot_id,
        "product": row.lot.product,
        "number": row.lot.number,
        "expiry": row.lot.expiry,
        "state": row.state,
        "contents": text(row.contents),
        "left": text(row.left),
        "bound": row.bound_to is not None,
    }


def session_document(row: Session) -> dict[str, Any]:
    """A session and the lines that count."""
    lines = list(row.lines.filter(dropped=False))
    return {
        "id": row.pk,
        "visit": row.visit_id,
        "on": row.visit.on,
        "version": row.version,
        "state": row.state,
        "outcome": row.outcome,
        "product": row.product,
        "plan_name": row.plan_name,
        "planned_total": _sum([line.planned_units for line in lines]),
        "given_total": _sum([line.given_units for line in lines]),
        "signed_at": row.signed_at,
        "versions": row.versions.count(),
        "lines": [_line(line) for line in lines],
    }


def _line(line: Any) -> dict[str, Any]:
    return {
        "id": line.pk,
        "position": line.position,
        "muscle": line.muscle,
        "side": line.side,
        "site": line.site,
        "planned_units": text(line.planned_units),
        "planned_ml": text(line.planned_ml),
        "planned_guidance": line.planned_guidance,
        "given_units": text(line.given_units),
        "given_ml": text(line.given_ml),
        "guidance": line.guidance,
    }


def _sum(units: list[Decimal | None]) -> str | None:
    """The sum of what was recorded; None where nothing was."""
    said = [u for u in units if u is not None]
    return text(sum(said, Decimal(0))) if said else None


def assessment_document(row: Any) -> dict[str, Any]:
    """An assessment, numbers as text."""
    names = [name for name in shapes.AssessmentOut.model_fields if name not in ("id", "visit")]
    found = {name: getattr(row, name) for name in names}
    return {
        "id": row.pk,
        "visit": row.visit_id,
        **{name: text(value) if isinstance(value, Decimal) else value for name, value in found.items()},
    }
