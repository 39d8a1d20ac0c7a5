"""Posture: from a form into the words of a case, and into a picture that turns as one types."""

from __future__ import annotations

import math
from contextlib import suppress
from decimal import Decimal
from html import escape
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from collis.case.examination import JointLevel, Posture, ShiftGrade, TremorAxis
from collis.errors import BadInput
from collis.side import Side
from collis.units import plain
from collis_clinic.bridge import pages
from collis_clinic.bridge.cases import posture_of
from collis_clinic.visits.reading import Form, choice, number, whole

SIDES = tuple(s.value for s in Side)
SAGITTAL = ("front", "back")
ANGLES = (("turn", SIDES), ("tilt", SIDES), ("flexion", SAGITTAL))
SHIFTS = (("lateral_shift", SIDES), ("sagittal_shift", SAGITTAL))


def posture_from(form: Form) -> dict[str, Any] | None:
    """The posture as the case file's table; None where no field was filled. Wrong entries name their field."""
    table: dict[str, Any] = {}
    for name, ways in ANGLES:
        deg = number(form, f"{name}_deg", what=_("degrees from 0 to 90"), most=Decimal(90))
        toward = choice(form, f"{name}_toward", ways)
        if deg is None:
            continue
        if deg > 0 and toward is None:
            raise ValidationError({f"{name}_deg": _("Say to which side.")})
        entry = {"deg": plain(deg), "toward": toward, "level": choice(form, f"{name}_level", JointLevel)}
        table[name] = {k: v for k, v in entry.items() if v is not None}
    for name, ways in SHIFTS:
        grade = choice(form, f"{name}_grade", ShiftGrade)
        if grade is None:
            continue
        toward = choice(form, f"{name}_toward", ways)
        if grade != ShiftGrade.ABSENT and toward is None:
            raise ValidationError({f"{name}_grade": _("Say to which side.")})
        table[name] = {"grade": grade} | ({} if toward is None else {"toward": toward})
    shoulders = {side: whole(form, f"shoulder_{side}", what=_("a grade from 0 to 3")) for side in SIDES}
    if any(grade is not None for grade in shoulders.values()):
        table["shoulder_elevation"] = {k: v for k, v in shoulders.items() if v is not None}
    axis = choice(form, "tremor_axis", TremorAxis)
    if axis is not None:
        strong = whole(form, "tremor_grade", what=_("a grade from 0 to 3"))
        table["tremor"] = {"axis": axis, "grade": 0 if axis == TremorAxis.NONE else strong or 0}
        if axis != TremorAxis.NONE and strong is None:
            raise ValidationError({"tremor_grade": _("Say how strong the tremor is.")})
    if table:
        try:
            posture_of(table)
        except BadInput as error:
            raise ValidationError({error.where.replace("posture.", ""): str(error)}) from None
    return table or None


def fields_of(table: dict[str, Any] | None) -> dict[str, Any]:
    """The table as the form's fields."""
    found: dict[str, Any] = {}
    for name, entry in (table or {}).items():
        if name == "shoulder_elevation":
            found |= {f"shoulder_{side}": grade for side, grade in entry.items()}
        else:
            found |= {f"{name}_{key}": value for key, value in entry.items()}
    return found


def loose_posture(form: Form) -> Posture:
    """As much of a half-typed form as can be drawn; a side not yet said counts as not yet turned."""
    kept = dict(form.items()) if hasattr(form, "items") else dict(form)
    table: dict[str, Any] = {}
    for name, _ways in (*ANGLES, *SHIFTS):
        part = {k: v for k, v in kept.items() if k.startswith(f"{name}_")}
        with suppress(ValidationError):
            table |= posture_from(part) or {}
    with suppress(ValidationError):
        table |= posture_from({k: v for k, v in kept.items() if k.startswith("shoulder_")}) or {}
    return posture_of(table)


def words_of(seen: Posture) -> str:
    """The posture in words, sides in capitals; empty where nothing was said."""
    said = pages.posture_words(seen)
    return said[:1].upper() + said[1:]


def _angle(seen: Posture, name: str) -> tuple[float, int]:
    """Degrees and sign: +1 toward the patient's LEFT or the front."""
    found = getattr(seen, name)
    if found is None or found.toward is None:
        return 0.0, 0
    return float(found.deg), 1 if found.toward.value in ("left", "front") else -1


def picture(seen: Posture) -> SafeString:
    """Three small drawings: FRONT, FROM ABOVE, and the SIDE. The patient's RIGHT is on the left of FRONT and ABOVE."""
    turn, turn_sign = _angle(seen, "turn")
    tilt, tilt_sign = _angle(seen, "tilt")
    flexion, flexion_sign = _angle(seen, "flexion")
    lateral, sagittal = _shift(seen, "lateral_shift"), _shift(seen, "sagittal_shift")
    raised = seen.shoulder_elevation
    right = 0 if raised is None else raised.right or 0
    left = 0 if raised is None else raised.left or 0
    parts = [
        _front(turn * turn_sign, tilt * tilt_sign, flexion * flexion_sign, lateral, right, left),
        _above(turn * turn_sign, lateral, sagittal),
        _side(flexion * flexion_sign, sagittal),
    ]
    alt = words_of(seen) or _("Nothing entered yet: drawn straight.")
    shown = "".join(
        f'<svg class="posture" viewBox="{160 * n} 0 160 190" aria-hidden="true">{part}</svg>'
        for n, part in enumerate(parts)
    )
    return mark_safe(f'<div class="postures" role="img" aria-label="{escape(alt, quote=True)}">{shown}</div>')


