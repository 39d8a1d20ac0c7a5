"""Fits the response model to published arms and single patients, and writes the result into knowledge.

    python -m tools.calibrate --patients FILE.csv [--check]

Reads arm rows from knowledge and the ratings of single patients from the file, which is never copied: of it only the
SHA-256 is kept. Writes `response.toml` (estimate, spread and what decided, for each parameter) and `response.npz`
(the joint draws); two runs give the same bytes. `--check` writes nothing and fails where the result differs from what
is stored. Without patients it fits the arm rows alone, into a scratch folder, and says so.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from collis.knowledge.evidence import TrialRow, Use
from collis.knowledge.load import DATA, Knowledge, load
from collis.knowledge.response import DecidedBy, ResponseParameters, Scale
from collis.toxin.timecourse import Array
from collis.trials.tables import PersonRows, read_patients
from tools.response_fit import Fit, Material, Model, Parameter, fit, without_people

ROOT = Path(__file__).resolve().parent.parent
SCRATCH = ROOT / "build" / "calibration"
FOLDER = DATA / "evidence"
STUDY = "BRASHEAR1999"  # the trial whose patients the file holds
SETTLED = 0.7
DIGITS = 6
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def model_of(parameters: ResponseParameters, *, hill: float | None = None) -> Model:
    """The model to fit, with priors and held values as knowledge has them; `hill` overrides the held exponent."""
    found = []
    for entry in parameters.fitted.values():
        if entry.scale is Scale.HELD:
            found.append(Parameter(name=entry.name, scale="log", centre=float(entry.estimate.value), sd=0.0))
        elif entry.prior is not None and entry.prior_sd is not None:
            centre, sd = float(entry.prior.value), float(entry.prior_sd.value)
            found.append(Parameter(name=entry.name, scale=entry.scale.value, centre=centre, sd=sd))
    return Model(
        parameters=tuple(found),
        families=MappingProxyType({product: h.family for product, h in parameters.half_life.items()}),
        hill=parameters.hill.value if hill is None else hill,
        highest=float(parameters.score.highest.value),
        week_correlation=float(parameters.choices.week_correlation.value),
        misfit_sd=float(parameters.choices.misfit_sd.value),
    )


def material_of(
    knowledge: Knowledge, people: Sequence[PersonRows] = (), *, left_out: Sequence[PersonRows] = ()
) -> Material:
    """Arm rows and patients for the fit.

    A row that nobody checked counts with a wider error. Both `people` and `left_out`, patients who are kept for a
    test, are taken out of the arm means of their trial.
    """
    widening = float(knowledge.response.choices.unchecked_widening.value)
    rows = []
    for row in knowledge.evidence.used_for(Use.CALIBRATION):
        own: TrialRow | None = row
        if row.trial == STUDY and (people or left_out):
            own = without_people(row, (*people, *left_out), arm_size=_arm_size(knowledge, row))
        if own is not None and own.se is not None:
            rows.append(own if own.verified else replace(own, se=widening * own.se))
    return Material(rows=tuple(rows), people=tuple(people), study=STUDY if people else "")


def _arm_size(knowledge: Knowledge, row: TrialRow) -> int:
    """How many were randomised into an arm: the most that any figure of it counts."""
    return max(
        r.n for r in knowledge.evidence.rows if (r.trial, r.arm) == (row.trial, row.arm) and r.n is not None
    )


def draws_of(found: Fit) -> dict[str, Array]:
    """The draws under the names they are stored by, to six digits, as every other run would write them."""
    return {name: rounded(array) for name, array in sorted(found.population.by_name().items())}


def rounded(values: Array) -> Array:
    """Each number to six significant digits."""
    return np.array([float(f"{value:.{DIGITS}g}") for value in values])


def packed(draws: Mapping[str, Array]) -> bytes:
    """The draws as the bytes of an .npz file; the same draws give the same bytes."""
    target = io.BytesIO()
    np.savez(target, **draws)  # type: ignore[arg-type]
    return target.getvalue()


def filled(
    text: str,
    parameters: ResponseParameters,
    draws: Mapping[str, Array],
    *,
    found: Fit,
    material: Material,
    patients_sha256: str,
) -> str:
    """The parameter file with the outcome of a fit filled in; words, priors and all else stay."""
    page = _Page(text)
    for entry in parameters.fitted.values():
        if entry.scale is Scale.HELD:
            continue
        table = f"fitted.{entry.name}"
        centre, sd = _centre_and_sd(entry.scale, _draws_for(entry.name, draws))
        decided = DecidedBy.PRIOR
        if entry.prior_sd is None or sd / float(entry.prior_sd.value) < SETTLED:
            decided = DecidedBy.DATA
        grade = "trial" if decided is DecidedBy.DATA else "assumed"
        page.number(table, "estimate", centre, grade)
        page.number(table, "sd", sd, grade)
        page.word(table, "decided_by", decided)
    page.word("draws", "sha256", hashlib.sha256(packed(draws)).hexdigest())
    page.number("draws", "effective", round(found.effective))
    page.word("data", "patients_sha256", patients_sha256)
    page.number("data", "rows", len(material.rows))
    page.number("data", "unchecked_rows", sum(not row.verified for row in material.rows))
    page.number("data", "patients", len(material.people))
    if material.people:
        amplitude = found.study_amplitude()
        page.number("data", "study_placebo", float(amplitude.mean()))
        page.number("data", "study_placebo_sd", float(amplitude.std(ddof=1)))
    return page.text


class _Page:
    """A knowledge file whose entries stand one a line."""

    def __init__(self, text: str) -> None:
        self.text = text

    def number(self, table: str, key: str, value: float, grade: str = "") -> None:
        """Set the value of a sourced entry, and its grade."""

        def changed(line: str) -> str:
            line = re.sub(r"value = [^,]+,", f"value = {value:.{DIGITS}g},", line, count=1)
            return re.sub(r'grade = "\w+"', f'grade = "{grade}"', line, count=1) if grade else line

        self._change(table, key, changed)

    def word(self, table: str, key: str, value: str) -> None:
        """Set a bare word."""
        self._change(table, key, lambda _line: f'{key} = "{value}"')

    def _change(self, table: str, key: str, change: object) -> None:
        assert callable(change)
        lines, inside = self.text.split("\n"), False
        for i, line in enumerate(lines):
            if line.startswith("["):
                inside = line == f"[{table}]"
            elif inside and line.startswith(f"{key} ="):
                lines[i] = change(line)
                self.text = "\n".join(lines)
                return
        raise SystemExit(f"response.toml has no line {key} in [{table}]")


def _draws_for(name: str, draws: Mapping[str, Array]) -> Array:
    if name != "reach_mean":
        return draws[name]
    from collis.trials.arms import reach_mean

    return reach_mean(draws["reach_logit"], draws["reach_patient_sd"])


def _centre_and_sd(scale: Scale, values: Array) -> tuple[float, float]:
    """Mean and spread on the scale of the fit, the mean told back on the plain scale."""
    if scale is Scale.LOG:
        logs = np.log(values)
        return float(np.exp(logs.mean())), float(logs.std(ddof=1))
    if scale is Scale.SHARE:
        odds = np.log(values / (1.0 - values))
        return float(1.0 / (1.0 + np.exp(-odds.mean()))), float(odds.std(ddof=1))
    return float(values.mean()), float(values.std(ddof=1))


def calibrate(knowledge: Knowledge, patients: Path | None, text: str) -> tuple[str, bytes, Fit]:
    """The filled-in parameter file, the bytes of the draws, and the fit."""
    parameters = knowledge.response
    highest = float(parameters.score.highest.value)
    table = read_patients(patients, highest=highest) if patients is not None else None
    material = material_of(knowledge, table.people if table else ())
    found = fit(
        model_of(parameters),
        material,
        draws=int(parameters.draws.count.value),
        seed=int(parameters.draws.seed.value),
    )
    draws = draws_of(found)
    sha256 = table.sha256 if table else ""
    page = filled(text, parameters, draws, found=found, material=material, patients_sha256=sha256)
    return page, packed(draws), found


def main(argv: Sequence[str] | None = None) -> int:
    """Calibrate, in a process of one thread so that sums come out the same."""
    given = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="python -m tools.calibrate", description=__doc__.split("\n")[0])
    parser.add_argument("--patients", type=Path, help="CSV of single patients (never copied)")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail where the stored result differs"
    )
    options = parser.parse_args(given)
    if any(os.environ.get(name) != "1" for name in _THREADS):
        alone = {**os.environ, **dict.fromkeys(_THREADS, "1")}
        return subprocess.run(
            [sys.executable, "-m", "tools.calibrate", *given], env=alone, cwd=Path.cwd()
        ).returncode
    stored = (FOLDER / "response.toml").read_text("utf-8")
    page, draws, found = calibrate(load(), options.patients, stored)
    print(f"effective draws {found.effective:.0f}, log posterior at the mode {found.log_posterior:.2f}")
    if options.check:
        npz = FOLDER / "response.npz"
        same = page == stored and npz.is_file() and npz.read_bytes() == draws
        print("the stored result is this one" if same else "the stored result is another one")
        return 0 if same else 1
    folder = FOLDER if options.patients is not None else SCRATCH
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "response.toml").write_text(page, "utf-8")
    (folder / "response.npz").write_bytes(draws)
    if options.patients is None:
        print(f"no patients given: arm rows alone, written to {folder}; knowledge is as it was")
    return 0


if __name__ == "__main__":
    sys.exit(main())
