"""Which ranked muscle-sides may be proposed for this product, with what doses, and why others may not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from collis.case.case import Case
from collis.case.patient import Answer
from collis.course.parameters import MuscleRanking, RankedMuscle
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Guidance, MuscleSide
from collis.knowledge.products import Label, LimitKind, Product
from collis.planning.bounds import one_sided
from collis.planning.levels import levels_for
from collis.planning.problem import Place
from collis.safety.limits import Limit
from collis.side import Side
from collis.units import decimal_of

_REASONS = 3
"""How many different reasons are told where nothing can be proposed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Eligible:
    """The places that may be proposed, in rank order, and the reason for each ranked one that may not."""

    places: tuple[Place, ...]
    barred: Mapping[MuscleSide, str]
    why_none: str = ""


def eligible_places(
    case: Case,
    ranking: MuscleRanking,
    knowledge: Knowledge,
    product: Product,
    label: Label,
    caps: Sequence[Limit],
) -> Eligible:
    """The ranked muscle-sides with a dose range, guidance at hand and room under their own caps.

    Two sides of a muscle whose shares hardly differ are tied: a symmetric patient gets a symmetric plan. A tied
    pair of which only one side may be proposed is left out, as nothing says which.
    """
    if product.dose_step is None:
        return Eligible(places=(), barred={}, why_none=f"No round dose step is known for {product.name}.")
    step = decimal_of(product.dose_step.value)
    possible = knowledge.figure("inference", "shown", "possible")
    places: list[Place] = []
    barred: dict[MuscleSide, str] = {}
    for ranked in ranking.muscles:
        why = _barred(ranked, case, knowledge, product)
        if not why and ranked.probability < possible:
            why = "unlikely to be overactive"
        if why:
            barred[ranked.where] = why
            continue
        dose = knowledge.muscles[ranked.muscle].doses[product.name]
        levels = levels_for(ranked.where, dose, step, label, case.region, caps, knowledge)
        if not levels:
            barred[ranked.where] = "no round dose of its range keeps every limit"
            continue
        places.append(Place(where=ranked.where, share=ranked.share, levels=levels))
    for place in _tied(places, knowledge):
        why = _one_side_only(place, case, knowledge, caps) if place.partner is not None else ""
        if why:
            barred[place.where] = f"{why}, and nothing tells its sides apart"
    places = [place for place in places if place.where not in barred]
    why_none = "" if places else _why_none(ranking, barred, product)
    return Eligible(places=_tied(places, knowledge), barred=barred, why_none=why_none)


def _one_side_only(place: Place, case: Case, knowledge: Knowledge, caps: Sequence[Limit]) -> str:
    """Why only one side of this muscle may be proposed, empty when both may."""
    for muscles, (_, why) in one_sided(case, knowledge).items():
        if place.where.muscle in muscles:
            return why
    for cap in caps:
        both = place.where in cap.places and place.where.mirrored in cap.places
        if cap.kind is LimitKind.SIDES and both and cap.room < len(Side):
            return f"{cap.text[0].lower()}{cap.text[1:].rstrip('.')}"
    return ""


def _barred(ranked: RankedMuscle, case: Case, knowledge: Knowledge, product: Product) -> str:
    """Why a ranked muscle-side may not be proposed, empty when it may."""
    facts = knowledge.muscles[ranked.muscle]
    if ranked.held_back:
        return "sources disagree on it, and nothing else speaks for it"
    if case.request.muscles and ranked.muscle not in case.request.muscles:
        return "not on the injector's own list of muscles"
    if facts.image_required and Guidance.ULTRASOUND not in case.request.guidance:
        return "would need ultrasound, which is not at hand"
    if product.name not in facts.doses:
        return f"no dose range for {product.name} is known for it"
    if "phrenic nerve" in facts.words("hazard") and case.safety.lung_disease.answer is not Answer.NO:
        return "lies beside the phrenic nerve, and lung disease is not ruled out"
    return ""


def _why_none(ranking: MuscleRanking, barred: Mapping[MuscleSide, str], product: Product) -> str:
    if not ranking.muscles:
        return "No posture or finding points to a muscle, so nothing is proposed."
    reasons: dict[str, MuscleSide] = {}
    for entry in ranking.muscles:
        reasons.setdefault(barred.get(entry.where, "nothing fits"), entry.where)
    said = [f"{where}: {why}" for why, where in reasons.items()][:_REASONS]
    return f"None of the ranked muscles can be proposed with {product.name}; {'; '.join(said)}."


def _tied(places: Sequence[Place], knowledge: Knowledge) -> tuple[Place, ...]:
    tolerance = knowledge.figure("planning", "shape", "tie")
    tied = list(places)
    for p, place in enumerate(tied):
        for q in range(p + 1, len(tied)):
            other = tied[q]
            same_muscle = other.where == place.where.mirrored
            if same_muscle and abs(place.share - other.share) <= tolerance and place.levels == other.levels:
                mean = (place.share + other.share) / 2
                tied[p] = replace(place, partner=q, share=mean)
                tied[q] = replace(other, partner=p, share=mean)
    return tuple(tied)
