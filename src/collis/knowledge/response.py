"""Parameters of the response model, typed: toxin in a muscle, relief in a patient, harm in a neck.

Every parameter keeps its sourced entry, so that whoever shows a number can show what it stands on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from collis.errors import BadInput, KnowledgeError
from collis.sources import Sourced


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A positive parameter and the standard error of its logarithm."""

    centre: Sourced[Any]
    log_se: Sourced[Any]

    def __post_init__(self) -> None:
        if not self.value > 0 or self.error < 0:
            raise KnowledgeError(
                f"{self.centre.path}: {self.value} with log error {self.error} is no estimate."
            )

    @property
    def value(self) -> float:
        """The value used."""
        return float(self.centre.value)

    @property
    def error(self) -> float:
        """Standard error of its natural logarithm."""
        return float(self.log_se.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class HalfLife:
    """Half-life of the light chain in days. Products of one `family` share one estimate and its error."""

    family: str
    days: Estimate


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """What a full block of a typical plan's muscles takes off the score, and how much drive that plan reaches.

    `mean` (over patients) with plain error `se`; patients spread by `patient_logit_sd` in log odds.
    """

    mean: Sourced[Any]
    se: Sourced[Any]
    patient_logit_sd: Sourced[Any]
    reference_coverage: Estimate


@dataclass(frozen=True, kw_only=True, slots=True)
class Placebo:
    """Placebo gain as a share of the score: amplitude, its error and spread, rise and fall in days."""

    amplitude: Sourced[Any]
    se: Sourced[Any]
    patient_sd: Sourced[Any]
    onset: Estimate
    fading: Estimate


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """The TWSTRS total: baseline (points; patients spread by a log SD), range, meaningful change, scatter.

    `drift_sd` is in points per week.
    """

    baseline: Sourced[Any]
    baseline_se: Sourced[Any]
    baseline_patient_sd: Sourced[Any]
    highest: Sourced[Any]
    meaningful_change: Sourced[Any]
    noise_sd: Sourced[Any]
    drift_sd: Sourced[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Harm:
    """A logistic curve of a side effect over the log of exposure in reference Units, above a background share.

    `study_sd` spreads the intercept between studies: it widens the absolute chance and cancels in a comparison.
    """

    intercept: Sourced[Any]
    intercept_se: Sourced[Any]
    slope: Sourced[Any]
    slope_se: Sourced[Any]
    background: Estimate
    reference_exposure: Sourced[Any]
    study_sd: Sourced[Any]
    not_fitted_for: Sourced[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What counts as onset (share of the rise), as faded (share of the peak), and the week a gain is read."""

    onset_share: Sourced[Any]
    fading_share: Sourced[Any]
    assessment_week: Sourced[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class ResponseParameters:
    """All of it. `potency` holds model parameters; nothing may show them as a conversion or move a dose by them."""

    uptake: Estimate
    effect_lag: Estimate
    half_life: Mapping[str, HalfLife]
    half_dose: Estimate
    half_dose_patient_sd: Sourced[Any]
    half_dose_session_sd: Sourced[Any]
    half_life_patient_sd: Sourced[Any]
    hill: Estimate
    greatest_strength_loss: Sourced[Any]
    reach: Reach
    potency: Mapping[str, Estimate]
    placebo: Placebo
    score: Score
    reading: Reading
    dysphagia: Harm
    neck_weakness: Harm

    def __post_init__(self) -> None:
        if set(self.half_life) != set(self.potency):
            odd = ", ".join(sorted(set(self.half_life) ^ set(self.potency)))
            raise KnowledgeError(f"evidence.response: {odd} has a half-life or a potency but not both.")

    def require(self, product: str) -> None:
        """Refuse a product the model has no parameters for."""
        if product not in self.potency:
            raise BadInput(
                where="product",
                read=product,
                expected=f"a product with a response model: {', '.join(sorted(self.potency))}",
                mend="The effect of this product cannot be forecast.",
            )


def build_response(table: Mapping[str, Any]) -> ResponseParameters:
    """The typed parameters from the resolved tables of the response file; refuses a missing one by its name."""
    half_life: dict[str, HalfLife] = {}
    for family, entry in _table(table, "half_life").items():
        for product in entry["products"]:
            if product in half_life:
                raise KnowledgeError(f"evidence.response.half_life: {product} stands in two families.")
            half_life[product] = HalfLife(family=family, days=_estimate(entry))
    half_dose, reach, placebo = (_table(table, name) for name in ("half_dose", "reach", "placebo"))
    return ResponseParameters(
        uptake=_estimate(_table(table, "uptake")),
        effect_lag=_estimate(_table(table, "effect_lag")),
        half_life=MappingProxyType(half_life),
        half_dose=_estimate(half_dose),
        half_dose_patient_sd=_entry(half_dose, "patient_sd"),
        half_dose_session_sd=_entry(half_dose, "session_sd"),
        half_life_patient_sd=_entry(_table(table, "spread"), "half_life_sd"),
        hill=_estimate(_table(table, "hill")),
        greatest_strength_loss=_entry(_table(table, "strength"), "greatest_loss"),
        reach=Reach(
            mean=_entry(reach, "centre"),
            se=_entry(reach, "se"),
            patient_logit_sd=_entry(reach, "patient_logit_sd"),
            reference_coverage=_estimate(reach, "reference_coverage", "reference_coverage_log_se"),
        ),
        potency=MappingProxyType({p: _estimate(entry) for p, entry in _table(table, "potency").items()}),
        placebo=Placebo(
            amplitude=_entry(placebo, "centre"),
            se=_entry(placebo, "se"),
            patient_sd=_entry(placebo, "patient_sd"),
            onset=_estimate(placebo, "onset", "onset_log_se"),
            fading=_estimate(placebo, "fading", "fading_log_se"),
        ),
        score=Score(**{name: _entry(_table(table, "score"), name) for name in Score.__slots__}),
        reading=Reading(**{name: _entry(_table(table, "reading"), name) for name in Reading.__slots__}),
        dysphagia=_harm(_table(table, "dysphagia")),
        neck_weakness=_harm(_table(table, "neck_weakness")),
    )


def _table(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = table.get(name)
    if not isinstance(found, Mapping):
        raise KnowledgeError(f"evidence.response: there is no table {name}.")
    return found


def _entry(table: Mapping[str, Any], name: str) -> Sourced[Any]:
    found = table.get(name)
    if not isinstance(found, Sourced):
        raise KnowledgeError(f"evidence.response: the entry {name} is missing.")
    return found


def _estimate(table: Mapping[str, Any], centre: str = "centre", log_se: str = "log_se") -> Estimate:
    return Estimate(centre=_entry(table, centre), log_se=_entry(table, log_se))


def _harm(table: Mapping[str, Any]) -> Harm:
    return Harm(
        intercept=_entry(table, "intercept"),
        intercept_se=_entry(table, "intercept_se"),
        slope=_entry(table, "slope"),
        slope_se=_entry(table, "slope_se"),
        background=_estimate(table, "background", "background_log_se"),
        reference_exposure=_entry(table, "reference_exposure"),
        study_sd=_entry(table, "study_sd"),
        not_fitted_for=_entry(table, "not_fitted_for"),
    )
