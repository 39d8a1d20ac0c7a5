"""`collis neck show`, and the angles it takes from a case."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from collis.case.examination import Deviation, JointLevel, Posture, Sagittal, Shift, ShiftGrade
from collis.cli import BAD_INPUT, DONE, REFUSED, run
from collis.course.parameters import MuscleRanking, RankedMuscle
from collis.errors import BadInput
from collis.inference.neck_angles import drive_of, entered_angles, predicted_angles
from collis.knowledge.load import load
from collis.knowledge.names import Muscle
from collis.neck.skeleton import Angle, build_neck, mirrored
from collis.side import Side

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
DEMO = str(EXAMPLES / "torticaput-left.case.toml")
KNOWN = load()
NECK = build_neck(KNOWN.neck)

Said = pytest.CaptureFixture[str]


def entered(posture: Posture) -> dict[Angle, float]:
    angles = np.degrees(entered_angles(posture, NECK, KNOWN).angles)
    return {a: round(float(angles[a]), 6) for a in Angle if abs(angles[a]) > 1e-9}


def turned(deg: int, toward: Side, level: JointLevel) -> Posture:
    return Posture(turn=Deviation(deg=Decimal(deg), toward=toward, level=level))


def ranked(*rows: tuple[Muscle, Side, float]) -> MuscleRanking:
    return MuscleRanking(
        muscles=tuple(RankedMuscle(muscle=m, side=s, probability=0.9, share=share) for m, s, share in rows)
    )


def test_angles_go_where_the_case_says() -> None:
    assert entered(turned(30, Side.LEFT, JointLevel.CAPUT)) == {Angle.CAPUT_TURN_LEFT: 30.0}
    assert entered(turned(30, Side.RIGHT, JointLevel.COLLIS)) == {Angle.COLLIS_TURN_LEFT: -30.0}
    assert entered(Posture(laterocollis=Deviation(deg=Decimal(20), toward=Side.LEFT))) == {
        Angle.COLLIS_TILT_RIGHT: -20.0
    }
    assert entered(Posture(sagittal_caput=Deviation(deg=Decimal(12), toward=Sagittal.BACK))) == {
        Angle.CAPUT_EXTENSION: 12.0
    }


def test_an_unsure_level_is_split_and_adds_up_to_the_angle_seen() -> None:
    found = entered(turned(30, Side.LEFT, JointLevel.UNSURE))
    assert set(found) == {Angle.CAPUT_TURN_LEFT, Angle.COLLIS_TURN_LEFT}
    assert sum(found.values()) == pytest.approx(30)


def test_a_shift_without_angles_is_drawn_with_opposite_ones_and_said_to_be_a_drawing() -> None:
    posture = Posture(lateral_shift=Shift(grade=ShiftGrade.MARKED, toward=Side.LEFT))
    found = entered(posture)
    assert found[Angle.COLLIS_TILT_RIGHT] == -found[Angle.CAPUT_TILT_RIGHT] < 0
    assert "its size is a drawing" in " ".join(entered_angles(posture, NECK, KNOWN).notes)


def test_measured_angles_of_a_shift_are_kept_as_measured() -> None:
    posture = Posture(
        sagittal_collis=Deviation(deg=Decimal(20), toward=Sagittal.FRONT),
        sagittal_caput=Deviation(deg=Decimal(15), toward=Sagittal.BACK),
        sagittal_shift=Shift(grade=ShiftGrade.MARKED, toward=Sagittal.FRONT),
    )
    assert entered(posture) == {Angle.COLLIS_EXTENSION: -20.0, Angle.CAPUT_EXTENSION: 15.0}


def test_the_mirrored_patient_has_the_mirrored_prediction() -> None:
    rows = ((Muscle.SPLENIUS_CAPITIS, Side.LEFT, 0.5), (Muscle.STERNOCLEIDOMASTOID, Side.RIGHT, 0.5))
    seen = np.zeros(6)
    seen[Angle.CAPUT_TURN_LEFT] = 0.5
    one = predicted_angles(ranked(*rows), seen, NECK, KNOWN).angles
    other = predicted_angles(
        ranked(*((m, s.mirrored, share) for m, s, share in rows)), mirrored(seen), NECK, KNOWN
    ).angles
    assert one[Angle.CAPUT_TURN_LEFT] > 0.1
    assert np.allclose(mirrored(one), other, atol=1e-9)


def test_no_posture_is_predicted_without_an_angle_or_without_a_muscle_of_the_model() -> None:
    with pytest.raises(BadInput, match="no angle"):
        predicted_angles(ranked((Muscle.SPLENIUS_CAPITIS, Side.LEFT, 1.0)), np.zeros(6), NECK, KNOWN)
    with pytest.raises(BadInput, match="no muscle of the model"):
        predicted_angles(ranked((Muscle.PLATYSMA, Side.LEFT, 1.0)), np.full(6, 0.2), NECK, KNOWN)


def test_drive_lies_on_the_side_of_the_ranked_muscle() -> None:
    drive = drive_of(ranked((Muscle.LEVATOR_SCAPULAE, Side.LEFT, 0.7)), NECK)
    (group,) = NECK.muscle_groups[Muscle.LEVATOR_SCAPULAE]
    assert drive[group].tolist() == [0.0, 0.7]
    assert drive.sum() == pytest.approx(0.7)


def test_show_writes_the_picture_and_the_scene(tmp_path: Path, capsys: Said) -> None:
    assert run(["neck", "show", DEMO, "--out", str(tmp_path)]) == DONE
    assert {p.name for p in tmp_path.iterdir()} == {"torticaput-left-neck.svg", "torticaput-left-neck.json"}
    document = json.loads((tmp_path / "torticaput-left-neck.json").read_text("utf-8"))
    assert document["posture"]["angles"]["caput_turn_left"] == 30.0
    assert document["posture"]["standing"] == "entered"
    assert document["tinted_by"] == "drive"
    assert max(m["tint"] for m in document["muscles"]) == 1.0
    assert "not validated" not in capsys.readouterr().out


def test_a_predicted_posture_is_marked_in_picture_scene_and_terminal(tmp_path: Path, capsys: Said) -> None:
    assert run(["neck", "show", DEMO, "--out", str(tmp_path), "--posture", "predicted"]) == DONE
    assert "Model, not validated in patients" in capsys.readouterr().out
    for path in tmp_path.iterdir():
        assert "Model, not validated in patients" in path.read_text("utf-8")


def test_doses_tint_the_muscles_of_the_candidate(tmp_path: Path) -> None:
    assert (
        run(["neck", "show", DEMO, "--out", str(tmp_path), "--tint", "dose", "--posture", "neutral"]) == DONE
    )
    svg = (tmp_path / "torticaput-left-neck.svg").read_text("utf-8")
    assert "Muscles tinted by dose: Balanced" in svg
    assert "They fit no other product" in svg


def test_doses_are_not_shown_where_the_screen_stands_in_the_way(tmp_path: Path) -> None:
    case = str(EXAMPLES / "red-flags.case.toml")
    assert run(["neck", "show", case, "--out", str(tmp_path), "--tint", "relief"]) == REFUSED
    assert not list(tmp_path.iterdir())


def test_an_unknown_candidate_is_bad_input(tmp_path: Path) -> None:
    asked = ["neck", "show", DEMO, "--out", str(tmp_path), "--tint", "dose", "--candidate", "best"]
    assert run(asked) == BAD_INPUT
