"""Antibodies against the toxin: the chance of turning neutralising, the share of a dose that is lost, lost response.

    chance with a session = chance of the product (dose / usual dose) (short_factor if given too early)
    1 - product of (1 - chance) over the sessions of one serotype

Sessions of another serotype do not count, neither towards the chance nor as a stimulus. After the first antibodies
the neutralised share rises with every further session of that serotype and halves in years without one. Dose and
interval act as associations seen in cohorts, not as proven causes, and for type B laboratory and clinic disagree
tenfold: read all scenarios, and none alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from collis.errors import BadInput
from collis.knowledge.antibodies import AntibodyModel, Scenario
from collis.toxin.timecourse import Array

_DAYS_PER_YEAR = 365.25


def session_chances(
    model: AntibodyModel,
    scenario: Scenario,
    *,
    product: str,
    doses: Array,
    intervals: Array | None = None,
    booster: NDArray[np.bool_] | None = None,
) -> Array:
    """The chance of turning neutralising with each session, shape of `doses` (Units of the product, 0 for none).

    `intervals` are the days since the session before (inf for a first one), `booster` marks sessions given to top up
    an earlier one; either makes a session short. Refuses a product without a figure and a dose below 0.
    """
    units = np.asarray(doses, dtype=np.float64)
    if (units < 0.0).any():
        raise BadInput(where="doses", read=f"{units.min():g}", expected="0 Units or more")
    short = np.zeros(units.shape, dtype=bool) if booster is None else np.asarray(booster)
    if intervals is not None:
        short = short | (np.asarray(intervals) < float(model.short_below.value))
    usual = float(model.usual_dose[product].value) if product in model.usual_dose else 1.0
    base = float(model.family_of(product).chance[scenario].value) / 100.0
    chance = base * units / usual * np.where(short, float(model.short_factor.value), 1.0)
    return np.asarray(np.minimum(chance, 1.0))


def chance_of_neutralising(sessions: Array) -> Array:
    """The chance to have turned neutralising by each session, from the chances of `session_chances` on the last axis.

    >>> chance_of_neutralising(np.full(10, 0.002))[-1].round(4)
    np.float64(0.0198)
    """
    return np.asarray(1.0 - np.cumprod(1.0 - np.asarray(sessions), axis=-1))


def neutralised_share(
    model: AntibodyModel,
    converted: NDArray[np.intp],
    *,
    given_days: Array,
    counts: NDArray[np.bool_] | None = None,
    rise_sessions: float | None = None,
) -> Array:
    """The share of each session's dose that is lost, [person, session], 0 to 1.

    `converted` is the session (from 0) with which a person turned, their number for one who never did; `counts`
    marks the sessions of that serotype (default all; other ones are not touched and do not stimulate). A session is
    lost by what earlier ones left: the converting one itself is whole, the next has 1 / `rise_sessions` lost, and so
    on up to 1.
    """
    days = np.asarray(given_days, dtype=np.float64)
    mine = np.ones(days.shape, dtype=bool) if counts is None else np.asarray(counts)
    level = np.zeros(np.shape(converted))
    lost = np.zeros((*np.shape(converted), days.size))
    since = 0.0
    for k, day in enumerate(days):
        if not mine[k]:
            continue
        level = neutralised_later(model, level, days=day - since)
        lost[..., k] = level
        level = neutralised_boosted(model, level, k >= np.asarray(converted), rise_sessions=rise_sessions)
        since = float(day)
    return lost


def neutralised_later(model: AntibodyModel, level: Array, *, days: Array | float) -> Array:
    """What is left of the neutralised share `days` on, without a session of that serotype."""
    rate = np.log(2.0) / (float(model.half_life.value) * _DAYS_PER_YEAR)
    return np.asarray(level * np.exp(-rate * np.asarray(days)))


def neutralised_boosted(
    model: AntibodyModel, level: Array, turned: NDArray[np.bool_], *, rise_sessions: float | None = None
) -> Array:
    """The neutralised share after a session: one step up, at most 1, in those who have turned."""
    step = 1.0 / (float(model.rise_sessions.value) if rise_sessions is None else rise_sessions)
    return np.asarray(np.where(turned, np.minimum(level + step, 1.0), level))


def secondary_nonresponse(model: AntibodyModel, lost: Array) -> NDArray[np.bool_]:
    """Whether enough sessions in a row have failed for each session, last axis: lost above the share that counts."""
    failed = np.asarray(lost) > float(model.lost_above.value)
    needed = int(model.failed_in_a_row.value)
    run = np.zeros(failed.shape[:-1], dtype=int)
    found = np.zeros(failed.shape, dtype=bool)
    for k in range(failed.shape[-1]):
        run = np.where(failed[..., k], run + 1, 0)
        found[..., k] = run >= needed
    return found
