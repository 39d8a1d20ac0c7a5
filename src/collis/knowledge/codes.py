"""Billing codes as knowledge holds them: drug, procedure, add-ons, modifiers, diagnosis.

Code numbers are data; every label is our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from collis.errors import KnowledgeError
from collis.knowledge.fields import Fields
from collis.knowledge.names import PRODUCTS, Guidance, Region
from collis.sources import Sourced


@dataclass(frozen=True, kw_only=True, slots=True)
class DrugCode:
    """The code of one product and the Units of that product in one billing unit of it."""

    product: str
    code: Sourced[str]
    billing_unit: Sourced[Decimal]

    def __post_init__(self) -> None:
        if self.billing_unit.value <= 0:
            raise KnowledgeError(f"codes_us, drug {self.product}: a billing unit holds more than 0 Units.")


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceCode:
    """The code of something done or diagnosed. `key` is how prices and reports name it."""

    key: str
    label: str
    code: Sourced[str]
    facts: Mapping[str, Sourced[object]]

    @property
    def needs_image(self) -> bool:
        """Whether it may be billed only with a stored image."""
        entry = self.facts.get("needs_image")
        return entry is not None and entry.value is True


@dataclass(frozen=True, kw_only=True, slots=True)
class Modifiers:
    """The two signs that qualify a line."""

    both_sides: Sourced[str]
    right: Sourced[str]
    left: Sourced[str]
    same_day_visit: Sourced[str]
    discarded: Sourced[str]
    none_discarded: Sourced[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Codes:
    """The codes of one region. `elsewhere` are codes for other places of the body, named so that none is mistaken."""

    region: Region
    drugs: Mapping[str, DrugCode]
    procedure: ServiceCode
    addons: Mapping[Guidance, ServiceCode]
    most_of_emg_and_stimulation: Sourced[Decimal]
    modifiers: Modifiers
    diagnosis: ServiceCode
    elsewhere: tuple[ServiceCode, ...]

    def drug(self, product: str) -> DrugCode | None:
        """The code of a product, None where it has none."""
        return self.drugs.get(product)


def build_codes(table: Mapping[str, object]) -> Codes:
    """The codes from their resolved table; refuses unknown products, unknown guidance and unknown keys."""
    fields = Fields(table, "codes")
    codes = Codes(
        region=fields.choice("region", Region),
        drugs={name: _drug(name, row) for name, row in fields.tables("drug")},
        procedure=_service(fields.table("procedure")),
        addons={_guidance(name): _service(row, key=name) for name, row in fields.tables("addon")},
        most_of_emg_and_stimulation=fields.table("guidance").number("most_of_emg_and_stimulation"),
        modifiers=_modifiers(fields.table("modifier")),
        diagnosis=_service(fields.table("diagnosis"), key="diagnosis"),
        elsewhere=tuple(_service(row, key=name) for name, row in fields.tables("not_for_the_neck")),
    )
    fields.finish()
    return codes


def _drug(product: str, row: Fields) -> DrugCode:
    if product not in PRODUCTS:
        raise KnowledgeError(f"codes: {product} is no product Collis knows.")
    drug = DrugCode(product=product, code=row.text("code"), billing_unit=row.number("billing_unit"))
    row.finish()
    return drug


def _service(row: Fields, *, key: str = "") -> ServiceCode:
    return ServiceCode(
        key=key or row.word("key"), label=row.word("label"), code=row.text("code"), facts=dict(row.facts())
    )


def _guidance(name: str) -> Guidance:
    try:
        return Guidance(name)
    except ValueError:
        raise KnowledgeError(f"codes: {name} is no guidance; one of {', '.join(Guidance)}.") from None


def _modifiers(row: Fields) -> Modifiers:
    modifiers = Modifiers(
        both_sides=row.text("both_sides"),
        right=row.text("right"),
        left=row.text("left"),
        same_day_visit=row.text("same_day_visit"),
        discarded=row.text("discarded"),
        none_discarded=row.text("none_discarded"),
    )
    row.finish()
    return modifiers
