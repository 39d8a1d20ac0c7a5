"""Proposals for drawn patients: none breaks a limit, none proposes what may not be, left like right.

Patients of every region and product with postures, findings, past sessions, toxin elsewhere and guidance drawn at
random. Each proposal is held against the laws of `broken_laws`, and against the proposal for the mirrored patient.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

import numpy as np

from collis.case.case import Case, Request
from collis.case.examination import (
    Deviation,
    Examination,
    Finding,
    FindingKind,
    JointLevel,
    Posture,
    Sagittal,
    Shift,
    ShiftGrade,
    Shoulders,
    Tremor,
    TremorAxis,
)
from collis.case.history import Asked, History, SafetyAnswers
from collis.case.mirror import mirrored
from collis.case.patient import Answer
from collis.case.plan import Origin, Plan
from collis.case.session import Given, Indication, OtherToxin, Session, SideEffect, SideEffectKind
from collis.inference.muscles import rank_muscles
from collis.knowledge.load import Knowledge, load
from collis.knowledge.names import Guidance, Muscle, MuscleSide, Region
from collis.knowledge.products import LimitKind
from collis.planning.candidate import Candidate, CandidateKey, Proposal
from collis.planning.propose import propose
from collis.safety.limits import SCALENES, limits
from collis.side import Side
from collis.units import Dose, decimal_of
from studies.record import Measure

PATHS = (
    "src/collis/planning",
    "src/collis/inference",
    "src/collis/course/draws.py",
    "src/collis/course/relief.py",
    "src/collis/safety/limits.py",
    "src/collis/safety/earlier.py",
    "src/collis/knowledge/data/products",
    "src/collis/knowledge/data/muscles.toml",
    "src/collis/knowledge/data/patterns.toml",
    "src/collis/knowledge/data/inference.toml",
    "src/collis/knowledge/data/planning.toml",
    "src/collis/knowledge/data/evidence/response.toml",
)
SEED = 20261110
CASES, THIN = 10_000, 40
VISIT = date(2026, 11, 10)
PRODUCTS = (
    "onabotulinumtoxinA",
    "abobotulinumtoxinA",
    "incobotulinumtoxinA",
    "rimabotulinumtoxinB",
    "daxibotulinumtoxinA",
)
COARSE = {"abobotulinumtoxinA": 4, "rimabotulinumtoxinB": 50}
"""How much larger than the others' the drawn past doses of a product are; no conversion, only a spread."""

T = TypeVar("T")


def broken_laws(case: Case, knowledge: Knowledge) -> list[str]:
    """The laws that the proposal for a dated case with a product breaks, in words; empty where it keeps them all."""
    ranking = rank_muscles(case, knowledge)
    proposal = propose(case, ranking, knowledge)
    held_back = {entry.where for entry in ranking.muscles if entry.held_back}
    broken = []
    for candidate in proposal.candidates:
        if candidate.plan.origin is Origin.COMPUTED:
            plan = candidate.plan
            laws = (*_of_doses(plan, case, knowledge), *_of_places(plan, case, knowledge, held_back))
            broken += [f"{candidate.key}: {law}" for law in laws]
    if any(c.plan.origin is Origin.COMPUTED for c in proposal.candidates) and _too_soon(case, knowledge):
        broken.append("a plan inside the interval")
    broken += [*_side_by_side(proposal.candidates, knowledge)]
    broken += [f"{key} vanished" for key in CandidateKey if key not in _keys(proposal)]
    other = mirrored(case)
    reflected = propose(other, rank_muscles(other, knowledge), knowledge)
    if _seen(proposal.candidates, mirror=True) != _seen(reflected.candidates, mirror=False):
        broken.append("the mirrored patient has other plans")
    if [n.key for n in proposal.not_offered] != [n.key for n in reflected.not_offered]:
        broken.append("the mirrored patient is offered other candidates")
    return broken


