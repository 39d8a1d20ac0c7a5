"""What speaks beside the numbered rules: the screen, and what the label says of this patient and these muscles."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collis.case.case import Case
from collis.case.examination import Shift, ShiftGrade
from collis.case.history import FlagAnswer, FlagReply
from collis.knowledge.names import FLAG_KEYS
from collis.knowledge.redflags import RedFlag, Tier
from collis.reasons import Kind, Level, Reason
from collis.safety.check import check
from collis.safety.rules.beside import OF_MUSCLE, REMARKS
from collis.safety.verdict import Verdict
from tests.unit.safety.bedside import (
    ABO,
    DAXI,
    INCO,
    KNOWLEDGE,
    RIMA,
    SCM,
    USUAL,
    VISIT,
    YES,
    angle,
    answered,
    plan,
    treated,
)  # fmt: skip


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


def test_SCREEN_an_unanswered_stop_weighs_more_than_an_unanswered_hold() -> None:
    def harm(key: str) -> int:
        (line,) = verdict(USUAL, answered(flags={key: "unknown"})).of_rule("SCREEN")
        return line.harm

    assert {harm(f.key) for f in STOP} == {10}
    assert {harm(f.key) for f in HOLD} == {8}


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
    (line,) = verdict(plan(("levator_scapulae", "left", 20)), treated(region="JP")).of_rule("LABEL")
    assert (
        line.what == "Levator scapulae is planned; label: levator scapulae: dysphagia and airway infection."
    )
    assert not verdict(USUAL, treated(region="JP")).of_rule("LABEL")
    both = plan(("splenius_capitis", "left", 150), ("splenius_capitis", "right", 150), product=ABO)
    assert verdict(both, answered(region="EU")).of_rule("LABEL")
    one = plan(("splenius_capitis", "left", 250), product=ABO)
    assert not verdict(one, answered(region="EU")).of_rule("LABEL")


def test_LABEL_a_warning_no_answer_decides_is_a_remark() -> None:
    found = verdict(plan(("splenius_capitis", "left", 20), product=DAXI)).of_rule("LABEL")
    assert [(r.kind, r.what) for r in found] == [(Kind.NOTE, "Label: caution in heart and vessel disease.")]


def said(typed, case: Case | None = None) -> list[str]:
    """What stands under LABEL, in words."""
    return [r.what for r in verdict(typed, case).of_rule("LABEL")]


def test_SCREEN_fires() -> None:
    (line,) = verdict(USUAL, answered(flags={"cord_signs": "unknown"})).of_rule("SCREEN")
    assert (line.level, line.what) == (Level.CANNOT_JUDGE, "Cannot judge yet: cord signs not answered.")


def test_SCREEN_stays_silent() -> None:
    assert not verdict(USUAL, answered()).of_rule("SCREEN")
    assert not verdict(USUAL, answered(flags={"cord_signs": "yes"})).of_rule(
        "SCREEN"
    )  # the flag speaks itself


def test_LABEL_fires() -> None:
    assert said(plan((SCM, "left", 20), product=DAXI)) == [
        "Label: caution in heart and vessel disease.",
        "Label: limit the sternocleidomastoid dose to lessen dysphagia; no figure given.",
    ]


def test_LABEL_stays_silent() -> None:
    assert not said(plan(("splenius_capitis", "left", 20), product=INCO))
    assert not said(plan((SCM, "left", 0), ("splenius_capitis", "left", 20), product=INCO))
    assert not said(plan((SCM, "left", 20), product="neuronox"))


@pytest.mark.parametrize("product", [ABO, INCO])
def test_LABEL_lung_disease_is_remarked_where_the_label_names_it(product: str) -> None:
    typed = plan(("splenius_capitis", "left", 150), product=product)
    worse = "Label: breathing may worsen in those with breathing disease."
    assert said(typed, answered(safety={"lung_disease": YES})) == [worse]
    assert not said(typed)


def test_LABEL_what_is_thinly_known_of_a_first_session_is_remarked_at_the_first_alone() -> None:
    rima = plan(("splenius_capitis", "left", 1000), product=RIMA)
    assert said(rima) == ["Label: only nine naive people were ever studied."]
    assert not said(rima, treated())
    assert said(USUAL, answered(region="JP")) == [
        "Label: the Japanese text also gives a first dose for each muscle; the figures are not opened."
    ]
    assert not said(USUAL, treated(region="JP"))


def test_LABEL_a_table_nobody_opened_is_remarked_on_every_plan() -> None:
    (remark,) = said(plan(("splenius_capitis", "left", 1000), product=RIMA), treated(region="JP"))
    assert "figures are not opened" in remark


def test_LABEL_forms_a_trial_left_out_are_remarked_where_the_head_goes_forward_or_back_alone() -> None:
    typed = plan(("splenius_capitis", "left", 60), product=DAXI)
    back = {"flexion": angle(30, "back", "caput")}
    shifted = {"sagittal_shift": Shift(grade=ShiftGrade.MILD, toward=angle(1, "front").toward)}
    left_out = (
        "The trial left out mainly forward or backward forms."  # of a trial, so not as the label's word
    )
    for posture in (back, shifted, {**back, **shifted}):
        assert left_out in said(typed, answered(posture=posture))
    for other in ({}, {"turn": angle(30, "left", "caput")}, {**back, "turn": angle(30, "left", "caput")}):
        assert left_out not in said(typed, answered(posture=other))


SPOKEN_BY_A_RULE = {
    "both_scm", "halve_for_anterocollis", "small_neck", "boxed_spread", "albumin", "count_all_toxin",
}  # fmt: skip
FOR_THE_TALK = {"dysphagia_course", "driving", "blood_glucose", "heart_rate"}


def test_LABEL_no_warning_of_any_label_is_left_without_a_place() -> None:
    products = KNOWLEDGE.products.values()
    keys = {w.key for product in products for label in product.labels.values() for w in label.warnings}
    assert keys == {*OF_MUSCLE, *REMARKS, *SPOKEN_BY_A_RULE, *FOR_THE_TALK}
