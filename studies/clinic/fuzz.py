"""Fuzzed calls of the interface and fuzzed posts of every form; what each did to the tables and to the trail."""

from __future__ import annotations

import re
import sys
import traceback
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from unittest import SkipTest

import numpy as np
import schemathesis
from django.apps import apps
from django.core.signals import got_request_exception
from django.db import connection
from django.db.models import Count, Sum
from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.urls.converters import UUIDConverter
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from collis_clinic.access.models import BreakGlass, User
from collis_clinic.access.roles import Role
from collis_clinic.audit.context import SYSTEM, acting_as
from collis_clinic.audit.models import AuditEntry
from collis_clinic.audit.recorded import Recorded
from collis_clinic.records import people
from collis_clinic.records.identity import Person
from collis_clinic.records.models import InjectionLine, PlanRecord, Session, Task, Visit
from collis_clinic.stock import keeping
from collis_clinic.stock.models import Lot
from studies.clinic.people_here import DAY, browser_of, open_visits

WILD = (
    "", " ", "0", "-1", "1e308", "NaN", "999999999999", "39960", "12,5", "½", "\0", "a\0b", "\r\n", "x" * 5000,
    "' OR 1=1 --", "<script>alert(1)</script>", "{{ 7*7 }}", "../../etc/passwd", "2026-02-30", "9999-12-31",
    "0001-01-01", "2026-11-10T25:00", "true", "null", "[]", "{}", "٣", "\ufeff", "𝕏", "%00", "on",
)  # fmt: skip
FRESH = 0.7
"""How often a form is read from its page just before it is posted, with its version and its token."""
KIND = "kind of field: "
LEFT_OUT = ("account/", "static/", "api/", "sw.js", "health", "offline")


def work(*, calls: int, posts: int, seed: int) -> dict[str, Any]:
    """Make that many calls and posts; how many answered 500, and how many changed something without an entry."""
    chance = np.random.default_rng(seed)
    known = _known()
    watch = Watch()
    for answer, what in _calls(calls, seed, known, chance):
        watch.after(answer, what, "calls")
    for answer, what in _posts(posts, known, chance):
        watch.after(answer, what, "posts")
    return watch.told()


class Watch:
    """Looks at the tables after every request."""

    def __init__(self) -> None:
        self.rows, self.others, self.entries = _rows(), _others(), _entries()
        self.counted: Counter[str] = Counter()
        self.found: list[str] = []
        self.last = ""
        got_request_exception.connect(self.raised)

    def raised(self, **_: Any) -> None:
        """Note what broke, and where in our own code."""
        kind, error, trace = sys.exc_info()
        ours = [
            f
            for f in traceback.extract_tb(trace)
            if "collis" in f.filename and "site-packages" not in f.filename
        ]
        where = f"{ours[-1].filename.rpartition('/src/')[2]}:{ours[-1].lineno}" if ours else ""
        self.last = f"{kind.__name__ if kind else ''} {str(error)[:120]} {where}"

    def after(self, answer: HttpResponse, what: str, kind: str) -> None:
        """Count one request, and what it left."""
        self.counted[kind] += 1
        self.counted[f"{kind} {answer.status_code // 100}xx"] += 1
        if answer.status_code >= 500:
            self.counted["broken"] += 1
            self.found.append(f"{answer.status_code} {what} {self.last}"[:400])
        rows, others, entries = _rows(), _others(), _entries()
        changes = rows - self.rows
        if changes:
            self.counted[f"{kind} that changed something"] += 1
        if changes > entries - self.entries or (others != self.others and entries == self.entries):
            self.counted["unentered"] += 1
            self.found.append(f"unentered {what}"[:300])
        self.rows, self.others, self.entries = rows, others, entries

    def told(self) -> dict[str, Any]:
        """The counts, and the first findings in words."""
        zero = {"broken": 0, "unentered": 0}
        return {**zero, **self.counted, "found": sorted(set(self.found))[:20]}


def _known() -> dict[str, list[Any]]:
    """A small clinic to be hit: visits with and without a session, a lot, vials, a person."""
    visits = open_visits(6)
    with acting_as(SYSTEM):
        person = people.register(
            Person(surname="Example", given_name="Erin", birth_date=date(1972, 3, 4), record_number="1"),
            region="US",
        )
        session = Session(visit=visits[0], product="onabotulinumtoxinA")
        session.save()
        for position, muscle in enumerate(("splenius_capitis", "levator_scapulae")):
            InjectionLine(
                session=session, position=position, muscle=muscle, side="left", planned_units=Decimal(30)
            ).save()
        vials = keeping.receive(
            product="onabotulinumtoxinA",
            number="L1",
            expiry=date(2028, 1, 1),
            vial_units=Decimal(100),
            count=3,
            on=DAY,
        )
    return {
        "visit": [v.pk for v in visits],
        "patient": [person.pk, *(v.patient_id for v in visits)],
        "vial": [v.pk for v in vials],
        "lot": [Lot.objects.get().pk],
        "session": [session.pk],
    }


