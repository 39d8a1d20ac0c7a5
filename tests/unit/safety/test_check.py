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
from collis.knowledge.redflags import RedFlag, Tier
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


@pytest.mark.parametrize("flag", [*STOP, *HOLD], ids=lambda f: f.key)
def test_SCREEN_a_standing_flag_refuses_every_plan(flag: RedFlag) -> None:
    found = verdict(USUAL, answered(flags={flag.key: "yes"}))
    assert found.level is Level.REFUSE
    (reason,) = found.of_rule(flag.id)
    assert (reason.level, reason.harm, reason.overridable) == (Level.REFUSE, 10, flag.tier is Tier.HOLD)
    assert reason.ground is not None
    assert reason.action.startswith("Work it up first; cleared by: ")


def test_SCREEN_what_was_cleared_refuses_nothing() -> None:
    cleared = FlagReply(answer=FlagAnswer.CLEARED, done="MRI normal", on=VISIT)
    case = replace(answered(), flags={**all_flags("no"), "cord_signs": cleared, "fixed_posture": cleared})
    assert verdict(USUAL, case).level is Level.ALLOW


def test_SCREEN_unanswered_flags_join_the_line_of_what_is_missing() -> None:
    first = verdict(USUAL, answered(flags=dict.fromkeys(FLAG_KEYS, "unknown")))
    (line,) = first.of_rule("SCREEN")
    assert line.what == "Cannot judge yet: 12 red flags not answered."
    assert line.harm == 10
    assert line.asks.startswith("sudden onset, recent trauma, ")
    two = verdict(USUAL, answered(flags={"cord_signs": "unknown", "fixed_posture": "unknown"}))
    assert two.of_rule("SCREEN")[0].what == "Cannot judge yet: cord signs and fixed posture not answered."
    again = verdict(USUAL, treated(flags=dict.fromkeys(FLAG_KEYS, "unknown")))
    assert again.of_rule("SCREEN")[0].what == "Cannot judge yet: 7 red flags not answered."


def test_SCREEN_holds_not_asked_again_leave_a_later_visit_alone() -> None:
    case = treated(flags={f.key: "unknown" for f in HOLD})
    assert not verdict(USUAL, case).of_rule("SCREEN")


def test_SCREEN_family_history_is_a_remark_and_other_cautions_speak_by_their_rule() -> None:
    found = verdict(USUAL, answered(flags={"family_history": "yes"}))
    assert (found.level, [r.kind for r in found.of_rule("RF12b")]) == (Level.ALLOW, [Kind.NOTE])
    found = verdict(USUAL, answered(flags={"pregnancy": "yes"}))
    assert [r.level for r in found.of_rule("R40")] == [Level.WARN]
    assert not found.of_rule("RF13b")


def test_LABEL_old_age_warns_where_the_label_asks_for_a_low_start() -> None:
    def warned(age: int | None) -> list[Reason]:
        case = answered(patient={"age_years": age})
        return [r for r in verdict(USUAL, case).of_rule("LABEL") if r.level is Level.WARN]

    (line,) = warned(65)
    assert (line.level, line.what) == (Level.WARN, "Age 65 years; label: start at the low end of the range.")
    assert line.ground is not None
    assert not warned(64)
    assert not warned(None)
    typed = plan(("splenius_capitis", "left", 2500), product="rimabotulinumtoxinB")
    found = verdict(typed, answered(region="EU", patient={"age_years": 80})).of_rule("LABEL")
    assert [r.kind for r in found] == [Kind.NOTE]


def test_LABEL_a_warning_about_a_planned_muscle_is_spoken() -> None:
    (line,) = verdict(plan(("levator_scapulae", "left", 20)), answered(region="JP")).of_rule("LABEL")
    assert (
        line.what == "Levator scapulae is planned; label: levator scapulae: dysphagia and airway infection."
    )
    assert not verdict(USUAL, answered(region="JP")).of_rule("LABEL")
    both = plan(("splenius_capitis", "left", 150), ("splenius_capitis", "right", 150), product=ABO)
    assert verdict(both, answered(region="EU")).of_rule("LABEL")
    one = plan(("splenius_capitis", "left", 250), product=ABO)
    assert not verdict(one, answered(region="EU")).of_rule("LABEL")


def test_LABEL_a_warning_no_answer_decides_is_a_remark() -> None:
    found = verdict(plan((SCM, "left", 20), product="daxibotulinumtoxinA")).of_rule("LABEL")
    assert [(r.kind, r.what) for r in found] == [(Kind.NOTE, "Label: caution in heart and vessel disease.")]


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
