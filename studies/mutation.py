"""Whether the tests notice: every limit nudged, every comparison in the gate swapped.

One change at a time is made in memory, in a forked process, and the unit tests of the gate are run on it until the
first one fails. A change that no test notices survives, and is named.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from studies.record import ROOT, Measure

PATHS = (
    "src/collis/safety",
    "src/collis/knowledge/data/products",
    "src/collis/knowledge/data/muscles.toml",
    "src/collis/knowledge/data/screening.toml",
    "tests/unit/safety",
    "studies/mutation.py",
)

TESTS = ROOT / "tests" / "unit" / "safety"
SAFETY = ROOT / "src" / "collis" / "safety"
WORKERS = 2
THIN_EVERY = 130

STEPS = {
    "Units": 1.0,
    "days": 1.0,
    "count": 1.0,
    "ratio": 0.1,
    "mL": 0.01,
    "years": 1.0,
    "kg": 1.0,
    "points": 1.0,
    "percent": 1.0,
}
NUDGED = (
    "bound",
    "window",
    "usual",
    "soft_max",
    "highest_any_source",
    "least_useful",
    "highest_total_any_source",
    "typing_slip_below",
)

SWAPPED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change to try. A nudge names a knowledge entry, which of its numbers, and by how much; a swap names a
    file of the gate, which comparison in it, which of its operators, and the operator put there.
    """

    kind: str
    where: str
    place: int
    part: int = 0
    to: str = ""
    by: float = 0.0

    def __str__(self) -> str:
        if self.kind == "nudge":
            return f"{self.where}[{self.place}] {self.by:+g}"
        return f"{self.where}: comparison {self.place}.{self.part} to {self.to}"


def nudges() -> Iterator[Change]:
    """Every figure a limit or a rule stands on, one step up and one step down."""
    from collis.knowledge.load import load

    for path, entry in load().entries.items():
        if not _is_a_limit(path) or entry.unit not in STEPS:
            continue
        values = entry.value if isinstance(entry.value, tuple) else (entry.value,)
        for place, _ in enumerate(values):
            for way in (1, -1):
                yield Change(kind="nudge", where=path, place=place, by=way * STEPS[entry.unit])


def _is_a_limit(path: str) -> bool:
    parts = path.split(".")
    if parts[0] in ("products", "muscles"):
        return parts[-1] in NUDGED and (parts[0] == "products" or "dose" in parts)
    return (
        parts[0] == "screening"
        or path == "care.side_effects.dysphagia.dose_kept_at_most"
        or parts[-1]
        in (
            "inr_highest",
            "inr_days",
        )
    )


def swaps() -> Iterator[Change]:
    """Every comparison in the gate, each operator in turn."""
    for file in sorted(SAFETY.rglob("*.py")):
        for place, node in enumerate(_comparisons(ast.parse(file.read_text("utf-8")))):
            for part, operator in enumerate(node.ops):
                for to in SWAPPED[type(operator)]:
                    name = file.relative_to(SAFETY).as_posix()
                    yield Change(kind="swap", where=name, place=place, part=part, to=to.__name__)


def _comparisons(tree: ast.AST) -> list[ast.Compare]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Compare)]


def run(thin: bool) -> Sequence[Measure]:
    """Try every change (thin: a handful) on two processes and count what no test noticed."""
    every = [*nudges(), *swaps()]
    tried = every[::THIN_EVERY] if thin else every
    survivors = _survivors(tried)
    measures = []
    for kind, name in (("nudge", "nudged figures"), ("swap", "swapped comparisons")):
        left = [str(change) for change in survivors if change.kind == kind]
        count = sum(change.kind == kind for change in tried)
        measures.append(
            Measure(
                name=f"{name} that no test notices",
                figure=len(left),
                unit="count",
                bar="none",
                met=not left,
                detail=f"{count} tried. {'; '.join(left[:20])}".strip(),
            )
        )
    return measures


