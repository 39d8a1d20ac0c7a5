"""Published arms as knowledge: what may calibrate, what was checked, and what a trial did not say."""

from __future__ import annotations

from collections import Counter
from datetime import date
from math import hypot

import pytest

from collis.errors import KnowledgeError
from collis.knowledge.evidence import TOTAL, Evidence, Rule, TrialRow, Use, build_evidence
from collis.knowledge.load import load
from collis.knowledge.names import PRODUCTS

EVIDENCE = load().evidence
CALIBRATION = EVIDENCE.used_for(Use.CALIBRATION)


def test_every_row_that_calibrates_is_a_change_of_the_total_with_a_standard_error_and_one_dose() -> None:
    assert len(CALIBRATION) == 25
    for row in CALIBRATION:
        assert row.outcome.startswith(TOTAL)
        assert row.se is not None
        assert row.units is not None
        assert row.product in PRODUCTS
        assert row.week > 0


def test_no_arm_calibrates_twice_at_a_visit() -> None:
    places = Counter((row.trial, row.units, row.week) for row in CALIBRATION)
    assert set(places.values()) == {1}


def test_only_arms_of_parallel_controlled_trials_calibrate() -> None:
    assert {row.trial for row in CALIBRATION} == {
        "BRASHEAR1999",
        "TRUONG2005",
        "COMELLA2011",
        "ASPEN1",
        "PAPPERT2008",
    }


def test_what_nobody_opened_is_not_called_verified() -> None:
    entries = [e for path, e in load().entries.items() if path.startswith("evidence.trial_")]
    assert len(entries) > 300
    assert not [e.path for e in entries if e.place == "not yet opened" and e.verified]
    assert not [e.path for e in entries if e.grade.value == "assumed" and e.verified]


def test_the_standard_errors_of_the_daxi_arms_give_back_the_published_ones_of_their_differences() -> None:
    arms = {row.units: row for row in CALIBRATION if row.trial == "ASPEN1"}
    published = {
        row.units: row.se
        for row in EVIDENCE.used_for(Use.VALIDATION)
        if row.trial == "ASPEN1" and row.se is not None
    }
    assert set(published) == {125.0, 250.0}
    for units, se in published.items():
        assert arms[0.0].se is not None
        assert arms[units].se is not None
        assert hypot(arms[0.0].se, arms[units].se or 0.0) == pytest.approx(se, abs=0.01)
        assert arms[units].se_assumed


def test_a_difference_between_arms_is_the_difference_of_their_changes() -> None:
    for difference in EVIDENCE.used_for(Use.VALIDATION):
        if not difference.outcome.endswith("diff_vs_placebo") or difference.units is None:
            continue
        same = [row for row in CALIBRATION if row.trial == difference.trial]
        placebo = next(row.change for row in same if row.placebo)
        active = next(row.change for row in same if row.units == difference.units)
        assert difference.change == pytest.approx(active - placebo, abs=1.3)


def test_an_arm_without_a_figure_is_kept_as_a_remark() -> None:
    said = {remark.trial for remark in EVIDENCE.remarks}
    assert said == {"POEWE1998", "COMELLA2005", "TASSORELLI2006"}


def test_a_duration_that_can_be_played_has_its_visits_and_its_rule() -> None:
    played = [d for d in EVIDENCE.durations if d.rule is not Rule.OTHER]
    assert {d.trial for d in played} == {"ASPEN1", "DAXI_PH2", "TRUONG2005", "BENECKE2005", "BRASHEAR1999"}
    for d in played:
        assert d.kept is not None
        assert list(d.visits) == sorted(d.visits)
        assert set(d.judged_at) <= set(d.visits)
        assert not d.percent


def entry(value: object, unit: str = "points") -> dict[str, object]:
    return {
        "value": value,
        "unit": unit,
        "source": "truong_2005",
        "place": "table",
        "grade": "trial",
        "verified": False,
        "since": date(2026, 1, 1),
    }


def built(*rows: dict[str, object]) -> Evidence:
    from collis.knowledge.reading import resolve

    arm = {
        "id": "a",
        "label": "500 Units",
        "products": ["abobotulinumtoxinA"],
        "placebo": False,
        "units": entry(500, "Units"),
        "row": list(rows),
    }
    tree = {"trial": [{"id": "T", "design": entry("x", "text"), "arm": [arm]}]}
    return build_evidence(resolve(tree, path="t", day=None), {})


def row(name: str, **more: object) -> dict[str, object]:
    return {
        "id": name,
        "outcome": TOTAL,
        "use": "calibration",
        "week": entry(4, "weeks"),
        "n": entry(25, "count"),
        "change": entry(-9),
        **more,
    }


def test_a_standard_deviation_becomes_a_standard_error_by_the_number_of_patients() -> None:
    assert built(row("w4", sd=entry(10))).rows[0].se == 2.0


def test_a_row_without_an_error_cannot_calibrate() -> None:
    with pytest.raises(KnowledgeError, match="needs a TWSTRS total and a standard error"):
        built(row("w4"))


def test_an_arm_that_calibrates_twice_is_refused() -> None:
    with pytest.raises(KnowledgeError, match="calibrate twice"):
        built(row("w4", se=entry(2)), row("again", se=entry(2)))


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(KnowledgeError, match="unknown key colour"):
        built(row("w4", se=entry(2), colour="red"))


def test_a_placebo_arm_has_no_units() -> None:
    with pytest.raises(KnowledgeError, match="placebo arm"):
        TrialRow(
            trial="T", arm="a", product="x", units=5.0, n=1, baseline=None, baseline_sd=None, week=4, outcome=TOTAL,
            change=0, se=1, placebo=True, verified=False, row="r",
        )  # fmt: skip
