"""What no session can hold, whoever wrote it: more of a product than any source gives anywhere.

These are no label limits and nobody goes past them. The figures are those behind the gate's entry errors, read from
knowledge; a volume is too much when the weakest strength on any label would not need it for the largest dose.
`refuse_amount` is asked by every line and preparation that is saved, `refuse_total` when a session is checked or signed
and by whoever saves its lines as one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from collis.knowledge.load import Knowledge, load
from collis.knowledge.products import Product
from collis.sources import Sourced
from collis.units import decimal_of, plain


@dataclass(frozen=True, kw_only=True, slots=True)
class Bound:
    """The most there can be, and the place it was read in."""

    most: Decimal
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """What one product allows; where no source gives it a figure, the largest of all products holds.

    `session_ml` and `place_ml` are volumes: the largest dose of any product at the weakest strength on its labels.
    """

    total: Bound
    anywhere: Bound
    muscles: Mapping[str, Bound]
    session_ml: Bound
    place_ml: Bound

    def muscle(self, name: str) -> Bound:
        """The most in one muscle on one side; of a muscle without a figure, the most in any."""
        return self.muscles.get(name, self.anywhere)


@dataclass(frozen=True, kw_only=True, slots=True)
class Amount:
    """One site: Units and mL, None where nobody said."""

    muscle: str
    side: str
    units: Decimal | None
    ml: Decimal | None = None


@lru_cache(maxsize=64)
def bounds_of(product: str | None) -> Bounds:
    """The bounds of a product by the newest knowledge: what was never given is no matter of the visit's date.

    Without a product, the largest of all products.
    """
    knowledge = load()
    return _largest(knowledge) if product is None else _own(knowledge, product)


def refuse_amount(product: str | None, amount: Amount, *, field: str) -> None:
    """Raise `ValidationError` for a site that cannot be: `field` is the prefix of its fields, planned or given."""
    wrong = list(site_faults(bounds_of(product), amount, field))
    if wrong:
        raise ValidationError(dict(wrong))


def refuse_total(product: str | None, amounts: Iterable[Amount]) -> None:
    """Raise `ValidationError` where the sites together cannot be: in one muscle on one side, or in all."""
    wrong = total_faults(bounds_of(product), amounts)
    if wrong:
        raise ValidationError(wrong)


def refuse_volume(ml: Decimal | None, *, field: str) -> None:
    """Raise `ValidationError` for a volume of a whole preparation that cannot be."""
    bound = bounds_of(None).session_ml
    if ml is not None and not _within(ml, bound):
        raise ValidationError({field: _said(ml, "mL", bound)})


def total_faults(bounds: Bounds, amounts: Iterable[Amount]) -> list[str]:
    """What is wrong with the sites together, in words; empty where nothing is."""
    total, places = Decimal(0), defaultdict[tuple[str, str], Decimal](Decimal)
    for amount in amounts:
        if amount.units is not None:
            total += amount.units
            places[amount.muscle, amount.side] += amount.units
    faults = [
        _said(units, "Units", bounds.muscle(muscle))
        for (muscle, _side), units in places.items()
        if not _within(units, bounds.muscle(muscle))
    ]
    if not _within(total, bounds.total):
        faults.append(_said(total, "Units", bounds.total))
    return faults


def site_faults(bounds: Bounds, amount: Amount, field: str) -> Iterator[tuple[str, str]]:
    """What is wrong with one site: the field and the words."""
    bound = bounds.muscle(amount.muscle)
    if amount.units is not None and not _within(amount.units, bound):
        yield f"{field}_units", _said(amount.units, "Units", bound)
    if amount.ml is not None and not _within(amount.ml, bounds.place_ml):
        yield f"{field}_ml", _said(amount.ml, "mL", bounds.place_ml)


def _within(read: Decimal, bound: Bound) -> bool:
    return read.is_finite() and 0 <= read <= bound.most


def _said(read: Decimal, unit: str, bound: Bound) -> str:
    return _("Read %(read)s %(unit)s, expected 0 to %(most)s %(unit)s: %(source)s.") % {
        "read": plain(read)[:40] if read.is_finite() else str(read),
        "unit": unit,
        "most": plain(bound.most),
        "source": bound.source,
    }


def _own(knowledge: Knowledge, product: str) -> Bounds:
    rest, facts = bounds_of(None), knowledge.products.get(product)
    figure = None if facts is None else facts.highest_total
    total = rest.total if figure is None else _bound(figure)
    muscles = _muscle_figures(knowledge, product)
    anywhere = max(muscles.values(), key=lambda b: b.most) if muscles else rest.anywhere
    return replace(rest, total=total, anywhere=min(anywhere, total, key=lambda b: b.most), muscles=muscles)


def _largest(knowledge: Knowledge) -> Bounds:
    totals, places, session_ml, place_ml = [], [], [], []
    for product in knowledge.products.values():
        weakest = _weakest(product)
        figures = list(_muscle_figures(knowledge, product.name).values())
        places += figures
        if product.highest_total is None:
            continue
        total = _bound(product.highest_total)
        totals.append(total)
        if weakest is not None:
            session_ml.append(Bound(most=round(total.most / weakest.most, 2), source=weakest.source))
            place_ml += [Bound(most=round(b.most / weakest.most, 2), source=weakest.source) for b in figures]
    total, anywhere, session, place = (
        max(found, key=lambda b: b.most) for found in (totals, places, session_ml, place_ml)
    )
    return Bounds(total=total, anywhere=anywhere, muscles={}, session_ml=session, place_ml=place)


def _muscle_figures(knowledge: Knowledge, product: str) -> dict[str, Bound]:
    return {
        muscle.value: _bound(dose.highest_any_source)
        for muscle, facts in knowledge.muscles.items()
        if (dose := facts.doses.get(product)) is not None and dose.highest_any_source is not None
    }


def _weakest(product: Product) -> Bound | None:
    """The lowest strength on any of the product's labels, in Units/mL."""
    rows = [row for label in product.labels.values() for row in label.reconstitution]
    if not rows:
        return None
    weakest = min(rows, key=lambda row: row.vial_units / row.diluent_ml)
    return Bound(most=weakest.vial_units / weakest.diluent_ml, source=_place(weakest.entry))


def _bound(figure: Sourced[Any]) -> Bound:
    return Bound(most=decimal_of(figure.value), source=_place(figure))


def _place(figure: Sourced[Any]) -> str:
    checked = "" if figure.verified else _(", not yet checked against its source")
    return f"{figure.grade.value}: {figure.source.replace('_', ' ')}, {figure.place}{checked}"
