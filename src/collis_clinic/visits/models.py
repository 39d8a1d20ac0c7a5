"""What the visit keeps beside the record: the answer to a held copy of the last session."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collis_clinic.audit.guards import Guard
from collis_clinic.records.models import Session, SideEffect, Visit
from collis_clinic.records.models.visit import OfVisit


class HeldAct(models.TextChoices):
    """What was done about a side effect before its doses are carried over."""

    LOWERED = "lowered", gettext_lazy("doses lowered where it came from")
    LEFT_OUT = "left_out", gettext_lazy("a muscle left out")
    GUIDED = "guided", gettext_lazy("same doses, placed under an image")
    KEPT = "kept", gettext_lazy("doses kept, with the reason below")


class HoldAnswer(OfVisit):
    """The answer to one side effect that holds a copy of the last session. Written once; the newest holds."""

    guard: ClassVar[Guard] = Guard.APPEND_ONLY

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="hold_answers")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+")
    side_effect = models.ForeignKey(SideEffect, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=10, choices=HeldAct.choices)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("recorded_at",)

    def clean(self) -> None:
        if not self.reason.strip():
            raise ValidationError({"reason": _("Say what speaks for it: one line.")})
