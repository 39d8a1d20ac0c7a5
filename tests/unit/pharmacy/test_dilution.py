"""Rows of the labels, cell by cell, and what they make of a dose."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from collis.errors import BadInput
from collis.pharmacy.dilution import Dilution, Draw, Problem, Trouble, closes, dilutions, draws, strength
from tests.unit.pharmacy.bench import (
    ABO,
    DAXI,
    INCO,
    ONA,
    RIMA,
    Line,
    label,
    plan,
    row,
    site_volumes,
    syringe,
)

# vial Units -> mL of diluent -> Units in 0.1 mL, as the labels print them
ONA_100 = {"1": "10", "2": "5", "4": "2.5", "8": "1.25", "10": "1"}
ONA_200 = {"1": "20", "2": "10", "4": "5", "8": "2.5", "10": "2"}
ONA_50 = {"0.5": "10", "1": "5", "2": "2.5", "4": "1.25"}
INCO_TABLE = {
    50: {"0.25": "20", "0.5": "10", "1": "5", "1.25": "4", "2": "2.5", "2.5": "2", "4": "1.25", "5": "1"},
    100: {"0.5": "20", "1": "10", "1.25": "8", "2": "5", "2.5": "4", "4": "2.5", "5": "2", "8": "1.25"},
    200: {
        "0.5": "40", "1": "20", "1.25": "16", "2": "10", "2.5": "8", "4": "5", "5": "4", "8": "2.5", "16": "1.25",
    },
}  # fmt: skip
TABLES = {
    (ONA, "US"): {100: ONA_100, 200: ONA_200},
    (ONA, "EU"): {50: ONA_50, 100: ONA_100, 200: ONA_200},
    (ABO, "US"): {500: {"1": "50", "2": "25"}, 300: {"0.6": "50"}},
    (ABO, "EU"): {500: {"1": "50", "2.5": "20", "5": "10"}, 300: {"0.6": "50"}},
    (INCO, "US"): INCO_TABLE,
    (INCO, "EU"): INCO_TABLE,
    (RIMA, "US"): {2500: {"0.5": "500"}, 5000: {"1": "500"}, 10000: {"2": "500"}},
    (DAXI, "US"): {100: {"1.2": "8.33"}, 50: {"0.6": "8.33"}},
}
FOR_THE_NECK = {
    (ONA, "US"): {"100/1", "100/2", "200/2", "200/4"},
    (ONA, "EU"): {"50/0.5", "50/1", "100/1", "100/2", "200/2", "200/4"},
    (ABO, "US"): {"500/1", "500/2", "300/0.6"},
    (ABO, "EU"): {"500/1", "300/0.6"},
    (INCO, "US"): {"50/0.5", "50/1", "100/1", "100/1.25", "100/2", "200/2", "200/2.5", "200/4"},
    (RIMA, "US"): {"2500/0.5", "5000/1", "10000/2"},
}


@pytest.mark.parametrize("of", TABLES, ids=" ".join)
def test_every_cell_of_a_labels_table_follows_from_vial_and_diluent(of):
    table = {
        (vial, Decimal(ml)): Decimal(units)
        for vial, cells in TABLES[of].items()
        for ml, units in cells.items()
    }
    rows = label(*of).reconstitution
    assert {(int(r.vial_units), r.diluent_ml): r.units_per_0_1ml for r in rows} == table
    for (vial, ml), units in table.items():
        assert strength(Decimal(vial), ml).quantize(Decimal("0.01")) == units
    assert all(closes(r) for r in rows)


@pytest.mark.parametrize("of", FOR_THE_NECK, ids=" ".join)
def test_the_rows_offered_are_those_for_the_neck(of):
    assert {d.name for d in dilutions(label(*of)) if len(d.rows) == 1} == FOR_THE_NECK[of]


def test_a_row_that_does_not_close_is_seen_to_the_places_it_is_written_in():
    assert closes(row(100, "1.2", "8.33"))
    assert not closes(row(100, "1.2", "8.3333334"))
    assert not closes(row(100, "2", "10"))


@pytest.mark.parametrize(
    ("ml", "units"), [("0.1", 50), ("0.2", 100), ("0.3", 150), ("0.5", 250), ("1.0", 500)]
)
def test_the_irish_dysport_table_comes_out(ml, units):
    (dilution,) = (d for d in dilutions(label(ABO, "EU")) if d.name == "500/1")
    (draw,), _ = draws(plan(("splenius_capitis", "left", units, 1), product=ABO), dilution, syringe(), [])
    assert draw.volume_ml == Decimal(ml)
    assert draw.dose.units == units


def test_vials_of_several_sizes_go_together_at_one_strength_only():
    names = [d.name for d in dilutions(label(ONA, "EU")) if len(d.rows) > 1]
    assert names == ["200/2+100/1+50/0.5", "200/4+100/2+50/1"]
    assert [d.name for d in dilutions(label(ABO)) if len(d.rows) > 1] == ["500/1+300/0.6"]


def test_a_row_for_a_vial_the_label_does_not_sell_is_left_out():
    ona = label(ONA)
    assert ona.vials is not None
    small = replace(ona, vials=ona.vials.carrying((100,)))
    assert [d.name for d in dilutions(small)] == ["100/1", "100/2"]
    assert len(dilutions(replace(ona, vials=None))) == 6


@pytest.mark.parametrize(("product", "region"), [(DAXI, "US"), (ONA, "JP"), (RIMA, "JP")])
def test_a_label_without_a_row_for_the_neck_is_refused(product, region):
    with pytest.raises(BadInput, match="no row for the neck"):
        dilutions(label(product, region))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            (row(100, "1.2", "8.33"),),
            r"100 Units in 1\.2 mL as 8\.33 Units in 0\.1 mL; expected vial, diluent",
        ),
        ((row(100, "2", "10"),), "agree exactly"),
        ((row(200, "2", "10"), row(100, "2", "5")), "one strength"),
        ((row(100, "1", "10"), row(100, "1", "10")), "one for each vial size"),
        ((), "rows missing"),
    ],
)
def test_a_dilution_whose_arithmetic_does_not_close_is_refused(rows, words):
    with pytest.raises(BadInput, match=words):
        Dilution(rows=rows)


def test_a_dilution_says_itself_in_words():
    both = Dilution(rows=(row(200, "2", "10"), row(100, "1", "10")))
    assert str(both) == "200 Units in 2 mL and 100 Units in 1 mL"
    assert both.name == "200/2+100/1"
    assert both.units_per_ml == 100
    assert both.diluent_ml(100) == 1


def drawn(
    line: Line, *, mark: str = "1_ml", per_ml: str = "10"
) -> tuple[tuple[Draw, ...], tuple[Problem, ...]]:
    return draws(plan(line), Dilution(rows=(row(100, "1", per_ml),)), syringe(mark), site_volumes())


def test_each_site_gets_a_whole_number_of_marks():
    (draw,), problems = drawn(("splenius_capitis", "left", 60, 3))
    assert draw.sites_ml == (Decimal("0.2"),) * 3
    assert problems == ()


def test_units_between_two_marks_stop_and_the_nearest_units_are_named():
    found, (problem,) = drawn(("splenius_capitis", "left", "33.3", 1))
    assert found == ()
    assert problem.trouble is Trouble.OFF_MARK
    assert problem.trouble.stops
    assert (
        problem.what == "splenius capitis LEFT 33.3 Units is on no mark of 0.01 mL; 33 or 34 Units would be."
    )


def test_less_than_one_mark_is_never_rounded_to_nothing():
    _, (problem,) = drawn(("splenius_capitis", "left", "0.5", 1))
    assert problem.what.endswith("; 1 Units would be.")


def test_a_coarser_syringe_has_fewer_marks():
    assert drawn(("splenius_capitis", "left", 33, 1))[1] == ()
    (problem,) = drawn(("splenius_capitis", "left", 33, 1), mark="1_ml_coarse")[1]
    assert problem.trouble is Trouble.OFF_MARK


def test_sites_that_cannot_be_equal_are_told_and_still_add_up():
    (draw,), (problem,) = drawn(("splenius_capitis", "left", 50, 3))
    assert problem.trouble is Trouble.UNEVEN
    assert not problem.trouble.stops
    assert draw.sites_ml == (Decimal("0.17"), Decimal("0.17"), Decimal("0.16"))
    assert draw.dose.units == 50


def test_a_site_without_a_mark_of_its_own_stops():
    _, (problem,) = drawn(("splenius_capitis", "left", 2, 3))
    assert problem.trouble is Trouble.EMPTY_SITE


def test_a_site_larger_than_the_syringe_stops():
    _, (problem,) = drawn(("splenius_capitis", "left", 120, 1))
    assert problem.trouble is Trouble.OVERFULL


@pytest.mark.parametrize(("units", "volume"), [(60, "0.6"), (4, "0.04")])
def test_a_site_volume_outside_the_limit_is_a_problem_with_its_ground(units, volume):
    _, (problem,) = drawn(("splenius_capitis", "left", units, 1))
    assert problem.trouble is Trouble.VOLUME
    assert f"{volume} mL in one site" in problem.what
    assert problem.ground is not None


def test_a_line_of_no_units_is_not_drawn():
    assert drawn(("splenius_capitis", "left", 0, 1)) == ((), ())
