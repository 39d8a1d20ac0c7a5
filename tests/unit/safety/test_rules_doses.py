"""Rules on Units: each fires where it must and stays silent where it must. Exact bounds are in test_limits."""

from __future__ import annotations

from dataclasses import replace

from collis.knowledge.load import load
from collis.knowledge.names import Muscle, MuscleSide
from collis.reasons import Ground, Kind
from collis.side import Side
from collis.sources import Grade
from tests.unit.safety.bedside import (
    ABO,
    DAXI,
    INCO,
    KNOWLEDGE,
    LAN,
    ONA,
    RIMA,
    SCM,
    USUAL,
    VISIT,
    angle,
    answered,
    elsewhere,
    levels,
    plan,
    says,
    session,
    spread,
    toxin,
    treated,
)

EU = answered(region="EU")
EU_TREATED = treated(region="EU")
JP_TREATED = treated(region="JP")


def test_R10_fires() -> None:
    (reason,) = says("R10", spread(1010, ABO), treated(region="EU"))
    assert reason.level == "refuse"
    assert reason.what == "Total 1,010 Units; at most 1,000 Units in the neck in a session."
    assert reason.action == "Lower the total to 1,000 Units or less."
    assert reason.limit == "abo_eu_total"


def test_R10_stays_silent() -> None:
    assert not says("R10", spread(1000, ABO), treated(region="EU"))
    assert not says("R10", spread(1010, RIMA))


def test_R10_counts_toxin_of_the_same_day_into_the_session() -> None:
    case = elsewhere(toxin(0, ABO, 500, indication="spasticity"))
    assert levels("R10", spread(510, ABO), case) == {"refuse"}
    assert "after 500 Units given before" in says("R10", spread(510, ABO), case)[0].what
    assert not says("R10", spread(500, ABO), case)
    assert not says("R10", spread(510, ABO), elsewhere(toxin(1, ABO, 500)))


def test_R11_fires() -> None:
    (reason,) = says("R11", spread(240, ABO), EU_TREATED)
    assert reason.level == "warn"
    assert reason.action == "Raise the total, or say why so little."


def test_R11_stays_silent() -> None:
    assert not says("R11", spread(250, ABO), EU_TREATED)
    assert not says("R11", spread(240, ABO), EU)  # first titration


def test_R12_fires() -> None:
    assert levels("R12", spread(510, ABO)) == {"warn"}


def test_R12_stays_silent() -> None:
    assert not says("R12", spread(500, ABO))
    assert not says("R12", spread(510, ABO), treated())


def test_R13_fires() -> None:
    assert levels("R13", spread(305), EU_TREATED) == {"refuse"}
    assert levels("R13", spread(305), treated()) == {"warn"}
    assert levels("R13", spread(245), JP_TREATED) == {"refuse"}


def test_R13_stays_silent() -> None:
    assert not says("R13", spread(300), EU_TREATED)
    assert not says("R13", spread(240), JP_TREATED)


def test_R14_fires() -> None:
    assert levels("R14", spread(205), EU) == {"warn"}  # the figure is not checked yet
    assert levels("R14", spread(65), answered(region="JP")) == {"refuse"}


def test_R14_stays_silent() -> None:
    assert not says("R14", spread(200), EU)
    assert not says("R14", spread(205), EU_TREATED)


def test_R16_fires() -> None:
    assert levels("R16", spread(125, INCO)) == {"warn"}


def test_R16_stays_silent() -> None:
    assert not says("R16", spread(120, INCO))
    assert not says("R16", spread(125, INCO), treated())
    assert not says("R16", spread(200, INCO), EU)


def test_R17_fires() -> None:
    assert levels("R17", spread(405, INCO), treated()) == {"refuse"}
    assert levels("R17", spread(305, INCO), EU_TREATED) == {"warn"}


def test_R17_stays_silent() -> None:
    assert not says("R17", spread(400, INCO), treated())


def test_R18_fires() -> None:
    assert levels("R18", spread(5250, RIMA)) == {"warn"}
    assert levels("R18", spread(10250, RIMA), treated()) == {"warn"}  # no maximum in that label
    assert levels("R18", spread(10250, RIMA), EU_TREATED) == {"refuse"}


def test_R18_stays_silent() -> None:
    assert not says("R18", spread(2250, RIMA))
    assert not says("R18", spread(10000, RIMA), treated())
    assert not says("R18", spread(10000, RIMA), EU)


