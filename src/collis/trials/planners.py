"""Planners from outside, for the scoreboard: a function in a module, or a file with a plan for each person.

A function takes a `Case` and returns a `Plan`, or None for no plan. A file names each person of the cohort:

* JSON: `{"P001": {"product": "onabotulinumtoxinA", "injections": [{"muscle": "splenius_capitis", "side": "right",
  "units": 60, "sites": 2, "guidance": "ultrasound"}, ...]}, ...}`
* CSV: one row for an injection, with the columns `patient`, `muscle`, `side`, `units`, and, where wanted, `product`,
  `sites`, `guidance`.

Whoever is not in the file has no plan, and is counted so.
"""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from collis.case.case import Case
from collis.case.plan import Injection, Origin, Plan
from collis.errors import BadInput, CollisError
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Guidance, Muscle
from collis.side import Side
from collis.trials.cohort import PRODUCT, Member, Members
from collis.trials.scoreboard import Planner, shipped
from collis.units import Dose

Word = TypeVar("Word", bound=StrEnum)


def planner_of(named: str, members: Members, knowledge: Knowledge) -> Planner:
    """The planner a word names: a shipped one, a file of plans, or `package.module:function`.

    Raises `BadInput` for a word that names nothing and for a file with a slip.
    """
    own = shipped(knowledge)
    if named in own:
        return own[named]
    path = Path(named)
    if path.suffix in (".json", ".csv"):
        plans = read_plans(path, members)
        return lambda member: plans.get(member.key)
    if ":" in named:
        return _function(named)
    raise BadInput(
        where="planner",
        read=repr(named),
        expected=f"one of {', '.join(own)}; a .json or .csv file of plans; or package.module:function",
    )


def read_plans(path: Path, members: Members) -> Mapping[str, Plan]:
    """The plans of a file by person. Raises `BadInput` with the person and the word that cannot be read."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            where=str(path), read="a file that cannot be read", expected="plans as text"
        ) from error
    rows = _from_csv(text, path) if path.suffix == ".csv" else _from_json(text, path)
    for key in rows:
        members.member(key)
    return {key: _plan(key, product, injections) for key, (product, injections) in rows.items()}


def _function(named: str) -> Planner:
    module, _, name = named.partition(":")
    try:
        found: Callable[[Case], Any] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise BadInput(
            where="planner", read=repr(named), expected=f"a function that can be imported: {error}"
        ) from error

    def plan(member: Member) -> Plan | None:
        try:
            made = found(member.case)
        except Exception as error:  # whatever a foreign planner trips over is told with its person
            raise BadInput(
                where=f"{named}, {member.key}",
                read=f"{type(error).__name__}: {error}",
                expected="a plan or None",
            ) from error
        if made is not None and not isinstance(made, Plan):
            raise BadInput(
                where=f"{named}, {member.key}",
                read=type(made).__name__,
                expected="a collis.case.plan.Plan or None",
            )
        return made

    return plan


def _from_json(text: str, path: Path) -> dict[str, tuple[str, list[Mapping[str, Any]]]]:
    try:
        raw = json.loads(text, parse_float=Decimal)
        return {
            str(key): (str(plan.get("product", PRODUCT)), list(plan["injections"]))
            for key, plan in raw.items()
        }
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(
            where=str(path), read="no plans", expected='{"P001": {"injections": [...]}, ...}'
        ) from error


def _from_csv(text: str, path: Path) -> dict[str, tuple[str, list[Mapping[str, Any]]]]:
    reader = csv.DictReader(io.StringIO(text))
    lacking = {"patient", "muscle", "side", "units"} - set(reader.fieldnames or ())
    if lacking:
        raise BadInput(
            where=str(path), read=f"no column {', '.join(sorted(lacking))}", expected="one row an injection"
        )
    found: dict[str, tuple[str, list[Mapping[str, Any]]]] = {}
    for row in reader:
        told = {key: value for key, value in row.items() if key is not None and value not in (None, "")}
        key = str(told.get("patient", ""))
        found.setdefault(key, (str(told.get("product", PRODUCT)), []))[1].append(told)
    return found


def _plan(key: str, product: str, injections: list[Mapping[str, Any]]) -> Plan:
    try:
        return Plan(
            name=key,
            product=product,
            injections=tuple(_injection(key, product, one) for one in injections),
            origin=Origin.IMPORTED,
        )
    except BadInput:
        raise
    except CollisError as error:
        raise BadInput(where=key, read=str(error), expected="a plan of one product") from error


def _injection(key: str, product: str, told: Mapping[str, Any]) -> Injection:
    try:
        units, sites = Decimal(str(told["units"])), int(str(told.get("sites", 1)))
    except (KeyError, InvalidOperation, ValueError, TypeError) as error:
        raise BadInput(where=f"{key}, units and sites", read=repr(dict(told)), expected="numbers") from error
    return Injection(
        muscle=_word(key, "muscle", told, Muscle),
        side=_word(key, "side", told, Side),
        dose=Dose.of(units, str(told.get("product", product))),
        sites=sites,
        guidance=_word(key, "guidance", told, Guidance) if "guidance" in told else Guidance.PALPATION,
    )


def _word(key: str, name: str, told: Mapping[str, Any], kind: type[Word]) -> Word:
    try:
        return kind(str(told[name]))
    except (KeyError, ValueError, TypeError) as error:
        read = repr(told.get(name)) if hasattr(told, "get") else repr(told)
        raise BadInput(
            where=f"{key}, {name}", read=read, expected=f"one of {', '.join(word.value for word in kind)}"
        ) from error
