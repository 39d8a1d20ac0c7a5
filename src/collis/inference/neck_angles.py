"""The six angles of the neck for a posture as entered, and for a ranking as the model predicts it.

For pictures, teaching and research. A predicted posture is a hypothesis: nothing here reaches a dose, a side, a printed
plan or a score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from collis.case.examination import Posture, Shift, ShiftGrade
from collis.case.posture import read_posture
from collis.course.parameters import MuscleRanking
from collis.errors import BadInput
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Pattern
from collis.neck.controller import middle_controller
from collis.neck.equilibrium import settle
from collis.neck.formulas import Array
from collis.neck.muscle import ArmModel
from collis.neck.skeleton import SIDES, Angle, Neck, pose
from collis.side import Side

STEPS = 48
"""How many sizes of the drive are tried."""
LEAST_RAD = float(np.radians(1.0))
FLIPPED_RAD = float(np.radians(3.0))


@dataclass(frozen=True, kw_only=True, eq=False)
class NeckAngles:
    """Six angles [angle] in radians in the order of `Angle`, and sentences on how they were come by."""

    angles: Array
    notes: tuple[str, ...] = ()


def entered_angles(posture: Posture, neck: Neck, knowledge: Knowledge) -> NeckAngles:
    """The posture as entered: caput and collis as the case tells them, an unsure level split by published shares.

    A shift that comes without its two angles is drawn with opposite ones: by its millimetres where measured, else as
    far as the skeleton tilts for a marked one and a share of it for a mild one. Shoulders and tremor have no angle.
    """
    spread = knowledge.pattern_fact("frequencies", "collis_caput_both").value
    plain = replace(posture, lateral_shift=None, sagittal_shift=None)
    angles = np.zeros(6)
    notes: list[str] = []
    for component in read_posture(plain, spread=spread, threshold_deg=0.0).components:
        if component.pattern in _PLACE:
            angle, sign = _place(component.pattern, component.toward)
            angles[angle] += sign * np.radians(component.deg * component.weight)
            if component.weight < 1 and not notes:
                notes.append("Where the level is unsure the angle is split by published shares.")
    mild = knowledge.figure("inference", "size", "mild_shift")
    for shift in (posture.lateral_shift, posture.sagittal_shift):
        if shift is None or shift.grade is ShiftGrade.ABSENT or shift.toward is None:
            continue
        size = _shift_size(shift, neck, mild)
        drawn = False
        for pattern, toward in _parts(shift):
            angle, sign = _place(pattern, toward)
            if abs(angles[angle]) < LEAST_RAD:
                angles[angle], drawn = sign * size, True
        if drawn:
            how = (
                "graded, not measured; its size is a drawing"
                if shift.mm is None
                else "drawn by its millimetres"
            )
            notes.append(f"The shift to the {_toward(shift)} is {how}.")
    return NeckAngles(angles=angles, notes=tuple(notes))


def predicted_angles(ranking: MuscleRanking, seen: Array, neck: Neck, knowledge: Knowledge) -> NeckAngles:
    """Where the ranked muscles would take the head in the model, `seen` [angle] giving the size alone.

    The drive goes over the muscles in the proportions of the ranking; of many sizes of it the one is taken whose
    posture comes nearest to the size of the one seen. Raises `BadInput` where no angle was entered, where no
    ranked muscle is in the model, and where the model finds no posture that holds.
    """
    size = float(np.linalg.norm(seen))
    if size < LEAST_RAD:
        raise BadInput(
            where="examination.posture",
            read="no angle",
            expected="an angle of at least 1 degree, from which the size of the drive is taken",
        )
    drive = drive_of(ranking, neck)
    if not drive.max() > 0:
        raise BadInput(
            where="ranking",
            read="no muscle of the model",
            expected="at least one ranked muscle that the model has",
        )
    control = middle_controller(knowledge.neck.control)
    sizes = np.linspace(0.0, 1.0, STEPS + 1)[1:] / drive.max()
    found: list[Array] = []
    for arms in (ArmModel.BOUNDED, ArmModel.EXACT):
        tried = settle(neck, sizes[:, None, None] * drive, control=control, arms=arms)
        reached = np.where(tried.settled, np.abs(np.linalg.norm(tried.angles, axis=-1) - size), np.inf)
        best = int(reached.argmin())
        if np.isfinite(reached[best]):
            found.append(tried.angles[best])
        elif arms is ArmModel.BOUNDED:
            raise BadInput(
                where="posture",
                read="no posture that holds",
                expected="a ranking the model finds a posture for",
            )
    notes = [
        "Drive in the proportions of the ranking; its size is taken from the posture entered, its direction is the "
        "model’s. Middle of every guessed range of the controller."
    ]
    if len(found) == 2:
        bounded, exact = found
        flips = (bounded * exact < 0) & (np.minimum(np.abs(bounded), np.abs(exact)) > FLIPPED_RAD)
        notes += [
            f"The two models of the moment arms disagree on the direction of {a.name.lower().replace('_', ' ')}."
            for a in Angle
            if flips[a]
        ]
    return NeckAngles(angles=found[0], notes=tuple(notes))


def drive_of(ranking: MuscleRanking, neck: Neck) -> Array:
    """The ranking's shares as drive by group and side: [group, side]. Muscles the model lacks are left out."""
    drive = np.zeros((len(neck.groups), len(SIDES)))
    for entry in ranking.muscles:
        for group in neck.muscle_groups[entry.muscle]:
            drive[group, SIDES.index(entry.side)] += entry.share
    return drive


