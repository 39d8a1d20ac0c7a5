"""Proposes candidate plans: as last time, label or cautious start, balanced, low risk.

A computed plan keeps every cap of `safety.limits`, verified or not. A copied plan is shown as it was given and
is judged by the gate like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from collis.case.case import Case
from collis.case.plan import Injection, Origin, Plan
from collis.case.session import SideEffectKind
from collis.course.draws import draw_response
from collis.course.parameters import MuscleRanking, ResponseDraws
from collis.course.relief import relief_table, told_by_usual_session
from collis.errors import BadInput
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Guidance, Muscle, MuscleSide
from collis.knowledge.products import Product
from collis.planning.bounds import (
    OWN,
    cautious_rows,
    dysphagia_rows,
    first_session,
    front_share_rows,
    low_risk_rows,
    one_side_rows,
)
from collis.planning.candidate import Candidate, CandidateKey, NotOffered, Proposal
from collis.planning.copied import as_last_time
from collis.planning.eligible import eligible_places
from collis.planning.explain import bindings, line_reasons, summary_of, untreated
from collis.planning.objective import Change, Relief, Term, Typical, spends, worth_of
from collis.planning.problem import Place, Problem, Row, Solution
from collis.planning.rows import cap_rows, too_soon
from collis.planning.setting import Setting
from collis.planning.solve import NoPlan, solve
from collis.planning.totals import (
    TOTALS,
    bottom_of,
    cautious_total,
    ceiling,
    scale_of,
    starting_total,
    told_by_trials,
    top_of,
    units_before,
    worked,
)
from collis.reasons import Ground
from collis.safety.limits import limits
from collis.side import Side
from collis.units import Dose

DRAWS = 100
SEED = 20260101


def propose(case: Case, ranking: MuscleRanking, knowledge: Knowledge) -> Proposal:
    """Every candidate that can be offered, in the order they are shown, and why others are not."""
    if case.request.product is None:
        raise BadInput(where="request.product", read="nothing", expected="the product to be used")
    product = knowledge.product(case.request.product)
    copied = as_last_time(case, product, ranking, knowledge)
    setting = _setting(case, ranking, knowledge, product)
    made: dict[CandidateKey, Candidate | NotOffered] = {CandidateKey.AS_LAST_TIME: copied}
    for key, make in _makers():
        if isinstance(setting, str):
            made[key] = NotOffered(key=key, why=setting)
            continue
        plans = {k: c.plan for k, c in made.items() if isinstance(c, Candidate)}
        try:
            made[key] = make(setting, plans)
        except NoPlan as reason:
            said = str(reason)
            made[key] = NotOffered(key=key, why=f"{said[0].upper()}{said[1:]}.")
    return _without_twins(made)


def propose_one(
    case: Case, ranking: MuscleRanking, knowledge: Knowledge, key: CandidateKey
) -> Candidate | NotOffered:
    """One candidate as `propose` makes it, without the others that are not needed for it.

    Twins are not looked for: a plan that `propose` shows under another name comes back under this one.
    """
    if case.request.product is None:
        raise BadInput(where="request.product", read="nothing", expected="the product to be used")
    product = knowledge.product(case.request.product)
    if key is CandidateKey.AS_LAST_TIME:
        return as_last_time(case, product, ranking, knowledge)
    setting = _setting(case, ranking, knowledge, product)
    if isinstance(setting, str):
        return NotOffered(key=key, why=setting)
    makers = dict(_makers())
    plans: dict[CandidateKey, Plan] = {}
    found: Candidate | NotOffered = NotOffered(key=key, why="")
    if key is CandidateKey.LOW_RISK:
        copied = as_last_time(case, product, ranking, knowledge)
        plans |= {copied.key: copied.plan} if isinstance(copied, Candidate) else {}
    for needed in (*_NEEDED.get(key, ()), key):
        try:
            found = makers[needed](setting, plans)
        except NoPlan as reason:
            said = str(reason)
            found = NotOffered(key=needed, why=f"{said[0].upper()}{said[1:]}.")
        if isinstance(found, Candidate):
            plans[needed] = found.plan
    return found


_NEEDED: Mapping[CandidateKey, tuple[CandidateKey, ...]] = {
    CandidateKey.CAUTIOUS_START: (CandidateKey.BALANCED,),
    CandidateKey.LOW_RISK: (CandidateKey.LABEL_START, CandidateKey.BALANCED, CandidateKey.CAUTIOUS_START),
}


def _without_twins(made: Mapping[CandidateKey, Candidate | NotOffered]) -> Proposal:
    """Of plans with the same doses only one is shown, under its plainest name; in the order they are shown."""
    shown: dict[CandidateKey, Candidate] = {}
    missing: dict[CandidateKey, NotOffered] = {}
    for key in _PLAINEST_FIRST:
        entry = made[key]
        twin = _twin(entry, tuple(shown.values())) if isinstance(entry, Candidate) else None
        if twin is not None:
            missing[key] = NotOffered(key=key, why=f'It comes out the same as "{twin.key.heading}".')
        elif isinstance(entry, Candidate):
            shown[key] = entry
        else:
            missing[key] = entry
    return Proposal(
        candidates=tuple(shown[key] for key in CandidateKey if key in shown),
        not_offered=tuple(missing[key] for key in CandidateKey if key in missing),
    )


_PLAINEST_FIRST = (
    CandidateKey.AS_LAST_TIME,
    CandidateKey.LABEL_START,
    CandidateKey.BALANCED,
    CandidateKey.CAUTIOUS_START,
    CandidateKey.LOW_RISK,
)


def _twin(made: Candidate, others: Sequence[Candidate]) -> Candidate | None:
    """The candidate with the same doses in the same places, if one is already on offer."""
    doses = {i.where: i.dose for i in made.plan.injections}
    return next((c for c in others if {i.where: i.dose for i in c.plan.injections} == doses), None)


Plans = Mapping[CandidateKey, Plan]
Maker = Callable[[Setting, Plans], Candidate | NotOffered]


def _makers() -> tuple[tuple[CandidateKey, Maker], ...]:
    """In the order they are made: a later one may look at the plans before it."""
    return (
        (CandidateKey.LABEL_START, _label_start),
        (CandidateKey.BALANCED, _balanced),
        (CandidateKey.CAUTIOUS_START, _cautious_start),
        (CandidateKey.LOW_RISK, _low_risk),
    )


def _setting(case: Case, ranking: MuscleRanking, knowledge: Knowledge, product: Product) -> Setting | str:
    """What the candidates share, or the sentence that says why nothing is proposed."""
    label = product.label(case.region)
    if label is None:
        return f"No label of {product.name} for region {case.region} is known, so nothing is proposed."
    soon = too_soon(case, product.name, knowledge)
    if soon is not None:
        return soon.why
    caps = limits(case, knowledge, product.name)
    eligible = eligible_places(case, ranking, knowledge, product, label, caps)
    if not eligible.places:
        return eligible.why_none
    figure = knowledge.figure
    first, scale = first_session(case), scale_of(label)
    return Setting(
        case=case,
        knowledge=knowledge,
        product=product,
        label=label,
        ranking=ranking,
        caps=caps,
        eligible=eligible,
        relief=_relief(eligible.places, knowledge, product.name, usual=scale),
        last=_last_doses(case, product.name),
        scale=scale,
        fewest=int(figure("planning", "sides", "fewest")),
        most=int(figure("planning", "sides", "most_first" if first else "most_later")),
    )


def _relief(
    places: Sequence[Place], knowledge: Knowledge, product: str, *, usual: float
) -> dict[tuple[Muscle, Decimal], float]:
    """Mean relief by muscle and Units, told by the product's own usual session: no potency enters a dose."""
    muscles = list(dict.fromkeys(place.where.muscle for place in places))
    doses = sorted({level.units for place in places for level in place.levels})
    table = relief_table(
        _told(knowledge, product, usual),
        product=product,
        places=[MuscleSide(m, Side.RIGHT) for m in muscles],
        levels=[float(d) for d in doses],
        muscles=knowledge.muscles,
        cycle_weeks=knowledge.figure("planning", "shape", "cycle"),
    )
    return {(m, d): float(table[i, j]) for i, m in enumerate(muscles) for j, d in enumerate(doses)}


