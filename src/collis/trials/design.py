"""The design of a virtual trial as one frozen value, and its canonical text.

`*.trial.toml` is read by `collis.trials.reading`; the same keys, in canonical JSON, are what a shard of a run is given.
Every field is named as its key in the file; docs/trials-design.md describes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any

from collis.errors import BadInput
from collis.knowledge.names import Guidance, Muscle, Region
from collis.runs.job import canonical

SCHEMA = 1


class Strategy(StrEnum):
    """How an arm is dosed."""

    FIXED_DOSE = "fixed_dose"
    FIXED_MUSCLES = "fixed_muscles"
    LABEL_START = "label_start"
    TEXTBOOK = "textbook"
    COLLIS = "collis"


class ArmSide(StrEnum):
    """The side of a muscle, seen from where the main form goes: the same side, the other, or both."""

    IPSI = "ipsi"
    CONTRA = "contra"
    BOTH = "both"


class Stratum(StrEnum):
    """What randomisation may be balanced over."""

    SEX = "sex"
    PAST_TREATMENT = "past_treatment"
    SUBTYPE = "subtype"
    TREMOR = "tremor"


class Draws(StrEnum):
    """Whether every arm treats people of its own or the same people over again."""

    INDEPENDENT = "independent"
    COMMON = "common"


class Past(StrEnum):
    """Who may enter by earlier treatment."""

    ANY = "any"
    TREATED = "treated"
    NAIVE = "naive"


class Rule(StrEnum):
    """When a further session is given: at a fixed interval, or when the effect has waned."""

    INTERVAL = "interval"
    REQUEST = "request"


class Parameters(StrEnum):
    """One set of central parameters for everybody, or the joint draws of the calibration dealt over the people."""

    TYPICAL = "typical"
    SPREAD = "spread"


class Study(StrEnum):
    """Whether the study's placebo response is the usual one or drawn from the spread between studies."""

    TYPICAL = "typical"
    DRAWN = "drawn"


class NumericalPath(StrEnum):
    """The numerical path."""

    NUMPY = "numpy"
    NUMBA = "numba"


class Outcome(StrEnum):
    """What an end point is about."""

    TOTAL = "total"
    SEVERITY = "severity"
    DISABILITY = "disability"
    PAIN = "pain"


class Leave(StrEnum):
    """How readily people without benefit leave: not, as where no rule lets them, as where the way out is easy."""

    NO = "no"
    RARELY = "rarely"
    READILY = "readily"


