"""From the design of a trial to what is asked of its run, and to words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from collis.errors import BadInput
from collis.knowledge.load import load
from collis.runs.job import Job, canonical
from collis.trials import design as d
from collis.trials.proportions import Z95
from collis.trials.questions import EndPoint, Figure, Kind, Published, Question, Target

TRIAL_SIZE = "people of one trial"
_LOSS_LEAST = 0.0
_FALLBACK = d.EndPoint(name="change", kind=d.EndPointKind.CHANGE)


def question_of(design: d.Design, *, people: int | None = None) -> Question:
    """What a design asks. `people` is the size of one trial over all arms, the design's own count unless given."""
    ends = _ordered(design)
    kinds = {end.name: end.kind for end in ends}
    published = design.published
    figures = published.figures if published is not None else ()
    total = design.people.count if people is None else people
    parts = sum(arm.ratio for arm in design.arms)
    return Question(
        title=design.name,
        arms=tuple(arm.name for arm in design.arms),
        reference=_reference(design),
        end_points=tuple(_end_point(end) for end in ends),
        visits=design.visits.weeks,
        per_arm={arm.name: round(total * arm.ratio / parts) for arm in design.arms},
        published=tuple(_published(f, kinds[f.end_point], published.source) for f in figures if published),
        targets=_targets(design),
        counterpart=published.trial if published is not None else "",
        seed=design.seed,
        words=design_words(design, people=total),
        arm_words={arm.name: arm.name for arm in design.arms},
    )


def _ordered(design: d.Design) -> tuple[d.EndPoint, ...]:
    """The end points with the primary one first; a design without one is asked for the change at its first visit."""
    primary = design.primary
    if primary is None:
        return (replace(_FALLBACK, weeks=design.visits.weeks[:1]),)
    return (primary, *(end for end in design.end_points if end is not primary))


def _reference(design: d.Design) -> str:
    """The arm the others are compared with: as published, else placebo, else the first; none where there is one arm."""
    if len(design.arms) < 2:
        return ""
    for figure in design.published.figures if design.published is not None else ():
        if figure.versus:
            return figure.versus
    placebo = (arm.name for arm in design.arms if arm.strategy is d.Strategy.FIXED_DOSE and arm.units == 0)
    return next(placebo, design.arms[0].name)


def _end_point(end: d.EndPoint) -> EndPoint:
    share = (end.percent or 0.0) / 100.0
    kind = {
        d.EndPointKind.CHANGE: Kind.CHANGE,
        d.EndPointKind.MEAN_CHANGE: Kind.CHANGE,
        d.EndPointKind.RESPONDER: Kind.RESPONDER,
        d.EndPointKind.GLOBAL_CHANGE: Kind.GLOBAL,
        d.EndPointKind.TIME_TO_LOSS: Kind.LOSS,
        d.EndPointKind.TIME_TO_REQUEST: Kind.REQUEST,
    }[end.kind]
    return EndPoint(
        name=end.name,
        kind=kind,
        outcome=end.outcome.value,
        weeks=end.weeks,
        least=share if kind is Kind.RESPONDER else _LOSS_LEAST,
        points=end.points or 0.0,
        steps=end.steps or 0,
        kept=1.0 - share if kind is Kind.LOSS else 0.0,
    )


def _published(figure: d.Figure, kind: d.EndPointKind, source: str) -> Published:
    scale = 0.01 if figure.unit == "percent" else 1.0
    low, high = figure.low, figure.high
    if figure.se is not None and low is None and high is None:
        low, high = figure.value - Z95 * figure.se, figure.value + Z95 * figure.se
    if figure.versus:
        what = Figure.DIFFERENCE
    elif kind in (d.EndPointKind.RESPONDER, d.EndPointKind.GLOBAL_CHANGE):
        what = Figure.RESPONDERS
    elif kind in (d.EndPointKind.TIME_TO_LOSS, d.EndPointKind.TIME_TO_REQUEST):
        what = Figure.WEEKS
    else:
        what = Figure.CHANGE
    return Published(
        what=what,
        end_point=figure.end_point,
        arm=figure.arm,
        against=figure.versus,
        value=figure.value * scale,
        interval=None if low is None or high is None else (low * scale, high * scale),
        people=figure.people,
        source=", ".join(text for text in (source, figure.place) if text),
    )


