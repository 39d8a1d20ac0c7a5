"""Rows of one visit into a `Case`, a `Plan`, a `Preparation`. What nobody recorded stays unknown; no name goes in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from collis.case.case import Case, Request
from collis.case.examination import (
    Deviation,
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
from collis.case.history import (
    Asked,
    FlagAnswer,
    FlagReply,
    History,
    Medicines,
    Rating,
    SafetyAnswers,
    ScaleName,
)
from collis.case.patient import Answer, Patient, Sex
from collis.case.plan import Injection, Origin, Plan
from collis.case.preparation import Preparation, VialUse
from collis.case.session import Given, Indication, OtherToxin, Session, SideEffect, SideEffectKind
from collis.errors import BadInput
from collis.knowledge.names import Guidance, Muscle, MuscleSide, Region
from collis.side import Side
from collis.units import Dose, decimal_of
from collis_clinic.records import models as rows
from collis_clinic.records.ledger import standing
from collis_clinic.records.models.visit import QUESTIONS
from collis_clinic.records.words import LedgerSource

DILUENT = "sodium chloride 0.9 %, preservative-free"


def case_of(
    visit: rows.Visit,
    *,
    product: str | None = None,
    guidance: Iterable[Guidance] = (),
    muscles: Iterable[Muscle] = (),
    plan: Plan | None = None,
    preparation: Preparation | None = None,
) -> Case:
    """The case of a visit on its day: the patient, what was seen and answered, and all sessions signed before it.

    `product` is the session's own where none is given. Rows that no case can hold raise `BadInput`.
    """
    patient, session = visit.patient, getattr(visit, "session", None)
    check_in, seen = getattr(visit, "check_in", None), getattr(visit, "assessment", None)
    wanted = product or (None if session is None else session.product)
    chosen = tuple(guidance)
    return Case(
        region=Region(patient.region),
        date=visit.on,
        patient=Patient(
            age_years=visit.age_years,
            sex=Sex.UNKNOWN if patient.sex is None else Sex(patient.sex),
            weight_kg=None if seen is None else seen.weight_kg,
            thin_neck=_answer(None if seen is None else seen.thin_neck),
        ),
        examination=_examination(seen),
        flags=_flags(visit),
        safety=_safety(visit, check_in),
        history=_history(visit, seen),
        request=Request(
            product=wanted,
            guidance=chosen or Request().guidance,
            muscles=tuple(muscles),
            plan=plan,
            preparation=preparation,
            consent_warnings=_consent(visit),
        ),
    )


def plan_of(session: rows.Session) -> Plan:
    """The plan of a session's lines: the sites of one muscle-side added up; a line without Units is an error."""
    if session.product is None:
        raise BadInput(where="product", read="nothing", expected="the product of the session")
    grouped: dict[MuscleSide, list[rows.InjectionLine]] = defaultdict(list)
    for line in session.lines.filter(dropped=False).order_by("position", "site"):
        grouped[MuscleSide(Muscle(line.muscle), Side(line.side))].append(line)
    return Plan(
        name=session.plan_name or "typed",
        product=session.product,
        origin=Origin(session.plan_origin or Origin.TYPED),
        injections=tuple(_injection(where, lines, session.product) for where, lines in grouped.items()),
    )


def preparation_of(session: rows.Session) -> Preparation | None:
    """The preparation of a session, None until volume and strength are recorded."""
    made = getattr(session, "preparation", None)
    if made is None or made.diluent_ml is None or made.units_per_0_1ml is None or made.drawn_units is None:
        return None
    vials = tuple(
        VialUse(
            units=Dose(used.vial.contents, made.product),
            lot=used.vial.lot.number,
            expiry=used.vial.lot.expiry,
            for_other_patient=(
                None
                if used.vial.bound_to is None and session.visit.supply_route == "patient_vial"
                else used.vial.bound_to not in (None, session.visit.patient_id)
            ),
            diluent_ml=used.diluent_ml,
        )
        for used in made.vials.select_related("vial__lot").order_by("recorded_at")
    )
    return Preparation(
        product=made.product,
        vials=vials,
        diluent_ml=made.diluent_ml,
        units_per_0_1ml=made.units_per_0_1ml,
        drawn=Dose(made.drawn_units, made.product),
        diluent=made.diluent or DILUENT,
        mixed_at=None if made.mixed_at is None else _local(made.mixed_at),
        injected_at=None if session.given_at is None else _local(session.given_at),
    )


