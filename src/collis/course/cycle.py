"""The course of many people over any calendar of sessions; one patient is a batch of one.

    level at the peak   Units that reach the muscle * potency * luck of the session / (half dose * volume)
    relief              reach * sum over muscles of share * Hill(level), all sessions summed
    score               untreated * (1 - relief) * (1 - placebo), placebo counted from the last session
    rating              score + natural drift + scatter of the visit, clipped to the scale

Every row of every array is one person and no row knows of another, so a person alone and within a batch gets the same
numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from collis.course.outcome import placebo_share, rated, score
from collis.errors import BadInput
from collis.toxin.batch import Engine, relief_by_week
from collis.toxin.timecourse import Array, decay_rate
from collis.toxin.weakening import peak_level


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PatientArrays:
    """People as rows; arrays have shape [person] unless said otherwise.

    `baseline` is the untreated score in points, `reach` and `placebo` are shares of it. `share` and `volume_cm3` have
    shape [person, muscle]; `half_dose` is in reference Units/cm3, rates in 1/d, times in days. `half_life` (days) and
    `potency` (reference Units per Unit) are by product. `highest` is the end of the scale.
    """

    baseline: Array
    reach: Array
    share: Array
    volume_cm3: Array
    uptake: Array
    lag: Array
    half_life: Mapping[str, Array]
    potency: Mapping[str, Array]
    half_dose: Array
    placebo: Array
    placebo_onset: Array
    placebo_fading: Array
    highest: float

    def __post_init__(self) -> None:
        people = self.baseline.shape[:1]
        for name, array in self._arrays().items():
            if array.shape[:1] != people:
                raise BadInput(
                    where=name, read=f"shape {array.shape}", expected=f"{people[0]} people in front"
                )

    @property
    def count(self) -> int:
        """How many people."""
        return int(self.baseline.shape[0])

    def pick(self, index: NDArray[np.intp] | Array | slice) -> PatientArrays:
        """Some of the people, in the order of `index`."""
        chosen: dict[str, object] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                chosen[field.name] = value[index]
            elif isinstance(value, Mapping):
                chosen[field.name] = MappingProxyType({key: array[index] for key, array in value.items()})
        return PatientArrays(highest=self.highest, **chosen)  # type: ignore[arg-type]

    def _arrays(self) -> dict[str, Array]:
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        named = {name: value for name, value in own.items() if isinstance(value, np.ndarray)}
        for mapping in (self.half_life, self.potency):
            named |= dict(mapping)
        return named


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SessionArrays:
    """One session of everybody: the day it is given, its product, and the Units that reach each muscle.

    `units` has shape [muscle] where all get the same, else [person, muscle]; `factor` [person] is the luck of the
    session, 1 without.
    """

    day: float
    product: str
    units: Array
    factor: Array | float = 1.0


def course(
    patients: PatientArrays, sessions: Sequence[SessionArrays], on_days: Array, *, engine: Engine = "numpy"
) -> Array:
    """The expected score (points) of each person on ascending `on_days`; shape [person, day].

    It holds neither drift nor scatter of visits; `ratings` adds both. Raises `BadInput` for a product without
    parameters or for misshapen input.
    """
    relief = relief_of(patients, sessions, on_days, engine=engine)
    return score(patients.baseline[:, None], relief, placebo_of(patients, sessions, on_days))


def relief_of(
    patients: PatientArrays, sessions: Sequence[SessionArrays], on_days: Array, *, engine: Engine = "numpy"
) -> Array:
    """The share of the untreated score that toxin takes off, shape [person, day]."""
    if not sessions:
        return np.zeros((patients.count, len(on_days)))
    levels = np.stack([_level(patients, session) for session in sessions], axis=-1)
    decay = np.stack([decay_rate(patients.half_life[s.product]) for s in sessions], axis=-1)
    relief = relief_by_week(
        on_days,
        np.array([session.day for session in sessions]),
        levels,
        patients.uptake,
        decay,
        patients.lag,
        patients.share,
        engine=engine,
    )
    return np.asarray(patients.reach[:, None] * relief)


def placebo_of(patients: PatientArrays, sessions: Sequence[SessionArrays], on_days: Array) -> Array:
    """The share that goes without toxin, counted from the last session on or before each day; 0 before the first."""
    given = np.sort(np.array([session.day for session in sessions]))
    last = np.searchsorted(given, on_days, side="right") - 1
    since = np.where(last >= 0, on_days - given[np.maximum(last, 0)], 0.0) if len(given) else 0.0 * on_days
    return placebo_share(
        since[None, :],
        amplitude=patients.placebo[:, None],
        onset=patients.placebo_onset[:, None],
        fading=patients.placebo_fading[:, None],
    )


def ratings(expected: Array, drift: Array, scatter: Array, *, highest: float) -> Array:
    """What raters write down: expected scores with drift and scatter of the visits (points), clipped to the scale."""
    return rated(expected + drift + scatter, highest=highest)


def _level(patients: PatientArrays, session: SessionArrays) -> Array:
    """The level at the peak of one session in each muscle, shape [person, muscle]."""
    if session.product not in patients.half_life or session.product not in patients.potency:
        raise BadInput(
            where="product",
            read=session.product,
            expected=f"a product with a response model: {', '.join(sorted(patients.half_life))}",
        )
    reference = session.units * (patients.potency[session.product] * session.factor)[:, None]
    return peak_level(reference, half_dose=patients.half_dose[:, None], volume_cm3=patients.volume_cm3)
