"""Designs of virtual trials: what a file may say, and what it is told when it says something else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collis.errors import BadInput
from collis.trials.design import Design, Draws, EndPointKind, Leave, Strategy
from collis.trials.reading import BadDesignFile, design_of, parse_design, read_design
from collis.trials.simulate import job_of, simulate

PAGE = Path(__file__).parents[2] / "docs/trials-design.md"


def example() -> str:
    """The design that the documentation shows."""
    found = re.search(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found
    return found[1]


def problems(text: str) -> tuple[BadInput, ...]:
    with pytest.raises(BadDesignFile) as caught:
        parse_design(text, file="x.trial.toml")
    return caught.value.problems


def test_the_example_of_the_page_runs() -> None:
    design = parse_design(example())
    assert [arm.name for arm in design.arms] == ["placebo", "5,000 Units", "10,000 Units"]
    tables = simulate(design, 0).by_name
    assert len(tables["people"]["person"]) == design.people.count


def test_every_key_the_reader_knows_is_on_the_page() -> None:
    page = PAGE.read_text("utf-8")
    source = (Path(__file__).parents[2] / "src/collis/trials/reading.py").read_text("utf-8")
    keys = set(re.findall(r"(?:table|row|root)\.\w+\(\s*\"(\w+)\"", source))
    assert len(keys) > 40
    assert sorted(key for key in keys if key not in page) == []


def test_a_design_and_its_canonical_text_are_the_same_trial() -> None:
    design = parse_design(example())
    assert design_of(design.text) == design
    assert design_of(design.text).digest == design.digest


def test_another_seed_is_another_design() -> None:
    design = parse_design(example())
    assert design.with_seed(1).digest != design.digest


def test_the_same_design_gives_the_same_job() -> None:
    design = parse_design(example())
    assert job_of(design).manifest() == job_of(parse_design(example())).manifest()
    assert job_of(design).shards == 1
    assert job_of(design.with_people(50_000)).shards == 3


def test_the_last_shard_holds_the_rest() -> None:
    design = parse_design(example()).with_people(50_000)
    assert [design.shard_people(i) for i in range(3)] == [20_000, 20_000, 10_000]
    with pytest.raises(BadInput, match="shard: read 3"):
        design.shard_people(3)


def test_the_end_point_marked_primary_is_the_primary_one() -> None:
    design = parse_design(example())
    assert design.primary is not None
    assert design.primary.kind is EndPointKind.CHANGE


def test_what_a_file_leaves_out_has_its_plain_meaning() -> None:
    design = parse_design(example())
    assert design.randomisation.draws is Draws.INDEPENDENT
    assert design.arms[0].strategy is Strategy.FIXED_DOSE
    assert design.retreatment is None
    assert design.drop_out.lack_of_effect is Leave.RARELY


SLIPS = [
    ('name = "type B, two doses"', 'nome = "type B"', 'nome', 'Did you mean "name"?'),
    ("seed = 20260101", "seed = -4", "seed", "0"),
    ("count = 3000", 'count = "many"', "count", "whole number"),
    ("count = 3000", "count = 0", "count", "1"),
    ('like = "brashear_1999"', 'like = "brashear"', "like", 'Did you mean "brashear_1999"?'),
    ('product = "rimabotulinumtoxinB"', 'product = "rimabotulinumtoxinA"', "product", "Did you mean"),
    ("units = 5000", "unit = 5000", "unit", 'Did you mean "units"?'),
    ("units = 5000", "units = -1", "units", "0"),
    ("weeks = [2, 4, 8, 12, 16]", "weeks = [4, 2]", "weeks", "ascending"),
    ("weeks = [2, 4, 8, 12, 16]", "weeks = [0, 4]", "weeks", "baseline visit"),
    ("weeks = [2, 4, 8, 12, 16]", "weeks = 4", "weeks", "square brackets"),
    ("total = { low = 20 }", "total = { low = 40, high = 30 }", "high", "more than the low end"),
    ("total = { low = 20 }", "total = { least = 40 }", "least", "low"),
    ('leave_out_pure = ["antecollis", ', 'leave_out_pure = ["anterocollis", ', "anterocollis", "antecollis"),
    ('strata = ["sex"]', 'strata = ["age"]', "age", "sex"),
    ('draws = "independent"', 'draws = "paired"', "paired", "common"),
    ("percent = 20\n", "", "responder", "percent or points"),
    ("percent = 80\n", "", "time_to_loss", "percent"),
    ('kind = "responder"\nweeks = [4]', 'kind = "responder"\nweeks = [5]', "5", "visits.weeks"),
    ('source = "brashear_1999"', 'source = "brashear_2020"', "brashear_2020", "bibliography"),
    ('end_point = "change at week 4"\n', 'end_point = "change"\n', "published", "change at week 4"),
    ('strategy = "fixed_dose"', 'strategy = "fixed_dosis"', "fixed_dosis", 'Did you mean "fixed_dose"?'),
    ("schema = 1", "schema = 9", "schema", "1"),
    ("other_percent_a_week = 0.2", "other_percent_a_week = 80", "80", "0 to 50"),
]  # fmt: skip


@pytest.mark.parametrize(("there", "instead", "word", "said"), SLIPS)
def test_a_slip_is_told_with_its_line_and_how_to_mend_it(
    there: str, instead: str, word: str, said: str
) -> None:
    assert there in example()
    text = example().replace(there, instead, 1)
    found = problems(text)
    sentence = "\n".join(problem.sentence() for problem in found)
    assert said in sentence
    assert all(problem.line is not None and problem.file == "x.trial.toml" for problem in found)
    if word in instead and len(found) == 1 and word != "published":
        assert word in text.split("\n")[(found[0].line or 1) - 1]


def test_a_dose_beside_collis_plans_is_refused() -> None:
    text = example().replace('strategy = "fixed_dose"', 'strategy = "collis"', 1)
    assert "The plan tells the total." in problems(text)[0].sentence()


def test_fixed_muscles_need_muscles() -> None:
    text = example().replace('strategy = "fixed_dose"', 'strategy = "fixed_muscles"', 1)
    assert any("[[arm.muscle]]" in problem.sentence() for problem in problems(text))


def test_a_muscle_stands_once_on_each_side() -> None:
    row = '[[arm.muscle]]\nmuscle = "splenius_capitis"\nside = "{}"\nunits = 50\n'
    arm = '[[arm]]\nname = "m"\nstrategy = "fixed_muscles"\nproduct = "onabotulinumtoxinA"\n'
    text = example().replace("[visits]", arm + row.format("ipsi") + row.format("both") + "[visits]")
    assert "twice on one side" in problems(text)[0].sentence()
    twice = example().replace("[visits]", arm + row.format("ipsi") + row.format("contra") + "[visits]")
    assert len(parse_design(twice).arms[-1].muscles) == 2


def test_a_request_needs_a_rule_of_waning() -> None:
    text = example() + '[retreatment]\nrule = "request"\napart_weeks = 12\ncycles = 2\n'
    assert "lost_percent or below_points" in problems(text)[0].sentence()
    assert parse_design(text + "lost_percent = 80\n").retreatment is not None


def test_two_arms_of_one_name_are_refused() -> None:
    assert (
        "two arms named"
        in problems(example().replace('name = "5,000 Units"', 'name = "placebo"'))[0].sentence()
    )


def test_several_slips_are_told_at_once_first_line_first() -> None:
    text = example().replace("seed = 20260101", "seed = true").replace("units = 5000", 'units = "5000"')
    lines = [problem.line or 0 for problem in problems(text)]
    assert len(lines) == 2
    assert lines == sorted(lines)


def test_a_file_that_is_none_is_told_so(tmp_path: Path) -> None:
    for name, content in (("a.trial.toml", b"\xff\xfe"), ("b.trial.toml", b""), ("c.trial.toml", b"x = = 1")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadDesignFile):
            read_design(tmp_path / name)
    with pytest.raises(BadDesignFile, match="no file of this name"):
        read_design(tmp_path / "none.trial.toml")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema":1}', "null", '{"schema":1,"arm":[3]}'])
def test_text_that_is_no_design_is_refused_by_a_shard(text: str) -> None:
    with pytest.raises(BadInput):
        design_of(text)


JUNK = st.one_of(
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.booleans(),
    st.text(max_size=12),
    st.lists(st.integers(-5, 5), max_size=3),
    st.dictionaries(st.sampled_from(["low", "mean", "x"]), st.integers(-5, 500), max_size=2),
)


def plain(value: object) -> str:
    """A value as TOML text."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return '"' + "".join(c if c.isalnum() else " " for c in value) + '"'
        case list():
            return "[" + ", ".join(plain(v) for v in value) + "]"
        case dict():
            return "{" + ", ".join(f"{k} = {plain(v)}" for k, v in value.items()) + "}"
        case float():
            return repr(value) if "e" not in repr(value) else "1.5"
        case _:
            return f"{value}"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_malformed_design_ends_in_a_traceback(data: st.DataObject) -> None:
    lines = example().split("\n")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["value", "drop", "double", "cut", "heading"])):
            case "value" if " = " in lines[at]:
                lines[at] = lines[at].split(" = ")[0] + " = " + plain(data.draw(JUNK))
            case "drop":
                lines[at] = ""
            case "double":
                lines.insert(at, lines[at])
            case "cut":
                lines[at] = lines[at][: data.draw(st.integers(0, 12))]
            case "heading":
                lines.insert(
                    at,
                    data.draw(st.sampled_from(["[rescue]", "[[arm]]", "[arm]", "[people.entry]", "[run]"])),
                )
            case _:
                pass
    try:
        design = parse_design("\n".join(lines), file="x.trial.toml")
    except BadDesignFile as error:
        placed = [problem.line is not None for problem in error.problems]
    else:
        placed = [isinstance(design, Design), design_of(design.text) == design]
    assert placed
    assert all(placed)
