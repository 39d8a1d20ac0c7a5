"""One table of a case file, read key by key: every slip is noted with its place and reading goes on."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from collis.case.locate import Path
from collis.case.vocabulary import SLIPS
from collis.errors import BadInput, CollisError

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

QUOTED_AT_MOST = 80
LISTED_AT_MOST = 18
NOTED_AT_MOST = 500
LARGEST = Decimal(10) ** 6
FINEST_EXPONENT = -6
YEARS = (1900, 2199)


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One slip: what is wrong and which key or value of the file it is about."""

    error: BadInput
    path: Path
    at_key: bool


def named(path: Path) -> str:
    """A path as written in an error: history.session[2].units, counting from 1."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def quoted(value: object) -> str:
    """A value as it stood in the file, shortened when long."""
    if isinstance(value, str):
        text = '"' + "".join(c if c.isprintable() else " " for c in value[: QUOTED_AT_MOST + 1]) + '"'
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, dict):
        text = "a table with " + (", ".join(quoted(k).strip('"') for k in list(value)[:4]) or "nothing in it")
    elif isinstance(value, list):
        text = f"a list of {len(value)}" if value else "an empty list"
    elif isinstance(value, int):
        text = _digits(value)
    else:
        text = str(value)
    return text if len(text) <= QUOTED_AT_MOST + 2 else text[:QUOTED_AT_MOST] + "…"


def listed(words: Iterable[str]) -> str:
    """Words as a choice: a, b or c. A long list is cut short and says so."""
    *most, last = words
    if len(most) >= LISTED_AT_MOST:
        return f"one of {len(most) + 1} names such as {', '.join(most[:3])} (docs/case-file.md lists them)"
    return f"{', '.join(most)} or {last}" if most else last


def nearest(word: str, valid: Iterable[str]) -> str:
    """A sentence naming the valid word closest to `word`, or nothing when none is close."""
    choices = {v.lower(): v for v in valid}
    tidy = "_".join(word.lower().replace("-", " ").split())
    slip = SLIPS.get(tidy, "")
    if slip in choices.values():
        return f'Did you mean "{slip}"?'
    for attempt in (word.lower(), tidy):
        found = difflib.get_close_matches(attempt, choices, n=1)
        if found:
            return f'Did you mean "{choices[found[0]]}"?'
    return ""


@dataclass(kw_only=True)
class Table:
    """A table with its path. Each reader returns None for what is absent, and for what is wrong after noting it.

    What no reader asked for is unknown and is noted by `refuse_the_rest`.
    """

    raw: Mapping[str, object]
    path: Path
    problems: list[Problem]
    present: bool = True
    asked: dict[str, None] = field(default_factory=dict)
    inner: dict[Path, Table] = field(default_factory=dict)

    def note(
        self,
        key: str | None = None,
        *,
        read: str,
        expected: str,
        mend: str = "",
        at_key: bool = False,
        item: int | None = None,
    ) -> None:
        """Note a slip at a key of this table, at one item of its list, or at the table itself."""
        if self.full:
            return
        path = self.path if key is None else (*self.path, key)
        if item is not None:
            path = (*path, item)
        error = BadInput(where=named(path), read=read, expected=expected, mend=mend)
        self.problems.append(Problem(error=error, path=path, at_key=at_key))

    @property
    def full(self) -> bool:
        """Whether so many slips were noted that no more are."""
        return len(self.problems) >= NOTED_AT_MOST

    def _take(self, key: str, needed: bool, expected: str) -> object | None:
        self.asked[key] = None
        if key in self.raw:
            return self.raw[key]
        if needed:
            self.note(key, read="nothing", expected=expected, at_key=True)
        return None

    def _one_of(self, key: str, value: object, words: tuple[str, ...], item: int | None = None) -> str | None:
        expected = listed(words)
        if not isinstance(value, str):
            mend = (
                'Write "yes" or "no".'
                if isinstance(value, bool) and "yes" in words
                else "Write it in quotes."
            )
            self.note(key, read=quoted(value), expected=expected, mend=mend, item=item)
            return None
        if value not in words:
            self.note(key, read=quoted(value), expected=expected, mend=nearest(value, words), item=item)
            return None
        return value

    def choice(self, key: str, words: Iterable[str], *, needed: bool = False) -> str | None:
        """One of `words`."""
        options = tuple(words)
        value = self._take(key, needed, listed(options))
        return None if value is None else self._one_of(key, value, options)

    def word(self, key: str, kind: type[E], *, needed: bool = False) -> E | None:
        """A word of a closed list."""
        value = self.choice(key, (w.value for w in kind), needed=needed)
        return None if value is None else kind(value)

    def _list(self, key: str, expected: str) -> list[object]:
        value = self._take(key, False, expected)
        if value is None:
            return []
        if not isinstance(value, list):
            self.note(key, read=quoted(value), expected=expected, mend="Write it in square brackets.")
            return []
        return value

    def words(self, key: str, kind: type[E]) -> tuple[E, ...]:
        """A list of words of a closed list, none twice."""
        found: list[E] = []
        options = tuple(w.value for w in kind)
        for i, value in enumerate(self._list(key, f"a list of {listed(options)}")):
            one = self._one_of(key, value, options, item=i)
            if one is not None and kind(one) in found:
                self.note(key, read=f'"{one}" twice', expected="each word once", item=i)
            elif one is not None:
                found.append(kind(one))
        return tuple(found)

    def _printable(self, key: str, value: object, item: int | None = None) -> str | None:
        if not isinstance(value, str):
            self.note(key, read=quoted(value), expected="text in quotes", item=item)
        elif any(not c.isprintable() and c not in "\n\t" for c in value):
            self.note(key, read="a control character", expected="text that can be printed", item=item)
        else:
            return value
        return None

    def text(self, key: str, *, needed: bool = False) -> str:
        """Free text; empty when absent."""
        value = self._take(key, needed, "text in quotes")
        return "" if value is None else self._printable(key, value) or ""

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of free texts, none empty."""
        found = []
        for i, value in enumerate(self._list(key, "a list of texts in quotes")):
            text = self._printable(key, value, item=i)
            if text:
                found.append(text)
            elif text == "":
                self.note(key, read="an empty text", expected="words", item=i)
        return tuple(found)

    def number(
        self,
        key: str,
        *,
        unit: str,
        low: int | Decimal = 0,
        high: int | Decimal = LARGEST,
        needed: bool = False,
    ) -> Decimal | None:
        """A number from `low` to `high`, whole or decimal."""
        expected = _span(f"a number of {unit}", low, high)
        value = self._take(key, needed, expected)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.note(key, read=quoted(value), expected=expected, mend=_bare(value, unit))
            return None
        number = Decimal(value)
        if not number.is_finite() or not low <= number <= high:
            self.note(key, read=_digits(value), expected=expected)
            return None
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and exponent < FINEST_EXPONENT:
            self.note(
                key, read=_digits(value), expected=f"{expected}, with at most {-FINEST_EXPONENT} decimals"
            )
            return None
        return number + 0

    def numbers(
        self, key: str, *, unit: str, low: int | Decimal = 0, high: int | Decimal = LARGEST
    ) -> tuple[Decimal, ...]:
        """A list of numbers from `low` to `high`; empty when absent."""
        expected = _span(f"numbers of {unit}", low, high)
        found = []
        for i, value in enumerate(self._list(key, f"a list of {expected}")):
            if isinstance(value, bool) or not isinstance(value, int | Decimal):
                self.note(key, read=quoted(value), expected=expected, mend=_bare(value, unit), item=i)
                continue
            number = Decimal(value)
            if not number.is_finite() or not low <= number <= high:
                self.note(key, read=_digits(value), expected=expected, item=i)
                continue
            found.append(number + 0)
        return tuple(found)

    def whole(
        self, key: str, *, unit: str, low: int = 0, high: int = 10**6, needed: bool = False
    ) -> int | None:
        """A whole number from `low` to `high`."""
        expected = _span(f"a whole number of {unit}", low, high)
        value = self._take(key, needed, expected)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.note(key, read=quoted(value), expected=expected, mend=_bare(value, unit))
            return None
        if not low <= value <= high:
            self.note(key, read=_digits(value), expected=expected)
            return None
        return value

    def day(self, key: str, *, needed: bool = False, by: date | None = None) -> date | None:
        """A date; one after `by`, the visit, is refused."""
        expected = "a date such as 2026-11-10"
        value = self._take(key, needed, expected)
        if value is None:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            mend = "Write year-month-day without quotes and without a time."
            self.note(key, read=quoted(value), expected=expected, mend=mend)
            return None
        if not YEARS[0] <= value.year <= YEARS[1]:
            self.note(key, read=f"{value}", expected=f"a year from {YEARS[0]} to {YEARS[1]}")
            return None
        if by is not None and value > by:
            self.note(key, read=f"{value}", expected=f"a day not after the visit of {by}")
            return None
        return value

    def moment(self, key: str) -> datetime | None:
        """A day with its local time."""
        value = self._take(key, False, "")
        if value is None:
            return None
        if not isinstance(value, datetime) or value.tzinfo is not None:
            self.note(
                key,
                read=quoted(value),
                expected="a local day and time such as 2026-11-10T09:30:00",
                mend="Write it without quotes and without a time zone.",
            )
            return None
        return value

    def table(self, key: str, *, expected: str = "a table") -> Table:
        """The table under `key`; an empty one, not `present`, when it is absent."""
        value = self._take(key, False, expected)
        if value is not None and not isinstance(value, dict):
            self.note(key, read=quoted(value), expected=expected)
            value = None
        return self._inner(value or {}, (*self.path, key), present=value is not None)

    def tables(self, key: str) -> list[Table]:
        """The list of tables under `key`, each written under a double-bracketed heading."""
        heading = f"[[{'.'.join(p for p in (*self.path, key) if isinstance(p, str))}]]"
        found = []
        for i, value in enumerate(self._list(key, f"tables headed {heading}")):
            if isinstance(value, dict):
                found.append(self._inner(value, (*self.path, key, i)))
            else:
                self.note(key, read=quoted(value), expected=f"a table headed {heading}", item=i)
        return found

    def _inner(self, raw: Mapping[str, object], path: Path, *, present: bool = True) -> Table:
        if path not in self.inner:
            self.inner[path] = Table(raw=raw, path=path, problems=self.problems, present=present)
        return self.inner[path]

    def build(self, make: Callable[[], T]) -> T | None:
        """The value `make` returns; what it refuses is noted at the key it names."""
        try:
            return make()
        except BadInput as error:
            key = error.where.rpartition(".")[2]
            known = key if key in self.asked else None
            self.note(known, read=error.read, expected=error.expected, mend=error.mend, at_key=known is None)
        except CollisError as error:
            self.note(read=str(error), expected="values that fit together", at_key=True)
        return None

    def refuse_the_rest(self) -> None:
        """Note every key here and below that nobody asked for."""
        for key in self.raw:
            if key not in self.asked and not self.full:
                self.note(
                    key,
                    read=f"the key {quoted(key)}",
                    expected=listed(self.asked),
                    mend=nearest(key, self.asked),
                    at_key=True,
                )
        for table in self.inner.values():
            table.refuse_the_rest()


def _span(what: str, low: int | Decimal, high: int | Decimal) -> str:
    return f"{what}, {low} or more" if high == LARGEST else f"{what} from {low} to {high}"


def _digits(number: int | Decimal) -> str:
    if isinstance(number, int):
        return f"{number}" if abs(number) < 10**40 else "a number of more than 40 digits"
    return quoted(str(number)).strip('"')


def _bare(value: object, unit: str) -> str:
    if isinstance(value, str):
        return f"Write the number alone, without quotes or a unit; it is in {unit}."
    if isinstance(value, Decimal):
        return "Write it without decimals."
    return ""
