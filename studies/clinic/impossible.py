"""Random sessions at every door: the form with the bounds of the row, the gate, the rows, page and interface.

What may be stored is asked of knowledge again, apart from the code that refuses.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from django.core.exceptions import ValidationError
from django.utils import timezone

from collis.errors import CollisError
from collis.knowledge.load import load
from collis.knowledge.names import Muscle
from collis.units import decimal_of
from collis_clinic.access.roles import Role
from collis_clinic.audit.context import SYSTEM, acting_as
from collis_clinic.records import possible
from collis_clinic.records.models import Assessment, Episode, InjectionLine, Rating, Session, Visit
from collis_clinic.visits.dosing import Draft, draft_from, strengths, worked
from studies.clinic.people_here import DAY, browser_of, open_visits

PRODUCTS = ("abobotulinumtoxinA", "onabotulinumtoxinA", "incobotulinumtoxinA", "rimabotulinumtoxinB")
PLACES = [(muscle.value, side) for muscle in Muscle for side in ("right", "left")]
WILD = (
    "39960",
    "999",
    "1e308",
    "NaN",
    "-5",
    "Infinity",
    "0",
    "0.001",
    "12,5",
    "9" * 30,
    "1e-9",
    "",
    " 40 ",
    "²",
    "４０",
)


def work(*, sessions: int, judged: int, saved: int, posted: int, seed: int) -> dict[str, Any]:
    """Draw that many sessions for each door; how many of each were kept, and how many of these are beyond a limit."""
    chance = np.random.default_rng(seed)
    visit = open_visits(1)[0]
    doors = {
        "form and bounds": _forms(sessions, chance),
        "gate": _gate(judged, chance, visit),
        "rows": _rows(saved, chance),
        "pages and interface": _http(posted, chance),
    }
    return {"doors": {name: dict(counted) for name, counted in doors.items()}}


def limits_of() -> dict[str, tuple[Decimal, dict[str, Decimal]]]:
    """By product: the largest session, and the largest dose of each muscle, that any source gives."""
    knowledge = load()
    found = {}
    for product in PRODUCTS:
        total = knowledge.product(product).highest_total
        assert total is not None
        muscles = {
            muscle.value: decimal_of(dose.highest_any_source.value)
            for muscle, facts in knowledge.muscles.items()
            if (dose := facts.doses.get(product)) is not None and dose.highest_any_source is not None
        }
        found[product] = (decimal_of(total.value), muscles)
    return found


def beyond(product: str, places: Mapping[tuple[str, str], Decimal]) -> bool:
    """Whether a session is beyond what any source gives."""
    total, muscles = LIMITS[product]
    most = max(muscles.values())
    return (
        any(not u.is_finite() or u < 0 for u in places.values())
        or sum(places.values()) > total
        or any(units > muscles.get(muscle, most) for (muscle, _), units in places.items())
    )


LIMITS = limits_of()


def _form(product: str, chance: np.random.Generator, *, wildness: float = 0.05) -> dict[str, str]:
    """One to ten places with doses from small to ten times the largest; now and then what no number is."""
    total, _ = LIMITS[product]
    scale = float(total) * (0.02, 0.1, 0.3, 1.0, 10.0)[int(chance.integers(5))]
    form = {"guidance": "palpation"}
    count = int(chance.integers(1, 11))
    for place in chance.choice(len(PLACES), size=count, replace=False):
        key = "-".join(PLACES[place])
        wild = chance.random() < wildness
        form[f"u-{key}"] = WILD[int(chance.integers(len(WILD)))] if wild else f"{chance.random() * scale:.1f}"
        if chance.random() < 0.1:
            form[f"m-{key}"] = WILD[int(chance.integers(len(WILD)))] if wild else f"{chance.random() * 3:.2f}"
        form[f"s-{key}"] = str(int(chance.integers(1, 7)))
    return form


def _drawn(chance: np.random.Generator) -> tuple[Draft, dict[str, str]]:
    product = PRODUCTS[int(chance.integers(len(PRODUCTS)))]
    ways = WAYS[product]
    strength = ways[int(chance.integers(len(ways)))] if ways and chance.random() < 0.9 else None
    form = _form(product, chance)
    return draft_from(form, product=product, strength=strength), form


WAYS = {p: strengths(p, "US", cast("Visit", SimpleNamespace(on=DAY))) for p in PRODUCTS}


def _places(draft: Draft) -> dict[tuple[str, str], Decimal]:
    return {(cell.muscle, cell.side.value): cell.units or Decimal(0) for cell in draft.cells}


def _forms(count: int, chance: np.random.Generator) -> Counter[str]:
    counted: Counter[str] = Counter()
    for _ in range(count):
        draft, _form_sent = _drawn(chance)
        amounts = [
            possible.Amount(muscle=c.muscle, side=c.side.value, units=c.units, ml=c.ml) for c in draft.cells
        ]
        bounds = possible.bounds_of(draft.product)
        refused = bool(draft.problems) or bool(possible.total_faults(bounds, amounts))
        _count(counted, kept=not refused, draft=draft)
    return counted


def _gate(count: int, chance: np.random.Generator, visit: Visit) -> Counter[str]:
    counted: Counter[str] = Counter()
    for _ in range(count):
        draft, _form_sent = _drawn(chance)
        if draft.problems or not draft.cells:
            _count(counted, kept=False, draft=draft)
        else:
            _count(counted, kept=worked(draft, visit).storable, draft=draft)
    return counted


def _count(counted: Counter[str], *, kept: bool, draft: Draft) -> None:
    counted["drawn"] += 1
    counted["kept"] += kept
    counted["beyond"] += kept and beyond(draft.product, _places(draft))


def _rows(count: int, chance: np.random.Generator) -> Counter[str]:
    """Rows written past every page: one line, one assessment, one score, one day."""
    counted: Counter[str] = Counter()
    visit = open_visits(1)[0]
    with acting_as(SYSTEM):
        session = Session(visit=visit, product=PRODUCTS[1])
        session.save()
        for _ in range(count):
            counted["drawn"] += 1
            try:
                counted["beyond"] += _row(session, visit, chance)
                counted["kept"] += 1
            except (ValidationError, CollisError):
                continue
    return counted


def _row(session: Session, visit: Visit, chance: np.random.Generator) -> bool:
    """Save one random row; whether what was saved cannot be."""
    muscle, side = PLACES[int(chance.integers(len(PLACES)))]
    number: Any = Decimal(int(chance.integers(-200, 20_000))) / 10
    if chance.random() < 0.2:
        number = WILD[int(chance.integers(len(WILD)))]
    match int(chance.integers(4)):
        case 0:
            line = InjectionLine(session=session, position=0, muscle=muscle, side=side, site=1, dropped=False)
            line.planned_units = number
            line.save()
            saved = InjectionLine.objects.get(pk=line.pk)
            InjectionLine.objects.get(pk=line.pk)
            saved.dropped = True
            saved.save()
            return saved.planned_units is not None and beyond(
                PRODUCTS[1], {(muscle, side): saved.planned_units}
            )
        case 1:
            row = Assessment.objects.filter(visit=visit).first() or Assessment(visit=visit)
            row.benefit_percent = number
            row.save()
            value = Assessment.objects.get(pk=row.pk).benefit_percent
            return value is not None and not 0 <= value <= 100
        case 2:
            rating = Rating.objects.filter(visit=visit).first() or Rating(
                visit=visit, scale="twstrs_total", on=DAY
            )
            rating.score = number
            rating.save()
            return not 0 <= Rating.objects.get(pk=rating.pk).score <= 85
        case _:
            today = timezone.localdate()
            on = today + timedelta(days=int(chance.integers(-3, 400)))
            episode = Episode(patient=visit.patient, started_on=date(2025, 1, 1))
            episode.save()
            Visit(patient=visit.patient, episode=episode, on=on).save()
            return on > today


def _http(count: int, chance: np.random.Generator) -> Counter[str]:
    """The same through the page and through the interface, then the tables are asked."""
    counted: Counter[str] = Counter()
    client = browser_of(Role.INJECTOR)
    for number, visit in enumerate(open_visits(count)):
        product = PRODUCTS[int(chance.integers(len(PRODUCTS)))]
        form = _form(product, chance)
        if number % 2:
            answer = client.post(f"/visits/{visit.pk}/lines/", {**form, "product": product, "version": "0"})
        else:
            answer = client.put(
                f"/api/visits/{visit.pk}/lines",
                json.dumps(_body(product, form)),
                content_type="application/json",
            )
        counted["drawn"] += 1
        counted["broken answers"] += answer.status_code >= 500
        lines = InjectionLine.objects.filter(session__visit=visit, dropped=False)
        places: dict[tuple[str, str], Decimal] = {}
        for line in lines:
            at = (line.muscle, line.side)
            places[at] = places.get(at, Decimal(0)) + (line.planned_units or Decimal(0))
        counted["kept"] += bool(places)
        counted["beyond"] += beyond(product, places)
    return counted


def _body(product: str, form: dict[str, str]) -> dict[str, Any]:
    keys = {name[2:] for name in form if name[:2] == "u-"}
    lines = []
    for key in keys:
        muscle, _, side = key.rpartition("-")
        line: dict[str, Any] = {"muscle": muscle, "side": side, "sites": int(form[f"s-{key}"])}
        line["units"] = form[f"u-{key}"]
        if f"m-{key}" in form:
            line["ml"] = form[f"m-{key}"]
        lines.append(line)
    return {"version": 0, "product": product, "lines": lines}
