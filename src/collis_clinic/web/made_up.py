"""A year of made-up patients for the demonstration: nobody in it lives, and no living person's data can join it.

Doses come from the science, not from here; everything is written through the clinic's own doors, day by day, so that
trail, ledger, stock and tasks are what a real year would have left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from collis.errors import BadInput
from collis.knowledge.names import FLAG_KEYS
from collis_clinic import bridge
from collis_clinic.access.models import User
from collis_clinic.access.roles import Role
from collis_clinic.audit.context import SYSTEM, Actor, acting_as
from collis_clinic.bridge import outputs
from collis_clinic.records import models as rows
from collis_clinic.records import people, signing
from collis_clinic.records.identity import Person
from collis_clinic.records.models.visit import QUESTIONS
from collis_clinic.stock import keeping
from collis_clinic.stock.models import Recall, Vial, VialState
from collis_clinic.visits import giving_rules as rules
from collis_clinic.visits.giving_after import notice_poor_response, plan_follow_up
from collis_clinic.visits.giving_drawup import settle

PASSWORD = "nobody here is real"
PATIENTS = 40
PRODUCTS = ("onabotulinumtoxinA",) * 6 + ("incobotulinumtoxinA",) * 2 + ("abobotulinumtoxinA",) * 2
BRANDS = {"onabotulinumtoxinA": "BOTOX", "incobotulinumtoxinA": "XEOMIN", "abobotulinumtoxinA": "DYSPORT"}
_SURNAMES = (
    "Alder Ashgrove Barley Beechwood Birchall Bramble Briar Cedar Clover Cypress Elmwood Fennel "
    "Fernley Foxglove Gorse Hawthorn Hazel Heather Hollybush Ivy Juniper Larch Laurel Lavender "
    "Linden Mallow Maple Meadow Mistletoe Moss Myrtle Oakley Olive Poplar Primrose Rowan Rushes "
    "Sorrel Thistle Willow Yarrow Yewtree"
)
_GIVEN = (
    "Ada Bruno Cleo Dario Edda Felix Greta Hugo Ines Jonas Kira Leo Mona Nils Olga Paul Quinn Rosa Sven Tilda"
)
SURNAMES, GIVEN = _SURNAMES.split(), _GIVEN.split()
POSTURES: tuple[dict[str, Any], ...] = (
    {"turn": {"deg": "30", "toward": "left"}, "tilt": {"deg": "10", "toward": "right"},
     "shoulder_elevation": {"right": 2, "left": 0}},
    {"turn": {"deg": "25", "toward": "right"}, "tilt": {"deg": "0"}},
    {"turn": {"deg": "10", "toward": "left"}, "tilt": {"deg": "20", "toward": "left"}},
    {"turn": {"deg": "20", "toward": "right"}, "flexion": {"deg": "15", "toward": "back"}},
)  # fmt: skip
NOT_OVER = (*QUESTIONS, "medicines", "platelets_low")

Thing = TypeVar("Thing")
Lines = list[tuple[str, str, int, Decimal, str]]


class Dice:
    """Chance that falls the same way every time."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def randint(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def random(self) -> float:
        """From 0 to 1."""
        return float(self.rng.random())

    def choice(self, among: Sequence[Thing]) -> Thing:
        """One of several."""
        return among[self.randint(0, len(among) - 1)]


@dataclass(kw_only=True)
class Clinic:
    """What is made once and used by every patient."""

    dice: Dice
    today: date
    users: dict[str, User]
    plans: dict[tuple[str, int], Lines] = field(default_factory=dict)

    def as_user(self, name: str) -> Actor:
        """The actor of one of the staff."""
        user = self.users[name]
        return Actor(pseudonym=str(user.pseudonym), role=user.role, user_id=user.pk)


@dataclass(kw_only=True)
class One:
    """One made-up patient on the way through the year."""

    number: int
    product: str
    posture: int
    episode: rows.Episode
    born: date
    days: list[date]
    last: rows.Session | None = None
    restless: bool = False


