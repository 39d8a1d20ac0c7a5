"""What every view must carry: the one action it lets somebody do, or the words why it is open to all.

A view without either is refused by `middleware.AccessMiddleware`, and a test walks all addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from collis_clinic.access.models import User
from collis_clinic.access.roles import Action

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class SignedIn(HttpRequest):
    """A request of somebody signed in, as views behind `requires` get it."""

    user: User


class Declared(Protocol):
    """What a declared view carries."""

    action: Action | None
    open_because: str


class Guarded:
    """For class-based views: name `action`. The middleware reads it off the view class."""

    action: Action

    request: SignedIn


def requires(action: Action) -> Callable[[View], View]:
    """Declare the action of a view. The middleware asks for sign-in, MFA and the permission before the view runs."""

    def declare(view: View) -> View:
        cast("Any", view).action = action
        cast("Any", view).open_because = ""
        return view

    return declare


def open_to_all(because: str) -> Callable[[View], View]:
    """Declare that a view needs no sign-in, and why."""

    def declare(view: View) -> View:
        cast("Any", view).action = None
        cast("Any", view).open_because = because
        return view

    return declare


THIRD_PARTY = {
    "allauth.account.views": "sign-in, sign-out and the account's own pages guard themselves",
    "allauth.mfa": "second factors: each page asks for sign-in and recent re-authentication itself",
    "whitenoise": "static files",
}
"""Views of libraries by the start of their module, with the reason why they need no declaration of ours."""


def declared(view: Callable[..., Any]) -> tuple[Action | None, str] | None:
    """The action and reason a view declares; None when it declares nothing."""
    holder = getattr(view, "view_class", view)
    action = getattr(holder, "action", None) or getattr(view, "action", None)
    if isinstance(action, Action):
        return action, ""
    because = getattr(holder, "open_because", "") or getattr(view, "open_because", "")
    if because:
        return None, because
    module = getattr(holder, "__module__", "") or ""
    for start, reason in THIRD_PARTY.items():
        if module.startswith(start):
            return None, reason
    return None


def user_of(request: HttpRequest) -> User:
    """The user signed in; `PermissionDenied` for anybody else."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user


def needs(request: HttpRequest, action: Action) -> User:
    """A further permission inside a view: the user, or `PermissionDenied`."""
    user = user_of(request)
    if not user.may(action):
        raise PermissionDenied
    return user


def empty(status: int = 204) -> HttpResponse:
    """An answer without a body."""
    return HttpResponse(status=status)
