"""What was mixed and drawn: vials, diluent, strength, times. Judged by the gate with the plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from collis.errors import BadInput
from collis.units import Dose


@dataclass(frozen=True, kw_only=True, slots=True)
class VialUse:
    """One vial. `for_other_patient` is None when nobody said, `lot` None while the vial is only planned.

    `diluent_ml` is given where vials of several sizes are mixed to one strength; None: as the preparation says.
    """

    units: Dose
    lot: str | None = ""
    expiry: date | None = None
    for_other_patient: bool | None = None
    diluent_ml: Decimal | None = None

    def __post_init__(self) -> None:
        if self.diluent_ml is not None and self.diluent_ml <= 0:
            raise BadInput(
                where="vial", read=f"{self.diluent_ml} mL", expected="a diluent volume above 0, or none"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Preparation:
    """How the toxin was made ready.

    `diluent_ml` is per vial, where the vial itself names none; `units_per_0_1ml` the strength as written on the
    syringe; `drawn` all Units drawn.
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

    def diluent_of(self, vial: VialUse) -> Decimal:
        """The mL that went into one vial."""
        return self.diluent_ml if vial.diluent_ml is None else vial.diluent_ml
