"""Check-in: what is asked before anything else, toxin anywhere else since, and what was agreed to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from django_stubs_ext import StrPromise

from collis.knowledge.load import load
from collis_clinic.access.gate import needs, requires
from collis_clinic.access.roles import Action
from collis_clinic.audit.recorded import Conflict
from collis_clinic.bridge.pages import source_words
from collis_clinic.records import ledger, words
from collis_clinic.records.models import CheckIn, Consent, RedFlag, ToxinLedgerEntry, Visit
from collis_clinic.records.models.visit import QUESTIONS
from collis_clinic.records.opening import open_visit
from collis_clinic.records.saying import SAYABLE, Problem, both, problems
from collis_clinic.records.words import LedgerSource
from collis_clinic.visits.frame import frame
from collis_clinic.visits.last import last_session
from collis_clinic.visits.reading import choice, expected, number, text

ANSWERS = ("yes", "no", "unknown")


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One question: its field, its words, and whether it belongs to what may have changed since last time."""

    name: str
    asks: StrPromise
    since: bool = True
    detailed: bool = True


ASKED: tuple[Question, ...] = (
    Question(name="swallowing", asks=gettext_lazy("Trouble swallowing")),
    Question(name="breathing", asks=gettext_lazy("Trouble breathing")),
    Question(name="voice", asks=gettext_lazy("Change of the voice")),
    Question(name="toxin_elsewhere", asks=gettext_lazy("Toxin anywhere else since"), detailed=False),
    Question(name="medicines", asks=gettext_lazy("New medicines"), detailed=False),
    Question(name="pregnancy", asks=gettext_lazy("Pregnant, or could be")),
    Question(name="breastfeeding", asks=gettext_lazy("Breastfeeding")),
    Question(name="infection_at_site", asks=gettext_lazy("Infection or wound at the neck")),
    Question(name="allergies", asks=gettext_lazy("Allergies"), since=False),
    Question(name="albumin_refused", asks=gettext_lazy("Refuses human albumin"), since=False),
    Question(name="neuromuscular_disease", asks=gettext_lazy("Disease of nerve or muscle"), since=False),
    Question(name="lung_disease", asks=gettext_lazy("Lung disease"), since=False),
    Question(name="neck_surgery", asks=gettext_lazy("Surgery of the neck"), since=False),
    Question(name="platelets_low", asks=gettext_lazy("Low platelets"), since=False, detailed=False),
)
"""Every question is answered yes, no or not known; a question nobody answered stays not recorded."""


@requires(Action.VISIT_CHECK_IN)
@require_http_methods(["GET", "POST"])
def check_in(request: HttpRequest, visit: UUID) -> HttpResponse:
    """The page, and what is said on it."""
    found = open_visit(request, visit, page="check-in")
    row = getattr(found, "check_in", None) or CheckIn(visit=found)
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            with transaction.atomic():
                expected(request, row)
                _save(request, found, row)
            return redirect("visits:visit" if "stay" in request.POST else "visits:assess", found.pk)
        except Conflict as conflict:
            return render(
                request, "visits/conflict.html", {**frame(found), "conflict": both(conflict)}, status=409
            )
        except SAYABLE as error:
            errors = problems(error)
    context = {
        **frame(found, now="check-in"),
        "row": row,
        "errors": errors,
        "since": _shown(request, row, [q for q in ASKED if q.since]),
        "standing": _shown(request, row, [q for q in ASKED if not q.since]),
        "naive": _value(request, "toxin_naive", row.toxin_naive),
        "medicine_names": _value(request, "medicine_names", ", ".join(row.medicine_names or ())),
        "inr": _value(request, "inr", row.inr),
        "elsewhere": ledger.standing(found.patient_id).exclude(source=LedgerSource.SESSION),
        "flags": _flags(request, found),
        "flag_answers": words.FLAG_ANSWERS,
        "consent": _consent(found, "treatment"),
        "guide": _consent(found, "guide_given"),
        "products": words.PRODUCT_CHOICES,
        "indications": words.INDICATIONS,
        "posted": request.POST if request.method == "POST" else QueryDict(),
    }
    return render(request, "visits/check_in.html", context, status=422 if errors else 200)


