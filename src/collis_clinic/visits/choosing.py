"""Muscles with reasons, and candidate plans as differences from last time. Nothing is chosen for the user."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from collis.case.files import write_case
from collis.knowledge.load import load
from collis.knowledge.names import Muscle, Region
from collis.reasons import Level
from collis.side import Side
from collis_clinic import bridge
from collis_clinic.access.gate import requires
from collis_clinic.access.roles import Action
from collis_clinic.bridge import pages
from collis_clinic.records.models import ClinicProfile, PlanRecord, Visit
from collis_clinic.records.opening import open_visit
from collis_clinic.visits import carried
from collis_clinic.visits.dosing import SIDES
from collis_clinic.visits.frame import frame, session_of
from collis_clinic.visits.grid_rows import difference
from collis_clinic.visits.last import last_session, past_sessions
from collis_clinic.visits.reading import choice


@requires(Action.VISIT_PLAN)
@require_GET
def plan(request: HttpRequest, visit: UUID) -> HttpResponse:
    """The page: product where none is known, else the answer kept for today's case, else its working-out."""
    found = open_visit(request, visit, page="plan")
    product = product_for(found, request.GET.get("product"))
    last = last_session(found)
    context: dict[str, Any] = {
        **frame(found, now="plan", product=product),
        "product": product,
        "products": products_in(found),
        "last": last,
    }
    if product is None:
        return render(request, "visits/plan.html", {**context, "stage": "product"})
    case = bridge.case_of(found, product=product)
    record = fresh_record(found, write_case(case))
    if record is None:
        return render(request, "visits/plan.html", {**context, "stage": "working"})
    return render(request, "visits/plan.html", {**context, "stage": "shown", **shown(found, record, request)})


