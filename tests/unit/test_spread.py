"""Where the Units of an injection end up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from collis.errors import KnowledgeError
from collis.knowledge.load import load
from collis.knowledge.names import Guidance, Muscle
from collis.knowledge.spread import Depth, build_spread
from collis.sources import Grade
from collis.toxin.spread import catch, kept_share, pharynx_share, spill_share, spread_matrix
from collis.toxin.timecourse import Array, Real

SPREAD = load().spread
MUSCLES = load().muscles


def spill(volume_ml: Real, *, bulk: Real = 50.0, sites: Real = 1.0) -> Array:
    known = SPREAD.spill
    return spill_share(
        volume_ml,
        volume_cm3=bulk,
        sites=sites,
        share=known.share.value,
        reference=known.reference_volume.value,
        volume_exponent=known.volume_exponent.value,
        bolus_exponent=known.bolus_exponent.value,
    )


def pull(distance_mm: Real, *, bulk: Real = 30.0) -> Array:
    field = SPREAD.field
    return catch(
        distance_mm,
        volume_cm3=bulk,
        decay_length=field.decay_length.value,
        radius=field.radius.value[1],
        surface_exponent=field.surface_exponent.value,
    )


shares = st.floats(0.0, 1.0)


@given(
    kept=arrays(float, 5, elements=shares),
    part=arrays(float, 5, elements=shares),
    distance=arrays(float, (9, 5), elements=st.floats(0.0, 80.0)),
    elsewhere=st.floats(0.1, 50.0),
)
@settings(max_examples=80, deadline=None)
def test_every_unit_is_accounted_for(kept, part, distance, elsewhere):
    catches = pull(distance)
    catches[np.arange(5), np.arange(5)] = np.nan
    matrix = spread_matrix(kept, part * (1.0 - kept), catches, elsewhere=elsewhere)
    assert matrix.shape == (11, 5)
    assert matrix.min() >= 0.0
    assert matrix.sum(axis=0) == pytest.approx(np.ones(5), abs=1e-12)
    assert matrix[np.arange(5), np.arange(5)] == pytest.approx(kept)


@given(st.floats(0.0, 20.0), st.floats(1.001, 10.0), st.floats(1.0, 8.0))
@settings(max_examples=60, deadline=None)
def test_more_volume_spills_more_but_never_all(volume, factor, sites):
    less, more = float(spill(volume, sites=sites)), float(spill(volume * factor, sites=sites))
    assert 0.0 <= less <= more < 1.0


@given(st.floats(0.01, 20.0), st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_more_sites_keep_more_in_the_muscle(volume, sites):
    assert float(spill(volume, sites=float(sites + 1))) < float(spill(volume, sites=float(sites)))


def test_no_volume_spills_nothing():
    assert float(spill(0.0)) == 0.0


def test_a_small_spill_follows_the_two_thirds_power():
    assert float(spill(8e-6) / spill(1e-6)) == pytest.approx(4.0, rel=1e-3)


def test_the_stated_spill_is_met_at_the_reference_volume():
    assert float(spill(50.0 * SPREAD.spill.reference_volume.value)) == pytest.approx(SPREAD.spill.share.value)


@given(st.floats(0.0, 100.0), st.floats(0.0, 50.0))
@settings(max_examples=60, deadline=None)
def test_a_neighbour_further_away_never_catches_more(distance, step):
    assert float(pull(distance + step)) <= float(pull(distance))


def test_what_is_out_of_reach_catches_nothing():
    assert pull(np.array([np.inf, 45.0, 200.0])).tolist() == [0.0, 0.0, 0.0]


def test_the_field_is_thin_but_there_at_thirty_millimetres_as_in_rabbit_muscle():
    low, high = SPREAD.field.radius.value
    assert (low, high) == (15.0, 45.0)
    at = pull(np.array([0.0, 15.0, 30.0, 44.0, 45.0]))
    assert np.round(at / at[0], 2).tolist() == [1.0, 0.28, 0.07, 0.0, 0.0]


@given(shares, shares, shares, st.floats(0.0, 0.99))
@settings(max_examples=60, deadline=None)
def test_a_better_aim_never_reaches_less(one, other, stray, spilled):
    low, high = sorted((one, other))
    assert (
        float(kept_share(low, spilled, stray_return=stray))
        <= float(kept_share(high, spilled, stray_return=stray)) + 1e-12
    )


def test_the_pharynx_gets_no_more_than_leaves():
    got = pharynx_share(np.array([0.01, 0.4]), reference_leaving=0.001, swallow_weight=2.0, share=0.03)
    assert got.tolist() == [0.01, 0.4]


@pytest.mark.parametrize("depth", Depth)
def test_ultrasound_hits_more_often_than_emg_and_emg_more_often_than_touch(depth):
    touch, emg, image = (
        SPREAD.aim[g].by_depth[depth].value for g in (Guidance.PALPATION, Guidance.EMG, Guidance.ULTRASOUND)
    )
    assert touch < emg < image


def test_only_the_cadaver_needles_and_the_rabbits_are_graded_above_assumed():
    better = {
        path.removeprefix("evidence.spread.")
        for path, entry in load().entries.items()
        if path.startswith("evidence.spread.")
        and not path.startswith("evidence.spread.finding.")
        and entry.grade is not Grade.ASSUMED
    }
    assert better == {
        "field.radius",
        "aim.palpation.superficial",
        "aim.palpation.intermediate",
        "aim.ultrasound.superficial",
        "aim.ultrasound.intermediate",
        "usual_strength.abobotulinumtoxinA",
        "usual_strength.rimabotulinumtoxinB",
    }


def test_every_muscle_has_a_depth_that_is_known_and_neighbours_within_reach():
    radius = SPREAD.field.radius.value[1]
    for muscle in Muscle:
        assert Depth(MUSCLES[muscle].text("depth"))
        assert min(SPREAD.same_side[muscle].values()) < radius


def test_muscles_beside_the_midline_reach_each_other_and_lateral_ones_do_not():
    def across(muscle: Muscle) -> float:
        found = SPREAD.distance(muscle, muscle, across=True)
        assert found is not None
        return found

    radius = SPREAD.field.radius.value[1]
    for near in (Muscle.LONGUS_COLLI, Muscle.SEMISPINALIS_CERVICIS, Muscle.SEMISPINALIS_CAPITIS):
        assert across(near) < radius
    for far in (Muscle.STERNOCLEIDOMASTOID, Muscle.LEVATOR_SCAPULAE, Muscle.SCALENUS_MEDIUS):
        assert across(far) > radius


def test_a_guidance_mix_that_does_not_sum_to_one_is_refused():
    known = load()
    tree = dict(known._tree("evidence/spread.toml"))
    mix = dict(tree["reference"])
    mix["ultrasound"] = mix["palpation"]
    tree["reference"] = mix
    with pytest.raises(KnowledgeError, match="not 1"):
        build_spread(tree, known._tree("evidence/muscle_distances.toml"))


def test_a_left_over_key_is_refused_by_name():
    known = load()
    tree = dict(known._tree("evidence/spread.toml"), wind={})
    with pytest.raises(KnowledgeError, match="wind"):
        build_spread(tree, known._tree("evidence/muscle_distances.toml"))
