"""Rules on what came before: intervals, other brands, cumulative Units, swallowing, lost response."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collis.case.patient import Answer
from collis.case.session import Session, SideEffect, SideEffectKind
from collis.knowledge.names import Muscle, MuscleSide
from collis.reasons import Kind
from collis.side import Side
from tests.unit.safety.bedside import (
    ABO,
    DAXI,
    INCO,
    ONA,
    RIMA,
    SCM,
    USUAL,
    answered,
    elsewhere,
    levels,
    plan,
    says,
    session,
    spread,
    toxin,
    treated,
)

RIMA_PLAN = plan(("splenius_capitis", "left", 2500), product=RIMA)
INCO_PLAN = plan(("splenius_capitis", "left", 60), product=INCO)


def test_R15_fires() -> None:
    (reason,) = says("R15", spread(210), treated(session(total=200, days=89)))
    assert reason.level == "refuse"
    assert reason.what.startswith("Total 210 Units after 200 Units given before; ")
    assert reason.action == "Lower the total to 200 Units or less."


def test_R15_counts_every_indication_and_doses_without_a_date() -> None:
    assert levels("R15", spread(210), elsewhere(toxin(30, ONA, 200, "spasticity"))) == {"refuse"}
    assert levels("R15", spread(210), elsewhere(toxin(None, ONA, 200, "spasticity"))) == {"refuse"}


def test_R15_cannot_judge_units_that_nobody_entered() -> None:
    for unknown in (toxin(30, ONA, None), toxin(30, None, None), toxin(None, None, None)):
        assert levels("R15", USUAL, elsewhere(unknown)) == {"cannot_judge"}


def test_R15_stays_silent() -> None:
    assert not says("R15", spread(200), treated(session(total=200, days=89)))
    assert not says("R15", spread(210), treated(session(total=200, days=90)))
    assert not says("R15", spread(210), elsewhere(toxin(30, ABO, 500)))
    assert not says("R15", USUAL, elsewhere(toxin(90, ONA, None)))
    assert not says("R15", USUAL, elsewhere(toxin(30, ABO, None)))
    assert not says(
        "R15", USUAL, answered(on=None, safety={"toxin_naive": Answer.NO, "other_toxin": (toxin(30),)})
    )
    assert not says("R15", RIMA_PLAN, elsewhere(toxin(30, None, None)))  # no cumulative limit there


def test_R25_fires() -> None:
    (reason,) = says("R25", RIMA_PLAN, treated(session(RIMA, total=5000, days=83)))
    assert reason.level == "refuse"
    assert reason.what.startswith("Toxin in the neck, 5,000 Units of rimabotulinumtoxinB was 83 days ago; ")
    assert reason.action == "Wait until 2026-11-11."


@pytest.mark.parametrize(
    ("days", "region", "expected"),
    [
        (69, "US", {"refuse"}),
        (70, "US", {"warn"}),  # the 12 weeks of this label are not checked yet
        (83, "US", {"warn"}),
        (84, "US", set()),
        (69, "EU", {"refuse"}),
        (70, "EU", {"warn"}),
        (83, "EU", {"warn"}),
        (84, "EU", set()),
        (55, "JP", {"refuse"}),
        (56, "JP", set()),
    ],
)
def test_R25_by_days_and_region(days: int, region: str, expected: set[str]) -> None:
    assert levels("R25", USUAL, treated(session(total=100, days=days), region=region)) == expected


def test_R25_counts_toxin_elsewhere_that_reached_the_neck() -> None:
    for reach in (
        {"in_neck": True},
        {"indication": "cervical_dystonia"},
        {"muscles": (MuscleSide(Muscle.TRAPEZIUS_UPPER, Side.LEFT),)},
    ):
        assert levels("R25", USUAL, elsewhere(toxin(42, ONA, 20, **reach))) == {"refuse"}


def test_R25_warns_of_a_small_distant_dose_and_refuses_a_large_one() -> None:
    (reason,) = says("R25", USUAL, elsewhere(toxin(42, ONA, 155)))
    assert reason.level == "warn"
    assert "doses far from the neck" in reason.what
    assert reason.what.startswith(
        "Toxin elsewhere for migraine, 155 Units of onabotulinumtoxinA was 42 days ago; "
    )
    (reason,) = says("R25", USUAL, elsewhere(toxin(42, ONA, 155, "other")))
    assert reason.what.startswith("Toxin elsewhere, 155 Units")
    assert levels("R25", USUAL, elsewhere(toxin(42, ONA, 198))) == {"warn"}
    large = says("R25", USUAL, elsewhere(toxin(42, ONA, 199, "spasticity")))
    assert [r.level for r in large] == ["refuse"]
    assert "far from" not in large[0].what


def test_R25_cannot_judge_a_distant_dose_of_unknown_size() -> None:
    assert levels("R25", USUAL, elsewhere(toxin(42, ONA, None))) == {"cannot_judge"}
    assert levels("R25", USUAL, elsewhere(toxin(42, None, None))) == {"cannot_judge"}
    assert levels("R25", USUAL, elsewhere(toxin(42, None, None, in_neck=True))) == {"refuse"}


def test_R25_cannot_judge_what_was_not_told() -> None:
    def asks(**safety: Answer) -> list[tuple[str, str]]:
        return [(r.level.value, r.asks) for r in says("R25", USUAL, answered(safety=safety))]

    assert asks(toxin_naive=Answer.UNKNOWN) == [("cannot_judge", "toxin before")]
    assert asks(toxin_naive=Answer.NO) == [("cannot_judge", "")]
    assert asks(toxin_naive=Answer.UNKNOWN, toxin_elsewhere=Answer.UNKNOWN) == [
        ("cannot_judge", "toxin before"),
        ("cannot_judge", "toxin elsewhere or for another reason"),
    ]
    assert asks(toxin_naive=Answer.NO, toxin_elsewhere=Answer.YES) == [("cannot_judge", "")]
    assert asks(toxin_naive=Answer.UNKNOWN, toxin_elsewhere=Answer.YES) == [
        ("cannot_judge", "toxin before"),
        ("cannot_judge", ""),
    ]
    assert levels("R25", USUAL, elsewhere(toxin(None))) == {"cannot_judge"}
    assert levels("R25", USUAL, answered(on=None)) == {"cannot_judge"}


def test_R25_takes_toxin_of_the_same_day_as_one_session() -> None:
    (remark,) = says("R25", USUAL, elsewhere(toxin(0)))
    assert (remark.level, remark.kind) == ("allow", Kind.NOTE)
    assert levels("R25", USUAL, treated(session(total=100, days=0))) == {"refuse"}
    (one,) = says("R25", USUAL, elsewhere(toxin(1)))
    assert "1 day ago" in one.what


def test_R25_stays_silent() -> None:
    assert not says("R25")
    assert not says("R25", USUAL, treated())
    assert not says("R25", USUAL, elsewhere(toxin(84)))
    assert not says("R25", USUAL, treated(session(INCO, total=100, days=30)))  # R26 speaks


def test_R26_fires() -> None:
    assert levels("R26", USUAL, treated(session(INCO, total=100, days=69))) == {"refuse"}
    assert levels("R26", USUAL, treated(session(INCO, total=100, days=83))) == {"warn"}
    assert levels("R26", USUAL, elsewhere(toxin(42, ABO, 100, "hyperhidrosis"))) == {"warn"}
    assert levels("R26", USUAL, elsewhere(toxin(42, ABO, 1000, "spasticity"))) == {"refuse"}
    (today,) = says("R26", USUAL, elsewhere(toxin(0, INCO, 20, in_neck=True)))
    assert today.level == "refuse"
    assert "was today" in today.what
    assert levels("R26", USUAL, elsewhere(toxin(42, "prabotulinumtoxinA", 20, "cosmetic"))) == {"warn"}
    assert levels("R26", USUAL, elsewhere(toxin(42, DAXI, 250, "cosmetic"), region="EU")) == {
        "warn"
    }  # no label


def test_R26_stays_silent() -> None:
    assert not says("R26", USUAL, treated(session(INCO, total=100, days=84)))
    assert not says("R26", USUAL, treated(session(ONA, total=100, days=30)))
    assert not says("R26", USUAL, elsewhere(toxin(None, INCO, 20)))
    assert not says("R26", USUAL, elsewhere(toxin(30, None, None)))
    assert not says("R26", USUAL, answered(on=None))


def test_R44_fires() -> None:
    past = session(ONA, (SCM, "right", 40), dysphagia=2)
    (reason,) = says("R44", plan((SCM, "right", 35)), treated(past))
    assert reason.level == "warn"
    assert reason.what == (
        "Sternocleidomastoid 35 Units together; after the swallowing trouble of last time at most 30 Units there."
    )
    (reason,) = says("R44", plan((SCM, "right", 10)), treated(session(ABO, (SCM, "right", 40), dysphagia=2)))
    assert reason.ground is not None
    assert "not known for this product" in reason.what
    (reason,) = says(
        "R44",
        plan(("scalenus_medius", "right", 15), (SCM, "left", 15)),
        treated(session(total=200, dysphagia=2)),
    )
    assert "sternocleidomastoid and scalenus medius are planned" in reason.what


def test_R44_counts_a_lumped_scalene_line_in_full_for_each_scalene() -> None:
    past = session(ONA, ("scalenes", "right", 40), dysphagia=2)
    assert levels("R44", plan(("scalenus_medius", "right", 31)), treated(past)) == {"warn"}
    assert not says("R44", plan(("scalenus_medius", "right", 30)), treated(past))


def test_R44_stays_silent() -> None:
    past = session(ONA, (SCM, "right", 20), (SCM, "left", 20), dysphagia=2)
    assert not says("R44", plan((SCM, "right", 30)), treated(past))
    assert not says("R44", plan((SCM, "right", 40)), treated(session(ONA, (SCM, "right", 40))))
    assert not says("R44", plan(("splenius_capitis", "right", 40)), treated(past))
    assert not says("R44", USUAL)


def with_effects(past: Session, *effects: SideEffect, asked: Answer = Answer.UNKNOWN) -> Session:
    return replace(past, side_effects=effects, side_effects_asked=asked)


def dysphagia(grade: int, *days: int) -> SideEffect:
    from_day, to_day = days or (None, None)
    return SideEffect(kind=SideEffectKind.DYSPHAGIA, grade=grade, from_day=from_day, to_day=to_day)


def test_R44_remembers_the_worst_of_every_session() -> None:
    earlier = session(ONA, (SCM, "right", 40), days=300, dysphagia=2)
    last = session(ONA, (SCM, "right", 40))
    (reason,) = says("R44", plan((SCM, "right", 35)), treated(earlier, last))
    assert reason.what.endswith(f"after the swallowing trouble of {earlier.on} at most 30 Units there.")


def test_R44_wants_swallowing_tested_first_after_a_severe_one() -> None:
    past = with_effects(session(ONA, (SCM, "right", 40), days=300), dysphagia(3, 4, 30))
    (reason,) = says("R44", plan(("splenius_capitis", "left", 60)), treated(past, session(total=200)))
    assert (reason.level, reason.harm) == ("warn", 9)
    assert reason.what == f"Severe trouble swallowing after the session of {past.on}, days 4 to 30."
    assert reason.action.startswith("Swallow test first")
    (reason,) = says("R44", plan(("splenius_capitis", "left", 60)), treated(session(total=200, dysphagia=3)))
    assert reason.what == "Severe trouble swallowing last time."


def test_R44_repeats_a_mild_one_of_last_time() -> None:
    (reason,) = says("R44", USUAL, treated(with_effects(session(total=200), dysphagia(1, 8, 20))))
    assert reason.what == "Mild trouble swallowing last time, days 8 to 20."
    assert reason.action == "Book the swallow check for days 7 to 14."
    assert (reason.level, reason.harm) == ("warn", 2)


def test_R44_asks_for_side_effects_nobody_recorded() -> None:
    for answer in (Answer.UNKNOWN, Answer.NO):
        (reason,) = says("R44", USUAL, treated(with_effects(session(total=200), asked=answer)))
        assert (reason.level, reason.asks) == ("cannot_judge", "side effects after the last session")
    assert not says("R44", USUAL, treated(with_effects(session(total=200), asked=Answer.YES)))
    old = with_effects(session(total=200, days=300))
    assert not says("R44", USUAL, treated(old, session(total=200)))
    dry = SideEffect(kind=SideEffectKind.DRY_MOUTH, grade=1)
    assert not says("R44", USUAL, treated(with_effects(session(total=200), dry)))


def test_R49_fires() -> None:
    past = [session(total=100, days=400 - 100 * n, benefit=b) for n, b in enumerate((50, 24, 10))]
    (remark,) = says("R49", USUAL, treated(*past))
    assert (remark.level, remark.kind) == ("allow", Kind.NOTE)


@pytest.mark.parametrize(
    "benefits", [(50, 24), (50,), (49, 20, 20), (60, 25, 20), (60, 20, 25), (10, 60, 20)]
)
def test_R49_stays_silent(benefits: tuple[float, ...]) -> None:
    past = [session(total=100, days=500 - 100 * n, benefit=b) for n, b in enumerate(benefits)]
    assert not says("R49", USUAL, treated(*past))
    assert not says("R49", USUAL, treated(session(total=100, days=90), *past))


def test_a_product_without_an_interval_on_file_is_judged_by_none() -> None:
    assert not says(
        "R25", plan((SCM, "left", 20), product="neuronox"), treated(session("neuronox", total=100, days=3))
    )
    assert not says("R26", INCO_PLAN, treated(session(DAXI, total=100, days=70), region="JP"))
