"""Trying the doors of the clinic from outside and with stolen or stale keys."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from tests.clinic_place import set_up

set_up()

from django.core.cache import cache  # noqa: E402 - Django is set up first
from django.test import Client  # noqa: E402
from django.urls import URLResolver, get_resolver  # noqa: E402

from collis_clinic.access.middleware import BEGAN, SEEN  # noqa: E402
from collis_clinic.access.models import User  # noqa: E402
from collis_clinic.access.roles import Role  # noqa: E402
from collis_clinic.records import people  # noqa: E402
from tests.clinic.conftest import (  # noqa: E402, F401 - the fixtures of the clinic serve here too
    _own_place,
    acting,
    django_db_modify_db_settings,
    patient,
    signed_in,
    tables_can_be_emptied_between_tests,
    users,
    visit,
)

PASSWORD = "correct horse battery"
CLINIC = Path(__file__).resolve().parents[2] / "src" / "collis_clinic"
COOKIE = "clinic_session"


@pytest.fixture(autouse=True)
def _no_rates_left_over(db):
    cache.clear()


def routes(resolver: URLResolver, before: str = "") -> list[str]:
    found = []
    for entry in resolver.url_patterns:
        path = before + str(entry.pattern)
        found += routes(entry, path) if isinstance(entry, URLResolver) else [path]
    return found


def test_a_sign_in_does_not_send_one_elsewhere(users):  # noqa: F811
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"):
        answer = Client().post(
            f"/account/login/?next={elsewhere}",
            {"login": "user-patient", "password": PASSWORD, "next": elsewhere},
        )
        assert "evil" not in answer.headers.get("Location", "")
        assert "javascript" not in answer.headers.get("Location", "")


def test_a_sign_in_changes_the_sessions_number(users):  # noqa: F811
    client = Client()
    client.get("/account/login/")
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    client.cookies[COOKIE] = str(session.session_key)
    client.post("/account/login/", {"login": "user-patient", "password": PASSWORD})
    assert client.cookies[COOKIE].value != session.session_key


def test_a_long_session_ends_however_busy(signed_in, settings):  # noqa: F811
    client = signed_in(Role.NURSE)
    assert client.get("/").status_code == 200
    session = client.session
    session[BEGAN] = session[SEEN] - settings.CLINIC_SESSION_SECONDS - 1
    session.save()
    assert client.get("/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_session_signed_out_is_of_no_more_use(signed_in):  # noqa: F811
    client = signed_in(Role.NURSE)
    client.get("/")
    stolen = client.cookies[COOKIE].value
    client.post("/account/logout/")
    thief = Client()
    thief.cookies[COOKIE] = stolen
    assert thief.get("/").status_code == 302


def test_a_disabled_account_is_out_at_once(signed_in, users):  # noqa: F811
    client = signed_in(Role.NURSE)
    assert client.get("/").status_code == 200
    User.objects.filter(pk=users[Role.NURSE].pk).update(is_active=False)
    assert client.get("/").status_code == 302
    assert client.get("/api/me", headers={"Accept": "application/json"}).status_code == 401


def test_a_changed_role_holds_at_once(signed_in, users, patient):  # noqa: F811
    client = signed_in(Role.INJECTOR)
    assert client.get(f"/api/patients/{patient.pk}").status_code == 200
    User.objects.filter(pk=users[Role.INJECTOR].pk).update(role=Role.ADMINISTRATOR.value)
    assert client.get(f"/api/patients/{patient.pk}").status_code == 403


def test_a_password_is_changed_with_the_old_one(signed_in, users):  # noqa: F811
    client = signed_in(Role.NURSE)
    form = {"oldpassword": "wrong", "password1": "another horse 12", "password2": "another horse 12"}
    client.post("/account/password/change/", form)
    users[Role.NURSE].refresh_from_db()
    assert users[Role.NURSE].check_password(PASSWORD)
    client.post("/account/password/change/", {**form, "oldpassword": PASSWORD})
    users[Role.NURSE].refresh_from_db()
    assert users[Role.NURSE].check_password("another horse 12")


def test_a_changed_password_ends_the_other_sessions(signed_in, users):  # noqa: F811
    here, there = signed_in(Role.NURSE), signed_in(Role.NURSE)
    word = "another horse 12"
    here.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": word, "password2": word})
    assert there.get("/").status_code == 302


@pytest.mark.parametrize("role", list(Role))
def test_signing_out_is_on_every_page(signed_in, role):  # noqa: F811
    page = signed_in(role).get("/").content.decode()
    assert 'action="/account/logout/"' in page


def test_every_answer_says_what_it_is(signed_in, patient):  # noqa: F811
    client = signed_in(Role.INJECTOR)
    for path in (
        "/",
        "/health/",
        "/sw.js",
        "/api/me",
        "/api/openapi.json",
        f"/api/patients/{patient.pk}",
        "/none/",
    ):
        kind = client.get(path).headers["Content-Type"]
        assert kind.startswith(("text/html; charset=utf-8", "application/json", "text/javascript")), path


def test_a_body_too_large_is_refused(signed_in, visit):  # noqa: F811
    client = signed_in(Role.INJECTOR)
    path = f"/api/visits/{visit.pk}/assessment"
    answer = client.put(path, '{"note": "' + "x" * 1_100_000 + '"}', content_type="application/json")
    assert answer.status_code in (400, 413, 422)
    many = {f"f{n}": "1" for n in range(2100)}
    assert client.post("/account/login/", many).status_code in (302, 400)


def test_a_body_that_is_no_json_is_refused(signed_in, visit):  # noqa: F811
    client = signed_in(Role.INJECTOR)
    for body in (b"", b"{", b"\xff\xfe", b"[" * 5000, b'"text"', b"null", b"\0"):
        answer = client.put(f"/api/visits/{visit.pk}/assessment", body, content_type="application/json")
        assert answer.status_code in (400, 422), body[:10]


def test_trace_is_not_answered(signed_in):  # noqa: F811
    client = signed_in(Role.NURSE)
    assert client.trace("/health/").status_code == 405
    assert client.trace("/api/me").status_code == 405


def test_no_address_carries_a_name():
    found = routes(get_resolver())
    assert len(found) > 30
    assert [
        path for path in found if re.search(r"<[^>]*(surname|name|birth|record_number)[^>]*>", path)
    ] == []


def test_nothing_of_a_page_stays_in_the_browser(signed_in, patient):  # noqa: F811
    client = signed_in(Role.INJECTOR)
    for path in ("/", f"/api/patients/{patient.pk}", "/account/second-factor/"):
        assert client.get(path).headers["Cache-Control"].find("no-store") >= 0, path


def test_no_script_writes_into_the_browsers_storage():
    scripts = [p for p in CLINIC.rglob("*.js") if "vendor" not in p.parts]
    assert scripts
    for script in scripts:
        assert not re.search(
            r"localStorage|sessionStorage|indexedDB|document\.cookie", script.read_text("utf-8")
        ), script


def test_a_refused_right_is_logged_without_a_name(signed_in, patient, caplog):  # noqa: F811
    with caplog.at_level(logging.WARNING, logger="django"):
        assert signed_in(Role.RESEARCHER).get(f"/api/patients/{patient.pk}").status_code == 403
    said = caplog.text
    assert "Forbidden" in said or "PermissionDenied" in said
    person = people.person_of(patient)
    assert person is not None
    assert person.surname not in said
    assert "researcher" not in said.lower()


def test_an_error_of_the_program_says_nothing(signed_in, monkeypatch):  # noqa: F811
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("a secret of the program")

    monkeypatch.setattr("collis_clinic.web.api.reading.user_of", broken)
    client = signed_in(Role.NURSE)
    client.raise_request_exception = False
    answer = client.get("/api/me")
    assert answer.status_code == 500
    assert b"secret" not in answer.content
    assert b"Traceback" not in answer.content


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", ""])
def test_a_strange_host_is_refused(users, host):  # noqa: F811
    answer = (
        Client(SERVER_NAME=host).get("/account/login/") if host else Client(HTTP_HOST=" ").get("/health/")
    )
    assert answer.status_code == 400
