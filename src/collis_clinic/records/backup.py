"""Backup and restore of a whole clinic, the same on every database.

A backup is one zip of tables as lines of JSON with their digests. Names in it stay encrypted: they are read only with
the key file, which is written apart and kept apart. Restoring needs an empty database; whoever was erased since the
backup was made is erased again.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

from collis.errors import BadInput
from collis_clinic.records.people import erase_again
from collis_clinic.secrets import FILES, FOLDER

FORMAT = 1
OURS = "collis_clinic."
ALSO = ("mfa.authenticator",)
BATCH = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A backup: its files, rows and tables."""

    data: Path
    keys: Path
    rows: int
    tables: int


def kept_models() -> list[type[models.Model]]:
    """Every table that is the clinic's own, and second factors; not sign-in sessions, caches and queues."""
    return [
        m
        for m in apps.get_models()
        if (m.__module__.startswith(OURS) or m._meta.label_lower in ALSO)
        and m._meta.label_lower != "jobs.lease"
    ]


def backup(folder: Path) -> Made:
    """Write a backup and, apart from it, its key file, both for this user's eyes alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = timezone.now().strftime("%Y%m%d-%H%M%S")
    data, keys = folder / f"clinic-{stamp}.zip", folder / f"clinic-{stamp}.keys"
    beside = [
        (p.name, p.read_bytes()) for p in (settings.PLACE.audit_head, settings.PLACE.erased) if p.exists()
    ]
    counts: dict[str, int] = {}
    digests: dict[str, str] = {}
    with _private(data) as handle, zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as file:
        with transaction.atomic():
            _one_moment()
            for model in kept_models():
                name = model._meta.label_lower
                digest, counts[name] = hashlib.sha256(), 0
                with file.open(f"{name}.jsonl", "w", force_zip64=True) as table:
                    for line in lines_of(model):
                        table.write(line)
                        digest.update(line)
                        counts[name] += 1
                digests[name] = digest.hexdigest()
        for name, content in beside:  # read first: a head written later is not in the tables yet
            file.writestr(f"files/{name}", content)
        manifest = {
            "format": FORMAT,
            "made_at": timezone.now().isoformat(),
            "rows": counts,
            "digests": digests,
        }
        file.writestr("manifest.json", json.dumps(manifest, indent=1))
    with _private(keys) as handle:
        written = {
            name: (settings.PLACE.data / FOLDER / name).read_text(encoding="ascii").strip() for name in FILES
        }
        handle.write(json.dumps(written).encode())
    return Made(data=data, keys=keys, rows=sum(counts.values()), tables=len(counts))


def lines_of(model: type[models.Model]) -> Iterator[bytes]:
    """The rows of a table, one line of JSON each, in the order of their key."""
    fields = list(model._meta.concrete_fields)
    rows = models.QuerySet(model).order_by("pk").values_list(*(f.attname for f in fields)).iterator(BATCH)
    for row in rows:
        yield json.dumps([_out(v) for v in row], ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def restore(data: Path) -> int:
    """Fill an empty database from a backup, in one transaction; how many rows. Nothing is entered in the trail that was
    not in it, but that the erased are erased again.
    """
    _must_be_empty()
    with zipfile.ZipFile(data) as file:
        manifest = json.loads(file.read("manifest.json"))
        if manifest.get("format") != FORMAT:
            raise BadInput(
                where="backup", read=f"format {manifest.get('format')}", expected=f"format {FORMAT}"
            )
        by_name = {m._meta.label_lower: m for m in kept_models()}
        unknown = sorted(set(manifest["rows"]) - set(by_name))
        if unknown:
            raise BadInput(where="backup", read=", ".join(unknown), expected="tables this version has")
        with transaction.atomic():
            rows = sum(_table(file, by_name[name], manifest) for name in manifest["rows"])
            _sequences(by_name.values())
        _files(file)
    erase_again()
    return rows


def _table(file: zipfile.ZipFile, model: type[models.Model], manifest: dict[str, Any]) -> int:
    name, fields = model._meta.label_lower, list(model._meta.concrete_fields)
    columns = ", ".join(connection.ops.quote_name(f.column or "") for f in fields)
    marks = ", ".join(["%s"] * len(fields))
    sql = f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({columns}) VALUES ({marks})"
    digest, count, batch = hashlib.sha256(), 0, []
    with file.open(f"{name}.jsonl") as table, connection.cursor() as cursor:
        for line in table:
            digest.update(line)
            batch.append([_in(f, v) for f, v in zip(fields, json.loads(line), strict=True)])
            count += 1
            if len(batch) == BATCH:
                cursor.executemany(sql, batch)
                batch = []
        if batch:
            cursor.executemany(sql, batch)
    if digest.hexdigest() != manifest["digests"][name] or count != manifest["rows"][name]:
        raise BadInput(
            where="backup", read=f"{name}, changed or cut off", expected="the table as it was written"
        )
    return count


def _out(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _in(field: Any, value: Any) -> Any:
    target = field
    while target.is_relation:
        target = target.target_field
    if isinstance(target, models.BinaryField):
        value = None if value is None else bytes.fromhex(value)
        return target.get_db_prep_save(value, connection)
    if not isinstance(target, models.JSONField):
        value = target.to_python(value)
    return target.get_db_prep_save(value, connection)


def _must_be_empty() -> None:
    for model in kept_models():
        if models.QuerySet(model).exists():
            raise BadInput(
                where="database",
                read=f"rows in {model._meta.label_lower}",
                expected="an empty database",
                mend="Restore into a new folder or database.",
            )


def _one_moment() -> None:
    """All tables as of one moment, whatever is written meanwhile."""
    if connection.vendor == "postgresql" and len(connection.savepoint_ids) == 0:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _sequences(all_models: Iterable[type[models.Model]]) -> None:
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(all_models)):
            cursor.execute(statement)


def _files(file: zipfile.ZipFile) -> None:
    """The head of the trail where there is none; the list of the erased is joined, never shortened."""
    names = set(file.namelist())
    head, erased = settings.PLACE.audit_head, settings.PLACE.erased
    if f"files/{head.name}" in names and not head.exists():
        head.write_bytes(file.read(f"files/{head.name}"))
    if f"files/{erased.name}" in names:
        before = erased.read_text(encoding="ascii").split() if erased.exists() else []
        added = file.read(f"files/{erased.name}").decode("ascii").split()
        erased.write_text("".join(f"{n}\n" for n in dict.fromkeys([*before, *added])), encoding="ascii")


def _private(path: Path) -> Any:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return os.fdopen(handle, "wb")
