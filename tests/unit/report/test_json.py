from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from collis import api
from collis.case.files import parse_case
from collis.report.json import (
    SCHEMA,
    checked_document,
    consultation_document,
    dumped,
    forecast_document,
    ranking_document,
    screening_document,
)
from tests.unit.report.consultations import EXAMPLES, consultation, crowded

SCHEMA_TREE: dict[str, Any] = json.loads(SCHEMA.read_text("utf-8"))
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


def misfits(value: Any, schema: dict[str, Any], where: str = "$") -> list[str]:
    """What in `value` breaks the part of JSON Schema that our schema uses."""
    if "$ref" in schema:
        return misfits(value, SCHEMA_TREE["$defs"][schema["$ref"].rpartition("/")[2]], where)
    if "anyOf" in schema:
        tried = [misfits(value, one, where) for one in schema["anyOf"]]
        return [] if any(not found for found in tried) else tried[0]
    if "const" in schema:
        return [] if value == schema["const"] else [f"{where}: {value!r}"]
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{where}: {value!r} not in {schema['enum']}"]
    kind = schema["type"]
    if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return [f"{where}: {type(value).__name__}, expected {kind}"]
    found: list[str] = []
    if isinstance(value, dict):
        known = schema["properties"]
        found += [f"{where}: no {key}" for key in schema["required"] if key not in value]
        found += [f"{where}: strange {key}" for key in value if key not in known]
        for key, inner in value.items():
            if key in known:
                found += misfits(inner, known[key], f"{where}.{key}")
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            found += misfits(inner, schema["items"], f"{where}[{i}]")
    elif kind in ("number", "integer") and not schema.get("minimum", value) <= value <= schema.get(
        "maximum", value
    ):
        found.append(f"{where}: {value} out of range")
    return found


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_consultation_follows_the_schema(name: str) -> None:
    document = json.loads(dumped(consultation_document(consultation(name))))
    assert misfits(document, SCHEMA_TREE) == []


def test_a_refused_candidate_follows_the_schema_too() -> None:
    document = json.loads(dumped(consultation_document(crowded())))
    assert misfits(document, SCHEMA_TREE) == []
    assert document["any_passes"] is False


def test_the_schema_refuses_a_strange_key_and_a_wrong_side() -> None:
    document = json.loads(dumped(consultation_document(consultation())))
    document["muscles"][0]["side"] = "L"
    document["strange"] = 1
    assert len(misfits(document, SCHEMA_TREE)) == 2


def test_the_case_in_a_document_reads_back_as_the_case() -> None:
    c = consultation()
    assert parse_case(consultation_document(c)["case"]) == c.case


def test_parts_stand_alone_as_they_stand_in_the_whole() -> None:
    c = consultation()
    whole = consultation_document(c)
    assert ranking_document(c.ranking)["muscles"] == whole["muscles"]
    assert screening_document(c.screening) == whole["screening"]
    assert forecast_document(c.offers[0].forecast) == whole["candidates"][0]["forecast"]
    assert checked_document(c.offers[0].checked)["verdict"] == whole["candidates"][0]["verdict"]


def test_a_ranking_has_the_keys_its_readers_count_on() -> None:
    for entry in ranking_document(consultation().ranking)["muscles"]:
        assert {"muscle", "side", "probability", "share", "reasons", "against"} <= entry.keys()


def test_the_label_minimum_stands_beside_the_earliest_next_session():
    after = consultation_document(consultation())["earliest_next"]
    assert set(after["label_minimum"]) == {"date", "days", "ground"}
    assert after["label_minimum"]["date"] <= after["date"]


def test_a_session_that_is_too_soon_says_from_when_it_may_be_given():
    demo = consultation().case
    assert demo.date is not None
    last = demo.history.sessions[-1]
    day = last.on + timedelta(weeks=6)
    soon = replace(demo, date=day)
    document = consultation_document(api.consult(soon))
    assert document["earliest_next"] is None
    assert document["not_before"] > day.isoformat()
    assert consultation_document(consultation())["not_before"] is None


def test_the_parts_of_a_forecast_stand_by_week_beside_what_a_visit_may_read():
    told = forecast_document(consultation().offers[0].forecast)
    assert {key: len(told["parts"][key]) for key in ("severity", "disability", "pain")} == dict.fromkeys(
        ("severity", "disability", "pain"), len(told["weeks"])
    )
    assert len(told["visits"]) == len(told["weeks"])
    worse, better, much = told["global_change"]
    assert worse["chance"] + better["chance"] < 1.0
    assert much["chance"] < better["chance"]
