"""The screen: stop, hold and caution, what clears them, what is asked again, what was not answered."""

from __future__ import annotations

import pytest

from collis.case.case import Case
from collis.case.history import FlagAnswer, FlagReply, Medicines
from collis.case.patient import Answer
from collis.knowledge.names import FLAG_KEYS, Region
from collis.knowledge.redflags import Ask, Tier
from collis.safety.screen import ScreenLevel, screen
from tests.unit.safety.bedside import KNOWLEDGE, VISIT, YES, answered, session, takes, treated

ALL_NO = dict.fromkeys(FLAG_KEYS, "no")
STOP = [f.key for f in KNOWLEDGE.red_flags if f.tier is Tier.STOP]
HOLD = [f.key for f in KNOWLEDGE.red_flags if f.tier is Tier.HOLD]
CAUTION = [f.key for f in KNOWLEDGE.red_flags if f.tier is Tier.CAUTION]


def screened(**flags: str):
    return screen(answered(flags={**ALL_NO, **flags}), KNOWLEDGE)


def with_reply(key: str, reply: FlagReply):
    flags = {name: FlagReply(answer=FlagAnswer.NO) for name in FLAG_KEYS}
    return screen(Case(region=Region.US, date=VISIT, flags={**flags, key: reply}), KNOWLEDGE)


CLEARED = FlagReply(answer=FlagAnswer.CLEARED, done="MRI of the neck normal", by="Dr A", on=VISIT)


def test_every_flag_of_a_case_file_is_known_to_the_screen() -> None:
    assert [f.key for f in KNOWLEDGE.red_flags] == list(FLAG_KEYS)


def test_all_answered_no_is_clear_and_nothing_is_missing() -> None:
    found = screened()
    assert found.level is ScreenLevel.CLEAR
    assert (found.stop, found.hold, found.caution, found.unanswered) == ((), (), (), ())


@pytest.mark.parametrize("key", STOP)
def test_a_stop_flag_stops(key: str) -> None:
    found = screened(**{key: "yes"})
    assert found.level is ScreenLevel.STOP
    (item,) = found.stop
    assert item.flag.key == key
    assert item.clears
    assert item.what.startswith(f"{item.flag.label}: think of ")


@pytest.mark.parametrize("key", HOLD)
def test_a_hold_flag_holds(key: str) -> None:
    found = screened(**{key: "yes"})
    assert found.level is ScreenLevel.HOLD
    assert [i.flag.key for i in found.hold] == [key]


@pytest.mark.parametrize("key", CAUTION)
def test_a_caution_is_passed_on_and_holds_nothing_up(key: str) -> None:
    found = screened(**{key: "yes"})
    assert found.level is ScreenLevel.CLEAR
    assert [i.flag.key for i in found.caution] == [key]
    assert found.caution[0].clears == ()


def test_stop_outranks_hold() -> None:
    assert screened(**{STOP[0]: "yes", HOLD[0]: "yes"}).level is ScreenLevel.STOP


@pytest.mark.parametrize("key", [*STOP, *HOLD])
def test_what_was_worked_up_and_dated_is_cleared(key: str) -> None:
    found = with_reply(key, CLEARED)
    assert found.level is ScreenLevel.CLEAR
    assert not found.unanswered


@pytest.mark.parametrize(
    "reply",
    [FlagReply(answer=FlagAnswer.CLEARED, done="MRI"), FlagReply(answer=FlagAnswer.CLEARED, on=VISIT)],
)
def test_cleared_without_what_or_when_still_stands(reply: FlagReply) -> None:
    found = with_reply("cord_signs", reply)
    assert found.level is ScreenLevel.STOP
    assert found.stop[0].what.endswith("Cleared wants what was done and when.")


def test_a_caution_is_never_cleared() -> None:
    found = with_reply("pregnancy", CLEARED)
    assert [i.flag.key for i in found.caution] == ["pregnancy"]
    assert "Cleared wants" not in found.caution[0].what


def test_what_was_not_answered_is_listed_with_its_question() -> None:
    found = screen(Case(region=Region.US), KNOWLEDGE)
    assert found.level is ScreenLevel.CLEAR
    assert [i.flag.key for i in found.unanswered] == list(FLAG_KEYS)
    assert (
        found.unanswered[0].what == f"Sudden onset: not answered. {found.unanswered[0].flag.question.value}"
    )
    assert screened(sudden_onset="unknown").unanswered[0].flag.key == "sudden_onset"


def test_at_follow_up_only_what_is_new_is_asked() -> None:
    found = screen(treated(flags=dict.fromkeys(FLAG_KEYS, "unknown")), KNOWLEDGE)
    asked = {f.key for f in KNOWLEDGE.red_flags if f.ask is Ask.ALWAYS} - {
        "anticoagulant", "pregnancy", "neuromuscular_disease",
    }  # fmt: skip
    assert {i.flag.key for i in found.unanswered} == asked
    follow_up = found.unanswered[0].flag.follow_up
    assert follow_up is not None
    assert found.unanswered[0].what.endswith(follow_up.value)


def test_at_follow_up_an_old_yes_still_stands() -> None:
    found = screen(treated(session(total=100), flags={"early_onset": "yes"}), KNOWLEDGE)
    assert found.level is ScreenLevel.HOLD


@pytest.mark.parametrize(
    ("safety", "expected"),
    [
        ({"pregnancy": YES}, {"pregnancy"}),
        ({"neuromuscular_disease": YES}, {"neuromuscular_disease"}),
        (takes("apixaban"), {"anticoagulant"}),
        (takes("zzqx"), set()),
        (takes("levothyroxine"), set()),
        (takes(), set()),
        ({"medicines": Medicines(answer=Answer.NO)}, set()),
    ],
)
def test_a_caution_takes_its_answer_from_the_safety_questions(safety, expected: set[str]) -> None:
    found = screen(answered(safety=safety), KNOWLEDGE)
    assert {i.flag.key for i in found.caution} == expected
    missing = {i.flag.key for i in found.unanswered}
    assert ("anticoagulant" in missing) == (safety in (takes(), takes("zzqx")))


def test_an_answer_to_the_flag_itself_comes_before_the_safety_questions() -> None:
    found = screen(answered(safety={"pregnancy": YES}, flags={"pregnancy": "no"}), KNOWLEDGE)
    assert not found.caution


@pytest.mark.parametrize(("age", "level"), [(19, ScreenLevel.HOLD), (20, ScreenLevel.CLEAR)])
def test_early_onset_is_read_from_the_age_at_onset(age: int, level: ScreenLevel) -> None:
    others = {key: "no" for key in FLAG_KEYS if key != "early_onset"}
    found = screen(
        answered(history={"onset_age_years": age}, flags={**others, "early_onset": "unknown"}), KNOWLEDGE
    )
    assert found.level is level
    assert not found.unanswered
