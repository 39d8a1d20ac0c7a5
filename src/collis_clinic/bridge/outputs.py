"""What comes out of one record: the verdict on it, its draw-up, claim, letter and patient's page, the next date.

Everything here takes rows and gives plain values or files; nothing is written but a kept verdict.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from collis import api
from collis.billing.claim import Supply
from collis.case.case import Case
from collis.case.plan import Injection, Origin, Plan
from collis.case.preparation import Preparation
from collis.errors import BadInput, KnowledgeError
from collis.knowledge.load import Knowledge, load
from collis.knowledge.names import Guidance, Muscle, MuscleSide, Region
from collis.knowledge.payers import Check
from collis.pharmacy.drawup import DrawUp
from collis.report.cost import cost_document
from collis.report.drawup import drawup_document
from collis.report.knowledge import citation_words, parts_of, value_words
from collis.report.letter import letter_pdf
from collis.report.patient_page import patient_pdf
from collis.report.preparing import NotPrepared, vials_words
from collis.report.sheet import typed_offer
from collis.safety.verdict import CheckedPlan
from collis.side import Side
from collis.sources import Sourced
from collis.units import Dose, plain
from collis_clinic.bridge.ask import Kept, stored_check
from collis_clinic.bridge.cases import case_of, plan_of, preparation_of
from collis_clinic.bridge.pages import Said, said, source_words
from collis_clinic.records.models import Session

SHARED_DRUG_LINE = frozenset({"drug", "waste"})


def checked_session(session: Session) -> Kept[CheckedPlan]:
    """The gate on a session as planned, with its preparation where there is one; kept. Before anything is given, what
    was mixed is judged as if it were given as soon as it was mixed.
    """
    kept: Kept[CheckedPlan] = stored_check(session.visit, plan_of(session), preparation=_drawn_up(session))
    return kept


def _drawn_up(session: Session) -> Preparation | None:
    """What was drawn up; None while only the dilution is chosen."""
    made = preparation_of(session)
    if made is not None and made.injected_at is None and made.mixed_at is not None:
        return replace(made, injected_at=made.mixed_at)
    return made


def same_plan(session: Session) -> bool:
    """Whether the lines are still those the linked verdict judged."""
    record = session.plan_record
    if record is None:
        return False
    judged = record.result.get("plan", {})
    try:
        now = plan_of(session)
    except BadInput:
        return False
    then = {
        (i["muscle"], i["side"]): (Decimal(str(i["units"])), i["sites"]) for i in judged.get("injections", ())
    }
    here = {(i.muscle.value, i.side.value): (i.dose.units, i.sites) for i in now.injections}
    return judged.get("product") == now.product and then == here


def given_plan(session: Session) -> Plan | None:
    """What was given as a plan; None where nothing was."""
    grouped: dict[MuscleSide, list[Any]] = defaultdict(list)
    for line in session.lines.filter(dropped=False).order_by("position", "site"):
        if line.given_units:
            grouped[MuscleSide(Muscle(line.muscle), Side(line.side))].append(line)
    if not grouped or session.product is None:
        return None
    return Plan(
        name=session.plan_name or "given",
        product=session.product,
        origin=Origin.TYPED,
        injections=tuple(
            Injection(
                muscle=where.muscle,
                side=where.side,
                dose=Dose(sum((line.given_units for line in lines), Decimal(0)), session.product),
                sites=len(lines),
                guidance=Guidance(lines[0].guidance or lines[0].planned_guidance or Guidance.PALPATION),
            )
            for where, lines in grouped.items()
        ),
    )


def refusals_of_given(session: Session) -> tuple[Said, ...]:
    """What the gate refuses about the doses given that it did not already refuse about the plan."""
    plan = given_plan(session)
    if plan is None:
        return ()
    case = case_of(session.visit, product=plan.product)
    before = {(r.rule, r.limit) for r in _refusals(api.check(plan_of(session), case))}
    now = api.check(plan, case, _drawn_up(session))
    found = [r for r in _refusals(now) if (r.rule, r.limit) not in before]
    return tuple(said(r) for r in found)


def _refusals(checked: CheckedPlan) -> list[Any]:
    return [r for r in checked.verdict.clinical if r.level.value == "refuse"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """One way to draw a plan up, as a page offers it; `problem` says why there is none."""

    vials: str = ""
    diluent: str = ""
    diluent_ml: Decimal | None = None
    units_per_0_1ml: Decimal | None = None
    drawn: Decimal | None = None
    opened: Decimal | None = None
    document: Any = None
    problem: str = ""


def way_of(session: Session) -> Way:
    """How the science would draw the session up; what it refuses is said, not raised."""
    try:
        case = case_of(session.visit, product=session.product)
        checked = api.check(plan_of(session), case)
        made = _as_chosen(session, checked, case)
    except BadInput as error:
        return Way(problem=str(error))
    preparation = made.preparation
    return Way(
        vials=vials_words(made),
        diluent=preparation.diluent,
        diluent_ml=preparation.diluent_ml,
        units_per_0_1ml=preparation.units_per_0_1ml,
        drawn=preparation.drawn.units,
        opened=made.totals.opened.units,
        document=drawup_document(api.Prepared(drawup=made, checked=api.check(made.plan, case))),
    )


def _as_chosen(session: Session, checked: CheckedPlan, case: Case) -> DrawUp:
    """At the dilution chosen with the plan where it can be drawn so, else as the science would."""
    chosen = getattr(session, "preparation", None)
    if chosen is not None and chosen.diluent_ml and chosen.units_per_0_1ml:
        vial = chosen.units_per_0_1ml * 10 * chosen.diluent_ml
        try:
            return api.prepare(checked, case, row=f"{plain(vial)}/{plain(chosen.diluent_ml)}").drawup
        except BadInput:
            pass
    return api.prepare(checked, case).drawup


def volume_ml(session: Session, units: Decimal) -> Decimal | None:
    """The mL that carry these Units at the strength recorded, to a ten-thousandth; None before there is one."""
    preparation = preparation_of(session)
    if preparation is None or session.product is None:
        return None
    return preparation.volume_ml(Dose(units, session.product)).quantize(Decimal("0.0001"))


def strength_of(vial_units: Decimal, diluent_ml: Decimal, product: str) -> Decimal:
    """Units in 0.1 mL of a vial mixed with a volume, as the preparation writes it."""
    made = Preparation(
        product=product,
        vials=(),
        diluent_ml=diluent_ml,
        units_per_0_1ml=(vial_units / diluent_ml / 10).quantize(Decimal("0.0001")),
        drawn=Dose(Decimal(0), product),
    )
    return made.units_per_0_1ml


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """Claim and waste lines of a session as given; `problem` says why there are none."""

    document: Any = None
    lines: tuple[Any, ...] = ()
    waste: tuple[Any, ...] = ()
    payer: str = ""
    problem: str = ""


def claim_of(session: Session, payer: str) -> Claimed:
    """The claim of what was given: vials opened for it, toxin discarded; a vial the patient brought bills no drug."""
    plan, made = given_plan(session), getattr(session, "preparation", None)
    if plan is None:
        return Claimed(problem="Nothing was given: there is nothing to claim.")
    if made is None:
        return Claimed(problem="No vial is recorded: draw-up is missing.")
    opened = tuple(
        Dose(used.vial.contents, plan.product)
        for used in made.vials.select_related("vial")
        if used.drawn_units
    )
    case = case_of(session.visit, product=plan.product)
    try:
        total = Dose.total(opened, plan.product)
        supply = Supply(vials=opened, given=plan.total, discarded=total - plan.total)
        found = api.cost(api.check(plan, case), case, supply, payer=payer)
    except BadInput as error:
        return Claimed(problem=str(error))
    document = cost_document(found)
    if document.get("no_price_data") and "claim" not in document:
        return Claimed(problem=document["no_price_data"])
    lines = document["claim"]["lines"]
    if session.visit.supply_route == "patient_vial":
        lines = [line for line in lines if line["key"] not in SHARED_DRUG_LINE]
    return Claimed(
        document=document,
        lines=tuple(line for line in lines if line["key"] != "waste"),
        waste=tuple(line for line in lines if line["key"] == "waste"),
        payer=document["payer"],
    )


def payers(on: date) -> dict[str, str]:
    """Payers that knowledge holds on a day, by key."""
    return {key: payer.name for key, payer in load(on).payers.items()}


def payer_interval(payer: str, product: str | None, on: date) -> int | None:
    """The days a payer asks between sessions; None where it asks none or is not known."""
    found = load(on).payers.get(payer)
    if found is None:
        return None
    asked = [
        c.number
        for c in found.criteria
        if c.check is Check.INTERVAL and (product is None or c.concerns(product))
    ]
    return int(max(asked)) if asked else None


def letter_of(session: Session, payer: str, *, example: bool) -> bytes:
    """The letter to a payer for the session's plan."""
    case = case_of(session.visit, product=session.product)
    plan = plan_of(session)
    return letter_pdf(api.authorisation(api.check(plan, case), case, payer=payer), example=example)


