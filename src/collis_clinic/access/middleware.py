"""Session limits, second factors for staff, and the permission of every view, in one place before any view runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from collis_clinic.access.gate import declared
from collis_clinic.access.models import User

Answer = Callable[[HttpRequest], HttpResponseBase]

BEGAN, SEEN = "clinic_began", "clinic_seen"
SEEN_STEP_SECONDS = 30
PERMISSIONS = (
    "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=(), "
    "publickey-credentials-get=(self), publickey-credentials-create=(self)"
)


def quiet_headers(get_response: Answer) -> Answer:
    """No copies in caches, no sensors, no other site may embed what is sent."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return answer


class SessionLimits:
    """Ends a session after too long a silence or too long a day; what was typed stays in the browser."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            now = int(datetime.now(UTC).timestamp())
            began = request.session.setdefault(BEGAN, now)
            seen = request.session.setdefault(SEEN, now)
            if now - seen > settings.CLINIC_IDLE_SECONDS or now - began > settings.CLINIC_SESSION_SECONDS:
                logout(request)
                messages.info(request, _("Signed out after a while without use. Sign in to go on."))
                return to_sign_in(request)
            if now - seen >= SEEN_STEP_SECONDS:
                request.session[SEEN] = now
        return self.get_response(request)


class AccessMiddleware:
    """Refuses by default: a view runs when it declares an action and the user may do it, or says why it is open."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """None to let the view run."""
        found = declared(view)
        if found is None:
            raise PermissionDenied
        action, _because = found
        if action is None:
            return None
        user = request.user
        if not isinstance(user, User) or not user.is_active:
            return to_sign_in(request)
        if needs_second_factor(user):
            messages.info(request, _("Set up a second factor first: an app with codes, or a passkey."))
            return _go(request, reverse("mfa_index"))
        if not user.may(action):
            raise PermissionDenied
        return None


def needs_second_factor(user: User) -> bool:
    """Whether a member of staff still has to set up a second factor."""
    return bool(settings.CLINIC_MFA_REQUIRED) and user.is_staff_member and not is_mfa_enabled(user)


def to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in page, and back to where one was."""
    where = (
        request.get_full_path()
        if request.method == "GET"
        else request.headers.get("HX-Current-URL-Path", "/")
    )
    return _go(request, f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': where})}")


def _go(request: HttpRequest, url: str) -> HttpResponseBase:
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=401, headers={"HX-Redirect": url})
    if not request.accepts("text/html"):
        return HttpResponse(status=401)
    return HttpResponseRedirect(url)
