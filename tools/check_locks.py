"""Are the locks current? Four questions that need no network, and one that does where there is one.

1. no address of any kind; 2. every package pinned, with a hash; 3. every requirement of pyproject.toml met by its
pin; 4. the same version of a package in every lock; 5. compiling anew changes nothing. The fifth is skipped, and
says so, when no index answers.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools.locks import LOCKS, ROOT, Lock, compile_lock

ADDRESS = re.compile(
    r"://|^\s*--(?:index-url|extra-index-url|find-links|trusted-host)|\S+@\S+|\b[\w-]+\.(?:org|com|net|io|dev)\b"
)
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?P<rest>.*)$")


def addresses(text: str) -> list[str]:
    """The lines of a lock that name a place on a network."""
    return [line.strip() for line in text.splitlines() if ADDRESS.search(line)]


def pins(text: str) -> dict[str, Version]:
    """Package name to pinned version. Raises `ValueError` at a line that pins nothing or a pin without a hash."""
    found: dict[str, Version] = {}
    hashed: set[str] = set()
    name = ""
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line.startswith(" "):
            if "--hash=sha256:" in line:
                hashed.add(name)
            continue
        match = PIN.match(line)
        if match is None:
            raise ValueError(f"read `{line}`; expected name==version with hashes")
        name = canonicalize_name(match["name"])
        found[name] = Version(match["version"])
    if bare := sorted(set(found) - hashed):
        raise ValueError(f"no hash for {', '.join(bare)}")
    return found


def unmet(requirements: list[str], pinned: Mapping[str, Version]) -> Iterator[str]:
    """The requirements that no pin meets."""
    for line in requirements:
        wanted = Requirement(line)
        version = pinned.get(canonicalize_name(wanted.name))
        if version is None:
            yield f"{wanted} is not in the lock"
        elif version not in wanted.specifier:
            yield f"{wanted} is locked at {version}"


def wanted_by(lock: Lock) -> list[str]:
    """What pyproject.toml and requirements/build.in ask of a lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    build = (ROOT / "requirements" / "build.in").read_text("utf-8").splitlines()
    extra = _of_extra(project, lock.extra) if lock.extra else []
    return [*project["dependencies"], *extra, *(line for line in build if line and not line.startswith("#"))]


def _of_extra(project: Mapping[str, Any], extra: str) -> list[str]:
    """The requirements of one extra; where it names our own extras, theirs in its place."""
    found: list[str] = []
    for line in project["optional-dependencies"][extra]:
        wanted = Requirement(line)
        if wanted.name == project["name"]:
            for other in sorted(wanted.extras):
                found += _of_extra(project, other)
        else:
            found.append(line)
    return found


def recompiled(lock: Lock) -> str | None:
    """The lock as it would be compiled today with its own pins kept, or None where that is impossible here."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / lock.path.name
        shutil.copyfile(lock.path, copy)
        done = compile_lock(lock, to=copy)
        return copy.read_text("utf-8") if done.returncode == 0 else None


def faults(lock: Lock) -> Iterator[str]:
    """What is wrong with one lock, a sentence each."""
    if not lock.path.exists():
        yield "missing; `make locks` compiles it"
        return
    text = lock.path.read_text("utf-8")
    yield from (f"names an address: {line}" for line in addresses(text))
    try:
        yield from unmet(wanted_by(lock), pins(text))
    except ValueError as error:
        yield str(error)
        return
    again = recompiled(lock)
    if again is None:
        print(f"{lock.path.name}: not compiled anew, no index answered; the other questions were asked")
    elif again != text:
        yield "is not what pyproject.toml compiles to; `make locks` mends it"


def disagreements() -> Iterator[str]:
    """Packages that two locks pin differently."""
    seen: dict[str, tuple[str, Version]] = {}
    for lock in LOCKS:
        if not lock.path.exists():
            continue
        for name, version in pins(lock.path.read_text("utf-8")).items():
            other, before = seen.setdefault(name, (lock.name, version))
            if before != version:
                yield f"{name} is {before} in {other}.txt and {version} in {lock.name}.txt"


def main() -> int:
    """Print each fault; 1 if there was any."""
    found = [f"{lock.path.name}: {fault}" for lock in LOCKS for fault in faults(lock)]
    found = found or list(disagreements())
    print("\n".join(found) if found else f"{len(LOCKS)} locks are current")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
