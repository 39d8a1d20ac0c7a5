"""What the muscle and pattern files say, read as plain TOML and held against the tables written out here."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from collis.case.examination import FindingKind
from collis.knowledge.names import Muscle, Pattern

DATA = Path(__file__).parents[2] / "src" / "collis" / "knowledge" / "data"
REQUIRED = {"value", "unit", "source", "place", "grade", "verified"}
OPTIONAL = {"since", "until", "checked", "corrects", "note", "disagree"}
GRADES = {"label", "guideline", "trial", "cohort", "expert", "assumed"}
FACTS = {
    "attachments", "acts_on", "actions", "volume", "depth", "landmark", "neighbours", "hazard", "guidance",
    "palpation_refused", "compressible", "swallow_weight", "extensor",
}  # fmt: skip
DOSE_KEYS = {"usual", "soft_max", "highest_any_source", "least_useful", "sites"}

ONA, ABO, INCO = "onabotulinumtoxinA", "abobotulinumtoxinA", "incobotulinumtoxinA"
RIMA, DAXI = "rimabotulinumtoxinB", "daxibotulinumtoxinA"
FOUR = {ONA, ABO, INCO, RIMA}

WITHOUT: dict[str, set[str]] = {
    "longissimus_capitis": {ONA, INCO, RIMA},
    "obliquus_capitis_inferior": {ABO, RIMA},
    "longus_colli": {ABO, RIMA},
    "splenius_cervicis": FOUR,
    "semispinalis_cervicis": FOUR,
    "longissimus_cervicis": FOUR,
    "scalenus_anterior": FOUR,
    "scalenus_posterior": FOUR,
    "obliquus_capitis_superior": FOUR,
    "rectus_capitis_posterior_major": FOUR,
    "longus_capitis": FOUR,
    "suprahyoid": FOUR,
    "infrahyoid": FOUR,
    "omohyoid": FOUR,
    "platysma": FOUR,
}
NO_RANGE = [
    *[(muscle, product) for muscle, products in WITHOUT.items() for product in sorted(products)],
    *[(muscle.value, DAXI) for muscle in Muscle],
]

# usual range, soft maximum, highest figure of any source
DOSES = {
    ("sternocleidomastoid", ONA): ([15, 50], 75, 100),
    ("sternocleidomastoid", INCO): ([15, 50], 75, 100),
    ("sternocleidomastoid", ABO): ([50, 150], 150, 350),
    ("sternocleidomastoid", RIMA): ([750, 1250], 1250, 5000),
    ("splenius_capitis", ONA): ([40, 100], 150, 150),
    ("splenius_capitis", INCO): ([40, 100], 150, 150),
    ("splenius_capitis", ABO): ([150, 300], 350, 450),
    ("splenius_capitis", RIMA): ([750, 2500], 2500, 5000),
    ("semispinalis_capitis", ONA): ([20, 75], 100, 150),
    ("semispinalis_capitis", INCO): ([20, 75], 100, 100),
    ("semispinalis_capitis", ABO): ([60, 175], 250, 250),
    ("semispinalis_capitis", RIMA): ([750, 2500], 2500, 5000),
    ("longissimus_capitis", ABO): ([60, 150], 200, 200),
    ("levator_scapulae", ONA): ([20, 75], 100, 100),
    ("levator_scapulae", INCO): ([20, 75], 100, 100),
    ("levator_scapulae", ABO): ([50, 125], 200, 200),
    ("levator_scapulae", RIMA): ([750, 2500], 2500, 5000),
    ("trapezius_upper", ONA): ([25, 75], 100, 100),
    ("trapezius_upper", INCO): ([25, 75], 100, 100),
    ("trapezius_upper", ABO): ([50, 150], 300, 300),
    ("trapezius_upper", RIMA): ([750, 2500], 2500, 5000),
    ("scalenus_medius", ONA): ([15, 40], 50, 75),
    ("scalenus_medius", INCO): ([15, 40], 50, 50),
    ("scalenus_medius", ABO): ([50, 115], 150, 300),
    ("scalenus_medius", RIMA): ([750, 2500], 2500, 5000),
    ("obliquus_capitis_inferior", ONA): ([10, 20], 40, 40),
    ("obliquus_capitis_inferior", INCO): ([10, 20], 40, 40),
    ("longus_colli", ONA): ([15, 30], 35, 35),
    ("longus_colli", INCO): ([15, 30], 35, 35),
}

GUIDANCE = {
    "palpation": {"sternocleidomastoid", "splenius_capitis", "trapezius_upper", "platysma"},
    "emg_advised": {"semispinalis_capitis", "levator_scapulae", "suprahyoid"},
    "ultrasound_advised": {"splenius_cervicis"},
    "image_required": {
        "semispinalis_cervicis", "longissimus_capitis", "longissimus_cervicis", "scalenus_anterior",
        "scalenus_medius", "scalenus_posterior", "obliquus_capitis_inferior", "obliquus_capitis_superior",
        "rectus_capitis_posterior_major", "longus_colli", "longus_capitis", "infrahyoid", "omohyoid",
    },
}  # fmt: skip

# muscle: (side, role) by pattern; ipsi is the side of the chin, the dropped ear or the raised shoulder
ROWS: dict[str, dict[str, tuple[str, int]]] = {
    "torticaput": {
        "obliquus_capitis_inferior": ("ipsi", 1), "splenius_capitis": ("ipsi", 1),
        "sternocleidomastoid": ("contra", 1), "longissimus_capitis": ("ipsi", 2),
        "trapezius_upper": ("contra", 2), "semispinalis_capitis": ("contra", 2),
    },
    "torticollis": {
        "levator_scapulae": ("ipsi", 1), "splenius_cervicis": ("ipsi", 1),
        "semispinalis_cervicis": ("contra", 1), "longissimus_cervicis": ("ipsi", 2),
        "scalenus_anterior": ("contra", 2), "trapezius_upper": ("contra", 2),
    },
    "laterocaput": {
        "sternocleidomastoid": ("ipsi", 1), "splenius_capitis": ("ipsi", 1), "trapezius_upper": ("ipsi", 1),
        "semispinalis_capitis": ("ipsi", 2), "longissimus_capitis": ("ipsi", 2),
        "levator_scapulae": ("ipsi", 2),
    },
    "laterocollis": {
        "levator_scapulae": ("ipsi", 1), "scalenus_medius": ("ipsi", 1), "scalenus_anterior": ("ipsi", 2),
        "splenius_cervicis": ("ipsi", 2), "longissimus_cervicis": ("ipsi", 2),
        "semispinalis_cervicis": ("ipsi", 2),
    },
    "antecaput": {
        "longus_capitis": ("both", 1), "suprahyoid": ("both", 2), "sternocleidomastoid": ("both", 2),
        "levator_scapulae": ("both", 2),
    },
    "antecollis": {
        "scalenus_anterior": ("both", 1), "scalenus_medius": ("both", 1), "longus_colli": ("both", 1),
        "sternocleidomastoid": ("both", 1), "suprahyoid": ("both", 2), "levator_scapulae": ("both", 2),
    },
    "retrocaput": {
        "semispinalis_capitis": ("both", 1), "splenius_capitis": ("both", 1), "trapezius_upper": ("both", 2),
        "rectus_capitis_posterior_major": ("both", 2), "obliquus_capitis_inferior": ("both", 2),
    },
    "retrocollis": {
        "semispinalis_cervicis": ("both", 1), "splenius_cervicis": ("both", 1),
        "levator_scapulae": ("both", 1), "semispinalis_capitis": ("both", 2),
        "splenius_capitis": ("both", 2), "rectus_capitis_posterior_major": ("both", 2),
        "trapezius_upper": ("both", 2),
    },
    "lateral_shift": {},
    "anterior_sagittal_shift": {"splenius_capitis": ("both", 1), "sternocleidomastoid": ("both", 2)},
    "posterior_sagittal_shift": {
        "suprahyoid": ("both", 1), "sternocleidomastoid": ("both", 2), "longus_colli": ("both", 2),
    },
    "shoulder_elevation": {"trapezius_upper": ("ipsi", 1), "levator_scapulae": ("ipsi", 1)},
    "tremor_no_no": {
        "obliquus_capitis_inferior": ("both", 1), "splenius_capitis": ("both", 1),
        "semispinalis_capitis": ("both", 1),
    },
    "tremor_yes_yes": {
        "semispinalis_capitis": ("both", 1), "splenius_capitis": ("both", 1),
        "sternocleidomastoid": ("both", 1),
    },
}  # fmt: skip

HELD_BACK = {
    ("torticollis", "semispinalis_cervicis"),
    ("torticaput", "semispinalis_capitis"),
    ("torticaput", "trapezius_upper"),
    ("antecaput", "sternocleidomastoid"),
    ("antecaput", "levator_scapulae"),
    ("antecollis", "sternocleidomastoid"),
    ("antecollis", "levator_scapulae"),
}

COMPONENTS = {
    "lateral_shift": {("laterocollis", "ipsi"), ("laterocaput", "contra")},
    "anterior_sagittal_shift": {("antecollis", "both"), ("retrocaput", "both")},
    "posterior_sagittal_shift": {("antecaput", "both"), ("retrocollis", "both")},
}

VERIFIED_DOSES = {"muscles.sternocleidomastoid.dose.abobotulinumtoxinA.soft_max"}


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


def _leaves(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every sourced entry and every other scalar, with its path."""
    if isinstance(node, dict) and "value" not in node:
        for key, child in node.items():
            yield from _leaves(child, f"{path}.{key}")
    elif isinstance(node, list):
        for place, child in enumerate(node):
            yield from _leaves(child, f"{path}.{place}")
    else:
        yield path, node


