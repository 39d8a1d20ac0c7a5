"""The validation report as one page that stands alone."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from collis.report import findings_page
from collis.report.validation import validation_data

if TYPE_CHECKING:
    from collis.trials.validate import Validation


def validation_html(v: Validation, *, on: date) -> str:
    """The whole page."""
    return findings_page.page(validation_data(v, on=on))
