"""Relief of single muscles over time: this session, what earlier sessions left behind, and the planner's table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

import numpy as np

from collis.case.session import Session
from collis.course.parameters import ResponseDraws
from collis.errors import BadInput
from collis.knowledge.muscles import MuscleFacts
from collis.knowledge.names import Muscle, MuscleSide
from collis.toxin.timecourse import Array, Real, carry_forward, decay_rate, effect_site, onward
from collis.toxin.weakening import hill, peak_level

_NODES = 8  # points of the quadrature over a cycle
_CHUNK = 8  # doses at a time, so that the work stays in the cache
_LEVELS = np.geomspace(0.02, 2000.0, 48)  # between which the level of a usual session is looked up


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Carried:
    """What past sessions left in each muscle-side on one day: by product, arrays of shape [state, draw].

    The states are taken-up toxin, light chain and effect site, in levels (1 is half effect).
    """

    on: date
    left: Mapping[MuscleSide, Mapping[str, Array]]
    notes: tuple[str, ...] = ()

    @property
    def products(self) -> tuple[str, ...]:
        """The products that left anything, in order of name."""
        return tuple(sorted({product for by_product in self.left.values() for product in by_product}))


def carried_over(
    sessions: Sequence[Session], draws: ResponseDraws, muscles: Mapping[Muscle, MuscleFacts], *, on: date
) -> Carried:
    """What the neck sessions up to `on` left behind that day.

    Lumped names are split over their members by volume, since the true split is unknown. A session without
    muscles, or of a product without parameters, is left out and said. Toxin given for other reasons is not counted.
    """
    told: dict[str, list[tuple[Session, dict[MuscleSide, Array]]]] = {}
    notes: list[str] = []
    for number, session in enumerate(sorted(sessions, key=lambda s: s.on), start=1):
        if session.on > on:
            continue
        if session.product not in draws.potency or not session.given:
            why = "names no muscles" if session.product in draws.potency else "has no response model"
            notes.append(
                f"The session of {session.on} ({session.product}) {why}; nothing is carried over from it."
            )
            continue
        levels = {
            where: session_level(draws, session.product, units, muscles[where.muscle], session=number)
            for where, units in units_given(session, muscles).items()
        }
        told.setdefault(session.product, []).append((session, levels))
    left: dict[MuscleSide, dict[str, Array]] = {}
    for product, given in told.items():
        for where, chain in _left_of(product, given, draws, on).items():
            left.setdefault(where, {})[product] = chain
    return Carried(on=on, left=left, notes=tuple(notes))


def _left_of(
    product: str,
    given: Sequence[tuple[Session, Mapping[MuscleSide, Array]]],
    draws: ResponseDraws,
    on: date,
) -> dict[MuscleSide, Array]:
    """What the sessions of one product left in each muscle-side, [state, draw]: running sums, session by session."""
    places = list(dict.fromkeys(where for _, levels in given for where in levels))
    none = np.zeros(draws.count)
    amounts = np.array([[levels.get(where, none) for where in places] for _, levels in given])
    days = [float((session.on - on).days) for session, _ in given]
    sums = carry_forward(0.0, days, amounts, **chain_rates(draws, product))
    peak = draws.peak[product]
    return {
        where: np.stack([sums.toxin[i], sums.light[i], sums.effect[i]]) / peak
        for i, where in enumerate(places)
    }


def chain_rates(draws: ResponseDraws, product: str) -> dict[str, Array]:
    """The three rates (1/d) of a product's chain, each of shape [draw]; refuses a product without parameters."""
    if product not in draws.half_life:
        raise BadInput(
            where="product",
            read=product,
            expected=f"a product with a response model: {', '.join(sorted(draws.half_life))}",
        )
    return {
        "uptake": draws.uptake,
        "decay": decay_rate(draws.half_life[product]),
        "lag": draws.effect_lag,
    }


def session_level(
    draws: ResponseDraws, product: str, units: Real, muscle: MuscleFacts, *, session: int = 0
) -> Array:
    """The level at the peak of one session in one muscle, shape [draw]; `units` one figure or one for each draw.

    Session 0 is the coming one.
    """
    reached = units * draws.potency[product] * draws.session[session]
    return peak_level(reached, half_dose=draws.half_dose, volume_cm3=muscle.number("volume"))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Curves:
    """Time curves shared by all muscles: `fresh` of shape [draw, day], `onward` by product [state, draw, day]."""

    fresh: Array
    onward: Mapping[str, Array]

    def level(self, given: Array | None, left: Mapping[str, Array]) -> Array:
        """The level of one muscle, shape [draw, day], from this session's peak level and what was left in it."""
        total = np.zeros_like(self.fresh) if given is None else given[:, None] * self.fresh
        for product, chain in left.items():
            for state, curve in zip(chain, self.onward[product], strict=True):
                total += state[:, None] * curve
        return total


