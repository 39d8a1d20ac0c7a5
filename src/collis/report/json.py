"""Answers as plain documents for JSON: stable keys, numbers as numbers, days as text, sides as right and left.

`docs/json.md` describes every key, `schema/consultation.schema.json` the consultation as a JSON Schema. A document
holds the whole answer, also what a page leaves out.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collis.case.files import write_case
from collis.case.plan import Plan
from collis.course.parameters import MuscleRanking, RankedMuscle
from collis.knowledge.names import MuscleSide
from collis.planning.candidate import Candidate, NotOffered, Proposal
from collis.reasons import Ground, Reason
from collis.report import words
from collis.safety.limits import Limit
from collis.safety.screen import Screening, ScreenItem
from collis.safety.verdict import CheckedPlan
from collis.sources import Sourced

if TYPE_CHECKING:
    from collis.api import Consultation, Offer
    from collis.course.forecast import Band, Forecast, Risk, SideEffect, When

FORMAT = 1
SCHEMA = Path(__file__).parent / "schema" / "consultation.schema.json"

Document = dict[str, Any]


def dumped(document: Document) -> str:
    """The document as text: keys in their order, two blanks of indent, one line feed at the end."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def consultation_document(c: Consultation) -> Document:
    """The whole consultation; the case stands in it as the canonical text of its file."""
    return {
        "format": FORMAT,
        "document": "consultation",
        "knowledge_version": c.knowledge_version,
        "date": _day(c.case.date),
        "region": c.case.region.value,
        "product": c.product,
        "brand": c.brand,
        "any_passes": c.any_passes,
        "comparator": c.comparator,
        "earliest_next": (
            None
            if c.earliest_next is None
            else {
                "date": _day(c.earliest_next.on),
                "weeks": c.earliest_next.weeks,
                "ground": ground_document(c.earliest_next.ground),
                "label_minimum": _label_minimum(c),
            }
        ),
        "not_before": _day(c.not_before),
        "screening": screening_document(c.screening),
        **ranking_document(c.ranking),
        "candidates": [_offer(offer) for offer in c.offers],
        "not_offered": [_not_offered(n) for n in c.not_offered],
        "case": write_case(c.case),
    }


def proposal_document(proposal: Proposal) -> Document:
    """The candidates with their reasons, not yet judged and without a forecast."""
    return {
        "format": FORMAT,
        "document": "proposal",
        "candidates": [_candidate(c) for c in proposal.candidates],
        "not_offered": [_not_offered(n) for n in proposal.not_offered],
    }


def ranking_document(ranking: MuscleRanking) -> Document:
    """Muscle-sides in rank order, and the contradictions pointed out."""
    return {"muscles": [_ranked(m) for m in ranking.muscles], "notes": list(ranking.notes)}


def screening_document(screening: Screening) -> Document:
    """What stands in each tier, and what nobody answered."""
    return {
        "level": screening.level.value,
        "stop": [_item(i) for i in screening.stop],
        "hold": [_item(i) for i in screening.hold],
        "caution": [_item(i) for i in screening.caution],
        "unanswered": [_item(i) for i in screening.unanswered],
    }


def checked_document(checked: CheckedPlan) -> Document:
    """A plan with the verdict of the gate: every reason, worst first; every limit with what the plan takes of it."""
    verdict = checked.verdict
    return {
        "plan": plan_document(checked.plan),
        "verdict": {
            "level": verdict.level.value,
            "passes": checked.passes,
            "reasons": [reason_document(r) for r in verdict.reasons],
        },
        "limits": [_limit(limit, checked.plan) for limit in checked.limits],
    }


