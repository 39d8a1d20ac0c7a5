"""From a plan to the Units that reach each muscle-side and the pharynx, by guidance, sites and volume.

The half-relief dose of the response model and the curve of swallowing trouble were fitted to *injected* Units of
trial sessions. So everything here is put relative to such a session: the same dose in the same muscle at the
product's usual strength, in the usual number of sites, found the way the trials found their muscles. For that session
the factor on every dose is 1 and the exposure of the pharynx is that of the fit. A plan under ultrasound gets a
factor above 1, one by touch a factor below 1.

A neighbour's Units are in the same currency: what landed in it over the share that a reference session keeps in the
muscle aimed at. The trials' injections spilled too, so what that does for the score is already in the fitted reach:
relief is read from `aimed`, weakness beside the aim from `by_place`.

>>> from collis.case.plan import Injection, Plan
>>> from collis.knowledge.load import load
>>> from collis.knowledge.names import Guidance
>>> from collis.side import Side
>>> from collis.units import Dose
>>> given = Injection(muscle=Muscle.SPLENIUS_CAPITIS, side=Side.LEFT, sites=2,
...                   dose=Dose.of(60, "onabotulinumtoxinA"), guidance=Guidance.ULTRASOUND)
>>> known = load()
>>> plan = Plan(name="one", product="onabotulinumtoxinA", injections=(given,))
>>> round(float(reaching(plan, known.muscles, known.spread).of(given.where)), 1)
76.4
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import NormalDist
from types import MappingProxyType

import numpy as np

from collis.case.plan import Injection, Plan
from collis.case.preparation import Preparation
from collis.errors import BadInput
from collis.knowledge.muscles import MuscleFacts
from collis.knowledge.names import Guidance, Muscle, MuscleSide
from collis.knowledge.spread import Depth, SpreadParameters
from collis.side import Side
from collis.toxin.spread import catch, kept_share, pharynx_share, spill_share, spread_matrix
from collis.toxin.timecourse import Array

PLACES = tuple(MuscleSide(muscle, side) for muscle in Muscle for side in Side)
"""Every muscle-side, in the order of the `place` axis."""

_Muscles = Mapping[Muscle, MuscleFacts]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Placement:
    """Drawn doubt about the spread and luck of the needle; every array has shape [draw] and no unit.

    `spill` and `decay_length` are factors (on odds and on the length), `aim` shifts the log odds of hitting by way
    of guiding, `luck` is a standard normal by muscle. Both sides of a muscle share their luck, as they share the
    hand and the build: so the mirrored plan meets the mirrored luck, draw by draw.
    """

    spill: Array
    decay_length: Array
    aim: Mapping[Guidance, Array]
    luck: Mapping[Muscle, Array]

    @property
    def without_luck(self) -> Placement:
        """The doubt alone, for a model whose doses already vary from session to session."""
        return replace(self, luck=MappingProxyType({m: np.zeros_like(z) for m, z in self.luck.items()}))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Reached:
    """Where a plan's Units go. Arrays have the leading axis [draw] when placement was drawn, else none.

    `units` [..., place] in Units of a reference session, in the order of `PLACES`; `pharynx` [...] in
    sternocleidomastoid-equivalent Units of a reference session: what the curve of swallowing trouble takes. `factor`
    [..., injection] is what each planned dose is multiplied by. `shares` [..., place + 2, injection] says where each
    injection's Units go: the places, the pharynx, elsewhere; columns sum to 1. `landed` [..., place], `at_pharynx`
    [...] and `lost` [...] are plain Units and sum to the plan's total.
    """

    plan: Plan
    units: Array
    pharynx: Array
    factor: Array
    shares: Array
    landed: Array
    at_pharynx: Array
    lost: Array
    notes: tuple[str, ...]

    def of(self, where: MuscleSide) -> Array:
        """The Units of a reference session that reach one muscle-side."""
        return np.asarray(self.units[..., PLACES.index(where)])

    @property
    def aimed(self) -> Mapping[MuscleSide, Array]:
        """What each injection's own Units are worth where they were aimed: the planned dose times its factor."""
        return {
            injection.where: np.asarray(float(injection.dose.units) * self.factor[..., i])
            for i, injection in enumerate(self.plan.injections)
        }

    @property
    def by_place(self) -> Mapping[MuscleSide, Array]:
        """The Units of a reference session by muscle-side, those that get none left out."""
        return {where: self.of(where) for i, where in enumerate(PLACES) if np.any(self.units[..., i] > 0.0)}


