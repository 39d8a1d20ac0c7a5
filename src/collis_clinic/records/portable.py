"""Everything the clinic holds of one patient, as one document. The way from a row to its patient is found, not listed,
so that no new table is forgotten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.utils import timezone

from collis.units import plain
from collis_clinic.audit.entries import did
from collis_clinic.audit.models import AuditEntry
from collis_clinic.audit.recorded import Recorded
from collis_clinic.records.models import Patient
from collis_clinic.records.people import person_of

OWN_FIELDS = ("bound_to", "patient", "subject")
"""Plain columns that hold a patient's pseudonym."""


def ways_to_patient(model: type[models.Model]) -> str | None:
    """The shortest lookup from a table to its patient, None where rows are about nobody."""
    if model is Patient:
        return "pk"
    queue: deque[tuple[type[models.Model], tuple[str, ...]]] = deque([(model, ())])
    seen: set[type[models.Model]] = {model}
    while queue:
        here, path = queue.popleft()
        for field in here._meta.concrete_fields:
            target = field.related_model if field.is_relation else None
            if target is Patient:
                return "__".join((*path, field.name))
            if (
                not path
                and not field.is_relation
                and field.name in OWN_FIELDS
                and isinstance(field, models.UUIDField)
            ):
                return field.name
            if isinstance(target, type) and issubclass(target, Recorded) and target not in seen:
                seen.add(target)
                queue.append((target, (*path, field.name)))
    return None


def tables() -> Iterator[tuple[type[Recorded], str]]:
    """Every kept table with its way to a patient."""
    for model in apps.get_models():
        if issubclass(model, Recorded):
            way = ways_to_patient(model)
            if way is not None:
                yield model, way


def document_of(patient: Patient, *, reason: str) -> dict[str, Any]:
    """The person, all rows, and who looked; entered in the trail. Numbers are text, so that none loses a digit."""
    person = person_of(patient)
    rows = {
        model._meta.label_lower: [
            _row(row) for row in model.objects.filter(**{way: patient.pk}).order_by("pk").distinct()
        ]
        for model, way in tables()
    }
    trail = AuditEntry.objects.filter(subject=str(patient.pk)).order_by("number")
    did("export", "records.patient", patient.pk, subject=patient.pk, reason=reason)
    return {
        "format": 1,
        "document": "patient",
        "made_at": timezone.now().isoformat(),
        "code": patient.code,
        "person": None
        if person is None
        else {name: _plain(getattr(person, name)) for name in type(person).__dataclass_fields__},
        "rows": rows,
        "trail": [
            {"number": e.number, "at": e.at.isoformat(), "actor": e.actor, "role": e.role, "action": e.action,
             "kind": e.kind, "fields": e.fields, "reason": e.reason}
            for e in trail
        ],
    }  # fmt: skip


def _row(row: models.Model) -> dict[str, Any]:
    return {f.attname: _plain(getattr(row, f.attname)) for f in row._meta.concrete_fields}


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str() | list() | dict():
            return value
        case Decimal():
            return plain(value)
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            return str(value)
