"""From toxin to muscle: a Hill curve from level to relief, and the loss of strength.

A level is dimensionless: dose times potency over half-relief dose and muscle volume, times the time course over its
own peak. Level 1 is half effect.
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

    >>> float(hill(1.0, exponent=1.5))
    0.5
    """
    power = np.asarray(np.exp(exponent * np.log(np.maximum(level, _LEAST))))
    return np.asarray(power / (1.0 + power))


def relief(level: Real, *, exponent: Real) -> Array:
    """The share of a muscle's dystonic pull that is gone at a level of the effect site."""
    return hill(level, exponent=exponent)


def strength_loss(level: Real, *, exponent: Real, greatest: Real) -> Array:
    """The share of a muscle's strength that is lost at a level of the light chain; `greatest` is the plateau.

    The plateau is put in, not found: only the doses at which the curve flattens can be held against data.
    """
    return np.asarray(greatest * hill(level, exponent=exponent))
