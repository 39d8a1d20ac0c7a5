"""Laws of the gate: unknown is never safer than no, a broken verified limit is refused, left is mirrored right."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from collis.case.case import Case
from collis.case.history import Asked, FlagAnswer, FlagReply, SafetyAnswers
from collis.case.mirror import mirrored
from collis.case.patient import Answer, Sex
from collis.case.plan import Plan
from collis.errors import BadInput
from collis.knowledge.interactions import classify
from collis.knowledge.load import load
from collis.knowledge.names import FLAG_KEYS, Region
from collis.knowledge.redflags import Tier
from collis.reasons import Level
from collis.safety.check import check
from collis.safety.limits import limits
from collis.safety.screen import ScreenLevel, screen
from tests.properties.strategies import MAIN_PRODUCTS, VISIT, cases, plans
from tests.unit.safety.bedside import USUAL, answered, takes

KNOWLEDGE = load(VISIT)
EXAMPLES = int(os.environ.get("COLLIS_EXAMPLES", "40"))

thin = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
products = st.sampled_from(MAIN_PRODUCTS)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Case, Plan]:
    """A case and a plan typed for it."""
    return draw(cases()), draw(plans(draw(products)))


def _with(safety: SafetyAnswers, name: str, value: Any) -> SafetyAnswers:
    changed: dict[str, Any] = {name: value}
    return replace(safety, **changed)


def level_of(plan: Plan, case: Case) -> Level:
    return check(plan, case, KNOWLEDGE).verdict.level


def with_one_no(case: Case) -> Iterator[Case]:
    """The case with one unknown answer, each in turn, changed to no."""
    safety = case.safety
    for field in fields(SafetyAnswers):
        value = getattr(safety, field.name)
        if value is Answer.UNKNOWN:
            yield from _made(case, {field.name: Answer.NO})
        elif isinstance(value, Asked) and value.answer is Answer.UNKNOWN:
            yield from _made(case, {field.name: replace(value, answer=Answer.NO)})
    for name in ("answer", "platelets_low"):
        if getattr(safety.medicines, name) is Answer.UNKNOWN:
            change: dict[str, Any] = {name: Answer.NO}
            yield from _made(case, {"medicines": replace(safety.medicines, **change)})
    if case.patient.thin_neck is Answer.UNKNOWN:
        yield replace(case, patient=replace(case.patient, thin_neck=Answer.NO))
    if case.request.consent_warnings is Answer.UNKNOWN:
        yield replace(case, request=replace(case.request, consent_warnings=Answer.NO))
    if case.history.sessions and case.history.sessions[-1].side_effects_asked is Answer.UNKNOWN:
        last = replace(case.history.sessions[-1], side_effects_asked=Answer.NO)
        yield replace(case, history=replace(case.history, sessions=(*case.history.sessions[:-1], last)))
    for key in FLAG_KEYS:
        if case.flags.get(key, FlagReply()).answer is FlagAnswer.UNKNOWN:
            yield replace(case, flags={**case.flags, key: FlagReply(answer=FlagAnswer.NO)})
    preparation = case.request.preparation
    if preparation is not None:
        told = tuple(
            replace(v, for_other_patient=False) if v.for_other_patient is None else v
            for v in preparation.vials
        )
        yield replace(case, request=replace(case.request, preparation=replace(preparation, vials=told)))


def _made(case: Case, change: dict[str, Any]) -> Iterator[Case]:
    try:
        yield replace(case, safety=replace(case.safety, **change))
    except BadInput:
        return


@thin
@given(questions())
def test_no_answer_changed_from_unknown_to_no_makes_a_verdict_stricter(question: tuple[Case, Plan]) -> None:
    case, plan = question
    before = level_of(plan, case).strictness
    for told in with_one_no(case):
        assert level_of(plan, told).strictness <= before


@thin
@given(st.sampled_from(Region), products, st.data())
def test_a_blank_case_only_gets_milder_as_noes_come_in(
    region: Region, product: str, data: st.DataObject
) -> None:
    case = Case(region=region, date=VISIT)
    plan = data.draw(plans(product))
    before = level_of(plan, case)
    for _ in range(6):
        told = list(with_one_no(case))
        case = data.draw(st.sampled_from(told))
        now = level_of(plan, case)
        assert now.strictness <= before.strictness
        before = now


def with_each_answer(case: Case) -> Iterator[tuple[Case, ...]]:
    """The case with one answer as no, unknown and yes, for each question that is asked of this patient.

    Four are left out where the gate does not ask, since there unknown is meant to count as no, by what the case
    says elsewhere: pregnancy and breastfeeding of men and from the age on file; low platelets without a blood thinner
    among the medicines; the holds of the screen at later visits, which were answered at the first; and a caution of
    the screen as a flag, which is only the second place of an answer the safety questions hold. A caution entered in
    both places is taken out of the flags here: a no in either answers the question, so that an unknown in the other
    is no unknown.
    """
    cautions = {flag.answered_by: flag.key for flag in KNOWLEDGE.red_flags if flag.answered_by}
    unasked = set() if _may_be_pregnant(case) else {"pregnancy", "breastfeeding"}
    for field in fields(SafetyAnswers):
        value = getattr(case.safety, field.name)
        if isinstance(value, Asked) and field.name not in unasked:
            flags = {key: reply for key, reply in case.flags.items() if key != cautions.get(field.name)}
            yield tuple(
                replace(
                    case,
                    flags=flags,
                    safety=_with(case.safety, field.name, replace(value, answer=answer)),
                )
                for answer in (Answer.NO, Answer.UNKNOWN, Answer.YES)
            )
    yield from _with_each_medicine_answer(case)
    yield tuple(
        replace(case, patient=replace(case.patient, thin_neck=answer))
        for answer in (Answer.NO, Answer.UNKNOWN, Answer.YES)
    )
    tiers = {Tier.STOP} if case.history.sessions else {Tier.STOP, Tier.HOLD}
    for flag in KNOWLEDGE.red_flags:
        if flag.tier in tiers:
            yield tuple(
                replace(case, flags={**case.flags, flag.key: FlagReply(answer=answer)})
                for answer in (FlagAnswer.NO, FlagAnswer.UNKNOWN, FlagAnswer.YES)
            )


def _may_be_pregnant(case: Case) -> bool:
    limit = KNOWLEDGE.figure("screening", "pregnancy", "not_asked_from_age")
    age = case.patient.age_years
    return case.patient.sex is not Sex.MALE and (age is None or age < limit)


def _with_each_medicine_answer(case: Case) -> Iterator[tuple[Case, ...]]:
    """Whether any medicine is taken, where none is named; low platelets, where a blood thinner is."""
    medicines = case.safety.medicines
    three = (Answer.NO, Answer.UNKNOWN, Answer.YES)
    if not medicines.names:
        flags = {key: reply for key, reply in case.flags.items() if key != "anticoagulant"}
        told = replace(case, flags=flags)
        yield tuple(
            replace(told, safety=_with(case.safety, "medicines", replace(medicines, answer=answer)))
            for answer in three
        )
    drugs = (drug for name in medicines.names for drug in classify(name, KNOWLEDGE.drug_classes))
    if any(drug.group == "anticoagulant" for drug in drugs):
        yield tuple(
            replace(case, safety=_with(case.safety, "medicines", replace(medicines, platelets_low=answer)))
            for answer in three
        )


@thin
@given(questions())
@example((answered(patient={"sex": Sex.FEMALE, "age_years": 30}), USUAL))
@example((answered(safety=takes("apixaban")), USUAL))
def test_where_yes_is_stricter_than_no_unknown_is_as_strict_as_yes_or_cannot_be_judged(
    question: tuple[Case, Plan],
) -> None:
    case, plan = question
    case = replace(case, history=replace(case.history, onset_age_years=None))
    for triple in with_each_answer(case):
        no, unknown, yes = (level_of(plan, one).strictness for one in triple)
        if yes > no:
            assert unknown >= min(yes, Level.CANNOT_JUDGE.strictness)


@thin
@given(cases())
def test_no_answer_changed_from_unknown_to_no_makes_the_screen_stricter(case: Case) -> None:
    order = list(ScreenLevel)
    before = order.index(screen(case, KNOWLEDGE).level)
    for told in with_one_no(case):
        assert order.index(screen(told, KNOWLEDGE).level) <= before


@thin
@given(questions())
def test_a_typed_plan_that_breaks_a_verified_refusing_limit_is_refused(question: tuple[Case, Plan]) -> None:
    case, plan = question
    broken = [x for x in limits(case, KNOWLEDGE, plan.product) if x.broken_by(plan)]
    strict = [x for x in broken if x.asked is Level.REFUSE and (x.ground.verified or x.entry_error)]
    verdict = check(plan, case, KNOWLEDGE).verdict
    if strict:
        assert verdict.level is Level.REFUSE
    assert {x.id for x in strict} <= {r.limit for r in verdict.reasons if r.level is Level.REFUSE}


@thin
@given(questions(), st.integers(2, 60))
def test_a_plan_pushed_over_any_verified_limit_is_refused(question: tuple[Case, Plan], times: int) -> None:
    case, plan = question
    larger = replace(plan, injections=tuple(replace(i, dose=i.dose.times(times)) for i in plan.injections))
    broken = [
        x for x in limits(case, KNOWLEDGE, plan.product) if x.broken_by(larger) and x.level is Level.REFUSE
    ]
    assume(broken)
    assert level_of(larger, case) is Level.REFUSE


@thin
@given(questions())
def test_every_broken_limit_is_spoken_of_or_covered_by_an_entry_error(question: tuple[Case, Plan]) -> None:
    case, plan = question
    broken = [x for x in limits(case, KNOWLEDGE, plan.product) if x.broken_by(plan)]
    spoken = {r.limit for r in check(plan, case, KNOWLEDGE).verdict.reasons}
    slips = {x.places for x in broken if x.entry_error}
    assert {x.id for x in broken if x.rule != "R27" or x.places not in slips} <= spoken


@thin
@given(questions())
def test_the_mirrored_patient_and_plan_get_the_same_verdict(question: tuple[Case, Plan]) -> None:
    case, plan = question
    one = check(plan, case, KNOWLEDGE).verdict
    other = check(plan.mirrored(), mirrored(case), KNOWLEDGE).verdict
    assert one.level is other.level
    assert sorted((r.rule, r.level) for r in one.reasons) == sorted((r.rule, r.level) for r in other.reasons)


@thin
@given(questions())
def test_the_order_of_the_lines_of_a_plan_does_not_matter(question: tuple[Case, Plan]) -> None:
    case, plan = question
    turned = replace(plan, injections=plan.injections[::-1])
    assert level_of(plan, case) is level_of(turned, case)


@thin
@given(questions())
@example((Case(region=Region.US, date=VISIT), Plan(name="empty", product=MAIN_PRODUCTS[0], injections=())))
def test_every_reason_says_what_and_no_rule_stumbles(question: tuple[Case, Plan]) -> None:
    case, plan = question
    for reason in check(plan, case, KNOWLEDGE).verdict.reasons:
        assert reason.what.endswith(".")
        said = re.sub(" left (uninjected|out)", "", f" {reason.what} {reason.action}")  # no sides
        assert not any(word in said for word in (" left ", " right ", " U ", " N/A"))
        if reason.level is not Level.ALLOW:
            assert reason.action


@thin
@given(questions(), st.integers(1, 40))
def test_more_in_every_muscle_is_never_judged_milder_on_limits_from_above(
    question: tuple[Case, Plan], percent: int
) -> None:
    case, plan = question
    factor = 1 + Decimal(percent) / 100
    more = replace(plan, injections=tuple(replace(i, dose=i.dose.times(factor)) for i in plan.injections))
    caps = [x for x in limits(case, KNOWLEDGE, plan.product) if x.kind != "total_min"]
    assert all(x.broken_by(more) for x in caps if x.broken_by(plan))
