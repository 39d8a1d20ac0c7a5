"""The interface for other programs: the same rights, the same trail, the same refusals as the pages."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.test import Client

from collis.knowledge.names import Muscle
from collis.side import Side
from collis_clinic.access.roles import Role
from collis_clinic.audit.models import AuditEntry
from collis_clinic.records.models import Assessment, InjectionLine, Patient, PlanRecord, Session, Visit

PRODUCT = "onabotulinumtoxinA"
SITE = {"muscle": "splenius_capitis", "side": "left", "units": "50"}


def sent(client, method, path, body):
    return getattr(client, method)(path, json.dumps(body), content_type="application/json")


def words(answer) -> str:
    return " ".join(error["text"] for error in answer.json()["errors"])


@pytest.fixture
def injector(signed_in):
    return signed_in(Role.INJECTOR)


@pytest.fixture
def plan(visit):
    def one(*lines, version=0, **more):
        return {"version": version, "product": PRODUCT, "lines": list(lines) or [SITE], **more}

    return one


def test_nobody_unknown_is_answered(patient):
    assert Client().get(f"/api/patients/{patient.pk}", HTTP_ACCEPT="application/json").status_code == 401
    assert Client().get("/api/openapi.json").status_code == 302


def test_a_change_without_its_token_is_refused(users, visit):
    client = Client(enforce_csrf_checks=True)
    client.force_login(users[Role.INJECTOR], backend="allauth.account.auth_backends.AuthenticationBackend")
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=users[Role.INJECTOR], type="totp", data={"secret": ""})
    path, body = f"/api/visits/{visit.pk}/assessment", json.dumps({"version": 0, "pain": 3})
    assert client.put(path, body, content_type="application/json").status_code == 403
    token = client.get("/api/me").json()["csrf_token"]
    answer = client.put(path, body, content_type="application/json", headers={"X-CSRFToken": token})
    assert answer.status_code == 200


@pytest.mark.parametrize("role", [Role.BILLER, Role.RESEARCHER, Role.ADMINISTRATOR, Role.PATIENT, Role.NURSE])
def test_only_those_who_plan_change_lines(signed_in, visit, plan, role):
    answer = sent(signed_in(role), "put", f"/api/visits/{visit.pk}/lines", plan())
    assert answer.status_code == 403
    assert not Session.objects.exists()


def test_a_restricted_record_stays_closed(injector, patient):
    patient.restricted = True
    patient.save()
    assert injector.get(f"/api/patients/{patient.pk}").status_code == 403


def test_a_patient_is_told_by_code_and_entered_in_the_trail(injector, patient, session):
    answer = injector.get(f"/api/patients/{patient.pk}")
    assert answer.status_code == 200
    assert answer.json()["code"] == patient.code
    assert answer.json()["sex"] == "female"
    assert answer.json()["onset_age_years"] is None
    assert "Example" not in answer.content.decode()
    entry = AuditEntry.objects.filter(kind="page.api-patient").get()
    assert (entry.action, entry.subject) == ("read", str(patient.pk))


def test_lines_sent_are_the_drafts_lines_with_the_verdict_on_them(injector, visit, plan):
    scm = {"muscle": "sternocleidomastoid", "side": "right", "units": 40, "sites": 2}
    answer = sent(injector, "put", f"/api/visits/{visit.pk}/lines", plan(SITE, scm))
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert found["planned_total"] == "90"
    assert [(x["muscle"], x["side"], x["planned_units"]) for x in found["lines"]] == [
        ("sternocleidomastoid", "right", "20"),
        ("sternocleidomastoid", "right", "20"),
        ("splenius_capitis", "left", "50"),
    ]
    assert {(x["given_units"], x["guidance"]) for x in found["lines"]} == {(None, None)}
    assert PlanRecord.objects.get().kind == "check"
    assert found["state"] == "draft"


def test_lines_left_out_are_dropped_and_stay_readable(injector, session, plan, visit):
    answer = sent(injector, "put", f"/api/visits/{visit.pk}/lines", plan(version=session.version))
    assert [x["muscle"] for x in answer.json()["lines"]] == ["splenius_capitis"]
    assert InjectionLine.objects.filter(dropped=True).get().planned_units == 40


def test_lines_on_an_old_version_are_refused_with_what_stands(injector, session, plan, visit):
    answer = sent(injector, "put", f"/api/visits/{visit.pk}/lines", plan(version=session.version + 1))
    assert answer.status_code == 409
    assert InjectionLine.objects.filter(dropped=False).count() == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"units": "39960", "ml": "999"}, "expected 0 to 150 Units: "),
        ({"units": "39960"}, "expected 0 to 150 Units: "),
        ({"units": "151"}, "expected 0 to 150 Units: "),
        ({"units": "60"}, "the largest dose any source gives in one site is 50 Units. Source: label: botox"),
        ({"units": "-1"}, "expected 0 to 150 Units"),
        ({"units": "1e308"}, "expected 0 to 150 Units"),
        ({"units": "12.345"}, "expected Units"),
        ({"units": "10", "ml": "999"}, "expected 0 to 15 mL: label: "),
        ({"units": "1e999999999"}, "too long"),
        ({"units": "10", "sites": 0}, ""),
        ({"units": "10", "side": "middle"}, ""),
        ({"units": "10", "muscle": "biceps"}, ""),
        ({"units": "ten"}, ""),
    ],
)
def test_an_impossible_line_is_refused(injector, visit, plan, line, said):
    body = plan({**SITE, **line}, strength="100/2")
    answer = sent(injector, "put", f"/api/visits/{visit.pk}/lines", body)
    assert answer.status_code == 422, answer.content
    assert said in words(answer)
    assert not InjectionLine.objects.exists()


def test_not_a_number_is_refused(injector, visit, plan):
    for word in ("NaN", "Infinity", "1e400"):
        body = json.dumps(plan()).replace('"50"', word)
        answer = injector.put(f"/api/visits/{visit.pk}/lines", body, content_type="application/json")
        assert answer.status_code == 422, word


def test_units_and_ml_that_do_not_agree_are_refused(injector, visit, plan):
    body = plan({**SITE, "ml": "0.5"}, strength="100/2")
    answer = sent(injector, "put", f"/api/visits/{visit.pk}/lines", body)
    assert answer.status_code == 422
    assert "25 Units" in words(answer)


def test_another_product_takes_every_dose_and_the_dilution_away_first(injector, session, visit):
    body = {
        "version": session.version,
        "product": "incobotulinumtoxinA",
        "lines": [{"muscle": "levator_scapulae", "side": "left", "units": "30"}],
    }
    answer = sent(injector, "put", f"/api/visits/{visit.pk}/lines", body)
    assert answer.status_code == 200, answer.content
    assert [(x["muscle"], x["planned_units"]) for x in answer.json()["lines"]] == [("levator_scapulae", "30")]


def test_a_plan_is_judged_and_kept_without_becoming_the_sessions(injector, visit, plan):
    body = {k: v for k, v in plan().items() if k != "version"}
    answer = sent(injector, "post", f"/api/visits/{visit.pk}/check", body)
    assert answer.status_code == 200, answer.content
    assert answer.json()["result"]["verdict"]["level"] == answer.json()["level"]
    assert not Session.objects.exists()
    kept = injector.get(f"/api/visits/{visit.pk}/plans/{answer.json()['id']}")
    assert kept.json()["digest"] == answer.json()["digest"]


def test_an_assessment_keeps_only_what_was_sent(injector, visit):
    path = f"/api/visits/{visit.pk}/assessment"
    first = sent(injector, "put", path, {"version": 0, "pain": "3.5", "goals": ["less pull"]})
    assert first.status_code == 200, first.content
    second = sent(injector, "put", path, {"version": 1, "benefit_percent": 60})
    assert (second.json()["pain"], second.json()["benefit_percent"]) == ("3.5", "60")
    row = Assessment.objects.get()
    assert (row.side_effects_asked, row.onset_day, row.posture, row.thin_neck) == (None,) * 4
    stale = sent(injector, "put", path, {"version": 1, "pain": 4})
    assert stale.status_code == 409
    assert stale.json()["version"] == 2


@pytest.mark.parametrize(
    "body",
    [
        {"pain": 11},
        {"pain": -1},
        {"benefit_percent": 100.5},
        {"onset_day": 999},
        {"posture": {"turn": {"deg": "400", "toward": "left"}}},
        {"posture": {"turn": {"deg": "20", "toward": "up"}}},
        {"posture": {"nod": {"deg": "20"}}},
        {"findings": [{"muscle": "splenius_capitis", "side": "middle", "found": ["tender"]}]},
        {"note": "half \ud800"},
        {"note": "\0"},
        {"twstrs": 999},
    ],
)
def test_an_impossible_assessment_is_refused(injector, visit, body):
    answer = sent(injector, "put", f"/api/visits/{visit.pk}/assessment", {"version": 0, **body})
    assert answer.status_code == 422, answer.content
    assert not Assessment.objects.exists()


def test_every_muscle_and_side_comes_back_as_it_was_sent(injector, visit, plan):
    version = 0
    for muscle in Muscle:
        for side in Side:
            body = plan({"muscle": muscle.value, "side": side.value, "units": "5"}, version=version)
            answer = sent(injector, "put", f"/api/visits/{visit.pk}/lines", body)
            assert answer.status_code == 200, (muscle, answer.content)
            found = injector.get(f"/api/visits/{visit.pk}/session").json()
            assert [(x["muscle"], x["side"]) for x in found["lines"]] == [(muscle.value, side.value)]
            version = found["version"]


def test_a_closed_visit_is_not_written_to(injector, visit, plan):
    row = Visit.objects.get(pk=visit.pk)
    row.state = "closed"
    row.save()
    for path, body in (("lines", plan()), ("assessment", {"version": 0, "pain": 1})):
        assert sent(injector, "put", f"/api/visits/{visit.pk}/{path}", body).status_code == 422


def test_stock_is_listed_and_a_lot_leads_to_its_patients(signed_in, acting):
    from datetime import date

    from collis_clinic.stock import keeping

    vials = keeping.receive(
        product=PRODUCT,
        number="C1",
        expiry=date(2028, 1, 1),
        vial_units=Decimal(100),
        count=2,
        on=date(2026, 11, 1),
    )
    nurse = signed_in(Role.NURSE)
    assert [v["left"] for v in nurse.get("/api/stock/vials?state=unopened").json()] == ["100", "100"]
    assert nurse.get("/api/stock/vials?state=lost").status_code == 422
    lot = nurse.get(f"/api/stock/lots/{vials[0].lot_id}/patients")
    assert lot.json()["patients"] == []


def test_what_is_not_there_is_not_found(injector, patient):
    import uuid

    for path in (
        "patients/{}",
        "patients/{}/visits",
        "patients/{}/toxin",
        "visits/{}/session",
        "visits/{}/plans",
    ):
        assert injector.get(f"/api/{path.format(uuid.uuid4())}").status_code == 404
    assert injector.get("/api/patients/P-12345678").status_code == 404
    assert Patient.objects.count() == 1


def test_the_document_names_every_address(injector):
    found = injector.get("/api/openapi.json").json()
    assert len(found["paths"]) >= 13
    assert found["openapi"].startswith("3.")
