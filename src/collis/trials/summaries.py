"""What a run says of its people: how they went through it, who they are, what they got, how they fared, what harmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collis.trials.ancova import Estimate
from collis.trials.proportions import Share, difference, exact
from collis.trials.questions import EndPoint, Question, Target
from collis.trials.records import Records

_NOT_BASELINE = ("person", "twin", "arm", "weight", "completed", "left_week", "left_reason")
_MOST_LEVELS = 5
_NO_HARM = "('request', 'rescue')"  # what is told among the events but harms nobody
_SAME_WEEK = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmFlow:
    """People of one arm: randomised, completed, and left by reason."""

    arm: str
    randomised: int
    completed: int
    left: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """How people went through the trial; `drawn` and `eligible` are None where the run does not say."""

    drawn: int | None
    eligible: int | None
    arms: tuple[ArmFlow, ...]

    @property
    def randomised(self) -> int:
        """Everybody in an arm."""
        return sum(arm.randomised for arm in self.arms)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trait:
    """One row of the baseline table, weighted: mean and SD by arm, or the share that has it (SD None)."""

    column: str
    level: str
    by_arm: Mapping[str, tuple[float, float | None]]
    whole: tuple[float, float | None]
    target: Target | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """Treatment of one arm with one product: sessions, sessions a person, Units a session, weeks between."""

    arm: str
    product: str
    sessions: int
    per_person: float
    units: float
    units_sd: float
    weeks_between: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """Mean change from baseline of one arm at one visit (weighted, points) and its SD between people."""

    arm: str
    week: float
    people: int
    mean: float
    sd: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Harm:
    """One side effect in one arm: who had it at least once, severe ones, median onset and length in weeks."""

    arm: str
    event: str
    share: Share
    severe: int | None
    onset: float | None
    weeks: float | None
    against: Estimate | None


def flow(records: Records, question: Question) -> Flow:
    """The flow of people, arm by arm in the order of the design."""
    rows = {
        str(arm): (int(people), int(completed or 0))
        for arm, people, completed in records.query(
            "SELECT arm, count(*), sum(CASE WHEN completed THEN 1 ELSE 0 END) FROM people GROUP BY arm"
        )
    }
    left: dict[str, dict[str, int]] = {}
    for arm, reason, people in records.query(
        """SELECT arm, coalesce(nullif(left_reason::VARCHAR, ''), 'not said') AS why, count(*) FROM people
           WHERE NOT coalesce(completed, false) GROUP BY arm, why ORDER BY count(*) DESC, why"""
    ):
        left.setdefault(str(arm), {})[str(reason)] = int(people)
    drawn, eligible = _screened(records)
    return Flow(
        drawn=drawn,
        eligible=eligible,
        arms=tuple(
            ArmFlow(arm=arm, randomised=people, completed=completed, left=left.get(arm, {}))
            for arm in question.arms
            for people, completed in (rows.get(arm, (0, 0)),)
        ),
    )


def _screened(records: Records) -> tuple[int | None, int | None]:
    if not {"reason", "people"} <= set(records.columns.get("screened", {})):
        return None, None
    drawn, eligible = records.query(
        "SELECT sum(people), sum(people) FILTER (WHERE reason = 'entered') FROM screened"
    )[0]
    return int(drawn or 0), int(eligible or 0)


def baseline(records: Records, question: Question) -> tuple[Trait, ...]:
    """The baseline table: figures as mean and SD, words as the share of each level, yes-or-no as the share of yes."""
    targets = {(t.column, t.level): t for t in question.targets}
    found: list[Trait] = []
    for column, kind in records.columns["people"].items():
        if column in _NOT_BASELINE:
            continue
        if kind == "BOOLEAN":
            found.append(_share(records, question, column, "", f'"{column}"', targets))
        elif kind.startswith(("VARCHAR", "ENUM")):
            levels = records.query(
                f'''SELECT "{column}"::VARCHAR AS l, sum(weight) AS w FROM people
                    WHERE l IS NOT NULL GROUP BY l ORDER BY w DESC, l'''
            )
            shown = [str(level) for level, _ in levels[:_MOST_LEVELS]]
            found += [
                _share(records, question, column, level, _is(column, [level]), targets) for level in shown
            ]
            if len(levels) > len(shown):
                rest = [str(level) for level, _ in levels[_MOST_LEVELS:]]
                found.append(_share(records, question, column, "other", _is(column, rest), targets))
        else:
            found.append(_mean(records, question, column, targets))
    return tuple(found)


def _is(column: str, levels: Sequence[str]) -> str:
    """The SQL condition of being one of the levels."""
    told = ", ".join("'" + level.replace("'", "''") + "'" for level in levels)
    return f'"{column}"::VARCHAR IN ({told})'


def _share(
    records: Records,
    question: Question,
    column: str,
    level: str,
    holds: str,
    targets: Mapping[tuple[str, str], Target],
) -> Trait:
    rows = records.query(
        f"""SELECT arm, sum(CASE WHEN {holds} THEN weight ELSE 0 END) / sum(weight) FROM people
            GROUP BY GROUPING SETS ((arm), ())"""
    )
    return _trait(question, column, level, {row[0]: (float(row[1] or 0.0), None) for row in rows}, targets)


def _mean(
    records: Records, question: Question, column: str, targets: Mapping[tuple[str, str], Target]
) -> Trait:
    rows = records.query(
        f"""SELECT arm, sum(weight*x)/sum(weight) AS m,
                   sqrt(greatest(sum(weight*x*x)/sum(weight) - pow(sum(weight*x)/sum(weight), 2), 0)
                        * count(*)/greatest(count(*)-1, 1))
            FROM (SELECT arm, weight, "{column}"::DOUBLE AS x FROM people WHERE "{column}" IS NOT NULL)
            GROUP BY GROUPING SETS ((arm), ())"""
    )
    return _trait(
        question,
        column,
        "",
        {row[0]: (float(row[1]), float(row[2])) for row in rows if row[1] is not None},
        targets,
    )


def _trait(
    question: Question,
    column: str,
    level: str,
    found: Mapping[str | None, tuple[float, float | None]],
    targets: Mapping[tuple[str, str], Target],
) -> Trait:
    nothing = (float("nan"), None)
    return Trait(
        column=column,
        level=level,
        by_arm={arm: found.get(arm, nothing) for arm in question.arms},
        whole=found.get(None, nothing),
        target=targets.get((column, level)),
    )


def given(records: Records, question: Question) -> tuple[Given, ...]:
    """What each arm got, product by product (weighted means)."""
    people = dict(records.query("SELECT arm::VARCHAR, sum(weight) FROM people GROUP BY arm"))
    rows = records.query(
        """WITH dealt AS (
             SELECT p.arm::VARCHAR AS arm, p.weight, s.product::VARCHAR AS product, s.units,
                    s.week - lag(s.week) OVER (PARTITION BY s.person ORDER BY s.week) AS apart
             FROM sessions s JOIN people p USING (person))
           SELECT arm, product, count(*), sum(weight), sum(weight*units)/sum(weight),
                  sqrt(greatest(sum(weight*units*units)/sum(weight) - pow(sum(weight*units)/sum(weight), 2), 0)),
                  sum(weight*apart) / nullif(sum(CASE WHEN apart IS NOT NULL THEN weight END), 0)
           FROM dealt GROUP BY arm, product ORDER BY arm, product"""
    )
    return tuple(
        Given(
            arm=str(arm),
            product=str(product),
            sessions=int(sessions),
            per_person=float(weight / people[arm]),
            units=float(units or 0.0),
            units_sd=float(sd or 0.0),
            weeks_between=None if apart is None else float(apart),
        )
        for wanted in question.arms
        for arm, product, sessions, weight, units, sd, apart in rows
        if arm == wanted
    )


def courses(records: Records, question: Question, end_point: EndPoint) -> tuple[Visit, ...]:
    """The mean course of each arm over all visits after baseline, in the score of an end point."""
    score = end_point.outcome
    start = f"baseline_{score.removeprefix('true_')}"
    rows = records.query(
        f"""SELECT arm, week, count(*), sum(w*y)/sum(w),
                   sqrt(greatest(sum(w*y*y)/sum(w) - pow(sum(w*y)/sum(w), 2), 0) * count(*)/greatest(count(*)-1, 1))
            FROM (SELECT p.arm::VARCHAR AS arm, round(v.week, 2) AS week, p.weight AS w, v.{score} - p.{start} AS y
                  FROM visits v JOIN people p USING (person))
            WHERE y IS NOT NULL AND week > {_SAME_WEEK} GROUP BY arm, week ORDER BY arm, week"""
    )
    return tuple(
        Visit(arm=arm, week=float(week), people=int(people), mean=float(mean), sd=float(sd))
        for wanted in question.arms
        for arm, week, people, mean, sd in rows
        if arm == wanted
    )


def harms(records: Records, question: Question) -> tuple[Harm, ...]:
    """Every side effect by arm, the most frequent first, with exact intervals and the difference to the reference."""
    sizes = {
        str(arm): (int(n), float(w), float(worth))
        for arm, n, w, worth in records.query(
            "SELECT arm, count(*), sum(weight), pow(sum(weight), 2)/sum(weight*weight) FROM people GROUP BY arm"
        )
    }
    rows = records.query(
        f"""SELECT arm, event, count(*), sum(weight), sum(CASE WHEN severe THEN 1 WHEN NOT severe THEN 0 END),
                  median(onset), median(weeks)
           FROM (SELECT p.arm::VARCHAR AS arm, e.event::VARCHAR AS event, e.person, any_value(p.weight) AS weight,
                        bool_or(e.severe) AS severe, min(e.onset_week) AS onset, max(e.weeks) AS weeks
                 FROM events e JOIN people p USING (person)
                 WHERE e.event NOT IN {_NO_HARM} GROUP BY p.arm, e.event, e.person)
           GROUP BY arm, event"""
    )
    by_place = {(str(row[0]), str(row[1])): row[2:] for row in rows}
    names = sorted({event for _, event in by_place})
    shares: dict[tuple[str, str], Share] = {}
    for event in names:
        for arm in question.arms:
            n, w, worth = sizes.get(arm, (0, 0.0, 0.0))
            cases, weight = by_place.get((arm, event), (0, 0.0))[:2]
            if n:
                shares[arm, event] = exact(cases=int(cases), people=n, share=float(weight) / w, worth=worth)
    names.sort(key=lambda name: (-max(s.share for (_, e), s in shares.items() if e == name), name))
    return tuple(
        _harm(question, arm, event, shares, by_place)
        for event in names
        for arm in question.arms
        if (arm, event) in shares
    )


def _harm(
    question: Question,
    arm: str,
    event: str,
    shares: Mapping[tuple[str, str], Share],
    rows: Mapping[tuple[str, str], Sequence[object]],
) -> Harm:
    row = rows.get((arm, event))
    other = shares.get((question.reference, event))
    return Harm(
        arm=arm,
        event=event,
        share=shares[arm, event],
        severe=None if row is None or row[2] is None else int(str(row[2])),
        onset=None if row is None or row[3] is None else float(str(row[3])),
        weeks=None if row is None or row[4] is None else float(str(row[4])),
        against=None if other is None or arm == question.reference else difference(shares[arm, event], other),
    )
