"""Every safety rule is written down once, and held by tests that exist."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "docs/requirements.toml").read_text("utf-8"))
RULE_ID = re.compile(r"^(R\d{2}|SCREEN|LABEL)$")


@cache
def functions_of(file: Path) -> frozenset[str]:
    """The names of the test functions a file defines, methods as `Class::name`."""
    names = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef):
            names.update(
                f"{node.name}::{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)
            )
    return frozenset(names)


def rules_known_to_the_gate() -> set[str]:
    """The numbered rules, and what speaks beside them under a name."""
    from collis.safety.rules import RULES
    from collis.safety.rules.beside import LABEL, SCREEN

    return {*RULES, SCREEN, LABEL}


@pytest.mark.parametrize("rule", REQUIREMENTS)
def test_a_rule_says_what_it_asks_in_one_sentence(rule: str) -> None:
    assert RULE_ID.match(rule)
    assert REQUIREMENTS[rule]["asks"].endswith(".")
    assert set(REQUIREMENTS[rule]) <= {"asks", "tests", "never_overridden"}


@pytest.mark.parametrize("rule", REQUIREMENTS)
def test_every_test_a_rule_names_exists(rule: str) -> None:
    for name in REQUIREMENTS[rule]["tests"]:
        file, _, test = name.partition("::")
        assert (ROOT / file).is_file(), f"{rule} names {file}, which is not there"
        assert test in functions_of(ROOT / file), f"{rule} names {test}, which {file} does not define"


@pytest.mark.parametrize("rule", REQUIREMENTS)
def test_a_rule_is_tested_both_firing_and_silent(rule: str) -> None:
    names = REQUIREMENTS[rule]["tests"]
    assert any(name.endswith(f"{rule}_fires") for name in names)
    assert any(name.endswith(f"{rule}_stays_silent") for name in names)


def test_every_rule_of_the_gate_is_written_down_and_every_one_written_down_is_in_the_gate() -> None:
    assert rules_known_to_the_gate() == set(REQUIREMENTS)
