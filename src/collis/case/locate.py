"""Where in a case file a key or a value stands: line and column, both from 1."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

Path = tuple[str | int, ...]
"""The keys and list positions that lead to a value, such as ("history", "session", 0, "units")."""


DEEPEST = 20
"""Nesting is followed so far down; no key of a case file lies deeper."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where every key and every value of one file stands. A table's value stands at its heading.

    `keys` and `values` hold row and byte, both from 0; what the methods return is line and column, both from 1.
    """

    lines: Sequence[str]
    keys: Mapping[Path, tuple[int, int]]
    values: Mapping[Path, tuple[int, int]]

    def of_key(self, path: Path) -> tuple[int, int] | None:
        """Where the key of `path` is written; for what has no key of its own, where its value stands."""
        return self._read(self.keys.get(path) or self.values.get(path))

    def of_value(self, path: Path) -> tuple[int, int] | None:
        """Where the value at `path` begins."""
        return self._read(self.values.get(path) or self.keys.get(path))

    def _read(self, point: tuple[int, int] | None) -> tuple[int, int] | None:
        if point is None:
            return None
        row, byte = point
        line = self.lines[row] if row < len(self.lines) else ""
        before = byte if line.isascii() else len(line.encode()[:byte].decode(errors="replace"))
        return row + 1, before + 1

    def nearest(self, path: Path) -> tuple[int, int] | None:
        """The place of the closest enclosing table or list that is written in the file."""
        for length in range(len(path), 0, -1):
            place = self.of_key(path[:length])
            if place is not None:
                return place
        return None


def places(text: str) -> Places:
    r"""Index a TOML text that `tomllib` accepts.

    >>> places('schema = 1\n[patient]\nsex = "male"\n').of_value(("patient", "sex"))
    (3, 7)
    """
    # Loaded here because only a faulty file needs it.
    import tree_sitter
    import tree_sitter_toml

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
    index = _Index()
    index.document(parser.parse(text.encode()).root_node)
    return Places(lines=text.split("\n"), keys=index.keys, values=index.values)


@dataclass(kw_only=True)
class _Index:
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    last: dict[Path, int] = field(default_factory=dict)

    def document(self, root: Node) -> None:
        for child in root.named_children:
            if child.type == "pair":
                self.pair(child, ())
            elif child.type in ("table", "table_array_element"):
                self.section(child)

    def section(self, node: Node) -> None:
        heading = next(c for c in node.named_children if c.type != "comment")
        *above, name = _key_parts(heading)
        path = (*self.resolved(tuple(above)), name)
        if node.type == "table_array_element":
            self.last[path] = self.last.get(path, -1) + 1
            self.keys.setdefault(path, _point(heading))
            path = (*path, self.last[path])
        for length in range(1, len(path) + 1):
            self.keys.setdefault(path[:length], _point(heading))
            self.values.setdefault(path[:length], _point(heading))
        for child in node.named_children:
            if child.type == "pair":
                self.pair(child, path)

    def resolved(self, names: tuple[str, ...]) -> Path:
        """A heading's names with the latest position put in after every array of tables."""
        path: Path = ()
        for name in names:
            path = (*path, name)
            if path in self.last:
                path = (*path, self.last[path])
        return path

    def pair(self, node: Node, above: Path) -> None:
        key, value = (c for c in node.named_children if c.type != "comment")
        path = above
        for part in _key_parts(key):
            path = (*path, part)
            self.keys.setdefault(path, _point(key))
            self.values.setdefault(path, _point(value))
        # A stack, not recursion: a file may nest deeper than Python calls may.
        waiting = [(path, value)]
        while waiting:
            path, value = waiting.pop()
            self.values[path] = _point(value)
            if len(path) > DEEPEST:
                continue
            if value.type == "array":
                items = [c for c in value.named_children if c.type != "comment"]
                waiting.extend(((*path, i), item) for i, item in enumerate(items))
            elif value.type == "inline_table":
                for inner in (c for c in value.named_children if c.type == "pair"):
                    inner_key, inner_value = (c for c in inner.named_children if c.type != "comment")
                    inner_path = path
                    for part in _key_parts(inner_key):
                        inner_path = (*inner_path, part)
                        self.keys.setdefault(inner_path, _point(inner_key))
                    waiting.append((inner_path, inner_value))


def _point(node: Node) -> tuple[int, int]:
    return node.start_point.row, node.start_point.column


def _key_parts(node: Node) -> tuple[str, ...]:
    parts: list[str] = []
    waiting = [node]
    while waiting and len(parts) < DEEPEST:
        node = waiting.pop()
        text = (node.text or b"").decode(errors="replace")
        if node.type == "dotted_key":
            waiting.extend(reversed(node.named_children))
        elif node.type == "quoted_key":
            parts.append(next(iter(tomllib.loads(f"{text} = 0"))))
        else:
            parts.append(text)
    return tuple(parts)
