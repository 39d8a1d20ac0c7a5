"""What a session costs the payer and the patient: allowed amounts, and the patient's share over a calendar year.

Money is `Decimal` dollars. A year is added up exactly and rounded once; a session's figure is the difference of two
rounded sums, so that what is printed for the sessions adds up to what is printed for the year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from collis.billing.claim import Claim, ClaimLine
from collis.errors import BadInput
from collis.knowledge.codes import Codes, DrugCode
from collis.knowledge.payers import Payer
from collis.knowledge.prices import PriceList, Setting
from collis.side import Side

NONE = Decimal(0)


def cents(amount: Decimal) -> Decimal:
    """An amount rounded to the cent, half up: the one place where money is rounded.

    >>> cents(Decimal("1439.704")), cents(Decimal("0.125"))
    (Decimal('1439.70'), Decimal('0.13'))
    """
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def dollars(amount: Decimal) -> str:
    """An amount as printed.

    >>> dollars(Decimal("1439.704"))
    '$1,439.70'
    """
    return f"${cents(amount):,}"


class Unknown(StrEnum):
    """What no price is known for."""

    REGION = "region"
    PRODUCT = "product"
    PAYER = "payer"
    DATE = "date"


@dataclass(frozen=True, kw_only=True, slots=True)
class NoPriceData:
    """Said in place of an amount. It is never a number and never in dollars."""

    of: Unknown = Unknown.REGION

    def __str__(self) -> str:
        return f"No price data for this {self.of.value}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """What a payer allows: for one billing unit, and for each service by its key.

    `since` is the day the list began, None for a contract's own rates; `out_of_date` when its time has passed.
    """

    per_billing_unit: Decimal
    fees: Mapping[str, Decimal] = field(default_factory=dict)
    since: date | None = None
    out_of_date: bool = False

    def __post_init__(self) -> None:
        for amount in (self.per_billing_unit, *self.fees.values()):
            _amount("rate", amount)


@dataclass(frozen=True, kw_only=True, slots=True)
class PricedLine:
    """A claim line and the amount allowed for it, None where no rate is known."""

    line: ClaimLine
    amount: Decimal | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowed:
    """What is allowed for one claim, in whole cents. Lines without a rate are named and not counted."""

    lines: tuple[PricedLine, ...]
    since: date | None
    out_of_date: bool

    @property
    def drug(self) -> Decimal:
        """For the toxin, given and discarded."""
        return sum((p.amount for p in self.lines if p.line.is_drug and p.amount is not None), NONE)

    @property
    def services(self) -> Decimal:
        """For everything else."""
        return sum((p.amount for p in self.lines if not p.line.is_drug and p.amount is not None), NONE)

    @property
    def total(self) -> Decimal:
        """Toxin and services."""
        return self.drug + self.services

    @property
    def unpriced(self) -> tuple[str, ...]:
        """The lines no rate is known for; the clinic enters one."""
        return tuple(p.line.label for p in self.lines if p.amount is None)


def published_rates(
    prices: PriceList, codes: Codes, drug: DrugCode, *, setting: Setting, day: date
) -> Rates | None:
    """The rates of a published list, fees rounded to the cent as the list prints them; None without the drug."""
    limit = prices.payment_limits.get(drug.code.value)
    if limit is None:
        return None
    keys = (codes.procedure.key, *(addon.key for addon in codes.addons.values()))
    fees = {key: prices.fee(key, setting) for key in keys}
    return Rates(
        per_billing_unit=limit.value,
        fees={key: cents(fee) for key, fee in fees.items() if fee is not None},
        since=prices.since,
        out_of_date=prices.out_of_date(day),
    )


def allowed(claim: Claim, rates: Rates, payer: Payer) -> Allowed:
    """The amount allowed for each line. Both sides come to the payer's factor, on one line or on two."""
    priced: list[PricedLine] = []
    sides_paid = 0
    for line in claim.lines:
        rate = rates.per_billing_unit if line.is_drug else rates.fees.get(line.key)
        count = Decimal(line.units)
        if line.sides:
            before, sides_paid = sides_paid, sides_paid + len(line.sides)
            count = _fees_for(sides_paid, payer) - _fees_for(before, payer)
        priced.append(PricedLine(line=line, amount=None if rate is None else cents(rate * count)))
    return Allowed(lines=tuple(priced), since=rates.since, out_of_date=rates.out_of_date)


