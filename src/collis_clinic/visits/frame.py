"""The frame of every page of a visit: who, the facts beside the name, and the eight steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrPromise

from collis_clinic.records import people
from collis_clinic.records.models import Session, Visit
from collis_clinic.visits.before import Before, before_of
from collis_clinic.visits.last import last_session


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step of the visit: done, now or to come; `said` is what was recorded there, in a line."""

    key: str
    label: StrPromise
    state: str
    said: str
    url: str


STEPS: tuple[tuple[str, StrPromise], ...] = (
    ("check-in", gettext_lazy("Check-in")),
    ("assess", gettext_lazy("Short assessment")),
    ("plan", gettext_lazy("Plan")),
    ("draw-up", gettext_lazy("Draw-up")),
    ("time-out", gettext_lazy("Time-out")),
    ("given", gettext_lazy("Given")),
    ("observe", gettext_lazy("Observe")),
    ("sign", gettext_lazy("Sign")),
)


def session_of(visit: Visit) -> Session | None:
    """The session of a visit, None before there is one."""
    found: Session | None = getattr(visit, "session", None)
    return found


def kept(visit: Visit, name: str) -> Any:
    """A row that hangs on the visit, None where there is none in the database."""
    row = getattr(visit, name, None)
    return None if row is None or row._state.adding else row


def frame(visit: Visit, *, now: str = "", product: str | None = None) -> dict[str, Any]:
    """What `visits/frame.html` shows: `visit`, `person`, `before`, `steps`, `session`, `position` of the step."""
    session = session_of(visit)
    wanted = product or (None if session is None else session.product)
    earlier = None if wanted else last_session(visit)
    wanted = wanted or (None if earlier is None else earlier.product)
    person = people.person_of(visit.patient)
    steps = _steps(visit, session, now)
    before: Before = before_of(visit, product=wanted)
    return {
        "visit": visit,
        "patient": visit.patient,
        "person": person,
        "session": session,
        "before": before,
        "steps": steps,
        "position": next((i for i, s in enumerate(steps, start=1) if s.key == now), 0),
        "position_label": next((s.label for s in steps if s.key == now), ""),
        "open": visit.state == "open" and (session is None or not session.is_signed),
    }


def _steps(visit: Visit, session: Session | None, now: str) -> list[Step]:
    done = _done(visit, session)
    return [
        Step(
            key=key,
            label=label,
            state="now" if key == now else "done" if key in done else "todo",
            said=done.get(key, ""),
            url=_url(key, visit),
        )
        for key, label in STEPS
    ]


def _done(visit: Visit, session: Session | None) -> dict[str, str]:
    said: dict[str, str] = {}
    check_in, seen = kept(visit, "check_in"), kept(visit, "assessment")
    if check_in is not None and check_in.done_at is not None:
        yes = [
            name
            for name in ("swallowing", "breathing", "pregnancy", "toxin_elsewhere")
            if getattr(check_in, name) == "yes"
        ]
        named = ", ".join(n.replace("_", " ") for n in yes)
        said["check-in"] = (_("Yes to: %(what)s.") % {"what": named}) if yes else _("Asked.")
    if seen is not None:
        parts = []
        if seen.benefit_percent is not None:
            parts.append(_("%(n)s %% at best") % {"n": f"{seen.benefit_percent.normalize():f}"})
        if seen.faded_week is not None:
            parts.append(_("faded week %(n)s") % {"n": f"{seen.faded_week.normalize():f}"})
        if seen.pain is not None:
            parts.append(_("pain %(n)s of 10") % {"n": f"{seen.pain.normalize():f}"})
        said["assess"] = ", ".join(parts) + "." if parts else _("Recorded.")
    if session is None:
        return said
    if session.state in ("checked", "signed"):
        said["plan"] = (session.plan_name or "").replace("_", " ").capitalize() or _("Checked.")
    made = getattr(session, "preparation", None)
    if made is not None and made.drawn_units is not None:
        said["draw-up"] = _("Drawn up.")
    if session.time_out_at is not None:
        said["time-out"] = _("Read back.")
    if session.given_at is not None:
        said["given"] = _("Entered.")
    if session.observed_minutes is not None:
        said["observe"] = _("%(n)s minutes.") % {"n": session.observed_minutes}
    if session.is_signed:
        said["sign"] = _("Signed.")
    return said


def _url(key: str, visit: Visit) -> str:
    try:
        return reverse(f"visits:{key}", args=[visit.pk])
    except NoReverseMatch:
        return ""
