"""Rules on the product and its preparation: units, allergy, vials, strength, time, volume, label."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from collis.case.patient import Answer
from collis.case.preparation import Preparation, VialUse
from collis.case.session import Given
from collis.knowledge.interactions import plain_name
from collis.knowledge.products import LimitKind
from collis.reasons import Ground, Level, Reason
from collis.safety.limits import units_text
from collis.safety.question import Question
from collis.safety.rules.lines import (
    cannot_judge,
    capital,
    contraindicated,
    join,
    line,
    note,
    small_first,
    unasked,
)
from collis.units import plain

STRENGTH_PLACES = Decimal("0.01")
TOXIN = "botulinum_toxin"


def r01(question: Question) -> Iterator[Reason]:
    """Vials or drawn Units that are not of the plan's product."""
    preparation = question.preparation
    if preparation is None:
        return
    met = {preparation.product, preparation.drawn.product, *(v.units.product for v in preparation.vials)}
    others = sorted(met - {question.plan.product})
    if others:
        yield line(
            "R01",
            Level.REFUSE,
            f"The plan is in Units of {question.plan.product}, the preparation in Units of {join(others)}.",
            "Prepare the product of the plan. No factor turns Units of one product into another's.",
        )


def r02(question: Question) -> Iterator[Reason]:
    """Units carried over from another product's session, as they were or all times one factor."""
    last = question.case.last_session
    if last is None or last.product == question.plan.product or not last.given:
        return
    ratios = _ratios(question, last.given)
    copied = ratios == {Decimal(1)} or (len(last.given) > 1 and len(ratios) == 1)
    if copied:
        yield line(
            "R02",
            Level.REFUSE,
            f"Every dose is the dose of {last.product} of {last.on} times {plain(round(ratios.pop(), 2))}; "
            "no factor converts Units.",
            f"Plan {question.plan.product} from its own doses.",
        )


def _ratios(question: Question, given: tuple[Given, ...]) -> set[Decimal]:
    """Planned over given Units, line by line; empty where the plan is not of the same muscles and sides."""
    planned = {i.where: i.dose.units for i in question.plan.injections if i.dose.units > 0}
    ratios: set[Decimal] = set()
    for past in given:
        here = [planned.pop(where) for where in past.members if where in planned]
        if not here or not past.dose.units:
            return set()
        ratios.add(sum(here, Decimal(0)) / past.dose.units)
    return set() if planned else ratios


def _written(question: Question) -> str:
    """All that was said of allergies, in small letters, to look for names in."""
    asked = question.case.safety.allergies
    return plain_name(" ".join((asked.detail, *asked.items)))


def _allergic_to(question: Question, substance: str) -> bool:
    """Whether an allergy to a substance is on record, under any of its names."""
    if question.case.safety.allergies.answer is not Answer.YES:
        return False
    words = f" {_written(question)} "
    return any(f" {plain_name(name)} " in words for name in _names_of(question, substance))


OWN_RULES = ("human_albumin", "cows_milk_protein", "gelatin", "lactose")
"""Ingredients with a rule of their own."""


def _names_of(question: Question, substance: str) -> tuple[str, ...]:
    """The names a substance goes by; an ingredient without a list goes by its own."""
    if substance not in (TOXIN, *OWN_RULES):
        return (substance,)
    names: tuple[str, ...] = question.knowledge.fact("screening", "allergens", substance).value
    return names


def r03(question: Question) -> Iterator[Reason]:
    """Allergy to any botulinum toxin or to an ingredient of the product: refused, whatever the grade of the label."""
    allergies = question.case.safety.allergies
    if allergies.answer is Answer.UNKNOWN:
        yield unasked("R03", "allergies")
    if allergies.answer is Answer.YES and not _written(question):
        yield cannot_judge("R03", "allergies answered yes, to what is not entered", "Enter the substance.")
    for substance, key in (
        (TOXIN, "allergy_toxin"),
        *((e, "allergy_excipient") for e in question.product.excipients if e not in OWN_RULES),
    ):
        if _allergic_to(question, substance):
            fact = question.contraindication(key)
            yield line(
                "R03",
                Level.REFUSE,
                f"Allergy to {substance.replace('_', ' ')} is on record; {question.product.name} contains it.",
                "Do not give it. Look for another option of care.",
                ground=None if fact is None else Ground.of(fact.fact),
            )


