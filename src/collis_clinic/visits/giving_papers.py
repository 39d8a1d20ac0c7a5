"""What comes out of one record: procedure note, claim and waste lines, letter, patient's page, the next date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from collis_clinic.access.gate import requires
from collis_clinic.access.roles import Action
from collis_clinic.audit.entries import did
from collis_clinic.bridge import outputs
from collis_clinic.records import people, signing
from collis_clinic.records.models import Authorisation, ClinicProfile, Session
from collis_clinic.records.opening import open_visit
from collis_clinic.visits import giving_rules as rules
from collis_clinic.visits.giving import groups_of
from collis_clinic.visits.giving_close import vials_of
from collis_clinic.visits.giving_form import session_or_refuse
from collis_clinic.visits.giving_sign import missing
from collis_clinic.visits.last import grid_of


def _signed(request: HttpRequest, visit: UUID, paper: str) -> Session:
    row = open_visit(request, visit, page=paper)
    session = session_or_refuse(row)
    if not session.is_signed:
        raise ValidationError(_("Papers come out of what is signed. Sign first."))
    return session


def _made(session: Session, paper: str) -> None:
    """Enter that a paper left the record."""
    with transaction.atomic():
        did("print", f"paper.{paper}", session.pk, subject=session.visit.patient_id)


@requires(Action.VISIT_READ)
@require_GET
def note(request: HttpRequest, visit: UUID) -> HttpResponse:
    """The procedure note, to be read or printed, with the head of the trail."""
    session = _signed(request, visit, "note")
    _made(session, "note")
    version = session.versions.select_related("by").order_by("-number").first()
    context = {
        "visit": session.visit,
        "session": session,
        "patient": session.visit.patient,
        "person": people.person_of(session.visit.patient),
        "version": version,
        "versions": list(session.versions.select_related("by").order_by("number")),
        "groups": groups_of(rules.lines_of(session), None, {}),
        "grid": grid_of(session.lines.all(), given=True),
        "missing": missing(session),
        "held": rules.held_against(session.plan_record)
        if session.plan_record is not None and session.plan_record.kind == "check"
        else [],
        "made": getattr(session, "preparation", None),
        "clinic": ClinicProfile.objects.first(),
        "head": signing.sealed_head(),
        **vials_of(session),
    }
    return render(request, "visits/note.html", context)


@requires(Action.CLAIM_READ)
@require_GET
def claim(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Claim lines and waste lines for one payer."""
    session = _signed(request, visit, "claim")
    payers = outputs.payers(session.visit.on)
    payer = _payer(request, session, payers)
    context = {
        "visit": session.visit,
        "session": session,
        "patient": session.visit.patient,
        "claimed": outputs.claim_of(session, payer),
        "payers": payers,
        "payer": payer,
        **vials_of(session),
    }
    return render(request, "visits/claim.html", context)


def _payer(request: HttpRequest, session: Session, payers: dict[str, str]) -> str:
    asked = request.GET.get("payer", "")
    if asked in payers:
        return asked
    held = (
        Authorisation.objects.filter(patient=session.visit.patient_id, payer__in=list(payers))
        .order_by("-recorded_at")
        .first()
    )
    return held.payer if held is not None else "medicare"


@requires(Action.LETTER_READ)
@require_GET
def letter(request: HttpRequest, visit: UUID) -> HttpResponse:
    """The letter to the payer as PDF."""
    session = _signed(request, visit, "letter")
    made = outputs.letter_of(
        session,
        _payer(request, session, outputs.payers(session.visit.on)),
        example=settings.CLINIC_DEMO,
    )
    _made(session, "letter")
    return _file(made, "application/pdf", f"letter-{session.visit.patient.code}.pdf")


@requires(Action.LETTER_READ)
@require_GET
def patient_page(request: HttpRequest, visit: UUID) -> HttpResponse:
    """The patient's page as PDF."""
    session = _signed(request, visit, "patient-page")
    made = outputs.patient_page_of(session, example=settings.CLINIC_DEMO)
    _made(session, "patient-page")
    return _file(made, "application/pdf", f"after-{session.visit.patient.code}.pdf")


@requires(Action.SCHEDULE_READ)
@require_GET
def next_date(request: HttpRequest, visit: UUID) -> HttpResponse:
    """The earliest next session as a calendar file; it names the clinic, never the treatment or the person."""
    session = _signed(request, visit, "next-date")
    following = outputs.next_session(session)
    if following is None:
        raise ValidationError(_("Knowledge states no interval for this product here: set the date by hand."))
    return _file(calendar_of(session, following.on), "text/calendar; charset=utf-8", "next-visit.ics")


def calendar_of(session: Session, on: object) -> bytes:
    """One all-day event."""
    from icalendar import Calendar, Event

    profile = ClinicProfile.objects.first()
    calendar, event = Calendar(), Event()
    calendar.add("prodid", "-//Collis//clinic//EN")
    calendar.add("version", "2.0")
    event.add("uid", f"{session.pk}@collis")
    event.add("dtstamp", session.signed_at or datetime.now(UTC))
    event.add("dtstart", on)
    event.add("dtend", on + timedelta(days=1))  # type: ignore[operator]
    event.add("summary", _("Earliest day of the next visit"))
    event.add("location", profile.name if profile is not None else "")
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    calendar.add_component(event)
    made: bytes = calendar.to_ical()
    return made


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
