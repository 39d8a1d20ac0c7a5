"""Stock: received off the carton's code, opened, wasted, expired; from a recalled lot to its patients and back."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from collis.pharmacy.gs1 import VialLabel
from collis_clinic.access.gate import needs, requires, user_of
from collis_clinic.access.roles import Action, Role
from collis_clinic.audit.entries import did, read
from collis_clinic.records import people, recall, words
from collis_clinic.records.models import Patient, Task
from collis_clinic.records.saying import SAYABLE, Problem, problems
from collis_clinic.records.words import TaskKind
from collis_clinic.stock import keeping
from collis_clinic.stock.models import Lot, Movement, Recall, Vial, VialState
from collis_clinic.visits import reading
from collis_clinic.visits.reading import day, submit_once

SOON_DAYS = 60


@requires(Action.STOCK_READ)
@require_GET
def stock_list(request: HttpRequest) -> HttpResponse:
    """Lots with what is at hand, first to expire first; recalled and expired ones said so."""
    now, all_of_it = timezone.localdate(), request.GET.get("show") == "all"
    counted = Lot.objects.annotate(
        unopened=Count("vials", filter=Q(vials__state=VialState.UNOPENED, vials__bound_to=None)),
        bound=Count("vials", filter=Q(vials__state=VialState.UNOPENED) & ~Q(vials__bound_to=None)),
        opened=Count("vials", filter=Q(vials__state=VialState.OPENED)),
        received=Count("vials"),
    ).order_by("expiry", "product", "number")
    if not all_of_it:
        counted = counted.filter(Q(unopened__gt=0) | Q(bound__gt=0) | Q(opened__gt=0))
    recalled = set(Recall.objects.filter(closed_on__isnull=True).values_list("lot", flat=True))
    rows = [
        {
            "lot": lot,
            "recalled": lot.pk in recalled,
            "expired": lot.expired_on(now),
            "days": None if lot.expiry is None else (lot.expiry - now).days,
        }
        for lot in counted[:200]
    ]
    context = {
        "rows": rows,
        "soon": SOON_DAYS,
        "show": "all" if all_of_it else "",
        "past": sum(1 for r in rows if r["expired"] and r["lot"].unopened),
        "sums": _sums(rows),
        "token": uuid.uuid4(),
    }
    return render(request, "stock.html", context)


def _sums(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["expired"] or row["recalled"]:
            continue
        lot = row["lot"]
        one = found.setdefault(lot.product, {"product": lot.product, "vials": 0, "units": 0})
        one["vials"] += lot.unopened
        one["units"] += lot.unopened * lot.vial_units
    return list(found.values())


@requires(Action.STOCK_RECEIVE)
@require_http_methods(["GET", "POST"])
def receive(request: HttpRequest) -> HttpResponse:
    """Scan, check what was read, keep. Lot and expiry may be typed where there is no code."""
    errors: list[Problem] = []
    scanned: VialLabel | None = None
    known: Lot | None = None
    form = request.POST
    if request.method == "POST":
        try:
            if form.get("act") == "scan":
                scanned = keeping.label_from(form.get("gs1", ""), timezone.localdate())
                if scanned.gtin:
                    known = Lot.objects.filter(gtin=scanned.gtin).order_by("-recorded_at").first()
            else:
                submit_once(request, "receive", lambda: _received(request))
                return redirect("stock-list")
        except SAYABLE as error:
            errors = problems(error)
    context = {
        "errors": errors,
        "scanned": scanned,
        "known": known,
        "posted": form,
        "products": words.PRODUCT_CHOICES,
        "token": uuid.uuid4(),
    }
    return render(request, "receive.html", context, status=422 if errors else 200)


def _received(request: HttpRequest) -> None:
    form = request.POST
    product = reading.choice(form, "product", [p for p, _w in words.PRODUCT_CHOICES])
    units = reading.number(form, "vial_units", what=_("the Units in one vial"))
    count = reading.whole(form, "count", what=_("a number of vials"))
    expiry = day(form, "expiry")
    for name, value, text in (
        ("product", product, _("Choose the product.")),
        ("vial_units", units, _("Say how many Units one vial holds.")),
        ("count", count, _("Say how many vials came.")),
        ("expiry", expiry, _("Write the last day of use as printed.")),
    ):
        if value is None:
            raise ValidationError({name: text})
    assert product is not None  # said above
    assert units is not None
    assert count is not None
    bound = None
    code = form.get("patient_code", "").strip().upper()
    if code:
        patient = Patient.objects.filter(code=code).first()
        if patient is None:
            raise ValidationError({"patient_code": _("No patient has the code %(code)s.") % {"code": code}})
        bound = patient.pk
    made = keeping.receive(
        product=product,
        number=form.get("number", "").strip(),
        expiry=expiry,
        vial_units=units,
        count=count,
        on=timezone.localdate(),
        brand=reading.text(form, "brand"),
        gtin=reading.text(form, "gtin"),
        serial=reading.text(form, "serial"),
        bound_to=bound,
        place=reading.text(form, "place"),
    )
    messages.success(
        request, _("%(n)s vials of lot %(lot)s received.") % {"n": len(made), "lot": made[0].lot.number}
    )


@requires(Action.STOCK_READ)
@require_GET
def lot_page(request: HttpRequest, lot: UUID) -> HttpResponse:
    """One lot: its vials, its movements, its recall, its patients."""
    row = get_object_or_404(Lot, pk=lot)
    vials = list(row.vials.order_by("recorded_at"))
    moved = Movement.objects.filter(vial__lot=row).exclude(kind="received")
    movements = list(moved.select_related("vial").order_by("-at", "-recorded_at")[:60])
    shelf = [v for v in vials if v.state == VialState.UNOPENED and v.bound_to is None]
    clinical = user_of(request).may(Action.VISIT_READ)
    patients = list(recall.patients_of_lot(row.pk)) if clinical else []
    wanted = {p.pk for p in patients} | {v.bound_to for v in vials if v.bound_to}
    codes = dict(Patient.objects.filter(pk__in=wanted).values_list("pk", "code"))
    if patients:
        read("list.patients_of_lot", row.pk)
    sums = row.vials.aggregate(
        contents=Sum("contents"), drawn=Sum("drawn"), wasted=Sum("wasted"), left=Sum("left")
    )
    context = {
        "lot": row,
        "vials": [
            {"vial": v, "bound": codes.get(v.bound_to) if v.bound_to else None}
            for v in vials
            if v not in shelf
        ],
        "shelf": shelf,
        "movements": movements,
        "recalls": list(row.recalls.order_by("-on")),
        "open_recall": row.recalls.filter(closed_on__isnull=True).first(),
        "patients": [{"patient": p, "person": n} for p, n in _named(patients)],
        "clinical": clinical,
        "sums": sums,
        "expired": row.expired_on(timezone.localdate()),
        "token": uuid.uuid4(),
    }
    return render(request, "lot.html", context)


def _named(patients: list[Patient]) -> list[tuple[Patient, Any]]:
    names = people.persons_of(patients)
    return [(p, names.get(p.pk)) for p in patients]


@requires(Action.STOCK_WASTE)
@require_POST
def waste(request: HttpRequest, vial: UUID) -> HttpResponse:
    """Write one vial off, with the reason. Not for a patient: not billable."""
    row = get_object_or_404(Vial.objects.select_related("lot"), pk=vial)

    def work() -> None:
        keeping.waste(row.pk, reason=request.POST.get("reason", ""))

    submit_once(request, f"waste {row.pk}", work)
    return redirect("stock-lot", row.lot_id)


@requires(Action.STOCK_WASTE)
@require_POST
def expire(request: HttpRequest) -> HttpResponse:
    """Mark all unopened vials that are past their day."""
    count = keeping.expire(timezone.localdate())
    messages.success(request, _("%(n)s vials marked as expired.") % {"n": count})
    return redirect("stock-list")


@requires(Action.STOCK_RECALL)
@require_POST
def call_back(request: HttpRequest, lot: UUID) -> HttpResponse:
    """Recall a lot: no vial of it is opened any more, and each patient who had it is on the task list."""
    row = get_object_or_404(Lot, pk=lot)
    notice = reading.text(request.POST, "notice")
    if notice is None:
        raise ValidationError({"notice": _("Write what the recall says.")})

    def work() -> None:
        now = timezone.localdate()
        made = Recall(lot=row, notice=notice, on=now)
        made.save(action="recall", reason=notice[:200])
        for patient in recall.patients_of_lot(row.pk):
            Task(
                patient=patient,
                kind=TaskKind.CALL_BACK,
                text=_("Lot %(lot)s is recalled: call the patient.") % {"lot": row.number},
                due_from=now,
                due_to=now,
                role=Role.NURSE.value,
                once=f"recall {made.pk} {patient.pk}",
            ).save()

    submit_once(request, f"recall {row.pk}", work)
    return redirect("stock-lot", row.pk)


@requires(Action.STOCK_RECALL)
@require_POST
def close_recall(request: HttpRequest, number: UUID) -> HttpResponse:
    """The recall is over."""
    needs(request, Action.STOCK_RECALL)
    row = get_object_or_404(Recall, pk=number)
    row.closed_on = timezone.localdate()
    row.save(action="recall_closed")
    with transaction.atomic():
        did("recall_closed", "stock.lot", row.lot_id)
    return redirect("stock-lot", row.lot_id)
