"""The patient's own pages and diary."""

from __future__ import annotations

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    """The app."""

    name = "collis_clinic.patients"
    label = "patients"
