"""The claim of one session: what was given, what was thrown away, each as whole billing units, and what was done.

Nothing here knows a price. The vials come in as a plain `Supply`; NDC numbers come from the clinic and are never
made up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from collis.case.plan import Injection, Plan
from collis.errors import BadInput
from collis.knowledge.codes import Codes, DrugCode
from collis.knowledge.names import Guidance
from collis.knowledge.payers import BothSides, Payer, Waste
from collis.side import Side
from collis.units import Dose

_NDC = re.compile(r"\d{5}-\d{4}-\d{2}")

DRUG, WASTE, VISIT = "drug", "waste", "visit"


@dataclass(frozen=True, kw_only=True, slots=True)
class Supply:
    """The vials opened for one session, the Units given and the Units thrown away, dead space among them."""

    vials: tuple[Dose, ...]
    given: Dose
    discarded: Dose

    def __post_init__(self) -> None:
        if self.given + self.discarded > self.opened:
            raise BadInput(
                where="supply",
                read=f"{self.given} given and {self.discarded} discarded",
                expected=f"no more than the {self.opened} in the vials",
            )

    @property
    def opened(self) -> Dose:
        """All Units in the vials."""
        return Dose.total(self.vials, self.given.product)


@dataclass(frozen=True, kw_only=True, slots=True)
class NdcSlot:
    """The place for the NDC of one vial size. `ndc` is empty until the clinic fills it in."""

    vial: Dose
    count: int
    ndc: str = ""

    def __post_init__(self) -> None:
        if self.ndc and not _NDC.fullmatch(self.ndc):
            raise BadInput(
                where="ndc",
                read=self.ndc,
                expected="eleven digits written 5-4-2, such as 12345-6789-01",
                mend="Add the leading zero to the group that is one digit short, as on the carton's billing form.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimLine:
    """One line. `units` counts billing units of the code; `dose` are the Units behind it, on drug lines only.

    `key` says what the line is for: `drug`, `waste`, `visit`, or the key of the service.
    """

    key: str
    code: str
    label: str
    modifiers: tuple[str, ...]
    units: int
    diagnosis: str
    dose: Dose | None = None
    sides: tuple[Side, ...] = ()
    ndc: tuple[NdcSlot, ...] = ()

    @property
    def is_drug(self) -> bool:
        """Whether the line bills toxin, given or thrown away."""
        return self.key in (DRUG, WASTE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """The lines of one session for one payer, what was left out and why, and what the clinic still fills in."""

    payer: str
    product: str
    supply: Supply
    lines: tuple[ClaimLine, ...]
    notes: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """What the clinic fills in before the claim can go out."""
        slots = {(slot.vial.units, slot.ndc) for line in self.lines for slot in line.ndc}
        return tuple(
            f"NDC of the vial with {Dose.of(units, self.product)}" for units, ndc in sorted(slots) if not ndc
        )

    def billing_units(self, key: str = "") -> int:
        """Billing units of toxin on the claim, or on the lines called `key`."""
        return sum(line.units for line in self.lines if line.is_drug and key in ("", line.key))


def whole_billing_units(dose: Dose, drug: DrugCode) -> int:
    """Billing units for a dose given: what is begun counts whole."""
    return int((dose.units / drug.billing_unit.value).to_integral_value(ROUND_CEILING))


def wasted_billing_units(discarded: Dose, drug: DrugCode) -> int:
    """Billing units for what was thrown away: less than a whole one is none, the dose line already holds it."""
    return int((discarded.units / drug.billing_unit.value).to_integral_value(ROUND_FLOOR))


def claim(
    plan: Plan,
    supply: Supply,
    payer: Payer,
    codes: Codes,
    *,
    image_stored: bool = False,
    visit_code: str = "",
    ndc: Mapping[Decimal, str] | None = None,
) -> Claim:
    """The claim for a plan that was carried out with a supply.

    `image_stored` says that an ultrasound image was kept; `visit_code` is the clinic's code of a visit on the same
    day that was more than the injection; `ndc` maps the Units of a vial to its NDC. Raises `BadInput` where the
    product has no code, where the Units given are not the plan's, or where nothing is given.
    """
    drug = codes.drug(plan.product)
    if drug is None:
        raise BadInput(
            where="product", read=plan.product, expected=f"a product with a code: {', '.join(codes.drugs)}"
        )
    if plan.total != supply.given:
        raise BadInput(
            where="supply",
            read=f"{supply.given} given",
            expected=f"the {plan.total} of the plan {plan.name!r}",
        )
    given = tuple(i for i in plan.injections if i.dose.units > 0)
    if not given:
        raise BadInput(where="plan", read="0 Units", expected="a plan that gives something")
    diagnosis = codes.diagnosis.code.value
    addons, notes = _addons(given, payer, codes, image_stored=image_stored)
    visit = _visit(visit_code, payer, codes)
    return Claim(
        payer=payer.key,
        product=plan.product,
        supply=supply,
        lines=(
            *_drug_lines(supply, drug, payer, codes, ndc or {}),
            *_procedure_lines(given, payer, codes),
            *(ClaimLine(key=key, code=code, label=label, modifiers=(), units=1, diagnosis=diagnosis)
              for key, code, label in addons),
            *visit,
        ),
        notes=notes,
    )  # fmt: skip


def _drug_lines(
    supply: Supply, drug: DrugCode, payer: Payer, codes: Codes, ndc: Mapping[Decimal, str]
) -> tuple[ClaimLine, ...]:
    unit = drug.billing_unit.value
    broken = [vial for vial in supply.vials if vial.units % unit]
    if broken:
        raise BadInput(
            where="supply",
            read=f"a vial of {broken[0]}",
            expected=f"vials of whole billing units of {unit} Units",
        )
    used, wasted = whole_billing_units(supply.given, drug), wasted_billing_units(supply.discarded, drug)
    sizes = sorted({vial.units for vial in supply.vials})
    slots = tuple(
        NdcSlot(
            vial=Dose.of(size, supply.given.product),
            count=sum(1 for vial in supply.vials if vial.units == size),
            ndc=ndc.get(size, ""),
        )
        for size in sizes
    )

    def line(key: str, label: str, units: int, dose: Dose, modifiers: tuple[str, ...]) -> ClaimLine:
        return ClaimLine(
            key=key, code=drug.code.value, label=label, units=units, dose=dose, modifiers=modifiers,
            diagnosis=codes.diagnosis.code.value, ndc=slots,
        )  # fmt: skip

    signs = codes.modifiers
    if payer.waste.value is Waste.WITH_THE_DOSE:
        if wasted:
            whole = supply.given + supply.discarded
            return (line(DRUG, f"{drug.product}, given and discarded", used + wasted, whole, ()),)
        return (line(DRUG, f"{drug.product}, given", used, supply.given, ()),)
    if not wasted:
        return (line(DRUG, f"{drug.product}, given", used, supply.given, (signs.none_discarded.value,)),)
    return (
        line(DRUG, f"{drug.product}, given", used, supply.given, ()),
        line(WASTE, f"{drug.product}, discarded", wasted, supply.discarded, (signs.discarded.value,)),
    )


def _procedure_lines(given: tuple[Injection, ...], payer: Payer, codes: Codes) -> tuple[ClaimLine, ...]:
    signs = {Side.RIGHT: codes.modifiers.right.value, Side.LEFT: codes.modifiers.left.value}
    sides = tuple(side for side in Side if any(i.side is side for i in given))

    def line(modifier: str, on: tuple[Side, ...]) -> ClaimLine:
        return ClaimLine(
            key=codes.procedure.key, code=codes.procedure.code.value, label=codes.procedure.label, units=1,
            modifiers=(modifier,), diagnosis=codes.diagnosis.code.value, sides=on,
        )  # fmt: skip

    if len(sides) == len(Side) and payer.both_sides.value is BothSides.ONE_LINE:
        return (line(codes.modifiers.both_sides.value, sides),)
    return tuple(line(signs[side], (side,)) for side in sides)


def _addons(
    given: tuple[Injection, ...], payer: Payer, codes: Codes, *, image_stored: bool
) -> tuple[list[tuple[str, str, str]], tuple[str, ...]]:
    """The add-ons as key, code and label, and a sentence for each one used but not billed."""
    used = {i.guidance for i in given}
    billed: list[Guidance] = []
    notes: list[str] = []
    electric = [how for how in (Guidance.EMG, Guidance.STIMULATION) if how in used]
    most = int(codes.most_of_emg_and_stimulation.value)
    billed += electric[:most]
    notes += [f"{codes.addons[how].label}: not billed beside {electric[0].value}." for how in electric[most:]]
    if Guidance.ULTRASOUND in used:
        ultrasound = codes.addons[Guidance.ULTRASOUND]
        if not payer.ultrasound.value:
            notes.append(f"{ultrasound.label}: {payer.name} does not pay for it.")
        elif ultrasound.needs_image and not image_stored:
            notes.append(f"{ultrasound.label}: not billed, because no stored image is recorded.")
        else:
            billed.append(Guidance.ULTRASOUND)
    found = [codes.addons[how] for how in billed]
    return [(addon.key, addon.code.value, addon.label) for addon in found], tuple(notes)


def _visit(code: str, payer: Payer, codes: Codes) -> tuple[ClaimLine, ...]:
    if not code:
        return ()
    signs = (codes.modifiers.same_day_visit.value,) if payer.same_day_visit.value else ()
    return (
        ClaimLine(
            key=VISIT, code=code, label="Visit on the same day, beyond the injection", modifiers=signs, units=1,
            diagnosis=codes.diagnosis.code.value,
        ),
    )  # fmt: skip
