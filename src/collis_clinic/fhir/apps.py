"""FHIR R4 at the edge."""

from __future__ import annotations

from django.apps import AppConfig


class FhirConfig(AppConfig):
    """The app."""

    name = "collis_clinic.fhir"
    label = "fhir"
