"""From relief of muscles to the score of a patient.

    relief of the patient   G = reach * sum of share * relief of the muscle
    placebo                 p (1 - e^(-t/on)) e^(-t/off), from the day of the session
    score                   B (1 - G) (1 - placebo)

One path leads to a score and this is it. It treats severity, disability and pain alike, lets relief add up over
muscles (over-weakened antagonists are not punished), and has no natural drift: the fitted straight line is wrong late
in the cycle, so it is left out here rather than shown.
"""

from __future__ import annotations

import numpy as np

from collis.toxin.timecourse import Array, Real


def placebo_share(after_days: Real, *, amplitude: Real, onset: Real, fading: Real) -> Array:
    """The share of the score that goes without toxin, `after_days` after a session; 0 before and on the day."""
    since = np.maximum(after_days, 0.0)
    return np.asarray(amplitude * -np.expm1(-since / onset) * np.exp(-since / fading))


def score(baseline: Real, relief: Real, placebo: Real) -> Array:
    """The score (points) left of an untreated `baseline`; `relief` and `placebo` are shares.

    >>> float(score(40.0, 0.25, 0.1))
    27.0
    """
    return np.asarray(baseline * (1.0 - np.asarray(relief)) * (1.0 - np.asarray(placebo)))


def untreated(rated: Real, relief: Real, placebo: Real, *, highest: float) -> Array:
    """The untreated score (points, at most `highest`) behind a score that was rated under treatment."""
    left = (1.0 - np.asarray(relief)) * (1.0 - np.asarray(placebo))
    return np.minimum(rated / np.maximum(left, 1e-6), highest)
