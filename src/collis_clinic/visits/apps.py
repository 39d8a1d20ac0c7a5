"""The visit, page by page."""

from __future__ import annotations

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    """The app."""

    name = "collis_clinic.visits"
    label = "visits"
