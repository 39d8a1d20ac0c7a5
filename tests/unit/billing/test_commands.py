"""`collis cost` and `collis letter`: the worked example from a case file, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from collis import api
from collis.billing.share import NoPriceData
from collis.cli import BAD_INPUT, DONE, REFUSED, run
from collis.errors import BadInput
from collis.knowledge.names import Muscle
from tests.unit.billing.sample import LEFT, RIGHT, plan, supply

EXAMPLES = Path(__file__).parents[3] / "examples"
TREATED = str(EXAMPLES / "torticaput-left.case.toml")
BRITISH = str(EXAMPLES / "rotational.case.toml")
TOO_EARLY = str(EXAMPLES / "migraine-elsewhere.case.toml")


def test_the_cost_of_a_candidate_is_printed(capsys):
    assert run(["cost", TREATED, "--choose", "balanced"]) == DONE
    assert "Patient pays" in capsys.readouterr().out


def test_the_cost_as_json_reads_back(capsys):
    assert run(["cost", TREATED, "--choose", "balanced", "--facility", "--sessions", "3", "--json"]) == DONE
    document = json.loads(capsys.readouterr().out)
    assert document["document"] == "cost"
    assert len(document["year"]["sessions"]) == 3


def test_a_commercial_plan_takes_its_figures_from_the_command(capsys):
    own = ["--rate", "7", "--fee", "200", "--deductible", "1500", "--coinsurance", "20", "--maximum", "2000"]
    assert run(["cost", TREATED, "--choose", "balanced", "--payer", "commercial_example", *own]) == DONE
    assert "$2,000.00" in capsys.readouterr().out
    assert run(["cost", TREATED, "--choose", "balanced", "--maximum", "100"]) == DONE


def test_outside_the_united_states_there_is_no_price_data(capsys):
    assert run(["cost", BRITISH, "--choose", "label-start"]) == DONE
    said = capsys.readouterr().out
    assert "No price data for this region" in said
    assert "$" not in said


@pytest.mark.parametrize(
    "wrong",
    [
        ["--choose", "cheapest"],
        [],
        ["--choose", "balanced", "--payer", "nobody"],
        ["--choose", "balanced", "--deductible", "much"],
    ],
)
def test_what_cannot_be_read_leaves_with_2(wrong, capsys):
    assert run(["cost", TREATED, *wrong]) == BAD_INPUT
    assert "expected" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["cost", "letter"])
def test_where_nothing_may_be_given_nothing_is_billed(command, capsys):
    assert run([command, TOO_EARLY, "--choose", "balanced"]) == REFUSED
    assert "$" not in capsys.readouterr().out


def test_the_letter_is_printed_and_written(tmp_path, capsys):
    assert run(["letter", TREATED, "--choose", "balanced", "--out", str(tmp_path)]) == DONE
    assert "Request for authorisation" in capsys.readouterr().out
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".pdf", ".txt"]
    assert run(["letter", TREATED, "--choose", "balanced", "--json"]) == DONE
    assert json.loads(capsys.readouterr().out)["diagnosis"] == "G24.3"


def test_a_typed_plan_that_is_refused_leaves_with_3(tmp_path, capsys):
    typed = tmp_path / "typed.case.toml"
    lines = "".join(
        f'[[request.plan]]\nmuscle = "{m.value}"\nside = "{s.value}"\nunits = 900\nsites = 2\n'
        for m, s in ((Muscle.SPLENIUS_CAPITIS, RIGHT), (Muscle.STERNOCLEIDOMASTOID, LEFT))
    )
    typed.write_text(Path(TREATED).read_text("utf-8") + f"\n{lines}", "utf-8")
    assert run(["cost", str(typed)]) == REFUSED
    assert "Refused" in capsys.readouterr().out


def test_a_refused_plan_has_neither_cost_nor_letter():
    case = api.open_case(Path(TREATED))
    too_much = plan((Muscle.SPLENIUS_CAPITIS, RIGHT, 900))
    checked = api.check(too_much, case)
    with pytest.raises(BadInput, match="refused by the gate"):
        api.cost(checked, case, supply(too_much, 1000))
    with pytest.raises(BadInput, match="refused by the gate"):
        api.authorisation(checked, case)


def test_the_claim_of_a_draw_up_bills_every_unit_of_its_vials():
    case = api.open_case(Path(TREATED))
    checked = api.check(api.propose(case).candidates[0].plan, case)
    found = api.supply_of(api.prepare(checked, case).drawup)
    assert found.given + found.discarded == found.opened
    answer = api.cost(checked, case, found)
    assert not isinstance(answer, NoPriceData)
    assert answer.claim.billing_units() == found.opened.units


def test_a_typed_plan_that_passes_needs_no_name(tmp_path, capsys):
    typed = tmp_path / "typed.case.toml"
    lines = '\n[[request.plan]]\nmuscle = "splenius_capitis"\nside = "left"\nunits = 60\nsites = 2\n'
    lines += 'guidance = "emg"\n'
    typed.write_text(Path(TREATED).read_text("utf-8") + lines, "utf-8")
    assert run(["cost", str(typed)]) == DONE
    assert "given: 60 Units" in capsys.readouterr().out