def forecast_document(forecast: Forecast) -> Document:
    """The expected course; times are None where they lie past the horizon or where nothing is expected."""
    return {
        "plan": forecast.plan,
        "weeks": list(forecast.weeks),
        "gain": [_band(b) for b in forecast.gain],
        "placebo": [round(p, 4) for p in forecast.placebo],
        "score": [_band(b) for b in forecast.score],
        "parts": {
            "severity": [_band(b) for b in forecast.parts.severity],
            "disability": [_band(b) for b in forecast.parts.disability],
            "pain": [_band(b) for b in forecast.parts.pain],
            "assumed": forecast.parts.assumed,
        },
        "visits": [_band(b) for b in forecast.visits],
        "ranges": [
            {
                "movement": course.movement,
                "active_deg": course.active_deg,
                "passive_deg": course.passive_deg,
                "degrees": [_band(b) for b in course.degrees],
            }
            for course in forecast.ranges
        ],
        "onset_day": _when(forecast.onset_day),
        "noticed": (
            None
            if forecast.noticed is None
            else {"day": forecast.noticed.day, "spread": forecast.noticed.spread}
        ),
        "peak_week": _when(forecast.peak_week),
        "fading_week": _when(forecast.fading_week),
        "wearing_off_week": _when(forecast.wearing_off_week),
        "chance_early": round(forecast.chance_early, 4),
        "early_week": forecast.early_week,
        "dates": [
            {
                "key": dated.key,
                "label": dated.label,
                "first": _day(dated.first),
                "middle": _day(dated.middle),
                "last": _day(dated.last),
            }
            for dated in forecast.dates
        ],
        "chance_meaningful": round(forecast.chance_meaningful, 4),
        "meaningful_points": forecast.meaningful_points,
        "assessment_week": forecast.assessment_week,
        "global_change": [
            {"steps": answer.steps, "words": answer.words, "chance": round(answer.chance, 4)}
            for answer in forecast.global_change
        ],
        "chance_leaving": round(forecast.chance_leaving, 4),
        "leaving_week": forecast.leaving_week,
        "strength": [
            {
                **_where(loss.where),
                "aimed": loss.aimed,
                "percent": _band(loss.percent),
                "recovered_week": _when(loss.recovered_week),
            }
            for loss in forecast.strength
        ],
        "side_effects": [_side_effect(effect) for effect in forecast.side_effects],
        "antibodies": [
            {
                "years": chance.years,
                "sessions": chance.sessions,
                "assay": round(chance.assay, 4),
                "clinic_low": round(chance.clinic_low, 4),
                "clinic_high": round(chance.clinic_high, 4),
                "failing_low": round(chance.failing_low, 4),
                "failing_high": round(chance.failing_high, 4),
            }
            for chance in forecast.antibodies
        ],
        "baseline": {
            "points": _band(forecast.baseline.points),
            "assumed": forecast.baseline.assumed,
            "rated_on": _day(forecast.baseline.rated_on),
            "rated": forecast.baseline.rated,
        },
        "coverage": round(forecast.coverage, 4),
        "draws": forecast.draws,
        "seed": forecast.seed,
        "notes": list(forecast.notes),
    }


def plan_document(plan: Plan) -> Document:
    """A plan: its product, its lines in order, its total."""
    return {
        "name": plan.name,
        "product": plan.product,
        "origin": plan.origin.value,
        "injections": [
            {
                **_where(i.where),
                "units": _number(i.dose.units),
                "sites": i.sites,
                "units_per_site": _number(i.per_site.units),
                "guidance": i.guidance.value,
            }
            for i in plan.injections
        ],
        "total_units": _number(plan.total.units),
    }


def reason_document(reason: Reason) -> Document:
    """One line of a verdict."""
    return {
        "rule": reason.rule,
        "level": reason.level.value,
        "kind": reason.kind.value,
        "what": reason.what,
        "action": reason.action,
        "harm": reason.harm,
        "limit": reason.limit,
        "overridable": reason.overridable,
        "ground": ground_document(reason.ground),
    }


def ground_document(ground: Ground | None) -> Document | None:
    """What a line rests on."""
    if ground is None:
        return None
    return {
        "grade": ground.grade.value,
        "verified": ground.verified,
        "source": ground.source,
        "place": ground.place,
    }


def entry_document(entry: Sourced[Any]) -> Document:
    """One entry of knowledge with all that stands beside its value."""
    return {
        "path": entry.path,
        "value": plain_value(entry.value),
        "unit": entry.unit,
        "source": entry.source,
        "place": entry.place,
        "grade": entry.grade.value,
        "verified": entry.verified,
        "since": _day(entry.since),
        "until": _day(entry.until),
        "checked": _day(entry.checked),
        "note": entry.note,
        "disagree": entry.disagree,
    }


