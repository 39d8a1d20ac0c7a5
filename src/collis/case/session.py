"""One past treatment: what was given, what it did, what it cost the patient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from collis.case.patient import Answer
from collis.errors import BadInput, ProductMismatch
from collis.knowledge.names import Guidance, MuscleSide
from collis.side import Side
from collis.units import Dose


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """One line of an old record. `muscle` may be a lumped name such as splenius; `members` are the muscles meant.

    `members` has one entry for an exact name and several for a lumped one; the split between them is not known.
    """

    muscle: str
    side: Side
    dose: Dose
    members: tuple[MuscleSide, ...]
    sites: int | None = None
    guidance: Guidance | None = None


class SideEffectKind(StrEnum):
    """Side effects that change the next plan."""

    DYSPHAGIA = "dysphagia"
    NECK_WEAKNESS = "neck_weakness"
    HEAD_DROP = "head_drop"
    DRY_MOUTH = "dry_mouth"
    DYSPHONIA = "dysphonia"
    BREATHING = "breathing"
    INJECTION_PAIN = "injection_pain"
    FLU_LIKE = "flu_like"
    HAEMATOMA = "haematoma"
    VISION = "vision"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class SideEffect:
    """A side effect after a session: grade 1 mild, 2 moderate, 3 severe; days counted from the injection."""

    kind: SideEffectKind
    grade: int
    from_day: int | None = None
    to_day: int | None = None
    detail: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.grade <= 3:
            raise BadInput(where="grade", read=f"{self.grade}", expected="1 mild, 2 moderate or 3 severe")
        if self.from_day is not None and self.to_day is not None and self.to_day < self.from_day:
            raise BadInput(
                where="to_day", read=f"{self.to_day}", expected=f"a day not before day {self.from_day}"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One neck session of the past. `total` may be known without the lines; lines, where given, add up to it.

    `side_effects_asked` tells none from not asked; a recorded side effect counts as asked.
    """

    on: date
    product: str
    total: Dose
    given: tuple[Given, ...] = ()
    benefit_percent: Decimal | None = None
    onset_day: int | None = None
    best_week: Decimal | None = None
    faded_week: Decimal | None = None
    side_effects: tuple[SideEffect, ...] = ()
    guidance: Guidance | None = None
    side_effects_asked: Answer = Answer.UNKNOWN

    def __post_init__(self) -> None:
        for dose in (self.total, *(line.dose for line in self.given)):
            if dose.product != self.product:
                raise ProductMismatch(
                    f"session of {self.on}: read Units of {dose.product} in a session of {self.product}; "
                    "expected Units of the session's product. No factor turns one into another."
                )
        summed = Dose.total((line.dose for line in self.given), self.product)
        if self.given and summed != self.total:
            raise BadInput(
                where="total_units",
                read=f"a total of {self.total} over lines that add up to {summed}",
                expected="lines that add up to the total",
                mend="Write every line, or leave the lines out and keep the total.",
            )

    def worst(self, kind: SideEffectKind) -> int:
        """The worst grade of one side effect, 0 when none was recorded."""
        return max((e.grade for e in self.side_effects if e.kind is kind), default=0)


class Indication(StrEnum):
    """What another toxin treatment was for."""

    CERVICAL_DYSTONIA = "cervical_dystonia"
    MIGRAINE = "migraine"
    SPASTICITY = "spasticity"
    BLEPHAROSPASM = "blepharospasm"
    HEMIFACIAL_SPASM = "hemifacial_spasm"
    SIALORRHOEA = "sialorrhoea"
    BLADDER = "bladder"
    COSMETIC = "cosmetic"
    HYPERHIDROSIS = "hyperhidrosis"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherToxin:
    """Toxin given elsewhere or for another reason. What is not known is None, and is asked for.

    `muscles` are neck muscles that were also reached, so that shared muscles count.
    """

    on: date | None = None
    product: str | None = None
    dose: Dose | None = None
    site: str = ""
    indication: Indication = Indication.OTHER
    clinic: str = ""
    muscles: tuple[MuscleSide, ...] = ()
    in_neck: bool = False

    def __post_init__(self) -> None:
        if self.dose is not None and self.dose.product != self.product:
            raise ProductMismatch(
                f"toxin elsewhere: read Units of {self.dose.product} for {self.product or 'no product'}; "
                "expected Units of the product named. No factor turns one into another."
            )

    @property
    def reaches_neck(self) -> bool:
        """Whether it counts as toxin in the neck: said so, for cervical dystonia, or in neck muscles."""
        return self.in_neck or bool(self.muscles) or self.indication is Indication.CERVICAL_DYSTONIA
