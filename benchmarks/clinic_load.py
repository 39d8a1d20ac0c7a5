"""Every page of a large clinic under load: 50,000 patients, 500,000 sessions, PostgreSQL, 20 requests a second.

The clinic's own server answers on this machine's own address, with two processes as `collis clinic serve` starts
them. A load generator on the same machine asks for one page after the other at a fixed rate, whether or not the
last is answered. The server itself notes how long it worked on each; the time from the due moment of a request to
its last byte is told beside it. A page is every address a signed-in injector or administrator may read and that
answers 200 at first; each is asked a few times before.
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from studies.clinic.apart import clinic, environment, worked_on
from studies.record import ROOT, Measure
from tools.postgres import cluster

PATHS = ("src/collis_clinic", "studies/clinic/fill.py", "requirements/run.txt")
SEED = 20261122
FULL, THIN = {"patients": 50_000, "sessions": 500_000}, {"patients": 4, "sessions": 4}
RATE, SECONDS, THIN_SECONDS, PATIENCE = 20, 150, 1, 30
MS_AT_MOST = 150.0
LOG = "served.log"
ENDLESS, WARM, THIN_PAGES = 1e6, 4, 6
SERVE = """
import sys
from collis_clinic import server

class Timed(server.Server):
    def __init__(self, options):
        super().__init__({**options, "accesslog": sys.argv[2], "access_log_format": "%(U)s %(s)s %(D)s"})

server.Server = Timed
server.run(int(sys.argv[1]), 2)
"""


@contextmanager
def server(data: Path, url: str) -> Iterator[int]:
    """The clinic's server on a free port; gone afterwards, with its processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    env = environment(data, url=url) | {"COLLIS_DEMO": "1"}
    subprocess.run(
        [sys.executable, "-m", "collis_clinic", "collectstatic", "--no-input", "-v", "0"],
        cwd=ROOT,
        env=env,
        check=True,
    )
    running = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(port), str(data / LOG)],
        cwd=ROOT,
        env=env,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + PATIENCE
        while _get(port, "/health/", "")[0] != 200:
            if time.monotonic() > until or running.poll() is not None:
                raise RuntimeError("the server did not start")
            time.sleep(0.2)
        yield port
    finally:
        os.killpg(running.pid, signal.SIGKILL)  # nothing of it is wanted afterwards
        running.wait(timeout=PATIENCE)


def _get(port: int, path: str, cookie: str) -> tuple[int, float]:
    """The status of one page and the moment of its last byte; 0 where nothing answered."""
    try:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        line.request("GET", path, headers={"Cookie": cookie, "Accept": "text/html", "Host": "localhost"})
        answer = line.getresponse()
        answer.read()
        line.close()
        return answer.status, time.monotonic()
    except OSError:
        return 0, time.monotonic()


def _path(route: str, rows: dict[str, Any], chance: np.random.Generator) -> str | None:
    """An address with rows of the clinic in it, None where there are none of its kind."""
    path = "/" + route
    for part in re.findall(r"<[^>]+>", route):
        pool = rows.get(part.strip("<>").rpartition(":")[2])
        if not pool:
            return None
        path = path.replace(part, str(pool[int(chance.integers(len(pool)))]))
    return path


def _readable(port: int, rows: dict[str, Any], chance: np.random.Generator) -> list[tuple[str, str]]:
    """The routes that answer 200, each with the cookie of who may read it."""
    found = []
    for route, _parts in rows["pages"]:
        path = _path(route, rows, chance)
        for who in ("cookie", "administrator"):
            cookie = f"{rows['cookie_name']}={rows[who]}"
            if path is not None and _get(port, path, cookie)[0] == 200:
                found.append((route, cookie))
                break
    return found


def _load(
    port: int, rows: dict[str, Any], seconds: int, chance: np.random.Generator, log: Path
) -> tuple[dict[str, list[float]], list[float]]:
    """Milliseconds the server worked, by route, and milliseconds until the last byte; errors count as endless."""
    pages = _readable(port, rows, chance)
    for route, cookie in pages * WARM:
        _get(port, _path(route, rows, chance) or "/", cookie)
    before = len(log.read_text("utf-8").splitlines())
    route_of: dict[str, str] = {}
    waited: list[float] = []

    def one(path: str, cookie: str, due: float) -> None:
        status, ended = _get(port, path, cookie)
        waited.append((ended - due) * 1000 if 0 < status < 500 else ENDLESS)

    with ThreadPoolExecutor(max_workers=24) as hands:
        began = time.monotonic()
        for number in range(seconds * RATE):
            due = began + number / RATE
            time.sleep(max(0.0, due - time.monotonic()))
            route, cookie = pages[number % len(pages)]
            path = _path(route, rows, chance) or "/"
            route_of[path] = route
            hands.submit(one, path, cookie, due)
    return _worked(log, before, route_of), waited


def _worked(log: Path, before: int, route_of: dict[str, str]) -> dict[str, list[float]]:
    """What the server noted since: milliseconds by route."""
    found: dict[str, list[float]] = {}
    for line in log.read_text("utf-8").splitlines()[before:]:
        path, status, micros = line.rsplit(" ", 2)
        if path in route_of:
            found.setdefault(route_of[path], []).append(int(micros) / 1000 if int(status) < 500 else ENDLESS)
    return found


def run(thin: bool) -> Sequence[Measure]:
    """Fill, serve, ask, and take the 95th percentile of each page and of all."""
    chance = np.random.default_rng(SEED)
    with nullcontext("") if thin else cluster() as url, clinic(url=url) as data:
        rows = worked_on(data, "fill", url=url, seed=SEED, **(THIN if thin else FULL))
        rows["pages"] = rows["pages"][:THIN_PAGES] if thin else rows["pages"]
        with server(data, url) as port:
            worked, waited = _load(port, rows, THIN_SECONDS if thin else SECONDS, chance, data / LOG)
    each = {route: float(np.percentile(times, 95)) for route, times in worked.items()}
    slowest = sorted(each, key=lambda route: -each[route])
    everything = [ms for times in worked.values() for ms in times]
    said = ", ".join(f"{route or '/'} {each[route]:.0f} ms" for route in slowest[:8])
    over = sum(each[route] > MS_AT_MOST for route in each)
    all_of_them = float(np.percentile(everything, 95))
    how = (
        f"{len(everything)} requests of {len(each)} pages at {RATE}/s; {rows['counts']}. Slowest: {said}. "
        f"Until the last byte, waiting included: {float(np.percentile(waited, 95)):.0f} ms. {os.cpu_count()} cores."
    )
    return (
        Measure(
            name="time the server works on a page, 95th percentile of all",
            figure=round(all_of_them, 1),
            unit="ms",
            bar=f"at most {MS_AT_MOST:.0f} ms",
            met=all_of_them <= MS_AT_MOST,
            detail=how,
        ),
        Measure(
            name="pages slower than that at their own 95th percentile",
            figure=over,
            unit="pages",
            bar="none",
            met=over == 0,
            detail=how,
        ),
    )
