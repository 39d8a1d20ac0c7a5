"""Values that inference hands to planning and prediction: ranked muscles and draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collis.knowledge.names import Muscle, MuscleSide
from collis.side import Side

if TYPE_CHECKING:  # numpy is for those who draw; a ranking alone does without
    from collis.toxin.timecourse import Array


@dataclass(frozen=True, kw_only=True, slots=True)
class RankedMuscle:
    """One muscle-side with its probability of being overactive (0 to 1) and share of the drive (0 to 1)."""

    muscle: Muscle
    side: Side
    probability: float
    share: float
    reasons: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    needs: str = ""
    held_back: bool = False

    @property
    def where(self) -> MuscleSide:
        """The muscle and side."""
        return MuscleSide(self.muscle, self.side)


@dataclass(frozen=True, kw_only=True, slots=True)
class MuscleRanking:
    """Muscle-sides in rank order; shares sum to 1 unless nothing drives. `notes` are contradictions pointed out."""

    muscles: tuple[RankedMuscle, ...]
    notes: tuple[str, ...] = ()

    def of(self, where: MuscleSide) -> RankedMuscle | None:
        """The entry of one muscle-side, if ranked."""
        return next((m for m in self.muscles if m.where == where), None)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MuscleDraws:
    """Drawn shares of the drive: `share` has shape [draw, muscle], each row sums to 1 unless nothing drives."""

    places: tuple[MuscleSide, ...]
    share: Array


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ResponseDraws:
    """Drawn patients of the response model; every array has shape [draw] unless said otherwise.

    Rates in 1/d, times in days, `half_dose` in reference Units/cm3, `baseline` in points, `reach` and `placebo` as
    shares of the score. `reach` is what a full block of all the drive removes. `half_life`, `potency` and `peak`
    (the highest effect site after a unit dose) are by product; the Hill exponent is one figure for all. `session` has
    shape [session, draw]: the factor on the dose that reaches its muscle, the coming session first, then the past
    ones in order of date. `noise_sd` (scatter of one rating), `drift_sd` (points) and `drift_weeks` belong to what a
    visit may read and not to the expected course.
    """

    uptake: Array
    effect_lag: Array
    half_life: Mapping[str, Array]
    peak: Mapping[str, Array]
    half_dose: Array
    hill: float
    reach: Array
    potency: Mapping[str, Array]
    placebo: Array
    placebo_onset: Array
    placebo_fading: Array
    baseline: Array
    session: Array
    noise_sd: Array
    drift_sd: Array
    drift_weeks: Array

    @property
    def count(self) -> int:
        """How many patients were drawn."""
        return int(self.uptake.shape[0])
