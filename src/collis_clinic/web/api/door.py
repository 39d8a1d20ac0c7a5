"""The interface as one object: who is let in, how a refusal is said, which action each address carries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import ValidationError as Unreadable
from ninja.parser import Parser
from ninja.security import SessionAuth

from collis.errors import CollisError
from collis_clinic.access.gate import declared, open_to_all, requires
from collis_clinic.access.roles import Action
from collis_clinic.audit.recorded import Conflict, Kept
from collis_clinic.records.saying import Problem, both, problems
from collis_clinic.web.api import reading, writing

VERSION = "1"
LONGEST = 80

api = NinjaAPI(
    title="Collis clinic",
    version=VERSION,
    description=(
        "Patients by pseudonym, sessions, plans, assessments, stock. Every answer is entered in the trail like a page. "
        "What cannot be is refused with 422 and says the limit and where it stands; a row somebody else changed "
        "meanwhile is refused with 409 and both versions."
    ),
    auth=SessionAuth(),
    docs_url=None,
    openapi_url="openapi.json",
    urls_namespace="api",
    parser=Parser(),
)
ROUTERS = (reading.router, writing.router)
for router in ROUTERS:
    api.add_router("", router)


@api.exception_handler(ValidationError)
@api.exception_handler(CollisError)
@api.exception_handler(Kept)
@api.exception_handler(IntegrityError)
def refused(request: HttpRequest, error: Any) -> HttpResponse:
    """What cannot be."""
    return _said(request, problems(error), 422)


@api.exception_handler(Unreadable)
def unreadable(request: HttpRequest, error: Any) -> HttpResponse:
    """A request whose shape is not that of the document: which part, and what was expected there."""
    found = [
        Problem(field=".".join(str(part) for part in one["loc"][1:])[:LONGEST], text=str(one["msg"]))
        for one in error.errors
    ]
    return _said(request, found, 422)


@api.exception_handler(PermissionDenied)
def forbidden(request: HttpRequest, error: Any) -> HttpResponse:
    """Not for this person, or a restricted record."""
    return _said(request, [Problem(field="", text=_("Your role does not allow this."))], 403)


@api.exception_handler(Conflict)
def conflict(request: HttpRequest, error: Conflict) -> HttpResponse:
    """Somebody saved meanwhile: what stands now, field by field."""
    found = both(error)
    rows = [{"field": row.name, "mine": _word(row.mine), "theirs": _word(row.theirs)} for row in found.rows]
    document = {
        "errors": [{"field": "version", "text": str(error)}],
        "version": found.theirs_version,
        "differs": rows,
    }
    return api.create_response(request, document, status=409)


def _said(request: HttpRequest, found: list[Problem], status: int) -> HttpResponse:
    errors = [{"field": problem.field, "text": problem.text} for problem in found]
    return api.create_response(request, {"errors": errors}, status=status)


def _word(value: Any) -> str | None:
    return None if value is None else str(value)


def urls() -> Iterator[URLPattern]:
    """The addresses, each with the action of its one operation; the document is for whoever has an account."""
    actions: dict[str, Any] = {
        operation.url_name or "": operation.view_func
        for router in ROUTERS
        for view in router.path_operations.values()
        for operation in view.operations
    }
    for pattern in api.urls[0]:
        name = str(pattern.name) if isinstance(pattern, URLPattern) else ""
        if not isinstance(pattern, URLPattern) or not callable(pattern.callback):
            raise LookupError("an address without an operation")
        if name in actions:
            found = declared(actions[name])
            if found is None or found[0] is None:
                raise LookupError(f"{name} declares no action")
            requires(found[0])(pattern.callback)
        elif name == "openapi-json":
            requires(Action.ACCOUNT_OWN)(pattern.callback)
        else:
            open_to_all("says only that there is nothing at the root of the interface")(pattern.callback)
        yield pattern
