"""Work done after the answer: queued, leased, done once."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The app."""

    name = "collis_clinic.jobs"
    label = "jobs"
