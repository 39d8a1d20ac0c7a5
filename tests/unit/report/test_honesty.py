"""What a page says of the figures behind it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collis.case.plan import Plan
from collis.knowledge.load import load
from collis.planning.candidate import CandidateKey, NotOffered
from collis.reasons import Kind
from collis.report import honesty
from collis.report.comparison import comparison_data
from tests.unit.report.consultations import DEMO, EXAMPLES, consultation
from tests.unit.safety.bedside import VISIT


def without_units(name: str = DEMO):
    """An offer whose lines all have 0 Units."""
    offer = consultation(name).offers[0]
    planned = offer.candidate.plan
    empty = replace(planned, injections=tuple(replace(i, dose=i.dose.times(0)) for i in planned.injections))
    return replace(offer, candidate=replace(offer.candidate, plan=empty))


def test_dose_ranges_are_counted_for_the_muscles_that_get_units() -> None:
    c = consultation()
    said = honesty.dose_ranges(c, c.offers)
    assert said.startswith("Dose ranges here: ")
    assert said.endswith(".")
    assert honesty.dose_ranges(c, [without_units()]) == ""
    assert honesty.dose_ranges(c, []) == ""


def test_dose_ranges_name_their_grades_where_none_was_checked() -> None:
    c = consultation()
    muscles = {i.muscle for o in c.offers for i in o.candidate.plan.injections}
    doses = [load(VISIT).muscles[m].doses[c.product] for m in muscles]
    none_checked = not any(entry.verified for d in doses for entry in (d.usual, d.least_useful) if entry)
    said = honesty.dose_ranges(c, c.offers)
    assert none_checked == ("0 of " in said)
    assert none_checked == (";" in said)


def test_a_muscle_without_a_range_is_counted_as_such() -> None:
    c = replace(consultation(), product="daxibotulinumtoxinA")
    assert "none is kept for" in honesty.dose_ranges(c, c.offers)


def test_unchecked_limits_say_which_plan_they_bind_and_nothing_where_all_were_checked() -> None:
    c = consultation()
    said = honesty.unchecked_limits(c)
    assert said.startswith("Limits. ")
    for offer in c.offers:
        for reason in offer.checked.verdict.about_sources:
            assert reason.what[1:] in said
    assert honesty.unchecked_limits(replace(c, offers=())) == ""


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_remark_stands_once_with_every_plan_it_concerns(name: str) -> None:
    c = consultation(name)
    found = honesty.notes_of(c)
    assert len({(r.rule, r.what) for r, _ in found}) == len(found)
    for reason, offers in found:
        assert reason.kind is Kind.NOTE
        for offer in c.offers:
            spoken = {(r.rule, r.what) for r in offer.checked.verdict.notes}
            assert (offer in offers) == ((reason.rule, reason.what) in spoken)


def test_the_gain_says_how_much_of_it_is_the_placebo_response() -> None:
    c = consultation()
    assert honesty.gain_note(c, c.offers).startswith("Gain includes the placebo response (about ")
    assert honesty.gain_note(c, ()) == ""


def test_the_patients_own_record_stands_beside_the_forecast() -> None:
    c = consultation("three-cycles-early-wearing-off")
    last = c.case.last_session
    assert last is not None
    if last.faded_week is not None or last.benefit_percent is not None:
        assert "not yet used by this forecast" in honesty.own_record(c, column="second column")
        assert "second column" in honesty.own_record(c, column="second column")
    bare = replace(last, faded_week=None, benefit_percent=None)
    case = replace(c.case, history=replace(c.case.history, sessions=(bare,)))
    assert honesty.own_record(replace(c, case=case)) == ""
    assert honesty.own_record(consultation("rotational")) == ""


def test_each_line_says_why_it_has_its_dose_and_a_line_without_units_says_nothing() -> None:
    candidate = consultation().offers[0].candidate
    lines = [i for i in candidate.plan.injections if i.dose.units > 0]
    assert len(honesty.why_doses(candidate)) == len(lines)
    assert all(len(why) <= 20 for _, why in honesty.why_doses(candidate, most=20))
    assert honesty.why_doses(without_units().candidate) == []


def test_what_bound_a_plan_is_said_and_that_nothing_did() -> None:
    candidate = consultation().offers[0].candidate
    assert honesty.limited_words(replace(candidate, limited_by=())) == "Nothing bound it."
    for offer in consultation().offers:
        for binding in offer.candidate.limited_by:
            assert binding.text.rstrip(".")[1:] in honesty.limited_words(offer.candidate)


def as_last_time(change: int):
    """A consultation and its plan as last time, with other sites than last time where asked."""
    c = consultation()
    offer = next(o for o in c.offers if o.key is CandidateKey.AS_LAST_TIME)
    planned: Plan = offer.candidate.plan
    last = c.case.last_session
    assert last is not None
    exact = {g.members[0]: g for g in last.given if len(g.members) == 1}
    told = tuple(
        replace(g, sites=next(i.sites for i in planned.injections if i.where == where))
        for where, g in exact.items()
    )
    session = replace(last, given=tuple(replace(g, sites=(g.sites or 0) + change) for g in told))
    case = replace(c.case, history=replace(c.case.history, sessions=(session,)))
    return replace(c, case=case), offer


def test_other_sites_at_the_same_units_are_pointed_out_and_the_same_are_not() -> None:
    same, offer = as_last_time(0)
    assert honesty.site_changes(same, offer) == []
    assert honesty.site_changes_words(same, [offer]) == ""
    other, offer = as_last_time(1)
    found = honesty.site_changes(other, offer)
    assert found
    assert all(" same, " in said and "(was " in said for said in found)
    assert honesty.site_changes_words(other, [offer]).startswith("Sites changed: ")
    elsewhere = replace(other, product="incobotulinumtoxinA")
    assert honesty.site_changes(elsewhere, offer) == []


def test_nothing_proposed_gives_the_one_reason_there_is_or_none_of_several() -> None:
    c = replace(consultation(), offers=())
    why = NotOffered(key=CandidateKey.BALANCED, why="there is no product")
    one = replace(c, not_offered=(why, replace(why, key=CandidateKey.LOW_RISK, why="there is no product.")))
    assert honesty.nothing_proposed(one) == "Nothing can be proposed. There is no product."
    two = replace(c, not_offered=(why, replace(why, why="it is too soon")))
    assert honesty.nothing_proposed(two) == "Nothing can be proposed."
    assert honesty.nothing_proposed(consultation()) == ""


def test_the_comparison_carries_these_sentences() -> None:
    assert "Dose ranges here" in str(comparison_data(consultation(), example=True))
