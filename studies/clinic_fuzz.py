"""Fuzzed calls of the interface and fuzzed forms: never an error of the program, never a change without an entry.

Schemathesis draws good and bad calls for every operation of our own OpenAPI document; every page's form is posted
with its own fields, filled with what it offers and with what it does not expect, by every role. After each request
the tables are asked how many rows were made or changed, and the trail how many entries there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studies.clinic.apart import done
from studies.record import Measure

PATHS = ("src/collis_clinic", "studies/clinic/fuzz.py")
SEED = 20261122
FULL, THIN = {"calls": 1_000, "posts": 1_000}, {"calls": 30, "posts": 40}


def run(thin: bool) -> Sequence[Measure]:
    """Send, and count what must not be."""
    asked: dict[str, Any] = THIN if thin else FULL
    found = done("fuzz", seed=SEED, **asked)
    said = ", ".join(f"{found[k]} {k}" for k in sorted(found) if k not in ("broken", "unentered", "found"))
    first = "; ".join(found["found"])
    return [
        Measure(
            name=name,
            figure=found[key],
            unit="requests",
            bar="none",
            met=found[key] == 0,
            detail=f"{said}. {first}",
        )
        for name, key in (("requests answered 500", "broken"), ("changes without an entry", "unentered"))
    ]
