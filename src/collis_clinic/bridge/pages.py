"""Report values for pages: words, charts and drawings of the report as fragments a strict page may carry.

Drawings come back with the colours of the page's own style sheet, so that they follow light, dark and print.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe

from collis import api
from collis.billing.estimate import Cost
from collis.billing.share import Allowed, NoPriceData, dollars
from collis.case.case import Case
from collis.case.files import parse_case
from collis.case.plan import Plan
from collis.errors import BadInput
from collis.pharmacy.drawup import DrawUp
from collis.reasons import Ground, Kind, Level, Reason
from collis.report import presenting, words
from collis.report.bars import cycles_chart
from collis.report.charts import Chart
from collis.report.curves import forecast_chart
from collis.report.drawing import Ink, draw, letters_for
from collis.report.preparing import vials_words
from collis.report.side_by_side import best_gain, half_gone, next_mark, risk_words
from collis.safety.limits import Limit
from collis.safety.verdict import CheckedPlan
from collis.side import Side
from collis.sources import Sourced
from collis_clinic.records.models import PlanRecord

KEEP_SECONDS = 7 * 24 * 3600

TOKENS: Mapping[str, str] = {
    "#FFFFFF": "var(--surface)",
    "#14201D": "var(--ink)",
    "#42504C": "var(--ink-2)",
    "#D8DFDC": "var(--line)",
    "#CFE3E4": "var(--band)",
    "#0B5A62": "var(--curve)",
    "#B2BBB8": "var(--fig-soft)",
}
"""The colours of the report's screen palette as the tokens of the style sheet they were taken from."""

ON_PAGE = Ink(
    ground="var(--surface)",
    skin="var(--fig)",
    edge="var(--fig-line)",
    soft="var(--fig-soft)",
    hair="var(--fig-hair)",
    strand="var(--fig-hair-line)",
    treated="var(--fig-on)",
    outline="var(--fig-on-line)",
    plate="var(--plate)",
    quiet="var(--ink-2)",
)

sentence = words.sentence
side_effect_words = presenting.side_effect
posture_words = presenting.posture
weeks_and_days = words.weeks_and_days
signed = words.signed
likelihood = words.likelihood


def tokened(svg: str) -> SafeString:
    """A drawing in the tokens of the style sheet. The report escapes every text in it."""
    for colour, token in TOKENS.items():
        svg = svg.replace(colour, token)
    return mark_safe(svg)


def source_words(ground: Ground | Sourced[Any] | None) -> str:
    """What a figure rests on, for the tip beside it: grade, source, place, and whether it was checked."""
    if ground is None:
        return ""
    checked = "" if ground.verified else ", not yet checked against its source"
    return f"{ground.grade.value}: {ground.source.replace('_', ' ')}, {ground.place}{checked}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One line of a verdict as a page says it."""

    rule: str
    level: str
    word: str
    what: str
    action: str
    grade: str
    source: str
    verified: bool
    overridable: bool


def said(reason: Reason) -> Said:
    """A reason of the gate in words."""
    return Said(
        rule=reason.rule,
        level=reason.level.value,
        word=words.state(reason.level),
        what=words.sentence(reason.what),
        action=words.sentence(reason.action),
        grade="" if reason.ground is None else reason.ground.grade.value,
        source=source_words(reason.ground),
        verified=reason.ground is None or reason.ground.verified,
        overridable=reason.overridable,
    )


