"""Killed workers, a killed run, a bad disk, two runs at once: nothing that was finished is lost."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from collis.errors import BadInput
from collis.runs.execute import execute
from collis.runs.job import RunStopped
from collis.runs.store import Store
from tests.fixtures.shard_tasks import calls, job, tree

ROOT = Path(__file__).parents[2]


@pytest.fixture
def counted(tmp_path):
    folder = tmp_path / "calls"
    folder.mkdir()
    return folder


def run_alone(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        words, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def workers_of(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def until(what, *, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "never came about"
        time.sleep(0.01)


def lines(ledger: Path) -> int:
    return ledger.read_bytes().count(b"\n") if ledger.exists() else 0


def gone(process: int) -> bool:
    stat = Path(f"/proc/{process}/stat")
    try:
        return stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_killed_worker_is_survived_by_processes(tmp_path, counted):
    asked = job(calls=str(counted), deadly=[2, 3], once=True)
    execute(asked, Store(tmp_path / "killed"), engine="processes", workers=2)
    execute(asked, Store(tmp_path / "whole"))
    assert tree(tmp_path / "killed") == tree(tmp_path / "whole")
    assert (counted / "2 died").exists()


def test_a_killed_dask_worker_is_survived(tmp_path, counted):
    from distributed import LocalCluster

    asked = job(calls=str(counted), deadly=[2], once=True, shards=8)
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50, memory_limit=0
    ) as cluster:
        execute(asked, Store(tmp_path / "killed"), engine="dask", address=cluster.scheduler_address)
    assert (counted / "2 died").exists()
    execute(asked, Store(tmp_path / "whole"))
    assert tree(tmp_path / "killed") == tree(tmp_path / "whole")


def test_the_command_gives_the_same_tables_on_two_dask_workers_as_alone(tmp_path):
    from distributed import LocalCluster

    design = tmp_path / "small.trial.toml"
    shipped = (ROOT / "examples" / "trials" / "type-b.trial.toml").read_text("utf-8")
    design.write_text(shipped + "\n[run]\nshard = 30\n", "utf-8")
    start = "import sys; from collis.cli import run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", start, "trial", "run", str(design), "--patients", "300", "--out"]
    alone = subprocess.run([*command, str(tmp_path / "alone")], cwd=ROOT, capture_output=True, text=True)
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50, memory_limit=0
    ) as cluster:
        many = subprocess.run(
            [*command, str(tmp_path / "many"), "--engine", "dask", "--address", cluster.scheduler_address],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
    assert (alone.returncode, many.returncode) == (0, 0), alone.stderr + many.stderr
    assert tree(tmp_path / "many") == tree(tmp_path / "alone")
    assert len(list((tmp_path / "many" / "tables" / "people").glob("*.parquet"))) == 10


def test_a_shard_that_kills_every_worker_is_named_and_not_tried_for_ever(tmp_path, counted):
    asked = job(calls=str(counted), deadly=[1], shards=3)
    with pytest.raises(RunStopped, match="shard 1: the process that computed it died 3 times"):
        execute(asked, Store(tmp_path / "run"), engine="processes", workers=1)
    assert calls(counted)[1] == 3
    assert lines(tmp_path / "run" / "ledger.jsonl") >= 1


def test_a_scheduler_that_is_not_there_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("collis.runs.cluster._ANSWER", 0.3)
    with pytest.raises(RunStopped, match=r"No scheduler answers at tcp://127\.0\.0\.1:9"):
        execute(job(), Store(tmp_path / "run"), engine="dask", address="tcp://127.0.0.1:9")


def test_a_run_killed_at_any_touch_of_the_disk_resumes_to_the_same_bytes(tmp_path):
    alone = run_alone(sys.executable, "-m", "tests.fixtures.run_mishaps", "kills", f"{tmp_path}")
    out, err = alone.communicate(timeout=120)
    assert alone.returncode == 0, err
    assert int(out) > 30


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_run_ended_from_outside_leaves_no_worker_and_resumes(tmp_path, counted, how):
    asked: dict[str, Any] = {"calls": str(counted), "held_from": 5, "shards": 9}
    (counted / "hold").write_text("")
    command = ["-m", "tests.fixtures.shard_tasks", f"{tmp_path / 'run'}", json.dumps(asked), "processes"]
    alone = run_alone(sys.executable, *command)
    ledger = tmp_path / "run" / "ledger.jsonl"
    until(lambda: lines(ledger) == 5)
    workers = workers_of(alone.pid)
    os.kill(alone.pid, how)
    _, err = alone.communicate(timeout=60)
    assert alone.returncode == {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: -2}[how], err
    until(lambda: all(gone(worker) for worker in workers))
    (counted / "hold").unlink()
    before = calls(counted)
    ran = execute(job(**asked), Store(tmp_path / "run"))
    assert (ran.kept, ran.computed) == (5, 4)
    again = {shard for shard, count in calls(counted).items() if count > before.get(shard, 0)}
    assert again == {5, 6, 7, 8}
    execute(job(**asked), Store(tmp_path / "whole"))
    assert tree(tmp_path / "run") == tree(tmp_path / "whole")


@pytest.mark.skipif(
    shutil.which("unshare") is None
    or subprocess.run(["unshare", "-rm", "true"], check=False).returncode != 0,
    reason="this system lets no test mount a disk of its own",
)
def test_a_full_disk_and_a_read_only_one_end_with_a_sentence_and_lose_nothing(tmp_path):
    alone = run_alone(
        "unshare", "-rm", sys.executable, "-m", "tests.fixtures.run_mishaps", "disk", f"{tmp_path}"
    )
    out, err = alone.communicate(timeout=120)
    assert alone.returncode == 0, err
    told = json.loads(out)
    assert "no room is left on its disk (No space left on device)" in told["full"]
    assert 0 < told["finished"] < 12
    assert f"{told['finished']} of 12 shards are finished and stay" in told["full"]
    assert told["leftovers"] == []
    assert "cannot hold a run (Read-only file system)" in told["read only"]
    assert told["mended"] == ""
    assert told["same"]
    assert told["calls"] == [2] * 11 + [
        3
    ]  # the shard that met the full disk once more; each again for the whole run


def test_a_ledger_that_does_not_fit_is_taken_back_to_its_last_whole_line(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        with pytest.raises(RunStopped, match=r"no room .* shards are finished and stay"):
            execute(job(shards=20), Store(tmp_path / "run"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    text = (tmp_path / "run" / "ledger.jsonl").read_bytes()
    assert text.endswith(b"}\n")
    parts = [name for name in tree(tmp_path / "run") if name.startswith("tables")]
    assert len(parts) == 2 * text.count(b"\n")
    execute(job(shards=20), Store(tmp_path / "run"))
    execute(job(shards=20), Store(tmp_path / "whole"))
    assert tree(tmp_path / "run") == tree(tmp_path / "whole")


def test_a_file_where_the_directory_should_be_is_told(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(RunStopped, match="cannot hold a run"):
        execute(job(), Store(tmp_path / "run"))
    with pytest.raises(RunStopped, match="cannot hold a run"):
        execute(job(), Store(tmp_path / "run" / "inner"))


def damage_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100])


@pytest.mark.parametrize(
    ("damage", "said"),
    [(damage_a_bit, "no longer has the content"), (cut, "has 100 bytes"), (Path.unlink, "is missing")],
)
def test_a_damaged_part_is_named_and_computed_again_and_never_used(tmp_path, counted, damage, said):
    asked = job(calls=str(counted))
    execute(asked, Store(tmp_path / "run"))
    whole = tree(tmp_path / "run")
    damage(tmp_path / "run" / "tables" / "visits" / "part-000003.parquet")
    with pytest.raises(BadInput, match=said):
        Store(tmp_path / "run").result()
    heard: list[str] = []
    ran = execute(asked, Store(tmp_path / "run"), say=heard.append)
    assert (ran.computed, ran.kept) == (1, 5)
    assert list(ran.mended) == heard
    assert heard[0].startswith("tables/visits/part-000003.parquet ")
    assert said in heard[0]
    assert heard[0].endswith("shard 3 is computed again")
    assert calls(counted) == {0: 1, 1: 1, 2: 1, 3: 2, 4: 1, 5: 1}
    assert tree(tmp_path / "run") == whole


def test_a_torn_or_unreadable_ledger_costs_only_its_shards(tmp_path, counted):
    asked = job(calls=str(counted))
    execute(asked, Store(tmp_path / "run"))
    whole = tree(tmp_path / "run")
    ledger = tmp_path / "run" / "ledger.jsonl"
    rows = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join([rows[0], b"noise\n", *rows[2:5], rows[5][:40]]))
    ran = execute(asked, Store(tmp_path / "run"))
    assert (ran.computed, ran.kept) == (2, 4)
    assert ran.mended == ("ledger.jsonl, line 2 cannot be read; its shard is computed again",)
    assert tree(tmp_path / "run") == whole


def test_leftovers_are_swept(tmp_path):
    execute(job(), Store(tmp_path / "run"))
    whole = tree(tmp_path / "run")
    for name in ("part-000001.parquet.fresh", "part-000077.parquet"):
        (tmp_path / "run" / "tables" / "people" / name).write_bytes(b"half")
    execute(job(), Store(tmp_path / "run"))
    assert tree(tmp_path / "run") == whole


def test_a_changed_design_is_refused_and_loses_nothing(tmp_path):
    execute(job(size=20), Store(tmp_path / "run"))
    whole = tree(tmp_path / "run")
    with pytest.raises(BadInput, match=r"design\.size read 20, this run has 30"):
        execute(job(size=30), Store(tmp_path / "run"))
    assert tree(tmp_path / "run") == whole


def test_two_runs_cannot_write_one_directory(tmp_path):
    with Store(tmp_path / "run").writing(job()):
        with pytest.raises(RunStopped, match=f"another run is writing here .process {os.getpid()} on "):
            execute(job(), Store(tmp_path / "run"))
        with (tmp_path / "run" / "lock").open() as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert execute(job(), Store(tmp_path / "run")).computed == 6
