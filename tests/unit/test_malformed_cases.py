"""Two hundred files spoilt from good ones: each is either still a case or refused with a place. Nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from collis.case.case import Case
from collis.case.files import BadCaseFile, parse_case, read_case, write_case

ROOT = Path(__file__).parents[2]
GOOD = [f.read_text("utf-8") for f in sorted((ROOT / "examples").glob("*.case.toml"))]
GOOD.append((ROOT / "tests/fixtures/schema1.case.toml").read_text("utf-8"))
HOW_MANY = 200
INTRUDERS = (
    "“", "\x07", "=", "[[", "{", "}", '"', "'", '"""', "#", "-", "1e999", "nan", "-inf", "true", "null", "é", "\\", ",",
    "0x1F", "2026-13-40", "[patient]\n", "[[history.session]]\n", "schema = 9\n", "\r", "\t", "日", " Units", "\ufeff",
)  # fmt: skip
VALUES = (
    "-1", "1e400", "nan", "[]", "{}", "true", '"left"', '"LEFT"', "2027-01-01", "12:30:00", '""', "[1, 2]",
    '[["deep"]]', "{ deg = 3 }", "{ answer = 1 }", "9999999999999999999999", '"\\u0000"', "''", "[[]]", "[{}]",
)  # fmt: skip


def spoilt(rng: np.random.Generator) -> str:
    text = GOOD[rng.integers(len(GOOD))]
    for _ in range(rng.integers(1, 4)):
        lines = text.split("\n")
        row, at = int(rng.integers(len(lines))), int(rng.integers(max(len(text), 1)))
        match int(rng.integers(10)):
            case 0:
                text = text[:at] + text[at + 1 :]
            case 1:
                text = text[:at] + INTRUDERS[rng.integers(len(INTRUDERS))] + text[at:]
            case 2:
                text = text[:at] + chr(int(rng.integers(32, 127))) + text[at + 1 :]
            case 3:
                text = "\n".join(lines[:row] + lines[row + 1 :])
            case 4:
                text = "\n".join([*lines[:row], lines[row], *lines[row:]])
            case 5:
                text = text[: max(at, 1)]
            case 6:
                text = text.replace("units", "unit", 1) if row % 2 else text.replace("left", "lefft", 1)
            case 7:
                other = int(rng.integers(len(lines)))
                lines[row], lines[other] = lines[other], lines[row]
                text = "\n".join(lines)
            case _:
                pairs = [i for i, line in enumerate(lines) if " = " in line]
                if pairs:
                    row = pairs[rng.integers(len(pairs))]
                    lines[row] = f"{lines[row].split(' = ')[0]} = {VALUES[rng.integers(len(VALUES))]}"
                text = "\n".join(lines)
    return text


def outcome(read: Callable[[], Case]) -> Case | BadCaseFile:
    """The case, or the refusal; any other error breaks the test."""
    try:
        return read()
    except BadCaseFile as refusal:
        return refusal


def placed(refusal: BadCaseFile, lines: int) -> bool:
    """Whether every problem says what was read, what was expected, and a line of the file."""
    return bool(refusal.problems) and all(
        p.read and p.expected and (p.read == "an empty file" or (p.line is not None and 1 <= p.line <= lines))
        for p in refusal.problems
    )


@pytest.mark.parametrize("seed", range(HOW_MANY))
def test_a_spoilt_file_is_a_case_or_is_refused_with_its_line(seed):
    text = spoilt(np.random.default_rng(seed))
    read = outcome(lambda: parse_case(text, file="spoilt.case.toml"))
    if isinstance(read, BadCaseFile):
        assert placed(read, text.count("\n") + 1)
    else:
        assert parse_case(write_case(read)) == read


@pytest.mark.parametrize("seed", range(40))
def test_spoilt_bytes_are_a_case_or_are_refused(seed, tmp_path):
    rng = np.random.default_rng(seed)
    content = bytearray(GOOD[rng.integers(len(GOOD))].encode())
    for _ in range(rng.integers(1, 6)):
        content[rng.integers(len(content))] = int(rng.integers(256))
    file = tmp_path / "spoilt.case.toml"
    file.write_bytes(content)
    read = outcome(lambda: read_case(file))
    assert isinstance(read, Case) or str(file) in str(read)


def test_most_spoilt_files_are_refused_so_that_the_fuzz_bites():
    texts = [spoilt(np.random.default_rng(seed)) for seed in range(HOW_MANY)]
    refused = [t for t in texts if isinstance(outcome(partial(parse_case, t)), BadCaseFile)]
    assert len(refused) > HOW_MANY / 2