def plain_value(value: Any) -> Any:
    """Any value of ours as what JSON can hold."""
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return value.value
        case str():
            return value
        case Decimal():
            return _number(value)
        case date():
            return value.isoformat()
        case dict():
            return {str(key): plain_value(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain_value(inner) for inner in value]
        case _ if is_dataclass(value):
            return {f.name: plain_value(getattr(value, f.name)) for f in fields(value)}
        case _:
            return str(value)


def _offer(offer: Offer) -> Document:
    judged = checked_document(offer.checked)
    return {
        **_candidate(offer.candidate),
        "verdict": judged["verdict"],
        "limits": judged["limits"],
        "forecast": forecast_document(offer.forecast),
    }


def _candidate(candidate: Candidate) -> Document:
    return {
        "key": candidate.key.value,
        "heading": candidate.key.heading,
        "summary": candidate.summary,
        "plan": plan_document(candidate.plan),
        "lines": [
            {**_where(line.where), "why_muscle": line.why_muscle, "why_dose": line.why_dose}
            for line in candidate.lines
        ],
        "limited_by": [
            {"limit": b.limit, "text": b.text, "ground": ground_document(b.ground)}
            for b in candidate.limited_by
        ],
        "untreated": [{**_where(u.where), "why": u.why} for u in candidate.untreated],
        "total_ground": ground_document(candidate.total_ground),
    }


def _not_offered(entry: NotOffered) -> Document:
    return {"key": entry.key.value, "heading": entry.key.heading, "why": entry.why}


def _ranked(entry: RankedMuscle) -> Document:
    return {
        **_where(entry.where),
        "probability": round(entry.probability, 4),
        "likely": words.likelihood(entry.probability),
        "share": round(entry.share, 4),
        "reasons": list(entry.reasons),
        "against": list(entry.against),
        "needs": entry.needs,
        "held_back": entry.held_back,
    }


def _item(item: ScreenItem) -> Document:
    return {
        "flag": item.flag.key,
        "label": item.flag.label,
        "tier": item.flag.tier.value,
        "answer": item.reply.answer.value,
        "what": item.what,
        "clears": list(item.clears),
    }


def _limit(limit: Limit, plan: Plan) -> Document:
    return {
        "id": limit.id,
        "rule": limit.rule,
        "kind": limit.kind.value,
        "level": limit.level.value,
        "text": limit.text,
        "bound": _number(limit.bound),
        "used_before": _number(limit.used),
        "taken": _number(limit.measure(plan)),
        "places": [_where(place) for place in limit.places],
        "ground": ground_document(limit.ground),
    }


def _where(where: MuscleSide) -> Document:
    return {"muscle": where.muscle.value, "side": where.side.value}


def _band(band: Band) -> Document:
    return {"low": round(band.low, 4), "median": round(band.median, 4), "high": round(band.high, 4)}


def _when(when: When | None) -> Document | None:
    if when is None:
        return None
    ends = {"low": when.low, "median": when.median, "high": when.high}
    return {name: None if at is None else round(at, 4) for name, at in ends.items()}


def _risk(risk: Risk) -> Document:
    return {
        "relative": None if risk.relative is None else _band(risk.relative),
        "comparator": risk.comparator,
        "absolute": _band(risk.absolute),
    }


def _side_effect(effect: SideEffect) -> Document:
    return {
        "effect": effect.effect.value,
        "label": effect.label,
        **_risk(effect.risk),
        "drug": _band(effect.drug),
        "onset_day": effect.onset_day,
        "length_weeks": effect.length_weeks,
        "course": effect.course,
        "severe": effect.severe,
        "care": effect.care,
        "next_session": effect.next_session,
    }


def _label_minimum(c: Consultation) -> Document | None:
    """The interval below which the label itself refuses, and the first day it allows; None where it states none."""
    after = c.earliest_next
    if after is None or after.label_minimum_days is None or c.case.date is None:
        return None
    return {
        "date": _day(c.case.date + timedelta(days=after.label_minimum_days)),
        "days": after.label_minimum_days,
        "ground": ground_document(after.label_minimum_ground),
    }


def _day(on: date | None) -> str | None:
    return None if on is None else on.isoformat()


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
