"""Sets the clinic up once for a run of tests: a folder of its own, SQLite, or PostgreSQL with COLLIS_TEST_PG=1."""

from __future__ import annotations

import atexit
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

_stack = ExitStack()
_done: list[bool] = []


def set_up() -> None:
    """Point the settings at a fresh folder and start Django; the second call does nothing."""
    if _done:
        return
    _done.append(True)
    atexit.register(_stack.close)
    for name in ("COLLIS_HOSTS", "COLLIS_DEMO", "COLLIS_TIME_ZONE", "DATABASE_URL"):
        os.environ.pop(name, None)
    os.environ["COLLIS_DATA"] = _stack.enter_context(tempfile.TemporaryDirectory(prefix="collis-clinic-"))
    Path(os.environ["COLLIS_DATA"], "static").mkdir()
    os.environ["COLLIS_LOOPBACK"] = "1"
    os.environ["DJANGO_SETTINGS_MODULE"] = "collis_clinic.settings"
    if os.environ.get("COLLIS_TEST_PG"):
        from tools.postgres import cluster

        os.environ["DATABASE_URL"] = _stack.enter_context(cluster())
    import django

    django.setup()
