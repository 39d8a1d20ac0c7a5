"""The examples in the documentation run and print what the page says.

A `python` block runs in the page's own namespace, `>>>` lines as a doctest. In a `console` block each `$ ` line is a
command and the lines after it are what it prints; `...` stands for anything, and no lines at all for whatever comes.
A page runs from top to bottom in an empty folder that holds the examples. Blocks marked `sh` are for the reader.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(
    r"^(?P<fence>```+)(?P<kind>python|console)\n(?P<body>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL
)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """One fenced example: its language, its text, the line of the page it starts on."""

    kind: str
    body: str
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A command of a console block and what the page says it prints."""

    command: str
    printed: str


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [
        Block(kind=m["kind"], body=m["body"], line=text.count("\n", 0, m.start()) + 2)
        for m in FENCE.finditer(text)
    ]


def steps_of(block: Block) -> Iterator[Step]:
    for part in re.split(r"^\$ ", block.body, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        while command.endswith("\\"):
            more, _, printed = printed.partition("\n")
            command = f"{command[:-1]}{more}"
        yield Step(command=command, printed=printed)


def run_console(block: Block, *, page: Path, folder: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "120",
        "NO_COLOR": "1",
        "TERM": "dumb",
    }
    for step in steps_of(block):
        done = subprocess.run(
            ["bash", "-c", step.command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        place = f"{page.relative_to(ROOT)}, line {block.line}: `{step.command}`"
        assert done.returncode == 0, f"{place} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        got = done.stdout + done.stderr
        if step.printed.strip():
            same = doctest.OutputChecker().check_output(step.printed, got, FLAGS)
            assert same, f"{place}\nthe page says:\n{step.printed}\nprinted:\n{got}"


def run_python(block: Block, *, page: Path, names: dict[str, Any]) -> None:
    where = str(page.relative_to(ROOT))
    if ">>>" not in block.body:
        exec(compile("\n" * (block.line - 1) + block.body, where, "exec"), names)
        return
    test = doctest.DocTestParser().get_doctest(block.body, names, where, where, block.line - 1)
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append, clear_globs=False)
    names.update(test.globs)
    assert result.failed == 0, "".join(said)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks_of(page)], ids=lambda page: str(page.relative_to(ROOT))
)
def test_the_examples_of_a_page_do_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__example__"}
    for block in blocks_of(page):
        if block.kind == "python":
            run_python(block, page=page, names=names)
        else:
            run_console(block, page=page, folder=tmp_path)
