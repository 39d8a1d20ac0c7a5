"""Side effects: the curves of the model and the published counts they rest on, typed.

The curves live in `evidence/harms.toml`, which the calibration writes together with joint draws of their parameters;
what the calibration takes as given in `evidence/harm_inputs.toml`; the counts in `evidence/trial_safety.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from collis.errors import BadInput, KnowledgeError
from collis.knowledge.fields import Fields
from collis.knowledge.names import Muscle
from collis.sources import Sourced


class Effect(StrEnum):
    """The side effects with a curve; the words are those of the care file and of a session's record."""

    DYSPHAGIA = "dysphagia"
    NECK_WEAKNESS = "neck_weakness"
    DRY_MOUTH = "dry_mouth"
    INJECTION_PAIN = "injection_pain"
    FLU_LIKE = "flu_like"
    DYSPHONIA = "dysphonia"


class ExposureKind(StrEnum):
    """What counts as exposure: Units near the swallow, Units in muscles that hold the head, or all Units."""

    SWALLOW = "swallow"
    HOLDING = "holding"
    TOTAL = "total"


class DecidedBy(StrEnum):
    """What settled a parameter: the counts, the prior, or a choice that nothing was fitted to."""

    DATA = "data"
    PRIOR = "prior"
    HELD = "held"


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """A fitted parameter, its standard error on the same scale, and what decided it."""

    estimate: Sourced[Any]
    uncertainty: Sourced[Any]
    decided_by: DecidedBy

    @property
    def value(self) -> float:
        """The value used."""
        return float(self.estimate.value)

    @property
    def error(self) -> float:
        """Its standard error."""
        return float(self.uncertainty.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """When an effect starts and how long it lasts (means over those who have it), and the chain that says so.

    `uptake` (1/d) into the compartment and `sharpness` (how near their threshold the affected are) are set so that
    the chain gives `onset` and `length`; both are None for an effect of the needle, which follows no light chain.
    """

    onset: Sourced[Any]
    length: Sourced[Any]
    uptake: Sourced[Any] | None
    sharpness: Sourced[Any] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HarmModel:
    """The curve of one side effect over exposure in reference Units.

    P = 1 - (1 - p0) (1 - p): log odds of p0 = background + study; log odds of p = intercept + study +
    exp(log_slope) ln(exposure / reference), and serotype_b on top for a type B product. `study` is who asked and
    how: normal about 0 with SD exp(log_study_sd). `weights` turns Units by muscle into exposure.
    """

    effect: Effect
    exposure: ExposureKind
    reference: Sourced[Any]
    intercept: Parameter
    log_slope: Parameter
    background: Parameter
    serotype_b: Parameter
    log_study_sd: Parameter
    timing: Timing
    severe: Sourced[Any]
    weights: Mapping[Muscle, float]
    studies: tuple[str, ...]

    @property
    def care(self) -> str:
        """The key under which `Knowledge.side_effect_fact` says what to do."""
        return self.effect.value

    def exposure_of(self, units: Mapping[Muscle, float], *, potency: float) -> float:
        """The exposure of a session in reference Units, from its Units by muscle, both sides summed."""
        return potency * sum(self.weights[muscle] * amount for muscle, amount in units.items())


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawFile:
    """Joint draws beside the knowledge file: where they are, what they must hash to, and how many there are."""

    path: Path
    sha256: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Harms:
    """Every curve, the draws of their parameters, and the potencies that put products on one axis in the fit.

    The type B terms hold beside these potencies, so exposure is reckoned with them and with no others.
    """

    effects: Mapping[Effect, HarmModel]
    potency: Mapping[str, Sourced[Any]]
    serotypes: Mapping[str, str]
    draws: DrawFile

    def potency_of(self, product: str) -> float:
        """Reference Units per Unit of the product; refuses one the curves do not know."""
        found = self.potency.get(product)
        if found is None:
            raise BadInput(
                where="product",
                read=product,
                expected=f"a product with curves of side effects: {', '.join(sorted(self.potency))}",
            )
        return float(found.value)

    def is_serotype_b(self, product: str) -> bool:
        """Whether the product is of type B, by its own label file."""
        return self.serotypes[product] == "B"


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """A published adverse event in one arm: `cases` of `people` where both are known, percentages rounded to people.

    `units` is None where the dose is not known and 0 for placebo; `shares` splits it over muscles. `use` is fit, check
    or other, as the file explains.
    """

    trial: str
    arm: str
    product: str
    event: str
    effect: Effect | None
    use: str
    units: float | None
    people: int | None
    cases: int | None
    shares: Mapping[Muscle, float]
    entry: Sourced[Any]


def build_harms(
    table: Mapping[str, Any],
    inputs: Mapping[str, Any],
    *,
    swallow: Mapping[Muscle, float],
    serotypes: Mapping[str, str],
    folder: Path,
) -> Harms:
    """The typed curves from the resolved results and inputs; `swallow` is each muscle's nearness to the pharynx."""
    given = _inner(inputs, "effect", "evidence.harm_inputs")
    effects = {}
    for effect in Effect:
        place = f"evidence.harms.effect.{effect.value}"
        fitted = _inner(_inner(table, "effect", "evidence.harms"), effect.value, "evidence.harms.effect")
        named = _inner(given, effect.value, "evidence.harm_inputs.effect")
        parameter = {
            name: _parameter(_inner(fitted, name, place), f"{place}.{name}")
            for name in ("intercept", "log_slope", "background", "serotype_b", "log_study_sd")
        }
        kind = ExposureKind(named["exposure"])
        effects[effect] = HarmModel(
            effect=effect,
            exposure=kind,
            reference=_entry(named, "reference", "evidence.harm_inputs.effect"),
            intercept=parameter["intercept"],
            log_slope=parameter["log_slope"],
            background=parameter["background"],
            serotype_b=parameter["serotype_b"],
            log_study_sd=parameter["log_study_sd"],
            timing=_timing(named, fitted, place),
            severe=_entry(_inner(inputs, "severe", "evidence.harm_inputs"), effect.value, place),
            weights=exposure_weights(inputs, kind, swallow),
            studies=tuple(_entry(fitted, "studies", place).value),
        )
    potency = _inner(inputs, "potency", "evidence.harm_inputs")
    draws = _inner(table, "draws", "evidence.harms")
    return Harms(
        effects=MappingProxyType(effects),
        potency=MappingProxyType(dict(potency)),
        serotypes=MappingProxyType({name: serotypes[name] for name in potency}),
        draws=DrawFile(
            path=folder / str(_entry(draws, "file", "evidence.harms.draws").value),
            sha256=str(_entry(draws, "sha256", "evidence.harms.draws").value),
            count=int(_entry(draws, "count", "evidence.harms.draws").value),
        ),
    )


def exposure_weights(
    inputs: Mapping[str, Any], kind: ExposureKind, swallow: Mapping[Muscle, float]
) -> Mapping[Muscle, float]:
    """How much a Unit in each muscle counts as exposure of a kind; every muscle has a weight."""
    match kind:
        case ExposureKind.SWALLOW:
            weights = dict(swallow)
        case ExposureKind.TOTAL:
            weights = dict.fromkeys(Muscle, 1.0)
        case ExposureKind.HOLDING:
            entry = _entry(
                _inner(inputs, "holding", "evidence.harm_inputs"), "weights", "evidence.harm_inputs"
            )
            weights = {Muscle(name): float(value) for name, value in entry.value.items()}
    if missing := [muscle.value for muscle in Muscle if muscle not in weights]:
        raise KnowledgeError(f"evidence.harm_inputs: no {kind.value} weight for {', '.join(missing)}.")
    return MappingProxyType(weights)


def build_counts(table: Mapping[str, Any]) -> tuple[Count, ...]:
    """Every published count from its resolved file, in file order.

    Refuses an unknown word, a count above its people, and a fitted count without effect, dose or people.
    """
    fields = Fields(table, "evidence.trial_safety")
    plans = {
        name: {Muscle(m): float(v) for m, v in _mapping(plan.entry("shares")).items()}
        for name, plan in fields.tables("plan")
    }
    found: list[Count] = []
    for trial in fields.rows("trial"):
        name, plan = trial.word("id"), plans[trial.word("plan")]
        trial.text("about")
        for arm in trial.rows("arm"):
            head = {"arm": arm.word("id"), "product": arm.word("product")}
            arm.word("label")
            units = float(arm.number("units").value) if "units" in arm else None
            people = int(arm.number("people").value) if "people" in arm else None
            found += [
                _count(event, trial=name, units=units, people=people, shares=plan, **head)
                for event in arm.rows("event")
            ]
            arm.finish()
        trial.finish()
    fields.finish()
    return tuple(found)


def _count(
    event: Fields,
    *,
    trial: str,
    arm: str,
    product: str,
    units: float | None,
    people: int | None,
    shares: Mapping[Muscle, float],
) -> Count:
    name = event.word("id")
    effect = event.choice("effect", Effect) if "effect" in event else None
    use = event.word("use")
    if use not in ("fit", "check", "other"):
        raise KnowledgeError(f"{event.place}: use is {use!r}; fit, check or other is wanted.")
    if "people" in event:
        people = int(event.number("people").value)
    if "cases" in event:
        entry = event.number("cases")
        cases: int | None = int(entry.value)
    else:
        entry = event.number("percent")
        cases = None if people is None else round(float(entry.value) * people / 100)
    event.finish()
    if people is not None and cases is not None and not 0 <= cases <= people:
        raise KnowledgeError(f"{event.place}: {cases} of {people} people.")
    if use == "fit" and (effect is None or units is None or people is None):
        raise KnowledgeError(f"{event.place}: a fitted count needs effect, units and people.")
    return Count(
        trial=trial, arm=arm, product=product, event=name, effect=effect, use=use, units=units, people=people,
        cases=cases, shares=shares, entry=entry,
    )  # fmt: skip


def _timing(given: Mapping[str, Any], fitted: Mapping[str, Any], place: str) -> Timing:
    return Timing(
        onset=_entry(given, "onset", place),
        length=_entry(given, "length", place),
        uptake=_entry(fitted, "uptake", place) if "uptake" in fitted else None,
        sharpness=_entry(fitted, "sharpness", place) if "sharpness" in fitted else None,
    )


def _parameter(table: Mapping[str, Any], place: str) -> Parameter:
    return Parameter(
        estimate=_entry(table, "estimate", place),
        uncertainty=_entry(table, "uncertainty", place),
        decided_by=DecidedBy(_entry(table, "decided_by", place).value),
    )


def _inner(table: Mapping[str, Any], name: str, place: str) -> Mapping[str, Any]:
    found = table.get(name)
    if not isinstance(found, Mapping):
        raise KnowledgeError(f"{place}: there is no table {name}.")
    return found


def _entry(table: Mapping[str, Any], name: str, place: str) -> Sourced[Any]:
    found = table.get(name)
    if not isinstance(found, Sourced):
        raise KnowledgeError(f"{place}: the entry {name} is missing.")
    return found


def _mapping(entry: Sourced[Any]) -> Mapping[str, Any]:
    if not isinstance(entry.value, Mapping):
        raise KnowledgeError(f"{entry.path}: a table of numbers is wanted.")
    return entry.value
