"""Look-ups the visit's templates need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def at(table: Mapping[str, Any] | None, key: str) -> Any:
    """The value of a key, empty where there is none."""
    found = "" if table is None else table.get(key, "")
    return "" if found is None else found


@register.simple_tag
def field(table: Mapping[str, Any] | None, *parts: object) -> Any:
    """The value of a field whose name is made of parts."""
    return at(table, "".join(str(part) for part in parts))
