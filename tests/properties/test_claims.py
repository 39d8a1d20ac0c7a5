"""Laws of the claim and of the patient's share, on drawn plans; `studies/claims.py` holds them on ten thousand."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from collis.billing.claim import claim
from collis.knowledge.load import load
from studies.claims import DAY, broken_laws, broken_sums, drawn_plan, drawn_supply, sizes_of

KNOWLEDGE = load(DAY)
PAYERS = tuple(KNOWLEDGE.payers.values())
quietly = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 2**32 - 1)
products = st.sampled_from(sorted(KNOWLEDGE.codes.drugs))


@quietly
@given(seeds, products, st.sampled_from(PAYERS), st.booleans())
def test_a_claim_adds_up_with_muscles_and_vials_and_its_mirror_image_is_mirrored(seed, product, payer, image):
    chance = np.random.default_rng(seed)
    sizes = sizes_of(KNOWLEDGE, product)
    plan = drawn_plan(product, int(max(sizes)) // 2, chance)
    supply = drawn_supply(plan, sizes, chance)
    assert broken_laws(plan, supply, payer, KNOWLEDGE.codes, image_stored=image) == []


@quietly
@given(seeds, products, st.sampled_from(PAYERS))
def test_the_shares_of_a_year_add_up_and_never_pass_the_maximum(seed, product, payer):
    chance = np.random.default_rng(seed)
    sizes = sizes_of(KNOWLEDGE, product)
    claims = []
    for _ in range(4):
        plan = drawn_plan(product, int(max(sizes)) // 2, chance)
        claims.append(claim(plan, drawn_supply(plan, sizes, chance), payer, KNOWLEDGE.codes))
    assert broken_sums(claims, payer, chance) == []
