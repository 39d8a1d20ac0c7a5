"""Signing, countersigning, amending: each writes a version with the whole session in it; nothing signed is replaced."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from collis.units import plain
from collis_clinic.access.models import User
from collis_clinic.access.roles import Action, Role
from collis_clinic.audit import chain
from collis_clinic.audit.entries import canonical
from collis_clinic.records.ledger import enter_session
from collis_clinic.records.models import Session, SessionVersion, Task
from collis_clinic.records.models.visit import amending
from collis_clinic.records.words import SessionState, TaskKind, VersionKind

LEFT_OUT = ("recorded_at", "recorded_by", "version")


@transaction.atomic
def sign(session: Session, by: User) -> SessionVersion:
    """Sign a checked session. A trainee's signature leaves a task for the supervisor to countersign."""
    if not by.may(Action.VISIT_SIGN):
        raise PermissionDenied
    standing = Session.objects.select_for_update().get(pk=session.pk)
    if standing.is_signed:
        raise ValidationError(_("This session is signed already."))
    if session.state != SessionState.CHECKED and session.outcome not in ("deferred", "cancelled"):
        raise ValidationError(_("Only a plan that was checked is signed."))
    if session.outcome is None:
        raise ValidationError(
            {"outcome": _("Say whether it was given, partly given, deferred or cancelled.")}
        )
    session.signed_at, session.signed_by, session.state = timezone.now(), by, SessionState.SIGNED
    session.save(action="sign")
    version = _write(session, by, VersionKind.SIGNED, reason=None)
    if by.as_role is Role.TRAINEE:
        _ask_supervisor(session, by)
    return version


@transaction.atomic
def countersign(session: Session, by: User) -> SessionVersion:
    """The supervisor's name under a trainee's session."""
    if not by.may(Action.VISIT_SUPERVISE) or by.pk == session.signed_by_id:
        raise PermissionDenied
    if not session.is_signed or session.countersigned_by_id is not None:
        raise ValidationError(_("There is nothing to countersign."))
    with _open(session.pk):
        session.countersigned_at, session.countersigned_by = timezone.now(), by
        session.save(action="countersign")
    task = Task.objects.filter(once=f"countersign {session.pk}", state="open").first()
    if task is not None:
        task.state, task.done_at, task.done_by = "done", timezone.now(), by
        task.save()
    return _write(session, by, VersionKind.COUNTERSIGNED, reason=None)


@contextmanager
def amend(session: Session, by: User, *, reason: str) -> Iterator[Session]:
    """Change a signed session inside `with`: save the rows as ever; the next version is written at the end.

    The version before stays as it was. Everything is undone when anything inside fails.
    """
    if not by.may(Action.VISIT_AMEND):
        raise PermissionDenied
    if not session.is_signed:
        raise ValidationError(_("Only a signed session is amended."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say why it is amended.")})
    with transaction.atomic(), _open(session.pk):
        Session.objects.select_for_update().get(pk=session.pk)
        yield session
        session = Session.objects.get(pk=session.pk)
        _write(session, by, VersionKind.AMENDED, reason=reason.strip())


def sealed_head() -> str:
    """Seal what is committed and give the head, as printed on a signed note. Call it after the transaction."""
    return chain.seal().short


def document_of(session: Session) -> dict[str, Any]:
    """The whole session as one document: session, visit, check-in, assessment, lines, preparation, vials and lots."""
    visit = session.visit
    preparation = getattr(session, "preparation", None)
    vials = (
        []
        if preparation is None
        else [
            {**(_row(used) or {}), "lot": used.vial.lot.number, "expiry": _plain(used.vial.lot.expiry)}
            for used in preparation.vials.select_related("vial__lot").order_by("recorded_at")
        ]
    )
    return {
        "format": 1,
        "session": _row(session),
        "visit": _row(visit),
        "check_in": _row(getattr(visit, "check_in", None)),
        "assessment": _row(getattr(visit, "assessment", None)),
        "consents": [_row(r) for r in visit.consents.order_by("at", "pk")],
        "red_flags": [_row(r) for r in visit.red_flags.order_by("flag")],
        "side_effects": [_row(r) for r in visit.side_effects.order_by("recorded_at", "pk")],
        "ratings": [_row(r) for r in visit.ratings.order_by("scale")],
        "overrides": [_row(r) for r in visit.overrides.order_by("recorded_at", "pk")],
        "lines": [_row(r) for r in session.lines.order_by("position", "site", "pk")],
        "preparation": _row(preparation),
        "vials": vials,
    }


def _write(session: Session, by: User, kind: VersionKind, *, reason: str | None) -> SessionVersion:
    last = session.versions.order_by("-number").first()
    document = document_of(Session.objects.get(pk=session.pk))
    version = SessionVersion(
        session=session,
        number=1 if last is None else last.number + 1,
        kind=kind,
        document=document,
        digest=hashlib.sha256(canonical(document)).hexdigest(),
        by=by,
        at=timezone.now(),
        reason=reason,
    )
    version.save(action=kind.value, reason=reason or "")
    if kind is not VersionKind.COUNTERSIGNED:
        enter_session(version)
    return version


def _ask_supervisor(session: Session, by: User) -> None:
    today = timezone.localdate()
    Task(
        patient_id=session.visit.patient_id,
        visit=session.visit,
        kind=TaskKind.COUNTERSIGN,
        due_from=today,
        due_to=today,
        role=Role.INJECTOR.value,
        person=session.visit.supervisor or by.supervisor,
        once=f"countersign {session.pk}",
    ).save()


@contextmanager
def _open(session: UUID) -> Iterator[None]:
    token = amending.set(session)
    try:
        yield
    finally:
        amending.reset(token)


def _row(row: models.Model | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        f.name: _plain(getattr(row, f.attname)) for f in row._meta.concrete_fields if f.name not in LEFT_OUT
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
