"""The people of virtual trials: who they are, who may enter, how weights bring them to a published baseline."""

from __future__ import annotations

import numpy as np
import pytest

from collis.errors import BadInput, KnowledgeError
from collis.knowledge.load import load
from collis.knowledge.names import Pattern
from collis.knowledge.populations import build_populations
from collis.trials.design import (
    Arm,
    Design,
    Entry,
    Model,
    Moments,
    Parameters,
    Past,
    PeopleDesign,
    Span,
    Strategy,
    Study,
    Target,
    Visits,
)
from collis.trials.matching import Wanted, balance, effective_size
from collis.trials.muscles import draw_shares, places_of, ranking_of
from collis.trials.population import Cohort, draw_cohort, match_table, trial_population, weighing_of

KNOWN = load()
PLACEBO = Arm(name="placebo", strategy=Strategy.FIXED_DOSE, product="onabotulinumtoxinA", units=0.0)


def trial(people: PeopleDesign | None = None, model: Model | None = None) -> Design:
    return Design(
        name="t",
        seed=3,
        people=people or PeopleDesign(count=1000),
        arms=(PLACEBO,),
        visits=Visits(weeks=(4.0,)),
        model=model or Model(),
    )


def drawn(design: Design, count: int = 20_000, seed: int = 5) -> Cohort:
    return draw_cohort(design, KNOWN, count=count, generator=np.random.default_rng(seed))


def test_the_mixture_has_the_published_main_forms() -> None:
    published = {"torticaput": 49.0, "laterocaput": 16.7}
    share: dict[str, float] = {}
    for subtype in KNOWN.populations.subtypes:
        main = subtype.patterns[0].value
        share[main] = share.get(main, 0.0) + 100 * subtype.share
    for form, percent in published.items():
        assert share.pop(form) == pytest.approx(percent)
    assert max(share.values()) < float(
        KNOWN.pattern_fact("frequencies", "main_form", "any_other_below").value
    )


def test_the_mixture_has_the_published_number_of_forms_and_of_pure_ones() -> None:
    subtypes = KNOWN.populations.subtypes
    mean = sum(s.share * len(s.patterns) for s in subtypes)
    assert mean == pytest.approx(
        float(KNOWN.pattern_fact("frequencies", "combination", "subtypes_mean").value), abs=0.1
    )
    pure = 100 * sum(s.share for s in subtypes if s.pure)
    assert pure == pytest.approx(
        float(KNOWN.pattern_fact("frequencies", "combination", "pure").value), abs=1.5
    )


@pytest.mark.parametrize(
    ("first", "beside", "key"),
    [
        (Pattern.TORTICAPUT, Pattern.LATEROCAPUT, "torticaput_with_laterocaput"),
        (Pattern.TORTICAPUT, Pattern.RETROCAPUT, "torticaput_with_retrocaput"),
        (Pattern.LATEROCAPUT, Pattern.TORTICAPUT, "laterocaput_with_torticaput"),
        (Pattern.LATEROCAPUT, Pattern.LATEROCOLLIS, "laterocaput_with_laterocollis"),
        (Pattern.LATEROCAPUT, Pattern.RETROCAPUT, "laterocaput_with_retrocaput"),
    ],
)
def test_the_mixture_has_the_published_combinations(first: Pattern, beside: Pattern, key: str) -> None:
    mine = [s for s in KNOWN.populations.subtypes if s.patterns[0] is first]
    share = 100 * sum(s.share for s in mine if beside in s.patterns) / sum(s.share for s in mine)
    assert share == pytest.approx(float(KNOWN.pattern_fact("frequencies", "combination", key).value), abs=2.0)


def test_drawn_people_follow_the_mixture() -> None:
    cohort = drawn(trial())
    share = np.bincount(cohort.subtype, minlength=len(KNOWN.populations.subtypes)) / cohort.count
    assert share == pytest.approx([s.share for s in KNOWN.populations.subtypes], abs=0.01)
    assert np.mean(cohort.tremor > 0) == pytest.approx(0.556, abs=0.01)


def test_people_without_a_target_have_the_baseline_of_the_response_model() -> None:
    cohort, population = drawn(trial(), 50_000), trial_population(trial(), KNOWN)
    assert cohort.total.mean() == pytest.approx(population.baseline_mean[0], abs=0.3)


def test_parts_add_up_and_stay_in_their_ranges() -> None:
    cohort = drawn(trial())
    assert cohort.parts.sum(axis=1) == pytest.approx(cohort.total)
    assert cohort.untreated.sum(axis=1) == pytest.approx(cohort.people.baseline)
    assert np.all(cohort.parts >= 0)
    assert np.all(cohort.parts <= [35.0 + 1e-9, 30.0 + 1e-9, 20.0 + 1e-9])


