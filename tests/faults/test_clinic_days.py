"""Days at their edge: intervals at limit -1, 0 and +1, today at midnight, across time zones and clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.clinic_place import set_up

set_up()

from django.core.exceptions import ValidationError  # noqa: E402 - Django is set up first
from django.utils import timezone  # noqa: E402

from collis.knowledge.load import load  # noqa: E402
from collis.knowledge.names import Region  # noqa: E402
from collis.knowledge.products import LimitKind  # noqa: E402
from collis.reasons import Level  # noqa: E402
from collis_clinic import bridge  # noqa: E402
from collis_clinic.access.roles import Role  # noqa: E402
from collis_clinic.records import signing  # noqa: E402
from collis_clinic.records.models import Episode, InjectionLine, Patient, Session, Visit  # noqa: E402
from collis_clinic.stock import keeping  # noqa: E402
from collis_clinic.visits.before import before_of  # noqa: E402
from tests.clinic.conftest import (  # noqa: E402, F401 - the fixtures of the clinic serve here too
    _own_place,
    acting,
    django_db_modify_db_settings,
    patient,
    signed_in,
    tables_can_be_emptied_between_tests,
    users,
)

ZONES = (
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Asia/Kathmandu",
)
MOMENTS = (
    datetime(2026, 3, 8, 6, 59, 59, tzinfo=UTC),  # the clock goes forward in New York
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),  # and in Berlin
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # and back
    datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
    datetime(2026, 11, 10, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 11, 11, 0, 0, tzinfo=UTC),
)
REFUSING = [
    ("abobotulinumtoxinA", "EU"),
    ("incobotulinumtoxinA", "EU"),
    ("onabotulinumtoxinA", "US"),
    ("onabotulinumtoxinA", "EU"),
    ("onabotulinumtoxinA", "JP"),
    ("rimabotulinumtoxinB", "US"),
]


def refusing_days(product: str, region: str, day: date) -> int:
    """The longest interval below which a checked source refuses."""
    facts = load(day).limits_for(product, Region(region))
    held = [f for f in facts if f.kind is LimitKind.INTERVAL and f.level is Level.REFUSE and f.bound.verified]
    return max(int(f.amount) for f in held)


def signed_session(on: date, product: str, region: str, by) -> Visit:
    """A session signed on a day; its visit."""
    one = Patient(region=region)
    one.save()
    episode = Episode(patient=one, started_on=on)
    episode.save()
    visit = Visit(patient=one, episode=episode, on=on, age_years=54)
    visit.save()
    session = Session(visit=visit, product=product, state="checked", outcome="given")
    session.save()
    InjectionLine(
        session=session,
        position=0,
        muscle="splenius_capitis",
        side="left",
        planned_units=Decimal(10),
        given_units=Decimal(10),
    ).save()
    signing.sign(Session.objects.get(pk=session.pk), by)
    return visit


def visit_after(earlier: Visit, days: int, product: str) -> Visit:
    visit = Visit(
        patient=earlier.patient, episode=earlier.episode, on=earlier.on + timedelta(days=days), age_years=54
    )
    visit.save()
    session = Session(visit=visit, product=product)
    session.save()
    InjectionLine(
        session=session, position=0, muscle="splenius_capitis", side="left", planned_units=Decimal(10)
    ).save()
    return visit


def at(monkeypatch, settings, moment: datetime, zone: str) -> date:
    """Stop the clinic's clock in a zone; its day."""
    settings.TIME_ZONE = zone
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    return moment.astimezone(ZoneInfo(zone)).date()


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Europe/Berlin", "Pacific/Kiritimati"])
@pytest.mark.parametrize(("product", "region"), REFUSING)
def test_an_interval_refuses_a_day_early_and_not_on_its_day(
    users,  # noqa: F811
    acting,  # noqa: F811
    settings,
    product,
    region,
    zone,
):
    settings.TIME_ZONE = zone
    first = date(2026, 1, 20)  # both clock changes of spring lie inside
    days = refusing_days(product, region, first)
    earlier = signed_session(first, product, region, users[Role.INJECTOR])
    for offset, refused in ((-1, True), (0, False), (1, False)):
        visit = visit_after(earlier, days + offset, product)
        checked = bridge.check(bridge.plan_of(visit.session), bridge.case_of(visit))
        found = [r for r in checked.verdict.reasons if r.rule == "R25" and r.level is Level.REFUSE]
        assert bool(found) is refused, (offset, [r.what for r in found])
        assert before_of(visit, product=product).days_since == days + offset


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
@pytest.mark.parametrize("zone", ZONES)
def test_today_is_the_clinics_day_and_tomorrow_is_refused(
    patient,  # noqa: F811
    monkeypatch,
    settings,
    zone,
    moment,
):
    today = at(monkeypatch, settings, moment, zone)
    assert timezone.localdate() == today
    episode = Episode(patient=patient, started_on=date(2025, 1, 1))
    episode.save()
    for offset in (-1, 0):
        Visit(patient=patient, episode=episode, on=today + timedelta(days=offset)).save()
    with pytest.raises(ValidationError, match="expected today or earlier"):
        Visit(patient=patient, episode=episode, on=today + timedelta(days=1)).save()


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_a_year_of_days_is_counted_without_loss_at_a_clock_change(settings, zone):
    settings.TIME_ZONE = zone
    local, day = ZoneInfo(zone), date(2026, 1, 1)
    for step in range(365):
        on = day + timedelta(days=step)
        for hour in (0, 12, 23):
            moment = datetime(on.year, on.month, on.day, hour, 59, tzinfo=local)
            assert timezone.localtime(moment.astimezone(UTC)).date() == on


@pytest.mark.parametrize(("offset", "opens"), [(-1, True), (0, True), (1, False)])
def test_a_vial_is_opened_up_to_its_last_day(acting, offset, opens, db):  # noqa: F811
    expiry = date(2026, 11, 10)
    (vial,) = keeping.receive(
        product="onabotulinumtoxinA",
        number="L1",
        expiry=expiry,
        vial_units=Decimal(100),
        count=1,
        on=date(2026, 11, 1),
    )
    if opens:
        assert keeping.open_vial(vial.pk, on=expiry + timedelta(days=offset)).state == "opened"
    else:
        with pytest.raises(ValidationError, match="expired 2026-11-10"):
            keeping.open_vial(vial.pk, on=expiry + timedelta(days=offset))