def _save(request: HttpRequest, visit: Visit, row: CheckIn) -> None:
    form = request.POST
    for question in ASKED:
        said = choice(form, question.name, ANSWERS)
        if said is None and "all_no" in form:
            said = "no"
        setattr(row, question.name, said)
        if question.name in QUESTIONS:
            setattr(row, f"{question.name}_detail", text(form, f"{question.name}_detail"))
    row.toxin_naive = choice(form, "toxin_naive", ANSWERS)
    named = text(form, "medicine_names")
    row.medicine_names = None if named is None else [n.strip() for n in named.split(",") if n.strip()]
    if row.medicine_names and row.medicines is None:
        row.medicines = "yes"
    row.inr = number(form, "inr", what=_("an INR such as 2.5"))
    if "identified" in form and row.identifiers_checked_at is None:
        row.identifiers_checked_at = timezone.now()
    if any(getattr(row, q.name) is not None for q in ASKED) and row.done_at is None:
        row.done_at = timezone.now()
    row.save()
    _save_flags(form, visit)
    for kind, name in (("treatment", "consent"), ("guide_given", "guide")):
        _save_consent(request, visit, kind, choice(form, name, ANSWERS))
    if form.get("toxin_product") or form.get("toxin_on") or form.get("toxin_units"):
        _save_toxin(request, visit)


def _save_consent(request: HttpRequest, visit: Visit, kind: str, given: str | None) -> None:
    if given is None or _consent(visit, kind) == given:
        return
    needs(request, Action.VISIT_CONSENT)
    Consent(visit=visit, kind=kind, given=given, at=timezone.now()).save()


def _consent(visit: Visit, kind: str) -> str | None:
    last = visit.consents.filter(kind=kind).order_by("-at").first()
    return None if last is None else last.given


def _save_toxin(request: HttpRequest, visit: Visit) -> None:
    needs(request, Action.LEDGER_ADD)
    form = request.POST
    product = choice(form, "toxin_product", [p for p, _label in words.PRODUCT_CHOICES])
    try:
        on = date.fromisoformat(form["toxin_on"]) if form.get("toxin_on") else None
    except ValueError:
        raise ValidationError({"toxin_on": _("Read a day that is none, expected year-month-day.")}) from None
    ToxinLedgerEntry(
        patient=visit.patient,
        source=LedgerSource.PATIENT,
        on=on,
        product=product,
        units=number(form, "toxin_units", what=_("Units such as 155")),
        indication=choice(form, "toxin_indication", [i for i, _label in words.INDICATIONS]) or "other",
        clinic=text(form, "toxin_clinic"),
        in_neck=choice(form, "toxin_in_neck", ANSWERS),
    ).save()


def _flags(request: HttpRequest, visit: Visit) -> list[dict[str, Any]]:
    """The red flags with the newest answer of the episode; one answered at an earlier visit says so."""
    newest: dict[str, RedFlag] = {}
    first = last_session(visit) is None
    rows = RedFlag.objects.filter(visit__episode=visit.episode_id, visit__on__lte=visit.on)
    for row in rows.select_related("visit").order_by("visit__on", "recorded_at"):
        newest[row.flag] = row
    return [
        {
            "key": flag.key,
            "label": flag.label,
            "asks": asked.value,
            "source": source_words(asked),
            "row": newest.get(flag.key),
            "answer": _value(
                request, f"flag_{flag.key}", newest[flag.key].answer if flag.key in newest else ""
            ),
            "done": _value(
                request, f"flag_{flag.key}_done", newest[flag.key].done if flag.key in newest else ""
            ),
        }
        for flag in load(visit.on).red_flags
        if not flag.answered_by and (asked := flag.asked_at(first_visit=first)) is not None
    ]


def _save_flags(form: QueryDict, visit: Visit) -> None:
    allowed = [value for value, _label in words.FLAG_ANSWERS]
    standing = {row.flag: row for row in RedFlag.objects.filter(visit=visit)}
    earlier: dict[str, str] = {}
    for row in RedFlag.objects.filter(visit__episode=visit.episode_id, visit__on__lte=visit.on).order_by(
        "visit__on", "recorded_at"
    ):
        earlier[row.flag] = row.answer
    for flag in load(visit.on).red_flags:
        if flag.answered_by:
            continue
        said = choice(form, f"flag_{flag.key}", allowed)
        if said is None and "no_flags" in form and flag.key not in earlier:
            said = "no"
        if said is None or (flag.key not in standing and earlier.get(flag.key) == said):
            continue
        row = standing.get(flag.key) or RedFlag(visit=visit, flag=flag.key)
        row.answer, row.done = said, text(form, f"flag_{flag.key}_done")
        row.on = visit.on if row.done else None
        row.save()


def _shown(request: HttpRequest, row: CheckIn, asked: Sequence[Question]) -> list[dict[str, Any]]:
    return [
        {
            "name": q.name,
            "asks": q.asks,
            "answer": _value(request, q.name, getattr(row, q.name)),
            "detailed": q.detailed,
            "detail": _value(request, f"{q.name}_detail", getattr(row, f"{q.name}_detail", None)),
        }
        for q in asked
    ]


def _value(request: HttpRequest, name: str, stored: Any) -> Any:
    """What was typed, after a refusal; else what is stored."""
    if request.method == "POST":
        return request.POST.get(name, "")
    return "" if stored is None else stored