def said_stored(reason: Mapping[str, Any]) -> Said:
    """A reason out of a stored answer, in the same words."""
    ground, level = reason["ground"], Level(reason["level"])
    return Said(
        rule=reason["rule"],
        level=level.value,
        word=words.state(level),
        what=words.sentence(reason["what"]),
        action=words.sentence(reason["action"]),
        grade="" if ground is None else ground["grade"],
        source=(
            ""
            if ground is None
            else f"{ground['grade']}: {ground['source'].replace('_', ' ')}, {ground['place']}"
            + ("" if ground["verified"] else ", not yet checked against its source")
        ),
        verified=ground is None or ground["verified"],
        overridable=reason["overridable"],
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Meter:
    """How much of one limit a plan takes, earlier toxin included."""

    text: str
    taken: str
    earlier_percent: int
    today_percent: int
    over: bool
    source: str
    verified: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """The gate on one plan, as the page beside the doses says it."""

    level: str
    states: tuple[tuple[str, str], ...]
    reasons: tuple[Said, ...]
    sources: tuple[str, ...]
    meters: tuple[Meter, ...]

    @property
    def refusals(self) -> tuple[Said, ...]:
        """What refuses."""
        return tuple(r for r in self.reasons if r.level == Level.REFUSE.value)

    @property
    def asks(self) -> tuple[Said, ...]:
        """What cannot be judged until it is asked."""
        return tuple(r for r in self.reasons if r.level == Level.CANNOT_JUDGE.value)

    @property
    def impossible(self) -> tuple[Said, ...]:
        """Refusals nobody can go past: entry errors, beyond what any source gives, allergy."""
        return tuple(r for r in self.refusals if not r.overridable)


def judged(checked: CheckedPlan) -> Judged:
    """The verdict of a checked plan in words, worst harm first."""
    verdict = checked.verdict
    reasons = tuple(r for r in verdict.clinical if r.level is not Level.ALLOW)
    sources = tuple(words.sentence(r.what) for r in verdict.reasons if r.kind is Kind.SOURCE)
    return Judged(
        level=verdict.level.value,
        states=tuple((level.value, text) for level, text in words.standing(verdict)),
        reasons=tuple(said(r) for r in reasons),
        sources=sources,
        meters=tuple(_meter(limit, checked.plan) for limit in _fullest(checked)),
    )


def _fullest(checked: CheckedPlan, most: int = 4) -> list[Limit]:
    """The limits this plan fills most, each bound once."""
    filled = [x for x in checked.limits if x.bound > 0 and x.planned(checked.plan) > 0]
    filled.sort(key=lambda x: (x.measure(checked.plan) / x.bound, x.kind.value), reverse=True)
    found: dict[str, Limit] = {}
    for limit in filled:
        found.setdefault(limit.text, limit)
    return list(found.values())[:most]


def _meter(limit: Limit, plan: Plan) -> Meter:
    taken, used = limit.measure(plan), limit.used
    whole = max(limit.bound, taken)
    return Meter(
        text=limit.text,
        taken=f"{words.number(taken)} of {words.number(limit.bound)}",
        earlier_percent=round(used / whole * 100),
        today_percent=round((taken - used) / whole * 100),
        over=taken > limit.bound,
        source=source_words(limit.ground),
        verified=limit.ground.verified,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """What a plan needs opened, and what is left; `problem` says why it cannot be drawn up."""

    vials: str = ""
    opened: Decimal | None = None
    given: Decimal | None = None
    wasted: Decimal | None = None
    cost: str = ""
    problem: str = ""
    given_percent: int = 0


def drawn(checked: CheckedPlan, case: Case, units_per_ml: Decimal | None, payer: str | None) -> Drawn:
    """Vials, waste and cost of a checked plan at the strength chosen; without one, of the way with least against it."""
    if not checked.passes:
        return Drawn(problem="Refused: not drawn up.")
    if checked.plan.total.units == 0:
        return Drawn()
    try:
        made = _at_strength(checked, case, units_per_ml)
    except BadInput as error:
        return Drawn(problem=words.sentence(f"{error.read}; {error.expected}"))
    totals = made.totals
    return Drawn(
        vials=vials_words(made),
        opened=totals.opened.units,
        given=totals.given.units,
        wasted=totals.wasted.units,
        cost=_cost(checked, case, made, payer),
        given_percent=round(totals.given.units / totals.opened.units * 100),
    )


def _at_strength(checked: CheckedPlan, case: Case, units_per_ml: Decimal | None) -> DrawUp:
    first = api.prepare(checked, case).drawup
    if units_per_ml is None or first.choice.dilution.units_per_ml == units_per_ml:
        return first
    ways = [w for w in first.others if w.dilution.units_per_ml == units_per_ml]
    if not ways:
        raise BadInput(
            read=f"{words.number(units_per_ml)} Units/mL", expected="a strength the label gives for the neck"
        )
    return api.prepare(checked, case, row=ways[0].name).drawup


def _cost(checked: CheckedPlan, case: Case, made: DrawUp, payer: str | None) -> str:
    if payer is None:
        return "Payer not recorded."
    try:
        found: Cost | NoPriceData = api.cost(checked, case, api.supply_of(made), payer=payer)
    except BadInput as error:
        return words.sentence(str(error))
    if isinstance(found, NoPriceData):
        return words.sentence(str(found))
    if not isinstance(found.allowed, Allowed):
        return words.sentence(str(found.allowed))
    return f"{dollars(found.allowed.total)} allowed, {dollars(found.allowed.drug)} of it toxin. An estimate."


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A drawing with its text alternative and the table behind it."""

    title: str
    svg: str
    alt: str
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def picture_of(chart: Chart) -> Picture:
    """A chart of the report as a fragment."""
    heads = tuple(chart.table[0]) if chart.table else ()
    rows = tuple(tuple(_cell(v) for v in row.values()) for row in chart.table)
    spec = {key: value for key, value in chart.spec.items() if key != "title"}
    bare = Chart(title=chart.title, spec=spec, table=chart.table, alt=chart.alt)
    heads = tuple(h.replace("_", " ") for h in heads)
    return Picture(title=chart.title, svg=tokened(bare.svg()), alt=chart.alt, heads=heads, rows=rows)


def _cell(value: str | float | None) -> str:
    return "" if value is None else value if isinstance(value, str) else words.number(value, 1)


def necks(plan: Plan) -> tuple[tuple[Picture, ...], Mapping[str, str]]:
    """The sites of a plan in line drawings, and the letter of each muscle."""
    letters = letters_for([i.muscle for i in plan.injections if i.dose.units > 0])
    figures = draw(plan, letters, ink=ON_PAGE)
    shown = tuple(Picture(title=f.title, svg=mark_safe(f.svg), alt=f.below) for f in figures)
    return shown, {muscle.value: letter for muscle, letter in letters.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """What the columns beside a candidate say."""

    gain: tuple[str, str]
    half: tuple[str, str]
    swallowing: tuple[str, str]


def candidate_words(answer: api.Consultation) -> dict[str, Words]:
    """The lines of the candidates' columns by key."""
    return {
        offer.key.value: Words(
            gain=best_gain(offer),
            half=half_gone(offer),
            swallowing=(
                ("others are told against it", "")
                if offer.candidate.plan.name == answer.comparator
                else risk_words(answer, offer, offer.forecast.dysphagia)
            ),
        )
        for offer in answer.offers
    }


def stored_words(record: PlanRecord) -> dict[str, Words]:
    """The same for a kept consultation, from the cache or computed again."""
    found: dict[str, Words] = _cached(record, "words", lambda: candidate_words(_again(record)))
    return found


def stored_forecast(record: PlanRecord, key: str, *, width: int, height: int) -> Picture | None:
    """The forecast of one candidate of a kept consultation; None where it has no such candidate."""
    found: Picture | None = _cached(
        record, f"forecast {key} {width}", lambda: _forecast(_again(record), key, width, height)
    )
    return found


def remember(record: PlanRecord, answer: api.Consultation) -> None:
    """Keep what a fresh answer says, so that the next page computes nothing."""
    _cached(record, "words", lambda: candidate_words(answer))


def _forecast(answer: api.Consultation, key: str, width: int, height: int) -> Picture | None:
    offer = next((o for o in answer.offers if o.key.value == key), None)
    if offer is None:
        return None
    chart = forecast_chart(
        offer.forecast, title=offer.key.heading, earliest=next_mark(answer), width=width, height=height
    )
    return picture_of(chart)


def cycles_picture(case: Case, *, width: int) -> Picture | None:
    """Past cycles of a case as bars; None without any that can be drawn."""
    if not case.history.sessions:
        return None
    key = hashlib.sha256(repr(case.history.sessions).encode()).hexdigest()
    kept = cache.get(f"cycles-{key}-{width}")
    if kept is not None:
        return kept or None
    chart = cycles_chart(case, width=width)
    made = None if chart is None else picture_of(chart)
    cache.set(f"cycles-{key}-{width}", made or "", KEEP_SECONDS)
    return made


def expected_gain(answer: Mapping[str, Any], key: str, *, total: Decimal) -> Decimal | None:
    """The best gain a kept consultation expected of one candidate, in points; None where it is not in it, or where
    another total was given.
    """
    offer = next((c for c in answer.get("candidates", ()) if c["key"] == key), None)
    if offer is None or Decimal(str(offer["plan"]["total_units"])) != total:
        return None
    return Decimal(str(max((band["median"] for band in offer["forecast"]["gain"]), default=0)))


def _again(record: PlanRecord) -> api.Consultation:
    return api.consult(parse_case(record.case_document))


def _cached(record: PlanRecord, what: str, make: Any) -> Any:
    key = f"page {record.digest[:40]} {what}".replace(" ", "-")
    found = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, KEEP_SECONDS)
    return found


SIDES: tuple[Side, ...] = (Side.RIGHT, Side.LEFT)
"""The order of columns everywhere: RIGHT first."""
