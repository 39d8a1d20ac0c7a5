"""Stock through its pages: received, opened, wasted, expired, recalled; nothing appears or vanishes."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from collis_clinic.access.roles import Role
from collis_clinic.records.models import Preparation, PreparationVial, Session, Task
from collis_clinic.records.recall import patients_of_lot
from collis_clinic.stock import keeping
from collis_clinic.stock.models import Lot, Movement, Recall, Vial
from tests.clinic.giving_steps import PRODUCT, received, token

CODE = "(01)09501101530003(17)280630(10)A12345"


def form(**fields):
    return {
        "token": token(), "act": "keep", "product": PRODUCT, "number": "A12345", "expiry": "2028-06-30",
        "vial_units": "200", "count": "3", "brand": "BOTOX", **fields,
    }  # fmt: skip


def test_a_carton_is_read_checked_and_received(signed_in):
    client = signed_in(Role.NURSE)
    page = client.post(reverse("stock-receive"), {"act": "scan", "gs1": CODE}).content.decode()
    assert "A12345" in page
    assert "2028-06-30" in page
    assert client.post(reverse("stock-receive"), form(gtin="09501101530003")).status_code == 302
    assert Vial.objects.filter(state="unopened").count() == 3
    again = client.post(reverse("stock-receive"), {"act": "scan", "gs1": CODE}).content.decode()
    assert "same article as" in again


@pytest.mark.parametrize(
    "wrong",
    [{"vial_units": "-1"}, {"vial_units": "NaN"}, {"count": "0"}, {"count": "999"}, {"expiry": "2020-01-01"},
     {"expiry": "soon"}, {"product": "water"}, {"number": ""}, {"patient_code": "P-NOBODY"}],
)  # fmt: skip
def test_what_cannot_be_is_not_received(signed_in, wrong):
    answer = signed_in(Role.NURSE).post(reverse("stock-receive"), form(**wrong))
    assert answer.status_code == 422
    assert not Vial.objects.exists()


def test_a_receipt_sent_twice_is_one_receipt(signed_in):
    client, fields = signed_in(Role.NURSE), form()
    for _ in range(3):
        client.post(reverse("stock-receive"), fields)
    assert Vial.objects.count() == 3


@pytest.mark.parametrize(
    "role", [Role.BILLER, Role.TRAINEE, Role.RESEARCHER, Role.ADMINISTRATOR, Role.PATIENT]
)
def test_others_receive_and_recall_nothing(signed_in, role):
    lot = received(on=timezone.localdate())
    client = signed_in(role)
    assert client.post(reverse("stock-receive"), form()).status_code == 403
    assert (
        client.post(reverse("stock-recall", args=[lot.pk]), {"token": token(), "notice": "x"}).status_code
        == 403
    )


def test_a_vial_is_written_off_with_a_reason_and_stays(signed_in):
    received(on=timezone.localdate())
    client, vial = signed_in(Role.NURSE), Vial.objects.first()
    url = reverse("stock-waste", args=[vial.pk])
    assert client.post(url, {"token": token(), "reason": " "}).status_code == 422
    assert client.post(url, {"token": token(), "reason": "dropped"}).status_code == 302
    vial.refresh_from_db()
    assert (vial.state, vial.wasted, vial.left) == ("wasted", 200, 0)
    assert Movement.objects.get(kind="wasted").reason == "dropped"


def test_a_recall_finds_its_patients_once_each_and_stops_opening(
    signed_in, session, django_assert_num_queries
):
    today = timezone.localdate()
    lot, made = received(3, on=today), Preparation(session=session, product=PRODUCT)
    made.save()
    for vial in list(Vial.objects.all())[:2]:
        PreparationVial(preparation=made, vial=keeping.open_vial(vial.pk, on=today)).save()
    with django_assert_num_queries(1):
        assert list(patients_of_lot(lot.pk)) == [session.visit.patient]
    client = signed_in(Role.NURSE)
    url = reverse("stock-recall", args=[lot.pk])
    assert client.post(url, {"token": token(), "notice": ""}).status_code == 422
    client.post(url, {"token": token(), "notice": "stoppers"})
    assert Task.objects.get(kind="call_back").patient == session.visit.patient
    with pytest.raises(ValidationError):
        keeping.open_vial(Vial.objects.get(state="unopened").pk, on=today)
    page = client.get(reverse("stock-lot", args=[lot.pk])).content.decode()
    assert "Example, Erin" in page
    assert "stoppers" in page
    client.post(reverse("stock-recall-close", args=[Recall.objects.get().pk]))
    assert Recall.objects.get().closed_on == today


def test_expired_vials_are_marked_in_one_press(signed_in):
    today = timezone.localdate()
    received(2, on=today - timedelta(days=500), number="OLD")
    signed_in(Role.NURSE).post(reverse("stock-expire"))
    assert set(Vial.objects.values_list("state", flat=True)) == {"expired"}


def test_contents_are_drawn_wasted_or_left_after_many_random_acts(signed_in):
    today, dice = timezone.localdate(), np.random.default_rng(7)
    received(20, on=today)
    everything = list(Vial.objects.all())
    for _ in range(600):
        vial = everything[int(dice.integers(len(everything)))]
        try:
            match int(dice.integers(4)):
                case 0:
                    keeping.open_vial(vial.pk, on=today)
                case 1 | 2:
                    units = Decimal(int(dice.integers(0, 900))) / 10
                    keeping.draw(vial.pk, units, session=uuid.uuid4(), patient=uuid.uuid4())
                case _ if dice.random() < 0.1:
                    keeping.waste(vial.pk, reason="random")
        except ValidationError:
            pass
    for vial in Vial.objects.all():
        assert vial.drawn + vial.wasted + vial.left == vial.contents
        moved = {k: sum(m.units for m in vial.movements.filter(kind=k)) for k in ("drawn", "wasted")}
        assert moved == {"drawn": vial.drawn, "wasted": vial.wasted}


@pytest.mark.parametrize("route", ["stock-list", "stock-lot"])
def test_a_stock_page_asks_no_more_for_more_vials(signed_in, route, django_assert_max_num_queries, session):
    today = timezone.localdate()
    lot = received(60, on=today)
    for number in range(12):
        received(2, on=today, number=f"L{number}")
    client = signed_in(Role.NURSE)
    url = reverse(route, args=[lot.pk] if route == "stock-lot" else [])
    client.get(url)
    with django_assert_max_num_queries(22):
        assert client.get(url).status_code == 200
    assert Lot.objects.count() == 13
    assert Session.objects.count() == 1
