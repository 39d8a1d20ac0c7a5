"""Time-out: name, product, strength, total and each side are read back before the needle."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from collis_clinic.access.gate import requires, user_of
from collis_clinic.access.roles import Action
from collis_clinic.bridge import outputs
from collis_clinic.records.models import Session
from collis_clinic.records.opening import open_visit
from collis_clinic.records.saying import SAYABLE, Problem, problems
from collis_clinic.visits import giving_rules as rules
from collis_clinic.visits import reading
from collis_clinic.visits.giving_form import not_signed, page, session_or_refuse
from collis_clinic.visits.reading import submit_once

READ_BACK = ("person", "product", "strength", "total", "right", "left")
"""What is ticked while it is read aloud; a side without a dose is read as none."""


@requires(Action.VISIT_TIME_OUT)
@require_http_methods(["GET", "POST"])
def time_out(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Read back, and say with whom."""
    row = open_visit(request, visit, page="time-out")
    session = session_or_refuse(row)
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            _done(request, session)
            return redirect("visits:given", row.pk)
        except SAYABLE as error:
            errors = problems(error)
            session.refresh_from_db()
    return page(request, "visits/time_out.html", row, now="time-out", errors=errors, **spoken(session))


def spoken(session: Session) -> dict[str, Any]:
    """What is read back: product with brand and lots, strength, volumes by side."""
    made = getattr(session, "preparation", None)
    used = [] if made is None else list(made.vials.select_related("vial__lot").order_by("recorded_at"))
    strength = None if made is None or made.units_per_0_1ml is None else made.units_per_0_1ml * 10
    total = sum((line.planned_units or Decimal(0) for line in rules.lines_of(session)), Decimal(0))
    return {
        "made": made,
        "used": used,
        "units_per_ml": strength,
        "total_ml": outputs.volume_ml(session, total) if total else None,
        "usable": rules.still_checked(session),
        "mixed": made is not None and made.drawn_units is not None,
    }


def _done(request: HttpRequest, session: Session) -> None:
    not_signed(session)
    rules.need_checked(session)
    made = getattr(session, "preparation", None)
    if made is None or made.drawn_units is None:
        raise ValidationError(_("Draw up first: the time-out reads lot and Units/mL back."))
    whom = reading.text(request.POST, "with")
    if whom is None:
        raise ValidationError({"with": _("Say who confirmed: the patient, the nurse, both.")})
    if request.POST.get("read") != "yes":
        raise ValidationError({"read": _("Say that all six were read aloud.")})

    def work() -> None:
        reading.expected(request, session)
        session.time_out_at, session.time_out_by = timezone.now(), user_of(request)
        session.time_out_with = whom[:120]
        session.save(action="time-out")

    submit_once(request, f"time-out {session.pk}", work)
