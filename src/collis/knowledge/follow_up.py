"""After the session: when to ask again, when a response counts as poor, and the questions then, in their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from collis.knowledge.fields import Fields, Limits
from collis.sources import Sourced

WINDOWS = ("swallow_check", "peak_visit", "review")


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowUp:
    """Windows in days after the session by name, first to last day; the benefit below which a response is poor; the
    questions of the poor response in the order they are asked, with the days they are to be asked within.
    """

    windows: Mapping[str, Sourced[Limits]]
    poor_below_percent: Sourced[Decimal]
    ask_within: Sourced[Limits]
    questions: tuple[Sourced[str], ...]


def build_follow_up(follow_up: Mapping[str, object], nonresponse: Mapping[str, object]) -> FollowUp:
    """The follow-up from its two resolved files."""
    fields = Fields(follow_up, "care.follow_up")
    window, poor = fields.table("window"), fields.table("poor_response")
    return FollowUp(
        windows={name: window.limits(name) for name in WINDOWS},
        poor_below_percent=poor.number("below_percent"),
        ask_within=poor.limits("ask_within"),
        questions=tuple(row.text("text") for row in Fields(nonresponse, "care.nonresponse").rows("step")),
    )