def patient_page_of(session: Session, *, example: bool) -> bytes:
    """The patient's page on what was given, or on the plan before anything was."""
    plan = given_plan(session) or plan_of(session)
    case = case_of(session.visit, product=plan.product)
    answer = api.consult(case)
    offer = typed_offer(answer, plan)
    offer = replace(offer, candidate=replace(offer.candidate, plan=offer.checked.plan))
    return patient_pdf(answer, offer, NotPrepared(why="given already"), example=example)


def next_session(session: Session) -> api.NextVisit | None:
    """When the next session may be."""
    if session.product is None:
        return None
    case = case_of(session.visit, product=session.product)
    return api.next_visit(case, session.product, api.knowledge_for(case))


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """When something is due after a session."""

    name: str
    first: date
    last: date
    source: str


def follow_up(on: date) -> tuple[Window, ...]:
    """The windows after a session given on a day."""
    return tuple(
        Window(
            name=name,
            first=on + timedelta(days=int(entry.value[0])),
            last=on + timedelta(days=int(entry.value[1])),
            source=source_words(entry),
        )
        for name, entry in load(on).follow_up.windows.items()
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Poor:
    """When a response counts as poor, until when it is looked into, and what is asked then, in order."""

    below_percent: Decimal
    within_days: int
    questions: tuple[str, ...]
    source: str


def poor_response(on: date) -> Poor:
    """The pathway of a poor response."""
    found = load(on).follow_up
    return Poor(
        below_percent=found.poor_below_percent.value,
        within_days=int(found.ask_within.value[1]),
        questions=tuple(q.value for q in found.questions),
        source=source_words(found.poor_below_percent),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One sourced entry as a page shows it."""

    path: str
    name: str
    words: str
    value: Any
    unit: str
    grade: str
    verified: bool
    source: str
    citation: str
    place: str
    note: str
    since: date
    disagree: bool

    @property
    def is_limit(self) -> bool:
        """Whether it is one number that a clinic may make stricter."""
        return (
            ".limit." in self.path
            and self.unit != "days"
            and self.path.endswith(".bound")
            and not isinstance(self.value, tuple | list | dict)
        )


def knowledge_parts(on: date) -> tuple[str, dict[str, list[str]], int, int]:
    """What knowledge holds on a day: version, names by group, figures, and how many are not yet checked."""
    knowledge = load(on)
    entries = knowledge.entries
    return (
        knowledge.version,
        parts_of(entries),
        len(entries),
        sum(1 for e in entries.values() if not e.verified),
    )


def facts_below(on: date, path: str) -> tuple[Fact, ...]:
    """The entries at a path and below it."""
    knowledge = load(on)
    return tuple(
        _fact(knowledge, entry)
        for place, entry in knowledge.entries.items()
        if place == path or place.startswith(f"{path}.")
    )


def label_facts(on: date, product: str, region: str) -> tuple[Fact, ...]:
    """The numbers of one label: what a clinic signs off."""
    knowledge = load(on)
    found = facts_below(on, f"products.{product}.{region}")
    if not found and knowledge.label(product, Region(region)) is not None:
        found = facts_below(on, f"products.{product}")
    return tuple(f for f in found if f.unit not in ("text", "fact"))


def _fact(knowledge: Knowledge, entry: Sourced[Any]) -> Fact:
    citation = knowledge.citations.get(entry.source)
    return Fact(
        path=entry.path,
        name=_named(entry.path),
        words=_said(entry),
        value=entry.value,
        unit=entry.unit,
        grade=entry.grade.value,
        verified=entry.verified,
        source=entry.source,
        citation="" if citation is None else citation_words(citation),
        place=entry.place,
        note=entry.note,
        since=entry.since,
        disagree=entry.disagree,
    )


def holds_knowledge(on: date) -> bool:
    """Whether knowledge has figures for a day: nothing can be judged before its first."""
    try:
        return bool(load(on).red_flags)
    except KnowledgeError:
        return False


def _named(path: str) -> str:
    """The end of a path in words; where the last word says little, with the one before it."""
    parts = path.split(".")
    short = parts[-1] in (
        "bound",
        "window",
        "row",
        "n",
        "mean_share",
        "share_quartiles",
        "value",
        "asks",
        "text",
    )
    return " ".join(parts[-2:] if short and len(parts) > 1 else parts[-1:]).replace("_", " ")


def _said(entry: Sourced[Any]) -> str:
    """A value in words; a row of a dilution table as it is read off a label."""
    value = entry.value
    if isinstance(value, dict) and {"vial_units", "diluent_ml", "units_per_0_1ml"} <= set(value):
        vial, volume, strength = (value[k] for k in ("vial_units", "diluent_ml", "units_per_0_1ml"))
        return f"{vial} Units in {volume} mL: {strength} Units in 0.1 mL"
    return value_words(entry)
