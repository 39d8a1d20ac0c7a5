"""Sign-in, sign-out and failures, entered like everything else. A failed name is hashed: it may be a password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import signals
from django.http import HttpRequest

from collis_clinic.access.models import User
from collis_clinic.audit.context import SYSTEM, Actor, acting_as
from collis_clinic.audit.entries import did, keyed_hash


def connect() -> None:
    """Listen to Django's signals."""
    signals.user_logged_in.connect(_signed_in, dispatch_uid="audit.signed_in")
    signals.user_logged_out.connect(_signed_out, dispatch_uid="audit.signed_out")
    signals.user_login_failed.connect(_failed, dispatch_uid="audit.failed")


def _signed_in(sender: Any, user: User, **_: Any) -> None:
    with acting_as(_as(user)):
        did("sign_in", "access.user", user.pseudonym)


def _signed_out(sender: Any, user: User | None = None, **_: Any) -> None:
    if user is not None:
        with acting_as(_as(user)):
            did("sign_out", "access.user", user.pseudonym)


def _failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    with acting_as(SYSTEM):
        did("sign_in_failed", "access.user", keyed_hash(str(credentials.get("username", "")))[:40])


def _as(user: User) -> Actor:
    return Actor(pseudonym=str(user.pseudonym), role=user.role, user_id=user.pk)
