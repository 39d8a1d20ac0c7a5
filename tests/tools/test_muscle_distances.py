"""The table of distances is what the muscle paths make of it."""

from __future__ import annotations

from collis.knowledge.load import load
from collis.knowledge.names import Muscle
from tools.muscle_distances import TABLE, distances, document


def test_the_table_of_distances_is_as_the_paths_make_it() -> None:
    assert TABLE.read_text(encoding="utf-8") == document(*distances(load())), (
        "run: python -m tools.muscle_distances"
    )


def test_what_lies_on_one_another_is_near_and_what_does_not_is_far() -> None:
    same, opposite = distances(load())
    assert same[Muscle.SPLENIUS_CAPITIS][Muscle.SEMISPINALIS_CAPITIS] < 10
    assert same[Muscle.SCALENUS_MEDIUS][Muscle.SCALENUS_ANTERIOR] < 10
    assert same[Muscle.STERNOCLEIDOMASTOID][Muscle.SEMISPINALIS_CERVICIS] > 30
    assert opposite[Muscle.TRAPEZIUS_UPPER][Muscle.TRAPEZIUS_UPPER] > 60
