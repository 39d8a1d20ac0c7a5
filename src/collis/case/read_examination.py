"""The patient and the examination, read from a case file."""

from __future__ import annotations

from typing import TypeVar

from collis.case.examination import (
    MOVEMENTS,
    PLANES,
    SAGITTAL,
    Deviation,
    Direction,
    Examination,
    Finding,
    FindingKind,
    JointLevel,
    Manner,
    Posture,
    Range,
    Sagittal,
    Shift,
    ShiftGrade,
    Shoulders,
    Tremor,
    TremorAxis,
)
from collis.case.patient import Answer, Patient, Sex
from collis.case.table import LARGEST, Table
from collis.knowledge.names import Muscle, MuscleSide
from collis.side import Side

T = TypeVar("T")

ANGLE = '{ deg = 25, toward = "left" }'
SHIFT = '{ grade = "mild", toward = "left" }'


def patient(root: Table) -> Patient | None:
    """[patient]"""
    table = root.table("patient")
    age_years = table.whole("age_years", unit="years")
    sex = table.word("sex", Sex) or Sex.UNKNOWN
    weight_kg = table.number("weight_kg", unit="kg")
    thin_neck = table.word("thin_neck", Answer) or Answer.UNKNOWN
    return table.build(
        lambda: Patient(age_years=age_years, sex=sex, weight_kg=weight_kg, thin_neck=thin_neck)
    )


def examination(root: Table) -> Examination | None:
    """[examination]: how, posture, ranges, findings."""
    table = root.table("examination")
    manner = Manner(
        seated=table.word("seated", Answer) or Answer.UNKNOWN,
        relaxed=table.word("relaxed", Answer) or Answer.UNKNOWN,
        eyes_closed=table.word("eyes_closed", Answer) or Answer.UNKNOWN,
        sensory_trick=table.word("sensory_trick", Answer) or Answer.UNKNOWN,
        weeks_since_toxin=table.number("weeks_since_toxin", unit="weeks"),
    )
    seen = posture(table.table("posture"))
    ranges = tuple(r for t in table.tables("range") if (r := _range(t)) is not None)
    findings: dict[MuscleSide, Finding] = {}
    for one in table.tables("finding"):
        finding = _finding(one)
        if finding is not None and finding.where in findings:
            one.note(
                "muscle",
                read=f"{finding.where} twice",
                expected="one finding for each muscle and side",
                mend="Put all that was found into one list.",
            )
        elif finding is not None:
            findings[finding.where] = finding
    if seen is None:
        return None
    return Examination(posture=seen, manner=manner, ranges=ranges, findings=tuple(findings.values()))


def posture(table: Table) -> Posture | None:
    """[examination.posture]: totals or separate angles, shifts, shoulders, tremor."""
    angles = {name: _angle(table, name) for plane in PLANES.items() for name in (plane[0], *plane[1])}
    shifts = {name: _shift(table, name) for name in ("lateral_shift", "sagittal_shift")}
    shoulders = _shoulders(table)
    tremor = _tremor(table)
    doubled = False
    for total, parts in PLANES.items():
        for part in parts:
            if total in table.raw and part in table.raw:
                doubled = True
                table.note(
                    part,
                    read=f"{part} beside {total}",
                    at_key=True,
                    expected="either the total or the separate angles of a plane",
                    mend=f"Leave {total} out where caput and collis were measured apart.",
                )
    if doubled:
        return None
    return table.build(
        lambda: Posture(
            turn=angles["turn"],
            tilt=angles["tilt"],
            flexion=angles["flexion"],
            torticaput=angles["torticaput"],
            torticollis=angles["torticollis"],
            laterocaput=angles["laterocaput"],
            laterocollis=angles["laterocollis"],
            sagittal_caput=angles["sagittal_caput"],
            sagittal_collis=angles["sagittal_collis"],
            lateral_shift=shifts["lateral_shift"],
            sagittal_shift=shifts["sagittal_shift"],
            shoulder_elevation=shoulders,
            tremor=tremor,
        )
    )


def _toward(table: Table, name: str) -> Direction | None:
    return table.word("toward", Sagittal) if name in SAGITTAL else table.word("toward", Side)


def _angle(posture_table: Table, name: str) -> Deviation | None:
    table = posture_table.table(name, expected=ANGLE.replace("left", "back" if name in SAGITTAL else "left"))
    if not table.present:
        return None
    deg = table.number("deg", unit="degrees", low=-LARGEST, needed=True)
    toward = _toward(table, name)
    level = (table.word("level", JointLevel) or JointLevel.UNSURE) if name in PLANES else None
    if deg is None or (toward is None and "toward" in table.raw):
        return None
    return table.build(lambda: Deviation(deg=deg, toward=toward, level=level))


def _shift(posture_table: Table, name: str) -> Shift | None:
    table = posture_table.table(name, expected=SHIFT.replace("left", "front" if name in SAGITTAL else "left"))
    if not table.present:
        return None
    grade = table.word("grade", ShiftGrade, needed=True)
    toward = _toward(table, name)
    mm = table.number("mm", unit="millimetres")
    if grade is None or (toward is None and "toward" in table.raw):
        return None
    return table.build(lambda: Shift(grade=grade, toward=toward, mm=mm))


def _shoulders(posture_table: Table) -> Shoulders | None:
    table = posture_table.table("shoulder_elevation", expected="{ right = 2, left = 0 }, 0 to 3 each")
    if not table.present:
        return None
    right = table.whole("right", unit="grades", high=3)
    left = table.whole("left", unit="grades", high=3)
    return Shoulders(right=right, left=left)


def _tremor(posture_table: Table) -> Tremor | None:
    table = posture_table.table("tremor", expected='{ axis = "no-no", grade = 1 }')
    if not table.present:
        return None
    axis = table.word("axis", TremorAxis, needed=True)
    grade = table.whole("grade", unit="grades", high=3, needed=axis is not TremorAxis.NONE)
    if axis is TremorAxis.NONE and "grade" not in table.raw:
        grade = 0
    return None if axis is None or grade is None else Tremor(axis=axis, grade=grade)


def _range(table: Table) -> Range | None:
    movement = table.choice("movement", MOVEMENTS, needed=True)
    active = table.number("active_deg", unit="degrees", high=180)
    passive = table.number("passive_deg", unit="degrees", high=180)
    return None if movement is None else Range(movement=movement, active_deg=active, passive_deg=passive)


def _finding(table: Table) -> Finding | None:
    muscle = table.word("muscle", Muscle, needed=True)
    side = table.word("side", Side, needed=True)
    kinds = table.words("found", FindingKind)
    if not table.raw.get("found"):
        table.note("found", read="nothing", expected="a list of what was found", at_key=True)
    if muscle is None or side is None:
        return None
    return Finding(where=MuscleSide(muscle, side), kinds=kinds)
