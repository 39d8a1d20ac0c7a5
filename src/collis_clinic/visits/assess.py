"""The short assessment: enough to plan. The full TWSTRS is a page of its own and optional."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from collis.case.examination import FindingKind, JointLevel, ShiftGrade, TremorAxis
from collis_clinic.access.gate import requires
from collis_clinic.access.roles import Action
from collis_clinic.audit.recorded import Conflict
from collis_clinic.records import words
from collis_clinic.records.models import Assessment, Session, SideEffect, Visit
from collis_clinic.records.opening import open_visit
from collis_clinic.records.saying import SAYABLE, Problem, both, problems
from collis_clinic.visits.frame import frame
from collis_clinic.visits.giving_after import notice_poor_response
from collis_clinic.visits.last import last_session
from collis_clinic.visits.posture import fields_of, loose_posture, picture, posture_from, words_of
from collis_clinic.visits.reading import choice, expected, number, text, whole

ANSWERS = ("yes", "no", "unknown")
GRADES = ("1", "2", "3")


@requires(Action.VISIT_ASSESS)
@require_http_methods(["GET", "POST"])
def assess(request: HttpRequest, visit: UUID) -> HttpResponse:
    """The page, and what is said on it."""
    found = open_visit(request, visit, page="assess")
    row = getattr(found, "assessment", None) or Assessment(visit=found)
    before = last_session(found)
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            with transaction.atomic():
                expected(request, row)
                _save(request, found, row, before)
            return redirect("visits:visit" if "stay" in request.POST else "visits:plan", found.pk)
        except Conflict as conflict:
            return render(
                request, "visits/conflict.html", {**frame(found), "conflict": both(conflict)}, status=409
            )
        except SAYABLE as error:
            errors = problems(error)
    shown = _shown(request, row)
    context = {
        **frame(found, now="assess"),
        "row": row,
        "last": before,
        "f": shown,
        "errors": errors,
        "effects": SideEffect.objects.filter(visit=found, withdrawn=False).order_by("recorded_at"),
        "kinds": words.SIDE_EFFECTS,
        "levels": [(x.value, _LEVELS[x]) for x in JointLevel],
        "shift_grades": [(x.value, x.value) for x in ShiftGrade],
        "axes": [(x.value, x.value) for x in TremorAxis],
        "muscles": words.MUSCLES,
        "finding_kinds": [(x.value, x.value.replace("_", " ")) for x in FindingKind],
        **_drawn(shown),
    }
    return render(request, "visits/assess.html", context, status=422 if errors else 200)


_LEVELS = {
    JointLevel.CAPUT: "head on neck",
    JointLevel.COLLIS: "neck on trunk",
    JointLevel.BOTH: "both",
    JointLevel.UNSURE: "not sure",
}


@requires(Action.VISIT_ASSESS)
@require_GET
def turning(request: HttpRequest, visit: UUID) -> HttpResponse:
    """The picture for what is typed so far. Nothing is read from the record and nothing is kept."""
    return render(request, "visits/_posture.html", _drawn(request.GET))


def _drawn(form: Any) -> dict[str, Any]:
    seen = loose_posture({k: str(v) for k, v in form.items()})
    return {"picture": picture(seen), "posture_words": words_of(seen)}


def _save(request: HttpRequest, visit: Visit, row: Assessment, before: Session | None) -> None:
    form = request.POST
    if before is not None:
        row.benefit_percent = number(form, "benefit_percent", what=_("a percentage"), most=Decimal(100))
        row.onset_day = whole(form, "onset_day", what=_("a day such as 6"))
        row.best_week = number(form, "best_week", what=_("a week such as 4"))
        row.faded_week = number(form, "faded_week", what=_("a week such as 10"))
        row.side_effects_asked = choice(form, "side_effects_asked", ANSWERS)
        told = (row.benefit_percent, row.onset_day, row.best_week, row.faded_week, row.side_effects_asked)
        if any(value is not None for value in told) or form.get("effect_kind"):
            row.after = before
    row.pain = number(form, "pain", what=_("pain from 0 to 10"), most=Decimal(10))
    row.posture = posture_from(form)
    goal = text(form, "goals")
    row.goals = None if goal is None else [g.strip() for g in goal.split(";") if g.strip()]
    row.weight_kg = number(form, "weight_kg", what=_("kilograms such as 68"))
    row.thin_neck = choice(form, "thin_neck", ANSWERS)
    row.sensory_trick = choice(form, "sensory_trick", ANSWERS)
    row.note = text(form, "note")
    muscle = choice(form, "finding_muscle", [m for m, _label in words.MUSCLES])
    side = choice(form, "finding_side", [s for s, _label in words.SIDES])
    kind = choice(form, "finding_kind", FindingKind)
    if muscle and side and kind:
        kept = [f for f in row.findings or [] if (f["muscle"], f["side"]) != (muscle, side)]
        same = [f for f in row.findings or [] if (f["muscle"], f["side"]) == (muscle, side)]
        kinds = list(dict.fromkeys([*(k for f in same for k in f["found"]), kind]))
        row.findings = [*kept, {"muscle": muscle, "side": side, "found": kinds}]
    _save_effect(request, visit, row, before)
    row.save()
    notice_poor_response(row)


def _save_effect(request: HttpRequest, visit: Visit, row: Assessment, before: Session | None) -> None:
    form = request.POST
    kind = choice(form, "effect_kind", [k for k, _label in words.SIDE_EFFECTS])
    for gone in SideEffect.objects.filter(visit=visit, withdrawn=False):
        if f"withdraw_{gone.pk}" in form:
            gone.withdrawn = True
            gone.save(reason="withdrawn on the assessment")
    if kind is None:
        return
    grade = choice(form, "effect_grade", GRADES)
    SideEffect(
        visit=visit,
        session=before,
        kind=kind,
        grade=int(grade) if grade else 0,
        from_day=whole(form, "effect_from", what=_("a day such as 8")),
        to_day=whole(form, "effect_to", what=_("a day such as 20")),
        detail=text(form, "effect_detail"),
    ).save()
    row.side_effects_asked = "yes"


def _shown(request: HttpRequest, row: Assessment) -> dict[str, Any]:
    """The values of the fields: typed after a refusal, else stored; what nobody set is empty."""
    if request.method == "POST":
        return dict(request.POST.items())
    names = (
        "benefit_percent",
        "onset_day",
        "best_week",
        "faded_week",
        "side_effects_asked",
        "pain",
        "weight_kg",
        "thin_neck",
        "sensory_trick",
        "note",
    )
    stored = {name: getattr(row, name) for name in names}
    found = {
        name: f"{value.normalize():f}" if isinstance(value, Decimal) else value
        for name, value in stored.items()
        if value is not None
    }
    if row.goals:
        found["goals"] = "; ".join(row.goals)
    return {**found, **fields_of(row.posture)}
