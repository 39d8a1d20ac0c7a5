"""Triggers that hold on the database itself, for every programme that opens it: kept rows are not deleted, written
entries are not changed.

A model says which guard it wants with `guard`. They are put up after each migration, since SQLite drops a table's
triggers when it rebuilds it; `missing` tells which are gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


class Guard(StrEnum):
    """What a table is kept from. `KEEP`: no delete, no truncate. `APPEND_ONLY`: no update either, and on SQLite an
    integer key only above the last. `NONE`: identity, which can be erased.
    """

    NONE = "none"
    KEEP = "keep"
    APPEND_ONLY = "append_only"


REFUSAL = "kept rows are not changed"


def put_up(*, using: str = "default", **_: Any) -> None:
    """Put up every guard that is missing. Runs after each migration and does nothing the second time."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for statement in _function(connection):
            cursor.execute(statement)
        for table, guard, number in guarded():
            if table in present:
                for name, sql in _triggers(connection.vendor, table, guard, number):
                    if connection.vendor == "postgresql":
                        cursor.execute(f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"')
                    cursor.execute(sql)


def missing(using: str = "default") -> list[str]:
    """The names of guards that should stand and do not, or are switched off."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        ask = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    else:
        ask = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(ask)
        standing = {row[0] for row in cursor.fetchall()}
    wanted = [
        name
        for table, guard, number in guarded()
        for name, _ in _triggers(connection.vendor, table, guard, number)
    ]
    return [name for name in wanted if name not in standing]


def take_down(using: str = "default") -> None:
    """Remove all guards: for tests that empty the tables, and for nothing else."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for table, guard, number in guarded():
            for name, _ in _triggers(connection.vendor, table, guard, number):
                on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{on}')


def guarded() -> Iterator[tuple[str, Guard, str]]:
    """Every guarded table with its guard and the name of its running number, empty where it has none."""
    from django.db import models

    for model in apps.get_models():
        guard = getattr(model, "guard", Guard.NONE)
        if isinstance(guard, Guard) and guard is not Guard.NONE and not model._meta.abstract:
            key = model._meta.pk
            running = key.column or "" if isinstance(key, models.BigAutoField) else ""
            yield model._meta.db_table, guard, running


def _function(connection: BaseDatabaseWrapper) -> list[str]:
    if connection.vendor != "postgresql":
        return []
    return [
        "CREATE OR REPLACE FUNCTION clinic_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    ]


def _triggers(vendor: str, table: str, guard: Guard, number: str) -> Iterator[tuple[str, str]]:
    append_only = guard is Guard.APPEND_ONLY
    if vendor == "postgresql":
        kinds = "UPDATE OR DELETE" if append_only else "DELETE"
        yield (
            f"{table}_row",
            f'CREATE TRIGGER "{table}_row" BEFORE {kinds} ON "{table}" FOR EACH ROW EXECUTE FUNCTION clinic_refuse()',
        )
        yield (
            f"{table}_all",
            f'CREATE TRIGGER "{table}_all" BEFORE TRUNCATE ON "{table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION clinic_refuse()",
        )
        return
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    yield (
        f"{table}_delete",
        f'CREATE TRIGGER IF NOT EXISTS "{table}_delete" BEFORE DELETE ON "{table}" {refuse}',
    )
    if not append_only:
        return
    yield (
        f"{table}_update",
        f'CREATE TRIGGER IF NOT EXISTS "{table}_update" BEFORE UPDATE ON "{table}" {refuse}',
    )
    if number:
        top = f'(SELECT max("{number}") FROM "{table}")'
        yield (
            f"{table}_again",
            f'CREATE TRIGGER IF NOT EXISTS "{table}_again" BEFORE INSERT ON "{table}" '
            f'WHEN NEW."{number}" > 0 AND NEW."{number}" <= {top} {refuse}',
        )
        yield (
            f"{table}_below",
            f'CREATE TRIGGER IF NOT EXISTS "{table}_below" AFTER INSERT ON "{table}" '
            f'WHEN NEW."{number}" < {top} {refuse}',
        )
