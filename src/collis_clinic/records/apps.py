"""The clinical record: patients, visits, sessions, plans, tasks."""

from __future__ import annotations

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The app."""

    name = "collis_clinic.records"
    label = "records"
