"""Vignettes: case files with an [expect] table, read from tests/cases and held against what comes out.

Everything a file may expect is listed in `WORDS`; tests/cases/README.md tells it to whoever writes one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from collis import api
from collis.case.case import Case
from collis.case.files import parse_case
from collis.case.history import Asked, FlagAnswer, FlagReply, Medicines, SafetyAnswers
from collis.case.patient import Answer
from collis.case.plan import Plan
from collis.case.table import listed, nearest
from collis.errors import BadInput
from collis.knowledge.names import FLAG_KEYS, Muscle, MuscleSide
from collis.planning.candidate import Candidate, CandidateKey, Proposal
from collis.reasons import Level, Reason
from collis.safety.screen import ScreenLevel
from collis.safety.verdict import Verdict
from collis.side import Side
from collis.units import plain

FOLDER = Path(__file__).parent / "cases"

CHECKED = ("yes", "partly", "no")
RULE_IDS = (*(f"R{n:02d}" for n in range(1, 54)), "SCREEN", "LABEL")
CANDIDATES = tuple(key.value for key in CandidateKey)
SCREEN_LEVELS = tuple(level.value for level in ScreenLevel)
LEVELS = tuple(level.value for level in Level)
PLACE_LISTS = (
    "ranked_first", "ranked_include", "ranked_not_include", "ranked_held_back", "plan_must_include",
    "plan_must_not_include", "would_need_ultrasound",
)  # fmt: skip
RANGES = ("total_between", "muscle_sides_between")
RULE_LISTS = ("must_warn", "must_refuse", "cannot_judge", "must_stay_silent")
TEXTS = ("source", "place", "note")
WORDS = (
    *TEXTS, "checked", "rest_answered_no", "candidate", *PLACE_LISTS, *RANGES, "dose_between", "offered",
    "not_offered", *RULE_LISTS, "verdict", "screen", "screen_level", "says",
)  # fmt: skip

_EXPECT = re.compile(r"^\s*\[\[?\s*expect\s*(\.|\])")
_HEADING = re.compile(r"^\s*\[\[?\s*[A-Za-z_][\w.\s]*\]\]?\s*(#.*)?$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Vignette:
    """One patient and what a clinician expects; `expect` holds the keys of `WORDS`, checked and in their types."""

    name: str
    case: Case
    expect: Mapping[str, Any]

    @property
    def candidate(self) -> CandidateKey:
        """The candidate the expectations on a plan speak of."""
        return CandidateKey(self.expect.get("candidate", CandidateKey.BALANCED))


@dataclass(slots=True)
class Outcome:
    """What came out for a vignette, each part worked out when it is first asked for."""

    case: Case
    key: CandidateKey
    _proposal: Proposal | None = field(default=None)
    _verdict: Verdict | None = field(default=None)

    @property
    def proposal(self) -> Proposal:
        """The candidates and those not offered."""
        if self._proposal is None:
            self._proposal = api.propose(self.case)
        return self._proposal

    @property
    def chosen(self) -> Candidate | None:
        """The candidate asked about, or the one it came out the same as."""
        keys = {c.key: c for c in self.proposal.candidates}
        why = next((n.why for n in self.proposal.not_offered if n.key is self.key), "")
        twin = next(
            (c for key, c in keys.items() if why == f'It comes out the same as "{key.heading}".'), None
        )
        return keys.get(self.key, twin)

    @property
    def judged(self) -> Plan | None:
        """The plan the gate judges: the typed one where there is one, else the candidate asked about."""
        if self.case.request.plan is not None:
            return self.case.request.plan
        return None if self.chosen is None else self.chosen.plan

    @property
    def verdict(self) -> Verdict | None:
        """What the gate says of the judged plan."""
        if self._verdict is None and self.judged is not None:
            self._verdict = api.check(self.judged, self.case).verdict
        return self._verdict


def vignette_files(folder: Path = FOLDER) -> list[Path]:
    """Every vignette of the folder, by name."""
    return sorted(folder.glob("*.toml"))


def read_vignette(path: Path) -> Vignette:
    """The vignette in a file. Raises `BadInput` with its line for a slip in the case or in [expect]."""
    return parse_vignette(path.read_text("utf-8"), name=path.stem, file=path.name)


def parse_vignette(text: str, *, name: str = "vignette", file: str = "") -> Vignette:
    """The vignette a text describes; see `read_vignette`."""
    case_text = _without_expect(text)
    case = parse_case(case_text, file=file)
    raw = tomllib.loads(text)
    if not isinstance(raw.get("expect"), dict):
        raise BadInput(read="no [expect] table", expected="a case followed by [expect]", file=file)
    expect = _expectations(raw["expect"], text, file)
    if expect.get("rest_answered_no"):
        case = _rest_answered_no(case, raw)
    return Vignette(name=name, case=case, expect=expect)


def _without_expect(text: str) -> str:
    """The case alone, every line where it was, so that an error names the right one."""
    kept, inside = [], False
    for line in text.split("\n"):
        if _EXPECT.match(line):
            inside = True
        elif inside and _HEADING.match(line):
            inside = False
        kept.append("" if inside else line)
    return "\n".join(kept)


def _line_of(key: str, text: str) -> int:
    found = re.search(rf"^\s*{re.escape(key)}\s*=", text, re.MULTILINE)
    start = text.find("[expect]")
    return text.count("\n", 0, found.end() if found else max(start, 0)) + 1


def _expectations(raw: Mapping[str, Any], text: str, file: str) -> dict[str, Any]:
    expect: dict[str, Any] = {}
    for key, value in raw.items():
        line = _line_of(key, text)
        if key not in WORDS:
            raise BadInput(
                where="expect", read=f'the key "{key}"', expected="a word that tests/cases/README.md lists",
                mend=nearest(key, WORDS), file=file, line=line,
            )  # fmt: skip
        try:
            expect[key] = _value(key, value)
        except BadInput as error:
            raise error.at(where=f"expect.{key}", file=file, line=line) from None
    for key in ("source", "place", "checked"):
        if not expect.get(key):
            raise BadInput(
                where="expect", read=f"no {key}", expected="source, place and checked: where the expectation is from",
                file=file, line=_line_of("[expect]", text),
            )  # fmt: skip
    if len(set(expect) - {*TEXTS, "checked", "rest_answered_no", "candidate"}) == 0:
        raise BadInput(
            where="expect", read="nothing that is expected", expected="at least one expectation", file=file
        )
    return expect


def _value(key: str, value: object) -> Any:
    match key:
        case "checked":
            return _word(value, CHECKED)
        case "candidate":
            return _word(value, CANDIDATES)
        case "verdict":
            return tuple(_word(v, LEVELS) for v in ([value] if isinstance(value, str) else _list(value)))
        case "screen_level":
            return _word(value, SCREEN_LEVELS)
        case "screen":
            return tuple(_word(v, FLAG_KEYS) for v in _list(value))
        case "offered" | "not_offered":
            return tuple(_word(v, CANDIDATES) for v in _list(value))
        case "says":
            return tuple(_text(v) for v in _list(value))
        case "rest_answered_no":
            if not isinstance(value, bool):
                raise BadInput(read=f"{value!r}", expected="true or false, without quotes")
            return value
        case "dose_between":
            if not isinstance(value, dict):
                raise BadInput(read=f"{value!r}", expected='{ "splenius_capitis left" = [40, 100] }')
            return {place: _range(span) for name, span in value.items() for place in _places(name)}
        case _ if key in PLACE_LISTS:
            return tuple(place for name in _list(value) for place in _places(name))
        case _ if key in RANGES:
            return _range(value)
        case _ if key in RULE_LISTS:
            return tuple(_word(v, RULE_IDS) for v in _list(value))
        case _:
            return _text(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadInput(read=f"{value!r}", expected="words in quotes")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list) or not value:
        raise BadInput(read=f"{value!r}", expected='a list in square brackets, such as ["R22"]')
    return value


def _word(value: object, words: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in words:
        raise BadInput(read=f"{value!r}", expected=listed(words), mend=nearest(str(value), words))
    return value


def _range(value: object) -> tuple[Decimal, Decimal]:
    spoken = value if isinstance(value, list) else []
    numbers = [v for v in spoken if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(spoken) != 2 or len(numbers) != 2 or numbers[0] > numbers[1]:
        raise BadInput(
            read=f"{value!r}", expected="the least and the most in square brackets, such as [120, 240]"
        )
    return Decimal(str(numbers[0])), Decimal(str(numbers[1]))


def _places(value: object) -> tuple[MuscleSide, ...]:
    """One muscle on a side, or on both: "splenius_capitis left", "splenius capitis both"."""
    words = _text(value).replace(",", " ").replace("_", " ").lower().split()
    muscle, side = "_".join(words[:-1]), words[-1]
    if side not in ("left", "right", "both"):
        raise BadInput(read=f'"{value}"', expected="a muscle and left, right or both")
    names = tuple(m.value for m in Muscle)
    if muscle not in names:
        raise BadInput(read=f'"{muscle}"', expected=listed(names), mend=nearest(muscle, names))
    sides = (Side.RIGHT, Side.LEFT) if side == "both" else (Side(side),)
    return tuple(MuscleSide(Muscle(muscle), one) for one in sides)


def _rest_answered_no(case: Case, raw: Mapping[str, Any]) -> Case:
    """The case with every question that the file does not mention answered with no. What it calls unknown stays."""
    said = raw.get("safety", {})
    quiet: dict[str, Any] = {
        name: Asked(answer=Answer.NO)
        for name, old in ((n, getattr(case.safety, n)) for n in SafetyAnswers.__dataclass_fields__)
        if name not in said and isinstance(old, Asked)
    }
    taken = case.safety.medicines
    if "medicines" not in said:
        taken = Medicines(answer=Answer.NO, platelets_low=Answer.NO)
    elif "platelets_low" not in said["medicines"]:
        taken = replace(taken, platelets_low=Answer.NO)
    safety = replace(case.safety, **quiet, medicines=taken)
    if "toxin_naive" not in said:
        safety = replace(safety, toxin_naive=Answer.NO)
    if "toxin_elsewhere" not in said:
        safety = replace(safety, toxin_elsewhere=Answer.YES if case.safety.other_toxin else Answer.NO)
    flags = {key: FlagReply(answer=FlagAnswer.NO) for key in FLAG_KEYS} | dict(case.flags)
    patient = case.patient
    if "thin_neck" not in raw.get("patient", {}):
        patient = replace(patient, thin_neck=Answer.NO)
    if "weight_kg" not in raw.get("patient", {}):
        patient = replace(patient, weight_kg=Decimal(70))
    request = case.request
    if "consent_warnings" not in raw.get("request", {}):
        request = replace(request, consent_warnings=Answer.YES)
    past = [
        replace(s, side_effects_asked=Answer.YES) if s.side_effects_asked is Answer.UNKNOWN else s
        for s in case.history.sessions
    ]
    history = replace(case.history, sessions=tuple(past))
    return replace(case, safety=safety, flags=flags, patient=patient, request=request, history=history)


def disappointments(vignette: Vignette) -> list[str]:
    """Every expectation that did not come true, as sentences: what was expected and what came out."""
    outcome = Outcome(case=vignette.case, key=vignette.candidate)
    return [
        *_about_the_ranking(vignette.expect, outcome),
        *_about_the_plan(vignette.expect, outcome),
        *_about_what_is_offered(vignette.expect, outcome),
        *_about_the_verdict(vignette.expect, outcome),
        *_about_the_screen(vignette.expect, outcome),
        *_about_words(vignette.expect, outcome),
    ]


def _about_the_ranking(expect: Mapping[str, Any], outcome: Outcome) -> Iterator[str]:
    if not any(key.startswith("ranked") for key in expect):
        return
    ranking = api.rank_muscles(outcome.case)
    least = api.knowledge_for(outcome.case).figure("inference", "shown", "possible")
    came = ", ".join(f"{m.where} ({m.probability:.2f})" for m in ranking.muscles[:10]) or "no muscle at all"
    first = expect.get("ranked_first", ())
    top = {m.where for m in ranking.muscles[: len(first)]}
    for place in first:
        if place not in top:
            yield f"Expected {place} among the first {len(first)} of the ranking; it came out as: {came}."
    possible = {m.where for m in ranking.muscles if m.probability >= least}
    for place in expect.get("ranked_include", ()):
        if place not in possible:
            yield f"Expected {place} to be ranked at least possible; the ranking came out as: {came}."
    for place in expect.get("ranked_not_include", ()):
        if place in possible:
            yield f"Expected {place} not to be ranked as possible; the ranking came out as: {came}."
    held = {m.where for m in ranking.muscles if m.held_back}
    for place in expect.get("ranked_held_back", ()):
        if place not in held:
            yield f"Expected {place} to be shown as disputed and held back; held back are: {_names(held)}."


def _about_the_plan(expect: Mapping[str, Any], outcome: Outcome) -> Iterator[str]:
    keys = {"plan_must_include", "plan_must_not_include", "dose_between", "would_need_ultrasound", *RANGES}
    if not keys & set(expect):
        return
    chosen = outcome.chosen
    if chosen is None:
        yield f"Expected a {_words(outcome.key)} plan; it was not offered: {_why_not(outcome, outcome.key)}"
        return
    plan = chosen.plan
    came = f"the {_words(outcome.key)} plan came out as: {_plan(plan)}."
    inside = {i.where for i in plan.injections}
    for place in expect.get("plan_must_include", ()):
        if place not in inside:
            yield f"Expected {place} in the plan; {came} {_left_out(chosen, place)}".rstrip()
    for place in expect.get("plan_must_not_include", ()):
        if place in inside:
            yield f"Expected {place} not in the plan; {came}"
    for place, (low, high) in expect.get("dose_between", {}).items():
        if not low <= plan.dose_at(place).units <= high:
            yield f"Expected {plain(low)} to {plain(high)} Units in {place}; {came}"
    if "total_between" in expect:
        low, high = expect["total_between"]
        if not low <= plan.total.units <= high:
            yield f"Expected a total of {plain(low)} to {plain(high)} Units; {came}"
    if "muscle_sides_between" in expect:
        low, high = expect["muscle_sides_between"]
        if not low <= len(plan.injections) <= high:
            yield f"Expected {plain(low)} to {plain(high)} muscle-sides; {came}"
    for place in expect.get("would_need_ultrasound", ()):
        if "ultrasound" not in _left_out(chosen, place):
            yield f'Expected {place} to be named as "would need ultrasound"; {came} {_left_out(chosen, place)}'


def _about_what_is_offered(expect: Mapping[str, Any], outcome: Outcome) -> Iterator[str]:
    if not {"offered", "not_offered"} & set(expect):
        return
    there = {c.key for c in outcome.proposal.candidates}
    came = "on offer are: " + (", ".join(_words(key) for key in there) or "no plans") + "."
    for key in map(CandidateKey, expect.get("offered", ())):
        if key not in there:
            yield f"Expected a {_words(key)} plan to be offered; {came} {_why_not(outcome, key)}"
    for key in map(CandidateKey, expect.get("not_offered", ())):
        if key in there:
            yield f"Expected no {_words(key)} plan; {came}"


def _about_the_verdict(expect: Mapping[str, Any], outcome: Outcome) -> Iterator[str]:
    if not {*RULE_LISTS, "verdict"} & set(expect):
        return
    verdict = outcome.verdict
    if verdict is None:
        yield f"Expected a verdict; there is no plan to judge: {_why_not(outcome, outcome.key)}"
        return
    wanted = {"must_warn": Level.WARN, "must_refuse": Level.REFUSE, "cannot_judge": Level.CANNOT_JUDGE}
    said = [f"{r.rule} {r.level}: {r.what}" for r in verdict.reasons]
    came = "The gate said: " + (" | ".join(said) or "nothing")
    for key, level in wanted.items():
        for rule in expect.get(key, ()):
            if level not in {r.level for r in _of_rule(verdict, rule)}:
                yield f"Expected rule {rule} to say {_level(level)}. {came}"
    for rule in expect.get("must_stay_silent", ()):
        if any(r.level is not Level.ALLOW for r in _of_rule(verdict, rule)):
            yield f"Expected rule {rule} to stay silent. {came}"
    if "verdict" in expect and verdict.level not in expect["verdict"]:
        allowed = " or ".join(_level(Level(v)) for v in expect["verdict"])
        yield f"Expected the verdict {allowed}; it came out as {_level(verdict.level)}. {came}"


def _of_rule(verdict: Verdict, rule: str) -> list[Reason]:
    """The reasons a rule gave; a line of unanswered questions speaks for several rules."""
    return [r for r in verdict.reasons if rule in r.rule.split()]


def _about_the_screen(expect: Mapping[str, Any], outcome: Outcome) -> Iterator[str]:
    if not {"screen", "screen_level"} & set(expect):
        return
    screening = api.screen(outcome.case)
    standing = [item.flag.key for item in (*screening.stop, *screening.hold, *screening.caution)]
    came = f'the screen came out as "{screening.level}", raising: {", ".join(standing) or "nothing"}.'
    for key in expect.get("screen", ()):
        if key not in standing:
            yield f"Expected the screen to raise {key}; {came}"
    if "screen_level" in expect and screening.level != expect["screen_level"]:
        yield f'Expected the screen to say "{expect["screen_level"]}"; {came}'


def _about_words(expect: Mapping[str, Any], outcome: Outcome) -> Iterator[str]:
    wanted = expect.get("says", ())
    if not wanted:
        return
    ranking = api.rank_muscles(outcome.case)
    said = [*ranking.notes]
    said += [text for m in ranking.muscles for text in (*m.reasons, *m.against)]
    if outcome.case.date is not None and outcome.case.request.product is not None:
        said += [n.why for n in outcome.proposal.not_offered]
        said += [u.why for c in outcome.proposal.candidates for u in c.untreated]
        if outcome.verdict is not None:
            said += [text for r in outcome.verdict.reasons for text in (r.what, r.action)]
    for text in wanted:
        if not any(text.lower() in one.lower() for one in said):
            yield f'Expected somewhere the words "{text}"; what was said: {" | ".join(said)}'


def _words(key: CandidateKey) -> str:
    return f'"{key.heading}"'


def _level(level: Level) -> str:
    return f'"{level.value.replace("_", " ")}"'


def _names(places: set[MuscleSide]) -> str:
    return ", ".join(sorted(map(str, places))) or "none"


def _plan(plan: Plan) -> str:
    return ", ".join(f"{i.where} {plain(i.dose.units)}" for i in plan.injections) + f" ({plan.total} in all)"


def _left_out(chosen: Candidate, place: MuscleSide) -> str:
    why = next((u.why for u in chosen.untreated if u.where == place), "")
    return f"It was left out: {why}." if why else ""


def _why_not(outcome: Outcome, key: CandidateKey) -> str:
    why = [n.why for n in outcome.proposal.not_offered if n.key is key]
    return why[0] if why else "no reason was given."
