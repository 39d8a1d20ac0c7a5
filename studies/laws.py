"""Laws of the gate, the case file and the mirror over thousands of drawn cases.

The laws are those of `tests/properties`; here each is tried on many more drawn cases and typed plans than in
`make test`. A law that fails prints the smallest case that breaks it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from studies.record import ROOT, Measure

PATHS = (
    "src/collis/safety",
    "src/collis/case",
    "src/collis/knowledge/data/products",
    "src/collis/knowledge/data/muscles.toml",
    "src/collis/knowledge/data/screening.toml",
    "src/collis/knowledge/data/redflags.toml",
    "src/collis/knowledge/data/interactions.toml",
    "tests/properties/strategies.py",
    "tests/properties/test_gate.py",
    "tests/properties/test_case_files.py",
)
SEED = 20261110
CASES, THIN = {"gate": 1_500, "case_files": 10_000}, 15
WHAT = {
    "gate": "laws of the gate that a drawn case or typed plan breaks",
    "case_files": "laws of case file and mirror that a drawn case breaks",
}


def run(thin: bool) -> Sequence[Measure]:
    """Runs each file of laws with many drawn cases a law; thin: a few."""
    return tuple(_tried(name, THIN if thin else count) for name, count in CASES.items())


def _tried(name: str, count: int) -> Measure:
    command = [
        sys.executable, "-m", "pytest", "-q", "--no-cov", f"--hypothesis-seed={SEED}",
        str(Path("tests") / "properties" / f"test_{name}.py"),
    ]  # fmt: skip
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "COLLIS_EXAMPLES": str(count)},
        capture_output=True,
        text=True,
        check=False,
    )
    passed = int(m[1]) if (m := re.search(r"(\d+) passed", done.stdout)) else 0
    failed = int(m[1]) if (m := re.search(r"(\d+) failed", done.stdout)) else 0
    if not passed and not failed:
        raise RuntimeError(f"no law was tried:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    if failed:
        print(done.stdout[-4000:])
    return Measure(
        name=WHAT[name],
        figure=failed,
        unit="laws",
        bar="none",
        met=failed == 0 and done.returncode == 0,
        detail=f"{passed + failed} laws, {count} drawn cases each, {(passed + failed) * count} in all",
    )
