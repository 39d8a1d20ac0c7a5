"""People who work here: their accounts, roles, and whether they may sign in. Each change is in the trail."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session as SignIn
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from collis_clinic.access.gate import requires, user_of
from collis_clinic.access.models import User
from collis_clinic.access.roles import STAFF, Action, Role
from collis_clinic.audit.entries import did
from collis_clinic.records.saying import SAYABLE, Problem, problems
from collis_clinic.visits import reading

KIND = "access.user"


@requires(Action.USER_LIST)
@require_GET
def user_list(request: HttpRequest) -> HttpResponse:
    """Staff, those who may sign in first; patients' accounts only counted."""
    staff = (
        User.objects.exclude(role=Role.PATIENT.value)
        .select_related("supervisor")
        .order_by("-is_active", "name")
    )
    factors = _with_factor()
    context = {
        "rows": [{"user": u, "factor": u.pk in factors} for u in staff],
        "patients": User.objects.filter(role=Role.PATIENT.value).count(),
    }
    return render(request, "users.html", context)


def _with_factor() -> set[int]:
    from allauth.mfa.models import Authenticator

    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return set(Authenticator.objects.filter(type__in=kinds).values_list("user", flat=True))


@requires(Action.USER_EDIT)
@require_http_methods(["GET", "POST"])
def user_new(request: HttpRequest) -> HttpResponse:
    """A new account. The first password is told in person; a second factor is set up at the first sign-in."""
    return _edit(request, None)


@requires(Action.USER_EDIT)
@require_http_methods(["GET", "POST"])
def user_edit(request: HttpRequest, number: int) -> HttpResponse:
    """Role, name, supervisor, and whether the account may sign in."""
    return _edit(request, get_object_or_404(User.objects.exclude(role=Role.PATIENT.value), pk=number))


def _edit(request: HttpRequest, user: User | None) -> HttpResponse:
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            _kept(request, user)
            return redirect("user-list")
        except SAYABLE as error:
            errors = problems(error)
            if user is not None:
                user.refresh_from_db()
    context = {
        "one": user,
        "errors": errors,
        "posted": request.POST,
        "roles": [(r.value, r.label) for r in Role if r in STAFF],
        "supervisors": list(User.objects.filter(role=Role.INJECTOR.value, is_active=True).order_by("name")),
        "me": user_of(request),
    }
    return render(request, "user.html", context, status=422 if errors else 200)


def _kept(request: HttpRequest, user: User | None) -> None:
    form, me = request.POST, user_of(request)
    role = reading.choice(form, "role", [r.value for r in STAFF])
    if role is None:
        raise ValidationError({"role": _("Choose a role.")})
    supervisor = User.objects.filter(pk=form.get("supervisor") or 0, role=Role.INJECTOR.value).first()
    if role == Role.TRAINEE.value and supervisor is None:
        raise ValidationError({"supervisor": _("A trainee has a supervisor.")})
    row = user or User(username=_username(form))
    before = {n: getattr(row, n) for n in ("role", "name", "credentials", "is_active", "supervisor_id")}
    row.role, row.supervisor = role, supervisor if role == Role.TRAINEE.value else None
    row.name, row.credentials = form.get("name", "").strip(), form.get("credentials", "").strip()
    if not row.name:
        raise ValidationError({"name": _("Write the name as it is to stand under a signature.")})
    row.is_active = user is None or form.get("is_active") == "yes"
    if user is not None and user.pk == me.pk and (not row.is_active or row.role != before["role"]):
        raise ValidationError(_("Nobody takes their own role or account away: ask another administrator."))
    word = form.get("password", "")
    if user is None or word:
        validate_password(word, row)
        row.set_password(word)
    with transaction.atomic():
        row.save()
        fields = [n for n, v in before.items() if user is None or getattr(row, n) != v]
        did(
            "create" if user is None else "change",
            KIND,
            row.pseudonym,
            fields=fields + (["password"] if word else []),
        )
        if not row.is_active:
            _sign_out(row)
    messages.success(request, _("Kept: %(name)s.") % {"name": row.name})


def _username(form: Any) -> str:
    read: str = form.get("username", "").strip()
    if not read or len(read) > 60 or User.objects.filter(username=read).exists():
        raise ValidationError({"username": _("Choose a username nobody has.")})
    return read


def _sign_out(user: User) -> None:
    """End what this user has open: an account that is closed is closed now."""
    for one in SignIn.objects.all().iterator():
        if one.get_decoded().get("_auth_user_id") == str(user.pk):
            one.delete()
