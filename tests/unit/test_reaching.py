"""From a plan to the Units that reach each muscle-side and the pharynx."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collis.case.plan import Injection, Plan
from collis.case.preparation import Preparation
from collis.course.reaching import (
    PLACES,
    Placement,
    Reached,
    draw_placement,
    reaching,
    strength_of,
)
from collis.errors import BadInput
from collis.knowledge.load import load
from collis.knowledge.names import Guidance, Muscle, MuscleSide
from collis.side import Side
from collis.units import Dose

KNOWN = load()
MUSCLES, SPREAD = KNOWN.muscles, KNOWN.spread
ONA = "onabotulinumtoxinA"
SCM = Muscle.STERNOCLEIDOMASTOID


def injection(
    muscle: Muscle,
    side: Side = Side.LEFT,
    units: float = 60,
    sites: int = 2,
    guidance: Guidance = Guidance.PALPATION,
    product: str = ONA,
) -> Injection:
    return Injection(muscle=muscle, side=side, dose=Dose.of(units, product), sites=sites, guidance=guidance)


def plan(*injections: Injection, product: str = ONA) -> Plan:
    return Plan(name="plan", product=product, injections=injections)


def reach(one: Plan, **more: Any) -> Reached:
    return reaching(one, MUSCLES, SPREAD, **more)


def as_the_trials(muscle: Muscle, units: int) -> Injection:
    """A reference session in one muscle: the usual sites, and touch and EMG mixed as the trials mixed them."""
    known = MUSCLES[muscle].doses[ONA].sites
    assert known is not None
    return injection(muscle, units=units, sites=int(sum(known.value) / 2))


def mixed_aim(of: Callable[[Reached], float], muscle: Muscle, units: int) -> float:
    """The average of touch and EMG, which is how a reference session is defined."""
    by = {
        g: of(reach(plan(replace(as_the_trials(muscle, units), guidance=g))))
        for g in (Guidance.PALPATION, Guidance.EMG)
    }
    mix = {g: SPREAD.reference_mix[g].value for g in by}
    return float(sum(mix[g] * by[g] for g in by))


def scales(seed: int, draws: int = 8) -> Placement:
    return draw_placement(SPREAD, draws=draws, seed=seed)


injections = st.builds(
    injection,
    muscle=st.sampled_from(list(Muscle)),
    side=st.sampled_from(list(Side)),
    units=st.integers(0, 200),
    sites=st.integers(1, 5),
    guidance=st.sampled_from(list(Guidance)),
)
plans = st.lists(injections, max_size=5, unique_by=lambda i: i.where).map(lambda found: plan(*found))
strengths = st.one_of(st.none(), st.floats(5.0, 500.0))


@given(plans, strengths, st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_unit_lands_somewhere(one, strength, drawn):
    found = reach(one, units_per_ml=strength, placement=scales(3) if drawn else None)
    landed = found.landed.sum(axis=-1) + found.at_pharynx + found.lost
    assert landed == pytest.approx(np.full(landed.shape, float(one.total.units)), abs=1e-9)
    assert found.landed.min(initial=0.0) >= 0.0
    assert found.lost.min(initial=0.0) >= 0.0
    assert found.at_pharynx.min(initial=0.0) >= 0.0


@given(plans, strengths, st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_mirrored_plan_reaches_the_mirrored_muscles(one, strength, drawn):
    placement = scales(5) if drawn else None
    here, there = (reach(p, units_per_ml=strength, placement=placement) for p in (one, one.mirrored()))
    for where in PLACES:
        np.testing.assert_array_equal(here.of(where), there.of(where.mirrored))
    np.testing.assert_array_equal(here.pharynx, there.pharynx)


@given(st.sampled_from(list(Muscle)), st.integers(1, 200), st.floats(10.0, 200.0), st.floats(1.1, 8.0))
@settings(max_examples=60, deadline=None)
def test_a_thinner_solution_keeps_less_in_the_muscle_and_sends_more_to_the_pharynx(
    muscle, units, strength, factor
):
    one = plan(injection(muscle, units=units))
    thick, thin = (reach(one, units_per_ml=s) for s in (strength * factor, strength))
    assert thin.factor[0] < thick.factor[0]
    assert thin.pharynx >= thick.pharynx


@given(st.sampled_from(list(Muscle)), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_more_sites_bring_more_into_the_muscle(muscle, sites):
    fewer, more = (reach(plan(injection(muscle, sites=n))).factor[0] for n in (sites, sites + 1))
    assert more > fewer


@pytest.mark.parametrize("muscle", Muscle)
def test_better_guidance_brings_more_into_the_muscle_and_less_to_the_pharynx(muscle):
    touch, emg, image = (
        reach(plan(injection(muscle, guidance=g)))
        for g in (Guidance.PALPATION, Guidance.EMG, Guidance.ULTRASOUND)
    )
    assert touch.factor[0] < emg.factor[0] < image.factor[0]
    assert touch.pharynx > emg.pharynx > image.pharynx


@pytest.mark.parametrize("units", [10, 60, 150])
@pytest.mark.parametrize("muscle", [Muscle.SPLENIUS_CAPITIS, Muscle.LEVATOR_SCAPULAE])
def test_a_reference_session_keeps_the_injected_units(muscle, units):
    assert mixed_aim(lambda r: r.factor[0], muscle, units) == pytest.approx(1.0, abs=1e-12)
    assert mixed_aim(lambda r: float(r.pharynx), muscle, units) == pytest.approx(
        units * MUSCLES[muscle].number("swallow_weight")
    )


@pytest.mark.parametrize("product", sorted(SPREAD.usual_strength))
def test_the_factor_of_a_usual_session_depends_on_neither_product_nor_dose(product):
    factors = [
        reach(plan(injection(Muscle.SPLENIUS_CAPITIS, units=u, product=product), product=product)).factor[0]
        for u in (1, 1000)
    ]
    aim = reach(plan(injection(Muscle.SPLENIUS_CAPITIS))).factor[0]
    assert factors == pytest.approx([aim, aim], rel=0.06)


def test_without_a_dose_nothing_arrives_anywhere():
    found = reach(plan(injection(SCM, units=0)))
    assert found.by_place == {}
    assert float(found.pharynx) == float(found.lost) == 0.0


def test_an_empty_plan_reaches_nothing_drawn_or_not():
    assert reach(plan()).units.tolist() == [0.0] * len(PLACES)
    assert reach(plan(), placement=scales(1)).units.shape == (8, len(PLACES))


def test_the_muscle_aimed_at_gets_most_and_a_near_neighbour_more_than_a_far_one():
    got = reach(plan(injection(Muscle.SPLENIUS_CAPITIS))).by_place
    ranked = sorted(got, key=lambda where: -float(got[where]))
    assert ranked[0] == MuscleSide(Muscle.SPLENIUS_CAPITIS, Side.LEFT)
    assert ranked[1] == MuscleSide(Muscle.SEMISPINALIS_CAPITIS, Side.LEFT)
    assert MuscleSide(SCM, Side.RIGHT) not in got


def test_beside_the_midline_the_other_side_gets_some():
    got = reach(plan(injection(Muscle.SEMISPINALIS_CERVICIS))).by_place
    assert float(got[MuscleSide(Muscle.SEMISPINALIS_CERVICIS, Side.RIGHT)]) > 0


def test_an_injection_beside_a_muscle_adds_to_it_and_its_own_units_stay_apart():
    splenius, semispinalis = (
        injection(Muscle.SPLENIUS_CAPITIS),
        injection(Muscle.SEMISPINALIS_CAPITIS, units=30),
    )
    both, alone = reach(plan(splenius, semispinalis)), reach(plan(semispinalis))
    assert both.of(semispinalis.where) > alone.of(semispinalis.where)
    assert both.aimed[semispinalis.where] == alone.aimed[semispinalis.where]


def test_a_plan_is_the_sum_of_its_injections():
    parts = [injection(SCM, Side.RIGHT), injection(Muscle.SPLENIUS_CAPITIS), injection(SCM, Side.LEFT, 20)]
    together = reach(plan(*parts)).units
    assert together == pytest.approx(sum(reach(plan(p)).units for p in parts))


def test_the_same_seed_draws_the_same_placement_and_another_does_not():
    one = plan(injection(SCM))
    first, again, other = (reach(one, placement=scales(seed)).factor for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_draws_lie_about_the_centre_and_more_sites_vary_less():
    placement = draw_placement(SPREAD, draws=400, seed=7)
    one, four = (
        reach(plan(injection(Muscle.LEVATOR_SCAPULAE, sites=n)), placement=placement) for n in (1, 4)
    )
    centre = reach(plan(injection(Muscle.LEVATOR_SCAPULAE, sites=1)))
    assert float(np.median(one.factor)) == pytest.approx(float(centre.factor[0]), rel=0.03)
    assert four.factor.std() < one.factor.std()


def test_without_luck_a_plan_of_the_trials_way_keeps_its_units_in_every_draw():
    placement = draw_placement(SPREAD, draws=50, seed=7).without_luck
    muscle = Muscle.SPLENIUS_CAPITIS
    factors = [
        reach(plan(replace(as_the_trials(muscle, 60), guidance=g)), placement=placement).factor[:, 0]
        for g in (Guidance.PALPATION, Guidance.EMG)
    ]
    assert 0.5 * (factors[0] + factors[1]) == pytest.approx(np.ones(50), abs=1e-12)


def test_an_unstated_strength_is_said_and_a_stated_one_is_not():
    one = plan(injection(SCM))
    assert "usual 100 Units/mL is assumed" in reach(one).notes[0]
    assert not any("assumed." in note for note in reach(one, units_per_ml=50.0).notes)
    assert not any("Units/mL" in note for note in reach(one, volumes_ml={one.injections[0].where: 0.5}).notes)


def test_a_product_without_a_usual_strength_spreads_as_a_typical_injection_and_says_so():
    one = plan(injection(SCM, product="neuronox"), product="neuronox")
    found = reach(one)
    assert "No strength is known for neuronox" in found.notes[0]
    assert 0.9 < found.factor[0] < 1.1


def test_a_volume_said_for_a_muscle_counts_for_that_muscle_alone():
    one = plan(injection(SCM), injection(Muscle.SPLENIUS_CAPITIS))
    usual, more = reach(one), reach(one, volumes_ml={one.injections[0].where: 3.0})
    assert more.factor[0] < usual.factor[0]
    assert more.factor[1] == usual.factor[1]


def test_the_strength_of_a_preparation_is_what_the_syringe_says():
    mixed = Preparation(
        product=ONA,
        vials=(),
        diluent_ml=Decimal(2),
        units_per_0_1ml=Decimal(5),
        drawn=Dose.of(60, ONA),
    )
    assert strength_of(mixed) == 50.0


@pytest.mark.parametrize("strength", [0.0, -1.0])
def test_a_strength_that_is_none_is_refused(strength):
    with pytest.raises(BadInput, match="more than 0"):
        reach(plan(injection(SCM)), units_per_ml=strength)


@pytest.mark.parametrize("volume", [-0.1, float("nan"), float("inf")])
def test_a_volume_that_is_none_is_refused(volume):
    one = plan(injection(SCM))
    with pytest.raises(BadInput, match="0 mL or more"):
        reach(one, volumes_ml={one.injections[0].where: volume})


def test_no_draws_are_refused():
    with pytest.raises(BadInput, match="1 draw"):
        draw_placement(SPREAD, draws=0, seed=1)
