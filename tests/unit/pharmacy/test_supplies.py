"""Syringes as knowledge holds them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from collis.errors import KnowledgeError
from collis.knowledge.load import DATA
from collis.knowledge.reading import Tree, read_file, resolve
from collis.knowledge.supplies import build_supplies
from tests.unit.pharmacy.bench import KNOWLEDGE, syringe


def tree() -> Tree:
    return resolve(read_file(DATA / "pharmacy.toml"), path="pharmacy", day=date(2026, 11, 10))


def test_the_first_syringe_is_taken_when_nobody_names_one():
    assert KNOWLEDGE.supplies.syringe(None).key == "1_ml"
    assert build_supplies(tree()) == KNOWLEDGE.supplies


def test_no_dead_space_is_passed_off_as_checked():
    assert not any(s.dead_space.verified for s in KNOWLEDGE.supplies.syringes)


@pytest.mark.parametrize(("key", "value"), [("mark", "0.03"), ("mark", "0"), ("dead_space", "-0.01")])
def test_a_syringe_whose_marks_do_not_fit_it_is_refused(key, value):
    one = syringe()
    entry = getattr(one, key)
    with pytest.raises(KnowledgeError, match="whole number of marks"):
        replace(one, **{key: entry.carrying(type(entry.value)(value))})


def test_a_file_without_a_syringe_or_with_an_unknown_muscle_is_refused():
    with pytest.raises(KnowledgeError, match="no syringe"):
        build_supplies({**tree(), "syringe": []})
    own = tree()["draw_up"]
    with pytest.raises(KnowledgeError, match="biceps"):
        build_supplies({**tree(), "draw_up": {**own, "front": own["front"].carrying(("biceps",))}})
    with pytest.raises(KnowledgeError, match="draw_up"):
        build_supplies({k: v for k, v in tree().items() if k != "draw_up"})