def test_nobody_falls_ill_as_a_child_or_is_out_of_the_ages_drawn() -> None:
    cohort = drawn(trial())
    assert np.all(cohort.age - cohort.years >= 10.0 - 1e-9)
    assert cohort.age.min() >= 18
    assert cohort.age.max() <= 90


def test_everybody_who_enters_meets_the_criteria() -> None:
    entry = Entry(
        age=Span(low=30.0, high=75.0),
        total=Span(low=40.0),
        severity=Span(low=15.0),
        pain=Span(high=15.0),
        past_treatment=Past.NAIVE,
        leave_out_pure=("antecollis", "retrocollis", "torticaput"),
    )
    cohort = drawn(trial(PeopleDesign(count=1000, entry=entry)), 3000)
    assert cohort.count == 3000
    assert cohort.age.min() >= 30
    assert cohort.age.max() <= 75
    assert cohort.total.min() >= 40
    assert cohort.parts[:, 0].min() >= 15
    assert cohort.parts[:, 2].max() <= 15
    assert not cohort.treated.any()
    keys = {KNOWN.populations.subtypes[s].key for s in cohort.subtype}
    assert not keys & {"antecollis", "retrocollis", "torticaput"}


def test_everybody_screened_is_accounted_for() -> None:
    entry = Entry(total=Span(low=45.0), past_treatment=Past.TREATED)
    cohort = drawn(trial(PeopleDesign(count=1000, entry=entry)), 2000)
    assert cohort.screened["entered"] == 2000
    assert set(cohort.screened) == {"entered", "total", "past_treatment"}


def test_a_threshold_on_a_noisy_score_lets_in_people_who_are_better_underneath() -> None:
    cohort = drawn(trial(PeopleDesign(count=1000, entry=Entry(total=Span(low=50.0)))))
    assert (cohort.total - cohort.people.baseline).mean() > 1.0


def test_criteria_nobody_meets_are_refused() -> None:
    with pytest.raises(BadInput, match=r"people\.entry"):
        drawn(trial(PeopleDesign(count=10, entry=Entry(total=Span(low=80.0), pain=Span(high=1.0)))), 10)


def test_the_same_generator_gives_the_same_people() -> None:
    one, other = drawn(trial(), 500), drawn(trial(), 500)
    assert np.array_equal(one.total, other.total)
    assert np.array_equal(one.people.reach, other.people.reach)
    assert not np.array_equal(one.total, drawn(trial(), 500, seed=6).total)


@pytest.mark.parametrize("like", sorted(KNOWN.populations.published))
def test_every_published_baseline_can_be_matched(like: str) -> None:
    design = trial(PeopleDesign(count=1000, like=like))
    table = match_table(design)
    assert table.rows
    for row in table.rows:
        assert row.weighted == pytest.approx(row.wanted, rel=1e-6)
    assert table.effective > 0.8 * table.sample


def test_weights_found_on_the_reference_bring_other_people_to_the_baseline() -> None:
    design = trial(
        PeopleDesign(count=1000, like="truong_2005", entry=Entry(total=Span(low=30.0), age=Span(low=18.0)))
    )
    cohort = drawn(design, 60_000)
    weight = weighing_of(design).of(cohort.columns, cohort.count)
    assert weight.mean() == pytest.approx(1.0, abs=0.02)
    assert np.average(cohort.total, weights=weight) == pytest.approx(45.65, abs=0.15)
    assert np.average(cohort.age, weights=weight) == pytest.approx(53.5, abs=0.2)
    assert 100 * np.average(cohort.female, weights=weight) == pytest.approx(63, abs=1.0)


def test_an_own_target_stands_before_the_published_one() -> None:
    target = Target(age=Moments(mean=40.0, sd=8.0), female_percent=50.0)
    rows = {
        r.name: r for r in match_table(trial(PeopleDesign(count=9, like="truong_2005", target=target))).rows
    }
    assert rows["age, mean"].wanted == 40.0
    assert rows["female_percent, mean"].wanted == 50.0
    assert rows["total, mean"].wanted == pytest.approx(45.65)


def test_without_a_target_everybody_weighs_the_same() -> None:
    cohort = drawn(trial(), 100)
    assert np.array_equal(weighing_of(trial()).of(cohort.columns, 100), np.ones(100))


def test_weights_do_not_hang_on_the_seed_of_the_trial() -> None:
    design = trial(PeopleDesign(count=10, like="truong_2005"))
    assert weighing_of(design) is weighing_of(design.with_seed(99).with_people(50))


