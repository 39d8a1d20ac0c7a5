"""Rules on the patient: disease, swallowing, breathing, age, pregnancy, medicines, build, consent."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from collis.case.history import Medicines
from collis.case.patient import Answer, Sex
from collis.case.plan import Plan
from collis.reasons import Ground, Kind
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
    UNKNOWN,
    USUAL,
    VISIT,
    YES,
    answered,
    levels,
    plan,
    said_yes,
    says,
    takes,
)

RIMA_PLAN = plan(("splenius_capitis", "left", 2500), product=RIMA)
LAN_PLAN = plan((SCM, "left", 20), product=LAN)
SCALENE = plan(("scalenus_medius", "left", 15, 1, "ultrasound"))


def yes(question: str, region: str = "US"):
    return answered(safety={question: said_yes("for years")}, region=region)


def unknown(question: str):
    return answered(safety={question: UNKNOWN})


def asks(rule: str, typed, case) -> list[str]:
    return [r.asks for r in says(rule, typed, case) if r.level == "cannot_judge"]


AWAY = plan(("splenius_capitis", "left", 60))


def test_R07_fires() -> None:
    assert levels("R07", USUAL, yes("infection_at_site")) == {"refuse"}
    assert levels("R07", LAN_PLAN, yes("infection_at_site")) == {"warn"}
    assert asks("R07", USUAL, unknown("infection_at_site")) == ["infection at the sites"]


def test_R07_stays_silent() -> None:
    assert not says("R07")


def test_R08_fires() -> None:
    (reason,) = says("R08", RIMA_PLAN, yes("neuromuscular_disease", "EU"))
    assert reason.level == "refuse"
    assert "(for years)" in reason.what
    assert levels("R08", plan((SCM, "left", 20), product=INCO), yes("neuromuscular_disease", "EU")) == {
        "refuse"
    }
    assert levels("R08", USUAL, yes("neuromuscular_disease")) == {"warn"}
    assert asks("R08", USUAL, unknown("neuromuscular_disease")) == ["neuromuscular disease"]


def test_R08_hears_the_caution_of_the_screen() -> None:
    for word in ("yes", "cleared"):
        case = answered(safety={"neuromuscular_disease": UNKNOWN}, flags={"neuromuscular_disease": word})
        assert levels("R08", USUAL, case) == {"warn"}
    case = answered(safety={"neuromuscular_disease": UNKNOWN}, flags={"neuromuscular_disease": "no"})
    assert not says("R08", USUAL, case)
    assert levels("R08", USUAL, answered(flags={"neuromuscular_disease": "yes"})) == {"warn"}


def test_R08_stays_silent() -> None:
    assert not says("R08")


@pytest.mark.parametrize("question", ["swallowing", "breathing"])
def test_trouble_before_treatment_refuses_where_the_label_says_so(question: str) -> None:
    assert levels("R09", RIMA_PLAN, yes(question, "EU")) == {"refuse"}
    assert levels("R09", USUAL, yes(question)) == {"warn"}
    assert asks("R09", USUAL, unknown(question)) == [question]


def test_R09_fires() -> None:
    (reason,) = says("R09", USUAL, yes("swallowing"))
    assert reason.what == "Trouble with swallowing before treatment (for years)."
    assert levels("R09", RIMA_PLAN, yes("voice", "EU")) == {"warn"}
    assert asks("R09", USUAL, unknown("voice")) == ["voice"]


def test_R09_stays_silent() -> None:
    assert not says("R09")


def test_R32_fires() -> None:
    both = plan(("scalenus_medius", "left", 15), ("scalenus_anterior", "right", 15))
    (reason,) = says("R32", both)
    assert reason.level == "warn"
    assert "both sides" in reason.what
    (reason,) = says("R32", SCALENE, yes("lung_disease"))
    assert "lung disease (for years)" in reason.what
    assert asks("R32", SCALENE, unknown("lung_disease")) == ["lung disease"]


def test_R32_stays_silent() -> None:
    assert not says("R32", SCALENE)
    assert not says("R32", AWAY, yes("lung_disease"))
    assert not says("R32", AWAY, unknown("lung_disease"))


def test_R32_warns_of_the_sternocleidomastoid_in_lung_disease() -> None:
    (reason,) = says("R32", USUAL, yes("lung_disease"))
    assert reason.what.startswith("Sternocleidomastoid is planned in a patient with lung disease")
    assert reason.action.startswith("Keep the dose low")
    assert reason.ground is not None
    assert asks("R32", USUAL, unknown("lung_disease")) == ["lung disease"]


def test_R39_fires() -> None:
    assert levels("R39", USUAL, answered(patient={"age_years": 15})) == {"warn"}
    assert levels("R39", USUAL, answered(region="EU", patient={"age_years": 17})) == {"warn"}
    assert levels("R39", LAN_PLAN, answered(patient={"age_years": 17})) == {"warn"}
    assert levels("R39", USUAL, answered(region="JP", patient={"age_years": 17})) == {"warn"}
    assert asks("R39", USUAL, answered(patient={"age_years": None})) == ["age"]


def test_R39_stays_silent() -> None:
    assert not says("R39", USUAL, answered(patient={"age_years": 16}))
    assert not says("R39", USUAL, answered(region="EU", patient={"age_years": 18}))
    assert not says("R39", LAN_PLAN, answered(patient={"age_years": 18}))


def test_R40_fires() -> None:
    (reason,) = says("R40", USUAL, answered(patient={"sex": Sex.FEMALE}, safety={"pregnancy": YES}))
    assert reason.level == "warn"
    assert reason.ground is not None
    assert levels("R40", LAN_PLAN, answered(safety={"breastfeeding": YES})) == {"warn"}
    woman = {"sex": Sex.FEMALE, "age_years": 59}
    nothing_said = {"pregnancy": UNKNOWN, "breastfeeding": UNKNOWN}
    assert asks("R40", USUAL, answered(patient=woman, safety=nothing_said)) == ["pregnancy", "breastfeeding"]
    (flagged,) = says("R40", USUAL, answered(safety=nothing_said, flags={"pregnancy": "yes"}))
    assert flagged.what.startswith("The patient is pregnant or may be")


def test_R40_asks_where_sex_or_age_is_not_known() -> None:
    nothing_said = {"pregnancy": UNKNOWN}
    assert asks("R40", USUAL, answered(patient={"sex": Sex.UNKNOWN}, safety=nothing_said)) == ["pregnancy"]
    woman = {"sex": Sex.FEMALE, "age_years": None}
    assert asks("R40", USUAL, answered(patient=woman, safety=nothing_said)) == ["pregnancy"]


def test_R40_stays_silent() -> None:
    assert not says("R40")
    nothing_said = {"pregnancy": UNKNOWN, "breastfeeding": UNKNOWN}
    assert not says("R40", USUAL, answered(safety=nothing_said))
    assert not says("R40", USUAL, answered(patient={"sex": Sex.FEMALE, "age_years": 60}, safety=nothing_said))


def warfarin(inr: str | None = "2.5", days: int | None = 3, **more):
    dated = None if days is None else VISIT - timedelta(days=days)
    return answered(safety=takes("warfarin", inr=None if inr is None else Decimal(inr), inr_on=dated), **more)


def test_R41_fires() -> None:
    (reason,) = says("R41", USUAL, answered(safety=takes("Apixaban 5 mg")))
    assert reason.level == "warn"
    assert reason.action.startswith("Do not stop it; no INR is wanted.")
    assert reason.what.startswith("Apixaban 5 mg (direct oral anticoagulant): bruise")
    assert levels("R41", USUAL, answered(safety=takes("aspirin"))) == {"warn"}
    (reason,) = says("R41", USUAL, answered(safety=takes(platelets_low=Answer.YES)))
    assert reason.what.startswith("Platelets are low")


def test_R41_wants_a_recent_inr_of_the_warfarin_type_alone() -> None:
    assert levels("R41", USUAL, warfarin(None, 3)) == {"cannot_judge", "warn"}
    assert levels("R41", USUAL, warfarin("2.5", None)) == {"cannot_judge", "warn"}
    assert len(says("R41", USUAL, warfarin("3.0", 7))) == 1
    assert "8 days old" in says("R41", USUAL, warfarin("3.0", 8))[0].what
    assert says("R41", USUAL, warfarin("3.1", 7))[0].what == "INR 3.1; injections were studied up to 3.0."
    assert len(says("R41", USUAL, warfarin("2.5", 30, on=None))) == 1


def test_R41_names_muscles_where_a_bleed_cannot_be_pressed_upon() -> None:
    thinned = answered(safety=takes("apixaban"))
    (blind,) = says("R41", plan(("scalenus_medius", "left", 15), (SCM, "left", 20)), thinned)
    assert "Use ultrasound for scalenus medius LEFT:" in blind.action
    (seen,) = says("R41", SCALENE, thinned)
    assert "Use ultrasound" not in seen.action


def test_R41_cannot_judge_a_blood_thinner_without_a_name() -> None:
    for word in ("yes", "cleared"):
        assert levels("R41", USUAL, answered(flags={"anticoagulant": word})) == {"cannot_judge"}
    named = answered(safety=takes("apixaban"), flags={"anticoagulant": "yes"})
    assert levels("R41", USUAL, named) == {"warn"}
    case = answered(safety=takes("apixaban", platelets_low=Answer.UNKNOWN))
    assert asks("R41", USUAL, case) == ["low platelets"]


def test_R41_stays_silent() -> None:
    assert not says("R41")
    assert not says("R41", USUAL, answered(safety=takes("levothyroxine", platelets_low=Answer.UNKNOWN)))
    assert not says("R41", USUAL, answered(flags={"anticoagulant": "no"}))


def test_R42_fires() -> None:
    (reason,) = says("R42", USUAL, answered(safety=takes("gentamicin")))
    assert reason.level == "warn"
    assert reason.what.startswith("Gentamicin (aminoglycoside antibiotic): stronger block")
    (remark,) = says("R42", USUAL, answered(safety=takes("chloroquine")))
    assert (remark.level, remark.kind) == ("allow", Kind.NOTE)
    assert asks("R42", USUAL, answered(safety={"medicines": Medicines()})) == ["medicines"]
    assert asks("R42", USUAL, answered(safety=takes())) == [""]


def test_R42_stays_silent() -> None:
    assert not says("R42")
    assert not says("R42", USUAL, answered(safety=takes("levothyroxine", "Paracetamol 500 mg as needed")))
    assert not says("R42", USUAL, answered(safety=takes("apixaban")))
    assert not says("R42", RIMA_PLAN, answered(safety=takes("trihexyphenidyl")))  # R43 speaks


def test_R42_asks_for_the_rest_where_only_some_names_are_known() -> None:
    named = Medicines(answer=Answer.UNKNOWN, names=("apixaban",))
    assert asks("R42", USUAL, answered(safety={"medicines": named})) == ["medicines"]


def test_R42_names_what_it_does_not_recognise_and_the_nearest_name() -> None:
    (slip,) = says("R42", USUAL, answered(safety=takes("apixabn")))
    assert (slip.level, slip.what) == ("warn", "Apixabn is not recognised, check it.")
    assert slip.action == "The nearest known name is apixaban."
    (strange,) = says("R42", USUAL, answered(safety=takes("zzqx")))
    assert "thins blood" in strange.action
    (both,) = says("R42", USUAL, answered(safety=takes("zzqx", "qqyy")))
    assert both.what == "Zzqx and qqyy are not recognised, check them."


def test_R42_does_not_take_the_unknown_half_of_a_combination_for_harmless() -> None:
    (strange,) = says("R42", USUAL, answered(safety=takes("metformin/zzqx")))
    assert strange.what == "Metformin/zzqx is not recognised, check it."


def test_R42_remarks_on_a_painkiller_that_thins_blood_a_little() -> None:
    (remark,) = says("R42", USUAL, answered(safety=takes("ibuprofen")))
    assert (remark.level, remark.kind) == ("allow", Kind.NOTE)
    assert "bruise" in remark.what
    assert not says("R41", USUAL, answered(safety=takes("ibuprofen", platelets_low=Answer.UNKNOWN)))


def test_R42_speaks_of_anticholinergics_beside_type_a() -> None:
    (reason,) = says("R42", USUAL, answered(safety=takes("trihexyphenidyl")))
    assert reason.level == "warn"
    assert "dry mouth" in reason.action
    assert "type A" not in reason.action


def test_R43_fires() -> None:
    (reason,) = says("R43", RIMA_PLAN, answered(safety=takes("trihexyphenidyl")))
    assert reason.level == "warn"
    assert "type B" in reason.what


def test_R43_stays_silent() -> None:
    assert not says("R43", USUAL, answered(safety=takes("trihexyphenidyl")))
    assert not says("R43", RIMA_PLAN, answered(safety=takes("gentamicin")))


def test_R45_fires() -> None:
    (reason,) = says("R45", USUAL, answered(patient={"weight_kg": Decimal("49.9")}))
    assert reason.what == "Weight 49.9 kg: trouble swallowing is more likely after sternocleidomastoid."
    assert levels("R45", USUAL, answered(patient={"thin_neck": Answer.YES})) == {"warn"}
    both = plan((SCM, "left", 20), (SCM, "right", 20))
    assert levels("R45", both, answered(patient={"sex": Sex.FEMALE})) == {"warn"}
    assert asks("R45", USUAL, answered(patient={"thin_neck": Answer.UNKNOWN})) == ["thin neck"]


def test_R45_asks_for_weight_and_for_sex_where_both_sides_are_planned() -> None:
    assert asks("R45", USUAL, answered(patient={"weight_kg": None})) == ["weight"]
    both = plan((SCM, "left", 20), (SCM, "right", 20))
    assert asks("R45", both, answered(patient={"sex": Sex.UNKNOWN})) == ["sex"]
    assert not says("R45", USUAL, answered(patient={"sex": Sex.UNKNOWN}))
    assert not says("R45", AWAY, answered(patient={"weight_kg": None}))


def test_R45_stays_silent() -> None:
    assert not says("R45", USUAL, answered(patient={"weight_kg": Decimal(50)}))
    assert not says("R45", plan((SCM, "left", 20), (SCM, "right", 20)))
    assert not says("R45", plan((SCM, "left", 20)), answered(patient={"sex": Sex.FEMALE}))
    away = plan(("splenius_capitis", "left", 60), (SCM, "left", 0))
    assert not says("R45", away, answered(patient={"thin_neck": Answer.YES, "weight_kg": Decimal(45)}))
    assert not says("R45", away, answered(patient={"thin_neck": Answer.UNKNOWN}))


def test_R51_fires() -> None:
    for answer in (Answer.NO, Answer.UNKNOWN):
        assert levels("R51", USUAL, answered(request={"consent_warnings": answer})) == {"warn"}


def test_R51_stands_on_the_label_of_the_planned_product_alone() -> None:
    untold = answered(request={"consent_warnings": Answer.NO})
    for product in (ONA, ABO, INCO, RIMA, DAXI):
        (reason,) = says("R51", plan((SCM, "left", 20), product=product), untold)
        label = KNOWLEDGE.label(product, untold.region)
        assert label is not None
        assert reason.ground == Ground.of(next(w.fact for w in label.warnings if w.key == "boxed_spread"))
    (reason,) = says("R51", plan((SCM, "left", 20), product=LAN), untold)
    assert reason.ground is not None
    assert (reason.ground.grade, reason.ground.verified) == (Grade.ASSUMED, False)


def test_R45_stands_on_the_label_where_it_speaks_of_a_small_neck() -> None:
    def ground(typed: Plan, **patient: object) -> Ground | None:
        (reason,) = says("R45", typed, answered(patient=patient))
        return reason.ground

    inco = plan((SCM, "left", 20), product=INCO)
    label = KNOWLEDGE.label(INCO, answered().region)
    assert label is not None
    small_neck = Ground.of(next(w.fact for w in label.warnings if w.key == "small_neck"))
    weight = Ground.of(KNOWLEDGE.fact("screening", "build", "light_weight"))
    assert ground(inco, thin_neck=Answer.YES) == small_neck
    assert ground(inco, weight_kg=Decimal(45)) == weight
    assert ground(plan((SCM, "left", 20), product=LAN), thin_neck=Answer.YES) == weight


def test_R51_stays_silent() -> None:
    assert not says("R51")
    assert not says("R51", USUAL, answered(region="EU", request={"consent_warnings": Answer.NO}))
    assert not says("R51", plan((SCM, "left", 20), product=ABO), answered())
    assert not says("R51", plan((SCM, "left", 20), product=DAXI), answered())
