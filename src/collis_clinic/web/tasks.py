"""The task list: what is due, what is overdue, done with a word on how."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from collis_clinic.access.gate import requires, user_of
from collis_clinic.access.roles import Action
from collis_clinic.audit.entries import read
from collis_clinic.records import people
from collis_clinic.records.models import Task
from collis_clinic.records.opening import refuse_closed
from collis_clinic.records.words import TaskKind, TaskState
from collis_clinic.visits import reading

AHEAD = timedelta(days=28)
SHOWN = 100
OWN_PAGE = {
    TaskKind.COUNTERSIGN: "visits:signed",
    TaskKind.OVERRIDE_REVIEW: "visits:gate",
    TaskKind.POOR_RESPONSE: "visits:poor-response",
    TaskKind.SAFETY_REPORT: "visits:report",
}
"""Tasks that are done on a page of their own."""


@requires(Action.TASK_READ)
@require_GET
def task_list(request: HttpRequest) -> HttpResponse:
    """Overdue first, then what is due now, then what comes within four weeks."""
    user, now = user_of(request), timezone.localdate()
    mine = request.GET.get("whose", "all") == "mine"
    kind = reading.choice(request.GET, "kind", TaskKind.values)
    rows = Task.objects.filter(state="open", due_from__lte=now + AHEAD).select_related(
        "patient", "visit", "person"
    )
    if mine:
        rows = rows.filter(Q(person=user) | Q(person__isnull=True, role=user.role))
    if kind:
        rows = rows.filter(kind=kind)
    found = list(rows.order_by("due_to", "due_from")[: SHOWN + 1])
    more, found = len(found) > SHOWN, found[:SHOWN]
    names = people.persons_of({t.patient_id for t in found if t.patient_id})
    shown = [_shown(t, names) for t in found]
    read("list.tasks", "")
    context = {
        "overdue": [r for r in shown if r["task"].due_to < now],
        "due": [r for r in shown if r["task"].due_from <= now <= r["task"].due_to],
        "coming": [r for r in shown if r["task"].due_from > now],
        "mine": mine,
        "kind": kind or "",
        "kinds": TaskKind.choices,
        "today": now,
        "more": more,
    }
    return render(request, "tasks.html", context)


def _shown(task: Task, names: dict[UUID, Any]) -> dict[str, Any]:
    route = OWN_PAGE.get(TaskKind(task.kind))
    url = reverse(route, args=[task.visit_id]) if route and task.visit_id else ""
    if task.kind == TaskKind.EMERGENCY_REVIEW:
        url = reverse("break-glass-list")
    return {"task": task, "person": names.get(task.patient_id) if task.patient_id else None, "url": url}


@requires(Action.TASK_DO)
@require_POST
def done(request: HttpRequest, number: UUID) -> HttpResponse:
    """Done, or dropped with a reason. What has a page of its own is done there."""
    task = get_object_or_404(Task.objects.select_related("patient"), pk=number)
    user, result = user_of(request), reading.text(request.POST, "result")
    if task.patient is not None:
        refuse_closed(user, task.patient)
    if TaskKind(task.kind) in (TaskKind.COUNTERSIGN, TaskKind.OVERRIDE_REVIEW, TaskKind.EMERGENCY_REVIEW):
        raise ValidationError(_("This is done on its own page, by the one it asks for."))
    state = reading.choice(request.POST, "state", [TaskState.DONE, TaskState.DROPPED]) or TaskState.DONE
    if result is None:
        raise ValidationError({"result": _("Say in a few words what came of it.")})
    task.expect(reading.whole(request.POST, "version", what=_("the version of the form")) or 0)
    task.state, task.result, task.done_at, task.done_by = state, result[:300], timezone.now(), user
    task.save(reason=result[:300] if state == TaskState.DROPPED else "")
    return redirect(
        f"{reverse('task-list')}?whose={'mine' if request.POST.get('whose') == 'mine' else 'all'}"
    )
