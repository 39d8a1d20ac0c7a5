"""A payer's criteria held against one case: each is met, lacking, or not recorded, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import assert_never

from collis.case.case import Case
from collis.case.examination import PLANES, Posture, ShiftGrade
from collis.case.patient import Answer
from collis.case.plan import Plan
from collis.knowledge.payers import Check, Criterion, Payer
from collis.units import Dose, plain


class Met(StrEnum):
    """How a criterion stands. Not recorded is neither yes nor no."""

    MET = "met"
    LACKING = "lacking"
    NOT_RECORDED = "not recorded"


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One criterion with how it stands and why."""

    criterion: Criterion
    met: Met
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What criteria are held against. `on` is the visit, `billed` all Units of the vials or None when not known."""

    case: Case
    plan: Plan
    on: date
    billed: Dose | None
    diagnosis: str


def checklist(payer: Payer, facts: Facts) -> tuple[Item, ...]:
    """Every criterion that concerns the plan's product, in the payer's order."""
    found: list[Item] = []
    for criterion in payer.criteria:
        if criterion.concerns(facts.plan.product):
            met, why = _answer(criterion, facts)
            found.append(Item(criterion=criterion, met=met, why=why))
    return tuple(found)


def interval_days(earlier: date, later: date) -> int:
    """Days from one session to the next."""
    return (later - earlier).days


def _answer(criterion: Criterion, facts: Facts) -> tuple[Met, str]:
    match criterion.check:
        case Check.DIAGNOSIS:
            return _diagnosis(criterion, facts)
        case Check.AGE:
            return _age(criterion, facts)
        case Check.HISTORY:
            return _history(facts)
        case Check.POSTURE:
            return _posture(facts.case)
        case Check.SPECIALIST:
            return Met.NOT_RECORDED, "a case does not say who prescribes; the clinic adds it"
        case Check.APPROVAL:
            return Met.NOT_RECORDED, "a case holds no approval number; the clinic adds it"
        case Check.TRIED:
            return _tried(criterion, facts)
        case Check.INTERVAL:
            return _interval(criterion, facts)
        case Check.MOST_UNITS:
            return _most_units(criterion, facts)
        case Check.BENEFIT:
            return _benefit(facts)
        case Check.RESPONSE:
            return _response(facts)
        case Check.FAILURES:
            return _failures(criterion, facts)
        case Check.RECORDS:
            return _records(facts)
        case Check.SINGLE_TOXIN:
            return _single_toxin(facts)
        case Check.NOT_COSMETIC:
            return Met.MET, "planned for cervical dystonia"
        case _:
            assert_never(criterion.check)


def _diagnosis(criterion: Criterion, facts: Facts) -> tuple[Met, str]:
    if facts.diagnosis in criterion.words:
        return Met.MET, f"cervical dystonia, {facts.diagnosis}"
    return Met.LACKING, f"the plan is for {facts.diagnosis}; asked for is {', '.join(criterion.words)}"


def _age(criterion: Criterion, facts: Facts) -> tuple[Met, str]:
    age = facts.case.patient.age_years
    if age is None:
        return Met.NOT_RECORDED, "no age recorded"
    asked = plain(criterion.number)
    return (Met.MET if age >= criterion.number else Met.LACKING), f"{age} years; {asked} asked for"


def _history(facts: Facts) -> tuple[Met, str]:
    history = facts.case.history
    if history.onset_age_years is not None:
        return Met.MET, f"since the age of {history.onset_age_years}"
    if history.sessions:
        return Met.MET, f"treated since {history.sessions[0].on}"
    return Met.NOT_RECORDED, "neither onset nor an earlier session is recorded"


def _posture(case: Case) -> tuple[Met, str]:
    posture = case.examination.posture
    tilts = (posture.tilt, posture.laterocaput, posture.laterocollis)
    tilted = [a for a in tilts if a is not None and a.deg > 0]
    if tilted:
        return Met.MET, f"head tilted by {plain(max(a.deg for a in tilted))} degrees"
    abnormal = _abnormal(posture)
    if abnormal is None:
        return Met.NOT_RECORDED, "no posture examined"
    if not abnormal:
        return Met.LACKING, "no abnormal posture at this visit"
    if not case.examination.ranges:
        return Met.NOT_RECORDED, "posture abnormal without tilt; the range of the neck is not recorded"
    return Met.MET, "posture abnormal; the range of the neck is recorded"


def _abnormal(posture: Posture) -> bool | None:
    """Whether any angle or shift is there; None where nothing was looked at."""
    names = (*PLANES, *(part for parts in PLANES.values() for part in parts))
    angles = [a for a in (getattr(posture, name) for name in names) if a is not None]
    shifts = [s for s in (posture.lateral_shift, posture.sagittal_shift) if s is not None]
    if not angles and not shifts:
        return None
    return any(a.deg > 0 for a in angles) or any(s.grade is not ShiftGrade.ABSENT for s in shifts)


def _tried(criterion: Criterion, facts: Facts) -> tuple[Met, str]:
    earlier = [s for s in facts.case.history.sessions if s.product in criterion.words]
    if not earlier:
        return Met.LACKING, f"no earlier session with {' or '.join(criterion.words)} is recorded"
    last = earlier[-1]
    if last.benefit_percent is not None and last.benefit_percent <= 0:
        return Met.MET, f"{last.product} on {last.on} without benefit"
    why = f"{last.product} on {last.on}; that it failed is for the clinic to say"
    return Met.NOT_RECORDED, why


def _interval(criterion: Criterion, facts: Facts) -> tuple[Met, str]:
    days = [s.on for s in facts.case.history.sessions]
    neck = [t for t in facts.case.safety.other_toxin if t.reaches_neck]
    days += [t.on for t in neck if t.on is not None]
    if days:
        passed = interval_days(max(days), facts.on)
        why = f"{passed} days since {max(days)}; {plain(criterion.number)} asked for"
        if passed < criterion.number:
            return Met.LACKING, why
        if len([t for t in neck if t.on is None]) == 0:
            return Met.MET, why
    if neck:
        return Met.NOT_RECORDED, "toxin in the neck elsewhere, on a day that is not recorded"
    if facts.case.safety.toxin_naive is Answer.YES:
        return Met.MET, "first session"
    return Met.NOT_RECORDED, "no earlier session is recorded, and a first treatment is not stated"


def _most_units(criterion: Criterion, facts: Facts) -> tuple[Met, str]:
    counted = facts.plan.total if facts.billed is None else facts.billed
    basis = "planned; the vials are not known" if facts.billed is None else "in the vials billed"
    why = f"{counted} {basis}; at most {plain(criterion.number)} Units"
    return (Met.MET if counted.units <= criterion.number else Met.LACKING), why


def _benefit(facts: Facts) -> tuple[Met, str]:
    met, why = _response(facts)
    last = facts.case.last_session
    if last is not None and last.benefit_percent is not None and last.benefit_percent <= 0:
        return Met.LACKING, why
    return met, why


def _response(facts: Facts) -> tuple[Met, str]:
    last = facts.case.last_session
    if last is None:
        if facts.case.safety.toxin_naive is Answer.YES:
            return Met.MET, "first session: nothing to report yet"
        return Met.NOT_RECORDED, "no earlier session is recorded"
    if last.benefit_percent is None:
        return Met.NOT_RECORDED, f"what the session of {last.on} did is not recorded"
    return Met.MET, f"session of {last.on}: benefit {plain(last.benefit_percent)} %"


def _failures(criterion: Criterion, facts: Facts) -> tuple[Met, str]:
    most = int(criterion.number)
    newest = facts.case.history.sessions[-most:]
    if any(s.benefit_percent is not None and s.benefit_percent > 0 for s in newest):
        return Met.MET, f"benefit in at least one of the last {most} sessions"
    if any(s.benefit_percent is None for s in newest):
        return Met.NOT_RECORDED, "the benefit of the last sessions is not recorded"
    if len(newest) < most:
        return Met.MET, f"fewer than {most} sessions on record"
    return Met.LACKING, f"no benefit in the last {most} sessions"


def _records(facts: Facts) -> tuple[Met, str]:
    if facts.billed is None:
        return Met.NOT_RECORDED, "drug, dose and sites stand in the plan; vials and waste are not known yet"
    return Met.MET, "drug, dose, sites and vials stand in the plan and on the claim"


def _single_toxin(facts: Facts) -> tuple[Met, str]:
    match facts.case.safety.toxin_elsewhere:
        case Answer.NO:
            return Met.MET, "no toxin elsewhere"
        case Answer.YES:
            return Met.LACKING, "toxin elsewhere is recorded; what and when is for the payer to judge"
        case Answer.UNKNOWN:
            return Met.NOT_RECORDED, "toxin elsewhere was not asked about"
        case _:
            assert_never(facts.case.safety.toxin_elsewhere)
