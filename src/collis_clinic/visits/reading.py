"""What a form said, read once: exact decimals, choices from closed lists, nothing guessed, nothing filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from collis_clinic.audit.recorded import Recorded
from collis_clinic.jobs.leasing import once

_NUMBER = re.compile(r"\d{1,6}(?:[.,]\d{1,6})?")
_WHOLE = re.compile(r"\d{1,4}")

Form = Mapping[str, str]


def number(form: Form, name: str, *, what: str, most: Decimal | None = None) -> Decimal | None:
    """The number in a field, None where it is empty. Anything else than a plain number of 0 or more is refused."""
    read = form.get(name, "").strip()
    if not read:
        return None
    if not _NUMBER.fullmatch(read):
        raise ValidationError({name: refusal(read, what)})
    found = Decimal(read.replace(",", "."))
    if most is not None and found > most:
        raise ValidationError(
            {
                name: _("Read %(read)s, expected %(what)s of at most %(most)s.")
                % {"read": read, "what": what, "most": most}
            }
        )
    return found


def whole(form: Form, name: str, *, what: str) -> int | None:
    """The whole number in a field, None where it is empty."""
    read = form.get(name, "").strip()
    if not read:
        return None
    if not _WHOLE.fullmatch(read):
        raise ValidationError({name: refusal(read, what)})
    return int(read)


def choice(form: Form, name: str, allowed: Iterable[str]) -> str | None:
    """The word chosen, None where nothing was; a word that is not on the list is refused."""
    read = form.get(name, "").strip()
    if not read:
        return None
    words = [str(word) for word in allowed]
    if read not in words:
        raise ValidationError({name: refusal(read, _("one of %(words)s") % {"words": ", ".join(words)})})
    return read


def text(form: Form, name: str) -> str | None:
    """The words of a field, None where it is empty."""
    return form.get(name, "").strip() or None


def refusal(read: str, what: str) -> str:
    """What was read and what was expected."""
    return _("Read “%(read)s”, expected %(what)s.") % {"read": read[:40], "what": what}


def expected(request: HttpRequest, row: Recorded) -> None:
    """Hold the row to the version its form showed: raises `Conflict` where somebody saved since."""
    shown = whole(request.POST, "version", what=_("the version of the form")) or 0
    if not row._state.adding:
        row.expect(shown)


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


def number_of_row(form: Form, name: str) -> UUID:
    """The number of a row; what is none is refused."""
    try:
        return UUID(form.get(name, ""))
    except ValueError:
        raise ValidationError({name: _("Choose from the list.")}) from None
