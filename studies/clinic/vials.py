"""Random operations on vials: received, opened, drawn, wasted, expired, and what may not be."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection

from collis_clinic.audit.context import SYSTEM, acting_as
from collis_clinic.audit.models import AuditEntry
from collis_clinic.stock import keeping
from collis_clinic.stock.models import Movement, Vial, VialState

DAY = date(2026, 11, 10)
SIZES = {
    "onabotulinumtoxinA": (50, 100, 200),
    "abobotulinumtoxinA": (300, 500),
    "rimabotulinumtoxinB": (2500,),
}
KNOWN = 40


def work(*, count: int, seed: int) -> dict[str, Any]:
    """Do `count` operations; how many were refused, how many left a vial that does not add up."""
    chance, kept, outcomes = np.random.default_rng(seed), list[uuid.UUID](), Counter[str]()
    acts: tuple[Callable[[], object], ...] = (
        lambda: kept.extend(v.pk for v in _receive(chance)),
        lambda: keeping.open_vial(_one(kept, chance), on=DAY),
        lambda: _draw(kept, chance),
        lambda: _draw(kept, chance),
        lambda: _draw(kept, chance),
        lambda: keeping.waste(_one(kept, chance), reason="study"),
        lambda: _back(_one(kept, chance)),
        lambda: _forge(_one(kept, chance), chance),
    )
    with acting_as(SYSTEM):
        kept.extend(v.pk for v in _receive(chance))
        for number in range(count):
            try:
                acts[int(chance.integers(len(acts)))]()
                outcomes["done"] += 1
            except (ValidationError, IntegrityError):
                outcomes["refused"] += 1
            del kept[:-KNOWN]
            if number % 5000 == 0:
                keeping.expire(DAY + timedelta(days=400 * (number // 50_000)))
    return {**outcomes, **_findings()}


def _receive(chance: np.random.Generator) -> list[Vial]:
    product = list(SIZES)[int(chance.integers(len(SIZES)))]
    size = SIZES[product][int(chance.integers(len(SIZES[product])))]
    soon = int(chance.integers(-30, 800))
    return keeping.receive(
        product=product,
        number=f"L{int(chance.integers(10**6)):06d}",
        expiry=DAY + timedelta(days=soon),
        vial_units=Decimal(size),
        count=int(chance.integers(1, 4)),
        on=DAY,
    )


def _one(kept: list[uuid.UUID], chance: np.random.Generator) -> uuid.UUID:
    return kept[int(chance.integers(len(kept)))]


def _draw(kept: list[uuid.UUID], chance: np.random.Generator) -> None:
    units = Decimal(int(chance.integers(-20, 1200))) / 10
    if chance.random() < 1 / 50:
        units = (Decimal("NaN"), Decimal("Infinity"), Decimal("1e308"), Decimal("0.05"))[
            int(chance.integers(4))
        ]
    keeping.draw(_one(kept, chance), units, session=uuid.uuid4(), patient=uuid.uuid4())


def _back(number: uuid.UUID) -> None:
    """An opened vial set back to unopened."""
    vial = Vial.objects.get(pk=number)
    if vial.state == VialState.UNOPENED:
        raise ValidationError("nothing to set back")
    vial.state = VialState.UNOPENED
    vial.save()
    raise AssertionError("a vial went back to unopened")


def _forge(number: uuid.UUID, chance: np.random.Generator) -> None:
    """A vial written past the keeper, with parts that do not add up."""
    vial = Vial.objects.get(pk=number)
    vial.left += Decimal(int(chance.integers(1, 50))) / 10
    vial.save()
    raise AssertionError("a vial that does not add up was kept")


def _findings() -> dict[str, int]:
    """What the tables say in the end, by plain SQL over the tenths of Units they hold."""
    with connection.cursor() as cursor:
        cursor.execute('SELECT count(*) FROM stock_vial WHERE contents <> drawn + wasted + "left"')
        apart = cursor.fetchone()[0]
        cursor.execute(
            "SELECT count(*) FROM stock_vial v WHERE v.drawn <> coalesce((SELECT sum(m.units) FROM stock_movement m "
            "WHERE m.vial_id = v.id AND m.kind = 'drawn'), 0) OR v.wasted <> coalesce((SELECT sum(m.units) "
            "FROM stock_movement m WHERE m.vial_id = v.id AND m.kind IN ('wasted', 'expired')), 0)"
        )
        unexplained = cursor.fetchone()[0]
    changes = Vial.objects.count() + sum(v - 1 for v in Vial.objects.values_list("version", flat=True))
    entered = AuditEntry.objects.filter(kind="stock.vial").count()
    return {
        "vials": Vial.objects.count(),
        "movements": Movement.objects.count(),
        "apart": apart,
        "unexplained": unexplained,
        "unentered": abs(changes - entered),
    }
