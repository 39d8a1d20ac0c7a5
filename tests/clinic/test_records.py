"""Identity apart, sides and doses kept, signed means signed, vials that add up, and a case out of rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from collis.case.files import parse_case, write_case
from collis.case.patient import Answer
from collis.errors import BadInput
from collis.knowledge.names import Muscle
from collis.side import Side
from collis.units import Dose
from collis_clinic import bridge
from collis_clinic.access.roles import Role
from collis_clinic.audit.fields import FixedField
from collis_clinic.audit.recorded import Kept
from collis_clinic.records import identity, ledger, people, recall, signing
from collis_clinic.records.identity import Person, Unreadable
from collis_clinic.records.models import (
    Assessment,
    CheckIn,
    Identity,
    IdentityToken,
    InjectionLine,
    PlanRecord,
    Preparation,
    PreparationVial,
    Session,
    SideEffect,
    Task,
    ToxinLedgerEntry,
    Visit,
)
from collis_clinic.stock import keeping
from collis_clinic.stock.models import Movement, Vial
from tests.clinic.conftest import ON, PERSON

PRODUCT = "onabotulinumtoxinA"


def everything_stored() -> bytes:
    """All rows of all tables as bytes."""
    held = b""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                held += b"|".join(
                    bytes(v) if isinstance(v, memoryview | bytes) else str(v).encode() for v in row
                )
    return held


def test_no_name_stands_anywhere_in_the_database(patient):
    held = everything_stored()
    for word in (b"Example", b"Erin", b"1972-03-04", b"MRN 0042"):
        assert word not in held
    assert people.person_of(patient) == PERSON


@pytest.mark.parametrize(
    "asked",
    [
        {"surname": "EXAMPLE"},
        {"surname": " exámple"},
        {"birth_date": date(1972, 3, 4)},
        {"record_number": "mrn-0042"},
        {"surname": "Example", "birth_date": date(1972, 3, 4)},
    ],
)
def test_a_person_is_found_by_what_is_known(patient, asked):
    assert people.find(**asked) == [patient]


@pytest.mark.parametrize(
    "asked", [{}, {"surname": ""}, {"surname": "Exampl"}, {"surname": "Example", "record_number": "1"}]
)
def test_a_person_is_not_found_by_less(patient, asked):
    assert people.find(**asked) == []


def test_erasing_a_person_destroys_identity_and_key_and_keeps_the_record(patient, visit, settings):
    sealed = bytes(Identity.objects.get().wrapped_key)
    with pytest.raises(ValidationError):
        people.erase(patient, reason=" ")
    people.erase(patient, reason="asked for it")
    assert not Identity.objects.exists()
    assert not IdentityToken.objects.exists()
    assert people.person_of(patient) is None
    assert people.find(surname="Example") == []
    assert Visit.objects.get().patient.code == patient.code
    assert sealed not in everything_stored()


@pytest.mark.django_db(transaction=True)
def test_whoever_was_erased_is_erased_again_after_a_restore(acting, settings):
    patient = people.register(PERSON, region="US")
    people.note_erased(patient.pk)
    assert people.erase_again() == 1
    assert not Identity.objects.exists()
    assert people.erase_again() == 0


def test_an_identity_moved_to_another_patient_is_not_read(patient, acting):
    other = people.register(Person(surname="Other", given_name=""), region="US")
    mine, theirs = Identity.objects.get(patient=patient), Identity.objects.get(patient=other)
    theirs.wrapped_key, theirs.words = mine.wrapped_key, mine.words
    theirs.save()
    with pytest.raises(Unreadable):
        people.person_of(other)


def test_two_sealings_of_one_person_differ(patient):
    first, second = (identity.seal(PERSON, patient.pk) for _ in range(2))
    assert first.words != second.words
    assert first.wrapped_key != second.wrapped_key


@pytest.mark.parametrize("read", ["0.001", "NaN", "Infinity", "1e308", 0.1, True, "abc"])
def test_a_decimal_is_exact_or_refused(read):
    with pytest.raises(ValidationError):
        FixedField(places=2).get_prep_value(read)


def test_a_visit_to_come_is_refused(visit):
    with pytest.raises(ValidationError):
        Visit(
            patient=visit.patient, episode=visit.episode, on=timezone.localdate() + timedelta(days=1)
        ).save()


def test_a_field_nobody_set_is_null_and_unknown_to_the_science(session):
    visit = Visit.objects.get()
    CheckIn(visit=visit, swallowing="no").save()
    Assessment(visit=visit, goals=[]).save()
    visit = Visit.objects.get()
    row = CheckIn.objects.get()
    unset = [f.name for f in row._meta.concrete_fields if f.null and getattr(row, f.attname) is None]
    assert len(unset) > 25
    case = bridge.case_of(visit)
    assert case.safety.swallowing.answer is Answer.NO
    assert case.safety.breathing.answer is Answer.UNKNOWN
    assert case.safety.toxin_naive is Answer.UNKNOWN
    assert case.request.consent_warnings is Answer.UNKNOWN
    assert case.examination.posture.turn is None


def test_every_muscle_and_side_survives_rows_case_and_file(visit):
    session = Session(visit=visit, product=PRODUCT)
    session.save()
    places = [(muscle, side) for muscle in Muscle for side in Side]
    for position, (muscle, side) in enumerate(places):
        InjectionLine(
            session=session, position=position, muscle=muscle.value, side=side.value,
            planned_units=Decimal(position + 1),
        ).save()  # fmt: skip
    plan = bridge.plan_of(Session.objects.get())
    assert [(i.muscle, i.side, i.dose.units) for i in plan.injections] == [
        (muscle, side, Decimal(n + 1)) for n, (muscle, side) in enumerate(places)
    ]
    case = bridge.case_of(Visit.objects.get(), plan=plan)
    assert parse_case(write_case(case)).request.plan == plan


@pytest.mark.parametrize("side", ["Left", "L", "both", "", "middle"])
def test_an_impossible_side_is_refused(session, side):
    with pytest.raises(ValidationError):
        InjectionLine(session=session, position=9, muscle="platysma", side=side).save()


def test_the_same_site_twice_is_refused(session):
    with pytest.raises(IntegrityError), transaction.atomic():
        InjectionLine(session=session, position=9, muscle="sternocleidomastoid", side="right").save()


def test_a_wrong_posture_says_which_entry(visit):
    Assessment(visit=visit, posture={"turn": {"deg": "300", "toward": "left"}}).save()
    with pytest.raises(BadInput) as said:
        bridge.case_of(Visit.objects.get())
    assert "turn" in str(said.value)


def signed(session, users, by=Role.INJECTOR):
    session = Session.objects.get(pk=session.pk)
    for line in session.lines.all():
        line.given_units = line.planned_units
        line.save()
    session.state, session.outcome = "checked", "given"
    session.save()
    return signing.sign(Session.objects.get(pk=session.pk), users[by])


def test_a_draft_is_not_signed(session, users):
    with pytest.raises(ValidationError):
        signing.sign(session, users[Role.INJECTOR])


@pytest.mark.parametrize("role", [Role.NURSE, Role.BILLER, Role.RESEARCHER, Role.ADMINISTRATOR, Role.PATIENT])
def test_who_may_not_sign_cannot(session, users, role):
    session.state, session.outcome = "checked", "given"
    session.save()
    with pytest.raises(PermissionDenied):
        signing.sign(session, users[role])


def test_signed_means_signed(session, users):
    signed(session, users)
    session = Session.objects.get()
    session.observation = "changed"
    with pytest.raises(Kept):
        session.save()
    line = session.lines.first()
    line.given_units = Decimal(1)
    with pytest.raises(Kept):
        line.save()
    with pytest.raises(Kept):
        InjectionLine.objects.bulk_create(
            [InjectionLine(session=session, position=7, muscle="platysma", side="left")]
        )
    with pytest.raises(Kept):
        CheckIn(visit=session.visit, swallowing="no").save()
    with pytest.raises(ValidationError):
        signing.sign(session, users[Role.INJECTOR])


def test_an_amendment_keeps_both_versions_and_the_ledger_follows(session, users, patient):
    first = signed(session, users)
    with (
        pytest.raises(ValidationError),
        signing.amend(Session.objects.get(), users[Role.INJECTOR], reason=""),
    ):
        pass
    with signing.amend(Session.objects.get(), users[Role.INJECTOR], reason="wrong line read") as opened:
        line = opened.lines.get(muscle="splenius_capitis")
        line.given_units = Decimal(55)
        line.save()
    versions = list(Session.objects.get().versions.all())
    assert [v.number for v in versions] == [1, 2]
    assert versions[0].digest == first.digest
    assert [line["given_units"] for line in versions[0].document["lines"]] == ["40", "60"]
    assert [line["given_units"] for line in versions[1].document["lines"]] == ["40", "55"]
    assert versions[1].reason == "wrong line read"
    assert [e.units for e in ledger.standing(patient.pk)] == [Decimal(95)]
    assert ToxinLedgerEntry.objects.count() == 2


def test_an_amendment_that_fails_changes_nothing(session, users):
    signed(session, users)

    def change() -> None:
        with signing.amend(Session.objects.get(), users[Role.INJECTOR], reason="try") as opened:
            line = opened.lines.get(position=0)
            line.given_units = Decimal(1)
            line.save()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    assert Session.objects.get().versions.count() == 1
    assert not InjectionLine.objects.filter(given_units=Decimal(1)).exists()


def test_a_trainees_signature_waits_for_the_supervisor(session, users):
    signed(session, users, by=Role.TRAINEE)
    task = Task.objects.get(kind="countersign")
    with pytest.raises(PermissionDenied):
        signing.countersign(Session.objects.get(), users[Role.TRAINEE])
    signing.countersign(Session.objects.get(), users[Role.INJECTOR])
    task.refresh_from_db()
    assert task.state == "done"
    assert [v.kind for v in Session.objects.get().versions.all()] == ["signed", "countersigned"]


def test_the_last_session_is_history_of_the_next_visit(session, users, visit):
    signed(session, users)
    later = Visit(patient=visit.patient, episode=visit.episode, on=ON + timedelta(days=1), kind="review")
    later.save()
    Assessment(visit=later, after=session, benefit_percent=Decimal(60), faded_week=Decimal("10.5")).save()
    SideEffect(visit=later, session=session, kind="dysphagia", grade=1, from_day=8, to_day=20).save()
    case = bridge.case_of(Visit.objects.get(pk=later.pk), product=PRODUCT)
    last = case.last_session
    assert last is not None
    assert last.total.units == 100
    assert {(g.muscle, g.side.value, g.dose.units) for g in last.given} == {
        ("sternocleidomastoid", "right", Decimal(40)),
        ("splenius_capitis", "left", Decimal(60)),
    }
    assert (last.benefit_percent, last.faded_week) == (Decimal(60), Decimal("10.5"))
    assert last.side_effects[0].to_day == 20
    assert parse_case(write_case(case)) == case


def test_toxin_elsewhere_is_asked_of_the_ledger(visit, patient):
    ToxinLedgerEntry(
        patient=patient, source="patient", on=date(2026, 10, 1), product=PRODUCT, units=Decimal(155),
        indication="migraine", clinic="Dr Someone, Main Street",
    ).save()  # fmt: skip
    case = bridge.case_of(visit)
    other = case.safety.other_toxin[0]
    assert other.dose is not None
    assert (other.dose.units, other.indication.value) == (Decimal(155), "migraine")
    assert "Someone" not in write_case(case)


def test_a_kept_plan_is_computed_again_and_compared(session):
    visit = Visit.objects.get()
    kept = bridge.stored_check(visit, bridge.plan_of(session))
    record = PlanRecord.objects.get(pk=kept.record.pk)
    found = bridge.replay(record)
    assert (found.intact, found.same, found.differs) == (True, True, ())
    assert "Erin" not in record.case_document
    record.level = "allow"
    with pytest.raises(Kept):
        record.save()


@pytest.mark.parametrize("units", ["39960", "1e6", "-1"])
def test_an_absurd_dose_is_refused_by_the_row_with_limit_and_source(session, units):
    line = session.lines.first()
    line.planned_units = Decimal(units)
    with pytest.raises(ValidationError, match=r"expected 0 to 100 Units: label: botox"):
        line.save()
    assert session.lines.first().planned_units == Decimal(40)


def test_an_absurd_dose_is_refused_by_the_gate(session):
    plan = bridge.plan_of(session)
    absurd = replace(plan, injections=(replace(plan.injections[0], dose=Dose.of(39960, PRODUCT)),))
    assert bridge.stored_check(Visit.objects.get(), absurd).record.level == "refuse"


def received(count=1, units="100", expiry=date(2028, 1, 1), **more):
    return keeping.receive(
        product=PRODUCT, number="C1234", expiry=expiry, vial_units=Decimal(units), count=count, on=ON, **more
    )


def test_a_vial_always_adds_up(db, acting, session):
    chance = np.random.default_rng(7)
    vials = received(count=3)
    for vial in vials:
        keeping.open_vial(vial.pk, on=ON)
    for _ in range(60):
        vial = vials[chance.integers(len(vials))]
        try:
            units = Decimal(int(chance.integers(400))) / 10
            keeping.draw(vial.pk, units, session=session.pk, patient=session.visit.patient_id)
        except ValidationError:
            pass
    keeping.waste(vials[0].pk, reason="end of day") if Vial.objects.get(pk=vials[0].pk).left else None
    for vial in Vial.objects.all():
        assert vial.drawn + vial.wasted + vial.left == vial.contents
        drawn = sum(m.units for m in Movement.objects.filter(vial=vial, kind="drawn"))
        assert drawn == vial.drawn


def test_the_database_holds_a_vials_sum(db, acting):
    vial = received()[0]
    vial.left = Decimal(90)
    with pytest.raises(IntegrityError), transaction.atomic():
        vial.save()


def test_an_opened_vial_is_never_unopened(db, acting):
    vial = keeping.open_vial(received()[0].pk, on=ON)
    vial.state = "unopened"
    with pytest.raises(ValidationError):
        vial.save()


def test_an_expired_recalled_or_foreign_vial_is_not_opened(db, acting, patient):
    from collis_clinic.stock.models import Recall

    vial = received(expiry=ON + timedelta(days=1))[0]
    with pytest.raises(ValidationError):
        keeping.open_vial(vial.pk, on=ON + timedelta(days=2))
    bound = received(expiry=ON + timedelta(days=1), bound_to=patient.pk)[0]
    with pytest.raises(ValidationError):
        keeping.open_vial(bound.pk, on=ON)
    Recall(lot=vial.lot, notice="called back", on=ON).save()
    with pytest.raises(ValidationError):
        keeping.open_vial(vial.pk, on=ON)


def test_a_lot_leads_to_its_patients_and_a_line_to_its_lots_in_one_query(session, django_assert_num_queries):
    vial = received()[0]
    made = Preparation(session=session, product=PRODUCT)
    made.save()
    PreparationVial(preparation=made, vial=vial).save()
    with django_assert_num_queries(1):
        assert list(recall.patients_of_lot(vial.lot_id)) == [session.visit.patient]
    line = session.lines.first()
    with django_assert_num_queries(1):
        assert [lot.number for lot in recall.lots_of_line(line)] == ["C1234"]


def test_a_double_submit_makes_one_visit(visit):
    Visit(patient=visit.patient, episode=visit.episode, on=ON, kind="peak", once="token").save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit(patient=visit.patient, episode=visit.episode, on=ON, kind="review", once="token").save()


def test_no_model_of_the_record_lets_its_rows_go_with_another():
    from django.apps import apps
    from django.db import models

    for model in apps.get_models():
        if not model.__module__.startswith(
            ("collis_clinic.records", "collis_clinic.stock", "collis_clinic.audit")
        ):
            continue
        for field in model._meta.concrete_fields:
            if field.is_relation and model.__name__ != "IdentityToken":
                assert getattr(field.remote_field, "on_delete", None) is models.PROTECT, field
