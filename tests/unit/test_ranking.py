"""Ranking of muscles by posture and findings: what a clinician would expect, said as laws."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from collis.case.case import Case, Request
from collis.case.examination import (
    Deviation,
    Examination,
    Finding,
    FindingKind,
    JointLevel,
    Posture,
    Sagittal,
    Shift,
    ShiftGrade,
    Shoulders,
)
from collis.case.history import FlagAnswer, FlagReply
from collis.case.mirror import mirrored
from collis.course.parameters import MuscleRanking
from collis.inference.muscles import rank_muscles
from collis.knowledge.load import load
from collis.knowledge.names import Guidance, Muscle, MuscleSide, Region
from collis.side import Side

KNOWLEDGE = load()


def case(
    posture: Posture, *findings: Finding, guidance: tuple[Guidance, ...] = (Guidance.PALPATION,)
) -> Case:
    return Case(
        region=Region.US,
        examination=Examination(posture=posture, findings=findings),
        request=Request(guidance=guidance),
    )


def turned(deg: int, toward: Side, level: JointLevel = JointLevel.CAPUT) -> Posture:
    return Posture(turn=Deviation(deg=Decimal(deg), toward=toward, level=level))


def ranked(posture: Posture, *findings: Finding) -> MuscleRanking:
    return rank_muscles(case(posture, *findings), KNOWLEDGE)


def probability(ranking: MuscleRanking, muscle: Muscle, side: Side) -> float:
    entry = ranking.of(MuscleSide(muscle, side))
    return entry.probability if entry is not None else 0.0


def test_the_chin_to_the_left_points_to_the_left_splenius_and_the_right_sternocleidomastoid() -> None:
    ranking = ranked(turned(30, Side.LEFT))
    assert probability(ranking, Muscle.SPLENIUS_CAPITIS, Side.LEFT) > 0.5
    assert probability(ranking, Muscle.STERNOCLEIDOMASTOID, Side.RIGHT) > 0.5
    assert probability(ranking, Muscle.SPLENIUS_CAPITIS, Side.RIGHT) < 0.1
    assert probability(ranking, Muscle.STERNOCLEIDOMASTOID, Side.LEFT) < 0.1


def test_shares_of_the_drive_sum_to_one() -> None:
    assert sum(m.share for m in ranked(turned(30, Side.LEFT)).muscles) == pytest.approx(1.0)


def test_below_five_degrees_nothing_drives_a_muscle() -> None:
    assert ranked(turned(4, Side.LEFT)).muscles == ()


def test_a_straight_neck_ranks_no_muscle() -> None:
    assert ranked(Posture()).muscles == ()


def test_a_larger_turn_makes_its_muscles_more_probable() -> None:
    small, large = ranked(turned(10, Side.LEFT)), ranked(turned(40, Side.LEFT))
    where = (Muscle.SPLENIUS_CAPITIS, Side.LEFT)
    assert probability(large, *where) > probability(small, *where)


def test_an_unsure_level_points_to_caput_and_collis_muscles_less_surely_than_a_known_one() -> None:
    sure, unsure = ranked(turned(30, Side.LEFT)), ranked(turned(30, Side.LEFT, JointLevel.UNSURE))
    assert probability(unsure, Muscle.LEVATOR_SCAPULAE, Side.LEFT) > probability(
        sure, Muscle.LEVATOR_SCAPULAE, Side.LEFT
    )
    assert (
        0.2
        < probability(unsure, Muscle.SPLENIUS_CAPITIS, Side.LEFT)
        < probability(sure, Muscle.SPLENIUS_CAPITIS, Side.LEFT)
    )


@pytest.mark.parametrize("kind", list(FindingKind))
def test_no_single_finding_flips_the_side_of_a_muscle_the_posture_points_to(kind: FindingKind) -> None:
    wrong_side = Finding(where=MuscleSide(Muscle.SPLENIUS_CAPITIS, Side.RIGHT), kinds=(kind,))
    ranking = ranked(turned(20, Side.LEFT), wrong_side)
    assert probability(ranking, Muscle.SPLENIUS_CAPITIS, Side.LEFT) > probability(
        ranking, Muscle.SPLENIUS_CAPITIS, Side.RIGHT
    )


def test_tenderness_counts_less_than_activity_on_emg() -> None:
    where = MuscleSide(Muscle.SPLENIUS_CAPITIS, Side.LEFT)
    tender = ranked(turned(10, Side.LEFT), Finding(where=where, kinds=(FindingKind.TENDER,)))
    active = ranked(turned(10, Side.LEFT), Finding(where=where, kinds=(FindingKind.EMG_ACTIVE,)))
    plain = ranked(turned(10, Side.LEFT))
    there = (where.muscle, where.side)
    assert probability(plain, *there) < probability(tender, *there) < probability(active, *there)


def test_findings_together_are_capped() -> None:
    where = MuscleSide(Muscle.LEVATOR_SCAPULAE, Side.RIGHT)
    all_for = (
        FindingKind.OVERACTIVE,
        FindingKind.HYPERTROPHY,
        FindingKind.EMG_ACTIVE,
        FindingKind.ULTRASOUND_THICK,
    )
    ranking = ranked(turned(20, Side.LEFT), Finding(where=where, kinds=all_for))
    assert probability(ranking, where.muscle, where.side) < 0.2


def test_a_bulky_muscle_that_no_posture_asks_for_may_be_compensating() -> None:
    where = MuscleSide(Muscle.TRAPEZIUS_UPPER, Side.LEFT)
    ranking = ranked(turned(20, Side.LEFT), Finding(where=where, kinds=(FindingKind.HYPERTROPHY,)))
    entry = ranking.of(where)
    assert entry is not None
    assert any("compensating" in text for text in entry.against)


def test_a_muscle_that_works_against_the_posture_says_so() -> None:
    posture = Posture(
        turn=Deviation(deg=Decimal(30), toward=Side.LEFT, level=JointLevel.CAPUT),
        tilt=Deviation(deg=Decimal(15), toward=Side.RIGHT, level=JointLevel.CAPUT),
    )
    entry = ranked(posture).of(MuscleSide(Muscle.SPLENIUS_CAPITIS, Side.RIGHT))
    assert entry is not None
    assert any("Works against what is seen: chin turned 30° LEFT" in text for text in entry.against)


def test_a_shift_is_not_counted_beside_the_angles_it_is_made_of() -> None:
    shift = Posture(lateral_shift=Shift(grade=ShiftGrade.MARKED, toward=Side.RIGHT))
    doubled = replace(
        shift,
        laterocollis=Deviation(deg=Decimal(15), toward=Side.RIGHT),
        laterocaput=Deviation(deg=Decimal(15), toward=Side.LEFT),
    )
    once, twice = ranked(shift), ranked(doubled)
    assert [(m.where, m.probability) for m in once.muscles] == [
        (m.where, m.probability) for m in twice.muscles
    ]
    assert any("not counted a second time" in note for note in twice.notes)


def test_a_disputed_row_alone_is_shown_and_held_back() -> None:
    entry = ranked(turned(40, Side.LEFT)).of(MuscleSide(Muscle.TRAPEZIUS_UPPER, Side.RIGHT))
    assert entry is not None
    assert entry.held_back
    assert any("Sources disagree" in text for text in entry.against)


def test_a_muscle_that_needs_ultrasound_says_so_until_ultrasound_is_at_hand() -> None:
    where = MuscleSide(Muscle.OBLIQUUS_CAPITIS_INFERIOR, Side.LEFT)
    by_touch = rank_muscles(case(turned(30, Side.LEFT)), KNOWLEDGE).of(where)
    with_image = rank_muscles(case(turned(30, Side.LEFT), guidance=(Guidance.ULTRASOUND,)), KNOWLEDGE).of(
        where
    )
    assert by_touch is not None
    assert with_image is not None
    assert by_touch.needs == "needs ultrasound"
    assert with_image.needs == ""


def test_a_mirrored_patient_ranks_mirrored() -> None:
    seen = case(
        Posture(
            turn=Deviation(deg=Decimal(25), toward=Side.LEFT, level=JointLevel.UNSURE),
            tilt=Deviation(deg=Decimal(10), toward=Side.RIGHT, level=JointLevel.BOTH),
            flexion=Deviation(deg=Decimal(10), toward=Sagittal.BACK, level=JointLevel.CAPUT),
            shoulder_elevation=Shoulders(right=2, left=0),
        )
    )
    here, there = rank_muscles(seen, KNOWLEDGE), rank_muscles(mirrored(seen), KNOWLEDGE)
    assert {(m.where.mirrored, m.probability, m.share) for m in here.muscles} == {
        (m.where, m.probability, m.share) for m in there.muscles
    }


def test_every_reason_names_the_posture_or_the_finding_it_comes_from() -> None:
    for entry in ranked(turned(30, Side.LEFT)).muscles:
        assert entry.reasons or entry.held_back
        assert all("torticaput" in reason for reason in entry.reasons)


def test_a_forward_neck_in_parkinsonism_is_advised_against() -> None:
    posture = Posture(flexion=Deviation(deg=Decimal(30), toward=Sagittal.FRONT, level=JointLevel.COLLIS))
    reply = FlagReply(answer=FlagAnswer.CLEARED, done="neurology", on=date(2026, 9, 1))
    known = replace(case(posture), flags={"parkinsonism": reply})
    assert any("probably better left uninjected" in n for n in rank_muscles(known, KNOWLEDGE).notes)
    assert rank_muscles(case(posture), KNOWLEDGE).notes == ()
