"""Makes the tables of a clinic."""

from __future__ import annotations

from typing import Any


def work() -> dict[str, Any]:
    """Tables, cache table and guards, and the folder of static files."""
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    return {}
