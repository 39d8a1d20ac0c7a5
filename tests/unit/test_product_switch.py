"""Potency is a parameter of the response model: it moves a forecast and never a dose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from collis import api
from collis.case.case import Case
from collis.course import draws as drawing
from collis.course.population import Population, load_population
from collis.knowledge.load import Knowledge

CASE = Path(__file__).parents[2] / "examples" / "forced-product-switch.case.toml"
PRODUCTS = ("incobotulinumtoxinA", "onabotulinumtoxinA", "rimabotulinumtoxinB", "abobotulinumtoxinA")
Scaled = Callable[[float], None]


@pytest.fixture
def potency_times(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scaled]:
    """Scales every potency of the population for whoever draws from it."""

    def scale(factor: float) -> None:
        def scaled(knowledge: Knowledge) -> Population:
            shipped = load_population(knowledge)
            potency = MappingProxyType({p: ratio * factor for p, ratio in shipped.potency.items()})
            return replace(shipped, potency=potency)

        monkeypatch.setattr(drawing, "load_population", scaled)
        drawing.draw_response.cache_clear()

    yield scale
    monkeypatch.undo()
    drawing.draw_response.cache_clear()


def switched_to(product: str) -> Case:
    return api.open_case(CASE, product=product)


def doses(case: Case) -> Mapping[str, tuple[str, ...]]:
    return {c.key.value: tuple(map(str, c.plan.injections)) for c in api.propose(case).candidates}


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_changing_a_potency_changes_no_proposed_dose_after_a_product_switch(product, factor, potency_times):
    case = switched_to(product)
    before = doses(case)
    assert before
    potency_times(factor)
    assert doses(case) == before


def test_changing_a_potency_does_change_the_forecast(potency_times):
    case = switched_to("incobotulinumtoxinA")
    plan = api.propose(case).candidates[0].plan
    before = api.forecast(plan, case)
    potency_times(0.25)
    assert api.forecast(plan, case).gain[8].median < before.gain[8].median


def test_no_candidate_after_a_switch_repeats_units_of_the_other_product():
    for product in PRODUCTS[:3]:
        assert {c.plan.product for c in api.propose(switched_to(product)).candidates} == {product}
