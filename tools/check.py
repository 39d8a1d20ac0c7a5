"""Everything `make check` asks, in one table. Nothing here writes to the tree; caches lie under .venv."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

QUESTIONS: dict[str, list[str]] = {
    "lint": [str(BIN / "ruff"), "check", "."],
    "layout": [str(BIN / "ruff"), "format", "--check", "."],
    "types": [str(BIN / "mypy")],
    "ladder": [str(BIN / "lint-imports"), "--cache-dir", ".venv/.cache/imports"],
    "locks": [sys.executable, "-m", "tools.check_locks"],
    "sbom": [sys.executable, "-m", "tools.sbom", "--check"],
    "records": [sys.executable, "-m", "tools.check_records"],
}


def main() -> int:
    """Ask every question and show what was found wrong; 1 if anything was."""
    clinic = ROOT / ".venv" / ".cache" / "clinic"  # mypy reads its settings; they need a place for keys
    environment = {**os.environ, "COLLIS_DATA": str(clinic)}
    failed = []
    for name, command in QUESTIONS.items():
        began = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        said = (done.stdout + done.stderr).strip()
        word = "ok" if done.returncode == 0 else "FAILED"
        print(f"{name:<8} {word:<7} {time.perf_counter() - began:5.1f} s", flush=True)
        if done.returncode:
            failed.append(name)
        if done.returncode or name == "records":
            print(said, flush=True)
    print(f"failed: {', '.join(failed)}" if failed else "all is well")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
