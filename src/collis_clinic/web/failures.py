"""What is shown when something cannot be: each says what happened, then what to do."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from collis_clinic.access.gate import open_to_all
from collis_clinic.records.opening import EmergencyOnly


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """No such page or record."""
    return render(request, "failures/404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Not for this role."""
    patient = exception.patient if isinstance(exception, EmergencyOnly) else None
    return render(request, "failures/403.html", {"emergency_for": patient}, status=403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A request that cannot be read."""
    return render(request, "failures/400.html", status=400)


def broken(request: HttpRequest) -> HttpResponse:
    """An error of the program. Nothing but a plain page: the database may be what broke."""
    from django.template import loader

    return HttpResponse(loader.get_template("failures/500.html").render(), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was not given out to this browser, or long ago."""
    return render(request, "failures/csrf.html", status=403)


@open_to_all("says only that there is no such page")
def absent(request: HttpRequest, **_: Any) -> HttpResponse:
    """An address that libraries name and the clinic does not have."""
    raise Http404


@open_to_all("tells a waiting browser that the connection is gone; holds no data")
def offline(request: HttpRequest) -> HttpResponse:
    """Shown by the service worker without a connection."""
    return render(request, "failures/offline.html")
