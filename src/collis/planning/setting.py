"""What all candidate plans of one case share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from collis.case.case import Case
from collis.course.parameters import MuscleRanking
from collis.knowledge.load import Knowledge
from collis.knowledge.names import Muscle, MuscleSide
from collis.knowledge.products import Label, Product
from collis.planning.eligible import Eligible
from collis.safety.limits import Limit


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """What all candidates of one case share."""

    case: Case
    knowledge: Knowledge
    product: Product
    label: Label
    ranking: MuscleRanking
    caps: tuple[Limit, ...]
    eligible: Eligible
    relief: Mapping[tuple[Muscle, Decimal], float]
    last: Mapping[MuscleSide, Decimal]
    scale: float
    fewest: int
    most: int

    @property
    def first_with_product(self) -> bool:
        """Whether no earlier session used this product, so that its own starting range holds."""
        last = self.case.last_session
        return self.case.doses_as_naive or last is None or last.product != self.product.name
