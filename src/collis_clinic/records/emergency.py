"""Emergency access to a record one would not open: with a reason, for a while, and reviewed by somebody else."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from collis_clinic.access.models import BreakGlass, User
from collis_clinic.access.roles import Action
from collis_clinic.audit.entries import did
from collis_clinic.records.models import Patient, Task
from collis_clinic.records.words import TaskKind

LASTS = timedelta(hours=1)
REVIEW_WITHIN = timedelta(days=3)
REASONS = ("emergency", "cover", "call_from_other_clinic", "other")
KIND = "access.breakglass"


@transaction.atomic
def open_for(user: User, patient: Patient, *, reason_code: str, reason: str) -> BreakGlass:
    """Open a patient's record for an hour; a review task is made."""
    if not user.may(Action.BREAK_GLASS):
        raise PermissionDenied
    if reason_code not in REASONS or len(reason.strip()) < 10:
        raise ValidationError({"reason": _("Say in a sentence why it is needed now.")})
    now = timezone.now()
    row = BreakGlass.objects.create(
        user=user, subject=patient.pk, reason_code=reason_code, reason=reason.strip(), until=now + LASTS
    )
    did("break_glass", KIND, row.pk, subject=patient.pk, reason=f"{reason_code}: {reason.strip()}")
    today = timezone.localdate(now)
    Task(
        patient=patient,
        kind=TaskKind.EMERGENCY_REVIEW,
        due_from=today,
        due_to=today + REVIEW_WITHIN,
        role="injector",
        once=f"break_glass {row.pk}",
    ).save()
    return row


def is_open(user: User, patient: UUID) -> bool:
    """Whether this user has emergency access to this patient now."""
    return BreakGlass.objects.filter(user=user, subject=patient, until__gt=timezone.now()).exists()


@transaction.atomic
def review(number: UUID, by: User, *, justified: bool, note: str) -> BreakGlass:
    """Say whether it was justified. Nobody reviews their own."""
    row = BreakGlass.objects.select_for_update().get(pk=number)
    if row.user_id == by.pk:
        raise ValidationError(_("Somebody else reviews this."))
    if row.reviewed_at is not None:
        raise ValidationError(_("This was reviewed before."))
    row.reviewed_at, row.reviewed_by = timezone.now(), by
    row.justified, row.review_note = justified, note.strip()
    row.save()
    did(
        "break_glass_review",
        KIND,
        row.pk,
        subject=row.subject,
        fields=["justified"],
        reason=f"{'justified' if justified else 'not justified'}: {note.strip()}",
    )
    task = Task.objects.filter(once=f"break_glass {row.pk}").first()
    if task is not None and task.state == "open":
        task.state, task.done_at, task.done_by = "done", timezone.now(), by
        task.save()
    return row
