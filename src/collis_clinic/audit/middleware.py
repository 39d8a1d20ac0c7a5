"""Each request gets a number and an actor."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from collis_clinic.access.models import User
from collis_clinic.audit.context import ANONYMOUS, Actor, acting_as


class AuditContextMiddleware:
    """Who acts in this request, for every entry written while it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        number = uuid.uuid4().hex
        with acting_as(actor_of(request, number)):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = number
        return response


def actor_of(request: HttpRequest, number: str = "") -> Actor:
    """The actor behind a request."""
    user = request.user
    if isinstance(user, User):
        return Actor(pseudonym=str(user.pseudonym), role=user.role, request_id=number, user_id=user.pk)
    return Actor(pseudonym=ANONYMOUS.pseudonym, role="", request_id=number)
