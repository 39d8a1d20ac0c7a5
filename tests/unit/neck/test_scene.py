from __future__ import annotations

import json
import math

import numpy as np
import pytest

from collis.errors import BadInput
from collis.knowledge.load import load
from collis.knowledge.names import Muscle, MuscleSide
from collis.neck.scene import MARK, Kind, Point, Scene, Standing, scene, scene_document, volumes_of
from collis.neck.skeleton import Angle, build_neck, mirrored, path_points
from collis.side import Side

NECK = build_neck(load().neck)
VOLUMES = volumes_of(load().muscles)
TURNED = np.radians([7.0, -4.0, 31.0, -12.0, 18.0, 9.0])
TINT = {
    MuscleSide(Muscle.SPLENIUS_CAPITIS, Side.LEFT): 1.0,
    MuscleSide(Muscle.STERNOCLEIDOMASTOID, Side.RIGHT): 0.4,
    MuscleSide(Muscle.PLATYSMA, Side.RIGHT): 0.2,
}


def at(angles: object, standing: Standing = Standing.ENTERED, **more: object) -> Scene:
    return scene(NECK, np.asarray(angles), standing=standing, volumes=VOLUMES, **more)  # type: ignore[arg-type]


def flipped(point: Point) -> Point:
    return point[0], point[1], -point[2]


def test_the_mirrored_posture_gives_the_mirrored_scene_to_the_last_bit() -> None:
    one = at(TURNED, tint=TINT)
    other = at(mirrored(TURNED), tint={where.mirrored: value for where, value in TINT.items()})
    ours = {(p.unit, p.side): (p.points, p.radius, p.tint) for p in one.muscles}
    theirs = {
        (p.unit, p.side.mirrored): (tuple(map(flipped, p.points)), p.radius, p.tint) for p in other.muscles
    }
    assert ours == theirs
    swap = {"transverse RIGHT": "transverse LEFT", "transverse LEFT": "transverse RIGHT"}
    for body, twin in zip(one.bodies, other.bodies, strict=True):
        if body.kind is Kind.GIRDLE:
            continue
        assert body.centre == flipped(twin.centre)
        assert dict(body.outline) == {swap.get(n, n): flipped(p) for n, p in twin.outline.items()}


def test_left_and_right_girdle_are_mirrors_and_stand_still() -> None:
    for name in ("clavicle", "scapula"):
        right, left = (
            next(b for b in at(TURNED).bodies if b.name == name and b.side is side) for side in Side
        )
        assert right.outline == {corner: flipped(p) for corner, p in left.outline.items()}
        still = next(b for b in at(np.zeros(6)).bodies if b.name == name and b.side is Side.RIGHT)
        assert right == still


def test_every_muscle_with_a_group_appears_on_both_sides() -> None:
    drawn = {p.where for p in at(TURNED).muscles}
    for muscle, groups in NECK.muscle_groups.items():
        for side in Side:
            assert (MuscleSide(muscle, side) in drawn) == bool(groups)


def test_every_group_of_the_model_appears_also_those_no_target_muscle_stands_for() -> None:
    assert {p.group for p in at(TURNED).muscles} == set(NECK.groups)
    assert {p.words for p in at(TURNED).muscles if p.muscle is None} == {
        f"{name} {side.word}"
        for name in ("iliocostalis cervicis", "rectus capitis posterior minor")
        for side in Side
    }


def test_a_tinted_muscle_the_model_lacks_is_said_and_not_lost() -> None:
    assert at(TURNED, tint=TINT).not_in_model == (MuscleSide(Muscle.PLATYSMA, Side.RIGHT),)


def test_paths_are_those_of_the_skeleton() -> None:
    points = path_points(NECK, TURNED)
    for path in at(TURNED).muscles:
        unit, side = NECK.units.index(path.unit), list(Side).index(path.side)
        assert np.array_equal(np.array(path.points), points[side, NECK.path(unit)])


def test_the_bones_stand_one_over_the_other_and_the_nose_goes_where_the_head_turns() -> None:
    heights = [
        at(np.zeros(6)).body(name).centre[1]
        for name in ("T1", "C7", "C6", "C5", "C4", "C3", "C2", "C1", "skull")
    ]
    assert heights == sorted(heights)
    turn = np.zeros(6)
    turn[Angle.CAPUT_TURN_LEFT] = math.radians(30)
    assert at(turn).body("skull").outline["nose"][2] < -0.04
    tilt = np.zeros(6)
    tilt[Angle.COLLIS_TILT_RIGHT] = math.radians(30)
    assert at(tilt).body("skull").outline["vertex"][2] > 0.08


def test_bellies_hold_about_the_volume_of_their_muscle() -> None:
    own = [p for p in at(np.zeros(6)).muscles if p.where == MuscleSide(Muscle.SPLENIUS_CAPITIS, Side.RIGHT)]
    volume = sum(0.5 * math.pi * p.radius**2 * math.dist(*p.points) for p in own)
    assert volume * 1e6 == pytest.approx(VOLUMES[Muscle.SPLENIUS_CAPITIS])


def test_the_json_scene_says_its_units_its_axes_and_what_the_posture_stands_on() -> None:
    document = json.loads(json.dumps(scene_document(at(TURNED, tint=TINT)), allow_nan=False))
    assert document["units"] == {"length": "m", "angle": "deg", "tint": "0 none to 1 most"}
    assert document["axes"]["z"] == "to the patient's RIGHT"
    assert document["posture"]["line"] == "Posture as entered"
    assert document["posture"]["angles"]["caput_turn_left"] == 31.0
    assert {b["name"] for b in document["bodies"]} >= {"skull", "C1", "C7", "T1", "clavicle", "scapula"}
    assert all(b["radius"] > 0 for b in document["bodies"])
    assert len(document["muscles"]) == 72
    assert all(m["side"] in ("right", "left") and len(m["path"]) >= 2 for m in document["muscles"])


def test_a_predicted_scene_carries_its_mark_into_the_json() -> None:
    posture = scene_document(at(TURNED, Standing.PREDICTED))["posture"]
    assert posture["line"] == MARK == "Model, not validated in patients"
    assert posture["validated"] is False


def test_angles_beyond_the_skeleton_are_named_and_not_clipped() -> None:
    wide = np.zeros(6)
    wide[Angle.CAPUT_TILT_RIGHT] = math.radians(15)
    assert at(wide).beyond == (Angle.CAPUT_TILT_RIGHT,)
    assert at(wide).angles[Angle.CAPUT_TILT_RIGHT] == math.radians(15)


def test_the_size_of_a_person_scales_the_scene() -> None:
    from collis.neck.skeleton import Build

    small = scene(
        build_neck(load().neck, Build(size=0.8)), np.zeros(6), standing=Standing.NEUTRAL, volumes=VOLUMES
    )
    for one, other in zip(at(np.zeros(6)).bodies, small.bodies, strict=True):
        assert np.array(other.centre) == pytest.approx(0.8 * np.array(one.centre), abs=1e-9)
        assert other.radius == pytest.approx(0.8 * one.radius)


@pytest.mark.parametrize("wrong", [np.zeros(5), np.full(6, np.nan), np.zeros((2, 6))])
def test_what_are_no_six_angles_is_refused(wrong: object) -> None:
    with pytest.raises(BadInput, match="six angles"):
        at(wrong)


def test_a_tint_outside_0_to_1_is_refused_and_named() -> None:
    with pytest.raises(BadInput, match="splenius capitis LEFT"):
        at(TURNED, tint={MuscleSide(Muscle.SPLENIUS_CAPITIS, Side.LEFT): 1.2})
