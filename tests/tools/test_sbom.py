"""The bill of materials: that of the locks, whole, without an address."""

from __future__ import annotations

import json

from tools.check_locks import pins
from tools.locks import LOCKS
from tools.sbom import BILL, running, standing


def test_the_bill_of_materials_is_that_of_the_lock():
    assert standing() == ""


def test_every_package_of_every_lock_stands_in_it_once():
    bill = json.loads(BILL.read_text("utf-8"))
    named = [part["name"] for part in bill["components"]]
    locked = {name for lock in LOCKS for name in pins(lock.path.read_text("utf-8"))}
    assert len(named) == len(set(named))
    assert set(named) == locked | {"htmx", "axe-core"}
    versions = {part["name"]: part["version"] for part in bill["components"]}
    for lock in LOCKS:
        for name, version in pins(lock.path.read_text("utf-8")).items():
            assert versions[name] == str(version)


def test_what_runs_is_told_from_what_builds():
    needed = running()
    assert {"numpy", "django", "pydantic-core", "cryptography", "gunicorn"} <= needed
    assert not {"pytest", "mypy", "ruff", "sphinx", "schemathesis"} & needed


def test_it_names_no_address():
    text = BILL.read_text("utf-8")
    assert "http://www." not in text
    assert "pypi.org" not in text
