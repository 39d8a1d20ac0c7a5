"""What a worker does with one shard: calls the task and turns its tables into Parquet bytes, the same everywhere."""

from __future__ import annotations

import hashlib
import importlib
import multiprocessing
import os
import re
import signal
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from collis.errors import BadInput, CollisError
from collis.runs.job import differences, here

Versions = tuple[tuple[str, str], ...]

TABLE_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ROW_GROUP = 1 << 17  # rows; fixed, so that the bytes do not depend on a library's default
_PAGE = 1 << 20  # bytes, likewise


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One table of one shard as it will lie on disk."""

    data: bytes
    rows: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """A task that raised, in words; a value, because not every error survives the way between processes."""

    why: str


Outcome = dict[str, Part] | Failed


def work(task: str, design: str, shard: int, versions: Versions) -> Outcome:
    """One shard on this worker, or why there is none; `versions` is the fingerprint it must be computed under."""
    try:
        _same_versions(versions)
        tables = _function(task)(design, shard)
        if not isinstance(tables, Mapping) or not tables:
            raise BadInput(
                where=task, read=f"{type(tables).__name__}", expected="tables by name, at least one"
            )
        return {name: _part(task, name, table) for name, table in sorted(tables.items())}
    except CollisError as error:
        return Failed(why=f"{error}")
    except Exception as error:
        return Failed(why=_told(error))


def settle() -> None:
    """Readies a worker process: Ctrl-C is the caller's to answer, and a worker does not outlive its caller."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    caller = multiprocessing.parent_process()
    if caller is not None:
        threading.Thread(target=_follow, args=(caller,), daemon=True).start()


def _follow(caller: BaseProcess) -> None:
    caller.join()
    os._exit(1)


def _told(error: Exception) -> str:
    """An error and the line that raised it, without the parts of the path that differ between machines."""
    said = "".join(traceback.format_exception_only(error)).strip().replace("\n", " ")
    frames = traceback.extract_tb(error.__traceback__)
    return f"{said} ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else said


@lru_cache(maxsize=4)
def _same_versions(versions: Versions) -> None:
    expected = dict(versions)
    found = here(expected)
    told = differences(
        read={"fingerprint": {key: expected[key] for key in found}}, now={"fingerprint": found}
    )
    if told:
        raise BadInput(
            where="worker",
            read="; ".join(told)
            .replace("this run has", "this worker has")
            .replace(" read ", " of the run is "),
            expected="the versions of the run on every worker",
            mend="Install the same code and libraries on each machine.",
        )


@lru_cache(maxsize=16)
def _function(task: str) -> Callable[[str, int], object]:
    module, _, name = task.partition(":")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        raise BadInput(
            where="task", read=f"{task} ({error})", expected="a module that this worker can import"
        ) from None
    if not callable(found):
        raise BadInput(where="task", read=task, expected=f"a function of the module {module}")
    return found  # type: ignore[no-any-return]


def _part(task: str, name: str, table: Any) -> Part:
    """One table as Parquet bytes with every option that could move a byte fixed."""
    import pyarrow as pa
    from pyarrow import parquet

    if not TABLE_NAME.fullmatch(name):
        raise BadInput(
            where=task, read=f"a table named {name!r}", expected="lower-case letters, digits and _"
        )
    if not isinstance(table, pa.Table):
        raise BadInput(where=f"{task}, table {name}", read=type(table).__name__, expected="a pyarrow Table")
    for column in table.schema:
        if pa.types.is_null(column.type):
            raise BadInput(
                where=f"{task}, table {name}, column {column.name}",
                read="a column of nothing but nulls without a type",
                expected="a column with a type",
                mend="Give the table a schema, so that every shard has the same one.",
            )
    whole = table.replace_schema_metadata(None).unify_dictionaries().combine_chunks()
    sink = pa.BufferOutputStream()
    parquet.write_table(
        whole,
        sink,
        version="2.6",
        compression="lz4",
        use_dictionary=[column.name for column in whole.schema if _repeats(column.type)],
        write_statistics=True,
        row_group_size=_ROW_GROUP,
        data_page_size=_PAGE,
        data_page_version="1.0",
        store_schema=True,
    )
    data = sink.getvalue().to_pybytes()
    return Part(data=data, rows=whole.num_rows, sha256=hashlib.sha256(data).hexdigest())


def _repeats(kind: Any) -> bool:
    """Whether a column of this type is worth a dictionary: words are, figures are left plain."""
    import pyarrow as pa

    return bool(pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind))
