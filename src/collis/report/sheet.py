"""The injection sheet: what the injector works from, one page a plan, with labels and draw-up checklist as its second.

Only a plan that the gate does not refuse is printed. One that cannot be judged yet is printed with a box that says it
is not ready to sign and names the missing answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from collis.case.case import Case
from collis.case.plan import Origin, Plan
from collis.errors import BadInput
from collis.knowledge.load import Knowledge
from collis.knowledge.products import Label, LimitKind
from collis.planning.candidate import Candidate, CandidateKey, Untreated
from collis.reasons import Ground, Level, Reason
from collis.report import presenting, typesetting, words
from collis.report.citing import sources_words
from collis.report.drawing import draw
from collis.report.expecting import chart_data, emergency, expect_data
from collis.report.grid import grid_data, heading_of, letters_of
from collis.report.honesty import dose_ranges, gain_note, own_record, site_changes_words
from collis.report.labels import labels_data
from collis.report.preparing import NotPrepared, draw_up_data, facts_data, needle_words, signatures
from collis.report.typesetting import Data
from collis.safety.earlier import within

if TYPE_CHECKING:
    from collis.api import Consultation, Offer, Prepared

WARNINGS_AT_MOST = 5
CUMULATIVE_WEEKS = 12
"""The span over which the sheet adds up earlier toxin. A choice of display: the limits have their own windows."""

STANDING = "Decision support, not a cleared device; the injector decides."


def sheet_pdf(
    consultation: Consultation, offer: Offer, prepared: Prepared | NotPrepared, *, example: bool = False
) -> bytes:
    """The sheet and its second page as a tagged PDF; the same input gives the same bytes.

    Raises `BadInput` for a plan the gate refuses, alone or with its preparation, and for a preparation of another
    plan. `example` boxes it as made up.
    """
    data = sheet_data(consultation, offer, prepared, example=example)
    return typesetting.pdf("sheet.typ", data, on=_on(consultation.case))


def sheet_pngs(
    consultation: Consultation,
    offer: Offer,
    prepared: Prepared | NotPrepared,
    *,
    example: bool = False,
    width_px: int = 1400,
) -> list[bytes]:
    """The same pages as pictures, for looking at."""
    data = sheet_data(consultation, offer, prepared, example=example)
    return typesetting.pictures("sheet.typ", data, on=_on(consultation.case), width_px=width_px)


def sheet_data(
    consultation: Consultation, offer: Offer, prepared: Prepared | NotPrepared, *, example: bool
) -> Data:
    """Everything the pages say, as the plain data their template reads. Errors as `sheet_pdf`."""
    passed(offer, prepared)
    c, plan, on = consultation, offer.candidate.plan, _on(consultation.case)
    knowledge = _knowledge(c.case)
    label = knowledge.label(c.product, c.case.region)
    drawn = None if isinstance(prepared, NotPrepared) else prepared.drawup
    letters = letters_of(c, plan)
    data: Data = {
        "title": f"Injection sheet, {heading_of(offer)}, {words.day(on)}",
        "heading": "Injection sheet",
        "plan": heading_of(offer),
        "date": [on.year, on.month, on.day],
        "example": example,
        "intro": _intro(c),
        "not-ready": _not_ready(offer),
        "facts": facts_data(c, offer, prepared, label),
        **grid_data(c, plan, drawn),
        "cumulative": _cumulative(c, plan.total.units),
        "notes": " ".join(
            p
            for p in (
                *needle_words(label),
                *_cumulative_limits(offer),
                site_changes_words(c, [offer]),
                dose_ranges(c, [offer]),
            )
            if p
        ),
        "figures": [
            {"title": f.title, "below": f.below, "svg": f.svg, "alt": f.alt, "ratio": f.ratio}
            for f in draw(plan, letters)
        ],
        "verdict": _verdict(offer, prepared),
        "untreated": _untreated(offer),
        "draw-up": draw_up_data(prepared, letters),
        "expect": expect_data(c, offer),
        "chart": chart_data(c, offer),
        "forecast-note": " ".join(
            p for p in (gain_note(c, [offer]), own_record(c, column="head of this page")) if p
        ),
        "emergency": emergency(c.case, knowledge),
        "signatures": signatures(prepared),
        "sources": _sources(c, offer, prepared, label, knowledge),
        "standing": STANDING,
        "version": f"Knowledge version {c.knowledge_version}.",
        "second": labels_data(c, offer, drawn, letters, label),
    }
    return {key: typesetting.printed(value) for key, value in data.items()}


def typed_offer(c: Consultation, plan: Plan) -> Offer:
    """A plan that the clinician wrote, judged and forecast like a candidate of the same consultation."""
    from collis import api

    comparator = next((o.candidate.plan for o in c.offers if o.candidate.plan.name == c.comparator), None)
    left = [m.where for m in c.ranking.muscles if plan.dose_at(m.where).units == 0]
    candidate = Candidate(
        key=CandidateKey.BALANCED,  # never shown: a typed plan is called typed
        plan=replace(plan, origin=Origin.TYPED),
        summary="As typed.",
        lines=(),
        untreated=tuple(Untreated(where=where, why="not in the plan as typed") for where in left),
    )
    return api.Offer(
        candidate=candidate,
        checked=api.check(candidate.plan, c.case),
        forecast=api.forecast(candidate.plan, c.case, comparator=comparator),
    )


def passed(offer: Offer, prepared: Prepared | NotPrepared) -> None:
    """Refuses a plan the gate refuses, alone or with its preparation, and a preparation of another plan."""
    plan = offer.candidate.plan
    checks = [offer.checked] if isinstance(prepared, NotPrepared) else [offer.checked, prepared.checked]
    for checked in checks:
        if checked.plan != plan:
            raise BadInput(
                where="plan",
                read="a verdict or draw-up of another plan",
                expected=f"those of {heading_of(offer)!r}",
            )
        if not checked.passes:
            why = next((r.what for r in checked.verdict.reasons if r.level is Level.REFUSE), "")
            raise BadInput(
                where="plan",
                read=f"{heading_of(offer)!r}, refused by the gate: {why}".rstrip(".: "),
                expected="a plan the gate does not refuse",
                mend="A refused plan is not printed as a sheet.",
            )
    if not isinstance(prepared, NotPrepared) and prepared.drawup.plan != plan:
        raise BadInput(
            where="draw-up", read="the draw-up of another plan", expected=f"that of {heading_of(offer)!r}"
        )


def _on(case: Case) -> date:
    assert case.date is not None  # a consultation has a dated case
    return case.date


def _knowledge(case: Case) -> Knowledge:
    from collis.api import knowledge_for

    return knowledge_for(case)


def _intro(c: Consultation) -> list[Data]:
    last, after = c.case.last_session, c.earliest_next
    seen = presenting.visit(c.case)
    if last is not None and after is not None:
        seen = f"{seen.rstrip('.')}; at least {after.weeks} weeks are asked ({words.grounds(after.ground)})"
    goals = "; ".join(c.case.history.goals)
    lines = [
        {"head": "", "text": words.sentence(seen)},
        {
            "head": "Posture:",
            "text": words.sentence(presenting.posture(c.case.examination.posture) or "not recorded"),
        },
        {"head": "Goals:", "text": words.clipped(words.sentence(goals or "not recorded"), 170)},
    ]
    if last is not None:
        effects = "; ".join(presenting.side_effect(e) for e in last.side_effects)
        lines += [
            {"head": "Last time:", "text": words.sentence(presenting.effect_of(last))},
            {
                "head": "Side effects last time:",
                "text": words.clipped(words.sentence(effects or "none recorded"), 150),
            },
        ]
        if last.product != c.product:
            said = f"The last session was of {last.product}: its Units are not set beside these."
            lines.append({"head": "Another product:", "text": said})
    return lines


def _not_ready(offer: Offer) -> list[str]:
    """What keeps the plan from being judged; empty where nothing does."""
    reasons = offer.checked.verdict.clinical
    return [_answer_missing(r) for r in reasons if r.level is Level.CANNOT_JUDGE]


def _answer_missing(reason: Reason) -> str:
    said = reason.what.removeprefix("Cannot judge yet: ")
    return words.sentence(said)


def _cumulative_limits(offer: Offer) -> list[str]:
    """The limits over time, each with how much of it is taken with today."""
    plan, limits = offer.candidate.plan, offer.checked.limits
    return [
        f"{limit.text.rstrip('.')}: {words.units(limit.measure(plan))} with today."
        for limit in limits
        if limit.kind is LimitKind.CUMULATIVE
    ]


def _cumulative(c: Consultation, today: Decimal) -> str:
    """All toxin of the span up to and with today, by product; what is not known is said."""
    events = within(c.case, 7 * CUMULATIVE_WEEKS + 1)
    units: dict[str, Decimal] = {c.product: today}
    unknown = 0
    for event in events:
        if event.dose is None or event.product is None:
            unknown += 1
        else:
            units[event.product] = units.get(event.product, Decimal(0)) + event.dose.units
    own = units.pop(c.product)
    said = f"{CUMULATIVE_WEEKS} weeks, all toxin with today: {words.units(own)}"
    others = [f"{words.units(n)} of {product}" for product, n in units.items()]
    if unknown:
        others.append(words.count(unknown, "treatment of unknown dose", "treatments of unknown dose"))
    if c.case.safety.toxin_elsewhere.value == "unknown":
        others.append("toxin elsewhere not answered")
    return "; ".join([said, *others])


def _verdict(offer: Offer, prepared: Prepared | NotPrepared) -> Data:
    checked = offer.checked if isinstance(prepared, NotPrepared) else prepared.checked
    warnings = [r for r in checked.verdict.clinical if r.level is Level.WARN]
    shown = warnings[:WARNINGS_AT_MOST]
    state = "allow" if not warnings else f"warn {len(warnings)}"
    if offer.checked.verdict.level is Level.CANNOT_JUDGE:
        state = f"cannot judge yet; {state}" if warnings else "cannot judge yet"
    lines = [
        {
            "level": r.level.value,
            "head": words.sentence(r.what),
            "text": words.sentence(r.action),
            "ground": words.grounds(r.ground),
        }
        for r in shown
    ]
    asked = [] if isinstance(prepared, NotPrepared) else _to_write_in(offer, prepared)
    return {
        "state": f"verdict: {state}",
        "lines": lines,
        "more": len(warnings) - len(shown),
        "write-in": asked,
    }


def _to_write_in(offer: Offer, prepared: Prepared) -> list[str]:
    """What the gate asks of the preparation and the plan alone did not ask: written on the sheet at mixing."""
    known = {q for r in offer.checked.verdict.clinical for q in r.asks.split(", ")}
    asked = [q for r in prepared.checked.verdict.clinical for q in r.asks.split(", ") if q]
    return [q for q in asked if q not in known]


def _untreated(offer: Offer) -> list[Data]:
    """Muscle-sides without a dose, gathered by reason in the order of their rank."""
    gathered: dict[str, list[str]] = {}
    for entry in offer.candidate.untreated:
        gathered.setdefault(entry.why.rstrip("."), []).append(words.place(entry.where))
    return [
        {"head": words.sentence(words.listed(_at_most(places, 3))), "text": words.sentence(why)}
        for why, places in gathered.items()
    ]


def _at_most(items: list[str], most: int) -> list[str]:
    rest = len(items) - most
    return items if rest <= 1 else [*items[:most], f"{rest} more"]


def _sources(
    c: Consultation,
    offer: Offer,
    prepared: Prepared | NotPrepared,
    label: Label | None,
    knowledge: Knowledge,
) -> str:
    said = sources_words(_grounds(c, offer, prepared, label, knowledge), c.case.date)
    text = f"Sources. {said} Forecast: a model fitted to published trials; an average with its band, not a promise."
    return words.clipped(text, 640)


def _grounds(
    c: Consultation,
    offer: Offer,
    prepared: Prepared | NotPrepared,
    label: Label | None,
    knowledge: Knowledge,
) -> Iterator[Ground]:
    if c.earliest_next is not None:
        yield c.earliest_next.ground
    checked = offer.checked if isinstance(prepared, NotPrepared) else prepared.checked
    yield from (r.ground for r in checked.verdict.clinical if r.ground is not None)
    if offer.candidate.total_ground is not None:
        yield offer.candidate.total_ground
    yield from (b.ground for b in offer.candidate.limited_by if b.ground is not None)
    if not isinstance(prepared, NotPrepared):
        yield from (Ground.of(row.entry) for row in prepared.drawup.choice.dilution.rows)
        yield Ground.of(prepared.drawup.choice.syringe.dead_space)
    if label is not None:
        yield from (Ground.of(e) for e in (label.in_use_hours, label.needle, label.diluent) if e is not None)
    known = knowledge.emergency
    yield from (Ground.of(s) for s in (*known.signs, known.window, known.mild))