@lru_cache(maxsize=8)
def _told(knowledge: Knowledge, product: str, usual: float) -> ResponseDraws:
    """Drawn patients, the product's Units measured against its usual session; the same for every case."""
    return told_by_usual_session(
        draw_response(knowledge, draws=DRAWS, seed=SEED),
        product,
        usual_units=usual,
        usual_relief=knowledge.figure("planning", "shape", "usual_relief"),
        volume_cm3=knowledge.figure("planning", "shape", "usual_volume"),
        cycle_weeks=knowledge.figure("planning", "shape", "cycle"),
    )


def _last_doses(case: Case, product: str) -> dict[MuscleSide, Decimal]:
    """Units of the last session by muscle-side where product and names are exact, else nothing."""
    last = case.last_session
    if last is None or last.product != product or any(len(line.members) != 1 for line in last.given):
        return {}
    found: dict[MuscleSide, Decimal] = {}
    for line in last.given:
        found[line.members[0]] = found.get(line.members[0], Decimal(0)) + line.dose.units
    return found


def _label_start(setting: Setting, _: Plans) -> Candidate | NotOffered:
    start = starting_total(setting)
    if start is None:
        return NotOffered(
            key=CandidateKey.LABEL_START, why="This label states no starting total, so none is offered."
        )
    row = Row(
        id="starting_total",
        weights=tuple(1.0 for _ in setting.eligible.places),
        low=0.0,
        high=float(start[0]),
    )
    front = front_share_rows(
        setting.eligible.places, start[0], setting.product, setting.label, setting.knowledge
    )
    return _candidate(
        setting, CandidateKey.LABEL_START, "start", (row, *front), Ground.of(start[1]), start[0]
    )


