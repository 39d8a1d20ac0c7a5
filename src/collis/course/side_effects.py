"""The side effects of a plan: chance relative to a comparator, absolute chance, onset, length, what to do.

Exposure of the swallow comes from where the needle's Units end up; that of the other effects from the Units given.
Toxin that earlier sessions left is added where the effect follows the light chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from collis.case.case import Case
from collis.case.plan import Plan
from collis.case.session import Session
from collis.course.bands import band_of
from collis.course.forecast import AntibodyChance, Risk, SideEffect
from collis.course.reaching import Reached
from collis.course.relief import units_given
from collis.errors import KnowledgeError
from collis.knowledge.antibodies import Scenario
from collis.knowledge.harms import Effect, ExposureKind, HarmModel, Harms
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Muscle
from collis.toxin.adverse import HarmCurve, chances, drug_chances, exposure_by_day, relative_risk
from collis.toxin.antibodies import (
    chance_of_neutralising,
    neutralised_share,
    secondary_nonresponse,
    session_chances,
)
from collis.toxin.timecourse import Array, Real, decay_rate, light_chain_peak_day


def side_effects(
    reached: Reached,
    comparator: Reached | None,
    knowledge: Knowledge,
    curves: Mapping[Effect, HarmCurve],
    left: Mapping[Effect, float] = MappingProxyType({}),
) -> tuple[SideEffect, ...]:
    """Every side effect of the plan behind `reached`, in the order of `Effect`, against `comparator` if there is one.

    Plan and comparator meet the same drawn curves and what earlier sessions `left`, so that doubt they share cancels.
    """
    return tuple(
        _side_effect(model, curves[effect], reached, comparator, knowledge, left.get(effect, 0.0))
        for effect, model in knowledge.harms.effects.items()
    )


def exposure_of(model: HarmModel, harms: Harms, reached: Reached) -> Real:
    """The exposure of one session under a curve, in reference Units; one figure, or one for each draw of placement."""
    plan = reached.plan
    potency = harms.potency_of(plan.product)
    if model.exposure is ExposureKind.SWALLOW:
        return np.asarray(potency * reached.pharynx)
    return model.exposure_of(_units_by_muscle(plan), potency=potency)


def exposures_left(case: Case, product: str, knowledge: Knowledge) -> Mapping[Effect, float]:
    """What earlier sessions add to the exposure of a session of `product` on the day of the visit, by effect.

    Read on the day the new session's light chain is highest. A session without muscles or of a product without
    parameters adds nothing, nor does any to an effect of the needle.
    """
    harms, half_life = knowledge.harms, knowledge.response.half_life
    if case.date is None:
        return {}
    on = case.date
    past = [s for s in case.history.sessions if s.given and s.on <= on and s.product in half_life]
    found = {}
    for effect, model in harms.effects.items():
        if model.timing.uptake is None or not past:
            continue
        peak_day = light_chain_peak_day(
            uptake=float(model.timing.uptake.value), decay=decay_rate(half_life[product].days.value)
        )
        given = [
            model.exposure_of(_units_of(s, knowledge), potency=harms.potency_of(s.product)) for s in past
        ]
        at_peak = exposure_by_day(
            np.array(given),
            given_days=np.array([float((s.on - on).days) for s in past]),
            on_days=np.atleast_1d(peak_day),
            timing=model.timing,
            half_life_days=np.array([half_life[s.product].days.value for s in past]),
        )
        found[effect] = float(at_peak[0])
    return found


def antibody_chances(plan: Plan, case: Case, knowledge: Knowledge) -> tuple[AntibodyChance, ...]:
    """The chance of antibodies from today's session on, the plan repeated at the usual interval.

    What earlier sessions may have done already is not in it; only their last date counts, for the first interval.
    """
    told, model = knowledge.outcomes.antibodies, knowledge.antibodies
    apart = 7.0 * float(told.repeat.value)
    failing = _failing_by(knowledge, apart, 1 + int(365.25 * float(max(told.years.value)) // apart))
    last = case.history.last
    since = float((case.date - last.on).days) if case.date is not None and last is not None else np.inf
    found = []
    for years in told.years.value:
        count = 1 + int(365.25 * float(years) // apart)
        turned = {
            scenario: chance_of_neutralising(
                session_chances(
                    model,
                    scenario,
                    product=plan.product,
                    doses=np.full(count, float(plan.total.units)),
                    intervals=np.array([since, *[apart] * (count - 1)]),
                )
            )
            for scenario in Scenario
        }
        by_scenario = {scenario: float(chance[-1]) for scenario, chance in turned.items()}
        fails = {
            scenario: float(np.diff(chance, prepend=0.0) @ failing[:count, count - 1])
            for scenario, chance in turned.items()
        }
        found.append(
            AntibodyChance(
                years=float(years),
                sessions=count,
                assay=by_scenario[Scenario.ASSAY],
                clinic_low=by_scenario[Scenario.CLINIC_LOW],
                clinic_high=by_scenario[Scenario.CLINIC_HIGH],
                failing_low=fails[Scenario.CLINIC_LOW],
                failing_high=fails[Scenario.CLINIC_HIGH],
            )
        )
    return tuple(found)


@lru_cache(maxsize=4)
def _failing_by(knowledge: Knowledge, apart: float, sessions: int) -> Array:
    """Whether one who turned with a session (row) has failed often enough in a row by a later one (column)."""
    model = knowledge.antibodies
    days = np.arange(sessions, dtype=np.float64) * apart
    lost = neutralised_share(model, np.arange(sessions), given_days=days)
    return np.maximum.accumulate(secondary_nonresponse(model, lost).astype(np.float64), axis=-1)


def _side_effect(
    model: HarmModel,
    curve: HarmCurve,
    reached: Reached,
    comparator: Reached | None,
    knowledge: Knowledge,
    left: float,
) -> SideEffect:
    harms = knowledge.harms
    exposure = exposure_of(model, harms, reached) + left
    is_b = harms.is_serotype_b(reached.plan.product)
    mine = chances(curve, exposure, serotype_b=is_b)
    relative = None
    if comparator is not None:
        other = chances(
            curve,
            exposure_of(model, harms, comparator) + left,
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


def _units_of(session: Session, knowledge: Knowledge) -> dict[Muscle, float]:
    units: dict[Muscle, float] = {}
    for where, amount in units_given(session, knowledge.muscles).items():
        units[where.muscle] = units.get(where.muscle, 0.0) + amount
    return units


def _units_by_muscle(plan: Plan) -> dict[Muscle, float]:
    units: dict[Muscle, float] = {}
    for injection in plan.injections:
        units[injection.muscle] = units.get(injection.muscle, 0.0) + float(injection.dose.units)
    return units