def test_R19_fires() -> None:
    assert levels("R19", spread(255, DAXI)) == {"refuse"}


def test_R19_stays_silent() -> None:
    assert not says("R19", spread(250, DAXI))


def test_R20_fires() -> None:
    typed = plan(
        ("splenius_capitis", "left", 60, 1),
        ("trapezius_upper", "right", 60, 2),
        ("levator_scapulae", "left", 51, 1),
        ("semispinalis_capitis", "left", 50, 1),
    )
    left, levator = says("R20", typed)
    assert left.level == "warn"
    assert left.what == "Splenius capitis LEFT 60 Units in one site; at most 50 Units at one site."
    assert levator.what.startswith("Levator scapulae LEFT 51 Units")
    assert levels("R20", plan((SCM, "left", 31, 1)), JP_TREATED) == {"refuse"}


def test_R20_stays_silent() -> None:
    assert not says("R20", plan(("splenius_capitis", "left", 100, 2)))
    assert not says("R20", plan(("splenius_capitis", "left", 250, 1), product=ABO))


def test_R21_fires() -> None:
    (reason,) = says("R21", plan((SCM, "left", 60), (SCM, "right", 45)))
    assert reason.level == "warn"
    assert reason.what.startswith("Sternocleidomastoid 105 Units together")
    assert levels("R21", plan((SCM, "left", 105)), EU) == {"warn"}


def test_R21_stays_silent() -> None:
    assert not says("R21", plan((SCM, "left", 60), (SCM, "right", 40)))
    assert not says("R21", plan((SCM, "left", 60), (SCM, "right", 45)), EU)


def test_R21_counts_earlier_toxin_in_the_same_muscle() -> None:
    left = (MuscleSide(USUAL.injections[1].muscle, Side.LEFT),)
    shared = elsewhere(toxin(30, ONA, 70, muscles=left))
    assert levels("R21", plan((SCM, "left", 40)), shared) == {"warn"}
    assert not says("R21", plan((SCM, "left", 40)), elsewhere(toxin(84, ONA, 70, muscles=left)))
    assert not says(
        "R21", plan(("splenius_capitis", "left", 40)), elsewhere(toxin(30, ONA, 120, muscles=left))
    )


def test_R22_fires() -> None:
    both = plan((SCM, "left", 20), (SCM, "right", 20))
    (reason,) = says("R22", both)
    assert reason.level == "warn"
    label = KNOWLEDGE.label(ONA, answered().region)
    assert label is not None
    assert reason.ground == Ground.of(next(w.fact for w in label.warnings if w.key == "both_scm"))
    (reason,) = says("R22", both, EU)
    assert reason.what.startswith("Sternocleidomastoid RIGHT and LEFT; ")
    assert reason.action == "Treat one side, the more active one."
    (reason,) = says("R22", plan((SCM, "left", 20), (SCM, "right", 20), product=LAN))
    assert reason.level == "warn"
    assert reason.ground is not None  # not the label of another product
    assert (reason.ground.grade, reason.ground.source) == (Grade.ASSUMED, "collis_editorial")


def test_R22_counts_the_side_treated_elsewhere_today() -> None:
    right = (MuscleSide(USUAL.injections[1].muscle, Side.RIGHT),)
    today = elsewhere(toxin(0, ONA, 20, muscles=right), region="EU")
    (reason,) = says("R22", plan((SCM, "left", 20)), today)
    assert reason.what.startswith("Sternocleidomastoid LEFT, the other side treated today; ")
    assert not says("R22", plan((SCM, "right", 20)), today)
    both_done = elsewhere(toxin(0, ONA, 20, muscles=(right[0], right[0].mirrored)), region="EU")
    assert not says("R22", plan((SCM, "right", 20)), both_done)


def test_R22_stays_silent() -> None:
    assert not says("R22", plan((SCM, "left", 20)))
    assert not says("R22", plan((SCM, "left", 20), (SCM, "right", 0)), EU)


def test_R23_fires() -> None:
    assert levels("R23", plan((SCM, "left", 160), product=ABO)) == {"warn"}


def test_R23_stays_silent() -> None:
    assert not says("R23", plan((SCM, "left", 150), (SCM, "right", 150), product=ABO))


FORWARD = answered(posture={"flexion": angle(30, "front", "collis")})


def test_R24_fires() -> None:
    (reason,) = says("R24", plan((SCM, "left", 25), (SCM, "right", 26)), FORWARD)
    assert reason.level == "warn"
    assert "51 Units" in reason.what


