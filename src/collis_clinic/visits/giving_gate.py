"""The gate: the verdict on the plan, the answers to it, and the step from draft to checked."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from collis_clinic.access.gate import needs, requires, user_of
from collis_clinic.access.roles import Action
from collis_clinic.records.models import Override, PlanRecord, Session
from collis_clinic.records.opening import open_visit
from collis_clinic.records.saying import SAYABLE, Problem, problems
from collis_clinic.records.words import OverrideReason
from collis_clinic.visits import giving_rules as rules
from collis_clinic.visits.giving_form import not_signed, page, session_or_refuse
from collis_clinic.visits.reading import submit_once


@requires(Action.VISIT_READ)
@require_http_methods(["GET", "POST"])
def gate(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Read the verdict; check, answer, go on."""
    row = open_visit(request, visit, page="gate")
    session = session_or_refuse(row)
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            not_signed(session)
            if _act(request, session):
                made = getattr(session, "preparation", None)
                drawn = made is not None and made.drawn_units is not None
                return redirect("visits:time-out" if drawn else "visits:draw-up", row.pk)
            return redirect("visits:gate", row.pk)
        except SAYABLE as error:
            errors = problems(error)
            session.refresh_from_db()
    record = _standing_record(session)
    held = [] if record is None else rules.held_against(record)
    return page(
        request,
        "visits/gate.html",
        row,
        now="plan",
        errors=errors,
        record=record,
        held=held,
        refused=[h for h in held if h.said.level == "refuse"],
        unasked=[h for h in held if h.said.level == "cannot_judge"],
        warned=[h for h in held if h.said.level == "warn"],
        left=sum(1 for h in held if not h.answered),
        reasons=OverrideReason.choices,
        solo=rules.is_solo(),
        checked=rules.still_checked(session),
        plan_words=(session.plan_name or "").replace("_", " ").capitalize(),
    )


def _standing_record(session: Session) -> PlanRecord | None:
    """The newest verdict that judged the doses as they stand."""
    from collis_clinic.bridge import outputs

    found = PlanRecord.objects.filter(visit=session.visit_id, kind="check").order_by("-recorded_at").first()
    if found is None:
        return None
    kept, session.plan_record = session.plan_record, found
    try:
        return found if outputs.same_plan(session) else None
    finally:
        session.plan_record = kept


def _act(request: HttpRequest, session: Session) -> bool:
    """Do what the form asks; whether the session is checked now."""
    act, done = request.POST.get("act", ""), []

    def work() -> None:
        done.append(_worked(request, session, act))

    submit_once(request, f"gate {session.pk} {act}", work)
    return bool(done and done[0])


def _worked(request: HttpRequest, session: Session, act: str) -> bool:
    user = needs(request, Action.VISIT_PLAN)
    record = _standing_record(session) if act != "check" else None
    if record is None:
        record = rules.judge(session)
    if act == "answer":
        rules.answer(
            record,
            request.POST.getlist("keys"),
            needs(request, Action.VISIT_OVERRIDE),
            reason_code=request.POST.get("reason_code", ""),
            reason=request.POST.get("reason", ""),
            retyped=request.POST.get("retyped", ""),
        )
    if any(not h.answered for h in rules.held_against(record)):
        if act == "go":
            rules.mark_checked(session, record, user)  # says what is left
        return False
    rules.mark_checked(session, record, user)
    messages.success(request, _("Checked. Every line of the verdict is answered."))
    return True


@requires(Action.VISIT_SECOND)
@require_POST
def second(request: HttpRequest, number: UUID) -> HttpResponse:
    """The second clinician’s name."""
    override = get_object_or_404(Override, pk=number)
    visit = open_visit(request, override.visit_id, page="gate")
    rules.second(override, user_of(request))
    messages.success(request, _("Your name stands as the second under this override."))
    return redirect("visits:gate", visit.pk)


@requires(Action.VISIT_OVERRIDE)
@require_POST
def review(request: HttpRequest, number: UUID) -> HttpResponse:
    """The delayed review of an override made alone."""
    override = get_object_or_404(Override, pk=number)
    visit = open_visit(request, override.visit_id, page="gate")
    rules.review(override, user_of(request), note=request.POST.get("note", ""))
    return redirect("visits:gate", visit.pk)
