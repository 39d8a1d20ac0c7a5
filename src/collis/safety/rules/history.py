"""Rules on what came before: intervals, other brands, cumulative Units, swallowing, lost response."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from collis.case.patient import Answer
from collis.case.session import Session, SideEffectKind
from collis.knowledge.products import LimitFact, LimitKind
from collis.reasons import Ground, Level, Reason
from collis.safety.earlier import Earlier, doses_of, earlier, is_large, within
from collis.safety.limits import FRONT, units_text, when_words, window_days, worst_dysphagia
from collis.safety.question import Question
from collis.safety.rules.doses import broken
from collis.safety.rules.lines import cannot_judge, capital, join, line, note, small_first, unasked


def r15(question: Question) -> Iterator[Reason]:
    """Units of one product for all indications within the window, this plan included."""
    yield from broken(question, "R15")
    for fact in _facts(question, LimitKind.CUMULATIVE):
        for event in within(question.case, window_days(fact)):
            mine = event.product in (None, question.product.name)
            if mine and event.dose is None:
                yield cannot_judge(
                    "R15",
                    f"Units of {_named(event)} not entered",
                    "Enter product and Units, or ask the clinic.",
                )


def r25(question: Question) -> Iterator[Reason]:
    """Toxin in the neck inside the least interval; unknown history cannot be judged."""
    if question.case.date is None:
        yield cannot_judge("R25", "the visit has no date", "Enter the date of the visit.")
        return
    yield from _unknown_history(question)
    for event in earlier(question.case):
        if event.on is None:
            yield cannot_judge(
                "R25", f"the date of {_named(event)} is not entered", "Enter it, or ask the clinic."
            )
        elif event.product in (None, question.product.name):
            yield from _too_soon(question, "R25", event, event.on, question.case.date)


def r26(question: Question) -> Iterator[Reason]:
    """Toxin of another brand inside the least interval."""
    visit = question.case.date
    if visit is None:
        return
    for event in earlier(question.case):
        if event.on is not None and event.product not in (None, question.product.name):
            yield from _too_soon(question, "R26", event, event.on, visit)


def _unknown_history(question: Question) -> Iterator[Reason]:
    case = question.case
    if case.naive is Answer.YES:
        return
    if case.naive is Answer.UNKNOWN:
        yield unasked("R25", "toxin before")
    if case.safety.toxin_elsewhere is Answer.UNKNOWN:
        yield unasked("R25", "toxin elsewhere or for another reason")
    elsewhere_unsaid = case.safety.toxin_elsewhere is Answer.YES and not case.safety.other_toxin
    if elsewhere_unsaid:
        yield cannot_judge(
            "R25", "toxin elsewhere answered yes, without date, product or Units", "Enter the treatment."
        )
    elif case.naive is Answer.NO and not earlier(case):
        yield cannot_judge(
            "R25", "the patient had toxin before, when is not entered", "Enter the date of the last toxin."
        )


def _facts(question: Question, kind: LimitKind) -> tuple[LimitFact, ...]:
    facts = question.knowledge.limits_for(question.product.name, question.case.region)
    return tuple(fact for fact in facts if fact.kind is kind)


def _gated(fact: LimitFact) -> Level:
    """The level of an interval as the gate applies it: an unverified refusal only warns."""
    return Level.WARN if fact.level is Level.REFUSE and not fact.bound.verified else fact.level


def _too_soon(question: Question, rule: str, event: Earlier, on: date, visit: date) -> Iterator[Reason]:
    days = (visit - on).days
    if days == 0 and rule == "R25" and not event.own:
        yield note(rule, f"{capital(_named(event))} is of today and counts as one session with this plan.")
        return
    inside = [fact for fact in _facts(question, LimitKind.INTERVAL) if days < fact.amount]
    if not inside:
        return
    fact = max(inside, key=lambda f: (_gated(f).strictness, f.amount))
    longest = max(inside, key=lambda f: f.amount)
    if not event.in_neck and (event.dose is None or event.product is None):
        yield cannot_judge(
            rule, f"product or Units of {_named(event)} not entered", "Enter them, or ask the clinic."
        )
    elif not event.in_neck and not is_large(event, question.case, question.knowledge):
        yield line(
            rule,
            Level.WARN,
            f"{capital(_named(event))} was {_ago(days)}; doses far from the neck add to weakness.",
            "Keep the total low and out of muscles both have reached.",
            ground=Ground.of(fact.bound),
            limit=fact.id,
        )
    else:
        yield line(
            rule,
            _gated(fact),
            f"{capital(_named(event))} was {_ago(days)}; {small_first(fact.text)}",
            f"Wait until {on + timedelta(days=int(longest.amount))}.",
            ground=Ground.of(fact.bound),
            limit=fact.id,
        )


def _ago(days: int) -> str:
    return "today" if days == 0 else f"{days} day{'' if days == 1 else 's'} ago"


def _named(event: Earlier) -> str:
    """An earlier treatment in words: what, which product, how much."""
    parts = [event.words]
    if event.product is not None:
        parts.append(
            event.product if event.dose is None else f"{units_text(event.dose.units)} of {event.product}"
        )
    return ", ".join(parts)


def r44(question: Question) -> Iterator[Reason]:
    """Trouble swallowing after any session: a severe one, a mild one last time, front muscles not lowered enough."""
    yield from broken(question, "R44")
    case, last = question.case, question.case.last_session
    if last is not None:
        yield from _last_time(question, last)
    worst = worst_dysphagia(case, question.knowledge)
    if worst is None:
        return
    lowers = question.knowledge.fact("screening", "dysphagia", "grade_that_lowers")
    severe = question.knowledge.fact("screening", "dysphagia", "grade_tested_first")
    when = when_words(worst, case)
    if worst.worst(SideEffectKind.DYSPHAGIA) >= severe.value:
        yield line(
            "R44",
            Level.WARN,
            f"Severe trouble swallowing {_after(when)}{_dysphagia_days(worst)}.",
            "Swallow test first; lower the front muscles or leave them out.",
            ground=Ground.of(severe),
            harm=9,
        )
    compared = doses_of(worst) if worst.product == question.product.name else {}
    unmatched = [m for m in FRONT if question.plan.sides_of(m) and m not in compared]
    if unmatched:
        yield line(
            "R44",
            Level.WARN,
            f"Trouble swallowing followed the session of {when}; {join([m.words for m in unmatched])} "
            f"{'is' if len(unmatched) == 1 else 'are'} planned, and the dose there then is not known for this product.",
            "Keep the dose low, on one side, high in the muscle, under ultrasound.",
            ground=Ground.of(lowers),
        )


def _last_time(question: Question, last: Session) -> Iterator[Reason]:
    """What the last session left: a mild trouble swallowing, or nobody's word on side effects at all."""
    if not last.side_effects and last.side_effects_asked is not Answer.YES:
        yield unasked("R44", "side effects after the last session")
    if last.worst(SideEffectKind.DYSPHAGIA) == 1:
        days = question.knowledge.fact("screening", "dysphagia", "check_days")
        yield line(
            "R44",
            Level.WARN,
            f"Mild trouble swallowing last time{_dysphagia_days(last)}.",
            f"Book the swallow check for days {days.value[0]} to {days.value[1]}.",
            ground=Ground.of(days),
            harm=2,
        )


