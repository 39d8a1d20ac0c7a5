"""Errors that a person reads: each says what was read, what was expected and how to mend it."""

from __future__ import annotations


class CollisError(Exception):
    """The root of every error Collis raises on purpose."""


class BadInput(CollisError):
    """Input that cannot be used.

    `read` is what stood there, `expected` what may stand there, `mend` what to do. `where` names the key,
    `file`, `line` and `column` (both from 1) the place when the input came from a file.
    """

    def __init__(
        self,
        *,
        read: str,
        expected: str,
        mend: str = "",
        where: str = "",
        file: str = "",
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        self.read = read
        self.expected = expected
        self.mend = mend
        self.where = where
        self.file = file
        self.line = line
        self.column = column
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """The whole message as one line."""
        place = self.file
        if self.line is not None:
            place = f"{place}, line {self.line}" if place else f"line {self.line}"
        subject = f"{self.where}: " if self.where else ""
        message = f"{subject}read {self.read}; expected {self.expected}."
        if self.mend:
            message = f"{message} {self.mend}"
        return f"{place}: {message}" if place else message

    def at(
        self, *, where: str = "", file: str = "", line: int | None = None, column: int | None = None
    ) -> BadInput:
        """The same error with its place filled in; a place already known is kept."""
        return BadInput(
            read=self.read,
            expected=self.expected,
            mend=self.mend,
            where=self.where or where,
            file=self.file or file,
            line=self.line if self.line is not None else line,
            column=self.column if self.column is not None else column,
        )


class KnowledgeError(CollisError):
    """A knowledge file that breaks its own rules: a number without a source, an unknown key, a double entry."""


class ProductMismatch(CollisError):
    """Units of two products met. Units are bound to their product and cannot be added, compared or converted."""
