"""The scoreboard: any planner's plans for the public cohort, each through the gate, then played on the truth.

Relief is what the toxin alone takes off the untreated score, the placebo answer left out. A plan the gate refuses is
not given: its person has no relief, and it is counted with the rules it broke. Cost is what is allowed for one session
on the claim of the named payer, vials and waste included, a published price of the day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from collis.billing.claim import Supply
from collis.billing.estimate import Circumstances, Cost, cost
from collis.billing.share import Allowed
from collis.case.case import Case
from collis.case.plan import Plan
from collis.course.cycle import PatientArrays, SessionArrays, relief_of
from collis.errors import BadInput
from collis.knowledge.harms import Effect
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Guidance
from collis.pharmacy.drawup import draw_up
from collis.planning.candidate import CandidateKey
from collis.reasons import Level
from collis.safety.check import check
from collis.safety.verdict import CheckedPlan
from collis.toxin.adverse import chances, typical_curve
from collis.toxin.timecourse import Array
from collis.trials.cohort import PRODUCT, Member, Members
from collis.trials.design import Arm, Strategy
from collis.trials.dosing import reached_by
from collis.trials.strategies import planned, textbook_plan

Planner = Callable[[Member], Plan | None]
WEEKS = tuple(float(week) for week in range(1, 13))
PEAK_WEEK = 4.0
PAYER = "medicare"
REGISTRY = "CDPROBE2015"  # whose usual session the textbook gives


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """One person's plan and what came of it. `plan` is None where the planner made none.

    `relief` and `at_peak` are points off the untreated score, averaged over weeks 1 to 12 and at week 4; `dysphagia`
    the chance; `dollars` None where no price is known. `refused` and `warned` are the rules of the gate.
    """

    key: str
    plan: Plan | None
    relief: float
    at_peak: float
    dysphagia: float
    units: float
    dollars: float | None
    refused: tuple[str, ...]
    warned: tuple[str, ...]

    @property
    def given(self) -> bool:
        """Whether there was a plan and the gate let it through."""
        return self.plan is not None and not self.refused


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """A planner's line on the board. `units` and `dollars` are means over plans given, the rest over everybody.

    `dysphagia` is in percent. `broken` and `warned` count people by the rule a plan met.
    """

    planner: str
    people: int
    given: int
    refused: int
    missing: int
    relief: float
    at_peak: float
    dysphagia: float
    units: float
    dollars: float | None
    unpriced: int
    broken: Mapping[str, int]
    warned: Mapping[str, int]


def score(planner: str, played: Sequence[Played]) -> Score:
    """The line of a planner from its plans, one for each person."""
    given = [one for one in played if one.given]
    priced = [one.dollars for one in given if one.dollars is not None]
    return Score(
        planner=planner,
        people=len(played),
        given=len(given),
        refused=sum(bool(one.refused) for one in played),
        missing=sum(one.plan is None for one in played),
        relief=_mean([one.relief for one in played]),
        at_peak=_mean([one.at_peak for one in played]),
        dysphagia=100.0 * _mean([one.dysphagia for one in played]),
        units=_mean([one.units for one in given]),
        dollars=_mean(priced) if priced else None,
        unpriced=len(given) - len(priced),
        broken=_counted(one.refused for one in played),
        warned=_counted(one.warned for one in given),
    )


def play(
    planner: Planner, members: Members, knowledge: Knowledge, *, people: int | None = None
) -> Iterator[Played]:
    """Every person of the cohort (or the first few) planned, gated and played, one after another."""
    for member in members.people[:people]:
        plan = planner(member)
        checked = None if plan is None else check(plan, member.case, knowledge)
        yield _played(member, plan, checked, members, knowledge)


def _played(
    member: Member, plan: Plan | None, checked: CheckedPlan | None, members: Members, knowledge: Knowledge
) -> Played:
    refused = () if checked is None or checked.passes else _rules(checked, Level.REFUSE)
    given = checked is not None and checked.passes
    relief = _relief(member, checked.plan, members, knowledge) if checked is not None and given else None
    return Played(
        key=member.key,
        plan=plan,
        relief=0.0 if relief is None else float(relief.mean()),
        at_peak=0.0 if relief is None else float(relief[WEEKS.index(PEAK_WEEK)]),
        dysphagia=_dysphagia(plan if given else None, knowledge),
        units=float(plan.total.units) if plan is not None and given else 0.0,
        dollars=_dollars(checked, member.case, knowledge) if checked is not None and given else None,
        refused=refused,
        warned=_rules(checked, Level.WARN) if checked is not None and given else (),
    )


def _rules(checked: CheckedPlan, level: Level) -> tuple[str, ...]:
    found = (
        rule for reason in checked.verdict.clinical if reason.level is level for rule in reason.rule.split()
    )
    return tuple(dict.fromkeys(found))


def _relief(member: Member, plan: Plan, members: Members, knowledge: Knowledge) -> Array:
    """Points the toxin of one session takes off the untreated score, by week of `WEEKS`."""
    truth, product = member.truth, plan.product
    if product not in members.half_life:
        return np.zeros(len(WEEKS))
    reached, _ = reached_by(plan, knowledge)
    places = tuple(truth.share)
    one = np.ones(1)
    coverage = float(knowledge.response.reach.reference_coverage.value)
    patients = PatientArrays(
        baseline=one * truth.baseline,
        reach=np.minimum(one * truth.reach / coverage, 1.0),
        share=np.array([[truth.share[where] for where in places]]),
        volume_cm3=np.array([[knowledge.muscles[where.muscle].number("volume") for where in places]]),
        uptake=one * members.uptake,
        lag=one * members.lag,
        half_life=MappingProxyType({product: one * members.half_life[product] * truth.half_life_factor}),
        potency=MappingProxyType({product: one * members.potency[product]}),
        half_dose=one * truth.half_dose_total / float(knowledge.response.typical_volume.value),
        placebo=np.zeros(1),
        placebo_onset=one,
        placebo_fading=one,
        highest=float(knowledge.response.score.highest.value),
    )
    units = np.array([float(reached.of(where)) for where in places])
    session = SessionArrays(day=0.0, product=product, units=units)
    return np.asarray(truth.baseline * relief_of(patients, [session], 7.0 * np.array(WEEKS))[0])


def _dysphagia(plan: Plan | None, knowledge: Knowledge) -> float:
    model = knowledge.harms.effects[Effect.DYSPHAGIA]
    exposure = 0.0 if plan is None else reached_by(plan, knowledge)[1][Effect.DYSPHAGIA]
    b = plan is not None and knowledge.harms.is_serotype_b(plan.product)
    return float(chances(typical_curve(model), np.array([exposure]), serotype_b=b)[0])


def _dollars(checked: CheckedPlan, case: Case, knowledge: Knowledge) -> float | None:
    try:
        drawn = draw_up(checked.plan, knowledge, case.region)
    except BadInput:
        return None
    supply = Supply(
        vials=tuple(vial.units for vial in drawn.vials),
        given=drawn.totals.given,
        discarded=drawn.totals.wasted,
    )
    found = cost(checked.plan, case, supply, knowledge.payer(PAYER), knowledge, Circumstances())
    amounts = found.allowed if isinstance(found, Cost) else None
    return float(amounts.total) if isinstance(amounts, Allowed) else None


def shipped(knowledge: Knowledge) -> Mapping[str, Planner]:
    """The planners that come with Collis, by name. The textbook is told the form a person was drawn from."""
    forms = {subtype.key: subtype for subtype in knowledge.populations.subtypes}
    book = Arm(
        name="textbook",
        strategy=Strategy.TEXTBOOK,
        product=PRODUCT,
        units=next(row.units for row in knowledge.evidence.rows if row.trial == REGISTRY and row.units),
        guidance=Guidance.ULTRASOUND,
    )

    def by(strategy: Strategy, candidate: str = "") -> Planner:
        arm = Arm(name=candidate or strategy.value, strategy=strategy, product=PRODUCT, candidate=candidate,
                  guidance=Guidance.ULTRASOUND)  # fmt: skip
        return lambda member: planned(member.case, arm, knowledge)

    return MappingProxyType(
        {
            "label_start": by(Strategy.LABEL_START),
            "balanced": by(Strategy.COLLIS, CandidateKey.BALANCED.value),
            "low_risk": by(Strategy.COLLIS, CandidateKey.LOW_RISK.value),
            "textbook": lambda member: textbook_plan(book, forms[member.form], knowledge),
        }
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0


def _counted(rules: Iterator[tuple[str, ...]]) -> Mapping[str, int]:
    counts = Counter(rule for some in rules for rule in some)
    return MappingProxyType(dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))))