def _fees_for(sides: int, payer: Payer) -> Decimal:
    """How many fees of one side so many sides are paid."""
    return payer.bilateral_factor.value if sides == len(Side) else Decimal(sides)


@dataclass(frozen=True, kw_only=True, slots=True)
class Benefit:
    """What a patient carries in one calendar year, all in dollars except `coinsurance`, a share from 0 to 1.

    A copay stands in place of deductible and coinsurance for its part. `out_of_pocket_maximum` None means that there
    is none. `programme` is what a maker's copay programme pays in the year; `spent_elsewhere` and
    `deductible_met_elsewhere` are what other care has already counted toward the two.
    """

    deductible: Decimal = NONE
    coinsurance: Decimal = NONE
    drug_copay: Decimal | None = None
    service_copay: Decimal | None = None
    out_of_pocket_maximum: Decimal | None = None
    programme: Decimal = NONE
    deductible_met_elsewhere: Decimal = NONE
    spent_elsewhere: Decimal = NONE

    def __post_init__(self) -> None:
        if not 0 <= self.coinsurance <= 1:
            raise BadInput(where="coinsurance", read=f"{self.coinsurance}", expected="a share from 0 to 1")
        for name in (
            "deductible", "drug_copay", "service_copay", "out_of_pocket_maximum", "programme",
            "deductible_met_elsewhere", "spent_elsewhere",
        ):  # fmt: skip
            amount: Decimal | None = getattr(self, name)
            if amount is not None:
                _whole_cents(name, amount)

    @property
    def deductible_left(self) -> Decimal:
        """What is left of the deductible before the first session here."""
        return max(NONE, self.deductible - self.deductible_met_elsewhere)

    @property
    def room(self) -> Decimal | None:
        """What the patient can still be asked for in the year; None without a maximum."""
        if self.out_of_pocket_maximum is None:
            return None
        return max(NONE, self.out_of_pocket_maximum - self.spent_elsewhere)


@dataclass(frozen=True, kw_only=True, slots=True)
class Billed:
    """One session as the payer allows it."""

    on: date
    drug: Decimal
    services: Decimal

    def __post_init__(self) -> None:
        for name, amount in (("drug", self.drug), ("services", self.services)):
            _whole_cents(name, amount)

    @classmethod
    def of(cls, on: date, amounts: Allowed) -> Billed:
        """The session of a claim."""
        return cls(on=on, drug=amounts.drug, services=amounts.services)

    @property
    def total(self) -> Decimal:
        """Toxin and services."""
        return self.drug + self.services

    def scaled(self, factor: Decimal) -> Billed:
        """The same session at another price level."""
        return replace(self, drug=cents(self.drug * factor), services=cents(self.services * factor))


@dataclass(frozen=True, kw_only=True, slots=True)
class YearState:
    """How far one calendar year has run: exact sums of what was charged, capped and paid for by a programme."""

    year: int
    deductible: Decimal = NONE
    coinsurance: Decimal = NONE
    copay: Decimal = NONE
    above_maximum: Decimal = NONE
    programme: Decimal = NONE

    @property
    def counted(self) -> Decimal:
        """What the patient was asked for and counts toward the maximum."""
        return self.deductible + self.coinsurance + self.copay - self.above_maximum

    @property
    def paid(self) -> Decimal:
        """What the patient paid in the end."""
        return self.counted - self.programme


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionShare:
    """The patient's share of one session, in whole cents.

    `pays` = `deductible` + `coinsurance` + `copay` - `above_maximum` - `programme`; `so_far` is the year to date.
    """

    on: date
    allowed: Decimal
    deductible: Decimal
    coinsurance: Decimal
    copay: Decimal
    above_maximum: Decimal
    programme: Decimal
    pays: Decimal
    so_far: Decimal


