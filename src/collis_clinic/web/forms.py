"""Small readers of forms that the lists share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from collis_clinic.jobs.leasing import once
from collis_clinic.visits.reading import Form


def day(form: Form, name: str) -> date | None:
    """The day in a field as year-month-day, None where it is empty."""
    read = form.get(name, "").strip()
    if not read:
        return None
    try:
        return date.fromisoformat(read)
    except ValueError:
        raise ValidationError(
            {name: _("Read “%(read)s”, expected a day as year-month-day.") % {"read": read[:20]}}
        ) from None


def number_of_row(form: Form, name: str) -> UUID:
    """The number of a row; what is none is refused."""
    try:
        return UUID(form.get(name, ""))
    except ValueError:
        raise ValidationError({name: _("Choose from the list.")}) from None


def submit_once(request: HttpRequest, what: str, work: Callable[[], None]) -> bool:
    """Do the work of a form once, however often it is sent; a form without its token is refused."""
    token = request.POST.get("token", "")
    try:
        UUID(token)
    except ValueError:
        raise ValidationError(_("This form is too old. Reload the page and send it again.")) from None
    done = once(f"{what} {token}", work)
    if not done:
        messages.info(request, _("This was sent twice and saved once."))
    return done