def time_curves(draws: ResponseDraws, product: str, days: Array, *, past: Sequence[str] = ()) -> Curves:
    """The curves on `days` after the coming session of `product`, and of what `past` products left."""
    rates = {name: value[:, None] for name, value in chain_rates(draws, product).items()}
    fresh = effect_site(days[None, :], **rates) / draws.peak[product][:, None]
    later = {
        name: np.stack(onward(days[None, :], **{k: v[:, None] for k, v in chain_rates(draws, name).items()}))
        for name in past
    }
    return Curves(fresh=fresh, onward=later)


def relief_table(
    draws: ResponseDraws,
    *,
    product: str,
    places: Sequence[MuscleSide],
    levels: Sequence[float],
    muscles: Mapping[Muscle, MuscleFacts],
    cycle_weeks: float,
    carried: Carried | None = None,
) -> Array:
    """Mean relief for each muscle-side and dose, shape [muscle, level], between 0 and 1.

    The mean is over the draws and over a cycle of `cycle_weeks` weeks from the session; `levels` are Units of
    `product` in that muscle-side, 0 allowed. What `carried` left in a muscle-side counts, so a dose of 0 need not
    give 0. Rows rise with the dose. Multiply by the untreated score, the reach and the muscle's share for points.
    """
    days, weights = _over_cycle(cycle_weeks)
    past = carried.products if carried is not None else ()
    curves = time_curves(draws, product, days, past=past)
    mean_over = np.tile(weights, draws.count) / draws.count
    units = np.asarray(levels, dtype=np.float64)
    table = np.empty((len(places), len(units)))
    for row, where in enumerate(places):
        left = carried.left.get(where, {}) if carried is not None else {}
        fresh = curves.level(session_level(draws, product, 1.0, muscles[where.muscle]), {}).ravel()
        before = curves.level(None, left).ravel()
        for start in range(0, len(units), _CHUNK):
            part = slice(start, start + _CHUNK)
            level = units[part, None] * fresh + before
            table[row, part] = hill(level, exponent=draws.hill) @ mean_over
    return table


def told_by_usual_session(
    draws: ResponseDraws,
    product: str,
    *,
    usual_units: float,
    usual_relief: float,
    volume_cm3: float,
    cycle_weeks: float,
) -> ResponseDraws:
    """The draws with the product's Units measured against its own usual session, whatever its potency.

    `usual_units` spread over `volume_cm3` of muscle are taken to give `usual_relief` (0 to 1) on average over the draws
    and a cycle of `cycle_weeks` weeks. Planning weighs doses with these, so that no ratio between products moves a
    dose, and a half-life that the data hardly settle does not either.
    """
    days, weights = _over_cycle(cycle_weeks)
    fresh = time_curves(draws, product, days).fresh
    middle = float(np.median(draws.half_dose))
    own = fresh * (draws.session[0] * middle / draws.half_dose)[:, None]
    relief = np.array([(hill(level * own, exponent=draws.hill) @ weights).mean() for level in _LEVELS])
    level = float(np.exp(np.interp(usual_relief, relief, np.log(_LEVELS))))
    potency = np.full(draws.count, level * volume_cm3 / usual_units * middle)
    return replace(draws, potency=MappingProxyType({product: potency}))


def _over_cycle(cycle_weeks: float) -> tuple[Array, Array]:
    """Days at which to read a mean over a cycle, and their weights, which sum to 1."""
    if not cycle_weeks > 0:
        raise BadInput(where="cycle_weeks", read=f"{cycle_weeks}", expected="more than 0 weeks")
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return 3.5 * cycle_weeks * (nodes + 1.0), weights / weights.sum()


def units_given(session: Session, muscles: Mapping[Muscle, MuscleFacts]) -> dict[MuscleSide, float]:
    """Units in each muscle-side of a past session, lumped lines split by volume."""
    units: dict[MuscleSide, float] = {}
    for line in session.given:
        volumes = {where: muscles[where.muscle].number("volume") for where in line.members}
        total = sum(volumes.values())
        for where, volume in volumes.items():
            units[where] = units.get(where, 0.0) + float(line.dose.units) * volume / total
    return units