def _entries(name: str) -> dict[str, dict[str, Any]]:
    return {p: leaf for p, leaf in _leaves(_read(name), name.removesuffix(".toml")) if isinstance(leaf, dict)}


MUSCLES = {name: facts for name, facts in _read("muscles.toml").items() if name != "defaults"}
PATTERNS = _read("patterns.toml")
FILES = ("muscles.toml", "patterns.toml", "groups.toml")


def test_every_muscle_and_no_other_has_an_entry() -> None:
    assert set(MUSCLES) == {muscle.value for muscle in Muscle}


def test_every_pattern_has_an_entry() -> None:
    missing = {pattern.value for pattern in Pattern} - set(PATTERNS)
    assert not missing
    assert set(ROWS) == {pattern.value for pattern in Pattern}


@pytest.mark.parametrize("muscle", [muscle.value for muscle in Muscle])
def test_a_muscle_is_described_whole(muscle: str) -> None:
    facts = MUSCLES[muscle]
    assert set(facts) - {"dose"} == FACTS | {"label"}
    assert facts["acts_on"]["value"] in {"caput", "collis", "both", "neither"}
    assert facts["depth"]["value"] in {"superficial", "intermediate", "deep"}
    assert facts["volume"]["unit"] == "cm3"
    assert 1 <= facts["volume"]["value"] <= 100
    assert facts["neighbours"]["value"]
    assert facts["actions"]["value"]


