"""Says why: this muscle, this dose, what bound it, what is left out. Made from the solved problem itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from collis.case.plan import Injection, Plan
from collis.course.parameters import MuscleRanking
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Guidance, MuscleSide
from collis.knowledge.products import Label, LimitKind
from collis.planning.candidate import Binding, CandidateKey, LineReason, Untreated
from collis.planning.problem import DoseLevel, Place, Problem, Row, Solution
from collis.planning.setting import Setting
from collis.reasons import Ground
from collis.safety.limits import Limit, units_text
from collis.sources import Grade
from collis.units import Dose, plain

_ROW_TEXT = {
    "starting_total": "the label's starting total",
    "cautious_total": "the cautious starting total",
    "usual_total": "the usual session total",
    "median_total": "the median session of the label's trial, or the last total where it was higher",
    "no_gain_above": "the total above which trials saw no further gain, or the last total where it was higher",
    "swallow_exposure": "the low-risk share of Units near the swallow",
    "lowest_total": "no more Units than any plan beside it",
    "lowest_swallow": "no more Units near the swallow than any plan beside it",
    "lowest_extensors": "no more Units in neck extensors than any plan beside it",
    "balanced_total": "no more Units than the balanced plan",
    "balanced_swallow": "no more Units near the swallow than the balanced plan",
    "usual_middle": "the middle of each usual range",
    "front_share": "the sternocleidomastoid's share of such a session in trials",
    "one_scalene_side": "one scalene side, away from one phrenic nerve",
    "one_longus_colli_side": "one longus colli in a first session",
    "one_sternocleidomastoid_side": "one sternocleidomastoid in a small neck",
    "below_swallowing_trouble": "less than the dose at the front that led to swallowing trouble",
    "both_sternocleidomastoids": "half the usual dose for each of two sternocleidomastoids",
}

_GRADES = {
    Grade.LABEL: "a label",
    Grade.GUIDELINE: "a guideline",
    Grade.TRIAL: "a trial",
    Grade.COHORT: "a cohort study",
    Grade.EXPERT: "expert opinion",
    Grade.ASSUMED: "our own assumption",
}


def summary_of(
    key: CandidateKey,
    plan: Plan,
    setting: Setting,
    bound: Sequence[Binding],
    ground: Ground | None,
    total: Decimal | None,
) -> str:
    """What the plan is, why it stays below its total, and why it has few muscle-sides."""
    units = units_text(plan.total.units)
    match key:
        case CandidateKey.LABEL_START if total is not None and plan.total.units < total:
            why = "; ".join(b.text for b in bound if b.limit != "starting_total")
            given = {i.where: i.dose.units for i in plan.injections}
            room = any(
                p.where not in given or given[p.where] < p.levels[-1].units for p in setting.eligible.places
            )
            parts = (
                f"limited by {why}" if why else "",
                "no further dose gains enough" if room or not why else "",
            )
            said = "; ".join(filter(None, parts))
            opening = f"{units.removesuffix(' Units')} of {units_text(total)}: {said}."
        case CandidateKey.LABEL_START:
            opening = f"{units} in {len(plan.injections)} muscle-sides, from the label's starting total."
        case CandidateKey.CAUTIOUS_START:
            opening = f"{units}, no more than the middle of each usual range."
            if ground is not None and total is not None:
                source = setting.knowledge.citations[ground.source].short()
                opening += (
                    f" The label for this region states no starting total; the most here, {units_text(total)}, "
                    f"is from {_GRADES[ground.grade]} ({source}, {ground.place})."
                )
        case CandidateKey.LOW_RISK:
            opening = "No more Units, in all, near the swallow or in neck extensors, than any plan beside it."
        case _:
            opening = "Relief of the drive weighed against Units and swallowing."
    return " ".join(filter(None, (opening, _changed(plan, setting.last), _few_sides(plan, setting))))


def _few_sides(plan: Plan, setting: Setting) -> str:
    """Why a plan has fewer muscle-sides than are asked for, empty when it has enough."""
    if len(plan.injections) >= setting.fewest:
        return ""
    places = setting.eligible.places
    if len(places) >= setting.fewest:
        return f"Fewer than {setting.fewest} muscle-sides: its limits leave no room for more."
    names = list(dict.fromkeys(place.where.muscle.words for place in places))
    joined = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    touch = " by touch" if set(setting.case.request.guidance) <= {Guidance.PALPATION} else ""
    said = f"Only the {joined} can be proposed{touch}"
    main = setting.ranking.muscles[0].where
    why = setting.eligible.barred.get(main, "")
    return f"{said}; the main muscle, {main}: {why}." if why else f"{said}."


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
        parts.append(f"Usual {low:,g} to {high:,g} Units ({dose.usual.grade}{mark}).")
    if injection.where in last:
        change = injection.dose.units - last[injection.where]
        parts.append("Same as last time." if change == 0 else f"{_signed(change)} Units against last time.")
    elif last:
        parts.append("Not injected last time.")
    return LineReason(where=injection.where, why_muscle=why, why_dose=" ".join(parts))


def _signed(change: Decimal) -> str:
    amount = units_text(abs(change)).removesuffix(" Units")
    return f"+{amount}" if change > 0 else f"\u2212{amount}"


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
        return Binding(limit=cap.id, text=cap_text(cap), ground=cap.ground)
    entry = label.doses.get(row.id)
    amount = f" ({units_text(Decimal(str(round(row.high, 3))))})" if row.id.endswith("_total") else ""
    return Binding(
        limit=row.id, text=_ROW_TEXT.get(row.id, row.id) + amount, ground=Ground.of(entry) if entry else None
    )


def cap_text(cap: Limit) -> str:
    """What a cap says, with its bound where the sentence does not carry it."""
    said = cap.text.rstrip(".")
    if cap.kind is LimitKind.SIDES:
        return said
    return (
        said
        if f"{cap.bound:,.0f}" in said or plain(cap.bound) in said
        else f"{said} ({units_text(cap.bound)})"
    )


def _top_of_range(
    place: Place, level: DoseLevel, caps: Sequence[Limit], knowledge: Knowledge, product: str
) -> Binding:
    own = [c for c in caps if c.kind is LimitKind.MUSCLE and c.places == (place.where,)]
    closest = min(own, key=lambda c: c.room, default=None)
    usual = knowledge.muscles[place.where.muscle].doses[product].usual
    if closest is not None and usual is not None and closest.room < Decimal(str(usual.value[1])):
        return Binding(limit=closest.id, text=cap_text(closest), ground=closest.ground)
    return Binding(
        limit=f"usual.{place.where.muscle}",
        text=f"the usual range for {place.where.muscle.words} ({units_text(level.units)})",
        ground=Ground.of(usual) if usual is not None else None,
    )


def untreated(plan: Plan, setting: Setting, problem: Problem, solution: Solution) -> tuple[Untreated, ...]:
    """Every ranked muscle-side that is at least possible and gets nothing, and why."""
    barred = setting.eligible.barred
    return tuple(
        Untreated(where=where, why=barred.get(where) or _not_chosen(where, problem, solution))
        for where in left_out(plan, setting.ranking, setting.knowledge)
    )


def left_out(plan: Plan, ranking: MuscleRanking, knowledge: Knowledge) -> tuple[MuscleSide, ...]:
    """Every ranked muscle-side that is at least possible and gets nothing."""
    possible = knowledge.figure("inference", "shown", "possible")
    treated = {i.where for i in plan.injections}
    return tuple(
        ranked.where
        for ranked in ranking.muscles
        if ranked.where not in treated and ranked.probability >= possible
    )


def _not_chosen(where: MuscleSide, problem: Problem, solution: Solution) -> str:
    position = next(p for p, place in enumerate(problem.places) if place.where == where)
    if max(problem.worth[position]) <= 0:
        return "little to gain for its Units and risk"
    units = [float(u) for u in solution.units()]
    smallest = float(problem.places[position].levels[0].units)
    for row in problem.rows:
        if row.id.startswith("one_") and _would_break(row, problem.places, units, position, smallest):
            return f"at most {_ROW_TEXT[row.id]}"
    if sum(1 for c in solution.chosen if c is not None) >= problem.most:
        return f"others gain more, and at most {problem.most} muscle-sides are proposed"
    return "others gain more for the same Units"
