"""The rows of the clinical record."""

from collis_clinic.records.models.care import (
    Appointment,
    Authorisation,
    LabelSignOff,
    Override,
    SafetyReport,
    Task,
    ToxinLedgerEntry,
)
from collis_clinic.records.models.patient import ClinicProfile, Episode, Identity, IdentityToken, Patient
from collis_clinic.records.models.session import (
    InjectionLine,
    PlanRecord,
    Preparation,
    PreparationVial,
    Session,
    SessionVersion,
)
from collis_clinic.records.models.visit import (
    Assessment,
    CheckIn,
    Consent,
    Rating,
    RedFlag,
    SideEffect,
    Visit,
)

__all__ = [
    "Appointment",
    "Assessment",
    "Authorisation",
    "CheckIn",
    "ClinicProfile",
    "Consent",
    "Episode",
    "Identity",
    "IdentityToken",
    "InjectionLine",
    "LabelSignOff",
    "Override",
    "Patient",
    "PlanRecord",
    "Preparation",
    "PreparationVial",
    "Rating",
    "RedFlag",
    "SafetyReport",
    "Session",
    "SessionVersion",
    "SideEffect",
    "Task",
    "ToxinLedgerEntry",
    "Visit",
]
