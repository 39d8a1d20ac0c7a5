"""The patient in a few sentences: who, posture as measured, the last session, what the patient wants."""

from __future__ import annotations

from typing import assert_never

from collis.case.case import Case
from collis.case.examination import (
    Deviation,
    Direction,
    JointLevel,
    Posture,
    Sagittal,
    Shift,
    ShiftGrade,
    Shoulders,
    Tremor,
    TremorAxis,
)
from collis.case.patient import Answer, Patient, Sex
from collis.case.session import Session, SideEffect, SideEffectKind
from collis.report import words
from collis.side import Side

_ANGLES = {
    "turn": "turn",
    "tilt": "tilt",
    "flexion": "",
    "torticaput": "turn of head on neck",
    "torticollis": "turn of neck on trunk",
    "laterocaput": "tilt of head on neck",
    "laterocollis": "tilt of neck on trunk",
    "sagittal_caput": "head on neck",
    "sagittal_collis": "neck on trunk",
}
_ABSENT = {
    "flexion": "flexion",
    "sagittal_caput": "flexion of head on neck",
    "sagittal_collis": "flexion of neck on trunk",
}
_SEVERITY = {1: "mild", 2: "moderate", 3: "severe"}
_EFFECTS = {
    SideEffectKind.DYSPHAGIA: "swallowing trouble",
    SideEffectKind.NECK_WEAKNESS: "neck weakness",
    SideEffectKind.HEAD_DROP: "head drop",
    SideEffectKind.DRY_MOUTH: "dry mouth",
    SideEffectKind.DYSPHONIA: "voice trouble",
    SideEffectKind.BREATHING: "breathing trouble",
    SideEffectKind.INJECTION_PAIN: "pain at the injection",
    SideEffectKind.FLU_LIKE: "flu-like illness",
    SideEffectKind.HAEMATOMA: "haematoma",
    SideEffectKind.VISION: "vision trouble",
    SideEffectKind.OTHER: "another side effect",
}


def who(patient: Patient) -> str:
    """Age and sex; what is not known is said to be not recorded."""
    age = "age not recorded" if patient.age_years is None else f"{patient.age_years} years"
    return f"{age}, {'sex not recorded' if patient.sex is Sex.UNKNOWN else patient.sex.value}"


def visit(case: Case, *, last: bool = True) -> str:
    """Who, when, which session, and (with `last`) how long since the last toxin in the neck."""
    said = f"Cervical dystonia. {words.sentence(who(case.patient))}"
    if case.date is not None:
        said += f" Visit {words.day(case.date)}, {_which_session(case)}."
    latest = case.last_session if last else None
    if latest is not None and case.date is not None:
        ago = words.count((case.date - latest.on).days, "day")
        said += f" Last toxin in the neck {words.day(latest.on)}, {ago} ago."
    return said


def _which_session(case: Case) -> str:
    if case.history.sessions:
        return f"session {len(case.history.sessions) + 1} on record"
    return "first treatment" if case.naive is Answer.YES else "no earlier session on record"


def posture(seen: Posture) -> str:
    """The posture as measured, part by part; empty where nothing was examined."""
    parts: list[str] = []
    absent: list[str] = []
    for name, what in _ANGLES.items():
        angle: Deviation | None = getattr(seen, name)
        if angle is None:
            continue
        if angle.deg == 0 or angle.toward is None:
            absent.append(_ABSENT.get(name, what))
        else:
            lead = f"{what} " if what else ""
            parts.append(f"{lead}{_angle(angle)}")
    shifts = (seen.lateral_shift, seen.sagittal_shift)
    parts.extend(_shift(s) for s in shifts if s is not None and s.grade is not ShiftGrade.ABSENT)
    if seen.shoulder_elevation is not None:
        parts += _shoulders(seen.shoulder_elevation)
    if seen.tremor is not None:
        parts += _tremor(seen.tremor)
    if absent:
        parts.append(f"no {words.listed(absent, 'or')}")
    return "; ".join(parts)


def _angle(angle: Deviation) -> str:
    toward = "" if angle.toward is None else f" {_direction(angle.toward)}"
    level = "" if angle.level is None else f" ({joint_level(angle.level)})"
    if isinstance(angle.toward, Sagittal):
        return f"{_direction(angle.toward)} {words.number(angle.deg)}°{level}"
    return f"{words.number(angle.deg)}°{toward}{level}"


def joint_level(level: JointLevel) -> str:
    """A level in plain words."""
    match level:
        case JointLevel.CAPUT:
            return "head on neck"
        case JointLevel.COLLIS:
            return "neck on trunk"
        case JointLevel.BOTH:
            return "head and neck"
        case JointLevel.UNSURE:
            return "level unsure"
        case _:
            assert_never(level)


def _direction(toward: Direction) -> str:
    match toward:
        case Side():
            return toward.word
        case Sagittal.FRONT:
            return "forward"
        case Sagittal.BACK:
            return "back"
        case _:
            assert_never(toward)


def _shift(shift: Shift) -> str:
    toward = "" if shift.toward is None else f" {_direction(shift.toward)}"
    mm = "" if shift.mm is None else f", {words.number(shift.mm)} mm"
    return f"head shifted{toward}, {shift.grade.value}{mm}"


def _shoulders(raised: Shoulders) -> list[str]:
    grades = {side: raised.of(side) for side in Side}
    found = [f"{side.word} shoulder raised, grade {grade}" for side, grade in grades.items() if grade]
    missing = [side.word for side, grade in grades.items() if grade is None]
    return found + ([f"{words.listed(missing)} shoulder not examined"] if missing else [])


def _tremor(tremor: Tremor) -> list[str]:
    if tremor.axis is TremorAxis.NONE or tremor.grade == 0:
        return []
    axis = "" if tremor.axis is TremorAxis.MIXED else f"{tremor.axis.value} "
    return [f"{axis}tremor, grade {tremor.grade}"]


def effect_of(session: Session) -> str:
    """What a past session did, as the patient told it; "effect not recorded" where nothing is known."""
    parts = []
    if session.benefit_percent is not None:
        parts.append(f"best {words.number(session.benefit_percent)} %")
    if session.onset_day is not None:
        parts.append(f"from day {session.onset_day}")
    if session.faded_week is not None:
        parts.append(f"faded in week {words.number(session.faded_week)}")
    return ", ".join(parts) if parts else "effect not recorded"


def side_effect(effect: SideEffect) -> str:
    """A side effect with its severity and days.

    >>> side_effect(SideEffect(kind=SideEffectKind.DYSPHAGIA, grade=1, from_day=8, to_day=20))
    'mild swallowing trouble, days 8 to 20'
    """
    said = f"{_SEVERITY[effect.grade]} {_EFFECTS[effect.kind]}"
    return f"{said}, {days_of(effect)}" if days_of(effect) else said


def days_of(effect: SideEffect) -> str:
    """The days a side effect lasted, as far as they are known."""
    if effect.from_day is not None and effect.to_day is not None:
        return f"days {words.span(effect.from_day, effect.to_day)}"
    if effect.from_day is not None:
        return f"from day {effect.from_day}"
    return "" if effect.to_day is None else f"until day {effect.to_day}"


def severity(grade: int) -> str:
    """A grade in a word; 0 is none."""
    return _SEVERITY.get(grade, "none")
