"""What the frame of every page needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from collis_clinic.access.models import User
from collis_clinic.access.roles import Action


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One entry of the main navigation: shown to those who may do its action, once its page exists."""

    label: StrPromise
    route: str
    action: Action


NAVIGATION = (
    Entry(label=_("Today"), route="home", action=Action.HOME_VIEW),
    Entry(label=_("Patients"), route="patient-list", action=Action.PATIENT_LIST),
    Entry(label=_("Tasks"), route="task-list", action=Action.TASK_READ),
    Entry(label=_("Stock"), route="stock-list", action=Action.STOCK_READ),
    Entry(label=_("Registry"), route="registry:home", action=Action.REGISTRY_READ),
    Entry(label=_("Guide"), route="guide:home", action=Action.GUIDE_READ),
    Entry(label=_("Knowledge"), route="knowledge", action=Action.KNOWLEDGE_READ),
    Entry(label=_("People"), route="user-list", action=Action.USER_LIST),
    Entry(label=_("Trail"), route="audit-list", action=Action.AUDIT_READ),
)


def clinic(request: HttpRequest) -> dict[str, Any]:
    """`example` (made-up data), `navigation`, `Action` for `{% if %}`, and who is signed in."""
    user = getattr(request, "user", None)
    shown = []
    if isinstance(user, User):
        for entry in NAVIGATION:
            url = _url(entry.route)
            if url and user.may(entry.action):
                here = request.path == url or (url != "/" and request.path.startswith(url))
                shown.append({"label": entry.label, "url": url, "here": here})
    return {"example": settings.CLINIC_DEMO, "navigation": shown}


def _url(route: str) -> str:
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""