def hold_apart() -> None:
    """Refuse to start real work on made-up data, or the demonstration on real data."""
    made_up = rows.ClinicProfile.objects.filter(made_up=True).exists()
    if made_up and not settings.CLINIC_DEMO:
        raise BadInput(
            where="data",
            read="a folder of made-up patients",
            expected="a folder of a real clinic",
            mend="Start it with `collis clinic demo`, or name another folder with --data.",
        )
    if settings.CLINIC_DEMO and not made_up and rows.Patient.objects.exists():
        raise BadInput(
            where="data",
            read="a folder with patients that were not made up",
            expected="an empty folder, or one of the demonstration",
            mend="Name another folder with --data.",
        )


def fill(*, patients: int = PATIENTS, say: Callable[[str], object] = print) -> bool:
    """Fill an empty demonstration; whether it was filled now. The password is said every time."""
    if not settings.CLINIC_DEMO:
        raise BadInput(where="data", read="a real clinic", expected="the demonstration's own folder")
    with acting_as(SYSTEM):
        hold_apart()
        fresh = not rows.ClinicProfile.objects.filter(made_up=True).exists()
        if fresh:
            say("Making up a year of patients; this takes some minutes.")
            _fill(patients)
    names = ", ".join(u.username for u in User.objects.exclude(role=Role.PATIENT.value).order_by("pk"))
    say(f"Made-up data only. Sign in as one of: {names}, patient; password: {PASSWORD}")
    return fresh


@contextmanager
def as_of(at: datetime) -> Iterator[None]:
    """Everything inside happens at that moment. For making a year up, and for nothing else."""
    kept = timezone.now
    timezone.now = lambda: at
    try:
        yield
    finally:
        timezone.now = kept


def at_clock(day: date, hour: int, minute: int = 0) -> datetime:
    """A time of a day, here."""
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def _fill(patients: int) -> None:
    today = timezone.localdate()
    start = today - timedelta(days=370)
    while not outputs.holds_knowledge(start):  # what cannot be judged is not made up
        start += timedelta(days=7)
    with as_of(at_clock(start, 8)), transaction.atomic():
        rows.ClinicProfile(
            name="Example Clinic", region="US", usual_product="onabotulinumtoxinA", made_up=True,
            emergency_line="Emergency: 911",
        ).save()  # fmt: skip
        clinic = Clinic(dice=Dice(20260101), today=today, users=_users())
        _stock(start)
    everybody = []
    for number in range(patients):
        with as_of(at_clock(start + timedelta(days=number % 20), 9)), transaction.atomic():
            everybody.append(_patient(clinic, number, today))
    visits = sorted((day, one.number) for one in everybody for day in one.days)
    for day, number in visits:
        with transaction.atomic():
            _session(clinic, everybody[number], day)
    for one in everybody:
        with transaction.atomic():
            _coming(clinic, one, today)
    with transaction.atomic():
        _tidy(clinic, today)


def _users() -> dict[str, User]:
    made: dict[str, User] = {}
    for username, role, name, credentials in (
        ("injector", Role.INJECTOR, "Robin Vale", "MD"),
        ("second", Role.INJECTOR, "Alex Marsh", "MD"),
        ("trainee", Role.TRAINEE, "Sam Brook", "MD"),
        ("nurse", Role.NURSE, "Kim Field", "RN"),
        ("biller", Role.BILLER, "Jo Lane", ""),
        ("researcher", Role.RESEARCHER, "Max Hill", "PhD"),
        ("administrator", Role.ADMINISTRATOR, "Lee Ford", ""),
    ):
        made[username] = User.objects.create_user(
            username, PASSWORD, role=role.value, name=name, credentials=credentials
        )
    made["trainee"].supervisor = made["injector"]
    made["trainee"].save()
    return made