def session_value(session: rows.Session) -> Session:
    """A signed session as the science reads it, with the result told at a later visit."""
    product = session.product or ""
    grouped: dict[MuscleSide, list[rows.InjectionLine]] = defaultdict(list)
    for line in session.lines.all():
        if not line.dropped and line.given_units:
            grouped[MuscleSide(Muscle(line.muscle), Side(line.side))].append(line)
    given = tuple(
        Given(
            muscle=where.muscle.value,
            side=where.side,
            dose=Dose(sum((line.given_units or Decimal(0) for line in lines), Decimal(0)), product),
            members=(where,),
            sites=len(lines),
            guidance=_one_guidance(lines),
        )
        for where, lines in grouped.items()
    )
    result = max(session.results.all(), key=lambda a: a.recorded_at, default=None)
    effects = tuple(_effect(e) for e in session.side_effects.all() if not e.withdrawn)
    return Session(
        on=session.visit.on,
        product=product,
        total=Dose.total((line.dose for line in given), product),
        given=given,
        benefit_percent=None if result is None else result.benefit_percent,
        onset_day=None if result is None else result.onset_day,
        best_week=None if result is None else result.best_week,
        faded_week=None if result is None else result.faded_week,
        side_effects=effects,
        side_effects_asked=Answer.YES
        if effects
        else _answer(None if result is None else result.side_effects_asked),
    )


