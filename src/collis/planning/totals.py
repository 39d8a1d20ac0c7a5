"""How many Units a session may use in all: the label's start, a cautious start, what trials gave."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from collis.case.session import Session
from collis.knowledge.load import Knowledge
from collis.knowledge.products import Label, LimitKind
from collis.planning.problem import Row
from collis.planning.setting import Setting
from collis.planning.solve import NoPlan
from collis.sources import Sourced
from collis.units import decimal_of

TOTALS = frozenset({"starting_total", "cautious_total", "usual_total", "median_total", "no_gain_above"})
"""Rows that hold the whole session, by the entry of the label they come from."""


def scale_of(label: Label) -> float:
    """The Units of a usual session: the top of the usual range, else of trials, else of the start."""
    for key in ("usual_total", "trial_total", "starting_total", "cautious_total"):
        entry = label.doses.get(key)
        if entry is not None:
            return float(top_of(entry))
    raise NoPlan("knowledge gives no usual session total for this label")


def top_of(entry: Sourced[Any]) -> Decimal:
    """The figure of an entry, or the top of its range."""
    value = entry.value
    return decimal_of(max(value)) if isinstance(value, tuple) else decimal_of(value)


def bottom_of(entry: Sourced[Any]) -> Decimal:
    """The figure of an entry, or the bottom of its range."""
    value = entry.value
    return decimal_of(min(value)) if isinstance(value, tuple) else decimal_of(value)


def starting_total(setting: Setting) -> tuple[Decimal, Sourced[Any]] | None:
    """The label's starting total for this patient, and the entry it comes from.

    None where the label states none for this patient: a figure for the experienced is no start for a naive
    patient whose own first-session cap lies below it.
    """
    doses = setting.label.doses
    naive = setting.case.doses_as_naive
    for_naive = doses.get("starting_total_naive") if naive else None
    entry = for_naive if for_naive is not None else doses.get("starting_total")
    if entry is None:
        return None
    total = bottom_of(entry) if naive and for_naive is None else top_of(entry)
    first_caps = [c.bound for c in setting.caps if c.kind is LimitKind.TOTAL and not c.entry_error]
    return None if naive and first_caps and min(first_caps) < total else (total, entry)


def ceiling(setting: Setting) -> Row:
    """The most Units balanced and low risk may use: the starting range at first, then the usual range."""
    everywhere = tuple(1.0 for _ in setting.eligible.places)
    start = starting_total(setting)
    doses = setting.label.doses
    if setting.first_with_product and start is not None:
        return Row(id="starting_total", weights=everywhere, low=0.0, high=float(start[0]))
    if setting.first_with_product and "cautious_total" in doses:
        return Row(
            id="cautious_total", weights=everywhere, low=0.0, high=float(bottom_of(cautious_total(setting)))
        )
    key, most = _usual_ceiling(setting)
    return Row(id=key, weights=everywhere, low=0.0, high=float(most))


def _usual_ceiling(setting: Setting) -> tuple[str, Decimal]:
    """The most a later session may use, and the entry it comes from.

    That is what its trials gave (their median, or where more brought no further gain), or the last total where
    that was higher. From there up to the top of the usual range only where such a session helped too little.
    """
    doses = setting.label.doses
    last = setting.case.last_session
    before = units_before(setting)
    usual = next((key for key in ("usual_total", "trial_total", "starting_total") if key in doses), None)
    top = top_of(doses[usual]) if usual is not None else Decimal(0)
    key = told_by_trials(setting)
    if key is None:
        return "usual_total", max(before, top)
    enough = top_of(doses[key])
    helped_little = (
        last is not None and last.benefit_percent is not None and not worked(last, setting.knowledge)
    )
    if before >= enough and helped_little:
        return "usual_total", max(before, top)
    return key, max(before, enough)


def told_by_trials(setting: Setting) -> str | None:
    """The entry of the label that tells the total of its trials, None where none does."""
    return next((key for key in ("median_total", "no_gain_above") if key in setting.label.doses), None)


def units_before(setting: Setting) -> Decimal:
    """Units of the last session where it used this product, else 0."""
    last = setting.case.last_session
    return last.total.units if last is not None and last.product == setting.product.name else Decimal(0)


def worked(last: Session, knowledge: Knowledge) -> bool:
    """Whether the last session helped enough to be kept."""
    good = knowledge.figure("planning", "risk", "good_benefit")
    return last.benefit_percent is not None and float(last.benefit_percent) >= good


def cautious_total(setting: Setting) -> Sourced[Any]:
    """The cautious total for this patient: the naive figure where there is one and history is naive or unknown."""
    doses = setting.label.doses
    naive = doses.get("cautious_total_naive") if setting.case.doses_as_naive else None
    return naive if naive is not None else doses["cautious_total"]
