"""What can be done: ask for plans, have one judged, record an assessment and the lines of a draft.

Signing, giving, opening vials and erasing are done by a person on a page, not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router

from collis.units import plain
from collis_clinic import bridge
from collis_clinic.access.roles import Action
from collis_clinic.audit.recorded import Conflict
from collis_clinic.bridge.cases import findings_of, posture_of, ranges_of
from collis_clinic.records.models import Assessment, PlanRecord, Session, Visit
from collis_clinic.records.opening import open_visit
from collis_clinic.records.possible import Amount, refuse_amount
from collis_clinic.records.saying import Problem
from collis_clinic.visits import carried
from collis_clinic.visits.dosing import Draft, Worked, draft_from, strengths, worked
from collis_clinic.visits.last import last_session
from collis_clinic.web.api import shapes
from collis_clinic.web.api.reading import REFUSED, acts, assessment_document, session_document

router = Router(tags=["write"])
CHANGES = {**REFUSED, 409: shapes.ConflictOut}
RESULT = ("benefit_percent", "onset_day", "best_week", "faded_week", "side_effects_asked")


@router.post("/visits/{uuid:visit}/propose", response={200: shapes.PlanWhole, **REFUSED}, url_name="propose")
@acts(Action.VISIT_PLAN)
def propose(request: HttpRequest, visit: UUID) -> PlanRecord:
    """The whole consultation of a visit as it stands: muscles with reasons, candidate plans, forecasts. Kept."""
    found = open_visit(request, visit, page="api-propose")
    _open(found)
    return bridge.stored_consult(found).record


@router.post("/visits/{uuid:visit}/check", response={200: shapes.PlanWhole, **REFUSED}, url_name="check")
@acts(Action.VISIT_PLAN)
def check(request: HttpRequest, visit: UUID, body: shapes.PlanIn) -> PlanRecord:
    """The verdict of the gate on a plan. The verdict is kept, the plan does not become the session's."""
    found = open_visit(request, visit, page="api-check")
    _open(found)
    draft = _draft(found, body)
    _readable(draft.problems)
    return bridge.stored_check(found, draft.plan()).record


@router.put("/visits/{uuid:visit}/lines", response={200: shapes.SessionOut, **CHANGES}, url_name="lines")
@acts(Action.VISIT_PLAN)
def lines(request: HttpRequest, visit: UUID, body: shapes.LinesIn) -> dict[str, Any]:
    """A plan as the lines of the visit's draft, with the verdict on it. What nobody can go past is refused.

    A check falls back to draft. Another product than the draft's clears every dose and the dilution first.
    """
    found = open_visit(request, visit, page="api-lines")
    _open(found)
    made: Worked = worked(_draft(found, body), found)
    _readable(made.errors)
    with transaction.atomic():
        standing: Session | None = Session.objects.select_for_update().filter(visit=found).first()
        if standing is not None and standing.version != body.version:
            raise Conflict(standing, standing)
        session = carried.session_for(found, made.draft.product)
        record = bridge.stored_check(found, made.draft.plan(session.plan_name or "typed")).record
        carried.keep_draft(session, made.draft, record, typed=True)
        session.refuse_total()
    return session_document(Session.objects.get(pk=session.pk))


@router.put(
    "/visits/{uuid:visit}/assessment",
    response={200: shapes.AssessmentOut, **CHANGES},
    url_name="assessment-set",
)
@acts(Action.VISIT_ASSESS)
def assess(request: HttpRequest, visit: UUID, body: shapes.AssessmentIn) -> dict[str, Any]:
    """Set fields of the assessment; those not sent stay as they are."""
    found = open_visit(request, visit, page="api-assess")
    _open(found)
    said = body.dict(exclude_unset=True, exclude={"version"})
    row: Assessment = getattr(found, "assessment", None) or Assessment(visit=found)
    if not row._state.adding:
        row.expect(body.version)
    for name, value in said.items():
        setattr(row, name, value)
    posture_of(row.posture)
    ranges_of(row.ranges)
    findings_of(row.findings)
    if any(said.get(name) is not None for name in RESULT):
        row.after = row.after or last_session(found)
    row.save()
    return assessment_document(Assessment.objects.get(pk=row.pk))


def _open(visit: Visit) -> None:
    """Raise unless the visit is still open."""
    if visit.state != "open":
        raise ValidationError({"visit": _("This visit is closed.")})


def _draft(visit: Visit, body: shapes.PlanIn) -> Draft:
    """The plan read by the same reader as the page's form; a place named twice is refused."""
    places = [(line.muscle, line.side) for line in body.lines]
    if len(set(places)) < len(places):
        raise ValidationError({"lines": _("A muscle and side stands twice. Use sites.")})
    ways = strengths(body.product, visit.patient.region, visit)
    strength = next((way for way in ways if way.name == body.strength), None)
    if body.strength is not None and strength is None:
        names = ", ".join(way.name for way in ways) or _("none: the label gives no dilution")
        raise ValidationError(
            {
                "strength": _("Read %(read)s, expected one of %(ways)s.")
                % {"read": body.strength, "ways": names}
            }
        )
    for line in body.lines:
        amount = Amount(muscle=line.muscle.value, side=line.side.value, units=line.units, ml=line.ml)
        refuse_amount(body.product, amount, field=f"{line.muscle.value}-{line.side.value}")
    return draft_from(_form(body), product=body.product, strength=strength)


def _form(body: shapes.PlanIn) -> Mapping[str, str]:
    form: dict[str, str] = {}
    for line in body.lines:
        key = f"{line.muscle.value}-{line.side.value}"
        form[f"s-{key}"], form[f"g-{key}"] = str(line.sites), line.guidance.value
        if line.units is not None:
            form[f"u-{key}"] = plain(line.units)
        if line.ml is not None:
            form[f"m-{key}"] = plain(line.ml)
    return form


def _readable(found: Iterable[Problem]) -> None:
    """Raise with every problem there is."""
    wrong: dict[str, list[str]] = {}
    for problem in found:
        wrong.setdefault(problem.field or "lines", []).append(problem.text)
    if wrong:
        raise ValidationError(wrong)
