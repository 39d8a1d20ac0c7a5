"""Draw-up: which vials, with lot and expiry off the carton's code, how mixed, by whom, how much was drawn."""

from __future__ import annotations

from datetime import datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from collis.pharmacy.gs1 import VialLabel
from collis_clinic.access.gate import needs, requires
from collis_clinic.access.models import User
from collis_clinic.access.roles import Action
from collis_clinic.bridge import outputs
from collis_clinic.records.models import Preparation, PreparationVial, Session, Visit
from collis_clinic.records.opening import open_visit
from collis_clinic.records.saying import SAYABLE, Problem, problems
from collis_clinic.stock import keeping
from collis_clinic.stock.models import Lot, Vial, VialState
from collis_clinic.visits import giving_rules as rules
from collis_clinic.visits import reading
from collis_clinic.visits.giving_form import not_signed, page, session_or_refuse, staff
from collis_clinic.visits.reading import submit_once

TENTH = Decimal("0.1")


@requires(Action.VISIT_DRAW_UP)
@require_http_methods(["GET", "POST"])
def draw_up(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Open the vials, write how they were mixed."""
    row = open_visit(request, visit, page="draw-up")
    session = session_or_refuse(row)
    errors: list[Problem] = []
    scanned: VialLabel | None = None
    if request.method == "POST":
        try:
            not_signed(session)
            if request.POST.get("act") == "scan":
                scanned = keeping.label_from(request.POST.get("gs1", ""), row.on)
            elif request.POST.get("act") == "receive":
                _receive(request, session)
                return redirect("visits:draw-up", row.pk)
            else:
                return redirect(f"visits:{_save(request, session)}", row.pk)
        except SAYABLE as error:
            errors = problems(error)
    return page(request, "visits/draw_up.html", row, now="draw-up", errors=errors, **_shown(session, scanned))


def _shown(session: Session, scanned: VialLabel | None) -> dict[str, Any]:
    lots = list(lots_at_hand(session))
    matching = None
    if scanned is not None:
        matching = next((lot for lot in lots if scanned.lot and lot.number == scanned.lot), None)
    made = getattr(session, "preparation", None)
    return {
        "lots": lots,
        "scanned": scanned,
        "matching": matching,
        "usable": rules.still_checked(session),
        "way": outputs.way_of(session),
        "made": made,
        "used": [] if made is None else list(made.vials.select_related("vial__lot").order_by("recorded_at")),
        "people": staff(),
        "now_time": timezone.localtime().strftime("%H:%M")
        if session.visit.on == timezone.localdate()
        else "",
        "sizes": sorted({lot.vial_units for lot in lots} or {Decimal(100), Decimal(200)}),
    }


def lots_at_hand(session: Session) -> QuerySet[Lot]:
    """Lots of the product with unopened vials this session may use, first to expire first. Vials of another patient,
    expired and recalled ones are left out.
    """
    mine = session.visit.patient_id
    bound = (
        Q(vials__bound_to=mine) if session.visit.supply_route == "patient_vial" else Q(vials__bound_to=None)
    )
    usable = Q(vials__state=VialState.UNOPENED) & bound
    found: QuerySet[Lot] = (
        Lot.objects.filter(product=session.product, expiry__gte=session.visit.on)
        .exclude(recalls__closed_on__isnull=True, recalls__isnull=False)
        .annotate(at_hand=Count("vials", filter=usable), place=Min("vials__place", filter=usable))
        .filter(at_hand__gt=0)
        .order_by("expiry", "number")
    )
    return found


def _receive(request: HttpRequest, session: Session) -> None:
    """Put a scanned vial into stock on the spot; one the patient brought is bound to the patient."""
    needs(request, Action.STOCK_RECEIVE)
    form = request.POST
    units = reading.number(form, "vial_units", what=_("the Units in the vial"))
    label = keeping.label_from(form.get("gs1", ""), session.visit.on)
    if units is None:
        raise ValidationError({"vial_units": _("Say how many Units one vial holds.")})

    def work() -> None:
        keeping.receive(
            product=session.product or "",
            number=label.lot,
            expiry=label.expiry,
            vial_units=units,
            count=reading.whole(form, "count", what=_("a number of vials")) or 1,
            on=session.visit.on,
            gtin=label.gtin or None,
            serial=label.serial or None,
            bound_to=session.visit.patient_id if session.visit.supply_route == "patient_vial" else None,
        )

    submit_once(request, f"receive {session.pk}", work)


def _save(request: HttpRequest, session: Session) -> str:
    """Open, mix, draw and let the gate judge the outcome; the name of the next page."""
    form, following = request.POST, ["time-out"]
    wanted = [
        (lot, count)
        for lot in lots_at_hand(session)
        if (count := reading.whole(form, f"open-{lot.pk}", what=_("a number of vials")))
    ]

    def work() -> None:
        rules.need_checked(session)
        made = _mixed(form, session, wanted)
        vials = _opened(session, made, wanted)
        _drawn(session, made, vials)
        _volumes(session)
        following[0] = judged_again(request, session)

    submit_once(request, f"draw-up {session.pk}", work)
    return following[0]


def judged_again(request: HttpRequest, session: Session) -> str:
    """The gate on plan and preparation together: what nobody may pass undoes the save, what is new is answered."""
    session = Session.objects.select_related("visit__patient", "visit__episode").get(pk=session.pk)
    record = rules.judge(session)
    left = [h for h in rules.held_against(record) if not h.answered]
    impossible = [h for h in left if h.never]
    if impossible:
        raise ValidationError([h.said.what for h in impossible])
    session.plan_record = record
    if left:
        session.state = "draft"
        session.save(action="check")
        messages.warning(request, _("The draw-up raised something new: answer it first."))
        return "gate"
    session.save(action="check")
    return "time-out"


def _mixed(form: Any, session: Session, wanted: list[tuple[Lot, int]]) -> Preparation:
    made = getattr(session, "preparation", None) or Preparation(
        session=session, product=session.product or ""
    )
    volume = reading.number(form, "diluent_ml", what=_("the mL put into one vial"), most=Decimal(100))
    drawn = reading.number(form, "drawn_units", what=_("the Units drawn"), most=Decimal(100_000))
    if volume is None or volume == 0:
        raise ValidationError({"diluent_ml": _("Say how many mL went into one vial.")})
    sizes = {lot.vial_units for lot, _n in wanted}
    if not made._state.adding:
        sizes |= {used.vial.contents for used in made.vials.select_related("vial")}
    if len(sizes) > 1:
        raise ValidationError(_("Open vials of one size in one draw-up: each size has its own strength."))
    if not sizes:
        raise ValidationError({"gs1": _("Name the vial: scan it, or say how many of a lot were opened.")})
    made.diluent = form.get("diluent", "").strip() or None
    made.diluent_ml = volume
    made.units_per_0_1ml = outputs.strength_of(sizes.pop(), volume, session.product or "")
    made.drawn_units = None if drawn is None else drawn.quantize(TENTH, ROUND_HALF_UP)
    if made.drawn_units is None:
        raise ValidationError({"drawn_units": _("Say how many Units were drawn.")})
    made.mixed_by, made.checked_by = _person(form, "mixed_by"), _person(form, "checked_by")
    if made.mixed_by is not None and made.mixed_by == made.checked_by:
        raise ValidationError({"checked_by": _("Somebody else than who mixed checks it, or nobody.")})
    made.mixed_at = _time(form, "mixed_at", session.visit)
    made.save(action="draw-up")
    return made


def _person(form: Any, name: str) -> User | None:
    read = form.get(name, "").strip()
    if not read:
        return None
    found = next((u for u in staff() if str(u.pk) == read), None)
    if found is None:
        raise ValidationError({name: _("Choose one of the list.")})
    return found


def _time(form: Any, name: str, visit: Visit) -> datetime | None:
    read = form.get(name, "").strip()
    if not read:
        return None
    try:
        clock = time.fromisoformat(read)
    except ValueError:
        raise ValidationError({name: reading.refusal(read, _("a time such as 10:31"))}) from None
    at = timezone.make_aware(datetime.combine(visit.on, clock))
    if at > timezone.now():
        raise ValidationError({name: _("Read %(at)s, a time to come.") % {"at": read}})
    return at


def _opened(session: Session, made: Preparation, wanted: list[tuple[Lot, int]]) -> list[Vial]:
    """Open the vials asked for and note them in the preparation."""
    mine = session.visit.patient_id
    route = mine if session.visit.supply_route == "patient_vial" else None
    vials = []
    for lot, count in wanted:
        free = list(
            Vial.objects.filter(lot=lot, state=VialState.UNOPENED, bound_to=route).order_by("recorded_at")[
                :count
            ]
        )
        if len(free) < count:
            raise ValidationError(
                _("Lot %(lot)s: read %(n)s vials, %(free)s are at hand.")
                % {"lot": lot.number, "n": count, "free": len(free)}
            )
        for vial in free:
            opened = keeping.open_vial(vial.pk, on=session.visit.on, at=made.mixed_at, for_patient=mine)
            PreparationVial(preparation=made, vial=opened, diluent_ml=made.diluent_ml).save(action="open")
            vials.append(opened)
    return vials


def _drawn(session: Session, made: Preparation, vials: list[Vial]) -> None:
    """Draw what is not drawn yet out of the vials just opened, in their order."""
    before = sum((u.drawn_units or Decimal(0) for u in made.vials.all()), Decimal(0))
    left = (made.drawn_units or Decimal(0)) - before
    for vial in vials:
        take = min(left, vial.left)
        if take > 0:
            keeping.draw(
                vial.pk, take, session=session.pk, patient=session.visit.patient_id, at=made.mixed_at
            )
            used = PreparationVial.objects.get(preparation=made, vial=vial)
            used.drawn_units = take
            used.save(action="draw")
            left -= take
    if left > 0:
        raise ValidationError(
            {"drawn_units": _("The vials hold %(n)s Units less than was drawn.") % {"n": left}}
        )


def _volumes(session: Session) -> None:
    """Each line's volume at the strength that was really mixed."""
    session = Session.objects.select_related("visit").get(pk=session.pk)
    for line in session.lines.filter(dropped=False):
        if line.planned_units is not None:
            line.planned_ml = outputs.volume_ml(session, line.planned_units)
            line.save(action="draw-up")


def settle(session: Session, *, reason: str) -> Decimal:
    """Discard what is left in the vials of a session; the Units discarded."""
    made = getattr(session, "preparation", None)
    if made is None:
        return Decimal(0)
    total = Decimal(0)
    with transaction.atomic():
        for used in made.vials.select_related("vial"):
            if used.vial.state == VialState.OPENED and used.vial.left > 0:
                total += used.vial.left
                used.wasted_units, used.waste_reason = used.vial.left, reason
                keeping.waste(
                    used.vial_id, reason=reason, session=session.pk, patient=session.visit.patient_id
                )
                used.save(action="waste")
    return total
