"""The gate as a whole: one verdict, worst first, unanswered questions as one line, sources apart from harm."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from collis.case.case import Case
from collis.case.history import FlagAnswer, FlagReply
from collis.case.patient import Answer
from collis.errors import BadInput
from collis.knowledge.names import FLAG_KEYS, Region
from collis.knowledge.redflags import Tier
from collis.reasons import Kind, Level, Reason
from collis.safety.check import check
from collis.safety.rules import RULES
from collis.safety.rules.lines import HARM, NEVER_OVERRIDDEN, join
from collis.safety.verdict import CheckedPlan, Verdict
from collis.units import Dose
from tests.unit.safety.bedside import (
    ABO,
    KNOWLEDGE,
    LAN,
    ONA,
    SCM,
    UNKNOWN,
    USUAL,
    VISIT,
    YES,
    answered,
    mixed,
    plan,
    spread,
    treated,
    verdict_level,
)


def verdict(typed=USUAL, case: Case | None = None) -> Verdict:
    return check(typed, case if case is not None else answered(), KNOWLEDGE).verdict


def all_flags(word: str) -> dict[str, FlagReply]:
    return {key: FlagReply(answer=FlagAnswer(word)) for key in FLAG_KEYS}


STOP = [f for f in KNOWLEDGE.red_flags if f.tier is Tier.STOP]
HOLD = [f for f in KNOWLEDGE.red_flags if f.tier is Tier.HOLD]


def test_an_ordinary_plan_for_an_answered_case_is_allowed() -> None:
    assert verdict_level() is Level.ALLOW
    assert verdict_level(plan()) is Level.ALLOW


def test_every_rule_has_an_id_a_harm_and_a_sentence() -> None:
    assert list(RULES) == [f"R{n:02d}" for n in range(1, 54)]
    assert set(HARM) == set(RULES)
    assert set(HARM.values()) <= set(range(11))
    for id, rule in RULES.items():
        assert rule.__name__ == id.lower()
        assert (rule.__doc__ or "").count("\n") == 0
        assert (rule.__doc__ or "").endswith(".")


def test_what_is_never_overridden_is_what_the_house_says() -> None:
    assert {"R01", "R02", "R03", "R33", "R35", "R36", "R38", "R53"} == NEVER_OVERRIDDEN


def test_the_strictest_reason_is_the_verdict_and_stands_first() -> None:
    found = verdict(spread(1010, ABO), treated(region="EU"))
    assert found.level is Level.REFUSE
    assert found.reasons[0].rule == "R53"
    strictness = [r.level.strictness for r in found.reasons]
    assert strictness == sorted(strictness, reverse=True)


def test_unanswered_questions_are_one_line_that_names_the_worst() -> None:
    found = verdict(
        USUAL,
        Case(region=Region.US, date=VISIT, flags={f.key: all_flags("no")[f.key] for f in (*STOP, *HOLD)}),
    )
    (line,) = [r for r in found.reasons if r.level is Level.CANNOT_JUDGE]
    assert found.level is Level.CANNOT_JUDGE
    assert line.what == (
        "Cannot judge yet: toxin before, toxin elsewhere or for another reason, allergies, swallowing, breathing, "
        "pregnancy, neuromuscular disease and 10 more not answered."
    )
    assert line.asks.count(",") == 16
    assert line.action == f"Ask: {line.asks}."
    assert line.harm == 10
    assert found.of_rule("R03") == (line,)
    assert found.of_rule("R42") == (line,)
    assert "R13" not in line.rule.split()


@pytest.mark.parametrize(
    ("safety", "missing"),
    [
        ({"allergies": UNKNOWN}, "allergies"),
        ({"voice": UNKNOWN}, "voice"),
        ({"voice": UNKNOWN, "neck_surgery": UNKNOWN}, "voice and neck surgery"),
        ({"voice": UNKNOWN, "allergies": UNKNOWN}, "allergies and 1 more"),
        ({"allergies": UNKNOWN, "swallowing": UNKNOWN}, "allergies and swallowing"),
    ],
)
def test_the_line_of_unanswered_questions_reads_well(safety, missing: str) -> None:
    (line,) = [r for r in verdict(USUAL, answered(safety=safety)).reasons if r.asks]
    assert line.what == f"Cannot judge yet: {missing} not answered."


def test_what_was_answered_without_enough_stands_beside_what_was_not_answered() -> None:
    found = verdict(USUAL, answered(safety={"allergies": YES, "voice": UNKNOWN}))
    assert len([r for r in found.reasons if r.level is Level.CANNOT_JUDGE]) == 2


def test_unchecked_figures_are_one_line_apart_from_the_warnings() -> None:
    found = verdict()
    (line,) = found.about_sources
    assert (line.level, line.kind, line.rule) == (Level.ALLOW, Kind.SOURCE, "sources")
    assert "are not yet checked against their source" in line.what
    assert line not in found.shown
    one = verdict(plan((SCM, "left", 20), product="daxibotulinumtoxinA"))
    assert not one.about_sources


def test_a_single_unchecked_figure_is_spoken_of_in_the_singular() -> None:
    found = verdict(plan((SCM, "left", 20), product="neuronox"))
    assert found.about_sources[0].what == "1 figure here is not yet checked against its source."


def test_figures_of_muscles_that_get_nothing_are_not_counted() -> None:
    more = replace(USUAL, injections=(*USUAL.injections, *plan(("levator_scapulae", "left", 0)).injections))
    assert verdict(more).about_sources == verdict().about_sources


def test_a_plan_of_nothing_stands_on_no_figure() -> None:
    assert verdict().about_sources
    assert not verdict(plan()).about_sources


def test_refusals_and_missing_answers_are_all_shown_and_warnings_up_to_five() -> None:
    reasons = tuple(
        Reason(rule="R27", level=level, what=f"{n}", kind=kind)
        for n, (level, kind) in enumerate(
            [(Level.REFUSE, Kind.CLINICAL), (Level.CANNOT_JUDGE, Kind.CLINICAL)]
            + [(Level.WARN, Kind.CLINICAL)] * 6
            + [(Level.ALLOW, Kind.NOTE)]
        )
    )
    found = Verdict(reasons=reasons)
    assert [r.what for r in found.shown] == ["0", "1", "2", "3", "4"]
    assert [r.what for r in found.notes] == ["8"]
    assert len(found.clinical) == 8
    many = Verdict(reasons=tuple(Reason(rule="R27", level=Level.REFUSE, what=f"{n}") for n in range(7)))
    assert len(many.shown) == 7
    assert Verdict(reasons=()).level is Level.ALLOW


def test_a_preparation_given_to_the_gate_stands_in_place_of_the_one_in_the_case() -> None:
    short = mixed(drawn=Dose.of(300, ONA))
    case = answered(request={"preparation": short})
    assert check(USUAL, case, KNOWLEDGE).verdict.level is Level.REFUSE
    assert check(USUAL, case, KNOWLEDGE, mixed()).verdict.level is Level.ALLOW


def test_only_the_gate_makes_a_checked_plan() -> None:
    checked = check(USUAL, answered(), KNOWLEDGE)
    assert checked.passes
    assert checked.limits
    with pytest.raises(TypeError, match=r"only by collis\.safety\.check\.check"):
        CheckedPlan(plan=USUAL, verdict=checked.verdict, limits=(), seal=object())


def test_a_refused_plan_does_not_pass_and_one_that_cannot_be_judged_does() -> None:
    assert not check(plan(("splenius_capitis", "left", 1000)), answered(), KNOWLEDGE).passes
    assert check(USUAL, answered(safety={"allergies": UNKNOWN}), KNOWLEDGE).passes


def test_a_product_nobody_knows_is_bad_input() -> None:
    with pytest.raises(BadInput, match="product"):
        check(plan((SCM, "left", 20), product="saltwater"), answered(), KNOWLEDGE)


def test_an_unchecked_label_warns_on_every_plan() -> None:
    assert verdict_level(plan((SCM, "left", 20), product=LAN)) is Level.WARN


def test_the_same_question_gets_the_same_answer() -> None:
    assert verdict() == verdict()


def test_lists_of_words_read_as_a_sentence() -> None:
    assert [join([]), join(["a"]), join(["a", "b"]), join(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_a_vial_expired_on_the_visit_day_is_in_date_and_the_verdict_allows() -> None:
    assert check(USUAL, answered(), KNOWLEDGE, mixed(diluent_ml=Decimal("1.0"))).verdict.level is Level.ALLOW


def test_answers_that_differ_only_from_unknown_to_no_never_make_the_verdict_stricter() -> None:
    for naive in Answer:
        if naive is Answer.YES:
            continue
        before = verdict_level(
            spread(240, ABO), answered(region="EU", safety={"toxin_naive": Answer.UNKNOWN})
        )
        after = verdict_level(spread(240, ABO), answered(region="EU", safety={"toxin_naive": naive}))
        assert after.strictness <= before.strictness
