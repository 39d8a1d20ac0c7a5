from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from collis.errors import BadInput, KnowledgeError
from collis.knowledge.instruments import Direction, Instrument, Licence, build_instrument
from collis.knowledge.load import load
from collis.knowledge.reading import read_file
from collis.scales import gad7, global_change, pain, phq9, tsui, twstrs
from collis.scales.items import Partial, Scored, entered, score_at

KNOWLEDGE = load()
SCALES = KNOWLEDGE.instruments
TWSTRS = SCALES["twstrs"]
TSUI = SCALES["tsui"]
METADATA = {"source", "place", "note", "corrects"}

WORST_SEVERITY = twstrs.SeverityItems(
    rotation=4, laterocollis=3, anterocollis=3, retrocollis=0, lateral_shift=1, sagittal_shift=1, duration=5,
    sensory_trick=2, shoulder=3, range_of_motion=4, time_midline=4,
)  # fmt: skip
WORST_DISABILITY = twstrs.DisabilityItems(
    work=5, self_care=5, driving=5, reading=5, television=5, outside_home=5
)
WORST_PAIN = twstrs.PainItems(worst=10, best=10, usual=10, duration=5, disability=5)


def texts_in(node: object, key: str = "") -> Iterator[str]:
    if isinstance(node, str) and key not in METADATA:
        yield node
    elif isinstance(node, dict):
        for name, child in node.items():
            yield from texts_in(child, name)
    elif isinstance(node, list):
        for child in node:
            yield from texts_in(child, key)


# what ships


@pytest.mark.parametrize("path", sorted((KNOWLEDGE.root / "scales").glob("*.toml")), ids=lambda p: p.stem)
def test_a_form_that_is_not_free_carries_no_long_text(path):
    table = read_file(path)
    if table["licence_status"] != Licence.FREE:
        assert [text for text in texts_in(table) if len(text) > 60] == []


@pytest.mark.parametrize("scale", SCALES.values(), ids=lambda s: s.id)
def test_labels_and_anchors_are_at_most_six_words(scale: Instrument):
    labels = [row.label for row in scale.items] + [row.label for row in scale.parts]
    labels += [row.label for row in scale.bands] + [row.label for row in scale.changes]
    anchors = [word for item in scale.items if item.anchors for word in item.anchors.value]
    assert [text for text in labels + anchors if len(text.split()) > 6] == []


def test_every_instrument_of_the_list_ships_under_its_own_file_name():
    files = {path.stem for path in (KNOWLEDGE.root / "scales").glob("*.toml")}
    assert files == set(SCALES)
    assert files == {
        "twstrs", "tsui", "pain_nrs", "pgi_c", "cgi_c", "phq9", "gad7", "twstrs2", "twstrs_psych", "cdip58",
        "cdq24", "eq5d", "eat10", "dysphagia_handicap_index", "dizziness_handicap_inventory",
        "neck_disability_index", "promis", "who5", "peg", "function_check", "swallow_check",
    }  # fmt: skip


def test_only_generic_own_and_released_forms_are_free():
    free = {scale.id for scale in SCALES.values() if scale.licence_status is Licence.FREE}
    assert free == {"pain_nrs", "pgi_c", "cgi_c", "phq9", "gad7", "function_check", "swallow_check"}


@pytest.mark.parametrize("scale", SCALES.values(), ids=lambda s: s.id)
def test_anchors_and_cutoffs_have_one_entry_for_each_score(scale: Instrument):
    for item in scale.items:
        steps = item.highest - item.lowest + 1
        for entry in (item.anchors, item.cutoffs):
            if entry is not None and item.key != "duration":
                assert len(entry.value) == steps, item.key


@pytest.mark.parametrize("scale", ["phq9", "gad7", "function_check", "swallow_check"])
def test_the_items_of_a_simple_sum_add_up_to_its_range(scale):
    instrument = SCALES[scale]
    assert sum(item.lowest for item in instrument.items) == instrument.total.limits.value[0]
    assert sum(item.highest for item in instrument.items) == instrument.total.limits.value[1]


def test_the_parts_of_twstrs_add_up_to_its_total():
    parts = [TWSTRS.part(key).limits.value[1] for key in ("severity", "disability", "pain")]
    assert parts == [35, 30, 20]
    assert list(TWSTRS.total.limits.value) == [0, 85]