@pytest.mark.parametrize("name", FILES)
def test_no_number_stands_outside_a_sourced_entry(name: str) -> None:
    bare = {
        path for path, leaf in _leaves(_read(name), name) if not isinstance(leaf, dict | str | bool | date)
    }
    assert not bare


@pytest.mark.parametrize("name", FILES)
def test_every_entry_is_complete_and_graded(name: str) -> None:
    if "muscles" in name or "patterns" in name:
        assert {"since", "checked"} == set(_read(name)["defaults"])
    for path, entry in _entries(name).items():
        assert entry.keys() >= REQUIRED, path
        assert entry.keys() <= REQUIRED | OPTIONAL, path
        assert entry["grade"] in GRADES, path
        assert isinstance(entry["verified"], bool), path
        assert all(entry[key] for key in ("unit", "source", "place")), path


@pytest.mark.parametrize("name", FILES)
def test_what_is_assumed_or_not_yet_opened_is_never_verified(name: str) -> None:
    for path, entry in _entries(name).items():
        if entry["grade"] == "assumed" or entry["place"].startswith("not yet opened"):
            assert entry["verified"] is False, path


def test_every_source_is_in_the_bibliography_once() -> None:
    keys = [
        key
        for bib in sorted((DATA / "references").glob("*.bib"))
        for key in re.findall(r"^@\w+\{([a-z0-9_]+),", bib.read_text(encoding="utf-8"), flags=re.MULTILINE)
    ]
    assert len(keys) == len(set(keys))
    used = {entry["source"] for name in FILES for entry in _entries(name).values()}
    assert used <= set(keys)


