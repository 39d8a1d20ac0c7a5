"""What the pages from the gate to the signature share: one submit is one record, who may be named, what is shown."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from collis_clinic.access.models import User
from collis_clinic.access.roles import Role
from collis_clinic.records.models import Session, Visit
from collis_clinic.records.saying import Problem
from collis_clinic.visits.frame import frame
from collis_clinic.visits.last import grid_of

CARE = (Role.INJECTOR, Role.TRAINEE, Role.NURSE)


def session_or_refuse(visit: Visit) -> Session:
    """The session of a visit; a visit without one is sent back to planning."""
    found: Session | None = Session.objects.select_related("visit__patient", "visit__episode", "plan_record").filter(
        visit=visit
    ).first()  # fmt: skip
    if found is None:
        raise ValidationError(_("This visit has no plan yet. Plan first."))
    found.visit = visit
    return found


def not_signed(session: Session) -> None:
    """Raise where the session is signed: it is amended, not edited."""
    if session.is_signed:
        raise ValidationError(_("This session is signed. Amend it, with a reason."))


def staff() -> list[User]:
    """Those who may mix, check, inject."""
    return list(User.objects.filter(is_active=True, role__in=[r.value for r in CARE]).order_by("name"))


def page(
    request: HttpRequest,
    template: str,
    visit: Visit,
    *,
    now: str,
    errors: list[Problem] | None = None,
    **more: Any,
) -> HttpResponse:
    """A page of the second half of the visit in its frame."""
    found = errors or []
    if found:  # what was tried and undone must not show as done
        visit = Visit.objects.select_related("patient", "episode").get(pk=visit.pk)
    context = {
        **frame(visit, now=now),
        "errors": found,
        "token": uuid.uuid4(),
        "posted": request.POST,
        **more,
    }
    session = context["session"]
    if session is not None:
        lines = list(session.lines.all())
        context.setdefault("grid", grid_of(lines, given=False))
        context.setdefault("grid_given", grid_of(lines, given=True))
    return render(request, template, context, status=422 if found else 200)
