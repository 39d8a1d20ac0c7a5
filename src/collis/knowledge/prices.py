"""Dated prices and the yearly figures of what a patient carries, as knowledge holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from collis.errors import KnowledgeError
from collis.knowledge.fields import Fields
from collis.knowledge.names import Region
from collis.sources import Sourced


class Setting(StrEnum):
    """Where the injection is given; the fee differs."""

    OFFICE = "office"
    FACILITY = "facility"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fee:
    """The relative value of one service: whole, by setting, and its pieces where they are known."""

    key: str
    whole: Mapping[Setting, Sourced[Decimal]]
    pieces: Mapping[str, Sourced[Decimal]]


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceList:
    """The prices of one region from `since` to the day before `until`. A limit is for one billing unit of a code."""

    region: Region
    since: date
    until: date
    payment_limits: Mapping[str, Sourced[Decimal]]
    conversion: Sourced[Decimal] | None
    fees: Mapping[str, Fee]

    def out_of_date(self, day: date) -> bool:
        """Whether `day` lies past the time the list was made for."""
        return day >= self.until

    def fee(self, key: str, setting: Setting) -> Decimal | None:
        """The fee of a service in dollars, not rounded; None where the list does not know it."""
        fee = self.fees.get(key)
        value = None if fee is None else fee.whole.get(setting)
        return None if value is None or self.conversion is None else value.value * self.conversion.value


@dataclass(frozen=True, kw_only=True, slots=True)
class YearlyShare:
    """What a patient carries, by calendar year. A year that is missing is not known, and is asked for.

    `legal_limits` are the highest yearly maxima a plan may have, by kind of plan.
    """

    region: Region
    medicare_deductible: Mapping[int, Sourced[Decimal]]
    medicare_coinsurance_percent: Sourced[Decimal] | None
    legal_limits: Mapping[str, Mapping[int, Sourced[Decimal]]]
    band_percent: Sourced[Decimal]
    sessions_a_year: Sourced[Decimal]


def in_force(lists: Iterable[PriceList], *, region: Region, day: date) -> PriceList | None:
    """The newest list of a region that had begun by `day`; None outside its region or before the first.

    A list past its `until` is still the newest known; `PriceList.out_of_date` says so and pages show it.
    """
    begun = (known for known in lists if known.region is region and known.since <= day)
    return max(begun, key=lambda known: known.since, default=None)


def build_price_list(table: Mapping[str, object]) -> PriceList:
    """A price list from its resolved table; refuses pieces of a fee that do not add up to the whole."""
    fields = Fields(table, f"prices from {table.get('from', 'no day')}")
    limits = fields.table("payment_limit")
    fee = fields.table("fee") if "fee" in fields else Fields({}, fields.place)
    known = PriceList(
        region=fields.choice("region", Region),
        since=fields.day("from"),
        until=fields.day("to"),
        payment_limits={code: limits.number(code) for code in limits.left()},
        conversion=fee.number("conversion") if "conversion" in fee else None,
        fees={key: _fee(key, fee.table(key)) for key in fee.left()},
    )
    fields.finish()
    if known.until <= known.since:
        raise KnowledgeError(f"{fields.place}: to {known.until} does not come after from {known.since}.")
    return known


def _fee(key: str, row: Fields) -> Fee:
    whole = {setting: row.number(setting.value) for setting in Setting if setting.value in row}
    pieces = {name: row.number(name) for name in row.left()}
    office = whole.get(Setting.OFFICE)
    if pieces and office is not None and sum(p.value for p in pieces.values()) != office.value:
        raise KnowledgeError(f"{row.place}: the pieces do not add up to {office.value}.")
    return Fee(key=key, whole=whole, pieces=pieces)


def build_yearly_share(table: Mapping[str, object]) -> YearlyShare:
    """The yearly figures from their resolved table."""
    fields = Fields(table, "cost_sharing")
    medicare, estimate = fields.table("medicare"), fields.table("estimate")
    share = YearlyShare(
        region=fields.choice("region", Region),
        medicare_deductible=_by_year(medicare.table("deductible")),
        medicare_coinsurance_percent=medicare.number("coinsurance") if "coinsurance" in medicare else None,
        legal_limits={kind: _by_year(row) for kind, row in fields.tables("legal_limit")},
        band_percent=estimate.number("band"),
        sessions_a_year=estimate.number("sessions_a_year"),
    )
    fields.finish()
    return share


def _by_year(row: Fields) -> dict[int, Sourced[Decimal]]:
    return {int(year): row.number(year) for year in row.left()}
