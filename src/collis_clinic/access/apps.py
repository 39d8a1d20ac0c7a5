"""Who may do what: users, roles, one table of permissions."""

from __future__ import annotations

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """The app."""

    name = "collis_clinic.access"
    label = "access"
