"""Parts of the score for many people at once: what `collis.course.readouts` says, quickly where no part is full.

As long as no part meets the end of its range, parts are their weights scaled to the total. Only the few people of whom
that is not so go through the general formula, which moves what is too much to the other parts; a test holds both equal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from collis.course.readouts import part_scores, untreated_parts
from collis.toxin.timecourse import Array


def first_parts(
    shares: Sequence[Array], untreated: Array, rated: Array, *, highest: Array
) -> tuple[Array, Array]:
    """Untreated and rated parts, both [person, part], of people with these `shares` (one array for each part)."""
    plain = np.ones(len(shares))
    whole, before = _scaled(shares, untreated, highest)
    now, after = _scaled(shares, rated, highest)
    if len(rows := np.flatnonzero(before | after)):
        some = np.stack([share[rows] for share in shares], axis=-1)
        whole[rows] = untreated_parts(some, 0.0, kappa=plain, total=untreated[rows], highest=highest)
        now[rows] = untreated_parts(whole[rows], 0.0, kappa=plain, total=rated[rows], highest=highest)
    return whole, now


def later_parts(
    untreated: Array, relief: Array, placebo: Array, rated: Array, *, kappa: Array, highest: Array
) -> Array:
    """Rated parts [person, visit, part] of people with `untreated` parts [person, part], adding up to `rated`."""
    total = untreated.sum(axis=1)[:, None]
    left = np.asarray(1.0 - relief)
    usual = [left if k == 1.0 else np.maximum(1.0 - k * relief, 0.0) for k in kappa]
    weights = [untreated[:, i, None] * each for i, each in enumerate(usual)]
    found, full = _scaled(weights, rated, highest, most=np.maximum(rated, total * (left - left * placebo)))
    if len(rows := np.flatnonzero(full.any(axis=1))):
        some = part_scores(
            untreated[rows, None, :], relief[rows], placebo[rows], kappa=kappa, highest=highest
        )
        found[rows] = untreated_parts(
            some, 0.0, kappa=np.ones(len(kappa)), total=rated[rows], highest=highest
        )
    return found


def _scaled(
    weights: Sequence[Array], total: Array, highest: Array, *, most: Array | None = None
) -> tuple[Array, NDArray[np.bool_]]:
    """Weights scaled to the total (part last), and where that is no answer: no weight, or a part too high at `most`."""
    held = sum(weights[1:], start=weights[0])
    none = held <= 0.0
    each = 1.0 / np.where(none, 1.0, held)
    ratio = total * each
    at_most = ratio if most is None else most * each
    full = none
    found = np.empty((len(weights), *ratio.shape))
    for i, weight in enumerate(weights):
        np.multiply(weight, ratio, out=found[i])
        full = full | (weight * at_most > highest[i])
    return np.moveaxis(found, 0, -1), full
