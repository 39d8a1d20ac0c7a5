"""The search for the size of a trial, as text and as a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from collis.report import words
from collis.report.terminal import Sheet
from collis.report.trial_reading import BANNER
from collis.trials.proportions import Z95

if TYPE_CHECKING:
    from collis.trials.power import Search
    from collis.trials.questions import Question


def power_text(
    question: Question, found: Mapping[str, Search], *, people: int, width: int, colour: bool
) -> str:
    """The size that was found for each arm against the reference, and the power around it."""
    sheet = Sheet(width=width, colour=colour)
    sheet.title(f"Size of the trial: {question.title}")
    sheet.line(f"{BANNER}. {words.sentence(question.primary.words())}")
    for arm, search in found.items():
        against = f"{question.said(arm)} against {question.said(question.reference)}"
        sheet.section(against, f"{words.number(search.trials)} trials a size, alpha {search.alpha:g}")
        sheet.line(_answer(search))
        rows = [
            (
                words.number(p.people_per_arm),
                words.number(2 * p.people_per_arm),
                f"{100 * p.share:.1f} %",
                f"± {100 * Z95 * p.se:.1f}",
            )
            for p in search.curve
        ]
        sheet.table(("In each arm", "In all", "Power", "95 %"), rows, right=(0, 1, 2, 3))
    sheet.line()
    sheet.line(
        f"The trials are drawn from {words.number(people)} virtual people; people who leave count as the design says."
    )
    return sheet.text()


def _answer(search: Search) -> str:
    wanted = words.percent(search.wanted)
    if search.found is None:
        return f"No size up to {words.number(search.most)} in each arm reaches {wanted} power."
    return f"{words.number(search.found)} people in each arm reach {wanted} power."


def power_document(question: Question, found: Mapping[str, Search], *, people: int) -> dict[str, Any]:
    """The same as a document; power as a share of 1."""
    return {
        "standing": f"{BANNER}.",
        "title": question.title,
        "end_point": question.primary.words(),
        "reference": question.reference,
        "drawn_from": people,
        "arms": {
            arm: {
                "wanted": s.wanted,
                "alpha": s.alpha,
                "trials": s.trials,
                "people_per_arm": s.found,
                "curve": [
                    {"people_per_arm": p.people_per_arm, "power": round(p.share, 4), "se": round(p.se, 4)}
                    for p in s.curve
                ],
            }
            for arm, s in found.items()
        },
    }
