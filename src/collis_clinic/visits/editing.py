"""The plan cell by cell: change any dose and mL, vials, waste, cost and gate follow; then read, answer, confirm."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from collis.units import plain
from collis_clinic import bridge
from collis_clinic.access.gate import needs, requires, user_of
from collis_clinic.access.models import User
from collis_clinic.access.roles import Action
from collis_clinic.audit.recorded import Conflict
from collis_clinic.records import words
from collis_clinic.records.models import PlanRecord, Session, SideEffect, Visit
from collis_clinic.records.opening import open_visit
from collis_clinic.records.saying import SAYABLE, Problem, problems
from collis_clinic.visits import carried, ready
from collis_clinic.visits import giving_rules as rules
from collis_clinic.visits.choosing import neck_context, product_for, products_in
from collis_clinic.visits.dosing import (
    Draft,
    Strength,
    Worked,
    draft_from,
    draft_of,
    strength_of,
    strengths,
    worked,
)
from collis_clinic.visits.frame import frame, session_of
from collis_clinic.visits.grid_rows import edit_rows
from collis_clinic.visits.models import HeldAct, HoldAnswer
from collis_clinic.visits.reading import choice, text, whole


@requires(Action.VISIT_PLAN)
@require_http_methods(["GET", "POST"])
def lines(request: HttpRequest, visit: UUID) -> HttpResponse:
    """The grid; a post keeps it, and with `confirm` also marks it as checked."""
    found = open_visit(request, visit, page="lines")
    session = session_of(found)
    if request.method == "POST":
        return _post(request, found, session)
    if session is not None and session.is_signed:
        return redirect(_page_of("signed", found))
    product = product_for(found, request.GET.get("product"))
    draft = _standing(found, session, product)
    return _page(request, found, session, draft)


@requires(Action.VISIT_PLAN)
@require_POST
def trying(request: HttpRequest, visit: UUID) -> HttpResponse:
    """What follows from the form as it stands: nothing is kept."""
    found = open_visit(request, visit, page="lines-try")
    session = session_of(found)
    draft = _typed(request, found, session)
    made = worked(draft, found)
    context = {
        **_grid(found, session, draft),
        "worked": made,
        "visit": found,
        **_where(draft, made),
    }
    return render(request, "visits/_tried.html", {**context, "edited": _edited(request.POST, context)})


def _edited(form: Any, grid: dict[str, Any]) -> list[dict[str, Any]]:
    """The cells whose Units and mL are no longer those the form was shown with, and which of the two to show anew:
    never the one being typed.
    """
    found = []
    for row in (*grid["rows"], *grid["further"]):
        for cell in row.cells:
            now = (cell.units, cell.ml)
            if cell.problem or now == (form.get(f"v-{cell.key}", ""), form.get(f"w-{cell.key}", "")):
                continue
            typed_units, typed_ml = form.get(f"u-{cell.key}", ""), form.get(f"m-{cell.key}", "")
            from_ml = typed_units.strip() == form.get(f"v-{cell.key}", "") and bool(typed_ml.strip())
            found.append(
                {
                    "cell": cell,
                    "words": row.words,
                    "show_ml": not from_ml and typed_ml != cell.ml,
                    "show_units": from_ml and typed_units != cell.units,
                }
            )
    return found


@requires(Action.VISIT_PLAN)
@require_POST
def switch(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Another product: every dose and the dilution are asked again."""
    found = open_visit(request, visit, page="lines")
    product = choice(request.POST, "product", [p["name"] for p in products_in(found)])
    if product is None:
        raise ValidationError({"product": _("Choose the product.")})
    with transaction.atomic():
        carried.session_for(found, product)
    return redirect("visits:lines", found.pk)


