"""A clinic for each test: its own folder, one user of each role, a patient, a visit, a session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.clinic_place import set_up

set_up()

from django.conf import settings as clinic_settings  # noqa: E402 - Django is set up first
from django.db import connections  # noqa: E402
from django.test import Client  # noqa: E402

from collis_clinic.access.models import User  # noqa: E402
from collis_clinic.access.roles import Role  # noqa: E402
from collis_clinic.audit import guards  # noqa: E402
from collis_clinic.audit.context import SYSTEM, Actor, acting_as  # noqa: E402
from collis_clinic.records import people  # noqa: E402
from collis_clinic.records.identity import Person  # noqa: E402
from collis_clinic.records.models import Episode, InjectionLine, Patient, Session, Visit  # noqa: E402

PERSON = Person(
    surname="Example", given_name="Erin", birth_date=date(1972, 3, 4), record_number="MRN 0042", phone="000"
)
ON = date(2026, 11, 10)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite in a file, so that WAL, locks and a second programme are as in the clinic."""
    database = clinic_settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        start = database["OPTIONS"][
            "init_command"
        ]  # nobody pulls the plug of this file: it need not wait for the disk
        database["OPTIONS"]["init_command"] = start.replace("synchronous=FULL", "synchronous=OFF")
        database["TEST"] = {
            **database.get("TEST", {}),
            "NAME": str(tmp_path_factory.mktemp("db") / "test.sqlite3"),
        }


@pytest.fixture(scope="session", autouse=True)
def tables_can_be_emptied_between_tests() -> Iterator[None]:
    """Tests that commit are followed by emptying the tables, which the guards forbid: they rest meanwhile."""
    ops: Any = type(connections["default"].ops)
    flush = ops.execute_sql_flush

    def unguarded(self: object, sql_list: list[str]) -> None:
        guards.take_down()
        try:
            flush(self, sql_list)
            if connections["default"].vendor == "sqlite":  # a fresh clinic counts from 1
                with connections["default"].cursor() as cursor:
                    cursor.execute("DELETE FROM sqlite_sequence")
        finally:
            guards.put_up()

    ops.execute_sql_flush = unguarded
    yield
    ops.execute_sql_flush = flush


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, settings: object) -> None:
    settings.PLACE = replace(clinic_settings.PLACE, data=tmp_path)  # type: ignore[attr-defined]
    settings.STORAGES = {  # type: ignore[attr-defined]
        **clinic_settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]


@pytest.fixture
def acting() -> Iterator[Actor]:
    """The clinic itself acts."""
    with acting_as(SYSTEM) as actor:
        yield actor


@pytest.fixture
def patient(db: None, acting: Actor) -> Patient:
    return people.register(PERSON, region="US", sex="female")


@pytest.fixture
def users(db: None, patient: Patient) -> dict[Role, User]:
    """One user of each role; the patient's account belongs to `patient`."""
    return {
        role: User.objects.create_user(
            f"user-{role}",
            "correct horse battery",
            role=role.value,
            **({"subject": patient.pk} if role is Role.PATIENT else {"name": f"The {role}"}),
        )
        for role in Role
    }


@pytest.fixture
def signed_in(users: dict[Role, User]) -> Callable[[Role], Client]:
    """A browser signed in as a role, second factor set up."""
    from allauth.mfa.models import Authenticator

    def client_of(role: Role, *, factor: bool = True) -> Client:
        client = Client()
        client.force_login(users[role], backend="allauth.account.auth_backends.AuthenticationBackend")
        if factor and role is not Role.PATIENT:
            Authenticator.objects.get_or_create(
                user=users[role], type=Authenticator.Type.TOTP, defaults={"data": {"secret": ""}}
            )
        return client

    return client_of


@pytest.fixture
def visit(patient: Patient) -> Visit:
    episode = Episode(patient=patient, started_on=date(2025, 1, 1))
    episode.save()
    made = Visit(patient=patient, episode=episode, on=ON, age_years=54)
    made.save()
    return made


@pytest.fixture
def session(visit: Visit) -> Session:
    """A draft of two lines."""
    made = Session(visit=visit, product="onabotulinumtoxinA")
    made.save()
    for position, (muscle, side, units) in enumerate(
        [("sternocleidomastoid", "right", "40"), ("splenius_capitis", "left", "60")]
    ):
        InjectionLine(
            session=made, position=position, muscle=muscle, side=side, planned_units=Decimal(units)
        ).save()
    return made
