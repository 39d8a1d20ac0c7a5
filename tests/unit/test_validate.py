"""The model held against tables: what goes into z, how forecasts are scored, and durations by each trial's rule."""

from __future__ import annotations

from dataclasses import replace
from math import inf, sqrt

import numpy as np
import pytest

from collis.errors import BadInput
from collis.knowledge.evidence import TOTAL, Rule, TrialRow
from collis.knowledge.load import load
from collis.trials.durations import median_duration, playable, validate_durations, virtual_trials
from collis.trials.forecast_scores import Drawn, Normal, interval, judged, mean_over, resampled
from collis.trials.tables import TrialsTable
from collis.trials.validate import rms_of, validate_patients, validate_trials
from tests.unit.made_up_people import made_up, small_population

POPULATION = small_population()
EVIDENCE = load().evidence


def arm(name: str = "NEW", **more: object) -> TrialRow:
    row = TrialRow(
        trial=name, arm="5000 U", product="rimabotulinumtoxinB", units=5000.0, n=30, baseline=45.0, baseline_sd=9.0,
        week=4.0, outcome=TOTAL, change=-9.0, se=1.5, placebo=False, verified=True, row=f"line {name}",
    )  # fmt: skip
    return replace(row, **more)  # type: ignore[arg-type]


def table(*rows: TrialRow) -> TrialsTable:
    return TrialsTable(rows=rows, remarks={}, left_out=(), sha256="x")


def test_z_is_the_miss_over_the_spread_of_sampling_and_model() -> None:
    scored = validate_trials(POPULATION, table(arm()), EVIDENCE.rows).rows[0]
    assert scored.z == pytest.approx((-9.0 - scored.predicted) / sqrt(scored.sd**2 + 1.5**2))
    assert scored.miss == pytest.approx(-9.0 - scored.predicted)


def test_the_spread_of_a_placebo_arm_holds_the_spread_between_studies() -> None:
    placebo = arm(units=0.0, placebo=True)
    drawn = validate_trials(POPULATION, table(placebo), ()).rows[0]
    known = validate_trials(POPULATION.in_study(0.1), table(placebo), ()).rows[0]
    assert drawn.sd > 1.2 * known.sd
    assert drawn.sd > 0.5


def test_a_row_is_foretold_alike_whatever_the_patients_did() -> None:
    first, second = (validate_trials(POPULATION, table(arm(change=c)), ()).rows[0] for c in (-9.0, 5.0))
    assert first.predicted == second.predicted


def test_a_row_without_a_baseline_takes_that_of_the_population() -> None:
    mean = float(np.mean(POPULATION.baseline_mean))
    without = validate_trials(POPULATION, table(arm(baseline=None)), ()).rows[0]
    given = validate_trials(POPULATION, table(arm(baseline=mean)), ()).rows[0]
    assert without.predicted == pytest.approx(given.predicted)


def test_a_row_that_calibrated_the_model_is_marked() -> None:
    known = arm("BRASHEAR1999")
    found = validate_trials(POPULATION, table(known, arm()), EVIDENCE.rows)
    assert [row.known for row in found.rows] == [True, False]
    assert [row.row.trial for row in found.unseen] == ["NEW"]


def test_the_root_mean_square_runs_over_the_misses() -> None:
    found = validate_trials(POPULATION, table(arm(), arm("B", change=-3.0)), ())
    assert found.rms == pytest.approx(sqrt(sum(r.miss**2 for r in found.rows) / 2))
    assert rms_of(()) is None
    assert validate_trials(POPULATION, table(), ()).rms is None


def test_the_model_forecasts_its_own_people_with_bands_that_hold() -> None:
    people = made_up(POPULATION, people=20, seed=11)
    ticks: list[int] = []
    found = validate_patients(
        POPULATION, people, given_through=4, seed=1, draws=300, tick=lambda: ticks.append(1)
    )
    assert len(ticks) == found.people == 60
    assert found.overall.ratings == 180
    assert list(found.by_week) == [8.0, 12.0, 16.0]
    low, high = found.coverage_80_interval
    assert low <= 0.8 <= high
    assert 0.4 < np.mean(found.places) < 0.6
    for name in ("carry_forward", "arm_mean"):
        assert found.baselines[name].crps_difference[2] < 0
    assert set(found.baselines) == {"carry_forward", "arm_mean", "arm_mean_change", "mixed_model"}


def test_the_same_table_and_seed_give_the_same_score() -> None:
    people = made_up(POPULATION, people=4, seed=2)
    first, second = (
        validate_patients(POPULATION, people, given_through=4, seed=5, draws=50) for _ in range(2)
    )
    assert first.overall == second.overall
    assert first.places == second.places


def test_more_visits_known_leave_fewer_to_foretell() -> None:
    people = made_up(POPULATION, people=3, seed=2)
    found = validate_patients(POPULATION, people, given_through=12, seed=5, draws=50)
    assert list(found.by_week) == [16.0]


def test_a_table_too_small_for_a_rule_says_so() -> None:
    people = made_up(POPULATION, people=2, seed=2)
    found = validate_patients(POPULATION, people, given_through=4, seed=5, draws=50)
    assert "mixed_model" in found.without
    assert "too few" in found.without["arm_mean"]


def test_a_week_with_nothing_after_it_is_refused_with_the_weeks_there_are() -> None:
    people = made_up(POPULATION, people=2, seed=2)
    with pytest.raises(BadInput, match=r"the weeks 0, 2, 4, 8, 12, 16"):
        validate_patients(POPULATION, people, given_through=16, seed=5, draws=50)