def _of_doses(plan: Plan, case: Case, knowledge: Knowledge) -> Iterator[str]:
    """Limits, round and drawable doses, least useful doses."""
    product = knowledge.product(plan.product)
    for limit in limits(case, knowledge, plan.product):
        if limit.broken_by(plan):
            yield f"{limit.id} broken"
    label, step = product.label(case.region), product.dose_step
    if label is None or step is None:
        yield "a plan without a label or a dose step"
        return
    strengths = [row.units_per_0_1ml * 10 for row in label.reconstitution if row.for_cd]
    mark = knowledge.supplies.syringe(None).mark.value
    fullest = max(
        limit.span[1]
        for limit in knowledge.limits_for(plan.product, case.region)
        if limit.kind is LimitKind.VOLUME_PER_SITE
    )
    for injection in plan.injections:
        units = injection.dose.units
        if units % decimal_of(step.value):
            yield f"{injection.where} {units}: not round"
        volume = units / injection.sites / max(strengths) if strengths else Decimal(0)
        if volume % mark or volume > fullest:
            yield f"{injection.where} {units} in {injection.sites} sites: cannot be drawn"
        least = knowledge.muscles[injection.muscle].doses[plan.product].least_useful
        if least is not None and units < decimal_of(least.value):
            yield f"{injection.where} {units}: below its least useful dose"


def _of_places(plan: Plan, case: Case, knowledge: Knowledge, held_back: set[MuscleSide]) -> Iterator[str]:
    """How many muscle-sides, and which."""
    first = case.doses_as_naive or not case.history.sessions
    most = int(knowledge.figure("planning", "sides", "most_first" if first else "most_later"))
    if not 1 <= len(plan.injections) <= most:
        yield f"{len(plan.injections)} muscle-sides"
    if len({i.where for i in plan.injections}) != len(plan.injections):
        yield "a muscle-side twice"
    for injection in plan.injections:
        facts = knowledge.muscles[injection.muscle]
        by_image = injection.guidance is Guidance.ULTRASOUND
        if facts.image_required and not by_image:
            yield f"{injection.where} by {injection.guidance}, which needs an image"
        if injection.guidance not in (*case.request.guidance, Guidance.PALPATION):
            yield f"{injection.where} by {injection.guidance}, which is not at hand"
        if injection.where in held_back:
            yield f"{injection.where} on a disputed ground alone"
        if case.request.muscles and injection.muscle not in case.request.muscles:
            yield f"{injection.where}, which this injector does not treat"
        opposite = [i for i in plan.injections if i.side is not injection.side]
        if injection.muscle in SCALENES and any(i.muscle in SCALENES for i in opposite):
            yield "scalenes of both sides"
        if (
            first
            and injection.muscle is Muscle.LONGUS_COLLI
            and injection.muscle in {i.muscle for i in opposite}
        ):
            yield "both longus colli in a first session"
        if injection.muscle in SCALENES and case.safety.lung_disease.answer is not Answer.NO:
            yield f"{injection.where} where lung disease is not ruled out"


def _side_by_side(candidates: Sequence[Candidate], knowledge: Knowledge) -> Iterator[str]:
    """What the names of plans promise against the plans they stand beside."""
    plans = {c.key: c.plan for c in candidates}
    low, cautious = plans.pop(CandidateKey.LOW_RISK, None), plans.get(CandidateKey.CAUTIOUS_START)
    burdens: dict[str, Mapping[Muscle, float]] = {
        "Units": dict.fromkeys(Muscle, 1.0),
        "Units near the swallow": {m: f.number("swallow_weight") for m, f in knowledge.muscles.items()},
        "extensor Units": {m: float(f.holds("extensor")) for m, f in knowledge.muscles.items()},
    }
    for key, plan in plans.items() if low is not None else ():
        for name, weights in burdens.items():
            assert low is not None
            if _weighed(low, weights) > _weighed(plan, weights) + 1e-5:
                yield f"low risk has more {name} than {key}"
    others = [plan.total.units for key, plan in plans.items() if key is not CandidateKey.CAUTIOUS_START]
    if cautious is not None and others and cautious.total.units > max(others):
        yield "cautious start is the highest of the plans"
    balanced = plans.get(CandidateKey.BALANCED)
    if cautious is not None and balanced is not None and cautious.total.units > balanced.total.units:
        yield "cautious start has more Units than balanced"
    for injection in cautious.injections if cautious is not None else ():
        usual = knowledge.muscles[injection.muscle].doses[injection.dose.product].usual
        if usual is not None and 2 * float(injection.dose.units) > sum(usual.value):
            yield f"cautious start goes beyond the middle of the range of {injection.where}"


