"""Opening a patient's record: the one way a page gets a patient. It asks for the right, and enters the read."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from collis_clinic.access.gate import user_of
from collis_clinic.access.models import User
from collis_clinic.access.roles import Role
from collis_clinic.records import emergency
from collis_clinic.records.models import Episode, Patient, Visit
from collis_clinic.records.people import looked_at


class EmergencyOnly(PermissionDenied):
    """This record is restricted: the page that refuses offers emergency access to `patient`."""

    def __init__(self, patient: UUID) -> None:
        self.patient = patient
        super().__init__()


def open_patient(request: HttpRequest, patient: UUID, *, page: str) -> Patient:
    """The patient of a page. `page` is one word for the trail. 404 where there is none, 403 where it is closed."""
    user, found = user_of(request), get_object_or_404(Patient, pk=patient)
    refuse_closed(user, found)
    looked_at(found, page)
    return found


def open_visit(request: HttpRequest, visit: UUID, *, page: str) -> Visit:
    """The visit of a page with its patient and episode, under the same rules."""
    found: Visit = get_object_or_404(Visit.objects.select_related("patient", "episode"), pk=visit)
    refuse_closed(user_of(request), found.patient)
    looked_at(found.patient, page)
    return found


def refuse_closed(user: User, patient: Patient) -> None:
    """Raise where this user may not open this patient: another patient's account, a restricted record."""
    if user.as_role is Role.PATIENT:
        if user.subject != patient.pk:
            raise PermissionDenied
        return
    if not patient.restricted or Episode.objects.filter(patient=patient, lead=user).exists():
        return
    if not emergency.is_open(user, patient.pk):
        raise EmergencyOnly(patient.pk)
