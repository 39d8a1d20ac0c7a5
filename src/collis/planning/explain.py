"""Says why: this muscle, this dose, what bound it, what is left out. Made from the solved problem itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from collis.case.plan import Injection, Plan
from collis.course.parameters import MuscleRanking
from collis.knowledge.load import Knowledge
from collis.knowledge.names import MuscleSide
from collis.knowledge.products import Label, LimitKind
from collis.planning.candidate import Binding, CandidateKey, LineReason, Untreated
from collis.planning.eligible import Eligible
from collis.planning.problem import DoseLevel, Place, Problem, Row, Solution
from collis.reasons import Ground
from collis.safety.limits import Limit
from collis.units import Dose, plain

_ROW_TEXT = {
    "starting_total": "the label's starting total",
    "cautious_total": "the cautious starting total",
    "usual_total": "the usual session total",
    "median_total": "the median session of the label's trial, or the last total where it was higher",
    "no_gain_above": "the total above which trials saw no further gain, or the last total where it was higher",
    "swallow_exposure": "the low-risk share of Units near the swallow",
    "one_scalene_side": "one scalene side, away from one phrenic nerve",
    "both_sternocleidomastoids": "half the usual dose for each of two sternocleidomastoids",
}


def summary_of(
    key: CandidateKey, plan: Plan, last: Mapping[MuscleSide, Decimal], ground: Ground | None
) -> str:
    """One line on what the plan is."""
    match key:
        case CandidateKey.LABEL_START:
            return f"{plan.total} in {len(plan.injections)} muscle-sides, from the label's starting total."
        case CandidateKey.CAUTIOUS_START:
            grade = f" Grade: {ground.grade}." if ground is not None else ""
            return f"{plan.total}: this label states no starting total.{grade}"
        case CandidateKey.LOW_RISK:
            opening = "Fewer Units near the swallow and in the muscles that hold the head up."
        case _:
            opening = "Relief of the drive weighed against Units and swallowing."
    changed = _changed(plan, last)
    return f"{opening} {changed}" if changed else opening


def _changed(plan: Plan, last: Mapping[MuscleSide, Decimal]) -> str:
    if not last:
        return ""
    product = plan.product
    places = {i.where for i in plan.injections} | set(last)
    count = sum(1 for w in places if plan.dose_at(w) != Dose(last.get(w, Decimal(0)), product))
    return (
        "No change from last time."
        if count == 0
        else f"{count} of {len(places)} doses change from last time."
    )


def line_reasons(
    plan: Plan, ranking: MuscleRanking, knowledge: Knowledge, last: Mapping[MuscleSide, Decimal]
) -> tuple[LineReason, ...]:
    """Why each muscle-side is in the plan and why with its dose."""
    return tuple(_line(injection, ranking, knowledge, last) for injection in plan.injections)


def _line(
    injection: Injection, ranking: MuscleRanking, knowledge: Knowledge, last: Mapping[MuscleSide, Decimal]
) -> LineReason:
    ranked = ranking.of(injection.where)
    why = " ".join(ranked.reasons[:2]) if ranked is not None else ""
    dose = knowledge.muscles[injection.muscle].doses[injection.dose.product]
    parts = []
    if dose.usual is not None:
        low, high = dose.usual.value
        mark = "" if dose.usual.verified else ", not yet checked"
        parts.append(f"Usual {low:g} to {high:g} Units ({dose.usual.grade}{mark}).")
    if injection.where in last:
        change = injection.dose.units - last[injection.where]
        parts.append("Same as last time." if change == 0 else f"{_signed(change)} Units against last time.")
    elif last:
        parts.append("Not injected last time.")
    return LineReason(where=injection.where, why_muscle=why, why_dose=" ".join(parts))


def _signed(change: Decimal) -> str:
    return f"+{plain(change)}" if change > 0 else f"\u2212{plain(-change)}"


def bindings(
    problem: Problem,
    solution: Solution,
    caps: Sequence[Limit],
    label: Label,
    knowledge: Knowledge,
    product: str,
) -> tuple[Binding, ...]:
    """The limits without which the plan would have given more: each blocks a step that was worth taking."""
    found: dict[str, Binding] = {}
    by_id = {cap.id: cap for cap in caps}
    units = [float(u) for u in solution.units()]
    for p, place in enumerate(problem.places):
        level = solution.chosen[p]
        higher = _next_level(place, level)
        if higher is None:
            if level is not None and _last_step_was_worth_it(problem, p):
                _add(found, _top_of_range(place, level, caps, knowledge, product))
            continue
        gain = problem.worth[p][higher] - (problem.worth[p][place.levels.index(level)] if level else 0.0)
        if gain <= 1e-9:
            continue
        if level is None and sum(1 for c in solution.chosen if c is not None) >= problem.most:
            _add(found, Binding(limit="sides", text=f"at most {problem.most} muscle-sides", ground=None))
            continue
        for row in problem.rows:
            if _would_break(row, problem.places, units, p, float(place.levels[higher].units)):
                _add(found, _row_binding(row, by_id, label))
    return tuple(found.values())


def _add(found: dict[str, Binding], binding: Binding) -> None:
    found.setdefault(binding.limit, binding)


def _next_level(place: Place, level: DoseLevel | None) -> int | None:
    index = 0 if level is None else place.levels.index(level) + 1
    return index if index < len(place.levels) else None


def _last_step_was_worth_it(problem: Problem, p: int) -> bool:
    worth = problem.worth[p]
    return len(worth) == 1 or worth[-1] > worth[-2]


def _would_break(row: Row, places: Sequence[Place], units: Sequence[float], p: int, wanted: float) -> bool:
    if row.weights[p] == 0:
        return False
    taken = [wanted if q == p else u for q, u in enumerate(units)]
    amounts = [float(u > 0) if row.per_side else u for u in taken]
    return sum(w * a for w, a in zip(row.weights, amounts, strict=True)) > row.high + 1e-9


def _row_binding(row: Row, by_id: Mapping[str, Limit], label: Label) -> Binding:
    cap = by_id.get(row.id)
    if cap is not None:
        return Binding(limit=cap.id, text=_cap_text(cap), ground=cap.ground)
    entry = label.doses.get(row.id)
    amount = f" ({row.high:g} Units)" if row.id.endswith("_total") else ""
    return Binding(
        limit=row.id, text=_ROW_TEXT.get(row.id, row.id) + amount, ground=Ground.of(entry) if entry else None
    )


def _cap_text(cap: Limit) -> str:
    """What a cap says, with its bound where the sentence does not carry it."""
    said = cap.text.rstrip(".")
    return (
        said
        if f"{cap.bound:,.0f}" in said or plain(cap.bound) in said
        else f"{said} ({plain(cap.bound)} Units)"
    )


def _top_of_range(
    place: Place, level: DoseLevel, caps: Sequence[Limit], knowledge: Knowledge, product: str
) -> Binding:
    own = [c for c in caps if c.kind is LimitKind.MUSCLE and c.places == (place.where,)]
    closest = min(own, key=lambda c: c.room, default=None)
    usual = knowledge.muscles[place.where.muscle].doses[product].usual
    if closest is not None and usual is not None and closest.room < Decimal(str(usual.value[1])):
        return Binding(limit=closest.id, text=_cap_text(closest), ground=closest.ground)
    return Binding(
        limit=f"usual.{place.where.muscle}",
        text=f"the usual range for {place.where.muscle.words} ({plain(level.units)} Units)",
        ground=Ground.of(usual) if usual is not None else None,
    )


def untreated(
    plan: Plan,
    ranking: MuscleRanking,
    eligible: Eligible,
    problem: Problem,
    solution: Solution,
    knowledge: Knowledge,
) -> tuple[Untreated, ...]:
    """Every ranked muscle-side that is at least possible and gets nothing, and why."""
    possible = knowledge.figure("inference", "shown", "possible")
    treated = {i.where for i in plan.injections}
    left = []
    for ranked in ranking.muscles:
        if ranked.where in treated or ranked.probability < possible:
            continue
        why = eligible.barred.get(ranked.where) or _not_chosen(ranked.where, problem, solution)
        left.append(Untreated(where=ranked.where, why=why))
    return tuple(left)


def _not_chosen(where: MuscleSide, problem: Problem, solution: Solution) -> str:
    position = next(p for p, place in enumerate(problem.places) if place.where == where)
    if max(problem.worth[position]) <= 0:
        return "little to gain for its Units and risk"
    if sum(1 for c in solution.chosen if c is not None) >= problem.most:
        return f"others gain more, and at most {problem.most} muscle-sides are proposed"
    return "others gain more for the same Units"