def r04(question: Question) -> Iterator[Reason]:
    """Cow's milk protein allergy and a product that contains it; lactose intolerance alone is a remark."""
    if "cows_milk_protein" in question.product.excipients and _allergic_to(question, "cows_milk_protein"):
        yield from contraindicated(
            question,
            "R04",
            "cows_milk_protein_allergy",
            f"Allergy to cow's milk protein is on record; {question.product.name} may contain traces of it.",
            "Choose a product without it, dosed from its own label.",
        )
    elif "lactose" in question.product.excipients and _allergic_to(question, "lactose"):
        yield note(
            "R04", f"{question.product.name} contains lactose; intolerance alone does not stand against it."
        )


def r05(question: Question) -> Iterator[Reason]:
    """Gelatin allergy and a product that contains it."""
    if "gelatin" in question.product.excipients and _allergic_to(question, "gelatin"):
        yield from contraindicated(
            question,
            "R05",
            "gelatin_allergy",
            f"Allergy to gelatin is on record; {question.product.name} contains it.",
            "Choose a product without it, dosed from its own label.",
        )


def r06(question: Question) -> Iterator[Reason]:
    """Albumin allergy, or the wish to have none, and a product made with it."""
    if "human_albumin" not in question.product.excipients:
        return
    asked = question.case.safety.albumin_refused.answer
    if _allergic_to(question, "human_albumin"):
        yield from contraindicated(
            question,
            "R06",
            "albumin_allergy",
            f"Allergy to albumin is on record; {question.product.name} contains human albumin.",
            "Choose a product without it, dosed from its own label.",
        )
    elif asked is Answer.YES:
        yield from contraindicated(
            question,
            "R06",
            "albumin_refused",
            f"The patient wants no human albumin; {question.product.name} contains it.",
            "Speak about it; one without albumin only where it is licensed.",
        )
    elif asked is Answer.UNKNOWN:
        yield unasked("R06", "human albumin accepted")


def _own_preparation(question: Question) -> Preparation | None:
    """The preparation, where all of it is of the plan's product (else R01 speaks)."""
    return None if any(r01(question)) else question.preparation


def r33(question: Question) -> Iterator[Reason]:
    """Vial, diluent and written strength that do not agree, to the second decimal."""
    preparation = _own_preparation(question)
    if preparation is None:
        return
    written = preparation.units_per_0_1ml
    for units, diluent in sorted({(v.units.units, preparation.diluent_of(v)) for v in preparation.vials}):
        strength = (units / (diluent * 10)).quantize(min(STRENGTH_PLACES, _last_place(written)))
        if strength != written:
            yield line(
                "R33",
                Level.REFUSE,
                f"{units_text(units)} in {plain(diluent)} mL are {plain(strength)} Units per 0.1 mL; "
                f"written is {plain(written)}.",
                "Correct the vial, the diluent or the strength before anything is drawn.",
            )


def _last_place(number: Decimal) -> Decimal:
    """One unit in the last written place of a number."""
    return Decimal(1).scaleb(int(number.as_tuple().exponent))


def _ready(question: Question) -> bool:
    """Whether the product comes as a solution that needs no diluent."""
    return question.label is not None and any(row.ready for row in question.label.reconstitution)


def r34(question: Question) -> Iterator[Reason]:
    """A powder dissolved in anything but the diluent of its label."""
    preparation = _own_preparation(question)
    wanted = question.label.diluent if question.label else None
    if preparation is None or wanted is None or _ready(question):
        return
    if plain_name(preparation.diluent) != plain_name(str(wanted.value)):
        yield line(
            "R34",
            Level.WARN,
            f"Mixed with {preparation.diluent}; the label names {wanted.value}.",
            "Mix a fresh vial with the diluent of the label.",
            ground=Ground.of(wanted),
        )


