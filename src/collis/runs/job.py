"""A job: a named task, its design and the versions that make its result what it is."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import metadata, util
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from collis.errors import BadInput, CollisError

if TYPE_CHECKING:
    from numpy.random import SeedSequence

CODE, LIBRARY, PYTHON, MACHINE = "code of ", "version of ", "version of python", "machine"
_TASK = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_SHOWN = 4


class RunStopped(CollisError):
    """A run that could not go on; what was finished before stays on disk and counts when it is started again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """`shards` calls of `task(design, shard)`, each giving pyarrow tables by name.

    `task` is "package.module:function", a pure function of its two arguments: the design as canonical JSON text and
    the number of the shard, from 0. `shards` and `shard_size` (people in a full shard) follow from the design and
    never from the machine. `fingerprint` holds every version that may move a figure, as text by name; a stored run
    goes on only under the same.

    >>> job = Job(name="t", task="a.b:c", design=canonical({"n": 8, "arms": 2}), shards=4)
    >>> job.design
    '{"arms":2,"n":8}'
    """

    name: str
    task: str
    design: str
    shards: int
    shard_size: int = 1
    fingerprint: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise BadInput(where="job name", read="nothing", expected="a name")
        if not _TASK.fullmatch(self.task):
            raise BadInput(where="task", read=repr(self.task), expected='"package.module:function"')
        for where, count in (("shards", self.shards), ("shard size", self.shard_size)):
            if count < 1:
                raise BadInput(where=where, read=f"{count}", expected="1 or more")
        try:
            plain = canonical(json.loads(self.design))
        except ValueError as error:
            raise BadInput(where="design", read=f"text that is no JSON ({error})", expected="JSON") from None
        if plain != self.design:
            raise BadInput(
                where="design",
                read="JSON in another layout",
                expected="canonical JSON",
                mend="Write it with collis.runs.job.canonical.",
            )
        object.__setattr__(self, "fingerprint", MappingProxyType(dict(self.fingerprint)))

    def manifest(self) -> dict[str, Any]:
        """What a stored run says of itself; no clock and no place in it, so equal jobs write equal bytes."""
        return {
            "format": 1,
            "name": self.name,
            "task": self.task,
            "shards": self.shards,
            "shard size": self.shard_size,
            "fingerprint": dict(self.fingerprint),
            "design": json.loads(self.design),
        }


def canonical(value: object) -> str:
    """`value` as JSON text with sorted keys, no spaces and no NaN: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def shard_seed(seed: int, shard: int) -> SeedSequence:
    """The seed of one shard, independent of every other shard's, the same on every engine."""
    from numpy.random import SeedSequence

    return SeedSequence(seed, spawn_key=(shard,))


def fingerprint(
    *,
    packages: Iterable[str],
    knowledge: str,
    parameters: str,
    path: str,
    seed: int,
    design: str,
    libraries: Iterable[str] = ("numpy", "pyarrow"),
) -> dict[str, str]:
    """Every version that may move a figure, as text by name, for `Job.fingerprint`.

    `packages` are the import names whose Python files make the result (a package counts with all below it),
    `knowledge` the knowledge version, `parameters` the hash of the parameters, `path` the numerical path
    ("numpy", "numba double"), `libraries` the distributions whose release matters. The engines compare code,
    libraries, Python and kind of machine on every worker too.
    """
    found = {CODE + package: code_hash(package) for package in packages}
    found |= {LIBRARY + library: library_version(library) for library in libraries}
    return found | {
        PYTHON: platform.python_version(),
        MACHINE: platform.machine(),
        "knowledge version": knowledge,
        "parameter hash": parameters,
        "numerical path": path,
        "seed": f"{seed}",
        "design hash": hashlib.sha256(design.encode()).hexdigest(),
    }


def here(expected: Mapping[str, str]) -> dict[str, str]:
    """Those entries of a fingerprint that depend on the machine, as they are on this one."""
    found = {}
    for key in expected:
        if key == PYTHON:
            found[key] = platform.python_version()
        elif key == MACHINE:
            found[key] = platform.machine()
        elif key.startswith(CODE):
            found[key] = code_hash(key.removeprefix(CODE))
        elif key.startswith(LIBRARY):
            found[key] = library_version(key.removeprefix(LIBRARY))
    return found


@lru_cache(maxsize=64)
def library_version(name: str) -> str:
    """The installed release of a distribution, "none" where there is none."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"


@lru_cache(maxsize=64)
def code_hash(package: str) -> str:
    """A hash of the contents of a module, or of all Python files of a package; read once a process, not imported."""
    try:
        spec = util.find_spec(package)
    except ModuleNotFoundError:
        spec = None
    if spec is None or not (spec.submodule_search_locations or spec.origin):
        raise BadInput(where="code", read=package, expected="the import name of a package or module")
    if spec.submodule_search_locations:
        roots = [Path(place) for place in spec.submodule_search_locations]
        files = sorted(
            (file.relative_to(root).as_posix(), file) for root in roots for file in root.rglob("*.py")
        )
    else:
        files = [(package, Path(str(spec.origin)))]
    whole = hashlib.sha256()
    for name, file in files:
        content = file.read_bytes()
        whole.update(f"{name} {len(content)}\n".encode())
        whole.update(content)
    return whole.hexdigest()


def differences(*, read: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Where two manifests differ, as "knowledge version read X, this run has Y": each version, then the rest."""
    versions = list(_differences(read.get("fingerprint", {}), now.get("fingerprint", {}), ""))
    others = list(_differences({**read, "fingerprint": ""}, {**now, "fingerprint": ""}, ""))
    if len(others) > _SHOWN:
        others = [*others[:_SHOWN], f"and {len(others) - _SHOWN} more of the design"]
    return versions + others


def _differences(read: object, now: object, name: str) -> Iterable[str]:
    if isinstance(read, Mapping) and isinstance(now, Mapping):
        for key in sorted({*read, *now}):
            yield from _differences(read.get(key), now.get(key), f"{name}.{key}" if name else key)
    elif isinstance(read, list) and isinstance(now, list) and len(read) == len(now):
        for place, (old, new) in enumerate(zip(read, now, strict=True), start=1):
            yield from _differences(old, new, f"{name}[{place}]")
    elif read != now or type(read) is not type(now):
        yield f"{name} read {_short(read)}, this run has {_short(now)}"


def _short(value: object) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    if re.fullmatch(r"[0-9a-f]{32,}", text):
        return text[:12]
    return text if len(text) <= 60 else text[:57] + "..."
