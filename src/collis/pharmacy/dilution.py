"""From Units to syringe marks: the rows of a label, and what each of them makes of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from collis.case.plan import Injection, Plan
from collis.errors import BadInput
from collis.knowledge.products import Label, LimitFact, ReconstitutionRow
from collis.knowledge.supplies import Syringe
from collis.reasons import Ground
from collis.units import Dose, plain, rounded_together


def strength(vial_units: Decimal, diluent_ml: Decimal) -> Decimal:
    """The Units in 0.1 mL when a vial is mixed with so much diluent."""
    return vial_units / diluent_ml / 10


def closes(row: ReconstitutionRow) -> bool:
    """Whether vial, diluent and strength of a row agree, to the places the strength is written in."""
    places = Decimal(1).scaleb(int(row.units_per_0_1ml.as_tuple().exponent))
    return strength(row.vial_units, row.diluent_ml).quantize(places) == row.units_per_0_1ml


@dataclass(frozen=True, kw_only=True, slots=True)
class Dilution:
    """One way to mix: a row, or rows for vials of several sizes that give one strength, the largest vial first.

    Rows of two strengths, two rows for one size, and a row whose strength is not exactly what vial and diluent
    make raise `BadInput`: nothing drawn up with it would add up.
    """

    rows: tuple[ReconstitutionRow, ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if row.units_per_0_1ml * 10 * row.diluent_ml != row.vial_units:
                raise BadInput(
                    where="dilution",
                    read=f"{row_words(row)} as {plain(row.units_per_0_1ml)} Units in 0.1 mL",
                    expected="vial, diluent and strength that agree exactly",
                )
        strengths = {row.units_per_0_1ml for row in self.rows}
        if len(strengths) != 1 or len({row.vial_units for row in self.rows}) != len(self.rows):
            raise BadInput(
                where="dilution",
                read=f"rows {self.name or 'missing'}",
                expected="rows of one strength, one for each vial size",
            )

    @property
    def name(self) -> str:
        """The name a person may ask for it by: vial Units / mL, joined by +."""
        return "+".join(f"{plain(row.vial_units)}/{plain(row.diluent_ml)}" for row in self.rows)

    @property
    def units_per_ml(self) -> Decimal:
        """The strength in Units per mL."""
        return self.rows[0].units_per_0_1ml * 10

    @property
    def ready(self) -> bool:
        """Whether the vials hold a solution that is used as it is."""
        return self.rows[0].ready

    @property
    def vial_units(self) -> tuple[int, ...]:
        """The Units of each vial size."""
        return tuple(int(row.vial_units) for row in self.rows)

    def diluent_ml(self, vial_units: int) -> Decimal:
        """The mL in one vial of that size."""
        return next(row.diluent_ml for row in self.rows if row.vial_units == vial_units)

    def of_vials(self, sizes: Iterable[int]) -> Dilution:
        """This dilution for some of its vial sizes."""
        wanted = set(sizes)
        return Dilution(rows=tuple(row for row in self.rows if row.vial_units in wanted))

    def __str__(self) -> str:
        return " and ".join(row_words(row) for row in self.rows)


def row_words(row: ReconstitutionRow) -> str:
    """A row as said: 200 Units in 2 mL."""
    return f"{plain(row.vial_units)} Units in {plain(row.diluent_ml)} mL"


def dilutions(label: Label) -> tuple[Dilution, ...]:
    """Every way the label mixes for the neck: its rows one by one, then vial sizes that share a strength together.

    A label without such a row raises `BadInput`.
    """
    rows = [row for row in label.reconstitution if row.for_cd and _sold(row, label)]
    if not rows:
        raise BadInput(
            where="dilution",
            read=f"no row for the neck on the {label.brand} label ({', '.join(label.regions)})",
            expected="at least one dilution the label gives for cervical dystonia",
            mend="Mix by the national label and enter the preparation as it was made.",
        )
    rows.sort(key=lambda row: (-row.units_per_0_1ml, -row.vial_units))
    together = (
        tuple(row for row in rows if row.units_per_0_1ml == units)
        for units in dict.fromkeys(row.units_per_0_1ml for row in rows)
    )
    return (
        *(Dilution(rows=(row,)) for row in rows),
        *(Dilution(rows=shared) for shared in together if len(shared) > 1),
    )


def _sold(row: ReconstitutionRow, label: Label) -> bool:
    return label.vials is None or row.vial_units in label.vials.value


class Trouble(StrEnum):
    """What stands against a way of drawing a plan up."""

    OFF_MARK = "off_mark"
    EMPTY_SITE = "empty_site"
    OVERFULL = "overfull"
    UNEVEN = "uneven"
    VOLUME = "volume"

    @property
    def stops(self) -> bool:
        """Whether the plan cannot be drawn up this way at all."""
        return self in (Trouble.OFF_MARK, Trouble.EMPTY_SITE, Trouble.OVERFULL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that stands against it, in a sentence, with the ground of the figure it was held against."""

    trouble: Trouble
    what: str
    ground: Ground | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Draw:
    """What one muscle-side gets out of one syringe: the mL of each site, all on marks."""

    injection: Injection
    sites_ml: tuple[Decimal, ...]
    units_per_ml: Decimal

    @property
    def volume_ml(self) -> Decimal:
        """All sites together."""
        return sum(self.sites_ml, Decimal(0))

    @property
    def dose(self) -> Dose:
        """The Units in that volume, exactly."""
        return Dose(self.volume_ml * self.units_per_ml, self.injection.dose.product)


