"""Words and plates every page writes alike."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from collis.knowledge.names import Muscle
from collis.side import Side
from collis.units import plain
from collis_clinic.access.models import User
from collis_clinic.access.roles import Action

register = template.Library()

MINUS = "\u2212"
BLANK = "\u00a0"


@register.filter
def recorded(value: Any) -> Any:
    """The value, or "not recorded" where nobody set it. Nought and No are values."""
    if value is None or value == "":
        return format_html('<span class="quiet">{}</span>', _("not recorded"))
    return plain(value) if isinstance(value, Decimal) else value


@register.filter
def number(value: Any) -> str:
    """A number as printed: no trailing zero, a true minus."""
    if value is None:
        return ""
    return plain(Decimal(str(value))).replace("-", MINUS)


@register.filter
def units(value: Any) -> str:
    """Units as printed, never parted from the word."""
    return f"{number(value)}{BLANK}Units" if value is not None else _("not recorded")


@register.filter
def ml(value: Any) -> str:
    """A volume as printed."""
    return f"{number(value)}{BLANK}mL" if value is not None else _("not recorded")


@register.filter
def muscle(value: str) -> str:
    """A muscle's name in running text."""
    return Muscle(value).words


@register.simple_tag
def side(value: str) -> SafeString:
    """The plate of a side: RIGHT solid, LEFT outlined, the word always."""
    found = Side(value)
    return format_html('<span class="side {}">{}</span>', found.value[0], found.word)


@register.filter
def can(user: Any, action: str) -> bool:
    """Whether a user may do an action: `{% if request.user|can:"visit.sign" %}`."""
    return isinstance(user, User) and user.may(Action(action))
