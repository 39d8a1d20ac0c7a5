"""Candidate plans: which are offered, what they keep, what they say of themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from collis import api
from collis.case.case import Case
from collis.case.files import read_case
from collis.case.history import History, SafetyAnswers
from collis.case.patient import Answer
from collis.case.plan import Origin
from collis.case.session import SideEffect, SideEffectKind
from collis.inference.muscles import rank_muscles
from collis.knowledge.load import load
from collis.knowledge.names import Guidance, Muscle, MuscleSide, Region
from collis.planning.bounds import burden, extensor_weights, swallow_weights
from collis.planning.candidate import Candidate, CandidateKey, Proposal
from collis.planning.propose import propose
from collis.safety.limits import limits
from collis.side import Side
from collis.units import Dose
from tests.vignettes import read_vignette, vignette_files

EXAMPLE = Path(__file__).parents[2] / "examples" / "torticaput-left.case.toml"
KNOWLEDGE = load(date(2026, 11, 10))


@pytest.fixture(scope="module")
def demo() -> Case:
    return read_case(EXAMPLE)


def proposal(case: Case) -> Proposal:
    return propose(case, rank_muscles(case, KNOWLEDGE), KNOWLEDGE)


def candidate(case: Case, key: CandidateKey) -> Candidate:
    return next(c for c in proposal(case).candidates if c.key is key)


def why_not(case: Case, key: CandidateKey) -> str:
    return next(n.why for n in proposal(case).not_offered if n.key is key)


def as_naive(case: Case) -> Case:
    return replace(
        case,
        history=History(ratings=case.history.ratings),
        safety=replace(case.safety, toxin_naive=Answer.YES),
    )


def with_product(case: Case, product: str, region: Region = Region.US) -> Case:
    return replace(case, region=region, request=replace(case.request, product=product))


def test_as_last_time_is_the_last_session_to_the_unit(demo: Case) -> None:
    plan = candidate(demo, CandidateKey.AS_LAST_TIME).plan
    last = demo.last_session
    assert last is not None
    assert plan.total == last.total
    assert plan.origin is Origin.COPIED
    assert plan.dose_at(MuscleSide(Muscle.SPLENIUS_CAPITIS, Side.LEFT)).units == 60


def test_a_label_without_a_starting_total_gets_no_label_start(demo: Case) -> None:
    assert (
        why_not(demo, CandidateKey.LABEL_START) == "This label states no starting total, so none is offered."
    )


def test_a_label_with_a_starting_total_gets_one_that_keeps_it(demo: Case) -> None:
    start = candidate(with_product(as_naive(demo), "abobotulinumtoxinA"), CandidateKey.LABEL_START)
    assert 250 <= start.plan.total.units <= 500
    assert start.total_ground is not None


def test_a_naive_patient_gets_a_cautious_start_with_its_own_ground(demo: Case) -> None:
    start = candidate(as_naive(demo), CandidateKey.CAUTIOUS_START)
    assert start.total_ground is not None
    assert start.plan.total.units <= 158


def test_unknown_history_is_dosed_as_naive(demo: Case) -> None:
    unknown = replace(as_naive(demo), safety=replace(demo.safety, toxin_naive=Answer.UNKNOWN))
    naive = as_naive(demo)
    assert [c.plan for c in proposal(unknown).candidates] == [c.plan for c in proposal(naive).candidates]


def test_first_plans_use_three_to_five_muscle_sides(demo: Case) -> None:
    for made in proposal(as_naive(demo)).candidates:
        assert 3 <= len(made.plan.injections) <= 5


def test_after_another_product_nothing_is_copied_and_the_start_is_the_new_products_own(demo: Case) -> None:
    switched = with_product(demo, "incobotulinumtoxinA")
    assert "Units do not carry over" in why_not(switched, CandidateKey.AS_LAST_TIME)
    made = proposal(switched).candidates
    assert made
    assert all(c.plan.total.units <= 120 for c in made)


def test_without_a_label_for_the_region_nothing_is_proposed_and_the_reason_is_said(demo: Case) -> None:
    nowhere = with_product(demo, "daxibotulinumtoxinA", Region.EU)
    assert proposal(nowhere).candidates == ()
    assert "No label of daxibotulinumtoxinA for region EU" in why_not(nowhere, CandidateKey.BALANCED)


def test_a_product_without_muscle_ranges_is_not_proposed_and_the_reason_is_said(demo: Case) -> None:
    assert "no dose range for daxibotulinumtoxinA" in why_not(
        with_product(demo, "daxibotulinumtoxinA"), CandidateKey.BALANCED
    )


def test_inside_the_interval_nothing_is_computed(demo: Case) -> None:
    early = replace(demo, date=date(2026, 10, 1))
    for key in (CandidateKey.CAUTIOUS_START, CandidateKey.BALANCED, CandidateKey.LOW_RISK):
        why = why_not(early, key)
        assert "of onabotulinumtoxinA in the neck on 11 August 2026, 51 days ago" in why
        assert "at least 84 days are asked" in why


def test_deep_muscles_are_named_and_not_proposed_without_ultrasound(demo: Case) -> None:
    balanced = candidate(demo, CandidateKey.BALANCED)
    deep = MuscleSide(Muscle.OBLIQUUS_CAPITIS_INFERIOR, Side.LEFT)
    assert balanced.plan.dose_at(deep).units == 0
    assert {u.where: u.why for u in balanced.untreated}[deep] == "would need ultrasound, which is not at hand"


def test_deep_muscles_may_be_proposed_under_ultrasound(demo: Case) -> None:
    guided = replace(demo, request=replace(demo.request, guidance=(Guidance.PALPATION, Guidance.ULTRASOUND)))
    deep = MuscleSide(Muscle.OBLIQUUS_CAPITIS_INFERIOR, Side.LEFT)
    found = {i.where: i for i in candidate(guided, CandidateKey.BALANCED).plan.injections}
    assert found[deep].guidance is Guidance.ULTRASOUND


def test_only_muscles_on_the_injectors_list_are_proposed(demo: Case) -> None:
    own = (Muscle.SPLENIUS_CAPITIS, Muscle.STERNOCLEIDOMASTOID)
    limited = replace(demo, request=replace(demo.request, muscles=own))
    assert {i.muscle for i in candidate(limited, CandidateKey.BALANCED).plan.injections} <= set(own)


def test_low_risk_spares_the_swallow(demo: Case) -> None:
    front = Muscle.STERNOCLEIDOMASTOID
    doses = {
        key: sum(i.dose.units for i in candidate(demo, key).plan.injections if i.muscle is front)
        for key in (CandidateKey.BALANCED, CandidateKey.LOW_RISK)
    }
    assert doses[CandidateKey.LOW_RISK] < doses[CandidateKey.BALANCED]


def test_after_moderate_dysphagia_the_front_dose_comes_down_by_a_quarter_or_more(demo: Case) -> None:
    last = demo.history.sessions[-1]
    choked = replace(last, side_effects=(SideEffect(kind=SideEffectKind.DYSPHAGIA, grade=2),))
    case = replace(demo, history=replace(demo.history, sessions=(*demo.history.sessions[:-1], choked)))
    where = MuscleSide(Muscle.STERNOCLEIDOMASTOID, Side.RIGHT)
    assert candidate(case, CandidateKey.BALANCED).plan.dose_at(where).units <= Decimal(30)


def test_every_computed_plan_keeps_every_cap_verified_or_not(demo: Case) -> None:
    for product, region in (
        ("onabotulinumtoxinA", Region.US),
        ("onabotulinumtoxinA", Region.EU),
        ("onabotulinumtoxinA", Region.JP),
        ("abobotulinumtoxinA", Region.US),
        ("abobotulinumtoxinA", Region.UK),
        ("incobotulinumtoxinA", Region.US),
        ("incobotulinumtoxinA", Region.EU),
        ("rimabotulinumtoxinB", Region.US),
        ("rimabotulinumtoxinB", Region.EU),
    ):
        case = with_product(demo, product, region)
        for made in proposal(case).candidates:
            if made.plan.origin is Origin.COMPUTED:
                broken = [cap.id for cap in limits(case, KNOWLEDGE, product) if cap.broken_by(made.plan)]
                assert broken == [], (product, region, made.key)


def test_a_plan_says_what_bound_it(demo: Case) -> None:
    japan = with_product(as_naive(demo), "onabotulinumtoxinA", Region.JP)
    texts = [b.text for b in candidate(japan, CandidateKey.LABEL_START).limited_by]
    assert any("starting total" in text for text in texts)


def test_every_line_says_why_this_muscle_and_why_this_dose(demo: Case) -> None:
    for made in proposal(demo).candidates:
        assert {line.where for line in made.lines} == {i.where for i in made.plan.injections}
        assert all(line.why_muscle and line.why_dose for line in made.lines)


def test_a_lumped_record_is_not_copied(demo: Case) -> None:
    last = demo.history.sessions[-1]
    line = last.given[0]
    lumped = replace(
        last,
        given=(
            replace(
                line,
                muscle="splenius",
                members=(
                    MuscleSide(Muscle.SPLENIUS_CAPITIS, line.side),
                    MuscleSide(Muscle.SPLENIUS_CERVICIS, line.side),
                ),
            ),
            *last.given[1:],
        ),
    )
    case = replace(demo, history=replace(demo.history, sessions=(lumped,)))
    assert why_not(case, CandidateKey.AS_LAST_TIME).startswith("The last record says splenius")


def test_a_case_with_nothing_answered_can_still_be_planned(demo: Case) -> None:
    unasked = replace(demo, safety=SafetyAnswers())
    assert proposal(unasked).candidates


def with_last(case: Case, **changes: object) -> Case:
    """The case with its last session changed."""
    *before, last = case.history.sessions
    sessions = (*before, replace(last, **changes))  # type: ignore[arg-type]
    return replace(case, history=replace(case.history, sessions=sessions))


def choked(grade: int) -> tuple[SideEffect, ...]:
    return (SideEffect(kind=SideEffectKind.DYSPHAGIA, grade=grade),)


def example(name: str) -> Case:
    return read_case(EXAMPLE.with_name(f"{name}.case.toml"))


def vignette(name: str) -> Case:
    return read_vignette(next(path for path in vignette_files() if path.stem == name)).case


@pytest.mark.parametrize("name", ["tardive-retrocollis", "goose-neck", "doac", "pain-little-posture"])
def test_low_risk_has_no_more_units_of_any_kind_than_any_plan_beside_it(name: str) -> None:
    made = {c.key: c.plan for c in proposal(example(name)).candidates}
    low = made.pop(CandidateKey.LOW_RISK, None)
    assert made
    for weights in (None, swallow_weights(KNOWLEDGE), extensor_weights(KNOWLEDGE)):
        if low is not None:
            assert burden(low, weights) <= min(burden(plan, weights) for plan in made.values()) + 1e-5


def test_low_risk_is_not_offered_where_nothing_lies_below_every_other_plan(demo: Case) -> None:
    tiny = tuple(
        replace(line, dose=Dose.of(5, line.dose.product)) for line in demo.history.sessions[-1].given[:1]
    )
    case = with_last(demo, given=tiny, total=Dose.of(5, "onabotulinumtoxinA"), side_effects=())
    assert "of every plan beside it" in why_not(case, CandidateKey.LOW_RISK)


@pytest.mark.parametrize("name", ["unknown-answers", "ona-us-first-rotation", "tardive-retrocollis"])
def test_a_cautious_start_is_never_the_highest_plan_and_stays_in_the_middle_of_each_range(name: str) -> None:
    case = vignette(name)
    plans = {c.key: c.plan for c in proposal(case).candidates}
    cautious = plans.pop(CandidateKey.CAUTIOUS_START, None)
    if cautious is None:
        assert why_not(case, CandidateKey.CAUTIOUS_START) == 'It comes out the same as "Balanced".'
        return
    assert cautious.total.units <= plans[CandidateKey.BALANCED].total.units
    for injection in cautious.injections:
        usual = KNOWLEDGE.muscles[injection.muscle].doses[injection.dose.product].usual
        assert usual is not None
        assert float(injection.dose.units) <= sum(usual.value) / 2


def test_a_label_start_below_its_total_says_so() -> None:
    start = candidate(vignette("scheme-abo-rotation"), CandidateKey.LABEL_START)
    total = start.plan.total.units
    assert total < 500
    assert start.summary.startswith(f"{total} of 500 Units: limited by ")


def test_a_symmetric_antecollis_leaves_both_scalenes_alone_and_says_why() -> None:
    made = proposal(example("antecollis-parkinson"))
    assert {n.key for n in made.not_offered} | {c.key for c in made.candidates} == set(CandidateKey)
    assert "scalenes go to one side at most" in next(
        n.why for n in made.not_offered if n.key is CandidateKey.BALANCED
    )


def test_a_small_neck_gets_one_sternocleidomastoid() -> None:
    case = vignette("tremor-yes-yes")
    small = replace(case, patient=replace(case.patient, thin_neck=Answer.YES))
    for made in proposal(small).candidates:
        if made.plan.origin is Origin.COMPUTED:
            assert len(made.plan.sides_of(Muscle.STERNOCLEIDOMASTOID)) <= 1
    barred = {u.where.muscle: u.why for u in candidate(small, CandidateKey.BALANCED).untreated}
    assert "a small neck gets one" in barred[Muscle.STERNOCLEIDOMASTOID]


def test_after_severe_dysphagia_the_doses_are_not_offered_again(demo: Case) -> None:
    why = why_not(with_last(demo, side_effects=choked(3)), CandidateKey.AS_LAST_TIME)
    assert why == "The session before led to severe swallowing trouble; its doses are not offered again."


def test_severe_dysphagia_of_an_older_session_bars_its_doses_too(demo: Case) -> None:
    last = demo.history.sessions[-1]
    older = replace(last, on=date(2026, 3, 1), side_effects=choked(3))
    case = replace(demo, history=replace(demo.history, sessions=(older, replace(last, side_effects=()))))
    assert "The session of 1 March 2026 led to severe" in why_not(case, CandidateKey.AS_LAST_TIME)


def test_after_mild_dysphagia_the_front_dose_comes_down_by_a_step_or_more(demo: Case) -> None:
    where = MuscleSide(Muscle.STERNOCLEIDOMASTOID, Side.RIGHT)
    case = with_last(demo, side_effects=choked(1))
    for key in (CandidateKey.BALANCED, CandidateKey.LOW_RISK):
        assert candidate(case, key).plan.dose_at(where).units <= Decimal(35)


def test_a_first_plan_with_few_muscles_says_why() -> None:
    summary = candidate(vignette("unknown-answers"), CandidateKey.BALANCED).summary
    assert "Only the splenius capitis and sternocleidomastoid can be proposed by touch" in summary


def test_a_copied_plan_names_what_it_leaves_out_and_the_limits_it_breaks() -> None:
    copied = candidate(example("goose-neck"), CandidateKey.AS_LAST_TIME)
    assert copied.untreated
    assert "Breaks: Only one sternocleidomastoid in a session." in copied.summary


def test_every_kind_of_plan_is_offered_or_says_why_not(demo: Case) -> None:
    for case in (demo, as_naive(demo), replace(demo, date=date(2026, 10, 1)), vignette("red-flags-stop")):
        made = proposal(case)
        assert [n.key for n in made.not_offered] == [
            key for key in CandidateKey if key not in {c.key for c in made.candidates}
        ]


def test_the_next_visit_tells_the_labels_minimum_apart_from_the_longest_interval(demo: Case) -> None:
    after = api.next_visit(
        with_product(demo, "onabotulinumtoxinA", Region.EU), "onabotulinumtoxinA", KNOWLEDGE
    )
    assert after is not None
    assert (after.interval, after.label_minimum) == ("12 weeks", "10 weeks")
    assert after.label_minimum_ground is not None


def test_two_months_are_not_printed_as_weeks(demo: Case) -> None:
    japan = with_product(as_naive(demo), "rimabotulinumtoxinB", Region.JP)
    after = api.next_visit(japan, "rimabotulinumtoxinB", KNOWLEDGE)
    assert after is not None
    assert (after.days, after.interval, after.label_minimum_days) == (61, "61 days", 61)


def test_where_today_is_too_soon_the_first_day_is_told_and_no_next_visit(demo: Case) -> None:
    consultation = api.consult(replace(demo, date=date(2026, 10, 1)))
    assert consultation.earliest_next is None
    assert consultation.not_before == date(2026, 11, 3)
