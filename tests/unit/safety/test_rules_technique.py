"""Rules on how and where: guidance, side against posture, levator for a forward head, a score to measure by."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from collis.case.examination import Finding, FindingKind, Shift, ShiftGrade, Shoulders
from collis.case.history import Rating, ScaleName
from collis.knowledge.names import Muscle, MuscleSide
from collis.reasons import Kind
from collis.side import Side
from collis.sources import Grade
from tests.unit.safety.bedside import SCM, UNKNOWN, USUAL, YES, angle, answered, levels, plan, said_yes, says


def by(guidance: str, muscle: str):
    return plan((muscle, "left", 10, 1, guidance))


def test_R29_fires() -> None:
    (reason,) = says("R29", by("palpation", "longus_colli"))
    assert reason.level == "refuse"
    assert reason.what.startswith("Longus colli LEFT by touch; near it: swallowing")
    for muscle in ("longus_capitis", "scalenus_anterior", "obliquus_capitis_inferior"):
        assert levels("R29", by("palpation", muscle)) == {"refuse"}
    for guidance in ("palpation", "emg", "stimulation"):
        assert levels("R29", by(guidance, "scalenus_medius")) == {"warn"}
    assert levels("R29", by("emg", "longus_colli")) == {"warn"}


def test_R29_asks_after_surgery_of_the_neck() -> None:
    (reason,) = says("R29", USUAL, answered(safety={"neck_surgery": UNKNOWN}))
    assert (reason.level, reason.asks) == ("cannot_judge", "neck surgery")
    (reason,) = says("R29", USUAL, answered(safety={"neck_surgery": YES}))
    assert (reason.level, reason.what) == ("warn", "The neck was operated on; the anatomy is altered.")
    (reason,) = says("R29", USUAL, answered(safety={"neck_surgery": said_yes("C4 to C6 fused")}))
    assert "(C4 to C6 fused)" in reason.what
    assert reason.action.startswith("Use imaging")
    assert reason.ground is not None
    assert (reason.ground.grade, reason.ground.verified) == (Grade.ASSUMED, False)


def test_R29_stays_silent() -> None:
    assert not says("R29")
    assert not says("R29", by("ultrasound", "longus_colli"))
    assert not says("R29", by("palpation", "semispinalis_capitis"))


TURNED_LEFT = {"turn": angle(30, "left", "caput")}


def test_R47_fires() -> None:
    wrong = plan((SCM, "left", 40))
    (reason,) = says("R47", wrong, answered(posture=TURNED_LEFT))
    assert reason.level == "warn"
    assert reason.what == "Sternocleidomastoid LEFT is planned; torticaput LEFT calls for the RIGHT."
    (reason,) = says("R47", plan(("splenius_capitis", "right", 60)), answered(posture=TURNED_LEFT))
    assert reason.what == "Splenius capitis RIGHT is planned; torticaput LEFT calls for the LEFT."


def test_R47_reads_the_two_angles_of_a_shift() -> None:
    shifted = answered(posture={"lateral_shift": Shift(grade=ShiftGrade.MARKED, toward=Side.RIGHT)})
    assert levels("R47", plan(("scalenus_medius", "left", 15)), shifted) == {"warn"}
    assert levels("R47", plan((SCM, "right", 40)), shifted) == {"warn"}
    assert not says("R47", plan(("scalenus_medius", "right", 15), (SCM, "left", 40)), shifted)


@pytest.mark.parametrize(
    "typed",
    [
        plan((SCM, "right", 40), ("splenius_capitis", "left", 60)),
        plan((SCM, "right", 40), (SCM, "left", 10)),
        plan((SCM, "left", 0)),
        plan(("semispinalis_capitis", "left", 40)),  # sources disagree on its side
        plan(("semispinalis_capitis", "right", 40)),
        plan(("platysma", "left", 10)),  # no pattern names it
    ],
)
def test_R47_stays_silent(typed) -> None:
    assert not says("R47", typed, answered(posture=TURNED_LEFT))
    assert not says("R47", typed, answered())


def test_R47_stays_silent_where_both_sides_are_called_for() -> None:
    back = {"flexion": angle(30, "back", "caput")}
    assert not says("R47", plan(("splenius_capitis", "right", 60)), answered(posture=back))
    assert not says("R47", plan(("splenius_capitis", "right", 60)), answered(posture={**TURNED_LEFT, **back}))
    goose = {"sagittal_shift": Shift(grade=ShiftGrade.MILD, toward=angle(1, "front").toward)}
    assert not says(
        "R47", plan(("splenius_capitis", "right", 60)), answered(posture={**TURNED_LEFT, **goose})
    )


def test_R47_stays_silent_where_the_muscle_was_found_active() -> None:
    wrong = plan((SCM, "left", 40))

    def found(muscle: Muscle, side: Side, *kinds: FindingKind):
        finding = Finding(where=MuscleSide(muscle, side), kinds=kinds)
        return answered(posture=TURNED_LEFT, examination={"findings": (finding,)})

    scm, left = Muscle.STERNOCLEIDOMASTOID, Side.LEFT
    assert not says("R47", wrong, found(scm, left, FindingKind.EMG_ACTIVE))
    assert says("R47", wrong, found(scm, left, FindingKind.TENDER))
    assert says("R47", wrong, found(scm, Side.RIGHT, FindingKind.OVERACTIVE))
    assert says("R47", wrong, found(Muscle.SPLENIUS_CAPITIS, left, FindingKind.OVERACTIVE))


def test_R48_fires() -> None:
    (remark,) = says("R48", USUAL, answered(history={"ratings": ()}))
    assert (remark.level, remark.kind) == ("allow", Kind.NOTE)
    pain = Rating(on=date(2026, 1, 1), scale=ScaleName.PAIN_NRS, score=Decimal(4))
    assert says("R48", USUAL, answered(history={"ratings": (pain,)}))


def test_R48_stays_silent() -> None:
    assert not says("R48")


FORWARD = {"flexion": angle(30, "front", "collis")}
LEVATOR = plan(("levator_scapulae", "left", 40))


def test_R52_fires() -> None:
    (reason,) = says("R52", LEVATOR, answered(posture=FORWARD))
    assert reason.level == "warn"
    assert "head drop" in reason.what


def test_R52_stays_silent() -> None:
    assert not says("R52", LEVATOR)
    assert not says("R52", USUAL, answered(posture=FORWARD))
    assert not says("R52", LEVATOR, answered(posture={**FORWARD, **TURNED_LEFT}))
    assert not says("R52", LEVATOR, answered(posture={**FORWARD, "shoulder_elevation": Shoulders(left=1)}))
    assert not says("R52", LEVATOR, answered(posture=TURNED_LEFT))


def test_R52_advises_against_toxin_for_a_forward_neck_in_parkinsonism() -> None:
    for word in ("yes", "cleared"):
        (reason,) = says("R52", USUAL, answered(posture=FORWARD, flags={"parkinsonism": word}))
        assert (reason.level, reason.harm) == ("warn", 8)
        assert "probably better left uninjected" in reason.what
    assert not says("R52", USUAL, answered(posture=TURNED_LEFT, flags={"parkinsonism": "yes"}))
    assert not says("R52", plan(), answered(posture=FORWARD, flags={"parkinsonism": "yes"}))
