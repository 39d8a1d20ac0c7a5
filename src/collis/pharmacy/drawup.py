"""The draw-up of one plan: how it is mixed, what goes into which syringe, what is opened and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from collis.case.plan import Plan
from collis.case.preparation import Preparation, VialUse
from collis.errors import BadInput
from collis.knowledge.load import Knowledge
from collis.knowledge.names import MuscleSide, Region
from collis.knowledge.products import Label, LimitKind
from collis.knowledge.supplies import Supplies, Syringe
from collis.pharmacy.dilution import Dilution, Problem, Trouble, dilutions, draws
from collis.pharmacy.gs1 import VialLabel
from collis.pharmacy.syringes import Fill, fill
from collis.pharmacy.vials import VialCount, fewest, saving
from collis.reasons import Ground
from collis.units import Dose, plain, rounded_together


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """Where the opened Units and mL go: given, left in the dead space, discarded with the vial; to the last digit.

    What is drawn into syringes is what is given and the dead space; what the patient does not get is wasted.
    """

    opened: Dose
    given: Dose
    dead_space: Dose
    discarded: Dose
    opened_ml: Decimal
    given_ml: Decimal
    dead_space_ml: Decimal
    discarded_ml: Decimal

    def __post_init__(self) -> None:
        units = self.given + self.dead_space + self.discarded
        volume = self.given_ml + self.dead_space_ml + self.discarded_ml
        if units != self.opened or volume != self.opened_ml:
            raise BadInput(
                where="draw-up",
                read=f"{units} and {plain(volume)} mL given, in the dead space and discarded",
                expected=f"the {self.opened} and {plain(self.opened_ml)} mL that were opened",
            )

    @property
    def drawn(self) -> Dose:
        """All Units drawn into syringes."""
        return self.given + self.dead_space

    @property
    def drawn_ml(self) -> Decimal:
        """All mL drawn into syringes."""
        return self.given_ml + self.dead_space_ml

    @property
    def wasted(self) -> Dose:
        """What was opened and not given."""
        return self.discarded + self.dead_space

    def printed(self, step: Decimal) -> tuple[Decimal, Decimal, Decimal]:
        """Units given, discarded and in the dead space in steps of `step`; they add up as printed."""
        given, discarded, dead_space = rounded_together(
            (self.given.units, self.discarded.units, self.dead_space.units), step
        )
        return given, discarded, dead_space


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One way to draw a plan up, with what stands against it. `fills` is empty where it cannot be done."""

    dilution: Dilution
    syringe: Syringe
    vials: VialCount
    fills: tuple[Fill, ...]
    problems: tuple[Problem, ...]

    @property
    def name(self) -> str:
        """The name of its dilution."""
        return self.dilution.name

    @property
    def drawable(self) -> bool:
        """Whether it can be drawn up on marks at all."""
        return not any(problem.trouble.stops for problem in self.problems)

    @property
    def works(self) -> bool:
        """Whether every site lies on a mark and within the volume limits."""
        return all(problem.trouble is Trouble.HUB for problem in self.problems)

    @property
    def opened_ml(self) -> Decimal:
        """All mL in the opened vials."""
        return sum((self.dilution.diluent_ml(size) * count for size, count in self.vials.counts), Decimal(0))


class NoteKind(StrEnum):
    """What a note is about."""

    ROW = "row"
    PROBLEM = "problem"
    SAVING = "saving"
    SINGLE_PATIENT = "single_patient"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """A remark on the draw-up, with its ground where it rests on a figure."""

    kind: NoteKind
    what: str
    ground: Ground | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawUp:
    """A plan drawn up. `others` are the ways not taken, fewest problems first.

    `discard_by` is None where nobody said when it was mixed, or where the label gives no time. A syringe that does
    not carry what the plan says for its muscles, or vials that hold less than is drawn, raise `BadInput`.
    """

    plan: Plan
    choice: Choice
    others: tuple[Choice, ...]
    totals: Totals
    preparation: Preparation
    discard_by: datetime | None
    notes: tuple[Note, ...]

    def __post_init__(self) -> None:
        for injection in self.plan.injections:
            carried = self.dose_at(injection.where)
            if carried != injection.dose:
                raise BadInput(
                    where=str(injection.where), read=f"{carried} in syringes", expected=f"{injection.dose}"
                )
        in_vials = Dose.total((vial.units for vial in self.preparation.vials), self.plan.product)
        if in_vials != self.totals.opened or self.preparation.drawn != self.totals.drawn:
            raise BadInput(
                where="preparation",
                read=f"{self.preparation.drawn} drawn out of {in_vials}",
                expected=f"{self.totals.drawn} drawn out of {self.totals.opened}",
            )

    @property
    def syringes(self) -> tuple[Fill, ...]:
        """The syringes, those for the front first."""
        return self.choice.fills

    @property
    def vials(self) -> tuple[VialUse, ...]:
        """The vials to open, the largest first."""
        return self.preparation.vials

    def dose_at(self, where: MuscleSide) -> Dose:
        """The Units all syringes carry for one muscle-side."""
        return Dose.total(
            (draw.dose for held in self.syringes for draw in held.draws if draw.injection.where == where),
            self.plan.product,
        )

    def notes_on(self, kind: NoteKind) -> tuple[Note, ...]:
        """The notes of one kind."""
        return tuple(note for note in self.notes if note.kind is kind)


