"""What makes a job safe to run twice: its key, once done."""

from __future__ import annotations

from django.db import models


class Done(models.Model):
    """A piece of work that has been done. The row is written in the transaction of the work itself."""

    key = models.CharField(max_length=200, primary_key=True)
    at = models.DateTimeField(auto_now_add=True)


class Lease(models.Model):
    """A worker that lives: it renews `until`; whoever finds it past takes its jobs up again."""

    worker = models.CharField(max_length=64, primary_key=True)
    until = models.DateTimeField()
