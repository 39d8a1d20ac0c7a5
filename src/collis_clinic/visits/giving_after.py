"""What follows a session: checks on their days, the pathway of a poor response, reports of side effects."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from collis_clinic.access.gate import requires
from collis_clinic.access.models import User
from collis_clinic.access.roles import Action, Role
from collis_clinic.bridge import outputs
from collis_clinic.records import words
from collis_clinic.records.models import Assessment, SafetyReport, Session, SideEffect, Task, Visit
from collis_clinic.records.opening import open_visit
from collis_clinic.records.saying import SAYABLE, Problem, problems
from collis_clinic.records.words import TaskKind
from collis_clinic.visits import reading
from collis_clinic.visits.giving_form import page
from collis_clinic.visits.reading import submit_once

ROLE_OF = {"swallow_check": Role.NURSE, "peak_visit": Role.NURSE, "review": Role.INJECTOR}


def plan_follow_up(session: Session, by: User) -> list[Task]:
    """The tasks after a session that gave something, each once."""
    if session.outcome not in ("given", "partly"):
        return []
    made = []
    for window in outputs.follow_up(session.visit.on):
        task = Task(
            patient_id=session.visit.patient_id,
            visit=session.visit,
            kind=TaskKind(window.name),
            due_from=window.first,
            due_to=window.last,
            role=ROLE_OF[window.name].value,
            once=f"{window.name} {session.pk}",
        )
        if not Task.objects.filter(once=task.once).exists():
            task.save()
            made.append(task)
    return made


def notice_poor_response(seen: Assessment) -> Task | None:
    """A task for the injector where the benefit told is below what counts as a response; once a session."""
    if seen.after_id is None or seen.benefit_percent is None:
        return None
    poor = outputs.poor_response(seen.visit.on)
    key = f"poor_response {seen.after_id}"
    if seen.benefit_percent >= poor.below_percent or Task.objects.filter(once=key).exists():
        return None
    task = Task(
        patient_id=seen.visit.patient_id,
        visit=seen.visit,
        kind=TaskKind.POOR_RESPONSE,
        due_from=seen.visit.on,
        due_to=seen.visit.on + timedelta(days=poor.within_days),
        role=Role.INJECTOR.value,
        once=key,
    )
    task.save()
    return task


@requires(Action.VISIT_READ)
@require_http_methods(["GET"])
def poor(request: HttpRequest, visit: UUID) -> HttpResponse:
    """The questions of a poor response, in order, beside what is known."""
    row = open_visit(request, visit, page="poor-response")
    seen = getattr(row, "assessment", None)
    return page(request, "visits/poor.html", row, now="", pathway=outputs.poor_response(row.on), seen=seen)


@requires(Action.SAFETY_REPORT)
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, visit: UUID) -> HttpResponse:
    """A side effect and its report: product, brand and lots stand there already."""
    row = open_visit(request, visit, page="safety-report")
    about = _about(row, request.POST.get("session") or request.GET.get("session"))
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            submit_once(request, f"report {row.pk}", lambda: _reported(request, row, about))
            messages.success(request, _("The report is kept, and a task to send it was made."))
            return redirect("visits:report", row.pk)
        except SAYABLE as error:
            errors = problems(error)
    return page(
        request,
        "visits/report.html",
        row,
        now="",
        errors=errors,
        about=about,
        lots=[] if about is None else lots_of(about),
        kinds=words.SIDE_EFFECTS,
        answers=words.ANSWERS,
        reports=list(
            SafetyReport.objects.filter(visit=row).select_related("side_effect").order_by("-recorded_at")
        ),
        known=list(SideEffect.objects.filter(visit=row, withdrawn=False)),
    )


def _about(visit: Visit, number: str | None) -> Session | None:
    """The session a report is about: the one named, else the newest of this patient up to this visit."""
    signed = Session.objects.filter(
        visit__patient=visit.patient_id, visit__on__lte=visit.on, outcome__in=["given", "partly"]
    ).select_related("visit")
    if number:
        named: Session = get_object_or_404(signed, pk=number)
        return named
    newest: Session | None = signed.order_by("-visit__on").first()
    return newest


def lots_of(session: Session) -> list[dict[str, Any]]:
    """Brand, lot, expiry of every vial of a session, each lot once."""
    made = getattr(session, "preparation", None)
    if made is None:
        return []
    lots = {u.vial.lot_id: u.vial.lot for u in made.vials.select_related("vial__lot")}
    return [
        {
            "product": lot.product,
            "brand": lot.brand,
            "lot": lot.number,
            "expiry": None if lot.expiry is None else lot.expiry.isoformat(),
        }
        for lot in lots.values()
    ]


def _reported(request: HttpRequest, visit: Visit, about: Session | None) -> None:
    form = request.POST
    kind = reading.choice(form, "kind", [k for k, _w in words.SIDE_EFFECTS])
    grade = reading.whole(form, "grade", what=_("a grade of 1 to 3"))
    words_said = reading.text(form, "text")
    if kind is None:
        raise ValidationError({"kind": _("Choose what happened.")})
    if grade is None:
        raise ValidationError({"grade": _("Say how bad: mild, moderate or severe.")})
    with transaction.atomic():
        effect = SideEffect(
            visit=visit,
            session=about,
            kind=kind,
            grade=grade,
            from_day=reading.whole(form, "from_day", what=_("a day after the session")),
            to_day=reading.whole(form, "to_day", what=_("a day after the session")),
        )
        if getattr(visit, "session", None) is None or not visit.session.is_signed:
            effect.save()
        else:
            effect = None  # type: ignore[assignment]  # a signed visit is closed: the report stands alone
        SafetyReport(
            visit=visit,
            side_effect=effect,
            product=None if about is None else about.product,
            lots=[] if about is None else lots_of(about),
            text=words_said,
            serious=reading.choice(form, "serious", [a for a, _w in words.ANSWERS]),
        ).save(action="report")
        today = timezone.localdate()
        Task(
            patient_id=visit.patient_id,
            visit=visit,
            kind=TaskKind.SAFETY_REPORT,
            text=str(dict(words.SIDE_EFFECTS)[kind]),
            due_from=today,
            due_to=today,
            role=Role.INJECTOR.value,
        ).save()


@requires(Action.SAFETY_REPORT)
@require_http_methods(["POST"])
def sent(request: HttpRequest, visit: UUID, number: UUID) -> HttpResponse:
    """Note that a report went out, and to whom."""
    row = open_visit(request, visit, page="safety-report")
    found = get_object_or_404(SafetyReport, pk=number, visit=row)
    to = reading.text(request.POST, "sent_to")
    if to is None:
        raise ValidationError({"sent_to": _("Say to whom it was sent.")})
    found.sent_at, found.sent_to = timezone.now(), to[:120]
    found.save(action="send")
    return redirect("visits:report", row.pk)
