"""A case as canonical TOML text: keys in one order, nothing written that says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from collis.case.case import Case, Request
from collis.case.examination import Deviation, Examination, Posture, Shift, Shoulders, Tremor
from collis.case.history import Asked, FlagAnswer, FlagReply, History, Medicines, SafetyAnswers
from collis.case.patient import Answer
from collis.case.preparation import Preparation
from collis.case.session import Given, OtherToxin, Session, SideEffect
from collis.knowledge.names import FLAG_KEYS
from collis.units import plain

Value = object
"""Whatever can stand to the right of an equals sign."""


def written(case: Case) -> str:
    """The whole file."""
    lines = [_pair("schema", case.schema), _pair("region", case.region)]
    if case.date is not None:
        lines.append(_pair("date", case.date))
    for section in (
        _section(
            "[patient]",
            age_years=case.patient.age_years,
            sex=_told(case.patient.sex),
            weight_kg=case.patient.weight_kg,
            thin_neck=_told(case.patient.thin_neck),
        ),
        _examination(case.examination),
        _section("[red_flags]", **{k: _flag(case.flags[k]) for k in sorted(case.flags, key=_flag_order)}),
        _safety(case.safety),
        _history(case.history),
        _request(case.request),
    ):
        lines += section
    return "\n".join(lines) + "\n"


def _examination(seen: Examination) -> list[str]:
    manner = seen.manner
    lines = _section(
        "[examination]",
        seated=_told(manner.seated),
        relaxed=_told(manner.relaxed),
        eyes_closed=_told(manner.eyes_closed),
        sensory_trick=_told(manner.sensory_trick),
        weeks_since_toxin=manner.weeks_since_toxin,
    )
    posture = {f.name: _posture(getattr(seen.posture, f.name)) for f in fields(Posture)}
    lines += _section("[examination.posture]", **posture)
    for one in seen.ranges:
        lines += _section(
            "[[examination.range]]",
            movement=one.movement,
            active_deg=one.active_deg,
            passive_deg=one.passive_deg,
        )
    for finding in seen.findings:
        lines += _section(
            "[[examination.finding]]",
            muscle=finding.where.muscle,
            side=finding.where.side,
            found=finding.kinds,
        )
    return lines


def _posture(entry: Deviation | Shift | Shoulders | Tremor | None) -> Value:
    return None if entry is None else {f.name: getattr(entry, f.name) for f in fields(entry)}


def _flag_order(key: str) -> tuple[int, str]:
    return (FLAG_KEYS.index(key) if key in FLAG_KEYS else len(FLAG_KEYS), key)


def _flag(reply: FlagReply) -> Value:
    if not (reply.done or reply.by or reply.on):
        return reply.answer
    return {"answer": reply.answer, "done": reply.done or None, "by": reply.by or None, "on": reply.on}


def _safety(answers: SafetyAnswers) -> list[str]:
    pairs: dict[str, Value] = {}
    for f in fields(SafetyAnswers):
        reply = getattr(answers, f.name)
        if isinstance(reply, Asked):
            pairs[f.name] = _asked(reply)
        elif isinstance(reply, Answer):
            pairs[f.name] = _told(reply)
    lines = _section("[safety]", **pairs)
    taken = answers.medicines
    if taken != Medicines():
        lines += _section(
            "[safety.medicines]",
            answer=taken.answer,
            names=taken.names,
            inr=taken.inr,
            inr_on=taken.inr_on,
            platelets_low=_told(taken.platelets_low),
        )
    for other in answers.other_toxin:
        lines += _other_toxin(other)
    return lines


def _asked(reply: Asked) -> Value:
    if not (reply.detail or reply.items):
        return _told(reply.answer)
    return {"answer": reply.answer, "detail": reply.detail or None, "items": reply.items or None}


def _other_toxin(other: OtherToxin) -> list[str]:
    return _section(
        "[[safety.other_toxin]]",
        date=other.on,
        product=other.product,
        units=None if other.dose is None else other.dose.units,
        site=other.site or None,
        indication=other.indication,
        clinic=other.clinic or None,
        muscles=[{"muscle": m.muscle, "side": m.side} for m in other.muscles],
        in_neck="yes" if other.in_neck else None,
    )


def _history(past: History) -> list[str]:
    lines = _section("[history]", onset_age_years=past.onset_age_years, goals=past.goals)
    for session in past.sessions:
        lines += _session(session)
    for rating in past.ratings:
        lines += _section("[[rating]]", date=rating.on, scale=rating.scale, score=rating.score)
    return lines


def _session(session: Session) -> list[str]:
    lines = _section(
        "[[history.session]]",
        date=session.on,
        product=session.product,
        total_units=session.total.units,
        benefit_percent=session.benefit_percent,
        onset_day=session.onset_day,
        best_week=session.best_week,
        faded_week=session.faded_week,
        guidance=session.guidance,
        side_effects_asked=session.side_effects_asked,
    )
    for line in session.given:
        lines += _given(line)
    for effect in session.side_effects:
        lines += _side_effect(effect)
    return lines


def _given(line: Given) -> list[str]:
    return _section(
        "[[history.session.given]]",
        muscle=line.muscle,
        side=line.side,
        units=line.dose.units,
        sites=line.sites,
        guidance=line.guidance,
    )


def _side_effect(effect: SideEffect) -> list[str]:
    return _section(
        "[[history.session.side_effect]]",
        kind=effect.kind,
        grade=effect.grade,
        from_day=effect.from_day,
        to_day=effect.to_day,
        detail=effect.detail or None,
    )


def _request(asked: Request) -> list[str]:
    usual = Request()
    plan = asked.plan
    lines = _section(
        "[request]",
        product=asked.product,
        guidance=None if asked.guidance == usual.guidance else asked.guidance,
        muscles=asked.muscles,
        consent_warnings=_told(asked.consent_warnings),
        plan_name=None if plan is None else plan.name,
        plan_origin=None if plan is None else plan.origin,
    )
    for injection in () if plan is None else plan.injections:
        lines += _section(
            "[[request.plan]]",
            muscle=injection.muscle,
            side=injection.side,
            units=injection.dose.units,
            sites=injection.sites,
            guidance=injection.guidance,
        )
    return lines + ([] if asked.preparation is None else _preparation(asked.preparation))


def _preparation(made: Preparation) -> list[str]:
    lines = _section(
        "[request.preparation]",
        product=made.product,
        diluent_ml=made.diluent_ml,
        units_per_0_1ml=made.units_per_0_1ml,
        drawn_units=made.drawn.units,
        diluent=made.diluent,
        mixed_at=made.mixed_at,
        injected_at=made.injected_at,
    )
    shared = {True: Answer.YES, False: Answer.NO, None: None}
    for vial in made.vials:
        lines += _section(
            "[[request.preparation.vial]]",
            units=vial.units.units,
            lot=vial.lot or None,
            expiry=vial.expiry,
            for_other_patient=shared[vial.for_other_patient],
            diluent_ml=vial.diluent_ml,
        )
    return lines


def _told(answer: StrEnum) -> StrEnum | None:
    """The word, or nothing where it is unknown: leaving a question out says the same."""
    return None if answer.value == FlagAnswer.UNKNOWN.value else answer


def _section(heading: str, **pairs: Value) -> list[str]:
    """A heading with its pairs; nothing at all when there is nothing to say."""
    lines = [_pair(k, v) for k, v in pairs.items() if v is not None and v != () and v != []]
    return ["", heading, *lines] if lines else []


def _pair(key: str, value: object) -> str:
    return f"{key} = {_toml(value)}"


def _toml(value: object) -> str:
    match value:
        case StrEnum() | str():
            return '"' + "".join(_escaped(c) for c in str(value)) + '"'
        case bool():
            return "true" if value else "false"
        case Decimal():
            return plain(value)
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            pairs = [_pair(k, v) for k, v in value.items() if v is not None]
            return "{ " + ", ".join(pairs) + " }" if pairs else "{}"
        case list() | tuple():
            return "[" + ", ".join(_toml(v) for v in value) + "]"
        case _:
            return str(value)


def _escaped(character: str) -> str:
    match character:
        case '"' | "\\":
            return f"\\{character}"
        case "\n":
            return "\\n"
        case "\t":
            return "\\t"
        case _:
            return character if character.isprintable() else f"\\U{ord(character):08x}"
