"""The one gate. Every plan, however it came about, passes here before anything is done with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from collis.case.case import Case
from collis.case.plan import Plan
from collis.case.preparation import Preparation
from collis.knowledge.load import Knowledge
from collis.knowledge.products import Label, Product
from collis.reasons import Kind, Reason
from collis.safety.limits import Limit, limits
from collis.safety.verdict import _MADE_BY_THE_GATE, CheckedPlan, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What a rule looks at: the plan, the case, knowledge, and what was worked out from them once."""

    plan: Plan
    case: Case
    knowledge: Knowledge
    product: Product
    label: Label | None
    limits: tuple[Limit, ...]
    preparation: Preparation | None


Rule = Callable[[Question], Iterable[Reason]]


def check(
    plan: Plan, case: Case, knowledge: Knowledge, preparation: Preparation | None = None
) -> CheckedPlan:
    """The plan with the verdict of every rule on it.

    The same case, plan and knowledge give the same verdict. Nothing is converted, corrected or left out.
    """
    from collis.safety.rules import RULES

    product = knowledge.product(plan.product)
    question = Question(
        plan=plan,
        case=case,
        knowledge=knowledge,
        product=product,
        label=product.label(case.region),
        limits=limits(case, knowledge, plan.product),
        preparation=preparation if preparation is not None else case.request.preparation,
    )
    reasons = [reason for rule in RULES.values() for reason in rule(question)]
    return CheckedPlan(
        plan=plan,
        verdict=Verdict(reasons=tuple(sorted(reasons, key=_worst_first))),
        limits=question.limits,
        seal=_MADE_BY_THE_GATE,
    )


def _worst_first(reason: Reason) -> tuple[int, int, int, str, str]:
    kinds = list(Kind)
    return (-reason.level.strictness, kinds.index(reason.kind), -reason.harm, reason.rule, reason.what)