def _weighed(plan: Plan, weights: Mapping[Muscle, float]) -> float:
    return sum(weights[i.muscle] * float(i.dose.units) for i in plan.injections)


def _keys(proposal: Proposal) -> set[CandidateKey]:
    return {c.key for c in proposal.candidates} | {n.key for n in proposal.not_offered}


def _too_soon(case: Case, knowledge: Knowledge) -> bool:
    """Whether toxin reached the neck fewer days ago than the longest interval of product and region."""
    assert case.request.product is not None
    assert case.date is not None
    facts = knowledge.limits_for(case.request.product, case.region)
    days = max((int(f.amount) for f in facts if f.kind is LimitKind.INTERVAL), default=0)
    given = [s.on for s in case.history.sessions]
    given += [t.on for t in case.safety.other_toxin if t.on is not None and t.reaches_neck]
    return any(0 <= (case.date - day).days < days for day in given)


Lines = Mapping[CandidateKey, frozenset[tuple[MuscleSide, Decimal, int, Guidance]]]


def _seen(candidates: Sequence[Candidate], *, mirror: bool) -> Lines:
    """The lines of each candidate, their sides exchanged or not."""
    return {
        c.key: frozenset(
            (i.where, i.dose.units, i.sites, i.guidance)
            for i in (c.plan.mirrored() if mirror else c.plan).injections
        )
        for c in candidates
    }


def drawn_case(chance: np.random.Generator) -> Case:
    """A patient at a visit: posture in every plane or none, findings, history, answers and what is at hand."""
    product = _one(PRODUCTS, chance)
    treated = chance.random() < 2 / 3
    count = int(chance.integers(0, 3)) if treated else 0
    return Case(
        region=_one(tuple(Region), chance),
        date=VISIT,
        examination=Examination(posture=_posture(chance), findings=_findings(chance)),
        safety=SafetyAnswers(
            toxin_naive=_one(tuple(Answer), chance) if not treated else Answer.NO,
            other_toxin=_elsewhere(chance) if treated and chance.random() < 1 / 4 else (),
            lung_disease=Asked(answer=_one(tuple(Answer), chance)),
        ),
        history=History(sessions=tuple(_session(product, chance) for _ in range(count))),
        request=Request(
            product=product,
            guidance=_one(
                ((Guidance.PALPATION,), (Guidance.PALPATION, Guidance.EMG), tuple(Guidance)), chance
            ),
            muscles=_some(tuple(Muscle), 6, chance) if chance.random() < 1 / 8 else (),
        ),
    )


def _one(choices: Sequence[T], chance: np.random.Generator) -> T:
    return choices[int(chance.integers(len(choices)))]


def _some(choices: Sequence[T], most: int, chance: np.random.Generator) -> tuple[T, ...]:
    count = int(chance.integers(1, most + 1))
    return tuple(choices[int(n)] for n in sorted(chance.choice(len(choices), size=count, replace=False)))


def _angle(chance: np.random.Generator, sagittal: bool, total: bool) -> Deviation | None:
    if chance.random() < 1 / 3:
        return None
    return Deviation(
        deg=Decimal(int(chance.integers(0, 60))),
        toward=_one(tuple(Sagittal), chance) if sagittal else _one(tuple(Side), chance),
        level=_one(tuple(JointLevel), chance) if total else None,
    )