def _stock(start: date) -> None:
    for product, units in (("onabotulinumtoxinA", "200"), ("onabotulinumtoxinA", "100"),
                           ("incobotulinumtoxinA", "200"), ("abobotulinumtoxinA", "500")):  # fmt: skip
        for number, (months, count) in enumerate(((14, 110), (20, 40), (30, 20))):
            keeping.receive(
                product=product,
                number=f"EX{product[:2].upper()}{units}{number + 1}",
                expiry=start + timedelta(days=30 * months),
                vial_units=Decimal(units),
                count=count if units == "200" and product == PRODUCTS[0] else count // 4 + 10,
                on=start,
                brand=BRANDS[product],
                place="Fridge 1",
            )
    keeping.receive(
        product="onabotulinumtoxinA", number="EXOLD7", expiry=start + timedelta(days=200),
        vial_units=Decimal(100), count=3, on=start, brand="BOTOX", place="Fridge 2",
    )  # fmt: skip


def _patient(clinic: Clinic, number: int, today: date) -> One:
    dice = clinic.dice
    born = date(dice.randint(1945, 1988), dice.randint(1, 12), dice.randint(1, 28))
    person = Person(
        surname=SURNAMES[number % len(SURNAMES)],
        given_name=dice.choice(GIVEN),
        birth_date=born,
        record_number=f"EX-{1000 + number}",
        phone=f"555-01{number:02d}",
    )
    patient = people.register(person, region="US", sex=dice.choice(("female", "female", "male")))
    patient.onset_age_years = max(18, today.year - born.year - dice.randint(3, 20))
    patient.save()
    episode = rows.Episode(
        patient=patient,
        started_on=timezone.localdate(),
        lead=clinic.users["injector"],
        diagnosis_code="G24.3",
    )
    episode.save()
    ends = today + timedelta(days=dice.choice((-6, 12, 25, 90, 160, 200)))
    rows.Authorisation(
        patient=patient, episode=episode, payer=dice.choice(("medicare", "medicare", "commercial_example")),
        number=f"EX-PA-{4000 + number}", state="granted" if number % 9 else "asked",
        product=PRODUCTS[number % len(PRODUCTS)],
        units=Decimal(1000 if PRODUCTS[number % len(PRODUCTS)] == "abobotulinumtoxinA" else 300),
        sessions=dice.choice((4, 4, 5, 8)),
        from_on=timezone.localdate(), to_on=ends, diagnosis_code="G24.3",
    ).save()  # fmt: skip
    gap = dice.randint(0, 80) if number >= 7 else dice.choice((84, 86, 88, 91))
    newest = today - timedelta(days=max(1, gap))
    days = sorted(newest - timedelta(days=n * dice.randint(86, 96)) for n in range(dice.choice((2, 3, 4, 4))))
    days = [d for d in days if d > timezone.localdate()]
    if number == 3:
        User.objects.create_user("patient", PASSWORD, role=Role.PATIENT.value, subject=patient.pk)
    return One(
        number=number,
        product=PRODUCTS[number % len(PRODUCTS)],
        posture=number % len(POSTURES),
        episode=episode,
        born=born,
        days=days,
    )


def _session(clinic: Clinic, one: One, day: date) -> None:
    """A whole visit on its day, at the hands of those who do it."""
    trainee = one.number % 11 == 5
    with as_of(at_clock(day, 9, 5 * (one.number % 12))):
        visit = _opened(clinic, one, day, trainee)
        with acting_as(clinic.as_user("nurse")):
            _check_in(one, visit)
        with acting_as(clinic.as_user("trainee" if trainee else "injector")):
            _assessed(clinic, one, visit)
            session = _planned(clinic, one, visit)
            if session is not None and one.number % 13 == 4 and day == one.days[-1]:
                session.outcome, session.outcome_reason = (
                    "deferred",
                    "infection or fever: a cold since two days",
                )
                session.save(action="stop")
            elif session is not None:
                _drawn(clinic, session)
                _given(clinic, one, session)
            if session is not None:
                _signed(clinic, one, session, clinic.users["trainee" if trainee else "injector"])


