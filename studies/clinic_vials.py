"""Vials add up after random operations: drawn + left + wasted = contents, to a tenth of a Unit.

Vials are received, opened, drawn from, wasted and expired at random through the stock's own functions, mixed with
what may not be: more than is left, negative and not numbers, an opened vial set back, parts that do not add up. In
the end plain SQL asks whether each vial adds up, whether its movements explain it, and whether each change was
entered in the trail.
"""

from __future__ import annotations

from collections.abc import Sequence

from studies.clinic.apart import done
from studies.record import Measure

PATHS = ("src/collis_clinic/stock", "src/collis_clinic/audit", "studies/clinic/vials.py")
SEED = 20261122
OPERATIONS, THIN = 100_000, 400


def run(thin: bool) -> Sequence[Measure]:
    """Operate, then ask the tables."""
    count = THIN if thin else OPERATIONS
    found = done("vials", count=count, seed=SEED)
    how = f"{count} operations, {found.get('refused', 0)} of them refused, on {found['vials']} vials."
    return [
        Measure(name=name, figure=found[key], unit=unit, bar="none", met=found[key] == 0, detail=how)
        for name, key, unit in (
            ("vials that do not add up", "apart", "vials"),
            ("vials their movements do not explain", "unexplained", "vials"),
            ("changes without an entry in the trail", "unentered", "changes"),
        )
    ]
