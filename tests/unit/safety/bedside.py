"""Patients and plans in a line, for tests of the gate. Everything is answered unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from collis.case.case import Case, Request
from collis.case.examination import Deviation, Examination, JointLevel, Posture, Sagittal
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
from collis.case.plan import Injection, Plan
from collis.case.preparation import Preparation, VialUse
from collis.case.session import Given, Indication, OtherToxin, Session, SideEffect, SideEffectKind
from collis.knowledge.load import Knowledge, load
from collis.knowledge.names import Guidance, Muscle, MuscleSide, Region
from collis.knowledge.redflags import Tier
from collis.reasons import Level, Reason
from collis.safety.check import check
from collis.safety.question import ask
from collis.safety.rules import RULES
from collis.side import Side
from collis.units import Dose

VISIT = date(2026, 11, 10)
KNOWLEDGE: Knowledge = load(VISIT)
ONA, ABO, INCO = "onabotulinumtoxinA", "abobotulinumtoxinA", "incobotulinumtoxinA"
RIMA, DAXI, LAN = "rimabotulinumtoxinB", "daxibotulinumtoxinA", "lanbotulinumtoxinA"
SCM = "sternocleidomastoid"
YES, NO, UNKNOWN = Asked(answer=Answer.YES), Asked(answer=Answer.NO), Asked()

QUIET_FLAGS = {flag.key: "no" for flag in KNOWLEDGE.red_flags if flag.tier is not Tier.CAUTION}

Line = tuple[Any, ...]
"""Muscle, side, Units and, where it matters, sites and guidance."""


def plan(*lines: Line, product: str = ONA) -> Plan:
    """A typed plan; a line is muscle, side, Units and, where it matters, sites and guidance."""
    return Plan(
        name="as typed",
        product=product,
        injections=tuple(
            Injection(
                muscle=Muscle(muscle),
                side=Side(side),
                dose=Dose.of(units, product),
                sites=int(more[0]) if more else 4,
                guidance=Guidance(more[1]) if len(more) > 1 else Guidance.PALPATION,
            )
            for muscle, side, units, *more in lines
        ),
    )


def spread(total: float, product: str = ONA) -> Plan:
    """A total over ten muscle-sides that no cap on a muscle minds, for rules on totals."""
    muscles = (
        "splenius_capitis", "semispinalis_capitis", "levator_scapulae", "trapezius_upper", "sternocleidomastoid",
    )  # fmt: skip
    each = Decimal(str(total)) / 10
    return plan(*((m, s, float(each)) for m in muscles for s in ("right", "left")), product=product)


def answered(
    *,
    region: str = "US",
    on: date | None = VISIT,
    patient: Mapping[str, Any] | None = None,
    safety: Mapping[str, Any] | None = None,
    history: Mapping[str, Any] | None = None,
    posture: Mapping[str, Any] | None = None,
    examination: Mapping[str, Any] | None = None,
    flags: Mapping[str, str] | None = None,
    request: Mapping[str, Any] | None = None,
) -> Case:
    """A man of 54 who never had toxin, with every question answered no, red flags too unless `flags` leaves them."""
    said = {**QUIET_FLAGS, **(flags or {})}
    questions = (
        "swallowing", "breathing", "voice", "lung_disease", "allergies", "albumin_refused", "infection_at_site",
        "neuromuscular_disease", "pregnancy", "breastfeeding", "neck_surgery",
    )  # fmt: skip
    past = (history or {}).get("sessions")
    naive = Answer.NO if past or (safety or {}).get("other_toxin") else Answer.YES
    answers: dict[str, Any] = {
        **dict.fromkeys(questions, NO),
        "toxin_naive": naive,
        "toxin_elsewhere": Answer.NO,
        "medicines": Medicines(answer=Answer.NO, platelets_low=Answer.NO),
        **(safety or {}),
    }
    person: dict[str, Any] = {
        "age_years": 54, "sex": Sex.MALE, "weight_kg": Decimal(80), "thin_neck": Answer.NO, **(patient or {}),
    }  # fmt: skip
    score = Rating(on=VISIT, scale=ScaleName.TWSTRS_TOTAL, score=Decimal(40))
    return Case(
        region=Region(region),
        date=on,
        patient=Patient(**person),
        examination=Examination(posture=Posture(**(posture or {})), **(examination or {})),
        flags={key: FlagReply(answer=FlagAnswer(word)) for key, word in said.items()},
        safety=SafetyAnswers(**answers),
        history=History(**{"ratings": (score,), **(history or {})}),
        request=Request(**{"consent_warnings": Answer.YES, **(request or {})}),
    )


def session(
    product: str = ONA,
    *lines: tuple[str, str, float],
    total: float | None = None,
    days: int = 100,
    benefit: float | None = None,
    dysphagia: int = 0,
) -> Session:
    """A past session, `days` before the visit."""
    given = tuple(
        Given(
            muscle=muscle,
            side=Side(side),
            dose=Dose.of(units, product),
            members=tuple(
                MuscleSide(m, Side(side)) for m in KNOWLEDGE.groups.get(muscle, ()) or (Muscle(muscle),)
            ),
        )
        for muscle, side, units in lines
    )
    whole = Dose.total((g.dose for g in given), product) if total is None else Dose.of(total, product)
    effects = (SideEffect(kind=SideEffectKind.DYSPHAGIA, grade=dysphagia),) if dysphagia else ()
    return Session(
        on=VISIT - timedelta(days=days),
        product=product,
        total=whole,
        given=given,
        benefit_percent=None if benefit is None else Decimal(str(benefit)),
        side_effects=effects,
        side_effects_asked=Answer.YES,
    )


def treated(*sessions: Session, **changes: Any) -> Case:
    """The same man with past sessions; without any, one 100 days ago by its total alone."""
    return answered(history={"sessions": sessions or (session(total=200),)}, **changes)


def toxin(
    days: int | None = 30,
    product: str | None = ONA,
    units: float | None = 100,
    indication: str = "migraine",
    **more: Any,
) -> OtherToxin:
    """Toxin given elsewhere, `days` before the visit."""
    return OtherToxin(
        indication=Indication(indication),
        on=None if days is None else VISIT - timedelta(days=days),
        product=product,
        dose=None if units is None or product is None else Dose.of(units, product),
        **more,
    )


def elsewhere(*given: OtherToxin, **changes: Any) -> Case:
    """The same man, who had toxin elsewhere."""
    return answered(safety={"toxin_elsewhere": Answer.YES, "other_toxin": given}, **changes)


def said_yes(detail: str = "", *items: str) -> Asked:
    """A yes with what was said."""
    return Asked(answer=Answer.YES, detail=detail, items=items)


def takes(*names: str, **more: Any) -> dict[str, Medicines]:
    """The safety answers of someone who takes medicines."""
    return {"medicines": Medicines(answer=Answer.YES, names=names, **{"platelets_low": Answer.NO, **more})}


def angle(deg: float, toward: str, level: str | None = None) -> Deviation:
    """An angle of the posture."""
    way = Sagittal(toward) if toward in ("front", "back") else Side(toward)
    return Deviation(deg=Decimal(str(deg)), toward=way, level=JointLevel(level) if level else None)


def vial(units: float = 100, product: str = ONA, **more: Any) -> VialUse:
    """An opened vial with lot and expiry, for this patient alone."""
    known = {"lot": "C1234", "expiry": VISIT, "for_other_patient": False, **more}
    return VialUse(units=Dose.of(units, product), **known)


def mixed(product: str = ONA, **more: Any) -> Preparation:
    """Two vials of 100 Units in 1 mL each, mixed at nine and injected at ten."""
    size = 500 if product == ABO else 100
    strength = {ABO: 50}.get(product, 10)
    known = {
        "vials": (vial(size, product), vial(size, product)),
        "diluent_ml": Decimal(1),
        "units_per_0_1ml": Decimal(strength),
        "drawn": Dose.of(100, product),
        "mixed_at": datetime.fromisoformat("2026-11-10T09:00"),
        "injected_at": datetime.fromisoformat("2026-11-10T10:00"),
        **more,
    }
    return Preparation(product=product, **known)


USUAL = plan(("splenius_capitis", "left", 60), (SCM, "right", 40))
"""A plan nothing is held against."""


def says(
    rule: str,
    typed: Plan = USUAL,
    case: Case | None = None,
    preparation: Preparation | None = None,
    knowledge: Knowledge = KNOWLEDGE,
) -> tuple[Reason, ...]:
    """What one rule says of a plan."""
    question = ask(typed, case if case is not None else answered(), knowledge, preparation)
    return tuple(RULES[rule](question))


def levels(
    rule: str, typed: Plan = USUAL, case: Case | None = None, preparation: Preparation | None = None
) -> set[str]:
    """The levels of what one rule says; empty when it is silent."""
    return {reason.level.value for reason in says(rule, typed, case, preparation)}


def verdict_level(typed: Plan = USUAL, case: Case | None = None) -> Level:
    """The level of the whole verdict."""
    return check(typed, case if case is not None else answered(), KNOWLEDGE).verdict.level
