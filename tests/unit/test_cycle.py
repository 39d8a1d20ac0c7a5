"""The course on arrays: one patient is a batch of one, and the bedside forecast is the same formula."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from collis.course import predict as bedside
from collis.course.cycle import (
    PatientArrays,
    SessionArrays,
    course,
    placebo_of,
    ratings,
    relief_of,
)
from collis.course.draws import draw_muscles, draw_response
from collis.course.parameters import MuscleDraws, RankedMuscle, ResponseDraws
from collis.errors import BadInput
from collis.knowledge.load import load
from collis.knowledge.names import Muscle, MuscleSide
from collis.side import Side
from tests.unit.test_predict import USUAL, VISIT, case_of, plan_of, session_of

KNOWLEDGE = load()
ONA, RIMA = "onabotulinumtoxinA", "rimabotulinumtoxinB"
DAYS = 7.0 * np.arange(0.0, 53.0)
RANKED = tuple(
    RankedMuscle(muscle=where.muscle, side=where.side, probability=1.0, share=0.25) for where in USUAL
)


def patients_of(draws: ResponseDraws, shares: MuscleDraws) -> PatientArrays:
    """Drawn patients of the bedside as rows."""
    volumes = np.array([KNOWLEDGE.muscles[where.muscle].number("volume") for where in shares.places])
    return PatientArrays(
        baseline=draws.baseline,
        reach=draws.reach,
        share=shares.share,
        volume_cm3=np.broadcast_to(volumes, shares.share.shape),
        uptake=draws.uptake,
        lag=draws.effect_lag,
        half_life=draws.half_life,
        potency=draws.potency,
        half_dose=draws.half_dose,
        placebo=draws.placebo,
        placebo_onset=draws.placebo_onset,
        placebo_fading=draws.placebo_fading,
        highest=85.0,
    )


def people(count: int = 60, past: int = 0) -> PatientArrays:
    drawn = draw_response(KNOWLEDGE, draws=count, seed=8, past_sessions=past)
    shares = draw_muscles(RANKED, draws=count, seed=9)
    return patients_of(drawn, shares)


def session(day: float, product: str = ONA, factor: float = 1.0) -> SessionArrays:
    return SessionArrays(day=day, product=product, units=factor * np.array([60.0, 40.0, 25.0, 25.0]))


CALENDAR = (session(-84.0), session(0.0), session(91.0, RIMA, 50.0), session(182.0))


def test_one_patient_alone_and_within_a_batch_gets_the_same_numbers():
    everybody = people()
    together = course(everybody, CALENDAR, DAYS)
    for i in (0, 17, 59):
        alone = course(everybody.pick(slice(i, i + 1)), CALENDAR, DAYS)
        assert np.array_equal(alone[0], together[i])


def test_the_order_of_the_people_does_not_matter():
    everybody = people()
    turned = np.arange(everybody.count)[::-1].copy()
    assert np.array_equal(
        course(everybody.pick(turned), CALENDAR, DAYS), course(everybody, CALENDAR, DAYS)[turned]
    )


def test_the_bedside_forecast_is_the_same_course():
    sessions = (session_of(date(2026, 8, 18)), session_of(date(2026, 5, 12), product=RIMA, factor=50))
    case, plan = case_of(*sessions), plan_of(USUAL)
    drawn = draw_response(KNOWLEDGE, draws=40, seed=8, past_sessions=2)
    shares = draw_muscles(RANKED, draws=40, seed=9)
    reached = bedside._reached(plan, None, KNOWLEDGE, 40, 5)
    carried = bedside._carried(case.history.sessions, drawn, KNOWLEDGE, VISIT)
    here = bedside._effect(reached, drawn, shares, carried, KNOWLEDGE)

    patients = patients_of(drawn, shares)
    past = [
        SessionArrays(
            day=float((s.on - VISIT).days),
            product=s.product,
            units=np.array(
                [float(line.dose.units) for w in shares.places for line in s.given if w in line.members]
            ),
            factor=drawn.session[i],
        )
        for i, s in enumerate(case.history.sessions, start=1)
    ]
    today = SessionArrays(
        day=0.0,
        product=ONA,
        units=np.stack([reached.aimed[w] for w in shares.places], axis=1),
        factor=drawn.session[0],
    )
    there = relief_of(patients, [*past, today], bedside._DAYS)
    assert here == pytest.approx(there, abs=1e-10)


def test_without_a_session_the_score_is_the_untreated_one():
    everybody = people(5)
    assert course(everybody, (), DAYS) == pytest.approx(
        np.repeat(everybody.baseline[:, None], len(DAYS), axis=1)
    )


def test_a_session_without_toxin_is_placebo_alone():
    everybody = people(20)
    none = SessionArrays(day=0.0, product=ONA, units=np.zeros(4))
    left = course(everybody, (none,), DAYS)
    without = placebo_of(everybody, (none,), DAYS)
    assert left == pytest.approx(everybody.baseline[:, None] * (1 - without))


def test_placebo_starts_afresh_with_every_session():
    everybody = people(4)
    shares = placebo_of(everybody, (session(0.0), session(84.0)), np.array([0.0, 28.0, 84.0, 112.0]))
    assert shares[:, 0] == pytest.approx(np.zeros(4))
    assert shares[:, 2] == pytest.approx(np.zeros(4))
    assert shares[:, 3] == pytest.approx(shares[:, 1])


def test_more_toxin_never_leaves_more_score():
    everybody = people()
    less, more = (course(everybody, (session(0.0, factor=f),), DAYS) for f in (0.5, 1.0))
    assert (more <= less + 1e-12).all()


def test_units_may_differ_from_person_to_person():
    everybody = people(3)
    units = np.outer([0.5, 1.0, 2.0], [60.0, 40.0, 25.0, 25.0])
    each = SessionArrays(day=0.0, product=ONA, units=units)
    found = course(everybody, (each,), DAYS)
    for i in range(3):
        one = course(everybody.pick(slice(i, i + 1)), (replace(each, units=units[i]),), DAYS)
        assert np.array_equal(found[i], one[0])


def test_ratings_are_clipped_to_the_scale():
    assert ratings(np.array([1.0, 84.0]), np.array([-5.0, 5.0]), np.zeros(2), highest=85.0) == pytest.approx(
        [0.0, 85.0]
    )


def test_a_product_without_parameters_is_refused():
    with pytest.raises(BadInput, match="response model"):
        course(people(2), (session(0.0, "lanbotulinumtoxinA"),), DAYS)


def test_people_of_different_number_are_refused():
    with pytest.raises(BadInput, match="people in front"):
        replace(people(3), reach=np.zeros(2))


def test_the_places_are_those_of_the_ranking():
    assert next(iter(USUAL)) == MuscleSide(Muscle.SPLENIUS_CAPITIS, Side.LEFT)
