"""The chain over committed entries: sealing them in order, and finding whatever was edited, removed or cut off.

Each seal's digest is keyed over the digest before and the entry with its number. The last digest is also appended to
a file outside the database, one line a head, so that a tail cut off together with its seals is missed there.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from collis_clinic.audit import guards
from collis_clinic.audit.entries import content, mac_of
from collis_clinic.audit.models import AuditEntry, AuditSeal

LOCK = 0x436F6C6C
"""The number of the advisory lock that lets one sealer work at a time."""

START = hashlib.sha256(b"collis clinic audit chain").hexdigest()
BATCH = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """The end of the chain."""

    position: int
    digest: str

    @property
    def short(self) -> str:
        """As printed on a signed note."""
        return f"{self.position}-{self.digest[:16]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing wrong with the trail: which entry or seal, and what."""

    number: int
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What `verify` found; `sealed` and `waiting` count the entries."""

    sealed: int
    waiting: int
    head: Head
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def seal(*, wait: bool = True) -> Head:
    """Seal every committed entry that has no seal yet, oldest first, and write the new head down outside.

    Run it as often as you like and from as many processes: one works, the others wait, or leave it when `wait` is
    False. A seal written and not yet in the file (a kill in between) is written there by the next call.
    """
    while True:
        with transaction.atomic(durable=_durable()):
            if not _alone(wait):
                return head()
            found = _seal_some()
            at = head()
        _write_head(at)  # after the commit: a head outside is always one that stands inside
        if found < BATCH:
            return at


def head() -> Head:
    """The end of the chain as the database has it."""
    last = AuditSeal.objects.order_by("-position").first()
    return (
        Head(position=0, digest=START) if last is None else Head(position=last.position, digest=last.digest)
    )


def verify() -> Report:
    """Walk the whole trail and compare it with its keys, its order, the triggers and the file outside."""
    findings = list(_walk_seals())
    sealed = AuditSeal.objects.count()
    waiting = AuditEntry.objects.filter(seal__isnull=True)
    findings += [
        Finding(number=entry.number, what="an entry was edited before it was sealed")
        for entry in waiting.iterator()
        if not hmac.compare_digest(mac_of(entry), entry.mac)
    ]
    findings += _gaps()
    findings += [Finding(number=0, what=f"the guard {name} is missing") for name in guards.missing()]
    findings += _outside()
    return Report(sealed=sealed, waiting=waiting.count(), head=head(), findings=tuple(findings))


def _durable() -> bool:
    return not transaction.get_connection().in_atomic_block


def _alone(wait: bool) -> bool:
    if connection.vendor != "postgresql":
        return True  # an SQLite transaction that begins IMMEDIATE is alone by itself
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            return True
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _seal_some() -> int:
    at, now = head(), timezone.now()
    position, digest, seals = at.position, at.digest, []
    for entry in AuditEntry.objects.filter(seal__isnull=True).order_by("number")[:BATCH]:
        position, digest = position + 1, _digest(digest, entry)
        seals.append(AuditSeal(position=position, entry=entry, digest=digest, sealed_at=now))
    AuditSeal.objects.bulk_create(seals)
    return len(seals)


def _digest(before: str, entry: AuditEntry) -> str:
    text = b"seal\0" + before.encode() + b"\0" + str(entry.number).encode() + b"\0" + content(entry)
    return hmac.new(settings.KEYS.audit, text, hashlib.sha256).hexdigest()


def _walk_seals() -> Iterator[Finding]:
    position, digest = 0, START
    for found in AuditSeal.objects.select_related("entry").order_by("position").iterator(chunk_size=BATCH):
        if found.position != position + 1:
            yield Finding(
                number=found.position, what=f"{found.position - position - 1} entries were removed before it"
            )
        position = found.position
        digest = _digest(digest, found.entry)
        if not hmac.compare_digest(digest, found.digest):
            yield Finding(number=found.entry_id, what="the entry or one before it was edited or removed")
            digest = found.digest  # go on from what stands, to find the others
        if not hmac.compare_digest(mac_of(found.entry), found.entry.mac):
            yield Finding(number=found.entry_id, what="the entry was edited")
    orphans = AuditSeal.objects.filter(entry__number__isnull=True).values_list("entry_id", flat=True)
    for number in orphans:
        yield Finding(number=number, what="the entry was removed")


def _gaps() -> Iterator[Finding]:
    """On SQLite numbers run without a gap, since a transaction undone gives its numbers back."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        table = AuditEntry._meta.db_table
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
    given, last = (row[0] if row else 0), 0
    for number in AuditEntry.objects.order_by("number").values_list("number", flat=True).iterator():
        if number != last + 1:
            yield Finding(number=last + 1, what=f"{number - last - 1} entries are missing from here")
        last = number
    if given > last:
        yield Finding(number=last + 1, what=f"{given - last} entries are missing from the end")


def _outside() -> Iterator[Finding]:
    """Every head ever written outside must still be in the chain."""
    lines = _head_lines(settings.PLACE.audit_head)
    for start in range(0, len(lines), BATCH):
        some = lines[start : start + BATCH]
        seals = dict(
            AuditSeal.objects.filter(position__in=[p for p, _ in some]).values_list("position", "digest")
        )
        for position, digest in some:
            if seals.get(position) != digest:
                yield Finding(
                    number=position, what="a head written outside is not in the chain: it was cut off"
                )
    at = head()
    if at.position > max((position for position, _ in lines), default=0):
        yield Finding(number=at.position, what="the head is not in the file outside")


def _head_lines(path: Path) -> list[tuple[int, str]]:
    if not path.exists():
        return []
    lines = []
    for line in path.read_text(encoding="ascii").splitlines():
        position, _, digest = line.partition(" ")
        if position.isdigit():
            lines.append((int(position), digest.strip()))
    return lines


def _write_head(at: Head) -> None:
    path: Path = settings.PLACE.audit_head
    line = f"{at.position} {at.digest}\n"
    if at.position == 0 or _last_line(path) == line:
        return
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="ascii") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _last_line(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 200))
        return file.read().decode("ascii").splitlines(keepends=True)[-1] if path.stat().st_size else ""