def _opened(clinic: Clinic, one: One, day: date, trainee: bool) -> rows.Visit:
    visit = rows.Visit(
        patient=one.episode.patient,
        episode=one.episode,
        kind="session",
        on=day,
        injector=clinic.users["trainee" if trainee else "injector"],
        supervisor=clinic.users["injector"] if trainee else None,
        age_years=day.year - one.born.year - ((day.month, day.day) < (one.born.month, one.born.day)),
        supply_route="clinic_stock",
    )
    visit.save()
    rows.Appointment(
        patient=one.episode.patient, episode=one.episode, visit=visit, kind="session",
        starts_at=timezone.now(), minutes=30, injector=visit.injector, state="arrived",
    ).save()  # fmt: skip
    return visit


def _check_in(one: One, visit: rows.Visit) -> None:
    row = rows.CheckIn(
        visit=visit,
        identifiers_checked_at=timezone.now(),
        toxin_naive="yes" if one.last is None else "no",
        toxin_elsewhere="no",
        done_at=timezone.now(),
    )
    for name in NOT_OVER:
        setattr(row, name, "no")
    row.save()
    for kind in ("treatment", "guide_given"):
        rows.Consent(visit=visit, kind=kind, given="yes", text_version="2026-01", at=timezone.now()).save()
    if one.last is None:
        rows.RedFlag.objects.bulk_create(
            rows.RedFlag(visit=visit, flag=flag, answer="no", on=visit.on) for flag in FLAG_KEYS
        )


def _assessed(clinic: Clinic, one: One, visit: rows.Visit) -> None:
    dice, last = clinic.dice, one.last
    row = rows.Assessment(
        visit=visit,
        pain=Decimal(dice.randint(1, 7)),
        goals=[dice.choice(("drive for an hour", "read without holding the head", "work without pain"))],
        posture=POSTURES[one.posture],
        seated="yes",
        relaxed="yes",
    )
    if last is not None:
        row.after = last
        row.benefit_percent = Decimal(dice.choice((15, 35, 40, 50, 55, 60, 60, 70, 75)))
        row.onset_day, row.best_week = dice.randint(3, 12), Decimal(dice.randint(3, 6))
        row.faded_week = Decimal(dice.randint(8, 13))
        trouble = dice.random() < 0.2
        row.side_effects_asked = "yes" if trouble else "no"
    row.save()
    if last is not None and row.side_effects_asked == "yes":
        rows.SideEffect(
            visit=visit, session=last, kind=dice.choice(("dysphagia", "neck_weakness", "injection_pain")),
            grade=1, from_day=dice.randint(3, 9), to_day=dice.randint(11, 24),
        ).save()  # fmt: skip
    if last is None or dice.random() < 0.5:
        severity = dice.randint(12, 24)
        rows.Rating(visit=visit, scale="twstrs_severity", on=visit.on, score=Decimal(severity)).save()
        rows.Rating(
            visit=visit, scale="twstrs_total", on=visit.on, score=Decimal(severity + dice.randint(8, 24))
        ).save()
    notice_poor_response(row)


def _planned(clinic: Clinic, one: One, visit: rows.Visit) -> rows.Session | None:
    """The last session's doses, else those the science proposes; each line of the verdict answered."""
    session = rows.Session(visit=visit, product=one.product)
    session.save()
    key = (one.product, one.posture)
    if one.last is not None:
        lines: Lines = [
            (x.muscle, x.side, x.site, x.planned_units or Decimal(0), x.planned_guidance or "emg")
            for x in one.last.lines.filter(dropped=False)
        ]
        session.copied_from, session.plan_name, session.plan_origin = one.last, "as_last_time", "copied"
    else:
        if key not in clinic.plans:
            clinic.plans[key] = _proposed(visit, one.product)
        lines = clinic.plans[key]
        session.plan_name, session.plan_origin = "balanced", "computed"
    session.save()
    now = timezone.now()
    for position, (muscle, side, site, units, guidance) in enumerate(lines):
        rows.InjectionLine(
            session=session, position=position, muscle=muscle, side=side, site=site,
            planned_units=units, planned_guidance=guidance, read_at=now,
        ).save()  # fmt: skip
    record = rules.judge(session)
    held = rules.held_against(record)
    open_keys = [h.key for h in held if not h.never]
    with acting_as(clinic.as_user("injector")):
        if open_keys:
            rules.answer(record, open_keys, clinic.users["injector"], reason_code="tolerated_before",
                         reason="discussed with the patient; same plan went well")  # fmt: skip
        for h in rules.held_against(record):
            if h.waits_for_second and h.override is not None:
                rules.second(h.override, clinic.users["second"])
        rules.mark_checked(session, record, clinic.users["injector"])
    return session


