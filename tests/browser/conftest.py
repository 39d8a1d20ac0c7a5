"""The clinic on this machine's own address and a real browser before it: Debian's Chromium, headless.

Rows are made through the models, in the same process; the server runs beside the test in a thread, on SQLite or on
PostgreSQL like every other test. The made-up mark is on, so that no second factor is asked, except where a test
turns `CLINIC_MFA_REQUIRED` on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
    "1"  # the browser's own loop runs in this thread; rows are made beside it
)

from tests.clinic_place import set_up

set_up()

from django.core.cache import cache  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from collis_clinic.access.roles import Role  # noqa: E402
from tests.browser.driving import HAND, WIDTHS, Desk, Hand, Opener, listen  # noqa: E402
from tests.clinic.conftest import (  # noqa: E402, F401 - the fixtures of the clinic serve here too
    _own_place,
    acting,
    django_db_modify_db_settings,
    patient,
    session,
    signed_in,
    tables_can_be_emptied_between_tests,
    users,
    visit,
)

CHROMIUM = os.environ.get("COLLIS_CHROMIUM", "/usr/bin/chromium")
PATIENCE = 15_000


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; each test has its own places of work in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"]
        )
        yield browser
        browser.close()


@pytest.fixture
def open_desk(chromium: Browser, live_server: Any, settings: Any) -> Iterator[Opener]:
    """Opens a place of work: `open_desk()`; each has its own cookies, so two make two people."""
    settings.CLINIC_DEMO = True
    settings.CLINIC_MFA_REQUIRED = False
    cache.clear()
    opened = []

    def one(*, scripts: bool = True, touch: bool = False, **options: Any) -> Desk:
        context = chromium.new_context(
            viewport={"width": 1440, "height": WIDTHS[1440]},
            locale="en-GB",
            timezone_id="UTC",
            java_script_enabled=scripts,
            has_touch=touch,
            service_workers="block",
            reduced_motion="reduce",
            **options,
        )
        opened.append(context)
        context.set_default_timeout(PATIENCE)
        hand = Hand()
        context.expose_function("__count", hand.add)
        context.add_init_script(HAND)
        desk = Desk(context=context, page=context.new_page(), url=live_server.url, hand=hand)
        listen(desk)
        return desk

    yield one
    for context in opened:
        context.close()


@pytest.fixture
def desk_of(open_desk: Opener, users: dict[Role, Any]) -> Any:  # noqa: F811
    """Opens a place of work signed in as a role: `desk_of(Role.INJECTOR)`."""

    def one(role: Role, **options: Any) -> Desk:
        desk = open_desk(**options)
        desk.sign_in(users[role])
        return desk

    return one