def test_a_scale_with_a_figure_that_has_no_source_is_refused():
    with pytest.raises(KnowledgeError, match="range"):
        build_instrument(
            {
                "id": "x", "name": "X", "version": "1", "licence_status": "free",
                "direction": "higher is worse", "rater": "patient", "licence": TWSTRS.licence,
                "part": [{"key": "total", "label": "Total", "range": [0, 10]}],
            }
        )  # fmt: skip


# TWSTRS


@pytest.mark.parametrize(
    ("worst", "best", "usual", "severity"),
    [(10, 10, 10, "10"), (8, 2, 5, "5"), (9, 1, 4, "4.5"), (0, 0, 0, "0"), (7, 2, 4, "4.25")],
)
def test_pain_severity_counts_usual_pain_twice_and_keeps_quarter_points(worst, best, usual, severity):
    found = twstrs.pain_severity(worst=worst, best=best, usual=usual, instrument=TWSTRS)
    assert found == Decimal(severity)


def test_the_worst_twstrs_is_35_and_30_and_20_and_85():
    whole = twstrs.score(
        severity=WORST_SEVERITY, disability=WORST_DISABILITY, pain=WORST_PAIN, instrument=TWSTRS
    )
    assert [whole.severity.score, whole.disability.score, whole.pain.score] == [35, 30, 20]
    assert whole.total == 85


def test_duration_counts_twice():
    less = replace(WORST_SEVERITY, duration=4)
    assert twstrs.score_severity(less, TWSTRS).score == 33


def test_forward_and_backward_cannot_both_be_scored():
    with pytest.raises(BadInput, match="anterocollis 3 and retrocollis 1"):
        twstrs.score_severity(replace(WORST_SEVERITY, retrocollis=1), TWSTRS)


def test_backward_alone_is_enough():
    back = replace(WORST_SEVERITY, anterocollis=None, retrocollis=2)
    assert twstrs.score_severity(back, TWSTRS).score == 34


def test_neither_forward_nor_backward_scored_is_missing():
    with pytest.raises(BadInput, match="anterocollis"):
        twstrs.score_severity(replace(WORST_SEVERITY, anterocollis=None, retrocollis=None), TWSTRS)


def test_a_score_above_its_range_is_refused_with_what_was_read_and_allowed():
    with pytest.raises(BadInput) as refused:
        twstrs.score_severity(replace(WORST_SEVERITY, rotation=5), TWSTRS)
    assert (refused.value.where, refused.value.read) == ("twstrs.rotation", "5")
    assert "0 to 4" in refused.value.expected


@pytest.mark.parametrize("wrong", [-1, Decimal("1.5"), Decimal("NaN"), Decimal("Infinity")])
def test_a_score_below_the_range_or_between_steps_is_refused(wrong):
    with pytest.raises(BadInput):
        twstrs.score_severity(replace(WORST_SEVERITY, rotation=wrong), TWSTRS)


def test_missing_items_are_named_and_nothing_is_filled_in():
    with pytest.raises(BadInput) as refused:
        twstrs.score_severity(replace(WORST_SEVERITY, rotation=None, shoulder=None), TWSTRS)
    assert "rotation" in refused.value.read
    assert "shoulder" in refused.value.read


def test_a_partial_score_says_what_is_missing_and_where_the_score_must_lie():
    part = twstrs.partial_severity(replace(WORST_SEVERITY, duration=None), TWSTRS)
    assert isinstance(part, Partial)
    assert [part.at_least, part.at_most] == [25, 35]
    assert part.missing == ("duration",)
    assert isinstance(twstrs.partial_severity(WORST_SEVERITY, TWSTRS), Scored)


def test_a_partial_pain_score_is_a_range_too():
    part = twstrs.partial_pain(replace(WORST_PAIN, usual=None), TWSTRS)
    assert isinstance(part, Partial)
    assert [part.at_least, part.at_most] == [15, 20]
    assert part.missing == ("pain_usual",)


def test_driving_that_does_not_apply_scores_zero_and_is_recorded():
    scored = twstrs.score_disability(replace(WORST_DISABILITY, driving="not applicable"), TWSTRS)
    assert scored.score == 25
    assert scored.notes == ("Driving: not applicable, scored 0.",)


def test_no_other_item_may_be_not_applicable():
    with pytest.raises(BadInput, match="reading"):
        twstrs.score_disability(replace(WORST_DISABILITY, reading="not applicable"), TWSTRS)  # type: ignore[arg-type]


