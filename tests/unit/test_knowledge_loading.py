"""The loader refuses a number that has no ground, and finds the figure in force on a day."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from collis.errors import BadInput, KnowledgeError
from collis.knowledge.load import DATA, content_hash, load
from collis.knowledge.names import Muscle, Pattern, Region
from collis.knowledge.reading import entries_in, resolve
from collis.sources import Sourced

GOOD = {
    "value": 300,
    "unit": "Units",
    "source": "abbviepro_cd",
    "place": "dosing",
    "grade": "label",
    "verified": True,
    "since": date(2026, 1, 1),
}


def resolved(entry: object, day: date | None = None) -> object:
    return resolve({"total": entry}, path="test", day=day).get("total")


@pytest.mark.parametrize("key", ["unit", "source", "place", "grade", "verified", "since"])
def test_a_number_without_one_of_its_grounds_is_refused_by_name(key: str) -> None:
    entry = {k: v for k, v in GOOD.items() if k != key}
    with pytest.raises(KnowledgeError, match=f"no {key}"):
        resolved(entry)


def test_a_number_that_stands_alone_is_refused() -> None:
    with pytest.raises(KnowledgeError, match="stands alone"):
        resolved(300)


@pytest.mark.parametrize("number", [300, 2.5])
def test_a_number_that_hides_deep_in_a_table_is_refused(number: float) -> None:
    with pytest.raises(KnowledgeError, match=r"test\.total\.deep\.list\.0"):
        resolved({"deep": {"list": [number]}})


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("grade", "hearsay", "hearsay"),
        ("unit", "U", "'U' is no unit"),
        ("verified", "yes", "verified is 'yes'"),
        ("place", "", "place is empty"),
        ("colour", "red", "colour"),
    ],
)
def test_a_wrong_ground_is_refused_with_what_was_read(key: str, value: object, said: str) -> None:
    with pytest.raises(KnowledgeError, match=said):
        resolved({**GOOD, key: value})


def test_dates_come_from_the_defaults_of_the_file() -> None:
    entry = {k: v for k, v in GOOD.items() if k != "since"}
    tree = resolve({"defaults": {"since": date(2026, 2, 1)}, "total": entry}, path="test", day=None)
    assert tree["total"].since == date(2026, 2, 1)


def test_the_figure_in_force_on_the_day_is_found() -> None:
    before = {**GOOD, "until": date(2026, 7, 1)}
    after = {**GOOD, "value": 400, "since": date(2026, 7, 1)}
    found = [resolved([before, after], day) for day in (date(2026, 6, 30), date(2026, 7, 1))]
    assert [f.value for f in found if isinstance(f, Sourced)] == [300, 400]


def test_before_the_first_figure_there_is_none() -> None:
    assert resolved(GOOD, date(2025, 12, 31)) is None


def test_two_figures_in_force_on_one_day_are_refused() -> None:
    with pytest.raises(KnowledgeError, match="two entries hold"):
        resolved([GOOD, {**GOOD, "since": date(2026, 3, 1)}])


def test_an_entry_cannot_end_before_it_begins() -> None:
    with pytest.raises(KnowledgeError, match="does not come after"):
        resolved({**GOOD, "until": date(2025, 1, 1)})


def test_every_entry_in_knowledge_is_complete_and_every_source_is_in_the_bibliography() -> None:
    entries = load().entries
    assert len(entries) > 1000
    assert {e.source for e in entries.values()} <= set(load().citations)


def test_every_citation_is_used_or_says_why_it_stands() -> None:
    used = {e.source for e in load().entries.values()}
    unused = set(load().citations) - used
    assert not unused, f"citations no entry uses: {sorted(unused)}"


def test_all_five_products_have_a_label_and_the_others_inherit_none() -> None:
    labelled = {name for name, product in load().products.items() if product.labels}
    assert labelled == {
        "onabotulinumtoxinA",
        "abobotulinumtoxinA",
        "incobotulinumtoxinA",
        "rimabotulinumtoxinB",
        "daxibotulinumtoxinA",
    }
    assert not any(p.label_verified for name, p in load().products.items() if name not in labelled)


def test_every_muscle_and_pattern_is_known() -> None:
    assert set(load().muscles) == set(Muscle)
    assert set(load().patterns) == set(Pattern)


def test_an_unknown_product_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(BadInput, match="onabotulinumtoxinA"):
        load().product("botox")


def test_a_product_has_no_label_where_none_is_known() -> None:
    assert load().label("daxibotulinumtoxinA", Region.JP) is None


def test_the_version_changes_with_any_figure(tmp_path: Path) -> None:
    copy = tmp_path / "data"
    shutil.copytree(DATA, copy)
    same = content_hash(copy)
    path = copy / "planning.toml"
    path.write_text(path.read_text().replace("value = 3,", "value = 4,", 1))
    assert same == content_hash(DATA) != content_hash(copy)


def test_the_version_does_not_depend_on_line_ends(tmp_path: Path) -> None:
    copy = tmp_path / "data"
    shutil.copytree(DATA, copy)
    path = copy / "planning.toml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert content_hash(copy) == content_hash(DATA)


def test_entries_are_found_at_any_depth() -> None:
    tree = resolve({"a": {"b": [{"c": GOOD, "id": "x"}]}}, path="test", day=None)
    assert [e.path for e in entries_in(tree)] == ["test.a.b.x.c"]
