"""The worker beside the server: runs jobs, renews its lease, and does the small regular work it is given."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress

from django.db import DatabaseError, close_old_connections, connections
from django_tasks_db.management.commands.db_worker import Worker

from collis_clinic.jobs.leasing import LASTS, leave, renew, take_up_again

log = logging.getLogger("collis_clinic.jobs")
PAUSE_SECONDS = 1.0


def work(
    regular: Sequence[Callable[[], object]] = (),
    *,
    around: Callable[[Callable[[], None]], None] = lambda run: run(),
    batch: bool = False,
) -> None:
    """Work until told to stop (or, with `batch`, until nothing is left). `regular` is done each second beside it;
    `around` wraps each run, to say who acts.
    """
    number = uuid.uuid4().hex
    stop = threading.Event()
    renew(number)
    take_up_again()
    beside = threading.Thread(target=_beside, args=(number, regular, around, stop), daemon=True)
    beside.start()
    worker = Worker(
        queue_names=["default"],
        interval=PAUSE_SECONDS,
        batch=batch,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=number,
        excluded_queue_names=[],
    )
    try:
        if not batch:
            worker.configure_signals()
        around(worker.run)
    finally:
        stop.set()
        beside.join(timeout=PAUSE_SECONDS * 5)
        leave(number)


def _beside(
    number: str,
    regular: Sequence[Callable[[], object]],
    around: Callable[[Callable[[], None]], None],
    stop: threading.Event,
) -> None:
    since = LASTS.total_seconds()
    while not stop.wait(PAUSE_SECONDS):
        close_old_connections()
        since += PAUSE_SECONDS
        with suppress(DatabaseError):  # the next second tries again
            if since >= LASTS.total_seconds() / 3:
                renew(number)
                take_up_again()
                since = 0.0
        for task in regular:
            try:
                around(lambda task=task: task() and None)  # type: ignore[misc]
            except Exception as error:
                log.error("regular work failed: %s", type(error).__name__)
    connections.close_all()
