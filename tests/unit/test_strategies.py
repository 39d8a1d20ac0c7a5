"""Strategies that dose each person: what the planner may see, what comes out, and that the gate stands before all."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from collis import api
from collis.case.examination import FindingKind
from collis.case.plan import Plan
from collis.inference.muscles import rank_muscles
from collis.knowledge.load import load
from collis.knowledge.names import Guidance, Muscle, MuscleSide
from collis.planning.candidate import Candidate, CandidateKey, NotOffered
from collis.planning.propose import propose, propose_one
from collis.safety.check import check
from collis.side import Side
from collis.trials.design import Arm, Design, Draws, PeopleDesign, Randomisation, RunDesign, Strategy, Visits
from collis.trials.muscles import draw_shares, draw_sizes, places_of, posture_of, ranking_of
from collis.trials.population import Cohort, draw_cohort
from collis.trials.simulate import simulate
from collis.trials.strategies import examined, plans_of, textbook_plan

KNOWN = load()
ONA = "onabotulinumtoxinA"
COLLIS = Arm(name="collis", strategy=Strategy.COLLIS, product=ONA, candidate="balanced")
LABEL = Arm(name="label", strategy=Strategy.LABEL_START, product=ONA)
TEXTBOOK = Arm(name="textbook", strategy=Strategy.TEXTBOOK, product=ONA, units=200.0)
PEOPLE = 6


@lru_cache
def some() -> tuple[Cohort, Any]:
    design = Design(
        name="t", seed=2, people=PeopleDesign(count=PEOPLE), arms=(COLLIS,), visits=Visits(weeks=(4.0,))
    )
    cohort = draw_cohort(design, KNOWN, count=PEOPLE, generator=np.random.default_rng(4))
    return cohort, draw_shares(cohort, KNOWN, np.random.default_rng(5))


def plans(arm: Arm, seed: int = 1) -> list[Plan | None]:
    cohort, share = some()
    return plans_of(arm, cohort, KNOWN, share=share, persons=np.arange(PEOPLE), seed=seed)


def case_of(row: int, arm: Arm = COLLIS, seed: int = 1) -> Any:
    cohort, share = some()
    return examined(cohort, row, share[row], arm, KNOWN, np.random.default_rng((seed, row)))


@pytest.mark.parametrize("arm", [COLLIS, LABEL], ids=lambda arm: arm.name)
def test_every_plan_of_the_planner_passes_the_gate(arm: Arm) -> None:
    found = plans(arm)
    assert sum(plan is not None for plan in found) >= PEOPLE - 1
    for row, plan in enumerate(found):
        if plan is not None:
            assert check(plan, case_of(row, arm), KNOWN).passes


def test_the_same_seed_gives_the_same_plans_and_another_seed_another_examination() -> None:
    assert plans(COLLIS) == plans(COLLIS)
    assert case_of(0).examination != case_of(0, seed=2).examination


def test_a_person_is_examined_alike_in_every_arm() -> None:
    for row in range(PEOPLE):
        assert case_of(row, COLLIS).examination == case_of(row, LABEL).examination


def test_a_plan_does_not_hang_on_who_else_is_in_the_arm() -> None:
    cohort, share = some()
    alone = plans_of(
        COLLIS, cohort.pick(np.array([3])), KNOWN, share=share[[3]], persons=np.array([3]), seed=1
    )
    assert alone == [plans(COLLIS)[3]]


def test_one_candidate_alone_is_the_one_among_all() -> None:
    case = replace(case_of(0))
    ranking = rank_muscles(case, KNOWN)
    together = propose(case, ranking, KNOWN)
    for candidate in together.candidates:
        if candidate.key is not CandidateKey.AS_LAST_TIME:
            alone = propose_one(case, ranking, KNOWN, candidate.key)
            assert isinstance(alone, Candidate)
            assert alone.plan.injections == candidate.plan.injections


def test_a_candidate_that_cannot_be_offered_says_why() -> None:
    case = case_of(0)
    found = propose_one(case, rank_muscles(case, KNOWN), KNOWN, CandidateKey.AS_LAST_TIME)
    assert isinstance(found, NotOffered)
    assert found.why


def test_trial_people_are_cleared_for_treatment() -> None:
    assert not api.screen(case_of(0)).stop
    assert not api.screen(case_of(0)).hold


def test_textbook_treatment_is_the_same_for_everybody_of_a_form() -> None:
    cohort, _ = some()
    found = plans(TEXTBOOK)
    for row, plan in enumerate(found):
        assert plan is textbook_plan(TEXTBOOK, KNOWN.populations.subtypes[cohort.subtype[row]], KNOWN)


def test_textbook_treatment_of_a_turned_head_is_splenius_here_and_sternocleidomastoid_there() -> None:
    form = next(s for s in KNOWN.populations.subtypes if s.key == "torticaput")
    plan = textbook_plan(TEXTBOOK, form, KNOWN)
    sides = {injection.where for injection in plan.injections}
    assert MuscleSide(Muscle.SPLENIUS_CAPITIS, Side.RIGHT) in sides
    assert MuscleSide(Muscle.STERNOCLEIDOMASTOID, Side.LEFT) in sides
    assert float(plan.total.units) == pytest.approx(200.0, abs=10.0)


def test_a_muscle_that_needs_an_image_is_left_out_of_the_textbook_without_one() -> None:
    guided = replace(TEXTBOOK, guidance=Guidance.ULTRASOUND)
    for form in KNOWN.populations.subtypes:
        for injection in textbook_plan(TEXTBOOK, form, KNOWN).injections:
            assert not KNOWN.muscles[injection.muscle].image_required
        assert textbook_plan(guided, form, KNOWN).injections


def test_an_examiner_feels_most_driving_muscles_and_not_all() -> None:
    cohort, share = some()
    places = places_of(KNOWN)
    right = total = 0
    for row in range(PEOPLE):
        for seed in range(40):
            for finding in case_of(row, seed=seed).examination.findings:
                drives = share[row, places.index(finding.where)] > 0
                right += (FindingKind.OVERACTIVE in finding.kinds) == drives
                total += 1
    assert right / total == pytest.approx(0.78, abs=0.06)
    assert cohort.count == PEOPLE


def test_a_rater_misses_the_true_angle_by_his_own_scatter() -> None:
    form = next(s for s in KNOWN.populations.subtypes if s.key == "torticaput")
    generator = np.random.default_rng(1)
    pairs = [draw_sizes(form, 0, KNOWN, generator) for _ in range(800)]
    off = [seen.degrees[0] - true.degrees[0] for true, seen in pairs]
    assert np.std(off) == pytest.approx(
        float(KNOWN.pattern_fact("examination", "rater_error").value), rel=0.1
    )


@pytest.mark.parametrize("form", KNOWN.populations.subtypes, ids=lambda form: form.key)
def test_every_form_has_a_posture_and_muscles_that_drive_it(form: Any) -> None:
    ranking = ranking_of(form, 0, KNOWN)
    assert sum(m.share for m in ranking.muscles) == pytest.approx(1.0)
    sizes = draw_sizes(form, 2, KNOWN, np.random.default_rng(1))[1]
    assert posture_of(form, sizes).tremor is not None


def test_strategies_run_side_by_side_on_the_same_people() -> None:
    design = Design(
        name="t",
        seed=8,
        people=PeopleDesign(count=PEOPLE),
        arms=(LABEL, TEXTBOOK, COLLIS),
        visits=Visits(weeks=(4.0, 12.0)),
        randomisation=Randomisation(draws=Draws.COMMON),
        run=RunDesign(shard=PEOPLE),
    )
    tables = simulate(design, 0).by_name
    assert len(tables["people"]["person"]) == 3 * PEOPLE
    assert (tables["sessions"]["muscles"] > 0).sum() >= 3 * PEOPLE - 3
    again = simulate(design, 0).by_name
    assert np.array_equal(tables["visits"]["total"], again["visits"]["total"])
