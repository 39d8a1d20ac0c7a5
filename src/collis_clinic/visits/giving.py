"""Given: per muscle, side and site what went in, beside what was planned, with guidance and finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from collis.units import plain
from collis_clinic.access.gate import requires
from collis_clinic.access.roles import Action
from collis_clinic.audit.recorded import Conflict
from collis_clinic.bridge import outputs, pages, plan_of
from collis_clinic.records import words
from collis_clinic.records.models import InjectionLine, Session
from collis_clinic.records.opening import open_visit
from collis_clinic.records.saying import SAYABLE, Problem, both, problems
from collis_clinic.records.words import Outcome
from collis_clinic.visits import giving_rules as rules
from collis_clinic.visits import reading
from collis_clinic.visits.giving_form import not_signed, page, session_or_refuse
from collis_clinic.visits.giving_timeout import spoken
from collis_clinic.visits.reading import submit_once

DIFFERENCES = (
    ("bleeding", gettext_lazy("bleeding at the site, stopped")),
    ("pain", gettext_lazy("pain, the patient asked to stop")),
    ("not_reached", gettext_lazy("site not reached")),
    ("finding", gettext_lazy("finding at the needle")),
    ("spilled", gettext_lazy("spilled or leaked")),
    ("other", gettext_lazy("other")),
)
"""Why a site got something else than planned."""

FINDINGS = {"emg": "emg_finding", "ultrasound": "ultrasound_finding", "stimulation": "emg_finding"}
"""Where the words about a site are kept, by how it was found."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """One row of the page."""

    line: InjectionLine
    letter: str
    number: int
    units: str
    why: str
    guidance: str
    finding: str
    changed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The sites of one muscle on one side."""

    muscle: str
    side: str
    planned: Decimal
    given: Decimal
    sites: tuple[Site, ...]


@requires(Action.VISIT_GIVE)
@require_http_methods(["GET", "POST"])
def given(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Filled from the plan; only what went differently is changed."""
    row = open_visit(request, visit, page="given")
    session = session_or_refuse(row)
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            not_signed(session)
            rules.need_checked(session)
            submit_once(request, f"given {session.pk}", lambda: _keep(request, session))
            return redirect("visits:observe", row.pk)
        except Conflict as conflict:
            return render(request, "failures/conflict.html", {"conflict": both(conflict)}, status=409)
        except SAYABLE as error:
            errors = problems(error)
            session.refresh_from_db()
    lines = rules.lines_of(session)
    figures: Any = ()
    letters: Mapping[str, str] = {}
    if rules.still_checked(session):
        figures, letters = pages.necks(plan_of(session))
    return page(
        request,
        "visits/given.html",
        row,
        now="given",
        errors=errors,
        groups=groups_of(lines, request.POST if errors else None, letters),
        guidances=words.GUIDANCES,
        differences=DIFFERENCES,
        figures=figures,
        **spoken(session),
    )


def groups_of(lines: list[InjectionLine], posted: Any, letters: Mapping[str, str]) -> list[Group]:
    """The lines by muscle and side, as typed where something was typed."""
    order = list(dict.fromkeys((line.muscle, line.side) for line in lines))
    found = []
    for muscle, side in order:
        own = [line for line in lines if (line.muscle, line.side) == (muscle, side)]
        sites = tuple(_site(line, posted, letters.get(muscle, "")) for line in own)
        found.append(
            Group(
                muscle=muscle,
                side=side,
                planned=sum((line.planned_units or Decimal(0) for line in own), Decimal(0)),
                given=sum((_read(s.units) for s in sites), Decimal(0)),
                sites=sites,
            )
        )
    return found


def _read(text: str) -> Decimal:
    try:
        found = Decimal(text or "0")
    except ArithmeticError:
        return Decimal(0)
    return found if found.is_finite() else Decimal(0)


def _site(line: InjectionLine, posted: Any, letter: str) -> Site:
    stored = line.given_units if line.given_units is not None else line.planned_units
    units = "" if stored is None else plain(stored)
    guidance, why = line.guidance or line.planned_guidance or "", line.difference_reason or ""
    finding = line.emg_finding or line.ultrasound_finding or ""
    if posted is not None:
        units = posted.get(f"u-{line.pk}", units)
        guidance, why = posted.get(f"g-{line.pk}", guidance), posted.get(f"why-{line.pk}", why)
        finding = posted.get(f"f-{line.pk}", finding)
    planned = "" if line.planned_units is None else plain(line.planned_units)
    return Site(
        line=line,
        letter=letter,
        number=line.site,
        units=units,
        why=why,
        guidance=guidance,
        finding=finding,
        changed=units != planned,
    )


def _keep(request: HttpRequest, session: Session) -> None:
    """All sites, or none: the reason of each difference, the volume at the strength mixed, the gate once more."""
    with transaction.atomic():
        if request.POST.get("version"):
            reading.expected(request, session)
        now, lines = timezone.now(), rules.lines_of(session)
        for line in lines:
            read_site(request.POST, line)
            line.given_ml = outputs.volume_ml(session, line.given_units or Decimal(0))
            line.read_at = line.read_at or now
            line.save(action="give")
        session.given_at = session.given_at or now
        over_limit(session)
        whole = all(line.given_units for line in lines)
        session.outcome = Outcome.GIVEN if whole else Outcome.PARTLY
        session.outcome_reason = None if whole else _partly(request)
        if not any(line.given_units for line in lines):
            raise ValidationError(_("Nothing was given: put the session off or cancel it instead."))
        session.save(action="give")


def read_site(form: Any, line: InjectionLine) -> None:
    """What a form says of one site, put into its line; a difference without a reason is refused."""
    units = reading.number(form, f"u-{line.pk}", what=_("Units such as 20"), most=Decimal(100_000))
    if units is None:
        raise ValidationError({f"u-{line.pk}": _("Write the Units given, 0 where none were.")})
    line.given_units = units
    line.guidance = reading.choice(form, f"g-{line.pk}", [g for g, _w in words.GUIDANCES])
    finding = reading.text(form, f"f-{line.pk}")
    line.emg_finding = line.ultrasound_finding = None
    if finding is not None:
        setattr(line, FINDINGS.get(line.guidance or "", "emg_finding"), finding[:200])
    if units == line.planned_units:
        line.difference_reason = None
        return
    why = reading.text(form, f"why-{line.pk}")
    if why is None:
        raise ValidationError(
            {
                f"why-{line.pk}": _("%(muscle)s %(side)s: %(given)s Units, %(planned)s planned. Why?")
                % {
                    "muscle": line.get_muscle_display(),
                    "side": line.side.upper(),
                    "given": plain(units),
                    "planned": "none" if line.planned_units is None else plain(line.planned_units),
                }
            }
        )
    line.difference_reason = why[:200]


def over_limit(session: Session) -> None:
    """Refuse doses that the gate refuses and did not refuse in the plan: an entry error is not kept."""
    refused = outputs.refusals_of_given(session)
    if refused:
        raise ValidationError([_("Refused: %(what)s") % {"what": r.what} for r in refused])


def _partly(request: HttpRequest) -> str:
    reason = reading.text(request.POST, "outcome_reason")
    if reason is None:
        raise ValidationError(
            {"outcome_reason": _("Not every site was given. Say why the session ended there.")}
        )
    return reason[:300]
