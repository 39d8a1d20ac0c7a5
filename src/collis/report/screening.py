"""A screening in words: what stands, what clears it, what was cleared, what nobody answered."""

from __future__ import annotations

from typing import assert_never

from collis.case.case import Case
from collis.case.history import FlagAnswer
from collis.knowledge.redflags import Tier
from collis.reasons import Level
from collis.report import words
from collis.safety.screen import Screening, ScreenItem, ScreenLevel

NAMED_ON_A_PAGE = 3


def stands_in_the_way(screening: Screening) -> bool:
    """Whether nothing may be proposed: something must be worked up, or cleared, first."""
    return screening.level is not ScreenLevel.CLEAR


def screening_word(screening: Screening) -> str:
    """The outcome in a few words; "nothing found" only where every question is answered and nothing stands."""
    match screening.level:
        case ScreenLevel.STOP:
            return "Stop and work up"
        case ScreenLevel.HOLD:
            return "Hold until cleared"
        case ScreenLevel.CLEAR if screening.unanswered:
            return f"Not screened: {len(screening.unanswered)} unanswered"
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


def screening_details(screening: Screening, case: Case, *, most: int | None = None) -> list[str]:
    """What is behind the word: what stands, cautions, questions nobody answered (at most `most`), what was cleared."""
    found = []
    for head, items in (
        ("Stands", (*screening.stop, *screening.hold)),
        ("Caution", screening.caution),
        ("Not answered", screening.unanswered),
    ):
        if items:
            found.append(f"{head}: {_named(items, most)}")
    if not screening.unanswered:
        found.append("Every question answered")
    cleared = cleared_flags(case)
    if cleared:
        found.append(f"Cleared: {'; '.join(cleared)}")
    return found


def _named(items: tuple[ScreenItem, ...], most: int | None) -> str:
    names = [_lower(item.flag.label) for item in items]
    left = 0 if most is None else len(names) - most
    return ", ".join(names) if left <= 1 else f"{', '.join(names[:most])} and {left} more"


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def cleared_flags(case: Case) -> list[str]:
    """The flags that were worked up and entered as cleared: which, by whom and when."""
    from collis.api import knowledge_for

    found = []
    for flag in knowledge_for(case).red_flags:
        reply = case.flags.get(flag.key)
        if reply is None or reply.answer is not FlagAnswer.CLEARED or flag.tier is Tier.CAUTION:
            continue
        if reply.done and reply.on is not None:
            found.append(f"{_lower(flag.label)} ({reply.by or reply.done}, {words.day(reply.on)})")
    return found


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
                said = (
                    "No answer so far stands in the way of a plan. Unanswered never counts as no: ask first."
                )
            return said
        case _:
            assert_never(screening.level)


def screening_text(
    screening: Screening, *, width: int, colour: bool = False, case: Case | None = None
) -> str:
    """The screening: the outcome, what stands in each tier and what clears it, and what nobody answered.

    With its `case` it also says what was cleared, by whom and when.
    """
    from collis.report.terminal import SHAPES, STYLES, Sheet

    sheet = Sheet(width=width, colour=colour)
    level = {
        ScreenLevel.STOP: Level.REFUSE,
        ScreenLevel.HOLD: Level.CANNOT_JUDGE,
        ScreenLevel.CLEAR: Level.WARN if screening.caution or screening.unanswered else Level.ALLOW,
    }[screening.level]
    said = screening_word(screening)
    beside = "" if "unanswered" in said else answered_words(screening)
    sheet.title(f"{SHAPES[level]} {said}", beside)
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
    cleared = [] if case is None else cleared_flags(case)
    if cleared:
        sheet.line()
        sheet.line(words.sentence("; ".join(cleared)), head="Cleared:")
    return sheet.text()
