"""Laws of proposed plans, for any patient that can be written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from collis.case.case import Case
from collis.case.files import read_case
from collis.case.plan import Injection, Origin, Plan
from collis.inference.muscles import rank_muscles
from collis.knowledge.load import load
from collis.knowledge.names import Guidance, Muscle
from collis.planning.propose import propose
from collis.side import Side
from collis.units import Dose
from studies import planner
from tests.properties.strategies import MAIN_PRODUCTS, VISIT, cases
from tests.vignettes import read_vignette, vignette_files

KNOWLEDGE = load(VISIT)
EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.case.toml"))
ROTATION = next(path for path in EXAMPLES if path.name == "rotational.case.toml")
VIGNETTES = vignette_files()

quietly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def planned_cases(draw) -> Case:
    """A case that asks for a product; half of them far enough from earlier toxin for a plan."""
    case: Case = draw(cases())
    request = replace(case.request, product=draw(st.sampled_from(MAIN_PRODUCTS)), plan=None, preparation=None)
    if draw(st.booleans()):
        request = replace(request, muscles=())
        past = tuple(s for s in case.history.sessions if (VISIT - s.on).days > 100)
        safety = replace(case.safety, other_toxin=())
        case = replace(case, history=replace(case.history, sessions=past), safety=safety)
    return replace(case, request=request)


@quietly
@given(planned_cases())
def test_a_proposal_keeps_every_limit_and_law_and_a_mirrored_patient_gets_the_mirrored_plans(case):
    made = propose(case, rank_muscles(case, KNOWLEDGE), KNOWLEDGE).candidates
    event("planned" if any(c.plan.origin is Origin.COMPUTED for c in made) else "nothing proposed")
    assert planner.broken_laws(case, KNOWLEDGE) == []


@quietly
@given(planned_cases())
def test_what_is_not_offered_says_why_and_what_is_offered_says_why_for_each_line(case):
    proposal = propose(case, rank_muscles(case, KNOWLEDGE), KNOWLEDGE)
    assert all(not_offered.why for not_offered in proposal.not_offered)
    for candidate in proposal.candidates:
        assert {line.where for line in candidate.lines} == {i.where for i in candidate.plan.injections}
        assert all(line.why_muscle and line.why_dose for line in candidate.lines)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_keep_the_laws(path: Path) -> None:
    case = read_case(path)
    if case.date is not None and case.request.product is not None:
        assert planner.broken_laws(case, load(case.date)) == []


@pytest.mark.parametrize("path", VIGNETTES, ids=lambda path: path.stem)
def test_the_vignettes_keep_the_laws(path: Path) -> None:
    case = read_vignette(path).case
    assert planner.broken_laws(case, load(case.date)) == []


def plan(muscle: Muscle, units: int, sites: int, guidance: Guidance = Guidance.PALPATION) -> Plan:
    dose = Dose.of(units, "onabotulinumtoxinA")
    line = Injection(muscle=muscle, side=Side.LEFT, dose=dose, sites=sites, guidance=guidance)
    return Plan(name="bad", product="onabotulinumtoxinA", injections=(line,), origin=Origin.COMPUTED)


@pytest.mark.parametrize(
    ("bad", "law"),
    [
        (plan(Muscle.SPLENIUS_CAPITIS, 160, 4), "soft_max broken"),
        (plan(Muscle.SPLENIUS_CAPITIS, 60, 1), "site broken"),
        (plan(Muscle.SPLENIUS_CAPITIS, 47, 2), "not round"),
        (plan(Muscle.SPLENIUS_CAPITIS, 50, 3), "cannot be drawn"),
        (plan(Muscle.SPLENIUS_CAPITIS, 20, 1), "below its least useful dose"),
    ],
)
def test_the_laws_notice_a_bad_dose(bad: Plan, law: str) -> None:
    case = replace(read_case(ROTATION), date=date(2027, 6, 1))
    assert any(law in said for said in planner._of_doses(bad, case, KNOWLEDGE))


def test_the_laws_notice_a_muscle_that_needs_an_image_and_one_that_is_held_back() -> None:
    case = read_case(ROTATION)
    bad = plan(Muscle.OBLIQUUS_CAPITIS_INFERIOR, 10, 1)
    held_back = {bad.injections[0].where}
    said = " ".join(planner._of_places(bad, case, KNOWLEDGE, held_back))
    assert "needs an image" in said
    assert "disputed ground" in said
