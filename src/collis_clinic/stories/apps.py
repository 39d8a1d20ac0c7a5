"""Stories told by patients."""

from __future__ import annotations

from django.apps import AppConfig


class StoriesConfig(AppConfig):
    """The app."""

    name = "collis_clinic.stories"
    label = "stories"
