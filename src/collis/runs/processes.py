"""The engine of one machine: worker processes, each its own pool of one, so a death is laid at one shard's door."""

from __future__ import annotations

import os
import queue
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from types import TracebackType

from collis.runs.job import Job, RunStopped
from collis.runs.work import Failed, Outcome, settle, work

DEATHS = 3
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMBA_NUM_THREADS",
    ),
    "1",
)
"""Environment of a worker: the processes are the parallelism."""

_AHEAD = 2  # shards a worker has: one in hand, one to go on with while the first is written
_HELD = 256 * 2**20  # bytes of outcomes that may wait to be written


class _Seat:
    """One worker process and the shards it has, the one in hand first."""

    def __init__(self) -> None:
        self.pool = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"), initializer=settle)
        self.has: dict[int, Future[Outcome]] = {}
        with _environment(ONE_THREAD):
            self.process = self.pool.submit(os.getpid)

    def kill(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)
        if self.process.done() and not self.process.cancelled() and self.process.exception() is None:
            with suppress(ProcessLookupError):
                os.kill(self.process.result(), signal.SIGKILL)


class Processes:
    """A crew of `workers` spawned processes; one that dies is replaced, a shard that kills three is named."""

    def __init__(self, job: Job, workers: int) -> None:
        self._job = job
        self._versions = tuple(sorted(job.fingerprint.items()))
        self._workers = workers
        self._arrived: queue.SimpleQueue[tuple[_Seat, int, Future[Outcome]]] = queue.SimpleQueue()
        self._deaths: Counter[int] = Counter()
        self._seats: list[_Seat] = []
        self._largest = 1

    def __enter__(self) -> Processes:
        self._seats = [_Seat() for _ in range(self._workers)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for seat in self._seats:
            if seat.has:
                seat.kill()
        for seat in self._seats:
            seat.pool.shutdown(wait=True, cancel_futures=True)

    @property
    def window(self) -> int:
        return max(self._workers, min(_AHEAD * self._workers, _HELD // self._largest))

    def give(self, shard: int) -> None:
        self._hand(min(self._seats, key=lambda seat: len(seat.has)), shard)

    def take(self) -> tuple[int, Outcome]:
        while True:
            seat, shard, future = self._arrived.get()
            try:
                outcome = future.result()
            except BrokenProcessPool:
                if seat in self._seats:
                    self._replace(seat)
                continue
            seat.has.pop(shard, None)
            if not isinstance(outcome, Failed):
                self._largest = max(self._largest, sum(len(part.data) for part in outcome.values()))
            return shard, outcome

    def _hand(self, seat: _Seat, shard: int) -> None:
        """Gives a shard to a seat; one found broken only now is replaced, and what it had goes along."""
        try:
            future = seat.pool.submit(work, self._job.task, self._job.design, shard, self._versions)
        except BrokenProcessPool:
            self._hand(self._replace(seat), shard)
            return
        seat.has[shard] = future
        future.add_done_callback(lambda done: self._arrived.put((seat, shard, done)))

    def _replace(self, seat: _Seat) -> _Seat:
        """A fresh process for one that died; the shard it had in hand is to blame, what else it had is not.

        An outcome that came back before the death is still in the queue and is left there.
        """
        lost = [n for n, future in seat.has.items() if not (future.done() and future.exception() is None)]
        if lost:
            self._deaths[lost[0]] += 1
            if self._deaths[lost[0]] >= DEATHS:
                raise RunStopped(
                    f"{self._job.name}, shard {lost[0]}: the process that computed it died {DEATHS} times, killed or "
                    "out of memory. Free memory or use fewer workers, then start the run again. Finished shards stay."
                )
        fresh = _Seat()
        self._seats[self._seats.index(seat)] = fresh
        seat.has.clear()
        seat.pool.shutdown(wait=False)
        for shard in lost:
            self._hand(fresh, shard)
        return fresh


@contextmanager
def _environment(changes: dict[str, str]) -> Iterator[None]:
    """These variables for what is started inside; a spawned process takes them before it imports anything."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
