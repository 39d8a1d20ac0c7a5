"""Jobs that survive a killed worker, and do their work once.

A worker holds a lease and renews it; the jobs of a worker whose lease has run out are queued again. A job wraps its
work in `once`, which leaves a key in the same transaction: taken up a second time, it does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from collis_clinic.jobs.models import Done, Lease

LASTS = timedelta(seconds=30)
MOST_STARTS = 5


def once(key: str, work: Callable[[], None]) -> bool:
    """Do `work` in a transaction with its key; whether it was done now. A key that stands means: done before."""
    try:
        with transaction.atomic():
            if Done.objects.filter(key=key).exists():
                return False
            Done.objects.create(key=key)
            work()
    except IntegrityError:
        if Done.objects.filter(key=key).exists():
            return False
        raise
    return True


def renew(worker: str) -> None:
    """Say that this worker lives."""
    Lease.objects.update_or_create(worker=worker, defaults={"until": timezone.now() + LASTS})


def leave(worker: str) -> None:
    """Say that this worker stops in good order."""
    Lease.objects.filter(worker=worker).delete()


def take_up_again() -> int:
    """Queue the jobs of workers whose lease has run out; one started too often fails. How many were queued."""
    now, again = timezone.now(), 0
    living = set(Lease.objects.filter(until__gt=now).values_list("worker", flat=True))
    with transaction.atomic():
        running = DBTaskResult.objects.select_for_update(skip_locked=True).filter(
            status=TaskResultStatus.RUNNING
        )
        for job in running:
            last = job.worker_ids[-1] if job.worker_ids else ""
            if last in living:
                continue
            if len(job.worker_ids) >= MOST_STARTS:
                job.status, job.finished_at = TaskResultStatus.FAILED, now
                job.exception_class_path = "builtins.ChildProcessError"
                job.traceback = "its workers were killed"
            else:
                job.status = TaskResultStatus.READY
                again += 1
            job.save()
        Lease.objects.filter(until__lt=now - LASTS).delete()
    return again
