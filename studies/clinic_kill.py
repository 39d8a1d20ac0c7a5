"""Writers killed with -9 in the middle of 200 writes: nothing half is left, on SQLite and on PostgreSQL.

Four processes write sessions, sign and amend them, and draw from vials as fast as they can; one after the other
is killed at a random moment and replaced. Then every session is read: its lines, its versions, its place in the
ledger; the trail is sealed and verified, and each row's changes are counted against its entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studies.clinic.apart import done
from studies.record import Measure
from tools.postgres import cluster

PATHS = (
    "src/collis_clinic/audit",
    "src/collis_clinic/records",
    "src/collis_clinic/stock",
    "studies/clinic/kill.py",
)
SEED = 20261122
KILLS, THIN = 200, 6


def run(thin: bool) -> Sequence[Measure]:
    """Kill on one database, then on the other; thin: on SQLite alone."""
    count = THIN if thin else KILLS
    found = {"SQLite": done("kill", durable=True, kills=count, seed=SEED)}
    if not thin:
        with cluster() as url:
            found["PostgreSQL"] = done("kill", url=url, kills=count, seed=SEED)
    return [measure for database, state in found.items() for measure in _measures(database, state, count)]


def _measures(database: str, state: dict[str, Any], kills: int) -> list[Measure]:
    how = (
        f"{kills} kills; {state['sessions']} sessions, {state['signed']} signed, "
        f"{state['entries']} entries in the trail."
    )
    findings = "; ".join([*state["chain"], *state["how"]])
    rows = (
        ("half-written sessions", state["half"], "sessions"),
        ("findings in the audit chain", len(state["chain"]), "findings"),
        ("ledger against sessions", state["ledger"], "hundredths of a Unit"),
        ("rows whose changes were not all entered", state["unentered"], "rows"),
        ("vials that do not add up", state["vials"], "vials"),
    )
    return [
        Measure(
            name=f"{name}, {database}",
            figure=figure,
            unit=unit,
            bar="none",
            met=figure == 0 and state["signed"] > 0,
            detail=f"{how} {findings}".strip(),
        )
        for name, figure, unit in rows
    ]