def _after(when: str) -> str:
    return when if when == "last time" else f"after the session of {when}"


def _dysphagia_days(session: Session) -> str:
    """The days of the worst trouble swallowing, empty where they were not entered."""
    found = [e for e in session.side_effects if e.kind is SideEffectKind.DYSPHAGIA]
    worst = max(found, key=lambda e: e.grade)
    if worst.from_day is None or worst.to_day is None:
        return ""
    return f", days {worst.from_day} to {worst.to_day}"


def r49(question: Question) -> Iterator[Reason]:
    """Benefit lost twice after an earlier gain."""
    fact = question.knowledge.fact
    helped_from = fact("screening", "response", "helped_from")
    failed_below = fact("screening", "response", "failed_below")
    rated = [s for s in question.case.history.sessions if s.benefit_percent is not None]
    failed = all(_benefit(s) < failed_below.value for s in rated[-2:])
    helped = any(_benefit(s) >= helped_from.value for s in rated[:-2])
    if failed and helped:
        yield note(
            "R49",
            "The last two sessions helped little after earlier benefit.",
            "Look for wrong muscle, changed pattern, low dose, contracture, storage; then test for resistance.",
            ground=Ground.of(failed_below),
        )


def _benefit(session: Session) -> float:
    return float(session.benefit_percent or 0)