@requires(Action.VISIT_PLAN)
@require_POST
def hold(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Answer one side effect that holds the copy."""
    found = open_visit(request, visit, page="lines")
    session = session_of(found)
    if session is None:
        raise ValidationError(_("No plan yet."))
    effect = get_object_or_404(SideEffect, pk=request.POST.get("effect"), session=session.copied_from_id)
    HoldAnswer(
        visit=found,
        session=session,
        side_effect=effect,
        act=choice(request.POST, "act", [a.value for a in HeldAct]) or "",
        reason=text(request.POST, "reason") or "",
        by=user_of(request),
    ).save()
    return redirect(f"/visits/{found.pk}/lines/#held")


def _standing(visit: Visit, session: Session | None, product: str | None) -> Draft:
    if session is not None and session.product == product:
        return draft_of(session, visit)
    return Draft(product=product or "", strength=None, cells=(), problems=())


def _typed(request: HttpRequest, visit: Visit, session: Session | None) -> Draft:
    form = request.POST
    product = choice(form, "product", [p["name"] for p in products_in(visit)]) or ""
    stored = session.product if session is not None else None
    asked_for = form.get("doses_of", "") or stored or ""
    if product and asked_for and product != asked_for:
        return Draft(product=product, strength=None, cells=(), problems=())
    return draft_from(form, product=product, strength=_strength(form, visit, session, product))


def _strength(form: Any, visit: Visit, session: Session | None, product: str) -> Strength | None:
    ways = strengths(product, visit.patient.region, visit) if product else ()
    name = choice(form, "strength", [w.name for w in ways])
    if name is not None:
        return next(w for w in ways if w.name == name)
    same = session is not None and session.product == product
    return strength_of(session, visit) if same else None


def _post(request: HttpRequest, visit: Visit, session: Session | None) -> HttpResponse:
    draft = Draft(product="", strength=None, cells=(), problems=())
    try:
        draft = _typed(request, visit, session)
        if not draft.product:
            raise ValidationError({"product": _("Choose the product.")})
        _same_version(request, session)
        made = worked(draft, visit)
        if not made.storable:
            return _page(request, visit, session, draft, errors=list(made.errors), made=made)
        with transaction.atomic():
            session = _keep(request, visit, session, draft)
    except Conflict:
        theirs = Session.objects.get(visit=visit)
        if _same_doses(draft, draft_of(theirs, visit)) and "confirm" not in request.POST:
            return redirect("visits:lines", visit.pk)  # sent twice: it stands already
        return _conflict(request, visit, theirs, draft)
    except SAYABLE as error:
        session = Session.objects.filter(visit=visit).first()
        return _page(request, visit, session, draft, errors=problems(error))
    if "confirm" not in request.POST:
        return redirect("visits:lines", visit.pk)
    try:
        ready.must_be_read(session)
    except SAYABLE as error:
        fresh = Session.objects.get(pk=session.pk)
        return _page(request, visit, fresh, draft_of(fresh, visit), errors=problems(error))
    return _onward(visit, session, needs(request, Action.VISIT_PLAN))


def _onward(visit: Visit, session: Session, by: User) -> HttpResponse:
    """Checked and on to the draw-up where nothing is held against it; else to the gate, which asks for answers."""
    record = session.plan_record
    if record is None or any(not h.answered for h in rules.held_against(record)):
        return redirect(_page_of("gate", visit))
    rules.mark_checked(session, record, by)
    return redirect(_page_of("draw-up", visit))


def _page_of(name: str, visit: Visit) -> str:
    """The address of a page of the second half; the visit itself where it is not there."""
    try:
        return reverse(f"visits:{name}", args=[visit.pk])
    except NoReverseMatch:
        return reverse("visits:visit", args=[visit.pk])


def _same_version(request: HttpRequest, session: Session | None) -> None:
    shown = whole(request.POST, "version", what=_("the version of the form")) or 0
    if session is None:
        return
    if shown != session.version:
        raise Conflict(session, session)


def _keep(request: HttpRequest, visit: Visit, session: Session | None, draft: Draft) -> Session:
    """Keep the draft with the verdict on it, and mark as read what the form says was read."""
    kept = carried.session_for(visit, draft.product)
    if draft.cells:
        record: PlanRecord = bridge.stored_check(visit, draft.plan(kept.plan_name or "typed")).record
        carried.keep_draft(kept, draft, record, typed=True)
    else:
        if draft.strength is not None:
            carried.set_strength(kept, draft.strength)
        carried.keep_lines(kept, (), read=(), strength=None)
        carried.unchecked(kept)
        kept.plan_record = None
        kept.save()
    if "read" in request.POST:
        shown = {c.key: plain(c.units) for c in draft.cells if c.units}
        carried.mark_read(kept, shown)
    return kept


def _same_doses(mine: Draft, theirs: Draft) -> bool:
    def told(draft: Draft) -> set[tuple[Any, ...]]:
        return {(c.muscle, c.side, c.units, c.sites, c.guidance) for c in draft.cells}

    return (mine.product, mine.strength, told(mine)) == (theirs.product, theirs.strength, told(theirs))


def _grid(visit: Visit, session: Session | None, draft: Draft) -> dict[str, Any]:
    same = session is not None and session.product == draft.product
    was = carried.was_last_time(session, visit, draft.product)
    unread = carried.unread(session) if session is not None and same else []
    if unread and session is not None:  # a dose typed over is read: whoever types sees it
        stored = {c.key: c.units for c in draft_of(session, visit).cells}
        now = {c.key: c.units for c in draft.cells}
        unread = [key for key in unread if now.get(key) == stored.get(key)]
    likely = _likely(visit)
    rows = edit_rows(draft, visit, was=was, unread=unread, likely=likely) if draft.product else ()
    first = [r for r in rows if r.used or r.muscle in likely]
    if len(first) < 8:
        first = list(rows[: max(10, len(first))])
    shown = {r.muscle for r in first}
    return {
        "rows": first,
        "further": [r for r in rows if r.muscle not in shown],
        "draft": draft,
        "has_last": was is not None,
        "unread_count": len(unread),
        "changed_count": sum(1 for r in rows for c in r.cells if c.state == "changed"),
        "same_count": sum(1 for r in rows for c in r.cells if c.state == "same"),
        "strengths": strengths(draft.product, visit.patient.region, visit) if draft.product else (),
        "was_total": None if was is None else sum(was.values()),
    }


def _likely(visit: Visit) -> list[str]:
    record = PlanRecord.objects.filter(visit=visit, kind="consult").order_by("-recorded_at").first()
    if record is None:
        return []
    return list(dict.fromkeys(m["muscle"] for m in record.result["muscles"] if m["likely"] == "likely"))


def _page(
    request: HttpRequest,
    visit: Visit,
    session: Session | None,
    draft: Draft,
    *,
    errors: list[Problem] | None = None,
    made: Worked | None = None,
) -> HttpResponse:
    if made is None:
        made = worked(draft, visit)
    saved = session is not None and session.product == draft.product and bool(draft.cells)
    context = {
        **frame(visit, now="plan", product=draft.product or None),
        **_grid(visit, session, draft),
        "worked": made,
        "errors": errors or [],
        "session": session,
        "products": products_in(visit),
        "holds": (held := carried.holds(visit, session)),
        "unanswered_holds": any(h.answer is None for h in held),
        "acts": HeldAct.choices,
        "saved": saved,
        "guidances": words.GUIDANCES,
        **_where(draft, made),
    }
    return render(request, "visits/lines.html", context, status=422 if errors else 200)


def _where(draft: Draft, made: Worked) -> dict[str, Any]:
    if made.judged is None or not draft.cells:
        return {"figures": (), "keys": []}
    return neck_context(draft.plan())


def _conflict(request: HttpRequest, visit: Visit, theirs: Session, draft: Draft) -> HttpResponse:
    """Both plans side by side, mine still typed; nothing is dropped."""
    standing = draft_of(theirs, visit)
    keys = list(dict.fromkeys([(c.muscle, c.side) for c in (*standing.cells, *draft.cells)]))
    both = []
    for muscle, side in keys:
        mine, other = draft.cell(muscle, side), standing.cell(muscle, side)
        both.append(
            {
                "muscle": muscle,
                "side": side.value,
                "mine": None if mine is None else mine.units,
                "theirs": None if other is None else other.units,
                "differs": (mine and mine.units) != (other and other.units),
            }
        )
    context = {
        **frame(visit, now="plan"),
        "both": both,
        "mine_draft": draft,
        "their_draft": standing,
        "theirs": theirs,
        "posted": [
            (k, v)
            for k, v in request.POST.items()
            if k not in ("csrfmiddlewaretoken", "version", "confirm", "read")
        ],
    }
    return render(request, "visits/plan_conflict.html", context, status=409)
