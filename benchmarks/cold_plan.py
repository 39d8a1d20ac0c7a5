"""One `collis plan` from a cold start: wall time and memory.

The bar is what a person at the bedside waits for: a new process, every import, files and picture written.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from studies.record import ROOT, Measure

PATHS = ("src/collis", "examples/torticaput-left.case.toml", "requirements/run.txt")
EXAMPLE = "examples/torticaput-left.case.toml"
SECONDS_AT_MOST = 2.0
MEGABYTES_AT_MOST = 250.0


def once(out: str) -> tuple[float, float]:
    """Wall seconds and peak resident megabytes of one run. Raises `RuntimeError` where the run fails."""
    command = [str(Path(sys.executable).parent / "collis"), "plan", EXAMPLE, "--out", out]
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {said.read().decode()}")
    return seconds, usage.ru_maxrss / 1024


def run(thin: bool) -> Sequence[Measure]:
    """The median of seven runs after one to warm the disk cache; thin: of one."""
    with tempfile.TemporaryDirectory() as out:
        once(out)
        runs = [once(out) for _ in range(1 if thin else 7)]
    seconds = statistics.median(wall for wall, _ in runs)
    megabytes = max(peak for _, peak in runs)
    return (
        Measure(
            name="wall time",
            figure=round(seconds, 2),
            unit="s",
            bar=f"at most {SECONDS_AT_MOST} s",
            met=seconds <= SECONDS_AT_MOST,
            detail=f"median of {len(runs)} runs, {os.cpu_count()} cores",
        ),
        Measure(
            name="peak memory",
            figure=round(megabytes),
            unit="MB",
            bar=f"at most {MEGABYTES_AT_MOST:.0f} MB",
            met=megabytes <= MEGABYTES_AT_MOST,
            detail="largest resident set of any run",
        ),
    )
