"""Takes the fields of one resolved table, typed; what is missing, strange or left over is refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from collis.errors import KnowledgeError
from collis.sources import Sourced
from collis.units import decimal_of

Limits = tuple[Decimal, Decimal]
Choice = TypeVar("Choice", bound=StrEnum)


class Fields:
    """One table being read. Each reader takes its key out, so that what is left over is unknown.

    `place` names the table in every `KnowledgeError`.
    """

    def __init__(self, table: Mapping[str, object], place: str) -> None:
        self._left = dict(table)
        self.place = place

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def word(self, key: str) -> str:
        """A plain word that is not empty."""
        value = self._left.pop(key, None)
        if not isinstance(value, str) or not value:
            raise self._wanted(key, value, "a word")
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """A plain list of words."""
        value = self._left.pop(key, None)
        return tuple(str(word) for word in self._sequence(key, value))

    def choice(self, key: str, choices: type[Choice]) -> Choice:
        """One of a closed list of words."""
        word = self.word(key)
        try:
            return choices(word)
        except ValueError:
            raise self._wanted(key, word, f"one of {', '.join(choices)}") from None

    def flag(self, key: str) -> bool:
        """A plain yes or no."""
        value = self._left.pop(key, None)
        if not isinstance(value, bool):
            raise self._wanted(key, value, "true or false")
        return value

    def day(self, key: str) -> date:
        """A plain date."""
        value = self._left.pop(key, None)
        if not isinstance(value, date):
            raise self._wanted(key, value, "a date")
        return value

    def entry(self, key: str) -> Sourced[object]:
        """A sourced entry of any kind."""
        value = self._left.pop(key, None)
        if not isinstance(value, Sourced):
            raise self._wanted(key, value, "a sourced entry")
        return value

    def text(self, key: str) -> Sourced[str]:
        """A sourced text."""
        entry = self.entry(key)
        if not isinstance(entry.value, str):
            raise self._wanted(key, entry.value, "text")
        return entry.carrying(entry.value)

    def texts(self, key: str) -> Sourced[tuple[str, ...]]:
        """A sourced list of texts."""
        entry = self.entry(key)
        return entry.carrying(tuple(str(word) for word in self._sequence(key, entry.value)))

    def truth(self, key: str) -> Sourced[bool]:
        """A sourced yes or no."""
        entry = self.entry(key)
        if not isinstance(entry.value, bool):
            raise self._wanted(key, entry.value, "true or false")
        return entry.carrying(entry.value)

    def number(self, key: str) -> Sourced[Decimal]:
        """A sourced number, exact."""
        entry = self.entry(key)
        return entry.carrying(self._decimal(key, entry.value))

    def numbers(self, key: str) -> Sourced[tuple[Decimal, ...]]:
        """A sourced list of numbers, exact."""
        entry = self.entry(key)
        return entry.carrying(tuple(self._decimal(key, part) for part in self._sequence(key, entry.value)))

    def limits(self, key: str) -> Sourced[Limits]:
        """A sourced pair, the lower number first."""
        entry = self.numbers(key)
        if len(entry.value) != 2 or entry.value[0] >= entry.value[1]:
            raise self._wanted(key, entry.value, "a lower and a higher number")
        return entry.carrying((entry.value[0], entry.value[1]))

    def rows(self, key: str) -> list[Fields]:
        """A list of tables, empty where the key is missing."""
        found: list[Fields] = []
        for row in self._sequence(key, self._left.pop(key, ())):
            if not isinstance(row, Mapping):
                raise self._wanted(key, row, "a table")
            name = row.get("key", row.get("id", "without key"))
            found.append(Fields(row, f"{self.place}, {key} {name}"))
        return found

    def table(self, key: str) -> Fields:
        """One table inside this one."""
        found = self._left.pop(key, None)
        if not isinstance(found, Mapping):
            raise self._wanted(key, found, "a table")
        return Fields(found, f"{self.place}, {key}")

    def tables(self, key: str) -> list[tuple[str, Fields]]:
        """A table of tables by name, empty where the key is missing."""
        if key not in self:
            return []
        outer = self.table(key)
        return [(name, outer.table(name)) for name in outer.left()]

    def named_texts(self, key: str) -> tuple[tuple[str, Sourced[str]], ...]:
        """A table of sourced texts by name, empty where the key is missing."""
        found = self._left.pop(key, {})
        if not isinstance(found, Mapping):
            raise self._wanted(key, found, "a table of sourced texts")
        inner = Fields(found, f"{self.place}, {key}")
        return tuple((name, inner.text(name)) for name in found)

    def facts(self) -> tuple[tuple[str, Sourced[object]], ...]:
        """All that is left, each a sourced entry by its name."""
        return tuple((key, self.entry(key)) for key in list(self._left))

    def left(self) -> list[str]:
        """The keys nobody has taken yet."""
        return list(self._left)

    def finish(self) -> None:
        """Refuses a table with keys nobody took."""
        if self._left:
            raise KnowledgeError(f"{self.place}: unknown key {', '.join(self._left)}.")

    def _decimal(self, key: str, value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise self._wanted(key, value, "a number")
        return decimal_of(value)

    def _sequence(self, key: str, value: object) -> Sequence[object]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise self._wanted(key, value, "a list")
        return value

    def _wanted(self, key: str, value: object, wanted: str) -> KnowledgeError:
        return KnowledgeError(f"{self.place}: {key} is {value!r}; {wanted} is wanted.")
