"""The analysis of a virtual trial: every end point by the design's own definition, with DuckDB and statsmodels.

Estimates over a whole run say what the model means, to the noise of the drawing; `replicates` say what one trial of the
design's size would have seen. Virtual patients, not clinical evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from collis.errors import BadInput
from collis.trials import summaries
from collis.trials.ancova import Estimate, ancova
from collis.trials.mixed import repeated, sampled
from collis.trials.proportions import Share, difference, exact
from collis.trials.questions import EndPoint, Figure, Kind, Published, Question
from collis.trials.records import Records
from collis.trials.replicates import Replicates, Seen, replicate
from collis.trials.scored import score_people, widen
from collis.trials.survival import Survival, survival

_MOST_VISITS = 14
_LARGEST_SAMPLE = 600


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the run says of one end point; what does not belong to its kind is empty.

    `means` and `differences` (arm less reference) come from the analysis of covariance, `repeated` from the mixed model
    at the week of the end point, `one_trial` from statsmodels on the first trial of the design's size. `problem` says
    why there is no answer.
    """

    end_point: EndPoint
    people: Mapping[str, int]
    means: Mapping[str, Estimate]
    differences: Mapping[str, Estimate]
    repeated: Mapping[str, Estimate]
    one_trial: Mapping[str, Estimate]
    shares: Mapping[str, Share]
    survival: tuple[Survival, ...]
    replicates: Replicates | None
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """A published figure beside the virtual one, which is None where there is none.

    `inside` says whether the virtual one lies in the published 95 % interval, None where none is published; `seen` is
    what trials of the design's size saw.
    """

    published: Published
    virtual: float | None
    inside: bool | None
    seen: Seen | None

    @property
    def plausible(self) -> bool | None:
        """Whether the published value lies among what trials of the design's size saw."""
        return None if self.seen is None else self.seen.low <= self.published.value <= self.seen.high


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    """Everything the report of a run says. `worth` is the number of people the weights leave (Kish)."""

    question: Question
    run: str
    people: int
    worth: float
    flow: summaries.Flow
    baseline: tuple[summaries.Trait, ...]
    given: tuple[summaries.Given, ...]
    courses: tuple[summaries.Visit, ...]
    answers: tuple[Answer, ...]
    harms: tuple[summaries.Harm, ...]
    matches: tuple[Match, ...]
    versions: Mapping[str, str]

    @property
    def primary(self) -> Answer:
        """The answer to the question the trial was made for."""
        return self.answers[0]


def analyse(
    records: Records, question: Question, *, tick: Callable[[str], None] = lambda _: None
) -> Analysis:
    """Ask everything of a run. `tick` hears in words what comes next. Raises `BadInput` where the run has no people."""
    tick("Reading the people")
    people, worth = records.query("SELECT count(*), pow(sum(weight), 2)/sum(weight*weight) FROM people")[0]
    if not people:
        raise BadInput(where=records.name, read="a run without people", expected="at least one")
    _same_arms(records, question)
    flow = summaries.flow(records, question)
    traits = summaries.baseline(records, question)
    answers = []
    for end_point in question.end_points:
        tick(f"Working out {end_point.name}")
        answers.append(_answer(records, question, end_point))
    tick("Counting side effects")
    harms = summaries.harms(records, question)
    versions = records.manifest.get("fingerprint", {})
    return Analysis(
        question=question,
        run=records.name,
        people=int(people),
        worth=float(worth),
        flow=flow,
        baseline=traits,
        given=summaries.given(records, question),
        courses=summaries.courses(records, question, _course_of(question)),
        answers=tuple(answers),
        harms=harms,
        matches=tuple(_match(published, answers, harms) for published in question.published),
        versions={str(name): str(value) for name, value in versions.items()},
    )


def _course_of(question: Question) -> EndPoint:
    """The end point whose score the course is drawn in: the first that reads one."""
    return next(
        (e for e in question.end_points if e.kind not in (Kind.REQUEST, Kind.GLOBAL)), question.primary
    )


def _same_arms(records: Records, question: Question) -> None:
    found = [
        str(row[0])
        for row in records.query("SELECT DISTINCT arm FROM people WHERE arm IS NOT NULL ORDER BY arm")
    ]
    unknown = [arm for arm in found if arm not in question.arms]
    if unknown:
        raise BadInput(
            where=f"{records.name}, table people",
            read=f"an arm {unknown[0]!r}",
            expected=f"one of the design's: {', '.join(question.arms)}",
        )


def _answer(records: Records, question: Question, end_point: EndPoint) -> Answer:
    nothing: dict[str, Estimate] = {}
    empty = Answer(
        end_point=end_point,
        people={},
        means=nothing,
        differences=nothing,
        repeated=nothing,
        one_trial=nothing,
        shares={},
        survival=(),
        replicates=None,
    )
    try:
        score_people(records, end_point, table="scored")
        match end_point.kind:
            case Kind.CHANGE:
                return _change(records, question, empty)
            case Kind.RESPONDER | Kind.GLOBAL:
                return _responders(records, question, empty)
            case Kind.LOSS | Kind.REQUEST:
                return _times(records, question, empty)
    except BadInput as problem:
        return _with(empty, problem=str(problem))


def _with(answer: Answer, **changes: object) -> Answer:
    from dataclasses import replace

    return replace(answer, **changes)  # type: ignore[arg-type]


def _replicated(records: Records, question: Question, end_point: EndPoint) -> Replicates | None:
    return replicate(
        records,
        end_point,
        table="scored",
        arms=question.arms,
        reference=question.reference,
        per_arm=question.per_arm,
        alpha=question.alpha,
    )


