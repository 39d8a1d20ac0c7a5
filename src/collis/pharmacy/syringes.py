"""Which syringe feeds which muscles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from collis.knowledge.names import Muscle
from collis.knowledge.supplies import Syringe
from collis.pharmacy.dilution import Draw
from collis.units import Dose


@dataclass(frozen=True, kw_only=True, slots=True)
class Fill:
    """One syringe, numbered from 1, and what is given out of it, in plan order."""

    number: int
    syringe: Syringe
    draws: tuple[Draw, ...]

    @property
    def volume_ml(self) -> Decimal:
        """What is read off the marks and given; the dead space comes on top."""
        return sum((draw.volume_ml for draw in self.draws), Decimal(0))

    @property
    def dose(self) -> Dose:
        """The Units given out of it."""
        return Dose.total((draw.dose for draw in self.draws), self.draws[0].injection.dose.product)


def fill(draws: Sequence[Draw], syringe: Syringe, front: Sequence[Muscle]) -> tuple[Fill, ...]:
    """The draws in as few syringes as the arrangements below find.

    Muscles reached from the front stay apart from the others where that needs no further syringe. A muscle-side
    is divided, between sites, only where it is more than one syringe holds; no draw has a site larger than that.
    """
    pieces = [piece for draw in draws for piece in _pieces(draw, syringe.size.value)]

    def is_front(i: int) -> bool:
        return pieces[i].injection.muscle in front

    def mixed(syringes: list[list[int]]) -> int:
        return sum(1 for held in syringes if len({is_front(i) for i in held}) > 1)

    def volume(i: int) -> Decimal:
        return pieces[i].volume_ml

    everything = sorted(range(len(pieces)), key=lambda i: -volume(i))
    fronts = [i for i in everything if is_front(i)]
    backs = [i for i in everything if not is_front(i)]
    size = syringe.size.value
    arrangements = (
        _first_fit(fronts, volume, size) + _first_fit(backs, volume, size),
        _first_fit(fronts + backs, volume, size),
        _first_fit(everything, volume, size),
    )
    chosen = min(arrangements, key=lambda syringes: (len(syringes), mixed(syringes)))
    chosen = sorted((sorted(held) for held in chosen), key=lambda held: (not is_front(held[0]), held[0]))
    return tuple(
        Fill(number=number, syringe=syringe, draws=tuple(pieces[i] for i in held))
        for number, held in enumerate(chosen, start=1)
    )


def _pieces(draw: Draw, size: Decimal) -> list[Draw]:
    """The draw, divided between its sites where one syringe does not hold it."""
    pieces: list[list[Decimal]] = [[]]
    for site in draw.sites_ml:
        if sum(pieces[-1], site) > size:
            pieces.append([])
        pieces[-1].append(site)
    return [replace(draw, sites_ml=tuple(piece)) for piece in pieces]


def _first_fit(order: Sequence[int], volume: Callable[[int], Decimal], size: Decimal) -> list[list[int]]:
    syringes: list[list[int]] = []
    for i in order:
        room = next((held for held in syringes if sum(map(volume, held), volume(i)) <= size), None)
        if room is None:
            syringes.append([i])
        else:
            room.append(i)
    return syringes
