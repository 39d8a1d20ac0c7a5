"""The finding of a validation for the terminal: short; the page and the JSON document hold the rows."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from collis.report import words
from collis.report.validation_reading import TITLE, patients_reading, trials_reading

if TYPE_CHECKING:
    from collis.trials.validate import Validation

_MARKS = {"allow": "[met]", "warn": "[look]", "note": "[note]"}


def validation_text(v: Validation, *, width: int) -> str:
    """Every finding with its sentence, then how many rows were not scored and why."""
    lines = [TITLE, ""]
    readings = [
        *(trials_reading(v.trials, v.durations) if v.trials is not None else []),
        *(patients_reading(v.patients) if v.patients is not None else []),
    ]
    for reading in readings:
        lines += [
            *_wrapped(f"{_MARKS[reading['state']]} {reading['head']}", width),
            *_wrapped(f"  {reading['text']}", width),
            "",
        ]
    reasons: dict[str, int] = {}
    for part in (v.trials, v.patients):
        for left in part.left_out if part is not None else ():
            reasons[left.reason] = reasons.get(left.reason, 0) + 1
    if reasons:
        lines.append("Not scored:")
        lines += [f"  {words.count(number, 'row')}: {why}" for why, number in reasons.items()]
    lines += [*(v.patients.notes if v.patients is not None else ()), f"Knowledge {v.knowledge_version}"]
    return "\n".join(lines) + "\n"


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(text, max(40, width), subsequent_indent="  ")
