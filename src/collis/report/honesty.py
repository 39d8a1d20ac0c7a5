"""What a page and a terminal say of the figures behind them: how many were checked, what a forecast holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from collis.planning.candidate import Candidate
from collis.reasons import Reason
from collis.report import words
from collis.sources import Grade

if TYPE_CHECKING:
    from collis.api import Consultation, Offer

NOTHING_BOUND = "nothing bound it"


def dose_ranges(c: Consultation, offers: Sequence[Offer]) -> str:
    """How many figures of the dose ranges behind these plans were checked, for their muscles and product."""
    from collis.api import knowledge_for

    muscles = {i.muscle for o in offers for i in o.candidate.plan.injections if i.dose.units > 0}
    if not muscles:
        return ""
    ranges = [knowledge_for(c.case).muscles[muscle].doses.get(c.product) for muscle in sorted(muscles)]
    figures = [
        entry
        for known in ranges
        if known is not None
        for entry in (known.usual, known.soft_max, known.highest_any_source, known.least_useful, known.sites)
        if entry is not None
    ]
    checked = sum(entry.verified for entry in figures)
    said = f"Dose ranges here: {checked} of {len(figures)} checked against their source"
    if figures and not checked:
        grades = Counter(entry.grade for entry in figures)
        said = (
            f"{said}; every one is assumed"
            if set(grades) == {Grade.ASSUMED}
            else f"{said}; {words.listed([f'{n} {grade.value}' for grade, n in grades.most_common()])}"
        )
    without = sum(known is None for known in ranges)
    if without:
        said = f"{said}; none is kept for {words.count(without, 'muscle')}"
    return f"{said}."


def unchecked_limits(c: Consultation) -> str:
    """What the gate counts as not yet checked, as it counts it for each candidate."""
    from collis.report.side_by_side import concerned

    found: dict[str, list[Offer]] = {}
    for offer in c.offers:
        for reason in offer.checked.verdict.about_sources:
            found.setdefault(reason.what, []).append(offer)
    said = []
    for what, offers in found.items():
        which = concerned(c, offers)
        said.append(f"{which}: {what[:1].lower()}{what[1:]}" if which else what)
    return f"Limits. {' '.join(said)}" if said else ""


def notes_of(c: Consultation) -> list[tuple[Reason, list[Offer]]]:
    """The remarks of the gate that ask for nothing, each once with the candidates it concerns."""
    found: dict[tuple[str, str], tuple[Reason, list[Offer]]] = {}
    for offer in c.offers:
        for reason in offer.checked.verdict.notes:
            entry = found.setdefault((reason.rule, reason.what), (reason, []))
            if offer not in entry[1]:
                entry[1].append(offer)
    return list(found.values())


def gain_note(c: Consultation, offers: Sequence[Offer]) -> str:
    """That the gain holds the placebo response, and how much of it, at the best week."""
    if not offers:
        return ""
    parts = []
    for offer in offers:
        gain = offer.forecast.gain
        best = max(range(len(gain)), key=lambda i, gain=gain: gain[i].median)  # type: ignore[misc]
        parts.append(offer.forecast.placebo[best])
    points = words.span(min(parts), max(parts), 0)
    plural = "point" if points == "1" else "points"
    return f"Gain includes the placebo response (about {points} {plural})."


def own_record(c: Consultation, *, column: str = "first column") -> str:
    """That what the patient recorded of the last session stands beside the forecast and is not used by it."""
    last = c.case.last_session
    if last is None:
        return ""
    parts = []
    if last.faded_week is not None:
        parts.append(f"fading week {words.number(last.faded_week)}")
    if last.benefit_percent is not None:
        parts.append(f"best {words.number(last.benefit_percent)} %")
    if not parts:
        return ""
    told = ", ".join(parts)
    return f"The patient’s own record ({told}) is shown in the {column} and is not yet used by this forecast."


def why_doses(candidate: Candidate, *, most: int = 110) -> list[tuple[str, str]]:
    """Why each line has its dose: muscle, side and Units, and the reason in one short line."""
    reasons = {line.where: line.why_dose for line in candidate.lines}
    return [
        (
            f"{words.place(i.where)} {words.units(i.dose)}:",
            words.clipped(words.sentence(reasons[i.where]), most),
        )
        for i in candidate.plan.injections
        if i.dose.units > 0 and reasons.get(i.where)
    ]


def limited_words(candidate: Candidate) -> str:
    """What bound the plan; that nothing did is said."""
    return words.sentence("; ".join(b.text for b in candidate.limited_by) or NOTHING_BOUND)


def site_changes(c: Consultation, offer: Offer) -> list[str]:
    """Lines whose Units are those of last time but whose number of sites is another."""
    last = c.case.last_session
    if last is None or last.product != c.product:
        return []
    before = {line.members[0]: line for line in last.given if len(line.members) == 1}
    found = []
    for injection in offer.candidate.plan.injections:
        line = before.get(injection.where)
        if line is None or line.sites in (None, injection.sites):
            continue
        if line.dose == injection.dose and injection.dose.units > 0:
            sites = words.count(injection.sites, "site")
            found.append(f"{words.place(injection.where)} same, {sites} (was {line.sites})")
    return found


def site_changes_words(c: Consultation, offers: Sequence[Offer]) -> str:
    """All such lines of several candidates as one sentence, empty where there are none."""
    from collis.report.side_by_side import concerned

    by_text: dict[str, list[Offer]] = {}
    for offer in offers:
        for said in site_changes(c, offer):
            by_text.setdefault(said, []).append(offer)
    parts = []
    for said, which in by_text.items():
        name = concerned(c, which)
        parts.append(f"{said} ({name})" if name and len(c.offers) > 1 and len(offers) > 1 else said)
    return f"Sites changed: {'; '.join(parts)}." if parts else ""


def nothing_proposed(c: Consultation) -> str:
    """The sentence at the top of an answer without candidates; empty where there are some."""
    if c.offers:
        return ""
    why = list(dict.fromkeys(n.why.rstrip(".") for n in c.not_offered))
    return (
        f"Nothing can be proposed. {words.sentence(why[0])}" if len(why) == 1 else "Nothing can be proposed."
    )
