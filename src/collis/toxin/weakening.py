"""From toxin to muscle: a Hill curve from level to relief, the loss of strength, and the slow loss of bulk.

A level is dimensionless: dose times potency over half-relief dose and muscle volume, times the time course over its
own peak. Level 1 is half effect. Two read-outs stand side by side: `strength_loss` from the light chain, which has no
lag of the clinic, and `relief` from the effect site, which has. `bulk` is an optional slow state of the muscle; no
score rests on it.
"""

from __future__ import annotations

import numpy as np

from collis.toxin.timecourse import Array, Real

_LEAST = 1e-300


def peak_level(reference_units: Real, *, half_dose: Real, volume_cm3: Real) -> Array:
    """The level at the peak of one session: `reference_units` over `half_dose` (Units/cm3) times the volume.

    Volumes of neck muscles are recalled figures and differ twofold between people; so does the level.
    """
    return np.asarray(reference_units / (half_dose * volume_cm3))


def hill(level: Real, *, exponent: Real) -> Array:
    """x^g / (1 + x^g) for a level of 0 or more: 0 at 0, a half at 1, towards 1 without end.

    The exponents 1, 1.5 and 2 are worked out by products and a root, which is quicker.

    >>> float(hill(1.0, exponent=1.5))
    0.5
    """
    power = _power(np.maximum(level, _LEAST), exponent)
    return np.asarray(power / (1.0 + power))


def level_at(share: Real, *, exponent: Real) -> Array:
    """The level at which `hill` gives `share`, 0 to below 1.

    >>> float(level_at(0.5, exponent=1.5))
    1.0
    """
    return np.asarray((share / (1.0 - np.asarray(share))) ** (1.0 / np.asarray(exponent)))


def relief(level: Real, *, exponent: Real) -> Array:
    """The share of a muscle's dystonic pull that is gone at a level of the effect site."""
    return hill(level, exponent=exponent)


def strength_loss(level: Real, *, exponent: Real, greatest: Real) -> Array:
    """The share of a muscle's strength that is lost at a level of the light chain; `greatest` is the plateau.

    The plateau is put in, not found: only the doses at which the curve flattens can be held against data.
    """
    return np.asarray(greatest * hill(level, exponent=exponent))


def bulk(
    blocked: Array,
    *,
    step_days: float,
    depth: Real,
    falling_days: Real,
    recovering_days: Real,
    start: Real = 1.0,
) -> Array:
    """What is left of a muscle's bulk on each day of an even grid, shape as `blocked` [..., day]; 1 is untreated.

    M' = (1 - depth * blocked - M) / tau, with tau `falling_days` while the bulk falls and `recovering_days` while it
    comes back. `blocked` is the Hill value of the light chain, 0 to 1; over each step it is held at the mean of
    its ends, and the step is then exact. `start` is the bulk on the first day.
    """
    fall, recover = (
        np.exp(-step_days / np.asarray(falling_days)),
        np.exp(-step_days / np.asarray(recovering_days)),
    )
    aims = 1.0 - np.asarray(depth)[..., None] * 0.5 * (blocked[..., 1:] + blocked[..., :-1])
    left = np.empty(blocked.shape)
    left[..., 0] = start
    for day in range(blocked.shape[-1] - 1):
        now, aim = left[..., day], aims[..., day]
        left[..., day + 1] = aim + (now - aim) * np.where(aim < now, fall, recover)
    return left


def _power(level: Array, exponent: Real) -> Array:
    """level^exponent for a level above 0."""
    if np.ndim(exponent) == 0:
        if exponent == 1.0:
            return level
        if exponent == 1.5:
            return np.asarray(level * np.sqrt(level))
        if exponent == 2.0:
            return np.asarray(level * level)
    return np.asarray(np.exp(exponent * np.log(level)))
