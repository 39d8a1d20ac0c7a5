"""The only part that asks the science: rows into a case, a case into an answer, the answer into a record.

`case_of(visit)` builds the case; `consult`, `propose`, `check`, `prepare`, `cost` and `forecast` ask; `stored_*`
ask and keep a `PlanRecord`; `replay` does a kept plan again and compares.
"""

from collis_clinic.bridge.ask import (
    Kept,
    authorisation,
    check,
    consult,
    cost,
    forecast,
    knowledge_version,
    muscles,
    prepare,
    propose,
    screen,
    stored_check,
    stored_consult,
)
from collis_clinic.bridge.cases import case_of, plan_of, preparation_of, session_value
from collis_clinic.bridge.replay import Replay, replay

__all__ = [
    "Kept",
    "Replay",
    "authorisation",
    "case_of",
    "check",
    "consult",
    "cost",
    "forecast",
    "knowledge_version",
    "muscles",
    "plan_of",
    "preparation_of",
    "prepare",
    "propose",
    "replay",
    "screen",
    "session_value",
    "stored_check",
    "stored_consult",
]
