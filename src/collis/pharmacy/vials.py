"""Whole vials: which ones to open for so many Units, and what a little less would save."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from math import gcd

from collis.errors import BadInput
from collis.units import plain


@dataclass(frozen=True, kw_only=True, slots=True)
class VialCount:
    """Vials to open, as (Units of a vial, how many), the largest size first, none of them 0."""

    counts: tuple[tuple[int, int], ...]

    @property
    def units(self) -> int:
        """All Units they hold."""
        return sum(size * count for size, count in self.counts)

    @property
    def vials(self) -> int:
        """How many vials."""
        return sum(count for _, count in self.counts)

    def __str__(self) -> str:
        return " and ".join(f"{count} x {size} Units" for size, count in self.counts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Saving:
    """What a smaller total would save: `fewer` Units, `percent` of the plan, and the vials then needed."""

    fewer: Decimal
    percent: Decimal
    vials: VialCount


def fewest(units: Decimal, sizes: Iterable[int]) -> VialCount:
    """The vials that hold `units` with the fewest Units left over, then the fewest vials.

    `sizes` are the Units of the vials there are, whole numbers above 0, each as often as needed. Nothing to give
    or no size raises `BadInput`.
    """
    offered = sorted(set(sizes), reverse=True)
    if units <= 0 or not offered or offered[-1] <= 0:
        raise BadInput(
            where="vials", read=f"{plain(units)} Units out of vials of {offered}",
            expected="Units above 0 and vials that hold some",
        )  # fmt: skip
    step = gcd(*offered)
    needed = int((units / step).to_integral_value(rounding=ROUND_CEILING))
    parts = [size // step for size in offered]
    # fewest[n]: how many vials make exactly n steps, and the size opened last
    count: list[int | None] = [0]
    last = [0]
    for amount in range(1, needed + parts[0]):
        ways = [
            (before + 1, part)
            for part in parts
            if part <= amount and (before := count[amount - part]) is not None
        ]
        best = min(ways, key=lambda way: way[0], default=None)
        count.append(None if best is None else best[0])
        last.append(0 if best is None else best[1])
    amount = next(n for n in range(needed, len(count)) if count[n] is not None)
    opened: dict[int, int] = dict.fromkeys(offered, 0)
    while amount:
        opened[last[amount] * step] += 1
        amount -= last[amount]
    return VialCount(counts=tuple((size, n) for size, n in opened.items() if n))


def saving(units: Decimal, sizes: Iterable[int], at_most_percent: Decimal) -> Saving | None:
    """The smallest reduction, up to `at_most_percent`, that opens less and no more vials; None where there is none.

    It is told, never done; and nothing here ever raises a dose to use a vial up.
    """
    offered = tuple(sizes)
    now = fewest(units, offered)
    lowest = units * (1 - at_most_percent / 100)
    step = gcd(*offered)
    total = Decimal(int(units // step) * step)
    while total >= lowest and total > 0:
        then = fewest(total, offered)
        if then.units < now.units and then.vials <= now.vials:
            fewer = units - total
            return Saving(fewer=fewer, percent=fewer / units * 100, vials=then)
        total -= step
    return None
