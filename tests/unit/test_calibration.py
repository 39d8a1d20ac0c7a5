"""The fit: it finds what made the data, counts nobody twice, and writes the same bytes for the same draws."""

from dataclasses import replace

import numpy as np
import pytest

from collis.course.population import load_population
from collis.knowledge.evidence import Use
from collis.knowledge.load import load
from collis.toxin.timecourse import Array
from collis.trials.arms import changes, draw_arm, reach_mean
from collis.trials.tables import PersonRows
from studies import calibration as study
from tools import calibrate
from tools.calibrate import STUDY, draws_of, filled, material_of, model_of, packed, rounded
from tools.response_fit import (
    Fit,
    Material,
    Posterior,
    find_mode,
    reach_location,
    sample,
    without_people,
)

KNOWLEDGE = load()
MODEL = model_of(KNOWLEDGE.response)
ROWS = KNOWLEDGE.evidence.used_for(Use.CALIBRATION)
RIMA = "rimabotulinumtoxinB"
WEEKS = (0.0, 2.0, 4.0, 8.0, 12.0, 16.0)


def people_of(arm: Array, units: float, first: int = 1) -> list[PersonRows]:
    return [
        PersonRows(
            patient=first + i, product=RIMA, units=units, weeks=WEEKS, scores=tuple(float(s) for s in one)
        )
        for i, one in enumerate(arm)
    ]


def test_free_parameters_come_with_their_priors_and_held_ones_stay():
    names = {p.name for p in MODEL.free}
    assert "half_dose_session_sd" not in names
    assert {"reach_mean", "half_life_type_b", "drift_sd"} <= names
    start = MODEL.population(Posterior(MODEL, Material(rows=ROWS)).start[None])
    assert start.half_life["type_b"][0] == pytest.approx(14)
    assert start.hill == 1.5


def test_the_location_of_the_reach_gives_its_mean():
    found = reach_location(np.array([0.05, 0.3, 0.8]), np.array([2.0, 1.0, 0.5]))
    assert reach_mean(found, np.array([2.0, 1.0, 0.5])) == pytest.approx([0.05, 0.3, 0.8], abs=1e-9)


def test_patients_are_taken_out_of_the_arm_means_they_are_in():
    generator = np.random.default_rng(2)
    everybody = np.cumsum(generator.normal(0, 4, (30, 6)), axis=1) + 45.0
    people = people_of(everybody, 5000.0)
    change = everybody[:, 2] - everybody[:, 0]
    row = replace(
        next(r for r in ROWS if r.trial == STUDY and r.units == 5000 and r.week == 4),
        n=30,
        change=float(change.mean()),
        se=float(change.std(ddof=1) / np.sqrt(30)),
        baseline=float(everybody[:, 0].mean()),
    )
    rest = without_people(row, people[:12], arm_size=30)
    assert rest is not None
    assert rest.n == 18
    assert rest.change == pytest.approx(change[12:].mean())
    assert rest.se == pytest.approx(change[12:].std(ddof=1) / np.sqrt(18))
    assert rest.baseline == pytest.approx(everybody[12:, 0].mean())
    assert without_people(row, people, arm_size=31) is None


def test_rows_nobody_checked_count_with_a_wider_error():
    by_row = {row.row: row for row in ROWS}
    for row in material_of(KNOWLEDGE).rows:
        own = by_row[row.row]
        assert own.se is not None
        assert row.se == pytest.approx(own.se if own.verified else 1.5 * own.se)


@pytest.mark.slow
def test_the_fit_finds_what_made_the_data():
    truth = load_population(KNOWLEDGE).typical()
    rows = [replace(row, se=0.15) for row in ROWS]
    change, slope = changes(truth, rows)
    made = tuple(replace(row, change=float(c)) for row, c in zip(rows, change[0], strict=True))
    mode, covariance, _ = find_mode(Posterior(MODEL, Material(rows=made)), 1)
    found = MODEL.population(mode[None])
    again, _ = changes(found, rows)
    assert again[0] == pytest.approx(change[0], abs=0.25)
    assert np.linalg.eigvalsh(covariance)[0] > 0
    assert slope.max() < 0


@pytest.mark.slow
def test_patients_tell_noise_drift_and_half_life():
    truth = load_population(KNOWLEDGE).typical().in_study(0.12)
    people = [
        one
        for k, units in enumerate((0.0, 5000.0, 10_000.0))
        for one in people_of(
            draw_arm(truth, RIMA, units, None, None, np.array(WEEKS), 40, 20 + k), units, first=1 + 100 * k
        )
    ]
    mode, covariance, _ = find_mode(Posterior(MODEL, Material(rows=(), people=tuple(people), study=STUDY)), 1)
    names = [p.name for p in MODEL.free]
    for name in ("noise_sd", "drift_sd", "half_life_type_b", "baseline_mean", "baseline_patient_sd"):
        i = names.index(name)
        miss = (mode[i] - np.log(truth.by_name()[name][0])) / np.sqrt(covariance[i, i])
        assert abs(miss) < 3, name


def small_fit(seed: int) -> Fit:
    """Draws about the priors' centre, few and quick."""
    posterior = Posterior(MODEL, Material(rows=ROWS[-10:]))
    covariance = np.diag(posterior.spread**2)
    vectors, effective = sample(posterior, posterior.start, covariance, draws=40, seed=seed, effort=200)
    return Fit(
        model=MODEL,
        mode=posterior.start,
        covariance=covariance,
        vectors=vectors,
        effective=effective,
        log_posterior=0.0,
    )


def test_two_fits_of_one_problem_give_the_same_bytes():
    first, again, other = small_fit(5), small_fit(5), small_fit(6)
    assert packed(draws_of(first)) == packed(draws_of(again))
    assert packed(draws_of(first)) != packed(draws_of(other))
    assert len(np.unique(first.vectors[:, 0])) > 20


def test_the_parameter_file_is_filled_in_and_its_words_stay():
    text = (calibrate.FOLDER / "response.toml").read_text("utf-8")
    found = small_fit(5)
    page = filled(
        text,
        KNOWLEDGE.response,
        draws_of(found),
        found=found,
        material=Material(rows=ROWS),
        patients_sha256="",
    )
    before, after = text.split("\n"), page.split("\n")
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        assert old == new or old.split(" = ")[0] == new.split(" = ")[0]
        if old.startswith(("prior", "centre", "#", "scale")):
            assert old == new


def test_draws_are_stored_to_six_digits():
    assert rounded(np.array([1.23456789, 123456.789])).tolist() == [1.23457, 123457.0]


def test_without_the_table_of_patients_their_part_counts_as_not_met(monkeypatch):
    monkeypatch.delenv(study.VARIABLE, raising=False)
    monkeypatch.setattr(study, "studies_left_out", lambda *_: {})
    for name in ("rows_in_the_fit", "exponents"):
        monkeypatch.setattr(study, name, lambda *_: [])
    monkeypatch.setattr(study, "verified_alone", lambda *_: study._not_run())
    measures = study.run(False)
    assert measures[-1].figure == "not run"
    assert not measures[-1].met
