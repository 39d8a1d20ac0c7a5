"""Every cap stands exactly where knowledge puts it: at the bound a plan passes, one step above it does not.

The figures are written here a second time on purpose: whoever moves one must move it here as well.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from collis.case.case import Case
from collis.case.plan import Plan
from collis.knowledge.load import Knowledge, load
from collis.knowledge.names import Muscle, MuscleSide
from collis.knowledge.products import LimitFact, LimitKind, When
from collis.reasons import Ground, Level
from collis.safety.limits import Limit, highest_in_any_muscle, limits, units_text, window_days
from collis.side import Side
from collis.sources import Grade
from tests.unit.safety.bedside import (
    ABO,
    DAXI,
    INCO,
    KNOWLEDGE,
    ONA,
    RIMA,
    SCM,
    VISIT,
    answered,
    elsewhere,
    levels,
    plan,
    says,
    session,
    toxin,
    treated,
)

# id, product, region, rule, level asked, bound, days looked back over
GOLDEN = [
    ("abo_eu_total", "abobotulinumtoxinA", "EU", "R10", "refuse", "1000", None),
    ("abo_eu_total_min", "abobotulinumtoxinA", "EU", "R11", "warn", "250", None),
    ("abo_eu_first_total", "abobotulinumtoxinA", "EU", "R12", "warn", "500", None),
    ("abo_eu_scm", "abobotulinumtoxinA", "EU", "R23", "warn", "150", None),
    ("abo_eu_interval", "abobotulinumtoxinA", "EU", "R25", "refuse", "84", None),
    ("abo_us_total", "abobotulinumtoxinA", "US", "R10", "refuse", "1000", None),
    ("abo_us_first_total", "abobotulinumtoxinA", "US", "R12", "warn", "500", None),
    ("abo_us_scm", "abobotulinumtoxinA", "US", "R23", "warn", "150", None),
    ("abo_us_interval", "abobotulinumtoxinA", "US", "R25", "refuse", "84", None),
    ("daxi_us_total", "daxibotulinumtoxinA", "US", "R19", "refuse", "250", None),
    ("daxi_us_interval", "daxibotulinumtoxinA", "US", "R25", "refuse", "84", None),
    ("inco_eu_first_total", "incobotulinumtoxinA", "EU", "R16", "warn", "200", None),
    ("inco_eu_total", "incobotulinumtoxinA", "EU", "R17", "refuse", "300", None),
    ("inco_eu_site", "incobotulinumtoxinA", "EU", "R20", "refuse", "50", None),
    ("inco_eu_scm", "incobotulinumtoxinA", "EU", "R21", "warn", "100", None),
    ("inco_eu_scm_sides", "incobotulinumtoxinA", "EU", "R22", "refuse", "1", None),
    ("inco_eu_interval", "incobotulinumtoxinA", "EU", "R25", "refuse", "70", None),
    ("inco_eu_interval_usual", "incobotulinumtoxinA", "EU", "R25", "warn", "84", None),
    ("inco_us_first_total", "incobotulinumtoxinA", "US", "R16", "warn", "120", None),
    ("inco_us_total", "incobotulinumtoxinA", "US", "R17", "refuse", "400", None),
    ("inco_us_site", "incobotulinumtoxinA", "US", "R20", "warn", "50", None),
    ("inco_us_scm", "incobotulinumtoxinA", "US", "R21", "warn", "100", None),
    ("inco_us_interval", "incobotulinumtoxinA", "US", "R25", "warn", "84", None),
    ("ona_eu_total", "onabotulinumtoxinA", "EU", "R13", "refuse", "300", None),
    ("ona_eu_first_total", "onabotulinumtoxinA", "EU", "R14", "refuse", "200", None),
    ("ona_eu_cumulative", "onabotulinumtoxinA", "EU", "R15", "refuse", "400", 84),
    ("ona_eu_site", "onabotulinumtoxinA", "EU", "R20", "refuse", "50", None),
    ("ona_eu_scm", "onabotulinumtoxinA", "EU", "R21", "refuse", "100", None),
    ("ona_eu_scm_sides", "onabotulinumtoxinA", "EU", "R22", "refuse", "1", None),
    ("ona_eu_interval", "onabotulinumtoxinA", "EU", "R25", "refuse", "70", None),
    ("ona_eu_interval_usual", "onabotulinumtoxinA", "EU", "R25", "warn", "84", None),
    ("ona_jp_total", "onabotulinumtoxinA", "JP", "R13", "refuse", "240", None),
    ("ona_jp_first_total", "onabotulinumtoxinA", "JP", "R14", "refuse", "60", None),
    ("ona_jp_cumulative", "onabotulinumtoxinA", "JP", "R15", "refuse", "400", 84),
    ("ona_jp_site", "onabotulinumtoxinA", "JP", "R20", "refuse", "30", None),
    ("ona_jp_scm_sides", "onabotulinumtoxinA", "JP", "R22", "warn", "1", None),
    ("ona_jp_interval", "onabotulinumtoxinA", "JP", "R25", "refuse", "56", None),
    ("ona_us_total", "onabotulinumtoxinA", "US", "R13", "warn", "300", None),
    ("ona_us_first_total", "onabotulinumtoxinA", "US", "R14", "warn", "200", None),
    ("ona_us_cumulative", "onabotulinumtoxinA", "US", "R15", "refuse", "400", 90),
    ("ona_us_site", "onabotulinumtoxinA", "US", "R20", "refuse", "50", None),
    ("ona_us_scm_both", "onabotulinumtoxinA", "US", "R21", "warn", "100", None),
    ("ona_us_interval", "onabotulinumtoxinA", "US", "R25", "refuse", "84", None),
    ("rima_eu_total", "rimabotulinumtoxinB", "EU", "R18", "refuse", "10000", None),
    ("rima_eu_interval_usual", "rimabotulinumtoxinB", "EU", "R25", "warn", "84", None),
    ("rima_jp_first_total", "rimabotulinumtoxinB", "JP", "R18", "refuse", "5000", None),
    ("rima_jp_total", "rimabotulinumtoxinB", "JP", "R18", "refuse", "10000", None),
    ("rima_jp_interval", "rimabotulinumtoxinB", "JP", "R25", "refuse", "61", None),
    ("rima_us_first_total", "rimabotulinumtoxinB", "US", "R18", "warn", "5000", None),
    ("rima_us_naive_total", "rimabotulinumtoxinB", "US", "R18", "warn", "2250", None),
    ("rima_us_total", "rimabotulinumtoxinB", "US", "R18", "warn", "10000", None),
    ("rima_us_interval", "rimabotulinumtoxinB", "US", "R25", "refuse", "84", None),
    ("interval_floor", "onabotulinumtoxinA", "US", "R25", "refuse", "70", None),
    ("interval_floor", "abobotulinumtoxinA", "US", "R25", "refuse", "70", None),
    ("interval_floor", "incobotulinumtoxinA", "US", "R25", "refuse", "70", None),
    ("interval_floor", "rimabotulinumtoxinB", "US", "R25", "refuse", "70", None),
    ("interval_floor", "daxibotulinumtoxinA", "US", "R25", "refuse", "70", None),
    ("longus_colli_ona", "onabotulinumtoxinA", "US", "R30", "warn", "35", None),
    ("extensors_ona_inco", "onabotulinumtoxinA", "US", "R31", "warn", "200", None),
    ("extensors_ona_inco", "incobotulinumtoxinA", "US", "R31", "warn", "200", None),
    ("extensors_abo", "abobotulinumtoxinA", "US", "R31", "warn", "500", None),
    ("dose_increase", "onabotulinumtoxinA", "US", "R46", "warn", "1.5", None),
    ("dose_increase", "abobotulinumtoxinA", "US", "R46", "warn", "1.5", None),
    ("dose_increase", "incobotulinumtoxinA", "US", "R46", "warn", "1.5", None),
    ("dose_increase", "rimabotulinumtoxinB", "US", "R46", "warn", "1.5", None),
    ("dose_increase", "daxibotulinumtoxinA", "US", "R46", "warn", "1.5", None),
]

# muscle, product, usual, least useful, usual upper dose, largest of any source (Units, one side)
MUSCLE_DOSES = [
    ("sternocleidomastoid", "onabotulinumtoxinA", (15, 50), 15, 75, 100),
    ("sternocleidomastoid", "incobotulinumtoxinA", (15, 50), 15, 75, 100),
    ("sternocleidomastoid", "abobotulinumtoxinA", (50, 150), 50, 150, 350),
    ("sternocleidomastoid", "rimabotulinumtoxinB", (750, 1250), 750, 1250, 5000),
    ("splenius_capitis", "onabotulinumtoxinA", (40, 100), 40, 150, 150),
    ("splenius_capitis", "incobotulinumtoxinA", (40, 100), 40, 150, 150),
    ("splenius_capitis", "abobotulinumtoxinA", (150, 300), 150, 350, 450),
    ("splenius_capitis", "rimabotulinumtoxinB", (750, 2500), 750, 2500, 5000),
    ("semispinalis_capitis", "onabotulinumtoxinA", (20, 75), 20, 100, 150),
    ("semispinalis_capitis", "incobotulinumtoxinA", (20, 75), 20, 100, 100),
    ("semispinalis_capitis", "abobotulinumtoxinA", (60, 175), 60, 250, 250),
    ("semispinalis_capitis", "rimabotulinumtoxinB", (750, 2500), 750, 2500, 5000),
    ("longissimus_capitis", "abobotulinumtoxinA", (60, 150), 60, 200, 200),
    ("levator_scapulae", "onabotulinumtoxinA", (20, 75), 20, 100, 100),
    ("levator_scapulae", "incobotulinumtoxinA", (20, 75), 20, 100, 100),
    ("levator_scapulae", "abobotulinumtoxinA", (50, 125), 50, 200, 200),
    ("levator_scapulae", "rimabotulinumtoxinB", (750, 2500), 750, 2500, 5000),
    ("trapezius_upper", "onabotulinumtoxinA", (25, 75), 25, 100, 100),
    ("trapezius_upper", "incobotulinumtoxinA", (25, 75), 25, 100, 100),
    ("trapezius_upper", "abobotulinumtoxinA", (50, 150), 50, 300, 300),
    ("trapezius_upper", "rimabotulinumtoxinB", (750, 2500), 750, 2500, 5000),
    ("scalenus_medius", "onabotulinumtoxinA", (15, 40), 15, 50, 75),
    ("scalenus_medius", "incobotulinumtoxinA", (15, 40), 15, 50, 50),
    ("scalenus_medius", "abobotulinumtoxinA", (50, 115), 50, 150, 300),
    ("scalenus_medius", "rimabotulinumtoxinB", (750, 2500), 750, 2500, 5000),
    ("obliquus_capitis_inferior", "onabotulinumtoxinA", (10, 20), 10, 40, 40),
    ("obliquus_capitis_inferior", "incobotulinumtoxinA", (10, 20), 10, 40, 40),
    ("longus_colli", "onabotulinumtoxinA", (15, 30), 15, 35, 35),
    ("longus_colli", "incobotulinumtoxinA", (15, 30), 15, 35, 35),
]

HIGHEST_TOTALS = {ONA: 500, ABO: 1000, INCO: 400, RIMA: 25000, DAXI: 250}
TYPING_SLIPS = {ONA: 5, ABO: 15, INCO: 5}
FIRST_ONLY = {
    "abo_eu_first_total", "abo_us_first_total", "inco_eu_first_total", "inco_us_first_total", "ona_eu_first_total",
    "ona_jp_first_total", "ona_us_first_total", "rima_jp_first_total", "rima_us_first_total", "rima_us_naive_total",
}  # fmt: skip
NOT_CHECKED = {
    "abo_us_interval", "daxi_us_interval", "inco_eu_first_total", "inco_eu_total", "inco_eu_site", "inco_eu_scm",
    "inco_eu_scm_sides", "inco_us_site", "inco_us_scm", "ona_eu_first_total", "ona_eu_cumulative", "ona_eu_site",
    "ona_eu_scm", "ona_eu_scm_sides", "ona_us_first_total", "ona_us_site", "ona_us_scm_both", "ona_us_interval",
    "rima_us_naive_total", "extensors_ona_inco", "extensors_abo", "dose_increase",
}  # fmt: skip
STEP = Decimal("0.1")


def fact_of(id: str, product: str, region: str) -> LimitFact:
    case = answered(region=region)
    return next(f for f in KNOWLEDGE.limits_for(product, case.region) if f.id == id)


def test_no_limit_is_missing_from_this_list_and_none_is_gone() -> None:
    known = {f.id for p in KNOWLEDGE.products.values() for label in p.labels.values() for f in label.limits}
    known |= {f.id for f in KNOWLEDGE.common_limits}
    assert known == {row[0] for row in GOLDEN} | {"volume_per_site"}
    assert {row[:2] for row in GOLDEN if row[0] in {f.id for f in KNOWLEDGE.common_limits}} == {
        (f.id, p) for f in KNOWLEDGE.common_limits if f.id != "volume_per_site" for p in f.products
    }


@pytest.mark.parametrize(("id", "product", "region", "rule", "level", "bound", "window"), GOLDEN)
def test_a_limit_says_what_it_said(
    id: str, product: str, region: str, rule: str, level: str, bound: str, window: int | None
) -> None:
    fact = fact_of(id, product, region)
    assert (fact.rule, fact.level.value, fact.amount) == (rule, level, Decimal(bound))
    assert (fact.when is When.FIRST) == (id in FIRST_ONLY)
    assert fact.bound.verified == (id not in NOT_CHECKED)
    assert (int(fact.window.value) if fact.window else None) == window


def caps_of(id: str, product: str, case: Case, knowledge: Knowledge = KNOWLEDGE) -> list[Limit]:
    return [x for x in limits(case, knowledge, product) if x.id == id or x.id.startswith(f"{id}.")]


CAPS = [row for row in GOLDEN if row[3] != "R25"]
INTERVALS = [row for row in GOLDEN if row[3] == "R25"]
CUMULATIVE = [row for row in GOLDEN if row[6] is not None]


@pytest.mark.parametrize(("id", "product", "region", "rule", "level", "bound", "window"), CAPS)
def test_a_plan_at_the_bound_passes_and_one_above_it_does_not(
    id: str, product: str, region: str, rule: str, level: str, bound: str, window: int | None
) -> None:
    kind = fact_of(id, product, region).kind
    case = answered(region=region)
    most = Decimal(bound)
    if kind in (LimitKind.INCREASE, LimitKind.TOTAL_MIN):
        case = treated(session(product, total=100), region=region)
    if kind is LimitKind.INCREASE:
        most = Decimal(bound) * 100
    caps = caps_of(id, product, case)
    assert caps
    for cap in caps:
        assert cap.level == (Level.WARN if id in NOT_CHECKED else level)
        if kind is LimitKind.SIDES:
            assert not cap.broken_by(plan((SCM, "left", 10), product=product))
            assert cap.broken_by(plan((SCM, "left", 10), (SCM, "right", 10), product=product))
            continue
        at, above = with_units(cap, most, product), with_units(cap, most + STEP, product)
        if kind is LimitKind.TOTAL_MIN:
            assert not cap.broken_by(at)
            assert cap.broken_by(with_units(cap, most - STEP, product))
            continue
        assert not cap.broken_by(at)
        assert cap.broken_by(above)


def with_units(cap: Limit, units: Decimal, product: str) -> Plan:
    """A plan that takes exactly `units` of a cap."""
    if cap.kind is LimitKind.SITE:
        return plan((SCM, "left", float(units), 1), product=product)
    place = cap.places[0] if cap.places else MuscleSide(Muscle.SPLENIUS_CAPITIS, Side.LEFT)
    other = cap.places[-1] if cap.places else MuscleSide(Muscle.LONGUS_COLLI, Side.RIGHT)
    if place == other:
        return plan((place.muscle.value, place.side.value, float(units)), product=product)
    return plan(
        (place.muscle.value, place.side.value, float(units / 2)),
        (other.muscle.value, other.side.value, float(units / 2)),
        product=product,
    )


@pytest.mark.parametrize(("id", "product", "region", "rule", "level", "bound", "window"), INTERVALS)
def test_an_interval_is_kept_to_the_day(
    id: str, product: str, region: str, rule: str, level: str, bound: str, window: int | None
) -> None:
    typed = plan((SCM, "left", 20), product=product)

    def spoken(days: int) -> set[str]:
        return levels(rule, typed, treated(session(product, total=100, days=days), region=region))

    asked = "warn" if id in NOT_CHECKED else level
    assert asked in spoken(int(bound) - 1)
    at_bound = says(rule, typed, treated(session(product, total=100, days=int(bound)), region=region))
    assert id not in {reason.limit for reason in at_bound}
    longest = 84 if region != "JP" else int(bound)
    assert spoken(longest - 1)
    assert not spoken(longest)


@pytest.mark.parametrize(("id", "product", "region", "rule", "level", "bound", "window"), CUMULATIVE)
def test_a_cumulative_limit_looks_back_to_the_day(
    id: str, product: str, region: str, rule: str, level: str, bound: str, window: int
) -> None:
    for days, used in ((0, 50), (window - 1, 50), (window, 0), (window + 1, 0)):
        (cap,) = caps_of(id, product, treated(session(product, total=50, days=days), region=region))
        assert [cap.used, cap.room] == [used, Decimal(bound) - used]


@pytest.mark.parametrize(("muscle", "product", "usual", "least", "soft", "highest"), MUSCLE_DOSES)
def test_the_doses_of_a_muscle(
    muscle: str, product: str, usual: tuple[int, int], least: int, soft: int, highest: int
) -> None:
    known = KNOWLEDGE.muscles[Muscle(muscle)].doses[product]
    assert known.usual is not None
    assert known.least_useful is not None
    assert (known.usual.value, known.least_useful.value) == (usual, least)
    for side in ("left", "right"):
        for name, bound in (("soft_max", soft), ("highest", highest)):
            (cap,) = [
                x
                for x in limits(answered(), KNOWLEDGE, product)
                if x.id == f"{product}.{muscle}.{side}.{name}"
            ]
            assert not cap.broken_by(plan((muscle, side, bound), product=product))
            assert cap.broken_by(plan((muscle, side, bound + 0.1), product=product))
            other = "left" if side == "right" else "right"
            assert not cap.broken_by(plan((muscle, other, 2 * bound), product=product))


def test_no_muscle_dose_is_missing_from_this_list_and_none_is_gone() -> None:
    known = {(m.value, p) for m, facts in KNOWLEDGE.muscles.items() for p in facts.doses}
    assert known == {row[:2] for row in MUSCLE_DOSES}


@pytest.mark.parametrize(("product", "highest"), HIGHEST_TOTALS.items())
def test_an_entry_above_the_largest_session_of_any_source_is_refused(product: str, highest: int) -> None:
    (cap,) = [x for x in limits(answered(), KNOWLEDGE, product) if x.id == f"{product}.highest"]
    assert (cap.rule, cap.level, cap.entry_error) == ("R53", Level.REFUSE, True)
    assert not cap.broken_by(plan((SCM, "left", highest / 2), (SCM, "right", highest / 2), product=product))
    assert cap.broken_by(plan((SCM, "left", highest / 2), (SCM, "right", highest / 2 + 0.1), product=product))


@pytest.mark.parametrize("product", sorted(KNOWLEDGE.products))
def test_a_likely_slip_is_pointed_out_below_its_figure(product: str) -> None:
    least = TYPING_SLIPS.get(product, 0)
    assert not says("R28", plan((SCM, "left", least), product=product))
    assert bool(least) == bool(says("R28", plan((SCM, "left", max(0, least - 0.1)), product=product)))


def test_a_product_without_a_label_has_no_label_limits() -> None:
    assert limits(answered(), KNOWLEDGE, "letibotulinumtoxinA") == ()
    assert {x.rule for x in limits(answered(region="JP"), KNOWLEDGE, DAXI)} == {"R53"}


def test_a_first_session_limit_holds_for_unknown_history_and_not_for_the_treated() -> None:
    def ids(case: Case) -> set[str]:
        return {x.id for x in limits(case, KNOWLEDGE, INCO)}

    assert "inco_us_first_total" in ids(answered())
    assert "inco_us_first_total" in ids(Case(region=answered().region, date=VISIT))
    assert "inco_us_first_total" not in ids(treated())


def cap(**changes: object) -> Limit:
    ground = Ground(grade=Grade.LABEL, verified=False, source="s", place="p")
    limit = Limit(
        id="x",
        rule="R13",
        kind=LimitKind.TOTAL,
        asked=Level.REFUSE,
        bound=Decimal(100),
        text="t",
        ground=ground,
    )
    return replace(limit, **changes)  # type: ignore[arg-type]


def test_an_unchecked_refusal_warns_unless_it_is_an_entry_error() -> None:
    assert cap().level is Level.WARN
    assert cap(entry_error=True).level is Level.REFUSE
    assert cap(ground=replace(cap().ground, verified=True)).level is Level.REFUSE
    assert cap(asked=Level.WARN).level is Level.WARN


def test_room_is_what_earlier_toxin_left_and_never_less_than_nothing() -> None:
    assert cap(used=Decimal(30)).room == 70
    assert cap(used=Decimal(130)).room == 0


def test_a_plan_that_adds_nothing_breaks_nothing() -> None:
    used_up = cap(used=Decimal(130))
    assert not used_up.broken_by(plan((SCM, "left", 0)))
    assert not used_up.broken_by(plan())
    assert used_up.broken_by(plan((SCM, "left", 1)))
    assert not cap(kind=LimitKind.SITE).broken_by(plan())


def test_toxin_of_the_same_day_counts_in_the_session_and_in_shared_muscles() -> None:
    left = (MuscleSide(Muscle.TRAPEZIUS_UPPER, Side.LEFT),)
    today = elsewhere(toxin(0, ONA, 60, muscles=left))
    by_id = {x.id: x for x in limits(today, KNOWLEDGE, ONA)}
    assert by_id["ona_us_total"].used == 60
    assert by_id["onabotulinumtoxinA.trapezius_upper.left.soft_max"].used == 60
    assert by_id["onabotulinumtoxinA.trapezius_upper.right.soft_max"].used == 0
    assert by_id["onabotulinumtoxinA.trapezius_upper.left.highest"].used == 0
    assert by_id["onabotulinumtoxinA.highest"].used == 0
    yesterday = {x.id: x for x in limits(elsewhere(toxin(1, ONA, 60, muscles=left)), KNOWLEDGE, ONA)}
    assert yesterday["ona_us_total"].used == 0
    assert yesterday["onabotulinumtoxinA.trapezius_upper.left.soft_max"].used == 60


def test_toxin_without_a_date_or_inside_the_interval_counts_in_shared_muscles() -> None:
    scm = (MuscleSide(Muscle.STERNOCLEIDOMASTOID, Side.LEFT),)

    def used(days: int | None, product: str = ONA) -> dict[str, Decimal]:
        case = elsewhere(toxin(days, product, 30, muscles=scm))
        return {x.id: x.used for x in limits(case, KNOWLEDGE, ONA)}

    assert used(83)["ona_us_scm_both"] == 30
    assert used(None)["ona_us_scm_both"] == 30
    assert used(84)["ona_us_scm_both"] == 0
    assert used(30, INCO)["ona_us_scm_both"] == 0
    neck = (MuscleSide(Muscle.SPLENIUS_CAPITIS, Side.LEFT),)
    group = {x.id: x.used for x in limits(elsewhere(toxin(30, ONA, 30, muscles=neck)), KNOWLEDGE, ONA)}
    assert group["extensors_ona_inco"] == 30
    assert group["ona_us_scm_both"] == 0


def test_one_side_of_a_muscle_is_counted_for_itself_alone() -> None:
    left = (MuscleSide(Muscle.STERNOCLEIDOMASTOID, Side.LEFT),)
    case = elsewhere(toxin(30, ABO, 30, muscles=left))
    by_id = {x.id: x.used for x in limits(case, KNOWLEDGE, ABO)}
    assert by_id["abo_us_scm.sternocleidomastoid.left"] == 30
    assert by_id["abo_us_scm.sternocleidomastoid.right"] == 0


def test_own_sessions_do_not_count_in_shared_muscles_because_the_interval_speaks_of_them() -> None:
    case = treated(session(ONA, (SCM, "left", 40), days=30))
    assert {x.used for x in limits(case, KNOWLEDGE, ONA) if x.kind is not LimitKind.CUMULATIVE} == {0}


def test_without_a_date_nothing_counts_as_recent() -> None:
    case = answered(on=None, safety={"other_toxin": (toxin(0),), "toxin_naive": answered().naive.NO})
    assert {x.used for x in limits(case, KNOWLEDGE, ONA)} == {0}


def test_a_cumulative_limit_without_a_window_is_refused() -> None:
    fact = replace(fact_of("ona_us_cumulative", ONA, "US"), window=None)
    with pytest.raises(ValueError, match="needs a window"):
        window_days(fact)


def test_caps_on_several_muscles_are_told_apart() -> None:
    fact = fact_of("ona_us_scm_both", ONA, "US")
    two = replace(fact, muscles=(Muscle.STERNOCLEIDOMASTOID, Muscle.LEVATOR_SCAPULAE))
    fresh = load.__wrapped__(VISIT)
    fresh.__dict__["common_limits"] = (replace(two, id="two"),)
    found = [x.id for x in limits(answered(), fresh, ONA) if x.id.startswith("two")]
    assert found == ["two.sternocleidomastoid", "two.levator_scapulae"]


def test_a_figure_no_source_gives_makes_no_cap() -> None:
    fresh = load.__wrapped__(VISIT)
    scm = fresh.muscles[Muscle.STERNOCLEIDOMASTOID]
    bare = replace(scm.doses[ONA], soft_max=None, highest_any_source=None)
    fresh.__dict__["muscles"] = {Muscle.STERNOCLEIDOMASTOID: replace(scm, doses={ONA: bare})}
    ours = [x.id for x in limits(answered(), fresh, ONA) if x.id.startswith(f"{ONA}.")]
    assert ours == [f"{ONA}.highest", f"{ONA}.highest_site"]
    assert highest_in_any_muscle(fresh, ONA) is None


def test_a_muscle_without_a_range_is_held_to_the_largest_figure_of_any_muscle() -> None:
    found = {x.id: x for x in limits(answered(), KNOWLEDGE, ONA)}
    assert found[f"{ONA}.platysma.left.highest"].bound == 150
    assert found[f"{ONA}.platysma.left.highest"].text.endswith("in any muscle is 150 Units.")


@pytest.mark.parametrize(
    ("product", "site"), [(ONA, 50), (INCO, 50), ("abobotulinumtoxinA", 450), ("rimabotulinumtoxinB", 5000)]
)
def test_one_site_is_held_to_the_largest_figure_any_source_gives(product: str, site: int) -> None:
    (found,) = [x for x in limits(answered(), KNOWLEDGE, product) if x.id == f"{product}.highest_site"]
    assert found.bound == site
    assert (found.level, found.rule) == (Level.REFUSE, "R53")


@pytest.mark.parametrize("product", ["lanbotulinumtoxinA", "neuronox"])
def test_a_product_known_by_its_trial_alone_is_held_to_the_session_of_that_trial(product: str) -> None:
    (found,) = limits(answered(), KNOWLEDGE, product)
    assert found.bound == 300
    assert found.kind.value == "total"


def test_units_are_printed_with_thousands_apart() -> None:
    assert units_text(Decimal("12500.0")) == "12,500 Units"
    assert units_text(Decimal("2.50")) == "2.5 Units"


def test_the_entry_error_of_one_site_says_whether_its_figure_is_of_a_site_or_of_a_muscle() -> None:
    said = {
        product: next(
            x.text for x in limits(answered(), KNOWLEDGE, product) if x.id.endswith(".highest_site")
        )
        for product in (ONA, ABO)
    }
    assert KNOWLEDGE.product(ONA).highest_site is not None
    assert said[ONA] == "The largest dose any source gives in one site is 50 Units."
    assert KNOWLEDGE.product(ABO).highest_site is None
    assert said[ABO] == "The largest dose any source gives in any muscle is 450 Units."