_PLACE: Mapping[Pattern, tuple[Angle, float]] = {
    Pattern.TORTICAPUT: (Angle.CAPUT_TURN_LEFT, -1.0),
    Pattern.TORTICOLLIS: (Angle.COLLIS_TURN_LEFT, -1.0),
    Pattern.LATEROCAPUT: (Angle.CAPUT_TILT_RIGHT, 1.0),
    Pattern.LATEROCOLLIS: (Angle.COLLIS_TILT_RIGHT, 1.0),
    Pattern.ANTECAPUT: (Angle.CAPUT_EXTENSION, -1.0),
    Pattern.RETROCAPUT: (Angle.CAPUT_EXTENSION, 1.0),
    Pattern.ANTECOLLIS: (Angle.COLLIS_EXTENSION, -1.0),
    Pattern.RETROCOLLIS: (Angle.COLLIS_EXTENSION, 1.0),
}
"""The angle of a pattern and its sign towards the RIGHT."""


def _place(pattern: Pattern, toward: Side | None) -> tuple[Angle, float]:
    angle, sign = _PLACE[pattern]
    return angle, -sign if toward is Side.LEFT else sign


def _parts(shift: Shift) -> tuple[tuple[Pattern, Side | None], tuple[Pattern, Side | None]]:
    """Collis towards the shift, caput against it."""
    if isinstance(shift.toward, Side):
        return (Pattern.LATEROCOLLIS, shift.toward), (Pattern.LATEROCAPUT, shift.toward.mirrored)
    if _toward(shift) == "front":
        return (Pattern.ANTECOLLIS, None), (Pattern.RETROCAPUT, None)
    return (Pattern.RETROCOLLIS, None), (Pattern.ANTECAPUT, None)


def _toward(shift: Shift) -> str:
    if shift.toward is None:
        return ""
    return shift.toward.word if isinstance(shift.toward, Side) else shift.toward.value


def _shift_size(shift: Shift, neck: Neck, mild: float) -> float:
    """The angle (rad) of the two opposite tilts that make a shift."""
    if shift.mm is not None:
        joints = pose(neck, np.zeros(6)).joint
        column = float(np.linalg.norm(joints[-1] - joints[0]))
        return float(np.arcsin(min(1e-3 * float(shift.mm) / column, 0.9)))
    angle, sign = _place(*_parts(shift)[1])
    end = float(neck.high[angle] if sign > 0 else -neck.low[angle])
    return end * (1.0 if shift.grade is ShiftGrade.MARKED else mild)
