"""What paper, terminal and page say alike of candidates side by side: rows, changes, gains, risks, shared reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from collis.case.session import Session, SideEffectKind
from collis.knowledge.names import Muscle, MuscleSide
from collis.reasons import Ground, Level, Reason
from collis.report import presenting, words
from collis.report.charts import Chart
from collis.report.curves import NextMark, comparison_chart, when_words
from collis.side import Side

if TYPE_CHECKING:
    from collis.api import Consultation, Offer
    from collis.course.forecast import Band, Risk

WARNINGS_AT_MOST = 5

RowKey = Muscle | str


def next_mark(consultation: Consultation) -> NextMark | None:
    """The mark of the earliest next session, None where no interval is known."""
    after = consultation.earliest_next
    if after is None:
        return None
    return NextMark(week=float(after.weeks), head=f"Week {after.weeks}, {words.short_day(after.on)}")


def last_doses(last: Session | None) -> dict[tuple[RowKey, Side], Decimal]:
    """Units of the last session by row and side; a lumped name keeps a row of its own."""
    found: dict[tuple[RowKey, Side], Decimal] = {}
    for line in last.given if last is not None else ():
        key: RowKey = line.members[0].muscle if len(line.members) == 1 else line.muscle
        found[key, line.side] = found.get((key, line.side), Decimal(0)) + line.dose.units
    return found


def row_keys(c: Consultation) -> list[RowKey]:
    """The rows of the dose grid: every muscle of any candidate or of the last session, best ranked first."""
    rank = {m.where: i for i, m in reversed(list(enumerate(c.ranking.muscles)))}
    used = {i.muscle for o in c.offers for i in o.candidate.plan.injections if i.dose.units > 0}
    before = {key for key, _ in last_doses(c.case.last_session)}
    muscles = used | {key for key in before if isinstance(key, Muscle)}

    def place(muscle: Muscle) -> tuple[int, int]:
        best = min((rank.get(MuscleSide(muscle, side), len(rank)) for side in Side), default=len(rank))
        return best, list(Muscle).index(muscle)

    lumped = sorted(key for key in before if not isinstance(key, Muscle))
    return [*sorted(muscles, key=place), *lumped]


def candidates_chart(consultation: Consultation) -> Chart:
    """The forecasts of all candidates in the colours of the screen."""
    return comparison_chart(
        [(o.key.heading, o.forecast) for o in consultation.offers], earliest=next_mark(consultation)
    )


def changes_shown(c: Consultation, last: Session | None) -> bool:
    """Whether the last session was of the same product and told by muscle, so that a change can be named."""
    return last is not None and last.product == c.product and bool(last.given)


def change_at(c: Consultation, plan_units: Decimal, where: tuple[RowKey, Side]) -> Decimal | None:
    """The change from the last session at one place; None where it cannot be told."""
    last = c.case.last_session
    if last is None or not changes_shown(c, last):
        return None
    row, side = where
    lumped = any(
        len(line.members) > 1 and line.side is side and any(m.muscle is row for m in line.members)
        for line in last.given
    )
    if lumped or not isinstance(row, Muscle):
        return None
    return plan_units - last_doses(last).get(where, Decimal(0))


def best_gain(offer: Offer) -> tuple[str, str]:
    """The largest expected gain in points and its band with the week."""
    weeks, gain = offer.forecast.weeks, offer.forecast.gain
    at = max(range(len(gain)), key=lambda i: gain[i].median)
    best = gain[at]
    return words.number(
        best.median, 0
    ), f"({_span(best)}), week {words.number(weeks[at], 0)}{on_day(offer, 'peak')}"


def _span(band: Band) -> str:
    return words.span(band.low, band.high, 0)


def half_gone(offer: Offer) -> tuple[str, str]:
    """The week half of the peak is gone, and its band."""
    if offer.forecast.fading_week is None:
        return "no effect to fade", ""
    said = when_words(offer.forecast.fading_week)
    middle, _, band = said.partition(" (")
    return middle, f"{f'({band}' if band else ''}{on_day(offer, 'half_gone')}"


def on_day(offer: Offer, key: str) -> str:
    """The middle day of what is expected, without its year, after a comma; empty without a date."""
    on = next((dated.middle for dated in offer.forecast.dates if dated.key == key), None)
    return "" if on is None else f", {words.short_day(on).rpartition(' ')[0]}"


def risk_words(c: Consultation, offer: Offer, risk: Risk) -> tuple[str, str]:
    """A risk relative to the named comparator, with its band; the comparator itself is said to be it."""
    if offer.candidate.plan.name == c.comparator:
        return "1", "(comparator)" if len(c.offers) > 1 else ""
    if risk.relative is None:
        return "not told", "(nothing to compare with)"
    low, high = words.ratio(risk.relative.low), words.ratio(risk.relative.high)
    if low == high == "1":
        return "the same", ""
    return words.times(risk.relative.median), f"({low} to {high})" if low != high else ""


def seen_before(last: Session | None, kind: SideEffectKind) -> str:
    """The worst side effect of a kind after the last session, with its days."""
    found = [e for e in last.side_effects if e.kind is kind] if last is not None else []
    if not found:
        return "none recorded"
    worst = max(found, key=lambda e: e.grade)
    days = presenting.days_of(worst)
    return f"{presenting.severity(worst.grade)}, {days}" if days else presenting.severity(worst.grade)


def comparator_title(c: Consultation) -> str:
    """The heading of the candidate that relative risks are told against."""
    named = (o.key.heading for o in c.offers if o.candidate.plan.name == c.comparator)
    return next(named, c.comparator)


def concerned(c: Consultation, offers: Sequence[Offer]) -> str:
    """Which candidates a line is about."""
    if len(offers) == len(c.offers):
        return "All candidates" if len(offers) > 1 else ""
    return words.listed([o.key.heading for o in offers])


def shared_reasons(c: Consultation, levels: Sequence[Level]) -> list[tuple[Reason, list[Offer]]]:
    """The clinical reasons of all candidates, each once with the candidates it concerns; worst first."""
    found: dict[tuple[str, str, str], tuple[Reason, list[Offer]]] = {}
    for offer in c.offers:
        for reason in offer.checked.verdict.clinical:
            if reason.level in levels:
                entry = found.setdefault((reason.rule, reason.what, reason.action), (reason, []))
                if offer not in entry[1]:
                    entry[1].append(offer)
    return sorted(found.values(), key=lambda e: (-e[0].level.strictness, -e[0].harm, e[0].rule))


def grounds_of(c: Consultation) -> Iterator[Ground]:
    """Every ground that stands behind a line of the page."""
    if c.earliest_next is not None:
        yield c.earliest_next.ground
    for offer in c.offers:
        if offer.candidate.total_ground is not None:
            yield offer.candidate.total_ground
        yield from (b.ground for b in offer.candidate.limited_by if b.ground is not None)
        yield from (r.ground for r in offer.checked.verdict.clinical if r.ground is not None)
