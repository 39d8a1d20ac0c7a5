"""Second factors in a real browser: codes of an app, a passkey, recovery codes; staff get in with one alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from playwright.sync_api import expect

from collis_clinic.access.roles import Role
from tests.browser.driving import PASSWORD


@pytest.fixture
def nurse(open_desk, users, settings):
    """A nurse at a desk who has signed in with the password alone."""
    settings.CLINIC_MFA_REQUIRED = True
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    desk = open_desk()
    desk.sign_in(users[Role.NURSE])
    return desk


def code(secret: str, *, steps: int = 0) -> str:
    """The six digits an app shows now, or `steps` half minutes later."""
    counter = next(iter(yield_hotp_counters_from_time())) + steps
    return str(format_hotp_value(hotp_value(secret, counter)))


def inside(desk) -> bool:
    """Whether the first page opens."""
    desk.go("/")
    return bool(desk.page.url == f"{desk.url}/")


def confirm_password(desk) -> None:
    if "reauthenticate" in desk.page.url:
        desk.page.fill("input[name=password]", PASSWORD)
        with desk.page.expect_navigation():
            desk.page.click("main button[type=submit]")


def sign_out(desk) -> None:
    with desk.page.expect_navigation():
        desk.page.click("header form button")
    if "logout" in desk.page.url:
        desk.page.click("main button[type=submit]")


def set_up_codes(desk) -> str:
    desk.go("/account/second-factor/totp/activate/")
    confirm_password(desk)
    secret = str(desk.page.input_value("#authenticator_secret"))
    desk.page.fill("input[name=code]", code(secret))
    with desk.page.expect_navigation():
        desk.page.click("main button[type=submit]")
    return secret


def passkeys(desk):
    """An authenticator inside the browser, as a phone or a key would be."""
    session = desk.context.new_cdp_session(desk.page)
    session.send("WebAuthn.enable")
    found = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session, found["authenticatorId"]


def test_staff_without_a_second_factor_come_no_further_than_setting_one_up(nurse):
    assert "second-factor" in nurse.page.url
    nurse.clean()
    nurse.shoot("second-factor")
    nurse.go("/")
    assert "second-factor" in nurse.page.url


def test_codes_of_an_app_are_set_up_and_asked_at_the_next_sign_in(nurse, users, monkeypatch):
    secret = set_up_codes(nurse)
    nurse.go("/")
    assert nurse.page.url == f"{nurse.url}/"
    sign_out(nurse)
    nurse.sign_in(users[Role.NURSE])
    assert "second-factor/authenticate" in nurse.page.url
    nurse.shoot("second-factor-code")
    nurse.clean()
    assert not inside(nurse)
    cache.clear()
    later = datetime.now(UTC).timestamp() + 30  # a code counts once: the app shows the next one
    monkeypatch.setattr("time.time", lambda: later)
    nurse.page.fill("input[name=code]", code(secret))
    with nurse.page.expect_navigation():
        nurse.page.click("main button[type=submit] >> nth=0")
    assert nurse.page.url == f"{nurse.url}/"


def test_a_wrong_code_does_not_open(nurse, users):
    set_up_codes(nurse)
    sign_out(nurse)
    nurse.sign_in(users[Role.NURSE])
    nurse.page.fill("input[name=code]", "000000")
    nurse.page.click("main button[type=submit] >> nth=0")
    nurse.page.wait_for_load_state()
    assert not inside(nurse)


def test_a_passkey_is_made_and_then_signs_in_without_a_password(nurse, users):
    passkeys(nurse)
    set_up_codes(nurse)
    nurse.go("/account/second-factor/webauthn/add/")
    confirm_password(nurse)
    nurse.shoot("passkey-add")
    nurse.page.fill("input[name=name]", "Phone")
    passwordless = nurse.page.locator("input[name=passwordless]")
    if passwordless.count():
        passwordless.check()
    with nurse.page.expect_navigation():
        nurse.page.click(
            "main button#mfa_webauthn_add, main button[type=submit], main button[type=button] >> nth=0"
        )
    assert Authenticator.objects.filter(user=users[Role.NURSE], type="webauthn").count() == 1
    nurse.go("/account/second-factor/webauthn/")
    expect(nurse.page.locator("main")).to_contain_text("Phone")
    nurse.clean()
    nurse.shoot("passkeys")
    sign_out(nurse)
    nurse.go("/account/login/")
    with nurse.page.expect_navigation():
        nurse.page.click("#passkey_login")
    nurse.page.wait_for_url(f"{nurse.url}/")
    nurse.quiet()


def test_a_passkey_of_nobody_opens_nothing(open_desk, users, settings):
    settings.CLINIC_MFA_REQUIRED = True
    desk = open_desk()
    passkeys(desk)
    desk.go("/account/login/")
    desk.page.click("#passkey_login")
    desk.page.wait_for_timeout(500)
    assert not inside(desk)


def test_recovery_codes_are_shown_once_and_each_opens_once(nurse, users):
    set_up_codes(nurse)
    nurse.go("/account/second-factor/recovery-codes/generate/")
    confirm_password(nurse)
    if nurse.page.locator("main button[type=submit]").count():
        with nurse.page.expect_navigation():
            nurse.page.click("main button[type=submit] >> nth=0")
    shown = nurse.page.locator("main textarea, main #recovery_codes").first
    codes = (
        shown.input_value() if shown.evaluate("e => e.tagName") == "TEXTAREA" else shown.inner_text()
    ).split()
    assert len(codes) >= 8
    nurse.go("/account/second-factor/recovery-codes/")
    assert codes[0] not in nurse.page.content()
    for expected in ("opens", "is used up"):
        if nurse.page.locator("header form button").count():
            sign_out(nurse)
        nurse.sign_in(users[Role.NURSE])
        nurse.page.fill("input[name=code]", codes[0])
        nurse.page.click("main button[type=submit] >> nth=0")
        nurse.page.wait_for_load_state()
        assert inside(nurse) == (expected == "opens"), expected
        cache.clear()