def test_the_table_that_calibrated_the_model_is_known_by_its_hash() -> None:
    people = made_up(POPULATION, people=2, seed=2)
    found = validate_patients(
        POPULATION, people, given_through=4, seed=5, draws=50, calibrated_on=people.sha256
    )
    assert found.known


def test_the_score_of_draws_from_a_normal_is_that_of_the_normal() -> None:
    rng = np.random.default_rng(1)
    observed = np.array([-1.0, 0.5, 4.0])
    drawn = Drawn(draws=rng.normal(1.0, 2.0, size=(3, 40_000)))
    normal = Normal(centre=np.full(3, 1.0), sd=np.full(3, 2.0))
    assert drawn.crps(observed) == pytest.approx(normal.crps(observed), abs=0.03)
    assert drawn.place(observed) == pytest.approx(normal.place(observed), abs=0.01)
    assert drawn.quantile(0.9) == pytest.approx(normal.quantile(0.9), abs=0.06)


def test_the_score_of_a_bare_number_is_its_absolute_error() -> None:
    drawn = Drawn(draws=np.full((2, 5), 30.0))
    assert drawn.crps(np.array([27.0, 30.0])) == pytest.approx([3.0, 0.0])
    assert drawn.place(np.array([27.0, 30.0])) == pytest.approx([0.0, 0.5])


def test_coverage_counts_what_lies_inside_the_middle_of_the_forecast() -> None:
    normal = Normal(centre=np.zeros(4), sd=np.ones(4))
    score = judged(normal, np.array([0.0, 1.0, 1.5, 3.0])).score()
    assert score.coverage == {50: 0.25, 80: 0.5, 95: 0.75}
    with pytest.raises(BadInput, match="no rating"):
        judged(normal, np.zeros(4)).score(np.zeros(4, dtype=bool))


def test_people_and_not_ratings_are_resampled() -> None:
    person = np.array([0, 0, 0, 1])
    weights = resampled(person, times=500, seed=1)
    assert set(weights.sum(axis=1)) == {2.0}
    means = mean_over(weights, person, np.array([1.0, 1.0, 1.0, 0.0]))
    assert set(means) == {0.0, 0.75, 1.0}
    assert interval(means) == (0.0, 1.0)


VISITS = (4.0, 8.0, 12.0, 16.0)


def person_losing_at(visit: int, gain: float = 10.0) -> list[float]:
    return [50.0] + [50.0 - gain if i < visit else 50.0 for i in range(len(VISITS))]


def played(*people: list[float], responders: float = 0.0, kept: float = 0.2) -> float:
    return median_duration(np.array(people), VISITS, judged_at=(4.0,), kept=kept, responders=responders)


def test_the_median_is_the_visit_at_which_half_have_lost_the_effect() -> None:
    assert played(person_losing_at(1), person_losing_at(2), person_losing_at(3)) == 12.0


def test_a_median_that_follow_up_does_not_reach_is_infinite() -> None:
    assert played(person_losing_at(4), person_losing_at(4), person_losing_at(1)) == inf


def test_who_gained_nothing_has_nothing_to_lose_and_is_not_counted() -> None:
    assert played(person_losing_at(2), person_losing_at(1, gain=-5.0), person_losing_at(1, gain=0.0)) == 12.0
    assert played(person_losing_at(1, gain=0.0)) == inf


def test_a_rule_for_responders_counts_only_those_with_the_share() -> None:
    weak, strong = person_losing_at(1, gain=5.0), person_losing_at(3, gain=20.0)
    assert played(weak, weak, strong) == 8.0
    assert played(weak, weak, strong, responders=0.2) == 16.0


def test_a_noisy_visit_ends_the_effect_even_where_it_comes_back() -> None:
    assert played([50.0, 40.0, 50.0, 40.0, 40.0]) == 8.0


def test_a_stricter_rule_never_lasts_longer() -> None:
    rows = [d for d in playable(EVIDENCE) if d.trial == "ASPEN1"]
    loose = validate_durations(POPULATION, EVIDENCE, tolerance=0.25, seed=1, trials=20)
    strict = validate_durations(
        POPULATION,
        replace(EVIDENCE, durations=tuple(replace(d, kept=0.8) for d in rows)),
        tolerance=0.25,
        seed=1,
        trials=20,
    )
    for before, after in zip(loose, strict, strict=False):
        assert after.row.arm == before.row.arm
        assert after.median is not None
        assert before.median is None or after.median <= before.median


def test_every_playable_duration_is_scored_on_its_own_visits() -> None:
    found = validate_durations(POPULATION, EVIDENCE, tolerance=0.25, seed=1, trials=20)
    assert len(found) == 7
    for d in found:
        assert d.row.rule is not Rule.OTHER
        assert d.median is None or d.median in d.row.visits
        assert d.within == (d.ratio is not None and abs(d.ratio - 1) <= 0.25)


def test_a_duration_without_a_number_of_patients_is_not_played() -> None:
    row = next(d for d in playable(EVIDENCE) if d.trial == "ASPEN1")
    unknown = replace(row, n=None)
    assert playable(replace(EVIDENCE, durations=(unknown,))) == ()
    with pytest.raises(BadInput, match="no number of patients"):
        virtual_trials(POPULATION, unknown, EVIDENCE, seed=1, trials=2)
