"""A large clinic in PostgreSQL, made with bulk SQL: patients, visits, signed sessions, tasks, appointments, entries."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils import timezone

from collis_clinic.access.models import User
from collis_clinic.access.roles import Role
from collis_clinic.audit.context import SYSTEM, acting_as
from collis_clinic.records import identity
from collis_clinic.records.identity import Person
from collis_clinic.records.models import InjectionLine, PlanRecord, Session, Visit
from collis_clinic.stock import keeping
from collis_clinic.stock.models import Lot, Vial
from studies.clinic.people_here import browser_of, open_visits

BY = "study"
SURNAMES = ("Example", "Sample", "Muster", "Specimen", "Placeholder", "Instance", "Model", "Pattern")

SQL = """
INSERT INTO records_patient (id, version, recorded_at, recorded_by, code, region, sex, restricted)
SELECT md5('p' || n)::uuid, 1, now(), %(by)s, 'P-' || lpad(n::text, 8, '0'), 'US', 'female', false
FROM generate_series(1, %(patients)s) n;
INSERT INTO records_episode (id, version, recorded_at, recorded_by, patient_id, indication, lead_id, started_on)
SELECT md5('e' || n)::uuid, 1, now(), %(by)s, md5('p' || n)::uuid, 'cervical_dystonia', %(lead)s,
       current_date - 4000
FROM generate_series(1, %(patients)s) n;
INSERT INTO records_visit (id, version, recorded_at, recorded_by, patient_id, episode_id, kind, "on",
       state, injector_id, age_years)
SELECT md5('v' || s)::uuid, 1, now(), %(by)s, md5('p' || (s %% %(patients)s + 1))::uuid,
       md5('e' || (s %% %(patients)s + 1))::uuid, 'session',
       current_date - 90 - (s / %(patients)s) * 91 - s %% 61, 'closed', %(lead)s, 54
FROM generate_series(0, %(sessions)s - 1) s;
INSERT INTO records_session (id, version, recorded_at, recorded_by, visit_id, state, outcome, product,
       plan_name, plan_origin,
       given_at, signed_at, signed_by_id)
SELECT md5('s' || s)::uuid, 1, now(), %(by)s, md5('v' || s)::uuid, 'signed', 'given', 'onabotulinumtoxinA',
       'typed', 'typed',
       now(), now(), %(lead)s
FROM generate_series(0, %(sessions)s - 1) s;
INSERT INTO records_injectionline (id, version, recorded_at, recorded_by, session_id, position, muscle,
       side, site,
       planned_units, planned_guidance, given_units, guidance, dropped)
SELECT md5('l' || s || l.muscle)::uuid, 1, now(), %(by)s, md5('s' || s)::uuid, l.position, l.muscle, l.side, 1,
       3000 + 100 * (s %% 10), 'emg', 3000 + 100 * (s %% 10), 'emg', false
FROM generate_series(0, %(sessions)s - 1) s,
     (VALUES (0, 'splenius_capitis', 'left'), (1, 'sternocleidomastoid', 'right'), (2, 'levator_scapulae',
       'left'),
             (3, 'trapezius_upper', 'left')) AS l (position, muscle, side);
INSERT INTO records_sessionversion (id, version, recorded_at, recorded_by, session_id, number, kind,
       document, digest, by_id, at)
SELECT md5('n' || s)::uuid, 1, now(), %(by)s, md5('s' || s)::uuid, 1, 'signed', '{"format": 1}'::jsonb,
       repeat('0', 64), %(lead)s,
       now()
FROM generate_series(0, %(sessions)s - 1) s;
INSERT INTO records_toxinledgerentry (id, version, recorded_at, recorded_by, patient_id, source,
       version_of_id, "on", product, units,
       indication, in_neck)
SELECT md5('t' || s)::uuid, 1, now(), %(by)s, md5('p' || (s %% %(patients)s + 1))::uuid, 'session',
       md5('n' || s)::uuid,
       current_date - 90 - (s / %(patients)s) * 91 - s %% 61, 'onabotulinumtoxinA',
       4 * (3000 + 100 * (s %% 10)), 'cervical_dystonia', 'yes'
FROM generate_series(0, %(sessions)s - 1) s;
INSERT INTO records_assessment (id, version, recorded_at, recorded_by, visit_id, after_id, benefit_percent,
       onset_day, faded_week)
SELECT md5('a' || s)::uuid, 1, now(), %(by)s, md5('v' || s)::uuid, md5('s' || (s + %(patients)s))::uuid,
       600, 6, 110
FROM generate_series(0, %(sessions)s - %(patients)s - 1) s;
INSERT INTO records_appointment (id, version, recorded_at, recorded_by, patient_id, episode_id, kind,
       starts_at, minutes, state)
SELECT md5('d' || n)::uuid, 1, now(), %(by)s, md5('p' || n)::uuid, md5('e' || n)::uuid, 'session',
       date_trunc('day',
       now()) + (n / 40) * interval '1 day' + (n %% 40) * interval '12 minutes' + interval '8 hours', 20,
       'booked'
