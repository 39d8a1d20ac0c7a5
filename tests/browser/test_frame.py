"""The frame in a real browser: each role signs in, the first page is clean, nothing is asked of another machine."""

from __future__ import annotations

import pytest

from collis_clinic.access.roles import Role


@pytest.mark.parametrize("role", list(Role))
def test_each_role_signs_in_to_a_first_page_that_axe_finds_nothing_on(desk_of, role):
    desk = desk_of(role)
    assert desk.page.url == f"{desk.url}/"
    assert desk.page.get_by_text("Made-up data. Not a real patient.").is_visible()
    desk.clean()
    desk.shoot(f"home-{role.value}")
    assert desk.overflow(390) == 0


def test_the_sign_in_page_is_clean_in_light_and_dark(open_desk):
    desk = open_desk()
    desk.go("/account/login/")
    desk.clean()
    desk.shoot("sign-in")
    desk.shoot("sign-in", scheme="dark")


def test_a_password_typed_wrong_five_times_locks_the_account(open_desk, users):
    desk = open_desk()
    for _ in range(6):
        desk.sign_in(users[Role.NURSE], password="not the one I meant")
    assert "locked" in desk.page.inner_text("main").lower()
    desk.sign_in(users[Role.NURSE])
    assert desk.page.url != f"{desk.url}/"


def test_the_keyboard_alone_signs_in(open_desk, users):
    desk = open_desk()
    desk.go("/account/login/")
    desk.page.keyboard.press("Tab")
    assert desk.page.evaluate("document.activeElement.className") == "skip"
    desk.page.focus("input[name=login]")
    desk.page.keyboard.type(users[Role.NURSE].username)
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.type("correct horse battery")
    with desk.page.expect_navigation():
        desk.page.keyboard.press("Enter")
    assert desk.page.url == f"{desk.url}/"


def test_the_count_of_a_hand_is_what_the_hand_did(open_desk, users):
    desk = open_desk()
    desk.go("/account/login/")
    with desk.hand.counting():
        desk.page.click("input[name=login]")
        desk.page.keyboard.type("abc")
        desk.page.keyboard.press("Tab")
        desk.page.keyboard.type("de")
    assert (desk.hand.activations, desk.hand.typed) == (1, 5)


def test_no_page_script_of_another_origin_can_run(open_desk):
    desk = open_desk()
    desk.go("/account/login/")
    ran = desk.page.evaluate(
        "new Promise(r => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        "document.head.append(s); setTimeout(() => r(window.ran === undefined), 100); })"
    )
    assert ran
    assert any("Content Security Policy" in line or "content security" in line.lower() for line in desk.noise)
