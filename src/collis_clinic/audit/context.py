"""Who is acting now: kept for the request or the job, so that no row can be written by nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """The one who acts, by pseudonym. The clinic itself (a job, a command) has the pseudonym `system`."""

    pseudonym: str
    role: str
    request_id: str = ""
    user_id: int | None = None


class NobodyActs(RuntimeError):
    """A row was to be written outside a request, a job and `acting_as`."""


SYSTEM = Actor(pseudonym="system", role="system")
ANONYMOUS = Actor(pseudonym="anonymous", role="")

_now: ContextVar[Actor | None] = ContextVar("collis_clinic_actor", default=None)


def actor() -> Actor:
    """The one who acts now; raises `NobodyActs` where nothing was said."""
    found = _now.get()
    if found is None:
        raise NobodyActs("Nobody acts: write inside a request, a job, or `with acting_as(...)`.")
    return found


@contextmanager
def acting_as(one: Actor) -> Iterator[Actor]:
    """Everything inside is done by `one`."""
    token = _now.set(one)
    try:
        yield one
    finally:
        _now.reset(token)
