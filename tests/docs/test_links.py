"""What the documentation points at is there, and nothing in it leads to a machine on a network."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_a_page_links_to_exists(page: Path) -> None:
    for match in LINK.finditer(page.read_text("utf-8")):
        target = match["target"].partition("#")[0]
        if target and "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


@pytest.mark.parametrize(
    "verb", re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
)
def test_every_verb_of_the_makefile_is_explained_to_contributors(verb: str) -> None:
    assert f"`make {verb}" in (ROOT / "CONTRIBUTING.md").read_text("utf-8")