_COLUMNS: Mapping[str, tuple[str, str, float]] = {
    "age": ("age", "", 1.0),
    "years": ("years", "", 1.0),
    "total": ("baseline_total", "", 1.0),
    "female_percent": ("sex", "female", 0.01),
}


def _targets(design: d.Design) -> tuple[Target, ...]:
    """What the people are to be like at baseline: what the design asks for, else what the study it is like printed."""
    from collis.trials.population import wanted_of

    return tuple(
        Target(column=column, level=level, value=wanted.mean * scale, sd=wanted.sd, source=design.people.like)
        for wanted in wanted_of(design, load())
        for column, level, scale in (_COLUMNS[wanted.name],)
    )


def job_for(design: d.Design, *, people: int) -> Job:
    """The run of a design with that many people; it keeps in mind how many one trial of the design has."""
    from collis.trials.simulate import job_of

    job = job_of(design.with_people(people))
    return replace(job, fingerprint={**job.fingerprint, TRIAL_SIZE: f"{design.people.count}"})


def question_of_run(manifest: Mapping[str, Any]) -> Question:
    """What the run of this manifest was made to answer. Raises `BadInput` for a run of something else."""
    from collis.trials.reading import design_of
    from collis.trials.simulate import TASK

    if manifest.get("task") != TASK:
        raise BadInput(
            where="manifest.json",
            read=f"a run of {manifest.get('task')}",
            expected="the run of a virtual trial",
        )
    size = str(manifest.get("fingerprint", {}).get(TRIAL_SIZE, ""))
    return question_of(
        design_of(canonical(manifest["design"])), people=int(size) if size.isdecimal() else None
    )


def design_words(design: d.Design, *, people: int | None = None) -> tuple[str, ...]:
    """The design in sentences, for a person to hold against what was meant."""
    total = design.people.count if people is None else people
    ratio = ":".join(f"{arm.ratio}" for arm in design.arms)
    said = [
        *([_stop(design.question)] if design.question else []),
        f"{total} people, randomised {ratio} to {_listed([a.name for a in design.arms])}"
        f"{_strata(design)}; seed {design.seed}."
        if len(design.arms) > 1
        else f"{total} people in one arm, {design.arms[0].name}; seed {design.seed}.",
        *(f"{arm.name}: {_arm_words(arm)}{_apart_words(arm)}." for arm in design.arms),
        _entry_words(design),
        f"Ratings at baseline and in week {_listed([f'{w:g}' for w in design.visits.weeks])}.",
        *_again_words(design),
        _drop_out_words(design.drop_out),
    ]
    for i, end in enumerate(_ordered(design)):
        said.append(f"{'Primary' if i == 0 else 'Further'} end point, {end.name}: {_end_point(end).words()}.")
    if design.published is not None:
        figures = len(design.published.figures)
        said.append(
            f"Held against {design.published.trial} ({design.published.source}): "
            f"{figures} published figure{'' if figures == 1 else 's'}."
        )
    return tuple(text for text in said if text)


def _strata(design: d.Design) -> str:
    strata = [stratum.value.replace("_", " ") for stratum in design.randomisation.strata]
    shared = ", the same people in every arm" if design.randomisation.draws is d.Draws.COMMON else ""
    return (f", balanced over {_listed(strata)}" if strata else "") + shared


