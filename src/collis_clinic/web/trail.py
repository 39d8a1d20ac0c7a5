"""The trail: who did and read what. Pseudonyms only; a name of staff is looked up to be shown, a patient's never."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from collis_clinic.access.gate import requires
from collis_clinic.access.roles import Action
from collis_clinic.audit import chain
from collis_clinic.audit.entries import read
from collis_clinic.audit.models import AuditEntry, AuditSeal
from collis_clinic.records.models import Patient
from collis_clinic.records.saying import SAYABLE, problems
from collis_clinic.visits import reading
from collis_clinic.visits.reading import day
from collis_clinic.web.patients import users_by_pseudonym

SHOWN = 50


@requires(Action.AUDIT_READ)
@require_GET
def audit_list(request: HttpRequest) -> HttpResponse:
    """The newest entries, or those of a patient, an action, a day."""
    form, errors = request.GET, []
    rows = AuditEntry.objects.order_by("-number")
    try:
        rows = _narrowed(request, rows)
    except SAYABLE as error:
        errors = problems(error)
    found = list(rows[: SHOWN + 1])
    more, found = len(found) > SHOWN, found[:SHOWN]
    users = users_by_pseudonym({e.actor for e in found})
    codes = {
        str(k): c
        for k, c in Patient.objects.filter(pk__in={e.subject for e in found if e.subject}).values_list(
            "pk", "code"
        )
    }
    sealed = AuditSeal.objects.order_by("-position").values_list("entry", flat=True).first() or 0
    read("list.trail", "")
    context = {
        "rows": [
            {
                "e": e,
                "who": users.get(e.actor),
                "code": codes.get(e.subject, ""),
                "sealed": e.number <= sealed,
            }
            for e in found
        ],
        "more": more,
        "oldest": found[-1].number if found else None,
        "errors": errors,
        "form": form,
        "head": chain.head(),
        "actions": (
            "read",
            "create",
            "change",
            "sign",
            "amend",
            "countersign",
            "override",
            "export",
            "erase",
            "print",
        ),
    }
    return render(request, "trail.html", context, status=422 if errors else 200)


def _narrowed(request: HttpRequest, rows: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
    form = request.GET
    code = form.get("code", "").strip().upper()
    if code:
        patient = Patient.objects.filter(code=code).first()
        rows = rows.filter(subject=str(patient.pk) if patient else "nobody")
    action = reading.text(form, "action")
    if action:
        rows = rows.filter(action=action[:40])
    on = day(form, "on")
    if on is not None:
        start = timezone.make_aware(datetime.combine(on, datetime.min.time()))
        rows = rows.filter(at__gte=start, at__lt=start + timedelta(days=1))
    before = form.get("before", "")
    return rows.filter(number__lt=int(before)) if before.isdecimal() and len(before) < 19 else rows
