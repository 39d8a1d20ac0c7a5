"""Parameters of the response model, typed: toxin in a muscle, relief in a patient, harm in a neck.

Every parameter keeps its sourced entry, so that whoever shows a number can show what it stands on, and says whether
data or prior decided it. The joint draws stand in a file beside, bound by its hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from collis.errors import BadInput, KnowledgeError
from collis.sources import Sourced


class Scale(StrEnum):
    """The scale a parameter is fitted on and its `sd` is told on; `DERIVED` from others, `HELD` at a value."""

    LOG = "log"
    SHARE = "share"
    PLAIN = "plain"
    DERIVED = "derived"
    HELD = "held"


class DecidedBy(StrEnum):
    """What an estimate rests on: data where they cut the prior's width to below 0.7."""

    DATA = "data"
    PRIOR = "prior"
    HELD = "held"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitted:
    """One parameter of the fit: estimate and its spread, the prior it started from, and which of the two decided.

    `sd` and `prior_sd` are on `scale`; they and `prior` are None where a parameter is held, or derived from others.
    """

    name: str
    scale: Scale
    decided_by: DecidedBy
    estimate: Sourced[Any]
    sd: Sourced[Any] | None
    prior: Sourced[Any] | None
    prior_sd: Sourced[Any] | None
    products: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.scale is Scale.HELD) is not (self.sd is None) or (self.prior is None) is not (
            self.prior_sd is None
        ):
            raise KnowledgeError(
                f"evidence.response.fitted.{self.name}: {self.scale} and its spread do not agree."
            )
        if self.sd is not None and not self.sd.value > 0:
            raise KnowledgeError(f"evidence.response.fitted.{self.name}: a spread of {self.sd.value}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawsFile:
    """The file of joint draws beside the parameters, its SHA-256, how many draws, and how they were made."""

    file: str
    sha256: str
    count: Sourced[Any]
    seed: Sourced[Any]
    effective: Sourced[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class FitData:
    """What the fit saw. `patients_sha256` names the table of single patients, "" where none was used."""

    patients_sha256: str
    rows: Sourced[Any]
    unchecked_rows: Sourced[Any]
    patients: Sourced[Any]
    study_placebo: Sourced[Any]
    study_placebo_sd: Sourced[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class FitChoices:
    """What the fit takes as given beside the priors."""

    week_correlation: Sourced[Any]
    unchecked_widening: Sourced[Any]
    misfit_sd: Sourced[Any]


_POTENCY, _HALF_LIFE = "potency_", "half_life_"


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

    `drift_sd` is the standing spread of the natural drift in points, `drift_weeks` the time over which it forgets.
    """

    baseline: Sourced[Any]
    baseline_se: Sourced[Any]
    baseline_patient_sd: Sourced[Any]
    highest: Sourced[Any]
    meaningful_change: Sourced[Any]
    noise_sd: Sourced[Any]
    drift_sd: Sourced[Any]
    drift_weeks: Sourced[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What counts as onset (share of the rise), as faded (share of the peak), and the week a gain is read."""

    onset_share: Sourced[Any]
    fading_share: Sourced[Any]
    assessment_week: Sourced[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class ResponseParameters:
    """All of it. `potency` holds model parameters; nothing may show them as a conversion or move a dose by them.

    `fitted` has every parameter of the fit by the name its draws are stored under; the other fields are views of it
    and of what is written by hand. `half_dose` is per volume: the fitted total over `typical_volume`.
    """

    fitted: Mapping[str, Fitted]
    draws: DrawsFile
    data: FitData
    choices: FitChoices
    uptake: Estimate
    effect_lag: Estimate
    half_life: Mapping[str, HalfLife]
    typical_volume: Sourced[Any]
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
    fitted = {name: _fitted(name, entry) for name, entry in _table(table, "fitted").items()}
    half_dose, reach, score = (_table(table, name) for name in ("half_dose", "reach", "score"))
    volume = _entry(half_dose, "typical_volume")
    total = _of(fitted, "half_dose_total")
    per_volume = replace(total.centre, value=total.value / float(volume.value), unit="Units/cm3")
    share = _of(fitted, "reach_mean")
    share_error = share.error * share.value * (1.0 - share.value)
    baseline, amplitude = _of(fitted, "baseline_mean"), fitted["placebo_amplitude"]
    assert amplitude.sd is not None
    return ResponseParameters(
        fitted=MappingProxyType(fitted),
        draws=_draws_file(_table(table, "draws")),
        data=_fit_data(_table(table, "data")),
        choices=FitChoices(**{n: _entry(_table(table, "fit"), n) for n in FitChoices.__slots__}),
        uptake=_of(fitted, "uptake"),
        effect_lag=_of(fitted, "effect_lag"),
        half_life=MappingProxyType(_half_lives(fitted)),
        typical_volume=volume,
        half_dose=Estimate(centre=per_volume, log_se=total.log_se),
        half_dose_patient_sd=fitted["half_dose_patient_sd"].estimate,
        half_dose_session_sd=fitted["half_dose_session_sd"].estimate,
        half_life_patient_sd=fitted["half_life_patient_sd"].estimate,
        hill=_estimate(_table(table, "hill")),
        greatest_strength_loss=_entry(_table(table, "strength"), "greatest_loss"),
        reach=Reach(
            mean=share.centre,
            se=replace(share.log_se, value=share_error, unit="ratio"),
            patient_logit_sd=fitted["reach_patient_sd"].estimate,
            reference_coverage=_estimate(reach, "reference_coverage", "reference_coverage_log_se"),
        ),
        potency=MappingProxyType(
            {n.removeprefix(_POTENCY): _of(fitted, n) for n in fitted if n.startswith(_POTENCY)}
        ),
        placebo=Placebo(
            amplitude=amplitude.estimate,
            se=amplitude.sd,
            patient_sd=fitted["placebo_patient_sd"].estimate,
            onset=_of(fitted, "placebo_onset"),
            fading=_of(fitted, "placebo_fading"),
        ),
        score=Score(
            baseline=baseline.centre,
            baseline_se=replace(baseline.log_se, value=baseline.error * baseline.value, unit="points"),
            highest=_entry(score, "highest"),
            meaningful_change=_entry(score, "meaningful_change"),
            **{
                name: fitted[name].estimate
                for name in ("baseline_patient_sd", "noise_sd", "drift_sd", "drift_weeks")
            },
        ),
        reading=Reading(**{name: _entry(_table(table, "reading"), name) for name in Reading.__slots__}),
    )


def read_draws(folder: Path, draws: DrawsFile) -> bytes:
    """The file of joint draws as it stands beside the parameters; refuses a file of another hash."""
    content = (folder / draws.file).read_bytes()
    if hashlib.sha256(content).hexdigest() != draws.sha256:
        raise KnowledgeError(
            f"{draws.file}: the file is not the one whose hash stands in evidence.response.draws."
        )
    return content


def _fitted(name: str, table: Mapping[str, Any]) -> Fitted:
    try:
        scale, decided_by = Scale(table["scale"]), DecidedBy(table["decided_by"])
    except (KeyError, ValueError) as error:
        raise KnowledgeError(
            f"evidence.response.fitted.{name}: scale or decided_by is wrong: {error}."
        ) from error
    return Fitted(
        name=name,
        scale=scale,
        decided_by=decided_by,
        estimate=_entry(table, "estimate"),
        sd=table.get("sd"),
        prior=table.get("prior"),
        prior_sd=table.get("prior_sd"),
        products=tuple(table.get("products", ())),
    )


def _of(fitted: Mapping[str, Fitted], name: str) -> Estimate:
    """An estimate with its error; a held parameter has an error of 0."""
    found = fitted.get(name)
    if found is None:
        raise KnowledgeError(f"evidence.response.fitted: the parameter {name} is missing.")
    error = found.sd if found.sd is not None else replace(found.estimate, value=0, unit="log")
    return Estimate(centre=found.estimate, log_se=error)


def _half_lives(fitted: Mapping[str, Fitted]) -> dict[str, HalfLife]:
    found: dict[str, HalfLife] = {}
    for name, entry in fitted.items():
        for product in entry.products:
            if product in found:
                raise KnowledgeError(f"evidence.response.fitted: {product} stands in two families.")
            found[product] = HalfLife(family=name.removeprefix(_HALF_LIFE), days=_of(fitted, name))
    return found


def _draws_file(table: Mapping[str, Any]) -> DrawsFile:
    return DrawsFile(
        file=_word(table, "file"),
        sha256=_word(table, "sha256"),
        **{name: _entry(table, name) for name in ("count", "seed", "effective")},
    )


def _fit_data(table: Mapping[str, Any]) -> FitData:
    return FitData(
        patients_sha256=_word(table, "patients_sha256"),
        **{name: _entry(table, name) for name in FitData.__slots__ if name != "patients_sha256"},
    )


def _word(table: Mapping[str, Any], name: str) -> str:
    found = table.get(name)
    if not isinstance(found, str):
        raise KnowledgeError(f"evidence.response: the word {name} is missing.")
    return found


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
