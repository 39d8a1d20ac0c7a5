"""Relief of many people at once against the plain formulas, engine against engine."""

import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from collis.errors import BadInput
from collis.knowledge.load import load
from collis.toxin.batch import (
    HILL_EXPONENT,
    People,
    curves_of,
    hill_three_halves,
    relief_by_week,
    relief_of,
    require_exponent,
)
from collis.toxin.timecourse import Array, effect_peak, superpose
from collis.toxin.weakening import hill

WEEKLY: Array = 7.0 * np.arange(53, dtype=np.float64)
QUARTERLY: Array = 84.0 * np.arange(4, dtype=np.float64)


def drawn(
    people: int,
    *,
    muscles: int = 12,
    sessions: int = 4,
    products: int = 2,
    seed: int = 0,
    wide: bool = False,
) -> dict[str, Any]:
    """Random people: every session of one of a few products, some muscles left out of some sessions."""
    chance = np.random.default_rng(seed)
    centre = np.array([0.45, 0.076, 0.028, 0.053, 0.0165])[:, None]
    rates = centre * np.exp(0.4 * chance.normal(size=(5, people)))
    if wide:
        rates = np.exp(chance.uniform(np.log(0.003), np.log(3.0), (5, people)))
        rates[2, ::3] = rates[1, ::3] * (1 + 1e-9)
        rates[0, ::4] = rates[2, ::4]
    which = 2 + chance.integers(0, products, sessions)
    levels = chance.lognormal(0.2, 1.0, (people, muscles, sessions))
    return {
        "levels": levels * (chance.random(levels.shape) < 0.8),
        "uptake": rates[0],
        "decay": rates[which].T.copy(),
        "lag": rates[1],
        "share": chance.dirichlet(np.ones(muscles), people),
    }


def plain(
    person: int,
    on_days: Array,
    given_days: Array,
    *,
    levels: Array,
    uptake: Array,
    decay: Array,
    lag: Array,
    share: Array,
) -> Array:
    """Relief of one person, session by session and muscle by muscle."""
    peak = effect_peak(uptake=uptake[person], decay=decay[person], lag=lag[person])
    total = np.zeros(len(on_days))
    for muscle, part in enumerate(share[person]):
        level = superpose(
            on_days, given_days, levels[person, muscle] / peak, uptake=uptake[person], decay=decay[person],
            lag=lag[person],
        )  # fmt: skip
        total += part * hill(level, exponent=1.5)
    return total


CALENDARS: dict[str, tuple[Array, Array]] = {
    "weekly, sessions on the grid": (WEEKLY, QUARTERLY),
    "weekly, sessions off the grid": (WEEKLY, np.array([0.5, 80.0, 165.25, 300.0])),
    "uneven visits": (np.array([3.0, 14.0, 28.0, 84.0, 90.5, 300.0]), QUARTERLY),
    "sessions long before": (WEEKLY[:20], np.array([-400.0, -300.0, -84.0, 0.0])),
    "sessions out of order, one after the last day": (WEEKLY, np.array([168.0, 0.0, 9999.0, 84.0])),
    "one day": (np.array([30.0]), QUARTERLY),
}


@pytest.mark.parametrize("calendar", CALENDARS)
@pytest.mark.parametrize("wide", [False, True])
def test_the_batch_gives_everyone_what_the_plain_formulas_give(calendar, wide):
    on_days, given_days = CALENDARS[calendar]
    people = drawn(9, products=3, seed=4, wide=wide)
    found = relief_by_week(on_days, given_days, **people)
    for person in range(9):
        assert found[person] == pytest.approx(plain(person, on_days, given_days, **people), abs=1e-12)


def test_a_patient_alone_gets_the_same_numbers_as_within_a_trial():
    people = drawn(700, seed=2)
    together = relief_by_week(WEEKLY, QUARTERLY, **people)
    for person in (0, 255, 256, 699):
        alone = relief_by_week(
            WEEKLY, QUARTERLY, **{name: values[[person]] for name, values in people.items()}
        )
        assert alone[0] == pytest.approx(together[person], abs=1e-14)


def test_everyone_may_have_products_of_their_own():
    people = drawn(40, seed=6)
    people["decay"] = np.where(np.arange(40)[:, None] % 2 == 0, people["decay"], people["decay"][:, ::-1])
    found = relief_by_week(WEEKLY, QUARTERLY, **people)
    for person in (0, 1, 39):
        assert found[person] == pytest.approx(plain(person, WEEKLY, QUARTERLY, **people), abs=1e-12)


def test_without_toxin_there_is_no_relief_at_all():
    people = drawn(5)
    people["levels"] = np.zeros_like(people["levels"])
    assert not relief_by_week(WEEKLY, QUARTERLY, **people).any()


def test_relief_never_falls_with_the_dose_and_stays_below_one():
    people = drawn(50, seed=8)
    last = np.zeros((50, 53))
    for factor in (0.01, 0.5, 1.0, 2.0, 1e3, 1e6):
        now = relief_by_week(WEEKLY, QUARTERLY, **{**people, "levels": factor * people["levels"]})
        assert np.all(now >= last - 1e-15)
        last = now
    assert last.max() <= 1.0 + 1e-12


def test_no_people_or_no_sessions_give_empty_relief_or_none():
    assert relief_by_week(WEEKLY, QUARTERLY, **drawn(0)).shape == (0, 53)
    assert not relief_by_week(WEEKLY, np.zeros(0), **drawn(3, sessions=0)).any()