def test_R24_stays_silent() -> None:
    assert not says("R24", plan((SCM, "left", 25), (SCM, "right", 25)), FORWARD)
    assert not says("R24", plan((SCM, "left", 60)), FORWARD)
    assert not says("R24", plan((SCM, "left", 40), (SCM, "right", 40)))
    assert not says("R24", plan((SCM, "left", 40), (SCM, "right", 40), product=DAXI), FORWARD)


def test_R27_fires() -> None:
    (reason,) = says("R27", plan(("levator_scapulae", "left", 80), (SCM, "right", 80)))
    assert reason.what == "Sternocleidomastoid RIGHT 80 Units; at most 75 Units are usual there."
    assert reason.action == "Plan 75 Units or less there."
    (reason,) = says("R27", plan(("platysma", "left", 10)))
    assert reason.what == "No dose range of onabotulinumtoxinA is known for platysma LEFT."
    assert len(says("R27", plan(("platysma", "left", 10), ("platysma", "right", 10)))) == 1


def test_R27_stays_silent() -> None:
    assert not says("R27", plan((SCM, "right", 75)))
    assert not says("R27", plan((SCM, "right", 300)))  # R53 speaks
    assert not says("R27", plan(("platysma", "left", 0)))


def test_R28_fires() -> None:
    (reason,) = says("R28", plan((SCM, "right", 4)))
    assert (reason.level, reason.kind) == ("allow", Kind.NOTE)


def test_R28_stays_silent() -> None:
    assert not says("R28", plan((SCM, "right", 5)))
    assert not says("R28", plan((SCM, "right", 4), product=RIMA))


BOTH_LONGUS = plan(("longus_colli", "left", 35), ("longus_colli", "right", 35))


def test_R30_fires() -> None:
    assert levels("R30", plan(("longus_colli", "left", 36, 2, "ultrasound"))) == {"warn"}


def test_R30_stays_silent() -> None:
    assert not says("R30", BOTH_LONGUS, treated())
    assert not says("R30", plan(("longus_colli", "left", 35)))


def test_R30_warns_of_both_sides_in_a_first_session() -> None:
    (reason,) = says("R30", BOTH_LONGUS)
    assert (reason.level, reason.ground is not None) == ("warn", True)
    assert "first session" in reason.what


def test_R31_fires() -> None:
    strong = plan(
        *((m, s, 51) for m in ("splenius_capitis", "semispinalis_capitis") for s in ("left", "right"))
    )
    nothing = plan(("splenius_cervicis", "left", 0)).injections
    (reason,) = says("R31", replace(strong, injections=(*nothing, *strong.injections)))
    assert reason.level == "warn"
    assert reason.what.startswith("Splenius capitis and semispinalis capitis 204 Units together")


def test_R31_stays_silent() -> None:
    strong = plan(
        *((m, s, 50) for m in ("splenius_capitis", "semispinalis_capitis") for s in ("left", "right"))
    )
    assert not says("R31", strong)


def test_R46_fires() -> None:
    (reason,) = says("R46", spread(155), treated(session(total=100)))
    assert reason.level == "warn"
    assert reason.action == "Lower the total to 150 Units or less."


def test_R46_stays_silent() -> None:
    assert not says("R46", spread(150), treated(session(total=100)))
    assert not says("R46", spread(155), answered())
    assert not says("R46", spread(155, INCO), treated(session(total=100)))
    assert not says("R46", spread(155), treated(session(total=0)))


def test_R53_fires() -> None:
    for reason in says("R53", plan(("splenius_capitis", "left", 1000))):
        assert (reason.level, reason.overridable) == ("refuse", False)
        assert "no label limit" in reason.action
    assert {r.limit for r in says("R53", plan(("splenius_capitis", "left", 1000)))} == {
        "onabotulinumtoxinA.highest",
        "onabotulinumtoxinA.highest_site",
        "onabotulinumtoxinA.splenius_capitis.left.highest",
    }


def test_R53_fires_for_small_numbers_of_another_product() -> None:
    as_ona = plan(("splenius_capitis", "left", 60), (SCM, "right", 40), product=ABO)
    (reason,) = says("R53", as_ona)
    assert reason.level == "refuse"
    assert f"look like the Units of {INCO} or {ONA}" in reason.what
    assert reason.ground is not None
    as_ona = plan(("splenius_capitis", "left", 60), (SCM, "right", 40), product=RIMA)
    assert levels("R53", as_ona) == {"refuse"}


