"""What the clinician saw and felt: posture, shifts, shoulders, tremor, range, findings in single muscles.

Sides are the patient's own. `turn` and torti- point where the chin points, `tilt` and latero- where the ear
drops, a shift where the head is displaced. Caput is head on neck, collis neck on trunk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from collis.case.patient import Answer
from collis.errors import BadInput
from collis.knowledge.names import MuscleSide
from collis.side import Side


class JointLevel(StrEnum):
    """Where a posture sits: head on neck, neck on trunk, both, or not told apart."""

    CAPUT = "caput"
    COLLIS = "collis"
    BOTH = "both"
    UNSURE = "unsure"


class Sagittal(StrEnum):
    """Forward or backward."""

    FRONT = "front"
    BACK = "back"

    @property
    def mirrored(self) -> Sagittal:
        """Forward stays forward in the mirror."""
        return self


class ShiftGrade(StrEnum):
    """How far the head is displaced without being turned or tilted."""

    ABSENT = "absent"
    MILD = "mild"
    MARKED = "marked"


Direction = Side | Sagittal


@dataclass(frozen=True, kw_only=True, slots=True)
class Deviation:
    """An angle with its direction. `toward` may be missing only when `deg` is 0.

    `level` is None for a separately measured caput or collis angle.
    """

    deg: Decimal
    toward: Direction | None = None
    level: JointLevel | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.deg <= 90:
            raise BadInput(
                where="deg",
                read=f"{self.deg}",
                expected="0 to 90 degrees",
                mend="Write the size of the angle; the direction goes into `toward`.",
            )
        if self.deg > 0 and self.toward is None:
            raise BadInput(where="toward", read="nothing", expected="the direction of an angle above 0")


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """A displacement of the head. `mm` only from a photo."""

    grade: ShiftGrade
    toward: Direction | None = None
    mm: Decimal | None = None

    def __post_init__(self) -> None:
        if self.grade is not ShiftGrade.ABSENT and self.toward is None:
            raise BadInput(where="toward", read="nothing", expected="the side the head is displaced to")


@dataclass(frozen=True, kw_only=True, slots=True)
class Shoulders:
    """Elevation of each shoulder, 0 none to 3 most; None is not examined."""

    right: int | None = None
    left: int | None = None

    def __post_init__(self) -> None:
        for name, grade in (("right", self.right), ("left", self.left)):
            if grade is not None and not 0 <= grade <= 3:
                raise BadInput(where=name, read=f"{grade}", expected="a grade from 0 to 3")

    def of(self, side: Side) -> int | None:
        """The grade of one side."""
        return self.right if side is Side.RIGHT else self.left


class TremorAxis(StrEnum):
    """The way the head shakes."""

    NO_NO = "no-no"
    YES_YES = "yes-yes"
    MIXED = "mixed"
    NONE = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tremor:
    """Head tremor, grade 0 none to 3 severe."""

    axis: TremorAxis
    grade: int

    def __post_init__(self) -> None:
        if not 0 <= self.grade <= 3:
            raise BadInput(where="grade", read=f"{self.grade}", expected="a grade from 0 to 3")


PLANES: Mapping[str, tuple[str, str]] = {
    "turn": ("torticaput", "torticollis"),
    "tilt": ("laterocaput", "laterocollis"),
    "flexion": ("sagittal_caput", "sagittal_collis"),
}
"""Each total with the two separate angles of its plane: caput, collis."""

SIDEWARD = ("turn", "tilt", "torticaput", "torticollis", "laterocaput", "laterocollis", "lateral_shift")
SAGITTAL = ("flexion", "sagittal_caput", "sagittal_collis", "sagittal_shift")

MOVEMENTS = ("rotation right", "rotation left", "tilt right", "tilt left", "flexion", "extension")
"""The movements whose range is recorded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Posture:
    """The posture as seen. None is not examined; an angle of 0 is examined and absent.

    Either the totals (`turn`, `tilt`, `flexion` with a level) or the separate angles of a plane, not both.
    A total without a level is unsure. Turn, tilt and lateral shift go to a side, flexion and sagittal shift
    to the front or the back.
    """

    turn: Deviation | None = None
    tilt: Deviation | None = None
    flexion: Deviation | None = None
    torticaput: Deviation | None = None
    torticollis: Deviation | None = None
    laterocaput: Deviation | None = None
    laterocollis: Deviation | None = None
    sagittal_caput: Deviation | None = None
    sagittal_collis: Deviation | None = None
    lateral_shift: Shift | None = None
    sagittal_shift: Shift | None = None
    shoulder_elevation: Shoulders | None = None
    tremor: Tremor | None = None

    def __post_init__(self) -> None:
        for total, parts in PLANES.items():
            whole: Deviation | None = getattr(self, total)
            for part in parts:
                angle: Deviation | None = getattr(self, part)
                if angle is None:
                    continue
                if whole is not None:
                    raise BadInput(
                        where=part,
                        read=f"{part} beside {total}",
                        expected="either the total or the separate angles of a plane",
                        mend=f"Leave {total} out where caput and collis were measured apart.",
                    )
                if angle.level is not None:
                    raise BadInput(
                        where=part, read=f"level {angle.level.value}", expected="no level: the name says it"
                    )
            if whole is not None and whole.level is None:
                unsure = Deviation(deg=whole.deg, toward=whole.toward, level=JointLevel.UNSURE)
                object.__setattr__(self, total, unsure)
        for name in (*SIDEWARD, *SAGITTAL):
            entry: Deviation | Shift | None = getattr(self, name)
            wanted = Side if name in SIDEWARD else Sagittal
            if entry is not None and entry.toward is not None and not isinstance(entry.toward, wanted):
                raise BadInput(
                    where=name,
                    read=f"toward {entry.toward.value}",
                    expected=f"toward {' or '.join(w.value for w in wanted)}",
                )


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How the posture was examined."""

    seated: Answer = Answer.UNKNOWN
    relaxed: Answer = Answer.UNKNOWN
    eyes_closed: Answer = Answer.UNKNOWN
    sensory_trick: Answer = Answer.UNKNOWN
    weeks_since_toxin: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """How far the neck goes one way (a word of `MOVEMENTS`), active and passive, in degrees."""

    movement: str
    active_deg: Decimal | None = None
    passive_deg: Decimal | None = None


class FindingKind(StrEnum):
    """What was found in one muscle."""

    OVERACTIVE = "overactive"
    NOT_OVERACTIVE = "not_overactive"
    HYPERTROPHY = "hypertrophy"
    TENDER = "tender"
    EMG_ACTIVE = "emg_active"
    EMG_SILENT = "emg_silent"
    ULTRASOUND_THICK = "ultrasound_thick"
    ULTRASOUND_NORMAL = "ultrasound_normal"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """The findings in one muscle on one side."""

    where: MuscleSide
    kinds: tuple[FindingKind, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Examination:
    """All that was seen, felt and measured at the visit."""

    posture: Posture = field(default_factory=Posture)
    manner: Manner = field(default_factory=Manner)
    ranges: tuple[Range, ...] = ()
    findings: tuple[Finding, ...] = ()
