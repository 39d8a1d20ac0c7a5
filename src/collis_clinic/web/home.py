"""The first page, the health check, and emergency access."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from collis_clinic.access.gate import open_to_all, requires, user_of
from collis_clinic.access.models import BreakGlass, User
from collis_clinic.access.roles import Action, Role
from collis_clinic.audit.entries import read
from collis_clinic.records import emergency as emergencies_of
from collis_clinic.records.models import Patient, Session, Task
from collis_clinic.web.today import Row, rows_of


@requires(Action.HOME_VIEW)
def home(request: HttpRequest) -> HttpResponse:
    """Today: who comes, what stands against it, what is overdue; for those who may see it. Patients go to their own."""
    user, day = user_of(request), timezone.localdate()
    if user.as_role is Role.PATIENT:
        return _own(request)
    rows: list[Row] = []
    if user.may(Action.SCHEDULE_READ):
        rows = rows_of(day)
        if rows:
            read("list.today", "")
    late, due = 0, 0
    if user.may(Action.TASK_READ):
        late = Task.objects.filter(state="open", due_to__lt=day).count()
        due = Task.objects.filter(state="open", due_from__lte=day, due_to__gte=day).count()
    context = {
        "rows": rows,
        "may_see": user.may(Action.SCHEDULE_READ),
        "late": late,
        "due": due,
        "today": day,
        "unsigned": _unsigned(user, day) if user.may(Action.VISIT_SIGN) else [],
    }
    return render(request, "home.html", context)


def _own(request: HttpRequest) -> HttpResponse:
    try:
        return redirect("patients:home")
    except NoReverseMatch:
        return render(request, "home.html", {"rows": [], "may_see": False})


def _unsigned(user: User, day: date) -> list[Session]:
    """Sessions of days before that were given and not signed."""
    return list(
        Session.objects.filter(given_at__isnull=False, visit__on__lt=day)
        .exclude(state="signed")
        .select_related("visit__patient")
        .order_by("visit__on")[:20]
    )


@open_to_all("a monitor asks whether the server and its database answer; says nothing else")
@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """`ok` when the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@open_to_all("a script without data; the browser fetches it before sign-in")
@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from the root so that it may answer for every page."""
    script = Path(__file__).parent / "static" / "web" / "sw.js"
    return HttpResponse(script.read_bytes(), content_type="text/javascript")


@requires(Action.BREAK_GLASS)
@require_http_methods(["GET", "POST"])
def emergency(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Open a record in an emergency, with a reason."""
    user, subject, errors = user_of(request), get_object_or_404(Patient, pk=patient), []
    if request.method == "POST":
        try:
            emergencies_of.open_for(
                user,
                subject,
                reason_code=request.POST.get("reason_code", ""),
                reason=request.POST.get("reason", ""),
            )
            return redirect("home")
        except ValidationError as error:
            errors = error.messages
    context = {
        "patient": subject,
        "reasons": emergencies_of.REASONS,
        "errors": errors,
        "posted": request.POST,
    }
    return render(request, "emergency.html", context, status=422 if errors else 200)


@requires(Action.BREAK_GLASS_REVIEW)
@require_GET
def emergencies(request: HttpRequest) -> HttpResponse:
    """Emergency accesses that wait for a review, then those reviewed."""
    rows = BreakGlass.objects.select_related("user", "reviewed_by").order_by("-reviewed_at", "-opened_at")[
        :200
    ]
    codes = dict(Patient.objects.filter(pk__in=[row.subject for row in rows]).values_list("pk", "code"))
    shown = [{"row": row, "code": codes.get(row.subject, "")} for row in rows]
    return render(request, "emergencies.html", {"rows": shown, "me": user_of(request)})


@requires(Action.BREAK_GLASS_REVIEW)
@require_POST
def review_emergency(request: HttpRequest, number: UUID) -> HttpResponse:
    """Say whether an access was justified."""
    get_object_or_404(BreakGlass, pk=number)
    emergencies_of.review(
        number,
        user_of(request),
        justified=request.POST.get("justified") == "yes",
        note=request.POST.get("note", ""),
    )
    return redirect("break-glass-list")
