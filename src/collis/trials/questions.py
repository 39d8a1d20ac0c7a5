"""What is asked of a finished run: arms, end points by the trial's own definition, published figures to match."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from collis.errors import BadInput

OUTCOMES = ("total", "severity", "disability", "pain", "true_total")


class Kind(StrEnum):
    """What an end point measures of a person."""

    CHANGE = "change"
    RESPONDER = "responder"
    GLOBAL = "global"
    LOSS = "loss"
    REQUEST = "request"

    @property
    def counts(self) -> bool:
        """Whether it is a share of people."""
        return self in (Kind.RESPONDER, Kind.GLOBAL)

    @property
    def lasts(self) -> bool:
        """Whether it is a time until something happens."""
        return self in (Kind.LOSS, Kind.REQUEST)


class Figure(StrEnum):
    """What a published figure is: of one arm, or between two."""

    CHANGE = "change"
    DIFFERENCE = "difference"
    RESPONDERS = "responders"
    WEEKS = "weeks"
    EVENT = "event"


@dataclass(frozen=True, kw_only=True, slots=True)
class EndPoint:
    """One end point. `weeks` are the visits it is read at (their mean where several); negative changes are better.

    A responder gained at least `least` of the own baseline, or `points`; a global change is `steps` better or more on
    the patient's own impression. For a loss, `weeks` are the visits at which the gain is
    judged: it is over at the first later visit with no more than `kept` of that gain, for those who gained
    `least` of their baseline or more (0: everybody with any gain); `or_request` counts the wish for another injection
    as the end too. `carried` fills a missing visit with the last one seen; without it the person is left out of a
    change and counts as no responder.
    """

    name: str
    kind: Kind
    outcome: str = "total"
    weeks: tuple[float, ...] = ()
    least: float = 0.0
    points: float = 0.0
    steps: int = 0
    kept: float = 0.0
    or_request: bool = False
    carried: bool = False

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise BadInput(where=self.name, read=repr(self.outcome), expected=f"one of {', '.join(OUTCOMES)}")
        if self.kind is not Kind.REQUEST and not self.weeks:
            raise BadInput(where=self.name, read="no week", expected="the weeks of the visits it is read at")

    @property
    def measure(self) -> str:
        """The score it is read from, as printed."""
        return "TWSTRS total" if self.outcome in ("total", "true_total") else f"TWSTRS {self.outcome}"

    def words(self) -> str:
        """The definition as a phrase.

        >>> EndPoint(name="p", kind=Kind.CHANGE, weeks=(4.0,)).words()
        'change in TWSTRS total from baseline to week 4'
        """
        at = (
            f"week {_listed(self.weeks)}"
            if len(self.weeks) == 1
            else f"the mean of weeks {_listed(self.weeks)}"
        )
        carried = ", the last visit carried forward where one is missing" if self.carried else ""
        match self.kind:
            case Kind.CHANGE:
                return f"change in {self.measure} from baseline to {at}{carried}"
            case Kind.RESPONDER:
                by = f"{self.points:g} points" if self.points else f"{self.least:.0%}".replace("%", " %")
                return f"at least {by} better in {self.measure} at {at}{carried}"
            case Kind.GLOBAL:
                better = {1: "a little better", 2: "much better", 3: "very much better"}[self.steps]
                return f"{better} or more by the patient’s own impression at {at}"
            case Kind.LOSS:
                wish = " or another injection is asked for" if self.or_request else ""
                who = (
                    f", among those at least {self.least:.0%} better there".replace("%", " %")
                    if self.least
                    else ""
                )
                lost = f"{1 - self.kept:.0%}".replace("%", " %")
                return f"weeks until {lost} of the gain at {at} is lost{wish}{who}"
            case Kind.REQUEST:
                return "weeks until another injection"


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """One figure of the published counterpart, in points, a share of 1, or weeks, with its 95 % interval if known."""

    what: Figure
    end_point: str
    arm: str
    value: float
    interval: tuple[float, float] | None = None
    against: str = ""
    people: int | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if self.interval is not None and not self.interval[0] <= self.value <= self.interval[1]:
            raise BadInput(
                where=f"published, {self.arm}",
                read=f"{self.value:g} outside {self.interval[0]:g} to {self.interval[1]:g}",
                expected="a value inside its own interval",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A published figure of the people at baseline: mean and SD of a column of `people`, or a share of `level`."""

    column: str
    value: float
    sd: float | None = None
    level: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Everything an analysis needs to know of a trial. The first end point is the primary one.

    `reference` is the arm the others are compared with, empty where there is one arm only. `visits` are weeks after
    the first session; `per_arm` how many people the design gives each arm; `words` the design in sentences.
    """

    title: str
    arms: tuple[str, ...]
    end_points: tuple[EndPoint, ...]
    visits: tuple[float, ...]
    per_arm: Mapping[str, int]
    reference: str = ""
    published: tuple[Published, ...] = ()
    targets: tuple[Target, ...] = ()
    counterpart: str = ""
    alpha: float = 0.05
    wanted_power: float = 0.8
    seed: int = 0
    words: tuple[str, ...] = ()
    arm_words: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.arms or not self.end_points:
            raise BadInput(where=self.title, read="no arm or no end point", expected="at least one of each")
        if self.reference and self.reference not in self.arms:
            raise BadInput(
                where=self.title, read=repr(self.reference), expected=f"one of {', '.join(self.arms)}"
            )
        object.__setattr__(self, "per_arm", MappingProxyType(dict(self.per_arm)))
        object.__setattr__(self, "arm_words", MappingProxyType(dict(self.arm_words)))

    @property
    def primary(self) -> EndPoint:
        """The end point the trial was made for."""
        return self.end_points[0]

    @property
    def compared(self) -> tuple[str, ...]:
        """The arms held against the reference."""
        return tuple(arm for arm in self.arms if self.reference and arm != self.reference)

    def said(self, arm: str) -> str:
        """The name of an arm as printed."""
        return self.arm_words.get(arm, arm)


def _listed(weeks: tuple[float, ...]) -> str:
    told = [f"{week:g}" for week in weeks]
    return f"{', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else "".join(told)
