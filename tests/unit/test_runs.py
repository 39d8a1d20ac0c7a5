"""Runs: the same bytes from every engine, nothing computed twice, nothing of two versions mixed."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet

from collis.errors import BadInput
from collis.runs.execute import execute
from collis.runs.job import Job, RunStopped, canonical, code_hash, shard_seed
from collis.runs.store import Store
from collis.runs.work import Failed, work
from tests.fixtures.shard_tasks import calls, job, tree


@pytest.fixture
def counted(tmp_path):
    folder = tmp_path / "calls"
    folder.mkdir()
    return folder


def test_every_engine_leaves_the_same_bytes(tmp_path):
    execute(job(), Store(tmp_path / "serial"))
    execute(job(), Store(tmp_path / "processes"), engine="processes", workers=2)
    execute(job(), Store(tmp_path / "dask"), engine="dask", workers=2)
    assert tree(tmp_path / "serial") == tree(tmp_path / "processes") == tree(tmp_path / "dask")
    assert len(tree(tmp_path / "serial")) == 2 + 2 * 6


def test_bytes_do_not_depend_on_how_a_table_lies_in_memory():
    whole, pieces = (
        work(f"tests.fixtures.shard_tasks:{name}", job().design, 1, ()) for name in ("people", "chunked")
    )
    assert whole == pieces
    assert not isinstance(whole, Failed)


def test_the_tables_come_back_as_they_were(tmp_path):
    execute(job(), Store(tmp_path / "run"))
    result = Store(tmp_path / "run").result()
    assert result.rows == {"people": 120, "visits": 240}
    people = parquet.read_table(result.parts["people"][2])
    assert people["person"].to_pylist() == list(range(40, 60))
    assert set(people["arm"].to_pylist()) == {"active", "placebo"}


def test_each_shard_has_its_own_chance_and_always_the_same():
    drawn = [np.random.default_rng(shard_seed(7, shard)).random() for shard in (0, 1, 2, 1)]
    assert len(set(drawn)) == 3
    assert drawn[1] == drawn[3]


def test_a_job_that_cannot_run_is_refused_at_birth():
    with pytest.raises(BadInput, match=r"package\.module:function"):
        replace(job(), task="no function")
    with pytest.raises(BadInput, match="canonical JSON"):
        replace(job(), design='{"b": 1, "a": 2}')
    with pytest.raises(BadInput, match="no JSON"):
        replace(job(), design="{")
    with pytest.raises(BadInput, match="shards: read 0; expected 1 or more"):
        replace(job(), shards=0)
    with pytest.raises(BadInput, match="job name"):
        replace(job(), name=" ")
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical(float("nan"))


def test_a_fingerprint_follows_the_code(tmp_path, monkeypatch):
    (tmp_path / "drawn").mkdir()
    (tmp_path / "drawn" / "__init__.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    first = code_hash("drawn")
    code_hash.cache_clear()
    (tmp_path / "drawn" / "__init__.py").write_text("x = 2\n")
    assert code_hash("drawn") != first
    assert job().fingerprint["code of collis.runs"] == code_hash("collis.runs")
    with pytest.raises(BadInput, match="no_such_package"):
        code_hash("no_such_package.inner")


def test_progress_counts_shards_people_and_what_is_left(tmp_path):
    heard: list[tuple[int, int, float, float | None]] = []
    execute(job(shards=3), Store(tmp_path / "run"), progress=lambda *told: heard.append(told))
    assert [told[:2] for told in heard] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert heard[0][2:] == (0.0, None)
    assert heard[-1][3] == 0.0
    assert all(told[2] > 0 for told in heard[1:])


def test_a_finished_run_is_not_computed_again(tmp_path, counted):
    asked = job(calls=str(counted))
    execute(asked, Store(tmp_path / "run"))
    before = tree(tmp_path / "run")
    ran = execute(asked, Store(tmp_path / "run"), engine="processes")
    assert (ran.computed, ran.kept, ran.mended) == (0, 6, ())
    assert tree(tmp_path / "run") == before
    assert set(calls(counted).values()) == {1}


def test_a_task_that_raises_is_named_with_its_lowest_shard_and_not_tried_again(tmp_path, counted):
    asked = job(calls=str(counted), faulty=[2, 3])
    said = set()
    for engine in ("serial", "processes"):
        with pytest.raises(RunStopped) as stopped:
            execute(asked, Store(tmp_path / engine), engine=engine)
        said.add(f"{stopped.value}")
        assert {0, 1} <= set(calls(counted))
        assert max(calls(counted).values()) <= 2
        assert (tmp_path / engine / "ledger.jsonl").read_text().count("\n") >= 2
    assert len(said) == 1
    assert said.pop().startswith(
        "small trial, shard 2: ZeroDivisionError: no people in 2 (shard_tasks.py, line "
    )


def test_a_refusal_inside_a_task_reads_as_it_was_written(tmp_path):
    with pytest.raises(RunStopped, match=r"shard 0: age: read -1; expected 0 or more\. It was not"):
        execute(job(refused=[0]), Store(tmp_path / "run"))


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("nothing", "tables by name, at least one"),
        ("untyped", "column left_reason"),
        ("absent", "a function of the module"),
    ],
)
def test_a_task_of_the_wrong_shape_is_told_so(tmp_path, task, said):
    with pytest.raises(RunStopped, match=said):
        execute(job(task=task), Store(tmp_path / "run"))


def test_a_module_no_worker_has_is_told_so(tmp_path):
    with pytest.raises(RunStopped, match="a module that this worker can import"):
        execute(replace(job(), task="no_such_module:people"), Store(tmp_path / "run"))


def test_a_worker_of_another_version_is_refused(tmp_path):
    other = {**job().fingerprint, "version of numpy": "1.0"}
    with pytest.raises(RunStopped, match=r"version of numpy of the run is 1\.0, this worker has 2"):
        execute(replace(job(), fingerprint=other), Store(tmp_path / "run"))
    assert not (tmp_path / "run" / "tables").exists()


def test_another_version_is_not_mixed_in_and_each_is_named(tmp_path):
    execute(job(), Store(tmp_path / "run"))
    before = tree(tmp_path / "run")
    with pytest.raises(BadInput, match="knowledge version read k1, this run has k2"):
        execute(job(knowledge="k2"), Store(tmp_path / "run"))
    with pytest.raises(BadInput, match=r"seed read 7, this run has 8.*design\.seed read 7, this run has 8"):
        execute(job(seed=8), Store(tmp_path / "run"))
    with pytest.raises(BadInput, match="shards read 6, this run has 7"):
        execute(job(shards=7), Store(tmp_path / "run"))
    assert tree(tmp_path / "run") == before


def test_versions_are_named_before_a_long_list_of_changes_of_design(tmp_path):
    asked: dict[str, Any] = {f"a{n}": n for n in range(9)}
    changed: dict[str, Any] = {f"a{n}": -1 for n in range(9)}
    execute(job(shards=1, **asked), Store(tmp_path / "run"))
    with pytest.raises(BadInput, match=r"knowledge version read k1.*and 5 more of the design"):
        execute(job(shards=1, knowledge="k2", **changed), Store(tmp_path / "run"))


def test_a_directory_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "holiday.jpg").write_text("sea")
    with pytest.raises(BadInput, match=r"'holiday\.jpg' and no manifest of a run"):
        execute(job(), Store(tmp_path))
    assert [file.name for file in tmp_path.iterdir()] == ["holiday.jpg"]
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(BadInput, match=r"a manifest\.json of another form"):
        execute(job(), Store(tmp_path))
    assert len(list(tmp_path.iterdir())) == 2


def test_an_unfinished_run_has_no_result(tmp_path):
    with pytest.raises(BadInput, match=r"no manifest\.json"):
        Store(tmp_path).result()
    with pytest.raises(RunStopped):
        execute(job(faulty=[4]), Store(tmp_path / "run"))
    with pytest.raises(BadInput, match="2 of 6 shards missing"):
        Store(tmp_path / "run").result()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"engine": "gpu"}, "serial, processes or dask"),
        ({"engine": "serial", "address": "tcp://a:1"}, "address"),
        ({"engine": "processes", "workers": 0}, "1 or more"),
        ({"engine": "dask", "address": "tcp://a:1", "workers": 2}, "one of the two"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(tmp_path, asked, said):
    with pytest.raises(BadInput, match=said):
        execute(job(), Store(tmp_path / "run"), **asked)
    assert not (tmp_path / "run").exists()


def test_the_manifest_holds_the_design_and_every_version(tmp_path):
    execute(job(), Store(tmp_path / "run"))
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["design"] == {"seed": 7, "size": 20}
    assert manifest["shard size"] == 20
    named = {
        "code of collis.runs",
        "knowledge version",
        "parameter hash",
        "numerical path",
        "seed",
        "design hash",
    }
    assert named < set(manifest["fingerprint"])


def test_outcomes_survive_the_way_between_processes():
    outcome = work("tests.fixtures.shard_tasks:people", job(refused=[0]).design, 0, ())
    assert pickle.loads(pickle.dumps(outcome)) == outcome == Failed(why="age: read -1; expected 0 or more.")


def test_a_job_without_a_fingerprint_still_runs(tmp_path):
    plain = Job(
        name="p", task="tests.fixtures.shard_tasks:people", design=canonical({"size": 2, "seed": 1}), shards=1
    )
    assert execute(plain, Store(tmp_path / "run")).computed == 1
