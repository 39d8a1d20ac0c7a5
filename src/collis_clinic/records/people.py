"""Patients and the persons behind them: made, found, shown, corrected, erased."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from collis_clinic.audit.entries import did, read
from collis_clinic.records import identity
from collis_clinic.records.identity import Person, Sealed
from collis_clinic.records.models import Identity, IdentityToken, Patient

KIND = "records.identity"


@transaction.atomic
def register(person: Person, *, region: str, sex: str | None = None, code: str | None = None) -> Patient:
    """A new patient with the person behind it."""
    _possible(person)
    patient = Patient(region=region, sex=sex, **({} if code is None else {"code": code}))
    patient.save()
    _write(patient, person)
    did("create", KIND, patient.pk, subject=patient.pk, fields=_said(person))
    return patient


@transaction.atomic
def correct(patient: Patient, person: Person, *, reason: str) -> None:
    """Put the person right: name, birth date, numbers. The old words are replaced, that they were is entered."""
    _possible(person)
    before = person_of(patient)
    if before is None:
        raise ValidationError(_("This person was erased."))
    _remove(patient)
    _write(patient, person)
    changed = [name for name in Person.__dataclass_fields__ if getattr(before, name) != getattr(person, name)]
    did("change", KIND, patient.pk, subject=patient.pk, fields=changed, reason=reason)


def person_of(patient: Patient) -> Person | None:
    """Who a patient is; None once erased. Enter the read yourself, once per page, with `audit.entries.read`."""
    row = Identity.objects.filter(patient=patient).first()
    return None if row is None else _open(row)


def persons_of(patients: Iterable[Patient | UUID]) -> dict[UUID, Person]:
    """The persons behind the patients shown on one page, in one query. Decrypt only what is shown."""
    numbers = [p.pk if isinstance(p, Patient) else p for p in patients]
    return {row.patient_id: _open(row) for row in Identity.objects.filter(patient__in=numbers)}


def find(*, surname: str = "", birth_date: date | None = None, record_number: str = "") -> list[Patient]:
    """The patients whose person matches everything given, exactly but for case, accents and marks; by code."""
    asked = {
        "surname": surname,
        "birth_date": birth_date.isoformat() if birth_date else "",
        "record_number": record_number,
    }
    found = Patient.objects.filter(erased_at__isnull=True)
    said = {kind: text for kind, text in asked.items() if identity.normalised(text)}
    if not said:
        return []
    for kind, text in said.items():
        matching = IdentityToken.objects.filter(kind=kind, token=identity.token(kind, text))
        found = found.filter(pk__in=matching.values("identity__patient_id"))
    did("search", KIND, fields=sorted(said))
    return list(found[:100])


@transaction.atomic
def erase(patient: Patient, *, reason: str) -> None:
    """Destroy the person's identity and key. The clinical rows stay and say nothing of who it was.

    The pseudonym is noted outside the database, so that a backup restored later is erased again.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the person is erased.")})
    _remove(patient)
    patient.erased_at = timezone.now()
    patient.save(action="erase", reason=reason)
    transaction.on_commit(lambda: note_erased(patient.pk))


def note_erased(patient: UUID) -> None:
    """Add a pseudonym to the list outside the database."""
    with settings.PLACE.erased.open("a", encoding="ascii") as file:
        file.write(f"{patient}\n")


def erase_again() -> int:
    """After a restore: erase whoever is on the list and has an identity; how many."""
    if not settings.PLACE.erased.exists():
        return 0
    listed = {UUID(line) for line in settings.PLACE.erased.read_text(encoding="ascii").split()}
    again = 0
    for patient in Patient.objects.filter(pk__in=listed, identity__isnull=False):
        with transaction.atomic():
            _remove(patient)
            patient.erased_at = timezone.now()
            patient.save(action="erase", reason="erased before the backup was restored")
        again += 1
    return again


def looked_at(patient: Patient, what: str, *, reason: str = "") -> None:
    """Enter that a patient's page was read. `what` names the page, such as `record` or `plan`."""
    read(f"page.{what}", patient.pk, subject=patient.pk, reason=reason)


def _open(row: Identity) -> Person:
    sealed = Sealed(wrapped_key=bytes(row.wrapped_key), words=bytes(row.words))
    return identity.open_sealed(sealed, row.patient_id)


def _write(patient: Patient, person: Person) -> None:
    sealed = identity.seal(person, patient.pk)
    row = Identity.objects.create(patient=patient, wrapped_key=sealed.wrapped_key, words=sealed.words)
    IdentityToken.objects.bulk_create(
        IdentityToken(identity=row, kind=kind, token=token) for kind, token in identity.tokens(person).items()
    )


def _remove(patient: Patient) -> None:
    Identity.objects.filter(patient=patient).delete()


def _said(person: Person) -> list[str]:
    return [name for name in Person.__dataclass_fields__ if getattr(person, name)]


def _possible(person: Person) -> None:
    if not identity.normalised(person.surname):
        raise ValidationError({"surname": _("Write the surname.")})
    born, today = person.birth_date, timezone.localdate()
    if born is not None and not date(today.year - 120, 1, 1) <= born <= today:
        raise ValidationError({"birth_date": _("Read a birth date to come, or more than 120 years ago.")})
