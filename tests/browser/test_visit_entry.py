"""What entering a visit costs a hand, counted in a real browser; and every page of the first half clean under axe."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from collis_clinic.access.roles import Role
from collis_clinic.records import signing
from collis_clinic.records.models import Assessment, InjectionLine, Session, SideEffect, Visit
from collis_clinic.visits import ready

pytestmark = pytest.mark.django_db(transaction=True)

ONA = "onabotulinumtoxinA"
TEN = (
    ("sternocleidomastoid", "right", "40"), ("splenius_capitis", "right", "30"), ("levator_scapulae", "right", "20"),
    ("trapezius_upper", "right", "25"), ("semispinalis_capitis", "right", "20"), ("sternocleidomastoid", "left", "15"),
    ("splenius_capitis", "left", "45"), ("levator_scapulae", "left", "15"), ("trapezius_upper", "left", "15"),
    ("semispinalis_capitis", "left", "15"),
)  # fmt: skip


@pytest.fixture
def last(visit, users):
    """The session before: ten sites on both sides."""
    before = Visit(patient=visit.patient, episode=visit.episode, on=date(2026, 8, 11), age_years=54)
    before.save()
    session = Session(visit=before, product=ONA)
    session.save()
    for position, (muscle, side, units) in enumerate(TEN):
        InjectionLine(
            session=session, position=position, muscle=muscle, side=side, planned_units=Decimal(units),
            given_units=Decimal(units), guidance="emg",
        ).save()  # fmt: skip
    session.state, session.outcome = "checked", "given"
    session.save()
    signing.sign(Session.objects.get(pk=session.pk), users[Role.INJECTOR])
    return Session.objects.get(pk=session.pk)


@pytest.fixture
def desk(desk_of):
    return desk_of(Role.INJECTOR)


class Tabs:
    """Presses Tab, which the count of the hand leaves out, and counts it."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def __call__(self):
        self.page.keyboard.press("Tab")
        self.count += 1


def test_a_new_session_takes_at_most_30_activations_and_60_characters(desk, visit, last):
    page, keys = desk.page, desk.page.keyboard
    tab = Tabs(page)
    desk.go(f"/visits/{visit.pk}/")
    with desk.hand.counting() as hand:
        page.get_by_role("link", name="Short assessment").last.click()
        page.wait_for_url("**/assess/")
        for value in ("60", "6", "10"):
            keys.type(value)
            tab()
        page.get_by_text("Asked, none").click()
        page.locator("#pain").click()
        keys.type("4")
        tab()
        keys.type("Drive")
        page.locator("#turn_deg").click()
        keys.type("30")
        page.locator(".seg:has([name=turn_toward]) label").nth(1).click()
        page.locator("#tilt_deg").click()
        keys.type("10")
        page.locator(".seg:has([name=tilt_toward]) label").nth(0).click()
        expect(page.locator(".said")).to_contain_text("Turn 30° LEFT")
        page.get_by_role("button", name="Save and plan").click()
        page.get_by_role("link", name="Type my own plan").first.click()
        page.wait_for_url("**/lines/**")
        page.locator(".pills a", has_text=ONA).click()
        page.locator(".strength label", has_text="200 Units in 2 mL").click()
        for muscle, side, units in TEN:
            page.locator(f"#u-{muscle}-{side}").click()
            keys.type(units)
        expect(page.locator("#totals")).to_contain_text("240")
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_load_state()
    assert hand.activations + tab.count <= 30
    assert hand.typed <= 60
    stored = Session.objects.get(visit=visit)
    rows = {(r.muscle, r.side): r.planned_units for r in stored.lines.filter(dropped=False)}
    assert rows == {(m, s): Decimal(u) for m, s, u in TEN}
    assert stored.preparation.units_per_0_1ml == 10
    seen = Assessment.objects.get(visit=visit)
    assert (seen.benefit_percent, seen.faded_week, seen.pain, seen.side_effects_asked) == (60, 10, 4, "no")
    desk.quiet()


