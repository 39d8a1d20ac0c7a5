"""End points worked out for every person of a run, as DuckDB tables: nothing is taken out of the data base."""

from __future__ import annotations

from collections.abc import Sequence

from collis.errors import BadInput
from collis.trials.questions import EndPoint, Kind
from collis.trials.records import Records

_SAME_WEEK = 0.01


def score_people(records: Records, end_point: EndPoint, *, table: str) -> None:
    """Make `table` of an end point: one row a person.

    Of a change or a responder: person, arm, weight, b (baseline) and y (change, or 1 and 0; NULL where it cannot be
    said). Of a time: person, arm, weight, week, ended; week is NULL for those who are not counted.
    """
    match end_point.kind:
        case Kind.CHANGE | Kind.RESPONDER | Kind.GLOBAL:
            _change(records, end_point, table)
        case Kind.LOSS:
            _loss(records, end_point, table)
        case Kind.REQUEST:
            _request(records, table)


def widen(records: Records, end_point: EndPoint, *, visits: Sequence[float], table: str) -> None:
    """Make `table` with person, arm, weight, b and the change at each visit (y0, y1, …; NULL where missed)."""
    baseline, score = _columns(records, end_point)
    at = ", ".join(
        f"avg(v.{score}) FILTER (WHERE {_at((week,))}) - p.{baseline} AS y{j}"
        for j, week in enumerate(visits)
    )
    records.run(
        f"""CREATE OR REPLACE TEMP TABLE {table} AS
            SELECT p.person, p.arm::VARCHAR AS arm, p.weight, p.{baseline} AS b, {at}
            FROM people p JOIN visits v USING (person) WHERE v.week > 0 AND p.{baseline} IS NOT NULL
            GROUP BY p.person, p.arm, p.weight, p.{baseline}"""
    )


def _columns(records: Records, end_point: EndPoint) -> tuple[str, str]:
    score = end_point.outcome
    baseline = f"baseline_{score.removeprefix('true_')}"
    for table, column in (("people", baseline), ("visits", score)):
        if column not in records.columns[table]:
            raise BadInput(
                where=f"{records.name}, table {table}",
                read=f"no column {column!r}",
                expected=f"it, for the end point {end_point.name!r}",
            )
    return baseline, score


def _at(weeks: Sequence[float], column: str = "v.week") -> str:
    return "(" + " OR ".join(f"abs({column} - {float(week)!r}) < {_SAME_WEEK}" for week in weeks) + ")"


def _change(records: Records, end_point: EndPoint, table: str) -> None:
    baseline, score = _columns(records, end_point)
    if end_point.kind is Kind.GLOBAL:
        score = "pgic"
    read = f"avg(v.{score}) FILTER (WHERE {_at(end_point.weeks)})"
    if end_point.carried:
        until = max(end_point.weeks) + _SAME_WEEK
        read = (
            f"coalesce({read}, arg_max(v.{score}, v.week) FILTER (WHERE v.week > 0 AND v.week <= {until!r}))"
        )
    y = "rated - b"
    if end_point.kind is Kind.RESPONDER:
        gained = f"{end_point.points!r}" if end_point.points else f"{end_point.least!r} * b"
        y = f"CASE WHEN b - rated >= {gained} THEN 1.0 ELSE 0.0 END"
    elif end_point.kind is Kind.GLOBAL:
        y = f"CASE WHEN rated >= {end_point.steps} THEN 1.0 ELSE 0.0 END"
    records.run(
        f"""CREATE OR REPLACE TEMP TABLE {table} AS
            SELECT person, arm, weight, b, {y} AS y FROM (
              SELECT p.person, p.arm::VARCHAR AS arm, p.weight, p.{baseline} AS b, {read} AS rated
              FROM people p LEFT JOIN visits v USING (person) WHERE p.{baseline} IS NOT NULL
              GROUP BY p.person, p.arm, p.weight, p.{baseline})"""
    )


def _loss(records: Records, end_point: EndPoint, table: str) -> None:
    baseline, score = _columns(records, end_point)
    judged_until = max(end_point.weeks) + _SAME_WEEK
    wish = "again" if end_point.or_request else "NULL::DOUBLE"
    records.run(
        f"""CREATE OR REPLACE TEMP TABLE {table} AS
            WITH again AS (SELECT person, min(week) AS again FROM sessions WHERE week > 0 GROUP BY person),
            ratings AS (
              SELECT p.person, p.arm::VARCHAR AS arm, p.weight, p.{baseline} AS b, v.week,
                     p.{baseline} - v.{score} AS gain, a.again
              FROM people p LEFT JOIN visits v ON v.person = p.person AND v.week > 0 AND v.{score} IS NOT NULL
              LEFT JOIN again a ON a.person = p.person),
            judged AS (
              SELECT person, any_value(arm) AS arm, any_value(weight) AS weight, any_value(b) AS b,
                     any_value(again) AS again, avg(gain) FILTER (WHERE {_at(end_point.weeks, "week")}) AS best
              FROM ratings GROUP BY person),
            followed AS (
              SELECT r.person, max(r.week) AS seen,
                     min(r.week) FILTER (WHERE r.week > {judged_until!r}
                                         AND r.gain <= {end_point.kept!r} * j.best) AS lost
              FROM ratings r JOIN judged j USING (person)
              WHERE r.week IS NOT NULL AND (r.again IS NULL OR r.week <= r.again + {_SAME_WEEK}) GROUP BY r.person)
            SELECT j.person, j.arm, j.weight,
                   CASE WHEN j.best > 0 AND j.best >= {end_point.least!r} * j.b AND f.seen IS NOT NULL
                        THEN coalesce(least(f.lost, {wish}), f.seen) END AS week,
                   least(f.lost, {wish}) IS NOT NULL AS ended
            FROM judged j LEFT JOIN followed f USING (person)"""
    )


def _request(records: Records, table: str) -> None:
    records.run(
        f"""CREATE OR REPLACE TEMP TABLE {table} AS
            WITH again AS (
              SELECT person, min(week) AS again FROM (
                SELECT person, onset_week AS week FROM events WHERE event = 'request'
                UNION ALL SELECT person, week FROM sessions WHERE week > 0)
              GROUP BY person),
            seen AS (SELECT person, max(week) AS seen FROM visits WHERE total IS NOT NULL GROUP BY person)
            SELECT p.person, p.arm::VARCHAR AS arm, p.weight, coalesce(a.again, s.seen) AS week,
                   a.again IS NOT NULL AS ended
            FROM people p LEFT JOIN again a USING (person) LEFT JOIN seen s USING (person)"""
    )
