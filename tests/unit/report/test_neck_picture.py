from __future__ import annotations

import ast
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import collis.report
from collis.knowledge.load import load
from collis.knowledge.names import Muscle, MuscleSide
from collis.neck.scene import MARK, Scene, Standing, scene, volumes_of
from collis.neck.skeleton import build_neck, mirrored
from collis.report.neck_layers import colour_of
from collis.report.neck_picture import Legend, neck_picture, place_of
from collis.report.necks import View
from collis.side import Side

NECK = build_neck(load().neck)
VOLUMES = volumes_of(load().muscles)
SPLENIUS = MuscleSide(Muscle.SPLENIUS_CAPITIS, Side.LEFT)
SCM = MuscleSide(Muscle.STERNOCLEIDOMASTOID, Side.RIGHT)
TINT = {SPLENIUS: 1.0, SCM: 0.6}
LEGEND = Legend(
    title="Muscles tinted by dose", least="none", most="most", values={SPLENIUS: "60 Units", SCM: "35 Units"}
)
POSTURES = {
    "neutral": (0, 0, 0, 0, 0, 0),
    "torticaput LEFT": (0, 0, 30, 0, 0, 0),
    "laterocollis RIGHT": (0, 0, 0, 0, 30, 0),
    "antecollis": (0, 0, 0, -45, 0, 0),
    "goose neck": (24, 0, 0, -33, 0, 0),
    "all at once": (20, 5, 40, 25, 20, 25),
}


def posed(
    name: str, standing: Standing = Standing.ENTERED, tint: dict[MuscleSide, float] | None = None
) -> Scene:
    return scene(NECK, np.radians(POSTURES[name]), standing=standing, volumes=VOLUMES, tint=tint)


def middle_of(drawn: Scene, view: View, where: MuscleSide) -> float:
    points = np.concatenate([np.array(p.points) for p in drawn.muscles if p.where == where])
    return float(place_of(drawn, view, points)[:, 0].mean())


def test_right_muscles_lie_on_the_left_of_the_picture_in_front_and_on_the_right_in_back() -> None:
    drawn = posed("neutral")
    for muscle, groups in NECK.muscle_groups.items():
        if groups:
            right, left = (MuscleSide(muscle, side) for side in Side)
            assert middle_of(drawn, View.FRONT, right) < middle_of(drawn, View.FRONT, left)
            assert middle_of(drawn, View.BACK, right) > middle_of(drawn, View.BACK, left)


def test_the_plates_stand_on_the_sides_of_the_muscles_they_name() -> None:
    svg = neck_picture(posed("neutral")).svg
    for view, order in (("front", ["RIGHT", "LEFT"]), ("back", ["LEFT", "RIGHT"])):
        part = svg[svg.index(f'class="view {view}"') :]
        found = re.findall(r'<text class="side \w+" x="([\d.]+)"[^>]*>(RIGHT|LEFT)<', part)[:2]
        assert [word for _, word in sorted(found, key=lambda f: float(f[0]))] == order


def test_right_is_a_solid_plate_and_left_an_outlined_one() -> None:
    svg = neck_picture(posed("neutral")).svg
    assert all('fill="#14201D"' in plate for plate in re.findall(r'<rect class="plate right"[^>]*>', svg))
    assert all('fill="#FFFFFF"' in plate for plate in re.findall(r'<rect class="plate left"[^>]*>', svg))


@pytest.mark.parametrize("name", POSTURES)
def test_every_posture_is_drawn_well_formed_with_its_three_titles(name: str) -> None:
    picture = neck_picture(posed(name, tint=TINT), LEGEND)
    root = ElementTree.fromstring(picture.svg)
    texts = [e.text for e in root.iter() if e.tag.endswith("text")]
    assert [t for t in texts if t in ("FRONT", "SIDE", "BACK")] == ["FRONT", "SIDE", "BACK"]
    assert "nan" not in picture.svg
    assert not [d for d in re.findall(r' d="([^"]*)"', picture.svg) if "inf" in d]


def test_only_the_front_shows_two_eyes_and_the_back_shows_none() -> None:
    svg = neck_picture(posed("neutral")).svg
    front, rest = svg.split('class="view right-side"')
    side, back = rest.split('class="view back"')
    assert [part.count('class="eye"') for part in (front, side, back)] == [2, 1, 0]


