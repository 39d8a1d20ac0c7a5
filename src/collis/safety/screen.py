"""What must be ruled out or cleared before a plan is made, in three tiers: stop, hold, caution."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from collis.case.case import Case
from collis.case.history import FlagAnswer, FlagReply
from collis.case.patient import Answer
from collis.knowledge.interactions import classify
from collis.knowledge.load import Knowledge
from collis.knowledge.redflags import RedFlag, Tier
from collis.safety.question import unrecognised

EARLY_ONSET = "early_onset"


class ScreenLevel(StrEnum):
    """Where the screen stands: nothing in the way, held until cleared, or stopped."""

    CLEAR = "clear"
    HOLD = "hold"
    STOP = "stop"


@dataclass(frozen=True, kw_only=True, slots=True)
class ScreenItem:
    """One flag with its answer. `what` says in a sentence what it points to, or that it was not answered;
    `clears` lists what lets it be entered as cleared.
    """

    flag: RedFlag
    reply: FlagReply
    what: str
    clears: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Screening:
    """The flags that stand, by tier, and those nobody answered.

    `level` is the strictest tier that stands. Clear says that no answer stands in the way; whether all were
    answered is for `unanswered` to say.
    """

    level: ScreenLevel
    stop: tuple[ScreenItem, ...]
    hold: tuple[ScreenItem, ...]
    caution: tuple[ScreenItem, ...]
    unanswered: tuple[ScreenItem, ...]


def screen(case: Case, knowledge: Knowledge) -> Screening:
    """The screening of one case.

    A yes stands until it is entered as cleared with what was done and when; a caution is never cleared. At
    follow-up only the flags that are asked again are expected, but a yes to any other still stands.
    """
    first_visit = not case.history.sessions
    found: dict[Tier, list[ScreenItem]] = {tier: [] for tier in Tier}
    unanswered: list[ScreenItem] = []
    for flag in knowledge.red_flags:
        reply = _reply(case, flag, knowledge)
        asked = flag.asked_at(first_visit=first_visit)
        if _stands(flag, reply):
            found[flag.tier].append(_item(flag, reply, _standing(flag, reply)))
        elif reply.answer is FlagAnswer.UNKNOWN and asked is not None:
            unanswered.append(_item(flag, reply, f"{flag.label}: not answered. {asked.value}"))
    level = (
        ScreenLevel.STOP if found[Tier.STOP] else ScreenLevel.HOLD if found[Tier.HOLD] else ScreenLevel.CLEAR
    )
    return Screening(
        level=level,
        stop=tuple(found[Tier.STOP]),
        hold=tuple(found[Tier.HOLD]),
        caution=tuple(found[Tier.CAUTION]),
        unanswered=tuple(unanswered),
    )


def _reply(case: Case, flag: RedFlag, knowledge: Knowledge) -> FlagReply:
    """The answer to a flag. Without one, a caution takes it from the safety answers, early onset from the age."""
    reply = case.flags.get(flag.key, FlagReply())
    if reply.answer is not FlagAnswer.UNKNOWN:
        return reply
    onset = case.history.onset_age_years
    if flag.key == EARLY_ONSET and flag.age_below is not None and onset is not None:
        return FlagReply(answer=FlagAnswer.YES if onset < flag.age_below.value else FlagAnswer.NO)
    if not flag.answered_by:
        return reply
    if flag.answered_by == "medicines":
        answer = _thinner(case, knowledge)
    else:
        answer = getattr(case.safety, flag.answered_by).answer
    return FlagReply(answer=FlagAnswer(answer.value))


def _thinner(case: Case, knowledge: Knowledge) -> Answer:
    """Whether a blood thinner is among the medicines; a name missing or not recognised leaves it unknown."""
    medicines = case.safety.medicines
    if not medicines.names:
        return Answer.NO if medicines.answer is Answer.NO else Answer.UNKNOWN
    classes = (drug for name in medicines.names for drug in classify(name, knowledge.drug_classes))
    if any(drug.group == "anticoagulant" for drug in classes):
        return Answer.YES
    return Answer.UNKNOWN if unrecognised(case, knowledge) else Answer.NO


def _stands(flag: RedFlag, reply: FlagReply) -> bool:
    """Whether an answer is a yes that nothing has cleared."""
    if reply.answer is FlagAnswer.CLEARED:
        return flag.tier is Tier.CAUTION or not (reply.done and reply.on is not None)
    return reply.answer is FlagAnswer.YES


def _standing(flag: RedFlag, reply: FlagReply) -> str:
    said = f"{flag.label}: think of {flag.points_to.value.rstrip('.')}."
    if reply.answer is FlagAnswer.CLEARED and flag.tier is not Tier.CAUTION:
        return f"{said} Cleared wants what was done and when."
    return said


def _item(flag: RedFlag, reply: FlagReply, what: str) -> ScreenItem:
    return ScreenItem(flag=flag, reply=reply, what=what, clears=flag.clears.value if flag.clears else ())
