"""A lock is versions and hashes, nothing else."""

from __future__ import annotations

import pytest
from packaging.version import Version

from tools.check_locks import addresses, disagreements, faults, pins, unmet
from tools.locks import LOCKS, Lock

GOOD = "numpy==2.4.6 \\\n    --hash=sha256:00ff\n    # via collis (pyproject.toml)\n"


@pytest.mark.parametrize(
    "line",
    [
        "--index-url something",
        "numpy @ file:///wheels/numpy.whl",
        "# from https://example.invalid/simple",
        "# taken from files.example.org",
    ],
)
def test_a_lock_that_names_an_address_is_found_out(line: str) -> None:
    assert addresses(GOOD + line + "\n")


def test_versions_hashes_and_who_asked_are_no_addresses() -> None:
    assert addresses(GOOD) == []


def test_a_pin_without_a_hash_is_refused() -> None:
    with pytest.raises(ValueError, match="no hash for numpy"):
        pins("numpy==2.4.6\n")


def test_a_loose_requirement_is_no_pin() -> None:
    with pytest.raises(ValueError, match="expected name==version"):
        pins("numpy>=2\n    --hash=sha256:00ff\n")


def test_a_requirement_that_its_pin_does_not_meet_is_named() -> None:
    assert list(unmet(["numpy>=3"], {"numpy": Version("2.4.6")})) == ["numpy>=3 is locked at 2.4.6"]
    assert list(unmet(["SciPy"], {})) == ["SciPy is not in the lock"]
    assert list(unmet(["numpy>=2"], pins(GOOD))) == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_our_own_locks_have_no_fault(lock: Lock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.check_locks.recompiled", lambda lock: None)
    assert list(faults(lock)) == []


def test_our_own_locks_agree_with_one_another() -> None:
    assert list(disagreements()) == []