def test_the_face_looks_to_the_right_of_the_picture_from_the_right_side_and_to_the_left_from_the_left() -> (
    None
):
    drawn = posed("neutral")
    skull = drawn.body("skull")
    for view, toward in ((View.RIGHT_SIDE, 1), (View.LEFT_SIDE, -1)):
        nose, middle = (place_of(drawn, view, np.array(p))[0] for p in (skull.outline["nose"], skull.centre))
        assert toward * (nose - middle) > 50


def test_the_side_shown_is_the_one_with_more_tint_and_mirrors_with_the_patient() -> None:
    one = neck_picture(posed("torticaput LEFT", tint=TINT))
    turned = mirrored(np.radians(POSTURES["torticaput LEFT"]))
    tint = {w.mirrored: v for w, v in TINT.items()}
    other = neck_picture(scene(NECK, turned, standing=Standing.ENTERED, volumes=VOLUMES, tint=tint))
    assert (one.views[1], other.views[1]) == (View.LEFT_SIDE, View.RIGHT_SIDE)
    assert neck_picture(posed("neutral")).views[1] is View.RIGHT_SIDE


def test_the_text_alternative_names_the_sides_the_posture_and_the_tinted_muscles() -> None:
    alt = neck_picture(posed("torticaput LEFT", tint=TINT), LEGEND).alt
    assert "FRONT: face towards you, the patient’s RIGHT is on the left of the picture." in alt
    assert "BACK: no face, the patient’s RIGHT is on the right of the picture." in alt
    assert "SIDE: the patient’s LEFT side, face towards the left of the picture." in alt
    assert "Torticaput LEFT, 30°." in alt
    assert "splenius capitis LEFT 60 Units and sternocleidomastoid RIGHT 35 Units" in alt


def test_a_predicted_posture_is_never_drawn_without_its_mark() -> None:
    picture = neck_picture(posed("goose neck", Standing.PREDICTED), LEGEND)
    shown = [e.text for e in ElementTree.fromstring(picture.svg).iter() if e.tag.endswith("}text")]
    assert shown.count(MARK) == 4
    assert MARK in picture.alt
    assert any(t is not None and t.startswith("Research view.") for t in shown)


def test_a_posture_as_entered_says_so_and_carries_no_mark() -> None:
    picture = neck_picture(posed("goose neck"))
    assert "Posture as entered" in picture.svg
    assert MARK not in picture.svg


def test_no_printed_page_letter_or_patient_page_can_draw_this_picture() -> None:
    forbidden = {
        "collis.neck",
        "collis.report.neck_picture",
        "collis.report.neck_layers",
        "collis.inference.neck_angles",
    }
    folder = Path(collis.report.__file__).parent
    for page in ("sheet", "patient_page", "letter", "comparison", "labels", "grid", "drawing"):
        tree = ast.parse((folder / f"{page}.py").read_text(encoding="utf-8"))
        taken = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        taken |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        assert not [t for t in taken if any(t == f or t.startswith(f"{f}.") for f in forbidden)], page


def test_every_muscle_of_the_model_is_in_front_and_in_back() -> None:
    svg = neck_picture(posed("neutral")).svg
    front, rest = svg.split('class="view right-side"')
    back = rest.split('class="view back"')[1]
    for muscle, groups in NECK.muscle_groups.items():
        for side in Side if groups else ():
            label = f'data-muscle="{MuscleSide(muscle, side)}"'
            assert label in front
            assert label in back


def test_a_darker_tint_is_always_more_so_that_it_reads_in_grey() -> None:
    def luminance(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    steps = [luminance(colour_of(t)) for t in (0.0, 0.01, 0.25, 0.5, 0.75, 1.0)]
    assert steps == sorted(steps, reverse=True)
    assert len(set(steps)) == len(steps)


def test_a_tinted_muscle_the_model_lacks_is_named_beneath() -> None:
    tint = {MuscleSide(Muscle.PLATYSMA, Side.LEFT): 1.0}
    picture = neck_picture(posed("neutral", tint=tint), LEGEND)
    assert "Not in the model and not drawn: platysma LEFT." in picture.alt
    assert "Platysma (not in the model)" in picture.svg
