"""The expected course of a plan: what must hold for every forecast, and what a clinician would notice."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from collis.case.case import Case
from collis.case.examination import Examination, Range
from collis.case.history import History, Rating, ScaleName
from collis.case.plan import Injection, Plan
from collis.case.preparation import Preparation, VialUse
from collis.case.session import Given, Session
from collis.course.draws import draw_response
from collis.course.forecast import Band, Forecast, Risk, When
from collis.course.outcome import untreated
from collis.course.parameters import MuscleRanking, RankedMuscle
from collis.course.predict import WEEKS, predict
from collis.course.relief import carried_over, relief_table, told_by_usual_session
from collis.errors import BadInput
from collis.knowledge.harms import Effect
from collis.knowledge.load import load
from collis.knowledge.names import Guidance, Muscle, MuscleSide, Region
from collis.side import Side
from collis.units import Dose, Number

KNOWLEDGE = load()
MUSCLES = KNOWLEDGE.muscles
ONA, RIMA, DAXI, ABO = (
    "onabotulinumtoxinA",
    "rimabotulinumtoxinB",
    "daxibotulinumtoxinA",
    "abobotulinumtoxinA",
)
VISIT = date(2026, 11, 10)
LEFT, RIGHT = Side.LEFT, Side.RIGHT
SPLENIUS, STERNO = MuscleSide(Muscle.SPLENIUS_CAPITIS, LEFT), MuscleSide(Muscle.STERNOCLEIDOMASTOID, RIGHT)
LEVATOR, TRAPEZIUS = MuscleSide(Muscle.LEVATOR_SCAPULAE, LEFT), MuscleSide(Muscle.TRAPEZIUS_UPPER, RIGHT)
USUAL = {SPLENIUS: 60, STERNO: 40, LEVATOR: 25, TRAPEZIUS: 25}
SHARES = {
    SPLENIUS: (0.9, 0.3), STERNO: (0.85, 0.25), TRAPEZIUS: (0.5, 0.1), LEVATOR: (0.4, 0.1),
    MuscleSide(Muscle.OBLIQUUS_CAPITIS_INFERIOR, LEFT): (0.7, 0.15),
    MuscleSide(Muscle.SEMISPINALIS_CAPITIS, RIGHT): (0.3, 0.05),
    MuscleSide(Muscle.SEMISPINALIS_CAPITIS, LEFT): (0.3, 0.05),
}  # fmt: skip
RANKING = MuscleRanking(
    muscles=tuple(
        RankedMuscle(muscle=where.muscle, side=where.side, probability=probability, share=share)
        for where, (probability, share) in SHARES.items()
    )
)


def plan_of(
    doses: Mapping[MuscleSide, int], product: str = ONA, name: str = "plan", factor: Number = 1
) -> Plan:
    return Plan(
        name=name,
        product=product,
        injections=tuple(
            Injection(muscle=where.muscle, side=where.side, dose=Dose.of(units, product).times(factor))
            for where, units in doses.items()
        ),
    )


def session_of(
    on: date, doses: Mapping[MuscleSide, int] = USUAL, product: str = ONA, factor: int = 1
) -> Session:
    return Session(
        on=on,
        product=product,
        total=Dose.of(sum(doses.values()) * factor, product),
        given=tuple(
            Given(muscle=w.muscle.value, side=w.side, dose=Dose.of(u * factor, product), members=(w,))
            for w, u in doses.items()
        ),
    )


def case_of(*sessions: Session, ratings: tuple[Rating, ...] = ()) -> Case:
    return Case(region=Region.US, date=VISIT, history=History(sessions=sessions, ratings=ratings))


def total_on(on: date, score: int) -> Rating:
    return Rating(on=on, scale=ScaleName.TWSTRS_TOTAL, score=Decimal(score))


def forecast(
    plan: Plan | None = None,
    case: Case | None = None,
    *,
    ranking: MuscleRanking = RANKING,
    comparator: Plan | None = None,
    draws: int = 300,
    seed: int = 11,
) -> Forecast:
    return predict(
        plan or plan_of(USUAL),
        ranking,
        case or case_of(),
        KNOWLEDGE,
        comparator=comparator,
        draws=draws,
        seed=seed,
    )


def medians(bands: Sequence[Band]) -> list[float]:
    return [band.median for band in bands]


def middle(when: When | None) -> float:
    assert when is not None
    assert when.median is not None
    return when.median


def relative(risk: Risk) -> Band:
    assert risk.relative is not None
    return risk.relative


def test_the_same_arguments_give_the_same_forecast():
    assert forecast() == forecast()
    assert forecast(seed=12) != forecast()


def test_weeks_run_from_nought_to_twenty_in_halves():
    assert forecast().weeks == WEEKS
    assert (WEEKS[0], WEEKS[1], WEEKS[-1], len(WEEKS)) == (0.0, 0.5, 20.0, 41)


def test_no_toxin_leaves_the_placebo_response_and_nothing_else():
    empty = forecast(plan_of({}))
    assert medians(empty.gain) == pytest.approx(list(empty.placebo), abs=1e-9)
    assert (empty.onset_day, empty.peak_week, empty.fading_week) == (None, None, None)
    assert empty.coverage == 0.0
    odds = math.exp(KNOWLEDGE.harms.effects[Effect.DYSPHAGIA].background.value)
    assert empty.dysphagia.absolute.median == pytest.approx(odds / (1 + odds), rel=0.2)


def test_on_the_day_itself_nothing_is_gained():
    assert forecast().gain[0].high == pytest.approx(0.0, abs=1e-12)


def test_gain_and_score_add_up_to_the_baseline():
    told = forecast(case=case_of(ratings=(total_on(VISIT, 44),)))
    assert told.score[0].median == pytest.approx(44.0)
    assert [s + g for s, g in zip(medians(told.score), medians(told.gain), strict=True)] == pytest.approx(
        [44.0] * 41
    )


def test_a_usual_plan_starts_within_days_peaks_within_weeks_and_fades_within_months():
    told = forecast()
    assert 0.5 < middle(told.onset_day) < 7
    assert 2 <= middle(told.peak_week) <= 6
    assert 11 < middle(told.fading_week) < 18
    peak = told.peak_week
    assert peak is not None
    assert peak.low is not None
    assert peak.high is not None
    assert peak.low <= middle(peak) <= peak.high
    assert 0.3 < told.chance_meaningful < 0.7
    assert told.meaningful_points == 8.0


def test_type_b_fades_first_and_daxi_last():
    weeks = [
        middle(forecast(plan_of(USUAL, product, factor=factor)).fading_week)
        for product, factor in ((RIMA, 50), (ONA, 1), (DAXI, 1))
    ]
    assert weeks == sorted(weeks)
    assert weeks[2] > 1.25 * weeks[1] > 1.25 * weeks[0]


def test_fading_past_a_year_is_said_to_be_later_instead_of_given_a_number():
    fading = forecast(plan_of(USUAL, DAXI, factor=3)).fading_week
    assert fading is not None
    assert fading.high is None


@pytest.mark.parametrize("product", [ONA, RIMA, DAXI, ABO])
def test_a_higher_dose_never_gains_less_and_never_risks_less(product):
    factors = {ONA: (0.25, 0.5, 1, 2), RIMA: (10, 25, 50, 100), DAXI: (0.25, 0.5, 1, 2), ABO: (1, 2, 3, 5)}
    told = [forecast(plan_of(USUAL, product, factor=Decimal(str(f)))) for f in factors[product]]
    for less, more in pairwise(told):
        assert all(b >= a - 1e-12 for a, b in zip(medians(less.gain), medians(more.gain), strict=True))
        assert more.chance_meaningful >= less.chance_meaningful
        assert more.dysphagia.absolute.median > less.dysphagia.absolute.median
        assert more.neck_weakness.absolute.median > less.neck_weakness.absolute.median
        assert middle(more.fading_week) > middle(less.fading_week)


def test_a_muscle_left_out_costs_gain():
    without = forecast(plan_of({w: u for w, u in USUAL.items() if w != SPLENIUS}))
    assert without.coverage < forecast().coverage - 0.2
    assert without.gain[8].median < forecast().gain[8].median - 1


def test_a_muscle_that_does_not_drive_adds_risk_and_hardly_any_gain():
    more = forecast(plan_of({**USUAL, MuscleSide(Muscle.SCALENUS_ANTERIOR, LEFT): 20}))
    assert medians(more.gain) == pytest.approx(medians(forecast().gain), abs=0.3)
    assert more.dysphagia.absolute.median > forecast().dysphagia.absolute.median


def mirrored(case_sessions: Sequence[Session]) -> list[Session]:
    return [
        session_of(s.on, {line.members[0].mirrored: int(line.dose.units) for line in s.given})
        for s in case_sessions
    ]


def test_the_mirrored_patient_has_the_same_forecast():
    turned = MuscleRanking(
        muscles=tuple(
            RankedMuscle(muscle=m.muscle, side=m.side.mirrored, probability=m.probability, share=m.share)
            for m in reversed(RANKING.muscles)
        )
    )
    sessions = [session_of(VISIT - timedelta(weeks=14))]
    plan, other = (
        plan_of({**USUAL, MuscleSide(Muscle.SEMISPINALIS_CAPITIS, RIGHT): 20}),
        plan_of({STERNO: 50}),
    )
    here = forecast(plan, case_of(*sessions), comparator=other)
    there = forecast(
        plan.mirrored(), case_of(*mirrored(sessions)), ranking=turned, comparator=other.mirrored()
    )
    across = [replace(loss, where=loss.where.mirrored) for loss in there.strength]
    assert sorted(across, key=str) == sorted(here.strength, key=str)
    assert replace(there, strength=here.strength) == here


def test_the_order_of_the_lines_of_a_plan_does_not_matter():
    backwards = plan_of(dict(reversed(USUAL.items())))
    assert medians(forecast(backwards).gain) == pytest.approx(medians(forecast().gain), rel=1e-12)


def test_a_plan_against_itself_has_a_relative_risk_of_one():
    told = forecast(comparator=plan_of(USUAL, name="same"))
    for risk in (told.dysphagia, told.neck_weakness):
        assert relative(risk) == Band(low=1.0, median=1.0, high=1.0)
        assert risk.comparator == "same"


def test_without_a_comparator_no_relative_risk_is_given():
    assert forecast().dysphagia.relative is None
    assert forecast().dysphagia.comparator == ""


def test_half_the_dose_in_front_lowers_swallowing_risk_with_a_narrower_band_than_the_absolute_one():
    risk = forecast(plan_of({**USUAL, STERNO: 20}), comparator=plan_of(USUAL)).dysphagia
    assert relative(risk).high < 1.0
    assert relative(risk).high / relative(risk).low < 0.5 * risk.absolute.high / risk.absolute.low


def test_two_products_side_by_side_carry_a_word_of_caution():
    notes = " ".join(forecast(plan_of(USUAL, RIMA, factor=50), comparator=plan_of(USUAL)).notes)
    assert "no guide to a dose" in notes


def test_the_forecast_says_that_placebo_is_included():
    assert "includes the placebo response" in forecast().notes[0]


def test_without_a_rating_the_published_baseline_is_assumed_and_said_so():
    told = forecast()
    assert told.baseline.assumed
    assert told.baseline.points.median == pytest.approx(45.4, abs=1.0)
    assert any("assumed" in note for note in told.notes)


def test_three_parts_of_a_day_make_a_total():
    parts = (ScaleName.TWSTRS_SEVERITY, 20), (ScaleName.TWSTRS_DISABILITY, 14), (ScaleName.TWSTRS_PAIN, 9)
    ratings = tuple(Rating(on=VISIT, scale=scale, score=Decimal(score)) for scale, score in parts)
    assert forecast(case=case_of(ratings=ratings)).baseline.rated == 43.0
    assert forecast(case=case_of(ratings=ratings[:2])).baseline.assumed


def test_a_rating_after_the_visit_is_not_used():
    assert forecast(case=case_of(ratings=(total_on(VISIT + timedelta(days=1), 30),))).baseline.assumed


def test_a_rating_under_toxin_is_worked_back_to_the_untreated_score():
    last = session_of(VISIT - timedelta(weeks=6))
    told = forecast(case=case_of(last, ratings=(total_on(VISIT, 30),)))
    assert told.baseline.points.low >= 30 * 0.9
    assert told.baseline.points.median > 33
    assert told.score[0].median < told.baseline.points.median
    assert any("earlier toxin still at work" in note for note in told.notes)


def test_the_rating_that_tells_most_is_chosen():
    session = session_of(VISIT - timedelta(weeks=12))
    at_peak, before = total_on(VISIT - timedelta(weeks=8), 28), total_on(VISIT - timedelta(weeks=12), 46)
    assert forecast(case=case_of(session, ratings=(at_peak, before))).baseline.rated == 46.0
    long_ago = total_on(VISIT - timedelta(weeks=520), 60)
    assert forecast(case=case_of(ratings=(long_ago, total_on(VISIT, 40)))).baseline.rated == 40.0


def test_the_untreated_score_never_leaves_the_scale():
    assert float(untreated(80.0, 0.9, 0.1, highest=85.0)) == 85.0


def test_toxin_carried_over_adds_to_the_next_session():
    fresh = forecast(case=case_of(ratings=(total_on(VISIT, 44),)))
    early = session_of(VISIT - timedelta(weeks=6))
    before = total_on(VISIT - timedelta(weeks=6), 44)
    carried = forecast(case=case_of(early, ratings=(before,)))
    assert carried.gain[0].median > 1
    assert carried.gain[24].median > fresh.gain[24].median
    assert middle(carried.fading_week) > middle(fresh.fading_week)


def test_a_session_of_years_ago_changes_nothing():
    old = session_of(VISIT - timedelta(weeks=52 * 12))
    rated = (total_on(VISIT, 44),)
    now, then = forecast(case=case_of(ratings=rated)), forecast(case=case_of(old, ratings=rated))
    assert medians(then.gain) == pytest.approx(medians(now.gain), abs=0.05)


def test_what_another_product_left_counts_too():
    other = session_of(VISIT - timedelta(weeks=6), product=RIMA, factor=50)
    assert forecast(case=case_of(other)).gain[0].median > 0.5


def test_a_session_without_muscles_is_left_out_and_said():
    bare = Session(on=VISIT - timedelta(weeks=8), product=ONA, total=Dose.of(150, ONA))
    told = forecast(case=case_of(bare))
    assert told.gain == forecast().gain
    assert any("names no muscles" in note for note in told.notes)


def test_a_session_of_an_unknown_product_is_left_out_and_said():
    strange = session_of(VISIT - timedelta(weeks=8), product="lanbotulinumtoxinA")
    assert any("no response model" in note for note in forecast(case=case_of(strange)).notes)


def test_a_lumped_line_is_split_by_volume():
    members = (MuscleSide(Muscle.SPLENIUS_CAPITIS, LEFT), MuscleSide(Muscle.SPLENIUS_CERVICIS, LEFT))
    lumped = Session(
        on=VISIT - timedelta(weeks=4),
        product=ONA,
        total=Dose.of(60, ONA),
        given=(Given(muscle="splenius", side=LEFT, dose=Dose.of(60, ONA), members=members),),
    )
    draws = draw_response(KNOWLEDGE, draws=20, seed=1, past_sessions=1)
    left = carried_over([lumped], draws, MUSCLES, on=VISIT).left
    assert left[members[0]][ONA] == pytest.approx(left[members[1]][ONA])


def test_a_product_without_parameters_is_refused_with_a_sentence():
    with pytest.raises(BadInput, match="response model"):
        forecast(plan_of(USUAL, "lanbotulinumtoxinA"))


def test_no_draws_are_refused():
    with pytest.raises(BadInput, match="1 draw"):
        forecast(draws=0)


def test_when_nothing_drives_nothing_is_gained():
    told = forecast(ranking=MuscleRanking(muscles=()))
    assert told.coverage == 0.0
    assert medians(told.gain) == pytest.approx(list(told.placebo))


def test_bands_widen_with_doubt_and_steady_with_draws():
    few, many = forecast(draws=400, seed=1), forecast(draws=4000, seed=2)
    assert few.gain[8].median == pytest.approx(many.gain[8].median, rel=0.12)
    assert few.chance_meaningful == pytest.approx(many.chance_meaningful, abs=0.05)


def bands(told: Forecast, part: str) -> list[float]:
    return medians(getattr(told.parts, part))


def test_the_parts_of_the_score_start_from_those_that_were_rated_and_fall():
    rated = (ScaleName.TWSTRS_SEVERITY, 22), (ScaleName.TWSTRS_DISABILITY, 12), (ScaleName.TWSTRS_PAIN, 10)
    told = forecast(
        case=case_of(ratings=tuple(Rating(on=VISIT, scale=s, score=Decimal(n)) for s, n in rated))
    )
    assert not told.parts.assumed
    starts = [bands(told, part)[0] for part in ("severity", "disability", "pain")]
    assert starts == pytest.approx([22.0, 12.0, 10.0])
    for part in ("severity", "disability", "pain"):
        assert bands(told, part)[8] < bands(told, part)[0]
    fallen = [bands(told, part)[8] / bands(told, part)[0] for part in ("severity", "pain")]
    assert fallen[1] < fallen[0]


def test_without_rated_parts_the_usual_shares_are_assumed_and_said():
    told = forecast(case=case_of(ratings=(total_on(VISIT, 44),)))
    assert told.parts.assumed
    assert any("usual shares" in note for note in told.notes)
    assert sum(bands(told, part)[0] for part in ("severity", "disability", "pain")) == pytest.approx(44.0)


def test_what_a_visit_may_read_is_wider_than_the_expected_course():
    told = forecast(case=case_of(ratings=(total_on(VISIT, 44),)))
    assert told.visits[0].low == told.visits[0].high == pytest.approx(44.0)
    for week in (4, 8, 24):
        expected, read = told.score[week], told.visits[week]
        assert read.high - read.low > (expected.high - expected.low) + 2
        assert read.low >= 0
        assert read.high <= 85


def test_an_older_rating_leaves_more_room_for_what_a_visit_may_read():
    today = forecast(case=case_of(ratings=(total_on(VISIT, 44),)))
    older = forecast(case=case_of(ratings=(total_on(VISIT - timedelta(weeks=20), 44),)))
    assert older.visits[0].high - older.visits[0].low > today.visits[0].high - today.visits[0].low + 10


def test_the_benefit_wears_off_after_half_of_it_is_gone():
    told = forecast()
    assert middle(told.wearing_off_week) > middle(told.fading_week) > middle(told.peak_week)
    assert 0.0 <= told.chance_early <= 1.0
    assert told.early_week == 10.0
    b_type = forecast(plan_of(USUAL, RIMA, factor=50))
    assert middle(b_type.wearing_off_week) < middle(told.wearing_off_week)


def test_what_to_expect_comes_as_dates_in_the_order_of_the_calendar():
    dates = {dated.key: dated for dated in forecast().dates}
    assert list(dates) == ["first_change", "peak", "half_gone", "worn_off", "review"]
    assert (dates["review"].first, dates["review"].last) == (
        VISIT + timedelta(weeks=4),
        VISIT + timedelta(weeks=6),
    )
    middles = [dates[key].middle for key in ("first_change", "peak", "half_gone", "worn_off")]
    assert middles == sorted(on for on in middles if on is not None)
    assert dates["peak"].middle == VISIT + timedelta(days=round(7 * middle(forecast().peak_week)))


def test_without_toxin_only_the_review_is_dated():
    assert [dated.key for dated in forecast(plan_of({})).dates] == ["review"]


def test_without_a_visit_date_nothing_is_dated():
    assert forecast(case=replace(case_of(), date=None)).dates == ()


def test_the_chances_of_the_patients_answers_sum_to_one_and_move_with_the_gain():
    told, nothing = forecast(), forecast(plan_of({}))
    for f in (told, nothing):
        worse, better, much = (answer.chance for answer in f.global_change)
        assert [answer.steps for answer in f.global_change] == [-1, 1, 2]
        assert 0.0 < much < better < 1.0 - worse
    assert told.chance_better > nothing.chance_better + 0.1


def test_who_gains_less_leaves_more_often():
    assert forecast(plan_of({})).chance_leaving > forecast().chance_leaving + 0.02


def test_a_measured_range_comes_back_in_part_and_never_past_what_the_examiner_reaches():
    seen = Examination(
        ranges=(
            Range(movement="rotation right", active_deg=Decimal(40), passive_deg=Decimal(70)),
            Range(movement="rotation left", active_deg=Decimal(60)),
        )
    )
    told = forecast(case=replace(case_of(), examination=seen))
    assert [course.movement for course in told.ranges] == ["rotation right"]
    degrees = told.ranges[0].degrees
    assert degrees[0].median == pytest.approx(40.0)
    assert 41 < degrees[8].median < 60
    assert max(band.high for band in degrees) <= 70


def test_every_side_effect_is_told_first_against_the_comparator_with_what_to_do():
    told = forecast(plan_of({**USUAL, STERNO: 20}, name="less"), comparator=plan_of(USUAL, name="usual"))
    assert [s.effect for s in told.side_effects] == list(Effect)
    for effect in told.side_effects:
        assert relative(effect.risk).high <= 1.0 + 1e-9
        assert effect.risk.comparator == "usual"
        assert effect.label
        assert effect.care
        assert effect.drug.median < effect.risk.absolute.median
        assert effect.length_weeks is not None


def test_type_b_dries_the_mouth_more():
    by_product = [
        forecast(plan_of(USUAL, product, factor=factor)).risk(Effect.DRY_MOUTH).absolute.median
        for product, factor in ((ONA, 1), (RIMA, 50))
    ]
    assert by_product[1] > 1.5 * by_product[0]


def test_no_toxin_leaves_the_background_of_every_side_effect():
    for effect in forecast(plan_of({})).side_effects:
        assert effect.drug == Band(low=0.0, median=0.0, high=0.0)


def test_ultrasound_risks_less_swallowing_trouble_than_touch_and_gains_no_less():
    def guided(how: Guidance) -> Plan:
        plan = plan_of(USUAL)
        return replace(plan, injections=tuple(replace(i, guidance=how) for i in plan.injections))

    touch, seen = forecast(guided(Guidance.PALPATION)), forecast(guided(Guidance.ULTRASOUND))
    assert seen.gain[8].median > touch.gain[8].median - 0.3
    assert seen.dysphagia.absolute.median < touch.dysphagia.absolute.median


def test_antibodies_add_up_over_the_years_and_clinic_and_laboratory_may_disagree():
    told = forecast(plan_of(USUAL, RIMA, factor=50)).antibodies
    assert [chance.years for chance in told] == [1.0, 5.0, 10.0]
    assert [chance.assay for chance in told] == sorted(chance.assay for chance in told)
    assert all(chance.clinic_low <= chance.clinic_high for chance in told)
    assert told[0].assay > forecast().antibodies[0].assay


def test_a_session_given_early_raises_the_chance_of_antibodies():
    early, late = (
        forecast(case=case_of(session_of(VISIT - timedelta(weeks=weeks)))).antibodies[0] for weeks in (6, 14)
    )
    assert early.assay > late.assay


def test_quality_of_life_is_not_forecast_and_that_is_said():
    assert any("Quality of life is not forecast" in note for note in forecast().notes)


def table_for(
    levels: Sequence[float], *, cycle_weeks: float = 12.0, sessions: Sequence[Session] | None = None
) -> NDArray[np.float64]:
    draws = draw_response(KNOWLEDGE, draws=200, seed=1, past_sessions=1)
    return relief_table(
        draws,
        product=ONA,
        places=list(SHARES),
        levels=levels,
        muscles=MUSCLES,
        cycle_weeks=cycle_weeks,
        carried=None if sessions is None else carried_over(sessions, draws, MUSCLES, on=VISIT),
    )


def test_the_table_for_the_planner_has_a_row_per_muscle_and_rises_with_the_dose():
    table = table_for(range(0, 105, 5))
    assert table.shape == (len(SHARES), 21)
    assert (table[:, 0] < 1e-30).all()
    assert (np.diff(table, axis=1) > 0).all()
    assert table.max() < 1.0


def test_a_bigger_muscle_needs_more_for_the_same_relief():
    table = table_for([40])
    rows = {where.muscle: float(table[i, 0]) for i, where in enumerate(SHARES)}
    assert rows[Muscle.TRAPEZIUS_UPPER] < rows[Muscle.STERNOCLEIDOMASTOID] < rows[Muscle.LEVATOR_SCAPULAE]


def test_a_longer_cycle_has_less_relief_on_average():
    assert (table_for([20], cycle_weeks=20.0) < table_for([20], cycle_weeks=12.0)).all()


def test_what_was_left_lifts_the_table_of_the_muscles_that_had_it():
    lifted = table_for([0, 20], sessions=[session_of(VISIT - timedelta(weeks=6))]) - table_for([0, 20])
    had = np.array([where in USUAL for where in SHARES])
    assert (lifted[had] > 0).all()
    assert (np.abs(lifted[~had]) < 1e-12).all()


@pytest.mark.parametrize(("product", "usual"), [(ONA, 300.0), (ABO, 1000.0), (RIMA, 10000.0)])
def test_a_usual_session_counts_the_same_for_planning_whatever_the_product(product, usual):
    drawn = draw_response(KNOWLEDGE, draws=200, seed=1)
    size = MUSCLES[Muscle.SPLENIUS_CAPITIS].number("volume")
    told = told_by_usual_session(
        drawn, product, usual_units=usual, usual_relief=0.7, volume_cm3=4 * size, cycle_weeks=12.0
    )
    table = relief_table(
        told,
        product=product,
        places=[SPLENIUS],
        levels=[0.0, usual / 4, usual / 2],
        muscles=MUSCLES,
        cycle_weeks=12.0,
    )
    assert float(table[0, 1]) == pytest.approx(0.7, abs=0.01)
    assert table[0, 0] < 1e-12
    assert table[0, 2] > table[0, 1]


def test_a_cycle_of_no_length_is_refused():
    with pytest.raises(BadInput, match="more than 0 weeks"):
        table_for([20], cycle_weeks=0.0)


def test_a_forecast_and_a_table_are_quick():
    """Generous: five times what they take on a quiet machine."""

    def best(work: Callable[[], object]) -> float:
        work()
        took = []
        for _ in range(5):
            start = time.perf_counter()
            work()
            took.append(time.perf_counter() - start)
        return min(took)

    full = plan_of(dict.fromkeys(SHARES, 25))
    assert best(lambda: forecast(full, comparator=plan_of(USUAL), draws=400)) < 0.060
    assert best(lambda: table_for(range(0, 200, 5))) < 0.050


def mixed_at(units_per_0_1ml: str, product: str = ONA) -> Case:
    """A case whose preparation states its strength."""
    preparation = Preparation(
        product=product,
        vials=(VialUse(units=Dose.of(200, product)),),
        diluent_ml=Decimal(8),
        units_per_0_1ml=Decimal(units_per_0_1ml),
        drawn=Dose.of(150, product),
    )
    return replace(case_of(), request=replace(case_of().request, preparation=preparation))


def test_the_strength_in_the_syringe_is_heeded_and_no_longer_called_unstated():
    usual, thin = forecast(), forecast(case=mixed_at("2.5"))
    assert any("not stated" in note for note in usual.notes)
    assert not any("not stated" in note for note in thin.notes)
    assert thin.dysphagia.absolute.median > usual.dysphagia.absolute.median
    assert thin.gain[8].median < usual.gain[8].median
    assert forecast(case=mixed_at("10")).gain == usual.gain


def test_the_strength_of_another_product_is_not_taken_for_this_one():
    assert any("not stated" in note for note in forecast(case=mixed_at("2.5", RIMA)).notes)


def test_an_uninjected_neighbour_adds_no_relief():
    semispinalis = MuscleSide(Muscle.SEMISPINALIS_CAPITIS, LEFT)
    lone = MuscleRanking(
        muscles=(RankedMuscle(muscle=semispinalis.muscle, side=LEFT, probability=1.0, share=1.0),)
    )
    beside = forecast(plan_of({SPLENIUS: 60}), ranking=lone)
    assert medians(beside.gain) == pytest.approx(list(beside.placebo), abs=1e-9)
    weak = {loss.where: loss for loss in beside.strength}
    assert not weak[semispinalis].aimed
    assert weak[semispinalis].percent.median > 10


def test_an_injected_muscle_loses_most_of_its_strength_and_its_neighbours_less():
    told = forecast()
    aimed = [loss for loss in told.strength if loss.aimed]
    assert {loss.where for loss in aimed} == set(USUAL)
    assert all(loss.percent.median > 50 for loss in aimed)
    assert all(loss.percent.high < 90 for loss in told.strength)
    neighbours = [loss.percent.median for loss in told.strength if not loss.aimed]
    assert neighbours
    assert max(neighbours) < min(loss.percent.median for loss in aimed)
    assert forecast(plan_of({})).strength == ()


def test_strength_comes_back_later_after_more_toxin_and_after_a_recent_session():
    def back(told: Forecast) -> float:
        return middle(next(loss.recovered_week for loss in told.strength if loss.where == SPLENIUS))

    assert back(forecast(plan_of(USUAL, factor=2))) > back(forecast()) > 4
    assert back(forecast(case=case_of(session_of(VISIT - timedelta(weeks=6))))) > back(forecast())


def test_toxin_of_a_recent_session_adds_to_the_side_effects_of_the_next():
    fresh, soon = forecast(), forecast(case=case_of(session_of(VISIT - timedelta(weeks=6))))
    assert soon.dysphagia.absolute.median > fresh.dysphagia.absolute.median
    pain = Effect.INJECTION_PAIN
    assert soon.risk(pain) == fresh.risk(pain)


def test_the_first_change_is_dated_by_what_patients_wrote_down():
    told = forecast()
    assert told.noticed is not None
    assert told.dates[0].middle == VISIT + timedelta(days=8)
    assert any("prior" in note for note in told.notes)
    assert forecast(plan_of({})).noticed is None


def test_the_diary_figure_is_the_one_of_the_published_durations():
    found = KNOWLEDGE.entries["evidence.outcomes.noticing.day"]
    assert float(found.value) == pytest.approx(7 * 1.13, abs=0.05)


def test_secondary_nonresponse_comes_after_antibodies_and_is_rarer():
    for chance in forecast().antibodies:
        assert 0.0 < chance.failing_low < chance.clinic_low
        assert chance.failing_low < chance.failing_high < chance.clinic_high
