"""How weak each muscle gets: those injected, and the neighbours that the spread reaches.

Weakness follows the light chain, which leads the relief, and counts all the Units that reach a muscle, whatever they
were aimed at. It is a read-out of the model; no trial measured the strength of single neck muscles.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from collis.course.bands import band_of, when_of
from collis.course.forecast import StrengthLoss
from collis.course.landmarks import crossing
from collis.course.parameters import ResponseDraws
from collis.course.reaching import Reached
from collis.course.relief import Carried, chain_rates, session_level
from collis.knowledge.load import Knowledge
from collis.toxin.timecourse import Array, light_chain_onward, light_chain_peak
from collis.toxin.weakening import level_at, strength_loss

_DAYS = 7.0 * np.concatenate([np.arange(0.0, 6.0, 0.5), np.arange(6.0, 24.0), np.arange(24.0, 54.0, 4.0)])
_PERCENT = 100.0


def strength_losses(
    reached: Reached, draws: ResponseDraws, carried: Carried | None, knowledge: Knowledge
) -> tuple[StrengthLoss, ...]:
    """The loss in each muscle-side that is injected, and in each neighbour whose middle loss is worth telling.

    Injected ones first, the weakest first in both. What earlier sessions left in a muscle counts in.
    """
    told, greatest = knowledge.outcomes.strength, float(knowledge.response.greatest_strength_loss.value)
    limit, least = (
        float(level_at(float(entry.value) / _PERCENT / greatest, exponent=draws.hill))
        for entry in (told.recovered, told.told)
    )
    product = reached.plan.product
    fresh = _chains(draws, product)[0]
    past = {name: _chains(draws, name)[1:] for name in (carried.products if carried is not None else ())}
    injected = {injection.where for injection in reached.plan.injections}
    found = []
    for where, units in reached.by_place.items():
        given = session_level(draws, product, units, knowledge.muscles[where.muscle])
        left: Mapping[str, Array] = carried.left.get(where, {}) if carried is not None else {}
        aimed = where in injected
        if not aimed and 2 * np.count_nonzero(given >= least) < draws.count:
            continue
        level = given[:, None] * fresh
        for name, states in left.items():
            level += sum(states[i][:, None] * curve for i, curve in enumerate(past[name]))
        highest = np.maximum(level.max(axis=1), given)
        top = level.argmax(axis=1)
        back = crossing(-level, _DAYS, np.full(draws.count, -limit), after=top) / 7.0
        found.append(
            StrengthLoss(
                where=where,
                aimed=aimed,
                percent=band_of(_PERCENT * strength_loss(highest, exponent=draws.hill, greatest=greatest)),
                recovered_week=when_of(np.where(highest <= limit, 0.0, back)),
            )
        )
    return tuple(sorted(found, key=lambda s: (not s.aimed, -s.percent.median, s.where.muscle.value)))


@lru_cache(maxsize=4)
def _chains(draws: ResponseDraws, product: str) -> tuple[Array, Array, Array]:
    """The light chain of a fresh session over its peak, and what taken-up toxin and light chain left come to later."""
    rates = {name: value[:, None] for name, value in chain_rates(draws, product).items() if name != "lag"}
    peak = light_chain_peak(**rates)
    toxin, light = light_chain_onward(_DAYS[None, :], **rates)
    scale = draws.peak[product][:, None] / peak
    return toxin / peak, toxin * scale, light * scale
