"""Sign, countersign, amend with a reason; every version stays readable, two of them side by side."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from collis_clinic.access.gate import requires, user_of
from collis_clinic.access.models import User
from collis_clinic.access.roles import Action
from collis_clinic.bridge import outputs
from collis_clinic.records import signing, words
from collis_clinic.records.models import PlanRecord, Session, SessionVersion
from collis_clinic.records.opening import open_visit
from collis_clinic.records.saying import SAYABLE, Problem, problems
from collis_clinic.records.words import Outcome, VisitState
from collis_clinic.visits import giving_rules as rules
from collis_clinic.visits import reading, ready
from collis_clinic.visits.giving import DIFFERENCES, groups_of, over_limit, read_site
from collis_clinic.visits.giving_after import notice_poor_response, plan_follow_up
from collis_clinic.visits.giving_close import vials_of
from collis_clinic.visits.giving_form import page, session_or_refuse
from collis_clinic.visits.reading import submit_once

STOPPED = (Outcome.DEFERRED, Outcome.CANCELLED)
SKIP = frozenset(
    [
        "id",
        "visit",
        "session",
        "preparation",
        "position",
        "read_at",
        "plan_record",
        "copied_from",
        "once",
        "patient",
        "episode",
        "vial",
        "after",
        "muscle",
        "side",
        "site",
        "dropped",
    ]
)
"""What says nothing to a reader of two versions: numbers of rows, and what stands in the heading already."""


@requires(Action.VISIT_SIGN)
@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Every dose on one page, what is not recorded said so, one signature."""
    row = open_visit(request, visit, page="sign")
    session = session_or_refuse(row)
    if session.is_signed and request.method == "GET":
        return redirect("visits:signed", row.pk)
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            submit_once(request, f"sign {session.pk}", lambda: _sign(request, session))
            return redirect("visits:signed", row.pk)
        except SAYABLE as error:
            errors = problems(error)
            session.refresh_from_db()
    record = session.plan_record
    return page(
        request,
        "visits/sign.html",
        row,
        now="sign",
        errors=errors,
        missing=missing(session),
        groups=groups_of(rules.lines_of(session), None, {}),
        answered=[] if record is None or record.kind != "check" else rules.held_against(record),
        stopped=session.outcome in STOPPED,
        **vials_of(session),
    )


def missing(session: Session) -> list[str]:
    """What nobody recorded, in the order of the visit: shown before signing, never filled in."""
    visit, made = session.visit, getattr(session, "preparation", None)
    check_in, seen = getattr(visit, "check_in", None), getattr(visit, "assessment", None)
    found = [
        (check_in is None or check_in.done_at is None, _("check-in")),
        (not visit.consents.filter(kind="treatment").exists(), _("consent")),
        (seen is None, _("assessment")),
    ]
    if session.outcome not in STOPPED:
        found += [
            (made is None or made.drawn_units is None, _("draw-up with lot and expiry")),
            (session.time_out_at is None, _("time-out")),
            (session.observed_minutes is None, _("observation")),
            (session.told is None, _("what the patient was told")),
        ]
    return [word for lacks, word in found if lacks]


def _sign(request: HttpRequest, session: Session) -> None:
    user = user_of(request)
    with transaction.atomic():
        reading.expected(request, session)
        if session.outcome not in STOPPED:
            rules.need_checked(session)
            ready.must_be_read(session)
        _close(session)
        signing.sign(session, user)
        plan_follow_up(session, user)
        seen = getattr(session.visit, "assessment", None)
        if seen is not None:
            notice_poor_response(seen)


def _close(session: Session) -> None:
    """The visit and its appointment are closed with the session; the signed document says so."""
    visit = session.visit
    visit.state = {
        Outcome.DEFERRED.value: VisitState.DEFERRED,
        Outcome.CANCELLED.value: VisitState.CANCELLED,
    }.get(session.outcome or "", VisitState.CLOSED)
    visit.stopped_reason = (session.outcome_reason or "")[:200] or None
    visit.save(action="close")
    booked = getattr(visit, "appointment", None)
    if booked is not None and booked.state in ("booked", "arrived"):
        booked.state = "done" if visit.state == VisitState.CLOSED else "cancelled"
        booked.save()


