"""How the people of an arm are dosed: one lump, fixed muscles, or a plan for each person, as arrays for the course.

A fixed dose is what the response model was fitted to: total Units over the muscles of a trial session. With muscles,
relief adds up over each person's own drive, and a plan that reaches more or less of it than a typical trial session
gains in proportion, as in the forecast of a single patient. The two scales meet at a plan of typical coverage; arms
compared with each other should be dosed in one way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from collis.case.plan import Injection, Plan
from collis.course.cycle import PatientArrays
from collis.course.reaching import Reached, reaching
from collis.course.side_effects import exposure_of
from collis.errors import BadInput
from collis.knowledge.harms import Effect
from collis.knowledge.load import Knowledge
from collis.toxin.timecourse import Array
from collis.trials.design import Arm, Strategy
from collis.trials.follow import Treatment
from collis.trials.harming import split_exposure
from collis.trials.muscles import SIDES, places_of
from collis.trials.population import Cohort
from collis.trials.strategies import plans_of
from collis.units import Dose


def treatment_of(
    arm: Arm,
    cohort: Cohort,
    knowledge: Knowledge,
    *,
    share: Array | None = None,
    persons: NDArray[np.intp] | None = None,
    seed: int = 0,
) -> Treatment:
    """The treatment of the people of one arm.

    `share` [person, place] of the drive is needed unless the dose is fixed; `persons` are their numbers in the shard
    and `seed` its chance, from which examinations are drawn: the same person is examined alike in every arm.
    """
    if arm.strategy is Strategy.FIXED_DOSE:
        return _lump(arm, cohort, knowledge)
    if share is None:
        raise BadInput(where="share", read="nothing", expected="shares of the drive for an arm with muscles")
    if arm.strategy is Strategy.FIXED_MUSCLES:
        return _by_plans(arm, cohort, knowledge, share, [_fixed_plan(arm)] * cohort.count)
    numbers = np.arange(cohort.count) if persons is None else persons
    plans = plans_of(arm, cohort, knowledge, share=share, persons=numbers, seed=seed)
    return _by_plans(arm, cohort, knowledge, share, plans)


def patients_in(
    cohort: Cohort, knowledge: Knowledge, product: str, *, share: Array, volume_cm3: Array, reach: Array
) -> PatientArrays:
    """The people as rows of the course, with these muscles; `reach` is what a full block of all of them removes."""
    own, people = cohort.own, cohort.people
    return PatientArrays(
        baseline=people.baseline,
        reach=reach,
        share=share,
        volume_cm3=volume_cm3,
        uptake=own.uptake,
        lag=own.effect_lag,
        half_life=MappingProxyType({product: own.half_life_of(product) * people.half_life_factor}),
        potency=MappingProxyType({product: own.potency[product]}),
        half_dose=people.half_dose_total / float(knowledge.response.typical_volume.value),
        placebo=people.placebo,
        placebo_onset=own.placebo_onset,
        placebo_fading=own.placebo_fading,
        highest=cohort.population.highest,
    )


def _lump(arm: Arm, cohort: Cohort, knowledge: Knowledge) -> Treatment:
    units, harms = arm.units or 0.0, knowledge.harms
    people = cohort.count
    volume = float(knowledge.response.typical_volume.value)
    split = knowledge.populations.split_of(arm.product, serotype_b=harms.is_serotype_b(arm.product))
    each = split_exposure(harms, split, arm.product)
    return Treatment(
        product=arm.product,
        patients=patients_in(
            cohort,
            knowledge,
            arm.product,
            share=np.ones((people, 1)),
            volume_cm3=np.full((people, 1), volume),
            reach=cohort.people.reach,
        ),
        units=np.array([units]),
        total=np.full(people, units),
        exposure={effect: np.full(people, amount * units) for effect, amount in each.items()},
        muscles=np.zeros(people, dtype=np.int32),
    )


def _by_plans(
    arm: Arm, cohort: Cohort, knowledge: Knowledge, share: Array, plans: Sequence[Plan | None]
) -> Treatment:
    places = places_of(knowledge)
    volume = np.array([knowledge.muscles[where.muscle].number("volume") for where in places])
    coverage = knowledge.response.reach.reference_coverage.value
    units = np.zeros(share.shape)
    total = np.zeros(cohort.count)
    muscles = np.zeros(cohort.count, dtype=np.int32)
    exposure = {effect: np.zeros(cohort.count) for effect in knowledge.harms.effects}
    for plan, rows in _by_plan(plans).items():
        reached, exposed = reached_by(plan, knowledge)
        units[rows] = [float(reached.aimed.get(where, 0.0)) for where in places]
        total[rows] = float(plan.total.units)
        muscles[rows] = len(plan.injections)
        for effect, amount in exposed.items():
            exposure[effect][rows] = amount
    return Treatment(
        product=arm.product,
        patients=patients_in(
            cohort,
            knowledge,
            arm.product,
            share=share,
            volume_cm3=np.broadcast_to(volume, share.shape),
            reach=np.minimum(cohort.people.reach / coverage, 1.0),
        ),
        units=units,
        total=total,
        exposure=exposure,
        muscles=muscles,
    )


def _by_plan(plans: Sequence[Plan | None]) -> dict[Plan, list[int]]:
    """The rows of each plan."""
    found: dict[Plan, list[int]] = {}
    for row, plan in enumerate(plans):
        if plan is not None:
            found.setdefault(plan, []).append(row)
    return found


@lru_cache(maxsize=1024)
def reached_by(plan: Plan, knowledge: Knowledge) -> tuple[Reached, Mapping[Effect, float]]:
    """What a plan brings to each muscle, and its exposure by side effect."""
    reached = reaching(plan, knowledge.muscles, knowledge.spread)
    harms = knowledge.harms
    return reached, {e: float(exposure_of(model, harms, reached)) for e, model in harms.effects.items()}


def _fixed_plan(arm: Arm) -> Plan:
    return Plan(
        name=arm.name,
        product=arm.product,
        injections=tuple(
            Injection(
                muscle=m.muscle,
                side=side,
                dose=Dose.of(m.units, arm.product),
                sites=m.sites,
                guidance=arm.guidance,
            )
            for m in arm.muscles
            for side in SIDES[m.side]
            if m.units > 0
        ),
    )
