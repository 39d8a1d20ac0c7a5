"""`Recorded`: the base of every row the clinic keeps.

Saving writes the audit entry in the same transaction; a stale copy is told so instead of overwriting; nothing is
deleted. A field nobody set is NULL.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any, ClassVar, NoReturn, Self, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from collis_clinic.audit.context import actor
from collis_clinic.audit.entries import Happening, enter, enter_all, keyed_hash
from collis_clinic.audit.guards import Guard

Row = TypeVar("Row", bound="Recorded")


class Kept(RuntimeError):
    """Something tried to delete kept rows, or to change them without an entry."""


class Conflict(Exception):
    """Somebody saved this row since it was read. `mine` is the copy not saved, `theirs` what stands now."""

    def __init__(self, mine: Recorded, theirs: Recorded) -> None:
        self.mine, self.theirs = mine, theirs
        super().__init__(_("Someone changed this at the same time. See both."))


class RecordedQuerySet(models.QuerySet[Row]):
    """Rows that are changed one by one through `save`, or made in bulk with their entries."""

    def delete(self) -> NoReturn:
        raise Kept("Nothing is deleted.")

    def update(self, **kwargs: Any) -> NoReturn:
        raise Kept("Change rows one by one with save(), so that each has its audit entry.")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Kept("Change rows one by one with save(), so that each has its audit entry.")

    def bulk_create(self, objs: Iterable[Row], *args: Any, **kwargs: Any) -> list[Row]:
        """Make rows, each with its audit entry, in one transaction. `action` and `reason` as in `save`."""
        action, reason = kwargs.pop("action", "create"), kwargs.pop("reason", "")
        if kwargs.get("update_conflicts") or kwargs.get("ignore_conflicts"):
            raise Kept("Rows are made anew or not at all.")
        rows = list(objs)
        for row in rows:
            row.sign_as_author()
            row.refuse_impossible()
        with transaction.atomic():
            made = super().bulk_create(rows, *args, **kwargs)
            enter_all(row.happening(action, reason, before=None) for row in made)
        return made


class RecordedManager(models.Manager.from_queryset(RecordedQuerySet)):  # type: ignore[misc]
    """The only manager: it cannot delete."""


def refuse_unwritable(value: object) -> None:
    """Raise `ValidationError` for text that not every database can hold: a NUL, half of a pair of surrogates."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise ValidationError(_("This text holds a character that cannot be kept."))
    elif isinstance(value, dict):
        for name, part in value.items():
            refuse_unwritable(name)
            refuse_unwritable(part)
    elif isinstance(value, list | tuple):
        for part in value:
            refuse_unwritable(part)


class Recorded(models.Model):
    """A kept row. `version` counts its changes; `subject_id_for_audit` names the patient concerned."""

    guard: ClassVar[Guard] = Guard.KEEP

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.CharField(max_length=40, editable=False, default="")

    objects: ClassVar[RecordedManager] = RecordedManager()

    class Meta:
        abstract = True

    _stood: dict[str, Any] | None = None
    _read_version: int | None = None

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any, **kwargs: Any) -> Self:
        row = super().from_db(db, field_names, values, **kwargs)
        row._remember()
        return row

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(*args, **kwargs)
        self._remember()

    def save(self, *args: Any, action: str = "", reason: str = "", **kwargs: Any) -> None:
        """Save and enter it in one transaction.

        A row not changed since it was read writes nothing. A row somebody else changed since raises `Conflict`.
        `refuse_impossible` and the model's constraints speak first.
        """
        kwargs.pop("update_fields", None)
        with transaction.atomic():
            if self._state.adding:
                self.sign_as_author()
                self.refuse_impossible()
                super().save(*args, **{**kwargs, "force_insert": True})
                enter(self.happening(action or "create", reason, before=None))
            else:
                self._change(action or "change", reason, args, kwargs)
        self._remember()

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Kept("Nothing is deleted.")

    def subject_pseudonym(self) -> UUID | None:
        """The patient this row is about; None for rows about nobody. Overridden where the way is longer."""
        found = getattr(self, "patient_id", None)
        return found if isinstance(found, UUID) else None

    def refuse_impossible(self) -> None:
        """Raise `ValidationError` for what cannot be: each field alone, then `clean`. The database's own constraints
        stand behind it. An empty text in a field that may be NULL becomes NULL: nothing was said.
        """
        wrong: dict[str, list[ValidationError]] = {}
        for field in self._meta.concrete_fields:
            value = getattr(self, field.attname)
            if field.null and value in (None, ""):
                setattr(self, field.attname, None)
            elif value in ({}, []) and isinstance(field, models.JSONField):
                continue  # said, and empty
            elif not field.is_relation and not (field.blank and value in field.empty_values):
                try:
                    refuse_unwritable(value)
                    setattr(self, field.attname, field.clean(value, self))
                except ValidationError as error:
                    wrong[field.name] = error.error_list
        if wrong:
            raise ValidationError(wrong)
        self.clean()

    def expect(self, version: int) -> None:
        """Raise `Conflict` unless this row still stands as the form showed it: `version` comes back with the form."""
        if self._state.adding or version != self._read_version:
            raise Conflict(self, self if self._state.adding else type(self).objects.get(pk=self.pk))

    def changed_fields(self) -> list[str]:
        """The names of the fields that differ from what was read."""
        now, stood = self._values(), self._stood or {}
        return [name for name in now if name not in stood or stood[name] != now[name]]

    def happening(self, action: str, reason: str, *, before: dict[str, Any] | None) -> Happening:
        """What to enter about this row."""
        values = self._values()
        if before is None:
            names: Sequence[str] = [name for name, value in values.items() if value is not None]
        else:
            names = [name for name in values if before.get(name) != values[name]]
        return Happening(
            action=action,
            kind=self._meta.label_lower,
            object_id=self.pk,
            subject=self.subject_pseudonym(),
            fields=names,
            before="" if before is None else keyed_hash(before),
            after=keyed_hash(values),
            reason=reason,
        )

    def sign_as_author(self) -> None:
        """Note who makes this row."""
        self.recorded_by = actor().pseudonym

    def _change(self, action: str, reason: str, args: Any, kwargs: dict[str, Any]) -> None:
        if self.guard is Guard.APPEND_ONLY:
            raise Kept("Written once: add a new row instead.")
        stood = self._stood
        if stood is None or self._read_version is None:
            raise Kept("Only a row that was read whole can be changed.")
        if not self.changed_fields():
            if type(self).objects.filter(pk=self.pk, version=self._read_version).exists():
                return
            raise Conflict(self, type(self).objects.get(pk=self.pk))
        self.refuse_impossible()
        self.version = self._read_version + 1
        try:
            super().save(*args, **{**kwargs, "force_update": True})
        except BaseException:
            self.version = self._read_version
            raise
        enter(self.happening(action, reason, before=stood))

    def _do_update(self, base_qs: Any, *args: Any, **kwargs: Any) -> Any:
        found = super()._do_update(base_qs.filter(version=self._read_version), *args, **kwargs)
        if not found:
            raise Conflict(self, type(self).objects.get(pk=self.pk))
        return found

    def _values(self) -> dict[str, Any]:
        skip = ("version", "recorded_at", "recorded_by")
        return {f.name: getattr(self, f.attname) for f in self._meta.concrete_fields if f.name not in skip}

    def _remember(self) -> None:
        if self.get_deferred_fields():
            self._stood = None
        else:
            self._stood = deepcopy(self._values())
            self._read_version = self.version