def choices(
    plan: Plan, knowledge: Knowledge, region: Region, syringe: str | None = None
) -> tuple[Choice, ...]:
    """Every way the label mixes for the neck, held against the plan: fewest problems first, then least waste.

    `syringe` is a key of knowledge; None takes its first. A plan without Units, an unknown syringe and a product
    without a dilution for the neck raise `BadInput`.
    """
    if plan.total.units == 0:
        raise BadInput(where=plan.name, read="a plan without Units", expected="something to draw up")
    label = knowledge.label(plan.product, region)
    kind = knowledge.supplies.syringe(syringe)
    limits = [
        fact for fact in knowledge.limits_for(plan.product, region) if fact.kind is LimitKind.VOLUME_PER_SITE
    ]
    found = []
    for dilution in dilutions(label, plan.product):
        vials = fewest(plan.total.units, dilution.vial_units)
        if len(vials.counts) < len(dilution.rows):
            continue
        drawn, problems = draws(plan, dilution, kind, limits)
        stopped = any(problem.trouble.stops for problem in problems)
        fills = () if stopped else fill(drawn, kind, knowledge.supplies.front.value)
        choice = Choice(dilution=dilution, syringe=kind, vials=vials, fills=fills, problems=problems)
        found.append(choice if stopped else _with_hub(choice))
    return tuple(sorted(found, key=_fewest_problems_first))


def _fewest_problems_first(choice: Choice) -> tuple[bool, int, int, int, int, Decimal]:
    unchecked = sum(not row.entry.verified for row in choice.dilution.rows)
    return (
        not choice.drawable,
        len(choice.problems),
        choice.vials.units,
        choice.vials.vials,
        unchecked,
        choice.opened_ml,
    )


def _with_hub(choice: Choice) -> Choice:
    """The choice, with the problem that the vials do not hold what stays in the dead space."""
    wanted, covered = _dead_space_ml(choice)
    if covered == wanted:
        return choice
    short = wanted - covered
    problem = Problem(
        trouble=Trouble.HUB,
        what=f"{len(choice.fills)} x {plain(choice.syringe.dead_space.value)} mL dead space need {plain(wanted)} mL; "
        f"the vials spare {plain(covered)} mL, so up to {plain(short * choice.dilution.units_per_ml)} Units may "
        "stay behind. Take syringes with less dead space.",
        ground=Ground.of(choice.syringe.dead_space),
    )
    return Choice(
        dilution=choice.dilution, syringe=choice.syringe, vials=choice.vials, fills=choice.fills,
        problems=(*choice.problems, problem),
    )  # fmt: skip


def _dead_space_ml(choice: Choice) -> tuple[Decimal, Decimal]:
    """The mL the dead space takes, and as much of it as the vials hold beyond what is given."""
    given = sum((held.volume_ml for held in choice.fills), Decimal(0))
    wanted = choice.syringe.dead_space.value * len(choice.fills)
    return wanted, min(wanted, choice.opened_ml - given)


def draw_up(
    plan: Plan,
    knowledge: Knowledge,
    region: Region,
    *,
    row: str | None = None,
    syringe: str | None = None,
    labels: Sequence[VialLabel] = (),
    mixed_at: datetime | None = None,
    injected_at: datetime | None = None,
) -> DrawUp:
    """The plan drawn up, for one patient and one session.

    `row` names a dilution ("200/2", "200/2+100/1"); where nobody names one, the way with the fewest problems is
    taken and a note says so. `labels` are the vials at hand, in the order they are to be opened, largest first;
    a vial without one is planned only. Raises `BadInput` where no way can be drawn up on marks, the row named
    cannot, or there are more labels than vials. The gate judges the outcome; `collis.api.prepare` asks it.
    """
    ways = choices(plan, knowledge, region, syringe)
    choice = _chosen(ways, row)
    totals = _totals(plan, choice)
    label = knowledge.label(plan.product, region)
    preparation = _preparation(plan, choice, totals, label, labels, mixed_at, injected_at)
    return DrawUp(
        plan=plan,
        choice=choice,
        others=tuple(way for way in ways if way is not choice),
        totals=totals,
        preparation=preparation,
        discard_by=_discard_by(choice, label, mixed_at),
        notes=_notes(plan, choice, ways, row, label, knowledge.supplies),
    )


