"""What a virtual trial says in plain words: the primary answer, what one such trial sees, what was published."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from collis.report import findings, words
from collis.report.trial_charts import median_words
from collis.report.trial_contrasts import event_words
from collis.report.typesetting import Data
from collis.trials.questions import Figure, Kind

if TYPE_CHECKING:
    from collis.trials.analyse import Analysis, Answer, Match
    from collis.trials.ancova import Estimate
    from collis.trials.questions import EndPoint
    from collis.trials.replicates import Seen

BANNER = "Virtual patients, not clinical evidence"
STANDING = f"{BANNER}. Research, not a cleared device."


def reading(a: Analysis) -> list[Data]:
    """The findings: the primary end point arm by arm, the published figures, the most frequent side effect."""
    found = _primary(a)
    if a.matches:
        found.append(_matches(a))
    if a.harms:
        found.append(_harms(a))
    return found


def _primary(a: Analysis) -> list[Data]:
    answer = a.primary
    asked = f"Primary end point: {answer.end_point.words()}."
    if answer.problem:
        return [findings.said("No answer to the primary question", f"{asked} {answer.problem}", good=False)]
    if answer.differences:
        return [_difference(a, answer, arm, asked) for arm in answer.differences]
    if answer.survival:
        told = [f"{a.question.said(c.arm)} {median_words(c.median)}" for c in answer.survival]
        return [
            findings.said(f"Median by arm: {words.listed(told)}", f"{asked} {_ranges(a, answer)}", good=None)
        ]
    told = [f"{a.question.said(arm)} {words.number(e.value, 1)} points" for arm, e in answer.means.items()]
    told += [f"{a.question.said(arm)} {words.percent(s.share)}" for arm, s in answer.shares.items()]
    return [findings.said(words.sentence(words.listed(told)).rstrip("."), asked, good=None)]


def _difference(a: Analysis, answer: Answer, arm: str, asked: str) -> Data:
    e = answer.differences[arm]
    mine, other = a.question.said(arm), a.question.said(a.question.reference)
    seen = answer.replicates.of(arm, a.question.reference) if answer.replicates is not None else None
    if answer.end_point.kind.counts:
        by = f"{words.number(abs(100 * e.value), 1)} percentage points"
        head = f"{mine} helps {by} {'more' if e.value > 0 else 'fewer'} people than {other}"
    else:
        better = "better" if e.value < 0 else "worse"
        head = f"{mine} is {words.number(abs(e.value), 1)} points {better} than {other}"
    return findings.said(
        head,
        f"{asked} Over the whole run {interval_words(answer.end_point, e)}. {_one(a, answer, arm, seen)}",
        good=None,
    )


def _one(a: Analysis, answer: Answer, arm: str, seen: Seen | None) -> str:
    if seen is None or answer.replicates is None:
        return "The run is too small to say what one trial of the design’s size would have seen."
    size = sum(answer.replicates.per_arm.values())
    told = "" if seen.told is None else f" and {words.percent(seen.told)} of them tell the arms apart"
    return (
        f"Of trials with {size} people, 95 % see {seen_words(answer.end_point, seen)}{told} "
        f"({words.number(answer.replicates.trials)} trials cut from the run)."
    )


def _ranges(a: Analysis, answer: Answer) -> str:
    if answer.replicates is None:
        return ""
    told = [
        f"{a.question.said(s.arm)} {seen_words(answer.end_point, s)}"
        for s in answer.replicates.seen
        if not s.against
    ]
    return f"Of trials of the design’s size, 95 % see a median of {words.listed(told)}."


def _matches(a: Analysis) -> Data:
    judged = [m for m in a.matches if m.inside is not None]
    met = [m for m in judged if m.inside]
    missed = [m for m in judged if not m.inside]
    open_ = [m for m in a.matches if m.inside is None]
    name = a.question.counterpart or "the published trial"
    text = []
    if missed:
        text.append(f"Missed: {words.listed([_match(a, m) for m in missed])}.")
    if open_:
        near = sum(m.plausible is True for m in open_)
        text.append(
            f"{words.count(len(open_), 'figure comes', 'figures come')} without an interval; {near} of them lie among "
            "what trials of this size see."
        )
    if not judged:
        return findings.said(f"No published interval of {name} to be held against", " ".join(text), good=None)
    holds = f"{words.count(len(judged), 'published 95 % interval')} of {name} {'holds' if len(met) == 1 else 'hold'}"
    head = f"{len(met)} of {holds} the virtual figure"
    return findings.said(head, " ".join(text), good=not missed)


def _match(a: Analysis, m: Match) -> str:
    return (
        f"{figure_words(a, m)} (virtual {value_words(m.published.what, m.virtual, m)}, published "
        f"{value_words(m.published.what, m.published.value, m)})"
    )


def _harms(a: Analysis) -> Data:
    first = a.harms[0].event
    told = [f"{a.question.said(h.arm)} {words.percent(h.share.share)}" for h in a.harms if h.event == first]
    return findings.said(
        f"Most frequent side effect: {event_words(first).lower()}",
        f"{words.sentence(words.listed(told))} All of them stand below.",
        good=None,
    )


def figure_words(a: Analysis, m: Match) -> str:
    """What a published figure is of, as a phrase."""
    p = m.published
    against = f" less {a.question.said(p.against)}" if p.against else ""
    return f"{p.end_point}, {a.question.said(p.arm)}{against}"


def value_words(what: Figure, value: float | None, m: Match) -> str:
    """A figure with its unit."""
    if value is None:
        return "none"
    if what in (Figure.RESPONDERS, Figure.EVENT):
        return f"{words.number(100 * value, 1)} %"
    if what is Figure.WEEKS:
        return f"{words.number(value, 1)} weeks"
    if (
        what is Figure.DIFFERENCE
        and m.published.interval is not None
        and max(map(abs, m.published.interval)) <= 1
    ):
        return f"{words.number(100 * value, 1)} percentage points"
    return f"{words.number(value, 1)} points"


def span_words(what: Figure, interval: tuple[float, float], m: Match) -> str:
    """An interval with its unit once."""
    low, high = (value_words(what, end, m) for end in interval)
    return f"{low.rsplit(' ', 1)[0].removesuffix(' percentage')} to {high}"


def interval_words(end_point: EndPoint, e: Estimate) -> str:
    """An estimate with its 95 % interval; the interval holds the noise of the drawing alone."""
    if end_point.kind.counts:
        low, high = sorted((100 * e.low, 100 * e.high))
        return f"{words.number(100 * e.value, 1)} percentage points ({words.span(low, high, 1)})"
    return f"{findings.fixed(e.value, 2)} points ({findings.fixed(e.low, 2)} to {findings.fixed(e.high, 2)})"


def seen_words(end_point: EndPoint, seen: Seen) -> str:
    """The 95 % range of what trials of the design's size saw."""
    if end_point.kind.lasts:
        high = f"{words.number(seen.high, 1)} weeks" if isfinite(seen.high) else "beyond the last visit"
        low = words.number(seen.low, 1) if isfinite(seen.low) else "beyond the last visit"
        return low if low == high else f"{low} to {high}"
    if end_point.kind.counts:
        unit = "percentage points" if seen.against else "%"
        return f"{words.span(100 * seen.low, 100 * seen.high, 0)} {unit}"
    return f"{findings.fixed(seen.low)} to {findings.fixed(seen.high)} points"


