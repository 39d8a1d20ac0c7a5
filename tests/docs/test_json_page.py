"""Every key the program prints as JSON is explained on the page about it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collis.knowledge.names import FLAG_KEYS, PRODUCTS, Muscle

ROOT = Path(__file__).resolve().parents[2]
EXPLAINED = frozenset(re.findall(r"`([a-z][a-z0-9_]*)`", (ROOT / "docs/json.md").read_text("utf-8")))
NAMES_OF_THINGS = frozenset({*FLAG_KEYS, *PRODUCTS, *(muscle.value for muscle in Muscle)})


def keys_of(value: Any) -> Iterator[str]:
    """Every key of a parsed object, at every depth."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from keys_of(part)


@pytest.mark.parametrize("command", ["screen", "muscles", "propose", "plan", "predict"])
def test_every_key_a_command_prints_is_explained(command: str) -> None:
    program = Path(sys.executable).parent / "collis"
    example = ROOT / "examples/torticaput-left.case.toml"
    done = subprocess.run(
        [str(program), command, str(example), "--json"], capture_output=True, text=True, check=True
    )
    printed = set(keys_of(json.loads(done.stdout)))
    assert printed - NAMES_OF_THINGS - EXPLAINED == set()
