"""The values of a forecast: bands, times, risks, and what they make up.

A band is the 5th percentile, the middle and the 95th percentile of the drawn patients. Two widths are told apart: the
band of the expected course, and the wider band of what a rating at a visit may read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from collis.knowledge.harms import Effect
from collis.knowledge.names import MuscleSide


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """A middle and the 5th and 95th percentile of the draws."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class When:
    """A time with its band; None stands for later than 52 weeks."""

    low: float | None
    median: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Risk:
    """A side effect: first relative to the comparator plan, then as an absolute chance whose band holds the studies."""

    relative: Band | None
    comparator: str
    absolute: Band


@dataclass(frozen=True, kw_only=True, slots=True)
class SideEffect:
    """One side effect of a plan: its chance, when it starts and how long it lasts, and what to do.

    `drug` is the part of the absolute chance that the toxin adds to what is reported without it. `onset_day` and
    `length_weeks` are means of those who had it; None where no source tells.
    """

    effect: Effect
    label: str
    risk: Risk
    drug: Band
    onset_day: float | None
    length_weeks: float | None
    course: str
    care: str
    next_session: str
    severe: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StrengthLoss:
    """How weak one muscle-side gets: the strength lost at worst (percent), and the week it is back.

    `aimed` where the plan injects it; a neighbour gets what spreads. Back at week 0: never noticeably weak.
    """

    where: MuscleSide
    aimed: bool
    percent: Band
    recovered_week: When


@dataclass(frozen=True, kw_only=True, slots=True)
class Noticed:
    """When patients notice the first change: the mean day of a daily diary and its standard deviation."""

    day: float
    spread: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """The untreated TWSTRS total the forecast starts from. `assumed` when no rating of this patient was found."""

    points: Band
    assumed: bool
    rated_on: date | None = None
    rated: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """Bands of the three parts of the score at each week; `assumed` where the patient's own parts were not rated."""

    severity: tuple[Band, ...]
    disability: tuple[Band, ...]
    pain: tuple[Band, ...]
    assumed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RangeCourse:
    """How far the neck goes by itself in one movement (degrees), at each week; the passive range bounds it."""

    movement: str
    active_deg: float
    passive_deg: float
    degrees: tuple[Band, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalAnswer:
    """The chance that the patient says at least so much: `steps` from no change, above 0 better, below 0 worse."""

    steps: int
    words: str
    chance: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Dated:
    """Something to expect on a day: the middle and the ends of its band; an end past a year is None."""

    key: str
    label: str
    first: date | None
    middle: date | None
    last: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AntibodyChance:
    """The chance of antibodies within some years from now, the plan given again and again; laboratory and clinic.

    `assay` is a positive test, `clinic_low` and `clinic_high` a lost effect at the low and high end of what was seen.
    `failing_low` and `failing_high` are the same two carried on to secondary non-response: failed sessions in a row.
    """

    years: float
    sessions: int
    assay: float
    clinic_low: float
    clinic_high: float
    failing_low: float
    failing_high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """What is expected of one plan.

    `gain` is in TWSTRS points below the untreated score at each of `weeks`, placebo response included, as a trial
    arm would show it; `placebo` is the part that comes without toxin and `score` what is left, `parts` the same in
    its three parts, `visits` what a rating on that day may read. `onset_day`, `peak_week`, `fading_week` (half of the
    peak gone) and `wearing_off_week` (nearly all of it gone) are of the toxin effect alone and None without one;
    `onset_day` is where a first part of the rise is made and rests on a prior, `noticed` is what patients wrote down.
    `chance_meaningful` is the chance that the gain at `assessment_week` is at least `meaningful_points`,
    `global_change` the patient's own answer then, as chances of at least so much, `chance_early` that of wearing off
    before `early_week`,
    `chance_leaving` that of leaving for lack of effect by `leaving_week` as people in trials did. `coverage` is the
    mean share of the drive that the plan aims at. What earlier sessions left is counted in.
    """

    plan: str
    weeks: tuple[float, ...]
    gain: tuple[Band, ...]
    placebo: tuple[float, ...]
    score: tuple[Band, ...]
    parts: Parts
    visits: tuple[Band, ...]
    ranges: tuple[RangeCourse, ...]
    onset_day: When | None
    noticed: Noticed | None
    peak_week: When | None
    fading_week: When | None
    wearing_off_week: When | None
    chance_early: float
    early_week: float
    dates: tuple[Dated, ...]
    chance_meaningful: float
    meaningful_points: float
    assessment_week: float
    global_change: tuple[GlobalAnswer, ...]
    chance_leaving: float
    leaving_week: float
    strength: tuple[StrengthLoss, ...]
    side_effects: tuple[SideEffect, ...]
    antibodies: tuple[AntibodyChance, ...]
    baseline: Baseline
    coverage: float
    draws: int
    seed: int
    notes: tuple[str, ...] = ()

    def risk(self, effect: Effect) -> Risk:
        """The risk of one side effect."""
        return next(s.risk for s in self.side_effects if s.effect is effect)

    @property
    def dysphagia(self) -> Risk:
        """Trouble swallowing."""
        return self.risk(Effect.DYSPHAGIA)

    @property
    def neck_weakness(self) -> Risk:
        """A weak neck, head drop at worst."""
        return self.risk(Effect.NECK_WEAKNESS)

    @property
    def chance_better(self) -> float:
        """The chance that the patient says a little better or more."""
        return next((answer.chance for answer in self.global_change if answer.steps == 1), 0.0)