FROM generate_series(1, %(patients)s) n;
INSERT INTO records_task (id, version, recorded_at, recorded_by, patient_id, kind, due_from, due_to, role,
       state)
SELECT md5('k' || n)::uuid, 1, now(), %(by)s, md5('p' || n)::uuid, 'review', current_date - 5 + n / 50,
       current_date + n / 50,
       'nurse', CASE WHEN n %% 3 = 0 THEN 'done' ELSE 'open' END
FROM generate_series(1, %(patients)s) n;
INSERT INTO audit_auditentry (at, actor, role, action, kind, object_id, subject, fields, before, after,
       reason, request_id, mac)
SELECT now(), %(by)s, 'injector', 'sign', 'records.session', md5('s' || s)::uuid::text,
       md5('p' || (s %% %(patients)s + 1))::uuid::text,
       '["state"]'::jsonb, '', '', '', '', ''
FROM generate_series(0, %(sessions)s - 1) s;
ANALYZE;
"""


def work(*, patients: int, sessions: int, seed: int) -> dict[str, Any]:
    """Fill the tables; cookies of a signed-in injector and administrator, and rows to open. On SQLite only a few."""
    chance = np.random.default_rng(seed)
    with acting_as(SYSTEM):
        lead = User.objects.create_user("lead", None, role=Role.INJECTOR.value, name="The lead")
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(SQL, {"by": BY, "patients": patients, "sessions": sessions, "lead": lead.pk})
                _identities(cursor, patients, chance)
        else:  # a few, to try the way
            for visit in open_visits(patients):
                Session(visit=visit, product="onabotulinumtoxinA").save()
        vials = keeping.receive(
            product="onabotulinumtoxinA",
            number="L1",
            expiry=date(2028, 1, 1),
            vial_units=Decimal(100),
            count=200,
            on=timezone.localdate(),
        )
    opened = open_visits(1)[0]
    Visit.objects.get(pk=opened.pk)
    return {
        "cookie": browser_of(Role.INJECTOR).cookies[settings.SESSION_COOKIE_NAME].value,
        "administrator": browser_of(Role.ADMINISTRATOR).cookies[settings.SESSION_COOKIE_NAME].value,
        "cookie_name": settings.SESSION_COOKIE_NAME,
        "visit": [str(pk) for pk in _some(Visit, chance)],
        "patient": [
            str(pk)
            for pk in Visit.objects.filter(pk__in=_some(Visit, chance)).values_list("patient_id", flat=True)
        ],
        "session": [str(pk) for pk in _some(Session, chance)],
        "line": [str(pk) for pk in _some(InjectionLine, chance)],
        "vial": [str(vial.pk) for vial in vials[:20]],
        "lot": [str(pk) for pk in Lot.objects.values_list("pk", flat=True)],
        "counts": {
            model.__name__: model.objects.count()
            for model in (Visit, Session, InjectionLine, Vial, PlanRecord)
        },
        "pages": _pages(),
    }


def _some(model: Any, chance: np.random.Generator) -> list[uuid.UUID]:
    """Forty rows from everywhere in the table."""
    first = uuid.UUID(int=int.from_bytes(chance.bytes(16), "big"))
    found = list(model.objects.filter(pk__gte=first).order_by("pk").values_list("pk", flat=True)[:40])
    return found or list(model.objects.order_by("pk").values_list("pk", flat=True)[:40])


def _identities(cursor: Any, patients: int, chance: np.random.Generator) -> None:
    """A person behind each patient, encrypted and indexed as ever."""
    cursor.execute("SELECT id FROM records_patient ORDER BY code LIMIT %s", [patients])
    numbers = [row[0] for row in cursor.fetchall()]
    with cursor.copy("COPY records_identity (id, patient_id, wrapped_key, words) FROM STDIN") as people:
        persons = {}
        for n, patient in enumerate(numbers):
            person = Person(
                surname=f"{SURNAMES[int(chance.integers(len(SURNAMES)))]}{n % 5000}",
                given_name="Erin",
                birth_date=date(1940 + n % 60, 1 + n % 12, 1 + n % 28),
                record_number=f"MRN {n}",
            )
            sealed = identity.seal(person, patient)
            persons[patient] = person
            people.write_row((patient, patient, sealed.wrapped_key, sealed.words))
    with cursor.copy("COPY records_identitytoken (identity_id, kind, token) FROM STDIN") as tokens:
        for patient, person in persons.items():
            for kind, token in identity.tokens(person).items():
                tokens.write_row((patient, kind, token))
    cursor.execute("ANALYZE")


def _pages() -> list[list[Any]]:
    """Every address of ours that a reader may open, with the names of its parts."""
    from studies.clinic.fuzz import _pages as addresses

    return [
        [route, {name: type(kind).__name__ for name, kind in parts.items()}] for route, parts in addresses()
    ]
