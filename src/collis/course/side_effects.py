"""The side effects of a plan: chance relative to a comparator, absolute chance, onset, length, what to do.

Exposure of the swallow comes from where the needle's Units end up; that of the other effects from the Units given.
Toxin left from earlier sessions is not counted.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from collis.case.case import Case
from collis.case.plan import Plan
from collis.course.bands import band_of
from collis.course.forecast import AntibodyChance, Risk, SideEffect
from collis.course.reaching import Reached
from collis.errors import KnowledgeError
from collis.knowledge.antibodies import Scenario
from collis.knowledge.harms import Effect, ExposureKind, HarmModel, Harms
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Muscle
from collis.toxin.adverse import HarmCurve, chances, drug_chances, relative_risk
from collis.toxin.antibodies import chance_of_neutralising, session_chances
from collis.toxin.timecourse import Real


def side_effects(
    reached: Reached, comparator: Reached | None, knowledge: Knowledge, curves: Mapping[Effect, HarmCurve]
) -> tuple[SideEffect, ...]:
    """Every side effect of the plan behind `reached`, in the order of `Effect`, against `comparator` if there is one.

    Plan and comparator meet the same drawn curves, so that doubt they share cancels in the relative chance.
    """
    return tuple(
        _side_effect(model, curves[effect], reached, comparator, knowledge)
        for effect, model in knowledge.harms.effects.items()
    )


def exposure_of(model: HarmModel, harms: Harms, reached: Reached) -> Real:
    """The exposure of one session under a curve, in reference Units; one figure, or one for each draw of placement."""
    plan = reached.plan
    potency = harms.potency_of(plan.product)
    if model.exposure is ExposureKind.SWALLOW:
        return np.asarray(potency * reached.pharynx)
    return model.exposure_of(_units_by_muscle(plan), potency=potency)


def antibody_chances(plan: Plan, case: Case, knowledge: Knowledge) -> tuple[AntibodyChance, ...]:
    """The chance of antibodies from today's session on, the plan repeated at the usual interval.

    What earlier sessions may have done already is not in it; only their last date counts, for the first interval.
    """
    told, model = knowledge.outcomes.antibodies, knowledge.antibodies
    apart = 7.0 * float(told.repeat.value)
    last = case.history.last
    since = float((case.date - last.on).days) if case.date is not None and last is not None else np.inf
    found = []
    for years in told.years.value:
        count = 1 + int(365.25 * float(years) // apart)
        by_scenario = {
            scenario: float(
                chance_of_neutralising(
                    session_chances(
                        model,
                        scenario,
                        product=plan.product,
                        doses=np.full(count, float(plan.total.units)),
                        intervals=np.array([since, *[apart] * (count - 1)]),
                    )
                )[-1]
            )
            for scenario in Scenario
        }
        found.append(
            AntibodyChance(
                years=float(years),
                sessions=count,
                assay=by_scenario[Scenario.ASSAY],
                clinic_low=by_scenario[Scenario.CLINIC_LOW],
                clinic_high=by_scenario[Scenario.CLINIC_HIGH],
            )
        )
    return tuple(found)


def _side_effect(
    model: HarmModel, curve: HarmCurve, reached: Reached, comparator: Reached | None, knowledge: Knowledge
) -> SideEffect:
    harms = knowledge.harms
    exposure = exposure_of(model, harms, reached)
    is_b = harms.is_serotype_b(reached.plan.product)
    mine = chances(curve, exposure, serotype_b=is_b)
    relative = None
    if comparator is not None:
        other = chances(
            curve,
            exposure_of(model, harms, comparator),
            serotype_b=harms.is_serotype_b(comparator.plan.product),
        )
        relative = band_of(relative_risk(mine, other))
    timing = model.timing
    return SideEffect(
        effect=model.effect,
        label=_said(knowledge, model, "label"),
        risk=Risk(
            relative=relative,
            comparator="" if comparator is None else comparator.plan.name,
            absolute=band_of(mine),
        ),
        drug=band_of(drug_chances(curve, exposure, serotype_b=is_b)),
        onset_day=float(timing.onset.value),
        length_weeks=float(timing.length.value),
        course=_said(knowledge, model, "usual_course"),
        care=_said(knowledge, model, "care"),
        next_session=_said(knowledge, model, "next_session"),
        severe=str(model.severe.value),
    )


def _said(knowledge: Knowledge, model: HarmModel, key: str) -> str:
    if key == "label":
        return knowledge.side_effect_label(model.care)
    try:
        return str(knowledge.side_effect_fact(model.care, key).value)
    except KnowledgeError:
        return ""


def _units_by_muscle(plan: Plan) -> dict[Muscle, float]:
    units: dict[Muscle, float] = {}
    for injection in plan.injections:
        units[injection.muscle] = units.get(injection.muscle, 0.0) + float(injection.dose.units)
    return units
