"""Drawn cases are the same in every run of `make test`; the studies draw their own, many more, from their seed.

The clinic is set up only when its modules are collected for the examples in them; its tests set it up themselves.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, database=None)
if "COLLIS_EXAMPLES" not in os.environ:
    settings.load_profile("fixed")

CLINIC = Path(__file__).resolve().parent.parent / "src" / "collis_clinic"


def pytest_configure(config: pytest.Config) -> None:
    asked = [Path(config.invocation_params.dir, arg.partition("::")[0]).resolve() for arg in config.args]
    if any(a == CLINIC or a in CLINIC.parents or CLINIC in a.parents for a in asked):
        from tests.clinic_place import set_up

        set_up()
