"""Who may do what: one table, every address behind it, second factors, idle sessions, locks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from collis_clinic.access.gate import declared
from collis_clinic.access.models import BreakGlass, User
from collis_clinic.access.roles import STAFF, TABLE, Action, Role, may
from collis_clinic.audit.models import AuditEntry
from collis_clinic.records.models import Episode, Patient, Task

CLINICAL = [
    a for a in Action if a.value.partition(".")[0] in ("patient", "visit", "ledger", "own", "claim", "letter")
]


def views(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    for entry in resolver.url_patterns:
        path = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from views(entry, path)
        else:
            assert isinstance(entry, URLPattern)
            yield path, entry.callback


def test_every_address_declares_its_action_or_why_it_is_open():
    found = list(views(get_resolver()))
    assert len(found) > 10
    assert [path for path, view in found if declared(view) is None] == []


def test_every_action_stands_in_the_table_and_is_for_somebody():
    assert set(TABLE) == set(Action)
    assert all(TABLE.values())


def test_nobody_without_a_role_may_do_anything():
    assert not any(may(None, action) for action in Action)


@pytest.mark.parametrize("action", CLINICAL)
def test_the_administrator_has_no_clinical_data(action):
    assert not may(Role.ADMINISTRATOR, action)


@pytest.mark.parametrize("action", [a for a in CLINICAL if not a.value.startswith("own.")])
def test_researcher_and_patient_have_no_record_of_a_person(action):
    assert not may(Role.RESEARCHER, action)
    assert not may(Role.PATIENT, action)


@pytest.mark.parametrize("role", [Role.NURSE, Role.BILLER, Role.RESEARCHER, Role.ADMINISTRATOR, Role.PATIENT])
@pytest.mark.parametrize(
    "action", [Action.VISIT_SIGN, Action.VISIT_AMEND, Action.VISIT_PLAN, Action.VISIT_OVERRIDE]
)
def test_only_those_who_inject_plan_and_sign(role, action):
    assert not may(role, action)


def test_a_trainee_neither_amends_nor_supervises():
    assert may(Role.TRAINEE, Action.VISIT_SIGN)
    assert not may(Role.TRAINEE, Action.VISIT_AMEND)
    assert not may(Role.TRAINEE, Action.VISIT_SUPERVISE)


@pytest.mark.parametrize("role", list(Role))
def test_each_page_opens_for_the_roles_of_its_action_and_no_other(signed_in, role):
    client = signed_in(role)
    for path, view in views(get_resolver()):
        found = declared(view)
        assert found is not None
        action, _ = found
        if action is None or "<" in path or "(?P" in path:
            continue
        answer = client.get(f"/{path}")
        if may(role, action):
            assert answer.status_code in (200, 302, 405), (role, path)
        else:
            assert answer.status_code == 403, (role, path)


def test_whoever_is_not_signed_in_is_sent_to_sign_in(db):
    answer = Client().get("/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("role", sorted(STAFF))
def test_staff_set_up_a_second_factor_before_anything_else(signed_in, role):
    answer = signed_in(role, factor=False).get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("mfa_index"))


def test_a_silent_session_ends(signed_in, settings):
    client = signed_in(Role.NURSE)
    assert client.get("/").status_code == 200
    session = client.session
    session["clinic_seen"] -= settings.CLINIC_IDLE_SECONDS + 1
    session.save()
    assert client.get("/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_five_wrong_passwords_lock_the_door(users):
    client, url = Client(), reverse("account_login")
    for _ in range(5):
        answer = client.post(url, {"login": "user-nurse", "password": "wrong"})
    answer = client.post(url, {"login": "user-nurse", "password": "correct horse battery"})
    assert answer.status_code == 429
    assert b"Too many tries" in answer.content


def test_sign_in_and_failure_stand_in_the_trail_without_the_name(users):
    client, url = Client(), reverse("account_login")
    client.post(url, {"login": "user-nurse", "password": "wrong"})
    client.post(url, {"login": "user-nurse", "password": "correct horse battery"})
    actions = list(AuditEntry.objects.filter(kind="access.user").values_list("action", flat=True))
    assert actions == ["sign_in_failed", "sign_in"]
    assert not AuditEntry.objects.filter(object_id__contains="nurse").exists()


def test_a_disabled_account_does_not_come_in(users):
    nurse = users[Role.NURSE]
    nurse.is_active = False
    nurse.save()
    Client().post(reverse("account_login"), {"login": "user-nurse", "password": "correct horse battery"})
    assert not AuditEntry.objects.filter(action="sign_in").exists()


def test_nobody_signs_themselves_up(db):
    assert Client().get("/account/signup/").status_code == 404


def test_the_page_allows_nothing_from_elsewhere_and_no_inline_script(signed_in):
    answer = signed_in(Role.INJECTOR).get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert b"http://" not in answer.content.replace(b"http://www.w3.org", b"")
    assert b"https://" not in answer.content


def test_emergency_access_wants_a_reason_and_is_reviewed_by_another(signed_in, users, patient: Patient):
    nurse, injector = signed_in(Role.NURSE), signed_in(Role.INJECTOR)
    url = reverse("break-glass", args=[patient.pk])
    assert nurse.post(url, {"reason_code": "emergency", "reason": "short"}).status_code == 422
    assert (
        nurse.post(url, {"reason_code": "emergency", "reason": "called in with dysphagia"}).status_code == 302
    )
    row = BreakGlass.objects.get()
    assert Task.objects.get(kind="emergency_review").state == "open"
    review = reverse("break-glass-review", args=[row.pk])
    assert nurse.post(review, {"justified": "yes"}).status_code == 403
    assert injector.post(review, {"justified": "yes", "note": "right"}).status_code == 302
    row.refresh_from_db()
    assert row.justified is True
    assert Task.objects.get(kind="emergency_review").state == "done"
    assert set(AuditEntry.objects.filter(kind="access.breakglass").values_list("action", flat=True)) == {
        "break_glass",
        "break_glass_review",
    }


def test_a_restricted_record_opens_for_its_lead_or_in_an_emergency(rf, users, patient: Patient, visit):
    from collis_clinic.records import emergency
    from collis_clinic.records.opening import EmergencyOnly, open_patient

    patient.restricted = True
    patient.save()
    request = rf.get("/")
    request.user = users[Role.NURSE]
    with pytest.raises(EmergencyOnly):
        open_patient(request, patient.pk, page="record")
    emergency.open_for(users[Role.NURSE], patient, reason_code="emergency", reason="called in with dysphagia")
    assert open_patient(request, patient.pk, page="record") == patient
    episode = Episode.objects.get()
    episode.lead = users[Role.INJECTOR]
    episode.save()
    request.user = users[Role.INJECTOR]
    assert open_patient(request, patient.pk, page="record") == patient


def test_a_patient_opens_no_other_patient(rf, users, patient: Patient, acting):
    from django.core.exceptions import PermissionDenied

    from collis_clinic.records import people
    from collis_clinic.records.identity import Person
    from collis_clinic.records.opening import open_patient

    other = people.register(Person(surname="Other", given_name=""), region="US")
    request = rf.get("/")
    request.user = users[Role.PATIENT]
    assert open_patient(request, patient.pk, page="own") == patient
    with pytest.raises(PermissionDenied):
        open_patient(request, other.pk, page="own")


def test_a_patients_account_carries_no_identity(db, patient: Patient):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("p", "x", role="patient", name="Erin Example", subject=patient.pk)
