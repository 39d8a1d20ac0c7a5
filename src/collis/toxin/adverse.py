"""Dysphagia and neck weakness against exposure.

The curves come from trial arms whose doses per muscle were mostly guessed, and who asks and how moved the counts
more than a doubling of dose did. So the number to read is the risk relative to another plan, in which the study
cancels; the absolute chance carries a wide band. Type B has no intercept of its own here and reads too low. The jump
in neck weakness at the highest abobotulinumtoxinA arm is missed. Toxin left over from earlier sessions is not
counted, and needle placement, which can matter more than dose, is not known to the curve.
"""

from __future__ import annotations

import numpy as np

from collis.toxin.timecourse import Array, Real


def swallowing_exposure(reference_units: Array, swallow_weight: Array) -> Array:
    """Exposure of the pharynx in sternocleidomastoid-equivalent reference Units, summed over the last axis."""
    return np.asarray((np.asarray(reference_units) * swallow_weight).sum(axis=-1))


def chance(
    exposure: Real,
    *,
    intercept: Real,
    slope: Real,
    background: Real,
    reference_exposure: Real,
    study: Real = 0.0,
) -> Array:
    """Probability of the side effect at an exposure of 0 or more reference Units; `background` at 0.

    1 - (1 - background)(1 - p), with the log odds of p = intercept + study + slope ln(exposure / reference).

    >>> round(float(chance(50.0, intercept=-2.0, slope=0.88, background=0.03, reference_exposure=50.0)), 3)
    0.146
    """
    odds = np.exp(intercept + study) * (exposure / reference_exposure) ** slope
    return np.asarray(1.0 - (1.0 - background) / (1.0 + odds))


def relative_risk(probability: Real, comparator: Real) -> Array:
    """How many times the comparator's chance; feed both from the same draws, so that shared doubt cancels."""
    return np.asarray(probability / comparator)
