"""The cost of a plan as text for a terminal and as a document for JSON."""

from __future__ import annotations

from decimal import Decimal

from collis.billing.claim import Claim, ClaimLine
from collis.billing.estimate import Cost
from collis.billing.share import Allowed, NoPriceData, YearShare, cents, dollars
from collis.report import words
from collis.report.json import FORMAT, Document
from collis.report.terminal import Sheet


def cost_text(cost: Cost | NoPriceData, *, width: int, colour: bool = False, discarded: str = "") -> str:
    """The claim, the amounts and the patient's share; without a price no amount stands anywhere.

    `discarded` is the sum of what is discarded, as the draw-up says it.
    """
    sheet = Sheet(width=width, colour=colour)
    if isinstance(cost, NoPriceData):
        sheet.line(words.sentence(str(cost)))
        return sheet.text()
    sheet.title("Cost", cost.payer)
    _lines(sheet, cost)
    if discarded:
        sheet.line(discarded)
    for note in cost.claim.notes:
        sheet.line(words.sentence(note), head="Left out:")
    if cost.claim.missing:
        sheet.line(words.sentence(words.listed(cost.claim.missing)), head="The clinic fills in:")
    if isinstance(cost.allowed, NoPriceData):
        sheet.line(words.sentence(str(cost.allowed)), head="Allowed:")
    else:
        sheet.line(words.sentence(_dated(cost.allowed)), head="Prices:")
    if cost.year is not None:
        _year(sheet, cost.year, cost.band_percent)
    sheet.section("Ask the plan")
    for ask in cost.asks:
        sheet.bullet(ask)
    sheet.line(f"An estimate, no promise of payment. Knowledge version {cost.knowledge_version}.")
    return sheet.text()


def _lines(sheet: Sheet, cost: Cost) -> None:
    priced = isinstance(cost.allowed, Allowed)
    rows = [
        (
            line.code,
            "".join(line.modifiers),
            _what(line),
            f"{line.units}",
            *([_money(amount)] if priced else []),
        )
        for line, amount in zip(cost.claim.lines, _amounts(cost), strict=True)
    ]
    heads = ["Code", "Sign", "What", "Units billed", *(["Allowed"] if priced else [])]
    if isinstance(cost.allowed, Allowed):
        short = "without what is not known" if cost.allowed.unpriced else ""
        rows.append(("Total", "", short, "", dollars(cost.allowed.total)))
    sheet.section("Claim", f"diagnosis {cost.claim.lines[0].diagnosis}")
    sheet.table(heads, rows, right=(3, 4) if priced else (3,), sums=1 if priced else 0, folded=(2,))


def _what(line: ClaimLine) -> str:
    if line.dose is not None:
        return f"{line.label}: {line.dose}"
    if line.sides:
        return f"{line.label}: {words.listed([side.word for side in line.sides])}"
    return line.label


def _amounts(cost: Cost) -> list[Decimal | None]:
    if isinstance(cost.allowed, NoPriceData):
        return [None for _ in cost.claim.lines]
    return [priced.amount for priced in cost.allowed.lines]


def _money(amount: Decimal | None) -> str:
    return "not known" if amount is None else dollars(amount)


def _dated(amounts: Allowed) -> str:
    if amounts.since is None:
        return "as entered"
    late = "; their time is over and a newer list may be out" if amounts.out_of_date else ""
    return f"in force from {words.day(amounts.since)}{late}"


def _year(sheet: Sheet, year: YearShare, band: Decimal) -> None:
    sheet.section(
        f"The patient's share in {year.year}",
        words.count(len(year.sessions), "session like this", "sessions like this"),
    )
    rows = [
        (
            f"{number}",
            dollars(s.allowed),
            dollars(s.deductible),
            dollars(s.coinsurance + s.copay),
            dollars(s.pays),
        )
        for number, s in enumerate(year.sessions, start=1)
    ]
    rows.append(("Year", dollars(year.allowed), "", "", dollars(year.pays)))
    heads = ("Session", "Allowed", "Deductible", "Share", "Patient pays")
    sheet.table(heads, rows, right=(1, 2, 3, 4), sums=1)
    sheet.line(
        f"{dollars(year.low)} to {dollars(year.high)} at prices {words.number(band)} % lower and higher.",
        head="Band:",
    )


def cost_document(cost: Cost | NoPriceData) -> Document:
    """The cost; amounts in dollars are text with two decimals, None where no price is known."""
    head: Document = {"format": FORMAT, "document": "cost"}
    if isinstance(cost, NoPriceData):
        return {**head, "no_price_data": str(cost)}
    known = cost.allowed if isinstance(cost.allowed, Allowed) else None
    return {
        **head,
        "knowledge_version": cost.knowledge_version,
        "date": cost.on.isoformat(),
        "payer": cost.payer,
        "product": cost.claim.product,
        "claim": _claim(cost.claim, _amounts(cost)),
        "no_price_data": str(cost.allowed) if known is None else None,
        "prices_since": None if known is None or known.since is None else known.since.isoformat(),
        "prices_out_of_date": None if known is None else known.out_of_date,
        "allowed": None if known is None else _usd(known.total),
        "year": None if cost.year is None else _share(cost.year),
        "asks": list(cost.asks),
    }


def _claim(claim: Claim, amounts: list[Decimal | None]) -> Document:
    supply = claim.supply
    return {
        "vials": [words.number(vial.units) for vial in supply.vials],
        "given": words.number(supply.given.units),
        "discarded": words.number(supply.discarded.units),
        "lines": [
            {
                "key": line.key,
                "code": line.code,
                "label": line.label,
                "modifiers": list(line.modifiers),
                "billing_units": line.units,
                "units": None if line.dose is None else words.number(line.dose.units),
                "diagnosis": line.diagnosis,
                "sides": [side.value for side in line.sides],
                "ndc": [slot.ndc or None for slot in line.ndc],
                "allowed": None if amount is None else _usd(amount),
            }
            for line, amount in zip(claim.lines, amounts, strict=True)
        ],
        "missing": list(claim.missing),
        "notes": list(claim.notes),
    }


def _share(year: YearShare) -> Document:
    return {
        "year": year.year,
        "allowed": _usd(year.allowed),
        "pays": _usd(year.pays),
        "low": _usd(year.low),
        "high": _usd(year.high),
        "sessions": [
            {
                "allowed": _usd(s.allowed),
                "deductible": _usd(s.deductible),
                "coinsurance": _usd(s.coinsurance),
                "copay": _usd(s.copay),
                "above_maximum": _usd(s.above_maximum),
                "programme": _usd(s.programme),
                "pays": _usd(s.pays),
            }
            for s in year.sessions
        ],
    }


def _usd(amount: Decimal) -> str:
    return str(cents(amount))
