"""Proposes candidate plans: as last time, label or cautious start, balanced, low risk.

A computed plan keeps every cap of `safety.limits`, verified or not. A copied plan is shown as it was given and
is judged by the gate like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from collis.case.case import Case
from collis.case.plan import Injection, Origin, Plan
from collis.case.session import SideEffectKind
from collis.course.draws import draw_response
from collis.course.parameters import MuscleRanking
from collis.course.relief import relief_table
from collis.errors import BadInput
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Guidance, Muscle, MuscleSide
from collis.knowledge.products import Product
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
from collis.safety.limits import SCALENES, limits
from collis.side import Side
from collis.units import Dose

DRAWS = 100
SEED = 20260101
SWALLOW = "swallow_exposure"


def propose(case: Case, ranking: MuscleRanking, knowledge: Knowledge) -> Proposal:
    """Every candidate that can be offered, in the order they are shown, and why others are not."""
    if case.request.product is None:
        raise BadInput(where="request.product", read="nothing", expected="the product to be used")
    product = knowledge.product(case.request.product)
    copied = as_last_time(case, product, knowledge)
    candidates = [copied] if isinstance(copied, Candidate) else []
    not_offered = [copied] if isinstance(copied, NotOffered) else []
    setting = _setting(case, ranking, knowledge, product)
    if isinstance(setting, str):
        not_offered += [
            NotOffered(key=key, why=setting) for key in (CandidateKey.BALANCED, CandidateKey.LOW_RISK)
        ]
        return Proposal(candidates=tuple(candidates), not_offered=tuple(not_offered))
    balanced: Candidate | None = None
    for key, make in _makers().items():
        try:
            made = make(setting, balanced)
        except NoPlan as reason:
            made = NotOffered(key=key, why=f"{str(reason)[0].upper()}{str(reason)[1:]}.")
        if isinstance(made, Candidate) and key is CandidateKey.BALANCED:
            balanced = made
        twin = _twin(made, candidates) if isinstance(made, Candidate) else None
        if twin is not None:
            made = NotOffered(key=key, why=f"It comes out the same as {twin.key.heading.lower()}.")
        if isinstance(made, NotOffered):
            not_offered.append(made)
        else:
            candidates.append(made)
    return Proposal(candidates=tuple(candidates), not_offered=tuple(not_offered))


def _twin(made: Candidate, others: Sequence[Candidate]) -> Candidate | None:
    """The candidate with the same doses in the same places, if one is already on offer."""
    doses = {i.where: i.dose for i in made.plan.injections}
    return next((c for c in others if {i.where: i.dose for i in c.plan.injections} == doses), None)


Maker = Callable[[Setting, Candidate | None], Candidate | NotOffered]


def _makers() -> dict[CandidateKey, Maker]:
    return {
        CandidateKey.LABEL_START: _label_start,
        CandidateKey.CAUTIOUS_START: _cautious_start,
        CandidateKey.BALANCED: _balanced,
        CandidateKey.LOW_RISK: _low_risk,
    }


def _setting(case: Case, ranking: MuscleRanking, knowledge: Knowledge, product: Product) -> Setting | str:
    """What the candidates share, or the sentence that says why nothing is proposed."""
    label = product.label(case.region)
    if label is None:
        return f"No label of {product.name} for region {case.region} is known, so nothing is proposed."
    soon = too_soon(case, product.name, knowledge)
    if soon:
        return soon
    caps = limits(case, knowledge, product.name)
    eligible = eligible_places(case, ranking, knowledge, product, label, caps)
    if not eligible.places:
        return eligible.why_none
    figure = knowledge.figure
    first = case.doses_as_naive or not case.history.sessions
    return Setting(
        case=case,
        knowledge=knowledge,
        product=product,
        label=label,
        ranking=ranking,
        caps=caps,
        eligible=eligible,
        relief=_relief(eligible.places, knowledge, product.name),
        last=_last_doses(case, product.name),
        scale=scale_of(label),
        most=int(figure("planning", "sides", "most_first" if first else "most_later")),
    )


def _relief(
    places: Sequence[Place], knowledge: Knowledge, product: str
) -> dict[tuple[Muscle, Decimal], float]:
    muscles = list(dict.fromkeys(place.where.muscle for place in places))
    doses = sorted({level.units for place in places for level in place.levels})
    table = relief_table(
        draw_response(knowledge.response, draws=DRAWS, seed=SEED),
        product=product,
        places=[MuscleSide(m, Side.RIGHT) for m in muscles],
        levels=[float(d) for d in doses],
        muscles=knowledge.muscles,
        cycle_weeks=knowledge.figure("planning", "shape", "cycle"),
    )
    return {(m, d): float(table[i, j]) for i, m in enumerate(muscles) for j, d in enumerate(doses)}


def _last_doses(case: Case, product: str) -> dict[MuscleSide, Decimal]:
    """Units of the last session by muscle-side where product and names are exact, else nothing."""
    last = case.last_session
    if last is None or last.product != product or any(len(line.members) != 1 for line in last.given):
        return {}
    found: dict[MuscleSide, Decimal] = {}
    for line in last.given:
        found[line.members[0]] = found.get(line.members[0], Decimal(0)) + line.dose.units
    return found


def _label_start(setting: Setting, _: Candidate | None) -> Candidate | NotOffered:
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
    return _candidate(setting, CandidateKey.LABEL_START, "start", (row,), Ground.of(start[1]))


def _cautious_start(setting: Setting, _: Candidate | None) -> Candidate | NotOffered:
    if starting_total(setting) is not None:
        return NotOffered(key=CandidateKey.CAUTIOUS_START, why="The label states a starting total.")
    if not setting.first_with_product:
        return NotOffered(
            key=CandidateKey.CAUTIOUS_START,
            why="The patient has had this product; there is a last session to start from.",
        )
    if "cautious_total" not in setting.label.doses:
        return NotOffered(key=CandidateKey.CAUTIOUS_START, why="No source gives a cautious first total.")
    row = Row(
        id="cautious_total",
        weights=tuple(1.0 for _ in setting.eligible.places),
        low=0.0,
        high=float(bottom_of(cautious_total(setting))),
    )
    ground = Ground.of(cautious_total(setting))
    return _candidate(setting, CandidateKey.CAUTIOUS_START, "start", (row,), ground)


def _balanced(setting: Setting, _: Candidate | None) -> Candidate | NotOffered:
    return _candidate(setting, CandidateKey.BALANCED, "balanced", (ceiling(setting),), None)


def _low_risk(setting: Setting, balanced: Candidate | None) -> Candidate | NotOffered:
    rows: list[Row] = [ceiling(setting)]
    if balanced is not None:
        swallow = {
            m: f.number("swallow_weight") if "swallowing" in f.words("hazard") else 0.0
            for m, f in setting.knowledge.muscles.items()
        }
        exposure = sum(swallow[i.muscle] * float(i.dose.units) for i in balanced.plan.injections)
        rows.append(
            Row(
                id=SWALLOW,
                weights=tuple(swallow[p.where.muscle] for p in setting.eligible.places),
                low=0.0,
                high=exposure * setting.knowledge.figure("planning", "risk", "exposure_kept"),
            )
        )
    places = setting.eligible.places
    for muscle in SCALENES:
        beside_both_phrenic_nerves = tuple(float(p.where.muscle is muscle) for p in places)
        rows.append(
            Row(id="one_scalene_side", weights=beside_both_phrenic_nerves, low=0.0, high=1.0, per_side=True)
        )
    return _candidate(setting, CandidateKey.LOW_RISK, "low_risk", tuple(rows), None)


def _candidate(
    setting: Setting, key: CandidateKey, style: str, extra: Sequence[Row], ground: Ground | None
) -> Candidate:
    problem = _problem(setting, style, extra)
    solution = _solve_with_enough_sides(problem)
    plan = _plan(setting, key, solution)
    return Candidate(
        key=key,
        plan=plan,
        summary=summary_of(key, plan, setting.last, ground),
        lines=line_reasons(plan, setting.ranking, setting.knowledge, setting.last),
        limited_by=bindings(
            problem, solution, setting.caps, setting.label, setting.knowledge, setting.product.name
        ),
        untreated=untreated(plan, setting.ranking, setting.eligible, problem, solution, setting.knowledge),
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
        rows=(*cap_rows(setting.caps, places, setting.knowledge, setting.product.name), *extra),
        fewest=min(int(figure("planning", "sides", "fewest")), len(places)),
        most=setting.most,
    )


def _solve_with_enough_sides(problem: Problem) -> Solution:
    """The solution with the asked number of sides, or with fewer where the caps leave no room for them."""
    for fewest in range(problem.fewest, 0, -1):
        try:
            return solve(
                Problem(
                    places=problem.places,
                    worth=problem.worth,
                    rows=problem.rows,
                    fewest=fewest,
                    most=problem.most,
                )
            )
        except NoPlan:
            if fewest == 1:
                raise
    raise NoPlan("no muscle-side may be injected")


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
