"""Side effects in knowledge: published counts, what they were fitted to, and that the fit can be made anew."""

from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from collis.errors import BadInput, KnowledgeError
from collis.knowledge.harms import Count, DecidedBy, Effect, ExposureKind, build_counts, exposure_weights
from collis.knowledge.load import load
from collis.knowledge.names import Muscle
from collis.knowledge.reading import read_file, resolve
from collis.toxin.adverse import stored_draws
from tools.calibrate_harms import calibrate, chances_in_study, fit, own_shifts, priors_of, rows_of

KNOWLEDGE = load()
COUNTS = KNOWLEDGE.trial_safety
FITTED = [c for c in COUNTS if c.use == "fit"]
ENTRY = {
    "unit": "count",
    "source": "poewe_1998",
    "place": "table",
    "grade": "trial",
    "verified": True,
    "since": date(2026, 1, 1),
}


def of(trial: str, arm: str, event: str) -> Count:
    (found,) = [c for c in COUNTS if (c.trial, c.arm, c.event) == (trial, arm, event)]
    return found


def test_an_arm_counts_once_for_an_effect():
    trial = {"COMELLA2011_LABEL": "COMELLA2011"}
    seen = Counter((trial.get(c.trial, c.trial), c.product, c.units, c.effect) for c in FITTED)
    assert set(seen.values()) == {1}


def test_pools_that_hold_other_rows_are_not_fitted():
    assert not {c.trial for c in FITTED} & {"MYOBLOC_LABEL", "META_BTA", "META_BTB", "CDPROBE2015"}


def test_the_placebo_figures_of_the_dose_ladder_are_those_of_the_paper():
    swallowing, mouth = (of("POEWE1998", "placebo", event) for event in ("dysphagia", "dry_mouth"))
    assert (swallowing.cases, mouth.cases, swallowing.people) == (2, 1, 20)


@pytest.mark.parametrize(("event", "cases"), [("dysphagia", [2, 4, 5, 7]), ("neck_weakness", [0, 2, 2, 10])])
def test_the_dose_ladder_stands_as_published(event, cases):
    arms = ("placebo", "250_u", "500_u", "1000_u")
    found = [of("POEWE1998", arm, event) for arm in arms]
    assert [c.cases for c in found] == cases
    assert [c.units for c in found] == [0.0, 250.0, 500.0, 1000.0]
    assert all(c.entry.verified for c in found)


def test_a_percentage_becomes_people():
    assert of("DYSPORT_LABEL", "500_u", "dysphagia").cases == round(0.15 * 173)


def test_a_count_from_memory_is_marked():
    assert not of("COMELLA2005", "type_b", "dysphagia").entry.verified
    assert not of("BENECKE2005", "ona", "dysphagia").entry.verified


def test_every_fitted_arm_has_a_dose_on_the_common_axis():
    for c in FITTED:
        assert c.units is not None
        assert c.product == "placebo" or c.product in KNOWLEDGE.harms.potency
        assert sum(c.shares.values()) == pytest.approx(1.0, abs=0.005)


def table(**event: object) -> dict[str, object]:
    entry = {key: {"value": value, **ENTRY} for key, value in event.items() if key in ("cases", "people")}
    plain = {key: value for key, value in event.items() if key not in entry}
    shares = {"value": {"splenius_capitis": 1.0}, **ENTRY}
    about = {"value": "one arm", **ENTRY}
    arm = {"id": "a", "label": "a", "product": "placebo", "event": [{"id": "dysphagia", **plain, **entry}]}
    raw = {
        "plan": {"p": {"shares": shares}},
        "trial": [{"id": "T", "plan": "p", "about": about, "arm": [arm]}],
    }
    return resolve(raw, path="evidence.trial_safety", day=None)


def test_more_cases_than_people_are_refused():
    with pytest.raises(KnowledgeError, match="9 of 8 people"):
        build_counts(table(use="other", cases=9, people=8))


def test_an_unknown_use_is_refused():
    with pytest.raises(KnowledgeError, match="fit, check or other"):
        build_counts(table(use="perhaps", cases=1, people=8))


