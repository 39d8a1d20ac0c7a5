"""The trail: written with the change or not at all, chained, and telling of every edit behind its back."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, contextmanager
from datetime import date

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction

from collis_clinic.audit import chain, entries, guards
from collis_clinic.audit.context import SYSTEM, NobodyActs, acting_as
from collis_clinic.audit.models import AuditEntry, AuditSeal
from collis_clinic.audit.recorded import Conflict, Kept
from collis_clinic.records import people
from collis_clinic.records.identity import Person
from collis_clinic.records.models import Patient, Task

SQLITE = "sqlite" in settings.DATABASES["default"]["ENGINE"]
TABLE = AuditEntry._meta.db_table


@contextmanager
def behind():
    """The database opened by another programme, its guards taken down."""
    guards.take_down()
    try:
        with behind_guarded() as run:
            yield run
    finally:
        guards.put_up()


@contextmanager
def behind_guarded():
    if SQLITE:
        with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=5)) as opened:

            def run(sql: str) -> None:
                opened.execute(sql)
                opened.commit()

            yield run
    else:
        with connection.cursor() as cursor:
            yield cursor.execute


@pytest.fixture
def trail(transactional_db, acting):
    """Five sealed entries and nothing wrong."""
    for _ in range(5):
        Patient(region="US").save()
    chain.seal()
    assert chain.verify().sound
    return list(AuditEntry.objects.values_list("number", flat=True))


def test_a_sound_trail_has_no_findings(trail):
    found = chain.verify()
    assert (found.sealed, found.waiting, found.findings) == (5, 0, ())


@pytest.mark.parametrize("which", [0, 4])
def test_an_edited_entry_is_found(trail, which):
    for column in (
        "actor",
        "role",
        "action",
        "object_id",
        "subject",
        "reason",
        "at",
        "request_id",
        "after",
        "mac",
    ):
        value = "2020-01-01 00:00:00+00:00" if column == "at" else "changed"
        stood = AuditEntry.objects.values_list(column, flat=True).get(number=trail[which])
        stood = str(stood).removesuffix("+00:00") if SQLITE else stood
        with behind() as run:
            run(f"UPDATE {TABLE} SET {column} = '{value}' WHERE number = {trail[which]}")
        assert trail[which] in [f.number for f in chain.verify().findings], column
        with behind() as run:
            run(f"UPDATE {TABLE} SET {column} = '{stood}' WHERE number = {trail[which]}")
    assert chain.verify().sound


@pytest.mark.parametrize("which", [0, 4])
def test_a_removed_entry_is_found(trail, which):
    with behind() as run:
        run(f"DELETE FROM audit_auditseal WHERE entry_id = {trail[which]}")
        run(f"DELETE FROM {TABLE} WHERE number = {trail[which]}")
    assert not chain.verify().sound


def test_a_tail_cut_off_with_its_seals_is_found_by_the_head_outside(trail):
    with behind() as run:
        run(f"DELETE FROM audit_auditseal WHERE entry_id >= {trail[3]}")
        run(f"DELETE FROM {TABLE} WHERE number >= {trail[3]}")
        if SQLITE:
            run(f"UPDATE sqlite_sequence SET seq = {trail[2]} WHERE name = '{TABLE}'")
    assert "cut off" in " ".join(f.what for f in chain.verify().findings)


def test_an_entry_edited_before_it_is_sealed_is_found(transactional_db, acting):
    Patient(region="US").save()
    with behind() as run:
        run(f"UPDATE {TABLE} SET actor = 'another'")
    assert not chain.verify().sound
    chain.seal()
    assert not chain.verify().sound


@pytest.mark.skipif(not SQLITE, reason="numbers run without a gap on SQLite only")
def test_an_entry_removed_before_it_is_sealed_is_found(transactional_db, acting):
    Patient(region="US").save()
    Patient(region="US").save()
    with behind() as run:
        run(f"DELETE FROM {TABLE} WHERE number = (SELECT max(number) FROM {TABLE})")
    assert not chain.verify().sound


def test_a_guard_taken_down_is_found(trail):
    guards.take_down()
    try:
        assert any("guard" in f.what for f in chain.verify().findings)
    finally:
        guards.put_up()


def test_the_database_itself_refuses(trail):
    for sql in (
        f"UPDATE {TABLE} SET actor = 'x'",
        f"DELETE FROM {TABLE}",
        "UPDATE audit_auditseal SET digest = 'x'",
        "DELETE FROM audit_auditseal",
        "DELETE FROM records_patient",
    ):
        with pytest.raises((DatabaseError, sqlite3.Error)), behind_guarded() as run:
            run(sql)
    assert chain.verify().sound


@pytest.mark.skipif(not SQLITE, reason="SQLite's own ways")
def test_sqlite_takes_entries_only_above_the_last_number(trail):
    columns = ", ".join(str(f.column) for f in AuditEntry._meta.concrete_fields if f.name != "number")
    before = list(AuditEntry.objects.values_list("number", "mac"))
    for verb in ("INSERT OR REPLACE", "INSERT", "INSERT OR IGNORE"):
        for at in (trail[0], trail[-1], -7):
            copied = f"{verb} INTO {TABLE} (number, {columns}) SELECT {at}, {columns} FROM {TABLE} LIMIT 1"
            with pytest.raises(sqlite3.Error), behind_guarded() as run:
                run(copied)
    assert list(AuditEntry.objects.values_list("number", "mac")) == before


@pytest.mark.skipif(SQLITE, reason="PostgreSQL's own way")
def test_postgres_refuses_to_truncate(trail):
    for table in (TABLE, "audit_auditseal", "records_patient"):
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")


def test_a_change_whose_entry_cannot_be_written_is_undone(transactional_db, acting, monkeypatch):
    def fails(*_args, **_kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr(AuditEntry.objects, "bulk_create", fails)
    with pytest.raises(DatabaseError):
        Patient(region="US").save()
    assert not Patient.objects.exists()


def test_an_entry_outside_a_transaction_is_refused(transactional_db, acting):
    with pytest.raises(entries.OutsideTransaction):
        entries.enter(entries.Happening(action="x", kind="y"))


def test_nobody_writes_nothing(transactional_db):
    with pytest.raises(NobodyActs):
        Patient(region="US").save()
    assert not Patient.objects.exists()


def test_what_is_rolled_back_leaves_no_entry(transactional_db, acting):
    def change() -> None:
        with transaction.atomic():
            Patient(region="US").save()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    assert not AuditEntry.objects.exists()
    chain.seal()
    assert chain.verify().sound


def test_an_entry_names_fields_and_never_values(patient):
    people.correct(
        patient, Person(surname="Secret", given_name="Name", record_number="MRN 77"), reason="married"
    )
    text = " ".join(str(vars(entry)) for entry in AuditEntry.objects.all())
    for word in ("Secret", "MRN 77", "Example", "Erin", "1972"):
        assert word not in text
    assert "surname" in AuditEntry.objects.filter(action="change").get().fields


def test_a_row_saved_unchanged_writes_nothing(patient):
    before = AuditEntry.objects.count()
    Patient.objects.get(pk=patient.pk).save()
    assert AuditEntry.objects.count() == before


def test_the_second_of_two_people_is_told_and_nothing_is_lost(patient):
    task = Task(patient=patient, kind="review", due_from=date(2026, 1, 1), due_to=date(2026, 1, 2))
    task.save()
    mine, theirs = Task.objects.get(pk=task.pk), Task.objects.get(pk=task.pk)
    theirs.result = "called"
    theirs.save()
    mine.result = "written"
    with pytest.raises(Conflict) as told:
        mine.save()
    assert [vars(row)["result"] for row in (told.value.mine, told.value.theirs)] == ["written", "called"]
    assert Task.objects.get(pk=task.pk).result == "called"
    with pytest.raises(Conflict):
        mine.expect(2)


def test_nothing_is_deleted_or_changed_in_passing(patient):
    ways = (
        patient.delete,
        Patient.objects.all().delete,
        lambda: Patient.objects.update(region="EU"),
        lambda: Patient.objects.bulk_update([patient], ["region"]),
    )
    for way in ways:
        with pytest.raises(Kept):
            way()


def test_rows_made_in_bulk_have_their_entries(db, acting):
    Patient.objects.bulk_create([Patient(region="US"), Patient(region="EU")], reason="imported")
    assert AuditEntry.objects.filter(kind="records.patient", reason="imported").count() == 2


def test_every_kept_table_forbids_its_delete_or_says_why_not():
    from django.apps import apps

    ours = [
        m for m in apps.get_models() if m.__module__.startswith("collis_clinic.") and not m._meta.abstract
    ]
    bare = {m._meta.label_lower for m in ours if getattr(m, "guard", guards.Guard.NONE) is guards.Guard.NONE}
    assert bare == {
        "access.user",  # disabled, not deleted; rows point at it
        "access.breakglass",  # its acts stand in the trail
        "jobs.done",
        "jobs.lease",
        "records.identity",  # erased when a person asks for it
        "records.identitytoken",
    }


def test_sealing_twice_seals_once(trail):
    chain.seal()
    chain.seal()
    assert AuditSeal.objects.count() == 5


def test_a_head_not_yet_written_outside_is_written_by_the_next_seal(trail, settings):
    settings.PLACE.audit_head.unlink()
    assert not chain.verify().sound
    chain.seal()
    assert chain.verify().sound


def test_many_writers_and_sealers_at_once_make_one_chain(transactional_db):
    def write() -> None:
        try:
            with acting_as(SYSTEM):
                for _ in range(10):
                    Patient(region="US").save()
                    chain.seal(wait=False)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    chain.seal()
    found = chain.verify()
    assert found.findings == ()
    assert found.sealed == 40
