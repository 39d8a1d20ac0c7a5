"""Signing in with a second factor, from the first password to recovery codes, through the pages themselves."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from collis_clinic.access.roles import Role

LOGIN = {"login": "user-nurse", "password": "correct horse battery"}


@pytest.fixture(autouse=True)
def _no_rates_left_over(db):
    cache.clear()


def code(secret: str) -> str:
    """The six digits an app would show now."""
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


@pytest.fixture
def secret(users) -> str:
    """The secret of a second factor set up by the nurse at the first sign-in."""
    client = Client()
    assert client.post(reverse("account_login"), LOGIN).status_code == 302
    assert client.get("/").headers["Location"] == reverse("mfa_index")
    assert client.get(reverse("mfa_index")).status_code == 200
    assert (
        client.get(reverse("mfa_activate_totp"))
        .headers["Location"]
        .startswith(reverse("account_reauthenticate"))
    )
    again = {"password": LOGIN["password"], "next": reverse("mfa_activate_totp")}
    assert client.post(reverse("account_reauthenticate"), again).headers["Location"] == reverse(
        "mfa_activate_totp"
    )
    page = client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200
    found: str = page.context["form"].secret
    assert client.post(reverse("mfa_activate_totp"), {"code": code(found)}).status_code == 302
    assert client.get("/").status_code == 200
    return found


def test_the_secret_of_a_second_factor_is_not_readable_in_the_database(secret, users):
    held = Authenticator.objects.get(user=users[Role.NURSE], type="totp")
    assert secret not in str(held.data)


def test_a_password_alone_does_not_open_the_door_again(secret):
    client = Client()
    answer = client.post(reverse("account_login"), LOGIN)
    assert answer.headers["Location"].startswith(reverse("mfa_authenticate"))
    assert client.get("/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_wrong_code_does_not_open_and_the_right_one_does(secret, monkeypatch):
    client = Client()
    client.post(reverse("account_login"), LOGIN)
    assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert client.get("/").status_code == 302
    cache.clear()  # a code counts once; an app would show the next one half a minute later
    later = datetime.now(UTC).timestamp() + 30
    monkeypatch.setattr("time.time", lambda: later)
    assert client.post(reverse("mfa_authenticate"), {"code": code(secret)}).status_code == 302
    assert client.get("/").status_code == 200


def test_the_pages_of_the_account_are_in_the_frame(secret, users):
    page = Client().get(reverse("account_login")).content.decode()
    assert "Accounts are made by the administrator." in page
    assert 'class="skip"' in page
    assert "sign up" not in page.lower()
