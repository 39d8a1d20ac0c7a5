"""Errors as pages say them: what was read, what is allowed; and a conflict with both versions side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext as _

from collis.errors import CollisError
from collis_clinic.audit.recorded import Conflict, Kept

SAYABLE = (ValidationError, CollisError, Kept, IntegrityError)
"""What a form catches: `except SAYABLE as error: errors = problems(error)`. `Conflict` is caught on its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing to put right; `field` is the id of the input, empty where it is about the whole."""

    field: str
    text: str

    def __str__(self) -> str:
        return self.text


def problems(error: BaseException) -> list[Problem]:
    """An error as a list for `partials/errors.html`."""
    if isinstance(error, ValidationError):
        if not hasattr(error, "error_dict"):
            return [Problem(field="", text=text) for text in error.messages]
        return [
            Problem(field="" if name == NON_FIELD_ERRORS else name, text=text)
            for name, texts in error.message_dict.items()
            for text in texts
        ]
    if isinstance(error, IntegrityError):
        return [Problem(field="", text=_("This cannot stand beside what is recorded already. Look again."))]
    where = getattr(error, "where", "") or ""
    return [Problem(field=str(where), text=str(error))]


@dataclass(frozen=True, kw_only=True, slots=True)
class BothRow:
    """One field of a conflict, as words."""

    name: str
    mine: Any
    theirs: Any

    @property
    def differs(self) -> bool:
        """Whether the two differ."""
        return bool(self.mine != self.theirs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Both:
    """A conflict for `partials/conflict.html`."""

    rows: tuple[BothRow, ...]
    theirs_version: int


def both(conflict: Conflict) -> Both:
    """Both versions of a row, field by field; only those that differ."""
    skip = {"id", "version", "recorded_at", "recorded_by"}
    rows = [
        BothRow(
            name=str(field.verbose_name),
            mine=getattr(conflict.mine, field.attname),
            theirs=getattr(conflict.theirs, field.attname),
        )
        for field in conflict.mine._meta.concrete_fields
        if field.name not in skip
    ]
    return Both(rows=tuple(r for r in rows if r.differs), theirs_version=conflict.theirs.version)
