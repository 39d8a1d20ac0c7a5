"""From relief of muscles to the score of a patient.

    relief of the patient   G = reach * sum of share * relief of the muscle
    placebo                 p (1 - e^(-t/on)) e^(-t/off), from the day of the session
    score                   B (1 - G) (1 - placebo)

    drift                   a stationary Gaussian wander that forgets at a rate of one over its time scale
    rating at a visit       score + drift + scatter of the visit, clipped to the range of the scale

One path leads to a score and this is it. It treats severity, disability and pain alike and lets relief add up over
muscles (over-weakened antagonists are not punished). The drift is there on the day of the first rating too: a rated
baseline is an untreated level plus drift plus scatter, and whoever starts from one has to say what is done with both.
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


def drift_correlation(weeks_apart: Real, *, scale_weeks: Real) -> Array:
    """Correlation of the natural drift between two days (Ornstein-Uhlenbeck).

    >>> round(float(drift_correlation(8.0, scale_weeks=8.0)), 3)
    0.368
    """
    return np.asarray(np.exp(-np.abs(weeks_apart) / scale_weeks))


def drift_path(
    weeks: Array, *, sd: Real, scale_weeks: Real, normals: Array, start: Real | None = None
) -> Array:
    """The drift (points) on rising `weeks`, shape [..., week], from standard `normals` of that shape.

    `sd` and `scale_weeks` have the shape of the leading axes. It is exact for any spacing of the weeks. With `start`
    the drift on the first week is known; without, it is drawn from the stationary spread.
    """
    path = np.empty_like(normals)
    path[..., 0] = sd * normals[..., 0] if start is None else start
    for i in range(1, len(weeks)):
        kept = drift_correlation(weeks[i] - weeks[i - 1], scale_weeks=scale_weeks)
        path[..., i] = kept * path[..., i - 1] + sd * np.sqrt(1.0 - kept * kept) * normals[..., i]
    return path


def rated(points: Real, *, highest: float) -> Array:
    """What a rater can write down: `points` clipped to 0 and `highest`."""
    return np.clip(points, 0.0, highest)
