"""A screening in words: what stands, what clears it, what nobody answered."""

from __future__ import annotations

from typing import assert_never

from collis.reasons import Level
from collis.report import words
from collis.safety.screen import Screening, ScreenLevel


def stands_in_the_way(screening: Screening) -> bool:
    """Whether nothing may be proposed: something must be worked up, or cleared, first."""
    return screening.level is not ScreenLevel.CLEAR


def screening_word(screening: Screening) -> str:
    """The outcome in two or three words."""
    match screening.level:
        case ScreenLevel.STOP:
            return "Stop and work up"
        case ScreenLevel.HOLD:
            return "Hold until cleared"
        case ScreenLevel.CLEAR if screening.caution:
            return f"Caution {len(screening.caution)}"
        case ScreenLevel.CLEAR:
            return "Nothing found"
        case _:
            assert_never(screening.level)


def answered_words(screening: Screening) -> str:
    """How much was left unanswered, which never counts as no."""
    left = len(screening.unanswered)
    return f"{words.count(left, 'question')} not answered" if left else "every question answered"


def outcome(screening: Screening) -> str:
    """The outcome as a sentence that says what to do."""
    match screening.level:
        case ScreenLevel.STOP:
            return "Stop and work up: nothing is proposed until this is ruled out."
        case ScreenLevel.HOLD:
            return "Hold: nothing is proposed until each of these is entered as worked up, cleared by whom, and when."
        case ScreenLevel.CLEAR:
            said = "Nothing stands in the way of a plan."
            if screening.caution:
                said = "Nothing stands in the way; the gate bears the cautions in mind."
            if screening.unanswered:
                said = f"{said} Unanswered never counts as no."
            return said
        case _:
            assert_never(screening.level)


def screening_text(screening: Screening, *, width: int, colour: bool = False) -> str:
    """The screening: the outcome, what stands in each tier and what clears it, and what nobody answered."""
    from collis.report.terminal import SHAPES, STYLES, Sheet

    sheet = Sheet(width=width, colour=colour)
    level = {
        ScreenLevel.STOP: Level.REFUSE,
        ScreenLevel.HOLD: Level.CANNOT_JUDGE,
        ScreenLevel.CLEAR: Level.WARN if screening.caution or screening.unanswered else Level.ALLOW,
    }[screening.level]
    sheet.title(f"{SHAPES[level]} {screening_word(screening)}", answered_words(screening))
    sheet.line(outcome(screening))
    for head, items, mark in (
        ("Stop and work up", screening.stop, Level.REFUSE),
        ("Hold until cleared", screening.hold, Level.CANNOT_JUDGE),
        ("Caution, passed to the gate", screening.caution, Level.WARN),
        ("Not answered", screening.unanswered, Level.CANNOT_JUDGE),
    ):
        if items:
            sheet.section(head)
        for item in items:
            clears = f"Clears it: {'; '.join(item.clears)}." if item.clears and mark is not Level.WARN else ""
            shown = "" if head == "Not answered" else clears
            sheet.bullet(shown, head=words.sentence(item.what), mark=SHAPES[mark], style=STYLES[mark])
    return sheet.text()
