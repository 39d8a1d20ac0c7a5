"""Notes, letters and claims out of one record."""

from __future__ import annotations

from django.apps import AppConfig


class LettersConfig(AppConfig):
    """The app."""

    name = "collis_clinic.letters"
    label = "letters"
