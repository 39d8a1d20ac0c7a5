"""De-identified figures over all patients."""

from __future__ import annotations

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """The app."""

    name = "collis_clinic.registry"
    label = "registry"