def draw_placement(parameters: SpreadParameters, *, draws: int, seed: int) -> Placement:
    """`draws` ways the same plan may turn out; the same seed gives the same whatever the plan.

    Strata of equal probability, shuffled, so that few draws give steady bands.
    """
    if draws < 1:
        raise BadInput(where="draws", read=f"{draws}", expected="1 draw or more")
    strata = _strata(draws)
    chance = np.random.default_rng(seed)

    def normal() -> Array:
        return chance.permutation(strata)

    return Placement(
        spill=np.exp(parameters.spill.share_log_se.value * normal()),
        decay_length=np.exp(parameters.field.decay_length_log_se.value * normal()),
        aim=MappingProxyType({g: parameters.aim[g].logit_se.value * normal() for g in Guidance}),
        luck=MappingProxyType({muscle: normal() for muscle in Muscle}),
    )


def reaching(
    plan: Plan,
    muscles: _Muscles,
    parameters: SpreadParameters,
    *,
    units_per_ml: float | None = None,
    volumes_ml: Mapping[MuscleSide, float] | None = None,
    placement: Placement | None = None,
) -> Reached:
    """What of `plan` reaches where; the centre of everything without `placement`.

    `units_per_ml` is the strength in the syringe (`strength_of` a preparation), `volumes_ml` the mL given into
    single muscle-sides; where neither says it, the product's usual strength is taken and said. A product without a
    usual strength is taken to spread as a typical injection.
    """
    if units_per_ml is not None and not units_per_ml > 0:
        raise BadInput(where="strength", read=f"{units_per_ml:g} Units/mL", expected="more than 0")
    given = plan.injections
    usual = parameters.usual_strength.get(plan.product)
    dose = np.array([float(i.dose.units) for i in given])
    bulk = np.array([muscles[i.muscle].number("volume") for i in given])
    typical = bulk * parameters.spill.reference_volume.value if usual is None else dose / usual.value
    volume = _volumes(given, typical if units_per_ml is None else dose / units_per_ml, volumes_ml or {})
    sites = np.array([float(i.sites) for i in given])
    usual_sites = np.array([_usual_sites(muscles[i.muscle], plan.product, parameters) for i in given])

    aim = _aim_of_plan(given, muscles, parameters, placement)
    kept = kept_share(
        aim, _spill(volume, bulk, sites, parameters, placement), stray_return=parameters.stray_return.value
    )
    reference = kept_share(
        _aim_of_reference(given, muscles, parameters, placement),
        _spill(typical, bulk, usual_sites, parameters, placement),
        stray_return=parameters.stray_return.value,
    )
    swallow = np.array([_swallow_weight(muscles[i.muscle]) for i in given])
    pharynx = pharynx_share(
        1.0 - kept,
        reference_leaving=1.0 - reference,
        swallow_weight=swallow,
        share=parameters.pharynx_share.value,
    )
    shares = spread_matrix(
        kept, pharynx, _catches(given, muscles, parameters, placement), elsewhere=_elsewhere(parameters)
    )
    count = len(PLACES)
    to_muscles = shares[..., :count, :]
    units = (to_muscles * (dose / reference)[..., None, :]).sum(axis=-1)
    exposure = swallow * dose * (1.0 - kept) / (1.0 - reference)
    return Reached(
        plan=plan,
        units=units,
        pharynx=np.asarray(exposure.sum(axis=-1)),
        factor=kept / reference,
        shares=shares,
        landed=(to_muscles * dose).sum(axis=-1),
        at_pharynx=np.asarray((shares[..., count, :] * dose).sum(axis=-1)),
        lost=np.asarray((shares[..., count + 1, :] * dose).sum(axis=-1)),
        notes=_notes(plan, parameters, units_per_ml=units_per_ml, volumes_ml=volumes_ml),
    )


def strength_of(preparation: Preparation) -> float:
    """The strength in the syringe, Units/mL."""
    return float(preparation.units_per_0_1ml) * 10.0


def stated_strength(preparation: Preparation | None, product: str) -> float | None:
    """The strength in the syringe where a preparation of that product states it, Units/mL."""
    if preparation is None or preparation.product != product:
        return None
    return strength_of(preparation)


@lru_cache(maxsize=8)
def _strata(draws: int) -> Array:
    strata = np.array([NormalDist().inv_cdf((i + 0.5) / draws) for i in range(draws)])
    strata.setflags(write=False)
    return strata


def _volumes(given: tuple[Injection, ...], otherwise: Array, said: Mapping[MuscleSide, float]) -> Array:
    strange = [where for where, ml in said.items() if not (ml >= 0 and np.isfinite(ml))]
    if strange:
        raise BadInput(where=f"volume of {strange[0]}", read=f"{said[strange[0]]}", expected="0 mL or more")
    return np.array([said.get(i.where, float(ml)) for i, ml in zip(given, otherwise, strict=True)])


def _usual_sites(muscle: MuscleFacts, product: str, parameters: SpreadParameters) -> float:
    """The middle of the usual number of sites, of this product or else of any other."""
    ranges = [muscle.doses[p].sites for p in (product, *sorted(muscle.doses)) if p in muscle.doses]
    found = next((entry for entry in ranges if entry is not None), None)
    if found is None:
        return parameters.reference_sites.value
    low, high = found.value
    return 0.5 * (float(low) + float(high))