def _recorded() -> list[type[Recorded]]:
    return [model for model in apps.get_models() if issubclass(model, Recorded)]


def _rows() -> int:
    """How many times rows were made or changed."""
    return sum(model.objects.aggregate(n=Sum("version"))["n"] or 0 for model in _recorded())


def _others() -> tuple[object, ...]:
    """What is kept outside recorded rows: accounts, identities, emergency access."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), coalesce(sum(length(words)), 0) FROM records_identity")
        identities = cursor.fetchone()
    users = tuple(
        User.objects.order_by("pk").values_list("username", "role", "is_active", "password", "name")
    )
    return (*identities, users, *BreakGlass.objects.aggregate(Count("pk"), Count("reviewed_at")).values())


def _entries() -> int:
    """How many entries of acts, reads left out, stand in the trail."""
    return AuditEntry.objects.exclude(action="read").count()


def _calls(
    count: int, seed: int, known: dict[str, list[Any]], chance: np.random.Generator
) -> Iterator[tuple[HttpResponse, str]]:
    """Cases of schemathesis for each operation of the document, good and bad, sent to known and unknown rows."""
    client = browser_of(Role.INJECTOR)
    document = client.get("/api/openapi.json").json()
    schema: Any = schemathesis.openapi.from_dict(document)
    operations = [found.ok() for found in schema.get_all_operations()]
    each = max(1, count // (2 * len(operations)))
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            for case in _drawn(operation.as_strategy(generation_mode=mode), each, seed):
                yield _send(client, case, known, chance), f"{case.method} {case.path} {str(case.body)[:160]}"


def _drawn(strategy: Any, count: int, seed: int) -> list[Any]:
    """That many cases of a strategy; none where an operation has nothing to get wrong."""
    cases: list[Any] = []

    @seeded(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def collect(case: Any) -> None:
        cases.append(case)

    with suppress(Unsatisfiable, SkipTest):
        collect()
    return cases


def _send(
    client: Client, case: Any, known: dict[str, list[Any]], chance: np.random.Generator
) -> HttpResponse:
    asked = case.as_transport_kwargs(base_url="http://localhost")
    path = str(case.path)
    for name, value in (case.path_parameters or {}).items():
        pool = known.get(name, [])
        there = pool[int(chance.integers(len(pool)))] if pool and chance.random() < 0.9 else value
        path = path.replace("{" + name + "}", str(there))
    sent: dict[str, Any] = {"QUERY_STRING": _query(asked.get("params"))}
    if "json" in asked:
        import json

        sent |= {"data": json.dumps(asked["json"]), "content_type": "application/json"}
    elif asked.get("data") is not None:
        raw = asked["data"]
        sent |= {
            "data": raw if isinstance(raw, str | bytes) else str(raw),
            "content_type": str((asked.get("headers") or {}).get("Content-Type", "application/json")),
        }
    answer: Any = client.generic(str(case.method).upper(), path, **sent)
    return answer  # type: ignore[no-any-return]


def _query(params: Any) -> str:
    from urllib.parse import urlencode

    if not params:
        return ""
    return urlencode(params, doseq=True, errors="replace") if hasattr(params, "items") else str(params)


def _pages() -> list[tuple[str, dict[str, Any]]]:
    """Every address of ours as a format string with its converters."""

    def walk(resolver: URLResolver, before: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for entry in resolver.url_patterns:
            route = before + str(entry.pattern)
            if isinstance(entry, URLResolver):
                yield from walk(entry, route)
            elif not any(word in route for word in (*LEFT_OUT, "(?", "^")):
                yield route, dict(getattr(entry.pattern, "converters", {}))

    return list(walk(get_resolver(), ""))


class Fields(HTMLParser):
    """The names in the forms of a page, each with the values it offers."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "option" and self._select:
            self.found[self._select].append(said.get("value", ""))
        if tag in ("input", "select", "textarea", "button") and said.get("name"):
            self.found.setdefault(said["name"], []).append(said.get("value", ""))
            kind = said.get("inputmode") or said.get("type") or tag
            self.found[said["name"]][:0] = [KIND + kind] if len(self.found[said["name"]]) == 1 else []
            self._select = said["name"] if tag == "select" else self._select


