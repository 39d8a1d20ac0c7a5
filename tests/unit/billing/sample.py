"""One plan, its supply and the knowledge of one day, small enough to work out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from collis.billing.claim import Supply
from collis.case.case import Case, Request
from collis.case.plan import Injection, Plan
from collis.knowledge.load import Knowledge, load
from collis.knowledge.names import Guidance, Muscle, Region
from collis.side import Side
from collis.units import Dose, Number

ONA = "onabotulinumtoxinA"
ABO = "abobotulinumtoxinA"
DAXI = "daxibotulinumtoxinA"
VISIT = date(2026, 9, 1)
RIGHT, LEFT = Side.RIGHT, Side.LEFT


def knowledge(day: date = VISIT) -> Knowledge:
    return load(day)


def plan(
    *doses: tuple[Muscle, Side, Number],
    product: str = ONA,
    guidance: tuple[Guidance, ...] = (Guidance.PALPATION,),
) -> Plan:
    """A plan; the ways of guidance are handed out line by line, the last one for all that follow."""
    lines = doses or ((Muscle.SPLENIUS_CAPITIS, RIGHT, 100), (Muscle.STERNOCLEIDOMASTOID, LEFT, 100))
    return Plan(
        name="sample",
        product=product,
        injections=tuple(
            Injection(
                muscle=m, side=s, dose=Dose.of(u, product), guidance=guidance[min(n, len(guidance) - 1)]
            )
            for n, (m, s, u) in enumerate(lines)
        ),
    )


def supply(of: Plan, *vials: int, discarded: Number | None = None) -> Supply:
    """A supply for a plan; all that is not given is thrown away unless said otherwise."""
    opened = Dose.total((Dose.of(v, of.product) for v in vials), of.product)
    rest = opened - of.total if discarded is None else Dose.of(discarded, of.product)
    return Supply(vials=tuple(Dose.of(v, of.product) for v in vials), given=of.total, discarded=rest)


def case(**changes) -> Case:
    return Case(**{"region": Region.US, "date": VISIT, "request": Request(product=ONA), **changes})


def usd(text: str) -> Decimal:
    return Decimal(text)