class EndPointKind(StrEnum):
    """The definitions an end point may have."""

    CHANGE = "change"
    MEAN_CHANGE = "mean_change"
    RESPONDER = "responder"
    GLOBAL_CHANGE = "global_change"
    TIME_TO_LOSS = "time_to_loss"
    TIME_TO_REQUEST = "time_to_request"


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One published figure of an arm, for an end point of the design; `low` and `high` its 95 % interval.

    `versus` names another arm where the figure is a difference from it.
    """

    arm: str
    end_point: str
    value: float
    unit: str = "points"
    versus: str = ""
    low: float | None = None
    high: float | None = None
    se: float | None = None
    people: int | None = None
    place: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """The published counterpart: its name, its source (a key of the bibliography), its figures."""

    trial: str
    source: str
    figures: tuple[Figure, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A lower and a higher end, either open where None."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Moments:
    """A mean and a spread, None where not asked for."""

    mean: float | None = None
    sd: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Who may enter. Scores are those rated at the baseline visit; `leave_out_pure` may not stand alone."""

    age: Span = field(default_factory=Span)
    years: Span = field(default_factory=Span)
    total: Span = field(default_factory=Span)
    severity: Span = field(default_factory=Span)
    pain: Span = field(default_factory=Span)
    past_treatment: Past = Past.ANY
    leave_out_pure: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The baseline that weights bring the people to. `female_percent` is a percentage."""

    age: Moments = field(default_factory=Moments)
    years: Moments = field(default_factory=Moments)
    total: Moments = field(default_factory=Moments)
    female_percent: float | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        return self == Target()


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleDesign:
    """How many people are randomised, whom they are like (a published baseline), who may enter, what to match.

    `treated_percent` is the share treated before among those screened; None takes the usual one.
    """

    count: int
    like: str = ""
    treated_percent: float | None = None
    entry: Entry = field(default_factory=Entry)
    target: Target = field(default_factory=Target)


@dataclass(frozen=True, kw_only=True, slots=True)
class Randomisation:
    """Strata of the permuted blocks, and whether arms share their people."""

    strata: tuple[Stratum, ...] = ()
    draws: Draws = Draws.INDEPENDENT


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmMuscle:
    """Units into one muscle; both sides get as much each."""

    muscle: Muscle
    side: ArmSide
    units: float
    sites: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """One arm. `units` belong to a fixed dose, `muscles` to fixed muscles, `candidate` to Collis plans.

    A fixed dose is the total of a session split as the trials of its product split it; 0 is placebo. `units` of a
    textbook arm is the total of a session. `apart_weeks` is the arm's own, in place of that of the design's rule.
    """

    name: str
    strategy: Strategy
    product: str
    ratio: int = 1
    units: float | None = None
    muscles: tuple[ArmMuscle, ...] = ()
    candidate: str = ""
    guidance: Guidance = Guidance.PALPATION
    region: Region = Region.US
    apart_weeks: float | None = None

    @property
    def per_patient(self) -> bool:
        """Whether each person gets a plan of his own."""
        return self.strategy in (Strategy.LABEL_START, Strategy.TEXTBOOK, Strategy.COLLIS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Visits:
    """The weeks people are rated in, baseline (week 0) left out, ascending."""

    weeks: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DropOut:
    """Who leaves: for lack of effect, by the trial's own rule, for other reasons (percent a week).

    At the visit of `release_week` the trial releases whoever is without benefit.
    """

    lack_of_effect: Leave = Leave.RARELY
    release_week: float | None = None
    other_percent_a_week: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Retreatment:
    """Further sessions, given at visits: `cycles` in all, no two less than `apart_weeks` apart.

    A request comes once `lost_percent` of the best rated gain of the cycle is lost, or the rated gain is at most
    `below_points`, from `from_week` of the cycle on.
    """

    rule: Rule
    apart_weeks: float
    cycles: int
    from_week: float = 0.0
    lost_percent: float | None = None
    below_points: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rescue:
    """One smaller session in a cycle, from `from_week` of it, while the rated gain is at most `below_points`."""

    from_week: float
    below_points: float
    dose_percent: float


@dataclass(frozen=True, kw_only=True, slots=True)
class EndPoint:
    """An end point by the trial's own definition.

    change: of `outcome` at the only week; mean_change: mean over the weeks; responder: gain of `percent` of the rated
    baseline or of `points` at the week; global_change: `steps` better or more at the week; time_to_loss: weeks until
    `percent` of the gain judged at `weeks` (their mean) is lost; time_to_request: weeks until a request.
    """

    name: str
    kind: EndPointKind
    outcome: Outcome = Outcome.TOTAL
    weeks: tuple[float, ...] = ()
    percent: float | None = None
    points: float | None = None
    steps: int | None = None
    primary: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """How the response model is used. `placebo_percent` sets the study's placebo answer (percent of the score).

    `responder_percent` is the gain, in percent of the rated baseline, from which a visit counts as a response;
    None takes the usual one.
    """

    parameters: Parameters = Parameters.TYPICAL
    study: Study = Study.TYPICAL
    placebo_percent: float | None = None
    responder_percent: float | None = None
    path: NumericalPath = NumericalPath.NUMPY


@dataclass(frozen=True, kw_only=True, slots=True)
class RunDesign:
    """How many people a shard holds."""

    shard: int = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Design:
    """A whole trial. Equal designs have equal canonical text and give equal tables."""

    name: str
    seed: int
    people: PeopleDesign
    arms: tuple[Arm, ...]
    visits: Visits
    question: str = ""
    published: Published | None = None
    randomisation: Randomisation = field(default_factory=Randomisation)
    drop_out: DropOut = field(default_factory=DropOut)
    retreatment: Retreatment | None = None
    rescue: Rescue | None = None
    end_points: tuple[EndPoint, ...] = ()
    model: Model = field(default_factory=Model)
    run: RunDesign = field(default_factory=RunDesign)
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        _check_arms(self)
        _check_visits(self)
        _check_end_points(self)

    @property
    def shards(self) -> int:
        """How many shards the people make."""
        return -(-self.people.count // self.run.shard)

    def shard_people(self, shard: int) -> int:
        """How many people one shard holds; the last one has the rest."""
        if not 0 <= shard < self.shards:
            raise BadInput(where="shard", read=f"{shard}", expected=f"0 to {self.shards - 1}")
        return min(self.run.shard, self.people.count - shard * self.run.shard)

    @property
    def primary(self) -> EndPoint | None:
        """The primary end point: the one marked, else the first."""
        return next((e for e in self.end_points if e.primary), next(iter(self.end_points), None))

    def arm(self, name: str) -> Arm:
        """The arm of that name."""
        found = next((arm for arm in self.arms if arm.name == name), None)
        if found is None:
            raise BadInput(where="arm", read=repr(name), expected=", ".join(arm.name for arm in self.arms))
        return found

    def with_people(self, count: int) -> Design:
        """The same trial with another number of people."""
        if count < 1:
            raise BadInput(where="people.count", read=f"{count}", expected="1 or more")
        return replace(self, people=replace(self.people, count=count))

    def with_seed(self, seed: int) -> Design:
        """The same trial with other chance."""
        return replace(self, seed=seed)

    def for_arm(self, arm: Arm) -> Design:
        """The design as it holds for one arm: further sessions at the arm's own distance."""
        if arm.apart_weeks is None or self.retreatment is None:
            return self
        return replace(self, retreatment=replace(self.retreatment, apart_weeks=arm.apart_weeks))

    @property
    def text(self) -> str:
        """The canonical JSON text."""
        return canonical(document(self))

    @property
    def digest(self) -> str:
        """The SHA-256 of the canonical text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


KEYS: Mapping[str, str] = {
    "arms": "arm",
    "end_points": "end_point",
    "figures": "figure",
    "muscles": "muscle",
}
"""The fields whose key in a file is in the singular, as each stands under a heading of its own."""


def document(value: Any) -> Any:
    """A design or a part of it as plain values under the keys of a file; what is empty is left out."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, tuple):
        return [document(item) for item in value]
    if is_dataclass(value):
        plain = {KEYS.get(f.name, f.name): document(getattr(value, f.name)) for f in fields(value)}
        return {key: found for key, found in plain.items() if found not in (None, [], {}, "")}
    return value


