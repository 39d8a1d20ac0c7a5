"""Random sessions: none is kept beyond what any source gives of its product.

A million forms of one to ten muscles, with doses from small to ten times the largest session and now and then what
no number is, go through the reader of the page's form and the bounds every row asks. Thousands more go through the
gate as the page asks it, are written as rows past every page, and are posted to page and interface. What was kept
is held against knowledge by code that shares nothing with the code that refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studies.clinic.apart import done
from studies.record import Measure

PATHS = (
    "src/collis_clinic/visits/dosing.py",
    "src/collis_clinic/records/possible.py",
    "src/collis_clinic/records/models",
    "src/collis_clinic/web/api",
    "src/collis/safety",
    "src/collis/knowledge/data/products",
    "studies/clinic/impossible.py",
)
SEED = 20261122
FULL = {"sessions": 1_000_000, "judged": 2_000, "saved": 5_000, "posted": 500}
THIN = {"sessions": 1_500, "judged": 15, "saved": 150, "posted": 12}


def run(thin: bool) -> Sequence[Measure]:
    """Draw, and count what was kept beyond a limit at each door."""
    asked: dict[str, Any] = THIN if thin else FULL
    found = done("impossible", seed=SEED, **asked)
    return [
        Measure(
            name=f"kept beyond a limit, {door}",
            figure=counted["beyond"],
            unit="sessions",
            bar="none",
            met=counted["beyond"] == 0 and counted["kept"] > 0 and not counted.get("broken answers"),
            detail=f"{counted['drawn']} drawn, {counted['kept']} kept.",
        )
        for door, counted in found["doors"].items()
    ]