def test_no_source_of_muscles_stands_unused() -> None:
    listed = re.findall(
        r"^@\w+\{([a-z0-9_]+),",
        (DATA / "references" / "muscles.bib").read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    used = {entry["source"] for path in DATA.rglob("*.toml") for entry in _entries_of(path)}
    assert set(listed) <= used


def _entries_of(path: Path) -> list[dict[str, Any]]:
    tree = tomllib.loads(path.read_text(encoding="utf-8"))
    return [leaf for _, leaf in _leaves(tree, path.name) if isinstance(leaf, dict) and "source" in leaf]


@pytest.mark.parametrize(("muscle", "product"), NO_RANGE)
def test_a_dose_known_only_from_practice_lore_does_not_ship(muscle: str, product: str) -> None:
    assert product not in MUSCLES[muscle].get("dose", {})


def test_every_pair_of_muscle_and_product_either_has_a_range_or_is_listed_without_one() -> None:
    shipped = {(muscle, product) for muscle, facts in MUSCLES.items() for product in facts.get("dose", {})}
    assert shipped == set(DOSES)
    every = {(muscle.value, product) for muscle in Muscle for product in (*FOUR, DAXI)}
    assert shipped | set(NO_RANGE) == every
    assert not shipped & set(NO_RANGE)


@pytest.mark.parametrize(("muscle", "product"), list(DOSES))
def test_a_dose_range_is_the_one_written_here_and_in_order(muscle: str, product: str) -> None:
    dose = MUSCLES[muscle]["dose"][product]
    assert set(dose) == DOSE_KEYS
    usual, soft, highest = DOSES[muscle, product]
    assert dose["usual"]["value"] == usual
    assert dose["soft_max"]["value"] == soft
    assert dose["highest_any_source"]["value"] == highest
    assert dose["least_useful"]["value"] == usual[0]
    assert usual[0] < usual[1] <= soft <= highest
    assert all(dose[key]["unit"] == "Units" for key in DOSE_KEYS - {"sites"})
    fewest, most = dose["sites"]["value"]
    assert 1 <= fewest <= most <= 4


def test_only_a_dose_whose_source_was_seen_is_verified() -> None:
    verified = {p for p, entry in _entries("muscles.toml").items() if ".dose." in p and entry["verified"]}
    assert verified == VERIFIED_DOSES


def test_type_b_ranges_divide_into_whole_steps() -> None:
    for (_, product), (usual, soft, highest) in DOSES.items():
        if product == RIMA:
            assert all(figure % 250 == 0 for figure in (*usual, soft, highest))


def test_longus_colli_never_goes_above_the_published_series() -> None:
    for dose in MUSCLES["longus_colli"]["dose"].values():
        assert dose["highest_any_source"]["value"] == 35


def test_each_muscle_carries_the_guidance_it_needs() -> None:
    found: dict[str, set[str]] = {}
    for muscle, facts in MUSCLES.items():
        found.setdefault(facts["guidance"]["value"], set()).add(muscle)
    assert found == GUIDANCE


def test_palpation_is_refused_only_where_touch_alone_is_dangerous() -> None:
    refused = {muscle for muscle, facts in MUSCLES.items() if facts["palpation_refused"]["value"]}
    assert refused == {"longus_colli", "longus_capitis", "scalenus_anterior", "obliquus_capitis_inferior"}
    assert refused <= GUIDANCE["image_required"]


def test_a_bleed_cannot_be_pressed_upon_before_the_spine_under_the_skull_or_at_the_scalenes() -> None:
    deep = {muscle for muscle, facts in MUSCLES.items() if not facts["compressible"]["value"]}
    assert deep == {
        "scalenus_anterior", "scalenus_medius", "scalenus_posterior", "longus_colli", "longus_capitis",
        "obliquus_capitis_inferior", "obliquus_capitis_superior", "rectus_capitis_posterior_major",
    }  # fmt: skip


def test_swallowing_weights_are_relative_to_the_sternocleidomastoid() -> None:
    weights = {muscle: facts["swallow_weight"]["value"] for muscle, facts in MUSCLES.items()}
    assert weights["sternocleidomastoid"] == 1.0
    near = {muscle for muscle, weight in weights.items() if weight >= 1.0}
    assert near == {
        "sternocleidomastoid", "longus_colli", "longus_capitis", "suprahyoid", "infrahyoid", "omohyoid",
    }  # fmt: skip
    assert all("swallowing" in MUSCLES[muscle]["hazard"]["value"] for muscle in near)


def test_the_four_most_injected_muscles_have_the_volume_the_response_model_rests_on() -> None:
    four = ("splenius_capitis", "sternocleidomastoid", "trapezius_upper", "levator_scapulae")
    total = sum(MUSCLES[muscle]["volume"]["value"] for muscle in four)
    assert total == pytest.approx(170, abs=3)


def test_the_extensors_are_those_whose_weakness_drops_the_head() -> None:
    extensors = {muscle for muscle, facts in MUSCLES.items() if facts["extensor"]["value"]}
    assert extensors == {
        "splenius_capitis", "splenius_cervicis", "semispinalis_capitis", "semispinalis_cervicis",
        "longissimus_capitis", "longissimus_cervicis", "levator_scapulae", "trapezius_upper",
        "obliquus_capitis_superior", "rectus_capitis_posterior_major",
    }  # fmt: skip
    assert all("extension" in MUSCLES[muscle]["actions"]["value"] for muscle in extensors)


@pytest.mark.parametrize("pattern", [pattern.value for pattern in Pattern])
def test_a_pattern_implicates_each_muscle_once_on_the_side_and_in_the_role_written_here(pattern: str) -> None:
    rows = PATTERNS[pattern].get("muscle", [])
    found = {row["muscle"]: (row["side"], row["role"]["value"]) for row in rows}
    assert len(found) == len(rows)
    assert found == ROWS[pattern]


@pytest.mark.parametrize("pattern", [pattern.value for pattern in Pattern])
def test_a_pattern_says_how_it_is_measured_and_seen(pattern: str) -> None:
    facts = PATTERNS[pattern]
    assert facts["plane"] in {"rotation", "lateral", "sagittal", "shoulder", "tremor"}
    assert facts["level"] in {"caput", "collis", "both", "neither"}
    assert all(facts[key]["value"] for key in ("measured", "bedside", "imaging"))


def test_exactly_the_rows_on_which_sources_disagree_are_held_back() -> None:
    held, disputed = set(), set()
    for pattern in Pattern:
        for row in PATTERNS[pattern.value].get("muscle", []):
            pair = (pattern.value, row["muscle"])
            if row.get("held_back", False):
                held.add(pair)
                assert row["role"]["verified"] is False
            if row["role"].get("disagree", False):
                disputed.add(pair)
    assert held == disputed == HELD_BACK


def test_a_shift_is_its_two_angles() -> None:
    for pattern in Pattern:
        parts = {(c["pattern"], c["side"]) for c in PATTERNS[pattern.value].get("component", [])}
        assert parts == COMPONENTS.get(pattern.value, set())


def test_forward_flexion_warns_of_levator_scapulae() -> None:
    for pattern in ("antecaput", "antecollis"):
        warning = PATTERNS[pattern]["warning_levator"]
        assert "head drop" in warning["value"]
        assert warning["unit"] == "fact"


def test_no_finding_reaches_the_cap_alone_and_tenderness_is_the_weakest_that_speaks_for() -> None:
    findings = {key: entry["value"] for key, entry in PATTERNS["findings"].items()}
    cap = findings.pop("cap")
    assert set(findings) == {kind.value for kind in FindingKind}
    assert all(1 / cap < ratio < cap for ratio in findings.values())
    assert findings["tender"] == min(ratio for ratio in findings.values() if ratio > 1)
    assert all(entry["verified"] is False for entry in PATTERNS["findings"].values())


def test_published_shares_name_muscles_and_are_percentages() -> None:
    names = {muscle.value for muscle in Muscle}
    for study in ("injected_jost_2020", "injected_interest_cd2", "injected_retroform"):
        shares = PATTERNS["frequencies"][study]
        assert set(shares) <= names
        assert all(e["unit"] == "percent" and 0 < e["value"] < 100 for e in shares.values())
    assert PATTERNS["frequencies"]["collis_caput_both"]["value"] == [1, 1, 3]
    assert PATTERNS["thresholds"]["least_angle"]["value"] == 5


def test_lumped_names_of_old_records_stand_for_known_muscles() -> None:
    groups = _read("groups.toml")
    asked = {"splenius", "scalenes", "paraspinals", "semispinalis", "longissimus", "suboccipitals"}
    assert asked <= set(groups)
    names = {muscle.value for muscle in Muscle}
    for name, group in groups.items():
        assert name not in names
        assert group["label"]
        assert len(group["members"]) == len(set(group["members"]))
        assert set(group["members"]) <= names