def session_share(billed: Billed, state: YearState, benefit: Benefit) -> tuple[SessionShare, YearState]:
    """The share of one session and how far the year has run after it; a state of another year starts afresh."""
    before = state if state.year == billed.on.year else YearState(year=billed.on.year)
    parts = ((billed.drug, benefit.drug_copay), (billed.services, benefit.service_copay))
    copay = sum((min(flat, amount) for amount, flat in parts if flat is not None), NONE)
    open_to_deductible = sum((amount for amount, flat in parts if flat is None), NONE)
    deductible = min(benefit.deductible_left - before.deductible, open_to_deductible)
    coinsurance = benefit.coinsurance * (open_to_deductible - deductible)
    asked = deductible + coinsurance + copay
    kept = asked if benefit.room is None else min(asked, benefit.room - before.counted)
    helped = min(kept, benefit.programme - before.programme)
    after = replace(
        before,
        deductible=before.deductible + deductible,
        coinsurance=before.coinsurance + coinsurance,
        copay=before.copay + copay,
        above_maximum=before.above_maximum + asked - kept,
        programme=before.programme + helped,
    )
    counted, programme = _step(before.counted, after.counted), _step(before.programme, after.programme)
    charged = _step(before.coinsurance, after.coinsurance)
    share = SessionShare(
        on=billed.on,
        allowed=billed.total,
        deductible=deductible,
        coinsurance=charged,
        copay=copay,
        above_maximum=deductible + charged + copay - counted,
        programme=programme,
        pays=counted - programme,
        so_far=cents(after.counted) - cents(after.programme),
    )
    return share, after


def _step(before: Decimal, after: Decimal) -> Decimal:
    return cents(after) - cents(before)


@dataclass(frozen=True, kw_only=True, slots=True)
class YearShare:
    """One calendar year: what is allowed, what the patient pays, and the same at lower and higher prices."""

    year: int
    allowed: Decimal
    pays: Decimal
    low: Decimal
    high: Decimal
    sessions: tuple[SessionShare, ...]


def patient_share(sessions: Sequence[Billed], benefits: Mapping[int, Benefit]) -> tuple[SessionShare, ...]:
    """The share of each session, in the order of their days; each new calendar year begins from nothing.

    Raises `BadInput` where sessions are out of order or the figures of a year are missing.
    """
    shares: list[SessionShare] = []
    state = YearState(year=0)
    for billed in sessions:
        if shares and billed.on < shares[-1].on:
            raise BadInput(
                where="sessions",
                read=f"{billed.on} after {shares[-1].on}",
                expected="sessions in the order of days",
            )
        benefit = benefits.get(billed.on.year)
        if benefit is None:
            raise BadInput(
                where="benefit", read=f"a session in {billed.on.year}",
                expected=f"the plan's figures of {billed.on.year}",
                mend="Enter deductible, coinsurance and maximum of that year.",
            )  # fmt: skip
        share, state = session_share(billed, state, benefit)
        shares.append(share)
    return tuple(shares)


def by_year(
    sessions: Sequence[Billed], benefits: Mapping[int, Benefit], *, band_percent: Decimal
) -> tuple[YearShare, ...]:
    """The years of some sessions; `low` and `high` are the shares worked out anew at lower and higher prices."""
    width = band_percent / 100
    shares = patient_share(sessions, benefits)
    low = patient_share([b.scaled(1 - width) for b in sessions], benefits)
    high = patient_share([b.scaled(1 + width) for b in sessions], benefits)
    return tuple(
        YearShare(
            year=year,
            allowed=sum((s.allowed for s in shares if s.on.year == year), NONE),
            pays=_paid(shares, year),
            low=_paid(low, year),
            high=_paid(high, year),
            sessions=tuple(s for s in shares if s.on.year == year),
        )
        for year in sorted({s.on.year for s in shares})
    )


def _paid(shares: Sequence[SessionShare], year: int) -> Decimal:
    return sum((s.pays for s in shares if s.on.year == year), NONE)


def _whole_cents(name: str, amount: Decimal) -> None:
    if cents(_amount(name, amount)) != amount:
        raise BadInput(where=name, read=f"{amount}", expected="whole cents")


def _amount(name: str, amount: Decimal) -> Decimal:
    if not amount.is_finite() or amount < 0:
        raise BadInput(where=name, read=f"{amount}", expected="an amount of 0 dollars or more")
    return amount