def posture_of(table: Mapping[str, Any] | None) -> Posture:
    """A posture out of its JSON table; `BadInput` says which entry cannot be."""
    found: dict[str, Any] = {}
    for name, entry in (table or {}).items():
        try:
            found[name] = _entry(name, entry)
        except (BadInput, KeyError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
            if isinstance(error, BadInput):
                raise BadInput(
                    where=f"posture.{name}", read=error.read, expected=error.expected, mend=error.mend
                ) from None
            raise BadInput(
                where=f"posture.{name}", read=str(entry)[:80], expected="an entry of the case file's posture"
            ) from None
    try:
        return Posture(**found)
    except TypeError:
        raise BadInput(where="posture", read=", ".join(found), expected="names of the case file") from None


def findings_of(entries: Iterable[Mapping[str, Any]] | None) -> tuple[Finding, ...]:
    """Findings out of their JSON list."""
    return tuple(
        Finding(
            where=MuscleSide(_word(Muscle, entry.get("muscle")), _word(Side, entry.get("side"))),
            kinds=tuple(_word(FindingKind, kind) for kind in entry.get("found", ())),
        )
        for entry in entries or ()
    )


def ranges_of(entries: Iterable[Mapping[str, Any]] | None) -> tuple[Range, ...]:
    """Ranges of movement out of their JSON list."""
    return tuple(
        Range(
            movement=str(entry.get("movement", "")),
            active_deg=_number(entry.get("active_deg")),
            passive_deg=_number(entry.get("passive_deg")),
        )
        for entry in entries or ()
    )


def _entry(name: str, entry: Mapping[str, Any]) -> Any:
    if name in ("lateral_shift", "sagittal_shift"):
        return Shift(
            grade=ShiftGrade(entry["grade"]), toward=_toward(entry.get("toward")), mm=_number(entry.get("mm"))
        )
    if name == "shoulder_elevation":
        return Shoulders(right=entry.get("right"), left=entry.get("left"))
    if name == "tremor":
        return Tremor(axis=TremorAxis(entry["axis"]), grade=int(entry["grade"]))
    level = entry.get("level")
    return Deviation(
        deg=_needed(entry.get("deg")),
        toward=_toward(entry.get("toward")),
        level=None if level is None else JointLevel(level),
    )


def _toward(word: str | None) -> Side | Sagittal | None:
    if word is None:
        return None
    return Side(word) if word in list(Side) else Sagittal(word)


def _examination(seen: rows.Assessment | None) -> Examination:
    if seen is None:
        return Examination()
    return Examination(
        posture=posture_of(seen.posture),
        manner=Manner(
            seated=_answer(seen.seated),
            relaxed=_answer(seen.relaxed),
            eyes_closed=_answer(seen.eyes_closed),
            sensory_trick=_answer(seen.sensory_trick),
        ),
        ranges=ranges_of(seen.ranges),
        findings=findings_of(seen.findings),
    )


def _flags(visit: rows.Visit) -> dict[str, FlagReply]:
    """The newest answer to each flag in this episode, up to this visit."""
    replies: dict[str, FlagReply] = {}
    known = rows.RedFlag.objects.filter(visit__episode=visit.episode_id, visit__on__lte=visit.on)
    for row in known.order_by("visit__on", "recorded_at"):
        replies[row.flag] = FlagReply(answer=FlagAnswer(row.answer), done=row.done or "", by="", on=row.on)
    return replies


def _safety(visit: rows.Visit, check_in: rows.CheckIn | None) -> SafetyAnswers:
    other = tuple(
        OtherToxin(
            on=entry.on,
            product=entry.product,
            dose=None if entry.units is None or entry.product is None else Dose(entry.units, entry.product),
            site=entry.site or "",
            indication=Indication(entry.indication),
            clinic="another clinic" if entry.clinic else "",
            muscles=tuple(MuscleSide(Muscle(m["muscle"]), Side(m["side"])) for m in entry.muscles or ()),
            in_neck=entry.in_neck == "yes",
        )
        for entry in standing(visit.patient_id).exclude(source=LedgerSource.SESSION)
        if entry.on is None or entry.on <= visit.on
    )
    here_not_neck = _other_episodes(visit)
    if check_in is None:
        return SafetyAnswers(other_toxin=other + here_not_neck)
    asked = {name: _asked(check_in, name) for name in QUESTIONS}
    return SafetyAnswers(
        toxin_naive=_answer(check_in.toxin_naive),
        toxin_elsewhere=_answer(check_in.toxin_elsewhere),
        other_toxin=other + here_not_neck,
        medicines=Medicines(
            answer=_answer(check_in.medicines),
            names=tuple(check_in.medicine_names or ()),
            inr=check_in.inr,
            inr_on=check_in.inr_on,
            platelets_low=_answer(check_in.platelets_low),
        ),
        **asked,
    )


def _other_episodes(visit: rows.Visit) -> tuple[OtherToxin, ...]:
    """Toxin given here for another indication counts as toxin elsewhere."""
    entries = standing(visit.patient_id).filter(source=LedgerSource.SESSION, on__lte=visit.on)
    entries = entries.exclude(version_of__session__visit__episode=visit.episode_id)
    return tuple(
        OtherToxin(
            on=entry.on,
            product=entry.product,
            dose=None if entry.units is None or entry.product is None else Dose(entry.units, entry.product),
            indication=Indication(entry.indication),
            muscles=tuple(MuscleSide(Muscle(m["muscle"]), Side(m["side"])) for m in entry.muscles or ()),
            in_neck=entry.in_neck == "yes",
        )
        for entry in entries
    )


def _asked(check_in: rows.CheckIn, name: str) -> Asked:
    return Asked(
        answer=_answer(getattr(check_in, name)),
        detail=getattr(check_in, f"{name}_detail") or "",
        items=tuple(getattr(check_in, f"{name}_items", None) or ()),
    )


def _history(visit: rows.Visit, seen: rows.Assessment | None) -> History:
    sessions = (
        rows.Session.objects.filter(
            visit__episode=visit.episode_id, visit__on__lte=visit.on, state="signed", product__isnull=False
        )
        .exclude(visit=visit.pk)
        .select_related("visit")
        .prefetch_related("lines", "results", "side_effects")
    )
    ratings = rows.Rating.objects.filter(visit__episode=visit.episode_id, on__lte=visit.on)
    return History(
        sessions=tuple(value for session in sessions if (value := session_value(session)).given),
        ratings=tuple(Rating(on=r.on, scale=ScaleName(r.scale), score=r.score) for r in ratings),
        goals=tuple((seen.goals or ()) if seen is not None else ()),
        onset_age_years=visit.patient.onset_age_years,
    )


def _consent(visit: rows.Visit) -> Answer:
    last = visit.consents.filter(kind="treatment").order_by("-at").first()
    return Answer.UNKNOWN if last is None else Answer(last.given)


def _injection(where: MuscleSide, lines: list[rows.InjectionLine], product: str) -> Injection:
    units = [line.planned_units for line in lines]
    if any(u is None for u in units):
        raise BadInput(where=str(where), read="no Units", expected="the Units of each site")
    return Injection(
        muscle=where.muscle,
        side=where.side,
        dose=Dose(sum((u for u in units if u is not None), Decimal(0)), product),
        sites=len(lines),
        guidance=Guidance(lines[0].planned_guidance or Guidance.PALPATION),
    )


def _one_guidance(lines: list[rows.InjectionLine]) -> Guidance | None:
    said = {line.guidance for line in lines}
    only = said.pop() if len(said) == 1 else None
    return None if only is None else Guidance(only)


def _effect(row: rows.SideEffect) -> SideEffect:
    return SideEffect(
        kind=SideEffectKind(row.kind),
        grade=row.grade,
        from_day=row.from_day,
        to_day=row.to_day,
        detail=row.detail or "",
    )


def _answer(word: str | None) -> Answer:
    return Answer.UNKNOWN if word is None else Answer(word)


def _local(at: datetime) -> datetime:
    return timezone.localtime(at).replace(tzinfo=None, microsecond=0)


def _number(value: Any) -> Decimal | None:
    return None if value is None or value == "" else _needed(value)


def _needed(value: Any) -> Decimal:
    try:
        number = decimal_of(value)
    except (ArithmeticError, TypeError, ValueError):
        raise BadInput(read=str(value)[:40], expected="a number") from None
    if not number.is_finite():
        raise BadInput(read=str(value)[:40], expected="a number")
    return number


def _word(kind: Any, word: Any) -> Any:
    try:
        return kind(word)
    except ValueError:
        raise BadInput(read=repr(word)[:40], expected=f"one of {', '.join(kind)}") from None
