"""Fits the curves of side effects to the published counts and writes them into knowledge.

    python -m tools.calibrate_harms [--into FOLDER]

One effect at a time: binomial counts by arm, a shift per study (who asked and how) that is integrated out by
quadrature, priors from `evidence/harm_inputs.toml`; the highest point of the posterior and the curvature there give
estimate, error and joint draws. Then the time course of each effect of the light chain is set to its published mean
onset and length. Writes `harms.toml` and `harms.npz`; two runs give the same bytes. Needs no patient rows.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from collis.knowledge.harms import Count, Effect, ExposureKind, exposure_weights
from collis.knowledge.load import DATA, Knowledge, load
from collis.knowledge.names import Muscle
from collis.toxin.adverse import mean_onset_and_length
from collis.toxin.timecourse import Array

SEED = 20261122
DRAWS = 400
NODES, REACH = 241, 6.0  # of the quadrature over the shift of a study, in its standard deviations
DECIMALS = 5
SETTLED = 0.7  # an error below this share of the prior's says that the counts decided
DECIDED = "error against that of the prior"
PRIORS = ("intercept", "log_slope", "background", "serotype_b", "log_study_sd")
WHERE = {
    "intercept": "log odds of the drug's part at the reference exposure, typical study",
    "log_slope": "logarithm of the slope per log unit of exposure",
    "background": "log odds of the share without toxin, typical study",
    "serotype_b": "what type B adds to the log odds of the drug's part",
    "log_study_sd": "logarithm of the spread of studies in log odds",
}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rows:
    """The counts of one effect: cases of people, exposure in reference Units over the reference, study, type B."""

    cases: Array
    people: Array
    scaled: Array
    type_b: Array
    study: Array
    studies: tuple[str, ...]
    counts: tuple[Count, ...]

    def without(self, study: str) -> Rows:
        """The rows of the other studies."""
        return self.where(np.array([c.trial != study for c in self.counts]))

    def where(self, kept: Array) -> Rows:
        """The rows marked."""
        counts = tuple(c for c, keep in zip(self.counts, kept, strict=True) if keep)
        return replace(
            self,
            **{name: getattr(self, name)[kept] for name in ("cases", "people", "scaled", "type_b", "study")},
            counts=counts,
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Fit:
    """The highest point of a posterior in the order of `PRIORS`, its covariance, and the log density there."""

    centre: Array
    covariance: Array
    height: float

    @property
    def error(self) -> Array:
        """Standard errors."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))


def rows_of(
    knowledge: Knowledge, effect: Effect, inputs: Mapping[str, Any], *, kind: ExposureKind | None = None
) -> Rows:
    """The fitted counts of one effect; `kind` tries another exposure than the one knowledge names."""
    given = inputs["effect"][effect.value]
    weights = exposure_weights(inputs, kind or ExposureKind(given["exposure"]), knowledge.swallow_weights)
    counts = tuple(c for c in knowledge.trial_safety if c.use == "fit" and c.effect is effect)
    studies = tuple(dict.fromkeys(c.trial for c in counts))
    reference = float(given["reference"].value)
    return Rows(
        cases=np.array([float(c.cases or 0) for c in counts]),
        people=np.array([float(c.people or 0) for c in counts]),
        scaled=np.array([exposure_of(c, weights, inputs["potency"]) / reference for c in counts]),
        type_b=np.array([float(is_type_b(knowledge, c.product)) for c in counts]),
        study=np.array([float(studies.index(c.trial)) for c in counts]),
        studies=studies,
        counts=counts,
    )


def exposure_of(count: Count, weights: Mapping[Muscle, float], potency: Mapping[str, Any]) -> float:
    """The exposure of an arm in reference Units, 0 for placebo."""
    if not count.units:
        return 0.0
    share = sum(weights[muscle] * part for muscle, part in count.shares.items())
    return float(potency[count.product].value) * count.units * share


def is_type_b(knowledge: Knowledge, product: str) -> bool:
    """Whether a product is of type B; placebo is of none."""
    return product in knowledge.products and knowledge.product(product).serotype == "B"


def chances_in_study(rows: Rows, at: Array, shift: Array) -> Array:
    """The chance in each arm at study shifts of shape [node] or [row]; shape [node, row] or [row]."""
    intercept, log_slope, background, serotype_b, _ = at
    shift = np.asarray(shift)
    shift = shift[:, None] if shift.shape != rows.cases.shape else shift
    with np.errstate(divide="ignore"):
        log_scaled = np.log(rows.scaled)
    odds = np.exp(intercept + shift + serotype_b * rows.type_b + np.exp(log_slope) * log_scaled)
    return np.asarray(1.0 - 1.0 / ((1.0 + np.exp(background + shift)) * (1.0 + odds)))


