"""What a posture is evidence for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from collis.case.examination import (
    Deviation,
    Direction,
    JointLevel,
    Posture,
    Sagittal,
    Shift,
    ShiftGrade,
    Shoulders,
    Tremor,
    TremorAxis,
)
from collis.case.posture import PostureReading, components, read_posture
from collis.errors import BadInput
from collis.knowledge.names import Pattern
from collis.side import Side

SPREAD = (1.0, 1.0, 3.0)
LEFT, RIGHT = Side.LEFT, Side.RIGHT
FRONT, BACK = Sagittal.FRONT, Sagittal.BACK
MILD = ShiftGrade.MILD


def angle(deg: int | str, toward: Direction, level: JointLevel | None = None) -> Deviation:
    return Deviation(deg=Decimal(deg), toward=toward, level=level)


def reading(**posture: Any) -> PostureReading:
    return read_posture(Posture(**posture), spread=SPREAD, threshold_deg=5)


def words(**posture: Any) -> list[str]:
    return [c.words for c in reading(**posture).components]


def test_a_turn_of_the_head_alone_is_torticaput_where_the_chin_points():
    (only,) = reading(turn=angle(30, LEFT, JointLevel.CAPUT)).components
    assert (only.pattern, only.toward, only.deg, only.weight) == (Pattern.TORTICAPUT, LEFT, 30, 1)
    assert only.from_ == "turn"


def test_a_tilt_of_the_neck_alone_is_laterocollis_where_the_ear_drops():
    assert words(tilt=angle(20, RIGHT, JointLevel.COLLIS)) == ["laterocollis RIGHT"]


def test_flexion_to_the_front_is_ante_and_to_the_back_retro():
    assert words(flexion=angle(20, FRONT, JointLevel.CAPUT)) == ["antecaput"]
    assert words(flexion=angle(20, FRONT, JointLevel.COLLIS)) == ["antecollis"]
    assert words(flexion=angle(20, BACK, JointLevel.CAPUT)) == ["retrocaput"]
    assert words(flexion=angle(20, BACK, JointLevel.COLLIS)) == ["retrocollis"]


def test_both_levels_share_the_angle():
    found = reading(turn=angle(30, LEFT, JointLevel.BOTH)).components
    assert [(c.pattern, c.deg, c.weight) for c in found] == [
        (Pattern.TORTICAPUT, 15, 1),
        (Pattern.TORTICOLLIS, 15, 1),
    ]


def test_an_unsure_level_stays_a_spread():
    caput, collis = reading(turn=angle(30, LEFT, JointLevel.UNSURE)).components
    assert caput.weight == pytest.approx(0.8)
    assert collis.weight == pytest.approx(0.8)
    assert caput.deg == pytest.approx(18.75)


@pytest.mark.parametrize("level", JointLevel)
@pytest.mark.parametrize("spread", [(1, 1, 3), (0, 1, 0), (2, 1, 0), (1, 0, 4)])
def test_weight_times_angle_adds_up_to_the_angle_seen(level, spread):
    seen = components(Posture(turn=angle(30, LEFT, level)), spread=spread, threshold_deg=5)
    assert sum(c.weight * c.deg for c in seen) == pytest.approx(30)


def test_a_total_without_a_level_is_unsure():
    assert words(turn=angle(30, LEFT)) == words(turn=angle(30, LEFT, JointLevel.UNSURE))


def test_below_the_threshold_nothing_is_produced():
    assert words(turn=angle("4.9", LEFT, JointLevel.CAPUT)) == []
    assert words(torticaput=angle("4.9", LEFT)) == []
    assert words(turn=angle(5, LEFT, JointLevel.CAPUT)) == ["torticaput LEFT"]


def test_an_angle_of_nothing_gives_nothing_even_without_a_threshold():
    posture = Posture(turn=Deviation(deg=Decimal(0)), torticaput=None, laterocaput=Deviation(deg=Decimal(0)))
    assert components(posture, spread=SPREAD, threshold_deg=0) == ()


def test_angles_measured_apart_stand_as_they_are():
    found = reading(torticaput=angle(20, LEFT), torticollis=angle(10, RIGHT)).components
    assert [(c.words, c.deg, c.weight, c.from_) for c in found] == [
        ("torticaput LEFT", 20, 1, "torticaput"),
        ("torticollis RIGHT", 10, 1, "torticollis"),
    ]


def test_a_lateral_shift_stands_for_laterocollis_to_its_side_and_laterocaput_to_the_other():
    seen = reading(
        laterocollis=angle(15, RIGHT),
        laterocaput=angle(15, LEFT),
        lateral_shift=Shift(grade=MILD, toward=RIGHT),
    )
    assert [(c.words, c.grade, c.deg) for c in seen.components] == [("lateral shift RIGHT", 1, 0)]
    assert all("not counted a second time" in note for note in seen.notes)
    assert len(seen.notes) == 2


def test_an_anterior_shift_stands_for_antecollis_and_retrocaput():
    seen = words(
        sagittal_collis=angle(15, FRONT),
        sagittal_caput=angle(15, BACK),
        sagittal_shift=Shift(grade=MILD, toward=FRONT),
    )
    assert seen == ["anterior sagittal shift"]


def test_a_posterior_shift_stands_for_retrocollis_and_antecaput():
    seen = words(
        sagittal_collis=angle(15, BACK),
        sagittal_caput=angle(15, FRONT),
        sagittal_shift=Shift(grade=MILD, toward=BACK),
    )
    assert seen == ["posterior sagittal shift"]


def test_what_speaks_against_a_shift_is_kept_and_pointed_out():
    seen = reading(laterocaput=angle(15, RIGHT), lateral_shift=Shift(grade=ShiftGrade.MARKED, toward=RIGHT))
    assert [(c.words, c.grade) for c in seen.components] == [
        ("lateral shift RIGHT", 2),
        ("laterocaput RIGHT", 0),
    ]
    (note,) = seen.notes
    assert "lateral shift RIGHT and laterocaput RIGHT speak against each other" in note.replace(
        "Lateral", "lateral"
    )


def test_a_shift_settles_an_unsure_level():
    seen = reading(flexion=angle(20, BACK, JointLevel.UNSURE), sagittal_shift=Shift(grade=MILD, toward=FRONT))
    assert [c.words for c in seen.components] == ["anterior sagittal shift"]
    assert any("level is unsure" in note for note in seen.notes)


def test_a_shift_leaves_the_other_planes_alone():
    seen = words(turn=angle(30, LEFT, JointLevel.CAPUT), lateral_shift=Shift(grade=MILD, toward=LEFT))
    assert seen == ["torticaput LEFT", "lateral shift LEFT"]


def test_an_absent_shift_explains_nothing():
    assert words(tilt=angle(20, LEFT, JointLevel.CAPUT), lateral_shift=Shift(grade=ShiftGrade.ABSENT)) == [
        "laterocaput LEFT"
    ]


@pytest.mark.parametrize(
    ("shift", "said"), [(None, "not examined"), (Shift(grade=ShiftGrade.ABSENT), "marked absent")]
)
def test_angles_that_make_a_shift_nobody_marked_are_pointed_out(shift, said):
    seen = reading(sagittal_collis=angle(15, FRONT), sagittal_caput=angle(15, BACK), sagittal_shift=shift)
    assert len(seen.components) == 2
    assert said in seen.notes[0]
    assert "anterior sagittal shift" in seen.notes[0]


def test_each_raised_shoulder_counts_by_its_grade():
    found = reading(shoulder_elevation=Shoulders(right=2, left=0)).components
    assert [(c.words, c.grade) for c in found] == [("shoulder elevation RIGHT", 2)]
    assert len(words(shoulder_elevation=Shoulders(right=1, left=3))) == 2


def test_tremor_goes_by_its_axis():
    assert words(tremor=Tremor(axis=TremorAxis.NO_NO, grade=1)) == ["tremor no no"]
    assert words(tremor=Tremor(axis=TremorAxis.YES_YES, grade=1)) == ["tremor yes yes"]
    assert words(tremor=Tremor(axis=TremorAxis.MIXED, grade=2)) == ["tremor no no", "tremor yes yes"]
    assert words(tremor=Tremor(axis=TremorAxis.NO_NO, grade=0)) == []
    assert words(tremor=Tremor(axis=TremorAxis.NONE, grade=0)) == []


@pytest.mark.parametrize("spread", [(1, 1), (0, 0, 0), (1, -1, 3)])
def test_a_spread_is_three_weights(spread):
    with pytest.raises(BadInput):
        components(Posture(), spread=spread, threshold_deg=5)


def test_an_empty_posture_says_nothing():
    assert reading() == read_posture(Posture(), spread=SPREAD, threshold_deg=5)
    assert reading().components == ()
    assert reading().notes == ()


def test_a_posture_refuses_a_total_beside_its_parts_and_directions_of_another_plane():
    with pytest.raises(BadInput, match="either the total or"):
        Posture(turn=angle(3, LEFT), torticaput=angle(3, LEFT))
    with pytest.raises(BadInput, match="front or back"):
        Posture(flexion=angle(3, LEFT))
    with pytest.raises(BadInput, match="right or left"):
        Posture(turn=angle(3, FRONT))
    with pytest.raises(BadInput, match="the name says it"):
        Posture(torticaput=angle(3, LEFT, JointLevel.CAPUT))
