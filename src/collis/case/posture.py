"""From a posture as seen to evidence for single patterns: caput and collis, shifts, shoulders, tremor.

Conventions, always the patient's own sides:

* torti- goes where the chin points, latero- where the ear drops, a shift where the head is displaced;
* a lateral shift to the RIGHT is laterocollis to the RIGHT with laterocaput to the LEFT;
* an anterior sagittal shift (to the front) is antecollis with retrocaput, a posterior one (to the back)
  retrocollis with antecaput;
* flexion to the front is ante-, to the back retro-.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from collis.case.examination import (
    PLANES,
    Deviation,
    Direction,
    JointLevel,
    Posture,
    Sagittal,
    Shift,
    ShiftGrade,
    TremorAxis,
)
from collis.errors import BadInput
from collis.knowledge.names import Pattern
from collis.side import Side


@dataclass(frozen=True, kw_only=True, slots=True)
class Component:
    """Evidence for one pattern.

    `toward` is the side, None for what has none. `deg` is the angle this pattern is expected to have where it is
    present, `weight` the probability that it is, so that weight times deg over a plane adds up to the angle
    seen. What is graded and not measured has `deg` 0 and a `grade`: shifts 1 mild, 2 marked; shoulders and
    tremor 1 to 3. `from_` is the key of the posture it came from.
    """

    pattern: Pattern
    toward: Side | None
    deg: float
    weight: float
    from_: str
    grade: int = 0

    @property
    def words(self) -> str:
        """The pattern with its side, as printed."""
        name = self.pattern.value.replace("_", " ")
        return name if self.toward is None else f"{name} {self.toward.word}"


@dataclass(frozen=True, kw_only=True, slots=True)
class PostureReading:
    """The components a posture gives, and sentences on what explains or contradicts what."""

    components: tuple[Component, ...]
    notes: tuple[str, ...]


def components(posture: Posture, *, spread: Sequence[float], threshold_deg: float) -> tuple[Component, ...]:
    """The components alone; see `read_posture`."""
    return read_posture(posture, spread=spread, threshold_deg=threshold_deg).components


def read_posture(posture: Posture, *, spread: Sequence[float], threshold_deg: float) -> PostureReading:
    """Turn a posture into evidence for patterns.

    `spread` weighs what an unsure level may be: collis alone, caput alone, both. An angle below `threshold_deg`
    gives nothing. A shift stands for its two component angles: they are not counted beside it, an angle whose
    level is unsure is taken as one of them where it can be, and what speaks against the shift is kept and noted.

    >>> from decimal import Decimal
    >>> seen = Posture(turn=Deviation(deg=Decimal(30), toward=Side.LEFT, level=JointLevel.CAPUT))
    >>> [c.words for c in components(seen, spread=(1, 1, 3), threshold_deg=5)]
    ['torticaput LEFT']
    """
    if len(spread) != 3 or min(spread) < 0 or sum(spread) <= 0:
        raise BadInput(
            where="spread", read=f"{tuple(spread)}", expected="three weights of 0 or more, not all 0"
        )
    found: list[Component] = []
    notes: list[str] = []
    for total, parts in PLANES.items():
        shift_key = _SHIFT_OF.get(total)
        shift: Shift | None = getattr(posture, shift_key) if shift_key else None
        angles = list(_plane(posture, total, parts, spread, threshold_deg))
        moved = _shift(shift, shift_key) if shift is not None and shift_key is not None else None
        if moved is None:
            found += angles
            if shift_key is not None and (note := _unmarked(angles, absent=shift is not None)):
                notes.append(note)
            continue
        found.append(moved)
        whole: Deviation | None = getattr(posture, total)
        unsure = whole is not None and whole.level is JointLevel.UNSURE
        kept, said = _beside(moved, angles, unsure=unsure)
        found += kept
        notes += said
    found += _shoulders(posture)
    found += _tremor(posture)
    return PostureReading(components=tuple(found), notes=tuple(notes))


_SHIFT_OF = {"tilt": "lateral_shift", "flexion": "sagittal_shift"}

_SIDED = {
    "torticaput": Pattern.TORTICAPUT,
    "torticollis": Pattern.TORTICOLLIS,
    "laterocaput": Pattern.LATEROCAPUT,
    "laterocollis": Pattern.LATEROCOLLIS,
}

_SAGITTAL = {
    ("sagittal_caput", Sagittal.FRONT): Pattern.ANTECAPUT,
    ("sagittal_caput", Sagittal.BACK): Pattern.RETROCAPUT,
    ("sagittal_collis", Sagittal.FRONT): Pattern.ANTECOLLIS,
    ("sagittal_collis", Sagittal.BACK): Pattern.RETROCOLLIS,
}

_SHIFT_GRADES = {ShiftGrade.ABSENT: 0, ShiftGrade.MILD: 1, ShiftGrade.MARKED: 2}


def _component(part: str, toward: Direction | None, deg: float, weight: float, from_: str) -> Component:
    """The component a separate angle names: `part` is its key, such as sagittal_caput."""
    if isinstance(toward, Side):
        return Component(pattern=_SIDED[part], toward=toward, deg=deg, weight=weight, from_=from_)
    pattern = _SAGITTAL[part, toward or Sagittal.FRONT]
    return Component(pattern=pattern, toward=None, deg=deg, weight=weight, from_=from_)


def _plane(
    posture: Posture, total: str, parts: tuple[str, str], spread: Sequence[float], threshold_deg: float
) -> Iterator[Component]:
    """The angles of one plane, caput first, as if there were no shift."""
    caput, collis = parts
    whole: Deviation | None = getattr(posture, total)
    if whole is None:
        for part in parts:
            angle: Deviation | None = getattr(posture, part)
            if angle is not None and angle.deg > 0 and angle.deg >= threshold_deg:
                yield _component(part, angle.toward, float(angle.deg), 1.0, part)
        return
    if whole.deg == 0 or whole.deg < threshold_deg:
        return
    deg = float(whole.deg)
    level = whole.level or JointLevel.UNSURE
    match level:
        case JointLevel.CAPUT:
            yield _component(caput, whole.toward, deg, 1.0, total)
        case JointLevel.COLLIS:
            yield _component(collis, whole.toward, deg, 1.0, total)
        case JointLevel.BOTH:
            yield _component(caput, whole.toward, deg / 2, 1.0, total)
            yield _component(collis, whole.toward, deg / 2, 1.0, total)
        case JointLevel.UNSURE:
            collis_alone, caput_alone, both = (w / sum(spread) for w in spread)
            for part, alone in ((caput, caput_alone), (collis, collis_alone)):
                present = alone + both
                if present > 0:
                    share = (alone + both / 2) / present
                    yield _component(part, whole.toward, deg * share, present, total)
        case _:
            assert_never(level)


def _shift(shift: Shift, key: str) -> Component | None:
    grade = _SHIFT_GRADES[shift.grade]
    if grade == 0:
        return None
    if isinstance(shift.toward, Side):
        pattern, toward = Pattern.LATERAL_SHIFT, shift.toward
    else:
        front = shift.toward is Sagittal.FRONT
        pattern = Pattern.ANTERIOR_SAGITTAL_SHIFT if front else Pattern.POSTERIOR_SAGITTAL_SHIFT
        return Component(pattern=pattern, toward=None, deg=0.0, weight=1.0, from_=key, grade=grade)
    return Component(pattern=pattern, toward=toward, deg=0.0, weight=1.0, from_=key, grade=grade)


def _parts_of(shift: Component) -> frozenset[tuple[Pattern, Side | None]]:
    """The two component angles a shift consists of."""
    if shift.toward is not None:
        return frozenset(
            {
                (Pattern.LATEROCOLLIS, shift.toward),
                (Pattern.LATEROCAPUT, shift.toward.mirrored),
            }
        )
    if shift.pattern is Pattern.ANTERIOR_SAGITTAL_SHIFT:
        return frozenset({(Pattern.ANTECOLLIS, None), (Pattern.RETROCAPUT, None)})
    return frozenset({(Pattern.RETROCOLLIS, None), (Pattern.ANTECAPUT, None)})


def _beside(shift: Component, angles: list[Component], *, unsure: bool) -> tuple[list[Component], list[str]]:
    """Which angles still count beside a shift of their plane, and what is to be said."""
    parts = _parts_of(shift)
    kept: list[Component] = []
    notes: list[str] = []
    for angle in angles:
        if (angle.pattern, angle.toward) in parts:
            notes.append(f"{_capital(shift.words)} explains {angle.words}; it is not counted a second time.")
        elif unsure:
            notes.append(
                f"{_capital(angle.words)} would speak against {shift.words}; its level is unsure and the shift "
                "settles it, so it is not counted."
            )
        else:
            kept.append(angle)
            notes.append(
                f"{_capital(shift.words)} and {angle.words} speak against each other: the shift does not contain it. "
                "Look again at both."
            )
    return kept, notes


def _unmarked(angles: list[Component], *, absent: bool) -> str:
    """A sentence where separately measured angles make up a shift that was not marked."""
    seen = {(a.pattern, a.toward): a for a in angles}
    for shift in (
        *(
            Component(pattern=Pattern.LATERAL_SHIFT, toward=side, deg=0.0, weight=1.0, from_="lateral_shift")
            for side in Side
        ),
        *(
            Component(pattern=pattern, toward=None, deg=0.0, weight=1.0, from_="sagittal_shift")
            for pattern in (Pattern.ANTERIOR_SAGITTAL_SHIFT, Pattern.POSTERIOR_SAGITTAL_SHIFT)
        ),
    ):
        parts = _parts_of(shift)
        if parts <= seen.keys():
            pair = " with ".join(seen[part].words for part in sorted(parts, key=lambda p: p[0].value))
            said = "was marked absent" if absent else "was not examined"
            return f"{_capital(pair)} makes a {shift.words}, which {said}: look again."
    return ""


def _shoulders(posture: Posture) -> Iterator[Component]:
    if posture.shoulder_elevation is None:
        return
    for side in Side:
        grade = posture.shoulder_elevation.of(side)
        if grade:
            yield Component(
                pattern=Pattern.SHOULDER_ELEVATION,
                toward=side,
                deg=0.0,
                weight=1.0,
                from_="shoulder_elevation",
                grade=grade,
            )


def _tremor(posture: Posture) -> Iterator[Component]:
    tremor = posture.tremor
    if tremor is None or tremor.grade == 0:
        return
    patterns = {
        TremorAxis.NO_NO: (Pattern.TREMOR_NO_NO,),
        TremorAxis.YES_YES: (Pattern.TREMOR_YES_YES,),
        TremorAxis.MIXED: (Pattern.TREMOR_NO_NO, Pattern.TREMOR_YES_YES),
        TremorAxis.NONE: (),
    }[tremor.axis]
    for pattern in patterns:
        yield Component(pattern=pattern, toward=None, deg=0.0, weight=1.0, from_="tremor", grade=tremor.grade)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
