"""A session from draft to signed: its plan, its preparation, its lines, and its versions, which are never changed."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from collis_clinic.audit.fields import FixedField
from collis_clinic.audit.guards import Guard
from collis_clinic.audit.recorded import Recorded
from collis_clinic.records import possible, words
from collis_clinic.records.models.visit import OfVisit, Visit, refuse_signed
from collis_clinic.stock.models import Vial


class PlanRecord(OfVisit):
    """A plan as it was computed or judged: everything needed to do it again. Written once by `bridge`.

    `case_document` is the canonical case without identity; `request` what was asked (kind: consult, check, prepare);
    `result` the whole answer as JSON; `seed` and the versions say with what.
    """

    guard: ClassVar[Guard] = Guard.APPEND_ONLY
    closes_with_session: ClassVar[bool] = False

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="plan_records")
    kind = models.CharField(max_length=12)
    case_document = models.TextField()
    request = models.JSONField()
    program_version = models.CharField(max_length=40)
    knowledge_version = models.CharField(max_length=80)
    seed = models.BigIntegerField()
    level = models.CharField(max_length=12)
    result = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("recorded_at",)


class Session(OfVisit):
    """One treatment. Lines hang below; what was signed stands in `SessionVersion`.

    A signed session and its lines are changed only inside `records.signing.amend`.
    """

    closes_with_session: ClassVar[bool] = False

    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, related_name="session")
    state = models.CharField(
        max_length=8, choices=words.SessionState.choices, default=words.SessionState.DRAFT
    )
    outcome = models.CharField(max_length=10, choices=words.Outcome.choices, null=True)
    outcome_reason = models.CharField(max_length=300, null=True)
    product = models.CharField(max_length=40, choices=words.PRODUCT_CHOICES, null=True)
    plan_name = models.CharField(max_length=40, null=True)
    plan_origin = models.CharField(max_length=10, null=True)
    plan_record = models.ForeignKey(PlanRecord, null=True, on_delete=models.PROTECT, related_name="sessions")
    copied_from = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_at = models.DateTimeField(null=True)
    time_out_at = models.DateTimeField(null=True)
    time_out_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    time_out_with = models.CharField(max_length=120, null=True)
    given_at = models.DateTimeField(null=True)
    observed_minutes = models.PositiveSmallIntegerField(null=True)
    observation = models.TextField(null=True)
    told = models.TextField(null=True)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    countersigned_at = models.DateTimeField(null=True)
    countersigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="session_signed_has_name",
                condition=~Q(state="signed") | Q(signed_at__isnull=False, signed_by__isnull=False),
            ),
        )

    @property
    def is_signed(self) -> bool:
        """Whether it was signed."""
        return self.state == words.SessionState.SIGNED

    def clean(self) -> None:
        before = (self._stood or {}).get("state")
        if before == words.SessionState.SIGNED and self.state != words.SessionState.SIGNED:
            raise ValidationError({"state": _("A signed session is amended, never opened again.")})
        if before is not None and self.state in (words.SessionState.CHECKED, words.SessionState.SIGNED):
            self.refuse_total()

    def refuse_total(self) -> None:
        """Raise where the lines together, planned or given, are beyond what any source gives of the product."""
        lines = list(self.lines.filter(dropped=False))
        possible.refuse_total(self.product, [line.planned for line in lines])
        possible.refuse_total(self.product, [line.given for line in lines])

    def refuse_impossible(self) -> None:
        if (self._stood or {}).get("state") == words.SessionState.SIGNED:
            refuse_signed(self.pk)
        super().refuse_impossible()


class OfSession(Recorded):
    """A row that belongs to one session and is closed with it."""

    class Meta:
        abstract = True

    session: models.ForeignKey[Session, Session]
    session_id: UUID

    def subject_pseudonym(self) -> UUID | None:
        return self.session.visit.patient_id

    def refuse_impossible(self) -> None:
        refuse_if_signed(self.session_id)
        super().refuse_impossible()


class Preparation(OfSession):
    """How the toxin was made ready; who mixed it and who checked."""

    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="preparation")
    product = models.CharField(max_length=40, choices=words.PRODUCT_CHOICES)
    diluent = models.CharField(max_length=80, null=True)
    diluent_ml = FixedField(places=3, null=True)
    units_per_0_1ml = FixedField(places=4, null=True)
    drawn_units = FixedField(places=2, null=True)
    mixed_at = models.DateTimeField(null=True)
    mixed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    discard_by = models.DateTimeField(null=True)

    def clean(self) -> None:
        possible.refuse_volume(self.diluent_ml, field="diluent_ml")


class PreparationVial(Recorded):
    """A vial opened for a preparation."""

    preparation = models.ForeignKey(Preparation, on_delete=models.PROTECT, related_name="vials")
    vial = models.ForeignKey(Vial, on_delete=models.PROTECT, related_name="preparations")
    diluent_ml = FixedField(places=3, null=True)
    drawn_units = FixedField(places=1, null=True)
    wasted_units = FixedField(places=1, null=True)
    waste_reason = models.CharField(max_length=200, null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["preparation", "vial"], name="preparation_vial_once"),)

    def subject_pseudonym(self) -> UUID | None:
        return self.preparation.session.visit.patient_id

    def refuse_impossible(self) -> None:
        refuse_if_signed(self.preparation.session_id)
        super().refuse_impossible()


class InjectionLine(OfSession):
    """One site: muscle, side, number of the site; what was planned beside what was given.

    `dropped` marks a line taken out of the plan; it stays readable and counts nowhere.
    """

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    muscle = models.CharField(max_length=40, choices=words.MUSCLES)
    side = models.CharField(max_length=5, choices=words.SIDES)
    site = models.PositiveSmallIntegerField(default=1)
    planned_units = FixedField(places=2, null=True)
    planned_ml = FixedField(places=4, null=True)
    planned_guidance = models.CharField(max_length=12, choices=words.GUIDANCES, null=True)
    given_units = FixedField(places=2, null=True)
    given_ml = FixedField(places=4, null=True)
    guidance = models.CharField(max_length=12, choices=words.GUIDANCES, null=True)
    emg_finding = models.CharField(max_length=200, null=True)
    ultrasound_finding = models.CharField(max_length=200, null=True)
    difference_reason = models.CharField(max_length=200, null=True)
    read_at = models.DateTimeField(null=True)
    dropped = models.BooleanField(default=False)

    class Meta:
        ordering = ("position", "site")
        constraints = (
            models.UniqueConstraint(
                fields=["session", "muscle", "side", "site"],
                condition=Q(dropped=False),
                name="line_site_once",
            ),
            models.CheckConstraint(name="line_side_known", condition=Q(side__in=["right", "left"])),
            models.CheckConstraint(
                name="line_nothing_negative",
                condition=(Q(planned_units__isnull=True) | Q(planned_units__gte=0))
                & (Q(given_units__isnull=True) | Q(given_units__gte=0)),
            ),
        )

    @property
    def planned(self) -> possible.Amount:
        """What was planned here."""
        return possible.Amount(
            muscle=self.muscle, side=self.side, units=self.planned_units, ml=self.planned_ml
        )

    @property
    def given(self) -> possible.Amount:
        """What was given here."""
        return possible.Amount(muscle=self.muscle, side=self.side, units=self.given_units, ml=self.given_ml)

    def clean(self) -> None:
        if not self.dropped:
            product = self.session.product
            possible.refuse_amount(product, self.planned, field="planned")
            possible.refuse_amount(product, self.given, field="given")


class SessionVersion(Recorded):
    """A session as signed or amended: the whole of it as one document, with its digest. Written once."""

    guard: ClassVar[Guard] = Guard.APPEND_ONLY

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=15, choices=words.VersionKind.choices)
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(null=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["session", "number"], name="version_number_once"),)

    def subject_pseudonym(self) -> UUID | None:
        return self.session.visit.patient_id


def refuse_if_signed(session: UUID) -> None:
    """Raise `Kept` where the session stands signed in the database and is not being amended now."""
    if Session.objects.filter(pk=session, state=words.SessionState.SIGNED).exists():
        refuse_signed(session)
