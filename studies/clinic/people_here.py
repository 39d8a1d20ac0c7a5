"""Users, patients and visits for a study: made up, without second factors."""

from __future__ import annotations

from datetime import date

from django.test import Client

from collis_clinic.access.models import User
from collis_clinic.access.roles import Role
from collis_clinic.audit.context import SYSTEM, acting_as
from collis_clinic.records.models import Episode, Patient, Visit

DAY = date(2026, 11, 10)


def browser_of(role: Role, *, name: str = "study") -> Client:
    """A browser signed in as somebody of a role; what breaks answers 500 instead of raising here."""
    from django.conf import settings

    settings.CLINIC_MFA_REQUIRED = False
    user = User.objects.filter(username=f"{name}-{role.value}").first() or User.objects.create_user(
        f"{name}-{role.value}", None, role=role.value, name=f"The {role.value}"
    )
    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def open_visits(count: int, *, region: str = "US") -> list[Visit]:
    """So many open visits, each of a patient of its own."""
    with acting_as(SYSTEM):
        found = []
        for _ in range(count):
            patient = Patient(region=region)
            patient.save()
            episode = Episode(patient=patient, started_on=date(2025, 1, 1))
            episode.save()
            visit = Visit(patient=patient, episode=episode, on=DAY, age_years=54)
            visit.save()
            found.append(visit)
        return found
