"""What was mixed and drawn: vials, diluent, strength, times. Judged by the gate with the plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from collis.errors import BadInput
from collis.units import Dose


@dataclass(frozen=True, kw_only=True, slots=True)
class VialUse:
    """One opened vial. `for_other_patient` is None when nobody said."""

    units: Dose
    lot: str = ""
    expiry: date | None = None
    for_other_patient: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Preparation:
    """How the toxin was made ready.

    `diluent_ml` is per vial; `units_per_0_1ml` the strength as written on the syringe; `drawn` all Units drawn.
    """

    product: str
    vials: tuple[VialUse, ...]
    diluent_ml: Decimal
    units_per_0_1ml: Decimal
    drawn: Dose
    diluent: str = "sodium chloride 0.9 %, preservative-free"
    mixed_at: datetime | None = None
    injected_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.diluent_ml <= 0 or self.units_per_0_1ml <= 0:
            raise BadInput(
                where="preparation",
                read=f"{self.diluent_ml} mL, {self.units_per_0_1ml} Units per 0.1 mL",
                expected="a diluent volume and a strength above 0",
            )

    def volume_ml(self, dose: Dose) -> Decimal:
        """The volume that carries `dose` at the written strength."""
        return dose.units / (self.units_per_0_1ml * 10)
