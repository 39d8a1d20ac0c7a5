"""The report of a virtual trial as a JSON document."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from collis.report.trial_reading import STANDING

if TYPE_CHECKING:
    from collis.trials.analyse import Analysis, Answer


def trial_document(a: Analysis) -> dict[str, Any]:
    """The answer of `collis trial report --json`. Points, weeks, and shares from 0 to 1."""
    return {
        "standing": STANDING,
        "title": a.question.title,
        "people": a.people,
        "worth": _plain(a.worth),
        "versions": dict(a.versions),
        "flow": [
            {"arm": f.arm, "randomised": f.randomised, "completed": f.completed, "left": dict(f.left)}
            for f in a.flow.arms
        ],
        "end_points": [_answer_document(answer) for answer in a.answers],
        "side_effects": [
            {"arm": h.arm, "event": h.event, "cases": h.share.cases, "people": h.share.people,
             "share": _plain(h.share.share), "interval_95": [_plain(h.share.low), _plain(h.share.high)]}
            for h in a.harms
        ],
        "published": [
            {
                "end_point": m.published.end_point,
                "arm": m.published.arm,
                "versus": m.published.against or None,
                "published": m.published.value,
                "interval_95": None if m.published.interval is None else list(m.published.interval),
                "virtual": _plain(m.virtual),
                "inside": m.inside,
                "source": m.published.source,
            }
            for m in a.matches
        ],
    }  # fmt: skip


def _answer_document(answer: Answer) -> dict[str, Any]:
    def estimates(found: Any) -> dict[str, Any]:
        return {
            arm: {
                "value": _plain(e.value),
                "se": _plain(e.se),
                "interval_95": [_plain(e.low), _plain(e.high)],
            }
            for arm, e in found.items()
        }

    replicates = answer.replicates
    return {
        "name": answer.end_point.name,
        "definition": answer.end_point.words(),
        "problem": answer.problem or None,
        "people": dict(answer.people),
        "means": estimates(answer.means),
        "differences": estimates(answer.differences),
        "mixed_model": estimates(answer.repeated),
        "one_trial": estimates(answer.one_trial),
        "shares": {
            arm: {"value": _plain(s.share), "interval_95": [_plain(s.low), _plain(s.high)]}
            for arm, s in answer.shares.items()
        },
        "medians": {c.arm: c.median for c in answer.survival},
        "trials_of_this_size": None
        if replicates is None
        else {
            "trials": replicates.trials,
            "people_per_arm": dict(replicates.per_arm),
            "seen": [
                {
                    "arm": s.arm,
                    "versus": s.against or None,
                    "middle": _plain(s.middle),
                    "range_95": [_plain(s.low), _plain(s.high)],
                    "told_apart": _plain(s.told),
                }
                for s in replicates.seen
            ],
        },
    }


def _plain(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else round(value, 6) + 0.0