@requires(Action.VISIT_PLAN)
@require_POST
def work_out(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Ask the science once and keep the answer; the page then shows what is kept."""
    found = open_visit(request, visit, page="plan")
    product = product_for(found, request.POST.get("product"))
    if product is None:
        raise ValidationError(_("Choose the product first."))
    case = bridge.case_of(found, product=product)
    if fresh_record(found, write_case(case)) is None:
        kept = bridge.stored_consult(found, case=case)
        pages.remember(kept.record, kept.answer)
    url = f"/visits/{found.pk}/plan/?product={product}"
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Location": url, "HX-Redirect": url})
    return redirect(url)


@requires(Action.VISIT_PLAN)
@require_POST
def choose(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Take one candidate, or last time's doses, as the plan to change and confirm."""
    found = open_visit(request, visit, page="plan")
    try:
        with transaction.atomic():
            if request.POST.get("key") == "copy":
                carried.copy_last(found)
            else:
                record = PlanRecord.objects.filter(
                    visit=found, kind="consult", pk=request.POST.get("record") or None
                ).get()
                carried.choose(found, record, request.POST.get("key", ""))
    except PlanRecord.DoesNotExist:
        raise ValidationError(_("This candidate is not on offer.")) from None
    return redirect("visits:lines", found.pk)


@requires(Action.VISIT_PLAN)
@require_GET
def expected_course(request: HttpRequest, visit: UUID, record: UUID, key: str) -> HttpResponse:
    """The forecast of one candidate as a fragment, drawn wide and narrow."""
    found = open_visit(request, visit, page="plan")
    kept = PlanRecord.objects.filter(visit=found, kind="consult", pk=record).first()
    wide = None if kept is None else pages.stored_forecast(kept, key, width=560, height=180)
    tall = None if kept is None else pages.stored_forecast(kept, key, width=270, height=170)
    return render(request, "visits/_forecast.html", {"wide": wide, "tall": tall})


def product_for(visit: Visit, asked: str | None) -> str | None:
    """The product a plan is asked for: the one named, the session's, that of last time; else nobody chose."""
    names = [p["name"] for p in products_in(visit)]
    if asked:
        return choice({"product": asked}, "product", names)
    session = session_of(visit)
    if session is not None and session.product:
        return session.product
    last = last_session(visit)
    return None if last is None else last.product


def products_in(visit: Visit) -> list[dict[str, Any]]:
    """The products with a label in the patient's region, the clinic's usual one first and said to be it."""
    profile = ClinicProfile.objects.first()
    usual = None if profile is None else profile.usual_product
    found = []
    for name, product in load(visit.on).products.items():
        label = product.label(Region(visit.patient.region))
        if label is not None:
            found.append({"name": name, "brand": label.brand, "usual": name == usual})
    return sorted(found, key=lambda p: not p["usual"])


def fresh_record(visit: Visit, document: str) -> PlanRecord | None:
    """The kept consultation of exactly this case; None where something changed since."""
    newest: PlanRecord | None = (
        PlanRecord.objects.filter(visit=visit, kind="consult").order_by("-recorded_at").first()
    )
    return newest if newest is not None and newest.case_document == document else None


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownCell:
    """One dose of one candidate."""

    units: Decimal | None
    change: str
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownRow:
    """One muscle of one candidate."""

    muscle: str
    cells: tuple[ShownCell, ShownCell]


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One column: a plan as a difference from last time."""

    key: str
    heading: str
    summary: str
    rows: tuple[ShownRow, ...]
    total: Decimal
    change: str
    right: Decimal
    left: Decimal
    asks: int
    warns: int
    level: str
    words: pages.Words | None
    reasons: tuple[pages.Said, ...]


def shown(visit: Visit, record: PlanRecord, request: HttpRequest) -> dict[str, Any]:
    """Everything the page shows out of a kept consultation."""
    answer = record.result
    past = next(iter(past_sessions(visit)), None)
    same = past is not None and past.session.product == answer["product"]
    was = {} if past is None or not same else {
        (row.muscle, side.value): cell.units
        for row in past.grid.rows
        for side in SIDES
        if (cell := row.of(side)).units is not None
    }  # fmt: skip
    order = _order(answer, was)
    said = pages.stored_words(record)
    candidates = [
        _candidate(c, order, was if same else None, said.get(c["key"])) for c in answer["candidates"]
    ]
    opened = request.GET.get("show") or (candidates[0].key if candidates else "")
    on = next((c for c in candidates if c.key == opened), candidates[0] if candidates else None)
    return {
        "record": record,
        "answer": answer,
        "past": past,
        "same_product": same,
        "past_rows": [
            ShownRow(
                muscle=m,
                cells=(_plain_cell(was, m, Side.RIGHT), _plain_cell(was, m, Side.LEFT)),
            )
            for m in order
        ],
        "candidates": candidates,
        "on": on,
        "not_offered": answer["not_offered"],
        "screening": answer["screening"],
        "muscles": _ranked(answer),
        "necks": _necks(answer, "" if on is None else on.key),
    }


def _plain_cell(was: dict[tuple[str, str], Any], muscle: str, side: Side) -> ShownCell:
    return ShownCell(units=was.get((muscle, side.value)), change="", state="none")


def _order(answer: dict[str, Any], was: dict[tuple[str, str], Any]) -> list[str]:
    used = [i["muscle"] for c in answer["candidates"] for i in c["plan"]["injections"] if i["units"]]
    return list(dict.fromkeys([*(m for m, _s in was), *used]))


def _candidate(
    c: dict[str, Any], order: list[str], was: dict[tuple[str, str], Any] | None, said: pages.Words | None
) -> Candidate:
    doses = {
        (i["muscle"], i["side"]): Decimal(str(i["units"])) for i in c["plan"]["injections"] if i["units"]
    }

    def cell(muscle: str, side: Side) -> ShownCell:
        units = doses.get((muscle, side.value))
        before = None if was is None else was.get((muscle, side.value))
        change, state = difference(units, before, known=was is not None)
        return ShownCell(units=units, change=change, state=state)

    total = sum(doses.values(), Decimal(0))
    before = None if was is None else sum(was.values(), Decimal(0))
    reasons = tuple(
        pages.said_stored(r)
        for r in c["verdict"]["reasons"]
        if r["kind"] == "clinical" and r["level"] != Level.ALLOW.value
    )
    return Candidate(
        key=c["key"],
        heading=c["heading"],
        summary=pages.sentence(c["summary"]),
        rows=tuple(ShownRow(muscle=m, cells=(cell(m, Side.RIGHT), cell(m, Side.LEFT))) for m in order),
        total=total,
        change="" if before is None else _("same") if before == total else pages.signed(total - before),
        right=sum((u for (_m, s), u in doses.items() if s == "right"), Decimal(0)),
        left=sum((u for (_m, s), u in doses.items() if s == "left"), Decimal(0)),
        asks=sum(1 for r in reasons if r.level == Level.CANNOT_JUDGE.value),
        warns=sum(1 for r in reasons if r.level == Level.WARN.value),
        level=c["verdict"]["level"],
        words=said,
        reasons=reasons,
    )


def _ranked(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Muscle-sides worth showing: likely or possible, the largest share first drawn longest, in steps of 5 %."""
    found = [m for m in answer["muscles"] if m["likely"] != "unlikely"][:10]
    most = max((m["share"] for m in found), default=0) or 1
    return [
        {
            **m,
            "words": Muscle(m["muscle"]).words.capitalize(),
            "length": max(1, round(m["share"] / most * 20)),
            "why": " ".join(pages.sentence(r) for r in m["reasons"]),
            "against_words": " ".join(pages.sentence(r) for r in m["against"]) or _("none found."),
            "needs_words": pages.sentence(m["needs"] or ""),
        }
        for m in found
    ]


def _necks(answer: dict[str, Any], key: str) -> dict[str, Any]:
    from collis.case.plan import Injection, Plan
    from collis.knowledge.names import Guidance
    from collis.units import Dose

    found = next((c for c in answer["candidates"] if c["key"] == key), None)
    if found is None:
        return {"figures": (), "keys": []}
    product = found["plan"]["product"]
    plan = Plan(
        name=key,
        product=product,
        injections=tuple(
            Injection(
                muscle=Muscle(i["muscle"]),
                side=Side(i["side"]),
                dose=Dose(Decimal(str(i["units"])), product),
                sites=i["sites"],
                guidance=Guidance(i["guidance"]),
            )
            for i in found["plan"]["injections"]
        ),
    )
    return neck_context(plan)


def neck_context(plan: Any) -> dict[str, Any]:
    """The drawings of a plan and the list beside them: letter, muscle, side, sites, Units."""
    figures, letters = pages.necks(plan)
    keys = [
        {
            "letter": letters[i.muscle.value],
            "muscle": i.muscle.words.capitalize(),
            "side": i.side.value,
            "sites": i.sites,
            "each": i.per_site.units,
            "units": i.dose.units,
        }
        for i in plan.injections
        if i.dose.units > 0
    ]
    return {"figures": figures, "keys": keys}
