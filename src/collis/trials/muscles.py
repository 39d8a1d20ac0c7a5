"""What muscles drive each form of the mixture: the ranking of a typical posture, and the shares of drawn people.

Forms go to the RIGHT: `ipsi` is RIGHT and `contra` LEFT. A person whose form goes LEFT is the same person mirrored, and
nothing in the model tells the sides apart, so one orientation stands for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

import numpy as np

from collis.case.case import Case
from collis.case.examination import (
    Deviation,
    Examination,
    Posture,
    Sagittal,
    Shift,
    ShiftGrade,
    Shoulders,
    Tremor,
    TremorAxis,
)
from collis.course.draws import draw_muscles
from collis.course.parameters import MuscleRanking
from collis.inference.muscles import rank_muscles
from collis.knowledge.load import Knowledge
from collis.knowledge.names import MuscleSide, Pattern, Region
from collis.knowledge.populations import Subtype
from collis.side import Side
from collis.toxin.timecourse import Array
from collis.trials.design import ArmSide
from collis.trials.population import Cohort

SIDES: Mapping[ArmSide, tuple[Side, ...]] = {
    ArmSide.IPSI: (Side.RIGHT,),
    ArmSide.CONTRA: (Side.LEFT,),
    ArmSide.BOTH: (Side.RIGHT, Side.LEFT),
}
_ANGLES: Mapping[Pattern, tuple[str, Side | Sagittal]] = {
    Pattern.TORTICAPUT: ("torticaput", Side.RIGHT),
    Pattern.TORTICOLLIS: ("torticollis", Side.RIGHT),
    Pattern.LATEROCAPUT: ("laterocaput", Side.RIGHT),
    Pattern.LATEROCOLLIS: ("laterocollis", Side.RIGHT),
    Pattern.ANTECAPUT: ("sagittal_caput", Sagittal.FRONT),
    Pattern.ANTECOLLIS: ("sagittal_collis", Sagittal.FRONT),
    Pattern.RETROCAPUT: ("sagittal_caput", Sagittal.BACK),
    Pattern.RETROCOLLIS: ("sagittal_collis", Sagittal.BACK),
}


_FEWEST_STRATA = 64  # so that a rare form is not always its middle person


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """How strongly one person's form is expressed: the angle of each pattern (degrees), a marked shift, tremor."""

    degrees: tuple[float, ...]
    marked: bool = True
    tremor: int = 0


def posture_of(subtype: Subtype, sizes: Sizes) -> Posture:
    """The posture of a form to the RIGHT; every plane is examined, what is not there is 0."""
    found: dict[str, Deviation] = {
        key: Deviation(deg=Decimal(0))
        for key in (
            "torticaput",
            "torticollis",
            "laterocaput",
            "laterocollis",
            "sagittal_caput",
            "sagittal_collis",
        )
    }
    shift = Shift(grade=ShiftGrade.ABSENT)
    raised = 0
    for pattern, deg in zip(subtype.patterns, sizes.degrees, strict=True):
        if pattern in _ANGLES:
            key, toward = _ANGLES[pattern]
            found[key] = Deviation(deg=Decimal(round(min(max(deg, 0.0), 90.0))), toward=toward)
        elif pattern is Pattern.LATERAL_SHIFT:
            shift = Shift(grade=ShiftGrade.MARKED if sizes.marked else ShiftGrade.MILD, toward=Side.RIGHT)
        else:
            raised = 1
    axis = TremorAxis.NO_NO if sizes.tremor else TremorAxis.NONE
    return Posture(
        **found,
        lateral_shift=shift,
        sagittal_shift=Shift(grade=ShiftGrade.ABSENT),
        shoulder_elevation=Shoulders(right=raised, left=0),
        tremor=Tremor(axis=axis, grade=sizes.tremor),
    )


@lru_cache(maxsize=256)
def ranking_of(subtype: Subtype, tremor: int, knowledge: Knowledge) -> MuscleRanking:
    """The muscles behind a form of typical size: the truth that drawn people scatter about."""
    size = knowledge.populations.size
    main, further = float(size.main_deg.value[0]), float(size.further_deg.value[0])
    sizes = Sizes(degrees=(main, *(further for _ in subtype.patterns[1:])), tremor=tremor)
    case = Case(region=Region.US, examination=Examination(posture=posture_of(subtype, sizes)))
    return rank_muscles(case, knowledge)


@lru_cache(maxsize=4)
def places_of(knowledge: Knowledge) -> tuple[MuscleSide, ...]:
    """Every muscle-side that drives any form of the mixture, in the order of the muscle axis."""
    found: dict[MuscleSide, None] = {}
    for subtype in knowledge.populations.subtypes:
        for tremor in range(_tremor_grades(knowledge) + 1):
            found |= dict.fromkeys(entry.where for entry in ranking_of(subtype, tremor, knowledge).muscles)
    return tuple(found)


def draw_shares(cohort: Cohort, knowledge: Knowledge, generator: np.random.Generator) -> Array:
    """Each person's shares of the drive over `places_of`, shape [person, place], each row summing to 1.

    A muscle drives a person with the probability the ranking of his form gives it.
    """
    places = {where: i for i, where in enumerate(places_of(knowledge))}
    share = np.zeros((cohort.count, len(places)))
    for number, subtype in enumerate(knowledge.populations.subtypes):
        for tremor in range(_tremor_grades(knowledge) + 1):
            seed = int(generator.integers(2**62))
            rows = np.flatnonzero((cohort.subtype == number) & (cohort.tremor == tremor))
            if not len(rows):
                continue
            ranked = ranking_of(subtype, tremor, knowledge).muscles
            drawn = draw_muscles(ranked, draws=max(len(rows), _FEWEST_STRATA), seed=seed)
            columns = np.array([places[where] for where in drawn.places], dtype=np.intp)
            share[np.ix_(rows, columns)] = drawn.share[: len(rows)]
    return share


def draw_sizes(
    subtype: Subtype, tremor: int, knowledge: Knowledge, generator: np.random.Generator
) -> tuple[Sizes, Sizes]:
    """One person's form as it is and as an examiner reads it, each angle with the scatter of a rater (degrees)."""
    size = knowledge.populations.size
    spans = [size.main_deg.value, *(size.further_deg.value for _ in subtype.patterns[1:])]
    z = generator.standard_normal((2, len(spans)))
    least = float(size.least_deg.value)
    true = [max(float(m) + float(sd) * z[0, i], least) for i, (m, sd) in enumerate(spans)]
    error = float(knowledge.pattern_fact("examination", "rater_error").value)
    real = Sizes(
        degrees=tuple(true), marked=bool(generator.random() < float(size.marked_shift.value)), tremor=tremor
    )
    return real, replace(real, degrees=tuple(d + error * e for d, e in zip(true, z[1], strict=True)))


def _tremor_grades(knowledge: Knowledge) -> int:
    return len(knowledge.populations.base.tremor_grades.value)