def _check_arms(design: Design) -> None:
    if design.retreatment is None and any(arm.apart_weeks is not None for arm in design.arms):
        raise BadInput(
            where="retreatment",
            read="nothing beside an arm with apart_weeks",
            expected="[retreatment] with a rule and cycles",
        )
    if not design.arms:
        raise BadInput(where="arm", read="nothing", expected="at least one [[arm]]")
    names = [arm.name for arm in design.arms]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadInput(
            where="arm", read=f"two arms named {twice!r}", expected="a name of its own for each arm"
        )


def _check_visits(design: Design) -> None:
    weeks = design.visits.weeks
    if not weeks:
        raise BadInput(where="visits.weeks", read="no week", expected="at least one week after baseline")
    if any(a >= b for a, b in pairwise((0.0, *weeks))):
        raise BadInput(
            where="visits.weeks",
            read=", ".join(f"{w:g}" for w in weeks),
            expected="ascending weeks above 0",
            mend="The baseline visit is always there and is not listed.",
        )
    release = design.drop_out.release_week
    if release is not None and release not in weeks:
        raise BadInput(
            where="drop_out.release_week",
            read=f"{release:g}",
            expected=f"a visit: {', '.join(f'{w:g}' for w in weeks)}",
        )
    if design.people.count * len(design.arms) > 10**8 or design.people.count < 1:
        raise BadInput(
            where="people.count", read=f"{design.people.count}", expected="1 to a hundred million people"
        )


def _check_end_points(design: Design) -> None:
    names = [end.name for end in design.end_points]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadInput(
            where="end_point", read=f"two end points named {twice!r}", expected="a name of its own each"
        )
    if sum(end.primary for end in design.end_points) > 1:
        raise BadInput(where="end_point", read="two primary end points", expected="one")
    for figure in design.published.figures if design.published is not None else ():
        arms = [arm.name for arm in design.arms]
        for name, known in ((figure.arm, arms), (figure.versus or arms[0], arms), (figure.end_point, names)):
            if name not in known:
                raise BadInput(
                    where="published.figure",
                    read=f'"{name}"',
                    expected=f"one of {', '.join(known) or 'the end points, and there are none'}",
                )
