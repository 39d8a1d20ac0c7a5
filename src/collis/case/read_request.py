"""What is asked for: product, guidance, muscles, a typed plan and how the toxin was made ready."""

from __future__ import annotations

from collis.case.case import Request
from collis.case.patient import Answer
from collis.case.plan import Injection, Origin, Plan
from collis.case.preparation import Preparation, VialUse
from collis.case.table import Table
from collis.case.vocabulary import Groups
from collis.knowledge.names import PRODUCTS, Guidance, Muscle
from collis.side import Side
from collis.units import Dose

PLAN_NAME = "as typed"


def request(root: Table, groups: Groups) -> Request:
    """[request], [[request.plan]] and [request.preparation]."""
    table = root.table("request")
    product = table.choice("product", PRODUCTS)
    guidance = table.words("guidance", Guidance)
    if table.raw.get("guidance") == []:
        table.note("guidance", read="an empty list", expected="at least one method, or no such key")
    return Request(
        product=product,
        guidance=guidance or (Guidance.PALPATION,),
        muscles=table.words("muscles", Muscle),
        plan=_plan(table, product, groups),
        preparation=_preparation(table.table("preparation"), product),
        consent_warnings=table.word("consent_warnings", Answer) or Answer.UNKNOWN,
    )


def _plan(table: Table, product: str | None, groups: Groups) -> Plan | None:
    name = table.text("plan_name") or PLAN_NAME
    origin = table.word("plan_origin", Origin) or Origin.TYPED
    lines = table.tables("plan")
    injections = [_injection(line, product, groups) for line in lines]
    if not lines:
        for key in ("plan_name", "plan_origin"):
            if key in table.raw:
                table.note(
                    key, read=key, expected="no such key where there is no [[request.plan]]", at_key=True
                )
        return None
    if "product" not in table.raw:
        table.note("product", read="nothing", expected="the product of the plan", at_key=True)
    if product is None:
        return None
    seen: set[object] = set()
    for line, injection in zip(lines, injections, strict=True):
        if injection is not None and injection.where in seen:
            line.note(
                "muscle",
                read=f"{injection.where} twice",
                expected="one line for each muscle and side",
                mend="Add the Units and the sites into one line.",
            )
            return None
        if injection is not None:
            seen.add(injection.where)
    whole = tuple(i for i in injections if i is not None)
    return Plan(name=name, product=product, injections=whole, origin=origin)


def _injection(table: Table, product: str | None, groups: Groups) -> Injection | None:
    lumped = table.raw.get("muscle")
    if isinstance(lumped, str) and lumped in groups:
        table.asked["muscle"] = None
        members = ", ".join(m.value for m in groups[lumped])
        table.note(
            "muscle",
            read=f'"{lumped}"',
            expected="one exact muscle in a plan",
            mend=f"It may mean {members}: write a line for each that is injected.",
        )
        muscle = None
    else:
        muscle = table.word("muscle", Muscle, needed=True)
    if table.raw.get("side") == "both":
        table.asked["side"] = None
        table.note("side", read='"both"', expected="right or left", mend="Write one line for each side.")
        side = None
    else:
        side = table.word("side", Side, needed=True)
    units = table.number("units", unit="Units", needed=True)
    sites = table.whole("sites", unit="sites", low=1)
    guidance = table.word("guidance", Guidance) or Guidance.PALPATION
    if muscle is None or side is None or units is None or product is None:
        return None
    return Injection(muscle=muscle, side=side, dose=Dose(units, product), sites=sites or 1, guidance=guidance)


def _preparation(table: Table, asked_for: str | None) -> Preparation | None:
    product = table.choice("product", PRODUCTS) or asked_for
    vials = table.tables("vial")
    diluent_ml = table.number("diluent_ml", unit="mL", needed=table.present)
    strength = table.number("units_per_0_1ml", unit="Units per 0.1 mL", needed=table.present)
    drawn = table.number("drawn_units", unit="Units", needed=table.present)
    diluent = table.text("diluent")
    mixed_at = table.moment("mixed_at")
    injected_at = table.moment("injected_at")
    if table.present and product is None and "product" not in table.raw:
        table.note("product", read="nothing", expected="the product that was prepared", at_key=True)
    opened = [_vial(vial, product) for vial in vials]
    if product is None or diluent_ml is None or strength is None or drawn is None:
        return None
    used = tuple(v for v in opened if v is not None)
    dose = Dose(drawn, product)
    named = {"diluent": diluent} if diluent else {}
    return table.build(
        lambda: Preparation(
            product=product,
            vials=used,
            diluent_ml=diluent_ml,
            units_per_0_1ml=strength,
            drawn=dose,
            mixed_at=mixed_at,
            injected_at=injected_at,
            **named,
        )
    )


def _vial(table: Table, product: str | None) -> VialUse | None:
    units = table.number("units", unit="Units", needed=True)
    lot = table.text("lot")
    expiry = table.day("expiry")
    shared = table.word("for_other_patient", Answer)
    diluent_ml = table.number("diluent_ml", unit="mL")
    if units is None or product is None:
        return None
    told = {Answer.YES: True, Answer.NO: False}.get(shared) if shared is not None else None
    return table.build(
        lambda: VialUse(
            units=Dose(units, product), lot=lot, expiry=expiry, for_other_patient=told, diluent_ml=diluent_ml
        )
    )