def test_sessions_of_one_product_on_the_grid_share_one_curve():
    decay = np.array([[0.03, 0.03, 0.05, 0.03]])
    curves = curves_of(WEEKLY, QUARTERLY, decay)
    assert [[session for session, _ in curve.starts] for curve in curves] == [[0, 1, 3], [2]]


def test_a_stream_gives_the_same_and_holds_one_group_at_a_time():
    def groups() -> Iterator[People]:
        for seed in range(12):
            yield People(**drawn(4000, seed=seed))

    whole = relief_by_week(WEEKLY, QUARTERLY, **drawn(4000, seed=11))
    tracemalloc.start()
    for relief in relief_of(groups(), WEEKLY, QUARTERLY):
        last = relief
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    one_group = 8 * 4000 * (12 * 4 + 12 + 6 + 53)
    assert most < 4 * one_group
    assert np.array_equal(last, whole)


def test_the_shipped_hill_exponent_is_the_one_built_in():
    assert load().response.hill.value == HILL_EXPONENT


@pytest.mark.parametrize("exponent", [1.0, 1.4999, 2.0])
def test_another_hill_exponent_is_refused_at_the_door(exponent):
    with pytest.raises(BadInput, match=r"Hill exponent.*expected 1\.5"):
        require_exponent(exponent)
    with pytest.raises(BadInput, match="Hill exponent"):
        relief_by_week(WEEKLY, QUARTERLY, **drawn(2), exponent=exponent)


def test_the_hill_curve_without_a_power_is_the_hill_curve():
    levels = np.concatenate([[0.0], np.logspace(-9, 9, 200)])
    assert hill_three_halves(levels) == pytest.approx(hill(levels, exponent=HILL_EXPONENT), rel=1e-12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"uptake": np.ones(3)}, "uptake: read shape"),
        ({"share": np.ones((2, 5))}, "share: read shape"),
        ({"levels": np.ones((2, 12))}, "levels: read 2 axes"),
        ({"levels": -np.ones((2, 12, 4))}, "negative or missing level"),
        ({"levels": np.full((2, 12, 4), np.nan)}, "negative or missing level"),
        ({"lag": np.zeros(2)}, "lag: read a rate of 0"),
        ({"decay": np.full((2, 4), np.nan)}, "decay: read a rate of 0, below or missing"),
    ],
)
def test_misshapen_or_impossible_input_is_refused(change, words):
    with pytest.raises(BadInput, match=words):
        relief_by_week(WEEKLY, QUARTERLY, **{**drawn(2), **change})


def test_days_out_of_order_and_a_calendar_of_another_length_are_refused():
    with pytest.raises(BadInput, match="ascending"):
        relief_by_week(WEEKLY[::-1], QUARTERLY, **drawn(2))
    with pytest.raises(BadInput, match="read 4 sessions"):
        relief_by_week(WEEKLY, QUARTERLY[:3], **drawn(2))


@pytest.mark.slow
def test_the_compiled_sums_agree_with_numpy():
    pytest.importorskip("numba")
    for number, (on_days, given_days) in enumerate(CALENDARS.values()):
        for wide in (False, True):
            people = drawn(75, muscles=5 + number, products=3, seed=number, wide=wide)
            numpy = relief_by_week(on_days, given_days, **people)
            double = relief_by_week(on_days, given_days, **people, engine="numba")
            single = relief_by_week(on_days, given_days, **people, engine="numba32")
            assert np.abs(double - numpy).max() <= 1e-10
            assert np.abs(single - numpy).max() <= 2e-6
    many = drawn(33, muscles=3, sessions=11, seed=9)
    given_days = np.linspace(-500.0, 300.0, 11)
    numpy = relief_by_week(WEEKLY, given_days, **many)
    assert np.abs(relief_by_week(WEEKLY, given_days, **many, engine="numba") - numpy).max() <= 1e-10
    assert np.abs(relief_by_week(WEEKLY, given_days, **many, engine="numba32") - numpy).max() <= 2e-6
    huge = {**many, "levels": 1e12 * many["levels"]}
    for engine in ("numba", "numba32"):
        saturated = relief_by_week(WEEKLY, given_days, **huge, engine=engine)
        assert saturated == pytest.approx(relief_by_week(WEEKLY, given_days, **huge), abs=2e-6)
    nobody = drawn(0)
    assert relief_by_week(WEEKLY, QUARTERLY, **nobody, engine="numba").shape == (0, 53)


def test_nothing_but_the_compiled_engine_needs_numba():
    hidden = (
        "import sys; sys.modules['numba'] = None\n"
        "import numpy as np\n"
        "from collis.errors import BadInput\n"
        "from collis.toxin.batch import relief_by_week\n"
        "one = (np.arange(5.0), np.zeros(1), np.ones((1, 1, 1)), np.ones(1), np.full((1, 1), 0.1), np.ones(1))\n"
        "assert relief_by_week(*one, np.ones((1, 1))).shape == (1, 5)\n"
        "try:\n"
        "    relief_by_week(*one, np.ones((1, 1)), engine='numba')\n"
        "except BadInput as refusal:\n"
        "    assert 'collis[fast]' in str(refusal)\n"
        "else:\n"
        "    raise AssertionError('ran without numba')\n"
    )
    done = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
