"""The small print: what the lines of a page rest on, by grade, and how much of it was not yet checked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from collis.knowledge.load import load
from collis.reasons import Ground
from collis.report import words
from collis.sources import Grade

_TITLES_AT_MOST = 5


def sources_words(grounds: Iterable[Ground], on: date | None) -> str:
    """The sources of a page, strongest grade first, each title cut short; then the count of unchecked ones."""
    known = list(grounds)
    said = [
        f"{grade.value.capitalize()}: {words.sentence(words.listed(_titles(known, grade, on)))}"
        for grade in Grade
        if any(g.grade is grade for g in known)
    ]
    unchecked = len({(g.source, g.place) for g in known if not g.verified})
    if unchecked:
        places = words.count(unchecked, "place in them is", "places in them are")
        said.append(f"{places} not yet checked.")
    return " ".join(said)


def _titles(grounds: Iterable[Ground], grade: Grade, on: date | None) -> list[str]:
    citations = load(on).citations
    keys = dict.fromkeys(g.source for g in grounds if g.grade is grade)
    titles = list(dict.fromkeys(citations[key].short() if key in citations else key for key in keys))
    shown = [words.clipped(title, 52) for title in titles[:_TITLES_AT_MOST]]
    more = len(titles) - len(shown)
    return shown + ([f"{more} more"] if more else [])
