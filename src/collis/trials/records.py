"""The tables of a finished run behind one DuckDB connection, checked before anything is asked of them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import gettempdir
from types import TracebackType
from typing import Any

from collis.errors import BadInput
from collis.runs.store import Store

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "people": ("person", "arm", "weight", "completed", "left_week", "left_reason", "baseline_total"),
    "visits": ("person", "week", "total"),
    "sessions": ("person", "number", "week", "product", "units"),
    "events": ("person", "event", "onset_week", "weeks", "severe"),
}
MEMORY = "500MB"
_FLOATS = ("DOUBLE", "FLOAT")


class Records:
    """The tables of a run as DuckDB views of the same names; a missing figure is NULL in them, never NaN.

    Use it in a `with`. `query` answers rows; `manifest` is what the run says of itself.
    """

    def __init__(
        self, files: Mapping[str, Sequence[Path]], manifest: Mapping[str, Any], *, name: str
    ) -> None:
        import duckdb

        self.manifest = manifest
        self.name = name
        self._connection = duckdb.connect(":memory:")
        self._connection.execute(f"SET memory_limit = '{MEMORY}'")
        spill = (
            Path(gettempdir()) / f"collis-tables-{os.getpid()}"
        )  # made, and removed, only where memory runs short
        self._connection.execute(f"SET temp_directory = '{spill}'")
        self._connection.execute("SET preserve_insertion_order = false")
        self._connection.execute("SET enable_progress_bar = false")
        # Statistics of a Parquet column leave NaN out; with them isnan() would be taken for false without a look.
        self._connection.execute("SET disabled_optimizers = 'statistics_propagation'")
        self.columns: dict[str, dict[str, str]] = {}
        for table, wanted in COLUMNS.items():
            self._view(table, files.get(table, ()), wanted)
        for table in sorted(set(files) - set(COLUMNS)):
            self._view(table, files[table], ())

    def _view(self, table: str, files: Sequence[Path], wanted: Sequence[str]) -> None:
        if not files:
            raise BadInput(
                where=self.name,
                read=f"no table {table!r}",
                expected=f"the tables {', '.join(COLUMNS)} of a virtual trial",
            )
        listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
        source = f"read_parquet([{listed}])"
        kinds = {
            str(row[0]): str(row[1])
            for row in self._connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        }
        missing = [column for column in wanted if column not in kinds]
        if missing:
            raise BadInput(
                where=f"{self.name}, table {table}",
                read=f"no column {missing[0]!r}",
                expected=f"the columns {', '.join(wanted)}",
            )
        shown = ", ".join(
            f'CASE WHEN isnan("{column}") THEN NULL ELSE "{column}"::DOUBLE END AS "{column}"'
            if kind in _FLOATS
            else f'"{column}"'
            for column, kind in kinds.items()
        )
        self._connection.execute(f"CREATE VIEW {table} AS SELECT {shown} FROM {source}")
        self.columns[table] = kinds

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of an answer; names of columns are the caller's, values come in as parameters."""
        found: list[tuple[Any, ...]] = self._connection.execute(sql, list(parameters)).fetchall()
        return found

    def arrays(self, sql: str, parameters: Sequence[object] = ()) -> dict[str, Any]:
        """An answer as NumPy arrays by column; NULL in a column of figures comes as NaN."""
        import numpy as np

        found: dict[str, Any] = self._connection.execute(sql, list(parameters)).fetchnumpy()
        return {
            name: column.filled(np.nan)
            if isinstance(column, np.ma.MaskedArray) and column.dtype.kind == "f"
            else column
            for name, column in found.items()
        }

    def run(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Carry out a statement that answers nothing."""
        self._connection.execute(sql, list(parameters))

    def __enter__(self) -> Records:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()


def open_records(folder: Path) -> Records:
    """The records of a finished run; raises `BadInput` where the folder holds none, or one that is not whole."""
    if not folder.is_dir():
        raise BadInput(
            where=f"{folder}", read="no such directory", expected="the directory of a finished run"
        )
    result = Store(folder).result()
    return Records(result.parts, result.manifest, name=f"{folder}")