def _chosen(ways: Sequence[Choice], row: str | None) -> Choice:
    if row is None:
        way = ways[0]
    else:
        wanted = sorted(row.replace(" ", "").split("+"))
        found = next((w for w in ways if sorted(w.name.split("+")) == wanted), None)
        if found is None:
            raise BadInput(where="row", read=repr(row), expected=f"one of {', '.join(w.name for w in ways)}")
        way = found
    if not way.drawable:
        stops = " ".join(problem.what for problem in way.problems if problem.trouble.stops)
        raise BadInput(
            where="draw-up",
            read=f"a plan that {way.dilution} does not carry on marks: {stops}".rstrip("."),
            expected="Units that lie on syringe marks",
            mend="Change the Units or the sites, or name another row or syringe.",
        )
    return way


def _totals(plan: Plan, choice: Choice) -> Totals:
    per_ml, product = choice.dilution.units_per_ml, plan.product
    given_ml = sum((held.volume_ml for held in choice.fills), Decimal(0))
    _, dead_ml = _dead_space_ml(choice)
    left_ml = choice.opened_ml - given_ml - dead_ml
    return Totals(
        opened=Dose(Decimal(choice.vials.units), product),
        given=plan.total,
        dead_space=Dose(dead_ml * per_ml, product),
        discarded=Dose(left_ml * per_ml, product),
        opened_ml=choice.opened_ml,
        given_ml=given_ml,
        dead_space_ml=dead_ml,
        discarded_ml=left_ml,
    )


def _preparation(
    plan: Plan,
    choice: Choice,
    totals: Totals,
    label: Label | None,
    labels: Sequence[VialLabel],
    mixed_at: datetime | None,
    injected_at: datetime | None,
) -> Preparation:
    sizes = [size for size, count in choice.vials.counts for _ in range(count)]
    if len(labels) > len(sizes):
        raise BadInput(
            where="vials", read=f"{len(labels)} vial labels", expected=f"at most {len(sizes)}: {choice.vials}"
        )
    printed = [*labels, *([None] * (len(sizes) - len(labels)))]
    usual = choice.dilution.diluent_ml(sizes[0])
    vials = []
    for size, vial in zip(sizes, printed, strict=True):
        own = choice.dilution.diluent_ml(size)
        vials.append(
            VialUse(
                units=Dose(Decimal(size), plan.product),
                lot=None if vial is None else vial.lot,
                expiry=None if vial is None else vial.expiry,
                for_other_patient=False,
                diluent_ml=None if own == usual else own,
            )
        )
    named = {} if label is None or label.diluent is None else {"diluent": str(label.diluent.value)}
    return Preparation(
        product=plan.product,
        vials=tuple(vials),
        diluent_ml=usual,
        units_per_0_1ml=choice.dilution.rows[0].units_per_0_1ml,
        drawn=totals.drawn,
        mixed_at=mixed_at,
        injected_at=injected_at,
        **named,
    )


def _discard_by(choice: Choice, label: Label | None, mixed_at: datetime | None) -> datetime | None:
    """When a mixed vial is to be thrown away; a ready solution that is not thinned has no such time."""
    if mixed_at is None or choice.dilution.ready or label is None or label.in_use_hours is None:
        return None
    return mixed_at + timedelta(hours=float(label.in_use_hours.value))


def _notes(
    plan: Plan,
    choice: Choice,
    ways: Sequence[Choice],
    row: str | None,
    label: Label | None,
    supplies: Supplies,
) -> tuple[Note, ...]:
    notes = []
    if row is None:
        works = sum(way.works for way in ways)
        notes.append(
            Note(
                kind=NoteKind.ROW,
                what=f"Nobody named a dilution; {choice.dilution} stands first of {len(ways)} ways, {works} of "
                "which put every site on a mark and within the volume limits.",
            )
        )
    notes += [Note(kind=NoteKind.PROBLEM, what=p.what, ground=p.ground) for p in choice.problems]
    cheaper = saving(plan.total.units, choice.dilution.vial_units, supplies.saving.value)
    if cheaper is not None:
        percent = cheaper.percent.quantize(Decimal("0.1"))
        notes.append(
            Note(
                kind=NoteKind.SAVING,
                what=f"{plain(cheaper.fewer)} Units fewer ({plain(percent)} %) would need {cheaper.vials} instead of "
                f"{choice.vials}.",
                ground=Ground.of(supplies.saving),
            )
        )
    notes.append(
        Note(
            kind=NoteKind.SINGLE_PATIENT,
            what="Each vial serves this patient and this session; what is left is discarded.",
        )
    )
    unchecked = [entry for row in choice.dilution.rows if not (entry := row.entry).verified]
    hours = None if label is None or choice.dilution.ready else label.in_use_hours
    if hours is not None and not hours.verified:
        unchecked.append(hours)
    notes += [
        Note(
            kind=NoteKind.UNCHECKED,
            what="Not checked against the label: "
            + (
                f"use within {plain(Decimal(entry.value))} hours."
                if entry is hours
                else f"{choice.dilution}."
            ),
            ground=Ground.of(entry),
        )
        for entry in unchecked
    ]
    return tuple(notes)
