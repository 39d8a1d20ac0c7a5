"""The calibrated response model as a population: joint draws of its parameters, and people drawn from them.

A draw is one set of parameters that the evidence and the priors allow; the errors of the fit stay joined. People are
drawn on top: each has a reach, a half-life, a half dose, a placebo answer and an untreated score of his own. Doubt
about parameters is shared by everybody of one draw, spread between people is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from io import BytesIO
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from collis.course.outcome import drift_path
from collis.errors import BadInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from collis.knowledge.load import Knowledge
    from collis.toxin.timecourse import Array, Real

_HALF_LIFE, _POTENCY = "half_life_", "potency_"
_PLAIN = frozenset({"reach_logit", "placebo_amplitude"})  # may be negative: averaged as they are


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Population:
    """Joint draws of the parameters; every array has shape [draw].

    Rates in 1/d, half-lives and placebo times in days, `half_dose_total` in reference Units over the muscles of a
    trial plan, `reach_logit` the location of the log odds of the reachable share, spreads of half-life, half dose and
    baseline on the log scale, placebo as a share of the score, `baseline_mean`, `noise_sd` and `drift_sd` in points.
    `half_life` is by family of products and `families` says which product belongs to which. `hill` is held.
    """

    uptake: Array
    effect_lag: Array
    half_life: Mapping[str, Array]
    families: Mapping[str, str]
    half_dose_total: Array
    reach_logit: Array
    reach_patient_sd: Array
    half_life_patient_sd: Array
    half_dose_patient_sd: Array
    half_dose_session_sd: Array
    potency: Mapping[str, Array]
    placebo_amplitude: Array
    placebo_study_sd: Array
    placebo_patient_sd: Array
    placebo_onset: Array
    placebo_fading: Array
    baseline_mean: Array
    baseline_patient_sd: Array
    noise_sd: Array
    drift_sd: Array
    drift_weeks: Array
    hill: float
    highest: float

    def __post_init__(self) -> None:
        count = self.uptake.shape
        for name, array in self.by_name().items():
            if array.shape != count or array.ndim != 1:
                raise BadInput(
                    where=name, read=f"shape {array.shape}", expected=f"one number for each of {count}"
                )
        if set(self.families.values()) - set(self.half_life) or set(self.families) != set(self.potency):
            raise BadInput(
                where="families", read=", ".join(self.families), expected="a half-life and a potency each"
            )

    @property
    def count(self) -> int:
        """How many draws there are."""
        return int(self.uptake.shape[0])

    def by_name(self) -> dict[str, Array]:
        """Every array under the name it is stored by, such as `half_life_type_a` and `potency_rimabotulinumtoxinB`."""
        named: dict[str, Array] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                named[field.name] = value
        named |= {_HALF_LIFE + family: days for family, days in self.half_life.items()}
        return named | {_POTENCY + product: ratio for product, ratio in self.potency.items()}

    def require(self, product: str) -> None:
        """Refuse a product the model has no parameters for."""
        if product not in self.families:
            raise BadInput(
                where="product",
                read=product,
                expected=f"a product with a response model: {', '.join(sorted(self.families))}",
                mend="The effect of this product cannot be forecast.",
            )

    def half_life_of(self, product: str) -> Array:
        """Half-life of a product in days, shape [draw]."""
        self.require(product)
        return self.half_life[self.families[product]]

    def pick(self, index: NDArray[np.intp] | list[int]) -> Population:
        """The draws at `index`, in that order; an index may come more than once."""
        chosen = np.asarray(index, dtype=np.intp)
        return self._with({name: array[chosen] for name, array in self.by_name().items()})

    def typical(self) -> Population:
        """A single draw in the middle: geometric means, plain means where a parameter may be negative."""
        return self._with(
            {
                name: np.array([array.mean() if name in _PLAIN else np.exp(np.log(_above_0(array)).mean())])
                for name, array in self.by_name().items()
            }
        )

    def in_study(self, amplitude: Real) -> Population:
        """The population of one study whose placebo amplitude is known: a number, or one of each draw."""
        known = np.broadcast_to(np.asarray(amplitude, dtype=np.float64), (self.count,))
        return self._with(
            self.by_name() | {"placebo_amplitude": known, "placebo_study_sd": np.zeros(self.count)}
        )

    def _with(self, named: Mapping[str, Array]) -> Population:
        return population_of(named, families=self.families, hill=self.hill, highest=self.highest)


def population_of(
    named: Mapping[str, Array], *, families: Mapping[str, str], hill: float, highest: float
) -> Population:
    """A population from arrays under their stored names; `families` maps each product to its half-life."""
    own = [field.name for field in fields(Population)]
    missing = [
        name
        for name in (
            *(name for name in own if name not in ("half_life", "families", "potency", "hill", "highest")),
            *(_HALF_LIFE + family for family in families.values()),
            *(_POTENCY + product for product in families),
        )
        if name not in named
    ]
    if missing:
        raise BadInput(where="draws", read="no " + ", ".join(missing), expected="draws of every parameter")
    return Population(
        half_life=MappingProxyType({f: named[_HALF_LIFE + f] for f in sorted(set(families.values()))}),
        potency=MappingProxyType({p: named[_POTENCY + p] for p in sorted(families)}),
        families=families,
        hill=hill,
        highest=highest,
        **{name: named[name] for name in own if name in named},
    )


def unpacked(content: bytes, *, count: int) -> Mapping[str, Array]:
    """The arrays of a file of draws by name, each of shape [draw] and not to be written to."""
    with np.load(BytesIO(content), allow_pickle=False) as stored:
        arrays = {name: np.asarray(stored[name], dtype=np.float64) for name in stored.files}
    for name, array in arrays.items():
        if array.shape != (count,):
            raise BadInput(where=name, read=f"shape {array.shape}", expected=f"{count} draws")
        array.setflags(write=False)
    return MappingProxyType(arrays)


@lru_cache(maxsize=4)
def _load(knowledge: Knowledge) -> Population:
    parameters = knowledge.response
    return population_of(
        unpacked(knowledge.response_draws, count=int(parameters.draws.count.value)),
        families=MappingProxyType({product: h.family for product, h in parameters.half_life.items()}),
        hill=parameters.hill.value,
        highest=float(parameters.score.highest.value),
    )


def load_population(knowledge: Knowledge) -> Population:
    """The population the program ships; read once."""
    return _load(knowledge)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class People:
    """Drawn people, every array of shape [person]; `draw` says which draw of the population each belongs to.

    `baseline` is the untreated level in points that a rating scatters about, `reach` and `placebo` are shares of it,
    `half_life_factor` multiplies every half-life, `half_dose_total` is the person's own, in reference Units.
    """

    draw: NDArray[np.intp]
    baseline: Array
    reach: Array
    half_life_factor: Array
    half_dose_total: Array
    placebo: Array

    @property
    def count(self) -> int:
        """How many people."""
        return int(self.draw.shape[0])


def draw_people(
    population: Population,
    *,
    count: int,
    generator: np.random.Generator,
    baseline: float | None = None,
    baseline_sd: float | None = None,
    study_placebo: Real | None = None,
) -> People:
    """`count` people, dealt evenly over the draws.

    `baseline` and `baseline_sd` are the mean and spread of an arm as *rated* before treatment; drift and scatter are
    taken off the spread. Without them the population's own hold. `study_placebo` is the study's placebo amplitude,
    one number or one of each draw; without it each draw is a study of its own from the spread between studies.
    """
    if count < 1:
        raise BadInput(where="count", read=f"{count}", expected="1 person or more")
    draw = np.asarray(np.arange(count) % population.count, dtype=np.intp)
    own = population.pick(draw)
    amplitude = population.placebo_amplitude + population.placebo_study_sd * generator.standard_normal(
        population.count
    )
    if study_placebo is not None:
        amplitude = np.broadcast_to(np.asarray(study_placebo, dtype=np.float64), (population.count,))
    normals = generator.standard_normal((5, count))
    mean = own.baseline_mean if baseline is None else np.full(count, float(baseline))
    log_sd = own.baseline_patient_sd
    if baseline_sd is not None:
        left = baseline_sd**2 - own.noise_sd**2 - own.drift_sd**2
        log_sd = np.sqrt(np.log1p(np.maximum(left, 0.0) / mean**2))
    middle = mean * np.exp(-0.5 * log_sd**2)
    return People(
        draw=draw,
        baseline=np.minimum(middle * np.exp(log_sd * normals[0]), population.highest),
        reach=_share(own.reach_logit + own.reach_patient_sd * normals[1]),
        half_life_factor=np.exp(own.half_life_patient_sd * normals[2]),
        half_dose_total=own.half_dose_total * np.exp(own.half_dose_patient_sd * normals[3]),
        placebo=amplitude[draw] + own.placebo_patient_sd * normals[4],
    )


def session_factors(
    population: Population, people: People, *, sessions: int, generator: np.random.Generator
) -> Array:
    """How much of the dose reaches its muscle in each session, median 1; shape [session, person]."""
    sd = population.half_dose_session_sd[people.draw]
    return np.asarray(np.exp(sd * generator.standard_normal((sessions, people.count))))


def drift_paths(
    population: Population,
    people: People,
    weeks: Array,
    *,
    generator: np.random.Generator,
    start: Real | None = None,
) -> Array:
    """Natural drift in points, shape [person, week]; `start` fixes it on the first week."""
    return drift_path(
        np.asarray(weeks, dtype=np.float64),
        sd=population.drift_sd[people.draw],
        scale_weeks=population.drift_weeks[people.draw],
        normals=generator.standard_normal((people.count, len(weeks))),
        start=start,
    )


def visit_noise(
    population: Population, people: People, weeks: Array, *, generator: np.random.Generator
) -> Array:
    """Scatter of single ratings in points, shape [person, week]."""
    return np.asarray(
        population.noise_sd[people.draw, None] * generator.standard_normal((people.count, len(weeks)))
    )


def _share(log_odds: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


def _above_0(array: Array) -> Array:
    return np.maximum(array, 1e-12)
