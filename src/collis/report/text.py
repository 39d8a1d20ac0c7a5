"""Answers as text for a terminal: readable at 80 and 120 columns, without colour, and when piped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from collis.case.session import SideEffectKind
from collis.course.parameters import MuscleRanking, RankedMuscle
from collis.knowledge.names import Muscle, MuscleSide
from collis.planning.candidate import Candidate, NotOffered, Proposal
from collis.reasons import Level
from collis.report import presenting, words
from collis.report.comparison import STANDING
from collis.report.honesty import (
    dose_ranges,
    gain_note,
    limited_words,
    notes_of,
    nothing_proposed,
    own_record,
    site_changes_words,
    unchecked_limits,
    why_doses,
)
from collis.report.screening import screening_details, screening_word
from collis.report.side_by_side import (
    WARNINGS_AT_MOST,
    RowKey,
    best_gain,
    change_at,
    comparator_title,
    concerned,
    half_gone,
    last_doses,
    risk_words,
    row_keys,
    seen_before,
    shared_reasons,
)
from collis.report.terminal import Sheet, state_words
from collis.safety.verdict import CheckedPlan
from collis.side import Side

if TYPE_CHECKING:
    from collis.api import Consultation, Offer
    from collis.course.forecast import Risk

_MUSCLES_SHOWN = 8


def consultation_text(c: Consultation, *, width: int, colour: bool = False, example: bool = False) -> str:
    """The whole consultation: who, the candidates side by side, what is held against them, what to expect, why."""
    sheet = Sheet(width=width, colour=colour)
    sheet.title("Plan comparison", "EXAMPLE, made-up data" if example else "")
    if not c.offers:
        sheet.line(nothing_proposed(c), head="■")
    sheet.line(presenting.visit(c.case))
    seen = presenting.posture(c.case.examination.posture)
    sheet.line(words.sentence(seen or "not recorded"), head="Posture:")
    for note in c.ranking.notes:
        sheet.line(words.sentence(note), head="Note:")
    sheet.line(
        f"{c.product} ({c.brand or 'no brand'}), label {c.case.region.value}. Its Units fit no other product.",
        head="Product:",
    )
    sheet.line(words.sentence(screening_word(c.screening)), head="Screening:")
    for detail in screening_details(c.screening, c.case):
        sheet.line(words.sentence(detail), indent=3)
    if c.earliest_next is not None:
        after = c.earliest_next
        ground = words.grounds(after.ground)
        sheet.line(
            f"{words.day(after.on)}, {after.weeks} weeks on ({ground}).", head="Earliest next session:"
        )
    if c.offers:
        _side_by_side(sheet, c)
        _about_forecast(sheet, c)
    for missing in c.not_offered:
        sheet.line(f"{missing.key.heading}. {words.sentence(missing.why)}", head="Not offered:")
    if c.offers:
        _held_against(sheet, c)
    _ranking(sheet, c.ranking, most=_MUSCLES_SHOWN)
    for offer in c.offers:
        _reasons(sheet, offer.candidate)
    sheet.section("About these figures")
    sheet.line("The band of a forecast is 90 % wide; it is a forecast, not a promise.")
    if c.comparator and len(c.offers) > 1:
        sheet.line(f"Relative risks are told against “{comparator_title(c)}”.")
    sheet.line(f"Knowledge version {c.knowledge_version}. {STANDING}")
    return sheet.text()


def _about_forecast(sheet: Sheet, c: Consultation) -> None:
    sheet.line(gain_note(c, c.offers))
    for said in (own_record(c), site_changes_words(c, c.offers)):
        if said:
            sheet.line(said)


def _side_by_side(sheet: Sheet, c: Consultation) -> None:
    last = c.case.last_session
    room = sheet.width - 22 - (16 if last is not None else 0)
    most = max(1, room // 21)
    for start in range(0, len(c.offers), most):
        _columns(sheet, c, c.offers[start : start + most])


def _columns(sheet: Sheet, c: Consultation, offers: Sequence[Offer]) -> None:
    last = c.case.last_session
    before = last_doses(last)
    heads = ["Units, by the\npatient’s own side"]
    if last is not None:
        heads += ["Last time\nRIGHT", "\nLEFT"]
    for offer in offers:
        heads += [f"{offer.key.heading}\nRIGHT", "\nLEFT"]
    rows = []
    for key in row_keys(c):
        row = [words.muscle(key)]
        if last is not None:
            row += [words.number(before[key, s]) if (key, s) in before else words.DASH for s in Side]
        for offer in offers:
            row += [_dose(c, offer, key, side) for side in Side]
        rows.append(row)
    total = ["Total, Units"]
    if last is not None:
        sums = [sum(u for (_, side), u in before.items() if side is s) for s in Side]
        total += [words.number(u) for u in sums] if last.given else [words.number(last.total.units), ""]
    for offer in offers:
        total += [words.number(_side_total(offer, side)) for side in Side]
    rows.append(total)
    sheet.line()
    sheet.table(heads, rows, right=range(1, len(heads)), sums=1)
    sheet.line(dose_ranges(c, offers))
    sheet.line()
    facts: list[list[str]] = []
    points = words.number(offers[0].forecast.meaningful_points)
    week = words.number(offers[0].forecast.assessment_week)
    facts.append(["Total", *_was(c, _last_total(c)), *(_total(c, o) for o in offers)])
    facts.append(["Verdict", *_was(c, "given"), *(state_words(o.checked.verdict) for o in offers)])
    facts.append(["Best gain, TWSTRS points", *_was(c, ""), *(" ".join(best_gain(o)) for o in offers)])
    facts.append(
        [f"Chance of {points} points, week {week}", *_was(c, ""),
         *(words.percent(o.forecast.chance_meaningful) for o in offers)]
    )  # fmt: skip
    facts.append(["Half of it gone", *_was(c, _faded(c)), *(" ".join(half_gone(o)).strip() for o in offers)])
    for head, kind in (
        ("Swallowing risk, relative", SideEffectKind.DYSPHAGIA),
        ("Neck weakness, relative", SideEffectKind.NECK_WEAKNESS),
    ):
        seen = seen_before(c.case.last_session, kind)
        risks = (" ".join(risk_words(c, o, _risk_of(o, kind))).strip() for o in offers)
        facts.append([head, *_was(c, seen), *risks])
    heads = ["", *_was(c, "Last time"), *(o.key.heading for o in offers)]
    sheet.table(heads, facts, folded=range(1, len(heads)))


def _was(c: Consultation, text: str) -> list[str]:
    return [] if c.case.last_session is None else [text]


def _last_total(c: Consultation) -> str:
    last = c.case.last_session
    if last is None:
        return ""
    product = "" if last.product == c.product else f" of {last.product}"
    return f"{words.units(last.total)}{product}"


def _faded(c: Consultation) -> str:
    last = c.case.last_session
    if last is None or last.faded_week is None:
        return "not recorded"
    return f"by week {words.number(last.faded_week)}"


def _risk_of(offer: Offer, kind: SideEffectKind) -> Risk:
    forecast = offer.forecast
    return forecast.dysphagia if kind is SideEffectKind.DYSPHAGIA else forecast.neck_weakness


def _dose(c: Consultation, offer: Offer, key: RowKey, side: Side) -> str:
    if not isinstance(key, Muscle):
        return words.DASH
    units = offer.candidate.plan.dose_at(MuscleSide(key, side)).units
    change = change_at(c, units, (key, side))
    if units == 0 and not change:
        return words.DASH
    told = "" if change is None else f" {words.signed(change)}"
    return f"{words.number(units)}{told}"


def _side_total(offer: Offer, side: Side) -> int:
    return sum(int(i.dose.units) for i in offer.candidate.plan.injections if i.side is side)


def _total(c: Consultation, offer: Offer) -> str:
    total, last = offer.candidate.plan.total, c.case.last_session
    if last is None or last.product != c.product:
        return words.units(total)
    return f"{words.units(total)} {words.signed(total.units - last.total.units)}"


def _held_against(sheet: Sheet, c: Consultation) -> None:
    sheet.section("Before choosing", "worst harm first")
    asks = shared_reasons(c, (Level.CANNOT_JUDGE,))
    refusals = shared_reasons(c, (Level.REFUSE,))
    warnings = shared_reasons(c, (Level.WARN,))
    for reason, offers in (*asks, *refusals, *warnings[:WARNINGS_AT_MOST]):
        sheet.reason(reason, concerns=concerned(c, offers))
    if len(warnings) > WARNINGS_AT_MOST:
        sheet.line(f"and {len(warnings) - WARNINGS_AT_MOST} more in the JSON file", indent=3)
    if not (asks or refusals or warnings):
        sheet.line("Nothing is held against any candidate.")
    for note, offers in notes_of(c):
        which = concerned(c, offers)
        sheet.line(f"{words.sentence(note.what)}{f' [{which}]' if which else ''}", head="Note:")
    unchecked = unchecked_limits(c)
    if unchecked:
        sheet.line(unchecked)


def _reasons(sheet: Sheet, candidate: Candidate) -> None:
    sheet.section(candidate.key.heading, "why this dose")
    for head, why in why_doses(candidate):
        sheet.line(why, head=head)
    sheet.line(limited_words(candidate), head="Limited by:")
    by_reason: dict[str, list[str]] = {}
    for entry in candidate.untreated:
        by_reason.setdefault(entry.why, []).append(words.place(entry.where))
    for why, places in by_reason.items():
        sheet.line(f"{words.sentence(why)} {words.sentence(words.listed(places))}", head="Untreated:")


def ranking_text(ranking: MuscleRanking, *, width: int, colour: bool = False) -> str:
    """The ranked muscles with reasons for and against; all of them."""
    sheet = Sheet(width=width, colour=colour)
    for note in ranking.notes:
        sheet.line(words.sentence(note), head="Note:")
    _ranking(sheet, ranking, most=len(ranking.muscles))
    return sheet.text()


def _ranking(sheet: Sheet, ranking: MuscleRanking, *, most: int) -> None:
    sheet.section("Muscles and reasons", "bar: share of the pull; RIGHT solid, LEFT striped")
    largest = max((m.share for m in ranking.muscles), default=0.0) or 1.0
    if not ranking.muscles:
        sheet.line("No muscle is ranked: the posture says nothing yet. Enter what is seen.")
    rows = []
    for m in ranking.muscles[:most]:
        block = "█" if m.side is Side.RIGHT else "▒"
        long = max(1, round(8 * m.share / largest)) if m.share > 0 else 0
        place = f"{words.muscle(m.muscle)} {m.side.word}"
        rows.append([place, words.likelihood(m.probability), block * long, _why(m)])
    if sheet.width >= 100 and rows:
        sheet.table(["Muscle", "Likely", "Share", "Why"], rows, folded=[3])
    elif rows:
        for place, likely, bar, why in rows:
            sheet.line(f"{likely}  {bar}", head=f"{place}:")
            sheet.line(why, indent=3)
    if len(ranking.muscles) > most:
        sheet.line(f"and {len(ranking.muscles) - most} more: `collis muscles` lists them")


def _why(m: RankedMuscle) -> str:
    against = [*m.against, *([m.needs] if m.needs else [])]
    if m.held_back:
        against.insert(0, "Sources disagree, so it is never proposed on that ground alone")
    why = words.fitting(m.reasons, 200)
    return f"{why} Against: {words.fitting(against, 160)}".strip() if against else why


def proposal_text(proposal: Proposal, *, width: int, colour: bool = False) -> str:
    """The candidate plans with the reason of every line; not yet judged by the gate."""
    sheet = Sheet(width=width, colour=colour)
    for candidate in proposal.candidates:
        sheet.section(candidate.key.heading, words.units(candidate.plan.total))
        sheet.line(candidate.summary)
        reasons = {line.where: line for line in candidate.lines}
        rows = []
        for injection in candidate.plan.injections:
            line = reasons.get(injection.where)
            why = "" if line is None else words.sentence(f"{line.why_muscle} {line.why_dose}")
            sites = f"{injection.sites} × {words.number(injection.per_site.units, 2)}"
            rows.append(
                [words.muscle(injection.muscle), injection.side.word, words.units(injection.dose), sites, why]
            )
        sheet.table(["Muscle", "Side", "Dose", "Sites", "Why"], rows, right=[2, 3], folded=[4])
        _left_out_lines(sheet, candidate)
    _missing(sheet, proposal.not_offered)
    sheet.line("Not yet judged: `collis plan` passes each through the gate. Nothing is chosen for you.")
    return sheet.text()


def _left_out_lines(sheet: Sheet, candidate: Candidate) -> None:
    sheet.line(limited_words(candidate), head="Limited by:")
    for entry in candidate.untreated[:_MUSCLES_SHOWN]:
        sheet.line(f"{words.place(entry.where)}: {words.sentence(entry.why)}", head="Untreated:")


def _missing(sheet: Sheet, not_offered: Sequence[NotOffered]) -> None:
    sheet.line()
    for missing in not_offered:
        sheet.line(f"{missing.key.heading}. {words.sentence(missing.why)}", head="Not offered:")


def checked_text(checked: CheckedPlan, *, width: int, colour: bool = False) -> str:
    """A plan as typed with its verdict: every clinical line, then what is said of sources."""
    sheet = Sheet(width=width, colour=colour)
    plan, verdict = checked.plan, checked.verdict
    sheet.title(f"{state_words(verdict)}   {plan.name}", f"{plan.product}, {words.units(plan.total)}")
    rows = [
        [
            words.muscle(i.muscle),
            *(words.number(i.dose.units) if i.side is side else words.DASH for side in Side),
            f"{i.sites} × {words.number(i.per_site.units, 2)}",
            words.guidance(i.guidance),
        ]
        for i in plan.injections
    ]
    sheet.table(["Muscle", "RIGHT", "LEFT", "Sites × Units", "Guidance"], rows, right=[1, 2, 3])
    sheet.section("Verdict", "worst harm first")
    for reason in verdict.clinical:
        sheet.reason(reason)
    if not verdict.clinical:
        sheet.line("Nothing is held against this plan.")
    others = (*verdict.about_sources, *verdict.notes)
    if others:
        sheet.section("On sources, and notes")
        for reason in others:
            sheet.reason(reason)
    return sheet.text()
