"""Who did what: entries, their chain, and the base of every row that is kept."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    """The app. After every migration the guards of all kept tables are put up again."""

    name = "collis_clinic.audit"
    label = "audit"

    def ready(self) -> None:
        from collis_clinic.audit import signins
        from collis_clinic.audit.guards import put_up

        post_migrate.connect(put_up, dispatch_uid="audit.guards")
        signins.connect()