def test_usual_pain_cannot_exceed_the_worst():
    with pytest.raises(BadInput, match="worst pain"):
        twstrs.PainItems(worst=3, usual=5)


def test_a_total_of_the_wider_variant_is_refused_with_a_word_on_it():
    with pytest.raises(BadInput) as refused:
        entered(TWSTRS, "total", 87)
    assert "up to 87" in refused.value.mend
    with pytest.raises(BadInput) as too_high:
        entered(TWSTRS, "total", 88)
    assert too_high.value.mend == ""
    assert entered(TWSTRS, "total", Decimal("40.25")).score == Decimal("40.25")


@pytest.mark.parametrize(
    ("item", "measured", "points"),
    [
        ("rotation", 0, 0), ("rotation", 22, 1), ("rotation", 23, 2), ("rotation", Decimal("45.5"), 3),
        ("rotation", 90, 4), ("laterocollis", 15, 1), ("laterocollis", 16, 2), ("laterocollis", 36, 3),
        ("pain_duration", 75, 5), ("pain_duration", 9, 1),
    ],
)  # fmt: skip
def test_a_measured_angle_or_share_gives_its_score(item, measured, points):
    assert score_at(TWSTRS.item(item), measured) == points


@pytest.mark.parametrize(("seconds", "points"), [((60, 60), 1), ((61, 61), 0), ((20, 40), 3), ((0, 5), 4)])
def test_a_longer_hold_at_the_midline_scores_less(seconds, points):
    assert twstrs.midline_score(seconds, TWSTRS) == points


def test_an_item_without_cutoffs_is_not_scored_from_a_measurement():
    with pytest.raises(BadInput):
        score_at(TWSTRS.item("shoulder"), 3)


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [(39, 31, "meaningful"), (39, 32, "grey"), (39, 37, "no clear change"), (30, 34, "worse")],
)
def test_eight_points_are_a_meaningful_gain(before, after, word):
    change = twstrs.judge_change(before=Decimal(before), after=Decimal(after), instrument=TWSTRS)
    assert change.word == word
    assert change.wanted_from_high_start is None


def test_a_high_start_asks_for_twelve_points():
    change = twstrs.judge_change(before=Decimal(45), after=Decimal(36), instrument=TWSTRS)
    assert change.word is twstrs.ChangeWord.MEANINGFUL
    assert change.wanted_from_high_start == 12
    assert change.reached is False


# Tsui


def test_the_worst_tsui_is_25():
    worst = tsui.TsuiItems(
        rotation=3, tilt=3, sagittal=3, duration=2, shoulder=3, tremor_severity=2, tremor_duration=2
    )
    assert tsui.score(worst, TSUI).score == 25


def test_tsui_is_posture_times_duration_plus_shoulder_plus_tremor():
    answers = tsui.TsuiItems(
        rotation=2, tilt=1, sagittal=0, duration=2, shoulder=1, tremor_severity=1, tremor_duration=2
    )
    assert tsui.score(answers, TSUI).score == 9


def test_without_posture_and_tremor_their_durations_need_no_answer():
    none = tsui.TsuiItems(rotation=0, tilt=0, sagittal=0, shoulder=1, tremor_severity=0)
    assert tsui.score(none, TSUI).score == 1


def test_a_missing_tsui_item_is_named():
    answers = tsui.TsuiItems(rotation=2, tilt=1, sagittal=0, shoulder=1, tremor_severity=0)
    with pytest.raises(BadInput, match="duration"):
        tsui.score(answers, TSUI)
    part = tsui.partial(answers, TSUI)
    assert isinstance(part, Partial)
    assert [part.at_least, part.at_most] == [4, 7]
    assert part.missing == ("duration",)


def test_tsui_duration_of_zero_is_refused():
    with pytest.raises(BadInput, match="1 to 2"):
        tsui.score(tsui.TsuiItems(rotation=1, duration=0), TSUI)


# pain, mood, global change


def test_pain_must_rise_from_least_to_worst():
    with pytest.raises(BadInput, match="rising"):
        pain.score(pain.PainDiary(best=6, usual=5, worst=8), SCALES["pain_nrs"])


def test_pain_without_usual_pain_has_no_score():
    with pytest.raises(BadInput, match="usual"):
        pain.score(pain.PainDiary(worst=8), SCALES["pain_nrs"])


