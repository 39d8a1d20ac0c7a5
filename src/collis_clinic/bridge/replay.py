"""A kept plan done again from its case document, and compared with what was answered then."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from collis import api
from collis.case.files import parse_case
from collis.errors import BadInput
from collis.report.json import checked_document, consultation_document
from collis_clinic.bridge.ask import digest_of, stored_form
from collis_clinic.records.models import PlanRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """What came of doing it again. `differs` names the parts that are not the same, with both values.

    `intact` is False where the record itself no longer has the fingerprint it was written with.
    """

    intact: bool
    same: bool
    same_program: bool
    same_knowledge: bool
    differs: tuple[tuple[str, Any, Any], ...]

    @property
    def explanation(self) -> str:
        """One sentence."""
        if not self.intact:
            return "The record was changed since it was written."
        if self.same:
            return "The same answer."
        if not self.same_knowledge:
            return "Another answer: the knowledge has changed since."
        if not self.same_program:
            return "Another answer: the program has changed since."
        return "Another answer from the same program and knowledge: report this."


def replay(record: PlanRecord) -> Replay:
    """Do a kept plan again. A kind this program cannot do raises `BadInput`."""
    case = parse_case(record.case_document)
    match record.kind:
        case "consult":
            result = consultation_document(api.consult(case))
        case "check":
            plan = case.request.plan
            if plan is None:
                raise BadInput(where="record", read="no plan", expected="the plan that was checked")
            result = checked_document(api.check(plan, case, case.request.preparation))
        case _:
            raise BadInput(where="record", read=record.kind, expected="consult or check")
    result = stored_form(result)
    return Replay(
        intact=digest_of(record.result) == record.digest,
        same=digest_of(result) == record.digest,
        same_program=record.program_version == version("collis"),
        same_knowledge=record.knowledge_version == api.knowledge_for(case).version,
        differs=tuple(_differences("", record.result, result))[:50],
    )


def _differences(path: str, then: Any, now: Any) -> list[tuple[str, Any, Any]]:
    if isinstance(then, dict) and isinstance(now, dict):
        return [
            found
            for key in {**then, **now}
            for found in _differences(f"{path}.{key}".lstrip("."), then.get(key), now.get(key))
        ]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [
            found
            for number, (a, b) in enumerate(zip(then, now, strict=True))
            for found in _differences(f"{path}[{number}]", a, b)
        ]
    return [] if then == now else [(path, then, now)]
