"""The neck drawing: sides, letters, mirror, and every site once."""

from __future__ import annotations

import math
import re
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collis.case.plan import Injection, Plan
from collis.knowledge.names import Muscle, MuscleSide
from collis.report.drawing import LETTERS, ON_PAPER, ON_SCREEN, RADIUS, Figure, draw, letters_for
from collis.report.necks import View, figures, views_of
from collis.side import Side
from collis.units import Dose

PRODUCT = "onabotulinumtoxinA"

lines = st.lists(
    st.tuples(st.sampled_from(Muscle), st.sampled_from(Side), st.integers(1, 5)),
    min_size=1,
    max_size=8,
    unique_by=lambda line: line[:2],
)


def plan_of(*rows: tuple[Muscle, Side, int]) -> Plan:
    return Plan(
        name="drawn",
        product=PRODUCT,
        injections=tuple(
            Injection(muscle=muscle, side=side, dose=Dose.of(20, PRODUCT), sites=sites)
            for muscle, side, sites in rows
        ),
    )


def drawn(plan: Plan) -> tuple[Figure, ...]:
    return draw(plan, letters_for([i.muscle for i in plan.injections]))


def figure(plan: Plan, view: View) -> Figure:
    return next(f for f in drawn(plan) if f.view is view)


@pytest.mark.parametrize("muscle", Muscle)
def test_every_muscle_has_a_view_that_draws_it(muscle: Muscle) -> None:
    assert views_of(muscle)
    for kind in views_of(muscle):
        outline = figures()[0][kind].muscles[muscle]
        assert [len(sites) for sites in outline.sites] == [1, 2, 3, 4]


def test_every_drawn_muscle_is_listed_among_the_views() -> None:
    bases, views = figures()
    for kind, base in bases.items():
        assert all(kind in views[muscle] for muscle in base.muscles)


@pytest.mark.parametrize("muscle", Muscle)
@pytest.mark.parametrize("sites", [1, 2, 3, 4, 6])
def test_RIGHT_is_on_the_left_of_FRONT_and_on_the_right_of_BACK(muscle: Muscle, sites: int) -> None:
    sign = {
        (View.FRONT, Side.RIGHT): -1,
        (View.FRONT, Side.LEFT): 1,
        (View.BACK, Side.RIGHT): 1,
        (View.BACK, Side.LEFT): -1,
    }
    for side in Side:
        for f in drawn(plan_of((muscle, side, sites))):
            for site in f.sites:
                if (f.view, side) in sign:
                    assert site.x * sign[f.view, side] > 0
                else:
                    assert f.view is (View.RIGHT_SIDE if side is Side.RIGHT else View.LEFT_SIDE)


def test_the_plates_stand_on_the_same_side_as_the_sites() -> None:
    plan = plan_of((Muscle.STERNOCLEIDOMASTOID, Side.RIGHT, 1), (Muscle.SPLENIUS_CAPITIS, Side.RIGHT, 1))
    for view in (View.FRONT, View.BACK):
        f = figure(plan, view)
        plate = re.search(r'<text class="pt" x="(-?[\d.]+)"[^>]*>RIGHT<', f.svg)
        assert plate is not None
        assert f.sites
        assert all(math.copysign(1, site.x) == math.copysign(1, float(plate[1])) for site in f.sites)


def test_the_face_looks_to_the_right_in_the_RIGHT_side_and_to_the_left_in_the_LEFT() -> None:
    right = figure(plan_of((Muscle.SUPRAHYOID, Side.RIGHT, 1)), View.RIGHT_SIDE)
    left = figure(plan_of((Muscle.SUPRAHYOID, Side.LEFT, 1)), View.LEFT_SIDE)
    assert right.sites[0].x > 0 > left.sites[0].x
    assert (right.title, left.title) == ("RIGHT SIDE", "LEFT SIDE")
    assert ">RIGHT<" in right.svg
    assert ">LEFT<" not in right.svg
    assert ">LEFT<" in left.svg
    assert ">RIGHT<" not in left.svg


@given(lines)
@settings(max_examples=60, deadline=None)
def test_the_drawing_of_the_mirrored_plan_is_the_mirrored_drawing(
    rows: list[tuple[Muscle, Side, int]],
) -> None:
    plan = plan_of(*rows)
    there = {f.view: f for f in drawn(plan)}
    back = {f.view: f for f in drawn(plan.mirrored())}
    assert {view.mirrored for view in there} == set(back)
    for view, f in there.items():
        for site, other in zip(f.sites, back[view.mirrored].sites, strict=True):
            assert (site.letter, site.where.mirrored) == (other.letter, other.where)
            assert site.x == pytest.approx(-other.x, abs=0.11)
            assert site.y == pytest.approx(other.y, abs=0.11)


