"""The packet says what the case holds, and names what a payer still lacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from collis.billing.authorisation import Authorisation, authorisation
from collis.billing.checklist import Met
from collis.case.case import Case
from collis.case.examination import Deviation, Examination, Posture, Range, Shift, ShiftGrade
from collis.case.history import History, Rating, SafetyAnswers, ScaleName
from collis.case.patient import Answer, Patient
from collis.case.session import OtherToxin, Session, SideEffect, SideEffectKind
from collis.errors import BadInput
from collis.knowledge.names import Guidance, Muscle, Region
from collis.side import Side
from collis.units import Dose
from tests.unit.billing.sample import ABO, DAXI, LEFT, ONA, RIGHT, VISIT, case, knowledge, plan

TOTAL = ScaleName.TWSTRS_TOTAL
LAST = VISIT - timedelta(days=91)
EARLIER = LAST - timedelta(days=90)


def packet(of: Case, payer: str = "medicare", *, what=None, billed: Dose | None = None) -> Authorisation:
    known = knowledge()
    return authorisation(what or plan(), of, known.payer(payer), known, billed=billed)


def standing(of: Case, check: str, payer: str = "commercial_example", **more) -> tuple[Met, str]:
    (item,) = (i for i in packet(of, payer, **more).checklist if i.criterion.check == check)
    return item.met, item.why


def session(on: date = LAST, *, benefit: int | None = 60, product: str = ONA, **more) -> Session:
    percent = None if benefit is None else Decimal(benefit)
    return Session(on=on, product=product, total=Dose.of(180, product), benefit_percent=percent, **more)


def treated(*sessions: Session, **more) -> Case:
    return case(history=History(sessions=sessions), **more)


def seen(ranges: tuple[Range, ...] = (), **posture) -> Case:
    return case(examination=Examination(posture=Posture(**posture), ranges=ranges))


NAIVE = case(safety=SafetyAnswers(toxin_naive=Answer.YES, toxin_elsewhere=Answer.NO))


def rating(on: date, score: int, scale: ScaleName = TOTAL) -> Rating:
    return Rating(on=on, scale=scale, score=Decimal(score))


def test_the_packet_carries_diagnosis_plan_and_interval():
    found = packet(case(history=History(goals=("drive",))))
    assert (found.diagnosis, found.diagnosis_code) == ("Cervical dystonia", "G24.3")
    assert (found.product, found.brand, found.total) == (ONA, "BOTOX", Dose.of(200, ONA))
    assert [str(i) for i in found.plan] == [
        "splenius capitis RIGHT 100 Units",
        "sternocleidomastoid LEFT 100 Units",
    ]
    assert found.interval_days is not None
    assert found.interval_days.value == 84
    assert found.goals == ("drive",)
    assert found.last is None
    assert found.knowledge_version == knowledge().version


def test_a_case_without_a_date_has_no_packet():
    with pytest.raises(BadInput, match="date of the visit"):
        packet(case(date=None))


def test_a_muscle_that_gets_nothing_is_not_in_the_letter():
    found = packet(
        case(), what=plan((Muscle.SPLENIUS_CAPITIS, RIGHT, 100), (Muscle.SPLENIUS_CAPITIS, LEFT, 0))
    )
    assert [i.side for i in found.plan] == [Side.RIGHT]
    assert len(found.guidance) == 1


def test_the_scale_is_shown_at_the_last_session_and_at_its_best_since():
    ratings = (
        rating(EARLIER, 43),
        rating(LAST, 40),
        rating(LAST + timedelta(days=28), 17),
        rating(VISIT, 39),
    )
    found = packet(case(history=History(sessions=(session(),), ratings=ratings)))
    (change,) = found.scales
    assert [change.before.score, change.drop] == [40, 23]
    assert change.after is not None
    assert change.after.on == LAST + timedelta(days=28)


def test_before_a_first_session_the_newest_score_stands_alone():
    found = packet(case(history=History(ratings=(rating(EARLIER, 43), rating(VISIT, 40)))))
    (change,) = found.scales
    assert change.before.score == 40
    assert change.after is None
    assert change.drop is None


def test_a_score_only_after_the_session_has_nothing_to_be_held_against():
    found = packet(case(history=History(sessions=(session(),), ratings=(rating(VISIT, 20),))))
    assert found.scales == ()


def test_mood_is_not_told_to_a_payer():
    ratings = (rating(LAST, 12, ScaleName.PHQ9), rating(LAST, 9, ScaleName.GAD7))
    assert packet(case(history=History(ratings=ratings))).scales == ()


def test_the_last_session_tells_benefit_weeks_and_side_effects():
    effect = SideEffect(kind=SideEffectKind.DYSPHAGIA, grade=1, from_day=5, to_day=20)
    last = packet(treated(session(onset_day=6, faded_week=Decimal(9), side_effects=(effect,)))).last
    assert last is not None
    assert [last.benefit_percent, last.weeks_of_benefit] == [60, 9]
    assert (last.from_day, last.days_ago) == (6, 91)
    assert last.side_effects == (effect,)


@pytest.mark.parametrize(
    ("how", "word"),
    [
        (Guidance.PALPATION, "by hand"),
        (Guidance.EMG, "active muscle"),
        (Guidance.STIMULATION, "twitch"),
        (Guidance.ULTRASOUND, "image"),
    ],
)
def test_guidance_is_given_with_its_reason(how: Guidance, word: str):
    found = packet(case(), what=plan(guidance=(how,)))
    assert {(g.guidance, word in g.why) for g in found.guidance} == {(how, True)}


def test_a_muscle_of_which_neither_depth_nor_neighbours_are_known_still_has_a_reason():
    known = knowledge()
    bare = {m: replace(f, facts={}) for m, f in known.muscles.items()}
    object.__setattr__(other := replace(known), "muscles", bare)
    found = authorisation(plan(guidance=(Guidance.EMG,)), case(), other.payer("medicare"), other)
    assert found.guidance[0].why == "muscle; EMG shows that the needle lies in active muscle"


def test_without_a_label_there_is_no_brand_and_only_the_interval_that_holds_for_all():
    found = packet(case(region=Region.JP), what=plan((Muscle.SPLENIUS_CAPITIS, RIGHT, 100), product=DAXI))
    assert found.brand == ""
    known = knowledge()
    object.__setattr__(other := replace(known), "common_limits", ())
    silent = authorisation(
        plan((Muscle.SPLENIUS_CAPITIS, RIGHT, 100), product=DAXI), case(region=Region.JP),
        other.payer("medicare"), other,
    )  # fmt: skip
    assert silent.interval_days is None


def test_what_is_lacking_comes_before_what_is_not_recorded():
    found = packet(treated(session(VISIT - timedelta(days=40), benefit=None)), "commercial_example")
    states = [item.met for item in found.lacks]
    assert states == sorted(states, key=[Met.LACKING, Met.NOT_RECORDED].index)
    assert {Met.LACKING, Met.NOT_RECORDED} == set(states)


def test_only_criteria_of_the_product_are_asked():
    asked = {i.criterion.id for i in packet(case(), "commercial_example").checklist}
    assert "most_ona" in asked
    assert "most_daxi" not in asked
    assert "step_daxi" not in asked


def test_the_length_of_approval_is_named_where_it_is_known():
    assert packet(case(), "commercial_example").approval_months == "3, 6 or 12 months"
    assert packet(case()).approval_months == ""


def test_the_diagnosis_is_held_against_the_payers():
    assert standing(case(), "diagnosis")[0] is Met.MET
    known = knowledge()
    payer = known.payer("medicare")
    other = replace(payer.criteria[0], asks=payer.criteria[0].asks.carrying("G24.1"))
    found = authorisation(plan(), case(), replace(payer, criteria=(other,)), known)
    assert found.checklist[0].met is Met.LACKING
    assert found.checklist[0].why == "the plan is for G24.3; asked for is G24.1"


@pytest.mark.parametrize(("years", "met"), [(None, Met.NOT_RECORDED), (17, Met.LACKING), (18, Met.MET)])
def test_the_age_is_held_against_the_payers(years, met):
    assert standing(case(patient=Patient(age_years=years)), "age")[0] is met


def test_the_history_is_met_by_onset_or_earlier_treatment():
    assert standing(case(), "history")[0] is Met.NOT_RECORDED
    assert standing(case(history=History(onset_age_years=40)), "history") == (Met.MET, "since the age of 40")
    assert standing(treated(session()), "history") == (Met.MET, f"treated since {LAST}")


def test_a_tilt_meets_the_posture_and_a_turn_needs_the_range():
    turn = Deviation(deg=Decimal(30), toward=RIGHT)
    assert standing(case(), "posture")[0] is Met.NOT_RECORDED
    assert standing(seen(tilt=Deviation(deg=Decimal(12), toward=LEFT)), "posture") == (
        Met.MET,
        "head tilted by 12 degrees",
    )
    assert standing(seen(turn=turn), "posture")[0] is Met.NOT_RECORDED
    assert standing(seen((Range(movement="rotation left"),), turn=turn), "posture")[0] is Met.MET
    assert standing(seen(turn=Deviation(deg=Decimal(0))), "posture")[0] is Met.LACKING
    shift = Shift(grade=ShiftGrade.MILD, toward=LEFT)
    assert "range of the neck is not recorded" in standing(seen(lateral_shift=shift), "posture")[1]


def test_what_a_case_cannot_know_is_left_to_the_clinic():
    assert standing(case(), "specialist")[0] is Met.NOT_RECORDED
    assert standing(case(), "approval")[0] is Met.NOT_RECORDED
    assert standing(case(), "not_cosmetic")[0] is Met.MET


def test_an_earlier_product_must_have_failed_and_only_the_clinic_says_so():
    daxi = plan((Muscle.SPLENIUS_CAPITIS, RIGHT, 125), product=DAXI)
    assert standing(treated(session()), "tried", what=daxi)[0] is Met.LACKING
    assert standing(treated(session(product=ABO)), "tried", what=daxi)[0] is Met.NOT_RECORDED
    assert standing(treated(session(product=ABO, benefit=None)), "tried", what=daxi)[0] is Met.NOT_RECORDED
    assert standing(treated(session(product=ABO, benefit=0)), "tried", what=daxi)[0] is Met.MET


def elsewhere(on: date | None, *sessions: Session) -> Case:
    other = OtherToxin(on=on, in_neck=True)
    return treated(*sessions, safety=SafetyAnswers(other_toxin=(other,)))


@pytest.mark.parametrize(
    ("of", "met"),
    [
        (treated(session(VISIT - timedelta(days=83))), Met.LACKING),
        (treated(session(VISIT - timedelta(days=84))), Met.MET),
        (elsewhere(VISIT - timedelta(days=50), session()), Met.LACKING),
        (elsewhere(VISIT - timedelta(days=100)), Met.MET),
        (elsewhere(None, session()), Met.NOT_RECORDED),
        (elsewhere(None), Met.NOT_RECORDED),
        (NAIVE, Met.MET),
        (case(), Met.NOT_RECORDED),
    ],
)
def test_the_interval_counts_every_toxin_in_the_neck(of: Case, met: Met):
    assert standing(of, "interval", "medicare")[0] is met


def test_the_units_billed_are_held_against_the_payers_most():
    daxi = plan((Muscle.SPLENIUS_CAPITIS, RIGHT, 250), product=DAXI)
    assert standing(case(), "most_units", what=daxi)[0] is Met.MET
    assert standing(case(), "most_units", what=daxi, billed=Dose.of(300, DAXI))[0] is Met.MET
    assert standing(case(), "most_units", what=daxi, billed=Dose.of(400, DAXI))[0] is Met.LACKING


def test_benefit_is_asked_after_a_session_and_not_before_the_first():
    assert standing(NAIVE, "benefit")[0] is Met.MET
    assert standing(case(), "benefit")[0] is Met.NOT_RECORDED
    assert standing(treated(session(benefit=None)), "benefit")[0] is Met.NOT_RECORDED
    assert standing(treated(session(benefit=0)), "benefit")[0] is Met.LACKING
    assert standing(treated(session(benefit=50)), "benefit")[0] is Met.MET


def test_a_response_is_recorded_whether_good_or_bad():
    assert standing(treated(session(benefit=0)), "response", "medicare")[0] is Met.MET


@pytest.mark.parametrize(
    ("benefits", "met"),
    [
        ((), Met.MET),
        ((0,), Met.MET),
        ((0, 0), Met.LACKING),
        ((0, 30), Met.MET),
        ((30, 0), Met.MET),
        ((0, None), Met.NOT_RECORDED),
        ((30, 0, 0), Met.LACKING),
    ],
)
def test_two_failures_in_a_row_speak_against(benefits, met):
    days = [LAST - timedelta(days=90 * n) for n in range(len(benefits))][::-1]
    past = tuple(session(on, benefit=b) for on, b in zip(days, benefits, strict=True))
    assert standing(treated(*past), "failures", "medicare")[0] is met


def test_waste_is_in_the_record_once_the_vials_are_known():
    assert standing(case(), "records", "medicare")[0] is Met.NOT_RECORDED
    assert standing(case(), "records", "medicare", billed=Dose.of(200, ONA))[0] is Met.MET


@pytest.mark.parametrize(
    ("said", "met"), [(Answer.NO, Met.MET), (Answer.YES, Met.LACKING), (Answer.UNKNOWN, Met.NOT_RECORDED)]
)
def test_a_second_toxin_speaks_against(said, met):
    assert standing(case(safety=SafetyAnswers(toxin_elsewhere=said)), "single_toxin")[0] is met