def _cautious_start(setting: Setting, plans: Plans) -> Candidate | NotOffered:
    if starting_total(setting) is not None:
        return NotOffered(key=CandidateKey.CAUTIOUS_START, why="The label states a starting total.")
    if not setting.first_with_product:
        return NotOffered(
            key=CandidateKey.CAUTIOUS_START,
            why="The patient has had this product; there is a last session to start from.",
        )
    if "cautious_total" not in setting.label.doses:
        return NotOffered(key=CandidateKey.CAUTIOUS_START, why="No source gives a cautious first total.")
    entry = cautious_total(setting)
    places, total = setting.eligible.places, bottom_of(entry)
    row = Row(id="cautious_total", weights=tuple(1.0 for _ in places), low=0.0, high=float(total))
    balanced = plans.get(CandidateKey.BALANCED)
    own = cautious_rows(places, balanced, setting.knowledge, setting.product.name)
    return _candidate(setting, CandidateKey.CAUTIOUS_START, "balanced", (row, *own), Ground.of(entry), total)


def _balanced(setting: Setting, _: Plans) -> Candidate | NotOffered:
    return _candidate(setting, CandidateKey.BALANCED, "balanced", (ceiling(setting),), None)


def _low_risk(setting: Setting, plans: Plans) -> Candidate | NotOffered:
    """Never more Units, in all, near the swallow or in extensors, than any plan it stands beside."""
    balanced = plans.get(CandidateKey.BALANCED)
    own = low_risk_rows(setting.eligible.places, tuple(plans.values()), balanced, setting.knowledge)
    try:
        return _candidate(setting, CandidateKey.LOW_RISK, "low_risk", (ceiling(setting), *own), None)
    except NoPlan:
        return NotOffered(
            key=CandidateKey.LOW_RISK,
            why="No further plan has at most the Units, the Units near the swallow and the Units in neck "
            "extensors of every plan beside it.",
        )


def _candidate(
    setting: Setting,
    key: CandidateKey,
    style: str,
    extra: Sequence[Row],
    ground: Ground | None,
    total: Decimal | None = None,
) -> Candidate:
    problem = _problem(setting, style, extra)
    solution = _solve_with_enough_sides(problem, first=first_session(setting.case))
    plan = _plan(setting, key, solution)
    bound = bindings(problem, solution, setting.caps, setting.label, setting.knowledge, setting.product.name)
    return Candidate(
        key=key,
        plan=plan,
        summary=summary_of(key, plan, setting, bound, ground, total),
        lines=line_reasons(plan, setting.ranking, setting.knowledge, setting.last),
        limited_by=bound,
        untreated=untreated(plan, setting, problem, solution),
        total_ground=ground,
        solver=solution.status,
    )


