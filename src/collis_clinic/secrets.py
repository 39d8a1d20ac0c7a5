"""The keys of one clinic: made on first start, kept as files of mode 0600 beside the data, never in the database.

Losing `identity.key` loses every name; it is therefore part of the backup that is kept apart (see `backup`).
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

FOLDER = "keys"
FILES = ("django.key", "identity.key", "index.key", "audit.key")
KEY_BYTES = 32


class UnsafeKeys(RuntimeError):
    """The key files are missing beside existing data, unreadable, or open to other users."""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Keys:
    """The four keys. `django` signs sessions, `identity` wraps the key of each person, `index` makes blind indexes,
    `audit` chains the audit entries.
    """

    django: str
    identity: bytes
    index: bytes
    audit: bytes

    def __repr__(self) -> str:
        return "Keys(...)"


def keys_in(data: Path) -> Keys:
    """The keys of the clinic in `data`, made now if none were made before.

    A folder with some of the files and not the others raises `UnsafeKeys`: a new key beside old data would make
    names unreadable without a word.
    """
    folder = data / FOLDER
    present = [name for name in FILES if (folder / name).exists()]
    if not present:
        _make(folder)
    elif len(present) != len(FILES):
        missing = ", ".join(sorted(set(FILES) - set(present)))
        raise UnsafeKeys(f"{folder}: missing {missing}. Restore the key files from the backup.")
    django, identity, index, audit = (_read(folder / name) for name in FILES)
    return Keys(django=django.hex(), identity=identity, index=index, audit=audit)


def keys_from(path: Path, data: Path) -> None:
    """Put the key file of a backup where a clinic looks for its keys; keys that stand there are never replaced."""
    folder = data / FOLDER
    if any((folder / name).exists() for name in FILES):
        raise UnsafeKeys(f"{folder}: keys stand here already. Restore into a new folder.")
    try:
        written = json.loads(path.read_text(encoding="ascii"))
        words = {name: bytes.fromhex(str(written[name])).hex() for name in FILES}
    except (ValueError, KeyError, TypeError, OSError):
        raise UnsafeKeys(f"{path}: not the key file of a backup.") from None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, word in words.items():
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{word}\n")


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in FILES:
        try:
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # another process starts at the same moment; its key holds
            continue
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _read(path: Path) -> bytes:
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise UnsafeKeys(f"{path}: open to other users. Set its mode to 0600.")
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        raise UnsafeKeys(f"{path}: not a key. Restore it from the backup.") from None
    if len(key) != KEY_BYTES:
        raise UnsafeKeys(f"{path}: read {len(key)} bytes, expected {KEY_BYTES}. Restore it from the backup.")
    return key
