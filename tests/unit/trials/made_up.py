"""A made-up trial with known effects, as the tables of a run: no model in it, only normal numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from collis.trials.questions import EndPoint, Figure, Kind, Published, Question, Target
from collis.trials.records import Records

VISITS = (2.0, 4.0, 8.0, 12.0, 16.0)
SHAPE = np.array([0.8, 1.0, 0.7, 0.3, 0.05])
EFFECT = {"placebo": -2.0, "toxin": -10.0}


def question(**changes: Any) -> Question:
    asked: dict[str, Any] = {
        "title": "Made-up trial",
        "arms": ("placebo", "toxin"),
        "reference": "placebo",
        "visits": VISITS,
        "per_arm": {"placebo": 40, "toxin": 40},
        "end_points": (
            EndPoint(name="week 4", kind=Kind.CHANGE, weeks=(4.0,)),
            EndPoint(name="responders", kind=Kind.RESPONDER, weeks=(4.0,), least=0.2),
            EndPoint(name="lasting", kind=Kind.LOSS, weeks=(4.0,), kept=0.2, least=0.1),
            EndPoint(name="asking", kind=Kind.REQUEST),
        ),
        "published": (
            Published(
                what=Figure.DIFFERENCE,
                end_point="week 4",
                arm="toxin",
                against="placebo",
                value=-8.0,
                interval=(-11.0, -5.0),
            ),
            Published(what=Figure.CHANGE, end_point="week 4", arm="toxin", value=-4.0, interval=(-6.0, -2.0)),
            Published(what=Figure.WEEKS, end_point="lasting", arm="toxin", value=12.0),
            Published(what=Figure.EVENT, end_point="dysphagia", arm="toxin", value=0.2, interval=(0.1, 0.3)),
        ),
        "targets": (Target(column="baseline_total", value=45.0, sd=9.0),),
        "words": ("Two arms, one session, five visits.",),
    }
    return Question(**{**asked, **changes})


def tables(
    *, people: int = 800, seed: int = 7, leaving: float = 0.1, weighted: bool = False
) -> dict[str, pa.Table]:
    """Half placebo, half toxin; `leaving`: the chance to leave after week 8, `weighted`: the worse off weigh more."""
    g = np.random.default_rng(seed)
    toxin = np.arange(people) % 2 == 1
    baseline = g.normal(45.0, 9.0, people)
    level = g.normal(0.0, 4.0, people)
    effect = np.where(toxin, EFFECT["toxin"], EFFECT["placebo"])
    scores = (
        (45.0 + 0.7 * (baseline - 45.0) + level)[:, None]
        + effect[:, None] * SHAPE
        + g.normal(0.0, 4.0, (people, len(VISITS)))
    )
    left = g.random(people) < leaving
    seen = ~(left[:, None] & (np.array(VISITS) > 8.0))
    person, at = np.nonzero(seen)
    again = ~left & (g.random(people) < 0.5)
    sick = g.random(people) < np.where(toxin, 0.2, 0.05)
    return {
        "people": pa.table(
            {
                "person": pa.array(np.arange(people), pa.int64()),
                "arm": pa.array(np.where(toxin, "toxin", "placebo").tolist()).dictionary_encode(),
                "age": g.normal(55.0, 12.0, people),
                "sex": pa.array(
                    np.where(g.random(people) < 0.6, "female", "male").tolist()
                ).dictionary_encode(),
                "baseline_total": baseline,
                "tremor": g.random(people) < 0.5,
                "weight": np.where(baseline > 45.0, 1.5, 0.5) if weighted else np.ones(people),
                "completed": ~left,
                "left_week": np.where(left, 8.0, np.nan),
                "left_reason": pa.array(np.where(left, "lack of effect", "").tolist()).dictionary_encode(),
            }
        ),
        "visits": pa.table(
            {
                "person": pa.array(person, pa.int64()),
                "week": np.array(VISITS)[at],
                "total": np.where(g.random(len(person)) < 0.02, np.nan, scores[person, at]),
            }
        ),
        "sessions": pa.table(
            {
                "person": pa.array(np.concatenate([np.arange(people), np.flatnonzero(again)]), pa.int64()),
                "number": np.concatenate([np.ones(people), np.full(again.sum(), 2)]).astype(np.int32),
                "week": np.concatenate([np.zeros(people), np.full(again.sum(), 16.0)]),
                "product": pa.array(["incobotulinumtoxinA"] * int(people + again.sum())).dictionary_encode(),
                "units": np.concatenate([np.where(toxin, 120.0, 0.0), np.where(toxin, 120.0, 0.0)[again]]),
            }
        ),
        "events": pa.table(
            {
                "person": pa.array(np.flatnonzero(sick), pa.int64()),
                "event": pa.array(["dysphagia"] * int(sick.sum()), pa.string()).dictionary_encode(),
                "onset_week": np.ones(sick.sum()),
                "weeks": np.full(sick.sum(), 2.5),
                "severe": np.zeros(sick.sum(), dtype=bool),
            }
        ),
    }


def records(made: Mapping[str, pa.Table], folder: Path) -> Records:
    """The tables behind one connection, each in one Parquet file."""
    files = {}
    for name, table in made.items():
        files[name] = (folder / f"{name}.parquet",)
        parquet.write_table(table, files[name][0])
    return Records(files, {"fingerprint": {"seed": "7"}}, name="made-up")


def shard(design: str, number: int) -> dict[str, pa.Table]:
    """The task of a run: one shard of the made-up trial."""
    asked = json.loads(design)
    return tables(people=int(asked["people"]), seed=int(asked["seed"]) + number)
