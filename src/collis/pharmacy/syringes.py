"""Which syringe feeds which muscles."""

from __future__ import annotations

from collections.abc import Sequence
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

    Muscles reached from the front stay apart from the others, then one side from the other, where that needs no
    further syringe. A muscle-side is divided, between sites, only where it is more than one syringe holds; no
    draw has a site larger than that.
    """
    size = syringe.size.value
    pieces = [piece for draw in draws for piece in _pieces(draw, size)]
    # The side that comes first in the plan comes first here, so that the mirrored plan is filled in the mirror.
    first_side = draws[0].injection.side
    behind = [piece.injection.muscle not in front for piece in pieces]
    other_side = [piece.injection.side is not first_side for piece in pieces]
    groupings = (
        [(behind[i], other_side[i]) for i in range(len(pieces))],
        [(behind[i], False) for i in range(len(pieces))],
        [(False, other_side[i]) for i in range(len(pieces))],
        [(False, False)] * len(pieces),
    )
    volumes = [piece.volume_ml for piece in pieces]
    arrangements = [
        found
        for cells in groupings
        for found in (_apart(cells, volumes, size), _in_turn(cells, volumes, size))
    ]
    chosen = min(arrangements, key=lambda held: (len(held), _mixed(held, behind), _mixed(held, other_side)))
    ordered = sorted((sorted(held) for held in chosen), key=lambda held: (behind[held[0]], held[0]))
    return tuple(
        Fill(number=number, syringe=syringe, draws=tuple(pieces[i] for i in held))
        for number, held in enumerate(ordered, start=1)
    )


Cell = tuple[bool, bool]


def _mixed(syringes: Sequence[Sequence[int]], of: Sequence[bool]) -> int:
    """How many syringes hold both kinds."""
    return sum(1 for held in syringes if len({of[i] for i in held}) > 1)


def _apart(cells: Sequence[Cell], volumes: Sequence[Decimal], size: Decimal) -> list[list[int]]:
    """Each cell in syringes of its own."""
    found = []
    for cell in sorted(set(cells)):
        inside = [i for i in range(len(cells)) if cells[i] == cell]
        found += _first_fit(sorted(inside, key=lambda i: -volumes[i]), volumes, size)
    return found


def _in_turn(cells: Sequence[Cell], volumes: Sequence[Decimal], size: Decimal) -> list[list[int]]:
    """One cell after the other, sharing syringes."""
    return _first_fit(sorted(range(len(cells)), key=lambda i: (cells[i], -volumes[i])), volumes, size)


def _first_fit(order: Sequence[int], volumes: Sequence[Decimal], size: Decimal) -> list[list[int]]:
    syringes: list[list[int]] = []
    for i in order:
        room = next((held for held in syringes if sum((volumes[j] for j in held), volumes[i]) <= size), None)
        if room is None:
            syringes.append([i])
        else:
            room.append(i)
    return syringes


def _pieces(draw: Draw, size: Decimal) -> list[Draw]:
    """The draw, divided between its sites where one syringe does not hold it."""
    pieces: list[list[Decimal]] = [[]]
    for site in draw.sites_ml:
        if sum(pieces[-1], site) > size:
            pieces.append([])
        pieces[-1].append(site)
    return [replace(draw, sites_ml=tuple(piece)) for piece in pieces]
