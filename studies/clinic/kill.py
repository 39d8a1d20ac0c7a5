"""Writers that are killed in the middle of their work, again and again, and what stands in the tables afterwards."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.db import connections, transaction
from django.db.utils import DatabaseError

from collis.knowledge.names import Muscle
from collis_clinic.access.models import User
from collis_clinic.audit import chain
from collis_clinic.audit.context import SYSTEM, acting_as
from collis_clinic.audit.models import AuditEntry
from collis_clinic.audit.recorded import Conflict
from collis_clinic.records import signing
from collis_clinic.records.ledger import standing_of_session
from collis_clinic.records.models import Episode, InjectionLine, Patient, Session, ToxinLedgerEntry, Visit
from collis_clinic.stock import keeping
from collis_clinic.stock.models import Vial
from studies.clinic.vials import _findings

WRITERS = 4
DAY = date(2026, 11, 10)
PRODUCT = "onabotulinumtoxinA"
MUSCLES = [m.value for m in Muscle][:8]


def work(*, kills: int, seed: int) -> dict[str, Any]:
    """Kill a writer `kills` times while others go on writing; what is wrong in the end."""
    chance = np.random.default_rng(seed)
    with acting_as(SYSTEM):
        user = User.objects.create_user("injector", None, role="injector", name="Study")
        keeping.receive(
            product=PRODUCT, number="L1", expiry=date(2028, 1, 1), vial_units=Decimal(100), count=4, on=DAY
        )
    connections.close_all()
    living = [_writer(user.pk, int(chance.integers(2**31))) for _ in range(WRITERS)]
    for number in range(kills):
        time.sleep(float(chance.uniform(0.05, 0.6)))
        doomed = living.pop(int(chance.integers(1, len(living))))  # the first writes on throughout
        os.kill(doomed, signal.SIGKILL)
        os.waitpid(doomed, 0)
        if number < kills - WRITERS + 1:
            living.append(_writer(user.pk, int(chance.integers(2**31))))
    for pid in living:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    with acting_as(SYSTEM):
        return _state()


def _writer(user: int, seed: int) -> int:
    """A process that writes until it is killed; its number."""
    pid = os.fork()
    if pid:
        return pid
    chance = np.random.default_rng(seed)
    with acting_as(SYSTEM):
        by = User.objects.get(pk=user)
        acts = (_session, _session, _amend, _vial, _seal)
        while True:
            with suppress(ValidationError, Conflict, DatabaseError):
                acts[int(chance.integers(len(acts)))](by, chance)


def _session(by: User, chance: np.random.Generator) -> None:
    """A patient, a visit, a session with its lines in one step; then signed in another."""
    count = int(chance.integers(1, len(MUSCLES)))
    with transaction.atomic():
        patient = Patient(region="US")
        patient.save()
        episode = Episode(patient=patient, started_on=DAY)
        episode.save()
        visit = Visit(patient=patient, episode=episode, on=DAY)
        visit.save()
        session = Session(visit=visit, product=PRODUCT, plan_name=f"lines {count}")
        session.save()
        for position, muscle in enumerate(MUSCLES[:count]):
            units = Decimal(int(chance.integers(1, 70))) / 2
            InjectionLine(
                session=session,
                position=position,
                muscle=muscle,
                side="left",
                planned_units=units,
                given_units=units,
            ).save()
    session.state, session.outcome = "checked", "given"
    session.save()
    signing.sign(session, by)


def _amend(by: User, chance: np.random.Generator) -> None:
    """One line of a signed session put right."""
    found = list(Session.objects.filter(state="signed").order_by("-signed_at")[:20])
    if not found:
        return
    session = found[int(chance.integers(len(found)))]
    with signing.amend(session, by, reason="read again") as open_session:
        line = open_session.lines.all()[0]
        line.given_units = Decimal(int(chance.integers(1, 70))) / 2
        line.save()


def _vial(by: User, chance: np.random.Generator) -> None:
    """A vial opened, drawn from, or thrown away."""
    found = list(Vial.objects.filter(state__in=["unopened", "opened"])[:4])
    if not found:
        keeping.receive(
            product=PRODUCT, number="L1", expiry=date(2028, 1, 1), vial_units=Decimal(100), count=4, on=DAY
        )
        return
    vial = found[int(chance.integers(len(found)))]
    if vial.state == "unopened":
        keeping.open_vial(vial.pk, on=DAY)
    elif chance.random() < 0.2:
        keeping.waste(vial.pk, reason="study")
    else:
        keeping.draw(
            vial.pk, Decimal(int(chance.integers(1, 300))) / 10, session=uuid.uuid4(), patient=uuid.uuid4()
        )


def _seal(by: User, chance: np.random.Generator) -> None:
    """What the worker does each second."""
    chain.seal(wait=False)


def _state() -> dict[str, Any]:
    chain.seal()
    report = chain.verify()
    half, apart, unentered = Counter[str](), 0, 0
    for session in Session.objects.select_related("visit").iterator():
        half.update(_half(session))
        apart += _ledger_differs(session)
    for model in (Patient, Visit, Session, InjectionLine, Vial):
        entered = Counter(
            AuditEntry.objects.filter(kind=model._meta.label_lower).values_list("object_id", flat=True)
        )
        unentered += sum(
            entered[str(pk)] != version for pk, version in model.objects.values_list("pk", "version")
        )
    return {
        "sessions": Session.objects.count(),
        "signed": Session.objects.filter(state="signed").count(),
        "entries": AuditEntry.objects.count(),
        "half": sum(half.values()),
        "how": dict(half),
        "chain": [f"{finding.number}: {finding.what}" for finding in report.findings][:20],
        "ledger": apart + abs(_ledger_total() - _sessions_total()),
        "unentered": unentered,
        "vials": sum(_findings()[key] for key in ("apart", "unexplained", "unentered")),
    }


def _half(session: Session) -> Iterator[str]:
    wanted = int((session.plan_name or "lines 0").split()[1])
    if session.lines.filter(dropped=False).count() != wanted:
        yield "lines are missing"
    versions = list(session.versions.order_by("number"))
    if session.is_signed != bool(versions):
        yield "signed without a version, or a version without a signature"
    if [v.number for v in versions] != list(range(1, len(versions) + 1)):
        yield "versions with a gap"
    if versions and versions[-1].document != signing.document_of(session):
        yield "the last version is not what stands"


def _ledger_differs(session: Session) -> bool:
    entry = standing_of_session(session.pk)
    if not session.is_signed:
        return entry is not None
    given = sum((line.given_units or Decimal(0) for line in session.lines.filter(dropped=False)), Decimal(0))
    return entry is None or entry.units != given


def _ledger_total() -> int:
    """Hundredths of a Unit in all entries that hold."""
    held = ToxinLedgerEntry.objects.filter(corrected_by__isnull=True).values_list("units", flat=True)
    return int(sum(held, Decimal(0)) * 100)


def _sessions_total() -> int:
    lines = InjectionLine.objects.filter(session__state="signed", dropped=False)
    return int(sum(lines.values_list("given_units", flat=True), Decimal(0)) * 100)
