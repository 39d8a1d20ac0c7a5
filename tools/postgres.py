"""A private PostgreSQL for tests: made in a temporary folder, reached by a socket in it, gone afterwards.

`with cluster() as url:` gives a DATABASE_URL; `python -m tools.postgres COMMAND...` runs a command with it set. As
root the server runs as the user `postgres`, since it refuses to run as root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt")
USER = "postgres"
FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=50",
    "shared_buffers=64MB",
)


class NoPostgres(RuntimeError):
    """PostgreSQL's programs were not found."""


def binaries() -> Path:
    """The folder of initdb and pg_ctl, the newest there is."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = [path.parent for place in PLACES for path in Path(place).glob("*/bin/initdb")]
    if not found:
        raise NoPostgres("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    return max(found, key=lambda folder: [int(n) for n in folder.parent.name.split(".") if n.isdigit()])


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[str]:
    """A running server and the address of its empty database. `durable` keeps fsync on, for tests that kill it."""
    folder = Path(tempfile.mkdtemp(prefix="collis-pg-"))
    data, bin_ = folder / "data", binaries()
    if os.geteuid() == 0:
        shutil.chown(folder, USER)
    try:
        _as_user([bin_ / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"])
        wanted = () if durable else FAST
        options = " ".join(
            [f"-k {folder}", "-c listen_addresses=''", *(f"-c {setting}" for setting in wanted)]
        )
        _as_user([bin_ / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start"])
        try:
            _as_user([bin_ / "createdb", "-h", folder, "-U", USER, "clinic"])
            yield f"postgres://{USER}@/clinic?host={folder}"
        finally:
            _as_user([bin_ / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_user(command: Sequence[object]) -> None:
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", USER, "--", *words]
    done = subprocess.run(words, capture_output=True, text=True, cwd="/", check=False)
    if done.returncode:
        raise NoPostgres(f"{Path(str(command[0])).name} failed: {done.stderr.strip()[-500:]}")


def main(argv: Sequence[str]) -> int:
    """Run a command with DATABASE_URL set to a fresh cluster."""
    with cluster() as url:
        return subprocess.run(list(argv), env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
