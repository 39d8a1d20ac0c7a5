"""Each posture pattern alone leads the ranking with its main muscles, on the right side.

The table is written out here and not read from the data: it is what the col-cap lists say, less the rows on which
sources disagree; for the sagittal shifts it is the muscle that was enough alone. With n main muscles (both sides of
one counted once) all stand among the first n + 1.
"""

from __future__ import annotations

import pytest

from collis.case.case import Case
from collis.case.files import parse_case
from collis.case.mirror import mirrored
from collis.inference.muscles import rank_muscles
from collis.knowledge.load import load
from collis.knowledge.names import Muscle, MuscleSide
from collis.side import Side

KNOWLEDGE = load(None)
DEGREES = (10, 20, 40)
GRADES = ("mild", "marked")

# Every pattern towards the LEFT; the muscles of both sides carry "both".
MAIN = {
    "torticaput": ("obliquus_capitis_inferior left", "splenius_capitis left", "sternocleidomastoid right"),
    "torticollis": ("levator_scapulae left", "splenius_cervicis left"),
    "laterocaput": ("sternocleidomastoid left", "splenius_capitis left", "trapezius_upper left"),
    "laterocollis": ("levator_scapulae left", "scalenus_medius left"),
    "antecaput": ("longus_capitis both",),
    "antecollis": ("scalenus_anterior both", "scalenus_medius both", "longus_colli both"),
    "retrocaput": ("semispinalis_capitis both", "splenius_capitis both"),
    "retrocollis": ("semispinalis_cervicis both", "splenius_cervicis both", "levator_scapulae both"),
    "lateral shift": (
        "levator_scapulae left", "scalenus_medius left", "sternocleidomastoid right", "splenius_capitis right",
        "trapezius_upper right",
    ),
    "anterior sagittal shift": ("splenius_capitis both",),
    "posterior sagittal shift": ("suprahyoid both",),
    "shoulder elevation": ("trapezius_upper left", "levator_scapulae left"),
    "no-no tremor": ("obliquus_capitis_inferior both", "splenius_capitis both", "semispinalis_capitis both"),
    "yes-yes tremor": ("semispinalis_capitis both", "sternocleidomastoid both", "splenius_capitis both"),
}  # fmt: skip

HELD_BACK = {
    "torticaput": ("semispinalis_capitis right", "trapezius_upper right"),
    "torticollis": ("semispinalis_cervicis right",),
    "antecaput": ("sternocleidomastoid both", "levator_scapulae both"),
    "antecollis": ("sternocleidomastoid both", "levator_scapulae both"),
}


def _angle(total: str, part: str, toward: str) -> list[str]:
    """The ways to write an angle at one level: measured apart, or as a total with its level."""
    level = "caput" if part.endswith("caput") else "collis"
    apart = [f'{part} = {{ deg = {deg}, toward = "{toward}" }}' for deg in DEGREES]
    return [
        *apart,
        *(f'{total} = {{ deg = {deg}, toward = "{toward}", level = "{level}" }}' for deg in DEGREES),
    ]


WRITTEN = {
    "torticaput": _angle("turn", "torticaput", "left"),
    "torticollis": _angle("turn", "torticollis", "left"),
    "laterocaput": _angle("tilt", "laterocaput", "left"),
    "laterocollis": _angle("tilt", "laterocollis", "left"),
    "antecaput": _angle("flexion", "sagittal_caput", "front"),
    "antecollis": _angle("flexion", "sagittal_collis", "front"),
    "retrocaput": _angle("flexion", "sagittal_caput", "back"),
    "retrocollis": _angle("flexion", "sagittal_collis", "back"),
    "lateral shift": [f'lateral_shift = {{ grade = "{grade}", toward = "left" }}' for grade in GRADES],
    "anterior sagittal shift": [
        f'sagittal_shift = {{ grade = "{grade}", toward = "front" }}' for grade in GRADES
    ],
    "posterior sagittal shift": [
        f'sagittal_shift = {{ grade = "{grade}", toward = "back" }}' for grade in GRADES
    ],
    "shoulder elevation": [f"shoulder_elevation = {{ left = {grade} }}" for grade in (1, 2, 3)],
    "no-no tremor": [f'tremor = {{ axis = "no-no", grade = {grade} }}' for grade in (1, 2, 3)],
    "yes-yes tremor": [f'tremor = {{ axis = "yes-yes", grade = {grade} }}' for grade in (1, 2, 3)],
}
EVERY = [(pattern, line) for pattern, lines in WRITTEN.items() for line in lines]


def case_of(posture: str, side: Side) -> Case:
    case = parse_case(f'schema = 1\nregion = "US"\n[examination.posture]\n{posture}\n')
    return case if side is Side.LEFT else mirrored(case)


def places(name: str, side: Side) -> tuple[MuscleSide, ...]:
    muscle, where = name.split()
    if where == "both":
        return tuple(MuscleSide(Muscle(muscle), one) for one in Side)
    place = MuscleSide(Muscle(muscle), Side(where))
    return (place if side is Side.LEFT else place.mirrored,)


def ranks(case: Case) -> dict[MuscleSide, int]:
    """The place of each muscle-side in the ranking, from 1; two sides of a muscle that are alike share one."""
    found: dict[MuscleSide, int] = {}
    place = 0
    previous = None
    for entry in rank_muscles(case, KNOWLEDGE).muscles:
        pair = previous is not None and previous.where == entry.where.mirrored
        if not (pair and previous is not None and abs(previous.probability - entry.probability) < 1e-9):
            place += 1
        found[entry.where] = place
        previous = entry
    return found


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize(("pattern", "posture"), EVERY)
def test_a_pattern_alone_has_its_main_muscles_among_the_first(pattern: str, posture: str, side: Side) -> None:
    found = ranks(case_of(posture, side))
    shown = [f"{where} {place}" for where, place in found.items()]
    for name in MAIN[pattern]:
        for place in places(name, side):
            assert found.get(place, 99) <= len(MAIN[pattern]) + 1, f"{place} in {pattern}: {shown}"


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize(("pattern", "posture"), EVERY)
def test_a_main_muscle_of_one_side_stands_above_its_mirror_image(
    pattern: str, posture: str, side: Side
) -> None:
    found = ranks(case_of(posture, side))
    for name in MAIN[pattern]:
        wanted = places(name, side)
        if len(wanted) == 1 and wanted[0].mirrored not in {p for n in MAIN[pattern] for p in places(n, side)}:
            assert found[wanted[0]] < found.get(wanted[0].mirrored, 99)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("pattern", HELD_BACK)
def test_rows_on_which_sources_disagree_are_held_back(pattern: str, side: Side) -> None:
    ranking = rank_muscles(case_of(WRITTEN[pattern][1], side), KNOWLEDGE)
    held = {entry.where for entry in ranking.muscles if entry.held_back}
    assert held == {place for name in HELD_BACK[pattern] for place in places(name, side)}
