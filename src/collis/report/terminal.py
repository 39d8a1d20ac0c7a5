"""What every text on a terminal is made of: a sheet of a given width, with or without colour, states by shape and word.

Text is never read as markup, and nothing depends on colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from collis.reasons import Level, Reason
from collis.report import words
from collis.safety.verdict import Verdict

SHAPES = {Level.ALLOW: "✓", Level.WARN: "▲", Level.CANNOT_JUDGE: "?", Level.REFUSE: "■"}
STYLES = {Level.ALLOW: "green", Level.WARN: "yellow", Level.CANNOT_JUDGE: "magenta", Level.REFUSE: "bold red"}
_PLAIN = dict(zip("✓▲■•█▒─━\u2212–’“”×\u00a0", '+!X*#%-=--\'""x ', strict=True)) | {"…": "...", "°": " deg"}
_ASCII = str.maketrans(_PLAIN)


def for_encoding(text: str, encoding: str) -> str:
    """The text as a terminal of this encoding can show it."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")
    return text


class Sheet:
    """Collects lines and tables at a width and gives them back as text."""

    def __init__(self, *, width: int, colour: bool) -> None:
        self._out = StringIO()
        self.width = max(60, width)
        self._console = Console(
            file=self._out,
            width=self.width,
            force_terminal=colour,
            color_system="standard" if colour else None,
            no_color=not colour,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )

    def text(self) -> str:
        """All of it, without blanks at the ends of lines."""
        return "\n".join(line.rstrip() for line in self._out.getvalue().splitlines()) + "\n"

    def title(self, text: str, beside: str = "") -> None:
        """The head of the whole text."""
        self._console.print(Text.assemble((text, "bold"), f"   {beside}" if beside else ""))

    def section(self, text: str, beside: str = "") -> None:
        """A blank line and the head of a part."""
        self._console.print()
        self._console.print(Text.assemble((text, "bold"), (f"  ({beside})" if beside else "")))

    def line(self, text: str = "", *, head: str = "", indent: int = 0) -> None:
        """A paragraph, with an optional head in bold."""
        words_ = Text.assemble((f"{head} " if head else "", "bold"), text)
        self._console.print(Padding(words_, (0, 0, 0, indent)))

    def bullet(self, text: str, *, head: str = "", mark: str = "•", style: str = "") -> None:
        """A line with a mark and a hanging indent."""
        row = Table.grid(padding=(0, 1, 0, 0))
        row.add_column(width=2, justify="right")
        row.add_column(ratio=1)
        row.add_row(
            Text(mark, style=style), Text.assemble((f"{head} " if head and text else head, "bold"), text)
        )
        self._console.print(row)

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = (),
              sums: int = 0, folded: Sequence[int] = ()) -> None:  # fmt: skip
        """A table with a rule below its head and above its last `sums` rows; columns `right` are flush right."""
        rows = list(rows)
        table = Table(box=None, pad_edge=False, padding=(0, 1), show_edge=False, header_style="bold")
        for i, head in enumerate(heads):
            fold = i in folded
            table.add_column(
                Text(head),
                justify="right" if i in right else "left",
                no_wrap=not fold,
                overflow="fold",
                vertical="top",
                ratio=1 if fold else None,
            )
        for i, row in enumerate(rows):
            if sums and i == len(rows) - sums:
                table.add_section()
            style = "bold" if sums and i >= len(rows) - sums else ""
            table.add_row(*(Text(cell) for cell in row), style=style)
        self._console.print(table)

    def reason(self, reason: Reason, *, concerns: str = "") -> None:
        """One line of a verdict: its shape, what is so, what to do, whom it concerns, and its ground."""
        tail = "; ".join(p for p in (concerns, words.grounds(reason.ground), reason.rule) if p)
        said = f"{words.sentence(reason.action)} [{tail}]" if reason.action else f"[{tail}]"
        mark, style = SHAPES[reason.level], STYLES[reason.level]
        self.bullet(said, head=words.sentence(reason.what), mark=mark, style=style)


def state_words(verdict: Verdict) -> str:
    """A verdict as shapes with words: "? Ask 1  ▲ Warn 3"."""
    return "  ".join(f"{SHAPES[level]} {said}" for level, said in words.standing(verdict))