def _shift(seen: Posture, name: str) -> float:
    found = getattr(seen, name)
    if found is None or found.toward is None:
        return 0.0
    size = {"absent": 0.0, "mild": 7.0, "marked": 14.0}[found.grade.value]
    return size if found.toward.value in ("left", "front") else -size


def _n(value: float) -> str:
    return f"{value:.1f}"


def _plates(at: float) -> str:
    return (
        f'<rect class="plr" x="{_n(at - 74)}" y="112" width="44" height="17" rx="3"/>'
        f'<text class="pt ptr" x="{_n(at - 52)}" y="124.4">RIGHT</text>'
        f'<rect class="pll" x="{_n(at + 30)}" y="112" width="44" height="17" rx="3"/>'
        f'<text class="pt" x="{_n(at + 52)}" y="124.4">LEFT</text>'
    )


def _caption(at: float, title: str, below: str) -> str:
    return f'<text class="vw" x="{at}" y="170">{title}</text><text class="vs" x="{at}" y="184">{below}</text>'


def _front(turn: float, tilt: float, flexion: float, shift: float, right: int, left: int) -> str:
    """The face towards you: x to the right of the picture is the patient's LEFT."""
    gaze = math.sin(math.radians(turn))
    nose_x, depth = 24 * gaze, math.cos(math.radians(turn))
    drop = 12 * math.sin(math.radians(flexion))
    ears = "".join(
        f'<ellipse class="skin o" cx="{_n(side * 31 * depth)}" cy="-2" rx="5" ry="9"/>'
        for side in (-1, 1)
        if side * gaze < 0.85
    )
    eyes = "".join(
        f'<ellipse class="eye" cx="{_n(nose_x + side * 12 * max(depth, 0.2))}" cy="{_n(-6 + drop)}" rx="2.6" ry="2.2"/>'
        for side in (-1, 1)
        if abs(nose_x + side * 12 * depth) < 29
    )
    head = (
        f'<g transform="translate({_n(80 + shift)} 62) rotate({_n(tilt)} 0 44)">{ears}'
        '<path class="skin o" d="M-30,-10 C-30,-44 30,-44 30,-10 C30,14 18,36 0,38 C-18,36 -30,14 -30,-10 Z"/>'
        f'<path class="hair" d="M-30,-12 C-32,-46 32,-46 30,-12 C24,{_n(-26 + drop)} -24,{_n(-26 + drop)} -30,-12 Z"/>'
        f"{eyes}"
        f'<path class="f" d="M{_n(nose_x)},{_n(-3 + drop)} l{_n(3 + 5 * gaze)},10 l-6,2"/>'
        f'<path class="f" d="M{_n(nose_x - 7)},{_n(20 + drop)} q7,4 14,0"/></g>'
    )
    body = (
        f'<path class="skin o" d="M{_n(66 + shift * 0.7)},88 L66,116 '
        f"Q44,{_n(124 - 7 * right)} 18,{_n(132 - 9 * right)} "
        f'L12,152 L148,152 L142,{_n(132 - 9 * left)} Q116,{_n(124 - 7 * left)} 94,116 L{_n(94 + shift * 0.7)},88 Z"/>'
    )
    return f"<g>{body}{head}{_plates(80)}{_caption(80, _('FRONT'), _('face towards you'))}</g>"


def _above(turn: float, lateral: float, sagittal: float) -> str:
    """Seen from above, the face toward the lower edge: the patient's LEFT stays on the right of the picture."""
    return (
        '<g><path class="skin o" d="M172,84 C172,62 202,58 240,58 C278,58 308,62 308,84 C308,102 278,100 240,100 '
        'C202,100 172,102 172,84 Z"/>'
        f'<g transform="translate({_n(240 + lateral)} {_n(74 + sagittal)}) rotate({_n(-turn)})">'
        '<path class="skin o" d="M-5,30 L0,42 L5,30 Z"/>'
        '<ellipse class="skin o" cx="-28" cy="0" rx="4" ry="7"/><ellipse class="skin o" cx="28" cy="0" rx="4" ry="7"/>'
        '<ellipse class="hair o" cx="0" cy="0" rx="28" ry="33"/></g>'
        f"{_plates(240)}{_caption(240, _('FROM ABOVE'), _('face towards you'))}</g>"
    )


def _side(flexion: float, sagittal: float) -> str:
    """The RIGHT side of the patient, face toward the right of the picture."""
    return (
        '<g><path class="skin o" d="M378,152 C380,130 386,122 392,114 L'
        f'{_n(392 + sagittal * 0.6)},84 L{_n(418 + sagittal * 0.6)},84 L414,114 C426,120 434,130 436,152 Z"/>'
        f'<g transform="translate({_n(403 + sagittal)} 60) rotate({_n(flexion)} 0 34)">'
        '<path class="skin o" d="M-30,-8 C-30,-46 28,-46 30,-12 L40,2 L31,6 C33,14 31,18 28,20 C29,30 24,36 12,34 '
        'L-6,26 C-22,20 -30,8 -30,-8 Z"/>'
        '<path class="hair" d="M-30,-8 C-31,-46 26,-48 29,-16 C12,-24 2,-18 -4,-6 C-8,4 -14,10 -20,14 '
        'C-27,8 -30,0 -30,-8 Z"/>'
        '<circle class="eye" cx="21" cy="-6" r="2.4"/><path class="f" d="M-6,-4 q6,-4 6,4 q-1,6 -5,6"/></g>'
        f'<rect class="plr" x="430" y="96" width="44" height="17" rx="3"/>'
        f'<text class="pt ptr" x="452" y="108.4">RIGHT</text>'
        f"{_caption(406, _('SIDE'), _('face to the right'))}</g>"
    )
