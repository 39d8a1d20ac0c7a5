"""The report of a virtual trial for the terminal: what was found, then the tables."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from collis.report.terminal import Sheet
from collis.report.trial import tables_of, trial_data

if TYPE_CHECKING:
    from collis.trials.analyse import Analysis

_MARKS = {"allow": ("✓", "green"), "warn": ("▲", "yellow"), "note": ("•", "")}


def trial_text(a: Analysis, *, on: date, width: int, colour: bool) -> str:
    """The whole report but its charts; the sentence on virtual patients stands first and last."""
    data = trial_data(a, on=on)
    sheet = Sheet(width=width, colour=colour)
    sheet.title(data["title"])
    sheet.line(f"{data['banner']}.")
    sheet.line()
    for found in data["reading"]:
        mark, style = _MARKS[found["state"]]
        sheet.bullet(found["text"], head=f"{found['head']}.", mark=mark, style=style)
    for title, table in tables_of(data):
        sheet.section(title)
        last = len(table["heads"]) - 1 if table["last_words"] else -1
        right = [i for i in range(table["words"], len(table["heads"])) if i != last]
        folded = range(len(table["heads"])) if len(table["heads"]) > 5 else (0,)
        sheet.table(table["heads"], table["rows"], right=right, folded=folded)
    sheet.section("How far this goes")
    sheet.line(f"{data['standing']} The page and the PDF hold the charts.")
    return sheet.text()
