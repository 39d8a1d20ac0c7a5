"""What a view did not say itself: refusals as a page with the reason, never as an error of the program."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from collis_clinic.audit.recorded import Conflict
from collis_clinic.records.saying import SAYABLE, both, problems


class SaysWhy:
    """Turns a refusal that left a view into a page: 409 for a conflict, 422 for what cannot be."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """None for whatever is not a refusal."""
        if isinstance(error, Conflict):
            return render(request, "failures/conflict.html", {"conflict": both(error)}, status=409)
        if isinstance(error, SAYABLE):
            return render(request, "failures/refused.html", {"errors": problems(error)}, status=422)
        return None