def _spill(
    volume: Array, bulk: Array, sites: Array, parameters: SpreadParameters, placement: Placement | None
) -> Array:
    spill = parameters.spill
    share = spill.share.value
    odds = share / (1.0 - share) * (1.0 if placement is None else placement.spill[:, None])
    return spill_share(
        volume,
        volume_cm3=bulk,
        sites=sites,
        share=odds / (1.0 + odds),
        reference=spill.reference_volume.value,
        volume_exponent=spill.volume_exponent.value,
        bolus_exponent=spill.bolus_exponent.value,
    )


def _hitting(
    guidance: Guidance, muscle: MuscleFacts, parameters: SpreadParameters, placement: Placement | None
) -> Array:
    """The log odds of a Unit being set into the muscle, shape [] or [draw]."""
    share = parameters.aim[guidance].by_depth[Depth(muscle.text("depth"))].value
    shift = 0.0 if placement is None else placement.aim[guidance]
    return np.asarray(np.log(share / (1.0 - share)) + shift)


def _aim_of_plan(
    given: tuple[Injection, ...], muscles: _Muscles, parameters: SpreadParameters, placement: Placement | None
) -> Array:
    """The share set into each muscle aimed at, [..., injection]; luck evens out over the sites."""
    odds = []
    for injection in given:
        logit = _hitting(injection.guidance, muscles[injection.muscle], parameters, placement)
        if placement is not None:
            spread = parameters.session_logit_sd.value / np.sqrt(injection.sites)
            logit = logit + spread * placement.luck[injection.muscle]
        odds.append(logit)
    return _stacked([1.0 / (1.0 + np.exp(-logit)) for logit in odds], placement)


def _aim_of_reference(
    given: tuple[Injection, ...], muscles: _Muscles, parameters: SpreadParameters, placement: Placement | None
) -> Array:
    """The same share as the trials found their muscles, without luck."""
    mix = {g: entry.value for g, entry in parameters.reference_mix.items() if entry.value > 0}
    shares = []
    for injection in given:
        muscle = muscles[injection.muscle]
        parts = [w / (1.0 + np.exp(-_hitting(g, muscle, parameters, placement))) for g, w in mix.items()]
        shares.append(np.asarray(sum(parts)))
    return _stacked(shares, placement)


def _stacked(columns: list[Array], placement: Placement | None) -> Array:
    if columns:
        return np.stack(columns, axis=-1)
    return np.zeros((0,) if placement is None else (len(placement.spill), 0))


def _catches(
    given: tuple[Injection, ...], muscles: _Muscles, parameters: SpreadParameters, placement: Placement | None
) -> Array:
    """The pull of every muscle-side on what leaves each injection, [..., place, injection]; NaN at the aim."""
    distance = np.full((len(PLACES), len(given)), np.inf)
    for column, injection in enumerate(given):
        for row, where in enumerate(PLACES):
            across = where.side is not injection.side
            mm = parameters.distance(injection.muscle, where.muscle, across=across)
            if where == injection.where:
                distance[row, column] = np.nan
            elif mm is not None:
                distance[row, column] = mm
    bulk = np.array([muscles[where.muscle].number("volume") for where in PLACES])[:, None]
    field = parameters.field
    length: float | Array = field.decay_length.value
    if placement is not None:
        length = field.decay_length.value * placement.decay_length[:, None, None]
    return catch(
        distance,
        volume_cm3=bulk,
        decay_length=length,
        radius=field.radius.value[1],
        surface_exponent=field.surface_exponent.value,
    )


def _elsewhere(parameters: SpreadParameters) -> Array:
    return np.asarray(parameters.field.elsewhere_volume.value**parameters.field.surface_exponent.value)


def _swallow_weight(muscle: MuscleFacts) -> float:
    return muscle.number("swallow_weight") if "swallow_weight" in muscle.facts else 0.0


def _notes(
    plan: Plan,
    parameters: SpreadParameters,
    *,
    units_per_ml: float | None,
    volumes_ml: Mapping[MuscleSide, float] | None,
) -> tuple[str, ...]:
    """What has to be said of the figures: assumed volume first."""
    notes = []
    unsaid = [i for i in plan.injections if i.where not in (volumes_ml or {}) and i.dose.units > 0]
    if units_per_ml is None and unsaid:
        usual = parameters.usual_strength.get(plan.product)
        if usual is None:
            notes.append(
                f"No strength is known for {plan.product}; it is taken to spread as a typical injection."
            )
        else:
            notes.append(
                f"The strength in the syringe is not stated; the usual {usual.value:g} Units/mL is assumed."
            )
    notes.append(
        "How much of a dose reaches its muscle, its neighbours and the pharynx is mostly assumed; read it as a "
        "comparison with a typical trial session."
    )
    return tuple(notes)
