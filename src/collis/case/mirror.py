"""The mirrored patient: every side exchanged, everything else as it was."""

from __future__ import annotations

from dataclasses import replace

from collis.case.case import Case
from collis.case.examination import Deviation, Examination, Posture, Shift, Shoulders
from collis.case.session import Session

_OTHER_WAY = {
    "rotation right": "rotation left",
    "rotation left": "rotation right",
    "tilt right": "tilt left",
    "tilt left": "tilt right",
}


def mirrored(case: Case) -> Case:
    """The same case seen in a mirror. Mirroring twice gives the case back; free text stays as written."""
    other = tuple(
        replace(one, muscles=tuple(m.mirrored for m in one.muscles)) for one in case.safety.other_toxin
    )
    plan = case.request.plan
    return replace(
        case,
        examination=_examination(case.examination),
        safety=replace(case.safety, other_toxin=other),
        history=replace(case.history, sessions=tuple(_session(s) for s in case.history.sessions)),
        request=replace(case.request, plan=None if plan is None else plan.mirrored()),
    )


def mirrored_posture(posture: Posture) -> Posture:
    """The posture of the mirrored patient; forward and backward stay."""
    shoulders = posture.shoulder_elevation
    return replace(
        posture,
        turn=_angle(posture.turn),
        tilt=_angle(posture.tilt),
        torticaput=_angle(posture.torticaput),
        torticollis=_angle(posture.torticollis),
        laterocaput=_angle(posture.laterocaput),
        laterocollis=_angle(posture.laterocollis),
        lateral_shift=_shift(posture.lateral_shift),
        shoulder_elevation=None
        if shoulders is None
        else Shoulders(right=shoulders.left, left=shoulders.right),
    )


def _angle(angle: Deviation | None) -> Deviation | None:
    if angle is None or angle.toward is None:
        return angle
    return replace(angle, toward=angle.toward.mirrored)


def _shift(shift: Shift | None) -> Shift | None:
    if shift is None or shift.toward is None:
        return shift
    return replace(shift, toward=shift.toward.mirrored)


def _examination(seen: Examination) -> Examination:
    return replace(
        seen,
        posture=mirrored_posture(seen.posture),
        ranges=tuple(replace(r, movement=_OTHER_WAY.get(r.movement, r.movement)) for r in seen.ranges),
        findings=tuple(replace(f, where=f.where.mirrored) for f in seen.findings),
    )


def _session(session: Session) -> Session:
    given = tuple(
        replace(line, side=line.side.mirrored, members=tuple(m.mirrored for m in line.members))
        for line in session.given
    )
    return replace(session, given=given)
