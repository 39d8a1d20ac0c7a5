"""The closed lists of the record, most of them the science's own."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _

from collis.case.history import FlagAnswer, ScaleName
from collis.case.patient import Answer, Sex
from collis.case.session import Indication, SideEffectKind
from collis.knowledge.names import FLAG_KEYS, PRODUCTS, Guidance, Muscle, Region
from collis.side import Side


def choices(kind: type[StrEnum]) -> list[tuple[str, str]]:
    """The words of an enumeration as Django wants them."""
    return [(member.value, member.value.replace("_", " ")) for member in kind]


ANSWERS, SEXES, REGIONS, SIDES = choices(Answer), choices(Sex), choices(Region), choices(Side)
MUSCLES, GUIDANCES, INDICATIONS = choices(Muscle), choices(Guidance), choices(Indication)
SIDE_EFFECTS, SCALES, FLAG_ANSWERS = choices(SideEffectKind), choices(ScaleName), choices(FlagAnswer)
FLAGS = [(key, key.replace("_", " ")) for key in FLAG_KEYS]
PRODUCT_CHOICES = [(name, name) for name in PRODUCTS]


class SupplyRoute(models.TextChoices):
    """Whose vial it is."""

    CLINIC_STOCK = "clinic_stock", _("clinic stock")
    PATIENT_VIAL = "patient_vial", _("patient’s own vial")


class VisitState(models.TextChoices):
    """Where a visit stands."""

    OPEN = "open", _("open")
    CLOSED = "closed", _("closed")
    DEFERRED = "deferred", _("deferred")
    CANCELLED = "cancelled", _("cancelled")


class VisitKind(models.TextChoices):
    """What a visit or appointment is for."""

    SESSION = "session", _("session")
    PEAK = "peak", _("peak visit")
    REVIEW = "review", _("review")
    SWALLOW = "swallow", _("swallow check")
    FIRST = "first", _("first visit")


class AppointmentState(models.TextChoices):
    """Where an appointment stands."""

    BOOKED = "booked", _("booked")
    ARRIVED = "arrived", _("arrived")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")
    MISSED = "missed", _("missed")


class SessionState(models.TextChoices):
    """Where a session stands. A check falls back to draft when a line changes; what is signed stays signed."""

    DRAFT = "draft", _("draft")
    CHECKED = "checked", _("checked")
    SIGNED = "signed", _("signed")
    STOPPED = "stopped", _("stopped")


class Outcome(models.TextChoices):
    """How far the session came."""

    GIVEN = "given", _("given")
    PARTLY = "partly", _("partly given")
    DEFERRED = "deferred", _("deferred")
    CANCELLED = "cancelled", _("cancelled")


class VersionKind(models.TextChoices):
    """Why a version of a session was written."""

    SIGNED = "signed", _("signed")
    COUNTERSIGNED = "countersigned", _("countersigned")
    AMENDED = "amended", _("amended")


class TaskKind(models.TextChoices):
    """What is to be done."""

    SWALLOW_CHECK = "swallow_check", _("swallow check")
    PEAK_VISIT = "peak_visit", _("peak visit")
    REVIEW = "review", _("review")
    POOR_RESPONSE = "poor_response", _("poor response")
    SAFETY_REPORT = "safety_report", _("safety report")
    COUNTERSIGN = "countersign", _("countersign")
    OVERRIDE_REVIEW = "override_review", _("review of an override")
    EMERGENCY_REVIEW = "emergency_review", _("review of emergency access")
    LABEL_REVIEW = "label_review", _("yearly label review")
    AUTHORISATION = "authorisation", _("authorisation")
    CALL_BACK = "call_back", _("call back")
    OTHER = "other", _("other")


class TaskState(models.TextChoices):
    """Where a task stands."""

    OPEN = "open", _("open")
    DONE = "done", _("done")
    DROPPED = "dropped", _("dropped")


class ConsentKind(models.TextChoices):
    """What the patient agreed to."""

    TREATMENT = "treatment", _("treatment, with spread, swallowing and breathing warnings")
    GUIDE_GIVEN = "guide_given", _("medication guide given")
    RESEARCH = "research", _("use of data for research")
    MESSAGES = "messages", _("messages")


class AuthorisationState(models.TextChoices):
    """Where an authorisation stands."""

    ASKED = "asked", _("asked for")
    GRANTED = "granted", _("granted")
    REFUSED = "refused", _("refused")
    ENDED = "ended", _("ended")


class LedgerSource(models.TextChoices):
    """How a toxin treatment is known."""

    SESSION = "session", _("given here")
    PATIENT = "patient", _("said by the patient")
    LETTER = "letter", _("read in a letter")
    IMPORT = "import", _("imported")


class OverrideReason(models.TextChoices):
    """The closed list of reasons for going past a warning or a refusal."""

    TOLERATED_BEFORE = "tolerated_before", _("same plan tolerated before")
    BENEFIT_OUTWEIGHS = "benefit_outweighs", _("expected benefit outweighs the harm")
    SPECIALIST_ADVICE = "specialist_advice", _("specialist advice obtained")
    NO_ALTERNATIVE = "no_alternative", _("no other treatment left")
    PATIENT_INFORMED = "patient_informed", _("patient informed and asks for it")
    DATA_WRONG = "data_wrong", _("the record is wrong and is being corrected")
    OTHER = "other", _("other, in words")
