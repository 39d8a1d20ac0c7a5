"""The locks: which there are, what each is compiled from, and how. `python -m tools.locks` writes them anew.

A lock carries versions and hashes and no address, so that it serves whoever installs from whichever index. Each one
holds to the versions of the one before it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """One lock: its name, the extra of pyproject.toml it adds, the lock whose versions it keeps."""

    name: str
    extra: str | None = None
    keeps: str | None = None

    @property
    def path(self) -> Path:
        """Where it lies."""
        return ROOT / "requirements" / f"{self.name}.txt"


LOCKS = (
    Lock(name="run"),
    Lock(name="dev", extra="dev", keeps="run"),
    Lock(name="docs", extra="docs", keeps="dev"),
)


def compile_lock(lock: Lock, *, to: Path, upgrade: bool = False) -> subprocess.CompletedProcess[str]:
    """Compile `lock` into the file `to`; pins already there stay unless `upgrade`."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet"]
    command += ["--python-version", "3.11", "--universal", "--fork-strategy", "fewest"]
    command += ["--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header"]
    command += ["pyproject.toml", "requirements/build.in"]
    if lock.extra:
        command += ["--extra", lock.extra]
    if lock.keeps:
        command += ["--constraint", f"requirements/{lock.keeps}.txt"]
    if upgrade:
        command.append("--upgrade")
    command += ["--output-file", str(to)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def main(argv: Sequence[str] | None = None) -> int:
    """Write every lock; 1 if one could not be compiled."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    options = parser.parse_args(argv)
    for lock in LOCKS:
        done = compile_lock(lock, to=lock.path, upgrade=options.upgrade)
        if done.returncode:
            print(f"{lock.path.name}: {done.stderr.strip()}")
            return 1
        print(f"{lock.path.name}: compiled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
