"""The security list: every requirement of levels 1 and 2 once, each with a test that exists or a reason."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/clinic/asvs.md").read_text("utf-8")
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in PAGE.splitlines()
    if re.match(r"\| \d+\.\d+\.\d+ \|", line)
]
WORDS = {"test", "design", "operator", "none", "not met"}
BY_CHAPTER = {
    1: 27,
    2: 11,
    3: 19,
    4: 10,
    5: 9,
    6: 35,
    7: 18,
    8: 7,
    9: 7,
    10: 29,
    11: 14,
    12: 9,
    13: 13,
    14: 9,
    15: 13,
    16: 16,
    17: 7,
}
"""How many requirements of levels 1 and 2 each chapter of version 5.0.0 has."""


def named_tests() -> set[str]:
    found = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.add(f"{file.stem}::{node.name}")
    return found


def test_every_requirement_stands_there_once():
    named = re.findall(r"(?<![\d.])\d+\.\d+\.\d+(?![\d.]*\d)", PAGE.replace("5.0.0", ""))
    assert [number for number, times in Counter(row[0] for row in ROWS).items() if times > 1] == []
    assert Counter(int(number.split(".")[0]) for number in set(named)) == BY_CHAPTER


def test_every_line_says_how_it_stands_with_a_test_or_a_reason():
    for number, asks, stands, shown in ROWS:
        assert asks, number
        assert stands in WORDS, number
        assert shown or stands == "none", number


def test_every_test_named_exists():
    there = named_tests()
    assert [row[3] for row in ROWS if row[2] == "test" and row[3] not in there] == []