@pytest.mark.parametrize(
    ("usual", "word"), [(0, None), (3, "mild"), (Decimal("3.5"), "moderate"), (8, "severe")]
)
def test_pain_has_three_bands(usual, word):
    found = pain.band(pain.score(pain.PainDiary(usual=usual), SCALES["pain_nrs"]), SCALES["pain_nrs"])
    assert (found.key if found else None) == word


@pytest.mark.parametrize(
    ("before", "after", "less"), [(8, 6, True), (8, 7, False), (3, 2, True), (0, 0, False)]
)
def test_two_points_or_thirty_percent_less_pain_is_clear(before, after, less):
    nrs = SCALES["pain_nrs"]
    assert pain.clearly_less(before=Decimal(before), after=Decimal(after), instrument=nrs) is less


def phq(each: int, **other: int | None):
    return {**{item.key: each for item in SCALES["phq9"].items}, **other}


@pytest.mark.parametrize(
    ("answers", "total", "band"),
    [
        (phq(0), 0, "minimal"), (phq(0, interest=3, mood=2), 5, "mild"), (phq(1, mood=2), 10, "moderate"),
        (phq(2, self_harm=0, mood=1), 15, "moderately_severe"), (phq(3), 27, "severe"),
    ],
)  # fmt: skip
def test_phq9_bands_begin_at_5_10_15_and_20(answers, total, band):
    scored = phq9.score(answers, SCALES["phq9"])
    assert scored.total == total
    assert scored.band is not None
    assert scored.band.key == band


def test_any_thought_of_self_harm_asks_for_a_clinician_the_same_day():
    assert phq9.score(phq(0, self_harm=1), SCALES["phq9"]).same_day
    assert not phq9.score(phq(3, self_harm=0), SCALES["phq9"]).same_day


def test_the_flag_stands_even_when_the_form_is_unfinished():
    unfinished = {"self_harm": 1}
    assert phq9.needs_same_day(unfinished, SCALES["phq9"])
    assert isinstance(phq9.partial(unfinished, SCALES["phq9"]), Partial)


@pytest.mark.parametrize(("each", "total", "band"), [(0, 0, "minimal"), (1, 7, "mild"), (3, 21, "severe")])
def test_gad7_runs_from_0_to_21(each, total, band):
    scored = gad7.score({item.key: each for item in SCALES["gad7"].items}, SCALES["gad7"])
    assert scored.total == total
    assert scored.band is not None
    assert scored.band.key == band


def test_an_item_the_form_does_not_have_is_refused():
    with pytest.raises(BadInput, match="moood"):
        gad7.score({"moood": 1}, SCALES["gad7"])


def test_patient_and_clinician_scales_of_change_agree_only_in_steps_toward_better():
    much_better = (global_change.score(2, SCALES["pgi_c"]), global_change.score(2, SCALES["cgi_c"]))
    assert [c.words for c in much_better] == ["much better", "much better"]
    assert [c.steps_better for c in much_better] == [2, 2]
    worst = (global_change.score(-3, SCALES["pgi_c"]), global_change.score(7, SCALES["cgi_c"]))
    assert [c.steps_better for c in worst] == [-3, -3]
    assert SCALES["pgi_c"].direction is Direction.HIGHER_IS_BETTER


@pytest.mark.parametrize(("scale", "answer"), [("pgi_c", 4), ("cgi_c", 0), ("cgi_c", -2)])
def test_an_answer_of_the_other_scale_is_refused_where_it_cannot_be(scale, answer):
    with pytest.raises(BadInput):
        global_change.score(answer, SCALES[scale])


# scores typed from licensed forms


def test_an_entered_score_is_held_to_its_range():
    assert entered(SCALES["eat10"], "total", 40).score == 40
    with pytest.raises(BadInput, match="0 to 40"):
        entered(SCALES["eat10"], "total", 41)
    with pytest.raises(BadInput, match="vas"):
        entered(SCALES["eq5d"], "total", 41)


def test_a_scale_of_unknown_range_keeps_the_score_and_says_so():
    scored = entered(SCALES["twstrs2"], "total", 52)
    assert scored.score == 52
    assert "not confirmed" in scored.notes[0]
    with pytest.raises(BadInput):
        entered(SCALES["twstrs2"], "total", -1)
