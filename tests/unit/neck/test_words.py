"""Angles in the words of the clinic, with the patient's own sides."""

import numpy as np
import pytest

from collis.errors import BadInput
from collis.knowledge.load import load
from collis.knowledge.names import Pattern
from collis.neck.words import describe, deviations_of, estimate_scale, shifts_of
from collis.side import Side

KNOWLEDGE = load()


def words(*deg: float) -> dict[tuple[Pattern, Side | None], int]:
    return {(w.pattern, w.toward): round(w.deg) for w in deviations_of(np.radians(deg), least_deg=5)}


def test_each_angle_has_its_word_and_side():
    assert words(0, 0, 20, 0, 0, 0) == {(Pattern.TORTICAPUT, Side.LEFT): 20}
    assert words(0, 0, -20, 0, 0, -9) == {
        (Pattern.TORTICAPUT, Side.RIGHT): 20,
        (Pattern.TORTICOLLIS, Side.RIGHT): 9,
    }
    assert words(0, 6, 0, 0, -12, 0) == {
        (Pattern.LATEROCAPUT, Side.RIGHT): 6,
        (Pattern.LATEROCOLLIS, Side.LEFT): 12,
    }
    assert words(10, 0, 0, -20, 0, 0) == {(Pattern.RETROCAPUT, None): 10, (Pattern.ANTECOLLIS, None): 20}
    assert words(-10, 0, 0, 20, 0, 0) == {(Pattern.ANTECAPUT, None): 10, (Pattern.RETROCOLLIS, None): 20}


def test_what_is_small_gets_no_word():
    assert words(4, -4, 4, 4, -4, 4) == {}


@pytest.mark.parametrize(
    ("deg", "pattern", "toward"),
    [
        ((0, -6, 0, 0, 12, 0), Pattern.LATERAL_SHIFT, Side.RIGHT),
        ((0, 6, 0, 0, -12, 0), Pattern.LATERAL_SHIFT, Side.LEFT),
        ((8, 0, 0, -15, 0, 0), Pattern.ANTERIOR_SAGITTAL_SHIFT, None),
        ((-8, 0, 0, 15, 0, 0), Pattern.POSTERIOR_SAGITTAL_SHIFT, None),
    ],
)
def test_opposite_caput_and_collis_make_a_shift(deg, pattern, toward):
    (shift,) = shifts_of(deviations_of(np.radians(deg), least_deg=5))
    assert (shift.pattern, shift.toward) == (pattern, toward)
    assert shift.deg == pytest.approx(min(abs(x) for x in deg if x))


def test_the_estimate_uses_both_regions_and_says_that_it_is_none_of_the_scale():
    said = describe(np.radians([0, 5, 30, 0, 15, 20]), KNOWLEDGE)
    assert (said.estimate.rotation, said.estimate.tilt) == (3, 2)
    assert "not a score" in said.estimate.words
    assert any("shoulder girdle is fixed" in note for note in said.notes)
    assert any("not validated" in note for note in said.notes)


@pytest.mark.parametrize(("turn", "score"), [(0, 0), (0.4, 0), (1, 1), (22, 1), (23, 2), (67, 3), (68, 4)])
def test_cutoffs_are_the_lowest_whole_degree_of_a_score(turn, score):
    found = estimate_scale(
        np.radians([0, 0, turn, 0, 0, 0]), rotation_cutoffs=(0, 1, 23, 46, 68), tilt_cutoffs=(0, 1)
    )
    assert found.rotation == score


def test_words_are_printed_with_the_side_in_capitals():
    (word,) = deviations_of(np.radians([0, 0, 20, 0, 0, 0]), least_deg=5)
    assert word.words == "torticaput LEFT, 20 degrees"


def test_a_batch_is_refused():
    with pytest.raises(BadInput, match="six angles"):
        deviations_of(np.zeros((2, 6)), least_deg=5)
