"""Drawn cases and plans: valid values, rich and quick to draw, shared by every law that is checked on them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from collis.case.case import Case, Request
from collis.case.examination import (
    MOVEMENTS,
    PLANES,
    SAGITTAL,
    Deviation,
    Examination,
    Finding,
    FindingKind,
    JointLevel,
    Manner,
    Posture,
    Range,
    Sagittal,
    Shift,
    ShiftGrade,
    Shoulders,
    Tremor,
    TremorAxis,
)
from collis.case.history import (
    Asked,
    FlagAnswer,
    FlagReply,
    History,
    Medicines,
    Rating,
    SafetyAnswers,
    ScaleName,
)
from collis.case.patient import Answer, Patient, Sex
from collis.case.plan import Injection, Origin, Plan
from collis.case.preparation import Preparation, VialUse
from collis.case.session import Given, Indication, OtherToxin, Session, SideEffect, SideEffectKind
from collis.case.vocabulary import LUMPED, SCORES
from collis.knowledge.names import FLAG_KEYS, PRODUCTS, Guidance, Muscle, MuscleSide, Region
from collis.side import Side
from collis.units import Dose

MAIN_PRODUCTS = PRODUCTS[:5]
VISIT = date(2026, 11, 10)

answers = st.sampled_from(Answer)
sides = st.sampled_from(Side)
muscles = st.sampled_from(Muscle)
guidances = st.sampled_from(Guidance)
muscle_sides = st.builds(MuscleSide, muscles, sides)
words = st.sampled_from(
    (
        "",
        "since spring",
        'said "a little"',
        "C:\\records",
        "Zervikale Dystonie, naïve",
        "two\nlines",
        "a\ttab",
        "日本",
    )
)
some_words = words.filter(bool)


def tenths(low: int, high: int) -> SearchStrategy[Decimal]:
    """Numbers with at most one decimal."""
    return st.integers(low * 10, high * 10).map(lambda n: Decimal(n) / 10)


def maybe(strategy: SearchStrategy) -> SearchStrategy:
    """A value or None."""
    return st.none() | strategy


def days_before(most: int = 900) -> SearchStrategy[date]:
    """A day up to `most` days before the visit."""
    return st.integers(0, most).map(lambda n: VISIT - timedelta(days=n))


@st.composite
def deviations(draw, name: str) -> Deviation:
    """An angle of the posture called `name`."""
    return Deviation(
        deg=draw(
            st.sampled_from((Decimal(0), Decimal("4.5"), Decimal(5), Decimal(10), Decimal(25), Decimal(60)))
        ),
        toward=draw(st.sampled_from(Sagittal) if name in SAGITTAL else sides),
        level=draw(st.sampled_from(JointLevel)) if name in PLANES else None,
    )


@st.composite
def postures(draw) -> Posture:
    """A posture: each plane as a total, apart, or not examined."""
    angles: dict[str, Deviation | None] = {}
    for total, parts in PLANES.items():
        how = draw(st.sampled_from(("total", "apart", "not examined")))
        if how == "total":
            angles[total] = draw(deviations(total))
        elif how == "apart":
            angles |= {part: draw(maybe(deviations(part))) for part in parts}
    shift = st.sampled_from(ShiftGrade)
    grades = maybe(st.integers(0, 3))
    return Posture(
        **angles,
        lateral_shift=draw(maybe(st.builds(Shift, grade=shift, toward=sides, mm=maybe(tenths(0, 60))))),
        sagittal_shift=draw(maybe(st.builds(Shift, grade=shift, toward=st.sampled_from(Sagittal)))),
        shoulder_elevation=draw(maybe(st.builds(Shoulders, right=grades, left=grades))),
        tremor=draw(maybe(st.builds(Tremor, axis=st.sampled_from(TremorAxis), grade=st.integers(0, 3)))),
    )


examinations = st.builds(
    Examination,
    posture=postures(),
    manner=st.builds(
        Manner,
        seated=answers,
        relaxed=answers,
        eyes_closed=answers,
        sensory_trick=answers,
        weeks_since_toxin=maybe(tenths(0, 60)),
    ),
    ranges=st.lists(
        st.builds(
            Range,
            movement=st.sampled_from(MOVEMENTS),
            active_deg=maybe(tenths(0, 90)),
            passive_deg=maybe(tenths(0, 90)),
        ),
        max_size=2,
    ).map(tuple),
    findings=st.lists(
        st.builds(
            Finding,
            where=muscle_sides,
            kinds=st.lists(st.sampled_from(FindingKind), min_size=1, max_size=3, unique=True).map(tuple),
        ),
        max_size=4,
        unique_by=lambda f: f.where,
    ).map(tuple),
)

patients = st.builds(
    Patient,
    age_years=maybe(st.integers(40, 95)),
    sex=st.sampled_from(Sex),
    weight_kg=maybe(tenths(35, 140)),
    thin_neck=answers,
)


def doses(product: str) -> SearchStrategy[Dose]:
    """Doses of one muscle, from too little to too much, some of them not round."""
    scale = {"abobotulinumtoxinA": 4, "rimabotulinumtoxinB": 50}.get(product, 1)
    return st.sampled_from(("2.5", "5", "10", "20", "33.3", "40", "60", "100", "150")).map(
        lambda units: Dose.of(Decimal(units) * scale, product)
    )


def plans(product: str, *, most: int = 8) -> SearchStrategy[Plan]:
    """Typed plans of one product, sensible or not."""
    return st.builds(
        Plan,
        name=st.sampled_from(("as typed", "second thoughts")),
        product=st.just(product),
        origin=st.sampled_from(Origin),
        injections=st.lists(
            st.builds(
                Injection,
                muscle=muscles,
                side=sides,
                dose=doses(product),
                sites=st.integers(1, 5),
                guidance=guidances,
            ),
            min_size=1,
            max_size=most,
            unique_by=lambda i: i.where,
        ).map(tuple),
    )


@st.composite
def givens(draw, product: str) -> Given:
    """A line of an old record, exact or lumped."""
    name = draw(st.sampled_from((*(m.value for m in Muscle), *LUMPED)))
    side = draw(sides)
    members = LUMPED.get(name) or (Muscle(name),)
    return Given(
        muscle=name,
        side=side,
        dose=draw(doses(product)),
        members=tuple(MuscleSide(m, side) for m in members),
        sites=draw(maybe(st.integers(1, 6))),
        guidance=draw(maybe(guidances)),
    )


@st.composite
def sessions(draw) -> Session:
    """A past session with lines that add up, or with its total alone."""
    product = draw(st.sampled_from(MAIN_PRODUCTS))
    given = tuple(draw(st.lists(givens(product), max_size=3)))
    total = Dose.total((line.dose for line in given), product) if given else draw(doses(product))
    effects = st.builds(
        SideEffect,
        kind=st.sampled_from(SideEffectKind),
        grade=st.integers(1, 3),
        from_day=maybe(st.integers(0, 10)),
        to_day=maybe(st.integers(10, 60)),
        detail=words,
    )
    return Session(
        on=draw(days_before()),
        product=product,
        total=total,
        given=given,
        benefit_percent=draw(maybe(tenths(-10, 100))),
        onset_day=draw(maybe(st.integers(0, 30))),
        best_week=draw(maybe(tenths(0, 12))),
        faded_week=draw(maybe(tenths(0, 30))),
        side_effects=tuple(draw(st.lists(effects, max_size=2))),
        guidance=draw(maybe(guidances)),
        side_effects_asked=draw(answers),
    )


@st.composite
def other_toxins(draw) -> OtherToxin:
    """Toxin elsewhere, some of it known."""
    product = draw(maybe(st.sampled_from(MAIN_PRODUCTS)))
    return OtherToxin(
        on=draw(maybe(days_before(200))),
        product=product,
        dose=None if product is None else draw(maybe(doses(product))),
        site=draw(words),
        indication=draw(st.sampled_from(Indication)),
        clinic=draw(words),
        muscles=tuple(draw(st.lists(muscle_sides, max_size=2))),
        in_neck=draw(st.booleans()),
    )


asked = st.builds(Asked, answer=answers) | st.builds(
    Asked, answer=answers, detail=words, items=st.lists(some_words, max_size=2).map(tuple)
)


@st.composite
def medicines(draw) -> Medicines:
    """What is taken; named only where anything is or may be."""
    answer = draw(answers)
    names = ("apixaban", "warfarin", "aspirin", "gentamicin", "levodopa", "apixabn")
    return Medicines(
        answer=answer,
        names=()
        if answer is Answer.NO
        else tuple(draw(st.lists(st.sampled_from(names), max_size=2, unique=True))),
        inr=draw(maybe(tenths(1, 5))),
        inr_on=draw(maybe(days_before(20))),
        platelets_low=draw(answers),
    )


@st.composite
def safety_answers(draw, naive: SearchStrategy[Answer], others: SearchStrategy) -> SafetyAnswers:
    """Answers to the safety questions."""
    return SafetyAnswers(
        toxin_naive=draw(naive),
        toxin_elsewhere=draw(answers),
        other_toxin=draw(others),
        swallowing=draw(asked),
        breathing=draw(asked),
        voice=draw(asked),
        lung_disease=draw(asked),
        allergies=draw(asked),
        albumin_refused=draw(asked),
        infection_at_site=draw(asked),
        neuromuscular_disease=draw(asked),
        pregnancy=draw(asked),
        breastfeeding=draw(asked),
        neck_surgery=draw(asked),
        medicines=draw(medicines()),
    )


flag_replies = st.builds(
    FlagReply, answer=st.sampled_from((FlagAnswer.NO, FlagAnswer.NO, FlagAnswer.YES, FlagAnswer.UNKNOWN))
) | st.builds(FlagReply, answer=st.just(FlagAnswer.CLEARED), done=some_words, by=words, on=days_before(100))


@st.composite
def ratings(draw) -> Rating:
    """A score its scale can give."""
    scale = draw(st.sampled_from(ScaleName))
    low, high = SCORES[scale]
    return Rating(on=draw(days_before()), scale=scale, score=Decimal(draw(st.integers(int(low), int(high)))))


@st.composite
def preparations(draw, product: str) -> Preparation:
    """How the toxin was made ready, well or badly."""
    vials = st.builds(
        VialUse,
        units=doses(product),
        lot=words,
        expiry=maybe(st.just(VISIT)),
        for_other_patient=maybe(st.booleans()),
    )
    return Preparation(
        product=product,
        vials=tuple(draw(st.lists(vials, max_size=2))),
        diluent_ml=draw(tenths(1, 8)),
        units_per_0_1ml=draw(tenths(1, 50)),
        drawn=draw(doses(product)),
        diluent=draw(st.sampled_from(("sodium chloride 0.9 %, preservative-free", "water"))),
        mixed_at=draw(maybe(st.just(datetime(2026, 11, 10, 9, 30)))),  # noqa: DTZ001
        injected_at=draw(maybe(st.just(datetime(2026, 11, 10, 10, 0, 30)))),  # noqa: DTZ001
    )


@st.composite
def requests(draw) -> Request:
    """What is asked for, with or without a typed plan."""
    product = draw(maybe(st.sampled_from(MAIN_PRODUCTS)))
    return Request(
        product=product,
        guidance=tuple(draw(st.lists(guidances, min_size=1, max_size=3, unique=True))),
        muscles=tuple(draw(st.lists(muscles, max_size=5, unique=True))),
        plan=None if product is None else draw(maybe(plans(product))),
        preparation=None if product is None else draw(maybe(preparations(product))),
        consent_warnings=draw(answers),
    )


@st.composite
def cases(draw) -> Case:
    """Any valid case: naive or treated, answered or not, with or without a typed plan. The visit is `VISIT`."""
    treated = draw(st.booleans())
    past = tuple(draw(st.lists(sessions(), min_size=1, max_size=3))) if treated else ()
    elsewhere = draw(st.lists(other_toxins(), max_size=2).map(tuple)) if treated else ()
    naive = st.sampled_from((Answer.NO, Answer.UNKNOWN)) if treated else answers
    goals = st.lists(some_words, max_size=3).map(tuple)
    return Case(
        region=draw(st.sampled_from(Region)),
        date=VISIT,
        patient=draw(patients),
        examination=draw(examinations),
        flags=draw(st.dictionaries(st.sampled_from(FLAG_KEYS), flag_replies, max_size=6)),
        safety=draw(safety_answers(naive, st.just(elsewhere))),
        history=History(
            sessions=past,
            ratings=tuple(draw(st.lists(ratings(), max_size=3))),
            goals=draw(goals),
            onset_age_years=draw(maybe(st.integers(5, 40))),
        ),
        request=draw(requests()),
    )
