"""Random edits of one cell of a plan: Units, mL, dilution, sites, product; read by the reader of the page's form."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from collis.knowledge.names import Muscle
from collis.units import plain
from collis_clinic.records.models import Visit
from collis_clinic.visits.dosing import ML_STEP, Cell, Draft, Strength, draft_from, ml_of, strengths

SHOWN = ("abobotulinumtoxinA", "onabotulinumtoxinA", "incobotulinumtoxinA", "rimabotulinumtoxinB")
REGIONS = ("US", "EU", "UK", "JP")
NEAR = Decimal("0.01")
PLACES = [(muscle.value, side) for muscle in Muscle for side in ("right", "left")]


def work(*, count: int, seed: int) -> dict[str, Any]:
    """Edit `count` times; how often a law broke, and how many edits were refused."""
    chance = np.random.default_rng(seed)
    day = cast("Visit", SimpleNamespace(on=date(2026, 11, 10)))
    ways = [w for p in SHOWN for r in REGIONS for w in strengths(p, r, day)]
    broken: Counter[str] = Counter()
    refused = 0
    for _ in range(count):
        strength = ways[int(chance.integers(len(ways)))]
        form, key, what = _edited(strength, chance)
        draft = draft_from(form, product="onabotulinumtoxinA", strength=strength)
        if draft.problems:
            refused += 1
        broken.update(_broken(draft, form, key, what, strength))
    return {"broken": dict(broken), "refused": refused, "edits": count}


def _edited(strength: Strength, chance: np.random.Generator) -> tuple[dict[str, str], str, str]:
    """A form that was shown with Units and mL that agree, after one edit."""
    muscle, side = PLACES[int(chance.integers(len(PLACES)))]
    key = f"{muscle}-{side}"
    units = _units(strength, chance)
    ml = ml_of(units, strength.units_per_ml)
    form = {
        f"v-{key}": plain(units),
        f"w-{key}": plain(ml),
        f"u-{key}": plain(units),
        f"m-{key}": plain(ml),
        f"s-{key}": str(int(chance.integers(1, 7))),
    }
    what = ("units", "ml", "both", "nothing")[int(chance.integers(4))]
    if what in ("units", "both"):
        form[f"u-{key}"] = plain(_units(strength, chance))
    if what in ("ml", "both"):
        form[f"m-{key}"] = plain(Decimal(int(chance.integers(1, 30_000))) / 10_000)
    return form, key, what


def _units(strength: Strength, chance: np.random.Generator) -> Decimal:
    """Mostly in halves as doctors dose, now and then to the hundredth."""
    most = int(min(Decimal(1500), strength.vial_units * 2))
    steps = (1, 2, 2, 10, 100)[int(chance.integers(5))]
    return Decimal(int(chance.integers(1, most * steps))) / steps


def _broken(draft: Draft, form: dict[str, str], key: str, what: str, strength: Strength) -> list[str]:
    cell: Cell | None = next((c for c in draft.cells if c.key == key), None)
    if draft.problems:
        return [] if cell is None or cell.problem else ["refused without a word"]
    if cell is None or cell.units is None or cell.ml is None:
        return [] if Decimal(form[f"m-{key}"]) * strength.units_per_ml < NEAR else ["a cell was lost"]
    per_ml = strength.units_per_ml
    laws = {
        "Units and volume apart": abs(cell.ml * per_ml - cell.units) > NEAR,
        "typed Units changed": what in ("units", "nothing") and cell.units != Decimal(form[f"u-{key}"]),
        "typed volume changed": what == "ml" and abs(cell.ml - Decimal(form[f"m-{key}"])) * per_ml > NEAR,
        "volume changed and Units stayed": what == "ml"
        and form[f"m-{key}"] != form[f"w-{key}"]
        and abs(Decimal(form[f"m-{key}"]) - Decimal(form[f"w-{key}"])) * per_ml > 2 * NEAR
        and cell.units == Decimal(form[f"v-{key}"]),
        "sites do not add up": sum(cell.per_site, Decimal(0)) != cell.units,
        "a site's Units and volume apart": any(
            abs(ml_of(units, per_ml) * per_ml - units) > max(NEAR, ML_STEP / 2 * per_ml)
            for units in cell.per_site
        ),
    }
    return [law for law, is_broken in laws.items() if is_broken]