def r35(question: Question) -> Iterator[Reason]:
    """A vial used later after mixing than its label allows, or before it was mixed."""
    preparation = _own_preparation(question)
    if preparation is None or _ready(question):
        return
    mixed, injected = preparation.mixed_at, preparation.injected_at
    if mixed is None or injected is None:
        yield unasked("R35", "time of mixing and of injection")
        return
    age = _hours_between(mixed, injected)
    if age < timedelta(0):
        yield line(
            "R35",
            Level.REFUSE,
            f"Injection at {injected:%Y-%m-%d %H:%M} stands before mixing at {mixed:%Y-%m-%d %H:%M}.",
            "Correct the times.",
        )
        return
    allowed = question.label.in_use_hours if question.label else None
    if allowed is not None and age > timedelta(hours=float(allowed.value)):
        yield line(
            "R35",
            Level.REFUSE if allowed.verified else Level.WARN,
            f"{age / timedelta(hours=1):.3g} hours since mixing; the label allows {allowed.value} hours.",
            "Discard it and mix a fresh vial.",
            ground=Ground.of(allowed),
        )


def _hours_between(mixed: datetime, injected: datetime) -> timedelta:
    """The time from mixing to injection; where one has no zone, both are read as clock times of one place."""
    if (mixed.tzinfo is None) != (injected.tzinfo is None):
        mixed, injected = mixed.replace(tzinfo=None), injected.replace(tzinfo=None)
    return injected - mixed


def r36(question: Question) -> Iterator[Reason]:
    """A vial that is expired, has no lot number, or serves two patients."""
    preparation = question.preparation
    for number, vial in enumerate(preparation.vials if preparation else (), start=1):
        if vial.lot is None:
            yield unasked("R36", f"lot number of vial {number}")
        for wrong, mend in _wrong_with(vial, question):
            yield line("R36", Level.REFUSE, f"Vial {number} {wrong}.", mend)
        if vial.expiry is None:
            yield unasked("R36", f"expiry of vial {number}")
        if vial.for_other_patient is None:
            yield unasked("R36", f"whether vial {number} serves another patient")


def _wrong_with(vial: VialUse, question: Question) -> Iterator[tuple[str, str]]:
    visit = question.case.date
    if vial.expiry is not None and visit is not None and vial.expiry < visit:
        yield f"expired on {vial.expiry}", "Use a vial in date."
    if vial.lot == "":
        yield "has no lot number", "Enter the lot number as printed on the vial."
    if vial.for_other_patient:
        yield "serves another patient too", "One vial serves one patient: open a fresh one."


def r37(question: Question) -> Iterator[Reason]:
    """A volume at one site that is too large to stay there or too small to measure."""
    preparation = _own_preparation(question)
    if preparation is None:
        return
    facts = question.knowledge.limits_for(question.product.name, question.case.region)
    for fact in facts:
        if fact.kind is not LimitKind.VOLUME_PER_SITE:
            continue
        low, high = fact.span
        for injection in question.plan.injections:
            volume = preparation.volume_ml(injection.per_site)
            if injection.dose.units > 0 and not low <= volume <= high:
                here = f"{capital(str(injection.where))} {plain(round(volume, 3))} mL in one site"
                yield line(
                    "R37",
                    fact.level,
                    f"{here}; {small_first(fact.text)}",
                    "Change the number of sites or the strength.",
                    ground=Ground.of(fact.bound),
                    limit=fact.id,
                )


def r38(question: Question) -> Iterator[Reason]:
    """More Units drawn, or planned, than the opened vials hold."""
    preparation = _own_preparation(question)
    if preparation is None:
        return
    held = sum((vial.units.units for vial in preparation.vials), Decimal(0))
    wanted = max(preparation.drawn.units, question.plan.total.units)
    if wanted > held:
        yield line(
            "R38",
            Level.REFUSE,
            f"{units_text(wanted)} are to be given; the opened vials hold {units_text(held)}.",
            "Open another vial or correct the count.",
        )


def r50(question: Question) -> Iterator[Reason]:
    """A product whose label was never checked, or that has no label in this region."""
    if not question.product.label_verified:
        yield line(
            "R50",
            Level.WARN,
            f"The label of {question.product.name} was never checked; none of its limits is known here.",
            "Open the national label first.",
        )
    elif question.label is None:
        yield line(
            "R50",
            Level.WARN,
            f"No label of {question.product.name} for this region ({question.case.region.value}) is on file.",
            "Open the national label first.",
        )
