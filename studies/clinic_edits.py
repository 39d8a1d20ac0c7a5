"""Units and volumes of a plan stay tied over random edits.

A cell is shown with Units and mL that agree at a dilution of a label; Units, mL, both or neither are then typed
over, and the reader of the page's form reads the result. Laws: Units = volume x concentration within 0.01 Unit in
the cell; in each of its sites too, except that a volume is kept to 0.0001 mL, which is more of a strong solution;
a volume that changed never leaves the Units behind; sites add up; a refusal says why.
"""

from __future__ import annotations

from collections.abc import Sequence

from studies.clinic.apart import done
from studies.record import Measure

PATHS = ("src/collis_clinic/visits/dosing.py", "src/collis/units.py", "studies/clinic/edits.py")
SEED = 20261122
EDITS, THIN = 100_000, 2_000


def run(thin: bool) -> Sequence[Measure]:
    """Edit, and count what breaks a law."""
    found = done("edits", count=THIN if thin else EDITS, seed=SEED)
    broken = sum(found["broken"].values())
    what = "; ".join(f"{law}: {n}" for law, n in sorted(found["broken"].items()))
    return [
        Measure(
            name="edits that break a law",
            figure=broken,
            unit="edits",
            bar=f"none of {found['edits']}",
            met=broken == 0,
            detail=what
            or f"{found['refused']} edits were refused: no such volume, or Units and mL that disagree.",
        )
    ]