def _problem(setting: Setting, style: str, extra: Sequence[Row]) -> Problem:
    figure = setting.knowledge.figure
    places = setting.eligible.places
    last = setting.case.last_session
    swallowing = last is not None and last.worst(SideEffectKind.DYSPHAGIA) > 0
    keep = last is not None and worked(last, setting.knowledge)
    terms: list[Term] = [
        Relief(table=setting.relief),
        *spends(
            setting.knowledge,
            style=style,
            scale=setting.scale,
            swallow_factor=figure("planning", "risk", "after_mild_dysphagia") if swallowing else 1.0,
        ),
    ]
    if keep and setting.last:
        weight = figure("planning", "weight", style, "change")
        terms.append(Change(weight=weight, scale=setting.scale, last=setting.last))
    else:
        weight = figure("planning", "weight", style, "typical")
        whole = min(row.high for row in extra if row.id in TOTALS)
        key = told_by_trials(setting)
        if key is not None:
            whole = min(whole, float(max(units_before(setting), top_of(setting.label.doses[key]))))
        shares = setting.product.muscle_shares
        typical = {m: float(share.value) / 100 * min(whole, setting.scale) for m, share in shares.items()}
        terms.append(
            Typical(
                weight=weight,
                scale=setting.scale,
                dose=typical,
                of_both_sides=setting.product.shares_span_sides,
            )
        )
    return Problem(
        places=places,
        worth=worth_of(places, terms),
        rows=(
            *cap_rows(setting.caps, places, setting.knowledge, setting.product.name),
            *one_side_rows(places, setting.case, setting.knowledge),
            *dysphagia_rows(places, setting.case, setting.product),
            *extra,
        ),
        fewest=min(setting.fewest, len(places)),
        most=setting.most,
    )


def _solve_with_enough_sides(problem: Problem, *, first: bool) -> Solution:
    """The solution with the asked number of sides, or with fewer where the caps leave no room for them.

    A first plan that has fewer through its own rows alone is no plan: others reach the asked number.
    """
    for fewest in range(problem.fewest, 0, -1):
        try:
            solution = solve(replace(problem, fewest=fewest))
        except NoPlan:
            continue
        if first and fewest < problem.fewest and _caps_leave_room(problem):
            break
        return solution
    else:
        raise NoPlan("no choice of doses keeps every limit")
    raise NoPlan(f"it would reach fewer than {problem.fewest} muscle-sides, where other plans reach them")


def _caps_leave_room(problem: Problem) -> bool:
    """Whether the asked number of sides keeps every row that is not one plan's own."""
    try:
        solve(replace(problem, rows=tuple(row for row in problem.rows if row.id not in OWN)))
    except NoPlan:
        return False
    return True


def _plan(setting: Setting, key: CandidateKey, solution: Solution) -> Plan:
    injections = [
        Injection(
            muscle=place.where.muscle,
            side=place.where.side,
            dose=Dose.of(level.units, setting.product.name),
            sites=level.sites,
            guidance=best_guidance(
                setting.knowledge.muscles[place.where.muscle].text("guidance"), setting.case
            ),
        )
        for place, level in zip(setting.eligible.places, solution.chosen, strict=True)
        if level is not None
    ]
    order = list(Muscle)
    injections.sort(key=lambda i: (order.index(i.muscle), i.side != "right"))
    return Plan(
        name=key.heading, product=setting.product.name, injections=tuple(injections), origin=Origin.COMPUTED
    )


def best_guidance(advice: str, case: Case) -> Guidance:
    """The guidance at hand that suits the advice for a muscle best; palpation when it needs none."""
    at_hand = case.request.guidance
    wanted = {
        "palpation": (Guidance.PALPATION, *at_hand),
        "emg_advised": (Guidance.EMG, Guidance.STIMULATION, Guidance.ULTRASOUND, *at_hand),
        "ultrasound_advised": (Guidance.ULTRASOUND, Guidance.EMG, *at_hand),
        "image_required": (Guidance.ULTRASOUND, *at_hand),
    }.get(advice, at_hand)
    return next((g for g in wanted if g in at_hand), Guidance.PALPATION)
