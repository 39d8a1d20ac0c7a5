import pytest

from collis.errors import KnowledgeError
from collis.knowledge.load import load
from collis.knowledge.names import FLAG_KEYS
from collis.knowledge.redflags import Ask, RedFlag, Tier, build_redflags

FLAGS = load().red_flags
TIERS = {
    Tier.STOP: {
        "sudden_onset", "recent_trauma", "throat_infection", "fever_or_cancer", "cord_signs",
        "cerebellar_or_eye_signs", "head_drop",
    },
    Tier.HOLD: {"early_onset", "fixed_posture", "drug_exposure", "parkinsonism", "spread"},
    Tier.CAUTION: {"anticoagulant", "pregnancy", "neuromuscular_disease", "family_history"},
}  # fmt: skip


@pytest.mark.parametrize("tier", list(Tier))
def test_every_flag_stands_in_its_tier(tier):
    assert {flag.key for flag in FLAGS if flag.tier is tier} == TIERS[tier]


def test_a_case_file_can_answer_exactly_these_flags():
    assert set(FLAG_KEYS) == {flag.key for flag in FLAGS}


def test_the_worst_is_asked_first():
    order = [list(Tier).index(flag.tier) for flag in FLAGS]
    assert order == sorted(order)


@pytest.mark.parametrize("flag", FLAGS, ids=lambda f: f.key)
def test_every_question_is_a_question_and_says_what_it_points_to(flag: RedFlag):
    assert flag.question.value.endswith("?")
    assert flag.points_to.value
    assert flag.follow_up is None or flag.follow_up.value.endswith("?")


@pytest.mark.parametrize("flag", FLAGS, ids=lambda f: f.key)
def test_a_stop_or_hold_says_what_clears_it_and_a_caution_does_not(flag: RedFlag):
    assert bool(flag.clears and flag.clears.value) == (flag.tier is not Tier.CAUTION)


def test_later_visits_ask_only_for_what_is_new():
    for flag in FLAGS:
        again = flag.asked_at(first_visit=False)
        assert (again is None) == (flag.ask is Ask.FIRST_VISIT)
        assert flag.asked_at(first_visit=True) is flag.question
    assert {f.key for f in FLAGS if f.ask is Ask.FIRST_VISIT} == {"early_onset", "family_history"}


def test_no_stop_flag_is_ever_skipped_at_a_later_visit():
    assert all(flag.ask is Ask.ALWAYS for flag in FLAGS if flag.tier is Tier.STOP)


def test_every_number_of_the_first_list_is_covered():
    stems = {flag.id.rstrip("ab c") for flag in FLAGS}
    assert stems == {f"RF{n}" for n in range(1, 14)} - {"RF8"}


def row(**other: object) -> dict[str, object]:
    flag = FLAGS[0]
    base = {
        "id": "RF2", "key": "sudden_onset", "label": "Sudden", "tier": "stop", "ask": "always",
        "question": flag.question, "follow_up": flag.question, "points_to": flag.points_to,
        "clears": flag.clears,
    }  # fmt: skip
    return {key: value for key, value in {**base, **other}.items() if value is not None}


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ([row(), row()], "twice"), ([row(clears=None)], "clears"), ([row(follow_up=None)], "follow_up"),
        ([row(tier="halt")], "halt"), ([row(colour="red")], "colour"), ([row(question="?")], "question"),
    ],
)  # fmt: skip
def test_a_flag_that_breaks_the_form_is_refused_by_name(rows, word):
    with pytest.raises(KnowledgeError, match=word):
        build_redflags({"flag": rows})
