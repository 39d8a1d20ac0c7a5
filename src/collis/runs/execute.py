"""Runs a job on one of three engines; the tables on disk are the same bytes whichever it is.

Workers compute and hand back bytes; this process alone writes. A shard may therefore be computed on any machine that
has the same code, whether or not it shares a disk with this one.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Literal, Protocol, assert_never

from collis.errors import BadInput
from collis.runs.job import Job, RunStopped
from collis.runs.store import Desk, Store
from collis.runs.work import Failed, Outcome, work

Engine = Literal["serial", "processes", "dask"]
Progress = Callable[[int, int, float, float | None], None]
"""Called with shards done, shards in all, people per second of this run, and the seconds left (None: not known)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """What one call of `execute` did: shards computed now, shards kept from before, and damage that was mended."""

    computed: int
    kept: int
    seconds: float
    mended: tuple[str, ...]


class Crew(Protocol):
    """Whoever computes shards: takes them one by one and gives each outcome back once, in any order."""

    @property
    def window(self) -> int:
        """How many shards may be out at once."""

    def give(self, shard: int) -> None: ...

    def take(self) -> tuple[int, Outcome]:
        """Waits for the next outcome; raises `RunStopped` when none can come."""


def execute(
    job: Job,
    store: Store,
    *,
    engine: Engine = "serial",
    address: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
) -> Ran:
    """Computes what `store` lacks of `job` and leaves the whole result there.

    `workers` is the number of processes of "processes" and of "dask" without an `address`; all processors unless
    given. `say` hears of damage found on the way. Raises `BadInput` for a request or directory that cannot be used
    and `RunStopped` for a run that could not go on: a task that raised (the lowest such shard is named, and not
    tried again), workers that keep dying, a disk that refuses. However it ends, by an error, Ctrl-C, SIGTERM or
    SIGKILL, a further call with the same job goes on from the finished shards.
    """
    _check(engine, address, workers)
    started = time.monotonic()
    with _terminated_in_order(), store.writing(job) as desk:
        for sentence in desk.mended:
            if say is not None:
                say(sentence)
        kept = len(desk.finished)
        todo = [shard for shard in range(job.shards) if shard not in desk.finished]
        tell = _teller(job, kept, progress)
        if todo:
            with _crew(job, engine, address, min(workers or processors(), len(todo))) as crew:
                _drive(job, desk, crew, todo, tell)
        desk.close()
        return Ran(
            computed=len(todo), kept=kept, seconds=time.monotonic() - started, mended=tuple(desk.mended)
        )


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check(engine: str, address: str | None, workers: int | None) -> None:
    if engine not in ("serial", "processes", "dask"):
        raise BadInput(where="engine", read=repr(engine), expected="serial, processes or dask")
    if address is not None and engine != "dask":
        raise BadInput(where="address", read=address, expected="none, but with the engine dask")
    if workers is not None and workers < 1:
        raise BadInput(where="workers", read=f"{workers}", expected="1 or more")
    if workers is not None and address is not None:
        raise BadInput(
            where="workers",
            read=f"{workers} with the address of a cluster",
            expected="one of the two",
            mend="A cluster has the workers that were started for it.",
        )


def _crew(job: Job, engine: Engine, address: str | None, workers: int) -> AbstractContextManager[Crew]:
    match engine:
        case "serial":
            return nullcontext(_Alone(job))
        case "processes":
            from collis.runs.processes import Processes

            return Processes(job, workers)
        case "dask":
            from collis.runs.cluster import Cluster

            return Cluster(job, address, workers)
        case _:
            assert_never(engine)


class _Alone:
    """The crew of one: this process, when asked for an outcome."""

    window = 1

    def __init__(self, job: Job) -> None:
        self._job = job
        self._versions = tuple(sorted(job.fingerprint.items()))
        self._given: list[int] = []

    def give(self, shard: int) -> None:
        self._given.append(shard)

    def take(self) -> tuple[int, Outcome]:
        shard = self._given.pop(0)
        return shard, work(self._job.task, self._job.design, shard, self._versions)


def _drive(job: Job, desk: Desk, crew: Crew, todo: Iterable[int], tell: Callable[[int], None]) -> None:
    """Keeps the crew busy and writes what comes back.

    Shards go out in ascending order, so once one has failed all below it are out or in: waiting for those finds the
    lowest that fails, and the error is the same on every engine.
    """
    waiting = iter(todo)
    out: set[int] = set()
    failed: dict[int, Failed] = {}
    done = 0
    while True:
        while not failed and len(out) < crew.window and (shard := next(waiting, None)) is not None:
            out.add(shard)
            crew.give(shard)
        lowest = min(failed, default=job.shards)
        if not any(shard < lowest for shard in out):
            break
        shard, outcome = crew.take()
        out.discard(shard)
        if isinstance(outcome, Failed):
            failed[shard] = outcome
        else:
            desk.put(shard, outcome)
            done += 1
            tell(done)
    if failed:
        lowest = min(failed)
        raise RunStopped(
            f"{job.name}, shard {lowest}: {failed[lowest].why.rstrip('.')}. It was not tried again, for a task gives "
            "the same every time. Finished shards stay."
        )


def _teller(job: Job, kept: int, progress: Progress | None) -> Callable[[int], None]:
    """Reports how far the run is, and once now."""
    started = time.monotonic()

    def tell(done: int) -> None:
        if progress is None:
            return
        seconds = max(time.monotonic() - started, 1e-9)
        left = job.shards - kept - done
        progress(
            kept + done,
            job.shards,
            done * job.shard_size / seconds,
            seconds * left / done if done else (None if left else 0.0),
        )

    tell(0)
    return tell


@contextmanager
def _terminated_in_order() -> Iterator[None]:
    """Makes SIGTERM unwind like Ctrl-C, so that workers are ended and the lock is given back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
