"""The directory of a run: a manifest, Parquet parts, and a ledger of the shards that are finished.

A shard counts once its line stands in the ledger; the line is written after every part of the shard lies whole on
disk. Whatever a kill leaves beside that is swept by the next run.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collis.errors import BadInput
from collis.runs.job import Job, RunStopped, canonical, differences
from collis.runs.work import TABLE_NAME, Part

_MANIFEST, _LEDGER, _LOCK, _TABLES, _FRESH = "manifest.json", "ledger.jsonl", "lock", "tables", ".fresh"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What the ledger says of one part on disk."""

    bytes: int
    rows: int
    sha256: str


Ledger = dict[int, dict[str, Kept]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """A finished run: its manifest, and of each table the files in the order of the shards and the rows in all."""

    manifest: Mapping[str, Any]
    parts: Mapping[str, tuple[Path, ...]]
    rows: Mapping[str, int]


class Store:
    """A directory that holds the result of one job. Making a `Store` touches nothing."""

    def __init__(self, directory: Path | str) -> None:
        self.directory = Path(directory)

    @contextmanager
    def writing(self, job: Job) -> Iterator[Desk]:
        """The only way to write: takes the lock, checks or writes the manifest, sweeps and verifies.

        Raises `BadInput` for a directory that belongs to something else, `RunStopped` when the disk refuses or
        another run is writing.
        """
        with _disk(self.directory):
            self.directory.mkdir(parents=True, exist_ok=True)
            foreign = sorted(entry.name for entry in self.directory.iterdir() if not _ours(entry.name))
            if _MANIFEST in foreign:
                self.manifest()
            elif foreign:
                raise BadInput(
                    where=f"{self.directory}",
                    read=f"a directory that holds {foreign[0]!r} and no manifest of a run",
                    expected="an empty directory or one with a run in it",
                    mend="Give another directory.",
                )
            lock = os.open(self.directory / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _take(lock, self.directory)
            with _disk(self.directory):
                desk = Desk(self.directory, job)
            yield desk
        finally:
            os.close(lock)

    def manifest(self) -> Mapping[str, Any]:
        """What the run in this directory says of itself; raises `BadInput` where there is none."""
        file = self.directory / _MANIFEST
        try:
            found = json.loads(file.read_text("utf-8"))
        except FileNotFoundError:
            read = "no manifest.json"
        except (OSError, ValueError) as error:
            read = f"a manifest.json that cannot be read ({error})"
        else:
            if isinstance(found, dict) and found.get("format") == 1 and isinstance(found.get("shards"), int):
                return found
            read = "a manifest.json of another form"
        raise BadInput(where=f"{self.directory}", read=read, expected="the directory of a run")

    def result(self) -> Result:
        """The finished run, every part held against its hash; raises `BadInput` when a shard is missing or damaged."""
        manifest = self.manifest()
        with _disk(self.directory):
            ledger, _ = _read_ledger(self.directory / _LEDGER)
            ledger = {shard: parts for shard, parts in ledger.items() if 0 <= shard < manifest["shards"]}
            missing = manifest["shards"] - len(ledger)
            if missing:
                raise BadInput(
                    where=f"{self.directory}",
                    read=f"a run with {missing} of {manifest['shards']} shards missing",
                    expected="a finished run",
                    mend="Start the run again with the same design and directory; finished shards are kept.",
                )
            for shard in sorted(ledger):
                for problem in _problems(self.directory, shard, ledger[shard]):
                    raise BadInput(
                        where=f"{self.directory}",
                        read=problem,
                        expected="the bytes that were written",
                        mend="Start the run again with the same design and directory; only this shard is computed.",
                    )
        names = sorted({name for parts in ledger.values() for name in parts})
        return Result(
            manifest=manifest,
            parts={
                name: tuple(_file(self.directory, name, n) for n in sorted(ledger) if name in ledger[n])
                for name in names
            },
            rows={name: sum(p[name].rows for p in ledger.values() if name in p) for name in names},
        )


class Desk:
    """A directory opened for writing by one run; `finished` are the shards that need no computing.

    `mended` says in sentences what was found damaged and is computed again.
    """

    def __init__(self, directory: Path, job: Job) -> None:
        self._directory = directory
        self._shards = job.shards
        self.mended: list[str] = []
        self._manifest(job)
        ledger_file = directory / _LEDGER
        self._ledger, odd = _read_ledger(ledger_file)
        self.mended += odd
        for shard in sorted(self._ledger):
            problems = list(_problems(directory, shard, self._ledger[shard]))
            if problems or not 0 <= shard < job.shards:
                del self._ledger[shard]
                self.mended += [f"{problem}; shard {shard} is computed again" for problem in problems[:1]]
        self._sweep()
        if not ledger_file.exists() or ledger_file.read_bytes() != self._ledger_text():
            _replace(ledger_file, self._ledger_text())

    @property
    def finished(self) -> frozenset[int]:
        """Numbers of the shards whose parts lie whole on disk."""
        return frozenset(self._ledger)

    def put(self, shard: int, parts: Mapping[str, Part]) -> None:
        """Writes one shard for good: parts to fresh names, synced, renamed; then its line in the ledger.

        Raises `RunStopped` when the disk refuses; the directory then is as it was before the call.
        """
        kept = {
            name: Kept(bytes=len(part.data), rows=part.rows, sha256=part.sha256)
            for name, part in parts.items()
        }
        with _disk(self._directory, f"{len(self._ledger)} of {self._shards} shards are finished and stay."):
            files = {_file(self._directory, name, shard): part.data for name, part in sorted(parts.items())}
            try:
                for file, data in files.items():
                    if not file.parent.is_dir():
                        file.parent.mkdir(parents=True, exist_ok=True)
                        _sync_directory(file.parent.parent)
                        _sync_directory(self._directory)
                    _write(_fresh(file), data)
                for file in files:
                    _fresh(file).replace(file)
                for folder in {file.parent for file in files}:
                    _sync_directory(folder)
                _append(self._directory / _LEDGER, _line(shard, kept))
            except OSError:
                for file in files:
                    for leftover in (_fresh(file), file):
                        with suppress(OSError):
                            leftover.unlink(missing_ok=True)
                raise
        self._ledger[shard] = kept

    def close(self) -> None:
        """Puts the ledger in the order of the shards once all are there: equal runs then are equal directories."""
        with _disk(self._directory):
            file = self._directory / _LEDGER
            if file.read_bytes() != self._ledger_text():
                _replace(file, self._ledger_text())

    def _manifest(self, job: Job) -> None:
        file = self._directory / _MANIFEST
        now = job.manifest()
        if not file.exists():
            text = json.dumps(now, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
            _replace(file, f"{text}\n".encode())
            return
        told = differences(read=Store(self._directory).manifest(), now=json.loads(canonical(now)))
        if told:
            raise BadInput(
                where=f"{self._directory}",
                read="a run that differs from this one: " + "; ".join(told),
                expected="the same design and versions, for results of two are never mixed",
                mend="Give another directory, or go back to that design and those versions.",
            )

    def _sweep(self) -> None:
        """Removes what a kill or a damage left: fresh files, and parts without a line in the ledger."""
        (self._directory / (_MANIFEST + _FRESH)).unlink(missing_ok=True)
        (self._directory / (_LEDGER + _FRESH)).unlink(missing_ok=True)
        known = {
            _file(self._directory, name, shard) for shard, parts in self._ledger.items() for name in parts
        }
        for file in sorted((self._directory / _TABLES).glob("*/part-*")):
            if file not in known:
                file.unlink()

    def _ledger_text(self) -> bytes:
        return b"".join(_line(shard, self._ledger[shard]) for shard in sorted(self._ledger))


@contextmanager
def _disk(directory: Path, stays: str = "") -> Iterator[None]:
    """Turns what the operating system says into a sentence."""
    try:
        yield
    except OSError as error:
        said = f"{directory}: "
        if error.errno in _NO_ROOM:
            said += f"no room is left on its disk ({error.strerror})."
            mend = "Make room, then start the same run again."
        else:
            said += f"cannot hold a run ({error.strerror or error})."
            mend = "Mend that or give another directory, then start the run again."
        raise RunStopped(" ".join(text for text in (said, stays, mend) if text)) from error


def _take(lock: int, directory: Path) -> None:
    """Holds the lock file until it is closed, or says who does; a killed run holds nothing."""
    try:
        with _disk(directory):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except RunStopped as stopped:
        if not isinstance(stopped.__cause__, BlockingIOError):
            raise
        holder = os.pread(lock, 200, 0).decode("utf-8", "replace").strip() or "unknown"
        raise RunStopped(
            f"{directory}: another run is writing here ({holder}). Wait for it to end or give another directory."
        ) from None
    with _disk(directory):
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)


def _ours(name: str) -> bool:
    return name in {_LOCK, _MANIFEST + _FRESH, "lost+found"}


def _file(directory: Path, table: str, shard: int) -> Path:
    return directory / _TABLES / table / f"part-{shard:06d}.parquet"


def _fresh(file: Path) -> Path:
    return file.with_name(file.name + _FRESH)


def _write(file: Path, data: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        _write_all(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _replace(file: Path, data: bytes) -> None:
    """Writes a small file so that at any moment either the former or the new one stands there whole."""
    _write(_fresh(file), data)
    _fresh(file).replace(file)
    _sync_directory(file.parent)


def _append(file: Path, line: bytes) -> None:
    """Adds a line for good; takes it back when it does not fit."""
    handle = os.open(file, os.O_WRONLY | os.O_APPEND)
    try:
        length = os.fstat(handle).st_size
        try:
            _write_all(handle, line)
            os.fsync(handle)
        except OSError:
            with suppress(OSError):
                os.ftruncate(handle, length)
            raise
    finally:
        os.close(handle)


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _line(shard: int, parts: Mapping[str, Kept]) -> bytes:
    told = {
        name: {"bytes": kept.bytes, "rows": kept.rows, "sha256": kept.sha256} for name, kept in parts.items()
    }
    return (canonical({"shard": shard, "parts": told}) + "\n").encode()


def _read_ledger(file: Path) -> tuple[Ledger, list[str]]:
    """The finished shards, and a sentence on each whole line that makes no sense; a torn last line is no surprise."""
    ledger: Ledger = {}
    odd: list[str] = []
    try:
        lines = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return ledger, odd
    for number, line in enumerate(lines[:-1], start=1):
        try:
            shard, parts = _entry(line)
        except (ValueError, KeyError, TypeError, AttributeError):
            odd.append(f"{_LEDGER}, line {number} cannot be read; its shard is computed again")
        else:
            ledger[shard] = parts
    return ledger, odd


def _entry(line: bytes) -> tuple[int, dict[str, Kept]]:
    entry = json.loads(line)
    parts = {
        str(name): Kept(bytes=int(told["bytes"]), rows=int(told["rows"]), sha256=str(told["sha256"]))
        for name, told in entry["parts"].items()
    }
    if not parts or not all(TABLE_NAME.fullmatch(name) for name in parts):
        raise ValueError(line)
    return int(entry["shard"]), parts


def _problems(directory: Path, shard: int, parts: Mapping[str, Kept]) -> Iterator[str]:
    """What is wrong with the parts of a shard, the first of each file."""
    for name, kept in sorted(parts.items()):
        file = _file(directory, name, shard)
        where = file.relative_to(directory).as_posix()
        try:
            with file.open("rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                if size != kept.bytes:
                    yield f"{where} has {size} bytes where {kept.bytes} were written"
                elif hashlib.file_digest(stream, "sha256").hexdigest() != kept.sha256:
                    yield f"{where} no longer has the content that was written"
        except FileNotFoundError:
            yield f"{where} is missing"
