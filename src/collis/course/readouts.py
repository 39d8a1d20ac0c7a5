"""From relief and gain to what a person would notice: parts of the score, range, impression of change, leaving.

Pure formulas on arrays that broadcast. `relief` and `placebo` are shares of the untreated score, 0 to 1; points are
TWSTRS points; parts stand on the last axis in the order severity, disability, pain.
"""

from __future__ import annotations

import numpy as np

from collis.toxin.timecourse import Array, Real


def part_scores(
    untreated_parts: Array, relief: Real, placebo: Real, *, kappa: Array, highest: Array
) -> Array:
    """The parts of the score (points, last axis) that `relief` and `placebo` leave; they add up to the total left.

    Relief takes `kappa` times its share off a part; the parts are then scaled together to the total
    B (1 - relief) (1 - placebo). No part leaves its range: what would is shared by the others' room.
    """
    left = np.asarray((1.0 - np.asarray(relief)) * (1.0 - np.asarray(placebo)))[..., None]
    raw = untreated_parts * np.maximum(1.0 - kappa * np.asarray(relief)[..., None], 0.0)
    total = _summed(untreated_parts) * left
    return _within(_scaled(raw, total), highest)


def untreated_parts(rated_parts: Array, relief: Real, *, kappa: Array, total: Array, highest: Array) -> Array:
    """The untreated parts behind parts rated under `relief`, scaled to the untreated `total`; last axis the parts."""
    raw = rated_parts / np.maximum(1.0 - kappa * np.asarray(relief)[..., None], 1e-6)
    return _within(_scaled(raw, np.asarray(total)[..., None]), highest)


def _scaled(parts: Array, total: Array) -> Array:
    """Parts in their proportions, adding up to `total`; equal parts where they have none."""
    held = _summed(parts)
    none = held <= 0.0
    return np.asarray(np.where(none, 1.0 / parts.shape[-1], parts / np.where(none, 1.0, held)) * total)


def _within(parts: Array, highest: Array) -> Array:
    """Parts moved into their ranges with the same sum, as long as the sum fits."""
    if not np.any(parts > highest):
        return parts
    over = _summed(np.maximum(parts - highest, 0.0))
    inside = np.minimum(parts, highest)
    room = highest - inside
    free = _summed(room)
    return np.asarray(inside + np.minimum(over, free) * room / np.where(free > 0.0, free, 1.0))


def _summed(parts: Array) -> Array:
    """The sum over the last, short axis, which is kept."""
    return np.asarray((parts @ np.ones(parts.shape[-1]))[..., None])


def active_range(
    active_deg: Real, passive_deg: Real, relief: Real, placebo: Real, *, at_start: Real, kappa: Real
) -> Array:
    """How far the neck goes by itself (degrees): the gap to the passive range shrinks as the score does.

    `active_deg` was measured while the share `at_start` of the untreated gap was left; the passive range bounds it.
    With no relief at all the gap is the untreated one.
    """
    left = gap_left(relief, placebo, kappa=kappa)
    gap = (np.asarray(passive_deg) - active_deg) / np.maximum(at_start, 1e-6)
    return np.asarray(np.maximum(passive_deg - np.maximum(gap, 0.0) * left, 0.0))


def gap_left(relief: Real, placebo: Real, *, kappa: Real) -> Array:
    """The share of the untreated gap in range that is left under `relief` and `placebo`."""
    return np.asarray(np.maximum(1.0 - kappa * np.asarray(relief), 0.0) * (1.0 - np.asarray(placebo)))


def global_change(gain: Real, *, thresholds: tuple[float, ...], scale: float) -> Array:
    """Chance of each answer to "how much has it changed", worst first, on a new last axis; each row sums to 1.

    An ordered logit: the chance of an answer above a threshold (points of gain) is expit((gain - threshold) / scale).

    >>> [round(float(p), 2) for p in global_change(0.0, thresholds=(-3.0, 3.0), scale=1.0)]
    [0.05, 0.91, 0.05]
    """
    distance = (np.asarray(gain)[..., None] - np.array(thresholds)) / scale
    above = 0.5 * (1.0 + np.tanh(0.5 * distance))
    ends = np.zeros((*above.shape[:-1], 1))
    return np.asarray(-np.diff(np.concatenate([ends + 1.0, above, ends], axis=-1), axis=-1))


def leaving_hazard(rated_gain: Real, *, satisfied_above: float, weekly: float) -> Array:
    """The weekly rate of leaving for lack of effect at a rated gain: `weekly` below `satisfied_above`, else 0."""
    return np.asarray(np.where(np.asarray(rated_gain) < satisfied_above, -np.log1p(-weekly), 0.0))


def chance_left(
    rated_gain: Array, weeks: Array, *, satisfied_above: float, weekly: float, from_week: float
) -> Array:
    """The chance of having left for lack of effect by each of `weeks` (last axis), along one course of rated gains.

    Between two weeks the gain at the later one counts; before `from_week` nobody leaves.
    """
    rate = leaving_hazard(rated_gain, satisfied_above=satisfied_above, weekly=weekly)
    began = np.maximum(np.concatenate([[0.0], weeks[:-1]]), from_week)
    return np.asarray(-np.expm1(-np.cumsum(rate * np.maximum(weeks - began, 0.0), axis=-1)))
