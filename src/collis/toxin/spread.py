"""Where the Units of an injection end up: in the muscle aimed at, in its neighbours, at the pharynx, elsewhere.

A site may miss its muscle; what is set beside it still comes back in part. What is set inside leaves in part: the
more, the larger the volume for the muscle and the fewer the boluses. All that leaves is shared out by nearness and
size. Every column of the resulting matrix sums to 1: nothing is lost from the balance, some is lost to tissue.

Every function is branch-free and takes scalars or arrays that broadcast. None of it was measured in a human neck.

>>> f = spill_share(0.5, volume_cm3=50.0, sites=1.0, share=0.15, reference=0.01, volume_exponent=2 / 3,
...                 bolus_exponent=1 / 3)
>>> round(float(f), 3), round(float(kept_share(0.8, f, stray_return=0.3)), 3)
(0.15, 0.731)
"""

from __future__ import annotations

import numpy as np

from collis.toxin.timecourse import Array, Real


def spill_share(
    volume_ml: Real,
    *,
    volume_cm3: Real,
    sites: Real,
    share: Real,
    reference: Real,
    volume_exponent: Real,
    bolus_exponent: Real,
) -> Array:
    """The share of what was set into a muscle that leaves it: 0 at no volume, rising, below 1.

    Its odds are those of `share` at one bolus of `reference` mL per cm3 of muscle; they rise with the volume to
    `volume_exponent` and fall with the number of `sites` to `bolus_exponent`.
    """
    ratio = volume_ml / (volume_cm3 * reference)
    odds = share / (1.0 - share) * ratio**volume_exponent / sites**bolus_exponent
    return np.asarray(odds / (1.0 + odds))


def kept_share(aim: Real, spill: Real, *, stray_return: Real) -> Array:
    """The share of the dose that works in the muscle aimed at.

    `aim` of it is set inside, the rest beside, of which `stray_return` still arrives; `spill` of all that leaves.
    """
    return np.asarray((1.0 - spill) * (aim + (1.0 - aim) * stray_return))


def catch(
    distance_mm: Real, *, volume_cm3: Real, decay_length: Real, radius: Real, surface_exponent: Real
) -> Array:
    """How strongly a tissue catches what leaves: by its surface, falling with distance, 0 from `radius` on.

    Infinity is a distance too: out of reach.
    """
    edge = np.exp(-radius / decay_length)
    nearness = (np.exp(-distance_mm / decay_length) - edge) / (1.0 - edge)
    return np.asarray(np.maximum(nearness, 0.0) * volume_cm3**surface_exponent)


def pharynx_share(leaving: Real, *, reference_leaving: Real, swallow_weight: Real, share: Real) -> Array:
    """The share of a dose that reaches the pharynx: `share` for weight 1 when as much leaves as in a reference
    session, in proportion to what leaves, and never more than leaves.
    """
    least = np.finfo(np.float64).tiny
    wanted = share * swallow_weight * leaving / np.maximum(reference_leaving, least)
    return np.asarray(np.minimum(wanted, leaving))


def spread_matrix(kept: Array, pharynx: Array, catches: Array, *, elsewhere: Real) -> Array:
    """Where the Units of each injection go: [..., row, injection]; each column sums to 1.

    `kept` and `pharynx` [..., injection] are shares of its dose, `catches` [..., muscle-side, injection] the pull of
    every muscle-side with NaN at the one aimed at, `elsewhere` [...] the pull of all other tissue, above 0. The rows
    are the muscle-sides in that order, then the pharynx, then elsewhere.
    """
    aimed = np.isnan(catches)
    pull = np.where(aimed, 0.0, catches)
    by_size = np.sort(pull, axis=-2)  # so that the order of the rows does not reach the last bit of the sum
    total = by_size.sum(axis=-2) + np.asarray(elsewhere)[..., None]
    shared_out = (1.0 - kept - pharynx) / total
    muscles = np.where(aimed, kept[..., None, :], pull * shared_out[..., None, :])
    rest = np.asarray(elsewhere)[..., None] * shared_out
    pharynx = np.broadcast_to(pharynx, rest.shape)
    return np.concatenate([muscles, pharynx[..., None, :], rest[..., None, :]], axis=-2)
