"""Rules on the product and its preparation: each fires where it must and stays silent where it must."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from collis.errors import ProductMismatch
from collis.reasons import Kind
from collis.units import Dose
from tests.unit.safety.bedside import (
    ABO,
    DAXI,
    INCO,
    LAN,
    ONA,
    RIMA,
    SCM,
    UNKNOWN,
    USUAL,
    VISIT,
    YES,
    answered,
    levels,
    mixed,
    plan,
    said_yes,
    says,
    session,
    treated,
    vial,
)

ABO_PLAN = plan(("splenius_capitis", "left", 250), product=ABO)
INCO_PLAN = plan(("splenius_capitis", "left", 60), (SCM, "right", 40), product=INCO)


def allergic(*items: str, detail: str = ""):
    return answered(safety={"allergies": said_yes(detail, *items)})


def test_R01_fires() -> None:
    (reason,) = says("R01", USUAL, preparation=mixed(INCO))
    assert (reason.level, reason.overridable) == ("refuse", False)
    assert INCO in reason.what
    assert ONA in reason.what


def test_R01_fires_for_one_strange_vial_among_others() -> None:
    assert levels("R01", USUAL, preparation=mixed(vials=(vial(), vial(product=INCO)))) == {"refuse"}
    assert levels("R01", USUAL, preparation=mixed(drawn=Dose.of(100, ABO))) == {"refuse"}


def test_R01_stays_silent() -> None:
    assert not says("R01", USUAL)
    assert not says("R01", USUAL, preparation=mixed())


def test_units_of_two_products_cannot_even_be_added() -> None:
    with pytest.raises(ProductMismatch):
        Dose.of(10, ONA) + Dose.of(10, ABO)


def test_R02_fires() -> None:
    past = session(ONA, ("splenius_capitis", "left", 100), (SCM, "right", 40))
    times_2_5 = plan(("splenius_capitis", "left", 250), (SCM, "right", 100), product=ABO)
    (reason,) = says("R02", times_2_5, treated(past))
    assert (reason.level, reason.overridable) == ("refuse", False)
    assert "2.5" in reason.what


def test_R02_fires_for_the_same_numbers_even_in_one_muscle() -> None:
    assert levels(
        "R02", INCO_PLAN, treated(session(ONA, ("splenius_capitis", "left", 60), (SCM, "right", 40)))
    ) == {"refuse"}
    one = plan(("splenius_capitis", "left", 60), product=INCO)
    assert levels("R02", one, treated(session(ONA, ("splenius_capitis", "left", 60)))) == {"refuse"}


def test_R02_is_not_misled_by_a_line_without_units() -> None:
    past = session(ONA, ("splenius_capitis", "left", 60), (SCM, "right", 40))
    more = plan(("splenius_capitis", "left", 60), (SCM, "right", 40), ("platysma", "left", 0), product=INCO)
    assert levels("R02", more, treated(past)) == {"refuse"}


def test_R02_fires_for_a_lumped_line_of_an_old_record() -> None:
    past = session(ONA, ("splenius", "left", 60), (SCM, "right", 40))
    assert levels("R02", INCO_PLAN, treated(past)) == {"refuse"}


def test_R02_stays_silent() -> None:
    past = session(ONA, ("splenius_capitis", "left", 60), (SCM, "right", 40))
    assert not says("R02", USUAL, answered())
    assert not says("R02", USUAL, treated(past))  # the same product may be repeated
    other_share = plan(("splenius_capitis", "left", 250), (SCM, "right", 150), product=ABO)
    assert not says("R02", other_share, treated(past))
    other_muscle = plan(("splenius_capitis", "left", 60), (SCM, "left", 40), product=INCO)
    assert not says("R02", other_muscle, treated(past))
    one_more = plan(
        ("splenius_capitis", "left", 60), (SCM, "right", 40), ("trapezius_upper", "left", 30), product=INCO
    )
    assert not says("R02", one_more, treated(past))
    assert not says("R02", INCO_PLAN, treated(session(ONA, total=100)))
    scaled = plan(("splenius_capitis", "left", 45), product=INCO)
    assert not says("R02", scaled, treated(session(ONA, ("splenius_capitis", "left", 60))))
    nothing_given = session(ONA, ("splenius_capitis", "left", 0))
    assert not says("R02", plan(("splenius_capitis", "left", 60), product=INCO), treated(nothing_given))


def test_R03_fires() -> None:
    (reason,) = says("R03", USUAL, allergic("Botox"))
    assert (reason.level, reason.overridable) == ("refuse", False)
    assert reason.ground is not None
    assert levels("R03", plan((SCM, "left", 20), product=DAXI), allergic(detail="polysorbate 20, rash")) == {
        "refuse"
    }


def test_R03_refuses_even_where_no_label_is_on_file() -> None:
    (reason,) = says("R03", plan((SCM, "left", 20), product=LAN), allergic("botulinum toxin"))
    assert (reason.level, reason.ground) == ("refuse", None)


def test_R03_asks_when_allergies_are_not_answered_or_not_named() -> None:
    (reason,) = says("R03", USUAL, answered(safety={"allergies": UNKNOWN}))
    assert (reason.level, reason.asks) == ("cannot_judge", "allergies")
    (reason,) = says("R03", USUAL, answered(safety={"allergies": YES}))
    assert (reason.level, reason.asks) == ("cannot_judge", "")


def test_R03_stays_silent() -> None:
    assert not says("R03", USUAL, answered())
    assert not says("R03", USUAL, allergic("penicillin"))
    assert not says("R03", USUAL, allergic("polysorbate 20"))  # not in this product
    assert not says("R03", ABO_PLAN, allergic("lactose"))


def test_R04_fires() -> None:
    (reason,) = says("R04", ABO_PLAN, allergic("cow's milk protein"))
    assert reason.level == "refuse"
    assert levels("R04", ABO_PLAN, allergic(detail="hives after milk")) == {"refuse"}


def test_R04_stays_silent() -> None:
    assert not says("R04", USUAL, allergic("cow's milk protein"))
    assert not says("R04", ABO_PLAN, answered())
    (remark,) = says("R04", ABO_PLAN, allergic("lactose"))
    assert (remark.level, remark.kind) == ("allow", Kind.NOTE)
    assert not says("R04", USUAL, allergic("lactose"))


def test_R05_fires() -> None:
    assert levels("R05", plan((SCM, "left", 20), product=LAN), allergic("gelatine")) == {
        "warn"
    }  # label not checked


def test_R05_stays_silent() -> None:
    assert not says("R05", USUAL, allergic("gelatin"))
    assert not says("R05", plan((SCM, "left", 20), product=LAN), answered())


def test_R06_fires() -> None:
    assert levels("R06", USUAL, allergic("human albumin")) == {"refuse"}
    assert levels("R06", USUAL, answered(safety={"albumin_refused": YES})) == {"warn"}
    (reason,) = says("R06", USUAL, answered(safety={"albumin_refused": UNKNOWN}))
    assert (reason.level, reason.asks) == ("cannot_judge", "human albumin accepted")


def test_R06_stays_silent() -> None:
    assert not says("R06", USUAL, answered())
    assert not says("R06", plan((SCM, "left", 20), product=DAXI), allergic("albumin"))


def test_R33_fires() -> None:
    (reason,) = says("R33", preparation=mixed(units_per_0_1ml=Decimal(5)))
    assert (reason.level, reason.overridable) == ("refuse", False)
    assert "10 Units per 0.1 mL" in reason.what
    assert levels("R33", preparation=mixed(diluent_ml=Decimal(2))) == {"refuse"}
    assert levels("R33", preparation=mixed(vials=(vial(100), vial(200)))) == {"refuse"}
    assert levels("R33", preparation=mixed(diluent_ml=Decimal(3), units_per_0_1ml=Decimal("3.3"))) == {
        "refuse"
    }


def test_R33_stays_silent() -> None:
    assert not says("R33")
    assert not says("R33", preparation=mixed())
    assert not says("R33", preparation=mixed(diluent_ml=Decimal(4), units_per_0_1ml=Decimal("2.5")))
    assert not says("R33", preparation=mixed(diluent_ml=Decimal(3), units_per_0_1ml=Decimal("3.33")))
    assert not says("R33", preparation=mixed(diluent_ml=Decimal(3), units_per_0_1ml=Decimal("3.333")))
    sizes = (vial(100), vial(200, diluent_ml=Decimal(2)))
    assert not says("R33", preparation=mixed(vials=sizes))
    assert not says("R33", preparation=mixed(INCO, units_per_0_1ml=Decimal(5)))  # R01 speaks


def test_R34_fires() -> None:
    (reason,) = says("R34", preparation=mixed(diluent="water for injection"))
    assert reason.level == "warn"
    assert reason.ground is not None


def test_R34_stays_silent() -> None:
    assert not says("R34")
    assert not says("R34", preparation=mixed())
    assert not says("R34", preparation=mixed(diluent="Sodium chloride 0.9 %; preservative-free"))
    ready = plan(("splenius_capitis", "left", 2500), product=RIMA)
    assert not says("R34", ready, preparation=mixed(RIMA, diluent="water"))
    assert not says("R34", plan((SCM, "left", 20), product=LAN), preparation=mixed(LAN, diluent="water"))


def hours(count: float):
    return mixed(injected_at=datetime.fromisoformat("2026-11-10T09:00") + timedelta(hours=count))


def test_R35_fires() -> None:
    (reason,) = says("R35", INCO_PLAN, preparation=_inco(24.01))
    assert (reason.level, reason.overridable) == ("refuse", False)
    (reason,) = says("R35", preparation=hours(24.01))
    assert reason.level == "warn"  # the hours of this label are not checked yet
    (reason,) = says("R35", preparation=hours(-0.5))
    assert reason.level == "refuse"
    daxi = plan((SCM, "left", 20), product=DAXI)
    assert levels("R35", daxi, preparation=_late(DAXI, 72.1)) == {"refuse"}


def _late(product: str, count: float):
    return mixed(product, injected_at=datetime.fromisoformat("2026-11-10T09:00") + timedelta(hours=count))


def _inco(count: float):
    return _late(INCO, count)


def test_R35_asks_for_the_times() -> None:
    (reason,) = says("R35", preparation=mixed(mixed_at=None))
    assert (reason.level, reason.asks) == ("cannot_judge", "time of mixing and of injection")
    assert levels("R35", preparation=mixed(injected_at=None)) == {"cannot_judge"}


def test_R35_stays_silent() -> None:
    assert not says("R35")
    assert not says("R35", INCO_PLAN, preparation=_inco(24))
    assert not says("R35", preparation=hours(0))
    assert not says("R35", plan((SCM, "left", 20), product=DAXI), preparation=_late(DAXI, 72))
    assert not says(
        "R35", plan(("splenius_capitis", "left", 2500), product=RIMA), preparation=_late(RIMA, 30)
    )
    assert not says("R35", plan((SCM, "left", 20), product=LAN), preparation=_late(LAN, 99))
    one_zone = mixed(injected_at=datetime(2026, 11, 10, 10, tzinfo=UTC))
    assert not says("R35", preparation=one_zone)


def test_R36_fires() -> None:
    for wrong in ({"expiry": VISIT - timedelta(days=1)}, {"lot": ""}, {"for_other_patient": True}):
        (reason,) = says("R36", preparation=mixed(vials=(vial(**wrong), vial())))
        assert (reason.level, reason.overridable) == ("refuse", False)
        assert reason.what.startswith("Vial 1 ")
    asked = {
        r.asks
        for r in says("R36", preparation=mixed(vials=(vial(expiry=None, for_other_patient=None, lot=None),)))
    }
    assert asked == {"expiry of vial 1", "whether vial 1 serves another patient", "lot number of vial 1"}


def test_R36_stays_silent() -> None:
    assert not says("R36")
    assert not says("R36", preparation=mixed())
    assert not says(
        "R36", case=answered(on=None), preparation=mixed(vials=(vial(expiry=VISIT - timedelta(days=1)),))
    )


def test_R37_fires() -> None:
    large = plan(("splenius_capitis", "left", 55, 1))
    (reason,) = says("R37", large, preparation=mixed())
    assert reason.level == "warn"
    assert "0.55 mL" in reason.what
    assert levels("R37", plan((SCM, "left", 50.5, 1)), preparation=mixed()) == {"warn"}
    assert levels("R37", plan((SCM, "left", 4.9, 1)), preparation=mixed()) == {"warn"}


def test_R37_stays_silent() -> None:
    assert not says(
        "R37", plan(("splenius_capitis", "left", 50, 1), (SCM, "left", 5, 1)), preparation=mixed()
    )
    assert not says("R37", plan((SCM, "left", 0, 1)), preparation=mixed())
    assert not says("R37", plan(("splenius_capitis", "left", 90, 1)))


def test_R38_fires() -> None:
    (reason,) = says("R38", preparation=mixed(drawn=Dose.of(201, ONA)))
    assert (reason.level, reason.overridable) == ("refuse", False)
    assert levels("R38", plan(("splenius_capitis", "left", 101)), preparation=mixed(vials=(vial(),))) == {
        "refuse"
    }


def test_R38_stays_silent() -> None:
    assert not says("R38")
    assert not says("R38", preparation=mixed(drawn=Dose.of(200, ONA)))


def test_R50_fires() -> None:
    assert levels("R50", plan((SCM, "left", 20), product=LAN)) == {"warn"}
    (reason,) = says("R50", plan((SCM, "left", 20), product=DAXI), answered(region="EU"))
    assert "EU" in reason.what


def test_R50_stays_silent() -> None:
    assert not says("R50")
    assert not says("R50", plan((SCM, "left", 20), product=DAXI))
