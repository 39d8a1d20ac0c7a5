"""The draw-up of one plan: how it is mixed, what goes into which syringe, what is opened and what is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from collis.case.plan import Plan
from collis.case.preparation import Preparation, VialUse
from collis.errors import BadInput
from collis.knowledge.load import Knowledge
from collis.knowledge.names import MuscleSide, Region
from collis.knowledge.products import Label
from collis.knowledge.supplies import Supplies
from collis.pharmacy.choice import Choice, choices, label_of
from collis.pharmacy.dilution import row_words
from collis.pharmacy.gs1 import VialLabel
from collis.pharmacy.syringes import Fill
from collis.pharmacy.vials import saving
from collis.reasons import Ground
from collis.sources import Sourced
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


class NoteKind(StrEnum):
    """What a note is about."""

    ROW = "row"
    PROBLEM = "problem"
    DEAD_SPACE = "dead_space"
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
    label = label_of(plan, knowledge, region)
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
    left_ml = choice.opened_ml - choice.given_ml - choice.dead_space_ml
    return Totals(
        opened=Dose(Decimal(choice.vials.units), product),
        given=plan.total,
        dead_space=Dose(choice.dead_space_ml * per_ml, product),
        discarded=Dose(left_ml * per_ml, product),
        opened_ml=choice.opened_ml,
        given_ml=choice.given_ml,
        dead_space_ml=choice.dead_space_ml,
        discarded_ml=left_ml,
    )


def _preparation(
    plan: Plan,
    choice: Choice,
    totals: Totals,
    label: Label,
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
    named = {} if label.diluent is None else {"diluent": str(label.diluent.value)}
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


def _discard_by(choice: Choice, label: Label, mixed_at: datetime | None) -> datetime | None:
    """When a mixed vial is to be thrown away; a ready solution that is not thinned has no such time."""
    if mixed_at is None or choice.dilution.ready or label.in_use_hours is None:
        return None
    return mixed_at + timedelta(hours=float(label.in_use_hours.value))


def _notes(
    plan: Plan,
    choice: Choice,
    ways: Sequence[Choice],
    row: str | None,
    label: Label,
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
    if choice.short_ml > 0:
        notes.append(
            Note(
                kind=NoteKind.DEAD_SPACE,
                what=f"The vials spare {plain(choice.dead_space_ml)} mL for {len(choice.fills)} x "
                f"{plain(choice.syringe.dead_space.value)} mL of dead space: up to "
                f"{plain(choice.short_ml * choice.dilution.units_per_ml)} Units may stay behind. "
                "Take syringes with less dead space.",
                ground=Ground.of(choice.syringe.dead_space),
            )
        )
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
    notes += [
        Note(kind=NoteKind.UNCHECKED, what=f"Not checked against the label: {what}.", ground=Ground.of(entry))
        for what, entry in _label_figures(choice, label)
        if not entry.verified
    ]
    return tuple(notes)


def _label_figures(choice: Choice, label: Label) -> Iterator[tuple[str, Sourced[Any]]]:
    """The label's figures a draw-up stands on, in words."""
    for row in choice.dilution.rows:
        yield row_words(row), row.entry
    if label.in_use_hours is not None and not choice.dilution.ready:
        yield f"use within {label.in_use_hours.value} hours", label.in_use_hours