def _change(records: Records, question: Question, empty: Answer) -> Answer:
    end_point = empty.end_point
    replicates = _replicated(records, question, end_point)
    records.run("DELETE FROM scored WHERE y IS NULL")
    fit = ancova(records, table="scored", arms=question.arms)
    by_model, one_trial = _mixed(records, question, end_point)
    return _with(
        empty,
        people=dict(zip(fit.arms, fit.people, strict=True)),
        means={arm: fit.mean(arm) for arm in question.arms},
        differences={arm: fit.difference(arm, question.reference) for arm in question.compared},
        repeated=by_model,
        one_trial=one_trial,
        replicates=replicates,
    )


def _mixed(
    records: Records, question: Question, end_point: EndPoint
) -> tuple[dict[str, Estimate], dict[str, Estimate]]:
    """The mixed model at the week of the end point: over the run, and by statsmodels on one trial."""
    visits = tuple(week for week in question.visits if week > 0)
    if not question.compared or not 2 <= len(visits) <= _MOST_VISITS or len(end_point.weeks) != 1:
        return {}, {}
    if end_point.weeks[0] not in visits:
        return {}, {}
    widen(records, end_point, visits=visits, table="wide")
    try:
        fit = repeated(records, table="wide", arms=question.arms, visits=visits).at(end_point.weeks[0])
    except BadInput:
        return {}, {}
    whole = {arm: fit.difference(arm, question.reference) for arm in question.compared}
    return whole, _one_trial(records, question, visits, visits.index(end_point.weeks[0]))


def _one_trial(
    records: Records, question: Question, visits: tuple[float, ...], visit: int
) -> dict[str, Estimate]:
    sizes = {arm: question.per_arm.get(arm, 0) for arm in question.arms}
    if not 3 <= min(sizes.values()) <= max(sizes.values()) <= _LARGEST_SAMPLE:
        return {}
    chosen = " OR ".join(f"(arm = ${i + 1} AND nth <= {n})" for i, n in enumerate(sizes.values()))
    rows = records.arrays(
        f"""SELECT arm, b, {", ".join(f"y{j}" for j in range(len(visits)))}
            FROM (SELECT *, row_number() OVER (PARTITION BY arm ORDER BY person) AS nth FROM wide)
            WHERE {chosen} ORDER BY arm, nth""",
        list(sizes),
    )
    place = {arm: i for i, arm in enumerate(question.arms)}
    found = sampled(
        arm=np.array([place[str(arm)] for arm in rows["arm"]], dtype=np.intp),
        baseline=rows["b"],
        changes=np.stack([rows[f"y{j}"] for j in range(len(visits))], axis=1),
        arms=len(place),
        reference=place[question.reference],
        visit=visit,
    )
    return {} if found is None else dict(zip(question.compared, found, strict=True))


def _responders(records: Records, question: Question, empty: Answer) -> Answer:
    rows = {
        str(arm): (int(cases), int(people), float(share), float(worth))
        for arm, cases, people, share, worth in records.query(
            """SELECT arm, sum(y), count(*), sum(weight*y)/sum(weight), pow(sum(weight), 2)/sum(weight*weight)
               FROM scored GROUP BY arm"""
        )
    }
    shares = {
        arm: exact(cases=cases, people=people, share=share, worth=worth)
        for arm in question.arms
        if arm in rows
        for cases, people, share, worth in (rows[arm],)
    }
    against = shares.get(question.reference)
    return _with(
        empty,
        people={arm: share.people for arm, share in shares.items()},
        shares=shares,
        differences={
            arm: difference(shares[arm], against) for arm in question.compared if against and arm in shares
        },
        replicates=_replicated(records, question, empty.end_point),
    )


def _times(records: Records, question: Question, empty: Answer) -> Answer:
    replicates = _replicated(records, question, empty.end_point)
    records.run("DELETE FROM scored WHERE week IS NULL")
    curves = survival(records, table="scored", arms=question.arms)
    if not curves:
        return _with(empty, problem="Nobody had a gain that could be lost.")
    return _with(
        empty, people={curve.arm: curve.people for curve in curves}, survival=curves, replicates=replicates
    )


def _match(published: Published, answers: list[Answer], harms: tuple[summaries.Harm, ...]) -> Match:
    answer = next((a for a in answers if a.end_point.name == published.end_point), None)
    seen = None
    if answer is not None and answer.replicates is not None:
        seen = answer.replicates.of(published.arm, published.against)
    virtual = _virtual(published, answer, harms)
    inside = None
    if published.interval is not None and virtual is not None:
        inside = published.interval[0] <= virtual <= published.interval[1]
    return Match(published=published, virtual=virtual, inside=inside, seen=seen)


def _virtual(published: Published, answer: Answer | None, harms: tuple[summaries.Harm, ...]) -> float | None:
    if published.what is Figure.EVENT:
        return next(
            (h.share.share for h in harms if (h.arm, h.event) == (published.arm, published.end_point)), None
        )
    if answer is None or answer.problem:
        return None
    arm = published.arm
    match published.what:
        case Figure.CHANGE:
            return answer.means[arm].value if arm in answer.means else None
        case Figure.DIFFERENCE:
            return answer.differences[arm].value if arm in answer.differences else None
        case Figure.RESPONDERS:
            return answer.shares[arm].share if arm in answer.shares else None
        case Figure.WEEKS:
            return next((c.median for c in answer.survival if c.arm == arm), None)
