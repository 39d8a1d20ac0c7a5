"""The draw-up of a plan: what is opened, drawn, given and left, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from collis.case.plan import Plan
from collis.errors import BadInput
from collis.knowledge.load import Knowledge
from collis.knowledge.names import MuscleSide, Region
from collis.pharmacy.choice import Choice, choices
from collis.pharmacy.drawup import DrawUp, NoteKind, draw_up
from collis.pharmacy.gs1 import VialLabel
from collis.units import Dose
from tests.unit.pharmacy.bench import ABO, DAXI, KNOWLEDGE, ONA, RIMA, exact, label, plan, total, with_label

NINE = datetime(2026, 11, 10, 9)  # noqa: DTZ001
FOUR_MUSCLES = plan(
    ("sternocleidomastoid", "right", 40, 2),
    ("splenius_capitis", "left", 60, 2),
    ("levator_scapulae", "right", 30, 2),
    ("trapezius_upper", "right", 30, 3),
)


def up(
    of: Plan = FOUR_MUSCLES, region: str = "US", knowledge: Knowledge = KNOWLEDGE, **wishes: Any
) -> DrawUp:
    return draw_up(of, knowledge, Region(region), **wishes)


def ways(of: Plan = FOUR_MUSCLES, region: str = "US", **wishes: Any) -> tuple[Choice, ...]:
    return choices(of, KNOWLEDGE, Region(region), **wishes)


def test_the_whole_vial_is_accounted_for():
    totals = up().totals
    assert (totals.opened.units, totals.given.units) == exact(200, 160)
    assert (totals.dead_space.units, totals.discarded.units) == exact(14, 26)
    assert (totals.drawn.units, totals.wasted.units) == exact(174, 40)
    assert (totals.opened_ml, totals.given_ml, totals.drawn_ml) == exact(2, "1.6", "1.74")


def test_totals_that_do_not_add_up_are_refused():
    totals = up().totals
    with pytest.raises(BadInput, match="that were opened"):
        replace(totals, discarded=Dose.of(25, ONA))
    with pytest.raises(BadInput, match="that were opened"):
        replace(totals, discarded_ml=Decimal("0.25"))


def test_a_draw_up_that_carries_another_dose_is_refused():
    drawn = up()
    with pytest.raises(BadInput, match="60 Units in syringes; expected 70 Units"):
        replace(drawn, plan=plan(("splenius_capitis", "left", 70, 2)))


def test_a_draw_up_out_of_other_vials_than_were_opened_is_refused():
    drawn = up()
    with pytest.raises(BadInput, match="drawn out of"):
        replace(drawn, preparation=replace(drawn.preparation, vials=()))
    with pytest.raises(BadInput, match="drawn out of"):
        replace(drawn, preparation=replace(drawn.preparation, drawn=Dose.of(160, ONA)))


def test_printed_units_still_add_up():
    drawn = up(plan(("splenius_capitis", "left", "57.5", 5)), row="100/2")
    totals = drawn.totals
    assert (totals.discarded.units, totals.dead_space.units) == exact("35.5", 7)
    assert totals.printed(Decimal("0.1")) == exact("57.5", "35.5", 7)
    assert totals.printed(Decimal(1)) == exact(58, 35, 7)


def test_ways_come_with_the_fewest_problems_first_and_none_is_hidden():
    assert [w.name for w in ways()] == ["200/2", "100/1", "200/4", "100/2"]
    assert [w.works for w in ways()] == [True, True, False, False]
    assert [len(w.problems) for w in ways()] == [0, 0, 1, 1]
    assert [w.name for w in up().others] == ["100/1", "200/4", "100/2"]


def test_vials_of_two_sizes_are_a_way_only_where_both_are_opened():
    names = [w.name for w in ways(plan(*((m, "left", 75, 3) for m in MUSCLES)))]
    assert names[0] == "200/2+100/1"
    assert not any("+" in w.name for w in ways())


MUSCLES = ("splenius_capitis", "semispinalis_capitis", "levator_scapulae", "sternocleidomastoid")


def test_a_mixture_names_only_the_vials_it_opens():
    hundred_and_fifty = plan(*((m, "left", 50, 2) for m in MUSCLES[:3]))
    assert ways(hundred_and_fifty, region="EU")[0].name == "100/1+50/0.5"


def test_each_vial_of_a_mixture_has_its_own_diluent():
    made = up(plan(*((m, "left", 75, 3) for m in MUSCLES)), row="100/1 + 200/2").preparation
    assert [(v.units.units, made.diluent_of(v)) for v in made.vials] == [exact(200, 2), exact(100, 1)]
    assert made.units_per_0_1ml == 10


def test_a_row_named_is_taken_and_an_unnamed_one_is_said():
    assert up(row="100/1").choice.name == "100/1"
    assert up(row="100/1").notes_on(NoteKind.ROW) == ()
    (note,) = up().notes_on(NoteKind.ROW)
    assert note.what.startswith("Nobody named a dilution; 200 Units in 2 mL stands first of 4 ways, 2 of")


def test_a_row_named_with_a_problem_is_taken_and_the_problem_told():
    (note,) = up(row="200/4").notes_on(NoteKind.PROBLEM)
    assert "0.6 mL in one site" in note.what
    assert note.ground is not None


def test_dead_space_the_vial_does_not_hold_is_told_with_the_units_and_opens_no_further_vial():
    tight = plan(("splenius_capitis", "left", 50, 2), ("semispinalis_capitis", "left", 44, 2))
    drawn = up(tight)
    assert drawn.choice.name == "100/1"
    (note,) = drawn.notes_on(NoteKind.DEAD_SPACE)
    assert "spare 0.06 mL for 1 x 0.07 mL of dead space: up to 1 Units" in note.what
    assert (drawn.totals.dead_space.units, drawn.totals.discarded.units) == exact(6, 0)
    assert up(tight, syringe="1_ml_low_dead_space").notes_on(NoteKind.DEAD_SPACE) == ()


def test_a_saving_is_a_note_with_its_figure_and_changes_nothing():
    dear = plan(*((m, "left", u, 3) for m, u in zip(MUSCLES, (60, 60, 45, 45), strict=True)))
    drawn = up(dear, row="100/1")
    (note,) = drawn.notes_on(NoteKind.SAVING)
    assert note.what == "10 Units fewer (4.8 %) would need 2 x 100 Units instead of 3 x 100 Units."
    assert drawn.totals.given == dear.total
    assert up().notes_on(NoteKind.SAVING) == ()


def test_figures_nobody_checked_are_said():
    whats = [note.what for note in up().notes_on(NoteKind.UNCHECKED)]
    assert whats == [
        "Not checked against the label: 200 Units in 2 mL.",
        "Not checked against the label: use within 24 hours.",
    ]


def test_the_vial_is_for_one_patient_and_one_session():
    assert "this patient and this session" in up().notes_on(NoteKind.SINGLE_PATIENT)[0].what
    assert all(vial.for_other_patient is False for vial in up().vials)


def test_a_mixed_vial_is_discarded_when_the_labels_hours_are_over():
    drawn = up(mixed_at=NINE, injected_at=NINE.replace(hour=11))
    assert drawn.discard_by == NINE.replace(day=11)
    assert drawn.preparation.mixed_at == NINE
    assert drawn.preparation.injected_at == NINE.replace(hour=11)


def test_no_time_is_made_up_where_none_is_known():
    assert up().discard_by is None
    without = with_label(replace(label(ONA), in_use_hours=None, diluent=None), ONA)
    drawn = up(knowledge=without, mixed_at=NINE)
    assert drawn.discard_by is None
    assert not any("hours" in note.what for note in drawn.notes)


def test_a_ready_solution_is_not_mixed_and_has_no_hours():
    ready = plan(
        ("splenius_capitis", "left", 1500, 2), ("sternocleidomastoid", "right", 1000, 1), product=RIMA
    )
    drawn = up(ready, mixed_at=NINE)
    assert drawn.discard_by is None
    assert drawn.choice.dilution.ready
    assert drawn.totals.given_ml == Decimal("0.5")
    assert not any("hours" in note.what for note in drawn.notes)


def test_lot_and_expiry_go_to_their_vials_and_a_vial_without_is_only_planned():
    first = VialLabel(lot="A1", expiry=date(2028, 6, 30))
    vials = up(row="100/1", labels=[first]).vials
    assert [(v.lot, v.expiry) for v in vials] == [("A1", date(2028, 6, 30)), (None, None)]


def test_more_labels_than_vials_are_refused():
    with pytest.raises(BadInput, match="at most 1: 1 x 200 Units"):
        up(labels=[VialLabel(lot="A"), VialLabel(lot="B")])


def test_an_unknown_row_is_refused_with_those_there_are():
    with pytest.raises(BadInput, match="one of 200/2, 100/1, 200/4, 100/2"):
        up(row="200/3")


def test_an_unknown_syringe_is_refused_with_those_there_are():
    with pytest.raises(BadInput, match="one of 1_ml, 1_ml_low_dead_space"):
        up(syringe="5_ml")


def test_units_on_no_mark_are_refused_and_never_rounded():
    odd = plan(("splenius_capitis", "left", "33.3", 1))
    assert not any(w.drawable for w in ways(odd))
    with pytest.raises(BadInput, match="33 or 34 Units would be"):
        up(odd)
    with pytest.raises(BadInput, match=r"100 Units in 2 mL does not carry on marks.*33 or 33.5 Units"):
        up(odd, row="100/2")


def test_a_plan_without_units_is_refused():
    with pytest.raises(BadInput, match="a plan without Units"):
        up(plan(("splenius_capitis", "left", 0, 1)))


def test_a_product_without_a_label_in_the_region_is_refused():
    with pytest.raises(BadInput, match="no label"):
        up(plan(("splenius_capitis", "left", 60, 2), product=DAXI), region="EU")


def test_a_dysport_session_of_800_units_takes_a_vial_of_each_size():
    abo = plan(("splenius_capitis", "left", 500, 2), ("semispinalis_capitis", "left", 300, 2), product=ABO)
    drawn = up(abo, row="500/1+300/0.6")
    assert [v.units.units for v in drawn.vials] == [500, 300]
    assert drawn.totals.wasted.units == 0
    assert total(one.dose.units for one in drawn.syringes) == 800
    assert drawn.dose_at(MuscleSide(abo.injections[0].muscle, abo.injections[0].side)).units == 500
