"""One visit and what was asked, agreed and seen at it. NULL everywhere means: nobody recorded it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import ClassVar
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from collis.case.history import ScaleName
from collis.case.vocabulary import SCORES
from collis_clinic.audit.fields import FixedField
from collis_clinic.audit.guards import Guard
from collis_clinic.audit.recorded import Kept, Recorded
from collis_clinic.records import words
from collis_clinic.records.models.patient import Episode, Patient


class Visit(Recorded):
    """A patient seen on a day. `once` makes a double submit one visit; `age_years` is the age on that day."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="visits")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="visits")
    kind = models.CharField(max_length=10, choices=words.VisitKind.choices, default=words.VisitKind.SESSION)
    on = models.DateField(db_index=True)
    state = models.CharField(max_length=10, choices=words.VisitState.choices, default=words.VisitState.OPEN)
    injector = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    supervisor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    age_years = models.PositiveSmallIntegerField(null=True)
    supply_route = models.CharField(max_length=12, choices=words.SupplyRoute.choices, null=True)
    stopped_reason = models.CharField(max_length=200, null=True)
    once = models.CharField(max_length=64, unique=True, null=True)

    class Meta:
        ordering = ("-on", "-recorded_at")
        indexes = (models.Index(fields=["patient", "-on"], name="visit_patient_on"),)
        constraints = (
            models.UniqueConstraint(
                fields=["episode", "on", "kind"],
                condition=Q(state="open"),
                name="visit_one_open_a_day",
            ),
        )

    def clean(self) -> None:
        if self.on > timezone.localdate():
            raise ValidationError(
                {"on": _("Read %(day)s, expected today or earlier.") % {"day": self.on.isoformat()}}
            )


amending: ContextVar[UUID | None] = ContextVar("collis_clinic_amending", default=None)
"""The session that is being amended; set by `records.signing` alone."""


def refuse_signed(session: UUID) -> None:
    """Raise `Kept` unless this session is being amended now."""
    if amending.get() != session:
        raise Kept(_("This session is signed. Amend it, with a reason."))


class OfVisit(Recorded):
    """A row that belongs to one visit. Where `closes_with_session`, it is closed once the visit's session is signed."""

    closes_with_session: ClassVar[bool] = True

    class Meta:
        abstract = True

    visit: models.ForeignKey[Visit, Visit]
    visit_id: UUID

    def refuse_impossible(self) -> None:
        if self.closes_with_session:
            sessions = apps.get_model("records", "Session").objects
            signed = sessions.filter(visit=self.visit_id, state="signed").values_list("pk", flat=True).first()
            if signed is not None:
                refuse_signed(signed)
        super().refuse_impossible()

    def subject_pseudonym(self) -> UUID | None:
        return self.visit.patient_id


def answer() -> models.CharField[str | None, str | None]:
    """A safety question: yes, no, unknown, or NULL for not asked."""
    return models.CharField(max_length=7, choices=words.ANSWERS, null=True)


def detail() -> models.CharField[str | None, str | None]:
    """What was said with an answer."""
    return models.CharField(max_length=300, null=True)


class CheckIn(OfVisit):
    """What was asked before anything else. Names are those of the case file's [safety]."""

    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, related_name="check_in")
    identifiers_checked_at = models.DateTimeField(null=True)
    toxin_naive = answer()
    toxin_elsewhere = answer()
    swallowing = answer()
    swallowing_detail = detail()
    breathing = answer()
    breathing_detail = detail()
    voice = answer()
    voice_detail = detail()
    lung_disease = answer()
    lung_disease_detail = detail()
    allergies = answer()
    allergies_detail = detail()
    allergies_items = models.JSONField(null=True)
    albumin_refused = answer()
    albumin_refused_detail = detail()
    infection_at_site = answer()
    infection_at_site_detail = detail()
    neuromuscular_disease = answer()
    neuromuscular_disease_detail = detail()
    pregnancy = answer()
    pregnancy_detail = detail()
    breastfeeding = answer()
    breastfeeding_detail = detail()
    neck_surgery = answer()
    neck_surgery_detail = detail()
    medicines = answer()
    medicine_names = models.JSONField(null=True)
    inr = FixedField(places=2, null=True)
    inr_on = models.DateField(null=True)
    platelets_low = answer()
    done_at = models.DateTimeField(null=True)


