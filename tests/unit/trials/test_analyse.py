"""What an analysis finds in a made-up trial whose effects are known."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pyarrow import parquet

from collis.errors import BadInput
from collis.trials import mixed
from collis.trials.analyse import analyse
from collis.trials.ancova import ancova
from collis.trials.proportions import exact
from collis.trials.questions import EndPoint, Kind
from collis.trials.records import open_records
from collis.trials.scored import score_people, widen
from collis.trials.survival import curve
from tests.unit.trials import made_up

WEEK_4 = EndPoint(name="week 4", kind=Kind.CHANGE, weeks=(4.0,))
ARMS = ("placebo", "toxin")


@pytest.fixture(scope="module")
def analysis(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trial")
    with made_up.records(made_up.tables(people=8000), folder) as records:
        return analyse(records, made_up.question())


def _scored(made, folder, end_point=WEEK_4):
    records = made_up.records(made, folder)
    score_people(records, end_point, table="scored")
    records.run("DELETE FROM scored WHERE y IS NULL")
    return records


def test_the_known_effect_is_found(analysis):
    found = analysis.primary.differences["toxin"]
    assert found.low < -8.0 < found.high
    assert found.se < 0.3


def test_the_mixed_model_finds_the_same_effect(analysis):
    found = analysis.primary.repeated["toxin"]
    assert found.value == pytest.approx(analysis.primary.differences["toxin"].value, abs=0.1)
    assert analysis.primary.one_trial["toxin"].low < -8.0 < analysis.primary.one_trial["toxin"].high


@pytest.mark.parametrize("weighted", [False, True])
def test_the_covariance_analysis_of_sums_is_that_of_statsmodels(tmp_path, weighted):
    import statsmodels.api as sm

    with _scored(made_up.tables(people=400, weighted=weighted), tmp_path) as records:
        fit = ancova(records, table="scored", arms=ARMS)
        rows = records.arrays("SELECT arm, weight, b, y FROM scored ORDER BY person")
    design = np.column_stack([np.ones(len(rows["b"])), rows["arm"] == "toxin", rows["b"]]).astype(float)
    model = sm.WLS(rows["y"], design, weights=rows["weight"])
    other = model.fit(cov_type="HC0") if weighted else model.fit()
    found = fit.difference("toxin", "placebo")
    assert found.value == pytest.approx(other.params[1], rel=1e-9)
    assert found.se == pytest.approx(other.bse[1], rel=1e-8)
    assert fit.slope == pytest.approx(other.params[2], rel=1e-8)


def test_without_missing_visits_the_mixed_model_is_the_covariance_analysis(tmp_path):
    made = made_up.tables(people=300, leaving=0.0)
    total = made["visits"]["total"].to_numpy().copy()
    total[~np.isfinite(total)] = 40.0
    made["visits"] = made["visits"].set_column(2, "total", [total])
    with _scored(made, tmp_path) as records:
        single = ancova(records, table="scored", arms=ARMS).difference("toxin", "placebo")
        widen(records, WEEK_4, visits=made_up.VISITS, table="wide")
        fit = mixed.repeated(records, table="wide", arms=ARMS, visits=made_up.VISITS).at(4.0)
    several = fit.difference("toxin", "placebo")
    assert several.value == pytest.approx(single.value, rel=1e-7)
    assert several.se == pytest.approx(single.se, rel=1e-6)


def test_the_mixed_model_agrees_with_statsmodels_on_a_trial_with_missing_visits(tmp_path):
    with _scored(made_up.tables(people=200, leaving=0.3), tmp_path) as records:
        widen(records, WEEK_4, visits=made_up.VISITS, table="wide")
        ours = mixed.repeated(records, table="wide", arms=ARMS, visits=made_up.VISITS).at(4.0)
        rows = records.arrays("SELECT arm, b, y0, y1, y2, y3, y4 FROM wide ORDER BY person")
    theirs = mixed.sampled(
        arm=(rows["arm"] == "toxin").astype(int),
        baseline=rows["b"],
        changes=np.stack([rows[f"y{j}"] for j in range(5)], axis=1),
        arms=2,
        reference=0,
        visit=1,
    )
    assert theirs is not None
    mine = ours.difference("toxin", "placebo")
    assert mine.value == pytest.approx(theirs[0].value, abs=0.5 * mine.se)
    assert mine.se == pytest.approx(theirs[0].se, rel=0.15)


def test_kaplan_and_meier_equal_a_computation_by_hand():
    # Ten people: two lose it in week 4, one leaves in week 8, three lose it and one leaves in week 12, three stay.
    rows = np.array([[4, 2, 2, 2, 2], [8, 0, 1, 1, 1], [12, 3, 4, 4, 4], [16, 0, 3, 3, 3]], dtype=float)
    found = curve("toxin", rows)
    assert found.kept == pytest.approx((0.8, 0.8, 0.8 * 4 / 7, 0.8 * 4 / 7))
    assert found.at_risk == pytest.approx((10, 8, 7, 3))
    assert found.median == 12.0
    greenwood = 2 / (10 * 8) + 3 / (7 * 4)
    kept = 0.8 * 4 / 7
    wide = 1.959963984540054 * np.sqrt(greenwood) / abs(np.log(kept))
    assert found.low[2] == pytest.approx(kept ** np.exp(wide))
    assert found.high[2] == pytest.approx(kept ** np.exp(-wide))
    assert found.median_interval[1] is None


def test_a_loss_is_read_at_visits_and_who_leaves_counts_until_then(tmp_path):
    import pyarrow as pa

    made = made_up.tables(people=4, leaving=0.0)
    person = [0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 3]
    week = [4.0, 8.0, 12.0, 4.0, 8.0, 12.0, 4.0, 8.0, 4.0, 8.0, 12.0]
    gain = [10.0, 5.0, 2.0, 10.0, 1.0, 9.0, 10.0, 9.0, -1.0, -1.0, -1.0]
    baseline = made["people"]["baseline_total"].to_numpy()
    total = [baseline[p] - g for p, g in zip(person, gain, strict=True)]
    made["visits"] = pa.table({"person": pa.array(person, pa.int64()), "week": week, "total": total})
    made["sessions"] = made["sessions"].slice(0, 4)
    end = EndPoint(name="lasting", kind=Kind.LOSS, weeks=(4.0,), kept=0.2)
    with made_up.records(made, tmp_path) as records:
        score_people(records, end, table="scored")
        found = records.query("SELECT person, week, ended FROM scored ORDER BY person")
    assert found[:3] == [(0, 12.0, True), (1, 8.0, True), (2, 8.0, False)]
    assert found[3][1] is None, "who gained nothing has nothing to lose"


def test_a_missing_visit_is_left_out_of_a_change_counts_as_no_responder_and_may_be_carried(tmp_path):
    made = made_up.tables(people=40, leaving=0.0)
    visits = made["visits"].to_pydict()
    visits["total"] = [
        float("nan") if p == 1 and w >= 4 else t
        for p, w, t in zip(visits["person"], visits["week"], visits["total"], strict=True)
    ]
    import pyarrow as pa

    made["visits"] = pa.table(visits)
    ask = "SELECT y FROM scored WHERE person = 1"
    with made_up.records(made, tmp_path) as records:
        score_people(records, WEEK_4, table="scored")
        assert records.query(ask) == [(None,)]
        responder = EndPoint(name="r", kind=Kind.RESPONDER, weeks=(4.0,), least=0.2)
        score_people(records, responder, table="scored")
        assert records.query(ask)[0][0] == 0
        carried = EndPoint(name="c", kind=Kind.CHANGE, weeks=(4.0,), carried=True)
        score_people(records, carried, table="scored")
        (moved,) = records.query(ask)[0]
        (week_2,) = records.query(
            "SELECT v.total - p.baseline_total FROM visits v JOIN people p USING (person) WHERE person = 1 AND week = 2"
        )[0]
        assert moved == pytest.approx(week_2)


def test_the_flow_adds_up(analysis):
    for arm in analysis.flow.arms:
        assert arm.completed + sum(arm.left.values()) == arm.randomised == 4000


def test_side_effects_carry_exact_intervals(analysis):
    toxin = next(h for h in analysis.harms if h.arm == "toxin")
    assert toxin.share.low < 0.2 < toxin.share.high
    assert exact(cases=3, people=10).low == pytest.approx(0.0667, abs=1e-4)
    assert exact(cases=3, people=10).high == pytest.approx(0.6525, abs=1e-4)
    assert exact(cases=10, people=10).high == 1.0


def test_trials_of_the_design_s_size_spread_as_their_standard_error_says(analysis):
    replicates = analysis.primary.replicates
    assert replicates is not None
    assert replicates.trials == 100
    seen = replicates.of("toxin", "placebo")
    assert seen is not None
    expected = analysis.primary.differences["toxin"].se * np.sqrt(3900 / 40)
    assert (seen.high - seen.low) / (2 * 1.96) == pytest.approx(expected, rel=0.25)
    assert seen.told is not None
    assert seen.told > 0.95


def test_a_published_figure_is_met_or_the_miss_is_said(analysis):
    met = {(m.published.what.value, m.published.arm): m.inside for m in analysis.matches}
    assert met == {
        ("difference", "toxin"): True,
        ("change", "toxin"): False,
        ("weeks", "toxin"): None,
        ("event", "toxin"): True,
    }


def test_weights_move_the_baseline_and_the_number_people_are_worth(tmp_path):
    with made_up.records(made_up.tables(people=2000, weighted=True), tmp_path) as records:
        found = analyse(records, made_up.question(end_points=(WEEK_4,), published=()))
    total = next(t for t in found.baseline if t.column == "baseline_total")
    assert total.whole[0] > 47.0
    assert found.worth == pytest.approx(1600, rel=0.02)


def test_an_empty_directory_a_missing_one_and_a_lost_column_are_sentences(tmp_path):
    with pytest.raises(BadInput, match=r"no manifest\.json; expected the directory of a run"):
        open_records(tmp_path)
    with pytest.raises(BadInput, match="no such directory"):
        open_records(tmp_path / "nowhere")
    made = made_up.tables(people=20)
    made["visits"] = made["visits"].drop_columns(["total"])
    with pytest.raises(BadInput, match="table visits: read no column 'total'"):
        made_up.records(made, tmp_path)


def test_an_arm_nobody_designed_is_refused(tmp_path):
    with (
        made_up.records(made_up.tables(people=40), tmp_path) as records,
        pytest.raises(BadInput, match="an arm 'placebo'; expected one of the design's: toxin"),
    ):
        analyse(records, made_up.question(arms=("toxin",), reference="", per_arm={"toxin": 9}, published=()))


def test_an_end_point_without_people_says_so_and_the_rest_stands(tmp_path):
    late = EndPoint(name="late", kind=Kind.CHANGE, weeks=(40.0,))
    asked = made_up.question(end_points=(WEEK_4, late), published=())
    with made_up.records(made_up.tables(people=200), tmp_path) as records:
        found = analyse(records, asked)
    assert "0 people with a value" in found.answers[1].problem
    assert found.primary.differences


def test_a_run_of_the_store_is_opened_with_its_manifest(tmp_path):
    from collis.runs.execute import execute
    from collis.runs.job import Job, canonical
    from collis.runs.store import Store

    job = Job(
        name="made up",
        task="tests.unit.trials.made_up:shard",
        design=canonical({"people": 40, "seed": 3}),
        shards=2,
        shard_size=20,
        fingerprint={"seed": "3"},
    )
    execute(job, Store(tmp_path))
    with open_records(tmp_path) as records:
        assert records.query("SELECT count(*) FROM people") == [(80,)]
        assert records.manifest["fingerprint"] == {"seed": "3"}
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text("".join(ledger.read_text().splitlines(keepends=True)[:1]))
    with pytest.raises(BadInput, match="a run with 1 of 2 shards missing; expected a finished run"):
        open_records(tmp_path)
    assert json.loads((tmp_path / "manifest.json").read_text())["shards"] == 2


def test_the_tables_are_plain_parquet(tmp_path):
    with made_up.records(made_up.tables(people=20), tmp_path):
        assert parquet.read_table(tmp_path / "people.parquet").num_rows == 20