@given(lines)
@settings(max_examples=60, deadline=None)
def test_every_site_is_drawn_once_with_the_letter_of_its_muscle(rows: list[tuple[Muscle, Side, int]]) -> None:
    plan = plan_of(*rows)
    letters = letters_for([i.muscle for i in plan.injections])
    shown = draw(plan, letters)
    count: dict[MuscleSide, int] = {}
    views: dict[MuscleSide, set[View]] = {}
    for f in shown:
        for site in f.sites:
            assert site.letter == letters[site.where.muscle]
            count[site.where] = count.get(site.where, 0) + 1
            views.setdefault(site.where, set()).add(f.view)
        assert f.svg.count('<circle class="site') == len(f.sites)
    assert count == {i.where: i.sites for i in plan.injections}
    assert all(len(found) == 1 for found in views.values())


@given(lines)
@settings(max_examples=30, deadline=None)
def test_every_site_lies_within_its_picture(rows: list[tuple[Muscle, Side, int]]) -> None:
    for f in drawn(plan_of(*rows)):
        box = re.search(r'viewBox="(-?[\d.]+) (\d+) ([\d.]+) (\d+)"', f.svg)
        assert box is not None
        left, top, width, height = (float(x) for x in box.groups())
        for site in f.sites:
            assert left + RADIUS <= site.x <= left + width - RADIUS
            assert top + RADIUS <= site.y <= top + height - RADIUS


def test_the_circles_of_the_usual_muscles_do_not_overlap() -> None:
    plan = plan_of(
        (Muscle.SPLENIUS_CAPITIS, Side.RIGHT, 2),
        (Muscle.SEMISPINALIS_CAPITIS, Side.RIGHT, 2),
        (Muscle.LEVATOR_SCAPULAE, Side.RIGHT, 2),
        (Muscle.TRAPEZIUS_UPPER, Side.RIGHT, 3),
        (Muscle.STERNOCLEIDOMASTOID, Side.LEFT, 2),
        (Muscle.SCALENUS_MEDIUS, Side.LEFT, 2),
        (Muscle.OBLIQUUS_CAPITIS_INFERIOR, Side.RIGHT, 1),
    )
    for f in drawn(plan):
        for a, b in combinations(f.sites, 2):
            assert math.dist((a.x, a.y), (b.x, b.y)) > 2 * RADIUS - 1


def test_RIGHT_sites_are_filled_and_LEFT_sites_open() -> None:
    plan = plan_of((Muscle.STERNOCLEIDOMASTOID, Side.RIGHT, 1), (Muscle.STERNOCLEIDOMASTOID, Side.LEFT, 1))
    circles = re.findall(r'<circle class="site (.)"[^>]* fill="(#\w+)"', figure(plan, View.FRONT).svg)
    assert dict(circles) == {"r": ON_PAPER.plate, "l": ON_PAPER.ground}


def test_a_deep_muscle_has_a_broken_edge_and_a_superficial_one_has_not() -> None:
    deep = figure(plan_of((Muscle.SCALENUS_ANTERIOR, Side.LEFT, 1)), View.LEFT_SIDE)
    shallow = figure(plan_of((Muscle.STERNOCLEIDOMASTOID, Side.LEFT, 1)), View.FRONT)
    assert "stroke-dasharray" in deep.svg
    assert "stroke-dasharray" not in shallow.svg


def test_the_paper_drawing_is_grey_and_says_the_same_as_the_screen_drawing() -> None:
    plan = plan_of((Muscle.SPLENIUS_CAPITIS, Side.LEFT, 2))
    letters = letters_for([Muscle.SPLENIUS_CAPITIS])
    for paper, screen in zip(draw(plan, letters), draw(plan, letters, ink=ON_SCREEN), strict=True):
        for colour in re.findall(r"#([0-9A-Fa-f]{6})", paper.svg):
            assert colour[:2] == colour[2:4] == colour[4:]
        assert (paper.sites, paper.alt, paper.title) == (screen.sites, screen.alt, screen.title)


def test_the_text_alternative_names_side_muscle_and_sites() -> None:
    f = figure(plan_of((Muscle.SPLENIUS_CAPITIS, Side.LEFT, 2)), View.BACK)
    assert "The patient’s RIGHT is on the right of the picture." in f.alt
    assert "A: splenius capitis LEFT, 2 sites." in f.alt
    ElementTree.fromstring(f.svg)


def test_no_letter_can_be_read_as_a_digit_a_side_or_a_unit() -> None:
    assert not set(LETTERS) & set("IOLRU0123456789")
    assert len(set(LETTERS)) == len(LETTERS) >= len(Muscle)


def test_a_line_of_no_units_is_not_drawn() -> None:
    nothing = Injection(muscle=Muscle.PLATYSMA, side=Side.LEFT, dose=Dose.of(0, PRODUCT))
    plan = Plan(name="none", product=PRODUCT, injections=(nothing,))
    assert all(not f.sites for f in draw(plan, {}))


def test_where_both_sides_are_shown_an_empty_view_is_left_out() -> None:
    plan = plan_of((Muscle.SCALENUS_MEDIUS, Side.RIGHT, 1), (Muscle.SCALENUS_MEDIUS, Side.LEFT, 1))
    assert [f.view for f in drawn(plan)] == [View.RIGHT_SIDE, View.LEFT_SIDE]
