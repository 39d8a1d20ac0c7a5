"""What a score means to the person, typed: parts of the total, range, impression of change, leaving, wearing off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from collis.errors import KnowledgeError
from collis.sources import Sourced

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

PARTS = ("severity", "disability", "pain")


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part of the TWSTRS total: its range, its usual share of the untreated total, and how it answers relief.

    Where relief takes a share G off the total, it takes about `kappa` times G off this part.
    """

    highest: Sourced[Any]
    share: Sourced[Any]
    kappa: Sourced[Any]
    kappa_log_se: Sourced[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class RangeOfMotion:
    """How the missing range follows relief: `kappa` times the share of the score that goes."""

    kappa: Sourced[Any]
    kappa_log_se: Sourced[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalChangeLink:
    """The patient's impression as an ordered logit on the gain: a `step` of points apart, `scale` points wide.

    `much_better` is the gain at which half say much better or more, `worse` the gain below which half say worse.
    """

    step: Sourced[Any]
    much_better: Sourced[Any]
    worse: Sourced[Any]
    scale: Sourced[Any]
    anchors: Sourced[Any]

    def __post_init__(self) -> None:
        if not (self.step.value > 0 and self.scale.value > 0):
            raise KnowledgeError("evidence.outcomes.global_change: step and scale must be above 0.")
        if not self.worse.value < self.much_better.value - self.step.value:
            raise KnowledgeError("evidence.outcomes.global_change: worse must lie below a little better.")
        if len(self.anchors.value) != len(self.thresholds) + 1:
            raise KnowledgeError(
                "evidence.outcomes.global_change: the anchors must be one more than the steps."
            )

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The gains (points) between two neighbouring answers, from the worst answer up."""
        step, much, worse = float(self.step.value), float(self.much_better.value), float(self.worse.value)
        return (worse - 2 * step, worse - step, worse, much - step, much, much + step)


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaving:
    """Leaving for lack of effect: the `weekly` chance while the rated gain lies below `satisfied_above` points.

    `without_rule` is that chance in a trial of one session that offers no way out. Nobody leaves before
    `from_week`; a forecast tells the chance up to `by_week`.
    """

    satisfied_above: Sourced[Any]
    weekly: Sourced[Any]
    without_rule: Sourced[Any]
    from_week: Sourced[Any]
    by_week: Sourced[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class WearingOff:
    """When the benefit counts as gone: `share_lost` of its peak; and what counts as early."""

    share_lost: Sourced[Any]
    early_before: Sourced[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Noticing:
    """The day (mean and `spread`, its standard deviation) on which patients wrote down a first change in a diary."""

    day: Sourced[Any]
    spread: Sourced[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Strength:
    """Percent of a muscle's strength: a loss in a neighbour is `told` from here, one below `recovered` is back."""

    told: Sourced[Any]
    recovered: Sourced[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeated:
    """After how many `years` the chance of antibodies is told, the plan given again every `repeat` weeks."""

    years: Sourced[Any]
    repeat: Sourced[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcomes:
    """All of it. `quality_of_life` says why that is not forecast."""

    parts: Mapping[str, Part]
    range_of_motion: RangeOfMotion
    global_change: GlobalChangeLink
    quality_of_life: Sourced[Any]
    leaving: Leaving
    wearing_off: WearingOff
    noticing: Noticing
    strength: Strength
    review_weeks: Sourced[Any]
    antibodies: Repeated


def build_outcomes(table: Mapping[str, Any]) -> Outcomes:
    """The typed value from the resolved tables of the file; refuses a missing entry by its name."""
    parts = _table(table, "part")
    found = {name: Part(**_entries(_table(parts, name), Part)) for name in PARTS}
    shares = sum(float(part.share.value) for part in found.values())
    if abs(shares - 1.0) > 1e-9:
        raise KnowledgeError(f"evidence.outcomes.part: the shares sum to {shares:g} and not to 1.")
    return Outcomes(
        parts=MappingProxyType(found),
        range_of_motion=RangeOfMotion(**_entries(_table(table, "range_of_motion"), RangeOfMotion)),
        global_change=GlobalChangeLink(**_entries(_table(table, "global_change"), GlobalChangeLink)),
        quality_of_life=_entry(_table(table, "quality_of_life"), "reason"),
        leaving=Leaving(**_entries(_table(table, "leaving"), Leaving)),
        wearing_off=WearingOff(**_entries(_table(table, "wearing_off"), WearingOff)),
        noticing=Noticing(**_entries(_table(table, "noticing"), Noticing)),
        strength=Strength(**_entries(_table(table, "strength"), Strength)),
        review_weeks=_entry(_table(table, "review"), "weeks"),
        antibodies=Repeated(**_entries(_table(table, "antibodies"), Repeated)),
    )


def _entries(table: Mapping[str, Any], kind: type[DataclassInstance]) -> dict[str, Sourced[Any]]:
    return {field.name: _entry(table, field.name) for field in fields(kind)}


def _table(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = table.get(name)
    if not isinstance(found, Mapping):
        raise KnowledgeError(f"evidence.outcomes: there is no table {name}.")
    return found


def _entry(table: Mapping[str, Any], name: str) -> Sourced[Any]:
    found = table.get(name)
    if not isinstance(found, Sourced):
        raise KnowledgeError(f"evidence.outcomes: the entry {name} is missing.")
    return found