def test_a_repeat_visit_with_two_changes_is_read_and_kept_in_five_activations(desk, visit, last):
    page, keys = desk.page, desk.page.keyboard
    desk.go(f"/visits/{visit.pk}/")
    with desk.hand.counting() as hand:
        page.get_by_role("button", name="Carry last time over").click()
        page.wait_for_url("**/lines/")
        page.locator("#u-sternocleidomastoid-right").click()
        keys.type("30")
        page.locator("#u-splenius_capitis-left").click()
        keys.type("40")
        expect(page.locator("#totals")).to_contain_text("225")
        for muscle, side, units in TEN:
            assert page.locator(f"#u-{muscle}-{side}").is_visible()
            if (muscle, side) not in {("sternocleidomastoid", "right"), ("splenius_capitis", "left")}:
                assert page.locator(f"#u-{muscle}-{side}").input_value() == units
        page.get_by_text("I have read every dose here").click()
        page.get_by_role("button", name="Save and confirm").click()
        page.wait_for_load_state()
    assert hand.activations <= 5
    assert hand.typed <= 4
    assert ready.points(Session.objects.get(visit=visit)) == []
    assert "/lines/" not in page.url


def test_typing_units_shows_ml_and_typing_ml_shows_units(desk, visit, last):
    page, keys = desk.page, desk.page.keyboard
    desk.go(f"/visits/{visit.pk}/lines/?product={ONA}")
    page.locator(".strength label", has_text="200 Units in 2 mL").click()
    page.locator("#u-splenius_capitis-left").click()
    keys.type("45")
    expect(page.locator("#m-splenius_capitis-left")).to_have_value("0.45")
    page.locator("#m-splenius_capitis-left").click()
    keys.type("0.3")
    expect(page.locator("#u-splenius_capitis-left")).to_have_value("30")
    expect(page.locator("#m-splenius_capitis-left")).to_be_focused()
    expect(page.locator("#totals")).to_contain_text("0.3")
    page.locator("#u-splenius_capitis-left").click()
    keys.press("Enter")
    focused = page.evaluate("document.activeElement.id")
    assert focused.startswith("u-")
    assert focused.endswith("-left")
    assert focused != "u-splenius_capitis-left"
    assert not Session.objects.filter(visit=visit).exists()
    desk.quiet()


def test_the_consultation_is_worked_out_once_and_shown(desk, visit, last):
    Assessment(visit=visit, posture={"turn": {"deg": "30", "toward": "left"}}).save()
    desk.go(f"/visits/{visit.pk}/plan/")
    expect(desk.page.get_by_text("Nothing is chosen for you.")).to_be_visible(timeout=20_000)
    expect(desk.page.locator(".drawn.wide svg")).to_be_visible(timeout=20_000)
    desk.clean()
    desk.shoot("visit-plan")
    desk.shoot("visit-plan", scheme="dark")
    assert desk.overflow(390) == 0


@pytest.mark.parametrize("name", ["", "before/", "check-in/", "assess/", "twstrs/"])
def test_each_page_is_clean_at_both_widths(desk, visit, last, name):
    desk.go(f"/visits/{visit.pk}/{name}")
    desk.clean()
    desk.shoot(f"visit-{name.strip('/') or 'opens'}")
    assert desk.overflow(390) == 0


def test_the_dose_grid_is_clean_held_and_in_conflict(desk, visit, last):
    SideEffect(visit=visit, session=last, kind="dysphagia", grade=2, from_day=8, to_day=20).save()
    desk.go(f"/visits/{visit.pk}/")
    desk.page.get_by_role("button", name="Carry last time over").click()
    desk.page.wait_for_url("**/lines/")
    assert desk.page.get_by_text("Held: what the last session brought").is_visible()
    desk.clean()
    desk.shoot("visit-lines")
    desk.shoot("visit-lines", scheme="dark")
    assert desk.overflow(390) == 0
    stored = Session.objects.get(visit=visit)
    stored.plan_name = "balanced"
    stored.save()
    desk.page.fill("#u-splenius_capitis-left", "40")
    desk.page.get_by_role("button", name="Save", exact=True).click()
    expect(desk.page.get_by_text("Someone changed this plan. See both.")).to_be_visible()
    desk.clean()
    desk.shoot("visit-plan-conflict")


def test_the_dose_grid_works_without_scripts(desk_of, visit):
    desk = desk_of(Role.INJECTOR, scripts=False)
    desk.go(f"/visits/{visit.pk}/lines/?product={ONA}")
    desk.page.fill("#u-splenius_capitis-left", "45")
    desk.page.get_by_role("button", name="Save", exact=True).click()
    desk.page.wait_for_load_state()
    assert InjectionLine.objects.get().planned_units == 45
