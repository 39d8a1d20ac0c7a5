"""What a rule looks at, worked out once for one plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from collis.case.case import Case
from collis.case.plan import Plan
from collis.case.posture import Component, components
from collis.case.preparation import Preparation
from collis.knowledge.interactions import DrugClass, classify
from collis.knowledge.load import Knowledge
from collis.knowledge.products import KeyedFact, Label, Product
from collis.reasons import Reason
from collis.safety.limits import Limit, limits
from collis.sources import Sourced


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """The plan, the case, knowledge, and what was worked out from them.

    `posture` holds the components of the posture, `medicines` each named medicine with a class it belongs to.
    """

    plan: Plan
    case: Case
    knowledge: Knowledge
    product: Product
    label: Label | None
    limits: tuple[Limit, ...]
    preparation: Preparation | None
    posture: tuple[Component, ...]
    medicines: tuple[tuple[str, DrugClass], ...]

    def contraindication(self, key: str) -> KeyedFact | None:
        """What this region's label says of a contraindication, None where there is no label or no word of it."""
        known = self.label.contraindications if self.label else ()
        return next((fact for fact in known if fact.key == key), None)

    def warning(self, key: str) -> Sourced[Any] | None:
        """What this region's label of this product warns of under a key, None where it does not."""
        known = self.label.warnings if self.label else ()
        return next((warning.fact for warning in known if warning.key == key), None)


Rule = Callable[[Question], Iterable[Reason]]


def unrecognised(case: Case, knowledge: Knowledge) -> tuple[str, ...]:
    """The named medicines that belong to no class knowledge holds."""
    return tuple(n for n in case.safety.medicines.names if not classify(n, knowledge.drug_classes))


def ask(plan: Plan, case: Case, knowledge: Knowledge, preparation: Preparation | None = None) -> Question:
    """The question of whether this plan may be given in this case; an unknown product is `BadInput`."""
    product = knowledge.product(plan.product)
    return Question(
        plan=plan,
        case=case,
        knowledge=knowledge,
        product=product,
        label=product.label(case.region),
        limits=limits(case, knowledge, plan.product),
        preparation=preparation if preparation is not None else case.request.preparation,
        posture=components(
            case.examination.posture,
            spread=knowledge.fact("patterns", "frequencies", "collis_caput_both").value,
            threshold_deg=knowledge.figure("patterns", "thresholds", "least_angle"),
        ),
        medicines=tuple(
            (name, drug_class)
            for name in case.safety.medicines.names
            for drug_class in classify(name, knowledge.drug_classes)
        ),
    )
