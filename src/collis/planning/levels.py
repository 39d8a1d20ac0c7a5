"""Round doses that can be drawn: which Units a muscle-side may get, and in how many equal sites."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from collis.knowledge.load import Knowledge
from collis.knowledge.muscles import DoseRange
from collis.knowledge.names import MuscleSide, Region
from collis.knowledge.products import Label, LimitKind
from collis.planning.problem import DoseLevel
from collis.safety.limits import Limit
from collis.units import decimal_of


def levels_for(
    where: MuscleSide,
    dose: DoseRange,
    step: Decimal,
    label: Label,
    region: Region,
    caps: Sequence[Limit],
    knowledge: Knowledge,
) -> tuple[DoseLevel, ...]:
    """Every round dose of the usual range at one place that keeps its caps and divides into drawable sites.

    Lowest first; empty when there is none. Doses below the least useful one are left out.
    """
    if dose.usual is None:
        return ()
    low, high = (decimal_of(v) for v in dose.usual.value)
    if dose.least_useful is not None:
        low = max(low, decimal_of(dose.least_useful.value))
    for cap in caps:
        if cap.kind is LimitKind.MUSCLE and cap.covers(where):
            high = min(high, cap.room)
    per_site_caps = [cap.room for cap in caps if cap.kind is LimitKind.SITE and cap.covers(where)]
    fewest, most = (int(v) for v in dose.sites.value) if dose.sites is not None else (1, 1)
    levels = []
    units = (low / step).to_integral_value(rounding="ROUND_CEILING") * step
    while units <= high:
        wanted = fewest + (most - fewest) * float((units - low) / (high - low)) if high > low else fewest
        fits = [
            n
            for n in range(fewest, most + 1)
            if all(units / n <= cap for cap in per_site_caps)
            and _drawable(units / n, label, region, knowledge)
        ]
        if fits:
            levels.append(DoseLevel(units=units, sites=min(fits, key=lambda n: (abs(n - wanted), n))))
        units += step
    return tuple(levels)


def _drawable(per_site: Decimal, label: Label, region: Region, knowledge: Knowledge) -> bool:
    """Whether the Units of a site fall on a mark of the usual syringe, in a volume a site takes, at the strongest row.

    Where the label's dilution rows are not known nothing is held against a dose.
    """
    rows = [row for row in label.reconstitution if row.for_cd]
    if not rows:
        return True
    volume = per_site / (max(row.units_per_0_1ml for row in rows) * 10)
    spans = [
        limit.span
        for limit in knowledge.limits_for(label.product, region)
        if limit.kind is LimitKind.VOLUME_PER_SITE
    ]
    mark = knowledge.supplies.syringe(None).mark.value
    return volume % mark == 0 and all(low <= volume <= high for low, high in spans)