def log_posterior(rows: Rows, priors: Mapping[str, tuple[float, float]]) -> Callable[[Array], float]:
    """The log density of the five parameters, each study's shift integrated out."""
    nodes = np.linspace(-REACH, REACH, NODES)
    log_weights = -0.5 * nodes**2
    log_weights -= np.log(np.exp(log_weights).sum())
    member = rows.study[:, None] == np.unique(rows.study)[None, :]

    def density(at: Array) -> float:
        p = np.clip(chances_in_study(rows, at, np.exp(at[4]) * nodes), 1e-12, 1.0 - 1e-12)
        log_p = rows.cases * np.log(p) + (rows.people - rows.cases) * np.log1p(-p)
        by_study = log_p @ member + log_weights[:, None]
        highest = by_study.max(axis=0)
        fit = float((highest + np.log(np.exp(by_study - highest).sum(axis=0))).sum())
        middle, sd = np.array([priors[name] for name in PRIORS]).T
        return fit - 0.5 * float((((at - middle) / sd) ** 2).sum())

    return density


def fit(rows: Rows, priors: Mapping[str, tuple[float, float]]) -> Fit:
    """The highest point and the curvature there."""
    density = log_posterior(rows, priors)
    start = np.array([priors[name][0] for name in PRIORS])
    found = minimize(lambda x: -density(x), start, method="BFGS", options={"gtol": 1e-6})
    centre = np.asarray(found.x)
    covariance = np.linalg.inv(_curvature(lambda x: -density(x), centre))
    return Fit(centre=centre, covariance=0.5 * (covariance + covariance.T), height=density(centre))


def _curvature(function: Callable[[Array], float], at: Array, step: float = 1e-3) -> Array:
    """The Hessian by central differences."""
    size = at.size
    steps = step * np.eye(size)
    hessian = np.empty((size, size))
    for i in range(size):
        for j in range(i, size):
            a, b = steps[i], steps[j]
            hessian[i, j] = hessian[j, i] = (
                function(at + a + b) - function(at + a - b) - function(at - a + b) + function(at - a - b)
            ) / (4.0 * step * step)
    return hessian


def draw(found: Fit, *, seed: int, draws: int = DRAWS) -> Mapping[str, Array]:
    """Joint normal draws about the highest point, mean and spread as fitted, rounded for writing."""
    lower = np.linalg.cholesky(found.covariance)
    normal = np.random.default_rng(seed).standard_normal((draws, found.centre.size))
    normal -= normal.mean(axis=0)
    drawn = np.round(found.centre + normal @ lower.T, DECIMALS) + 0.0
    return {name: np.ascontiguousarray(drawn[:, i]) for i, name in enumerate(PRIORS)}


def own_shifts(rows: Rows, found: Fit) -> Array:
    """The mean shift of each row's own study given its counts, at the highest point of the posterior; [row]."""
    nodes = np.linspace(-6.0, 6.0, 601) * np.exp(found.centre[4])
    p = chances_in_study(rows, found.centre, nodes)
    log_p = rows.cases * np.log(p) + (rows.people - rows.cases) * np.log1p(-p)
    shifts = np.zeros(rows.cases.shape)
    for study in np.unique(rows.study):
        mine = rows.study == study
        height = log_p[:, mine].sum(axis=1) - 0.5 * (nodes / np.exp(found.centre[4])) ** 2
        weight = np.exp(height - height.max())
        shifts[mine] = (weight * nodes).sum() / weight.sum()
    return shifts


