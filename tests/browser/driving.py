"""Driving the clinic in a real browser: signing in, counting what a hand does, taking pictures, asking axe."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

from collis_clinic.access.models import User

ROOT = Path(__file__).resolve().parents[2]
SCREENS = ROOT / "build" / "screens"
AXE = Path(__file__).parent / "vendor" / "axe" / "axe.min.js"
PASSWORD = "correct horse battery"
WIDTHS = {390: 844, 1440: 900}
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

HAND = """
(() => {
  const counted = { activations: 0, typed: 0 };
  const typed = new Set(["Backspace", "Delete"]);
  const holds = "button, a[href], input, select, textarea, summary, label, [role=button], [role=radio], [tabindex]";
  addEventListener("pointerdown", (e) => { if (e.isTrusted) { counted.activations += 1; tell(); } }, true);
  addEventListener("keydown", (e) => {
    if (!e.isTrusted || e.ctrlKey || e.metaKey || e.altKey) return;
    const field = e.target.closest && e.target.closest("input, textarea, select");
    const writes = field && !["checkbox", "radio", "button", "submit"].includes(field.type);
    if (e.key.length === 1 && writes && field.tagName !== "SELECT") counted.typed += 1;
    else if (typed.has(e.key) && writes) counted.typed += 1;
    else if (e.key === "Enter" || (e.key === " " && e.target.closest(holds))) counted.activations += 1;
    else if (e.key.startsWith("Arrow") && field) counted.activations += 1;
    else return;
    tell();
  }, true);
  addEventListener("change", (e) => {
    if (e.isTrusted && e.target.tagName === "SELECT") { counted.activations += 1; tell(); }
  }, true);
  function tell() { window.__count(JSON.stringify(counted)); counted.activations = 0; counted.typed = 0; }
})();
"""
"""Counts in the page itself, before any script of ours: a press, a tap or a key that acts is an activation, a
character into a field is typed. Choosing in a list is the press that opens it and the choice."""


@dataclass
class Hand:
    """What a hand did since the count began."""

    activations: int = 0
    typed: int = 0
    _running: bool = False

    def add(self, told: str) -> None:
        if self._running:
            counted = json.loads(told)
            self.activations += counted["activations"]
            self.typed += counted["typed"]

    @contextmanager
    def counting(self) -> Iterator[Hand]:
        """Count only what is done inside."""
        self.activations = self.typed = 0
        self._running = True
        try:
            yield self
        finally:
            self._running = False


@dataclass
class Desk:
    """A browser at one place of work: `page` is its tab, `hand` counts, `noise` is what the browser complained of.

    `go("/tasks/")` opens an address of the clinic; `sign_in(user)` goes through the sign-in page; `shoot("name")` takes
    pictures at 390 and 1440; `axe()` gives the violations found, `clean()` fails on any.
    """

    context: BrowserContext
    page: Page
    url: str
    hand: Hand
    noise: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open an address and wait until it stands."""
        self.page.goto(self.url + path, wait_until="load")

    def sign_in(self, user: User, *, password: str = PASSWORD) -> None:
        """Through the page, as anybody would."""
        self.go("/account/login/")
        self.page.fill("input[name=login]", user.username)
        self.page.fill("input[name=password]", password)
        with self.page.expect_navigation():
            self.page.click("main form.entry button[type=submit]")

    def shoot(self, name: str, *, scheme: str = "light") -> list[Path]:
        """Pictures of the whole page at both widths, into build/screens/."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        found = []
        self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width, height in WIDTHS.items():
            self.page.set_viewport_size({"width": width, "height": height})
            path = SCREENS / f"{name}{'-dark' if scheme == 'dark' else ''}-{width}.png"
            self.page.screenshot(path=path, full_page=True)
            found.append(path)
        self.page.set_viewport_size({"width": 1440, "height": WIDTHS[1440]})
        self.page.emulate_media(color_scheme="light")
        return found

    def overflow(self, width: int) -> int:
        """How many pixels the page is wider than the window at this width."""
        self.page.set_viewport_size({"width": width, "height": WIDTHS.get(width, 900)})
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        self.page.set_viewport_size({"width": 1440, "height": WIDTHS[1440]})
        return int(wide)

    def axe(self, *, inside: str | None = None) -> list[str]:
        """What axe finds against WCAG 2.2 AA and good practice: rule, help, first place of each."""
        self.page.evaluate(AXE.read_text("utf-8"))
        asked = {"runOnly": {"type": "tag", "values": list(RULES)}, "resultTypes": ["violations"]}
        found = self.page.evaluate(
            "([where, asked]) => axe.run(where || document, asked)",
            [inside, asked],
        )
        return [
            f"{v['id']}: {v['help']} ({len(v['nodes'])}): {v['nodes'][0]['html'][:160]}"
            for v in found["violations"]
        ]

    def clean(self) -> None:
        """Fail where axe finds anything, at desktop and at phone width, or the browser complained."""
        for width, height in WIDTHS.items():
            self.page.set_viewport_size({"width": width, "height": height})
            found = self.axe()
            assert not found, f"{self.page.url} at {width}: " + "; ".join(found)
        self.page.set_viewport_size({"width": 1440, "height": WIDTHS[1440]})
        self.quiet()

    def quiet(self) -> None:
        """Fail where a script broke, the policy blocked something, or anything was asked of another host."""
        assert self.noise == []
        assert self.foreign == []


def listen(desk: Desk) -> None:
    """Keep what the browser complains of, and any request to another host."""
    expected = ("favicon", *(f"status of {n}" for n in (403, 404, 409, 422)), "ERR_INTERNET_DISCONNECTED")

    def said(message: Any) -> None:
        if message.type == "error" and not any(word in message.text for word in expected):
            desk.noise.append(message.text)

    def asked(request: Any) -> None:
        if not request.url.startswith((desk.url, "data:", "blob:", "chrome")):
            desk.foreign.append(request.url)

    desk.page.on("console", said)
    desk.page.on("pageerror", lambda error: desk.noise.append(str(error)))
    desk.page.on("request", asked)


Opener = Callable[..., Desk]
