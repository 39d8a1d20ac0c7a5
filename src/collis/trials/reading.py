"""Designs of virtual trials: `*.trial.toml` into a `Design`, every slip with its line. Only `BadInput` leaves it.

The keys are described in docs/trials-design.md. The same reader takes the canonical JSON text of a design, which is
what a shard of a run is given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from collis.case.document import BadFile, Kind, located, parsed, read_text, tidy
from collis.case.table import Problem, Table, quoted
from collis.errors import BadInput
from collis.knowledge.load import Knowledge, load
from collis.knowledge.names import Guidance, Muscle, Pattern, Region
from collis.planning.candidate import CandidateKey
from collis.trials.design import (
    SCHEMA,
    Arm,
    ArmMuscle,
    ArmSide,
    Design,
    Draws,
    DropOut,
    EndPoint,
    EndPointKind,
    Entry,
    Figure,
    Leave,
    Model,
    Moments,
    NumericalPath,
    Outcome,
    Parameters,
    Past,
    PeopleDesign,
    Published,
    Randomisation,
    Rescue,
    Retreatment,
    Rule,
    RunDesign,
    Span,
    Strategy,
    Stratum,
    Study,
    Target,
    Visits,
)

LONGEST_WEEKS = 1040
MOST_PEOPLE = 10**8
LARGEST_SHARD = 200_000
_CANDIDATES = (
    CandidateKey.BALANCED,
    CandidateKey.LOW_RISK,
    CandidateKey.LABEL_START,
    CandidateKey.CAUTIOUS_START,
)
_YES_NO = ("yes", "no")


class BadDesignFile(BadFile):
    """A design with slips. `problems` holds every one found, first line first; the error reads as the first."""


KIND = Kind(
    called="a trial design",
    ending=".trial.toml",
    begins='schema = 1 and name = "a-trial"',
    error=BadDesignFile,
)


def read_design(path: Path) -> Design:
    """The design in a file. Raises `BadDesignFile` for whatever cannot be read as one."""
    return parse_design(read_text(path, KIND), file=str(path))


def parse_design(text: str, *, file: str = "") -> Design:
    """The design a text describes. Raises `BadDesignFile` with every slip found, each with its line."""
    text = tidy(text)
    problems: list[Problem] = []
    design = _design(Table(raw=parsed(text, file, KIND), path=(), problems=problems))
    if problems or design is None:
        raise located(problems, text, file, KIND)
    return design


@lru_cache(maxsize=8)
def design_of(text: str) -> Design:
    """The design of a canonical JSON text. Raises `BadInput` for a text that is none."""
    try:
        raw = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise BadInput(
            where="design", read="text that is no JSON", expected="the canonical text of a design"
        ) from None
    if not isinstance(raw, dict):
        raise BadInput(
            where="design", read="JSON that is no table", expected="the canonical text of a design"
        )
    problems: list[Problem] = []
    design = _design(Table(raw=raw, path=(), problems=problems))
    if problems or design is None:
        raise problems[0].error
    return design


def _design(root: Table) -> Design | None:
    schema = root.whole("schema", unit="the schema", low=1, needed=True)
    if schema is not None and schema != SCHEMA:
        root.note("schema", read=f"{schema}", expected=f"{SCHEMA}, the schema this program reads")
    name = root.text("name", needed=True)
    if not name.strip() and "name" in root.raw and not root.problems:
        root.note("name", read="an empty name", expected="a name")
    knowledge = load()
    highest = _highest(knowledge)
    seed = root.whole("seed", unit="a seed", high=2**63 - 1, needed=True)
    question = root.text("question")
    published = _published(root.table("published"))
    people = _people(root.table("people"), knowledge)
    randomisation = _randomisation(root.table("randomisation"))
    arms = tuple(_arm(table, knowledge) for table in root.tables("arm"))
    visits = root.table("visits").numbers("weeks", unit="weeks", high=LONGEST_WEEKS)
    drop_out = _drop_out(root.table("drop_out"))
    retreatment = _retreatment(root.table("retreatment"), highest)
    rescue = _rescue(root.table("rescue"), highest)
    weeks = tuple(float(week) for week in visits)
    end_points = tuple(_end_point(table, weeks, highest) for table in root.tables("end_point"))
    model = _model(root.table("model"))
    run = _run(root.table("run"))
    found = None
    if not root.problems and seed is not None and people is not None:
        try:
            found = Design(
                name=name.strip(),
                seed=seed,
                question=question,
                published=published,
                people=people,
                randomisation=randomisation,
                arms=tuple(arm for arm in arms if arm is not None),
                visits=Visits(weeks=weeks),
                drop_out=drop_out,
                retreatment=retreatment,
                rescue=rescue,
                end_points=tuple(end for end in end_points if end is not None),
                model=model,
                run=run,
            )
        except BadInput as error:
            _note(root, error)
    root.refuse_the_rest()
    return found


def _note(root: Table, error: BadInput) -> None:
    """Note what the whole design refuses at the key it names."""
    *above, key = error.where.split(".")
    table = root
    for name in above:
        table = table.table(name)
    table.note(key, read=error.read, expected=error.expected, mend=error.mend, at_key=True)


def _highest(knowledge: Knowledge) -> int:
    """The top of the scale of the total, points."""
    return int(knowledge.response.score.highest.value)


def _float(value: Decimal | int | None) -> float | None:
    return None if value is None else float(value)


def _yes(table: Table, key: str, *, otherwise: bool) -> bool:
    word = table.choice(key, _YES_NO)
    return otherwise if word is None else word == "yes"


def _published(table: Table) -> Published | None:
    if not table.present:
        return None
    trial, source = table.text("trial", needed=True), table.text("source", needed=True)
    if source and source not in load().citations:
        table.note("source", read=quoted(source), expected="a key of the bibliography such as brashear_1999")
    figures = []
    for row in table.tables("figure"):
        value = row.number("value", unit="the end point", low=-(10**6), needed=True)
        figures.append(
            Figure(
                arm=row.text("arm", needed=True),
                end_point=row.text("end_point", needed=True),
                value=_float(value) or 0.0,
                unit=row.text("unit") or "points",
                versus=row.text("versus"),
                low=_float(row.number("low", unit="the end point", low=-(10**6))),
                high=_float(row.number("high", unit="the end point", low=-(10**6))),
                se=_float(row.number("se", unit="the end point")),
                people=row.whole("people", unit="people", low=1),
                place=row.text("place"),
            )
        )
    return Published(trial=trial, source=source, figures=tuple(figures), note=table.text("note"))


def _people(table: Table, knowledge: Knowledge) -> PeopleDesign | None:
    count = table.whole("count", unit="people", low=1, high=MOST_PEOPLE, needed=True)
    like = table.choice("like", sorted(knowledge.populations.published)) or ""
    treated = table.number("treated_percent", unit="percent", high=100)
    entry, target = _entry(table.table("entry"), knowledge), _target(table.table("target"), knowledge)
    if count is None:
        return None
    return PeopleDesign(count=count, like=like, treated_percent=_float(treated), entry=entry, target=target)


def _entry(table: Table, knowledge: Knowledge) -> Entry:
    parts = knowledge.outcomes.parts
    return Entry(
        age=_span(table.table("age"), unit="years", high=120),
        years=_span(table.table("years"), unit="years", high=120),
        total=_span(table.table("total"), unit="points", high=_highest(knowledge)),
        severity=_span(table.table("severity"), unit="points", high=int(parts["severity"].highest.value)),
        pain=_span(table.table("pain"), unit="points", high=int(parts["pain"].highest.value)),
        past_treatment=table.word("past_treatment", Past) or Past.ANY,
        leave_out_pure=tuple(p.value for p in table.words("leave_out_pure", Pattern)),
    )


def _span(table: Table, *, unit: str, high: int) -> Span:
    least, most = table.number("low", unit=unit, high=high), table.number("high", unit=unit, high=high)
    if least is not None and most is not None and least >= most:
        table.note("high", read=f"{most}", expected=f"more than the low end of {least} {unit}")
    return Span(low=_float(least), high=_float(most))


def _target(table: Table, knowledge: Knowledge) -> Target:
    return Target(
        age=_moments(table.table("age"), unit="years", high=120),
        years=_moments(table.table("years"), unit="years", high=120),
        total=_moments(table.table("total"), unit="points", high=_highest(knowledge)),
        female_percent=_float(table.number("female_percent", unit="percent", high=100)),
    )


def _moments(table: Table, *, unit: str, high: int) -> Moments:
    mean, sd = table.number("mean", unit=unit, high=high), table.number("sd", unit=unit, high=high)
    if sd is not None and mean is None:
        table.note("sd", read="a spread without a mean", expected="a mean beside it")
    if sd is not None and sd == 0:
        table.note("sd", read="0", expected="a spread above 0")
    return Moments(mean=_float(mean), sd=_float(sd))


def _randomisation(table: Table) -> Randomisation:
    return Randomisation(
        strata=table.words("strata", Stratum), draws=table.word("draws", Draws) or Draws.INDEPENDENT
    )


def _arm(table: Table, knowledge: Knowledge) -> Arm | None:
    name = table.text("name", needed=True)
    strategy = table.word("strategy", Strategy, needed=True)
    product = table.choice("product", sorted(knowledge.response.potency), needed=True)
    ratio = table.whole("ratio", unit="parts", low=1, high=100)
    units = table.number("units", unit="Units", high=100_000)
    muscles = _muscles(table)
    candidate = table.choice("candidate", [key.value for key in _CANDIDATES])
    guidance = table.word("guidance", Guidance)
    region = table.word("region", Region)
    apart = table.number("apart_weeks", unit="weeks", low=1, high=LONGEST_WEEKS)
    if strategy is None or product is None or not name.strip():
        if "name" in table.raw and not name.strip():
            table.note("name", read="an empty name", expected="a name")
        return None
    needs_units = strategy in (Strategy.FIXED_DOSE, Strategy.TEXTBOOK)
    if needs_units and units is None and "units" not in table.raw:
        table.note(
            "units", read="nothing", expected=f"the Units of a session for {strategy.value}", at_key=True
        )
    if units is not None and not needs_units:
        table.note(
            "units", read=f"{units} beside {strategy.value}", expected="no total", mend=_WHERE_UNITS[strategy]
        )
    if strategy is Strategy.TEXTBOOK and units == 0:
        table.note("units", read="0", expected="Units above 0", mend='Placebo is strategy = "fixed_dose".')
    if strategy is Strategy.FIXED_MUSCLES and not muscles and "muscle" not in table.raw:
        table.note("muscle", read="nothing", expected="at least one [[arm.muscle]]", at_key=True)
    if muscles and strategy is not Strategy.FIXED_MUSCLES:
        table.note(
            "muscle", read=f"muscles beside {strategy.value}", expected="muscles with fixed_muscles alone"
        )
    if candidate is not None and strategy is not Strategy.COLLIS:
        table.note(
            "candidate", read=f"a candidate beside {strategy.value}", expected="a candidate with collis alone"
        )
    where = region or Region.US
    if strategy in (Strategy.LABEL_START, Strategy.COLLIS) and knowledge.label(product, where) is None:
        table.note(
            "product", read=quoted(product), expected=f"a product with a label for region {where.value}"
        )
    return Arm(
        name=name.strip(),
        strategy=strategy,
        product=product,
        ratio=ratio or 1,
        units=_float(units),
        muscles=muscles,
        candidate=(candidate or CandidateKey.BALANCED.value) if strategy is Strategy.COLLIS else "",
        guidance=guidance or Guidance.PALPATION,
        apart_weeks=_float(apart),
        region=where,
    )


_WHERE_UNITS: Mapping[Strategy, str] = {
    Strategy.FIXED_MUSCLES: "Write the Units under each [[arm.muscle]].",
    Strategy.LABEL_START: "The label tells the total.",
    Strategy.COLLIS: "The plan tells the total.",
}


def _muscles(table: Table) -> tuple[ArmMuscle, ...]:
    found: list[ArmMuscle] = []
    for row in table.tables("muscle"):
        muscle = row.word("muscle", Muscle, needed=True)
        side = row.word("side", ArmSide, needed=True)
        units = row.number("units", unit="Units", high=20_000, needed=True)
        sites = row.whole("sites", unit="sites", low=1, high=20)
        if muscle is None or side is None or units is None:
            continue
        taken = {(m.muscle, s) for m in found for s in _sides(m.side)}
        if any((muscle, s) in taken for s in _sides(side)):
            row.note("muscle", read=f"{muscle.value} twice on one side", expected="each muscle and side once")
        found.append(ArmMuscle(muscle=muscle, side=side, units=float(units), sites=sites or 1))
    return tuple(found)


def _sides(side: ArmSide) -> tuple[ArmSide, ...]:
    return (ArmSide.IPSI, ArmSide.CONTRA) if side is ArmSide.BOTH else (side,)


def _drop_out(table: Table) -> DropOut:
    other = table.number("other_percent_a_week", unit="percent", high=50)
    return DropOut(
        lack_of_effect=table.word("lack_of_effect", Leave) or Leave.RARELY,
        release_week=_float(table.number("release_week", unit="weeks", high=LONGEST_WEEKS)),
        other_percent_a_week=_float(other) or 0.0,
    )


def _retreatment(table: Table, highest: int) -> Retreatment | None:
    rule = table.word("rule", Rule, needed=table.present)
    apart = table.number("apart_weeks", unit="weeks", low=1, high=LONGEST_WEEKS, needed=table.present)
    cycles = table.whole("cycles", unit="sessions in all", low=1, high=100, needed=table.present)
    from_week = table.number("from_week", unit="weeks", high=LONGEST_WEEKS)
    lost = table.number("lost_percent", unit="percent", low=1, high=100)
    below = table.number("below_points", unit="points", low=-highest, high=highest)
    if rule is Rule.REQUEST and lost is None and below is None and "lost_percent" not in table.raw:
        table.note("rule", read='"request"', expected="lost_percent or below_points beside it")
    if rule is Rule.INTERVAL and (lost is not None or below is not None):
        table.note("rule", read='"interval" beside a rule of waning', expected="apart_weeks and cycles alone")
    if rule is None or apart is None or cycles is None:
        return None
    return Retreatment(
        rule=rule,
        apart_weeks=float(apart),
        cycles=cycles,
        from_week=_float(from_week) or 0.0,
        lost_percent=_float(lost),
        below_points=_float(below),
    )


def _rescue(table: Table, highest: int) -> Rescue | None:
    needed = table.present
    from_week = table.number("from_week", unit="weeks", high=LONGEST_WEEKS, needed=needed)
    below = table.number("below_points", unit="points", low=-highest, high=highest, needed=needed)
    dose = table.number("dose_percent", unit="percent", low=1, high=100, needed=needed)
    if from_week is None or below is None or dose is None:
        return None
    return Rescue(from_week=float(from_week), below_points=float(below), dose_percent=float(dose))


def _end_point(table: Table, visits: tuple[float, ...], highest: int) -> EndPoint | None:
    name = table.text("name", needed=True)
    kind = table.word("kind", EndPointKind, needed=True)
    outcome = table.word("outcome", Outcome)
    weeks = tuple(float(w) for w in table.numbers("weeks", unit="weeks", high=LONGEST_WEEKS))
    percent = table.number("percent", unit="percent", low=1, high=100)
    points = table.number("points", unit="points", high=highest)
    steps = table.whole("steps", unit="steps of the patient's impression", low=1, high=3)
    primary = _yes(table, "primary", otherwise=False)
    if kind is None:
        return None
    for i, week in enumerate(weeks):
        if week not in visits:
            table.note("weeks", read=f"{week:g}", expected="weeks of visits.weeks", item=i)
    wanted, most = _WEEKS_OF[kind]
    if not wanted <= len(weeks) <= most and not table.problems:
        table.note(
            "weeks" if weeks else None,
            read=f"{len(weeks)} weeks for {kind.value}",
            expected="no weeks" if most == 0 else "one week" if most == 1 else "at least one week",
        )
    if kind is EndPointKind.RESPONDER and (percent is None) == (points is None):
        table.note("kind", read='"responder"', expected="either percent or points beside it")
    if kind is EndPointKind.TIME_TO_LOSS and percent is None:
        table.note(
            "kind", read='"time_to_loss"', expected="percent beside it: the share of the gain that is lost"
        )
    if kind is EndPointKind.GLOBAL_CHANGE and steps is None:
        table.note(
            "kind", read='"global_change"', expected="steps beside it: 1 a little better, 2 much better"
        )
    return EndPoint(
        name=name,
        kind=kind,
        outcome=outcome or Outcome.TOTAL,
        weeks=weeks,
        percent=_float(percent),
        points=_float(points),
        steps=steps,
        primary=primary,
    )


_WEEKS_OF: Mapping[EndPointKind, tuple[int, int]] = {
    EndPointKind.CHANGE: (1, 1),
    EndPointKind.MEAN_CHANGE: (1, 100),
    EndPointKind.RESPONDER: (1, 1),
    EndPointKind.GLOBAL_CHANGE: (1, 1),
    EndPointKind.TIME_TO_LOSS: (1, 100),
    EndPointKind.TIME_TO_REQUEST: (0, 0),
}


def _model(table: Table) -> Model:
    placebo = table.number("placebo_percent", unit="percent", high=100)
    study = table.word("study", Study)
    if placebo is not None and study is Study.DRAWN:
        table.note("placebo_percent", read="a placebo answer beside a drawn study", expected="one of the two")
    responder = table.number("responder_percent", unit="percent", low=1, high=100)
    return Model(
        parameters=table.word("parameters", Parameters) or Parameters.TYPICAL,
        study=study or Study.TYPICAL,
        placebo_percent=_float(placebo),
        responder_percent=_float(responder),
        path=table.word("path", NumericalPath) or NumericalPath.NUMPY,
    )


def _run(table: Table) -> RunDesign:
    shard = table.whole("shard", unit="people", low=1, high=LARGEST_SHARD)
    return RunDesign() if shard is None else RunDesign(shard=shard)
