"""The guide for patients."""

from __future__ import annotations

from django.apps import AppConfig


class GuideConfig(AppConfig):
    """The app."""

    name = "collis_clinic.guide"
    label = "guide"
