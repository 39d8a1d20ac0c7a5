"""A clinic in a folder of its own, and work done on it by another process.

A study asks `done("edits", count=500)`; a fresh Python runs `studies.clinic.edits.work(count=500)` on a clinic with
empty tables and answers with what `work` returned. Tables are made once a process and copied. Nothing of it
outlives the study.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from studies.record import ROOT

CLEARED = (
    "COLLIS_HOSTS",
    "COLLIS_DEMO",
    "COLLIS_TIME_ZONE",
    "DATABASE_URL",
    "DJANGO_SETTINGS_MODULE",
    "COLLIS_TEST_PG",
)
MARK = "answer: "


class Broken(RuntimeError):
    """The other process ended badly; its last words."""


def environment(data: Path, *, url: str = "", durable: bool = False) -> dict[str, str]:
    """The environment of a process that works on the clinic in `data`; `durable` waits for the disk like the clinic."""
    kept = {name: value for name, value in os.environ.items() if name not in CLEARED}
    kept |= {
        "COLLIS_DATA": str(data),
        "COLLIS_LOOPBACK": "1",
        "DJANGO_SETTINGS_MODULE": "collis_clinic.settings",
    }
    return kept | ({"DATABASE_URL": url} if url else {}) | ({} if durable else {"COLLIS_STUDY_FAST": "1"})


@lru_cache(maxsize=1)
def _made() -> Path:
    """A clinic on SQLite with empty tables, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="collis-study-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _ask("tables", environment(folder), {})
    return folder


@contextmanager
def clinic(*, url: str = "") -> Iterator[Path]:
    """The data folder of an empty clinic; with `url` its tables are made in that PostgreSQL database."""
    with tempfile.TemporaryDirectory(prefix="collis-study-") as name:
        folder = Path(name) / "data"
        if url:
            folder.mkdir()
            _ask("tables", environment(folder, url=url), {})
        else:
            shutil.copytree(_made(), folder)
        yield folder


def done(work: str, /, *, url: str = "", durable: bool = False, **asked: Any) -> dict[str, Any]:
    """What `studies.clinic.<work>.work(**asked)` answers on an empty clinic."""
    with clinic(url=url) as folder:
        return _ask(work, environment(folder, url=url, durable=durable), asked)


def worked_on(folder: Path, work: str, /, *, url: str = "", **asked: Any) -> dict[str, Any]:
    """The same on a clinic that stands already."""
    return _ask(work, environment(folder, url=url), asked)


def _ask(work: str, env: Mapping[str, str], asked: Mapping[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", "studies.clinic.apart", work, json.dumps(asked)]
    ran = subprocess.run(command, cwd=ROOT, env=dict(env), capture_output=True, text=True, check=False)
    answers = [line for line in ran.stdout.splitlines() if line.startswith(MARK)]
    if ran.returncode or not answers:
        raise Broken(f"{work} ended with {ran.returncode}: {ran.stderr.strip()[-3000:]}")
    found: dict[str, Any] = json.loads(answers[-1].removeprefix(MARK))
    return found


def set_up() -> None:
    """Start Django on the clinic of this environment. SQLite need not wait for the disk, except where asked."""
    import django

    if os.environ.get("COLLIS_STUDY_FAST"):
        from collis_clinic import place

        place.SQLITE_START = place.SQLITE_START.replace("synchronous=FULL", "synchronous=OFF")
    django.setup()
    import logging

    from django.conf import settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}  # style sheets are not what is measured

    logging.disable(logging.ERROR)  # thousands of refusals are meant


def main(work: str, asked: str) -> None:
    """Do one piece of work in this process and say what came of it."""
    set_up()
    module = importlib.import_module(f"studies.clinic.{work}")
    print(MARK + json.dumps(module.work(**json.loads(asked))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