def limits_words(a: Analysis) -> list[str]:
    """How far a virtual trial goes."""
    said = [
        "Virtual patients, drawn from a model of published trials; not clinical evidence. A virtual trial shows what "
        "the model implies for a design. It cannot show that the model is right, and no patient was treated.",
        "Intervals of the whole run hold the chance of the drawing alone and shrink with the number drawn. What one "
        "trial of the design’s size sees is told apart from it: that range is cut from the run itself.",
    ]
    if any(answer.end_point.kind.lasts for answer in a.answers):
        said.append(
            "A duration is read at visits: whoever loses the effect between two visits is counted at the later one, "
            "and who leaves early counts until the last rating."
        )
    if any(answer.end_point.kind is Kind.RESPONDER for answer in a.answers):
        said.append("A person without a rating at the week of an end point counts as no responder.")
    if a.worth < 0.995 * a.people:
        said.append(
            f"People carry weights that bring them to the published baseline; {words.number(a.people)} people are "
            f"worth {words.number(round(a.worth))} equally weighted ones. Trials of the design’s size draw by weight."
        )
    if any(answer.repeated for answer in a.answers):
        said.append(
            "The mixed model has a mean for each arm and visit, the baseline as covariate by visit, and visits that "
            "hang together freely. For the first trial of the design’s size statsmodels fits one with a level for each "
            "person."
        )
    return said
