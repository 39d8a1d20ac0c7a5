"""The page on case files names every word a case file may hold."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from collis.case.examination import MOVEMENTS, FindingKind, JointLevel, Sagittal, ShiftGrade, TremorAxis
from collis.case.history import FlagAnswer, ScaleName
from collis.case.patient import Answer, Sex
from collis.case.plan import Origin
from collis.case.session import Indication, SideEffectKind
from collis.case.vocabulary import LUMPED
from collis.knowledge.names import FLAG_KEYS, Guidance, Muscle, Region
from collis.side import Side

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/case-file.md").read_text("utf-8")
WORDS = frozenset(re.findall(r"[A-Za-z][\w-]*", PAGE))

ENUMS: tuple[type[StrEnum], ...] = (
    Answer,
    FindingKind,
    FlagAnswer,
    Guidance,
    Indication,
    JointLevel,
    Muscle,
    Origin,
    Region,
    Sagittal,
    ScaleName,
    Sex,
    ShiftGrade,
    Side,
    SideEffectKind,
    TremorAxis,
)


def keys_of(value: Any) -> Iterator[str]:
    """Every key of a parsed file, at every depth."""
    parts: Iterable[Any] = ()
    if isinstance(value, dict):
        yield from value
        parts = value.values()
    elif isinstance(value, list):
        parts = value
    for part in parts:
        yield from keys_of(part)


@pytest.mark.parametrize("words", ENUMS, ids=lambda words: words.__name__)
def test_every_word_of_a_closed_choice_is_on_the_page(words: type[StrEnum]) -> None:
    assert {word.value for word in words} <= WORDS


@pytest.mark.parametrize("name", [*FLAG_KEYS, *LUMPED, *MOVEMENTS])
def test_red_flags_lumped_names_and_movements_are_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*.case.toml")), ids=lambda file: file.name)
def test_every_key_an_example_uses_is_on_the_page(file: Path) -> None:
    assert set(keys_of(tomllib.loads(file.read_text("utf-8")))) <= WORDS
