"""Drawn cases are the same in every run of `make test`; the studies draw their own, many more, from their seed."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("fixed", derandomize=True, database=None)
if "COLLIS_EXAMPLES" not in os.environ:
    settings.load_profile("fixed")
