"""What must be so before a plan may be checked: every dose read, every held side effect answered.

The hand-over to gate and draw-up: `editing.lines` keeps the lines with `plan_record` (the verdict on exactly these
lines) and `read_at` on each; `must_be_read` raises where anything is left; `giving_rules.mark_checked` then sets the
state to checked. Any later change of a line falls back to draft and takes `read_at` away again.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from collis_clinic.records.models import Session
from collis_clinic.visits.carried import holds, unread


def points(session: Session) -> list[str]:
    """What stands in the way, in sentences; nothing when it may be checked."""
    if not session.lines.filter(dropped=False).exists():
        return [_("No dose yet.")]
    found = []
    left = len(unread(session))
    if left:
        found.append(
            ngettext("%(n)s dose is not read yet.", "%(n)s doses are not read yet.", left) % {"n": left}
        )
    found += [
        _("Held: %(what)s after the last session is not answered.") % {"what": h.effect.get_kind_display()}
        for h in holds(session.visit, session)
        if h.answer is None
    ]
    return found


def must_be_read(session: Session) -> None:
    """Raise `ValidationError` with all that stands in the way."""
    found = points(session)
    if found:
        raise ValidationError(found)
