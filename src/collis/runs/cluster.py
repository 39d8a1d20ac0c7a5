"""The engine of many machines: Dask, by the address of a running scheduler, or a small cluster on this machine."""

from __future__ import annotations

import logging
import queue
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from collis.errors import BadInput
from collis.runs.job import Job, RunStopped
from collis.runs.processes import ONE_THREAD
from collis.runs.work import Outcome, work

_AHEAD = 2  # shards a worker has: one in hand, one to go on with
_ANSWER = 20.0  # seconds a scheduler has to answer
_PATIENCE = 60.0  # seconds a cluster may be without any worker
_LOOK = 2.0  # seconds between looks at who is there


class Cluster:
    """A crew on a Dask cluster. A worker that dies is survived: Dask gives its shards to another.

    Outcomes stay on the workers until they are taken one by one, so this process holds one at a time.
    """

    def __init__(self, job: Job, address: str | None, workers: int) -> None:
        self._job = job
        self._versions = tuple(sorted(job.fingerprint.items()))
        self._address = address
        self._workers = workers
        self._arrived: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._stack = ExitStack()
        self._out: dict[int, Any] = {}
        self._client: Any = None
        self._threads = 0
        self._looked = self._seen = time.monotonic()

    def __enter__(self) -> Cluster:
        try:
            from distributed import Client, LocalCluster
        except ModuleNotFoundError as error:
            raise BadInput(
                where="engine",
                read=f"dask, and no {error.name} is installed",
                expected="the libraries of a cluster",
                mend='Install "collis[cluster]", or use the engine processes.',
            ) from None
        with ExitStack() as stack:
            log = logging.getLogger("distributed.client")  # what it tells, this class says in a sentence
            stack.callback(log.setLevel, log.level)
            log.setLevel(logging.CRITICAL)
            cluster: Any = self._address
            if cluster is None:
                cluster = stack.enter_context(
                    LocalCluster(  # type: ignore[no-untyped-call]
                        n_workers=self._workers,
                        threads_per_worker=1,
                        processes=True,
                        dashboard_address=None,
                        memory_limit=0,
                        silence_logs=logging.CRITICAL,
                        env=ONE_THREAD,
                    )
                )
            try:
                client = Client(cluster, timeout=_ANSWER, set_as_default=False)  # type: ignore[no-untyped-call]
                self._client = stack.enter_context(client)
            except (OSError, TimeoutError, ValueError) as error:
                raise RunStopped(
                    f"No scheduler answers at {self._address} ({error}). Start one with `dask scheduler` and give "
                    "the address it prints."
                ) from None
            try:
                self._client.wait_for_workers(1, timeout=_PATIENCE)
            except TimeoutError:
                raise self._nobody() from None
            self._look()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def window(self) -> int:
        return max(1, _AHEAD * self._threads)

    def give(self, shard: int) -> None:
        future = self._client.submit(
            work, self._job.task, self._job.design, shard, self._versions, pure=False
        )
        self._out[shard] = future  # Dask drops what nobody holds
        future.add_done_callback(lambda done: self._arrived.put((shard, done)))

    def take(self) -> tuple[int, Outcome]:
        while True:
            if time.monotonic() - self._looked > _LOOK:
                self._look()
            try:
                shard, future = self._arrived.get(timeout=_LOOK)
            except queue.Empty:
                continue
            del self._out[shard]
            return shard, self._outcome(shard, future)

    def _outcome(self, shard: int, future: Any) -> Outcome:
        from distributed import CancelledError, KilledWorker
        from distributed.comm.core import CommClosedError

        try:
            outcome: Outcome = future.result()
        except KilledWorker:
            raise RunStopped(
                f"{self._job.name}, shard {shard}: several workers died computing it, killed or out of memory. Give "
                "the workers more memory, then start the run again. Finished shards stay."
            ) from None
        except (CancelledError, CommClosedError, OSError, TimeoutError):
            raise self._gone() from None
        except Exception as error:
            raise RunStopped(
                f"{self._job.name}, shard {shard}: the cluster could not start it ({type(error).__name__}: {error}). "
                "Install the same code and libraries on the scheduler and on each worker. Finished shards stay."
            ) from None
        future.release()
        return outcome

    def _look(self) -> None:
        """Counts the threads that are there; a cluster may grow, and may be empty for a while only."""
        try:
            self._threads = sum(self._client.nthreads().values())
        except Exception:
            raise self._gone() from None
        self._looked = time.monotonic()
        if self._threads:
            self._seen = self._looked
        elif self._looked - self._seen > _PATIENCE:
            raise self._nobody()

    def _gone(self) -> RunStopped:
        place = f" at {self._address}" if self._address else ""
        return RunStopped(
            f"{self._job.name}: the scheduler{place} is gone. Start it and its workers, then the run again. "
            "Finished shards stay."
        )

    def _nobody(self) -> RunStopped:
        return RunStopped(
            f"{self._job.name}: the cluster{f' at {self._address}' if self._address else ''} has had no worker for "
            f"{_PATIENCE:.0f} seconds. Start some with `dask worker {self._address or 'ADDRESS'}`, then the run "
            "again. Finished shards stay."
        )
