"""Knowledge as pages, and the local label sign-off: a named clinician confirms each number, or makes it stricter."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from collis.units import plain
from collis_clinic.access.gate import needs, requires
from collis_clinic.access.roles import Action
from collis_clinic.bridge import outputs
from collis_clinic.bridge.outputs import Fact
from collis_clinic.records import words
from collis_clinic.records.models import LabelSignOff, Task
from collis_clinic.records.saying import SAYABLE, Problem, problems
from collis_clinic.records.words import TaskKind
from collis_clinic.visits import reading
from collis_clinic.visits.reading import submit_once

YEAR = timedelta(days=365)


@requires(Action.KNOWLEDGE_READ)
@require_GET
def knowledge(request: HttpRequest) -> HttpResponse:
    """What there is, and the labels with how far each is signed off here."""
    now = timezone.localdate()
    version, parts, figures, unchecked = outputs.knowledge_parts(now)
    signed = LabelSignOff.objects.filter(withdrawn_on__isnull=True)
    counts: dict[tuple[str, str], set[str]] = {}
    due: dict[tuple[str, str], date] = {}
    for row in signed:
        key = (row.product, row.region)
        counts.setdefault(key, set()).add(row.entry)
        due[key] = min(row.review_due, due.get(key, row.review_due))
    labels = []
    for product, _name in words.PRODUCT_CHOICES:
        for region, _w in words.REGIONS:
            facts = outputs.label_facts(now, product, region)
            if facts:
                labels.append(
                    {
                        "product": product,
                        "region": region,
                        "figures": len(facts),
                        "unchecked": sum(1 for f in facts if not f.verified),
                        "signed": len(counts.get((product, region), ())),
                        "due": due.get((product, region)),
                        "late": due.get((product, region), now) < now,
                    }
                )
    context = {
        "version": version,
        "parts": parts,
        "figures": figures,
        "unchecked": unchecked,
        "labels": labels,
    }
    return render(request, "knowledge.html", context)


@requires(Action.KNOWLEDGE_READ)
@require_GET
def part(request: HttpRequest, path: str) -> HttpResponse:
    """One part of knowledge with every figure's source, grade and standing."""
    facts = outputs.facts_below(timezone.localdate(), path)
    if not facts:
        raise Http404
    return render(request, "knowledge_part.html", {"path": path, "facts": facts})


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A figure of a label with what this clinic says of it."""

    fact: Fact
    row: LabelSignOff | None
    changed_since: bool


@requires(Action.KNOWLEDGE_READ)
@require_http_methods(["GET", "POST"])
def label(request: HttpRequest, product: str, region: str) -> HttpResponse:
    """One label, number by number."""
    now = timezone.localdate()
    facts = outputs.label_facts(now, product, region) if (product, product) in words.PRODUCT_CHOICES else ()
    if not facts or region not in dict(words.REGIONS):
        raise Http404
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            submit_once(
                request, f"label {product} {region}", lambda: _signed(request, product, region, facts)
            )
            messages.success(request, _("Kept. You are reminded in a year."))
            return redirect("label", product, region)
        except SAYABLE as error:
            errors = problems(error)
    context = {
        "product": product,
        "region": region,
        "rows": standing_of(product, region, facts),
        "errors": errors,
        "posted": request.POST,
        "token": uuid.uuid4(),
        "version": outputs.knowledge_parts(now)[0],
    }
    return render(request, "label.html", context, status=422 if errors else 200)


def standing_of(product: str, region: str, facts: tuple[Fact, ...]) -> list[Standing]:
    """Each figure with the newest sign-off that holds."""
    newest: dict[str, LabelSignOff] = {}
    for row in (
        LabelSignOff.objects.filter(product=product, region=region, withdrawn_on__isnull=True)
        .select_related("by")
        .order_by("on", "recorded_at")
    ):
        newest[row.entry] = row
    return [
        Standing(
            fact=f,
            row=newest.get(f.path),
            changed_since=f.path in newest and newest[f.path].shipped_value != _stored(f.value),
        )
        for f in facts
    ]


def _stored(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_stored(v) for v in value]
    if isinstance(value, dict):
        return {k: _stored(v) for k, v in value.items()}
    return value if value is None or isinstance(value, bool | str) else plain(Decimal(str(value)))


def _signed(request: HttpRequest, product: str, region: str, facts: tuple[Fact, ...]) -> None:
    user, form = needs(request, Action.KNOWLEDGE_SIGN_OFF), request.POST
    revision, role = reading.text(form, "label_revision"), reading.text(form, "role_said")
    if revision is None:
        raise ValidationError({"label_revision": _("Write the revision of the label you opened.")})
    if role is None:
        raise ValidationError({"role_said": _("Say as whom you sign: lead clinician, pharmacist.")})
    wanted = [f for f in facts if f.path in form.getlist("confirm")]
    if not wanted:
        raise ValidationError(_("Mark the numbers you compared with the label."))
    now = timezone.localdate()
    version = outputs.knowledge_parts(now)[0]
    with transaction.atomic():
        for fact in wanted:
            LabelSignOff(
                product=product,
                region=region,
                entry=fact.path[:160],
                knowledge_version=version[:80],
                label_revision=revision[:40],
                shipped_value=_stored(fact.value),
                local_value=_stricter(form.get(f"local-{fact.path}", ""), fact),
                by=user,
                role_said=role[:60],
                on=now,
                review_due=now + YEAR,
            ).save(action="sign_off")
        key = f"label {product} {region} {now.isoformat()}"
        if not Task.objects.filter(once=key).exists():
            Task(
                kind=TaskKind.LABEL_REVIEW,
                text=f"{product}, {region}",
                due_from=now + YEAR - timedelta(days=30),
                due_to=now + YEAR,
                role="injector",
                person=user,
                once=key,
            ).save()


def _stricter(read: str, fact: Fact) -> str | None:
    """A local number: only where the shipped one is a single number, and only on its stricter side."""
    if not read.strip():
        return None
    if not fact.is_limit:
        raise ValidationError(_("%(name)s: only a limit is made stricter here.") % {"name": fact.name})
    try:
        local, shipped = Decimal(read.strip().replace(",", ".")), Decimal(str(fact.value))
    except (InvalidOperation, ValueError):
        raise ValidationError(
            _("%(name)s: a local value is one number beside one number.") % {"name": fact.name}
        ) from None
    if not local.is_finite() or local < 0:
        raise ValidationError(
            _("%(name)s: read %(read)s, expected a number.") % {"name": fact.name, "read": read[:20]}
        )
    looser = local < shipped if "interval" in fact.path else local > shipped
    if looser:
        raise ValidationError(
            _("%(name)s: read %(read)s beside %(shipped)s. A local limit may be stricter, never looser.")
            % {"name": fact.name, "read": read[:20], "shipped": shipped}
        )
    return plain(local)
