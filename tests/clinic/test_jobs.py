"""Jobs: done once, taken up again after a killed worker, given up after too many."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from collis_clinic.audit.context import SYSTEM, acting_as
from collis_clinic.jobs import leasing
from collis_clinic.jobs.models import Done, Lease
from collis_clinic.jobs.worker import work
from collis_clinic.records.models import Patient

pytestmark = pytest.mark.django_db(transaction=True)


def _make(region: str) -> None:
    Patient(region=region).save()


@task()
def make(key: str, region: str) -> None:
    """A job that makes one patient."""
    leasing.once(key, lambda: _make(region))


def run_all() -> None:
    def around(run):
        with acting_as(SYSTEM):
            run()

    work(around=around, batch=True)


def test_a_job_is_done(acting):
    make.enqueue("a", "US")
    run_all()
    assert Patient.objects.count() == 1
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL
    assert not Lease.objects.exists()


def test_a_job_of_a_change_undone_is_never_done(acting):
    def change() -> None:
        with transaction.atomic():
            make.enqueue("a", "US")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    run_all()
    assert not Patient.objects.exists()


def test_the_same_work_queued_twice_is_done_once(acting):
    make.enqueue("a", "US")
    make.enqueue("a", "US")
    run_all()
    assert Patient.objects.count() == 1


def test_the_job_of_a_killed_worker_is_taken_up_again_and_done_once(acting):
    make.enqueue("a", "US")
    Lease.objects.create(worker="dead", until=timezone.now() - timedelta(seconds=1))
    DBTaskResult.objects.get().claim("dead")
    run_all()
    assert Patient.objects.count() == 1
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL


def test_the_job_of_a_living_worker_is_left_to_it(acting):
    make.enqueue("a", "US")
    leasing.renew("alive")
    DBTaskResult.objects.get().claim("alive")
    assert leasing.take_up_again() == 0
    assert DBTaskResult.objects.get().status == TaskResultStatus.RUNNING


def test_a_job_that_kills_every_worker_is_given_up(acting):
    make.enqueue("a", "US")
    for number in range(leasing.MOST_STARTS):
        DBTaskResult.objects.get().claim(f"dead {number}")
    assert leasing.take_up_again() == 0
    assert DBTaskResult.objects.get().status == TaskResultStatus.FAILED


def test_work_that_fails_leaves_no_key_and_can_be_tried_again(acting):
    def fails() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        leasing.once("k", fails)
    assert not Done.objects.exists()
    assert leasing.once("k", lambda: _make("US"))
    assert not leasing.once("k", lambda: _make("US"))
    assert Patient.objects.count() == 1
