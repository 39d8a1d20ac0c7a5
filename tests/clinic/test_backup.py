"""A backup restored into an empty database is the same clinic, with the same trail, and without who was erased."""

from __future__ import annotations

import json
import stat
import zipfile
from pathlib import Path

import pytest
from django.conf import settings as clinic_settings
from django.db import connection, models

from collis.errors import BadInput
from collis_clinic.access.roles import Role
from collis_clinic.audit import chain, guards
from collis_clinic.records import backup, people
from collis_clinic.records.identity import Person
from collis_clinic.records.models import InjectionLine, Patient
from collis_clinic.secrets import FILES, FOLDER, UnsafeKeys, keys_from
from tests.clinic.conftest import ON
from tests.clinic.giving_steps import USUAL, checked, drawn_up, planned, received, send, sites

pytestmark = pytest.mark.django_db(transaction=True)


def everything() -> dict[str, list[bytes]]:
    """Every row of every kept table."""
    return {m._meta.label_lower: list(backup.lines_of(m)) for m in backup.kept_models()}


def empty_the_tables() -> None:
    guards.take_down()
    try:
        with connection.constraint_checks_disabled(), connection.cursor() as cursor:
            for model in backup.kept_models():
                table = connection.ops.quote_name(model._meta.db_table)
                if connection.vendor == "postgresql":
                    cursor.execute(f"TRUNCATE {table} CASCADE")
                else:
                    cursor.execute(f"DELETE FROM {table}")
    finally:
        guards.put_up()


@pytest.fixture
def clinic(visit, signed_in, users, tmp_path, settings) -> Path:
    """A clinic with a signed session and its keys where they belong."""
    folder = tmp_path / FOLDER
    folder.mkdir(mode=0o700)
    for name in FILES:
        (folder / name).write_bytes((clinic_settings.KEYS.audit.hex() + "\n").encode())
        (folder / name).chmod(0o600)
    client, session, lot = signed_in(Role.INJECTOR), planned(visit, *USUAL), received(on=ON)
    checked(client, session)
    drawn_up(client, session, lot)
    send(client, "given", session, **sites(session))
    send(client, "sign", session)
    chain.seal()
    place: Path = tmp_path
    return place


def test_a_backup_restores_to_the_same_clinic(clinic):
    before = everything()
    made = backup.backup(clinic / "out")
    assert made.rows == sum(map(len, before.values()))
    empty_the_tables()
    assert not Patient.objects.exists()
    assert backup.restore(made.data) == made.rows
    assert everything() == before
    chain.seal()
    assert chain.verify().sound
    assert guards.missing() == []
    sides = {(x.muscle, x.side, x.given_units) for x in InjectionLine.objects.all()}
    assert ("splenius_capitis", "left", 30) in sides
    person = people.person_of(Patient.objects.get())
    assert person is not None
    assert person.surname == "Example"


def test_rows_made_after_a_restore_get_numbers_of_their_own(clinic, acting):
    made = backup.backup(clinic / "out")
    empty_the_tables()
    backup.restore(made.data)
    people.register(Person(surname="Next", given_name=""), region="US")
    chain.seal()
    assert chain.verify().sound


def test_whoever_was_erased_since_stays_erased(clinic, acting):
    made = backup.backup(clinic / "out")
    people.erase(Patient.objects.get(), reason="asked")
    empty_the_tables()
    backup.restore(made.data)
    assert people.person_of(Patient.objects.get()) is None


def test_a_backup_holds_no_name_and_is_for_one_pair_of_eyes(clinic):
    made = backup.backup(clinic / "out")
    with zipfile.ZipFile(made.data) as file:
        held = b"".join(file.read(name) for name in file.namelist())
    for word in (b"Example", b"Erin", b"1972-03-04"):
        assert word not in held
    for path in (made.data, made.keys):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for word in json.loads(made.keys.read_text()).values():
        assert word.encode() not in held


def test_a_database_that_is_not_empty_is_left_alone(clinic):
    made, before = backup.backup(clinic / "out"), everything()
    with pytest.raises(BadInput):
        backup.restore(made.data)
    assert everything() == before


def test_a_changed_backup_restores_nothing(clinic):
    made = backup.backup(clinic / "out")
    broken = clinic / "broken.zip"
    with zipfile.ZipFile(made.data) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b'"left"', b'"right"') if "injectionline" in name else content)
    empty_the_tables()
    with pytest.raises((BadInput, Exception)):
        backup.restore(broken)
    assert not Patient.objects.exists()


def test_keys_are_put_back_once_and_never_over_others(clinic, tmp_path):
    made, place = backup.backup(clinic / "out"), tmp_path / "new"
    keys_from(made.keys, place)
    for name in FILES:
        assert (place / FOLDER / name).read_bytes() == (clinic / FOLDER / name).read_bytes()
        assert stat.S_IMODE((place / FOLDER / name).stat().st_mode) == 0o600
    with pytest.raises(UnsafeKeys):
        keys_from(made.keys, place)
    with pytest.raises(UnsafeKeys):
        keys_from(made.data, tmp_path / "other")


def test_every_table_of_ours_is_in_the_backup():
    from django.apps import apps

    ours = {m for m in apps.get_models() if m.__module__.startswith("collis_clinic.")}
    left_out = {m._meta.label_lower for m in ours - set(backup.kept_models())}
    assert left_out == {"jobs.lease"}
    assert all(isinstance(m._meta.pk, models.Field) for m in ours)
