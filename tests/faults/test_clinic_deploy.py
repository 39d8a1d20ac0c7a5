"""The clinic as a server for others: Django's own deployment check, headers, cookies, passwords, nothing left open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASK = """
import json, django
django.setup()
from django.conf import settings
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
call_command("createcachetable", verbosity=0)
settings.STORAGES = {**settings.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
from django.test import Client
from collis_clinic.access.models import User
client = Client(SERVER_NAME="clinic.example")
plain = client.get("/account/login/")
page = client.get("/account/login/", secure=True)
accounts = User.objects.count()
user = User.objects.create_user("nurse", "correct horse battery", role="nurse", name="N")
signed = client.post("/account/login/", {"login": "nurse", "password": "correct horse battery"}, secure=True)
cookies = {**client.cookies}
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
def taken(word):
    try:
        validate_password(word)
    except ValidationError:
        return False
    return True
print(json.dumps({
    "plain": [plain.status_code, plain.headers.get("Location", "")],
    "headers": dict(page.headers),
    "cookies": {n: {k: str(v) for k, v in m.items()} for n, m in cookies.items()},
    "accounts": accounts,
    "hash": user.password.split("$")[0],
    "debug": settings.DEBUG,
    "words": {w: taken(w) for w in ("short", "password1234", "123456789012", "correct horse battery", "x9 " * 30)},
}))
"""


def environment(folder: Path) -> dict[str, str]:
    ours = ("COLLIS_", "DJANGO_", "DATABASE_URL")  # what other tests of this run may have set
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    return kept | {
        "COLLIS_DATA": str(folder),
        "COLLIS_HOSTS": "clinic.example",
        "DJANGO_SETTINGS_MODULE": "collis_clinic.settings",
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a clinic set up for `clinic.example` answers."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "static").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_deployment_check_has_nothing_to_say(tmp_path):
    command = [sys.executable, "-m", "collis_clinic", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues (0 silenced)" in done.stdout + done.stderr


def test_every_answer_of_a_server_carries_its_headers(server):
    headers = {name.lower(): value for name, value in server["headers"].items()}
    assert server["plain"] == [301, "https://clinic.example/account/login/"]
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains; preload"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers
    policy = headers["content-security-policy"]
    for part in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert "no-store" in headers["cache-control"]


def test_cookies_of_a_server_are_secure_and_bound_to_their_host(server):
    assert set(server["cookies"]) == {"__Host-clinic_session", "__Host-clinic_csrf"}
    for name, cookie in server["cookies"].items():
        assert cookie["secure"] == "True", name
        assert cookie["httponly"] == "True", name
        assert cookie["samesite"] in ("Lax", "Strict"), name
        assert (cookie["path"], cookie["domain"]) == ("/", ""), name


def test_a_fresh_clinic_has_no_account(server):
    assert server["accounts"] == 0
    assert server["debug"] is False


def test_passwords_are_hashed_with_argon2(server):
    assert server["hash"] == "argon2"


def test_a_password_has_twelve_characters_and_is_no_common_one(server):
    assert server["words"] == {
        "short": False,
        "password1234": False,
        "123456789012": False,
        "correct horse battery": True,
        "x9 " * 30: True,
    }
