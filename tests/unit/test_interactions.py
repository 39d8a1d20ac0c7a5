import pytest
from hypothesis import given
from hypothesis import strategies as st

from collis.errors import KnowledgeError
from collis.knowledge.interactions import NONE_LISTED, build_interactions, classify, plain_name
from collis.knowledge.load import load
from collis.reasons import Level

CLASSES = load().drug_classes
BY_KEY = {drug_class.key: drug_class for drug_class in CLASSES}


def keys_of(medicine: str) -> set[str]:
    return {drug_class.key for drug_class in classify(medicine, CLASSES)}


@pytest.mark.parametrize(
    ("medicine", "key"),
    [
        ("gentamicin", "aminoglycoside"), ("GENTAMICIN 80 mg i.v.", "aminoglycoside"),
        ("rocuronium", "neuromuscular_blocker"), ("Magnesium sulfate infusion", "magnesium"),
        ("magnesium-sulphate", "magnesium"), ("spectinomycin", "spectinomycin"), ("Colistin", "polymyxin"),
        ("clindamycin 300 mg", "lincosamide"), ("quinidine", "quinidine"),
        ("Trihexyphenidyl 2 mg", "anticholinergic"), ("amitriptyline", "anticholinergic"),
        ("baclofen", "muscle_relaxant"), ("hydroxychloroquine", "aminoquinoline"),
        ("Warfarin", "vitamin_k_antagonist"), ("Sintrom", "vitamin_k_antagonist"), ("apixaban 5 mg", "doac"),
        ("Xarelto", "doac"), ("DOAC", "doac"), ("clopidogrel", "antiplatelet"), ("Aspirin", "antiplatelet"),
        ("enoxaparin", "heparin"), ("Botox (migraine)", "botulinum_toxin"),
    ],
)  # fmt: skip
def test_a_medicine_is_found_in_its_class(medicine, key):
    assert keys_of(medicine) == {key}


@pytest.mark.parametrize(
    "medicine", ["zonisamide", "", "magnesium citrate", "quin", "heparinoid cream", "---"]
)
def test_a_medicine_of_no_class_has_none(medicine):
    assert keys_of(medicine) == set()


@given(st.sampled_from(CLASSES), st.data(), st.sampled_from([str.upper, str.title, str.lower]))
def test_case_and_strength_do_not_matter(drug_class, data, written):
    name = data.draw(st.sampled_from(drug_class.names))
    assert drug_class in classify(f" {written(name)}, 5 mg", CLASSES)


@given(st.text())
def test_any_text_can_be_classified(text):
    assert plain_name(plain_name(text)) == plain_name(text)
    classify(text, CLASSES)


def test_accents_do_not_hide_a_medicine():
    assert keys_of("Clopidogrél") == {"antiplatelet"}


def test_only_the_warfarin_type_wants_an_inr():
    with_inr = {key for key, c in BY_KEY.items() if c.fact("inr_highest")}
    assert with_inr == {"vitamin_k_antagonist"}
    highest = BY_KEY["vitamin_k_antagonist"].fact("inr_highest")
    assert highest is not None
    assert highest.value == 3.0


def test_no_blood_thinner_stops_treatment():
    thinners = [c for c in CLASSES if c.group == "anticoagulant"]
    assert {c.key for c in thinners} == {"vitamin_k_antagonist", "doac", "antiplatelet", "heparin"}
    assert all(c.stops_treatment is not None and c.stops_treatment.value is False for c in thinners)


def test_everything_that_strengthens_the_block_is_one_group():
    assert {c.key for c in CLASSES if c.group == "neuromuscular"} == {
        "aminoglycoside", "aminoglycoside_other", "neuromuscular_blocker", "magnesium", "spectinomycin",
        "polymyxin", "lincosamide", "quinidine",
    }  # fmt: skip


def test_chloroquine_is_told_and_never_warned_of():
    assert {c.key for c in CLASSES if c.level is Level.ALLOW} == {"aminoquinoline", "nsaid", NONE_LISTED}
    assert all(c.level is Level.WARN for c in CLASSES if c.level is not Level.ALLOW)


@pytest.mark.parametrize(
    "medicine",
    [
        "levothyroxine", "L-Thyroxine 100 µg", "Paracetamol 500 mg tablets, 1-2 as needed", "metformin",
        "atorvastatin calcium 20mg", "Losartan potassium/hydrochlorothiazide 50/12.5 mg", "omeprazole", "sertraline 50",
        "vitamin D3 1000 IU daily", "oral contraceptive", "bisoprolol 2,5 mg once a day", "levodopa/carbidopa",
    ],
)  # fmt: skip
def test_a_common_medicine_without_a_listed_interaction_is_known_as_such(medicine):
    assert keys_of(medicine) == {NONE_LISTED}


@pytest.mark.parametrize(
    "medicine",
    ["paracetamol and something else", "metformin with zzqx", "metformina", "omeprazole 20 zz", "20 mg"],
)
def test_a_name_that_is_only_partly_known_is_not_taken_for_harmless(medicine):
    assert keys_of(medicine) == set()


def test_a_harmless_half_does_not_hide_the_other():
    assert keys_of("omeprazole and warfarin") == {"vitamin_k_antagonist"}
    assert keys_of("ibuprofen 400 mg") == {"nsaid"}


def test_what_is_listed_as_without_interaction_stands_in_no_other_class():
    harmless = set(BY_KEY[NONE_LISTED].names)
    others = [c for c in CLASSES if c.key != NONE_LISTED]
    assert not {name for name in harmless if classify(name, others)}
    left_out = {
        "paroxetine",
        "verapamil",
        "diltiazem",
        "prednisolone",
        "lithium",
        "phenytoin",
        "penicillamine",
    }
    assert not harmless & left_out
    assert not BY_KEY[NONE_LISTED].members.verified


def test_no_name_stands_in_two_classes_that_one_rule_reads():
    for group in {c.group for c in CLASSES}:
        names = [name for c in CLASSES if c.group == group for name in c.names]
        assert len(names) == len(set(names))


def test_what_no_label_page_showed_is_not_marked_as_checked():
    assert BY_KEY["aminoglycoside"].members.verified
    for key in ("spectinomycin", "polymyxin", "lincosamide", "quinidine", "aminoquinoline"):
        assert not BY_KEY[key].effect.verified


def test_a_name_in_capitals_or_a_class_twice_is_refused():
    known = BY_KEY["doac"]
    row = {
        "key": "doac", "label": "x", "group": "anticoagulant", "level": "warn", "names": known.members,
        "effect": known.effect, "action": known.action,
    }  # fmt: skip
    with pytest.raises(KnowledgeError, match="twice"):
        build_interactions({"drug_class": [row, dict(row)]})
    loud = known.members.carrying(("Apixaban",))
    with pytest.raises(KnowledgeError, match="Apixaban"):
        build_interactions({"drug_class": [{**row, "names": loud}]})
