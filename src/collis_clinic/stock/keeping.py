"""What may happen to a vial: received, opened, drawn, wasted, expired, returned. Each writes the movement and the new
state together, with the vial locked.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from collis.pharmacy.gs1 import VialLabel, read_gs1
from collis_clinic.stock.models import Lot, Movement, MovementKind, Vial, VialState


def label_from(code: str, on: date) -> VialLabel:
    """Lot and expiry out of GS1 text; `BadInput` says what could not be read."""
    return read_gs1(code, on)


@transaction.atomic
def receive(
    *,
    product: str,
    number: str,
    expiry: date | None,
    vial_units: Decimal,
    count: int,
    on: date,
    brand: str | None = None,
    gtin: str | None = None,
    serial: str | None = None,
    bound_to: UUID | None = None,
    place: str | None = None,
) -> list[Vial]:
    """Put `count` vials of a lot into the cupboard. A lot known with another expiry is refused."""
    if not 1 <= count <= 500:
        raise ValidationError({"count": _("Read %(n)s vials, expected 1 to 500.") % {"n": count}})
    if not number.strip():
        raise ValidationError({"number": _("Write the lot as printed.")})
    if expiry is not None and expiry < on:
        raise ValidationError(
            {"expiry": _("Expired %(day)s: it cannot be received.") % {"day": expiry.isoformat()}}
        )
    lot = Lot.objects.filter(product=product, number=number, vial_units=vial_units).first()
    if lot is None:
        lot = Lot(
            product=product, number=number, expiry=expiry, vial_units=vial_units, brand=brand, gtin=gtin
        )
        lot.save()
    elif expiry is not None and lot.expiry != expiry:
        raise ValidationError({"expiry": _("This lot is known with expiry %(day)s.") % {"day": lot.expiry}})
    vials = []
    for _n in range(count):
        vial = Vial(
            lot=lot,
            serial=serial if count == 1 else None,
            bound_to=bound_to,
            place=place,
            received_on=on,
            contents=vial_units,
            drawn=Decimal(0),
            wasted=Decimal(0),
            left=vial_units,
        )
        vial.save(action="receive")
        _moved(vial, MovementKind.RECEIVED, vial_units)
        vials.append(vial)
    return vials


@transaction.atomic
def open_vial(
    vial_id: UUID, *, on: date, at: datetime | None = None, for_patient: UUID | None = None
) -> Vial:
    """Open a vial on a day for a patient. An expired or recalled one, or one bound to another patient, is refused."""
    vial = _locked(vial_id)
    if vial.lot.expired_on(on):
        raise ValidationError(
            _("Lot %(lot)s expired %(day)s.")
            % {"lot": vial.lot.number, "day": vial.lot.expiry or _("on a day not recorded")}
        )
    if vial.lot.recalls.filter(closed_on__isnull=True).exists():
        raise ValidationError(_("Lot %(lot)s is recalled.") % {"lot": vial.lot.number})
    if vial.bound_to is not None and vial.bound_to != for_patient:
        raise ValidationError(_("This vial belongs to another patient."))
    if vial.state != VialState.UNOPENED:
        raise ValidationError(_("This vial is %(state)s.") % {"state": VialState(vial.state).label})
    vial.state, vial.opened_at = VialState.OPENED, at or timezone.now()
    vial.save(action="open")
    _moved(vial, MovementKind.OPENED, Decimal(0), patient=for_patient, at=at)
    return vial


@transaction.atomic
def draw(vial_id: UUID, units: Decimal, *, session: UUID, patient: UUID, at: datetime | None = None) -> Vial:
    """Draw Units out of an opened vial; more than is left is refused."""
    vial = _locked(vial_id)
    _take(vial, units, VialState.OPENED)
    vial.drawn += units
    vial.left -= units
    if vial.left == 0:
        vial.state = VialState.USED
    vial.save(action="draw")
    _moved(vial, MovementKind.DRAWN, units, session=session, patient=patient, at=at)
    return vial


@transaction.atomic
def waste(
    vial_id: UUID,
    *,
    reason: str,
    session: UUID | None = None,
    patient: UUID | None = None,
    at: datetime | None = None,
) -> Vial:
    """Discard all that is left, opened or not, with a reason."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why it is discarded.")})
    vial = _locked(vial_id)
    units = vial.left
    _take(vial, units, VialState.OPENED, VialState.UNOPENED)
    vial.wasted += units
    vial.left = Decimal(0)
    vial.state = VialState.WASTED
    vial.save(action="waste", reason=reason)
    _moved(vial, MovementKind.WASTED, units, session=session, patient=patient, reason=reason, at=at)
    return vial


@transaction.atomic
def expire(on: date) -> int:
    """Mark every unopened vial whose lot has passed; how many."""
    past = Vial.objects.filter(state=VialState.UNOPENED, lot__expiry__lt=on).values_list("pk", flat=True)
    for number in list(past):
        vial = _locked(number)
        units, vial.wasted, vial.left = vial.left, vial.wasted + vial.left, Decimal(0)
        vial.state = VialState.EXPIRED
        vial.save(action="expire")
        _moved(vial, MovementKind.EXPIRED, units)
    return len(past)


def _locked(vial_id: UUID) -> Vial:
    found: Vial = Vial.objects.select_for_update(of=("self",)).select_related("lot").get(pk=vial_id)
    return found


def _take(vial: Vial, units: Decimal, *states: VialState) -> None:
    if vial.state not in states:
        raise ValidationError(_("This vial is %(state)s.") % {"state": VialState(vial.state).label})
    if not units.is_finite() or units < 0 or units > vial.left:
        raise ValidationError(
            _("Read %(units)s Units, expected at most the %(left)s Units left in the vial.")
            % {"units": units, "left": vial.left}
        )


def _moved(
    vial: Vial,
    kind: MovementKind,
    units: Decimal,
    *,
    session: UUID | None = None,
    patient: UUID | None = None,
    reason: str | None = None,
    at: datetime | None = None,
) -> None:
    Movement(
        vial=vial,
        kind=kind,
        units=units,
        session=session,
        patient=patient,
        reason=reason,
        at=at or timezone.now(),
    ).save()
