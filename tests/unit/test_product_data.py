"""The product files say what their sources say, and nothing without one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[2] / "src/collis/knowledge/data"
PRODUCTS = DATA / "products"
GOLDEN = Path(__file__).parents[1] / "golden/verified_limits.txt"

LABELLED = {
    "onabotulinumtoxinA": {"US", "EU", "JP"},
    "abobotulinumtoxinA": {"US", "EU"},
    "incobotulinumtoxinA": {"US", "EU"},
    "rimabotulinumtoxinB": {"US", "EU", "JP"},
    "daxibotulinumtoxinA": {"US"},
}
KNOWN_BY_NAME = {
    "lanbotulinumtoxinA",
    "neuronox",
    "letibotulinumtoxinA",
    "prabotulinumtoxinA",
    "relabotulinumtoxinA",
}
REQUIRED = {"value", "unit", "source", "place", "grade", "verified"}
OPTIONAL = {"since", "until", "checked", "corrects", "note", "disagree"}
GRADES = {"label", "guideline", "trial", "cohort", "expert", "assumed"}
UNITS = {
    *("Units", "mL", "h", "days", "weeks", "percent", "ratio", "count", "text", "fact"),
    "Units, mL, Units per 0.1 mL",
}
KINDS = {
    *("total", "total_min", "site", "muscle", "muscle_both_sides", "sides", "cumulative", "interval"),
    *("group_total", "increase", "volume_per_site"),
}
NOT_OPENED = "not yet opened"

# vial Units, mL, Units in 0.1 mL, used for the neck, checked against its source
ONA_50 = [
    (50, "0.5", "10", True, False),
    (50, "1", "5", True, False),
    (50, "2", "2.5", False, False),
    (50, "4", "1.25", False, False),
]
ONA_100 = [
    (100, "1", "10", True, False),
    (100, "2", "5", True, False),
    (100, "4", "2.5", False, False),
    (100, "8", "1.25", False, False),
    (100, "10", "1", False, False),
]
ONA_200 = [
    (200, "1", "20", False, False),
    (200, "2", "10", True, False),
    (200, "4", "5", True, False),
    (200, "8", "2.5", False, False),
    (200, "10", "2", False, False),
]
INCO = [
    (50, "0.25", "20", False, False),
    (50, "0.5", "10", True, False),
    (50, "1", "5", True, False),
    (50, "1.25", "4", False, False),
    (50, "2", "2.5", False, False),
    (50, "2.5", "2", False, False),
    (50, "4", "1.25", False, False),
    (50, "5", "1", False, False),
    (100, "0.5", "20", False, False),
    (100, "1", "10", True, False),
    (100, "1.25", "8", True, False),
    (100, "2", "5", True, False),
    (100, "2.5", "4", False, False),
    (100, "4", "2.5", False, False),
    (100, "5", "2", False, False),
    (100, "8", "1.25", False, False),
    (200, "0.5", "40", False, False),
    (200, "1", "20", False, False),
    (200, "1.25", "16", False, False),
    (200, "2", "10", True, False),
    (200, "2.5", "8", True, False),
    (200, "4", "5", True, False),
    (200, "5", "4", False, False),
    (200, "8", "2.5", False, False),
    (200, "16", "1.25", False, False),
]
RIMA = [
    (2500, "0.5", "500", True, True),
    (5000, "1", "500", True, True),
    (10000, "2", "500", True, True),
]
ROWS = {
    ("onabotulinumtoxinA", "US"): ONA_100 + ONA_200,
    ("onabotulinumtoxinA", "EU"): ONA_50 + ONA_100 + ONA_200,
    ("onabotulinumtoxinA", "JP"): [(*r[:3], False, r[4]) for r in ONA_50 + ONA_100],
    ("abobotulinumtoxinA", "US"): [
        (500, "1", "50", True, True),
        (500, "2", "25", True, False),
        (300, "0.6", "50", True, False),
    ],
    ("abobotulinumtoxinA", "EU"): [
        (500, "1", "50", True, True),
        (500, "2.5", "20", False, True),
        (500, "5", "10", False, True),
        (300, "0.6", "50", True, False),
    ],
    ("incobotulinumtoxinA", "US"): INCO,
    ("incobotulinumtoxinA", "EU"): INCO,
    ("rimabotulinumtoxinB", "US"): RIMA,
    ("rimabotulinumtoxinB", "EU"): RIMA,
    ("rimabotulinumtoxinB", "JP"): [],
    ("daxibotulinumtoxinA", "US"): [
        (100, "1.2", "8.33", False, True),
        (50, "0.6", "8.33", False, False),
    ],
}

# study -> (Units of the arms, reaction -> percent by arm); 0 Units is placebo
RATES: dict[tuple[str, str], tuple[list[int], dict[str, list[float]]]] = {
    ("abobotulinumtoxinA", "pooled US label"): (
        [500, 0],
        {
            "any": [61, 51],
            "dysphagia": [15, 4],
            "dry_mouth": [13, 7],
            "muscle_weakness": [16, 4],
            "musculoskeletal_pain": [7, 3],
            "injection_site_discomfort": [13, 8],
            "injection_site_pain": [5, 4],
            "fatigue": [12, 10],
            "headache": [11, 9],
            "dysphonia": [6, 2],
            "eye_disorder": [7, 2],
            "infection": [13, 9],
            "breathing_difficulty": [3, 1],
            "dizziness": [3.5, 1],
            "muscle_atrophy": [1, 0],
        },
    ),
    ("abobotulinumtoxinA", "fixed dose, US label"): (
        [0, 250, 500, 1000],
        {
            "any": [30, 37, 65, 83],
            "dysphagia": [5, 21, 29, 39],
            "dry_mouth": [10, 21, 18, 39],
            "muscle_weakness": [0, 11, 12, 56],
            "injection_site_discomfort": [10, 5, 18, 22],
            "dysphonia": [0, 0, 18, 28],
            "facial_weakness": [0, 5, 0, 11],
            "eye_disorder": [0, 0, 6, 17],
        },
    ),
    ("abobotulinumtoxinA", "fixed dose, published paper"): (
        [0, 250, 500, 1000],
        {
            "any": [25, 37, 65, 83],
            "dysphagia": [10, 21, 29, 39],
            "dry_mouth": [5, 21, 18, 33],
            "muscle_weakness": [0, 11, 12, 56],
            "injection_site_discomfort": [10, 5, 18, 28],
            "dysphonia": [0, 0, 18, 28],
            "facial_weakness": [0, 5, 0, 11],
            "eye_disorder": [0, 0, 6, 17],
        },
    ),
    ("incobotulinumtoxinA", "US label trial"): (
        [120, 240, 0],
        {
            "any": [57, 55, 42],
            "dysphagia": [13, 18, 3],
            "neck_pain": [7, 15, 4],
            "muscle_weakness": [7, 11, 1],
            "injection_site_pain": [9, 4, 7],
            "musculoskeletal_pain": [7, 4, 1],
            "nervous_system_any": [16, 17, 7],
            "respiratory_any": [13, 10, 3],
        },
    ),
    ("rimabotulinumtoxinB", "study 301, responsive to type A"): (
        [5000, 10000, 0],
        {
            "dysphagia": [11, 22, 3],
            "dry_mouth": [14, 24, 3],
            "neck_pain": [31, 27, 25],
            "injection_site_pain": [6, 11, 8],
            "headache": [25, 14, 8],
            "infection": [25, 8, 28],
            "flu_like": [8, 8, 3],
            "dyspepsia": [3, 11, 8],
        },
    ),
    ("rimabotulinumtoxinB", "study 302, resistant to type A"): (
        [10000, 0],
        {
            "dysphagia": [28, 5],
            "dry_mouth": [44, 3],
            "neck_pain": [21, 21],
            "injection_site_pain": [18, 8],
            "infection": [21, 16],
            "nausea": [15, 8],
        },
    ),
    ("rimabotulinumtoxinB", "pooled US label"): (
        [0, 2500, 5000, 10000],
        {
            "dry_mouth": [3, 3, 12, 34],
            "dysphagia": [3, 16, 10, 25],
            "injection_site_pain": [9, 16, 12, 15],
            "headache": [8, 10, 16, 11],
        },
    ),
}


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def files() -> list[Path]:
    return sorted(PRODUCTS.rglob("*.toml"))


def label(product: str, region: str) -> dict[str, Any]:
    return read(PRODUCTS / product / f"{region}.toml")


def labels() -> list[tuple[str, str]]:
    return [(product, region) for product, regions in LABELLED.items() for region in sorted(regions)]


def nodes(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every table below `node` that carries a value; a bare number on the way fails."""
    if isinstance(node, dict):
        if "value" in node:
            yield path, node
            return
        for key, child in node.items():
            yield from nodes(child, f"{path}.{key}")
    elif isinstance(node, list):
        for position, child in enumerate(node):
            yield from nodes(child, f"{path}[{position}]")
    else:
        assert isinstance(node, (str, bool, date)), f"{path}: the number {node} stands alone"


