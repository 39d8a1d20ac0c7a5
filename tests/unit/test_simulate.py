"""Virtual trials: one engine for a patient alone and for a million, and rules that do what the design says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from collis.course.cycle import SessionArrays, course
from collis.course.draws import draw_response
from collis.course.outcome import placebo_share, score
from collis.course.readouts import global_change, part_scores, untreated_parts
from collis.course.relief import session_level, time_curves
from collis.knowledge.load import load
from collis.knowledge.names import Muscle
from collis.toxin.adverse import chances, typical_curve
from collis.toxin.timecourse import decay_rate, effect_peak
from collis.toxin.weakening import relief
from collis.trials.arms import draw_arm, expected
from collis.trials.design import (
    Arm,
    ArmMuscle,
    ArmSide,
    Design,
    Draws,
    DropOut,
    Leave,
    Model,
    NumericalPath,
    Parameters,
    PeopleDesign,
    Randomisation,
    Rescue,
    Retreatment,
    Rule,
    RunDesign,
    Strategy,
    Stratum,
    Visits,
)
from collis.trials.dosing import treatment_of
from collis.trials.follow import Followed, follow, impressions
from collis.trials.muscles import draw_shares, places_of
from collis.trials.parts import first_parts, later_parts
from collis.trials.population import Cohort, draw_cohort, trial_population
from collis.trials.simulate import Streams, allocation, draw_chances, run_shard, simulate
from collis.trials.tabulate import Words

KNOWN = load()
ONA, B = "onabotulinumtoxinA", "rimabotulinumtoxinB"
WEEKS = (2.0, 4.0, 8.0, 12.0, 16.0)


def lump(units: float, product: str = ONA, name: str = "") -> Arm:
    return Arm(name=name or f"{units:g}", strategy=Strategy.FIXED_DOSE, product=product, units=units)


def fixed(name: str = "muscles") -> Arm:
    rows = ((Muscle.SPLENIUS_CAPITIS, ArmSide.IPSI, 90.0), (Muscle.STERNOCLEIDOMASTOID, ArmSide.CONTRA, 50.0))
    return Arm(
        name=name,
        strategy=Strategy.FIXED_MUSCLES,
        product=ONA,
        muscles=tuple(ArmMuscle(muscle=m, side=s, units=u) for m, s, u in rows),
    )


def trial(*arms: Arm, people: int = 2000, weeks: tuple[float, ...] = WEEKS, **more: Any) -> Design:
    return Design(
        name="t",
        seed=11,
        people=more.pop("people_design", PeopleDesign(count=people)),
        arms=arms or (lump(0), lump(236)),
        visits=Visits(weeks=weeks),
        drop_out=more.pop("drop_out", DropOut(lack_of_effect=Leave.NO)),
        **more,
    )


COMMON = Randomisation(draws=Draws.COMMON)


def words(column: Words) -> np.ndarray[Any, Any]:
    return np.array([*column.words, ""])[column.codes]


def by_arm(design: Design, shard: int = 0) -> dict[str, Mapping[str, Any]]:
    """People and visits of each arm, visits as [person, visit] where nobody leaves."""
    tables = simulate(design, shard).by_name
    people, visits = tables["people"], tables["visits"]
    found: dict[str, Mapping[str, Any]] = {}
    for number, arm in enumerate(design.arms):
        rows = people["arm"].codes == number
        mine = np.isin(visits["person"], people["person"][rows])
        width = len(design.visits.weeks) + 1
        found[arm.name] = {
            **{key: column[rows] for key, column in people.items() if isinstance(column, np.ndarray)},
            **{
                key: visits[key][mine].reshape(-1, width)
                for key in ("total", "gain", "true_total", "pgic", "responder")
            },
        }
    return found


def followed(design: Design, arm: Arm, count: int = 40) -> tuple[Followed, Cohort, Any, Any]:
    streams = Streams.of(design.seed, 0)
    cohort = draw_cohort(design, KNOWN, count=count, generator=streams[0])
    share = draw_shares(cohort, KNOWN, streams[7])
    random = draw_chances(design, cohort, streams)
    treatment = treatment_of(arm, cohort, KNOWN, share=share)
    return follow(treatment, cohort, random, design, KNOWN), cohort, treatment, random


@pytest.mark.parametrize("arm", [lump(236), lump(5000, B), fixed()], ids=lambda arm: arm.name)
def test_a_patient_alone_and_in_a_trial_gets_the_same_numbers(arm: Arm) -> None:
    result, _, treatment, random = followed(trial(model=Model(parameters=Parameters.SPREAD)), arm)
    days = 7.0 * np.array(WEEKS)
    for person in (0, 7, 39):
        own = treatment.patients.pick(slice(person, person + 1))
        units = treatment.units if treatment.units.ndim == 1 else treatment.units[person]
        given = SessionArrays(
            day=0.0, product=arm.product, units=units, factor=random.luck[0, person : person + 1]
        )
        assert course(own, [given], days)[0] == pytest.approx(result.expected[person, 1:], rel=1e-12)


def test_a_typical_patient_in_a_trial_gets_the_numbers_of_his_forecast() -> None:
    result, cohort, treatment, random = followed(trial(), fixed())
    drawn = draw_response(KNOWN, draws=1, seed=1)
    days = 7.0 * np.array(WEEKS)
    people = cohort.people
    person = 3
    own = replace(
        drawn,
        half_life={ONA: treatment.patients.half_life[ONA][[person]]},
        half_dose=treatment.patients.half_dose[[person]],
        session=random.luck[:, [person]],
    )
    peak = effect_peak(uptake=own.uptake, decay=decay_rate(own.half_life[ONA]), lag=own.effect_lag)
    curves = time_curves(replace(own, peak={ONA: peak}), ONA, days)
    total = np.zeros(len(days))
    for column, where in enumerate(places_of(KNOWN)):
        level = curves.level(
            session_level(own, ONA, treatment.units[person, column], KNOWN.muscles[where.muscle]), {}
        )
        total += treatment.patients.share[person, column] * relief(level, exponent=own.hill)[0]
    reach = min(people.reach[person] / float(KNOWN.response.reach.reference_coverage.value), 1.0)
    left = placebo_share(
        days, amplitude=people.placebo[person], onset=own.placebo_onset, fading=own.placebo_fading
    )
    forecast = score(people.baseline[person], reach * total, left)
    assert result.expected[person, 1:] == pytest.approx(forecast, rel=1e-9)


def test_a_shard_is_a_pure_function_of_design_and_number() -> None:
    design = trial(lump(0), fixed(), people=300)
    one, again = run_shard(design.text, 0), run_shard(design.text, 0)
    assert set(one) == {"people", "visits", "sessions", "events", "screened"}
    assert all(one[name].equals(again[name]) for name in one)


def test_a_shard_does_not_hang_on_how_many_others_there_are() -> None:
    design = trial(people=200, run=RunDesign(shard=100))
    more = design.with_people(500)
    for shard in (0, 1):
        one, other = run_shard(design.text, shard), run_shard(more.text, shard)
        assert all(one[name].equals(other[name]) for name in one)


def test_shards_hold_other_people_under_other_numbers() -> None:
    design = trial(people=200, run=RunDesign(shard=100))
    one, other = (simulate(design, shard).by_name["people"] for shard in (0, 1))
    assert sorted([*one["person"], *other["person"]]) == list(range(200))
    assert not np.array_equal(np.sort(one["baseline_total"]), np.sort(other["baseline_total"]))


def test_both_numerical_paths_agree() -> None:
    plain = trial(lump(0), lump(236), fixed(), people=300, randomisation=COMMON)
    fast = replace(plain, model=Model(path=NumericalPath.NUMBA))
    one, other = simulate(plain, 0).by_name["visits"], simulate(fast, 0).by_name["visits"]
    assert other["total"] == pytest.approx(one["total"], abs=1e-4)


def test_common_draws_give_every_arm_the_same_people() -> None:
    arms = by_arm(trial(lump(0), lump(120), lump(240), randomisation=COMMON, people=200))
    assert len({tuple(arm["twin"]) for arm in arms.values()}) == 1
    assert len({tuple(arm["baseline_total"]) for arm in arms.values()}) == 1
    assert len(set(np.concatenate([arm["person"] for arm in arms.values()]))) == 600


def test_more_toxin_is_never_worse_for_the_same_person() -> None:
    arms = by_arm(trial(lump(0), lump(120), lump(240), randomisation=COMMON))
    assert np.all(arms["120"]["true_total"] <= arms["0"]["true_total"] + 1e-4)
    assert np.all(arms["240"]["true_total"] <= arms["120"]["true_total"] + 1e-4)


def test_independent_arms_share_nobody() -> None:
    arms = by_arm(trial(people=300))
    assert not set(arms["0"]["person"]) & set(arms["236"]["person"])
    assert sorted([*arms["0"]["person"], *arms["236"]["person"]]) == list(range(300))


def test_the_trial_has_the_mean_the_response_model_expects() -> None:
    design = trial(lump(0), lump(236), people=40_000, randomisation=COMMON, run=RunDesign(shard=40_000))
    population = trial_population(design, KNOWN)
    for name, arm in by_arm(design).items():
        for visit, week in enumerate(WEEKS, start=1):
            row = Row(units=float(name), week=week)
            mean, _ = expected(population, [row])
            change = -arm["gain"][:, visit]
            assert change.mean() == pytest.approx(mean[0], abs=4 * float(change.std()) / 200 + 0.15)


class Row:
    """An arm at a week, as the response model is asked for it."""

    trial, product, baseline = "t", ONA, None

    def __init__(self, *, units: float, week: float) -> None:
        self.units, self.week = units, week


def test_the_scatter_is_that_of_the_drawn_arms_of_the_validation() -> None:
    design = trial(lump(236), people=20_000)
    mine = by_arm(design)["236"]["total"]
    other = draw_arm(
        trial_population(design, KNOWN), ONA, 236.0, None, None, np.array([0.0, *WEEKS]), 20_000, 5
    )
    assert mine.mean(axis=0) == pytest.approx(other.mean(axis=0), abs=0.5)
    assert mine.std(axis=0) == pytest.approx(other.std(axis=0), rel=0.03)


def test_parts_add_up_to_the_rated_total_at_every_visit() -> None:
    visits = simulate(trial(), 0).by_name["visits"]
    parts = visits["severity"] + visits["disability"] + visits["pain"]
    assert parts == pytest.approx(visits["total"], abs=1e-4)
    assert visits["total"].min() >= 0
    assert visits["total"].max() <= 85


def test_the_baseline_visit_is_the_rating_people_entered_with() -> None:
    arm = by_arm(trial())["236"]
    assert np.array_equal(arm["total"][:, 0], arm["baseline_total"])
    assert not arm["gain"][:, 0].any()
    assert not arm["pgic"][:, 0].any()
    assert not arm["responder"][:, 0].any()


def test_a_responder_gained_a_fifth_of_his_own_baseline() -> None:
    arm = by_arm(trial())["236"]
    assert np.array_equal(arm["responder"][:, 2], arm["gain"][:, 2] >= 0.2 * arm["total"][:, 0])
    strict = by_arm(trial(model=Model(responder_percent=50.0)))["236"]
    assert strict["responder"].sum() < arm["responder"].sum()


def test_who_gains_more_feels_better() -> None:
    arm = by_arm(trial(people=8000))["236"]
    gain = arm["true_total"][:, 0] - arm["true_total"][:, 2]
    answer = arm["pgic"][:, 2]
    assert np.corrcoef(gain, answer)[0, 1] > 0.6
    assert set(answer) <= set(range(-3, 4))


def test_strata_are_balanced_to_within_a_block() -> None:
    design = trial(
        lump(0),
        replace(lump(236), ratio=2),
        people=999,
        randomisation=Randomisation(strata=(Stratum.SEX, Stratum.TREMOR)),
    )
    streams = Streams.of(design.seed, 0)
    cohort = draw_cohort(design, KNOWN, count=999, generator=streams[0])
    rows = allocation(design, cohort, streams[1])
    assert sorted(np.concatenate(rows)) == list(range(999))
    for female in (True, False):
        for shakes in (True, False):
            mine = (cohort.female == female) & ((cohort.tremor > 0) == shakes)
            few, many = (int(mine[r].sum()) for r in rows)
            assert abs(2 * few - many) <= 4


def test_people_without_effect_leave_and_have_no_rows_afterwards() -> None:
    design = trial(lump(0), lump(236), people=4000, drop_out=DropOut(lack_of_effect=Leave.READILY))
    tables = simulate(design, 0).by_name
    people, visits = tables["people"], tables["visits"]
    stayed = [people["completed"][people["arm"].codes == arm].mean() for arm in (0, 1)]
    assert stayed[0] < stayed[1] < 1.0
    last = dict.fromkeys(people["person"], 0.0)
    for person, week in zip(visits["person"], visits["week"], strict=True):
        last[person] = max(last[person], float(week))
    left = people["left_week"]
    for person, gone, completed in zip(people["person"], left, people["completed"], strict=True):
        assert last[person] == (WEEKS[-1] if completed else gone)
    assert np.array_equal(np.isnan(left), people["completed"])
    assert set(words(people["left_reason"])[~people["completed"]]) == {"lack_of_effect"}


def test_hardly_anybody_leaves_a_trial_that_has_no_rule_for_it() -> None:
    design = trial(lump(0, B), lump(10_000, B), people=8000, drop_out=DropOut())
    people = simulate(design, 0).by_name["people"]
    assert 0.01 < 1.0 - people["completed"].mean() < 0.06


def test_a_trial_that_releases_those_without_benefit_loses_them_at_that_visit() -> None:
    design = trial(lump(0), lump(236), drop_out=DropOut(lack_of_effect=Leave.NO, release_week=4.0))
    tables = simulate(design, 0).by_name
    people, visits = tables["people"], tables["visits"]
    gain = dict(zip(visits["person"][visits["week"] == 4], visits["gain"][visits["week"] == 4], strict=True))
    least = float(KNOWN.outcomes.leaving.satisfied_above.value)
    for person, left in zip(people["person"], people["left_week"], strict=True):
        assert (left == 4.0) == (gain[person] < least)


def test_an_arm_may_have_a_distance_between_sessions_of_its_own() -> None:
    often = replace(lump(236, name="often"), apart_weeks=8.0)
    design = trial(
        lump(236, name="seldom"),
        often,
        people=50,
        weeks=(4.0, 8.0, 12.0, 16.0, 20.0, 24.0),
        retreatment=Retreatment(rule=Rule.INTERVAL, apart_weeks=12.0, cycles=9),
    )
    tables = simulate(design, 0).by_name
    seldom = set(tables["people"]["person"][tables["people"]["arm"].codes == 0])
    weeks: dict[bool, set[float]] = {True: set(), False: set()}
    for person, week in zip(tables["sessions"]["person"], tables["sessions"]["week"], strict=True):
        weeks[person in seldom].add(float(week))
    assert weeks == {True: {0.0, 12.0}, False: {0.0, 8.0, 16.0}}


def test_parts_are_those_of_a_single_patient_also_where_a_part_is_full() -> None:
    generator = np.random.default_rng(5)
    highest = np.array([35.0, 30.0, 20.0])
    kappa = np.array([1.0, 1.0, 1.2])
    shares = generator.lognormal(sigma=1.5, size=(3, 400))
    untreated, rated = generator.uniform(0.0, 85.0, (2, 400))
    whole, now = first_parts(list(shares), untreated, rated, highest=highest)
    plain = np.ones(3)
    assert np.allclose(whole, untreated_parts(shares.T, 0.0, kappa=plain, total=untreated, highest=highest))
    assert np.allclose(now, untreated_parts(whole, 0.0, kappa=plain, total=rated, highest=highest))
    relief, placebo = generator.uniform(0.0, 1.0, (400, 4)), generator.uniform(-0.2, 0.4, (400, 4))
    later = generator.uniform(0.0, 85.0, (400, 4))
    found = later_parts(whole, relief, placebo, later, kappa=kappa, highest=highest)
    alone = part_scores(whole[:, None], relief, placebo, kappa=kappa, highest=highest)
    assert np.allclose(found, untreated_parts(alone, 0.0, kappa=plain, total=later, highest=highest))
    assert np.allclose(found.sum(axis=-1), later)


def test_impressions_come_at_the_chances_a_single_patient_is_told() -> None:
    link = KNOWN.outcomes.global_change
    chance = global_change(5.0, thresholds=link.thresholds, scale=float(link.scale.value))
    uniform = (np.arange(200_000) + 0.5)[:, None] / 200_000
    true = np.broadcast_to([40.0, 35.0], (200_000, 2))
    answers = impressions(true, uniform, KNOWN)[:, 0]
    shares = [float((answers == step).mean()) for step in range(-3, 4)]
    assert shares == pytest.approx(list(chance), abs=2e-5)


def test_people_leave_for_other_reasons_at_the_rate_of_the_design() -> None:
    design = trial(
        lump(236), people=20_000, drop_out=DropOut(lack_of_effect=Leave.NO, other_percent_a_week=1.0)
    )
    people = simulate(design, 0).by_name["people"]
    assert people["completed"].mean() == pytest.approx(0.99**16, abs=0.01)
    assert set(words(people["left_reason"])) == {"other", ""}


LONG = tuple(float(w) for w in range(2, 49, 2))


def sessions_of(design: Design) -> dict[int, list[float]]:
    table = simulate(design, 0).by_name["sessions"]
    found: dict[int, list[float]] = {}
    for person, week in zip(table["person"], table["week"], strict=True):
        found.setdefault(int(person), []).append(float(week))
    return found


def test_a_fixed_interval_is_kept() -> None:
    rule = Retreatment(rule=Rule.INTERVAL, apart_weeks=12.0, cycles=3)
    given = sessions_of(trial(lump(236), people=50, weeks=LONG, retreatment=rule))
    assert all(weeks == [0.0, 12.0, 24.0] for weeks in given.values())


def test_further_sessions_come_on_request_and_never_too_early() -> None:
    rule = Retreatment(rule=Rule.REQUEST, apart_weeks=10.0, cycles=4, from_week=6.0, lost_percent=80.0)
    design = trial(lump(236), people=400, weeks=LONG, retreatment=rule)
    given = sessions_of(design)
    assert all(b - a >= 10.0 for weeks in given.values() for a, b in pairwise(weeks))
    assert max(len(weeks) for weeks in given.values()) <= 4
    assert len({tuple(weeks) for weeks in given.values()}) > 20
    events = simulate(design, 0).by_name["events"]
    asked = words(events["event"]) == "request"
    assert asked.any()
    assert events["onset_week"][asked].min() >= 6.0


def test_a_request_is_told_even_where_nothing_more_is_given() -> None:
    rule = Retreatment(rule=Rule.REQUEST, apart_weeks=10.0, cycles=1, from_week=6.0, below_points=4.0)
    tables = simulate(trial(lump(0), lump(236), people=400, retreatment=rule), 0).by_name
    assert len(tables["sessions"]["person"]) == 400
    assert (words(tables["events"]["event"]) == "request").sum() > 50


def test_a_second_session_brings_the_effect_back() -> None:
    rule = Retreatment(rule=Rule.INTERVAL, apart_weeks=16.0, cycles=2)
    weeks = (4.0, 16.0, 20.0)
    once = by_arm(trial(lump(5000, B, "b"), people=3000, weeks=weeks))["b"]["gain"].mean(axis=0)
    twice = by_arm(trial(lump(5000, B, "b"), people=3000, weeks=weeks, retreatment=rule))["b"]["gain"].mean(
        axis=0
    )
    assert twice[:3] == pytest.approx(once[:3])
    assert twice[3] > once[3] + 4.0


def test_the_rules_visit_by_visit_give_what_one_call_gives_before_any_second_session() -> None:
    rule = Retreatment(rule=Rule.INTERVAL, apart_weeks=500.0, cycles=2)
    plain, ruled = trial(lump(236)), trial(lump(236), retreatment=rule)
    one, other = followed(plain, lump(236))[0], followed(ruled, lump(236))[0]
    assert other.expected[:, 0] == pytest.approx(one.expected[:, 0])
    treatment = followed(plain, lump(236))[2]
    mine = followed(ruled, lump(236))[3]
    given = SessionArrays(day=0.0, product=ONA, units=treatment.units, factor=mine.luck[0])
    alone = course(treatment.patients, [given], 7.0 * np.array(WEEKS))
    assert other.expected[:, 1:] == pytest.approx(alone, rel=1e-9)


def test_rescue_is_a_part_of_the_dose_and_comes_once_a_cycle() -> None:
    rule = Rescue(from_week=4.0, below_points=5.0, dose_percent=50.0)
    tables = simulate(trial(lump(236), people=500, rescue=rule), 0).by_name
    sessions = tables["sessions"]
    assert np.unique(np.round(sessions["units"], 3)).tolist() == [118.0, 236.0]
    assert sessions["number"].max() == 2
    assert np.all(sessions["week"][sessions["units"] < 200] >= 4.0)
    assert (words(tables["events"]["event"]) == "rescue").sum() == (sessions["units"] < 200).sum()


def test_after_years_of_type_b_antibodies_take_the_effect_of_some() -> None:
    weeks = tuple(float(w) for k in range(43) for w in (12 * k + 4, 12 * k + 12))[:-1]
    rule = Retreatment(rule=Rule.INTERVAL, apart_weeks=12.0, cycles=60)
    design = trial(lump(10_000, B, "b"), people=300, weeks=weeks, retreatment=rule)
    tables = simulate(design, 0).by_name
    events = tables["events"]
    turned = set(events["person"][words(events["event"]) == "antibodies"])
    assert 5 < len(turned) < 295
    visits = tables["visits"]
    late = visits["week"] == weeks[-1]
    has = np.isin(visits["person"], list(turned))
    assert visits["gain"][late & ~has].mean() > visits["gain"][late & has].mean() + 3.0


def test_side_effects_are_as_frequent_as_their_curves_say() -> None:
    design = trial(lump(0, B), lump(10_000, B), people=40_000, run=RunDesign(shard=40_000))
    tables = simulate(design, 0).by_name
    people, events = tables["people"], tables["events"]
    for number, arm in enumerate(design.arms):
        ids = people["person"][people["arm"].codes == number]
        treatment = followed(design, arm, count=2)[2]
        for effect, model in KNOWN.harms.effects.items():
            seen = np.isin(events["person"][words(events["event"]) == effect.value], ids).sum() / len(ids)
            chance = chances(typical_curve(model), treatment.exposure[effect][0], serotype_b=True)[0]
            assert seen == pytest.approx(chance, abs=4 * np.sqrt(chance / len(ids)) + 0.002)


def test_swallowing_trouble_starts_and_lasts_as_published() -> None:
    events = simulate(trial(lump(500, name="a"), people=20_000), 0).by_name["events"]
    mine = words(events["event"]) == "dysphagia"
    timing = next(iter(KNOWN.harms.effects.values())).timing
    assert 7 * events["onset_week"][mine].mean() == pytest.approx(float(timing.onset.value), rel=0.25)
    assert events["weeks"][mine].mean() == pytest.approx(float(timing.length.value), rel=0.25)


def test_no_chance_of_severe_effects_is_made_up() -> None:
    events = run_shard(trial(lump(236)).text, 0)["events"]
    assert events["severe"].null_count == events.num_rows > 0


def test_tables_are_compact_and_of_the_same_kind_in_every_shard() -> None:
    design = trial(lump(0), fixed(), people=110, run=RunDesign(shard=100))
    one, other = run_shard(design.text, 0), run_shard(design.text, 1)
    for name in one:
        assert one[name].schema.equals(other[name].schema)
    assert str(one["visits"].schema.field("total").type) == "float"
    assert str(one["people"].schema.field("person").type) == "int32"


def test_a_muscle_that_is_not_injected_gains_nothing() -> None:
    result, cohort, treatment, _ = followed(trial(), fixed(), count=400)
    small = treatment.units[0] < 1.0
    unreached = treatment.patients.share[:, small].sum(axis=1)
    gain = 1 - result.expected[:, 2] / cohort.people.baseline
    assert np.corrcoef(unreached, gain)[0, 1] < 0.0