def _arm_words(arm: d.Arm) -> str:
    match arm.strategy:
        case d.Strategy.FIXED_DOSE if arm.units == 0:
            return "placebo injections"
        case d.Strategy.FIXED_DOSE:
            return f"{arm.product} {arm.units:,.10g} Units a session, split as its trials split it"
        case d.Strategy.FIXED_MUSCLES:
            told = [f"{m.muscle.words} {_SIDES[m.side]} {m.units:,.10g} Units" for m in arm.muscles]
            return f"{arm.product} by {arm.guidance.value}: {_listed(told)}"
        case d.Strategy.LABEL_START:
            return f"{arm.product}, the first session of the {arm.region.value} label for each person"
        case d.Strategy.TEXTBOOK:
            return f"{arm.product} {arm.units:,.10g} Units, the usual muscles of each person’s pattern"
        case d.Strategy.COLLIS:
            return (
                f"{arm.product}, the plan {arm.candidate.replace('_', ' ')} that Collis makes for each person"
            )


def _apart_words(arm: d.Arm) -> str:
    return "" if arm.apart_weeks is None else f", sessions {arm.apart_weeks:g} weeks apart"


_SIDES: Mapping[d.ArmSide, str] = {
    d.ArmSide.IPSI: "on the side of the main form",
    d.ArmSide.CONTRA: "on the other side",
    d.ArmSide.BOTH: "on both sides",
}


def _entry_words(design: d.Design) -> str:
    entry = design.people.entry
    said = []
    for name, span, unit in (
        ("age", entry.age, " years"),
        ("years of disease", entry.years, ""),
        ("TWSTRS total", entry.total, ""),
        ("TWSTRS severity", entry.severity, ""),
        ("TWSTRS pain", entry.pain, ""),
    ):
        if span.low is not None and span.high is not None:
            said.append(f"{name} {span.low:g} to {span.high:g}{unit}")
        elif span.low is not None:
            said.append(f"{name} at least {span.low:g}{unit}")
        elif span.high is not None:
            said.append(f"{name} at most {span.high:g}{unit}")
    if entry.past_treatment is not d.Past.ANY:
        said.append("treated before" if entry.past_treatment is d.Past.TREATED else "never treated before")
    if entry.leave_out_pure:
        said.append(f"no pure {_listed([p.replace('_', ' ') for p in entry.leave_out_pure], 'or')}")
    entered = f"May enter: {'; '.join(said)}." if said else "Anybody with cervical dystonia may enter."
    like = f" Baseline like {design.people.like}." if design.people.like else ""
    return f"{entered}{like}"


def _again_words(design: d.Design) -> list[str]:
    said = []
    again = design.retreatment
    if again is not None and again.rule is d.Rule.INTERVAL:
        said.append(f"{again.cycles} sessions in all, {again.apart_weeks:g} weeks apart.")
    elif again is not None:
        when = [
            *(
                [f"{again.lost_percent:g} % of the best gain is lost"]
                if again.lost_percent is not None
                else []
            ),
            *(
                [f"the gain is at most {again.below_points:g} points"]
                if again.below_points is not None
                else []
            ),
        ]
        said.append(
            f"Up to {again.cycles} sessions in all, at least {again.apart_weeks:g} weeks apart, asked for at a visit "
            f"once {_listed(when, 'or')}."
        )
    if design.rescue is not None:
        said.append(
            f"Rescue from week {design.rescue.from_week:g} of a cycle with {design.rescue.dose_percent:g} % of the "
            f"dose, once, while the gain is at most {design.rescue.below_points:g} points."
        )
    return said


def _drop_out_words(out: d.DropOut) -> str:
    told = []
    if out.lack_of_effect is not d.Leave.NO:
        told.append(f"{out.lack_of_effect.value} for lack of effect")
    if out.release_week is not None:
        told.append(f"at week {out.release_week:g} by the rule of the trial, where they are without benefit")
    if out.other_percent_a_week:
        told.append(f"for other reasons, {out.other_percent_a_week:g} % a week")
    return f"People leave {_listed(told)}." if told else "Nobody leaves early."


def _listed(words: Sequence[str], last: str = "and") -> str:
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def _stop(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."
