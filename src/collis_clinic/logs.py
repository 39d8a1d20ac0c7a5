"""Log lines without patient data: the kind of an error and its place in the program, never its words."""

from __future__ import annotations

import logging
from types import TracebackType

Trouble = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class QuietFormatter(logging.Formatter):
    """Time, level, logger and message; an error is its type and the places it went through."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatException(self, ei: Trouble) -> str:  # noqa: N802 - the name is logging's
        kind, _, trace = ei
        places = []
        while trace is not None:
            frame = trace.tb_frame
            places.append(f"{frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
            trace = trace.tb_next
        return f"  {kind.__name__ if kind else 'error'} at " + " < ".join(reversed(places[-8:]))

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another handler may have kept the long form
        return super().format(record)