def test_a_fitted_count_without_a_dose_is_refused():
    with pytest.raises(KnowledgeError, match="needs effect, units and people"):
        build_counts(table(use="fit", effect="dysphagia", cases=1, people=8))


@pytest.mark.parametrize("effect", list(Effect))
def test_every_effect_says_what_to_do(effect):
    model = KNOWLEDGE.harms.effects[effect]
    for key in ("usual_course", "care", "next_session"):
        assert KNOWLEDGE.side_effect_fact(model.care, key).value
    assert model.severe.value
    assert model.studies


def test_a_product_without_curves_is_refused_by_name():
    with pytest.raises(BadInput, match="prabotulinumtoxinA"):
        KNOWLEDGE.harms.potency_of("prabotulinumtoxinA")


def test_the_serotype_comes_from_the_product():
    assert KNOWLEDGE.harms.is_serotype_b("rimabotulinumtoxinB")
    assert not KNOWLEDGE.harms.is_serotype_b("daxibotulinumtoxinA")


@pytest.mark.parametrize("kind", list(ExposureKind))
def test_every_muscle_has_a_weight(kind):
    weights = exposure_weights(KNOWLEDGE.harm_inputs, kind, KNOWLEDGE.swallow_weights)
    assert set(weights) == set(Muscle)
    assert min(weights.values()) >= 0.0


def test_a_muscle_without_a_weight_is_refused():
    with pytest.raises(KnowledgeError, match="no swallow weight for"):
        exposure_weights(KNOWLEDGE.harm_inputs, ExposureKind.SWALLOW, {Muscle.PLATYSMA: 1.0})


def test_what_the_counts_cannot_tell_is_the_priors_word():
    effects = KNOWLEDGE.harms.effects
    assert effects[Effect.DYSPHAGIA].serotype_b.decided_by is DecidedBy.DATA
    assert effects[Effect.NECK_WEAKNESS].serotype_b.decided_by is DecidedBy.PRIOR
    assert {getattr(effects[Effect.FLU_LIKE], n).decided_by for n in ("intercept", "log_slope")} == {
        DecidedBy.PRIOR
    }


def test_two_calibrations_give_the_same_bytes_and_the_shipped_figures(tmp_path: Path):
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        calibrate(KNOWLEDGE, folder)
    for name in ("harms.toml", "harms.npz"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    shipped = stored_draws(KNOWLEDGE.harms)
    with np.load(folders[0] / "harms.npz") as made:
        assert set(made.files) == set(shipped)
        for name in made.files:
            assert made[name] == pytest.approx(shipped[name], abs=1e-3)
    text = resolve(read_file(folders[0] / "harms.toml"), path="evidence.harms", day=None)
    estimate = text["effect"]["dysphagia"]["serotype_b"]["estimate"].value
    assert estimate == pytest.approx(KNOWLEDGE.harms.effects[Effect.DYSPHAGIA].serotype_b.value, abs=1e-3)


def test_the_fit_finds_the_curve_behind_drawn_counts():
    rows = rows_of(KNOWLEDGE, Effect.DYSPHAGIA, KNOWLEDGE.harm_inputs)
    truth = np.array([-2.0, 0.2, -3.0, 0.8, -0.7])
    shifts = np.exp(truth[4]) * np.array([0.5, -1.2, 0.3, 1.1, -0.4, 0.2, -0.8, 0.6])
    shares = chances_in_study(rows, truth, shifts[rows.study.astype(int)])
    many = type(rows)(
        cases=np.round(400 * shares),
        people=np.full(shares.shape, 400.0),
        scaled=rows.scaled,
        type_b=rows.type_b,
        study=rows.study,
        studies=rows.studies,
        counts=rows.counts,
    )
    found = fit(many, priors_of(KNOWLEDGE.harm_inputs))
    assert abs(found.centre - truth) == pytest.approx(np.zeros(5), abs=0.45)
    assert found.centre[1:4] == pytest.approx(truth[1:4], abs=0.25)
    predicted = chances_in_study(many, found.centre, own_shifts(many, found))
    assert predicted == pytest.approx(shares, abs=0.01)
