"""How numbers, days, sides, states and chances are put into words: the one place for it.

Units are written in full, a minus is U+2212, a number has a leading zero and no trailing zero, a side is a whole
word in capitals. Nothing here knows medicine.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import assert_never

from collis.knowledge.load import load
from collis.knowledge.names import Guidance, Muscle, MuscleSide
from collis.reasons import Ground, Level
from collis.safety.verdict import Verdict
from collis.units import Dose, Number, decimal_of, plain

MINUS = "\u2212"
DASH = "–"
NO_BREAK = "\u00a0"

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def number(value: Number, places: int | None = None) -> str:
    """A number as printed, rounded half up to `places` decimals where given, thousands apart by a comma.

    >>> number(0.2), number(Decimal("1.60")), number(-3), number(10.94, 1), number(12.02, 1), number(10000)
    ('0.2', '1.6', '−3', '10.9', '12', '10,000')
    """
    exact = decimal_of(value)
    if places is not None:
        exact = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    whole, point, part = plain(abs(exact)).partition(".")
    text = f"{int(whole):,}{point}{part}"
    return f"{MINUS}{text}" if exact < 0 and text != "0" else text


def ratio(value: float) -> str:
    """A ratio with two figures that count, whole numbers from 10 on.

    >>> ratio(0.833), ratio(1), ratio(0.058), ratio(12.4)
    ('0.83', '1', '0.06', '12')
    """
    return number(value, 0) if abs(value) >= 10 else number(value, 1 if abs(value) >= 1.995 else 2)


def times(value: float) -> str:
    """A relative risk in words; what is 1 as printed is about the same.

    >>> times(0.83), times(1.004)
    ('0.83 times', 'about the same')
    """
    said = ratio(value)
    return "about the same" if said == "1" else f"{said} times"


def units(dose: Dose | Number) -> str:
    """A dose with its unit in full, never cut to a letter.

    >>> units(Decimal("60.0"))
    '60 Units'
    """
    return f"{number(dose.units if isinstance(dose, Dose) else dose)} Units"


def percent(share: float) -> str:
    """A share of 1 as whole percent; what is not quite none or all says so.

    >>> percent(0.62), percent(0.996), percent(0.001), percent(1)
    ('62 %', 'over 99 %', 'under 1 %', '100 %')
    """
    if 0 < share < 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{number(share * 100, 0)} %"


def signed(change: Number) -> str:
    """A change of a dose: a sign and a number, or the word same.

    >>> signed(10), signed(-10), signed(0)
    ('+10', '−10', 'same')
    """
    exact = decimal_of(change)
    if exact == 0:
        return "same"
    return f"+{number(exact)}" if exact > 0 else number(exact)


def span(low: Number, high: Number, places: int | None = None) -> str:
    """A range in words; one number where both ends print alike.

    >>> span(8, 13), span(4.04, 3.96, 1)
    ('8 to 13', '4')
    """
    ends = number(low, places), number(high, places)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def count(how_many: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> count(1, "warning"), count(3, "warning"), count(2, "answer is", "answers are")
    ('1 warning', '3 warnings', '2 answers are')
    """
    return f"{how_many} {one if how_many == 1 else many or one + 's'}"


def day(on: date) -> str:
    """A day in full.

    >>> day(date(2026, 11, 10))
    '10 November 2026'
    """
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def short_day(on: date) -> str:
    """A day with the month cut to three letters.

    >>> short_day(date(2026, 11, 10))
    '10 Nov 2026'
    """
    return f"{on.day} {_MONTHS[on.month - 1][:3]} {on.year}"


def weeks_and_days(days: int) -> str:
    """An interval as weeks and days.

    >>> weeks_and_days(91), weeks_and_days(85), weeks_and_days(3)
    ('13 weeks', '12 weeks 1 day', '3 days')
    """
    weeks, rest = divmod(days, 7)
    parts = [count(weeks, "week")] if weeks else []
    if rest or not weeks:
        parts.append(count(rest, "day"))
    return " ".join(parts)


def likelihood(probability: float) -> str:
    """Likely, possible or unlikely, by the thresholds knowledge keeps for it; the figure itself stays in the data."""
    figure = load().figure
    if probability >= figure("inference", "shown", "likely"):
        return "likely"
    return "possible" if probability >= figure("inference", "shown", "possible") else "unlikely"


def muscle(which: Muscle | str) -> str:
    """A muscle as it heads a row; a lumped name of an old record keeps its own word.

    >>> muscle(Muscle.TRAPEZIUS_UPPER), muscle("paraspinals")
    ('Upper trapezius', 'Paraspinals')
    """
    words = which.words if isinstance(which, Muscle) else which.replace("_", " ")
    return words[:1].upper() + words[1:]