@requires(Action.VISIT_READ)
@require_GET
def signed(request: HttpRequest, visit: UUID) -> HttpResponse:
    """The signed session: what it says now, its versions, and what comes out of it."""
    row = open_visit(request, visit, page="signed")
    session = session_or_refuse(row)
    if not session.is_signed:
        return redirect("visits:sign", row.pk)
    return page(
        request,
        "visits/signed.html",
        row,
        now="sign",
        versions=list(session.versions.select_related("by").order_by("number")),
        groups=groups_of(rules.lines_of(session), None, {}),
        missing=missing(session),
        payers=outputs.payers(row.on),
        tasks=list(row.tasks.order_by("due_to")),
        gave=session.outcome in ("given", "partly"),
        **vials_of(session),
    )


@requires(Action.VISIT_SUPERVISE)
@require_POST
def countersign(request: HttpRequest, visit: UUID) -> HttpResponse:
    """The supervisor’s name."""
    row = open_visit(request, visit, page="signed")
    signing.countersign(session_or_refuse(row), user_of(request))
    messages.success(request, _("Countersigned."))
    return redirect("visits:signed", row.pk)


@requires(Action.VISIT_AMEND)
@require_http_methods(["GET", "POST"])
def amend(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Put right what was signed: a new version beside the old, with the reason."""
    row = open_visit(request, visit, page="amend")
    session = session_or_refuse(row)
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            submit_once(request, f"amend {session.pk}", lambda: _amended(request, session))
            return redirect("visits:versions", row.pk)
        except SAYABLE as error:
            errors = problems(error)
            session.refresh_from_db()
    return page(
        request,
        "visits/amend.html",
        row,
        now="sign",
        errors=errors,
        groups=groups_of(rules.lines_of(session), request.POST if errors else None, {}),
        guidances=words.GUIDANCES,
        differences=DIFFERENCES,
    )


def _amended(request: HttpRequest, session: Session) -> None:
    form = request.POST
    reading.expected(request, session)
    with signing.amend(session, user_of(request), reason=form.get("reason", "")) as open_session:
        changed = False
        if open_session.outcome not in STOPPED:
            for line in rules.lines_of(open_session):
                read_site(form, line)
                line.given_ml = outputs.volume_ml(open_session, line.given_units or Decimal(0))
                changed = changed or bool(line.changed_fields())
                line.save(action="amend", reason=form.get("reason", "").strip())
            over_limit(open_session)
        minutes = reading.whole(form, "observed_minutes", what=_("whole minutes"))
        open_session.observed_minutes = minutes
        open_session.observation = reading.text(form, "observation")
        open_session.told = reading.text(form, "told")
        changed = changed or bool(open_session.changed_fields())
        if not changed:
            raise ValidationError(_("Nothing differs from what was signed: there is nothing to amend."))
        open_session.save(action="amend", reason=form.get("reason", "").strip())


@requires(Action.VISIT_READ)
@require_GET
def versions(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Two versions side by side, what differs marked."""
    row = open_visit(request, visit, page="versions")
    session = session_or_refuse(row)
    known = list(session.versions.select_related("by").order_by("number"))
    if not known:
        raise ValidationError(_("Nothing is signed yet: there is no version."))
    numbers = {str(v.number): v for v in known}
    right = numbers.get(request.GET.get("right", ""), known[-1])
    left = numbers.get(request.GET.get("left", ""), known[max(0, len(known) - 2)])
    return page(
        request,
        "visits/versions.html",
        row,
        now="sign",
        versions=known,
        left=left,
        right=right,
        parts=side_by_side(left, right),
    )


def side_by_side(left: SessionVersion, right: SessionVersion) -> list[dict[str, Any]]:
    """The parts of two versions, field by field: what either says, and whether they differ."""
    names = people_named(left, right)
    parts: list[dict[str, Any]] = []
    for part in ("session", "preparation", "visit", "check_in", "assessment"):
        a, b = left.document.get(part) or {}, right.document.get(part) or {}
        parts.append({"title": part.replace("_", " "), "rows": _rows(a, b, names)})
    lines_a = {_line_name(x): x for x in left.document.get("lines", ())}
    lines_b = {_line_name(x): x for x in right.document.get("lines", ())}
    for name in dict.fromkeys([*lines_a, *lines_b]):
        rows = _rows(lines_a.get(name, {}), lines_b.get(name, {}), names)
        parts.insert(1, {"title": name, "rows": rows, "line": True})
    for listed in ("side_effects", "ratings", "consents", "vials", "overrides"):
        a, b = left.document.get(listed, []), right.document.get(listed, [])
        rows = [
            {"name": str(n + 1), "left": _short(x, names), "right": _short(y, names), "differs": x != y}
            for n, (x, y) in enumerate(_paired(a, b))
        ]
        parts.append({"title": listed.replace("_", " "), "rows": rows})
    for shown in parts:
        shown["differs"] = any(r["differs"] for r in shown["rows"])
    return [p for p in parts if p["rows"]]


def _paired(a: list[Any], b: list[Any]) -> list[tuple[Any, Any]]:
    count = max(len(a), len(b))
    return [(a[n] if n < len(a) else None, b[n] if n < len(b) else None) for n in range(count)]


def _line_name(line: dict[str, Any]) -> str:
    return f"{line['muscle'].replace('_', ' ')} {line['side'].upper()} {line['site']}"


def _rows(a: dict[str, Any], b: dict[str, Any], names: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": key.replace("_", " "),
            "left": _word(key, a.get(key), names),
            "right": _word(key, b.get(key), names),
            "differs": a.get(key) != b.get(key),
        }
        for key in dict.fromkeys([*a, *b])
        if key not in SKIP and (a.get(key) is not None or b.get(key) is not None)
    ]


