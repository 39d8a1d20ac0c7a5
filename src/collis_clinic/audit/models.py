"""Audit entries, their seals, and `Recorded`: the base of every row the clinic keeps."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from collis_clinic.audit.guards import Guard


class AuditEntry(models.Model):
    """One thing that was done or read. Never changed; pseudonyms only; `mac` binds the row to the audit key.

    `before` and `after` are keyed hashes of the whole row, `fields` the names of what changed.
    """

    guard: ClassVar[Guard] = Guard.APPEND_ONLY

    number = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    role = models.CharField(max_length=20)
    action = models.CharField(max_length=40)
    kind = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40)
    subject = models.CharField(max_length=40, db_index=True)
    fields = models.JSONField()
    before = models.CharField(max_length=64)
    after = models.CharField(max_length=64)
    reason = models.TextField()
    request_id = models.CharField(max_length=40)
    mac = models.CharField(max_length=64)

    class Meta:
        ordering = ("number",)
        indexes = (models.Index(fields=["kind", "object_id"], name="audit_entry_object"),)


class AuditSeal(models.Model):
    """The place of one entry in the chain: each digest is over the one before and the entry."""

    guard: ClassVar[Guard] = Guard.APPEND_ONLY

    position = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, related_name="seal")
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ("position",)
