"""Laws of the draw-up, on drawn plans; `studies/drawup.py` holds them on ten thousand."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collis.errors import BadInput
from collis.knowledge.load import load
from collis.units import rounded_together
from studies.drawup import DAY, drawn_plan, held_to_the_laws, labels, step_of

KNOWLEDGE = load(DAY)
quietly = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 2**32 - 1)
syringes = st.sampled_from([syringe.key for syringe in KNOWLEDGE.supplies.syringes])
amounts = st.decimals(0, 10_000, places=4)
steps = st.sampled_from((Decimal(1), Decimal("0.1"), Decimal("0.01"), Decimal("2.5")))


@quietly
@given(seeds, st.sampled_from(labels(KNOWLEDGE)), syringes)
def test_every_unit_is_accounted_for_in_every_way_to_draw_a_plan_up(seed, label, syringe):
    product, region = label
    plan = drawn_plan(product, step_of(KNOWLEDGE, product), np.random.default_rng(seed))
    broken, drawn, refused = held_to_the_laws(plan, region, syringe, KNOWLEDGE)
    assert broken == []
    assert drawn + refused > 0


@given(st.lists(amounts, max_size=12), steps)
def test_figures_rounded_together_add_up_and_none_moves_by_a_step(parts, step):
    rounded = rounded_together(parts, step)
    (whole,) = rounded_together([sum(parts, Decimal(0))], step)
    assert sum(rounded, Decimal(0)) == whole
    assert all(abs(after - before) < step for after, before in zip(rounded, parts, strict=True))
    assert all(number % step == 0 for number in rounded)


@given(st.lists(amounts, max_size=12), steps)
def test_figures_that_need_no_rounding_stay(parts, step):
    whole = tuple(part // step * step for part in parts)
    assert rounded_together(whole, step) == whole


@pytest.mark.parametrize(("parts", "step"), [([Decimal(-1)], Decimal(1)), ([Decimal(1)], Decimal(0))])
def test_what_cannot_be_rounded_is_refused(parts, step):
    with pytest.raises(BadInput, match="a step above 0"):
        rounded_together(parts, step)
