"""Signed means signed: through pages, by whom, versions side by side, nothing made up, nothing lost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import get_resolver, reverse

from collis_clinic.access.roles import Role
from collis_clinic.audit.models import AuditEntry
from collis_clinic.records.models import (
    Assessment,
    CheckIn,
    Rating,
    SafetyReport,
    Session,
    SessionVersion,
    SideEffect,
    Task,
    ToxinLedgerEntry,
    Visit,
)
from collis_clinic.stock.models import Vial
from tests.clinic.conftest import ON
from tests.clinic.giving_steps import USUAL, checked, drawn_up, last_site, planned, received, send, sites


@pytest.fixture
def session(visit) -> Session:
    """A draft in three sites that the gate lets pass once it is answered."""
    return planned(visit, *USUAL)


@pytest.fixture
def given(session, signed_in):
    """A session touched at its doses alone."""
    client = signed_in(Role.INJECTOR)
    checked(client, session)
    send(client, "given", session, **sites(session))
    return Session.objects.get()


def page(client, name, session):
    return client.get(reverse(f"visits:{name}", args=[session.visit_id]))


def test_a_session_touching_only_doses_is_signed_and_invents_nothing(given, signed_in):
    client = signed_in(Role.INJECTOR)
    shown = page(client, "sign", given).content.decode()
    for word in ("Check-in", "Consent", "Assessment", "Draw-up", "Time-out", "Observation"):
        assert word in shown
    send(client, "sign", given)
    for table in (CheckIn, Assessment, Rating, SideEffect):
        assert not table.objects.exists()
    document = SessionVersion.objects.get().document
    assert document["check_in"] is document["assessment"] is document["preparation"] is None
    for name in ("time_out_at", "observed_minutes", "observation", "told", "outcome_reason", "copied_from"):
        assert document["session"][name] is None
    assert all(line["emg_finding"] is line["ultrasound_finding"] is None for line in document["lines"])
    note = page(client, "note", given).content.decode()
    assert note.count("not recorded") >= 4


def test_signing_closes_the_visit_enters_the_ledger_and_lists_what_follows(given, signed_in):
    send(signed_in(Role.INJECTOR), "sign", given)
    assert Visit.objects.get().state == "closed"
    assert SessionVersion.objects.get().document["visit"]["state"] == "closed"
    assert ToxinLedgerEntry.objects.get().units == 100
    tasks = {t.kind: ((t.due_from - ON).days, (t.due_to - ON).days) for t in Task.objects.all()}
    assert tasks["swallow_check"] == (7, 14)
    assert tasks["peak_visit"] == (28, 42)
    assert tasks["review"][0] == 84


@pytest.mark.parametrize("role", [r for r in Role if r not in (Role.INJECTOR, Role.TRAINEE)])
def test_nobody_else_signs(given, signed_in, role):
    assert send(signed_in(role), "sign", given).status_code == 403
    assert not SessionVersion.objects.exists()


def test_a_trainee_signs_and_the_supervisor_countersigns(given, signed_in):
    trainee = signed_in(Role.TRAINEE)
    send(trainee, "sign", given)
    task = Task.objects.get(kind="countersign")
    url = reverse("visits:countersign", args=[given.visit_id])
    assert trainee.post(url).status_code == 403
    assert signed_in(Role.INJECTOR).post(url).status_code == 302
    task.refresh_from_db()
    assert task.state == "done"
    assert [v.kind for v in SessionVersion.objects.order_by("number")] == ["signed", "countersigned"]


def test_signing_twice_is_one_signature(given, signed_in):
    client = signed_in(Role.INJECTOR)
    send(client, "sign", given)
    assert send(client, "sign", given).status_code in (302, 409, 422)
    assert SessionVersion.objects.count() == 1


def test_a_stale_page_does_not_sign(given, signed_in):
    client = signed_in(Role.INJECTOR)
    answer = client.post(
        reverse("visits:sign", args=[given.visit_id]),
        {"token": "6f0c2c7e-31a4-4a52-9f5c-0d0c8a6d9b11", "version": given.version - 1},
    )
    assert answer.status_code == 409
    assert not SessionVersion.objects.exists()


def test_unread_carried_doses_are_not_signed(visit, session, signed_in):
    client = signed_in(Role.INJECTOR)
    checked(client, session)
    send(client, "given", session, **sites(session))
    line = last_site(session)
    line.read_at = None
    line.save()
    earlier = Visit(patient=visit.patient, episode=visit.episode, on=ON - timedelta(days=90), age_years=54)
    earlier.save()
    session = Session.objects.get(pk=session.pk)
    session.copied_from = planned(earlier, *USUAL)
    session.save()
    answer = send(client, "sign", session)
    assert answer.status_code == 422
    assert b"not read" in answer.content
    assert not SessionVersion.objects.exists()


@pytest.mark.parametrize("step", ["given", "observe", "stop", "draw-up", "time-out", "gate"])
def test_no_page_changes_what_is_signed(given, signed_in, step):
    client = signed_in(Role.INJECTOR)
    send(client, "sign", given)
    before = Session.objects.values().get()
    assert send(client, step, given, act="check", **sites(given)).status_code == 422
    assert Session.objects.values().get() == before


def test_no_route_deletes():
    def routes(resolver, prefix=""):
        for one in resolver.url_patterns:
            if hasattr(one, "url_patterns"):
                yield from routes(one, prefix + str(one.pattern))
            else:
                yield prefix + str(one.pattern), one.name or ""

    ours = [r for r in routes(get_resolver()) if not r[0].startswith(("account/",))]
    assert not [r for r in ours if any(w in r[0] + r[1] for w in ("delete", "remove", "destroy"))]


def test_an_amendment_needs_a_reason_and_leaves_both_versions_readable(given, signed_in):
    client = signed_in(Role.INJECTOR)
    send(client, "sign", given)
    line = last_site(given)
    changed = {**sites(given, "25"), f"why-{line.pk}": "spilled"}
    assert send(client, "amend", given, **changed, reason=" ").status_code == 422
    line.refresh_from_db()
    assert line.given_units == 30
    assert send(client, "amend", given, **changed, reason="wrong syringe read").status_code == 302
    first, second = SessionVersion.objects.order_by("number")
    assert (second.kind, second.reason) == ("amended", "wrong syringe read")
    units = [v.document["lines"][-1]["given_units"] for v in (first, second)]
    assert units == ["30", "25"]
    shown = page(client, "versions", given).content.decode()
    assert "wrong syringe read" in shown
    assert "<td>30</td><td>25</td>" in shown
    entry = ToxinLedgerEntry.objects.get(corrected_by__isnull=True)
    assert entry.units == 95


def test_an_amendment_that_changes_nothing_is_refused(given, signed_in):
    client = signed_in(Role.INJECTOR)
    send(client, "sign", given)
    assert send(client, "amend", given, **sites(given), reason="for nothing").status_code == 422
    assert SessionVersion.objects.count() == 1


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.INJECTOR])
def test_only_an_injector_amends(given, signed_in, role):
    send(signed_in(Role.INJECTOR), "sign", given)
    assert send(signed_in(role), "amend", given, **sites(given), reason="x").status_code == 403


def test_when_the_trail_cannot_be_written_nothing_is_signed(given, signed_in, monkeypatch):
    client = signed_in(Role.INJECTOR)
    client.raise_request_exception = False
    page(client, "sign", given)
    real = AuditEntry.objects.bulk_create

    def broken(entries):
        if any(e.action == "signed" for e in entries):
            raise OSError("disk full")
        return real(entries)

    monkeypatch.setattr(AuditEntry.objects, "bulk_create", broken)
    assert send(client, "sign", given).status_code == 500
    monkeypatch.undo()
    assert Session.objects.get().state == "checked"
    assert Visit.objects.get().state == "open"
    assert not SessionVersion.objects.exists()
    assert not Task.objects.exists()


def test_papers_come_out_of_one_record(session, signed_in):
    client, lot = signed_in(Role.INJECTOR), received(on=ON)
    checked(client, session)
    drawn_up(client, session, lot)
    send(client, "given", session, **sites(session))
    send(client, "observe", session, observed_minutes="20", told=["spread"], discard="yes")
    send(client, "sign", session)
    vial = Vial.objects.get(lot=lot, state="wasted")
    assert (vial.drawn, vial.wasted, vial.left) == (Decimal(110), Decimal(90), 0)
    note = page(client, "note", session).content.decode()
    for word in ("EX1234", "10 Units in 0.1 mL", "head of the trail", "The injector", "RIGHT"):
        assert word in note
    claim = page(signed_in(Role.BILLER), "claim", session).content.decode()
    for word in ("J0585", "64616", "JW", "200 Units opened = 100 given + 100 discarded"):
        assert word in claim
    for name, start in (("letter", b"%PDF"), ("next-date", b"BEGIN:VCALENDAR"), ("patient-page", b"%PDF")):
        answer = page(client, name, session)
        assert answer.status_code == 200, answer.content[:300]
        assert answer.content.startswith(start)
    calendar = page(client, "next-date", session).content.decode()
    assert "Example" not in calendar
    assert "toxin" not in calendar.lower()


def test_a_patients_own_vial_bills_no_drug(session, signed_in):
    client, lot = signed_in(Role.INJECTOR), received(on=ON)
    checked(client, session)
    drawn_up(client, session, lot)
    send(client, "given", session, **sites(session))
    visit = Visit.objects.get()
    visit.supply_route = "patient_vial"
    visit.save()
    send(client, "sign", session)
    claim = page(signed_in(Role.BILLER), "claim", session).content.decode()
    assert "J0585" not in claim
    assert "64616" in claim


def test_a_report_knows_brand_and_lot_already(session, signed_in):
    client, lot = signed_in(Role.INJECTOR), received(on=ON)
    checked(client, session)
    drawn_up(client, session, lot)
    send(client, "given", session, **sites(session))
    send(client, "report", session, kind="dysphagia", grade="2", serious="no", text="from day 8")
    report = SafetyReport.objects.get()
    assert report.product == "onabotulinumtoxinA"
    assert report.lots == [
        {
            "product": "onabotulinumtoxinA",
            "brand": "BOTOX",
            "lot": "EX1234",
            "expiry": f"{lot.expiry:%Y-%m-%d}",
        }
    ]
    assert SideEffect.objects.get().grade == 2
    assert Task.objects.get(kind="safety_report").state == "open"


@pytest.mark.parametrize(
    "name", ["gate", "draw-up", "time-out", "given", "observe", "sign", "signed", "note", "versions", "amend"]
)
def test_a_page_asks_a_bounded_number_of_questions(given, signed_in, name, django_assert_max_num_queries):
    client = signed_in(Role.INJECTOR)
    if name in ("signed", "note", "versions", "amend"):
        send(client, "sign", given)
    page(client, name, given)
    with django_assert_max_num_queries(60):
        assert page(client, name, given).status_code == 200