def draws(
    plan: Plan, dilution: Dilution, syringe: Syringe, site_volumes: Sequence[LimitFact]
) -> tuple[tuple[Draw, ...], tuple[Problem, ...]]:
    """Each injected muscle-side in marks of the syringe, in plan order, and what stands against it.

    `site_volumes` are the limits on the mL of one site. A muscle-side that cannot be drawn up has no draw and a
    problem that stops; lines of 0 Units have neither.
    """
    drawn: list[Draw] = []
    problems: list[Problem] = []
    for injection in plan.injections:
        if injection.dose.units == 0:
            continue
        draw = _draw(injection, dilution.units_per_ml, syringe)
        if isinstance(draw, Problem):
            problems.append(draw)
            continue
        drawn.append(draw)
        problems.extend(_uneven(draw))
        problems.extend(_outside(draw, site_volumes))
    return tuple(drawn), tuple(problems)


def _draw(injection: Injection, units_per_ml: Decimal, syringe: Syringe) -> Draw | Problem:
    mark = syringe.mark.value
    units_per_mark = units_per_ml * mark
    units, sites = injection.dose.units, injection.sites
    below = (units / units_per_mark).to_integral_value(rounding=ROUND_FLOOR) * units_per_mark
    if below != units:
        near = " or ".join(plain(u) for u in (below, below + units_per_mark) if u > 0)
        return Problem(
            trouble=Trouble.OFF_MARK,
            what=f"{injection} is on no mark of {plain(mark)} mL; {near} Units would be.",
        )
    marks = units / units_per_mark
    each = rounded_together((marks / sites,) * sites, Decimal(1))
    if min(each) == 0:
        return Problem(
            trouble=Trouble.EMPTY_SITE,
            what=f"{injection} has fewer marks of {plain(mark)} mL than its {sites} sites.",
        )
    if max(each) * mark > syringe.size.value:
        return Problem(
            trouble=Trouble.OVERFULL,
            what=f"{injection}: one site takes {plain(max(each) * mark)} mL, more than a "
            f"{plain(syringe.size.value)} mL syringe holds; use more sites.",
        )
    return Draw(injection=injection, sites_ml=tuple(n * mark for n in each), units_per_ml=units_per_ml)


def _uneven(draw: Draw) -> list[Problem]:
    high, low = max(draw.sites_ml), min(draw.sites_ml)
    if high == low:
        return []
    return [
        Problem(
            trouble=Trouble.UNEVEN,
            what=f"{draw.injection} does not divide into equal sites on marks; sites get "
            f"{plain(high)} or {plain(low)} mL.",
        )
    ]


def _outside(draw: Draw, site_volumes: Sequence[LimitFact]) -> list[Problem]:
    found = []
    for fact in site_volumes:
        low, high = fact.span
        wrong = sorted({ml for ml in draw.sites_ml if not low <= ml <= high})
        if wrong:
            volumes = " or ".join(plain(ml) for ml in wrong)
            found.append(
                Problem(
                    trouble=Trouble.VOLUME,
                    what=f"{draw.injection}: {volumes} mL in one site. {fact.text}",
                    ground=Ground.of(fact.bound),
                )
            )
    return found
