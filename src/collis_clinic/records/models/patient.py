"""Patients by pseudonym, their identity apart, and the episode of treatment."""

from __future__ import annotations

import secrets
import uuid
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from collis_clinic.audit.recorded import Recorded
from collis_clinic.records import words

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No letter or digit that can be read as another."""


def new_code() -> str:
    """A clinical code, such as P-7F3K2Q: eight letters say nothing of the person."""
    return "P-" + "".join(secrets.choice(LETTERS) for _ in range(8))


class ClinicProfile(Recorded):
    """The clinic itself: one row. `solo` is a clinic with one clinician, where a second name cannot be had."""

    name = models.CharField(max_length=120)
    region = models.CharField(max_length=2, choices=words.REGIONS)
    solo = models.BooleanField(default=False)
    usual_product = models.CharField(max_length=40, choices=words.PRODUCT_CHOICES, null=True)
    emergency_line = models.CharField(max_length=200, null=True)
    made_up = models.BooleanField(default=False)


class Patient(Recorded):
    """A patient without a name. `code` is what staff say to each other; identity is one row elsewhere.

    A `restricted` record opens for the clinician who leads its episode, for others only in an emergency.
    """

    code = models.CharField(max_length=12, unique=True, default=new_code, editable=False)
    region = models.CharField(max_length=2, choices=words.REGIONS)
    sex = models.CharField(max_length=10, choices=words.SEXES, null=True)
    onset_age_years = models.PositiveSmallIntegerField(null=True)
    restricted = models.BooleanField(default=False)
    erased_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("code",)

    def subject_pseudonym(self) -> UUID | None:
        return self.pk

    def __str__(self) -> str:
        return self.code


class Identity(models.Model):
    """The person behind a patient, encrypted. The only row that is ever removed, by `people.erase`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="identity")
    wrapped_key = models.BinaryField()
    words = models.BinaryField()


class IdentityToken(models.Model):
    """One blind index of one identity."""

    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="tokens")
    kind = models.CharField(max_length=20)
    token = models.CharField(max_length=64)

    class Meta:
        indexes = (models.Index(fields=["kind", "token"], name="identity_token"),)


class Episode(Recorded):
    """One course of toxin treatment of one patient, from first visit to its close."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="episodes")
    indication = models.CharField(max_length=30, choices=words.INDICATIONS, default="cervical_dystonia")
    diagnosis_code = models.CharField(max_length=20, null=True)
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    started_on = models.DateField()
    closed_on = models.DateField(null=True)
    closed_reason = models.CharField(max_length=200, null=True)

    class Meta:
        ordering = ("started_on",)
        constraints = (
            models.CheckConstraint(
                name="episode_closed_after_start",
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=models.F("started_on")),
            ),
        )
