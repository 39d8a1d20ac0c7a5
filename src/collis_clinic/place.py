"""Where a clinic keeps its data and how it is reached, read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

SQLITE_START = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
    "PRAGMA recursive_triggers=ON; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;"
)
"""Readers do not wait for the writer; what is committed is on disk; REPLACE fires delete triggers; what is erased is
overwritten."""

WAIT_SECONDS = 20
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class BadPlace(ValueError):
    """An environment variable that cannot be understood."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One clinic's whereabouts.

    `loopback` allows plain http, for a server that listens on this machine only. `demo` marks made-up data.
    """

    data: Path
    database_url: str
    hosts: tuple[str, ...]
    loopback: bool
    demo: bool
    time_zone: str
    idle_minutes: int
    session_hours: int

    @property
    def database(self) -> dict[str, Any]:
        """The entry of Django's DATABASES."""
        if self.database_url:
            return postgres(self.database_url)
        return sqlite(self.data / "clinic.sqlite3")

    @property
    def audit_head(self) -> Path:
        """The file outside the database that keeps every head of the audit chain."""
        return self.data / "audit.head"

    @property
    def erased(self) -> Path:
        """The codes of erased persons, applied again after a restore."""
        return self.data / "erased.list"


def place_of(environ: Mapping[str, str] = os.environ) -> Place:
    """The place the environment describes; an empty environment means this user's own clinic on this machine."""
    demo = _yes(environ, "COLLIS_DEMO")
    data = Path(environ["COLLIS_DATA"]) if environ.get("COLLIS_DATA") else default_data(demo=demo)
    hosts = tuple(h.strip() for h in environ.get("COLLIS_HOSTS", "").split(",") if h.strip())
    loopback = _yes(environ, "COLLIS_LOOPBACK")
    if loopback and hosts:
        raise BadPlace("COLLIS_LOOPBACK with COLLIS_HOSTS: plain http is for this machine only.")
    return Place(
        data=data.expanduser().absolute(),
        database_url=environ.get("DATABASE_URL", ""),
        hosts=hosts or LOOPBACK,
        loopback=loopback,
        demo=demo,
        time_zone=environ.get("COLLIS_TIME_ZONE", "UTC"),
        idle_minutes=_count(environ, "COLLIS_IDLE_MINUTES", 15),
        session_hours=_count(environ, "COLLIS_SESSION_HOURS", 12),
    )


def default_data(*, demo: bool) -> Path:
    """The folder for user data of this platform; made-up data has its own."""
    from platformdirs import user_data_path

    return user_data_path("collis-demo" if demo else "collis", appauthor=False)


def sqlite(path: Path) -> dict[str, Any]:
    """An SQLite file, written by one at a time, never half."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": WAIT_SECONDS,
            "init_command": SQLITE_START,
        },
    }


def postgres(url: str) -> dict[str, Any]:
    """A PostgreSQL database from `postgres://user:word@host:port/name?sslmode=require`."""
    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    if parts.scheme not in ("postgres", "postgresql") or not name:
        raise BadPlace("DATABASE_URL: expected postgres://user:password@host:port/name")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(name),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or query.pop("host", "")),
        "PORT": str(parts.port or query.pop("port", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": query,
    }


def _yes(environ: Mapping[str, str], name: str) -> bool:
    word = environ.get(name, "").strip().lower()
    if word not in ("", "0", "1", "no", "yes", "false", "true"):
        raise BadPlace(f"{name}: read {word!r}, expected 1 or 0")
    return word in ("1", "yes", "true")


def _count(environ: Mapping[str, str], name: str, usual: int) -> int:
    word = environ.get(name, "").strip()
    if not word:
        return usual
    if not word.isdigit() or int(word) < 1:
        raise BadPlace(f"{name}: read {word!r}, expected a whole number above 0")
    return int(word)
