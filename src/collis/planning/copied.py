"""The last session again, exactly as it was given, where its record is exact."""

from __future__ import annotations

from collis.case.case import Case
from collis.case.plan import Injection, Origin, Plan
from collis.case.session import Given, Session, SideEffectKind
from collis.course.parameters import MuscleRanking
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Guidance
from collis.knowledge.products import Product
from collis.planning.bounds import SEVERE, both_sides_of, front_doses
from collis.planning.candidate import Candidate, CandidateKey, LineReason, NotOffered, Untreated
from collis.planning.explain import cap_text, left_out
from collis.planning.rows import day
from collis.safety.limits import limits, units_text

_KEY = CandidateKey.AS_LAST_TIME


def as_last_time(
    case: Case, product: Product, ranking: MuscleRanking, knowledge: Knowledge
) -> Candidate | NotOffered:
    """The last session as a candidate, or why it cannot be one. No dose is carried to another product."""
    last = case.last_session
    if last is None:
        return NotOffered(key=_KEY, why="No earlier session is recorded.")
    if last.product != product.name:
        return NotOffered(
            key=_KEY,
            why=f"The last session used {last.product}. Its Units do not carry over to {product.name}.",
        )
    why = _inexact(last) or _severe_trouble(last, case)
    if why:
        return NotOffered(key=_KEY, why=why)
    plan = Plan(
        name=_KEY.heading,
        product=product.name,
        injections=tuple(_injection(line, case, last, knowledge) for line in last.given),
        origin=Origin.COPIED,
    )
    return Candidate(
        key=_KEY,
        plan=plan,
        summary=f"Every dose carried over, none changed.{_breaks(plan, case, knowledge)}",
        lines=tuple(
            LineReason(
                where=i.where,
                why_muscle=_result(last),
                why_dose=f"{units_text(i.dose.units)} as on {day(last.on)}.",
            )
            for i in plan.injections
        ),
        untreated=tuple(
            Untreated(where=where, why="not injected last time")
            for where in left_out(plan, ranking, knowledge)
        ),
    )


def _inexact(last: Session) -> str:
    if not last.given:
        return "The last session is recorded without its muscles."
    lumped = [line.muscle for line in last.given if len(line.members) != 1]
    if lumped:
        return f"The last record says {lumped[0].replace('_', ' ')}, which may be more than one muscle."
    places = [line.members[0] for line in last.given]
    if len(set(places)) != len(places):
        return "The last record names one muscle and side twice."
    return ""


def _severe_trouble(last: Session, case: Case) -> str:
    """Why doses that led to severe swallowing trouble are not given again, empty when they did not."""
    for session in case.history.sessions:
        if session.product != last.product or session.worst(SideEffectKind.DYSPHAGIA) < SEVERE:
            continue
        before, again = front_doses(session), front_doses(last)
        if session == last or any(again.get(muscle, 0) >= units for muscle, units in before.items()):
            which = "before" if session == last else f"of {day(session.on)}"
            return f"The session {which} led to severe swallowing trouble; its doses are not offered again."
    return ""


def _breaks(plan: Plan, case: Case, knowledge: Knowledge) -> str:
    """The limits that a computed plan keeps and this one does not, as a sentence with a space before it."""
    said = [cap_text(cap) for cap in limits(case, knowledge, plan.product) if cap.broken_by(plan)]
    said += both_sides_of(plan, case, knowledge)
    return f" Breaks: {'; '.join(dict.fromkeys(said))}." if said else ""


def _injection(line: Given, case: Case, last: Session, knowledge: Knowledge) -> Injection:
    where = line.members[0]
    guidance = line.guidance or last.guidance or (case.request.guidance or (Guidance.PALPATION,))[0]
    return Injection(
        muscle=where.muscle,
        side=where.side,
        dose=line.dose,
        sites=line.sites or _sites(line, last, knowledge),
        guidance=guidance,
    )


def _sites(line: Given, last: Session, knowledge: Knowledge) -> int:
    """Sites where the record has none: the most that knowledge gives, so that none is overfilled."""
    dose = knowledge.muscles[line.members[0].muscle].doses.get(last.product)
    return int(dose.sites.value[1]) if dose is not None and dose.sites is not None else 1


def _result(last: Session) -> str:
    if last.benefit_percent is None:
        return "Given last time; the benefit is not recorded."
    return f"Given last time, when the benefit at best was {last.benefit_percent:f} %."
