"""Before anything else: what the payer allows, how long since the last toxin, and whose vial it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from collis.knowledge.load import load
from collis.knowledge.names import Region
from collis.knowledge.payers import Check
from collis.knowledge.products import LimitKind
from collis.reasons import Level
from collis.sources import Sourced
from collis_clinic.bridge import pages
from collis_clinic.records import ledger
from collis_clinic.records.models import Authorisation, Session, Visit


@dataclass(frozen=True, kw_only=True, slots=True)
class Earliest:
    """A first day somebody asks for: the days, the day, where the number stands, and whether today is late enough."""

    days: int
    on: date
    source: str
    verified: bool
    reached: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Before:
    """The panel. What nobody recorded is None. `warnings` say what stands against today or the plan."""

    authorisation: Authorisation | None
    payer_name: str
    sessions_used: int
    last_on: date | None
    days_since: int | None
    label: Earliest | None
    payer: Earliest | None
    supply: str | None
    warnings: tuple[str, ...]


def before_of(visit: Visit, *, product: str | None, planned: Decimal | None = None) -> Before:
    """The panel of a visit; `product` and `planned` are those of the plan as far as there is one."""
    authorisation = newest_authorisation(visit)
    newest = ledger.standing(visit.patient_id).filter(on__isnull=False, on__lte=visit.on).first()
    own = ledger.standing(visit.patient_id).filter(on__lt=visit.on, on__isnull=False).first()
    last_on = None if newest is None else newest.on if newest.on != visit.on or own is None else own.on
    knowledge = load(visit.on)
    payer = None if authorisation is None else knowledge.payers.get(authorisation.payer)
    used = _used(visit, authorisation)
    return Before(
        authorisation=authorisation,
        payer_name="" if authorisation is None else payer.name if payer else authorisation.payer,
        sessions_used=used,
        last_on=last_on,
        days_since=None if last_on is None else (visit.on - last_on).days,
        label=_label(visit, product, last_on),
        payer=_earliest(_payer_days(payer, product), last_on, visit.on),
        supply=visit.supply_route,
        warnings=tuple(_warnings(visit, authorisation, used, product, planned)),
    )


def newest_authorisation(visit: Visit) -> Authorisation | None:
    """The authorisation that holds for the episode, else the newest asked for; a granted one first."""
    rows = list(
        Authorisation.objects.filter(patient=visit.patient_id).exclude(state__in=["ended", "refused"])
    )
    rows = [r for r in rows if r.episode_id in (None, visit.episode_id)]
    rows.sort(key=lambda r: (r.state == "granted", r.to_on or date.min), reverse=True)
    return rows[0] if rows else None


def _used(visit: Visit, authorisation: Authorisation | None) -> int:
    if authorisation is None or authorisation.from_on is None:
        return 0
    signed = Session.objects.filter(
        visit__episode=visit.episode_id,
        state="signed",
        outcome__in=["given", "partly"],
        product=authorisation.product,
        visit__on__gte=authorisation.from_on,
        visit__on__lte=visit.on,
    )
    count: int = signed.exclude(visit=visit.pk).count()
    return count


def _label(visit: Visit, product: str | None, last_on: date | None) -> Earliest | None:
    if product is None:
        return None
    facts = load(visit.on).limits_for(product, Region(visit.patient.region))
    intervals = [f for f in facts if f.kind is LimitKind.INTERVAL]
    refusing = [f for f in intervals if f.level is Level.REFUSE] or intervals
    longest = max(refusing, key=lambda f: f.amount, default=None)
    return None if longest is None else _earliest(longest.bound, last_on, visit.on)


def _payer_days(payer: Any, product: str | None) -> Sourced[object] | None:
    if payer is None:
        return None
    asked = [
        c.asks
        for c in payer.criteria
        if c.check is Check.INTERVAL and (product is None or c.concerns(product))
    ]
    return asked[0] if asked else None


def _earliest(days: Sourced[Any] | None, last_on: date | None, day: date) -> Earliest | None:
    if days is None or last_on is None:
        return None
    count = int(days.value)
    return Earliest(
        days=count,
        on=last_on + timedelta(days=count),
        source=pages.source_words(days),
        verified=days.verified,
        reached=day >= last_on + timedelta(days=count),
    )


def _warnings(
    visit: Visit,
    held: Authorisation | None,
    used: int,
    product: str | None,
    planned: Decimal | None,
) -> list[str]:
    if held is None:
        return []
    found = []
    if held.state != "granted":
        found.append(_("The authorisation is asked for, not granted."))
    if held.to_on is not None and held.to_on < visit.on:
        found.append(_("The authorisation ended on %(day)s.") % {"day": held.to_on.isoformat()})
    if held.from_on is not None and held.from_on > visit.on:
        found.append(_("The authorisation starts on %(day)s.") % {"day": held.from_on.isoformat()})
    if held.sessions is not None and used >= held.sessions:
        found.append(_("All %(n)s authorised sessions are used: ask for the next.") % {"n": held.sessions})
    if product is not None and product != held.product:
        found.append(
            _("Authorised is %(held)s, the plan is %(plan)s.") % {"held": held.product, "plan": product}
        )
    elif planned is not None and held.units is not None and planned > held.units:
        found.append(
            _("The plan takes %(plan)s Units, %(held)s are authorised.")
            % {"plan": f"{planned.normalize():f}", "held": f"{held.units.normalize():f}"}
        )
    mine = visit.episode.diagnosis_code
    if mine and held.diagnosis_code and mine != held.diagnosis_code:
        found.append(
            _("Authorised for %(held)s, the episode says %(mine)s.")
            % {"held": held.diagnosis_code, "mine": mine}
        )
    return found