def _short(row: Any, names: dict[str, str]) -> str | None:
    if row is None:
        return None
    shown = (
        f"{key.replace('_', ' ')} {_word(key, value, names)}"
        for key, value in row.items()
        if key not in SKIP and value is not None and value != "" and value is not False
    )
    return "; ".join(shown)


def _word(key: str, value: Any, names: dict[str, str]) -> Any:
    if key.endswith("_by") or key in ("injector", "supervisor"):
        return names.get(str(value), value)
    if key.endswith("_at") and isinstance(value, str):
        return date_format(timezone.localtime(datetime.fromisoformat(value)), "j M Y, H:i")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | dict):
        return ", ".join(str(x) for x in value) if value else _("none")
    return value.replace("_", " ") if isinstance(value, str) else value


def people_named(*versions: SessionVersion) -> dict[str, str]:
    """Names for the numbers of people in documents, so that a page says who."""
    wanted: set[str] = set()
    for version in versions:
        document = version.document
        for part in (document.get("session"), document.get("preparation"), document.get("visit"),
                     *document.get("overrides", ())):  # fmt: skip
            for key, value in (part or {}).items():
                if value is not None and (key.endswith("_by") or key in ("injector", "supervisor")):
                    wanted.add(str(value))
    users = User.objects.filter(pk__in=[w for w in wanted if w.isdigit()])
    return {str(u.pk): u.get_full_name() for u in users}


@requires(Action.VISIT_READ)
@require_GET
def verdict(request: HttpRequest, number: UUID) -> HttpResponse:
    """A kept verdict as it was."""
    record = get_object_or_404(PlanRecord.objects.select_related("visit"), pk=number)
    row = open_visit(request, record.visit_id, page="verdict")
    return page(
        request,
        "visits/verdict.html",
        row,
        now="plan",
        record=record,
        held=rules.held_against(record) if record.kind == "check" else [],
    )
