"""The verdict of the gate, and the only plan that may be drawn up, printed or signed: a checked one."""

from __future__ import annotations

from dataclasses import dataclass

from collis.case.plan import Plan
from collis.reasons import Kind, Level, Reason
from collis.safety.limits import Limit

SHOWN_AT_MOST = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the gate says: the strictest level of all its reasons, and the reasons, worst harm first."""

    reasons: tuple[Reason, ...]

    @property
    def level(self) -> Level:
        """Allow when nothing is held against the plan."""
        return max((r.level for r in self.reasons), key=lambda level: level.strictness, default=Level.ALLOW)

    @property
    def clinical(self) -> tuple[Reason, ...]:
        """Reasons about the patient, strictest and worst harm first."""
        return tuple(r for r in self.reasons if r.kind is Kind.CLINICAL)

    @property
    def about_sources(self) -> tuple[Reason, ...]:
        """Reasons about how well figures are known."""
        return tuple(r for r in self.reasons if r.kind is Kind.SOURCE)

    @property
    def notes(self) -> tuple[Reason, ...]:
        """Remarks that ask for nothing."""
        return tuple(r for r in self.reasons if r.kind is Kind.NOTE)

    @property
    def shown(self) -> tuple[Reason, ...]:
        """The clinical reasons a page shows: every refusal and missing answer, then warnings up to five lines."""
        stern = tuple(r for r in self.clinical if r.level in (Level.REFUSE, Level.CANNOT_JUDGE))
        warnings = tuple(r for r in self.clinical if r.level is Level.WARN)
        return stern + warnings[: max(0, SHOWN_AT_MOST - len(stern))]

    def of_rule(self, rule: str) -> tuple[Reason, ...]:
        """The reasons one rule gave, alone or with others."""
        return tuple(r for r in self.reasons if rule in r.rule.split())


_MADE_BY_THE_GATE = object()


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedPlan:
    """A plan with its verdict. Only `collis.safety.check.check` makes one."""

    plan: Plan
    verdict: Verdict
    limits: tuple[Limit, ...]
    seal: object

    def __post_init__(self) -> None:
        if self.seal is not _MADE_BY_THE_GATE:
            raise TypeError("a CheckedPlan is made only by collis.safety.check.check")

    @property
    def passes(self) -> bool:
        """Whether the gate did not refuse."""
        return self.verdict.level is not Level.REFUSE
