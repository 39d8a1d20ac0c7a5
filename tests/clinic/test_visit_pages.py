"""The visit as the injector enters it: only what was said is stored, sides hold, a carried plan is read."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.urls import reverse

from collis.knowledge.names import Muscle
from collis.side import Side
from collis_clinic.access.roles import Role
from collis_clinic.records import signing
from collis_clinic.records.models import (
    Assessment,
    Authorisation,
    CheckIn,
    Consent,
    InjectionLine,
    PlanRecord,
    Rating,
    RedFlag,
    Session,
    SideEffect,
    ToxinLedgerEntry,
    Visit,
)
from collis_clinic.visits import carried, ready
from collis_clinic.visits.before import before_of
from collis_clinic.visits.dosing import Cell, draft_from, linked, ml_of, strengths
from collis_clinic.visits.models import HoldAnswer
from collis_clinic.visits.posture import loose_posture, picture, posture_from

ONA, ABO = "onabotulinumtoxinA", "abobotulinumtoxinA"
DAY = date(2026, 11, 10)


@pytest.fixture
def injector(signed_in):
    return signed_in(Role.INJECTOR)


def to(name, visit, *more):
    return reverse(f"visits:{name}", args=[visit.pk, *more])


@pytest.fixture
def last(visit, users):
    """A session signed twelve weeks before: sternocleidomastoid RIGHT 40, splenius capitis LEFT 45."""
    before = Visit(patient=visit.patient, episode=visit.episode, on=date(2026, 8, 18), age_years=54)
    before.save()
    session = Session(visit=before, product=ONA)
    session.save()
    rows = [("sternocleidomastoid", "right", "40"), ("splenius_capitis", "left", "45")]
    for position, (muscle, side, units) in enumerate(rows):
        InjectionLine(
            session=session, position=position, muscle=muscle, side=side, planned_units=Decimal(units),
            given_units=Decimal(units), guidance="emg",
        ).save()  # fmt: skip
    session.state, session.outcome = "checked", "given"
    session.save()
    signing.sign(Session.objects.get(pk=session.pk), users[Role.INJECTOR])
    return Session.objects.get(pk=session.pk)


def doses(**cells):
    """A form of the dose grid: `sternocleidomastoid__right="40"`."""
    return {f"u-{key.replace('__', '-')}": value for key, value in cells.items()}


def typed(version=0, product=ONA, **cells):
    return {"version": str(version), "product": product, "doses_of": product, **doses(**cells)}


def set_fields(row):
    skip = {"id", "version", "recorded_at", "recorded_by", "visit"}
    return {
        f.name
        for f in row._meta.concrete_fields
        if f.name not in skip and getattr(row, f.attname) is not None
    }


# what was said, and nothing else


def test_only_the_answers_given_at_check_in_are_stored(injector, visit):
    assert (
        injector.post(to("check-in", visit), {"swallowing": "no", "pregnancy": "unknown"}).status_code == 302
    )
    assert set_fields(CheckIn.objects.get()) == {"swallowing", "pregnancy", "done_at"}
    assert not Consent.objects.exists()
    assert not RedFlag.objects.exists()


def test_all_no_is_said_by_pressing_it_and_keeps_what_was_answered(injector, visit):
    injector.post(to("check-in", visit), {"swallowing": "yes", "swallowing_detail": "pills", "all_no": "1"})
    row = CheckIn.objects.get()
    assert (row.swallowing, row.swallowing_detail, row.breathing, row.toxin_naive) == (
        "yes",
        "pills",
        "no",
        None,
    )


def test_toxin_elsewhere_goes_into_the_ledger(injector, visit):
    injector.post(
        to("check-in", visit),
        {"toxin_elsewhere": "yes", "toxin_product": ONA, "toxin_units": "155", "toxin_on": "2026-10-01",
         "toxin_indication": "migraine"},
    )  # fmt: skip
    entry = ToxinLedgerEntry.objects.get()
    assert (entry.units, entry.indication, entry.clinic, entry.in_neck) == (
        Decimal(155),
        "migraine",
        None,
        None,
    )


def test_only_what_was_said_in_the_assessment_is_stored(injector, visit, last):
    injector.post(to("assess", visit), {"version": "0", "pain": "4"})
    assert set_fields(Assessment.objects.get()) == {"pain"}
    assert "not recorded" in injector.get(to("visit", visit)).content.decode()


def test_a_posture_is_stored_in_the_words_of_a_case(injector, visit):
    injector.post(to("assess", visit), {"turn_deg": "30", "turn_toward": "left", "shoulder_right": "2"})
    assert Assessment.objects.get().posture == {
        "turn": {"deg": "30", "toward": "left"},
        "shoulder_elevation": {"right": 2},
    }


@pytest.mark.parametrize(
    "form",
    [
        {"pain": "11"}, {"pain": "-1"}, {"pain": "NaN"}, {"pain": "1e308"}, {"turn_deg": "91", "turn_toward": "left"},
        {"turn_deg": "30"}, {"turn_deg": "30", "turn_toward": "up"}, {"shoulder_right": "9"}, {"weight_kg": "abc"},
    ],
)  # fmt: skip
def test_an_impossible_assessment_is_refused_and_what_was_typed_stays(injector, visit, form):
    answer = injector.post(to("assess", visit), {"version": "0", **form})
    assert answer.status_code == 422
    assert not Assessment.objects.exists()
    assert next(iter(form.values())) in answer.content.decode()


def test_a_side_effect_is_told_of_the_last_session(injector, visit, last):
    injector.post(
        to("assess", visit),
        {"side_effects_asked": "yes", "effect_kind": "dysphagia", "effect_grade": "1", "effect_from": "8"},
    )
    row = SideEffect.objects.get()
    assert (row.session, row.grade, row.from_day, row.to_day) == (last, 1, 8, None)
    assert Assessment.objects.get().after == last


def test_a_score_is_kept_only_whole(injector, visit):
    severity = {"rotation": "2", "laterocollis": "1", "anterocollis": "0", "lateral_shift": "0", "sagittal_shift": "0",
                "duration": "3", "sensory_trick": "1", "shoulder": "2", "range_of_motion": "1"}  # fmt: skip
    assert injector.post(to("twstrs", visit), severity).status_code == 422
    assert not Rating.objects.exists()
    assert injector.post(to("twstrs", visit), {**severity, "time_midline": "2"}).status_code == 302
    row = Rating.objects.get()
    assert (row.scale, row.score) == ("twstrs_severity", Decimal(15))


def test_an_impossible_score_is_refused(injector, visit):
    answer = injector.post(to("twstrs", visit), {"rotation": "999"})
    assert answer.status_code == 422
    assert not Rating.objects.exists()


# sides


@pytest.mark.parametrize("muscle", list(Muscle))
@pytest.mark.parametrize("side", ["right", "left"])
def test_every_muscle_and_side_comes_back_from_the_form_as_typed(injector, visit, muscle, side):
    form = {**typed(), f"u-{muscle.value}-{side}": "5"}
    assert injector.post(to("lines", visit), form).status_code == 302
    line = InjectionLine.objects.get()
    assert (line.muscle, line.side, line.planned_units) == (muscle.value, side, Decimal(5))
    shown = injector.get(to("lines", visit)).content.decode()
    assert f'id="u-{muscle.value}-{side}" name="u-{muscle.value}-{side}" inputmode="decimal"' in shown
    assert re.search(rf'name="u-{muscle.value}-{side}"[^>]*value="5"', shown)
    other = "left" if side == "right" else "right"
    assert re.search(rf'name="u-{muscle.value}-{other}"[^>]*value=""', shown)


def test_the_picture_turns_to_the_side_that_was_typed():
    left = loose_posture({"turn_deg": "30", "turn_toward": "left"})
    right = loose_posture({"turn_deg": "30", "turn_toward": "right"})
    assert picture(left) != picture(right)
    assert "LEFT" in picture(left)
    assert posture_from({}) is None


# Units and mL


def test_units_and_volume_agree_after_a_hundred_thousand_edits(visit):
    ways, rng = strengths(ONA, "US", visit), np.random.default_rng(1)
    picks = rng.integers(0, len(ways), 100_000)
    amounts = rng.integers(1, 60_000, 100_000)
    for n, (pick, amount) in enumerate(zip(picks.tolist(), amounts.tolist(), strict=True)):
        per_ml, from_ml = ways[pick].units_per_ml, bool(n % 2)
        typed_number = Decimal(amount) / (10_000 if from_ml else 100)
        cell = Cell(
            muscle="platysma",
            side=Side.LEFT,
            units=None if from_ml else typed_number,
            ml=typed_number if from_ml else None,
        )
        found = linked(cell, per_ml, from_ml=from_ml)
        assert found.units is not None
        assert found.ml is not None
        assert found.problem or abs(found.ml * per_ml - found.units) <= Decimal("0.01")


@pytest.mark.parametrize(("units", "shown", "now"), [("45", "45", "30"), ("", "", "30")])
def test_a_volume_typed_over_says_its_units(visit, units, shown, now):
    (way,) = [w for w in strengths(ONA, "US", visit) if w.name == "200/2"]
    form = {
        "u-platysma-left": units,
        "v-platysma-left": shown,
        "m-platysma-left": "0.3",
        "w-platysma-left": "0.45",
    }
    (cell,) = draft_from(form, product=ONA, strength=way).cells
    assert (cell.units, cell.ml) == (Decimal(now), Decimal("0.3"))


def test_both_units_and_ml_are_shown_when_either_changes(injector, visit):
    form = {**typed(), "strength": "200/2", "m-splenius_capitis-left": "0.6", "w-splenius_capitis-left": "",
            "u-splenius_capitis-left": "", "v-splenius_capitis-left": ""}  # fmt: skip
    shown = injector.post(to("try", visit), form).content.decode()
    assert re.search(r'id="u-splenius_capitis-left"[^>]*value="60"', shown)
    assert re.search(r'id="w-splenius_capitis-left"[^>]*value="0.6"', shown)
    assert not Session.objects.exists()
    form = {**typed(), "strength": "200/2", "u-splenius_capitis-left": "50"}
    shown = injector.post(to("try", visit), form).content.decode()
    assert re.search(r'id="m-splenius_capitis-left"[^>]*value="0.5"', shown)


def test_units_and_ml_that_disagree_are_refused_with_both(injector, visit):
    form = {**typed(), "strength": "200/2", "u-splenius_capitis-left": "50", "m-splenius_capitis-left": "0.6"}
    answer = injector.post(to("lines", visit), form)
    assert answer.status_code == 422
    assert "holds 60 Units" in answer.content.decode()
    assert not InjectionLine.objects.exists()


def test_the_volume_of_a_dose_is_its_units_over_the_strength():
    assert ml_of(Decimal(40), Decimal(100)) == Decimal("0.4")


# what cannot be


@pytest.mark.parametrize("read", ["39960", "999999", "-5", "NaN", "1e308", "inf", "4 0", "0x10", "12.345"])
def test_impossible_units_are_refused_and_nothing_is_stored(injector, visit, read):
    answer = injector.post(to("lines", visit), typed(splenius_capitis__left=read))
    assert answer.status_code == 422
    assert not InjectionLine.objects.exists()


def test_a_dose_beyond_every_source_says_the_limit_and_its_source(injector, visit):
    said = injector.post(to("lines", visit), typed(splenius_capitis__left="900")).content.decode()
    assert "largest" in said
    assert "Source" in said


def test_litres_are_refused(injector, visit):
    form = {**typed(), "strength": "200/2", "m-splenius_capitis-left": "999", "w-splenius_capitis-left": ""}
    assert injector.post(to("lines", visit), form).status_code == 422
    assert not InjectionLine.objects.exists()


# another product


def test_another_product_asks_every_dose_and_the_dilution_again(injector, visit):
    injector.post(to("lines", visit), {**typed(splenius_capitis__left="45"), "strength": "200/2"})
    assert Session.objects.get().preparation.units_per_0_1ml == 10
    injector.post(to("switch", visit), {"product": ABO})
    session = Session.objects.get()
    assert session.product == ABO
    assert not session.lines.filter(dropped=False).exists()
    assert (session.preparation.units_per_0_1ml, session.preparation.diluent_ml) == (None, None)
    assert session.plan_record is None


def test_doses_typed_for_one_product_are_not_taken_for_another(injector, visit):
    form = {**typed(splenius_capitis__left="45"), "product": ABO, "doses_of": ONA}
    injector.post(to("lines", visit), form)
    assert not InjectionLine.objects.exists()


# copying forward


def test_a_copy_carries_what_was_given_and_is_unread(injector, visit, last):
    injector.post(to("choose", visit), {"key": "copy"})
    session = Session.objects.get(visit=visit)
    lines = {
        (r.muscle, r.side): (r.planned_units, r.planned_guidance, r.read_at) for r in session.lines.all()
    }
    assert lines == {
        ("sternocleidomastoid", "right"): (Decimal(40), "emg", None),
        ("splenius_capitis", "left"): (Decimal(45), "emg", None),
    }
    assert session.copied_from == last
    shown = injector.get(to("lines", visit)).content.decode()
    assert shown.count("not read</small>") == 2
    assert "same" in shown


def saved(injector, visit, **more):
    session = Session.objects.get(visit=visit)
    form = typed(version=session.version, sternocleidomastoid__right="40", splenius_capitis__left="45")
    form |= {"g-sternocleidomastoid-right": "emg", "g-splenius_capitis-left": "emg"}
    return injector.post(to("lines", visit), {**form, **more})


def test_a_carried_plan_is_not_confirmed_unread(injector, visit, last):
    injector.post(to("choose", visit), {"key": "copy"})
    answer = saved(injector, visit, confirm="1")
    assert answer.status_code == 422
    assert "not read" in answer.content.decode()
    assert Session.objects.get(visit=visit).state == "draft"


def test_reading_marks_the_doses_that_were_shown_and_goes_on(injector, visit, last):
    injector.post(to("choose", visit), {"key": "copy"})
    answer = saved(injector, visit, confirm="1", read="1")
    assert answer.status_code == 302
    assert answer.url in (to("gate", visit), to("draw-up", visit))
    session = Session.objects.get(visit=visit)
    assert ready.points(session) == []
    assert PlanRecord.objects.get(pk=session.plan_record_id).kind == "check"


def test_only_the_dose_that_was_typed_over_counts_as_read(injector, visit, last):
    injector.post(to("choose", visit), {"key": "copy"})
    saved(injector, visit, **{"u-sternocleidomastoid-right": "30"})
    session = Session.objects.get(visit=visit)
    assert carried.unread(session) == ["splenius_capitis-left"]
    assert carried.was_last_time(session, visit, ONA) == {
        ("sternocleidomastoid", "right"): Decimal(40),
        ("splenius_capitis", "left"): Decimal(45),
    }


def test_a_changed_dose_has_to_be_read_again(injector, visit, last):
    injector.post(to("choose", visit), {"key": "copy"})
    saved(injector, visit, read="1")
    session = Session.objects.get(visit=visit)
    row = session.lines.get(muscle="splenius_capitis", dropped=False)
    carried.keep_lines(session, (), read=(), strength=None)
    assert row.read_at is not None
    assert not session.lines.filter(dropped=False).exists()


@pytest.mark.parametrize(
    ("kind", "grade", "held"),
    [
        ("dysphagia", 1, False), ("dysphagia", 2, True), ("dysphagia", 3, True), ("head_drop", 1, True),
        ("breathing", 1, True), ("dry_mouth", 3, False), ("neck_weakness", 2, False),
    ],
)  # fmt: skip
def test_a_harm_of_last_time_holds_its_copy_until_it_is_answered(injector, visit, last, kind, grade, held):
    effect = SideEffect(visit=visit, session=last, kind=kind, grade=grade)
    effect.save()
    injector.post(to("choose", visit), {"key": "copy"})
    answer = saved(injector, visit, confirm="1", read="1")
    assert (answer.status_code == 422) is held
    if held:
        assert "Held" in answer.content.decode()
        assert injector.post(to("hold", visit), {"effect": effect.pk, "act": "kept"}).status_code == 422
        injector.post(
            to("hold", visit), {"effect": effect.pk, "act": "kept", "reason": "mild, six days only"}
        )
        assert HoldAnswer.objects.get().by.role == Role.INJECTOR
        assert saved(injector, visit, confirm="1", read="1").status_code == 302


def test_an_own_plan_is_not_held(injector, visit, last):
    SideEffect(visit=visit, session=last, kind="head_drop", grade=3).save()
    injector.post(to("lines", visit), typed(splenius_capitis__left="20"))
    assert ready.points(Session.objects.get(visit=visit)) == []


# two people


def test_the_second_of_two_people_is_shown_both_plans_and_nothing_is_lost(injector, visit):
    injector.post(to("lines", visit), typed(splenius_capitis__left="45"))
    version = Session.objects.get().version
    assert injector.post(to("lines", visit), typed(version, splenius_capitis__left="50")).status_code == 302
    answer = injector.post(to("lines", visit), typed(version, splenius_capitis__left="40"))
    said = answer.content.decode()
    assert answer.status_code == 409
    assert "40" in said
    assert "50" in said
    assert InjectionLine.objects.get(dropped=False).planned_units == 50
    now = Session.objects.get().version
    assert injector.post(to("lines", visit), typed(now, splenius_capitis__left="40")).status_code == 302


def test_the_second_of_two_assessments_is_told(injector, visit):
    injector.post(to("assess", visit), {"version": "0", "pain": "4"})
    injector.post(to("assess", visit), {"version": "1", "pain": "5"})
    assert injector.post(to("assess", visit), {"version": "1", "pain": "6"}).status_code == 409
    assert Assessment.objects.get().pain == 5


# planning


def test_a_consultation_is_computed_once_and_then_shown_from_what_is_kept(injector, visit, last):
    injector.post(to("assess", visit), {"turn_deg": "30", "turn_toward": "left"})
    assert "Working out" in injector.get(to("plan", visit)).content.decode()
    for _ in range(2):
        assert injector.post(to("work-out", visit), {"product": ONA}).status_code == 302
    record = PlanRecord.objects.get()
    shown = injector.get(to("plan", visit)).content.decode()
    assert "Nothing is chosen for you" in shown
    key = record.result["candidates"][0]["key"]
    assert injector.post(to("choose", visit), {"record": record.pk, "key": key}).status_code == 302
    lines = Session.objects.get(visit=visit).lines.filter(dropped=False)
    assert sum(r.planned_units for r in lines) == Decimal(
        str(record.result["candidates"][0]["plan"]["total_units"])
    )
    assert len(carried.unread(Session.objects.get(visit=visit))) == len({(r.muscle, r.side) for r in lines})


def test_a_plan_beyond_the_authorisation_is_said(injector, visit, last):
    Authorisation(
        patient=visit.patient, episode=visit.episode, payer="medicare", state="granted", product=ONA,
        units=Decimal(90), sessions=1, from_on=date(2026, 1, 1), to_on=date(2026, 11, 1),
    ).save()  # fmt: skip
    said = injector.get(to("visit", visit)).content.decode()
    assert "ended on 2026-11-01" in said
    assert "authorised sessions are used" in said
    tried = injector.post(
        to("try", visit), typed(splenius_capitis__left="45", sternocleidomastoid__right="50")
    )
    assert "95 Units planned, 90 authorised" in tried.content.decode()


@pytest.mark.parametrize("name", ["visit", "before", "check-in", "assess", "twstrs", "lines", "plan"])
@pytest.mark.parametrize("role", [Role.BILLER, Role.RESEARCHER, Role.ADMINISTRATOR, Role.PATIENT])
def test_the_visit_is_closed_to_who_does_not_treat(signed_in, visit, name, role):
    assert signed_in(role).get(to(name, visit)).status_code == 403


def test_a_nurse_checks_in_and_does_not_plan(signed_in, visit):
    nurse = signed_in(Role.NURSE)
    assert nurse.get(to("check-in", visit)).status_code == 200
    assert nurse.get(to("plan", visit)).status_code == 403
    assert nurse.post(to("lines", visit), typed(splenius_capitis__left="45")).status_code == 403


def test_starting_twice_is_one_visit(injector, patient):
    for _ in range(2):
        assert injector.post(reverse("visits:start", args=[patient.pk])).status_code == 302
    assert Visit.objects.count() == 1


def test_pages_ask_the_database_little(injector, visit, last, django_assert_max_num_queries):
    injector.get(to("visit", visit))
    with django_assert_max_num_queries(60):
        injector.get(to("visit", visit))
    with django_assert_max_num_queries(60):
        injector.get(to("lines", visit))


def test_the_same_form_sent_twice_is_one_plan_and_no_conflict(injector, visit):
    form = typed(splenius_capitis__left="45")
    for _ in range(2):
        assert injector.post(to("lines", visit), form).status_code == 302
    assert InjectionLine.objects.count() == 1


def test_a_signed_session_is_shown_signed_and_no_longer_edited(injector, last):
    answer = injector.get(to("lines", last.visit))
    assert answer.status_code == 302
    posted = injector.post(to("lines", last.visit), typed(last.version, splenius_capitis__left="20"))
    assert posted.status_code == 422
    assert "signed" in posted.content.decode()
    assert [r.planned_units for r in last.lines.filter(dropped=False)] == [Decimal(40), Decimal(45)]


@pytest.mark.parametrize(("ago", "reached"), [(83, False), (84, True), (85, True)])
def test_the_earliest_day_is_reached_on_the_day_itself(visit, users, ago, reached):
    before = Visit(
        patient=visit.patient, episode=visit.episode, on=visit.on - timedelta(days=ago), age_years=54
    )
    before.save()
    session = Session(visit=before, product=ONA, state="checked", outcome="given")
    session.save()
    InjectionLine(
        session=session,
        position=0,
        muscle="platysma",
        side="left",
        planned_units=Decimal(5),
        given_units=Decimal(5),
    ).save()
    signing.sign(Session.objects.get(pk=session.pk), users[Role.INJECTOR])
    found = before_of(visit, product=ONA)
    assert found.label is not None
    assert (found.days_since, found.label.days, found.label.reached) == (ago, 84, reached)
    assert found.label.source


def test_every_page_says_right_and_left_in_words(injector, visit, last):
    injector.post(to("choose", visit), {"key": "copy"})
    for name in ("visit", "lines"):
        said = injector.get(to(name, visit)).content.decode()
        assert said.index('<span class="side r">RIGHT</span>') < said.index(
            '<span class="side l">LEFT</span>'
        )


def test_a_page_carries_no_inline_style_or_script(injector, visit, last):
    injector.post(to("choose", visit), {"key": "copy"})
    for name in ("visit", "before", "check-in", "assess", "twstrs", "lines"):
        said = injector.get(to(name, visit)).content.decode()
        assert not re.search(r"<[^>]+\s(style|on\w+)=", said)
        assert not re.search(r"<script(?![^>]*src=)", said)
