"""The tables of one shard: people, visits, sessions, events, screened. Nobody has a row after he left."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from collis.knowledge.load import Knowledge
from collis.knowledge.outcomes import PARTS
from collis.toxin.timecourse import Array
from collis.trials.design import Design
from collis.trials.follow import LACK, STAYS, Followed, Treatment
from collis.trials.harming import harmed
from collis.trials.population import CRITERIA, Cohort

if TYPE_CHECKING:
    import pyarrow as pa

Columns = dict[str, Any]
REASONS = ("lack_of_effect", "other")
OTHER_EVENTS = ("request", "rescue", "antibodies")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Arrived:
    """One arm of one shard, simulated. `half_life` (days) is that of its product in the middle person.

    `harm_chance` gives the uniform numbers of the side effects of the session in a slot, [effect, person, 2].
    """

    arm: int
    person: NDArray[np.int32]
    twin: NDArray[np.int32]
    cohort: Cohort
    weight: Array
    treatment: Treatment
    followed: Followed
    half_life: float
    harm_chance: Callable[[int], Array]


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """A column of words as numbers into a list; -1 is no word."""

    codes: NDArray[np.int16]
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tables:
    """Every table of a shard, column by column; a `Words` column becomes a dictionary, NaN a null."""

    by_name: Mapping[str, Columns]

    def arrow(self) -> Mapping[str, pa.Table]:
        """The tables as pyarrow knows them."""
        import pyarrow as pa

        return {
            name: pa.table({key: _arrow(column, pa) for key, column in columns.items()})
            for name, columns in self.by_name.items()
        }


def tables_of(
    design: Design, knowledge: Knowledge, arrived: Sequence[Arrived], screened: Mapping[str, int]
) -> Tables:
    """The tables of a shard from its simulated arms."""
    events = [event for arm in arrived for event in _events(arm, design, knowledge)]
    reasons = ("entered", *CRITERIA)
    return Tables(
        by_name={
            "people": _stacked([_people(arm, design, knowledge) for arm in arrived]),
            "visits": _stacked([_visits(arm, design, knowledge) for arm in arrived]),
            "sessions": _stacked([_sessions(arm, design) for arm in arrived]),
            "events": _stacked([_no_events(knowledge), *events]),
            "screened": {
                "reason": Words(codes=np.arange(len(reasons), dtype=np.int16), words=reasons),
                "people": np.array([screened.get(reason, 0) for reason in reasons], dtype=np.int64),
            },
        }
    )


def _people(arm: Arrived, design: Design, knowledge: Knowledge) -> Columns:
    cohort, followed = arm.cohort, arm.followed
    weeks = np.array([0.0, *design.visits.weeks, np.nan])
    subtypes = tuple(subtype.key for subtype in knowledge.populations.subtypes)
    return {
        "person": arm.person,
        "twin": arm.twin,
        "arm": _arm_words(arm, design, cohort.count),
        "age": cohort.age.astype(np.float32),
        "sex": Words(codes=np.where(cohort.female, 0, 1).astype(np.int16), words=("female", "male")),
        "years": cohort.years.astype(np.float32),
        "subtype": Words(codes=cohort.subtype.astype(np.int16), words=subtypes),
        "baseline_total": cohort.total.astype(np.float32),
        **{f"baseline_{part}": cohort.parts[:, i].astype(np.float32) for i, part in enumerate(PARTS)},
        "tremor": cohort.tremor > 0,
        "past_treatment": cohort.treated,
        "weight": arm.weight,
        "completed": followed.why == STAYS,
        "left_week": weeks[followed.left].astype(np.float32),
        "left_reason": Words(codes=(followed.why - LACK).astype(np.int16), words=REASONS),
    }


def _visits(arm: Arrived, design: Design, knowledge: Knowledge) -> Columns:
    followed = arm.followed
    weeks = np.array([0.0, *design.visits.weeks], dtype=np.float32)
    visit = np.arange(len(weeks), dtype=np.int32)
    there = visit <= followed.left[:, None]
    gain = followed.rated[:, :1] - followed.rated
    percent = design.model.responder_percent
    least = (float(knowledge.populations.responder_percent.value) if percent is None else percent) / 100
    answer = np.concatenate([np.zeros((len(gain), 1), dtype=np.int32), followed.answer], axis=1)
    wide = there.shape
    rows = None if there.all() else np.flatnonzero(there)

    def kept(values: NDArray[Any], kind: type) -> NDArray[Any]:
        column: NDArray[Any] = np.broadcast_to(values, wide).astype(kind, order="C").ravel()
        return column if rows is None else column.take(rows, mode="clip")

    responder = (gain >= least * followed.rated[:, :1]) & (visit > 0)
    return {
        "person": kept(arm.person[:, None], np.int32),
        "visit": kept(visit, np.int32),
        "week": kept(weeks, np.float32),
        "total": kept(followed.rated, np.float32),
        **{part: kept(followed.parts[..., i], np.float32) for i, part in enumerate(PARTS)},
        "true_total": kept(followed.true, np.float32),
        "gain": kept(gain, np.float32),
        "pgic": kept(answer, np.int32),
        "responder": kept(responder, np.bool_),
    }


def _sessions(arm: Arrived, design: Design) -> Columns:
    weeks = np.array([0.0, *design.visits.weeks])
    number = np.zeros(len(arm.person), dtype=np.int32)
    found: list[Columns] = []
    products = tuple(dict.fromkeys(a.product for a in design.arms))
    for given in arm.followed.sessions:
        who = np.flatnonzero(given.who & (given.visit < arm.followed.left))
        number[who] += 1
        found.append(
            {
                "person": arm.person[who],
                "number": number[who],
                "week": np.full(len(who), weeks[given.visit], dtype=np.float32),
                "product": Words(
                    codes=np.full(len(who), products.index(arm.treatment.product), dtype=np.int16),
                    words=products,
                ),
                "units": (arm.treatment.total * given.given)[who].astype(np.float32),
                "muscles": arm.treatment.muscles[who],
            }
        )
    return _stacked(found)


def _events(arm: Arrived, design: Design, knowledge: Knowledge) -> list[Columns]:
    followed, weeks = arm.followed, np.array([0.0, *design.visits.weeks])
    words = _event_words(knowledge)
    last = np.append(weeks, np.inf)[np.minimum(followed.left, len(weeks))]
    end = np.minimum(last, weeks[-1])
    found: list[Columns] = []
    for given in followed.sessions:
        start = float(weeks[given.visit])
        share = np.where(given.who & (given.visit < followed.left), given.works, 0.0)
        for harm in harmed(
            arm.treatment.exposure,
            share,
            arm.treatment.product,
            arm.half_life,
            knowledge,
            arm.harm_chance(given.visit),
        ):
            kept = (
                given.who[harm.who]
                & (start + harm.onset <= end[harm.who])
                & (given.visit < followed.left[harm.who])
            )
            who = harm.who[kept]
            found.append(
                _event(arm, words, harm.effect.value, who, start + harm.onset[kept], harm.weeks[kept])
            )
        helped = np.flatnonzero(given.rescue & (given.visit < followed.left))
        found.append(_event(arm, words, "rescue", helped, np.full(len(helped), start), None))
    for name, visit in (("request", followed.request), ("antibodies", followed.turned)):
        who = np.flatnonzero((visit >= 0) & (visit <= followed.left))
        found.append(_event(arm, words, name, who, weeks[np.maximum(visit[who], 0)], None))
    return [event for event in found if len(event["person"])]


def _event(
    arm: Arrived,
    words: tuple[str, ...],
    name: str,
    who: NDArray[np.intp],
    onset_week: Array,
    weeks: Array | None,
) -> Columns:
    return {
        "person": arm.person[who],
        "event": Words(codes=np.full(len(who), words.index(name), dtype=np.int16), words=words),
        "onset_week": onset_week.astype(np.float32),
        "weeks": (np.full(len(who), np.nan) if weeks is None else weeks).astype(np.float32),
        "severe": None,
    }


def _no_events(knowledge: Knowledge) -> Columns:
    none = np.zeros(0)
    return {
        "person": none.astype(np.int32),
        "event": Words(codes=none.astype(np.int16), words=_event_words(knowledge)),
        "onset_week": none.astype(np.float32),
        "weeks": none.astype(np.float32),
        "severe": None,
    }


def _event_words(knowledge: Knowledge) -> tuple[str, ...]:
    return (*(effect.value for effect in knowledge.harms.effects), *OTHER_EVENTS)


def _arm_words(arm: Arrived, design: Design, count: int) -> Words:
    return Words(codes=np.full(count, arm.arm, dtype=np.int16), words=tuple(a.name for a in design.arms))


def _stacked(parts: Sequence[Columns]) -> Columns:
    """The same columns one below the other."""
    stacked: Columns = {}
    for key, first in parts[0].items():
        if first is None:
            stacked[key] = None
        elif isinstance(first, Words):
            stacked[key] = Words(codes=np.concatenate([part[key].codes for part in parts]), words=first.words)
        else:
            stacked[key] = np.concatenate([part[key] for part in parts])
    length = len(next(iter(stacked.values())))
    return {key: Missing(length) if column is None else column for key, column in stacked.items()}


@dataclass(frozen=True, slots=True)
class Missing:
    """A column of yes and no in which nothing is known."""

    length: int


def _arrow(column: Any, pa: Any) -> Any:
    match column:
        case Words():
            nowhere = column.codes < 0
            codes = pa.array(column.codes, mask=nowhere if nowhere.any() else None)
            return pa.DictionaryArray.from_arrays(codes, pa.array(column.words, pa.string()))
        case Missing():
            return pa.nulls(column.length, pa.bool_())
        case _ if np.issubdtype(column.dtype, np.floating):
            known = not column.size or not np.isnan(column.min())
            return pa.array(column, mask=None if known else np.isnan(column))
        case _:
            return pa.array(column)