def entries() -> list[tuple[str, dict[str, Any]]]:
    return [found for path in files() for found in nodes(read(path), str(path.relative_to(PRODUCTS)))]


def limits() -> list[dict[str, Any]]:
    return [table for path in files() for table in read(path).get("limit", [])]


def limit(name: str) -> dict[str, Any]:
    return next(table for table in limits() if table["id"] == name)


def bib_keys() -> list[str]:
    return [
        key
        for path in sorted((DATA / "references").glob("*.bib"))
        for key in re.findall(r"^@\w+\{([^,]+),", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]


def number(value: object) -> Decimal:
    return Decimal(str(value))


def test_every_product_has_its_regions_and_the_others_have_none() -> None:
    found = {p.name: {f.stem for f in p.glob("*.toml")} for p in PRODUCTS.iterdir() if p.is_dir()}
    expected = {name: regions | {"identity"} for name, regions in LABELLED.items()}
    expected |= {name: {"identity"} for name in KNOWN_BY_NAME}
    assert found == expected


def test_a_product_known_by_name_is_unverified_and_brings_no_limit_of_any_other() -> None:
    for name in KNOWN_BY_NAME:
        identity = read(PRODUCTS / name / "identity.toml")
        assert identity["label_verified"] is False
        assert not {
            "limit",
            "doses",
            "vials",
            "reconstitution",
            "dose_step",
        } & set(identity)
    assert all(not set(table.get("products", [])) & KNOWN_BY_NAME for table in limits())


def test_a_region_file_names_its_product_and_every_region_has_one_file() -> None:
    for product, region in labels():
        table = label(product, region)
        assert table["product"] == product
        assert table["regions"] == (["EU", "UK"] if region == "EU" else [region])


def test_no_number_stands_alone() -> None:
    assert len(entries()) > 1000


def test_every_entry_is_complete_and_says_nothing_strange() -> None:
    for where, entry in entries():
        assert set(entry) >= REQUIRED, where
        assert set(entry) <= REQUIRED | OPTIONAL, where
        assert entry["unit"] in UNITS, where
        assert entry["grade"] in GRADES, where
        assert isinstance(entry["verified"], bool), where
        assert entry["place"].strip(), where


def test_every_file_gives_the_date_its_figures_hold_from() -> None:
    for path in files():
        assert read(path)["defaults"] == {"since": date(2026, 1, 1), "checked": date(2026, 11, 22)}, path


def test_every_source_stands_in_the_bibliography_once() -> None:
    keys = bib_keys()
    assert {entry["source"] for _, entry in entries()} <= set(keys)
    assert len(keys) == len(set(keys))


def test_every_product_source_in_the_bibliography_is_used() -> None:
    text = (DATA / "references/products.bib").read_text(encoding="utf-8")
    own = set(re.findall(r"^@\w+\{([^,]+),", text, re.MULTILINE))
    assert own <= {entry["source"] for _, entry in entries()}


def test_a_figure_from_an_unopened_text_or_an_own_choice_is_never_called_verified() -> None:
    for where, entry in entries():
        if NOT_OPENED in entry["place"] or entry["grade"] == "assumed":
            assert entry["verified"] is False, where


@pytest.mark.parametrize(("product", "region"), labels())
def test_reconstitution_rows_are_the_published_ones(product: str, region: str) -> None:
    found = [
        (
            number(t["row"]["value"]["vial_units"]),
            number(t["row"]["value"]["diluent_ml"]),
            number(t["row"]["value"]["units_per_0_1ml"]),
            t["for_cd"],
            t["row"]["verified"],
        )
        for t in label(product, region).get("reconstitution", [])
    ]
    expected = [(number(v), number(ml), number(per), cd, ok) for v, ml, per, cd, ok in ROWS[product, region]]
    assert found == expected


@pytest.mark.parametrize(("product", "region"), labels())
def test_reconstitution_rows_close(product: str, region: str) -> None:
    for table in label(product, region).get("reconstitution", []):
        row = {key: number(x) for key, x in table["row"]["value"].items()}
        assert abs(row["vial_units"] / row["diluent_ml"] / 10 - row["units_per_0_1ml"]) < number("0.005")


def test_only_type_b_comes_ready() -> None:
    for product, region in labels():
        for table in label(product, region).get("reconstitution", []):
            assert table.get("ready", False) is (product == "rimabotulinumtoxinB")


def test_rows_start_from_vials_that_exist() -> None:
    for product, region in labels():
        table = label(product, region)
        rows = {t["row"]["value"]["vial_units"] for t in table.get("reconstitution", [])}
        assert rows <= set(table.get("vials", {"value": []})["value"])


def test_the_irish_draw_up_table_of_abobotulinumtoxina_holds() -> None:
    table = label("abobotulinumtoxinA", "EU")
    printed = {"0.1": 50, "0.2": 100, "0.3": 150, "0.5": 250, "1.0": 500}
    kept = {str(t["volume"]["value"]): t["dose"]["value"] for t in table["draw_up"]}
    assert kept == printed
    row = table["reconstitution"][0]["row"]["value"]
    for volume, dose in printed.items():
        assert number(volume) * 10 * number(row["units_per_0_1ml"]) == dose


@pytest.mark.parametrize(("product", "study"), RATES)
def test_adverse_rates_are_the_published_ones_arm_by_arm(product: str, study: str) -> None:
    arms, rates = RATES[product, study]
    rows = [t for t in read(PRODUCTS / product / "identity.toml")["adverse"] if t["study"] == study]
    found = {(t["reaction"], t["arm_units"]["value"]): t["percent"]["value"] for t in rows}
    expected = {
        (r, units): p for r, percents in rates.items() for units, p in zip(arms, percents, strict=True)
    }
    assert found == expected
    assert len(rows) == len(expected)


def test_rates_that_label_and_paper_print_differently_are_marked() -> None:
    rows = read(PRODUCTS / "abobotulinumtoxinA/identity.toml")["adverse"]
    marked = {(t["reaction"], t["arm_units"]["value"]) for t in rows if t["percent"].get("disagree") is True}
    _, printed = RATES["abobotulinumtoxinA", "fixed dose, US label"]
    arms, paper = RATES["abobotulinumtoxinA", "fixed dose, published paper"]
    differing = {(r, u) for r in paper for u, a, b in zip(arms, printed[r], paper[r], strict=True) if a != b}
    assert marked == differing


def test_every_limit_has_a_name_of_its_own_and_known_words() -> None:
    names = [table["id"] for table in limits()]
    assert len(names) == len(set(names))
    for table in limits():
        assert table["kind"] in KINDS
        assert table["level"] in {"refuse", "warn"}
        assert table.get("when", "always") in {"always", "first"}
        assert table["text"].endswith(".")
        assert ("window" in table) is (table["kind"] == "cumulative")
        assert ("muscles" in table) is (
            table["kind"] in {"muscle", "muscle_both_sides", "sides", "group_total"}
        )


def test_every_rule_that_rests_on_a_figure_has_one() -> None:
    wanted = {f"R{n}" for n in (*range(10, 24), 25, 30, 31, 37, 46)}
    assert {table["rule"] for table in limits()} == wanted


def test_limits_of_all_products_name_products_and_regions() -> None:
    for table in read(PRODUCTS / "common.toml")["limit"]:
        assert set(table["products"]) <= set(LABELLED)
        assert set(table["regions"]) <= {"US", "EU", "UK", "JP"}


def test_below_ten_weeks_is_refused_for_every_product_of_the_us_and_europe() -> None:
    floor = limit("interval_floor")
    assert (floor["kind"], floor["level"], floor["bound"]["value"]) == ("interval", "refuse", 70)
    assert floor["bound"]["verified"] is True
    assert floor["products"] == list(LABELLED)
    assert floor["regions"] == ["US", "EU", "UK"]


def test_myobloc_claims_no_maximum_the_label_does_not_have() -> None:
    assert limit("rima_us_total")["level"] == "warn"
    assert limit("rima_eu_total")["level"] == "refuse"


def test_a_verified_minimum_interval_refuses_only_where_it_is_no_general_rule() -> None:
    hard = {
        t["id"]
        for t in limits()
        if t["kind"] == "interval" and t["level"] == "refuse" and t["bound"]["verified"]
    }
    assert hard == {
        *("interval_floor", "ona_eu_interval", "ona_jp_interval", "abo_eu_interval"),
        *("inco_eu_interval", "rima_us_interval", "rima_jp_interval"),
    }


@pytest.mark.parametrize(("product", "region"), labels())
def test_allergy_and_infection_refuse_on_checked_ground_under_every_label(product: str, region: str) -> None:
    facts = {t["key"]: t for t in label(product, region)["contraindication"]}
    for key in ("allergy_toxin", "allergy_excipient", "infection_at_site"):
        assert facts[key]["level"] == "refuse"
        assert facts[key]["fact"]["verified"] is True
    assert ("cows_milk_protein_allergy" in facts) is (product == "abobotulinumtoxinA")
    assert ("albumin_allergy" in facts) is (product != "daxibotulinumtoxinA")


def test_nerve_and_muscle_disease_bars_type_b_and_incobotulinumtoxina_in_europe_only() -> None:
    levels = {
        (product, region): {t["key"]: t["level"] for t in label(product, region)["contraindication"]}
        for product, region in labels()
    }
    barred = {where for where, facts in levels.items() if facts["neuromuscular_disease"] == "refuse"}
    assert barred == {("rimabotulinumtoxinB", "EU"), ("incobotulinumtoxinA", "EU")}
    for key in ("dysphagia", "dyspnoea"):
        assert {w for w, facts in levels.items() if facts[key] == "refuse"} == {("rimabotulinumtoxinB", "EU")}


def test_only_labels_that_state_a_starting_total_carry_one() -> None:
    stated = {
        (product, region): label(product, region)["doses"]["starting_total"]["value"]
        for product, region in labels()
        if "starting_total" in label(product, region)["doses"]
    }
    assert stated == {
        ("onabotulinumtoxinA", "JP"): [30, 60],
        ("abobotulinumtoxinA", "US"): 500,
        ("abobotulinumtoxinA", "EU"): 500,
        ("incobotulinumtoxinA", "US"): 120,
        ("rimabotulinumtoxinB", "US"): [2500, 5000],
        ("rimabotulinumtoxinB", "EU"): [5000, 10000],
        ("rimabotulinumtoxinB", "JP"): [2500, 5000],
        ("daxibotulinumtoxinA", "US"): [125, 250],
    }
    for product, region in labels():
        doses = label(product, region)["doses"]
        assert ("cautious_total" in doses) is ((product, region) not in stated)


def test_nobody_gives_more_in_the_neck_than_the_largest_published_session() -> None:
    largest = {
        name: read(PRODUCTS / name / "identity.toml")["highest_total_any_source"]["value"]
        for name in LABELLED
    }
    assert largest == {
        "onabotulinumtoxinA": 500,
        "abobotulinumtoxinA": 1000,
        "incobotulinumtoxinA": 400,
        "rimabotulinumtoxinB": 25000,
        "daxibotulinumtoxinA": 250,
    }
    for product, region in labels():
        totals = [t["bound"]["value"] for t in label(product, region)["limit"] if t["kind"] == "total"]
        assert all(total <= largest[product] for total in totals)


def verified_limit_lines() -> list[str]:
    lines = []
    for table in limits():
        bound = table["bound"]
        if not bound["verified"]:
            continue
        value = f"{bound['value']}"
        if "window" in table:
            value += f" within {table['window']['value']} {table['window']['unit']}"
        parts = (
            table["id"],
            table["rule"],
            table["kind"],
            table["level"],
            value,
            bound["unit"],
            bound["source"],
        )
        lines.append(", ".join(parts))
    return sorted(lines)


def test_no_verified_limit_is_lost_or_moved() -> None:
    assert verified_limit_lines() == GOLDEN.read_text(encoding="utf-8").splitlines()
