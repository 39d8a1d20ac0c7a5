"""The page written in place of a comparison where there is no plan: what is in the way and what clears it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from collis.report import presenting, typesetting, words
from collis.report.honesty import nothing_proposed
from collis.report.screening import outcome, screening_details, screening_word, stands_in_the_way
from collis.report.typesetting import Data

if TYPE_CHECKING:
    from collis.api import Consultation

STANDING = "Decision support, not a cleared device; the clinician decides."


def no_plan_pdf(consultation: Consultation, *, example: bool = False) -> bytes:
    """One tagged page that says that there is no plan, so that no earlier page can be taken for one."""
    return typesetting.pdf("no_plan.typ", no_plan_data(consultation, example=example), on=_on(consultation))


def no_plan_png(consultation: Consultation, *, example: bool = False, width_px: int = 1400) -> bytes:
    """The same page as a picture, for looking at."""
    data = no_plan_data(consultation, example=example)
    return typesetting.pictures("no_plan.typ", data, on=_on(consultation), width_px=width_px)[0]


def no_plan_data(c: Consultation, *, example: bool) -> Data:
    """Everything the page says, as the plain data its template reads."""
    screening, on = c.screening, _on(c)
    stopped = stands_in_the_way(screening)
    items = [
        {
            "head": words.sentence(item.what),
            "text": f"Clears it: {'; '.join(item.clears)}." if item.clears else "",
        }
        for item in (*screening.stop, *screening.hold)
    ]
    reasons: dict[str, list[str]] = {}
    for missing in c.not_offered:
        reasons.setdefault(words.sentence(missing.why), []).append(missing.key.heading)
    heading = "No plan: work up first" if stopped else "No plan: nothing can be proposed"
    data: Data = {
        "title": f"{heading}, {words.day(on)}",
        "heading": heading,
        "date": [on.year, on.month, on.day],
        "example": example,
        "visit": presenting.visit(c.case),
        "posture": words.sentence(presenting.posture(c.case.examination.posture) or "not recorded"),
        "outcome": outcome(screening) if stopped else nothing_proposed(c),
        "word": screening_word(screening),
        "items": items[:12],
        "more": max(0, len(items) - 12),
        "reasons": []
        if stopped
        else [{"head": f"{words.listed(heads)}:", "text": why} for why, heads in reasons.items()],
        "details": [words.clipped(words.sentence(d), 700) for d in screening_details(screening, c.case)],
        "after": "Injection sheets printed earlier for this visit no longer hold. Enter what was done, by whom and "
        "when, and plan again.",
        "standing": STANDING,
        "version": f"Knowledge version {c.knowledge_version}. Page 1 of 1.",
    }
    return {key: typesetting.printed(value) for key, value in data.items()}


def _on(c: Consultation) -> date:
    assert c.case.date is not None  # a consultation has a dated case
    return c.case.date
