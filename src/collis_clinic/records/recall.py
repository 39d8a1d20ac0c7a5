"""From a lot to its patients and back, one query each."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from collis_clinic.records.models import InjectionLine, Patient
from collis_clinic.stock.models import Lot


def patients_of_lot(lot: UUID) -> QuerySet[Patient]:
    """Every patient for whom a vial of this lot was opened, by code."""
    found: QuerySet[Patient] = (
        Patient.objects.filter(visits__session__preparation__vials__vial__lot=lot).distinct().order_by("code")
    )
    return found


def lots_of_line(line: InjectionLine) -> QuerySet[Lot]:
    """The lots that may be in one injection: those of its session's preparation."""
    found: QuerySet[Lot] = Lot.objects.filter(
        vials__preparations__preparation__session=line.session_id
    ).distinct()
    return found
