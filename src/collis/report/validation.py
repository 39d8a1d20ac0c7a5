"""The validation report: one set of plain data that the page, the PDF and the JSON document are made from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from collis.report import findings, words
from collis.report.charts import Chart
from collis.report.typesetting import Data
from collis.report.validation_reading import (
    RULES,
    TITLE,
    limits_words,
    patients_reading,
    trials_reading,
)

if TYPE_CHECKING:
    from collis.trials.durations import ScoredDuration
    from collis.trials.forecast_scores import Score
    from collis.trials.tables import LeftOut
    from collis.trials.validate import Compared, PatientsScore, ScoredRow, TrialsScore, Validation

STANDING = "Decision support and research, not a cleared device; the clinician decides."
FAR_Z = 3.0


def validation_document(v: Validation) -> dict[str, Any]:
    """The answer of `collis validate --json`. Errors in points, coverage as shares from 0 to 1."""
    return {
        "knowledge_version": v.knowledge_version,
        "trials": None if v.trials is None else _trials_document(v.trials, v.durations),
        "patients": None if v.patients is None else _patients_document(v.patients),
    }


def _trials_document(t: TrialsScore, durations: Sequence[ScoredDuration]) -> dict[str, Any]:
    return {
        "rms": _rounded(t.rms),
        "rows": [
            {
                "trial_id": r.row.trial,
                "arm": r.row.arm,
                "week": _whole(r.row.week),
                "observed": r.row.change,
                "se": _rounded(r.row.se),
                "predicted": _rounded(r.predicted),
                "z": _rounded(r.z),
                "model_sd": _rounded(r.sd),
                "in_calibration": r.known,
                "assumed": list(r.remarks),
            }
            for r in t.rows
        ],
        "not_scored": _left_out_document(t.left_out),
        "durations": [
            {
                "trial_id": d.row.trial,
                "arm": d.row.arm,
                "published_weeks": d.row.value,
                "virtual_weeks": d.median,
                "low": d.low,
                "high": d.high,
                "within_tolerance": d.within,
                "rule": d.row.rule.value,
                "use": d.row.use.value,
            }
            for d in durations
        ],
        "sha256": t.sha256,
    }


def _patients_document(p: PatientsScore) -> dict[str, Any]:
    return {
        "given_through_week": _whole(p.given_through),
        "people": p.people,
        "in_calibration": p.known,
        "by_week": {f"{week:g}": _score_document(score) for week, score in p.by_week.items()},
        "overall": {
            **_score_document(p.overall),
            "coverage_80_interval_95": [_rounded(end) for end in p.coverage_80_interval],
        },
        "baselines": {name: _compared_document(found) for name, found in p.baselines.items()},
        "baselines_without_forecast": dict(p.without),
        "not_scored": _left_out_document(p.left_out),
        "notes": list(p.notes),
        "sha256": p.sha256,
    }


def _score_document(score: Score) -> dict[str, Any]:
    return {
        "ratings": score.ratings,
        "rmse": _rounded(score.rmse),
        "crps": _rounded(score.crps),
        "coverage": {str(band): _rounded(share) for band, share in score.coverage.items()},
    }


def _compared_document(found: Compared) -> dict[str, Any]:
    def difference(triple: tuple[float, float, float]) -> dict[str, Any]:
        return {
            name: _rounded(v) for name, v in zip(("model_minus_rule", "low", "high"), triple, strict=True)
        }

    return {
        **_score_document(found.overall),
        "by_week": {f"{week:g}": _score_document(score) for week, score in found.by_week.items()},
        "rmse_difference": difference(found.rmse_difference),
        "crps_difference": difference(found.crps_difference),
    }


def _left_out_document(left_out: Sequence[LeftOut]) -> list[dict[str, Any]]:
    return [{"line": row.line or None, "what": row.what, "reason": row.reason} for row in left_out]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4) + 0.0


def _whole(week: float) -> float | int:
    return int(week) if week == int(week) else week


def validation_pdf(v: Validation, *, on: date) -> bytes:
    """The report as a tagged PDF."""
    return findings.pdf(validation_data(v, on=on), on=on)


def validation_png(v: Validation, *, on: date, width_px: int = 1400) -> list[bytes]:
    """The pages of the report as pictures, for looking at."""
    return findings.pictures(validation_data(v, on=on), on=on, width_px=width_px)


def validation_data(v: Validation, *, on: date) -> Data:
    """Everything the report says. A chart is (how to draw it, sizes on paper, share of the width it takes)."""
    sections: list[Data] = []
    if v.trials is not None:
        sections.append(_arms_section(v.trials))
        if v.durations:
            sections.append(_durations_section(v.durations))
    if v.patients is not None:
        sections += [_people_section(v.patients), _rules_section(v.patients)]
    sections += _left_out_sections(v)
    sections.append(findings.section("limits", "How far this goes", paragraphs=limits_words(v)))
    facts = [("Day", words.day(on)), ("Knowledge", v.knowledge_version)]
    if v.trials is not None:
        facts.append(("Table of trials, SHA-256", v.trials.sha256[:16]))
    if v.patients is not None:
        facts.append(("Table of patients, SHA-256", v.patients.sha256[:16]))
    return {
        "title": TITLE,
        "date": [on.year, on.month, on.day],
        "facts": [list(fact) for fact in facts],
        "reading": [
            *(trials_reading(v.trials, v.durations) if v.trials is not None else []),
            *(patients_reading(v.patients) if v.patients is not None else []),
        ],
        "sections": sections,
        "standing": STANDING,
    }


def _arms_section(t: TrialsScore) -> Data:
    from collis.report.validation_charts import arms_chart

    rows = [_arm_cells(r) for r in t.rows]
    heads = ("Trial", "Arm", "Week", "Observed (SE)", "Foretold (SD)", "z", "Remarks")
    table = {
        **findings.table(heads, rows, words_first=2, flags=[abs(r.z) > FAR_Z for r in t.rows]),
        "last_words": True,
    }

    def draw(**how: Any) -> Chart:
        return arms_chart(t.rows, **how)

    return findings.section(
        "arms",
        "Arms of trials",
        note="change in TWSTRS total, points; negative is better",
        charts=[(draw, {"width": 620, "height": 255}, 1.0)] if t.rows else [],
        tables=[table] if t.rows else [],
        paragraphs=() if t.rows else ("No row of this table could be scored; the reasons stand below.",),
    )


def _arm_cells(r: ScoredRow) -> tuple[str, ...]:
    from collis.report.validation_charts import arm_words

    remarks = [*(["calibrated the model"] if r.known else ["new to the model"]), *r.remarks]
    return (
        r.row.trial,
        arm_words(r.row.arm),
        words.number(r.row.week),
        f"{findings.fixed(r.row.change)} ({findings.fixed(r.row.se or 0)})",
        f"{findings.fixed(r.predicted)} ({findings.fixed(r.sd)})",
        findings.fixed(r.z),
        words.sentence(", ".join(remarks)).rstrip("."),
    )


def _durations_section(durations: Sequence[ScoredDuration]) -> Data:
    from collis.report.validation_charts import durations_chart

    def weeks(value: float | None, d: ScoredDuration) -> str:
        return f"after {words.number(d.last_visit)}" if value is None else words.number(value)

    rows = [
        (
            d.row.trial,
            d.row.arm,
            words.number(d.row.value, 1),
            weeks(d.median, d),
            f"{weeks(d.low, d)} to {weeks(d.high, d)}",
            "yes" if d.within else "no",
            _duration_remarks(d),
        )
        for d in durations
    ]
    heads = ("Trial", "Arm", "Published", "Virtual", "80 % range", "Within 25 %", "Remarks")
    heads = (*heads[:5], f"Within {words.percent(durations[0].tolerance)}", heads[6])

    def draw(**how: Any) -> Chart:
        how = {key: value for key, value in how.items() if key not in ("height", "narrow")}
        return durations_chart(durations, **how)

    return findings.section(
        "durations",
        "Duration by each trial’s own rule",
        note="median weeks",
        paragraphs=(
            "Published medians beside virtual trials with the same visits, size, rule and noise. These are the "
            "shipped published figures, not rows of the table given.",
        ),
        charts=[(draw, {"width": 560, "narrow": 190}, 1.0)],
        tables=[
            {
                **findings.table(heads, rows, words_first=2, flags=[not d.within for d in durations]),
                "last_words": True,
                "under": "A virtual median can only fall on one of the trial’s visits, "
                "so agreement is easier than it looks.",
            }
        ],
    )


def _duration_remarks(d: ScoredDuration) -> str:
    said = ["helped to calibrate" if d.row.use.value == "calibration" else "duration not used in calibration"]
    if d.row.rule.value == "request":
        said.append("the wish for another injection is stood in for by losing four fifths of the gain")
    if d.row.dose_assumed:
        said.append("one dose stands in for several")
    if not d.row.verified:
        said.append("not yet checked")
    return words.sentence("; ".join(said)).rstrip(".")


def _people_section(p: PatientsScore) -> Data:
    from collis.report.validation_people import coverage_chart, fans_chart, places_chart

    rows = [(f"Week {week:g}", *_score_cells(score)) for week, score in p.by_week.items()]
    rows.append(("All later weeks", *_score_cells(p.overall)))

    def bands(**how: Any) -> Chart:
        return coverage_chart(p, **how)

    def places(**how: Any) -> Chart:
        return places_chart(p, **how)

    def fans(**how: Any) -> Chart:
        return fans_chart(p.fans, **how)

    return findings.section(
        "people",
        "Single patients",
        note=f"visits up to week {p.given_through:g} known, the rest foretold",
        paragraphs=p.notes,
        charts=[
            (bands, {"width": 300, "height": 150}, 0.49),
            (places, {"width": 300, "height": 150}, 0.49),
            *([(fans, {"width": 190, "height": 85, "columns": 3}, 1.0)] if p.fans else []),
        ],
        tables=[findings.table(("", "Ratings", "RMSE", "CRPS", "50 % band", "80 % band", "95 % band"), rows)],
    )


def _score_cells(score: Score) -> tuple[str, ...]:
    return (
        str(score.ratings),
        findings.fixed(score.rmse, 2),
        findings.fixed(score.crps, 2),
        *(words.percent(score.coverage[band]) for band in score.coverage),
    )


def _rules_section(p: PatientsScore) -> Data:
    model = ("This model", *_score_cells(p.overall)[1:], "", "")
    rows = [model] + [
        (
            RULES[name],
            *_score_cells(found.overall)[1:],
            _difference(found.rmse_difference),
            _difference(found.crps_difference),
        )
        for name, found in p.baselines.items()
    ]
    heads = ("", "RMSE", "CRPS", "50 %", "80 %", "95 %", "RMSE, model less rule", "CRPS, model less rule")
    missing = [f"{RULES[name]}: {why}." for name, why in p.without.items()]
    return findings.section(
        "rules",
        "Beside simple rules",
        note="points; in brackets the 95 % interval over patients; below 0 the model is better",
        paragraphs=missing,
        tables=[findings.table(heads, rows)],
    )


def _difference(triple: tuple[float, float, float]) -> str:
    middle, low, high = triple
    return f"{findings.fixed(middle, 2)} ({findings.fixed(low, 2)} to {findings.fixed(high, 2)})"


def _left_out_sections(v: Validation) -> list[Data]:
    found: list[Data] = []
    tables = (("Rows of the table of trials", v.trials), ("Rows of the table of patients", v.patients))
    for caption, part in tables:
        if part is None or not part.left_out:
            continue
        groups: dict[str, list[LeftOut]] = {}
        for row in part.left_out:
            groups.setdefault(row.reason, []).append(row)
        rows = [
            (
                words.sentence(reason).rstrip("."),
                _named(group),
                ", ".join(str(row.line) for row in group if row.line),
            )
            for reason, group in groups.items()
        ]
        heads = ("Why not scored", "Whose rows", "Lines")
        found.append(findings.table(heads, rows, words_first=3, caption=caption))
    return [findings.section("left-out", "Not scored", tables=found)] if found else []


def _named(group: Sequence[LeftOut]) -> str:
    """The trials of some rows, each once; for patients what was left out, which names nobody."""
    return ", ".join(dict.fromkeys(row.what.partition(", ")[0] for row in group))
