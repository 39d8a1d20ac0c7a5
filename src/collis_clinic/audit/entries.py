"""Writing audit entries: inside the change's own transaction, or not at all."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from collis.units import plain
from collis_clinic.audit.context import Actor, actor
from collis_clinic.audit.models import AuditEntry

READ = "read"


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """One thing to be entered. `object_id` and `subject` (the patient concerned) are pseudonyms; `fields` are names,
    never values.
    """

    action: str
    kind: str
    object_id: str | UUID = ""
    subject: str | UUID | None = None
    fields: Sequence[str] = ()
    before: str = ""
    after: str = ""
    reason: str = ""


class OutsideTransaction(RuntimeError):
    """An entry was to be written outside the transaction of its change."""


def enter(happening: Happening) -> AuditEntry:
    """Write one entry. Must run inside the transaction of the change it tells of."""
    return enter_all([happening])[0]


def enter_all(happenings: Iterable[Happening]) -> list[AuditEntry]:
    """Write several entries in their order, with one statement."""
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransaction("Write the audit entry inside `transaction.atomic()` of its change.")
    who, at = actor(), timezone.now()
    return AuditEntry.objects.bulk_create([_entry(who, at, happening) for happening in happenings])


def read(kind: str, object_id: str | UUID, *, subject: str | UUID | None = None, reason: str = "") -> None:
    """Enter that something of a patient was looked at. The one helper for reads; call it once per page."""
    with transaction.atomic():
        enter(Happening(action=READ, kind=kind, object_id=object_id, subject=subject, reason=reason))


def did(
    action: str,
    kind: str,
    object_id: str | UUID = "",
    *,
    subject: str | UUID | None = None,
    fields: Sequence[str] = (),
    reason: str = "",
) -> None:
    """Enter an act that changes no kept row of its own, such as a sign-in, an export or a print."""
    with transaction.atomic():
        enter(
            Happening(
                action=action, kind=kind, object_id=object_id, subject=subject, fields=fields, reason=reason
            )
        )


def keyed_hash(value: object) -> str:
    """A keyed hash of a value: equal values hash equal, and nothing can be guessed back without the key."""
    return hmac.new(settings.KEYS.audit, b"value\0" + canonical(value), hashlib.sha256).hexdigest()


def mac_of(entry: AuditEntry) -> str:
    """What `mac` must be for this entry as it stands, its number left out: that is the database's to give."""
    return hmac.new(settings.KEYS.audit, b"entry\0" + content(entry), hashlib.sha256).hexdigest()


def content(entry: AuditEntry) -> bytes:
    """The entry as bytes, the same on every database."""
    values: dict[str, Any] = {
        field.name: getattr(entry, field.attname)
        for field in entry._meta.concrete_fields
        if field.name not in ("number", "mac")
    }
    return canonical(values)


def canonical(value: object) -> bytes:
    """A value as bytes: JSON with sorted keys, times in UTC to the microsecond."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    ).encode()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, models.Model):
        return str(value.pk)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)


def _entry(who: Actor, at: datetime, happening: Happening) -> AuditEntry:
    entry = AuditEntry(
        at=at,
        actor=who.pseudonym,
        role=who.role,
        action=happening.action,
        kind=happening.kind,
        object_id=str(happening.object_id),
        subject="" if happening.subject is None else str(happening.subject),
        fields=list(happening.fields),
        before=happening.before,
        after=happening.after,
        reason=happening.reason,
        request_id=who.request_id,
    )
    entry.mac = mac_of(entry)
    return entry
