"""After the needle: observation, what the patient was told, the rest of the vials; or stopping, with the reason."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from collis_clinic.access.gate import requires
from collis_clinic.access.roles import Action
from collis_clinic.records.models import Session
from collis_clinic.records.opening import open_visit
from collis_clinic.records.saying import SAYABLE, Problem, problems
from collis_clinic.records.words import Outcome
from collis_clinic.stock import keeping
from collis_clinic.stock.models import VialState
from collis_clinic.visits import reading
from collis_clinic.visits.giving_drawup import settle
from collis_clinic.visits.giving_form import not_signed, page, session_or_refuse
from collis_clinic.visits.reading import submit_once

TOLD = (
    ("spread", gettext_lazy("trouble swallowing, speaking or breathing: call for help at once")),
    ("swallow", gettext_lazy("small bites, upright, from the first days on")),
    ("onset", gettext_lazy("when the effect begins and when it is best")),
    ("next", gettext_lazy("when the next session can be")),
    ("page", gettext_lazy("the patient’s page was given")),
)
"""What a patient is told. Only what is ticked is kept."""

REASONS = (
    ("infection", gettext_lazy("infection or fever")),
    ("pregnancy", gettext_lazy("pregnancy found")),
    ("swallowing", gettext_lazy("swallowing or breathing trouble")),
    ("too_soon", gettext_lazy("too soon since the last toxin")),
    ("not_wanted", gettext_lazy("the patient does not want it today")),
    ("authorisation", gettext_lazy("authorisation missing")),
    ("vial", gettext_lazy("vial spoiled or missing")),
    ("other", gettext_lazy("other")),
)


@requires(Action.VISIT_OBSERVE)
@require_http_methods(["GET", "POST"])
def observe(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Minutes, what was seen, what was told, what was discarded."""
    row = open_visit(request, visit, page="observe")
    session = session_or_refuse(row)
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            not_signed(session)
            submit_once(request, f"observe {session.pk}", lambda: _observed(request, session))
            return redirect("visits:sign", row.pk)
        except SAYABLE as error:
            errors = problems(error)
            session.refresh_from_db()
    return page(
        request,
        "visits/observe.html",
        row,
        now="observe",
        errors=errors,
        told=TOLD,
        told_already=(session.told or "").split("; "),
        **vials_of(session),
    )


def vials_of(session: Session) -> dict[str, Any]:
    """Where the Units of the session's vials went: given, left in a syringe, in the vial, discarded."""
    made = getattr(session, "preparation", None)
    used = [] if made is None else list(made.vials.select_related("vial__lot").order_by("recorded_at"))
    drawn = sum((u.drawn_units or Decimal(0) for u in used), Decimal(0))
    given = sum((line.given_units or Decimal(0) for line in session.lines.filter(dropped=False)), Decimal(0))
    opened = sum((u.vial.contents for u in used), Decimal(0))
    wasted = sum((u.wasted_units or Decimal(0) for u in used), Decimal(0))
    left = sum((u.vial.left for u in used if u.vial.state == VialState.OPENED), Decimal(0))
    return {
        "used": used,
        "opened_units": opened,
        "given_units": given,
        "syringe_units": max(Decimal(0), drawn - given),
        "left_units": left,
        "wasted_units": wasted,
        "discarded_units": max(Decimal(0), drawn - given) + wasted + left,
        "given_width": round(given / opened * 20) if opened else 0,
    }


def _observed(request: HttpRequest, session: Session) -> None:
    form = request.POST
    reading.expected(request, session)
    session.observed_minutes = reading.whole(form, "observed_minutes", what=_("whole minutes"))
    if session.observed_minutes is not None and session.observed_minutes > 24 * 60:
        raise ValidationError({"observed_minutes": _("Read more than a day, expected minutes.")})
    session.observation = reading.text(form, "observation")
    ticked = [str(label) for key, label in TOLD if key in form.getlist("told")]
    more = reading.text(form, "told_more")
    session.told = "; ".join([*ticked, *([more] if more else [])]) or None
    session.save(action="observe")
    if form.get("discard") == "yes":
        settle(session, reason="rest of a single-patient vial")


@requires(Action.VISIT_STOP)
@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Put off or cancel, with the reason; nothing entered is lost. A spoiled vial is written off, never billed."""
    row = open_visit(request, visit, page="stop")
    session = session_or_refuse(row)
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            not_signed(session)
            submit_once(request, f"stop {session.pk}", lambda: _stopped(request, session))
            return redirect("visits:sign", row.pk)
        except SAYABLE as error:
            errors = problems(error)
            session.refresh_from_db()
    return page(
        request, "visits/stop.html", row, now="given", errors=errors, reasons=REASONS, **vials_of(session)
    )


def _stopped(request: HttpRequest, session: Session) -> None:
    form = request.POST
    reading.expected(request, session)
    outcome = reading.choice(form, "outcome", [Outcome.DEFERRED, Outcome.CANCELLED])
    reason = reading.choice(form, "reason", [key for key, _label in REASONS])
    if outcome is None:
        raise ValidationError({"outcome": _("Say whether it is put off or cancelled.")})
    if reason is None:
        raise ValidationError({"reason": _("Choose the reason.")})
    if session.lines.filter(dropped=False, given_units__gt=0).exists():
        raise ValidationError(_("Some sites were given already: that is partly given, on the page before."))
    more, said = reading.text(form, "more"), dict(REASONS)[reason]
    session.outcome = outcome
    session.outcome_reason = f"{said}: {more}"[:300] if more else str(said)
    session.save(action="stop")
    made = getattr(session, "preparation", None)
    if made is not None and form.get("discard") == "yes":
        for used in made.vials.select_related("vial"):
            if used.vial.state == VialState.OPENED and used.vial.left > 0:
                used.wasted_units, used.waste_reason = used.vial.left, session.outcome_reason[:200]
                keeping.waste(
                    used.vial_id,
                    reason=session.outcome_reason[:200],
                    session=session.pk,
                    patient=session.visit.patient_id,
                )
                used.save(action="waste")