def _proposed(visit: rows.Visit, product: str) -> Lines:
    """The first candidate of the science that the gate does not refuse, site by site."""
    case = bridge.case_of(visit, product=product)
    for candidate in bridge.propose(case).candidates:
        if bridge.check(candidate.plan, case).passes:
            return [
                (i.muscle.value, i.side.value, site + 1, units, i.guidance.value)
                for i in candidate.plan.injections
                for site, units in enumerate(_sites(i.dose.units, i.sites))
            ]
    raise BadInput(where="made-up", read=f"no plan for {product}", expected="a candidate that passes")


def _sites(total: Decimal, sites: int) -> list[Decimal]:
    each = (total / sites).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return [each] * (sites - 1) + [total - each * (sites - 1)]


def _drawn(clinic: Clinic, session: rows.Session) -> None:
    """Vials off the shelf, first to expire first, mixed as the science would."""
    way = outputs.way_of(session)
    planned = sum((x.planned_units or Decimal(0) for x in rules.lines_of(session)), Decimal(0))
    drawn = (way.drawn or planned).quantize(Decimal("0.1"), ROUND_HALF_UP)
    size = None if not way.document else Decimal(str(way.document["vials"][0]["units"]))
    free = Vial.objects.filter(
        lot__product=session.product, state=VialState.UNOPENED, lot__expiry__gte=session.visit.on
    ).select_related("lot")
    if size is not None and free.filter(contents=size).exists():
        free = free.filter(contents=size)
    first = free.order_by("lot__expiry", "recorded_at").first()
    if first is None:
        return
    volume = way.diluent_ml or Decimal(2)
    made = rows.Preparation(
        session=session, product=session.product or "", diluent=way.diluent or None, diluent_ml=volume,
        units_per_0_1ml=outputs.strength_of(first.contents, volume, session.product or ""), drawn_units=drawn,
        mixed_at=timezone.now(), mixed_by=clinic.users["nurse"], checked_by=clinic.users["injector"],
    )  # fmt: skip
    made.save(action="draw-up")
    left, mine = drawn, session.visit.patient_id
    for vial in free.filter(lot=first.lot).order_by("recorded_at")[: int(drawn / first.contents) + 1]:
        if left <= 0:
            break
        keeping.open_vial(vial.pk, on=session.visit.on, for_patient=mine)
        take = min(left, vial.contents)
        keeping.draw(vial.pk, take, session=session.pk, patient=mine)
        rows.PreparationVial(preparation=made, vial_id=vial.pk, diluent_ml=volume, drawn_units=take).save(
            action="open"
        )
        left -= take


