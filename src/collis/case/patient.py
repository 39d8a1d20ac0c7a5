"""Who is treated: age, sex, build."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from collis.errors import BadInput


class Sex(StrEnum):
    """Sex as it bears on neck mass and pregnancy questions."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class Answer(StrEnum):
    """An answer to a safety question. Unknown is an answer of its own, never a no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Patient:
    """One patient without identity. `thin_neck` is a look, not a measure."""

    age_years: int | None = None
    sex: Sex = Sex.UNKNOWN
    weight_kg: Decimal | None = None
    thin_neck: Answer = Answer.UNKNOWN

    def __post_init__(self) -> None:
        if self.age_years is not None and not 0 <= self.age_years <= 120:
            raise BadInput(where="patient.age_years", read=f"{self.age_years}", expected="0 to 120 years")
        if self.weight_kg is not None and not 2 <= self.weight_kg <= 350:
            raise BadInput(where="patient.weight_kg", read=f"{self.weight_kg}", expected="2 to 350 kg")
