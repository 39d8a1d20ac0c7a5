"""The frame of every page, and the pages that belong to no other part."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The app."""

    name = "collis_clinic.web"
    label = "web"
