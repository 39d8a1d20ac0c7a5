"""The heat table of where the Units go."""

from collections import defaultdict

import pytest

from collis.case.plan import Injection, Plan
from collis.course.reaching import draw_placement, reaching
from collis.knowledge.load import load
from collis.knowledge.names import Muscle
from collis.report.spread_chart import spread_chart
from collis.side import Side
from collis.units import Dose

ONA = "onabotulinumtoxinA"
KNOWN = load()


def a_plan() -> Plan:
    places = ((Muscle.STERNOCLEIDOMASTOID, Side.RIGHT), (Muscle.SPLENIUS_CAPITIS, Side.LEFT))
    given = tuple(
        Injection(muscle=muscle, side=side, dose=Dose.of(50, ONA), sites=2) for muscle, side in places
    )
    return Plan(name="one", product=ONA, injections=given)


@pytest.mark.parametrize("drawn", [False, True])
def test_each_column_tells_where_nearly_all_units_go(drawn):
    placement = draw_placement(KNOWN.spread, draws=20, seed=1) if drawn else None
    chart = spread_chart(reaching(a_plan(), KNOWN.muscles, KNOWN.spread, placement=placement))
    columns: defaultdict[str, float] = defaultdict(float)
    for row in chart.table:
        columns[str(row["injected"])] += float(str(row["percent"]))
    assert set(columns) == {"sternocleidomastoid RIGHT", "splenius capitis LEFT"}
    assert all(97.0 < total <= 100.5 for total in columns.values())


def test_the_text_says_what_stays_and_who_catches_most_of_the_rest():
    alt = spread_chart(reaching(a_plan(), KNOWN.muscles, KNOWN.spread)).alt
    assert "Of splenius capitis LEFT" in alt
    assert "semispinalis capitis LEFT catches" in alt


def test_it_is_drawn_the_same_twice_with_its_text_inside():
    chart = spread_chart(reaching(a_plan(), KNOWN.muscles, KNOWN.spread))
    assert chart.svg() == chart.svg()
    assert 'role="img"' in chart.svg()


def test_an_empty_plan_is_said():
    empty = Plan(name="none", product=ONA, injections=())
    assert spread_chart(reaching(empty, KNOWN.muscles, KNOWN.spread)).alt == "Nothing is injected."
