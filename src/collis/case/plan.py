"""A plan: which muscle, which side, how much, in how many sites, with what guidance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from collis.errors import BadInput, ProductMismatch
from collis.knowledge.names import Guidance, Muscle, MuscleSide
from collis.side import Side
from collis.units import Dose


class Origin(StrEnum):
    """Where a plan came from. Every origin passes the same gate."""

    COMPUTED = "computed"
    TYPED = "typed"
    IMPORTED = "imported"
    COPIED = "copied"


@dataclass(frozen=True, kw_only=True, slots=True)
class Injection:
    """One muscle on one side: its dose, split over equal sites."""

    muscle: Muscle
    side: Side
    dose: Dose
    sites: int = 1
    guidance: Guidance = Guidance.PALPATION

    def __post_init__(self) -> None:
        if self.sites < 1:
            raise BadInput(where="sites", read=f"{self.sites}", expected="1 site or more")

    @property
    def where(self) -> MuscleSide:
        """The muscle and side."""
        return MuscleSide(self.muscle, self.side)

    @property
    def per_site(self) -> Dose:
        """Units in each site."""
        return self.dose.split(self.sites)

    def mirrored(self) -> Injection:
        """The same injection on the other side."""
        return Injection(
            muscle=self.muscle,
            side=self.side.mirrored,
            dose=self.dose,
            sites=self.sites,
            guidance=self.guidance,
        )

    def __str__(self) -> str:
        return f"{self.where} {self.dose}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One session as planned, all of one product. A muscle-side stands at most once."""

    name: str
    product: str
    injections: tuple[Injection, ...]
    origin: Origin = Origin.TYPED

    def __post_init__(self) -> None:
        seen: set[MuscleSide] = set()
        for injection in self.injections:
            if injection.dose.product != self.product:
                raise ProductMismatch(
                    f"{injection.where}: read Units of {injection.dose.product} in a plan of {self.product}; "
                    "expected Units of the plan's product. No factor turns one into another."
                )
            if injection.where in seen:
                raise BadInput(
                    where=str(injection.where),
                    read="the same muscle and side twice",
                    expected="one line for each",
                    mend="Add the Units and the sites into one line.",
                )
            seen.add(injection.where)

    @property
    def total(self) -> Dose:
        """All Units of the session."""
        return Dose.total((i.dose for i in self.injections), self.product)

    def dose_at(self, where: MuscleSide) -> Dose:
        """Units planned for one muscle-side, 0 when it is not injected."""
        return self.sum_over((where,))

    def sum_over(self, places: Iterable[MuscleSide]) -> Dose:
        """Units planned over several muscle-sides."""
        wanted = set(places)
        return Dose.total((i.dose for i in self.injections if i.where in wanted), self.product)

    def sides_of(self, muscle: Muscle) -> tuple[Side, ...]:
        """The sides of one muscle that get any Units."""
        return tuple(i.side for i in self.injections if i.muscle is muscle and i.dose.units > 0)

    def mirrored(self) -> Plan:
        """The plan of the mirrored patient."""
        return Plan(
            name=self.name,
            product=self.product,
            origin=self.origin,
            injections=tuple(i.mirrored() for i in self.injections),
        )
