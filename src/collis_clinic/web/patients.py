"""Patients: found by what is known of the person, shown with their episode, entered, put right, exported, erased."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from collis_clinic.access.gate import requires, user_of
from collis_clinic.access.models import User
from collis_clinic.access.roles import Action
from collis_clinic.audit.entries import read
from collis_clinic.bridge import outputs
from collis_clinic.records import ledger, people, portable, words
from collis_clinic.records.identity import Person
from collis_clinic.records.models import (
    Appointment,
    Authorisation,
    ClinicProfile,
    Episode,
    Patient,
    Task,
    ToxinLedgerEntry,
    Visit,
)
from collis_clinic.records.opening import open_patient
from collis_clinic.records.saying import SAYABLE, Problem, problems
from collis_clinic.records.words import AppointmentState, LedgerSource, VisitKind
from collis_clinic.visits import reading
from collis_clinic.visits.reading import day, submit_once
from collis_clinic.web import today

SHOWN = 30


@requires(Action.PATIENT_LIST)
@require_GET
def patient_list(request: HttpRequest) -> HttpResponse:
    """Find a person; without a question, whoever was seen last."""
    form, errors, found, asked = request.GET, [], [], False
    try:
        born = day(form, "birth_date")
        code = form.get("code", "").strip().upper()
        surname, number = form.get("surname", "").strip(), form.get("record_number", "").strip()
        asked = any((born, code, surname, number))
        if code:
            found = list(Patient.objects.filter(code=code if code.startswith("P-") else f"P-{code}"))
        elif asked:
            found = people.find(surname=surname, birth_date=born, record_number=number)
    except SAYABLE as error:
        errors = problems(error)
    if not asked:
        found = list(
            Patient.objects.filter(erased_at__isnull=True)
            .annotate(seen=Max("visits__on"))
            .filter(seen__isnull=False)
            .order_by("-seen", "code")[:SHOWN]
        )
    shown = found[:SHOWN]
    context = {
        "rows": _listed(shown),
        "asked": asked,
        "more": len(found) - len(shown),
        "errors": errors,
        "form": form,
        "total": None if asked else Patient.objects.count(),
    }
    read("list.patients", "", reason="search" if asked else "")
    return render(request, "patients.html", context, status=422 if errors else 200)


def _listed(patients: list[Patient]) -> list[dict[str, Any]]:
    now = timezone.localdate()
    names, facts = people.persons_of(patients), today.facts_of(patients, now + timedelta(days=1))
    coming: dict[UUID, datetime] = dict(
        Appointment.objects.filter(patient__in=patients, state="booked", starts_at__gte=timezone.now())
        .order_by("-starts_at")
        .values_list("patient", "starts_at")
    )
    return [
        {"patient": p, "person": names.get(p.pk), "next": coming.get(p.pk), **facts[p.pk]} for p in patients
    ]


@requires(Action.PATIENT_READ)
@require_GET
def patient_page(request: HttpRequest, patient: UUID) -> HttpResponse:
    """One patient: visits, toxin, what is booked and due, authorisations."""
    row = open_patient(request, patient, page="record")
    now, user = timezone.localdate(), user_of(request)
    visits = []
    if user.may(Action.VISIT_READ):
        visits = list(
            Visit.objects.filter(patient=row)
            .select_related("injector", "session")
            .prefetch_related("session__lines")
            .order_by("-on", "-recorded_at")[:40]
        )
    context = {
        "patient": row,
        "person": people.person_of(row),
        "episodes": list(Episode.objects.filter(patient=row).select_related("lead")),
        "visits": [_visited(v) for v in visits],
        "facts": today.facts_of([row], now + timedelta(days=1))[row.pk],
        "appointments": list(
            Appointment.objects.filter(patient=row, state__in=["booked", "arrived"]).order_by("starts_at")
        ),
        "tasks": list(Task.objects.filter(patient=row, state="open").order_by("due_to")),
        "authorisations": list(Authorisation.objects.filter(patient=row).order_by("-from_on")),
        "claims": _claims(row) if user.may(Action.CLAIM_READ) and not user.may(Action.VISIT_READ) else [],
        "payers": outputs.payers(now),
        "today": now,
        "kinds": VisitKind.choices,
        "token": uuid.uuid4(),
    }
    return render(request, "patient.html", context)


def _claims(patient: Patient) -> list[Visit]:
    """Days with something to claim, for those who read no visit."""
    return list(
        Visit.objects.filter(
            patient=patient, session__state="signed", session__outcome__in=["given", "partly"]
        )
        .select_related("session")
        .order_by("-on")[:40]
    )


def _visited(visit: Visit) -> dict[str, Any]:
    session = getattr(visit, "session", None)
    lines = [] if session is None else [x for x in session.lines.all() if not x.dropped]
    given = sum((line.given_units or 0 for line in lines), start=0)
    return {"visit": visit, "session": session, "units": given if session is not None and given else None}


@requires(Action.PATIENT_CREATE)
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """A new patient. Somebody of the same name and birth date is shown first."""
    errors: list[Problem] = []
    twins: list[dict[str, Any]] = []
    profile = ClinicProfile.objects.first()
    if request.method == "POST":
        try:
            person = person_from(request)
            same = (
                people.find(surname=person.surname, birth_date=person.birth_date) if person.birth_date else []
            )
            if same and request.POST.get("another") != "yes":
                names = people.persons_of(same)
                twins = [{"patient": p, "person": names.get(p.pk)} for p in same]
            else:
                made: list[Patient] = []
                submit_once(request, "register", lambda: made.append(_registered(request, person)))
                return redirect("patient", made[0].pk) if made else redirect("patient-list")
        except SAYABLE as error:
            errors = problems(error)
    context = {
        "errors": errors,
        "twins": twins,
        "posted": request.POST,
        "token": uuid.uuid4(),
        "regions": words.REGIONS,
        "sexes": words.SEXES,
        "region": "" if profile is None else profile.region,
    }
    return render(request, "register.html", context, status=422 if errors else 409 if twins else 200)


def person_from(request: HttpRequest) -> Person:
    """The person a form describes; what is left empty is not known."""
    form = request.POST
    return Person(
        surname=form.get("surname", "").strip(),
        given_name=form.get("given_name", "").strip(),
        birth_date=day(form, "birth_date"),
        record_number=reading.text(form, "record_number"),
        phone=reading.text(form, "phone"),
        address=reading.text(form, "address"),
        insurance_number=reading.text(form, "insurance_number"),
    )


def _registered(request: HttpRequest, person: Person) -> Patient:
    region = reading.choice(request.POST, "region", [r for r, _w in words.REGIONS])
    if region is None:
        raise ValidationError({"region": _("Choose the region: labels differ by it.")})
    sex = reading.choice(request.POST, "sex", [s for s, _w in words.SEXES])
    user = user_of(request)
    with transaction.atomic():
        patient = people.register(person, region=region, sex=sex)
        patient.onset_age_years = reading.whole(request.POST, "onset_age_years", what=_("an age in years"))
        patient.save()
        Episode(
            patient=patient,
            started_on=timezone.localdate(),
            lead=user if user.may(Action.VISIT_OVERRIDE) else None,
            diagnosis_code=reading.text(request.POST, "diagnosis_code"),
        ).save()
    return patient


@requires(Action.PATIENT_EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Put the person right."""
    row = open_patient(request, patient, page="identity")
    person, errors = people.person_of(row), []
    if request.method == "POST":
        try:
            people.correct(row, person_from(request), reason=request.POST.get("reason", "").strip())
            messages.success(request, _("Put right. That it was is in the trail."))
            return redirect("patient", row.pk)
        except SAYABLE as error:
            errors = problems(error)
    context = {"patient": row, "person": person, "errors": errors, "posted": request.POST}
    return render(request, "patient_edit.html", context, status=422 if errors else 200)


