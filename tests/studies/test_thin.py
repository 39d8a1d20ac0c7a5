"""Every study and benchmark runs, thin, and names code that exists."""

from __future__ import annotations

import pytest

from studies.harness import Study, discover
from studies.record import files_under

STUDIES = [*discover("studies"), *discover("benchmarks")]


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_a_study_names_what_it_depends_on(study: Study) -> None:
    assert files_under(study.paths)
    assert study.title


@pytest.mark.parametrize("study", discover("studies"), ids=lambda study: study.name)
def test_a_thin_run_of_a_study_meets_its_bars(study: Study) -> None:
    measures = study.run(True)
    assert measures
    assert [measure for measure in measures if not measure.met] == []


@pytest.mark.parametrize("study", discover("benchmarks"), ids=lambda study: study.name)
def test_a_thin_run_of_a_benchmark_measures_something(study: Study) -> None:
    assert study.run(True)
