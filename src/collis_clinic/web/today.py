"""Today's list: who comes, how long since the last toxin, the payer's earliest day, what stands against it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from collis_clinic.bridge import outputs
from collis_clinic.records import people
from collis_clinic.records.identity import Person
from collis_clinic.records.models import Appointment, Authorisation, Patient, Session, ToxinLedgerEntry, Visit


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of the list. What nobody recorded is None."""

    patient: Patient
    person: Person | None
    at: datetime | None
    kind: str
    state: str
    visit: Visit | None
    appointment: Appointment | None
    last_on: date | None
    days: int | None
    payer_on: date | None
    too_soon: bool
    warnings: tuple[str, ...]


def rows_of(day: date) -> list[Row]:
    """The day's appointments in their order, then visits opened without one."""
    start = timezone.make_aware(datetime.combine(day, datetime.min.time()))
    booked = list(
        Appointment.objects.filter(starts_at__gte=start, starts_at__lt=start + timedelta(days=1))
        .select_related("patient", "visit__session")
        .order_by("starts_at")
    )
    open_today = list(
        Visit.objects.filter(on=day).select_related("patient", "session").order_by("recorded_at")
    )
    by_patient: dict[UUID, Visit] = {v.patient_id: v for v in open_today}
    listed = {a.patient_id for a in booked}
    extra = [v for v in open_today if v.patient_id not in listed]
    patients = [a.patient for a in booked] + [v.patient for v in extra]
    facts = facts_of(patients, day)
    names = people.persons_of(patients)
    found = [
        _row(a.patient, names, facts, at=a.starts_at, kind=a.get_kind_display(), state=a.get_state_display(),
             visit=a.visit or by_patient.get(a.patient_id), appointment=a)
        for a in booked
    ]  # fmt: skip
    return found + [
        _row(v.patient, names, facts, at=None, kind=v.get_kind_display(), state=v.get_state_display(),
             visit=v, appointment=None)
        for v in extra
    ]  # fmt: skip


def _row(
    patient: Patient,
    names: dict[UUID, Person],
    facts: dict[UUID, dict[str, Any]],
    **shown: Any,
) -> Row:
    return Row(patient=patient, person=names.get(patient.pk), **facts[patient.pk], **shown)


def facts_of(patients: Sequence[Patient], day: date) -> dict[UUID, dict[str, Any]]:
    """For each patient: last toxin before the day, the payer's earliest day, warnings; three queries for all."""
    keys = {p.pk for p in patients}
    last: dict[UUID, tuple[date, str | None]] = {}
    for entry in ToxinLedgerEntry.objects.filter(
        patient__in=keys, corrected_by__isnull=True, on__lt=day
    ).values_list("patient", "on", "product"):
        if entry[1] is not None and (entry[0] not in last or entry[1] > last[entry[0]][0]):
            last[entry[0]] = (entry[1], entry[2])
    held: dict[UUID, list[Authorisation]] = defaultdict(list)
    for row in Authorisation.objects.filter(patient__in=keys).exclude(state__in=["ended", "refused"]):
        held[row.patient_id].append(row)
    used: dict[UUID, list[tuple[date, Decimal]]] = defaultdict(list)
    for session in (
        Session.objects.filter(
            visit__patient__in=[k for k in keys if held.get(k)],
            state="signed",
            outcome__in=["given", "partly"],
        )
        .values_list("visit__patient", "visit__on")
        .annotate(units=Sum("lines__given_units"))
    ):
        used[session[0]].append((session[1], session[2] or Decimal(0)))
    return {key: _facts(last.get(key), held.get(key, []), used.get(key, []), day) for key in keys}


def _facts(
    last: tuple[date, str | None] | None,
    held: list[Authorisation],
    used: Iterable[tuple[date, Decimal]],
    day: date,
) -> dict[str, Any]:
    held.sort(key=lambda r: (r.state == "granted", r.to_on or date.min), reverse=True)
    one = held[0] if held else None
    interval = None if one is None else outputs.payer_interval(one.payer, one.product, day)
    earliest = None if last is None or interval is None else last[0] + timedelta(days=interval)
    return {
        "last_on": None if last is None else last[0],
        "days": None if last is None else (day - last[0]).days,
        "payer_on": earliest,
        "too_soon": earliest is not None and day < earliest,
        "warnings": tuple(_against(one, used, day)),
    }


def _against(held: Authorisation | None, used: Iterable[tuple[date, Decimal]], day: date) -> list[str]:
    if held is None:
        return []
    found = []
    if held.state != "granted":
        found.append(_("Authorisation asked for, not granted"))
    if held.to_on is not None and held.to_on < day:
        found.append(_("Authorisation ended %(day)s") % {"day": date_format(held.to_on, "j M Y")})
    elif held.to_on is not None and held.to_on < day + timedelta(days=30):
        found.append(_("Authorisation ends %(day)s") % {"day": date_format(held.to_on, "j M Y")})
    if held.from_on is not None and held.from_on > day:
        found.append(_("Authorisation starts %(day)s") % {"day": date_format(held.from_on, "j M Y")})
    within = sum(1 for on, _u in used if held.from_on is None or held.from_on <= on <= day)
    if held.sessions is not None and within >= held.sessions:
        found.append(_("All %(n)s authorised sessions used") % {"n": held.sessions})
    return found