def place(where: MuscleSide) -> str:
    """A muscle with its side, as running text: the muscle first, the side in capitals."""
    return str(where)


def guidance(how: Guidance) -> str:
    """A way of guidance as written in a line."""
    match how:
        case Guidance.PALPATION:
            return "palpation"
        case Guidance.EMG:
            return "EMG"
        case Guidance.STIMULATION:
            return "stimulation"
        case Guidance.ULTRASOUND:
            return "ultrasound"
        case _:
            assert_never(how)


def listed(words: list[str] | tuple[str, ...], last: str = "and") -> str:
    """Several words as one phrase.

    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def state(level: Level) -> str:
    """The word of a state."""
    match level:
        case Level.ALLOW:
            return "Allow"
        case Level.WARN:
            return "Warn"
        case Level.CANNOT_JUDGE:
            return "Cannot judge yet"
        case Level.REFUSE:
            return "Refused"
        case _:
            assert_never(level)


def standing(verdict: Verdict) -> tuple[tuple[Level, str], ...]:
    """What a verdict says in a few words, strictest first, each with the state whose shape stands beside it."""
    clinical = verdict.clinical
    asks = sum(1 for r in clinical if r.level is Level.CANNOT_JUDGE)
    warns = sum(1 for r in clinical if r.level is Level.WARN)
    said: list[tuple[Level, str]] = []
    if verdict.level is Level.REFUSE:
        said.append((Level.REFUSE, "Refused"))
    if asks:
        said.append((Level.CANNOT_JUDGE, f"Ask {asks}"))
    if warns:
        said.append((Level.WARN, f"Warn {warns}"))
    return tuple(said) or ((Level.ALLOW, "Allow"),)


def grounds(ground: Ground | None) -> str:
    """The grade of a line, with a mark of words where the figure is not yet checked against its source."""
    if ground is None:
        return ""
    return ground.grade.value if ground.verified else f"{ground.grade.value}, not yet checked"


_ISO_DAY = re.compile(r"\b\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b")


def _written_out(found: re.Match[str]) -> str:
    try:
        return day(date.fromisoformat(found[0]))
    except ValueError:
        return found[0]


def sentence(text: str) -> str:
    """Text that starts with a capital and ends with a stop, its days written out.

    >>> sentence("takes clopidogrel since 2026-08-18")
    'Takes clopidogrel since 18 August 2026.'
    """
    text = _ISO_DAY.sub(_written_out, text.strip())
    if not text:
        return ""
    if not text.split(" ", 1)[0].endswith(("toxinA", "toxinB")):
        text = text[0].upper() + text[1:]
    return text if text[-1] in ".?:…" else f"{text}."


def clipped(text: str, most: int) -> str:
    """Text of at most `most` characters, cut at a word and marked as cut.

    >>> clipped("turns the head to the LEFT", 18)
    'turns the head …'
    """
    if len(text) <= most:
        return text
    cut = text[: most - 1].rsplit(" ", 1)[0].rstrip(" ,;:.")
    return f"{cut} …"


def fitting(sentences: Iterable[str], most: int) -> str:
    r"""As many whole sentences as fit into `most` characters, at least one (clipped), and how many were left out.

    >>> fitting(["turns the head", "bulky", "active on EMG"], 24)
    'Turns the head. Bulky. (1\xa0more)'
    """
    told = [sentence(s) for s in sentences if s]
    kept: list[str] = [clipped(told[0], most)] if told else []
    for said in told[1:]:
        if len(" ".join([*kept, said])) > most:
            break
        kept.append(said)
    left = len(told) - len(kept)
    return " ".join([*kept, f"({left}{NO_BREAK}more)"] if left else kept)


_UNIT_WORDS = "Units|mL|points|weeks|week|days|day|years|%|h|mm|G|times|of"
_GLUE = re.compile(rf"(?<=\d) (?=(?:{_UNIT_WORDS})(?![A-Za-z]))|(?<=\b[Ww]eek) (?=\d)|(?<=\b[Dd]ay) (?=\d)")


def unbroken(text: str) -> str:
    """The text with every number tied to its unit, for pages where lines break by themselves."""
    return _GLUE.sub(NO_BREAK, text)


_IN_OUR_FONTS = re.compile(
    r"[^\x20-\x7e\u00a0-\u017f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u0400-\u045f"
    r"–—‘’“”„•…\u2212×≤≥→]"
)


def printable(text: str) -> str:
    r"""The text with white space made plain and every character our fonts lack shown as a question mark.

    >>> printable("drive\tagain \U0001f697")
    'drive again ?'
    """
    composed = unicodedata.normalize("NFC", text)
    return _IN_OUR_FONTS.sub("?", re.sub(r"[\t\r\n]+", " ", composed))
