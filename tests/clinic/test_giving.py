"""From the gate to the last site: rules of passing, draw-up, time-out, given against planned."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from collis_clinic.access.models import User
from collis_clinic.access.roles import Role
from collis_clinic.records.models import (
    CheckIn,
    ClinicProfile,
    InjectionLine,
    LabelSignOff,
    Override,
    PlanRecord,
    PreparationVial,
    Session,
    Task,
    Visit,
)
from collis_clinic.records.recall import lots_of_line, patients_of_lot
from collis_clinic.stock.models import Vial
from collis_clinic.visits import giving_rules as rules
from tests.clinic.conftest import ON
from tests.clinic.giving_steps import (
    USUAL,
    checked,
    drawn_up,
    last_site,
    planned,
    received,
    send,
    sites,
    token,
)


@pytest.fixture
def session(visit) -> Session:
    """A draft in three sites that the gate lets pass once it is answered."""
    return planned(visit, *USUAL)


@pytest.fixture
def heavy(visit) -> Session:
    """A draft against which a contraindication stands."""
    CheckIn(visit=visit, infection_at_site="yes").save()
    return planned(visit, *USUAL)


def held(session: Session) -> list[rules.Held]:
    record = PlanRecord.objects.filter(visit=session.visit, kind="check").order_by("-recorded_at").first()
    return rules.held_against(record)


def test_a_plan_is_checked_only_through_the_gate_with_its_record(session, signed_in):
    client = signed_in(Role.INJECTOR)
    found = checked(client, session)
    assert found.state == "checked"
    assert found.plan_record is not None
    assert found.plan_record.kind == "check"
    assert found.checked_by is not None
    assert found.checked_by.role == "injector"
    assert {o.rule for o in Override.objects.all()} == {h.rule for h in held(session)}


def test_an_unanswered_line_leaves_the_plan_a_draft(session, signed_in):
    client = signed_in(Role.INJECTOR)
    send(client, "gate", session, act="check")
    answer = send(client, "gate", session, act="go")
    assert answer.status_code == 422
    assert b"Not answered" in answer.content
    assert Session.objects.get().state == "draft"


def test_a_reason_outside_the_closed_list_or_without_words_is_refused(session, signed_in):
    client = signed_in(Role.INJECTOR)
    send(client, "gate", session, act="check")
    keys = [h.key for h in held(session)]
    for code, words in (("because", "so"), ("patient_informed", " ")):
        answer = send(client, "gate", session, act="answer", keys=keys, reason_code=code, reason=words)
        assert answer.status_code == 422
    assert not Override.objects.exists()


def test_a_trainee_checks_but_does_not_override(session, signed_in):
    client = signed_in(Role.TRAINEE)
    send(client, "gate", session, act="check")
    keys = [h.key for h in held(session)]
    answer = send(
        client, "gate", session, act="answer", keys=keys, reason_code="patient_informed", reason="x"
    )
    assert answer.status_code == 403
    assert not Override.objects.exists()


def test_a_refusal_needs_a_second_name_of_another_person(heavy, signed_in, users):
    session = heavy
    client = signed_in(Role.INJECTOR)
    found = checked(client, session)
    refused = [h for h in held(session) if h.needs_second]
    assert refused, "a contraindication should refuse"
    assert found.state == "draft"
    assert all(h.waits_for_second for h in refused)
    override = refused[0].override
    assert override is not None
    assert client.post(reverse("visits:override-second", args=[override.pk])).status_code == 422
    other = User.objects.create_user("other", "correct horse battery", role="injector", name="Other")
    users[Role.INJECTOR] = other
    second = signed_in(Role.INJECTOR)
    for h in refused:
        assert h.override is not None
        assert second.post(reverse("visits:override-second", args=[h.override.pk])).status_code == 302
    send(second, "gate", session, act="go")
    assert Session.objects.get().state == "checked"


def test_alone_the_refusal_is_retyped_and_reviewed_later(heavy, signed_in):
    ClinicProfile(name="Alone", region="US", solo=True).save()
    session = heavy
    client = signed_in(Role.INJECTOR)
    send(client, "gate", session, act="check")
    one = next(h for h in held(session) if h.needs_second)
    fields = {"act": "answer", "keys": [one.key], "reason_code": "no_alternative", "reason": "tried all"}
    assert send(client, "gate", session, **fields, retyped="yes yes").status_code == 422
    send(client, "gate", session, **fields, retyped=one.said.what)
    row = Override.objects.get()
    assert row.retyped
    assert row.review_due is not None
    assert Task.objects.get(kind="override_review").once == f"override {row.pk}"
    client.post(reverse("visits:override-review", args=[row.pk]), {"note": "was right"})
    assert Task.objects.get(kind="override_review").state == "done"


def test_an_entry_error_is_never_passed_by_anybody(visit, signed_in):
    session = planned(visit, ("splenius_capitis", "left", 1, "60"))
    client = signed_in(Role.INJECTOR)
    found = checked(client, session)
    assert found.state == "draft"
    never = [h for h in held(session) if h.never]
    assert never
    answer = send(client, "gate", session, act="answer", keys=[never[0].key], reason_code="other", reason="x")
    assert answer.status_code == 422
    assert not Override.objects.filter(rule=never[0].rule, level="refuse").exists()


def test_a_limit_made_stricter_here_refuses_below_the_label(session, signed_in, users):
    LabelSignOff(
        product="onabotulinumtoxinA", region="US", entry="products.onabotulinumtoxinA.US.limit.ona_us_total.bound",
        knowledge_version="1", label_revision="1", shipped_value="300", local_value="90",
        by=users[Role.INJECTOR], role_said="lead", on=ON, review_due=ON,
    ).save()  # fmt: skip
    send(signed_in(Role.INJECTOR), "gate", session, act="check")
    local = [h for h in held(session) if h.rule == rules.LOCAL]
    assert len(local) == 1
    assert local[0].needs_second


def test_a_changed_dose_is_checked_again_before_anything_is_drawn(session, signed_in):
    client, lot = signed_in(Role.INJECTOR), received(on=ON)
    checked(client, session)
    line = InjectionLine.objects.first()
    line.planned_units = Decimal(45)
    line.save()
    assert drawn_up(client, session, lot).status_code == 422
    assert Vial.objects.filter(state="opened").count() == 0


def test_a_draw_up_opens_draws_and_names_who(session, signed_in, users):
    client, lot = signed_in(Role.NURSE), received(on=ON)
    checked(signed_in(Role.INJECTOR), session)
    answer = drawn_up(client, session, lot, mixed_by=users[Role.NURSE].pk, checked_by=users[Role.INJECTOR].pk)
    assert answer.status_code == 302
    vial = Vial.objects.get(state="opened")
    assert (vial.drawn, vial.left) == (Decimal(110), Decimal(90))
    made = Session.objects.get().preparation
    assert made.units_per_0_1ml == 10
    assert made.mixed_by.role == "nurse"
    assert list(patients_of_lot(lot.pk)) == [session.visit.patient]
    assert list(lots_of_line(InjectionLine.objects.first())) == [lot]


def test_a_draw_up_sent_twice_opens_one_vial(session, signed_in):
    client, lot = signed_in(Role.INJECTOR), received(on=ON)
    checked(client, session)
    fields = {"token": token(), "act": "save", f"open-{lot.pk}": "1", "diluent_ml": "2", "drawn_units": "110"}
    url = reverse("visits:draw-up", args=[session.visit_id])
    assert {client.post(url, fields).status_code for _ in range(3)} == {302}
    assert Vial.objects.filter(state="opened").count() == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"drawn_units": "500"}, b"less than was drawn"),
        ({"diluent_ml": "999"}, b"at most 100"),
        ({"diluent_ml": "NaN"}, b"expected"),
        ({"drawn_units": "1e308"}, b"expected"),
        ({"drawn_units": "-5"}, b"expected"),
    ],
)
def test_an_impossible_draw_up_is_refused_and_leaves_the_vials(session, signed_in, fields, said):
    client, lot = signed_in(Role.INJECTOR), received(on=ON)
    checked(client, session)
    answer = drawn_up(client, session, lot, **fields)
    assert answer.status_code == 422
    assert said in answer.content
    assert Vial.objects.filter(state="unopened").count() == 2
    assert not PreparationVial.objects.exists()


def test_vials_of_another_patient_recalled_or_expired_are_not_offered(session, signed_in, patient):
    from collis_clinic.stock.models import Recall
    from collis_clinic.visits.giving_drawup import lots_at_hand

    good = received(on=ON)
    old = received(on=ON - timedelta(days=400), number="OLD")
    called = received(on=ON, number="CALLED")
    Recall(lot=called, notice="x", on=ON).save()
    assert list(lots_at_hand(session)) == [good]
    session.visit.supply_route = "patient_vial"
    assert list(lots_at_hand(session)) == []
    assert old.expired_on(ON)


def test_the_carton_code_finds_the_lot_and_a_brought_vial_is_bound(session, signed_in):
    client, lot = signed_in(Role.INJECTOR), received(on=ON)
    checked(client, session)
    answer = send(client, "draw-up", session, act="scan", gs1=f"(17){lot.expiry:%y%m%d}(10)EX1234")
    assert b"scanned" in answer.content
    visit = session.visit
    visit.supply_route = "patient_vial"
    visit.save()
    code = "(17)280331(10)BROUGHT"
    assert b"not in stock" in send(client, "draw-up", session, act="scan", gs1=code).content
    send(client, "draw-up", session, act="receive", gs1=code, vial_units="200", count="1")
    assert Vial.objects.get(lot__number="BROUGHT").bound_to == visit.patient_id
    assert send(client, "draw-up", session, act="scan", gs1="no code").status_code == 422


def test_the_time_out_reads_back_and_needs_the_draw_up(session, signed_in):
    client, lot = signed_in(Role.INJECTOR), received(on=ON)
    checked(client, session)
    said = {"with": "the patient", "read": "yes"}
    assert send(client, "time-out", session, **said).status_code == 422
    drawn_up(client, session, lot)
    page = client.get(reverse("visits:time-out", args=[session.visit_id])).content.decode()
    for word in (
        "Erin",
        "Example",
        "onabotulinumtoxinA",
        "100 Units/mL",
        "EX1234",
        "RIGHT",
        "LEFT",
        "100\xa0Units",
    ):
        assert word in page
    assert send(client, "time-out", session, **{"with": "the patient"}).status_code == 422
    send(client, "time-out", session, **said)
    assert Session.objects.get().time_out_with == "the patient"


def test_what_went_differently_needs_a_reason_and_keeps_both(session, signed_in):
    client, lot = signed_in(Role.INJECTOR), received(on=ON)
    checked(client, session)
    drawn_up(client, session, lot)
    less = sites(session, "20")
    answer = send(client, "given", session, **less)
    assert answer.status_code == 422
    assert b"Why?" in answer.content
    line = last_site(session)
    assert line.given_units is None
    more = {f"why-{line.pk}": "bleeding", f"f-{line.pk}": "active", f"g-{line.pk}": "emg"}
    send(client, "given", session, **{**less, **more})
    line.refresh_from_db()
    assert [line.planned_units, line.given_units, line.given_ml] == [30, 20, Decimal("0.2")]
    assert [line.difference_reason, line.emg_finding, line.ultrasound_finding] == ["bleeding", "active", None]
    assert Session.objects.get().outcome == "given"


def test_a_site_left_out_makes_it_partly_given_with_a_reason(session, signed_in):
    client = signed_in(Role.INJECTOR)
    checked(client, session)
    line = last_site(session)
    fields = {**sites(session, "0"), f"why-{line.pk}": "pain"}
    assert send(client, "given", session, **fields).status_code == 422
    send(client, "given", session, **fields, outcome_reason="the patient felt faint")
    found = Session.objects.get()
    assert (found.outcome, found.outcome_reason) == ("partly", "the patient felt faint")


@pytest.mark.parametrize("units", ["39960", "-1", "NaN", "1e308", "", "12.345"])
def test_an_impossible_dose_given_is_refused(session, signed_in, units):
    client = signed_in(Role.INJECTOR)
    checked(client, session)
    line = last_site(session)
    fields = {**sites(session, units), f"why-{line.pk}": "other"}
    assert send(client, "given", session, **fields).status_code == 422
    line.refresh_from_db()
    assert line.given_units is None
    assert Session.objects.get().given_at is None


def test_a_nurse_does_not_enter_what_was_given(session, signed_in):
    assert send(signed_in(Role.NURSE), "given", session).status_code == 403


def test_a_session_put_off_keeps_its_reason_and_bills_nothing(session, signed_in, users):
    client, lot = signed_in(Role.INJECTOR), received(on=ON)
    checked(client, session)
    drawn_up(client, session, lot)
    assert send(client, "stop", session, outcome="deferred").status_code == 422
    send(client, "stop", session, outcome="deferred", reason="vial", more="dropped", discard="yes")
    found = Session.objects.get()
    assert found.outcome == "deferred"
    assert "dropped" in found.outcome_reason
    vial = Vial.objects.exclude(wasted=0).get()
    assert vial.drawn + vial.wasted + vial.left == vial.contents
    send(client, "sign", session)
    found.refresh_from_db()
    assert found.is_signed
    assert Visit.objects.get().state == "deferred"
    biller = signed_in(Role.BILLER)
    page = biller.get(reverse("visits:claim", args=[session.visit_id]))
    assert b"nothing to claim" in page.content
