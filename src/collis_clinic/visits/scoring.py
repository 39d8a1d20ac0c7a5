"""The full TWSTRS, item by item, scored as it is filled in. Optional: a part left empty is not recorded."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from collis.errors import CollisError
from collis.knowledge.instruments import Instrument
from collis.knowledge.load import load
from collis.scales import twstrs
from collis.scales.items import Partial, Scored
from collis.units import plain
from collis_clinic.access.gate import requires
from collis_clinic.access.roles import Action
from collis_clinic.bridge.pages import source_words
from collis_clinic.records.models import Rating, Visit
from collis_clinic.records.opening import open_visit
from collis_clinic.records.saying import SAYABLE, Problem, problems
from collis_clinic.visits.frame import frame
from collis_clinic.visits.reading import Form, number

PARTS = ("severity", "disability", "pain")
SCALE_OF = {part: f"twstrs_{part}" for part in PARTS}


@requires(Action.VISIT_ASSESS)
@require_http_methods(["GET", "POST"])
def score(request: HttpRequest, visit: UUID) -> HttpResponse:
    """The page; a post keeps each part that is complete, and the total when all three are."""
    found = open_visit(request, visit, page="twstrs")
    instrument = load(found.on).instruments["twstrs"]
    stored = {r.scale: r for r in Rating.objects.filter(visit=found)}
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            with transaction.atomic():
                _keep(request.POST, found, instrument, stored)
            return redirect("visits:assess", found.pk)
        except SAYABLE as error:
            errors = problems(error)
    values = request.POST if request.method == "POST" else _stored_items(stored)
    context = {
        **frame(found, now="assess"),
        "parts": _form(instrument, values),
        "sums": sums(values, instrument),
        "errors": errors,
        "when": _when(found),
    }
    return render(request, "visits/twstrs.html", context, status=422 if errors else 200)


@requires(Action.VISIT_ASSESS)
@require_POST
def adding_up(request: HttpRequest, visit: UUID) -> HttpResponse:
    """The sums of what is filled in so far. Nothing is kept."""
    found = open_visit(request, visit, page="twstrs")
    return render(
        request, "visits/_sums.html", {"sums": sums(request.POST, load(found.on).instruments["twstrs"])}
    )


def _when(visit: Visit) -> str:
    """Why it is asked today, where it is."""
    if visit.kind == "peak":
        return _("Peak visit: the score at best shows what the plan did.")
    if not Rating.objects.filter(visit__episode=visit.episode_id, scale="twstrs_total").exists():
        return _("No score yet: a baseline before treatment is what later ones are held against.")
    return _("Optional today, unless the payer asks for it.")


def _items(part: str, form: Form, instrument: Instrument) -> Any:
    """The items of one part as the scale takes them."""
    kind = {
        "severity": twstrs.SeverityItems,
        "disability": twstrs.DisabilityItems,
        "pain": twstrs.PainItems,
    }[part]
    found: dict[str, Any] = {}
    for field in fields(kind):
        key = f"pain_{field.name}" if part == "pain" else field.name
        read = form.get(key, "").strip()
        if read == twstrs.NOT_APPLICABLE:
            found[field.name] = twstrs.NOT_APPLICABLE
            continue
        item = instrument.item(key)
        value = number(
            form,
            key,
            what=_("%(low)s to %(high)s") % {"low": plain(item.lowest), "high": plain(item.highest)},
            most=item.highest,
        )
        if value is not None and item.part != "pain_severity":
            if value != value.to_integral_value():
                raise ValidationError({key: _("Read %(v)s, expected a whole number.") % {"v": value}})
            found[field.name] = int(value)
        else:
            found[field.name] = value
    return kind(**found)


def _score(part: str, form: Form, instrument: Instrument) -> Scored | Partial:
    answers = _items(part, form, instrument)
    if part == "severity":
        return twstrs.partial_severity(answers, instrument)
    if part == "disability":
        return twstrs.partial_disability(answers, instrument)
    return twstrs.partial_pain(answers, instrument)


def sums(form: Form, instrument: Instrument) -> list[dict[str, Any]]:
    """Each part with its score, or what is still missing; the total once all three are there."""
    found, total = [], Decimal(0)
    complete = True
    for part in PARTS:
        bounds = next(p for p in instrument.parts if p.key == part).limits
        entry: dict[str, Any] = {
            "label": next(p.label for p in instrument.parts if p.key == part),
            "most": plain(bounds.value[1]),
            "source": source_words(bounds),
        }
        try:
            scored = _score(part, form, instrument)
        except (ValidationError, CollisError) as error:
            entry["said"] = " ".join(p.text for p in problems(error))
            complete = False
        else:
            if isinstance(scored, Partial):
                complete = False
                entry["said"] = _("%(n)s items missing") % {"n": len(scored.missing)}
            else:
                entry["score"] = scored.score
                total += scored.score
        found.append(entry)
    whole = next(p for p in instrument.parts if p.key == "total").limits
    found.append(
        {
            "label": _("Total"),
            "most": plain(whole.value[1]),
            "source": source_words(whole),
            "score": total if complete else None,
            "said": "" if complete else _("not complete"),
            "total": True,
        }
    )
    return found


def _keep(form: Form, visit: Visit, instrument: Instrument, stored: dict[str, Rating]) -> None:
    total, complete, any_part = Decimal(0), True, False
    for part in PARTS:
        keys = [k for k in _keys(part) if form.get(k, "").strip()]
        if not keys:
            complete = False
            continue
        scored = _score(part, form, instrument)
        if isinstance(scored, Partial):
            raise ValidationError(
                _("%(part)s: %(n)s items are missing. Fill them in or clear the part.")
                % {"part": part.capitalize(), "n": len(scored.missing)}
            )
        total += scored.score
        any_part = True
        _rate(visit, stored, SCALE_OF[part], scored.score, {k: form[k].strip() for k in keys})
    if complete:
        _rate(visit, stored, "twstrs_total", total, None)
    if not any_part:
        raise ValidationError(_("Nothing was filled in."))


def _rate(visit: Visit, stored: dict[str, Rating], scale: str, value: Decimal, items: Any) -> None:
    row = stored.get(scale) or Rating(visit=visit, scale=scale, on=visit.on)
    row.score, row.items = value, items
    row.save()


def _keys(part: str) -> list[str]:
    if part == "pain":
        return list(twstrs.PAIN_KEYS)
    kind = twstrs.SeverityItems if part == "severity" else twstrs.DisabilityItems
    return [f.name for f in fields(kind)]


def _stored_items(stored: dict[str, Rating]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in PARTS:
        row = stored.get(SCALE_OF[part])
        if row is not None and row.items:
            found |= {k: str(v) for k, v in row.items.items()}
    return found


def _form(instrument: Instrument, values: Form) -> list[dict[str, Any]]:
    """The items by part: whole scores as choices with their anchors, pain ratings as fields."""
    shown = []
    for part in PARTS:
        items = []
        for key in _keys(part):
            item = instrument.item(key)
            anchors = () if item.anchors is None else item.anchors.value
            free = item.part == "pain_severity"
            steps = range(int(item.lowest), int(item.highest) + 1)
            options = [{"value": str(n), "anchor": anchors[n] if n < len(anchors) else ""} for n in steps]
            if item.fact("may_not_apply") is not None:
                options.append({"value": twstrs.NOT_APPLICABLE, "anchor": ""})
            items.append(
                {
                    "key": key,
                    "label": item.label,
                    "free": free,
                    "most": plain(item.highest),
                    "options": [] if free else options,
                    "value": values.get(key, ""),
                    "source": source_words(item.limits),
                    "verified": item.limits.verified,
                    "twice": item.factor != 1,
                    "one_of": item.one_of,
                }
            )
        label = next(p.label for p in instrument.parts if p.key == part)
        shown.append({"key": part, "label": label, "items": items})
    return shown