def _survivors(changes: Sequence[Change]) -> list[Change]:
    """What each worker process reports of its share."""
    command = [sys.executable, "-m", "studies.mutation"]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True)
        for _ in range(WORKERS)
    ]
    shares = [json.dumps([asdict(c) for c in changes[n::WORKERS]]) for n in range(WORKERS)]
    for worker, share in zip(workers, shares, strict=True):
        assert worker.stdin is not None
        worker.stdin.write(share)
        worker.stdin.close()
        worker.stdin = None
    survivors: list[Change] = []
    for worker in workers:
        output, _ = worker.communicate()
        if worker.returncode:
            raise RuntimeError(f"a worker of the mutation study ended with {worker.returncode}")
        survivors += [Change(**fields) for fields in json.loads(output)]
    return survivors


def work(changes: Sequence[Change]) -> list[Change]:
    """The changes of one share that no test noticed. Raises `RuntimeError` where the unchanged gate already fails."""
    import collis.case.files
    import collis.case.mirror
    import collis.knowledge.load  # noqa: F401  loaded once, shared by every fork

    if not _passes(None):
        raise RuntimeError("the tests of the gate fail before anything is changed")
    return [change for change in changes if _passes(change)]


def _passes(change: Change | None) -> bool:
    """Whether the tests still pass with the change made; tried in a forked process."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            if change is not None:
                make(change)
            status = int(_run_tests(change) != 0)
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(ended) == 0


def _run_tests(change: Change | None) -> int:
    import pytest

    options = [
        "-x",
        "-q",
        "-o",
        f"cache_dir={tempfile.gettempdir()}/collis-mutation",
        "-p",
        "no:hypothesispytest",
        "--tb=no",
    ]
    return int(pytest.main([*options, *_tests_for(change)]))


def _tests_for(change: Change | None) -> list[str]:
    """All tests of the gate, the likeliest to notice first."""
    files = sorted(TESTS.glob("test_*.py"))
    near = "test_limits" if change is None or change.kind == "nudge" else f"_{Path(change.where).stem}.py"
    return [str(f) for f in sorted(files, key=lambda f: near not in f.name)]


def make(change: Change) -> None:
    """Make one change in this process, for whatever is imported or read from here on."""
    if change.kind == "nudge":
        _nudge(change)
    else:
        sys.meta_path.insert(0, _Swapping(change))


def _nudge(change: Change) -> None:
    from collis.knowledge import reading

    read: Any = reading._entry

    def nudged(table: Any, *, path: str, defaults: Any) -> Any:
        entry = read(table, path=path, defaults=defaults)
        if path != change.where:
            return entry
        values = list(entry.value) if isinstance(entry.value, tuple) else [entry.value]
        values[change.place] = round(values[change.place] + change.by, 6)
        return replace(entry, value=tuple(values) if isinstance(entry.value, tuple) else values[0])

    reading._entry = nudged


class _Swapping:
    """Finds the one module of the gate that is changed, and hands it over with its operator swapped."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self.file = SAFETY / change.where
        parts = Path(change.where).with_suffix("").parts
        self.module = ".".join(("collis.safety", *(p for p in parts if p != "__init__")))

    def find_spec(
        self, name: str, path: object = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The changed module's spec; None for every other."""
        if name != self.module:
            return None
        folders = [str(self.file.parent)] if self.file.name == "__init__.py" else None
        loader = _SwappedLoader(name, str(self.file), self.change)
        return spec_from_file_location(name, self.file, loader=loader, submodule_search_locations=folders)


class _SwappedLoader(SourceFileLoader):
    """Loads a module with one operator swapped."""

    def __init__(self, name: str, path: str, change: Change) -> None:
        super().__init__(name, path)
        self.change = change

    def get_code(self, fullname: str) -> CodeType:
        """The changed module, compiled afresh."""
        tree = ast.parse(Path(self.path).read_text("utf-8"))
        node = _comparisons(tree)[self.change.place]
        node.ops[self.change.part] = getattr(ast, self.change.to)()
        return compile(ast.fix_missing_locations(tree), self.path, "exec")


if __name__ == "__main__":
    survived = work([Change(**fields) for fields in json.load(sys.stdin)])
    sys.stdout.write(json.dumps([asdict(change) for change in survived]))