def test_R53_stays_silent() -> None:
    assert not says("R53", USUAL)
    assert not says("R53", plan(("splenius_capitis", "left", 200), (SCM, "right", 60), product=ABO))
    # less than usual, but not what any smaller-scaled product would take
    assert not says("R53", plan(("splenius_capitis", "left", 120), (SCM, "right", 40), product=ABO))
    # one muscle as usual lifts the whole over the least useful sum
    assert not says("R53", plan(("splenius_capitis", "left", 60), (SCM, "right", 150), product=ABO))
    # no range of the plan's own product, so nothing to compare with
    assert not says("R53", plan(("platysma", "left", 20), product=ABO))
    assert not says("R53", plan((SCM, "left", 10)))
    assert not says("R53", plan())


def test_R53_refuses_a_line_of_no_units() -> None:
    (reason,) = says("R53", plan((SCM, "left", 0), ("splenius_capitis", "left", 60)))
    assert (reason.level, reason.overridable) == ("refuse", False)
    assert reason.what == "Sternocleidomastoid LEFT planned with 0 Units."
    assert reason.ground is not None
    assert reason.ground.grade is Grade.ASSUMED


def test_R53_refuses_one_site_above_any_source() -> None:
    assert not says("R53", plan(("splenius_capitis", "left", 50, 1)))
    (reason,) = says("R53", plan(("splenius_capitis", "left", 51, 1)))
    assert reason.limit == "onabotulinumtoxinA.highest_site"


def test_R53_is_not_misled_by_a_line_without_units() -> None:
    look_alike, empty = (
        any("look like the Units of" in r.what for r in said) for said in (
            says("R53", plan(("splenius_capitis", "left", 60), ("platysma", "left", 0), product=ABO)),
            says("R53", plan(("platysma", "left", 0), product=ABO)),
        )
    )  # fmt: skip
    assert (look_alike, empty) == (True, False)


def test_R53_stays_silent_at_the_least_useful_doses_and_at_the_usual_total() -> None:
    assert not says("R53", plan((SCM, "left", 50), product=ABO))
    assert levels("R53", plan((SCM, "left", 49), product=ABO)) == {"refuse"}
    sides = ("left", "right")
    full = [*(("splenius_capitis", s, 65) for s in sides), *(("levator_scapulae", s, 60) for s in sides)]
    assert not says("R53", plan(*full, product=ABO))
    less = [*full[:3], ("levator_scapulae", "right", 59)]
    assert levels("R53", plan(*less, product=ABO)) == {"refuse"}


def test_R53_looks_only_for_products_whose_range_ends_below() -> None:
    fresh = load.__wrapped__(VISIT)
    scm = fresh.muscles[Muscle.STERNOCLEIDOMASTOID]
    inco = scm.doses[INCO].usual
    assert inco is not None
    doses = {**scm.doses, INCO: replace(scm.doses[INCO], usual=inco.carrying((5, 50)))}
    fresh.__dict__["muscles"] = {**fresh.muscles, Muscle.STERNOCLEIDOMASTOID: replace(scm, doses=doses)}
    assert not says("R53", plan((SCM, "left", 10)), knowledge=fresh)
    doses = {**scm.doses, INCO: replace(scm.doses[INCO], usual=inco.carrying((5, 49)))}
    fresh.__dict__["muscles"] = {**fresh.muscles, Muscle.STERNOCLEIDOMASTOID: replace(scm, doses=doses)}
    assert says("R53", plan((SCM, "left", 10)), knowledge=fresh)


def test_R53_takes_doses_at_the_ends_of_the_other_range_for_it() -> None:
    assert levels("R53", plan(("splenius_capitis", "left", 40), product=ABO)) == {"refuse"}
    assert levels("R53", plan(("splenius_capitis", "left", 100), product=ABO)) == {"refuse"}
    assert not says("R53", plan(("splenius_capitis", "left", 39), product=ABO))
    assert not says("R53", plan(("splenius_capitis", "left", 101), product=ABO))


def test_R53_lets_a_plan_pass_that_reaches_the_usual_total_of_its_label() -> None:
    many = plan(
        *((m, s, 60) for m in ("splenius_capitis",) for s in ("left", "right")),
        ("levator_scapulae", "left", 49), ("levator_scapulae", "right", 49), (SCM, "left", 40),
        product=ABO,
    )  # fmt: skip
    assert many.total.units == 258
    assert not says("R53", many)
    assert levels("R53", many, answered(region="JP")) == {"refuse"}
