"""Laws of the case file and of the mirror."""

import os

from hypothesis import HealthCheck, given, settings

from collis.case.files import parse_case, write_case
from collis.case.mirror import mirrored, mirrored_posture
from collis.case.posture import Component, components
from collis.knowledge.names import Pattern
from tests.properties.strategies import cases, postures

EXAMPLES = int(os.environ.get("COLLIS_EXAMPLES", "60"))
quietly = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SIDELESS = {p for p in Pattern if p.value.startswith(("ante", "retro", "posterior", "tremor"))}


@quietly
@given(cases())
def test_reading_what_was_written_gives_the_same_case_and_the_same_text(case):
    text = write_case(case)
    again = parse_case(text)
    assert again == case
    assert write_case(again) == text


@quietly
@given(cases())
def test_a_mirror_image_of_a_mirror_image_is_the_case(case):
    assert mirrored(mirrored(case)) == case


@quietly
@given(cases())
def test_a_mirrored_case_is_a_case_that_can_be_written_and_read(case):
    assert parse_case(write_case(mirrored(case))) == mirrored(case)


@quietly
@given(postures())
def test_the_mirrored_posture_gives_the_mirrored_components(posture):
    def seen(of) -> set[Component]:
        return set(components(of, spread=(1, 1, 3), threshold_deg=5))

    def exchanged(c: Component) -> Component:
        side = None if c.toward is None else c.toward.mirrored
        return Component(
            pattern=c.pattern, toward=side, deg=c.deg, weight=c.weight, from_=c.from_, grade=c.grade
        )

    assert seen(mirrored_posture(posture)) == {exchanged(c) for c in seen(posture)}


@quietly
@given(postures())
def test_a_component_has_a_side_exactly_where_its_pattern_has_one(posture):
    for component in components(posture, spread=(1, 1, 3), threshold_deg=5):
        assert (component.toward is None) == (component.pattern in SIDELESS)
        assert 0 < component.weight <= 1
