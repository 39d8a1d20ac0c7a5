"""Lines of a verdict are made here, so that harm, override and the form of an unanswered question stand once."""

from __future__ import annotations

from collections.abc import Iterator

from collis.reasons import Ground, Kind, Level, Reason
from collis.safety.question import Question

NEVER_OVERRIDDEN = frozenset({"R01", "R02", "R03", "R33", "R35", "R36", "R38", "R53"})

HARM = {
    "R01": 10, "R02": 10, "R03": 10, "R53": 10,
    "R05": 9, "R08": 9, "R09": 9, "R04": 9, "R06": 9, "R10": 9, "R13": 9, "R15": 9, "R17": 9, "R18": 9, "R19": 9,
    "R25": 8, "R26": 8, "R29": 8, "R33": 8, "R36": 8, "R38": 8, "R40": 8, "R52": 8, "R30": 8, "R07": 8, "R32": 8,
    "R14": 7, "R20": 7, "R21": 7, "R22": 7, "R31": 7, "R35": 7, "R43": 7, "R44": 7, "R42": 7, "R41": 7,
    "R12": 6, "R16": 6, "R23": 6, "R24": 6, "R27": 6, "R45": 6, "R46": 6, "R50": 6,
    "R34": 5, "R39": 9, "R47": 5, "R37": 4, "R51": 4, "R11": 3, "R49": 2, "R28": 2, "R48": 1,
}  # fmt: skip
"""How bad the harm is if a rule is ignored, 0 none to 10 worst. It only orders the lines."""


def line(
    rule: str,
    level: Level,
    what: str,
    action: str,
    *,
    ground: Ground | None = None,
    limit: str = "",
    kind: Kind = Kind.CLINICAL,
    asks: str = "",
    harm: int | None = None,
) -> Reason:
    """One line of a verdict with the harm of its rule, unless this line has its own."""
    return Reason(
        rule=rule,
        level=level,
        what=what,
        action=action,
        kind=kind,
        harm=HARM[rule] if harm is None else harm,
        limit=limit,
        ground=ground,
        overridable=rule not in NEVER_OVERRIDDEN,
        asks=asks,
    )


def note(rule: str, what: str, action: str = "", *, ground: Ground | None = None) -> Reason:
    """A remark that holds nothing against the plan."""
    return line(rule, Level.ALLOW, what, action, kind=Kind.NOTE, ground=ground)


def unasked(rule: str, question: str) -> Reason:
    """A safety question nobody answered; the gate joins these into one line."""
    return line(
        rule, Level.CANNOT_JUDGE, f"Cannot judge yet: {question} not answered.", "Ask.", asks=question
    )


def cannot_judge(rule: str, what: str, action: str) -> Reason:
    """Something was answered, but not enough to judge by."""
    return line(rule, Level.CANNOT_JUDGE, f"Cannot judge yet: {what}.", action)


def contraindicated(question: Question, rule: str, key: str, what: str, action: str) -> Iterator[Reason]:
    """A contraindication that is present: as strict as the label says, but an unverified refusal only warns."""
    fact = question.contraindication(key)
    refused = fact is not None and fact.level is Level.REFUSE and fact.fact.verified
    yield line(
        rule,
        Level.REFUSE if refused else Level.WARN,
        what,
        action,
        ground=None if fact is None else Ground.of(fact.fact),
    )


def join(words: list[str] | tuple[str, ...]) -> str:
    """Words as a sentence lists them: a, b and c."""
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)


def small_first(text: str) -> str:
    """The text with its first letter small, to follow a semicolon."""
    return text[:1].lower() + text[1:]


def capital(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]