def _posts(
    count: int, known: dict[str, list[Any]], chance: np.random.Generator
) -> Iterator[tuple[HttpResponse, str]]:
    """Posts to every address, with the fields its own page shows, filled with what fits and with what does not."""
    pages = _pages()
    roles = (
        Role.INJECTOR,
        Role.INJECTOR,
        Role.NURSE,
        Role.TRAINEE,
        Role.BILLER,
        Role.ADMINISTRATOR,
        Role.PATIENT,
    )
    clients = {role: browser_of(role) for role in set(roles) - {Role.PATIENT}}
    seen: dict[str, dict[str, list[str]]] = {}
    closed: set[str] = set()
    for number in range(count):
        role = roles[int(chance.integers(len(roles)))]
        client = clients.get(role) or Client(SERVER_NAME="localhost", raise_request_exception=False)
        route, converters = pages[number % len(pages)]
        path = "/" + _filled(route, converters, known, chance)
        if route in closed and chance.random() < 0.9:
            route, converters = pages[int(chance.integers(len(pages)))]
            path = "/" + _filled(route, converters, known, chance)
        if route not in seen or chance.random() < FRESH:
            page: Any = client.get(path)
            yield page, f"GET {path} as {role}"
            seen[route] = _fields(page) or seen.get(route, {})
        wild = (0.0, 0.03, 0.4)[int(chance.integers(3))]
        kept = [(name, values) for name, values in seen[route].items() if chance.random() < 0.9]
        form = {name: _value(values, wild, chance) for name, values in kept}
        for name in ("version", "token"):
            form.setdefault(name, str(uuid.uuid4()) if name == "token" else "1")
        answer: Any = client.post(path, form)
        yield answer, f"POST {path} as {role}: {str(form)[:160]}"
        if answer.status_code == 405:
            closed.add(route)
        if number % 20 == 0:
            _learn(known)


def _learn(known: dict[str, list[Any]]) -> None:
    """Rows that the posts have made, for the addresses that name them."""
    for name, model in (("visit", Visit), ("record", PlanRecord), ("number", Task), ("task", Task)):
        known[name] = list(model.objects.order_by("-recorded_at").values_list("pk", flat=True)[:8])
    known["user"] = known["pk"] = list(User.objects.values_list("pk", flat=True)[:8])


def _fields(page: Any) -> dict[str, list[str]]:
    if page.status_code != 200 or "text/html" not in page.headers.get("Content-Type", ""):
        return {}
    reader = Fields()
    reader.feed(page.content.decode("utf-8", "replace"))
    reader.found.pop("csrfmiddlewaretoken", None)
    return reader.found


def _value(values: list[str], wild: float, chance: np.random.Generator) -> str:
    """A value for a field: what it offers, else what fits its kind; now and then what it does not expect."""
    if chance.random() < wild:
        return WILD[int(chance.integers(len(WILD)))]
    kind = next((v.removeprefix(KIND) for v in values if v.startswith(KIND)), "")
    offered = [value for value in values if value and not value.startswith(KIND)]
    if offered and (
        kind in ("hidden", "radio", "checkbox", "select", "submit", "button") or chance.random() < 0.5
    ):
        return offered[int(chance.integers(len(offered)))]
    match kind:
        case "decimal":
            return ("", f"{chance.random() * 30:.1f}")[int(chance.integers(2))]
        case "number" | "numeric":
            return ("", str(int(chance.integers(0, 12))))[int(chance.integers(2))]
        case "date":
            return DAY.isoformat()
        case "datetime-local":
            return f"{DAY.isoformat()}T09:30"
        case "time":
            return "09:30"
        case "select" | "radio" | "checkbox" | "hidden":
            return ""
        case _:
            return ("", "a few words")[int(chance.integers(2))]


def _filled(
    route: str, converters: dict[str, Any], known: dict[str, list[Any]], chance: np.random.Generator
) -> str:
    """An address with its parts filled in: mostly with rows that exist."""

    def one(match: re.Match[str]) -> str:
        name = match[0].strip("<>").rpartition(":")[2]
        kind = converters.get(name)
        if isinstance(kind, UUIDConverter):
            pool = known.get(name) or [pk for rows in known.values() for pk in rows]
            return str(pool[int(chance.integers(len(pool)))] if chance.random() < 0.9 else uuid.uuid4())
        return str(int(chance.integers(1, 9))) if type(kind).__name__ == "IntConverter" else "word"

    return re.sub(r"<[^>]+>", one, route)