def _posture(chance: np.random.Generator) -> Posture:
    angles: dict[str, Deviation | None] = {}
    planes = {
        "turn": ("torticaput", "torticollis"),
        "tilt": ("laterocaput", "laterocollis"),
        "flexion": ("sagittal_caput", "sagittal_collis"),
    }
    for total, parts in planes.items():
        sagittal = total == "flexion"
        if chance.random() < 1 / 2:
            angles[total] = _angle(chance, sagittal, total=True)
        else:
            angles |= {part: _angle(chance, sagittal, total=False) for part in parts}
    rare = ShiftGrade.ABSENT if chance.random() < 3 / 4 else _one(tuple(ShiftGrade), chance)
    return Posture(
        **angles,
        lateral_shift=Shift(grade=rare, toward=_one(tuple(Side), chance)),
        sagittal_shift=Shift(
            grade=ShiftGrade.ABSENT if chance.random() < 3 / 4 else _one(tuple(ShiftGrade), chance),
            toward=_one(tuple(Sagittal), chance),
        ),
        shoulder_elevation=Shoulders(right=int(chance.integers(0, 4)), left=int(chance.integers(0, 4))),
        tremor=Tremor(axis=_one(tuple(TremorAxis), chance), grade=int(chance.integers(0, 4))),
    )


def _findings(chance: np.random.Generator) -> tuple[Finding, ...]:
    places = tuple(MuscleSide(muscle, side) for muscle in Muscle for side in Side)
    return tuple(
        Finding(where=place, kinds=_some(tuple(FindingKind), 3, chance))
        for place in (_some(places, 4, chance) if chance.random() < 2 / 3 else ())
    )


def _day(chance: np.random.Generator) -> date:
    return VISIT - timedelta(days=int(chance.integers(0, 300)))


def _dose(product: str, chance: np.random.Generator) -> Dose:
    return Dose.of(Decimal(int(chance.integers(2, 25)) * 5 * COARSE.get(product, 1)), product)


def _session(wanted: str, chance: np.random.Generator) -> Session:
    product = wanted if chance.random() < 3 / 4 else _one(PRODUCTS, chance)
    places = _some(tuple(MuscleSide(muscle, side) for muscle in Muscle for side in Side), 5, chance)
    given = tuple(
        Given(muscle=p.muscle.value, side=p.side, dose=_dose(product, chance), members=(p,)) for p in places
    )
    choked = SideEffect(kind=SideEffectKind.DYSPHAGIA, grade=int(chance.integers(1, 4)))
    return Session(
        on=_day(chance),
        product=product,
        total=Dose.total((line.dose for line in given), product),
        given=given,
        benefit_percent=None if chance.random() < 1 / 3 else Decimal(int(chance.integers(0, 101))),
        side_effects=(choked,) if chance.random() < 1 / 4 else (),
    )


def _elsewhere(chance: np.random.Generator) -> tuple[OtherToxin, ...]:
    product = _one(PRODUCTS, chance)
    places = tuple(MuscleSide(muscle, side) for muscle in Muscle for side in Side)
    return (
        OtherToxin(
            on=_day(chance),
            product=product,
            dose=_dose(product, chance),
            indication=_one(tuple(Indication), chance),
            in_neck=chance.random() < 1 / 4,
            muscles=_some(places, 2, chance) if chance.random() < 1 / 2 else (),
        ),
    )


def run(thin: bool) -> Sequence[Measure]:
    """Draw patients, propose for each and for its mirror image, and count the laws broken."""
    knowledge = load(VISIT)
    chance = np.random.default_rng(SEED)
    count = THIN if thin else CASES
    broken: Counter[str] = Counter()
    planned = 0
    for _ in range(count):
        case = drawn_case(chance)
        broken.update(broken_laws(case, knowledge))
        candidates = propose(case, rank_muscles(case, knowledge), knowledge).candidates
        planned += any(c.plan.origin is Origin.COMPUTED for c in candidates)
    worst = "; ".join(f"{law} ({times})" for law, times in broken.most_common(3))
    return (
        Measure(
            name="laws broken",
            figure=broken.total(),
            unit="count",
            bar="none",
            met=not broken,
            detail=worst
            or f"{count} patients drawn, each with its mirror image; a plan was made for {planned}.",
        ),
        Measure(
            name="patients with a plan",
            figure=round(100 * planned / count, 1),
            unit="percent",
            bar="at least 25 percent, so that the first figure says something",
            met=planned * 4 >= count,
        ),
    )