QUESTIONS = (
    "swallowing",
    "breathing",
    "voice",
    "lung_disease",
    "allergies",
    "albumin_refused",
    "infection_at_site",
    "neuromuscular_disease",
    "pregnancy",
    "breastfeeding",
    "neck_surgery",
)
"""The questions of a check-in that carry a detail beside the answer."""


class Consent(OfVisit):
    """One thing agreed to or refused. A change of mind is a new row."""

    guard: ClassVar[Guard] = Guard.APPEND_ONLY

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="consents")
    kind = models.CharField(max_length=20, choices=words.ConsentKind.choices)
    given = models.CharField(max_length=7, choices=words.ANSWERS)
    text_version = models.CharField(max_length=40, null=True)
    at = models.DateTimeField()


class RedFlag(OfVisit):
    """One red flag as answered at a visit. The newest answer of an episode holds."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="red_flags")
    flag = models.CharField(max_length=40, choices=words.FLAGS)
    answer = models.CharField(max_length=7, choices=words.FLAG_ANSWERS)
    done = models.CharField(max_length=300, null=True)
    by = models.CharField(max_length=120, null=True)
    on = models.DateField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["visit", "flag"], name="red_flag_once_a_visit"),)

    def clean(self) -> None:
        if self.answer == "cleared" and not (self.done and self.on):
            raise ValidationError({"done": _("Say what was done and when, for what is cleared.")})


class Assessment(OfVisit):
    """What was seen, felt and told. Words and shapes of JSON fields are those of the case file.

    `posture`: the table [examination.posture]; `ranges`, `findings`: lists as [[examination.range]] and
    [[examination.finding]]; numbers in them are text, so that none loses a digit. The result of the last session
    (`benefit_percent` to `side_effects_asked`) is about `after`.
    """

    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, related_name="assessment")
    after = models.ForeignKey("records.Session", null=True, on_delete=models.PROTECT, related_name="results")
    benefit_percent = FixedField(places=1, null=True)
    onset_day = models.PositiveSmallIntegerField(null=True)
    best_week = FixedField(places=1, null=True)
    faded_week = FixedField(places=1, null=True)
    side_effects_asked = answer()
    pain = FixedField(places=1, null=True)
    goals = models.JSONField(null=True)
    weight_kg = FixedField(places=1, null=True)
    thin_neck = answer()
    seated = answer()
    relaxed = answer()
    eyes_closed = answer()
    sensory_trick = answer()
    posture = models.JSONField(null=True)
    ranges = models.JSONField(null=True)
    findings = models.JSONField(null=True)
    note = models.TextField(null=True)

    def clean(self) -> None:
        _within(self, "benefit_percent", 0, 100)
        _within(self, "pain", 0, 10)
        _within(self, "best_week", 0, 104)
        _within(self, "faded_week", 0, 104)
        _within(self, "onset_day", 0, 366)


class SideEffect(OfVisit):
    """A side effect told at a visit, after a session (`session`; None where it was given elsewhere)."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="side_effects")
    session = models.ForeignKey(
        "records.Session", null=True, on_delete=models.PROTECT, related_name="side_effects"
    )
    kind = models.CharField(max_length=20, choices=words.SIDE_EFFECTS)
    grade = models.PositiveSmallIntegerField()
    from_day = models.PositiveSmallIntegerField(null=True)
    to_day = models.PositiveSmallIntegerField(null=True)
    detail = models.CharField(max_length=300, null=True)
    withdrawn = models.BooleanField(default=False)

    def clean(self) -> None:
        _within(self, "grade", 1, 3)
        if self.from_day is not None and self.to_day is not None and self.to_day < self.from_day:
            raise ValidationError({"to_day": _("Read a day before the first.")})


class Rating(OfVisit):
    """One score of one scale; `items` are the single answers where the scale was scored here."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="ratings")
    scale = models.CharField(max_length=20, choices=words.SCALES)
    on = models.DateField()
    score = FixedField(places=2)
    items = models.JSONField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["visit", "scale"], name="rating_once_a_visit"),)

    def clean(self) -> None:
        low, high = SCORES[ScaleName(self.scale)]
        _within(self, "score", low, high)
        if self.on > timezone.localdate():
            raise ValidationError({"on": _("Read a day to come.")})


def _within(row: Recorded, name: str, low: object, high: object) -> None:
    value = getattr(row, name)
    if value is not None and not low <= value <= high:
        raise ValidationError(
            {
                name: _("Read %(read)s, expected %(low)s to %(high)s.")
                % {"read": value, "low": low, "high": high}
            }
        )