@requires(Action.PATIENT_EXPORT)
@require_http_methods(["GET", "POST"])
def export(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Everything held of one person, as a file; the reason is kept."""
    row = open_patient(request, patient, page="export")
    errors: list[Problem] = []
    if request.method == "POST":
        reason = reading.text(request.POST, "reason")
        if reason is not None:
            made = portable.document_of(row, reason=reason)
            answer = HttpResponse(
                json.dumps(made, indent=1, ensure_ascii=False), content_type="application/json; charset=utf-8"
            )
            answer["Content-Disposition"] = f'attachment; filename="{row.code}.json"'
            return answer
        errors = [Problem(field="reason", text=_("Say why it is exported, and for whom."))]
    context = {"patient": row, "errors": errors}
    return render(request, "patient_export.html", context, status=422 if errors else 200)


@requires(Action.PATIENT_ERASE)
@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Destroy who it was; the clinical rows stay without a name. Typed, with a reason."""
    row = open_patient(request, patient, page="erase")
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            if request.POST.get("code", "").strip().upper() != row.code:
                raise ValidationError({"code": _("Type the code %(code)s.") % {"code": row.code}})
            people.erase(row, reason=request.POST.get("reason", ""))
            messages.success(request, _("Erased. The record stays under its code, without the person."))
            return redirect("patient", row.pk)
        except SAYABLE as error:
            errors = problems(error)
    context = {"patient": row, "person": people.person_of(row), "errors": errors, "posted": request.POST}
    return render(request, "patient_erase.html", context, status=422 if errors else 200)


@requires(Action.SCHEDULE_EDIT)
@require_POST
def book(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Keep a time for a patient."""
    row = open_patient(request, patient, page="schedule")
    on, form = day(request.POST, "on"), request.POST
    kind = reading.choice(form, "kind", VisitKind.values) or VisitKind.SESSION
    if on is None:
        raise ValidationError({"on": _("Write the day.")})
    try:
        at = timezone.make_aware(datetime.combine(on, time.fromisoformat(form.get("at", "").strip())))
    except ValueError:
        raise ValidationError(
            {"at": reading.refusal(form.get("at", ""), _("a time such as 10:30"))}
        ) from None
    episode = Episode.objects.filter(patient=row, closed_on__isnull=True).order_by("-started_on").first()

    def work() -> None:
        Appointment(
            patient=row,
            episode=episode,
            kind=kind,
            starts_at=at,
            minutes=reading.whole(form, "minutes", what=_("whole minutes")) or 30,
        ).save()

    submit_once(request, f"book {row.pk}", work)
    return redirect("patient", row.pk)


@requires(Action.SCHEDULE_EDIT)
@require_POST
def appointment(request: HttpRequest, number: UUID) -> HttpResponse:
    """Arrived, missed, cancelled."""
    row = get_object_or_404(Appointment.objects.select_related("patient"), pk=number)
    open_patient(request, row.patient_id, page="schedule")
    row.expect(reading.whole(request.POST, "version", what=_("the version of the form")) or 0)
    row.state = reading.choice(request.POST, "state", AppointmentState.values) or row.state
    row.reason = reading.text(request.POST, "reason")
    row.save()
    return redirect("patient", row.patient_id)


@requires(Action.LEDGER_READ)
@require_http_methods(["GET", "POST"])
def toxin(request: HttpRequest, patient: UUID) -> HttpResponse:
    """All toxin of a patient, wherever and for whatever; what was given elsewhere is added here."""
    row = open_patient(request, patient, page="toxin")
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            submit_once(request, f"toxin {row.pk}", lambda: _entered(request, row))
            return redirect("toxin-ledger", row.pk)
        except SAYABLE as error:
            errors = problems(error)
    entries = list(ledger.standing(row.pk).select_related("version_of__session__visit"))
    entries.sort(key=lambda e: (e.on is not None, e.on or timezone.localdate()), reverse=True)
    context = {
        "patient": row,
        "person": people.person_of(row),
        "entries": entries,
        "corrected": ToxinLedgerEntry.objects.filter(patient=row, corrected_by__isnull=False).count(),
        "sums": _sums(entries),
        "products": words.PRODUCT_CHOICES,
        "indications": words.INDICATIONS,
        "answers": words.ANSWERS,
        "sources": [s for s in LedgerSource.choices if s[0] != LedgerSource.SESSION],
        "errors": errors,
        "posted": request.POST,
        "token": uuid.uuid4(),
    }
    return render(request, "toxin.html", context, status=422 if errors else 200)


def _sums(entries: list[ToxinLedgerEntry]) -> list[dict[str, Any]]:
    """Units of each product, each on its own: Units of two products are never added."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if entry.product is None:
            continue
        row = found.setdefault(
            entry.product, {"product": entry.product, "times": 0, "units": 0, "unknown": 0}
        )
        row["times"] += 1
        if entry.units is None:
            row["unknown"] += 1
        else:
            row["units"] += entry.units
    return list(found.values())


def _entered(request: HttpRequest, patient: Patient) -> None:
    if not user_of(request).may(Action.LEDGER_ADD):
        raise ValidationError(_("This is not for your role."))
    form = request.POST
    source = reading.choice(form, "source", [s for s in LedgerSource.values if s != LedgerSource.SESSION])
    if source is None:
        raise ValidationError({"source": _("Say how it is known.")})
    indication = reading.choice(form, "indication", [i for i, _w in words.INDICATIONS])
    if indication is None:
        raise ValidationError({"indication": _("Say what it was for.")})
    ToxinLedgerEntry(
        patient=patient,
        source=source,
        on=day(form, "on"),
        product=reading.choice(form, "product", [p for p, _w in words.PRODUCT_CHOICES]),
        units=reading.number(form, "units", what=_("Units such as 200")),
        indication=indication,
        site=reading.text(form, "site"),
        clinic=reading.text(form, "clinic"),
        in_neck=reading.choice(form, "in_neck", [a for a, _w in words.ANSWERS]),
    ).save()


def users_by_pseudonym(pseudonyms: set[str]) -> dict[str, User]:
    """The users behind pseudonyms, in one query."""
    known = {p for p in pseudonyms if len(p) == 36}
    return {str(u.pseudonym): u for u in User.objects.filter(pseudonym__in=known)}
