"""Lists: today, patients, tasks, people, trail, knowledge; no name in the database, a bounded number of questions."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from collis_clinic.access.models import User
from collis_clinic.access.roles import Role
from collis_clinic.audit.models import AuditEntry
from collis_clinic.records import people
from collis_clinic.records.identity import Person
from collis_clinic.records.models import (
    Appointment,
    Authorisation,
    Episode,
    Identity,
    LabelSignOff,
    Patient,
    Task,
    ToxinLedgerEntry,
    Visit,
)
from collis_clinic.records.portable import tables, ways_to_patient
from tests.clinic.giving_steps import PRODUCT, token

LISTS = ["home", "patient-list", "task-list", "stock-list", "user-list", "audit-list", "knowledge"]


def many(count: int) -> list[Patient]:
    """Patients with an appointment today, a visit, a task, toxin and an authorisation."""
    made, now = [], timezone.now()
    for number in range(count):
        patient = people.register(Person(surname=f"Tree{number}", given_name="A"), region="US")
        episode = Episode(patient=patient, started_on=timezone.localdate() - timedelta(days=300))
        episode.save()
        Visit(
            patient=patient, episode=episode, on=timezone.localdate() - timedelta(days=90), state="closed"
        ).save()
        Appointment(patient=patient, kind="session", starts_at=now, minutes=30).save()
        Task(
            patient=patient, kind="review", due_from=timezone.localdate(), due_to=timezone.localdate()
        ).save()
        ToxinLedgerEntry(
            patient=patient, source="patient", on=timezone.localdate() - timedelta(days=80), product=PRODUCT,
            units=Decimal(100), indication="cervical_dystonia",
        ).save()  # fmt: skip
        Authorisation(
            patient=patient, payer="medicare", state="granted", product=PRODUCT,
            to_on=timezone.localdate() - timedelta(days=1),
        ).save()  # fmt: skip
        made.append(patient)
    return made


def test_today_shows_days_since_toxin_the_payers_day_and_what_stands_against_it(signed_in):
    patient = many(1)[0]
    page = signed_in(Role.INJECTOR).get("/").content.decode()
    assert "Tree0, A" in page
    assert "<b>80</b> days" in page
    earliest = timezone.localdate() + timedelta(days=4)
    assert f"{earliest.day} {earliest:%b} {earliest.year}" in page
    assert "Authorisation ended" in page
    assert patient.code in page


@pytest.mark.parametrize("route", LISTS)
def test_a_list_asks_no_more_for_more_rows(signed_in, route, django_assert_max_num_queries, patient):
    client = signed_in(Role.ADMINISTRATOR if route in ("user-list",) else Role.INJECTOR)
    counts = []
    for _ in range(2):
        many(6)
        client.get(reverse(route))
        with django_assert_max_num_queries(24) as asked:
            assert client.get(reverse(route)).status_code == 200
        counts.append(len(asked.captured_queries))
    assert counts[1] <= counts[0] + 1


@pytest.mark.parametrize(
    "asked",
    [{"surname": "exámple"}, {"birth_date": "1972-03-04"}, {"record_number": "mrn0042"}],
)
def test_a_person_is_found_by_the_blind_index(patient, signed_in, asked):
    page = signed_in(Role.NURSE).get(reverse("patient-list"), asked).content.decode()
    assert "Example, Erin" in page


def test_a_part_of_a_name_finds_nobody_and_says_so(patient, signed_in):
    page = signed_in(Role.NURSE).get(reverse("patient-list"), {"surname": "Exam"}).content.decode()
    assert "Example, Erin" not in page
    assert "Nobody matches" in page


def test_a_patient_is_found_by_code(patient, signed_in):
    page = signed_in(Role.BILLER).get(reverse("patient-list"), {"code": patient.code[2:].lower()})
    assert patient.code in page.content.decode()
    bad = signed_in(Role.BILLER).get(reverse("patient-list"), {"birth_date": "yesterday"})
    assert bad.status_code == 422


@pytest.mark.parametrize("role", [Role.RESEARCHER, Role.ADMINISTRATOR, Role.PATIENT])
@pytest.mark.parametrize("route", ["patient-list", "task-list", "stock-list", "register"])
def test_lists_of_patients_are_not_for_everybody(signed_in, role, route):
    assert signed_in(role).get(reverse(route)).status_code == 403


def registering(**fields):
    return {
        "token": token(), "surname": "New", "given_name": "Nora", "birth_date": "1980-02-29", "region": "US", **fields,
    }  # fmt: skip


def test_a_patient_is_registered_once_and_a_twin_is_shown_first(db, signed_in):
    client, fields = signed_in(Role.NURSE), registering()
    before = Patient.objects.count()
    for _ in range(2):
        client.post(reverse("register"), fields)
    assert Patient.objects.count() == before + 1
    twin = client.post(reverse("register"), registering())
    assert twin.status_code == 409
    assert b"here already" in twin.content
    client.post(reverse("register"), registering(another="yes"))
    assert Patient.objects.count() == before + 2


@pytest.mark.parametrize(
    "wrong", [{"surname": ""}, {"birth_date": "2999-01-01"}, {"birth_date": "x"}, {"region": "XX"}]
)
def test_an_impossible_person_is_refused(signed_in, wrong, patient):
    answer = signed_in(Role.NURSE).post(reverse("register"), registering(**wrong))
    assert answer.status_code == 422
    assert Patient.objects.count() == 1


def test_what_nobody_said_at_registration_stays_unknown(signed_in, users):
    signed_in(Role.NURSE).post(reverse("register"), registering())
    made = Patient.objects.order_by("-recorded_at").first()
    assert made.sex is None
    assert made.onset_age_years is None


def test_a_person_is_exported_whole_with_a_reason(visit, signed_in):
    client, url = signed_in(Role.INJECTOR), reverse("patient-export", args=[visit.patient_id])
    assert client.post(url, {"reason": ""}).status_code == 422
    document = json.loads(client.post(url, {"reason": "asked by the patient"}).content)
    assert document["person"]["surname"] == "Example"
    assert document["rows"]["records.visit"][0]["id"] == str(visit.pk)
    assert AuditEntry.objects.filter(action="export", subject=str(visit.patient_id)).exists()
    assert signed_in(Role.NURSE).get(url).status_code == 403


def test_every_table_about_a_patient_is_in_the_export():
    found = {model._meta.label_lower: way for model, way in tables()}
    assert found["records.injectionline"] == "session__visit__patient"
    assert found["records.patient"] == "pk"
    assert found["stock.vial"] == "bound_to"
    assert found["stock.movement"] == "patient"
    from collis_clinic.stock.models import Lot

    assert ways_to_patient(LabelSignOff) is None
    assert ways_to_patient(Lot) is None


def test_erasing_is_typed_and_leaves_the_record(visit, signed_in):
    client, patient = signed_in(Role.INJECTOR), visit.patient
    url = reverse("patient-erase", args=[patient.pk])
    assert client.post(url, {"code": "P-WRONG", "reason": "asked"}).status_code == 422
    assert client.post(url, {"code": patient.code, "reason": ""}).status_code == 422
    assert client.post(url, {"code": patient.code, "reason": "asked"}).status_code == 302
    assert not Identity.objects.filter(patient=patient).exists()
    page = client.get(reverse("patient", args=[patient.pk])).content.decode()
    assert "Example" not in page
    assert Visit.objects.filter(patient=patient).exists()


def test_toxin_given_elsewhere_is_entered_and_units_of_two_products_are_not_added(patient, signed_in):
    client, url = signed_in(Role.NURSE), reverse("toxin-ledger", args=[patient.pk])
    for product, units in ((PRODUCT, "50"), ("abobotulinumtoxinA", "300"), (PRODUCT, "25")):
        client.post(url, {"token": token(), "source": "patient", "indication": "migraine", "product": product,
                          "units": units, "on": "2026-08-01"})  # fmt: skip
    page = client.get(url).content.decode()
    assert "75\xa0Units" in page
    assert "300\xa0Units" in page
    assert "375" not in page
    late = client.post(url, {"token": token(), "source": "letter", "indication": "other", "on": "2999-01-01"})
    assert late.status_code == 422


def test_a_task_is_done_with_a_word_and_only_once(patient, signed_in):
    today = timezone.localdate()
    task = Task(patient=patient, kind="swallow_check", due_from=today, due_to=today)
    task.save()
    client, url = signed_in(Role.NURSE), reverse("task-done", args=[task.pk])
    assert client.post(url, {"result": "", "version": 1}).status_code == 422
    assert client.post(url, {"result": "no trouble", "version": 1, "state": "done"}).status_code == 302
    assert client.post(url, {"result": "again", "version": 1}).status_code == 409
    task.refresh_from_db()
    assert task.done_by is not None
    assert (task.state, task.result, task.done_by.role) == ("done", "no trouble", "nurse")


def test_overdue_comes_first_and_mine_is_mine(patient, signed_in, users):
    today = timezone.localdate()
    Task(patient=patient, kind="review", role="injector", due_from=today - timedelta(days=9),
         due_to=today - timedelta(days=2)).save()  # fmt: skip
    Task(patient=patient, kind="swallow_check", role="nurse", due_from=today, due_to=today).save()
    page = signed_in(Role.NURSE).get(reverse("task-list")).content.decode()
    assert page.index("Overdue 1") < page.index("Due now 1")
    mine = signed_in(Role.NURSE).get(reverse("task-list"), {"whose": "mine"}).content.decode()
    assert "Overdue 1" not in mine
    assert "Due now 1" in mine


def test_an_account_is_made_changed_and_closed_by_the_administrator_alone(signed_in, users):
    client = signed_in(Role.ADMINISTRATOR)
    fields = {"username": "kim", "name": "Kim", "role": "nurse", "password": "long enough words"}
    assert client.post(reverse("user-new"), {**fields, "password": "short"}).status_code == 422
    assert client.post(reverse("user-new"), {**fields, "role": "trainee"}).status_code == 422
    client.post(reverse("user-new"), fields)
    kim = User.objects.get(username="kim")
    assert AuditEntry.objects.filter(kind="access.user", object_id=str(kim.pseudonym)).exists()
    client.post(reverse("user-edit", args=[kim.pk]), {"name": "Kim", "role": "nurse"})
    kim.refresh_from_db()
    assert not kim.is_active
    me = users[Role.ADMINISTRATOR]
    assert client.post(reverse("user-edit", args=[me.pk]), {"name": "I", "role": "nurse"}).status_code == 422
    for role in (Role.INJECTOR, Role.NURSE, Role.BILLER):
        assert signed_in(role).get(reverse("user-list")).status_code == 403


def test_the_trail_shows_codes_and_never_a_patients_name(visit, signed_in):
    client = signed_in(Role.ADMINISTRATOR)
    signed_in(Role.INJECTOR).get(reverse("patient", args=[visit.patient_id]))
    page = client.get(reverse("audit-list"), {"code": visit.patient.code}).content.decode()
    assert visit.patient.code in page
    assert "page.record" in page
    assert "Example" not in page
    assert client.get(reverse("audit-list"), {"on": "never"}).status_code == 422
    assert client.get(reverse("audit-list"), {"before": "99999999999999999999"}).status_code == 200


def label(client, **fields):
    return client.post(
        reverse("label", args=[PRODUCT, "US"]),
        {"token": token(), "label_revision": "11/2025", "role_said": "lead", **fields},
    )


TOTAL = f"products.{PRODUCT}.US.limit.ona_us_total.bound"


def test_a_label_is_signed_off_number_by_number_with_a_reminder(signed_in):
    client = signed_in(Role.INJECTOR)
    assert label(client).status_code == 422
    assert label(client, confirm=[TOTAL], label_revision="").status_code == 422
    assert label(client, confirm=[TOTAL], **{f"local-{TOTAL}": "250"}).status_code == 302
    row = LabelSignOff.objects.get()
    assert (row.entry, row.local_value, row.label_revision) == (TOTAL, "250", "11/2025")
    assert row.review_due - row.on == timedelta(days=365)
    assert Task.objects.get(kind="label_review").due_to == row.review_due
    assert "250" in client.get(reverse("label", args=[PRODUCT, "US"])).content.decode()


@pytest.mark.parametrize("local", ["400", "-1", "NaN", "much"])
def test_a_local_limit_is_never_looser(signed_in, local):
    answer = label(signed_in(Role.INJECTOR), confirm=[TOTAL], **{f"local-{TOTAL}": local})
    assert answer.status_code == 422
    assert not LabelSignOff.objects.exists()


def test_others_read_labels_and_sign_none(signed_in):
    client = signed_in(Role.NURSE)
    assert client.get(reverse("label", args=[PRODUCT, "US"])).status_code == 200
    assert label(client, confirm=[TOTAL]).status_code == 403
    assert client.get(reverse("knowledge-part", args=["no.such.part"])).status_code == 404


def test_an_appointment_is_booked_once_and_marked(patient, signed_in):
    client, fields = (
        signed_in(Role.NURSE),
        {"token": token(), "on": "2027-01-05", "at": "10:30", "kind": "peak"},
    )
    for _ in range(2):
        client.post(reverse("patient-book", args=[patient.pk]), fields)
    row = Appointment.objects.get()
    assert f"{timezone.localtime(row.starts_at):%Y-%m-%d %H:%M}" == "2027-01-05 10:30"
    client.post(reverse("appointment", args=[row.pk]), {"version": 1, "state": "arrived"})
    row.refresh_from_db()
    assert row.state == "arrived"
