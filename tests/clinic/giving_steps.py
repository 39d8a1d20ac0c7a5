"""The second half of a visit, step by step, as a browser would send it."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from collis_clinic.records.models import InjectionLine, Session, Visit
from collis_clinic.stock import keeping
from collis_clinic.stock.models import Lot
from collis_clinic.visits import giving_rules as rules

PRODUCT = "onabotulinumtoxinA"


def planned(visit: Visit, *lines: tuple[str, str, int, str]) -> Session:
    """A draft: muscle, side, sites, Units of each site."""
    session = Session(visit=visit, product=PRODUCT)
    session.save()
    for position, (muscle, side, count, units) in enumerate(lines):
        for site in range(count):
            InjectionLine(
                session=session, position=position, muscle=muscle, side=side, site=site + 1,
                planned_units=Decimal(units),
            ).save()  # fmt: skip
    return session


USUAL = (("sternocleidomastoid", "right", 1, "40"), ("splenius_capitis", "left", 2, "30"))


def token() -> str:
    """A fresh form."""
    return str(uuid.uuid4())


def send(client: Client, name: str, session: Session, **fields: Any) -> Any:
    """Post a form of a step; the session's version goes along as the page had it."""
    version = Session.objects.get(pk=session.pk).version
    return client.post(
        reverse(f"visits:{name}", args=[session.visit_id]),
        {"token": token(), "version": version, **fields},
    )


def received(count: int = 2, *, on: date, units: str = "200", number: str = "EX1234") -> Lot:
    """Vials of one lot in the cupboard."""
    vials = keeping.receive(
        product=PRODUCT,
        number=number,
        expiry=on + timedelta(days=300),
        vial_units=Decimal(units),
        count=count,
        on=on,
        brand="BOTOX",
    )
    return vials[0].lot


def checked(client: Client, session: Session) -> Session:
    """Through the gate: check, answer everything that may be answered."""
    for line in rules.lines_of(session):
        line.read_at = timezone.now()
        line.save()
    send(client, "gate", session, act="check")
    fresh = Session.objects.get(pk=session.pk)
    if fresh.state != "checked":
        record = fresh.visit.plan_records.filter(kind="check").order_by("-recorded_at").first()
        assert record is not None
        keys = [h.key for h in rules.held_against(record) if not h.never]
        send(
            client,
            "gate",
            session,
            act="answer",
            keys=keys,
            reason_code="patient_informed",
            reason="talked over",
        )
    found: Session = Session.objects.get(pk=session.pk)
    return found


def drawn_up(client: Client, session: Session, lot: Lot, **fields: Any) -> Any:
    """One vial in 2 mL."""
    return send(
        client,
        "draw-up",
        session,
        **{
            "act": "save",
            f"open-{lot.pk}": "1",
            "diluent_ml": "2",
            "drawn_units": "110",
            "mixed_at": "00:01",
            **fields,
        },
    )


def last_site(session: Session) -> InjectionLine:
    """The last row of the plan."""
    return rules.lines_of(session)[-1]


def sites(session: Session, last: str | None = None) -> dict[str, str]:
    """The rows of the given page: as planned, but for the last site where it is changed."""
    fields: dict[str, str] = {}
    for line in rules.lines_of(session):
        fields[f"u-{line.pk}"] = str(line.planned_units)
        fields[f"g-{line.pk}"] = "palpation"
    if last is not None:
        fields[f"u-{last_site(session).pk}"] = last
    return fields
