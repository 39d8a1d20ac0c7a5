"""The demonstration: made-up patients in a clinic that no living person's data can share."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.conf import settings as clinic_settings
from django.test import Client

from collis.errors import BadInput
from collis_clinic.access.models import User
from collis_clinic.access.roles import Role
from collis_clinic.audit import chain
from collis_clinic.records.models import (
    Appointment,
    ClinicProfile,
    Override,
    Session,
    SessionVersion,
    Task,
    ToxinLedgerEntry,
)
from collis_clinic.stock.models import Vial
from collis_clinic.web import made_up


@pytest.fixture
def demo(settings):
    settings.CLINIC_DEMO, settings.CLINIC_MFA_REQUIRED = True, False
    settings.PLACE = replace(clinic_settings.PLACE, demo=True)


@pytest.mark.django_db(transaction=True)
def test_a_small_year_is_sound_shown_as_an_example_and_made_once(demo):
    said: list[str] = []
    assert made_up.fill(patients=3, say=said.append)
    assert not made_up.fill(patients=3, say=said.append)
    assert made_up.PASSWORD in said[-1]
    sessions = Session.objects.filter(state="signed")
    assert sessions.count() >= 5
    assert SessionVersion.objects.count() >= sessions.count()
    given = sum(
        sum(line.given_units or 0 for line in s.lines.filter(dropped=False))
        for s in sessions.filter(outcome="given")
    )
    standing = ToxinLedgerEntry.objects.filter(source="session", corrected_by__isnull=True)
    assert sum(e.units for e in standing) == given
    assert all(v.drawn + v.wasted + v.left == v.contents for v in Vial.objects.all())
    assert not Override.objects.filter(level="refuse", second_by__isnull=True).exists()
    assert {u.role for u in User.objects.all()} >= {r.value for r in Role} - {"patient"}
    assert Appointment.objects.exists()
    assert Task.objects.exists()
    chain.seal()
    assert chain.verify().sound
    client = Client()
    client.force_login(
        User.objects.get(username="injector"), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    page = client.get("/").content.decode()
    assert "EXAMPLE" in page
    assert "Made-up data" in page


def test_a_real_clinic_is_never_filled(db, acting):
    with pytest.raises(BadInput):
        made_up.fill(patients=1, say=lambda _: None)
    assert not ClinicProfile.objects.exists()


def test_the_demonstration_does_not_start_on_real_patients(demo, patient):
    with pytest.raises(BadInput):
        made_up.fill(patients=1, say=lambda _: None)


def test_real_work_does_not_start_on_made_up_data(db, acting):
    made_up.hold_apart()
    ClinicProfile(name="Example", region="US", made_up=True).save()
    with pytest.raises(BadInput):
        made_up.hold_apart()
