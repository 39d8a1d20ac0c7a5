"""Quantities that must not be mixed up: doses bound to their product, volumes, angles.

No function here or anywhere turns Units of one product into Units of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import total_ordering

from collis.errors import BadInput, ProductMismatch

Number = Decimal | int | float | str


def decimal_of(number: Number) -> Decimal:
    """An exact decimal; a float is read by its shortest text, so 0.1 is a tenth."""
    if isinstance(number, float):
        return Decimal(repr(number))
    return Decimal(number)


def plain(number: Decimal) -> str:
    """A number as printed: leading zero, no trailing zero, no exponent."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text or "0"


def rounded_together(parts: Sequence[Decimal], step: Decimal) -> tuple[Decimal, ...]:
    """The parts in whole steps, so that what is printed adds up to the printed sum.

    Their sum is rounded half up; each part is rounded down, and the steps still missing go to the parts that lost
    most, the earlier first. A part that is a whole number of steps stays as it is. A part below 0 or a step that
    is not above 0 raises `BadInput`.

    >>> rounded_together((Decimal("33.3"), Decimal("33.3"), Decimal("33.4")), Decimal(1))
    (Decimal('33'), Decimal('33'), Decimal('34'))
    """
    if step <= 0 or any(part < 0 for part in parts):
        raise BadInput(
            read=f"parts {', '.join(map(str, parts))} in steps of {step}",
            expected="parts of 0 or more, a step above 0",
        )
    whole = [(part / step).to_integral_value(rounding=ROUND_FLOOR) for part in parts]
    total = (sum(parts, Decimal(0)) / step).to_integral_value(rounding=ROUND_HALF_UP)
    missing = int(total - sum(whole, Decimal(0)))
    by_loss = sorted(range(len(parts)), key=lambda i: (whole[i] * step - parts[i], i))
    for i in by_loss[:missing]:
        whole[i] += 1
    return tuple(count * step for count in whole)


@total_ordering
@dataclass(frozen=True, slots=True, eq=True)
class Dose:
    """Units of one named product.

    Adding, subtracting or comparing Units of two products raises `ProductMismatch`; a negative or
    non-finite number of Units raises `BadInput`.

    >>> Dose.of(40, "onabotulinumtoxinA") + Dose.of(10, "onabotulinumtoxinA")
    Dose(50 Units, onabotulinumtoxinA)
    """

    units: Decimal
    product: str

    def __post_init__(self) -> None:
        if not self.units.is_finite() or self.units < 0:
            raise BadInput(read=f"{self.units} Units", expected="a number of Units that is 0 or more")
        if not self.product:
            raise BadInput(
                read=f"{self.units} Units of no product", expected="the product the Units belong to"
            )

    @classmethod
    def of(cls, units: Number, product: str) -> Dose:
        """A dose of `units` Units of `product`."""
        return cls(decimal_of(units), product)

    @classmethod
    def total(cls, doses: Iterable[Dose], product: str) -> Dose:
        """The sum of doses, all of `product`; nothing sums to 0 Units of it."""
        total = cls(Decimal(0), product)
        for dose in doses:
            total = total + dose
        return total

    def _same(self, other: Dose) -> None:
        if self.product != other.product:
            raise ProductMismatch(
                f"read Units of {self.product} together with Units of {other.product}; expected Units of one "
                "product. Units belong to their product and no factor turns one into another."
            )

    def __add__(self, other: Dose) -> Dose:
        self._same(other)
        return Dose(self.units + other.units, self.product)

    def __sub__(self, other: Dose) -> Dose:
        self._same(other)
        return Dose(self.units - other.units, self.product)

    def __lt__(self, other: Dose) -> bool:
        self._same(other)
        return self.units < other.units

    def times(self, factor: Number) -> Dose:
        """This dose a number of times over."""
        return Dose(self.units * decimal_of(factor), self.product)

    def split(self, sites: int) -> Dose:
        """The Units of each of `sites` equal sites (1 or more)."""
        if sites < 1:
            raise BadInput(read=f"{sites} sites", expected="at least 1 site")
        return Dose(self.units / sites, self.product)

    def __str__(self) -> str:
        return f"{plain(self.units)} Units"

    def __repr__(self) -> str:
        return f"Dose({plain(self.units)} Units, {self.product})"


@total_ordering
@dataclass(frozen=True, slots=True)
class Volume:
    """A volume in millilitres, 0 or more."""

    ml: Decimal

    def __post_init__(self) -> None:
        if not self.ml.is_finite() or self.ml < 0:
            raise BadInput(read=f"{self.ml} mL", expected="a volume of 0 mL or more")

    @classmethod
    def of(cls, ml: Number) -> Volume:
        """A volume of `ml` millilitres."""
        return cls(decimal_of(ml))

    def __add__(self, other: Volume) -> Volume:
        return Volume(self.ml + other.ml)

    def __lt__(self, other: Volume) -> bool:
        return self.ml < other.ml

    def __str__(self) -> str:
        return f"{plain(self.ml)} mL"


@dataclass(frozen=True, slots=True)
class Angle:
    """An unsigned angle in degrees, 0 to 180; the direction is said beside it, never by a sign."""

    deg: float

    def __post_init__(self) -> None:
        if not 0 <= self.deg <= 180:
            raise BadInput(
                read=f"{self.deg} degrees",
                expected="0 to 180 degrees",
                mend="Write the size of the angle and say the direction with `toward`.",
            )

    def __str__(self) -> str:
        return f"{self.deg:g}°"
