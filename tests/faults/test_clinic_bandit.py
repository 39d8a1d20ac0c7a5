"""What bandit says of the program: nothing, but for what is explained here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SRC = Path(__file__).resolve().parents[2] / "src"
EXPLAINED = {
    (
        "B101",
        "",
    ): "an assertion tells the type checker what was refused above; no check of input rests on one",
    ("B105", "collis_clinic/web/made_up.py"): "the password of the made-up clinic, printed at its start",
    (
        "B308",
        "collis_clinic/bridge/pages.py",
    ): "drawings of the report, whose texts are escaped where they are drawn",
    ("B308", "collis_clinic/visits/posture.py"): "numbers and our own words; the alternative text is escaped",
    ("B703", "collis_clinic/bridge/pages.py"): "the same drawings",
    ("B703", "collis_clinic/visits/posture.py"): "the same drawing",
    ("B404", "collis_clinic/commands.py"): "`serve` starts the worker beside the server",
    ("B603", "collis_clinic/commands.py"): "a fixed command without a shell",
    (
        "B608",
        "collis/trials/",
    ): "names of our own tables and columns, asked of DuckDB over files of the program's own",
    ("B608", "collis_clinic/audit/guards.py"): "names of our own tables in the text of a trigger",
    ("B608", "collis_clinic/records/backup.py"): "names of our own tables",
}
"""Findings by rule and start of path, each with the reason why it is no fault."""


def test_bandit_finds_nothing_that_is_not_explained():
    command = [sys.executable, "-m", "bandit", "--quiet", "--recursive", str(SRC), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    assert report["errors"] == []
    found = [
        (one["test_id"], str(Path(one["filename"]).relative_to(SRC)), one["line_number"])
        for one in report["results"]
    ]

    def explained(rule: str, path: str) -> bool:
        return any(rule == known and path.startswith(start) for known, start in EXPLAINED)

    assert [one for one in found if not explained(one[0], one[1])] == []
    used = {
        (known, start)
        for known, start in EXPLAINED
        for rule, path, _ in found
        if rule == known and path.startswith(start)
    }
    assert set(EXPLAINED) - used == set(), "an explanation without a finding"
