"""The page a visit opens on, starting a visit, and what is recorded before it: authorisation and supply."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from collis.knowledge.load import load
from collis_clinic import bridge
from collis_clinic.access.gate import needs, requires, user_of
from collis_clinic.access.roles import Action, Role
from collis_clinic.audit.recorded import Conflict
from collis_clinic.bridge import pages
from collis_clinic.records import people, words
from collis_clinic.records.models import Authorisation, Episode, Visit
from collis_clinic.records.opening import open_patient, open_visit
from collis_clinic.records.saying import SAYABLE, Problem, both, problems
from collis_clinic.records.words import SupplyRoute, VisitKind
from collis_clinic.visits.before import newest_authorisation
from collis_clinic.visits.frame import frame
from collis_clinic.visits.last import past_sessions
from collis_clinic.visits.reading import choice, day, number, text, whole


@requires(Action.VISIT_READ)
@require_GET
def visit(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Last session's grid with what came of it, the cycles, and what is to do today."""
    found = open_visit(request, visit, page="visit")
    past = past_sessions(found)
    context: dict[str, Any] = {
        **frame(found),
        "past": past,
        "last": past[0] if past else None,
        "cycles_wide": None,
        "cycles_tall": None,
    }
    if past:
        case = bridge.case_of(found)
        context["cycles_wide"] = pages.cycles_picture(case, width=430)
        context["cycles_tall"] = pages.cycles_picture(case, width=190)
    return render(request, "visits/visit.html", context)


@requires(Action.VISIT_OPEN)
@require_POST
def start(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Open today's visit of a patient, or go to the one that is open: twice pressed is one visit."""
    found = open_patient(request, patient, page="record")
    today, user = timezone.localdate(), user_of(request)
    kind = choice(request.POST, "kind", VisitKind.values) or VisitKind.SESSION
    with transaction.atomic():
        episode = (
            Episode.objects.filter(patient=found, closed_on__isnull=True).order_by("-started_on").first()
        )
        if episode is None:
            episode = Episode(patient=found, started_on=today)
            episode.save()
        standing = Visit.objects.filter(episode=episode, on=today, kind=kind, state="open").first()
        if standing is None:
            person = people.person_of(found)
            injects = user.as_role in (Role.INJECTOR, Role.TRAINEE)
            standing = Visit(
                patient=found,
                episode=episode,
                kind=kind,
                on=today,
                injector=user if injects else None,
                supervisor=user.supervisor if user.as_role is Role.TRAINEE else None,
                age_years=None if person is None else person.age_on(today),
                once=f"{episode.pk} {today} {kind}"[:64],
            )
            standing.save()
    return redirect("visits:visit", standing.pk)


@requires(Action.VISIT_CHECK_IN)
@require_http_methods(["GET", "POST"])
def before(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Supply route and authorisation: shown to all who care, changed by those who may."""
    found = open_visit(request, visit, page="before")
    held = newest_authorisation(found)
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            with transaction.atomic():
                found.supply_route = choice(request.POST, "supply_route", SupplyRoute.values)
                found.save()
                if any(request.POST.get(name) for name in ("number", "payer", "auth_product")):
                    _authorise(request, found, held)
            return redirect("visits:visit", found.pk)
        except Conflict as conflict:
            return render(
                request, "visits/conflict.html", {**frame(found), "conflict": both(conflict)}, status=409
            )
        except SAYABLE as error:
            errors = problems(error)
    payers = [{"key": key, "name": payer.name} for key, payer in load(found.on).payers.items()]
    context = {
        **frame(found),
        "held": held,
        "errors": errors,
        "payers": payers,
        "products": words.PRODUCT_CHOICES,
        "states": words.AuthorisationState.choices,
        "routes": SupplyRoute.choices,
        "posted": request.POST if request.method == "POST" else {},
    }
    return render(request, "visits/before.html", context, status=422 if errors else 200)


def _authorise(request: HttpRequest, visit: Visit, held: Authorisation | None) -> None:
    needs(request, Action.AUTHORISATION_EDIT)
    form = request.POST
    row = held or Authorisation(patient=visit.patient, episode=visit.episode)
    if not row._state.adding:
        row.expect(whole(form, "version", what=_("the version of the form")) or 0)
    row.payer = text(form, "payer") or ""
    row.number = text(form, "number")
    row.state = choice(form, "state", words.AuthorisationState.values) or words.AuthorisationState.ASKED
    product = choice(form, "auth_product", [p for p, _label in words.PRODUCT_CHOICES])
    if product is None:
        raise ValidationError({"auth_product": _("Choose the product the payer named.")})
    row.product = product
    row.units = number(form, "units", what=_("Units such as 200"))
    row.sessions = whole(form, "sessions", what=_("a number of sessions"))
    row.from_on, row.to_on = day(form, "from_on"), day(form, "to_on")
    row.diagnosis_code = text(form, "diagnosis_code")
    if row.from_on and row.to_on and row.to_on < row.from_on:
        raise ValidationError({"to_on": _("Read a last day before the first.")})
    row.save()