def priors_of(inputs: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Middle and SD of each prior."""
    return {name: (float(e.value[0]), float(e.value[1])) for name, e in inputs["prior"].items()}


def timing_of(*, onset_days: float, length_days: float, half_life_days: float) -> tuple[float, float]:
    """Uptake (1/d) and sharpness that give the mean onset and length beside a half-life."""

    def miss(logs: Array) -> float:
        onset, length = mean_onset_and_length(
            uptake=float(np.exp(logs[0])), half_life_days=half_life_days, sharpness=float(np.exp(logs[1]))
        )
        return float(np.log(onset / onset_days) ** 2 + np.log(length / length_days) ** 2)

    best = minimize(miss, np.log([0.1, 2.0]), method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-12})
    return float(np.exp(best.x[0])), float(np.exp(best.x[1]))


def calibrate(knowledge: Knowledge, into: Path) -> None:
    """Fit every effect and write `harms.toml` and `harms.npz` into a folder."""
    inputs = knowledge.harm_inputs
    priors = priors_of(inputs)
    arrays: dict[str, Array] = {}
    tables: list[str] = []
    for number, effect in enumerate(Effect):
        rows = rows_of(knowledge, effect, inputs)
        found = fit(rows, priors)
        for name, drawn in draw(found, seed=SEED + number).items():
            arrays[f"{effect.value}_{name}"] = drawn
        tables.append(_effect_table(effect, rows, found, priors, inputs))
    path = into / "harms.npz"
    np.savez(path, **arrays)  # type: ignore[arg-type]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (into / "harms.toml").write_text("\n".join([_head(digest), *tables]), "utf-8")


def _head(digest: str) -> str:
    return "\n".join(
        [
            "# The curves of side effects as fitted. Written by `python -m tools.calibrate_harms`; not edited by hand.",
            "# What was taken as given stands in harm_inputs.toml, the counts in trial_safety.toml.",
            "",
            "[defaults]",
            "since = 2026-01-01",
            "checked = 2026-11-22",
            "",
            "[draws]",
            f"file = {_entry('harms.npz', 'text', 'joint draws of every curve', grade='trial')}",
            f"sha256 = {_entry(digest, 'text', 'SHA-256 of the file of draws', grade='trial')}",
            f"count = {_entry(DRAWS, 'count', 'how many draws', grade='assumed')}",
            f"seed = {_entry(SEED, 'count', 'seed of the draws', grade='assumed')}",
            "",
        ]
    )


def _effect_table(
    effect: Effect,
    rows: Rows,
    found: Fit,
    priors: Mapping[str, tuple[float, float]],
    inputs: Mapping[str, Any],
) -> str:
    people = int(rows.people.sum())
    used = f"{len(rows.counts)} arms of {len(rows.studies)} studies, {people} people"
    lines = [f"[effect.{effect.value}]"]
    lines.append(
        f"studies = {_entry(list(rows.studies), 'text', 'studies whose counts were fitted', grade='trial')}"
    )
    given = inputs["effect"][effect.value]
    days = float(given["onset"].value), 7.0 * float(given["length"].value)
    if follows_the_chain(given):
        uptake, sharpness = timing_of(
            onset_days=days[0],
            length_days=days[1],
            half_life_days=float(inputs["chain"]["half_life"].value),
        )
        note = "Held: set so that mean onset and length come out as given, not fitted to single courses."
        place = "time course of those affected"
        lines.append(f"uptake = {_entry(round(uptake, 4), '1/d', place, grade='assumed', note=note)}")
        lines.append(f"sharpness = {_entry(round(sharpness, 3), 'ratio', place, grade='assumed', note=note)}")
    for i, name in enumerate(PRIORS):
        settled = rows_tell(name, rows) and found.error[i] < SETTLED * priors[name][1]
        grade = "trial" if settled else "assumed"
        lines += [
            "",
            f"[effect.{effect.value}.{name}]",
            f"estimate = {_entry(round(float(found.centre[i]), 4), 'log', WHERE[name], grade=grade, note=used)}",
            f"uncertainty = {_entry(round(float(found.error[i]), 4), 'log', 'standard error', grade=grade)}",
            f"decided_by = {_entry('data' if settled else 'prior', 'text', DECIDED, grade='assumed')}",
        ]
    return "\n".join([*lines, ""])


def rows_tell(name: str, rows: Rows) -> bool:
    """Whether the counts can speak of a parameter at all: no type B arm beside type A, no type B term."""
    if name == "serotype_b":
        active = rows.scaled > 0
        return bool(rows.type_b.any() and (active & (rows.type_b == 0)).any())
    return True


def follows_the_chain(given: Mapping[str, Any]) -> bool:
    """Whether an effect starts late enough to come from the light chain and not from the needle."""
    return bool(given["course"] == "light_chain")


def _entry(value: object, unit: str, place: str, *, grade: str, note: str = "") -> str:
    tail = f", note = {json.dumps(note)}" if note else ""
    return (
        f'{{ value = {json.dumps(value)}, unit = "{unit}", source = "collis_harm_model", '
        f'place = {json.dumps(place)}, grade = "{grade}", verified = false{tail} }}'
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Calibrate from the shipped counts."""
    parser = argparse.ArgumentParser(prog="python -m tools.calibrate_harms")
    parser.add_argument("--into", type=Path, default=DATA / "evidence", help="folder to write to")
    calibrate(load(), parser.parse_args(argv).into)


if __name__ == "__main__":
    main()