def test_a_target_out_of_reach_is_refused() -> None:
    target = Target(total=Moments(mean=40.0, sd=2.0))
    entry = Entry(total=Span(low=41.0))
    with pytest.raises(BadInput, match=r"people\.target"):
        match_table(trial(PeopleDesign(count=10, entry=entry, target=target)))


def test_balanced_weights_are_those_of_a_tilted_normal() -> None:
    x = np.random.default_rng(1).standard_normal(200_000)
    weighing = balance({"x": x}, [Wanted(name="x", mean=0.5, sd=1.0)])
    weights = weighing.of({"x": x}, len(x))
    expected = np.exp(0.5 * x - 0.125)
    assert np.corrcoef(weights, expected)[0, 1] > 0.999
    assert effective_size(weights) / len(x) == pytest.approx(np.exp(-0.25), rel=0.05)


def test_a_drawn_study_is_one_study_for_the_whole_trial() -> None:
    design = trial(model=Model(study=Study.DRAWN))
    one, again = trial_population(design, KNOWN), trial_population(design, KNOWN)
    assert one.placebo_amplitude == pytest.approx(again.placebo_amplitude)
    assert one.placebo_amplitude[0] != trial_population(trial(), KNOWN).placebo_amplitude[0]
    assert trial_population(design.with_seed(4), KNOWN).placebo_amplitude[0] != one.placebo_amplitude[0]


def test_a_placebo_answer_can_be_set() -> None:
    population = trial_population(trial(model=Model(placebo_percent=5.0)), KNOWN)
    assert population.placebo_amplitude == pytest.approx(0.05)
    assert population.placebo_study_sd == pytest.approx(0.0)


def test_spread_parameters_deal_the_joint_draws_over_the_people() -> None:
    cohort = drawn(trial(model=Model(parameters=Parameters.SPREAD)), 4000)
    assert len(np.unique(cohort.people.draw)) == cohort.population.count
    assert len(np.unique(cohort.own.uptake)) > 100


def test_shares_of_the_drive_sum_to_one_and_follow_the_form() -> None:
    cohort = drawn(trial(), 3000)
    share = draw_shares(cohort, KNOWN, np.random.default_rng(2))
    places = places_of(KNOWN)
    assert share.shape == (3000, len(places))
    assert share.sum(axis=1) == pytest.approx(1.0)
    number = next(i for i, s in enumerate(KNOWN.populations.subtypes) if s.key == "torticaput+torticollis")
    mine = share[cohort.subtype == number].mean(axis=0)
    ranked = ranking_of(KNOWN.populations.subtypes[number], 0, KNOWN).muscles
    assert {places[i] for i in np.flatnonzero(mine > 0)} >= {m.where for m in ranked[:4]}
    assert max(zip(mine, places, strict=True), key=lambda pair: pair[0])[1] in {m.where for m in ranked[:3]}


def test_people_of_one_form_differ_in_their_muscles() -> None:
    cohort = drawn(trial(), 3000)
    share = draw_shares(cohort, KNOWN, np.random.default_rng(2))
    number = np.bincount(cohort.subtype).argmax()
    rows = share[cohort.subtype == number]
    assert len(np.unique(rows > 0, axis=0)) > 10


def test_picking_people_picks_all_of_them() -> None:
    cohort = drawn(trial(model=Model(parameters=Parameters.SPREAD)), 50)
    some = cohort.pick(np.array([4, 2]))
    assert some.count == 2
    assert some.total.tolist() == cohort.total[[4, 2]].tolist()
    assert some.own.uptake.tolist() == cohort.own.uptake[[4, 2]].tolist()


def test_the_file_of_populations_must_sum_to_all_people() -> None:
    tree = dict(KNOWN._tree("evidence/populations.toml"))
    safety = KNOWN._tree("evidence/trial_safety.toml")
    rows = list(tree["subtype"])
    with pytest.raises(KnowledgeError, match="sum to"):
        build_populations({**tree, "subtype": rows[:-1]}, safety)
    with pytest.raises(KnowledgeError, match="no_such_form"):
        build_populations({**tree, "subtype": [{**rows[0], "id": "no_such_form"}, *rows[1:]]}, safety)


def test_an_unknown_baseline_or_product_is_refused() -> None:
    with pytest.raises(BadInput, match="brashear_1999"):
        KNOWN.populations.baseline_of("nobody_1900")
    with pytest.raises(BadInput, match="product"):
        KNOWN.populations.split_of("water", serotype_b=False)


def test_how_trials_split_a_session_sums_to_one() -> None:
    for split in KNOWN.populations.splits.values():
        assert sum(split.values()) == pytest.approx(1.0, abs=0.01)
