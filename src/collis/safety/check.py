"""The one gate. Every plan, however it came about, passes here before anything is done with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from collis.case.case import Case
from collis.case.plan import Plan
from collis.case.preparation import Preparation
from collis.knowledge.load import Knowledge
from collis.reasons import Kind, Level, Reason
from collis.safety.question import Question, ask
from collis.safety.rules import RULES
from collis.safety.rules.beside import SCREEN, label_says, screened
from collis.safety.rules.lines import join
from collis.safety.verdict import _MADE_BY_THE_GATE, CheckedPlan, Verdict

ABOUT_SOURCES = "sources"
"""What stands in place of a rule in the one line about unchecked figures."""

BESIDE = (screened, label_says)
"""What speaks beside the numbered rules."""

NAMED_FIRST = (
    "toxin before",
    "toxin elsewhere or for another reason",
    "allergies",
    "swallowing",
    "breathing",
    "pregnancy",
    "neuromuscular disease",
)
"""The questions whose missing answer can do most harm: named in the line, the others counted."""


def check(
    plan: Plan, case: Case, knowledge: Knowledge, preparation: Preparation | None = None
) -> CheckedPlan:
    """The plan with the verdict of every rule on it.

    The same case, plan and knowledge give the same verdict. Nothing is converted, corrected or left out.
    A preparation given here stands in place of the one in the case.
    """
    question = ask(plan, case, knowledge, preparation)
    spoken = [reason for rule in (*RULES.values(), *BESIDE) for reason in rule(question)]
    reasons = [
        *(r for r in spoken if not r.asks),
        *_unanswered([r for r in spoken if r.asks]),
        *_about_sources(question),
    ]
    return CheckedPlan(
        plan=plan,
        verdict=Verdict(reasons=tuple(sorted(reasons, key=_worst_first))),
        limits=question.limits,
        seal=_MADE_BY_THE_GATE,
    )


def _unanswered(unasked: Sequence[Reason]) -> Iterable[Reason]:
    """All questions nobody answered, as one line; its `rule` holds the ids of the rules that ask."""
    asked = list(dict.fromkeys(r.asks for r in unasked))
    if not asked:
        return
    flags = [r.asks for r in unasked if r.rule == SCREEN]
    red = [f"{len(flags)} red flags"] if len(flags) > 2 else flags
    named = [*red, *(question for question in NAMED_FIRST if question in asked)]
    others = [question for question in asked if question not in NAMED_FIRST and question not in flags]
    more = [f"{len(others)} more"] if named else others
    every = (*flags, *(question for question in named if question not in red), *others)
    missing = join([*named, *(more if others else [])])
    yield Reason(
        rule=" ".join(sorted({r.rule for r in unasked})),
        level=Level.CANNOT_JUDGE,
        what=f"Cannot judge yet: {missing} not answered.",
        action=f"Ask: {', '.join(every)}.",
        harm=max(r.harm for r in unasked),
        asks=", ".join(every),
    )


def _about_sources(question: Question) -> Iterable[Reason]:
    """One line that counts the unchecked figures this plan was held against."""
    figures = {
        (x.rule, x.kind, x.bound, x.text, x.ground)
        for x in question.limits
        if not x.ground.verified and x.planned(question.plan) > 0
    }
    if figures:
        one = len(figures) == 1
        yield Reason(
            rule=ABOUT_SOURCES,
            level=Level.ALLOW,
            what=f"{len(figures)} figure{'' if one else 's'} here {'is' if one else 'are'} not yet checked against "
            f"{'its' if one else 'their'} source.",
            action="Each is marked where it stands.",
            kind=Kind.SOURCE,
            harm=0,
        )


def _worst_first(reason: Reason) -> tuple[int, int, int, str, str]:
    kinds = list(Kind)
    return (-reason.level.strictness, kinds.index(reason.kind), -reason.harm, reason.rule, reason.what)
