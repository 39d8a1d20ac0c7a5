"""All toxin of one patient over all indications, brands and clinics, as far as anybody knows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet

from collis_clinic.records.models import SessionVersion, ToxinLedgerEntry
from collis_clinic.records.words import LedgerSource


def standing(patient: UUID) -> QuerySet[ToxinLedgerEntry]:
    """The entries that hold: those no later entry corrects, newest first, undated last."""
    found: QuerySet[ToxinLedgerEntry] = ToxinLedgerEntry.objects.filter(
        patient=patient, corrected_by__isnull=True
    ).order_by("-on", "-recorded_at")
    return found


def standing_of_session(session: UUID) -> ToxinLedgerEntry | None:
    """The entry of a session given here."""
    found: ToxinLedgerEntry | None = ToxinLedgerEntry.objects.filter(
        version_of__session=session, corrected_by__isnull=True
    ).first()
    return found


def enter_session(version: SessionVersion) -> ToxinLedgerEntry | None:
    """Enter what a signed version says was given; a later version corrects the entry of the one before."""
    session = version.session
    before = standing_of_session(session.pk)
    given = [line for line in session.lines.filter(dropped=False) if line.given_units]
    units = sum((line.given_units for line in given), Decimal(0))
    if before is None and not given:
        return None
    entry = ToxinLedgerEntry(
        patient_id=session.visit.patient_id,
        source=LedgerSource.SESSION,
        version_of=version,
        corrects=before,
        on=session.visit.on,
        product=session.product,
        units=units,
        indication=session.visit.episode.indication,
        muscles=muscles_of([(line.muscle, line.side) for line in given]),
        in_neck="yes",
    )
    entry.save()
    return entry


def muscles_of(places: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Muscles and sides, each once, as the case file writes them."""
    return [{"muscle": muscle, "side": side} for muscle, side in dict.fromkeys(places)]
