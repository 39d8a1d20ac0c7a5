"""Around the session: appointments, tasks, authorisations, all toxin ever, overrides, reports, label sign-offs."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from collis_clinic.audit.fields import FixedField
from collis_clinic.audit.guards import Guard
from collis_clinic.audit.recorded import Recorded
from collis_clinic.records import words
from collis_clinic.records.models.patient import Episode, Patient
from collis_clinic.records.models.session import PlanRecord, SessionVersion
from collis_clinic.records.models.visit import OfVisit, Visit

USER = settings.AUTH_USER_MODEL


class Appointment(Recorded):
    """A time kept for a patient. Lists are sorted by it, never by name."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="appointments")
    episode = models.ForeignKey(Episode, null=True, on_delete=models.PROTECT, related_name="appointments")
    visit = models.OneToOneField(Visit, null=True, on_delete=models.PROTECT, related_name="appointment")
    kind = models.CharField(max_length=10, choices=words.VisitKind.choices)
    starts_at = models.DateTimeField(db_index=True)
    minutes = models.PositiveSmallIntegerField()
    injector = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=10, choices=words.AppointmentState.choices, default=words.AppointmentState.BOOKED
    )
    reason = models.CharField(max_length=200, null=True)

    class Meta:
        ordering = ("starts_at",)


class Task(Recorded):
    """Something to be done, between two days, by a role or a person."""

    patient = models.ForeignKey(Patient, null=True, on_delete=models.PROTECT, related_name="tasks")
    visit = models.ForeignKey(Visit, null=True, on_delete=models.PROTECT, related_name="tasks")
    kind = models.CharField(max_length=20, choices=words.TaskKind.choices)
    text = models.CharField(max_length=200, null=True)
    due_from = models.DateField()
    due_to = models.DateField()
    role = models.CharField(max_length=20, null=True)
    person = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="tasks")
    state = models.CharField(max_length=8, choices=words.TaskState.choices, default=words.TaskState.OPEN)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    result = models.CharField(max_length=300, null=True)
    once = models.CharField(max_length=80, unique=True, null=True)

    class Meta:
        ordering = ("due_to", "due_from")
        indexes = (models.Index(fields=["state", "due_to"], name="task_state_due"),)


class Authorisation(Recorded):
    """What a payer allows: product, Units, sessions, dates, diagnosis."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="authorisations")
    episode = models.ForeignKey(Episode, null=True, on_delete=models.PROTECT, related_name="authorisations")
    payer = models.CharField(max_length=40)
    number = models.CharField(max_length=60, null=True)
    state = models.CharField(max_length=10, choices=words.AuthorisationState.choices)
    product = models.CharField(max_length=40, choices=words.PRODUCT_CHOICES)
    units = FixedField(places=1, null=True)
    sessions = models.PositiveSmallIntegerField(null=True)
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True)
    diagnosis_code = models.CharField(max_length=20, null=True)


class ToxinLedgerEntry(Recorded):
    """One toxin treatment of a patient, wherever and for whatever it was given. What is not known is NULL.

    Written once. A later version of a session, or a better account, is a new entry that `corrects` the old.
    """

    guard: ClassVar[Guard] = Guard.APPEND_ONLY

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="toxin")
    source = models.CharField(max_length=10, choices=words.LedgerSource.choices)
    version_of = models.ForeignKey(SessionVersion, null=True, on_delete=models.PROTECT, related_name="ledger")
    corrects = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="corrected_by")
    on = models.DateField(null=True)
    product = models.CharField(max_length=40, choices=words.PRODUCT_CHOICES, null=True)
    units = FixedField(places=2, null=True)
    indication = models.CharField(max_length=30, choices=words.INDICATIONS)
    site = models.CharField(max_length=120, null=True)
    clinic = models.CharField(max_length=120, null=True)
    muscles = models.JSONField(null=True)
    in_neck = models.CharField(max_length=7, choices=words.ANSWERS, null=True)

    class Meta:
        ordering = ("on",)

    def clean(self) -> None:
        if self.on is not None and self.on > timezone.localdate():
            raise ValidationError({"on": _("Read a day to come.")})
        if self.units is not None and self.product is None:
            raise ValidationError({"product": _("Units belong to a product: name it.")})


class Override(OfVisit):
    """Going past one rule of the gate: reason from the list, words, second name where the rule asks for one."""

    closes_with_session: ClassVar[bool] = False

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="overrides")
    plan_record = models.ForeignKey(PlanRecord, on_delete=models.PROTECT, related_name="overrides")
    rule = models.CharField(max_length=20)
    level = models.CharField(max_length=12)
    said = models.TextField()
    reason_code = models.CharField(max_length=20, choices=words.OverrideReason.choices)
    reason = models.TextField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    second_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    second_at = models.DateTimeField(null=True)
    retyped = models.BooleanField(default=False)
    review_due = models.DateField(null=True)
    reviewed_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    review_note = models.TextField(null=True)

    def clean(self) -> None:
        if self.second_by_id is not None and self.second_by_id == self.by_id:
            raise ValidationError({"second_by": _("The second name is another person’s.")})


class SafetyReport(OfVisit):
    """A report of a side effect to the maker or the authority: brand and lots prefilled."""

    closes_with_session: ClassVar[bool] = False

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="safety_reports")
    side_effect = models.ForeignKey(
        "records.SideEffect", null=True, on_delete=models.PROTECT, related_name="reports"
    )
    product = models.CharField(max_length=40, choices=words.PRODUCT_CHOICES, null=True)
    lots = models.JSONField(null=True)
    text = models.TextField(null=True)
    serious = models.CharField(max_length=7, choices=words.ANSWERS, null=True)
    sent_at = models.DateTimeField(null=True)
    sent_to = models.CharField(max_length=120, null=True)


class LabelSignOff(Recorded):
    """A number of a label, confirmed or made stricter for this clinic by a named person."""

    product = models.CharField(max_length=40, choices=words.PRODUCT_CHOICES)
    region = models.CharField(max_length=2, choices=words.REGIONS)
    entry = models.CharField(max_length=160)
    knowledge_version = models.CharField(max_length=80)
    label_revision = models.CharField(max_length=40)
    shipped_value = models.JSONField()
    local_value = models.JSONField(null=True)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    role_said = models.CharField(max_length=60)
    on = models.DateField()
    review_due = models.DateField()
    withdrawn_on = models.DateField(null=True)

    class Meta:
        ordering = ("product", "region", "entry", "-on")