def _given(clinic: Clinic, one: One, session: rows.Session) -> None:
    session = rows.Session.objects.select_related("visit__patient", "visit__episode").get(pk=session.pk)
    lines, dice = rules.lines_of(session), clinic.dice
    for number, line in enumerate(lines):
        units = line.planned_units or Decimal(0)
        line.given_units = units
        if number == len(lines) - 1 and dice.random() < 0.06:
            line.given_units = (units / 2).quantize(Decimal("0.01"))
            line.difference_reason = "bleeding at the site, stopped"
        line.planned_ml = outputs.volume_ml(session, units)
        line.given_ml = outputs.volume_ml(session, line.given_units)
        line.guidance = line.planned_guidance
        if line.guidance == "emg":
            line.emg_finding = dice.choice(("very active at rest", "active at rest", "active on turning"))
        line.save(action="give")
    session.time_out_at, session.time_out_by = timezone.now(), clinic.users["injector"]
    session.time_out_with = "the nurse and the patient"
    session.given_at, session.outcome = timezone.now(), "given"
    session.observed_minutes, session.observation = 20, "well, no bleeding"
    session.told = (
        "trouble swallowing, speaking or breathing: call for help at once; the patient’s page was given"
    )
    session.save(action="give")
    settle(session, reason="rest of a single-patient vial")


def _signed(clinic: Clinic, one: One, session: rows.Session, by: User) -> None:
    session = rows.Session.objects.select_related("visit__patient", "visit__episode").get(pk=session.pk)
    visit = session.visit
    visit.state = "closed" if session.outcome == "given" else "deferred"
    visit.save(action="close")
    signing.sign(session, by)
    booked = visit.appointment
    booked.state = "done" if session.outcome == "given" else "cancelled"
    booked.save()
    plan_follow_up(session, by)
    recent = visit.on > clinic.today - timedelta(days=30)
    if by.as_role is Role.TRAINEE and not recent:
        with acting_as(clinic.as_user("injector")):
            signing.countersign(session, clinic.users["injector"])
    if session.outcome == "given":
        one.last = session


def _coming(clinic: Clinic, one: One, today: date) -> None:
    """Who comes today, and who is booked; old checks are done, a few are late."""
    last = one.last.visit.on if one.last is not None else today
    with acting_as(clinic.as_user("nurse")):
        for task in rows.Task.objects.filter(patient=one.episode.patient_id, state="open", due_to__lt=today):
            late = (today - task.due_to).days < 9 and clinic.dice.random() < 0.5
            if task.kind in ("swallow_check", "peak_visit", "review", "poor_response") and not late:
                with as_of(at_clock(task.due_to, 15)):
                    task.state, task.done_at = "done", timezone.now()
                    task.done_by, task.result = clinic.users["nurse"], "asked by telephone"
                    task.save()
        on = today if one.number < 7 else max(today + timedelta(days=2), last + timedelta(days=91))
        rows.Appointment(
            patient=one.episode.patient, episode=one.episode,
            kind="session" if one.number % 6 or on != today else "peak",
            starts_at=at_clock(on, 9 + one.number % 7, 30 * (one.number % 2)), minutes=30,
            injector=clinic.users["injector"], state="arrived" if one.number == 0 and on == today else "booked",
        ).save()  # fmt: skip


def _tidy(clinic: Clinic, today: date) -> None:
    """What a year also brings: a recalled lot, toxin given elsewhere, an amendment."""
    old = Vial.objects.filter(lot__number="EXOLD7").select_related("lot").first()
    if old is not None:
        with as_of(at_clock(today - timedelta(days=30), 8)):
            keeping.expire(today - timedelta(days=30))
            Recall(lot=old.lot, notice="Made up: damaged stoppers in part of the lot.",
                   on=today - timedelta(days=30)).save(action="recall")  # fmt: skip
    for entry in rows.Patient.objects.order_by("recorded_at")[8:11]:
        rows.ToxinLedgerEntry(
            patient=entry, source="patient", on=today - timedelta(days=200), product="onabotulinumtoxinA",
            units=Decimal(25), indication="blepharospasm", clinic="another clinic", in_neck="no",
        ).save()  # fmt: skip
    amended = rows.Session.objects.filter(state="signed", outcome="given").order_by("visit__on").first()
    if amended is not None:
        with (
            acting_as(clinic.as_user("injector")),
            signing.amend(amended, clinic.users["injector"], reason="observation was longer") as session,
        ):
            session.observed_minutes = 40
            session.save(action="amend", reason="observation was longer")
